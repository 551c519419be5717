"""LIME against additive scores, whose weights are known, and against scikit-learn's own solution."""

import numpy as np
import pytest

from helpers.attribution import class_score, fitted, lime, superpixels
from helpers.attribution.lime import MODELS
from tests import small_networks


def quarters(size: int = 6) -> np.ndarray:
    half = np.arange(size) // (size // 2)
    return 2 * half[:, None] + half[None]


def test_a_linear_networks_weights_are_what_each_part_adds():
    network, picture, weights, _ = small_networks.linear()
    found = lime(network, picture, 0, quarters(), samples=1500, batch=250)
    adds = (weights[..., 0] * (picture - network.mean_colour)).sum(axis=-1)
    expected = np.array([adds[quarters() == part].sum() for part in range(4)])
    np.testing.assert_allclose(found.weights, expected, rtol=0.03)  # ridge pulls a little towards zero
    assert found.fit > 0.99
    np.testing.assert_allclose(found.heat, found.weights[quarters()], rtol=1e-6)
    np.testing.assert_array_equal(found.kept(1), quarters() == expected.argmax())


@pytest.mark.parametrize("fill", ["mean", "black", (1.0, 2.0, 3.0)])
def test_a_deleted_part_becomes_its_filling(fill):
    network, picture, weights, _ = small_networks.linear()
    found = lime(network, picture, 0, quarters(), samples=1500, batch=250, fill=fill)
    for part in range(4):
        inside = quarters() == part
        colour = {"mean": picture[inside].mean(axis=0), "black": 0}.get(fill, fill) if isinstance(fill, str) else fill
        adds = (weights[inside][..., 0] * (picture[inside] - colour)).sum()
        np.testing.assert_allclose(found.weights[part], adds, rtol=0.03, atol=3)


@pytest.mark.parametrize("model", MODELS)
def test_every_simple_model_finds_the_one_part_that_counts(model):
    present = np.random.default_rng(0).random((300, 8)) < 0.5
    scores = 3.0 * present[:, 5] - 2.0 * present[:, 2] + 1.0
    weights, fit = fitted(present, scores, model)
    assert weights.argmax() == 5 and weights.argmin() == 2 and fit > 0.9
    others = np.delete(np.abs(weights), [2, 5])
    assert others.max() < 0.15 * weights[5]


def test_ridge_is_the_weighted_normal_equations():
    numbers = np.random.default_rng(1)
    present, scores = numbers.random((60, 4)) < 0.5, numbers.normal(size=60)
    near = np.exp(-(((1 - np.sqrt(present.mean(axis=1))) / 0.25) ** 2))
    data = present - np.average(present, axis=0, weights=near)
    target = scores - np.average(scores, weights=near)
    expected = np.linalg.solve(data.T @ (near[:, None] * data) + np.eye(4), data.T @ (near * target))
    np.testing.assert_allclose(fitted(present, scores, "ridge")[0], expected, rtol=1e-6)


def test_lasso_leaves_most_parts_out():
    present = np.random.default_rng(0).random((200, 30)) < 0.5
    scores = 5.0 * present[:, 3] + np.random.default_rng(1).normal(size=200) * 0.02
    assert (np.abs(fitted(present, scores, "lasso")[0]) > 0).sum() <= 3
    assert (np.abs(fitted(present, scores, "ridge")[0]) > 0).sum() == 30


def test_a_constant_score_gives_no_weight():
    present = np.random.default_rng(0).random((50, 5)) < 0.5
    for model in MODELS:
        np.testing.assert_allclose(fitted(present, np.ones(50), model)[0], 0, atol=1e-9)


def test_superpixels_follow_colours_and_have_no_gaps():
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[:, 20:] = 255
    parts = superpixels(picture, 8)
    assert not set(parts[:, :19].ravel()) & set(parts[:, 21:].ravel())
    assert set(np.unique(parts)) == set(range(parts.max() + 1))
    with pytest.raises(ValueError, match="count is 1"):
        superpixels(picture, 1)


def test_samples_are_drawn_with_the_seed():
    network, picture, _, _ = small_networks.linear()
    one, same, other = (lime(network, picture, 0, quarters(), samples=40, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.weights, same.weights)
    assert one.present[0].all() and (one.present != other.present)[1:].mean() == pytest.approx(0.5, abs=0.15)
    shown = np.where(one.present[7][quarters()][..., None], picture, network.mean_colour)  # a sample by hand
    np.testing.assert_allclose(one.scores[[0, 7]], class_score(network, np.stack([picture, shown]), 0), rtol=1e-4)


def test_the_score_is_the_chosen_class():
    network, picture = small_networks.smooth(1), small_networks.photo(8)
    cat, dog = (lime(network, picture, name, quarters(8), samples=60) for name in ("cat", "dog"))
    np.testing.assert_allclose(cat.weights, -dog.weights, atol=1e-6)
    steps = []
    lime(network, picture, "dog", quarters(8), samples=40, batch=16, report=lambda *step: steps.append(step[:2]))
    assert steps == [(16, 40), (32, 40), (40, 40)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(model="rigde"), "expected one of 'ridge', 'lasso', 'forest'"),
        (dict(fill="gray"), "choose one of grey"),
        (dict(segments=np.zeros((3, 3), int)), r"segments have shape \(3, 3\)"),
        (dict(segments=np.zeros((6, 6))), "whole numbers"),
        (dict(samples=3), "samples is 3"),
        (dict(class_="horse"), "no class 'horse'"),
    ],
)
def test_bad_input_gives_one_sentence(options, words):
    network, picture, _, _ = small_networks.linear()
    with pytest.raises(ValueError, match=words) as caught:
        lime(network, picture, **({"segments": quarters()} | options))
    assert "\n" not in str(caught.value)
