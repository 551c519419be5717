"""Gradients of the pixels against linear networks, finite differences and the derivative of the softmax."""

import numpy as np
import pytest

from helpers.attribution import (
    class_score,
    gradient_times_input,
    input_gradient,
    integrated_gradients,
    logits,
    saliency,
    smooth_grad,
    to_map,
)
from tests import small_networks


def test_a_linear_network_is_its_weights():
    network, picture, weights, bias = small_networks.linear()
    for class_ in (0, 1):
        np.testing.assert_allclose(input_gradient(network, picture, class_), weights[..., class_], rtol=1e-5)
        np.testing.assert_allclose(
            saliency(network, picture, class_), np.abs(weights[..., class_]).max(axis=-1), rtol=1e-5
        )
        total = gradient_times_input(network, picture, class_).sum() + bias[class_]
        np.testing.assert_allclose(total, logits(network, picture)[0, class_], rtol=1e-4)


def test_zero_is_the_mean_colour():
    network, picture, _, bias = small_networks.linear()
    empty = np.broadcast_to(network.mean_colour, picture.shape)
    np.testing.assert_allclose(gradient_times_input(network, empty, 0), 0, atol=1e-4)
    np.testing.assert_allclose(class_score(network, empty, 0), bias[0], rtol=1e-5)


@pytest.mark.parametrize("outputs", [1, 4])
def test_finite_differences(outputs):
    network, picture = small_networks.smooth(outputs), small_networks.photo(8)
    gradient = input_gradient(network, picture, 1)
    numbers = np.random.default_rng(1)
    for _ in range(6):
        place = tuple(numbers.integers(0, side) for side in picture.shape)
        shift = np.zeros_like(picture)
        shift[place] = 2.0
        slope = (class_score(network, picture + shift, 1) - class_score(network, picture - shift, 1))[0] / 4
        np.testing.assert_allclose(gradient[place], slope, rtol=2e-2, atol=2e-6)


def test_after_the_softmax_the_gradient_shrinks_by_p_times_one_minus_p():
    """Two classes whose logits are z and 0: d p / d x = p (1 - p) d z / d x."""
    network, picture, weights, bias = small_networks.linear()
    weights = weights * 1e-3
    weights[..., 1] = 0
    network.layer("z").set_weights([weights.reshape(-1, 2), bias])
    z = np.diff(logits(network, picture).astype(np.float64))[0, 0]
    p = 1 / (1 + np.exp(z))
    after = input_gradient(network, picture, 0, after_softmax=True)
    np.testing.assert_allclose(after, p * (1 - p) * weights[..., 0], rtol=1e-3, atol=1e-9)


def test_one_sigmoid_output_explains_both_classes():
    network, picture = small_networks.smooth(1), small_networks.photo(8)
    np.testing.assert_allclose(input_gradient(network, picture, 0), -input_gradient(network, picture, 1))
    p = network.probabilities(picture)[0, 0]
    after = input_gradient(network, picture, "dog", after_softmax=True)
    np.testing.assert_allclose(after, p * (1 - p) * input_gradient(network, picture, "dog"), rtol=1e-3, atol=1e-8)
    np.testing.assert_allclose(
        input_gradient(network, picture, "cat", after_softmax=True), -after, rtol=1e-3, atol=1e-8
    )


def test_smooth_grad_of_a_linear_network_is_its_gradient():
    network, picture, weights, _ = small_networks.linear()
    np.testing.assert_allclose(smooth_grad(network, picture, 1, samples=7, batch=3), weights[..., 1], rtol=1e-4)


def test_smooth_grad_is_the_mean_over_the_noise_it_says():
    network, picture = small_networks.smooth(), small_networks.photo(8)
    drawn = np.random.default_rng(4).standard_normal((4, 8, 8, 3), dtype=np.float32) * 0.1 * np.ptp(picture) + picture
    expected = np.mean([input_gradient(network, one, 0) for one in drawn], axis=0)
    ours = smooth_grad(network, picture, 0, samples=4, noise=0.1, seed=4, batch=4)
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-7)
    assert not np.allclose(ours, smooth_grad(network, picture, 0, samples=4, noise=0.1, seed=5, batch=4), rtol=1e-3)


@pytest.mark.parametrize("baseline", [None, (255.0, 0.0, 0.0), "picture"])
def test_integrated_gradients_are_complete(baseline):
    network, picture = small_networks.smooth(4), small_networks.photo(8)
    start = small_networks.photo(8, seed=9) if isinstance(baseline, str) else baseline
    found = integrated_gradients(network, picture, 2, steps=64, baseline=start)
    empty = np.broadcast_to(network.mean_colour if start is None else np.float32(start), picture.shape)
    gain = class_score(network, picture, 2) - class_score(network, empty, 2)
    np.testing.assert_allclose(found.sum(), gain[0], rtol=5e-3, atol=1e-3)


def test_integrated_gradients_of_a_linear_network_are_gradient_times_input():
    network, picture, _, _ = small_networks.linear()
    np.testing.assert_allclose(
        integrated_gradients(network, picture, 0, steps=3),
        gradient_times_input(network, picture, 0),
        rtol=1e-3,
        atol=1e-3,
    )


def test_a_batch_is_its_pictures_one_by_one():
    network = small_networks.smooth()
    batch = np.stack([small_networks.photo(8, seed) for seed in (0, 1)])
    for method in (input_gradient, saliency, gradient_times_input, integrated_gradients):
        both = method(network, batch, [0, 1])
        for one, picture, class_ in zip(both, batch, (0, 1), strict=True):
            np.testing.assert_allclose(one, method(network, picture, class_), rtol=1e-3, atol=1e-6)
    assert smooth_grad(network, batch, [0, 1], samples=3).shape == batch.shape


def test_reductions_by_hand():
    gradients = np.array([[[3.0, -4.0, 0.0]]])
    assert [float(to_map(gradients, how)[0, 0]) for how in ("max", "sum", "length")] == [4, -1, 5]
    with pytest.raises(ValueError, match="how is 'mean', expected one of 'max'"):
        to_map(gradients, "mean")


def test_traced_once_and_stopped_by_its_report():
    network, picture = small_networks.smooth(), small_networks.photo(8)
    steps = []
    smooth_grad(network, picture, 0, samples=7, batch=3, report=lambda done, total, _: steps.append((done, total)))
    assert steps == [(3, 7), (6, 7), (7, 7)]
    kept = dict(network._compiled)
    integrated_gradients(network, np.stack([picture] * 2), steps=5, batch=2)
    assert all(network._compiled[key] is function for key, function in kept.items())

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        smooth_grad(network, picture, 0, report=stop)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda n, p: saliency(n, p, "wolf"), "no class 'wolf'; the nearest are"),
        (lambda n, p: saliency(n, p, 2), "class 2 does not exist"),
        (lambda n, p: saliency(n, p * np.nan, 0), "NaN"),
        (lambda n, p: smooth_grad(n, p, 0, samples=0), "samples=0"),
        (lambda n, p: smooth_grad(n, p, 0, noise=-1), "noise=-1"),
        (lambda n, p: integrated_gradients(n, p, 0, steps=0), "steps=0"),
    ],
)
def test_bad_input_gives_one_sentence(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call(small_networks.smooth(), small_networks.photo(8))
    assert "\n" not in str(caught.value)
