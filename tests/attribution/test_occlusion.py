"""Occlusion against a linear network, where the loss is known, and against covering by hand."""

import numpy as np
import pytest

from helpers.attribution import class_score, cover, occlusion
from helpers.attribution.occlusion import filling
from tests import small_networks


@pytest.mark.parametrize(("patch", "stride"), [(1, 1), (2, 2), ((3, 2), 2), (6, 1), (4, 5)])
def test_a_linear_network_loses_the_sum_of_w_times_x_minus_b(patch, stride):
    network, picture, weights, _ = small_networks.linear()
    found = occlusion(network, picture, 1, patch, stride, fill=(50.0, 60.0, 70.0), batch=5)
    height, width = (patch, patch) if isinstance(patch, int) else patch
    loss = (weights[..., 1] * (picture - [50, 60, 70])).sum(axis=-1)
    for row, top in enumerate(found.tops):
        for column, left in enumerate(found.lefts):
            expected = loss[top : top + height, left : left + width].sum()
            np.testing.assert_allclose(found.drops[row, column], expected, rtol=1e-3, atol=0.05)
    assert found.tops[-1] + height == 6 and found.lefts[-1] + width == 6  # the far edge is reached


def test_zero_is_the_mean_colour():
    network, picture, weights, _ = small_networks.linear()
    found = occlusion(network, picture, 0, 1, 1)
    expected = (weights[..., 0] * (picture - network.mean_colour)).sum(axis=-1)
    np.testing.assert_allclose(found.drops, expected, rtol=1e-3, atol=0.05)
    np.testing.assert_allclose(found.heat, found.drops)


def test_a_pixels_heat_is_the_mean_over_the_covers_that_hid_it():
    network, picture, _, _ = small_networks.linear()
    found = occlusion(network, picture, 0, 4, 2)  # places 0 and 2 in each direction
    np.testing.assert_allclose(found.heat[0, 0], found.drops[0, 0], rtol=1e-5)
    np.testing.assert_allclose(found.heat[0, 3], found.drops[0].mean(), rtol=1e-5)
    np.testing.assert_allclose(found.heat[3, 3], found.drops.mean(), rtol=1e-5)
    sparse = occlusion(network, picture, 0, 1, 3)
    assert sparse.heat[1, 1] == 0 and sparse.heat[3, 3] == sparse.drops[1, 1]


def test_rows_and_columns_are_not_swapped():
    wide = np.zeros((6, 6, 3), np.float32) + 100
    linear, _, weights, _ = small_networks.linear()
    weights = np.zeros_like(weights)
    weights[1, 4] = 1.0
    linear.layer("z").set_weights([weights.reshape(-1, 2), np.zeros(2, np.float32)])
    heat = occlusion(linear, wide, 0, 1, 1).heat
    assert np.unravel_index(heat.argmax(), heat.shape) == (1, 4)


def test_by_hand_and_swept_are_the_same():
    network, picture = small_networks.convnet(), small_networks.photo()
    found = occlusion(network, picture, "dog", 5, 4, fill="black")
    by_hand = class_score(network, picture, "dog") - class_score(
        network, cover(network, picture, found.tops[1], found.lefts[2], 5, "black"), "dog"
    )
    np.testing.assert_allclose(found.drops[1, 2], by_hand[0], rtol=1e-3, atol=1e-5)


def test_probability_and_class_zero_of_a_sigmoid():
    network, picture = small_networks.smooth(1), small_networks.photo(8)
    cat, dog = (occlusion(network, picture, name, 4, 4) for name in ("cat", "dog"))
    np.testing.assert_allclose(cat.drops, -dog.drops, atol=1e-6)
    found = occlusion(network, picture, "dog", 8, 8, probability=True)
    grey = np.broadcast_to(network.mean_colour, picture.shape)
    expected = network.probabilities(picture)[0, 1] - network.probabilities(grey)[0, 1]
    np.testing.assert_allclose(found.drops, [[expected]], rtol=1e-4)


def test_a_cover_over_the_edge_is_cut():
    network, picture = small_networks.convnet(), small_networks.photo()
    covered = cover(network, picture, -2, 13, (4, 9), "white")
    np.testing.assert_array_equal(covered[:2, 13:], 255)
    covered[:2, 13:] = picture[:2, 13:]
    np.testing.assert_array_equal(covered, picture)
    np.testing.assert_array_equal(cover(network, picture, -9, 40, 4), picture)


def test_fillings():
    network, picture, _, _ = small_networks.linear()
    assert (filling(network, picture, "grey") == network.mean_colour).all()
    np.testing.assert_allclose(filling(network, picture, "mean")[0, 0], picture.mean(axis=(0, 1)), rtol=1e-5)
    assert filling(network, picture, "white").min() == 255 and filling(network, picture, "black").max() == 0
    big = small_networks.photo(64)
    blurred = filling(network, big, "blur")
    assert blurred.shape == big.shape and blurred.std() < 0.25 * big.std()
    np.testing.assert_allclose(blurred.mean(), big.mean(), rtol=0.05)


def test_report_and_stop():
    network, picture, _, _ = small_networks.linear()
    steps = []
    occlusion(network, picture, 0, 2, 2, batch=4, report=lambda *step: steps.append(step[:2]))
    assert steps == [(4, 9), (8, 9), (9, 9)]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda n, p: occlusion(n, p, 0, 7), r"patch of 7 x 7 pixels is larger than the picture, \(6, 6\)"),
        (lambda n, p: occlusion(n, p, 0, 0), "patch is 0"),
        (lambda n, p: occlusion(n, p, 0, 2, 0), "stride=0"),
        (lambda n, p: occlusion(n, p, 0, 2, fill="gray"), "choose one of grey, mean, blur"),
        (lambda n, p: occlusion(n, p, 0, 2, fill=(1, 2)), "give three numbers"),
        (lambda n, p: occlusion(n, np.stack([p, p]), 0, 2), "one picture at a time, and got 2"),
        (lambda n, p: occlusion(n, p, "cow", 2), "no class 'cow'"),
        (lambda n, p: occlusion(n, p * np.nan, 0, 2), "NaN"),
    ],
)
def test_bad_input_gives_one_sentence(call, words):
    network, picture, _, _ = small_networks.linear()
    with pytest.raises(ValueError, match=words) as caught:
        call(network, picture)
    assert "\n" not in str(caught.value)
