"""Scores of maps: shares, boxes and curves against hand computation."""

import numpy as np
import pytest

from helpers import images
from helpers.attribution import Box, box_of, box_of_mask, class_score, deletion, draw_boxes, insertion, iou
from helpers.attribution.metrics import Curve, _portions, relevance_mass_ratio
from tests import small_networks

MASK = np.zeros((4, 4), bool)
MASK[:1] = True  # a quarter of the picture


def test_share_ratio_by_hand():
    assert relevance_mass_ratio(np.ones((4, 4)), MASK) == pytest.approx(1)
    assert relevance_mass_ratio(MASK.astype(float), MASK) == pytest.approx(4)
    assert relevance_mass_ratio(~MASK, MASK) == 0
    half = np.zeros((4, 4))
    half[0, 0], half[3, 3], half[2, 2] = 1, 1, -5  # negative values count as nothing
    assert relevance_mass_ratio(half, MASK) == pytest.approx(2)
    assert relevance_mass_ratio(np.zeros((4, 4)), MASK) == 1
    assert relevance_mass_ratio(np.ones((2, 2)), MASK) == pytest.approx(1)  # a coarse map is enlarged
    with pytest.raises(ValueError, match="mask is empty"):
        relevance_mass_ratio(np.ones((4, 4)), np.zeros((4, 4)))
    with pytest.raises(ValueError, match="NaN"):
        relevance_mass_ratio(np.full((4, 4), np.nan), MASK)


def test_box_of_the_largest_part():
    heat = np.zeros((10, 12))
    heat[2:6, 3:9] = 0.5
    heat[8, 11] = 1.0  # hotter, but small
    assert box_of(heat) == Box(2, 3, 6, 9)
    assert box_of(heat, threshold=0.6) == Box(8, 11, 9, 12)
    assert box_of(np.zeros((3, 3))) is None and box_of(-np.ones((3, 3))) is None
    assert box_of(np.ones((2, 2)), (20, 30)) == Box(0, 0, 20, 30)
    with pytest.raises(ValueError, match="threshold is 1"):
        box_of(heat, threshold=1)


def test_box_of_a_mask_and_overlap_by_hand():
    mask = np.zeros((9, 9), bool)
    mask[2, 5] = mask[6, 1] = True
    assert box_of_mask(mask) == Box(2, 1, 7, 6)
    first = Box(0, 0, 2, 2)
    assert iou(first, first) == 1 and iou(first, Box(5, 5, 6, 6)) == 0
    assert iou(first, Box(1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert iou(first, Box(0, 2, 2, 4)) == 0  # side by side
    with pytest.raises(ValueError, match="empty"):
        box_of_mask(np.zeros((2, 2)))
    picture = draw_boxes(np.zeros((9, 9, 3), np.uint8), {(255, 0, 0): Box(2, 1, 7, 6)}, 1)
    np.testing.assert_array_equal(np.argwhere(picture[..., 0] == 255).min(axis=0), [2, 1])
    np.testing.assert_array_equal(np.argwhere(picture[..., 0] == 255).max(axis=0), [6, 5])


def test_portions_and_areas_by_hand():
    """What is left of [0.3, 0.25, 0.2, 0.15, 0.1], covered or shown in this order, in three steps of 2, 2 and 1."""
    values = np.array([0.3, 0.25, 0.2, 0.15, 0.1])
    counts = _portions(5, 3)
    assert counts.tolist() == [0, 2, 4, 5]
    here = np.array([values[:count].sum() for count in counts])
    np.testing.assert_allclose([Curve(counts / 5, one).area for one in (1 - here, here)], [0.41, 0.59])
    with pytest.raises(ValueError, match="steps is 0"):
        _portions(5, 0)


def test_curves_of_a_linear_network():
    network, picture, weights, bias = small_networks.linear()
    adds = (weights[..., 0] * (picture - network.mean_colour)).sum(axis=-1)
    going = deletion(network, picture, adds, 0, steps=4, probability=False)
    coming = insertion(network, picture, adds, 0, steps=4, probability=False)
    order = np.sort(adds.ravel())[::-1]
    left = [order[9 * step :].sum() + bias[0] for step in range(5)]
    here = [order[: 9 * step].sum() + bias[0] for step in range(5)]
    np.testing.assert_allclose(going.score, left, rtol=1e-3, atol=0.1)
    np.testing.assert_allclose(coming.score, here, rtol=1e-3, atol=0.1)
    np.testing.assert_allclose(going.share, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(coming.score[-1], class_score(network, picture, 0)[0], rtol=1e-4)


def test_curves_take_a_coarse_map_probabilities_and_reports():
    network, picture, steps = small_networks.convnet(), small_networks.photo(), []
    heat = np.random.default_rng(2).random((4, 4), dtype=np.float32)
    found = deletion(network, picture, heat, 1, steps=6, batch=3, report=lambda *step: steps.append(step[:2]))
    assert steps == [(3, 7), (6, 7), (7, 7)]
    large = images.resize(heat, (16, 16), "bilinear")
    hottest = (large >= np.sort(large, axis=None)[-43])[..., None]  # a sixth of 256 pixels, rounded up
    by_hand = [picture, np.where(hottest, network.mean_colour, picture)]
    np.testing.assert_allclose(found.score[:2], network.probabilities(np.stack(by_hand))[:, 1], rtol=1e-4)
