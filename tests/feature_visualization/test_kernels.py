"""Kernels measured through the preprocessing against the stored weights; correlations against NumPy's own."""

import numpy as np
import pytest

from helpers import backbones, datasets, feature_visualization, images
from helpers.backbones import Network
from helpers.runtime import keras


def test_default_network_scales_the_pixels_by_128():
    network = backbones.load("efficientnet_lite0")
    found = feature_visualization.kernels(network)
    stored = np.asarray(network.layer("stem_conv").kernel).transpose(3, 0, 1, 2) / 128
    assert found.shape == (32, 3, 3, 3)
    np.testing.assert_allclose(found, stored, atol=1e-8)
    assert feature_visualization.zero_kernels(found).sum() == 4


def test_squeezenet_turns_the_colours_round():
    network = backbones.load("squeezenet")
    found = feature_visualization.kernels(network)
    stored = np.asarray(network.layer("conv1").kernel).transpose(3, 0, 1, 2)[..., ::-1]
    assert found.shape == (64, 3, 3, 3)
    np.testing.assert_allclose(found, stored, atol=1e-6)
    assert feature_visualization.zero_kernels(found).sum() == 0


def test_vgg16_whose_convolutions_have_their_relu_inside():
    network = backbones.load("vgg16", weights=None, include_top=False)
    found = feature_visualization.kernels(network)
    stored = np.asarray(network.layer("block1_conv1").kernel).transpose(3, 0, 1, 2)[..., ::-1]
    np.testing.assert_allclose(found, stored, atol=1e-6)


def test_resnet50_pads_in_a_layer_of_its_own():
    network = backbones.load("resnet50", weights=None, include_top=False)
    found = feature_visualization.kernels(network)
    stored = np.asarray(network.layer("conv1_conv").kernel).transpose(3, 0, 1, 2)[..., ::-1]
    np.testing.assert_allclose(found, stored, atol=1e-6)


def test_pictures_alone_and_on_one_scale():
    pair = np.zeros((3, 1, 2, 3), np.float32)
    pair[0, 0, 0], pair[1, 0, 0] = (1, -1, 0.5), (4, 0, 0)
    own = feature_visualization.kernel_pictures(pair, "own", 2)
    assert own[0, 0, 0].tolist() == [255, 0, 191] and own[1, 0, 0].tolist() == [255, 128, 128]
    both = feature_visualization.kernel_pictures(pair, "all", 2)
    assert both[0, 0, 0].tolist() == [159, 96, 143] and both[1, 0, 0].tolist() == [255, 128, 128]
    assert (own[2] == 128).all() and (both[2] == 128).all()
    assert feature_visualization.kernel_pictures(pair, "own", 10).shape == (3, 10, 10, 3)
    with pytest.raises(ValueError, match="scale is 'each'"):
        feature_visualization.kernel_pictures(pair, "each")


def test_correlation_is_numpys_over_all_places_of_all_photos():
    network = backbones.load("squeezenet")
    photos = np.stack([images.prepare(datasets.photo(name).array, 96) for name in ("coffee", "china", "rocket")])
    found = feature_visualization.activation_correlation(network, "fire2_squeeze", photos)
    maps = network.features_of(photos, "fire2_squeeze")
    expected = np.corrcoef(maps.reshape(-1, maps.shape[-1]).T.astype(np.float64))
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.fixture(scope="module")
def known():
    """Four 1x1 filters: red, twice red, minus red, and nothing."""
    k = keras()
    inputs = k.Input((None, None, 3), name="image")
    model = k.Model(inputs, k.layers.Conv2D(4, 1, use_bias=False, name="maps")(inputs))
    weights = np.zeros((1, 1, 3, 4), np.float32)
    weights[0, 0, 0] = [1, 2, -1, 0]
    model.get_layer("maps").set_weights([weights])
    return Network("known", model)


def test_alike_opposite_and_dead(known):
    photos = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3))
    found = feature_visualization.activation_correlation(known, "maps", photos)
    expected = [[1, 1, -1, 0], [1, 1, -1, 0], [-1, -1, 1, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert feature_visualization.most_alike(found, 1)[0][:2] == (0, 1)


def test_errors_are_one_sentence(known):
    with pytest.raises(ValueError, match="no layer 'map'; the nearest are maps"):
        feature_visualization.activation_correlation(known, "map", np.zeros((8, 8, 3)))
    with pytest.raises(ValueError, match="'image' is no convolution; the first is 'maps'"):
        feature_visualization.kernels(known, "image")
    k = keras()
    inputs = k.Input((8, 8, 3))
    nothing = Network("flat", k.Model(inputs, k.layers.Flatten()(inputs)))
    with pytest.raises(ValueError, match="flat has no convolution, so there are no kernels"):
        feature_visualization.kernels(nothing)
