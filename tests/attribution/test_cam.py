"""Grad-CAM against hand computation, closed forms and finite differences."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers import backbones, images
from helpers.attribution import (
    activations_and_gradients,
    cam_family,
    class_activation_map,
    grad_cam,
    grad_cam_plus_plus,
    hires_cam,
    layer_cam,
    score_cam,
    weighted_map,
)
from helpers.backbones import Network
from helpers.runtime import keras
from tests import small_networks


@pytest.fixture(scope="module")
def worked_example():
    return small_networks.worked_example()


def test_worked_example(worked_example):
    network, picture = worked_example
    np.testing.assert_allclose(network.model(picture[None]), [[54, 54, 54, 54]])
    at_conv = grad_cam(network, picture, "a", "conv", relu=None)
    np.testing.assert_allclose(at_conv, [[11.25, 13.5], [20.25, 22.5]])
    np.testing.assert_allclose(grad_cam(network, picture, "a", "relu"), [[0, 4], [28, 32.5]])


def test_place_of_the_relu():
    activations = np.array([[[[1.0, 2.0]]]])  # alpha is the gradient itself for one place
    gradients = np.array([[[[3.0, -2.0]]]])
    assert weighted_map(activations, gradients, None)[0, 0, 0] == -1
    assert weighted_map(activations, gradients, "after")[0, 0, 0] == 0
    assert weighted_map(activations, gradients, "inside")[0, 0, 0] == 3
    with pytest.raises(ValueError, match="relu is 'before', expected 'after'"):
        weighted_map(activations, gradients, "before")


@pytest.fixture(scope="module")
def lite():
    return backbones.load("efficientnet_lite0")


@pytest.fixture(scope="module")
def squeezenet():
    return backbones.load("squeezenet")


@pytest.fixture(scope="module")
def photo(lite):
    from helpers import datasets

    return lite.prepare(datasets.photo("chelsea").array)


def test_global_average_head_has_a_closed_form(lite, photo):
    """Zhou et al. 2016: with mean pooling and a dense layer, map = CAM / places, and its sum gives the logit."""
    activations = lite.features_of(photo, "head_relu")[0]
    kernel, bias = lite.layer("logits").get_weights()
    class_ = lite.class_index("tabby")
    cam = activations @ kernel[:, class_]
    ours = grad_cam(lite, photo, "tabby", relu=None)
    np.testing.assert_allclose(ours, cam / cam.size, rtol=1e-3, atol=1e-5)
    logit = np.asarray(keras().Model(lite.model.inputs[0], lite.logits)(photo[None].astype(np.float32)))[0, class_]
    np.testing.assert_allclose(ours.sum() + bias[class_], logit, rtol=1e-4)


def test_squeezenet_reads_its_class_map_off(squeezenet):
    network = squeezenet
    picture = np.random.default_rng(1).uniform(0, 255, (227, 227, 3)).astype(np.float32)
    class_maps = network.features_of(picture, "conv10_relu")[0]
    expected = class_maps[..., 5] / class_maps[..., 5].size
    np.testing.assert_allclose(grad_cam(network, picture, 5, "conv10_relu"), expected, rtol=1e-4, atol=1e-6)


def test_gradients_against_finite_differences():
    network = small_sigmoid()
    picture = np.random.default_rng(0).uniform(0, 255, (8, 8, 3)).astype(np.float32)
    activations, gradients = activations_and_gradients(network, picture, 1, "maps")
    head = keras().Model(network.layer("maps").output, network.logits)
    for place in ((0, 0, 0, 0), (0, 3, 4, 2), (0, 5, 5, 3)):
        shift = np.zeros_like(activations)
        shift[place] = 1e-2
        slope = (head(activations + shift) - head(activations - shift)).numpy()[0, 0] / 2e-2
        np.testing.assert_allclose(gradients[place], slope, rtol=2e-2, atol=1e-5)


def small_sigmoid():
    k = keras()
    k.utils.set_random_seed(3)
    inputs = k.Input((8, 8, 3))
    x = k.layers.Rescaling(1 / 127.5, -1)(inputs)
    x = k.layers.Conv2D(4, 3, activation="tanh", name="maps")(x)
    z = k.layers.Dense(1, name="z")(k.layers.Dense(5, activation="tanh")(k.layers.Flatten()(x)))
    return Network("small", k.Model(inputs, k.layers.Activation("sigmoid")(z)), z, 8, ["cat", "dog"])


def test_one_sigmoid_output_explains_both_classes():
    network = small_sigmoid()
    picture = np.random.default_rng(0).uniform(0, 255, (8, 8, 3)).astype(np.float32)
    dog, cat = (grad_cam(network, picture, name, relu=None) for name in ("dog", "cat"))
    np.testing.assert_allclose(dog, -cat, rtol=1e-5)
    assert np.abs(cat).max() > 0
    named = network.class_names[network.probabilities(picture)[0].argmax()]
    np.testing.assert_array_equal(grad_cam(network, picture), grad_cam(network, picture, named))


def test_logits_are_used_not_probabilities():
    """d p / d A = p (1 - p) d z / d A for two classes; here the top class's map must not shrink with its certainty."""
    network = small_sigmoid()
    network.logits = network.logits * 40.0  # saturated: p (1 - p) is 0 in float32
    picture = np.zeros((8, 8, 3), np.float32)
    assert np.abs(grad_cam(network, picture, 1, relu=None)).max() > 1e-3


def test_batch_single_and_several_classes(lite, photo):
    batch = np.stack([photo, photo[:, ::-1]])
    maps = grad_cam(lite, batch, ["tabby", "lynx"])
    np.testing.assert_allclose(maps[0], grad_cam(lite, photo, "tabby"), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(maps[1], grad_cam(lite, photo[:, ::-1], "lynx"), rtol=1e-3, atol=1e-5)
    assert grad_cam(lite, photo, layer="block3_expand_relu").shape == (56, 56)


def test_compiled_once(lite, photo):
    for class_ in ("tabby", "lynx", None):
        grad_cam(lite, photo, class_)
    kept = dict(lite._compiled)
    grad_cam(lite, photo[:100, :180], "lynx")  # another size, class and batch: the same function
    assert dict(lite._compiled) == kept


def no_maps():
    k = keras()
    inputs = k.Input((4, 4, 3))
    z = k.layers.Dense(2, name="z")(k.layers.Flatten()(inputs))
    return Network("dense", k.Model(inputs, k.layers.Softmax()(z)), z, 4, ["a", "b"])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda n, p: grad_cam(n, p, "tabbi"), r"no class 'tabbi'; the nearest are .*tabby"),
        (lambda n, p: grad_cam(n, p, 1000), "class 1000 does not exist"),
        (lambda n, p: grad_cam(n, p, layer="head"), r"no layer 'head'; the nearest are head_"),
        (lambda n, p: grad_cam(n, p, layer="logits"), "layer 'logits' has no maps; choose one before the pooling"),
        (lambda n, p: grad_cam(n, p, ["tabby", "lynx"]), "2 classes for 1 pictures"),
        (lambda n, p: grad_cam(n, np.full((32, 32, 3), np.nan)), "NaN or infinite"),
        (lambda n, p: grad_cam(n, p[..., 0]), r"shape \(224, 224\), expected \(height, width, 3\)"),
        (
            lambda n, p: grad_cam(no_maps(), p[:4, :4]),
            "no maps that all of its score comes from; Grad-CAM needs",
        ),
        (lambda n, p: grad_cam(backbones.load("squeezenet", None, False), p), "without its classifier"),
    ],
)
def test_bad_input_gives_one_sentence(lite, photo, call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call(lite, photo)
    assert "\n" not in str(caught.value)


# --- The family ------------------------------------------------------------------------------------------------------


def test_closed_form_is_grad_cam_times_the_number_of_places(lite, photo):
    for network in (lite, small_networks.convnet()):
        picture = photo if network is lite else small_networks.photo()
        closed = class_activation_map(network, picture, 1)
        np.testing.assert_allclose(
            closed / closed.size, grad_cam(network, picture, 1, relu=None), rtol=1e-3, atol=1e-5 * np.abs(closed).max()
        )


def test_closed_form_of_a_sigmoid_speaks_for_both_classes():
    network = small_networks.convnet()
    k = keras()
    z = k.layers.Dense(1, name="one")(network.layer("pool").output)
    one = Network("one", k.Model(network.model.inputs[0], k.layers.Activation("sigmoid")(z)), z, 16, ["cat", "dog"])
    picture = small_networks.photo()
    np.testing.assert_allclose(class_activation_map(one, picture, 0), -class_activation_map(one, picture, 1))
    logit = k.Model(one.model.inputs[0], z)(picture[None]).numpy()[0, 0]
    np.testing.assert_allclose(class_activation_map(one, picture, "dog").mean(), logit, rtol=1e-4)


def test_closed_form_of_squeezenet_is_its_map(squeezenet):
    network = squeezenet
    picture = np.random.default_rng(1).uniform(0, 255, (131, 99, 3)).astype(np.float32)
    maps = network.features_of(picture, "conv10_relu")[0]
    np.testing.assert_allclose(class_activation_map(network, picture, 7), maps[..., 7], rtol=1e-5)


@pytest.mark.parametrize("between", ["sigmoid", "relu", "tanh"])
def test_an_activation_between_average_and_dense_has_no_closed_form(between):
    network = small_networks.convnet()
    k = keras()
    bent = k.layers.Activation(between, name="bent")(network.layer("pool").output)
    z = k.layers.Dense(2, name="scores")(bent)
    other = Network("bent", k.Model(network.model.inputs[0], k.layers.Softmax()(z)), z, 16, ["cat", "dog"])
    with pytest.raises(ValueError, match=r"nothing between them but dropout \(here comes 'bent'.* grad_cam\(\) works"):
        class_activation_map(other, small_networks.photo(), 1)
    relu = k.layers.ReLU()(k.layers.Dense(2, activation="relu", name="late")(network.layer("pool").output))
    late = Network("late", k.Model(network.model.inputs[0], relu), relu, 16, ["cat", "dog"])
    with pytest.raises(ValueError, match="has no closed form"):
        class_activation_map(late, small_networks.photo(), 1)


def test_what_does_nothing_between_average_and_dense_is_no_matter():
    network = small_networks.convnet()
    k = keras()
    x = k.layers.Activation("linear")(k.layers.Dropout(0.5)(network.layer("pool").output))
    z = k.layers.Dense(2, name="scores")(x)
    other = Network("same", k.Model(network.model.inputs[0], k.layers.Softmax()(z)), z, 16, ["cat", "dog"])
    picture = small_networks.photo()
    score = k.Model(network.model.inputs[0], z)(picture[None]).numpy()[0, 1]
    np.testing.assert_allclose(class_activation_map(other, picture, 1).mean(), score, rtol=1e-4)  # its bias is 0


def test_a_flatten_head_has_no_closed_form():
    with pytest.raises(ValueError, match="VGG16 has three dense layers") as caught:
        class_activation_map(small_networks.smooth(), small_networks.photo(8), 1)
    assert "\n" not in str(caught.value)


def test_the_family_is_one_map_where_gradients_are_constant(lite, photo):
    """With a global average and one dense layer d z / d A does not depend on the place."""
    plain, hires = grad_cam(lite, photo, "tabby"), hires_cam(lite, photo, "tabby")
    np.testing.assert_allclose(plain, hires, rtol=1e-3, atol=1e-5)


def test_the_family_by_hand(monkeypatch):
    activations = np.array([[[[1.0, 2.0], [0.0, 1.0]]]])  # (1, 1 row, 2 columns, 2 channels)
    gradients = np.array([[[[2.0, -1.0], [0.0, 3.0]]]])
    monkeypatch.setattr(cam_family, "activations_and_gradients", lambda *_: (activations, gradients))
    batch, network = np.zeros((1, 2, 2, 3)), SimpleNamespace(is_one=lambda pictures: False)
    np.testing.assert_allclose(hires_cam(network, batch), [[[0, 3]]])  # 2 - 2 and 0 + 3
    np.testing.assert_allclose(layer_cam(network, batch), [[[2, 3]]])  # 2 + 0 and 0 + 3
    # Channel 0, sum of A 1: weight 4 / (8 + 8) = 1/4, alpha 1/4 * 2 = 1/2. Channel 1, sum of A 3: place 1
    # 9 / (18 + 81) = 1/11, alpha 3/11 (place 0 has a negative gradient). Maps: 1/2 + 6/11, and 3/11.
    np.testing.assert_allclose(grad_cam_plus_plus(network, batch), [[[0.5 + 6 / 11, 3 / 11]]])


def test_score_cam_weighs_by_what_the_class_gains():
    network, picture = small_networks.convnet(), small_networks.photo()
    heat = score_cam(network, picture, 1, channels=None, batch=4)
    activations = network.features_of(picture, "relu2")[0]
    gains = []
    for k in range(activations.shape[-1]):
        one = activations[..., k]
        mask = (one - one.min()) / np.ptp(one) if np.ptp(one) else np.zeros_like(one)

        mask = images.resize(mask.astype(np.float32), (16, 16), "bilinear")[..., None]
        trial = mask * picture + (1 - mask) * network.mean_colour
        gains.append(keras().Model(network.model.inputs[0], network.logits)(trial[None]).numpy()[0, 1])
    weights = np.exp(gains) / np.exp(gains).sum()
    np.testing.assert_allclose(heat, np.maximum(activations @ weights, 0), rtol=1e-3, atol=1e-5)
    with pytest.raises(ValueError, match="one picture at a time"):
        score_cam(network, np.stack([picture, picture]))
