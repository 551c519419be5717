"""Every method on every kind of network that a student may bring: maps that are finite and fit the picture, or one
sentence that says what to do."""

import gc

import numpy as np
import pytest

from helpers import backbones, images, training, transfer
from helpers.attribution import (
    METHODS,
    activations_and_gradients,
    class_activation_map,
    deletion,
    grad_cam,
    insertion,
    integrated_gradients,
    lime,
    logits,
    occlusion,
    saliency,
    score_cam,
    smooth_grad,
    superpixels,
    to_map,
)
from helpers.attribution.cam_family import _closed_form
from helpers.backbones import Network, as_network
from helpers.runtime import keras
from tests import small_networks

SMALL = {  # the methods that ask the network many times, with few questions
    "SmoothGrad": lambda n, p, c: to_map(smooth_grad(n, p, c, samples=2, batch=2)),
    "integrated gradients": lambda n, p, c: to_map(integrated_gradients(n, p, c, steps=2, batch=2), "sum"),
    "occlusion": lambda n, p, c: occlusion(n, p, c, len(p) // 2, len(p) // 2, batch=4).heat,
    "LIME": lambda n, p, c: lime(n, p, c, superpixels(p, 4), samples=10, batch=5).heat,
    "Score-CAM": lambda n, p, c: score_cam(n, p, c, channels=2, batch=2),
}


def fine_tuned():
    base = backbones.load("squeezenet", weights=None)
    return transfer.attach_head(base, ["cat", "dog"], hidden=8)


def sequential():
    k, layers = keras(), keras().layers
    parts = [layers.Resizing(32, 32), layers.Rescaling(1 / 255), layers.Conv2D(4, 3, activation="relu", name="conv")]
    parts += [layers.MaxPooling2D(), layers.Flatten(), layers.Dense(5, activation="relu")]
    return as_network(
        k.Sequential([k.Input((None, None, 3)), *parts, layers.Dense(3, activation="softmax")]), ["a", "b", "c"]
    )


def nested():
    k, layers = keras(), keras().layers
    inner = k.Input((32, 32, 3))
    x = layers.ReLU(name="inner_relu")(layers.Conv2D(4, 3, name="inner_conv")(inner))
    base = k.Model(inner, x, name="base")
    inputs = k.Input((32, 32, 3))
    x = layers.GlobalAveragePooling2D()(base(layers.Rescaling(1 / 255)(inputs)))
    return as_network(k.Model(inputs, layers.Dense(1, activation="sigmoid")(x)), ["cat", "dog"])


def two_outputs():
    k, network = keras(), small_networks.convnet(size=32)
    age = k.layers.Dense(1, name="age")(network.layer("pool").output)
    return as_network(k.Model(network.model.inputs[0], [age, network.model.outputs[0]]), ["cat", "dog"], output=1)


def mixed_precision():
    k = keras()
    k.mixed_precision.set_global_policy("mixed_float16")
    try:
        return small_networks.convnet(size=32)
    finally:
        k.mixed_precision.set_global_policy("float32")


NETWORKS = {
    "default": lambda: backbones.load("efficientnet_lite0"),
    "squeezenet": lambda: backbones.load("squeezenet"),
    "fine-tuned, flat": fine_tuned,
    "Sequential, as VGG16": sequential,
    "nested base": nested,
    "two outputs": two_outputs,
    "mixed precision": mixed_precision,
}


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda name: name)
def network(request):
    made = NETWORKS[request.param]()
    yield made
    del made
    gc.collect()


def pictures(network: Network) -> np.ndarray:
    sides = network.model.inputs[0].shape[1:3]
    height, width = (sides[0] or 64), (sides[1] or 48)  # not square where the network takes any size
    return np.random.default_rng(0).integers(0, 256, (2, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_on_every_network(network, name):
    picture = pictures(network)[0]
    method = SMALL.get(name, METHODS[name])
    heat = method(network, picture, 1)
    assert heat.ndim == 2 and np.isfinite(heat).all() and heat.dtype == np.float32
    assert heat.shape[0] <= picture.shape[0] and heat.shape[1] <= picture.shape[1]
    kept = dict(network._compiled)
    np.testing.assert_array_equal(method(network, picture, 1), heat)
    assert network._compiled == kept, "nothing is traced on the second call"


def test_a_batch_is_its_pictures(network):
    both = pictures(network)
    for method in (grad_cam, saliency):
        maps = method(network, both, 0)
        assert len(maps) == 2
        largest = max(np.abs(maps).max(), 1e-12)
        np.testing.assert_allclose(maps[1] / largest, method(network, both[1], 0) / largest, atol=0.02)
    assert grad_cam(network, both).shape == maps.shape[:1] + grad_cam(network, both[0]).shape


def test_curves(network):
    picture = pictures(network)[0]
    ends = network.probabilities(np.stack([picture, np.broadcast_to(network.mean_colour, picture.shape)]))[:, 0]
    going, coming = (curve(network, picture, np.eye(4), 0, steps=2).score for curve in (deletion, insertion))
    np.testing.assert_allclose(going[[0, 2]], ends, rtol=1e-2, atol=1e-6)
    np.testing.assert_allclose(coming[[2, 0]], ends, rtol=1e-2, atol=1e-6)


def test_closed_form_or_a_sentence(network):
    picture = pictures(network)[0]
    try:
        heat = class_activation_map(network, picture, 1)
    except ValueError as error:
        assert "no closed form" in str(error) and "\n" not in str(error)
    else:
        maps = _closed_form(network)[0]  # its gradient says the same
        np.testing.assert_allclose(
            heat, grad_cam(network, picture, 1, maps, relu=None) * heat.size, rtol=1e-2, atol=2e-3 * np.abs(heat).max()
        )


def test_layers_inside_a_nested_model_are_within_reach():
    network, picture = nested(), pictures(nested())[0]
    base, scaled = network.model, picture.astype(np.float32) / 255
    expected = np.maximum(np.asarray(base.get_layer("inner_conv")(scaled[None])), 0)
    for layer in ("base", "inner_relu"):
        np.testing.assert_allclose(activations_and_gradients(network, picture, 1, layer)[0], expected, atol=1e-6)
    with pytest.raises(ValueError, match="no layer 'inner_rel'; the nearest are inner_relu") as caught:
        grad_cam(network, picture, 1, "inner_rel")
    assert "\n" not in str(caught.value)


def test_saved_and_loaded(tmp_path):
    network, picture = small_networks.convnet(), small_networks.photo()
    again = training.load(training.save(network, tmp_path / "mine.keras"))
    for name in ("Grad-CAM", "guided backprop", "occlusion"):
        method = SMALL.get(name, METHODS[name])
        np.testing.assert_allclose(method(network, picture, 1), method(again, picture, 1), rtol=1e-4, atol=1e-7)


def test_grey_photos_go_through_preparation():
    network, grey = backbones.load("squeezenet"), np.random.default_rng(0).integers(0, 256, (70, 50), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"shape \(70, 50\), expected .*images.load"):
        saliency(network, grey, 0)
    assert grad_cam(network, images.load(grey), 0).ndim == 2
    assert saliency(network, images.prepare(grey, 64), 0).shape == (64, 64)


def test_classes_without_names():
    model = small_networks.convnet().model
    network = as_network(model)
    picture = small_networks.photo()
    np.testing.assert_allclose(grad_cam(network, picture, 1), grad_cam(small_networks.convnet(), picture, "dog"))
    with pytest.raises(ValueError, match="class 2 does not exist"):
        grad_cam(network, picture, 2)


def test_as_network_finds_the_scores_before_the_softmax():
    for made in (sequential(), two_outputs(), nested()):
        picture = pictures(made)[:1]
        z = logits(made, picture).astype(np.float64)
        p = np.asarray(
            made.model(picture.astype(np.float32))[1] if len(made.model.outputs) > 1 else made.model(picture)
        )
        expected = 1 / (1 + np.exp(-z)) if z.shape[1] == 1 else np.exp(z) / np.exp(z).sum()
        np.testing.assert_allclose(p, expected, rtol=1e-4)
    with pytest.raises(ValueError, match="no output 2; it has 1"):
        as_network(small_networks.convnet().model, output=2)
    base = backbones.load("squeezenet", None, include_top=False).model
    assert as_network(base).logits is None
    with pytest.raises(ValueError, match=r"expected \(pictures, classes\), as class names are given"):
        as_network(base, ["cat", "dog"])
