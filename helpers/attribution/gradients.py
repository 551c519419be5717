"""Gradients of a class score with respect to the pixels: saliency and what was built on it.

Pixels are 0..255, and "nothing" is the network's mean colour, which its preprocessing turns into zero, not black.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.attribution.targets import (
    class_numbers,
    class_probabilities,
    class_scores,
    one_or_all,
    scoring_model,
)
from helpers.backbones import Network, compile_once
from helpers.runtime import Report, tensorflow

_REDUCTIONS = {
    "max": lambda gradients: np.abs(gradients).max(axis=-1),
    "sum": lambda gradients: gradients.sum(axis=-1),
    "length": lambda gradients: np.sqrt((gradients**2).sum(axis=-1)),
}


def input_gradient(
    network: Network, pictures: np.ndarray, class_: Any = None, after_softmax: bool = False
) -> np.ndarray:
    """Return d score / d pixel, float32, of the pictures' own shape.

    pictures: (height, width, 3) or (n, height, width, 3), RGB 0..255. class_: a name, a number, one of these per
    picture, or None for the most probable. after_softmax: the score is the probability instead of the logit; then
    d p_c / d x = p_c (d z_c / d x - sum over classes i of p_i d z_i / d x), nearly zero where the network is sure.
    Raises ValueError for an unknown class, NaN, or a network without a classifier.
    """
    batch = network.batch(pictures)
    classes, function = class_numbers(network, batch, class_), network.compiled(_compile_input_gradient)
    return one_or_all(network, function(batch, classes, np.float32(after_softmax)).numpy(), pictures)


def saliency(network: Network, pictures: np.ndarray, class_: Any = None, after_softmax: bool = False) -> np.ndarray:
    """Return the saliency map: the absolute gradient, and of the three colours the largest; float32 (height, width).

    Simonyan et al.: Deep Inside Convolutional Networks, ICLR Workshop 2014, section 3.1. For a batch (n, height,
    width). Arguments and errors as in `input_gradient`.
    """
    return to_map(input_gradient(network, pictures, class_, after_softmax), "max")


def gradient_times_input(network: Network, pictures: np.ndarray, class_: Any = None) -> np.ndarray:
    """Return gradient x (pixel - mean colour), of the pictures' shape; signed.

    For a linear network its sum is the logit without the bias. Shrikumar et al.: Not Just a Black Box, 2016.
    Arguments and errors as in `input_gradient`.
    """
    gradients = input_gradient(network, pictures, class_)
    return gradients * (network.batch(pictures).reshape(gradients.shape) - network.mean_colour)


def smooth_grad(
    network: Network,
    pictures: np.ndarray,
    class_: Any = None,
    samples: int = 25,
    noise: float = 0.15,
    seed: int = 0,
    batch: int = 5,
    report: Report | None = None,
) -> np.ndarray:
    """Return the mean of the gradients of `samples` noisy copies of each picture, of the pictures' shape.

    Smilkov et al.: SmoothGrad: removing noise by adding noise, 2017, section 3. noise: standard deviation as a share
    of the picture's range. Copies go through the network in batches of `batch`: all at once cost the same time and
    more memory. Draws with `seed`; `report` is called after every batch. Raises ValueError as `input_gradient`, for
    samples below 1, or negative noise.
    """
    if samples < 1 or not noise >= 0:
        raise ValueError(f"samples={samples}, noise={noise}: give 1 or more, 0 or more")
    numbers = np.random.default_rng(seed)

    def noisy(picture: np.ndarray, part: np.ndarray) -> np.ndarray:
        drawn = numbers.standard_normal((len(part), *picture.shape), dtype=np.float32)
        drawn *= noise * np.ptp(picture)
        drawn += picture
        return drawn

    return _mean_gradient(network, pictures, class_, noisy, np.full(samples, 1 / samples), batch, report)


def integrated_gradients(
    network: Network,
    pictures: np.ndarray,
    class_: Any = None,
    steps: int = 32,
    baseline: np.ndarray | tuple[float, float, float] | None = None,
    batch: int = 4,
    report: Report | None = None,
) -> np.ndarray:
    """Return the integrated gradients, of the pictures' shape; signed. They sum to score(picture) - score(baseline).

    Sundararajan et al.: Axiomatic Attribution for Deep Networks, ICML 2017, equation 1: (x - b) times the mean gradient
    on the straight line from b to x, here by the midpoint rule with `steps` points; the sum tells how good it is
    (completeness). The points crowd near b, at t = s^3: a trained network reaches its score within the first tenth of
    the contrast, where evenly spaced points would be too few (measured: 32 even points miss the sum by a factor of 2,
    these by a tenth). baseline: an RGB colour or a picture; None for the network's mean colour. `report` is called
    after every batch. Raises ValueError as `input_gradient` and for steps below 1.
    """
    if steps < 1:
        raise ValueError(f"steps={steps}: give 1 or more")
    start = np.asarray(network.mean_colour if baseline is None else baseline, np.float32)
    edges = np.linspace(0, 1, steps + 1) ** 3
    shares = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)

    def on_the_line(picture: np.ndarray, part: np.ndarray) -> np.ndarray:
        return start + shares[part, None, None, None] * (picture - start)

    mean = _mean_gradient(network, pictures, class_, on_the_line, np.diff(edges), batch, report)
    return mean * (network.batch(pictures).reshape(mean.shape) - start)


def to_map(gradients: np.ndarray, how: str = "max") -> np.ndarray:
    """Make one number per pixel of (..., height, width, 3): float32 (..., height, width).

    how: "max" of the absolute colours (saliency), their "sum" with sign (keeps what adds up to the score), or the
    "length" of the colour vector. Raises ValueError for another word.
    """
    if how not in _REDUCTIONS:
        raise ValueError(f"how is {how!r}, expected one of {', '.join(map(repr, _REDUCTIONS))}")
    return _REDUCTIONS[how](gradients)


def _compile_input_gradient(network: Network) -> Callable:
    """Compiled: (pictures, class numbers, after softmax: 0. or 1.) -> d score / d pictures.

    One for logit and probability: to trace a network takes longer than to run it twenty times.
    """
    tf = tensorflow()

    def score(logits, numbers, after_softmax):
        probabilities = class_probabilities(network, logits, numbers)
        return tf.where(after_softmax > 0, probabilities, class_scores(logits, numbers))

    return compile_gradient(network, scoring_model(network), score, tf.TensorSpec((), "float32"))


def compile_gradient(network: Network, model: Any, score: Callable, *more: Any) -> Callable:
    """Compile (pictures, numbers, ...) -> gradient of score(model(pictures), numbers, ...) with respect to pictures.

    more: the signature (tf.TensorSpec) of each further argument of `score`.
    """
    tf = tensorflow()

    def call(pictures, numbers, *others):
        scores = score(model(pictures, training=False), numbers, *others)
        total = tf.reduce_sum(scores)  # pictures do not touch each other's score
        # Not a tape: it would pass over the backward rules that `guided_backprop` gives to single operations.
        return tf.convert_to_tensor(tf.gradients(total, pictures, unconnected_gradients="zero")[0])

    return compile_once(call, network.signature, tf.TensorSpec((None,), tf.int32), *more)


def _mean_gradient(
    network: Network, pictures: Any, class_: Any, draw: Callable, weights: np.ndarray, batch: int, report: Report | None
) -> np.ndarray:
    """The weighted mean gradient over variants of each picture, one per weight, which `draw` makes some at a time."""
    whole, count = network.batch(pictures), len(weights)
    classes, function = class_numbers(network, whole, class_), network.compiled(_compile_input_gradient)
    means = np.zeros_like(whole)
    for number, picture in enumerate(whole):
        for first in range(0, count, batch):
            part = np.arange(first, min(first + batch, count))
            found = function(draw(picture, part), np.repeat(classes[number], len(part)), np.float32(0)).numpy()
            # Not np.tensordot: the threads of its library wait by spinning, and take the next call's processors.
            for weight, one in zip(weights[part].astype(np.float32), found, strict=True):
                means[number] += weight * one
            if report is not None:
                report(number * count + first + len(part), len(whole) * count, None)
    return one_or_all(network, means, pictures)
