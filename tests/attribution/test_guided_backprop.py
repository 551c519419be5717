"""ReLU's backward rules against the slide's example, the network computed by hand, and plain gradients."""

import numpy as np
import pytest

from helpers.attribution import (
    deconvnet,
    grad_cam,
    guided_backprop,
    guided_grad_cam,
    input_gradient,
    relu_backward,
    rule_gradient,
)
from helpers.attribution.gradients import compile_gradient
from helpers.attribution.guided_backprop import RULES, ruled
from helpers.attribution.targets import class_scores, scoring_model
from helpers.backbones import Network
from helpers.runtime import keras, tensorflow
from tests import small_networks

UPSTREAM = [[-2, 3, -1], [6, -3, 1], [2, -1, 3]]
FORWARD = [[1, -1, 5], [2, -5, -7], [-3, 2, 4]]


@pytest.fixture(scope="module")
def usual():
    return small_networks.convnet()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("plain", [[-2, 0, -1], [6, 0, 0], [0, -1, 3]]),
        ("deconvnet", [[0, 3, 0], [6, 0, 1], [2, 0, 3]]),
        ("guided", [[0, 0, 0], [6, 0, 0], [0, 0, 3]]),
    ],
)
def test_the_slides_example(rule, expected):
    np.testing.assert_array_equal(relu_backward(UPSTREAM, FORWARD, rule), expected)


VECTORS = {
    ("plain", 6): [1, -1, 0, 0],
    ("guided", 6): [1, 0, 0, 0],
    ("guided", None): [1, 0, 0, 1],
    ("deconvnet", None): [1, 0, 1, 1],
}


@pytest.mark.parametrize(("rule", "maximum"), VECTORS)
def test_known_vectors_by_hand_and_inside_a_network(rule, maximum):
    x, upstream = np.array([1.0, 2, -3, 9], np.float32), [1.0, -1, 1, 1]
    np.testing.assert_array_equal(relu_backward(upstream, x, rule, maximum), VECTORS[rule, maximum])
    k, tf = keras(), tensorflow()
    inputs = k.Input((4,))
    model = k.Model(inputs, k.layers.ReLU(maximum)(inputs))
    again, pixels = ruled(model, rule), tf.constant(x[None])
    slopes = tf.function(lambda pixels: tf.gradients(again(pixels), pixels, tf.constant([upstream]))[0])
    np.testing.assert_array_equal(again(pixels), model(x[None]))  # the way forward is the same
    np.testing.assert_array_equal(slopes(pixels)[0], VECTORS[rule, maximum])


def test_worked_example():
    network, picture = small_networks.worked_example()
    guided = guided_backprop(network, picture, "a")[..., 0]
    np.testing.assert_allclose(guided, [[0, 1, 1, 1], [1, 3, 3, 2], [1, 3, 3, 2], [1, 2, 2, 1]])
    np.testing.assert_allclose(
        deconvnet(network, picture, "a")[..., 0], [[2, 3, 3, 1], [3, 5, 5, 2], [3, 5, 5, 2], [1, 2, 2, 1]]
    )


@pytest.mark.parametrize("maximum", [None, 0.3])
def test_the_rebuilt_graph_has_the_same_plain_gradient(maximum):
    network, picture = small_networks.convnet(maximum=maximum), small_networks.photo()
    again = compile_gradient(network, ruled(scoring_model(network), "plain"), class_scores)
    found = again(picture[None], np.array([1], np.int32)).numpy()[0]
    np.testing.assert_allclose(found, input_gradient(network, picture, 1), rtol=1e-4, atol=1e-8)
    np.testing.assert_array_equal(rule_gradient(network, picture, 1, "plain"), input_gradient(network, picture, 1))


@pytest.mark.parametrize("form", ["layer", "activation layer", "fused", "function", "nested"])
def test_every_form_of_relu_is_found(form):
    """x -> ReLU(x w) -> sum with weights of both signs: guided keeps only positive weights behind open ReLUs."""
    k = keras()
    inputs = k.Input((1, 1, 3))
    dense = k.layers.Dense(4, use_bias=False, name="dense", activation="relu" if form == "fused" else None)
    x = dense(inputs)
    if form == "layer":
        x = k.layers.ReLU()(x)
    elif form == "activation layer":
        x = k.layers.Activation("relu")(x)
    elif form == "function":
        x = k.ops.relu(x)
    elif form == "nested":
        inner = k.Input((1, 1, 4))
        x = k.Model(inner, k.layers.ReLU()(inner), name="inner")(x)
    z = k.layers.Dense(2, use_bias=False, name="z")(k.layers.Flatten()(x))
    network = Network("forms", k.Model(inputs, z), z, 1, ["a", "b"])
    numbers = np.random.default_rng(0)
    first, last = numbers.normal(size=(3, 4)), numbers.normal(size=(4, 2))
    dense.set_weights([first])
    network.layer("z").set_weights([last])
    picture = np.array([[[1.0, 2.0, 3.0]]], np.float32)
    open_ = (picture[0, 0] @ first) > 0
    expected = first @ (np.maximum(last[:, 1], 0) * open_)
    np.testing.assert_allclose(guided_backprop(network, picture, 1)[0, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(deconvnet(network, picture, 1)[0, 0], first @ np.maximum(last[:, 1], 0), rtol=1e-5)
    np.testing.assert_allclose(input_gradient(network, picture, 1)[0, 0], first @ (last[:, 1] * open_), rtol=1e-5)


def test_the_network_itself_stays_as_it_is():
    network, picture = small_networks.convnet(), small_networks.photo()
    plain = input_gradient(network, picture, 0)
    config, weights = network.model.get_config(), network.model.get_weights()
    for rule in RULES:
        rule_gradient(network, picture, 0, rule)
    network._compiled.clear()
    np.testing.assert_array_equal(input_gradient(network, picture, 0), plain)
    assert network.model.get_config() == config
    for before, after in zip(weights, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_weights_are_shared_not_copied():
    network = small_networks.convnet()
    again = ruled(network.model, "guided")
    assert {id(weight) for weight in again.weights} == {id(weight) for weight in network.model.weights}


def test_one_unit_of_a_layer(usual):
    """A unit of the first convolution sees its own window only; its plain gradient there is the kernel, scaled."""
    network, picture = usual, small_networks.photo()
    maps = network.features_of(picture, "conv1")[0]
    row, column = np.argwhere(maps[2:-2, 2:-2, 4] > 0)[0] + 2
    found = rule_gradient(network, picture, rule="plain", layer="conv1", unit=(row, column, 4))
    expected = np.zeros_like(picture)
    kernel = network.layer("conv1").kernel.numpy()[..., 4] / 127.5
    expected[row - 1 : row + 2, column - 1 : column + 2] = kernel
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-9)
    strongest = np.unravel_index(maps[..., 4].argmax(), maps.shape[:2])
    np.testing.assert_allclose(
        rule_gradient(network, picture, rule="guided", layer="conv1", unit=4),
        rule_gradient(network, picture, rule="guided", layer="conv1", unit=(*strongest, 4)),
    )


def test_guided_grad_cam_is_the_product(usual):
    from helpers import images

    network, picture = usual, small_networks.photo()
    heat = images.resize(grad_cam(network, picture, 1), (16, 16), "bilinear")
    expected = guided_backprop(network, picture, 1) * heat[..., None]
    np.testing.assert_allclose(guided_grad_cam(network, picture, 1), expected, rtol=1e-5, atol=1e-9)
    batch = np.stack([picture, picture[::-1]])
    np.testing.assert_allclose(guided_grad_cam(network, batch, 1)[0], expected, rtol=1e-3, atol=1e-7)


def test_traced_once(usual):
    network, picture = usual, small_networks.photo()
    guided_backprop(network, picture, 0)
    kept = dict(network._compiled)
    guided_backprop(network, np.stack([picture] * 3), [1, 0, 1])
    assert all(network._compiled[key] is function for key, function in kept.items())
    rule_gradient(network, picture, layer="relu2", unit=1)
    kept = dict(network._compiled)
    rule_gradient(network, picture, layer="relu2", unit=(2, 3, 5))
    assert dict(network._compiled) == kept


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda n, p: rule_gradient(n, p, 0, "guied"), "rule is 'guied', expected one of 'plain', 'deconvnet'"),
        (lambda n, p: rule_gradient(n, p, layer="relu2", unit=6), r"unit 6 is not in 'relu2', .* 8 x 8 x 6"),
        (lambda n, p: rule_gradient(n, p, layer="relu2", unit=(8, 0, 0)), r"unit \(8, 0, 0\) is not in 'relu2'"),
        (lambda n, p: rule_gradient(n, p, layer="relu2"), "a channel from 0 to 5"),
        (lambda n, p: rule_gradient(n, p, layer="relu3", unit=0), "no layer 'relu3'; the nearest are relu2"),
        (lambda n, p: rule_gradient(n, p, unit=1), "unit needs a layer"),
        (lambda n, p: guided_backprop(n, p, "dgo"), "no class 'dgo'; the nearest are dog"),
        (lambda n, p: guided_backprop(small_networks.smooth(), p[:8, :8], 0), "has no ReLU"),
        (lambda n, p: relu_backward([1, 2], [1], "plain"), r"shape \(2,\) and the input \(1,\)"),
    ],
)
def test_bad_input_gives_one_sentence(usual, call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call(usual, small_networks.photo())
    assert "\n" not in str(caught.value)
