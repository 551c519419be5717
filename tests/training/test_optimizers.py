"""Eleven rules against Keras's own optimizers and against steps on paper; the races; the network in NumPy."""

import numpy as np
import pytest

from helpers.runtime import keras
from helpers.training import dense_network, surfaces
from helpers.training.optimizers import RULES, adam, amsgrad, descend, keras_optimizer

GRADIENTS = np.array([[0.3, -1.0, 2e-3, 0.0], [-0.5, -1.0, 1e-3, 0.0], [0.2, 3.0, -1e-3, 5.0]])
SIZES = (5, 4, 3)


@pytest.mark.parametrize("rate", [0.1, 1e-3])
@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_kerass_optimizer(name, rate):
    start = np.array([1.0, -2.0, 0.5, 3.0])
    ours, memory, theirs = start, {}, keras().Variable(start, dtype="float32")
    optimizer = keras_optimizer(name, rate)
    for gradient in GRADIENTS:
        ours, memory = RULES[name](ours, gradient, rate, memory)
        optimizer.apply([keras().ops.convert_to_tensor(gradient, "float32")], [theirs])
    assert np.allclose(ours, theirs.numpy(), atol=2e-6)


@pytest.mark.parametrize(("name", "steps"), [("SGD", (0.9, 0.81, 0.729)), ("momentum", (0.9, 0.72, 0.486))])
def test_three_steps_on_paper(name, steps):
    assert descend(RULES[name], lambda w: w, np.array(1.0), 0.1, 3)[1:] == pytest.approx(steps)


def test_adam_falls_into_the_trap_and_amsgrad_does_not():
    """Reddi, Kale and Kumar 2018, section 3, C = 3."""
    for rule, end in ((adam, 1.0), (amsgrad, -1.0)):
        place, memory = np.array(0.0), {}
        for t in range(1, 3001):
            gradient = 3.0 if t % 3 == 1 else -1.0
            place, memory = rule(place, gradient, 0.5 / t**0.5, memory, beta_1=0.0, beta_2=0.1)
            place = np.clip(place, -1, 1)
        assert place == pytest.approx(end, abs=0.05)


def test_an_unknown_optimizer_is_named():
    with pytest.raises(ValueError, match="'Adem' is no optimizer of this lesson; choose one of SGD, momentum"):
        keras_optimizer("Adem", 0.1)
    with pytest.raises(ValueError, match="'hill' is not known; surfaces: narrow valley, bent valley, saddle"):
        surfaces.race("hill", {"SGD": 0.1}, 3)


@pytest.mark.parametrize("name", surfaces.SURFACES)
def test_a_surface_has_its_gradient_and_its_lowest_place(name):
    surface = surfaces.SURFACES[name]
    place = np.array([0.3, -0.7])
    measured = [(surface.value(place + nudge) - surface.value(place - nudge)) / 2e-5 for nudge in 1e-5 * np.eye(2)]
    assert surface.gradient(place) == pytest.approx(measured, rel=1e-6)
    assert surface.gradient(np.array(surface.best)) == pytest.approx([0, 0], abs=1e-12)
    left, right, bottom, top = surface.extent
    grid = np.stack(np.meshgrid(np.linspace(left, right, 101), np.linspace(bottom, top, 101)), axis=-1)
    assert surface.value(grid).min() >= surface.value(np.array(surface.best)) - 1e-12


def test_gradient_descent_needs_the_steps_of_the_closed_form():
    """In the narrow valley a step of rate r multiplies the weights by 1 - r and 1 - 40 r."""
    way = surfaces.race("narrow valley", {"SGD": 0.03}, 100)["SGD"]
    heights = [(-4 * 0.97**n) ** 2 / 2 + 20 * (0.8 * (-0.2) ** n) ** 2 for n in range(101)]
    expected = next(n for n in range(101) if all(h <= 0.01 * heights[0] for h in heights[n:]))
    assert surfaces.steps_to("narrow valley", way) == expected
    assert way[7] == pytest.approx([-4 * 0.97**7, 0.8 * (-0.2) ** 7])


def test_a_rate_that_is_too_large_runs_away_and_stays_finite():
    way = surfaces.race("bent valley", {"SGD": 3.0}, 200)["SGD"]
    assert np.isfinite(way).all() and surfaces.steps_to("bent valley", way) is None
    assert "SGD" in surfaces.race_picture("bent valley", {"SGD": way}, 200).alt


def _data(rows=12, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, SIZES[0])), random.integers(0, SIZES[-1], rows)


def test_the_dense_network_is_kerass():
    layers = keras().layers
    model = keras().Sequential([keras().Input((5,)), layers.Dense(4, activation="relu"), layers.Dense(3)])
    weights = dense_network.start(SIZES, seed=3) + np.float32(0.01)
    model.set_weights([part for pair in dense_network.layers(weights, SIZES) for part in pair])
    rows, labels = _data()
    assert dense_network.logits(weights, SIZES, rows) == pytest.approx(model(rows.astype("float32")).numpy(), abs=1e-5)
    loss = keras().losses.SparseCategoricalCrossentropy(from_logits=True)(labels, model(rows.astype("float32")))
    assert dense_network.loss_and_gradient(weights, SIZES, rows, labels)[0] == pytest.approx(float(loss), abs=1e-5)


def test_its_gradient_is_the_loss_divided_by_a_nudge():
    weights, (rows, labels) = dense_network.start(SIZES, seed=1).astype(float) + 0.03, _data()
    _, gradient = dense_network.loss_and_gradient(weights, SIZES, rows, labels)
    for place in range(0, len(weights), 3):
        nudge = np.zeros_like(weights)
        nudge[place] = 1e-6
        ends = [dense_network.loss_and_gradient(weights + side * nudge, SIZES, rows, labels)[0] for side in (1, -1)]
        assert gradient[place] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)


def test_curvature_without_a_hidden_layer_is_the_hessians():
    """Of the mean cross-entropy it is mean of (diag(p) - p p') x x', of which NumPy gives the largest eigenvalue."""
    sizes, (rows, labels) = (5, 3), _data(30)
    weights = dense_network.start(sizes, 2).astype(float)
    with_one = np.hstack([rows, np.ones((30, 1))])
    scores = dense_network.logits(weights, sizes, rows)
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    hessian = np.mean(
        [np.kron(np.outer(x, x), np.diag(p) - np.outer(p, p)) for x, p in zip(with_one, shares, strict=True)], axis=0
    )
    found = dense_network.sharpness(weights, sizes, rows, labels, turns=200)
    assert found == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-3)


def test_a_rescaled_twin_answers_alike_and_is_sharper():
    weights, (rows, labels) = dense_network.start(SIZES, 5), _data(40)
    twin = dense_network.rescaled(weights, SIZES, 8)
    assert dense_network.logits(twin, SIZES, rows) == pytest.approx(
        dense_network.logits(weights, SIZES, rows), abs=1e-5
    )
    sharp = [dense_network.sharpness(one, SIZES, rows, labels) for one in (weights, twin)]
    assert sharp[1] > 8 * sharp[0]
    way = [dense_network.direction(one, SIZES, 1) for one in (weights, twin)]
    moved = [dense_network.logits(one + 0.3 * by, SIZES, rows) for one, by in zip((weights, twin), way, strict=True)]
    assert moved[0] == pytest.approx(moved[1], abs=1e-4)
    with pytest.raises(ValueError, match="factor is 0"):
        dense_network.rescaled(weights, SIZES, 0)


def test_a_direction_by_unit_is_as_long_as_each_units_weights():
    weights = dense_network.start(SIZES, 5)
    drawn = dense_network.layers(dense_network.direction(weights, SIZES, 2), SIZES)
    own = dense_network.layers(weights, SIZES)
    for (kernel, _), (mine, _) in zip(drawn, own, strict=True):
        assert np.linalg.norm(kernel, axis=0) == pytest.approx(np.linalg.norm(mine, axis=0))
    whole = dense_network.direction(weights, SIZES, 2, by_unit=False)
    assert np.linalg.norm(whole) == pytest.approx(np.linalg.norm(weights))


def test_training_learns_and_stops_where_numbers_overflow():
    random = np.random.default_rng(0)
    labels = np.arange(90) % 3
    rows = (np.eye(5)[labels] * 3 + random.normal(0, 0.3, (90, 5))).astype(np.float32)
    begin = dense_network.start(SIZES, 0)
    good = dense_network.train(begin, SIZES, rows, labels, RULES["Adam"], 0.02, epochs=20, batch=30, seed=1)
    assert dense_network.accuracy(good.weights, SIZES, rows, labels) == 1 and good.losses[-1] < good.losses[0] / 3
    again = dense_network.train(begin, SIZES, rows, labels, RULES["Adam"], 0.02, epochs=20, batch=30, seed=1)
    assert (again.weights == good.weights).all()
    wild = dense_network.train(begin, SIZES, rows, labels, RULES["SGD"], 1e30, epochs=5, batch=30)
    assert np.isfinite(wild.weights).all() and np.isnan(wild.losses[-1])


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"the layers \(5, 4, 3\) have 39 weights, and 12 were given"):
        dense_network.layers(np.zeros(12), SIZES)
