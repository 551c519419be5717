"""The deep network in NumPy against Keras, differences and numbers on paper; signals; a dead ReLU; one kernel."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from helpers.runtime import keras
from helpers.training import dead_relu, deep_network, dense_network, digit_networks, one_kernel
from helpers.training.deep_network import ACTIVATIONS, Plan
from helpers.training.optimizers import adam, sgd
from helpers.training.signals import signals, signals_picture

SIZES = (5, 4, 4, 3)


def _data(rows=12, seed=0, inputs=SIZES[0]):
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, inputs)), random.integers(0, SIZES[-1], rows)


def _weights(plan, seed=1):
    """Float64, and nothing at the value that it begins with."""
    start = deep_network.start(plan, seed=seed).astype(float)
    return start + 0.1 * np.random.default_rng(seed).normal(size=start.shape)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gradient_is_that_of_finite_differences(activation, batch_norm):
    plan = Plan(SIZES, activation, batch_norm)
    weights, (rows, labels) = _weights(plan), _data()
    _, gradient = deep_network.loss_and_gradient(weights, plan, rows, labels)
    for place in range(0, len(weights), 3):
        nudge = 1e-6 * (np.arange(len(weights)) == place)
        up, down = (deep_network.loss_and_gradient(weights + s * nudge, plan, rows, labels)[0] for s in (1, -1))
        assert gradient[place] == pytest.approx((up - down) / 2e-6, abs=1e-6)


def test_scores_and_gradients_are_kerass():
    import tensorflow as tf

    plan = Plan(SIZES, "tanh", batch_norm=True)
    weights, (rows, labels) = _weights(plan), _data(seed=2)
    layers, stack, watched = keras().layers, deep_network.layers(weights, SIZES), []
    value = tf.constant(rows, "float32")
    with tf.GradientTape() as tape:
        for number, part in enumerate(stack):
            dense = layers.Dense(part.kernel.shape[1])
            dense.build(value.shape)
            dense.set_weights([part.kernel, part.bias])
            value = dense(value)
            watched += [dense.kernel]
            if number < len(stack) - 1:
                norm = layers.BatchNormalization()
                norm.build(value.shape)
                norm.set_weights([part.alpha, part.beta, part.bias, part.alpha])
                watched += [norm.gamma, norm.beta]
                value = tf.tanh(norm(value, training=True))
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, value))
    theirs = [one.numpy() for one in tape.gradient(loss, [one.value for one in watched])]
    ours_loss, gradient = deep_network.loss_and_gradient(weights, plan, rows, labels)
    first, second, last = deep_network.layers(gradient, SIZES)
    ours = [first.kernel, first.alpha, first.beta, second.kernel, second.alpha, second.beta, last.kernel]
    assert ours_loss == pytest.approx(float(loss), abs=1e-5)
    for mine, other in zip(ours, theirs, strict=True):
        assert np.allclose(mine, other, atol=1e-4)


def test_without_batch_norm_it_is_the_dense_network():
    plan, sizes = Plan((5, 4, 3)), (5, 4, 3)
    weights, rows = _weights(plan), _data()[0]
    stack = deep_network.layers(weights, sizes)
    plain = np.concatenate([part for one in stack for part in (one.kernel.ravel(), one.bias)])
    assert np.allclose(deep_network.forward(weights, plan, rows)[1], dense_network.logits(plain, sizes, rows))


def test_batch_norm_takes_the_bias_away_and_plans_keep_what_is_not_learned():
    weights, (rows, labels) = _weights(Plan(SIZES)), _data()
    _, gradient = deep_network.loss_and_gradient(weights, Plan(SIZES, batch_norm=True), rows, labels)
    assert all(np.allclose(one.bias, 0, atol=1e-12) for one in deep_network.layers(gradient, SIZES)[:-1])
    kept = Plan(SIZES, batch_norm=True, bias=False, alpha=False)
    _, gradient = deep_network.loss_and_gradient(weights, kept, rows, labels)
    for one in deep_network.layers(gradient, SIZES)[:-1]:
        assert not one.alpha.any() and not one.bias.any() and one.beta.any()


def test_batch_norm_in_two_steps_on_paper():
    """1, 3, 5, 7 have mean 4 and variance 5; alpha 2 and beta 10."""
    plan = Plan((1, 1, 2), "linear", batch_norm=True)
    weights = np.array([1, 0, 2, 10, *np.zeros(8)], float)
    (one,), _ = deep_network.forward(weights, plan, np.array([[1.0], [3], [5], [7]]))
    assert one.normed[:, 0] == pytest.approx(np.array([-3, -1, 1, 3]) / np.sqrt(5.001))
    assert one.before == pytest.approx(2 * one.normed + 10)
    known = deep_network.statistics(weights, plan, np.array([[1.0], [3], [5], [7]]))
    (alone,), _ = deep_network.forward(weights, plan, np.array([[9.0]]), statistics=known)
    assert alone.normed[0, 0] == pytest.approx(5 / np.sqrt(5.001))


def test_dropout_drops_its_share_and_keeps_the_mean():
    plan = Plan((6, 5000, 2), "linear", dropout=0.2)
    weights, rows = _weights(plan), _data(40, inputs=6)[0]
    (one,), _ = deep_network.forward(weights, plan, rows, np.random.default_rng(0))
    assert np.unique(one.kept) == pytest.approx([0, 1.25])
    assert (one.kept == 0).mean() == pytest.approx(0.2, abs=0.005)
    assert deep_network.forward(weights, plan, rows)[0][0].kept == 1


def test_a_start_has_hes_spread_or_the_one_that_is_given():
    plan = Plan((400, 300, 10))
    kernels = [deep_network.layers(deep_network.start(plan, 0.5), plan.sizes)[k].kernel for k in (0, 1)]
    assert [one.std() for one in kernels] == pytest.approx([0.5 * (2 / 400) ** 0.5, 0.5 * (2 / 300) ** 0.5], rel=0.02)
    assert not deep_network.layers(deep_network.start(plan, same=0), plan.sizes)[0].kernel.any()
    with pytest.raises(ValueError, match=r"the layers \(5, 4\) have 32 weights, and 3 were given"):
        deep_network.layers(np.zeros(3), (5, 4))


@pytest.mark.parametrize("rule", [adam, sgd])
def test_it_learns_and_zeros_do_not(rule):
    rows, _ = _data(200)
    labels = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0)
    plan = Plan((5, 16, 3), batch_norm=True)
    trained = deep_network.train(deep_network.start(plan), plan, rows, labels, rule, 0.1, 60, 20)
    known = deep_network.statistics(trained.weights, plan, rows)
    assert deep_network.accuracy(trained.weights, plan, rows, labels, known) > 0.9
    same = deep_network.train(
        deep_network.start(plan, same=0), plan._replace(batch_norm=False), rows, labels, rule, 0.1
    )
    assert not deep_network.layers(same.weights, plan.sizes)[0].kernel.any()


def test_a_rate_that_is_too_large_ends_with_the_last_numbers():
    (rows, labels), plan = _data(50), Plan(SIZES)
    trained = deep_network.train(deep_network.start(plan), plan, 100 * rows, labels, sgd, 1e6, 5, 10)
    assert np.isfinite(trained.weights).all()


def test_dead_units_are_those_with_one_answer():
    assert deep_network.dead_share(np.array([[0, 1, 3.0, 0], [0, 2, 3.0, 1]])) == 0.5
    assert deep_network.dead_share(np.zeros((4, 2))) == 1


@pytest.mark.parametrize("scale", [0.7, 1.0, 1.5])
def test_a_layer_multiplies_the_spread_by_the_scale(scale):
    """Half of the variance is cut off by a ReLU and He's is 2 / inputs, so the factor is the scale, on average."""
    draws = np.array([signals(scale, 5, seed=k).spread ** 2 for k in range(80)])
    factors = np.sqrt((draws[:, 1:] / draws[:, :-1]).mean(axis=0))
    assert factors == pytest.approx(np.full(4, scale), rel=0.05)
    assert np.sqrt(draws.mean(axis=0)) == pytest.approx(signals(scale, 5).expected, rel=0.1)


def test_batch_norm_keeps_the_signal_whatever_the_scale():
    small, large = (signals(scale, 30, batch_norm=True) for scale in (0.5, 2.0))
    assert small.spread == pytest.approx(np.ones(30), abs=0.02) and large.spread == pytest.approx(np.ones(30), abs=0.02)
    assert signals(0.5, 30).spread[-1] < 1e-7 and small.expected is None
    assert signals(3, 40, "tanh").dead.max() <= 1 and "tanh: spread" in signals_picture({"tanh": small}).alt
    with pytest.raises(ValueError, match="depth is 0; give 1 or more layers"):
        signals(depth=0)


@pytest.mark.parametrize(("x", "slope"), [((1, 20), (0, 0)), ((20, 10), (20, 10))])
def test_the_slides_exercise(x, slope):
    assert dead_relu.unit(np.array([x], float), (0.1, -0.1)).slope == pytest.approx(slope)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_units_slope_is_that_of_finite_differences(batch_norm):
    points, weights = dead_relu.cloud(0.5, 1), np.array([0.3, -0.2])

    def mean(w):
        return np.maximum(dead_relu.unit(points, w, 0.1, batch_norm).before, 0).mean()

    measured = [(mean(weights + nudge) - mean(weights - nudge)) / 2e-6 for nudge in 1e-6 * np.eye(2)]
    assert dead_relu.unit(points, weights, 0.1, batch_norm).slope == pytest.approx(measured, abs=1e-6)


def test_batch_norm_lets_a_dead_unit_live():
    points, weights = dead_relu.cloud(0, 5), (0.1, -0.3)
    dead = dead_relu.unit(points, weights)
    assert dead.alive == 0 and not dead.slope.any()
    assert "dead" in dead_relu.unit_picture(points, weights, dead).alt
    alive = dead_relu.unit(points, weights, batch_norm=True)
    assert 0.3 < alive.alive < 0.7
    assert np.allclose(alive.before, dead_relu.unit(points, weights, 7.0, True).before)
    assert ((points @ weights > alive.threshold) == (alive.before > 0)).all()


def test_a_map_is_scipys_correlation():
    random = np.random.default_rng(0)
    picture, kernel = random.normal(size=(9, 8)), random.normal(size=(3, 3))
    expected = np.maximum(correlate2d(picture, kernel, "valid") - 0.5, 0)
    assert np.allclose(one_kernel.activation_map(picture, kernel, -0.5), expected)


def test_an_upright_kernel_likes_upright_bars():
    kernel = np.tile([-1.0, 2, -1], (3, 1))
    assert one_kernel.best_accuracy(kernel) == 1
    assert one_kernel.best_accuracy(np.zeros((3, 3))) == 0.5
    assert one_kernel.answer(one_kernel.bar(90), kernel) > 2 * one_kernel.answer(one_kernel.bar(0), kernel)
    assert one_kernel.answer(one_kernel.bar(0), kernel.T) == one_kernel.answer(one_kernel.bar(90), kernel)
    pictures, labels = one_kernel.bars(10)
    assert pictures.shape == (10, 13, 13) and labels.sum() == 5


def test_the_lectures_networks_have_the_weights_of_the_slides():
    networks = (digit_networks.dense_only(), digit_networks.cnn1(), digit_networks.cnn2())
    assert [one.count_params() for one in networks] == [7850, 251_210, 36_314]


def test_a_network_that_is_trained_again_has_forgotten():
    digits = np.random.default_rng(0).random((40, 28, 28, 1)).astype("float32")
    data, model = (digits, np.arange(40) % 10), digit_networks.dense_only()
    begin = digit_networks.dense_only(3).get_weights()
    first, second = (digit_networks.train(model, begin, data, data, 2, seed=1)["loss"] for _ in range(2))
    assert first == pytest.approx(second, rel=1e-5) and first[0] > first[1]
