"""The sanity check on networks whose answer is known; the planted cause on networks that are built to cheat."""

import contextlib

import numpy as np
import pytest

from helpers.attribution import saliency
from helpers.attribution.sanity import _recalibrate, cascade, edges, from_the_top, randomised, similarity
from helpers.attribution.shortcut import _flipped, accuracy, answers, intervention_test, linear_head, ratios
from helpers.backbones import Network
from helpers.datasets import Critters, critters
from helpers.runtime import keras
from tests import small_networks


def test_only_the_top_is_random_and_the_original_stays():
    network = small_networks.convnet()
    before = network.model.get_weights()
    broken = randomised(network, "conv2", seed=1)
    for kept, same in zip(before, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, same)
    np.testing.assert_array_equal(broken.layer("conv1").kernel, network.layer("conv1").kernel)
    for name in ("conv2", "z"):
        ours, theirs = (one.layer(name).kernel.numpy() for one in (broken, network))
        assert not np.array_equal(ours, theirs)
        np.testing.assert_array_equal(np.sort(ours, axis=None), np.sort(theirs, axis=None))  # permuted, not drawn


def test_batch_normalisation_is_calibrated():
    k = keras()
    inputs = k.Input((8, 8, 3))
    x = k.layers.BatchNormalization(name="bn", trainable=False)(k.layers.Conv2D(2, 1, name="conv")(inputs))
    z = k.layers.Dense(2, name="z")(k.layers.GlobalAveragePooling2D()(x))
    network = Network("normalised", k.Model(inputs, z), z, 8, ["a", "b"])
    pictures = np.stack([small_networks.photo(8, seed) for seed in range(5)])
    _recalibrate(network, pictures)
    maps = network.features_of(pictures, "conv")
    np.testing.assert_allclose(network.layer("bn").moving_mean, maps.mean(axis=(0, 1, 2)), rtol=1e-3)
    np.testing.assert_allclose(network.layer("bn").moving_variance, maps.var(axis=(0, 1, 2)), rtol=1e-2)
    assert not network.layer("bn").trainable
    broken = randomised(network, calibrate=pictures)
    after = broken.features_of(pictures, "bn")
    np.testing.assert_allclose(after.std(axis=(0, 1, 2)), 1, atol=0.05)


def test_a_map_of_the_network_changes_and_an_edge_detector_does_not():
    network, picture = small_networks.convnet(), small_networks.photo()
    methods = {"saliency": lambda n, p: saliency(n, p, 1), "edges": lambda n, p: edges(p)}
    maps, likeness = cascade(network, picture, methods, from_the_top(network, 3))
    assert from_the_top(network, 3) == ["z", "conv2", "conv1"]
    assert likeness["edges"] == [pytest.approx(1)] * 4 and likeness["saliency"][0] == pytest.approx(1)
    assert likeness["saliency"][-1] < 0.7 and len(maps["saliency"]) == 4


@pytest.mark.parametrize("fails", [False, True])
def test_cascade_puts_the_weights_back_whatever_happens(fails):
    network, picture = small_networks.convnet(), small_networks.photo()
    before, seen = network.model.get_weights(), []

    def method(one, shown):
        seen.append(one.layer("conv1").kernel.numpy())
        if fails and len(seen) == 3:
            raise KeyboardInterrupt
        return saliency(one, shown, 0)

    with pytest.raises(KeyboardInterrupt) if fails else contextlib.nullcontext():
        cascade(network, picture, {"saliency": method}, from_the_top(network, 3), small_networks.photo()[None])
    assert fails or not np.array_equal(seen[-1], seen[0])  # it was random for a while
    for kept, now in zip(before, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, now)


def test_similarity_by_hand():
    assert similarity(np.arange(4.0), np.arange(4.0) ** 3) == pytest.approx(1)
    assert similarity(np.arange(4.0), -np.arange(4.0)) == pytest.approx(-1)
    assert similarity(np.arange(4.0), np.ones(4)) == 0


def test_edges_of_a_step():
    picture = np.zeros((6, 8, 3))
    picture[:, 4:] = 100
    found = edges(picture)
    assert (found[:, 3:5] == 400).all() and found[:, :3].max() == found[:, 5:].max() == 0  # Sobel: 1 + 2 + 1


def test_an_unknown_layer_is_one_sentence():
    with pytest.raises(ValueError, match="no layer 'conv3'; the nearest are"):
        randomised(small_networks.convnet(), "conv3")


# --- The planted cause -----------------------------------------------------------------------------------------------


def corner_reader(sign: float) -> Network:
    """Says dog where the top left corner is bright (sign 1) or dark (sign -1); knows nothing of ears."""
    k = keras()
    inputs = k.Input((64, 64, 3))
    z = k.layers.Dense(1, name="z")(k.layers.Flatten()(inputs))
    model = k.Model(inputs, k.layers.Activation("sigmoid")(z))
    weights = np.zeros((64, 64, 3), np.float32)
    weights[:4, :4] = sign
    model.get_layer("z").set_weights([weights.reshape(-1, 1), np.array([-sign * 200 * 48], np.float32)])
    return Network("corner reader", model, z, 64, ["cat", "dog"])


def test_interventions_prove_what_a_network_reads():
    photos = critters(12, 5, 64)
    network = corner_reader(1)
    bright = photos.images[:, :4, :4].mean(axis=(1, 2, 3)) > 200
    np.testing.assert_array_equal(answers(network, photos.images), bright)
    changed = {"ears": photos.swap_ears(), "background": photos.swap_background("snow")}
    found = _flipped(network, photos, changed)[1]
    snow = photos.swap_background("snow").images[:, :4, :4].mean(axis=(1, 2, 3)) > 200
    np.testing.assert_array_equal(found["background"], bright != snow)
    assert not found["ears"].any()  # the corner holds no ear
    assert accuracy(network, photos) == (bright == photos.labels).mean()
    chosen, shares = intervention_test(network, network, photos, Critters.swap_background)
    assert not chosen.any() and shares["honest, ears swapped"] == 0


@pytest.mark.parametrize("layer", ["pool", "relu2"])  # maps are averaged, in the fit as in the head
def test_a_linear_head_is_the_logistic_regression(layer):
    network, photos = small_networks.convnet(size=64), critters(40, 6, 64)
    network._slide_layers = {"fc2": layer}
    made = linear_head(network, photos, strength=1.0)
    from helpers import transfer

    features = network.features_of(photos.images, layer)
    features = features.mean(axis=(1, 2)) if layer == "relu2" else features
    fitted = transfer.logistic_regression(1.0).fit(features, photos.labels)
    np.testing.assert_allclose(
        made.probabilities(photos.images)[:, 1], fitted.predict_proba(features)[:, 1], rtol=1e-3, atol=1e-4
    )
    assert made.class_names == ["cat", "dog"]


def test_ratios_of_perfect_maps():
    photos = critters(3, 7, 64)
    heats = [ears.astype(float) for ears in photos.ears]
    np.testing.assert_allclose(ratios(heats, photos.ears), 1 / photos.ears.mean(axis=(1, 2)))
    np.testing.assert_allclose(ratios(heats, photos.backgrounds), 0)
