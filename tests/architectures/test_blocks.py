"""Blocks by their formulas, drawings, trials with equal budgets, and gradients by layer."""

import numpy as np
import pytest

from helpers.architectures import BLOCKS, accuracy_chart, block_model, draw, model_card, outline, trials
from helpers.runtime import keras


def card(block, channels=16, side=8, **more):
    return model_card(outline(lambda: block_model(block, channels, channels, side, **more)))


def test_blocks_cost_what_their_formulas_say():
    """For C maps in and out: 18 and 25 C², bottleneck 17/16 C², separable 2 (9 C + C²), on each of 64 places."""
    c = 16
    formulas = {
        "two 3x3": 18 * c**2,
        "one 5x5": 25 * c**2,
        "bottleneck": 17 * c**2 // 16,
        "residual": 18 * c**2,
        "residual bottleneck": 17 * c**2 // 16,
        "depthwise separable": 2 * (9 * c + c**2),
        "inception": c * 4 + c * 6 + 6 * 8 * 9 + c * 1 + 1 * 2 * 25 + c * 2,  # widths 4, 6, 8, 1, 2, 2
    }
    assert {name: card(name).multiply_adds for name in BLOCKS} == {name: 64 * one for name, one in formulas.items()}


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_gives_the_maps_asked_for_and_halves_the_side(block):
    model = block_model(block, 8, 24, 12, times=2, stride=2, norm=True)
    maps = np.random.default_rng(0).normal(size=(2, 12, 12, 8)).astype(np.float32)
    assert np.asarray(model(maps)).shape == (2, 6, 6, 24)


@pytest.mark.parametrize(("block", "sees"), [("two 3x3", 5), ("one 5x5", 5), ("bottleneck", 3), ("inception", 5)])
def test_what_a_unit_of_a_block_sees(block, sees):
    assert card(block).field.size == (sees, sees)


def test_a_residual_block_without_its_convolutions_hands_on_what_came_in():
    model = block_model("residual", 4, 4, 6)
    for layer in model.layers:
        layer.set_weights([np.zeros_like(one) for one in layer.get_weights()])
    maps = np.random.default_rng(0).normal(size=(1, 6, 6, 4)).astype(np.float32)
    assert np.asarray(model(maps)) == pytest.approx(np.maximum(maps, 0))


def test_an_unknown_block_is_refused():
    with pytest.raises(ValueError, match="there is no block 'three 3x3'; choose one of two 3x3, one 5x5"):
        block_model("three 3x3", 4, 4, 8)


@pytest.mark.parametrize("block", BLOCKS)
def test_the_widest_network_stays_within_the_budget_and_one_channel_more_does_not(block):
    budget = 300_000
    width = trials.widest(block, budget)
    costs = [model_card(outline(lambda w=w: trials.block_network(block, w))).multiply_adds for w in (width, width + 1)]
    assert costs[0] <= budget < costs[1]


def test_a_budget_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="a budget of 100 multiply-adds is too small"):
        trials.widest("two 3x3", 100)


@pytest.mark.parametrize("depth", [10, 30])
def test_a_deep_network_has_as_many_layers_as_asked_for(depth):
    for skip in (False, True):
        assert model_card(outline(lambda s=skip: trials.deep_network(depth, s))).depth == depth
    with pytest.raises(ValueError, match="depth is 7"):
        trials.deep_network(7, True)


def test_digits_are_five_thousand_each_once_and_a_seed_draws_them():
    x, y, x_test, y_test = trials.digits(3)
    assert x.shape == (1000, 28, 28, 1) and x_test.shape == (4000, 28, 28, 1)
    assert x.min() == -1 and x.max() == 1 and (np.bincount(np.r_[y, y_test]) == 500).all()
    assert (trials.digits(3)[1] == y).all() and not (trials.digits(4)[1] == y).all()


def test_a_trial_learns_and_a_seed_decides_alone():
    """The second seed is not changed by the first one, though both use one traced network."""
    build = lambda: trials.block_network("two 3x3", 10)  # noqa: E731
    both = trials.try_out(build, (1, 2), epochs=5, rate=1e-2)
    alone = trials.try_out(build, (2,), epochs=5, rate=1e-2)[0]
    assert min(one.accuracy for one in both) > 0.3 and both[0].right.shape == (4000,)
    assert (both[1].right == alone.right).mean() > 0.99
    assert both[0].multiply_adds == model_card(build()).multiply_adds


def test_gradients_are_those_of_finite_differences():
    keras().utils.set_random_seed(0)
    model = trials.deep_network(4, True, norm=False, channels=3)
    x, y, _, _ = trials.digits(0)
    x, y = x[:8], y[:8]
    kernel = model.layers[1].kernel
    size = trials.gradient_by_layer(model, x, y)[model.layers[1].name]

    def loss(values):
        kernel.assign(values)
        scores = np.asarray(model(x), np.float64)
        scores -= scores.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(8), y]))

    values, slopes = np.asarray(kernel), []
    for place in np.ndindex(values.shape):
        nudge = np.zeros_like(values)
        nudge[place] = 1e-2
        slopes.append((loss(values + nudge) - loss(values - nudge)) / 2e-2)
    assert size == pytest.approx(np.sqrt(np.mean(np.square(slopes))), rel=0.05)


def test_gradients_leave_running_means_as_they_are():
    model = trials.deep_network(4, False, norm=True, channels=3)
    before = model.get_weights()
    x, y, _, _ = trials.digits(0)
    assert len(trials.gradient_by_layer(model, x[:8], y[:8])) == 3
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def test_a_drawing_tells_what_it_shows():
    figure = draw(card("inception"))
    assert "5 convolution 1x1" not in figure.alt and "4 convolution 1x1" in figure.alt
    assert "2 convolution" in figure.alt and "1 pooling" in figure.alt and "1 side by side" in figure.alt
    assert figure.pixels().shape[2] == 3


def test_the_chart_names_every_network():
    figure = accuracy_chart({"small": (1e6, 1e6, 50.0), "large": (1e9, 1e8, 70.0)}, "cost")
    assert "small 50.0 %" in figure.alt and "large 70.0 %" in figure.alt
    words = [text.get_text() for text in figure.axes[0].texts]
    assert words == ["small\n1.0 M", "large\n100.0 M"] and figure.axes[0].get_xscale() == "log"
