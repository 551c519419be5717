"""Units against masks, and units switched off: small cases counted by hand."""

import numpy as np
import pytest

from helpers.activations.ablation import ablate_channels
from helpers.activations.unit_parts import best_channel, maps_on_grid, part_scores, small_masks
from helpers.backbones import Network
from helpers.runtime import keras


def two_photos():
    """Maps (2, 4, 4, 3) and masks: channel 0 is the mask, 1 its opposite, 2 the mask of the other photo."""
    masks = np.zeros((2, 4, 4), bool)
    masks[0, :2, :2], masks[1, 2:, 2:] = True, True
    maps = np.stack([masks, ~masks, masks[::-1]], axis=-1).astype(np.float32)
    return maps + 0.01 * np.arange(16).reshape(4, 4, 1) / 16, masks


def test_a_perfect_unit_has_an_overlap_of_1_and_a_wrong_one_of_0():
    maps, masks = two_photos()
    scores = part_scores(maps, masks, 0.25)
    assert scores.iou().tolist()[0] == 1 and scores.iou()[1] == 0 and scores.iou()[2] == 0
    assert best_channel(scores) == 0


def test_overlap_of_two_squares_that_share_a_corner():
    masks = np.zeros((1, 4, 4), bool)
    masks[0, :2, :2] = True
    maps = np.zeros((1, 4, 4, 1), np.float32)
    maps[0, 1:3, 1:3, 0] = 1  # one of seven places in common
    scores = part_scores(maps, masks, 0.3)  # the threshold lies below 1: four places are on
    assert scores.iou()[0] == pytest.approx(1 / 7) and scores.by_photo(0)[0] == pytest.approx(1 / 7)


def test_the_threshold_comes_from_the_photos_to_fit_alone():
    maps, masks = two_photos()
    maps[1] *= 100
    assert part_scores(maps, masks, 0.25, slice(0, 1)).thresholds.max() < 2


def test_masks_and_maps_on_another_grid():
    masks = np.zeros((1, 8, 8), bool)
    masks[0, :4] = True
    assert small_masks(masks, 4)[0].tolist() == [[True] * 4] * 2 + [[False] * 4] * 2


def test_bad_arguments_are_refused_in_one_sentence():
    maps, masks = two_photos()
    with pytest.raises(ValueError, match=r"share is 1\.5; give a part of all places"):
        part_scores(maps, masks, 1.5)
    with pytest.raises(ValueError, match=r"maps have the shape \(2, 4, 4, 3\), masks \(2, 3, 4\)"):
        part_scores(maps, masks[:, :3], 0.1)


def pair():
    """Two maps that copy red and green, their means into two classes; green's weight is zero."""
    k = keras()
    inputs = k.Input((4, 4, 3))
    maps = k.layers.ReLU(name="relu")(k.layers.Conv2D(2, 1, use_bias=False, name="conv")(inputs))
    logits = k.layers.Dense(2, use_bias=False, name="logits")(k.layers.GlobalAveragePooling2D()(maps))
    model = k.Model(inputs, k.layers.Softmax()(logits))
    model.get_layer("conv").set_weights([np.array([[1, 0], [0, 1], [0, 0]], np.float32).reshape(1, 1, 3, 2) / 255])
    model.get_layer("logits").set_weights([np.array([[2.0, -2.0], [0.0, 0.0]], np.float32)])
    return Network("pair", model, logits, 4, ["a", "b"])


def test_a_channel_without_weight_changes_nothing_and_the_other_one_everything():
    pictures = np.zeros((2, 4, 4, 3), np.float32)
    pictures[0, ..., 0], pictures[:, ..., 1] = 255, 77
    effects = ablate_channels(pair(), "relu", pictures)
    assert effects.moved[1] == pytest.approx(0, abs=1e-9) and effects.flipped[1] == 0
    # Red's mean is a half: logits (2, -2) and (0, 0) both become (1, -1).
    p, q, half = 1 / (1 + np.exp(-4)), 1 / (1 + np.exp(-2)), 0.5
    first = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    second = half * np.log(half / q) + half * np.log(half / (1 - q))
    assert effects.moved[0] == pytest.approx((first + second) / 2, rel=1e-4)


def test_a_layer_that_a_path_leads_around_is_refused():
    k = keras()
    inputs = k.Input((4, 4, 3))
    inner = k.layers.ReLU(name="relu")(inputs)
    logits = k.layers.Dense(2)(k.layers.GlobalAveragePooling2D()(k.layers.Add()([inputs, inner])))
    with pytest.raises(ValueError, match="the network cannot be cut at 'relu': another path leads around"):
        ablate_channels(Network("skip", k.Model(inputs, logits), logits, 4, ["a", "b"]), "relu", np.zeros((1, 4, 4, 3)))


def test_maps_are_averaged_or_enlarged_to_the_grid():
    pictures = np.full((2, 4, 4, 3), 255, np.float32)
    for side in (2, 8):
        found = maps_on_grid(pair(), pictures, "relu", side)
        assert found.shape == (2, side, side, 2) and np.allclose(found, 1)
