"""Circuits on a small network whose weights are known, and sums that must come out on real ones."""

import numpy as np
import pytest

from helpers import backbones, datasets, feature_visualization
from helpers.backbones import Network
from helpers.runtime import keras


@pytest.fixture(scope="module")
def small():
    """Two convolutions side by side, joined, pooled, then a convolution with batch norm and ReLU, and a depthwise."""
    k = keras()
    inputs = k.Input((16, 16, 3), name="image")
    left = k.layers.ReLU(name="left_relu")(k.layers.Conv2D(2, 1, name="left")(inputs))
    right = k.layers.Conv2D(3, 3, padding="same", name="right")(inputs)
    x = k.layers.MaxPooling2D(name="pool")(k.layers.Concatenate(name="both")([left, right]))
    x = k.layers.Conv2D(2, 3, padding="same", name="conv")(x)
    x = k.layers.ReLU(name="relu")(k.layers.BatchNormalization(epsilon=0.0, name="norm")(x))
    x = k.layers.DepthwiseConv2D(3, padding="valid", depth_multiplier=2, name="depthwise")(x)
    x = k.layers.Add(name="twice")([x, x])
    x = k.layers.SeparableConv2D(3, 3, name="separable")(x)
    model = k.Model(inputs, k.layers.Dense(2, name="dense")(k.layers.GlobalAveragePooling2D(name="mean")(x)))
    kernel = np.zeros((3, 3, 5, 2), np.float32)
    kernel[1, 1, 0, 1], kernel[0, 0, 3, 1], kernel[0, 1, 3, 1], kernel[2, 2, 4, 1] = 0.5, 2.0, -5.0, 1.0
    model.get_layer("conv").set_weights([kernel, np.zeros(2, np.float32)])
    gamma, variance = np.array([1, 3], np.float32), np.array([1, 4], np.float32)
    model.get_layer("norm").set_weights([gamma, np.zeros(2), np.zeros(2), variance])
    return Network("small", model)


@pytest.mark.parametrize("layer", ["conv", "norm", "relu"])
def test_strongest_inputs_by_hand(small, layer):
    found = feature_visualization.strongest_inputs(small, layer, 1, count=3)
    scale = 1.0 if layer == "conv" else 3 / 2  # gamma / sqrt(variance)
    assert [(one.layer, one.channel) for one in found] == [("right", 1), ("right", 2), ("left_relu", 0)]
    np.testing.assert_allclose([one.weight for one in found], np.array([-3, 1, 0.5]) * scale)
    np.testing.assert_allclose([one.strength for one in found], np.array([29**0.5, 1, 0.5]) * scale, rtol=1e-6)
    assert found[0].kernel[0].tolist() == [2 * scale, -5 * scale, 0]


def test_an_input_that_never_changes_counts_nothing(small):
    photos = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3))
    kernel, bias = small.layer("right").get_weights()
    kernel[..., 1] = 0
    small.layer("right").set_weights([kernel, bias])
    found = feature_visualization.strongest_inputs(small, "conv", 1, count=5, photos=photos)
    assert (found[0].layer, found[0].channel) != ("right", 1)
    strength = {(one.layer, one.channel): one.strength for one in found}
    assert strength["right", 1] == 0
    maps = small.features_of(photos, "pool")  # the spread after pooling, which is what the convolution gets
    assert strength["right", 2] == pytest.approx(maps[..., 4].std(), rel=1e-4)


def test_depthwise_and_separable(small):
    kernels, sources = feature_visualization.weights_into(small, "depthwise", 3)
    assert sources == [("relu", 1)]
    np.testing.assert_array_equal(kernels[:, :, 0], np.asarray(small.layer("depthwise").kernel)[:, :, 1, 1])
    kernels, sources = feature_visualization.weights_into(small, "separable", 2)
    assert sources == [("twice", number) for number in range(4)]
    depth, point = small.layer("separable").get_weights()[:2]
    np.testing.assert_allclose(kernels[..., 1], depth[:, :, 1, 0] * point[0, 0, 1, 2], rtol=1e-5)
    kernels, sources = feature_visualization.weights_into(small, "dense", 0)
    assert kernels.shape == (1, 1, 3) and sources[2] == ("separable", 2)


@pytest.mark.parametrize("layer", ["conv", "depthwise", "separable"])
def test_contributions_and_bias_are_the_unit(small, layer):
    photos = np.random.default_rng(1).uniform(0, 255, (2, 16, 16, 3))
    parts = feature_visualization.contributions(small, layer, 1, photos)
    bias = small.layer(layer).get_weights()[-1][1]
    whole = small.features_of(photos, layer)[..., 1].mean(axis=(1, 2))
    np.testing.assert_allclose(parts.sum(axis=1) + bias, whole, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "layer", "source"),
    [
        ("efficientnet_lite0", "block5_project_bn", "block5_depthwise_relu"),
        ("squeezenet", "fire4_expand3x3_relu", "fire4_squeeze_relu"),
    ],
)
def test_real_networks(name, layer, source):
    network = backbones.load(name)
    photo = network.prepare(datasets.photo("coffee").array)[None]
    found = feature_visualization.strongest_inputs(network, layer, 3, photos=photo)
    assert {one.layer for one in found} == {source}
    assert [one.strength for one in found] == sorted((one.strength for one in found), reverse=True)


def test_fire_modules_are_seen_through_pooling_and_joining():
    network = backbones.load("squeezenet")
    _, sources = feature_visualization.weights_into(network, "fire4_squeeze", 0)
    assert sources[0] == ("fire3_expand1x1_relu", 0) and sources[64] == ("fire3_expand3x3_relu", 0)


def test_before_the_relu(small):
    assert (
        feature_visualization.before_relu(small, "relu") == "norm"
        and feature_visualization.before_relu(small, "conv") == "conv"
    )
    assert feature_visualization.before_relu(small, "left_relu") == "left"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda n: feature_visualization.weights_into(n, "conv", 2),
            "channel 2 does not exist; layer 'conv' has channels 0 to 1",
        ),
        (lambda n: feature_visualization.weights_into(n, "conv", -1), "channel -1 does not exist"),
        (lambda n: feature_visualization.weights_into(n, "twice", 0), "'twice' has no single convolution behind it"),
        (lambda n: feature_visualization.weights_into(n, "image", 0), "'image' has no single convolution"),
        (lambda n: feature_visualization.strongest_inputs(n, "cnv", 0), "no layer 'cnv'; the nearest are conv"),
        (
            lambda n: feature_visualization.contributions(n, "dense", 0, np.zeros((16, 16, 3))),
            "is dense and has no places",
        ),
        (lambda n: feature_visualization.before_relu(n, "rellu"), "no layer 'rellu'; the nearest are relu"),
    ],
)
def test_bad_input_gives_one_sentence(small, call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call(small)
    assert "\n" not in str(caught.value)
