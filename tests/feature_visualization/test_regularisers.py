"""The regularisers by hand."""

import numpy as np
import pytest

from helpers.feature_visualization import Regularisers, regularisers
from helpers.feature_visualization import regularisers as rules


def pictures(seed=0, count=2, height=6, width=7):
    return np.random.default_rng(seed).normal(0, 30, (count, height, width, 3)).astype(np.float32)


def test_decay_alone_goes_to_the_mean_colour_geometrically():
    centred = pictures()
    after = centred
    for _ in range(10):
        after = rules.apply(after, centred, Regularisers(decay=0.2), 0)
    np.testing.assert_allclose(after, centred * 0.8**10, rtol=1e-4)


def test_total_variation_by_hand():
    """[[1, 4], [2, 2]] in one colour: down |2-1| + |2-4|, across |4-1| + |2-2| = 6."""
    one = np.zeros((1, 2, 2, 3), np.float32)
    one[0, ..., 0] = [[1, 4], [2, 2]]
    assert rules.total_variation(one) == pytest.approx([6.0])
    # each entry: the sum of the signs of its difference to its neighbours; equal neighbours count 0
    np.testing.assert_array_equal(rules.total_variation_gradient(one)[0, ..., 0], [[-2, 2], [1, -1]])
    assert rules.total_variation_gradient(one).dtype == np.float32


def test_total_variation_gradient_is_the_finite_difference():
    centred, step = pictures(1).astype(np.float64), 1e-4
    direction = np.random.default_rng(2).normal(size=centred.shape)
    ahead, behind = (rules.total_variation(centred + sign * step * direction) for sign in (1, -1))
    slope = (rules.total_variation_gradient(centred) * direction).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(slope, (ahead - behind) / (2 * step), rtol=1e-6)


def test_blur_spreads_one_pixel_as_a_gaussian_and_keeps_flat_pictures():
    one = np.zeros((1, 31, 31, 3), np.float32)
    one[0, 15, 15] = 1
    blurred = rules._blur(one, 2.0)[0, ..., 0]
    assert blurred.sum() == pytest.approx(1, rel=1e-4)
    assert blurred[15, 17] / blurred[15, 15] == pytest.approx(np.exp(-(2**2) / (2 * 2.0**2)), rel=1e-4)
    np.testing.assert_allclose(rules._blur(np.full((1, 9, 9, 3), 5, np.float32), 1.5), 5, rtol=1e-5)


def test_clips_put_the_smallest_to_zero_and_leave_the_rest():
    centred = np.zeros((1, 1, 4, 3), np.float32)
    centred[0, 0] = [[3, 4, 0], [0, 1, 0], [6, 0, 8], [0, 0, 2]]  # norms 5, 1, 10, 2
    np.testing.assert_allclose(rules._pixel_norm(centred)[0, 0], [5, 1, 10, 2])
    clipped = rules._clip_smallest(centred, rules._pixel_norm(centred), 0.5)
    np.testing.assert_array_equal(clipped[0, 0], [[3, 4, 0], [0, 0, 0], [6, 0, 8], [0, 0, 0]])
    gradients = np.zeros_like(centred)
    gradients[0, 0] = [[4, -3, 9], [0, 5, 0], [1, 0, 0], [0, 0, -1]]  # contributions 0, 5, 6, 2
    np.testing.assert_allclose(rules._contribution(centred, gradients)[0, 0], [0, 5, 6, 2])
    clipped = rules.apply(centred, gradients, Regularisers(clip_contribution=0.5, every=1), 0)
    np.testing.assert_array_equal(clipped[0, 0], [[0, 0, 0], [0, 1, 0], [6, 0, 8], [0, 0, 0]])
    clipped = rules.apply(centred, gradients, Regularisers(clip_gradient=0.5, every=1), 0)  # norms > 9, 5, 1, 1
    np.testing.assert_array_equal(clipped[0, 0, :2], centred[0, 0, :2])


def test_each_picture_has_its_own_limit():
    centred = pictures(3)
    centred[1] *= 1000
    kept = rules._clip_smallest(centred, rules._pixel_norm(centred), 0.4).any(axis=-1).mean(axis=(1, 2))
    np.testing.assert_allclose(kept, 0.6, atol=0.03)


def test_blur_and_clips_come_every_few_steps():
    centred = pictures(4)
    chosen = Regularisers(blur=1.0, every=3)
    same = [np.array_equal(rules.apply(centred, centred, chosen, step), centred) for step in range(6)]
    assert same == [True, True, False, True, True, False]


def test_a_rotation_keeps_the_middle_and_turns_the_corner():
    row = rules._about_the_middle(np.deg2rad([20.0]), np.ones(1), (1, 11, 21, 3))[0]
    matrix = np.array([[row[0], row[1], row[2]], [row[3], row[4], row[5]], [row[6], row[7], 1]])
    np.testing.assert_allclose(matrix @ [10, 5, 1], [10, 5, 1], atol=1e-5)
    np.testing.assert_allclose(matrix[:2, :2] @ [1, 0], [np.cos(np.pi / 9), np.sin(np.pi / 9)], atol=1e-6)
    zoomed = rules._about_the_middle(np.zeros(1), np.full(1, 1.25), (1, 11, 21, 3))[0]
    np.testing.assert_allclose(zoomed, [0.8, 0, 2, 0, 0.8, 1, 0, 0], atol=1e-6)


def test_the_network_sees_the_moved_picture_and_the_gradient_comes_back():
    """A quarter turn by hand and a roll are exact: each pixel's gradient returns to where the pixel came from."""
    shown, mean = pictures(5, 1, 7, 7) + 100, np.array([1, 2, 3], np.float32)
    upstream = pictures(6, 1, 7, 7)
    there = rules._about_the_middle(np.full(1, np.pi / 2), np.ones(1), shown.shape)
    np.testing.assert_allclose(rules._projected(shown, there)[0], np.rot90(shown[0]), rtol=1e-3)
    seen = []

    def gradient(moved):
        seen.append(moved)
        return np.zeros(1), upstream

    rolled = rules.seen_through(gradient, [rules.jitter(3)], np.random.default_rng(0))
    _, slope = rolled(shown)
    assert (seen[0] * upstream).sum() == pytest.approx((shown * slope).sum(), rel=1e-5)
    turned = rules.seen_through(lambda moved: (0, moved - mean), [rules.turn(30, 0.2, mean)], np.random.default_rng(1))
    _, slope = turned(np.broadcast_to(mean, shown.shape))
    np.testing.assert_allclose(slope, 0, atol=1e-5)  # what comes in from outside has the mean colour
    draw = rules.turn(25, 0.0, np.zeros(3, np.float32))((1, 65, 65, 3), np.random.default_rng(3))
    smooth = rules._blur(pictures(7, 1, 65, 65), 6.0)
    back = draw[1](draw[0](smooth))[0, 20:45, 20:45]
    assert np.abs(back - smooth[0, 20:45, 20:45]).max() < 0.05 * np.abs(smooth).max()


@pytest.mark.parametrize("chosen", [(40.0, 0.0), (0.0, 0.2)])
def test_turns_are_drawn_within_their_limits(chosen, monkeypatch):
    drawn = []
    monkeypatch.setattr(regularisers, "_about_the_middle", lambda angles, scales, _: drawn.append((angles, scales)))
    rules.turn(*chosen, 0)((500, 9, 9, 3), np.random.default_rng(0))
    angles, scales = np.rad2deg(drawn[0][0]), drawn[0][1]
    for found, limit in ((np.abs(angles).max(), chosen[0]), (np.abs(scales - 1).max(), chosen[1])):
        assert 0.98 * limit <= found <= limit
    np.testing.assert_array_equal(drawn[1], [-drawn[0][0], 1 / scales])
