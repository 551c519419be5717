"""A network of dense layers with ReLU between them, in NumPy: small enough to train dozens of times in a minute.

All its weights lie in one vector, as the rules of `optimizers` take them: of each layer the kernel, then the biases.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from helpers.training.optimizers import Rule

Sizes = Sequence[int]  # (784, 64, 10): inputs, hidden units, classes


class Trained(NamedTuple):
    """The weights after training, and the mean loss of the batches of each epoch."""

    weights: np.ndarray
    losses: list[float]


def start(sizes: Sizes, seed: int = 0) -> np.ndarray:
    """Weights to begin with, float32, one vector: normal with variance 2 / inputs (He et al. 2015), biases 0."""
    random = np.random.default_rng(seed)
    parts = []
    for inputs, outputs in itertools.pairwise(sizes):
        parts += [random.normal(0, np.sqrt(2 / inputs), inputs * outputs), np.zeros(outputs)]
    return np.concatenate(parts).astype(np.float32)


def layers(weights: np.ndarray, sizes: Sizes) -> list[tuple[np.ndarray, np.ndarray]]:
    """(kernel, biases) of each layer as views into the vector. Raises ValueError for a vector of another length."""
    pairs = list(itertools.pairwise(sizes))
    if (count := sum(inputs * outputs + outputs for inputs, outputs in pairs)) != len(weights):
        raise ValueError(f"the layers {tuple(sizes)} have {count} weights, and {len(weights)} were given")
    found, at = [], 0
    for inputs, outputs in pairs:
        kernel = weights[at : at + inputs * outputs].reshape(inputs, outputs)
        at += inputs * outputs + outputs
        found.append((kernel, weights[at - outputs : at]))
    return found


def logits(weights: np.ndarray, sizes: Sizes, rows: np.ndarray) -> np.ndarray:
    """The scores before the softmax, (n, classes), of rows (n, inputs)."""
    return _forward(layers(weights, sizes), rows)[-1]


def accuracy(weights: np.ndarray, sizes: Sizes, rows: np.ndarray, labels: np.ndarray) -> float:
    """The share of rows whose largest score is their label's."""
    return float((logits(weights, sizes, rows).argmax(axis=1) == labels).mean())


def loss_and_gradient(
    weights: np.ndarray, sizes: Sizes, rows: np.ndarray, labels: np.ndarray
) -> tuple[float, np.ndarray]:
    """The mean cross-entropy of some rows, and its gradient, a vector as the weights."""
    stack = layers(weights, sizes)
    values = _forward(stack, rows)
    loss, slope = cross_entropy(values[-1], labels)
    parts = []
    for (kernel, _), value in zip(reversed(stack), reversed(values[:-1]), strict=True):
        parts[:0] = [(value.T @ slope).ravel(), slope.sum(axis=0)]
        slope = (slope @ kernel.T) * (value > 0)
    return loss, np.concatenate(parts)


def cross_entropy(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean cross-entropy after a softmax of scores (n, classes), and its gradient by the scores, of their shape."""
    scores = scores - scores.max(axis=1, keepdims=True)
    shares = np.exp(scores)
    total = shares.sum(axis=1, keepdims=True)
    each = np.arange(len(scores))
    loss = float((np.log(total[:, 0]) - scores[each, labels]).mean())
    slope = shares / total
    slope[each, labels] -= 1
    return loss, slope / len(scores)


def train(
    weights: np.ndarray,
    sizes: Sizes,
    rows: np.ndarray,
    labels: np.ndarray,
    rule: Rule,
    rate: float,
    epochs: int = 2,
    batch: int = 100,
    seed: int = 0,
) -> Trained:
    """Train by mini-batches, in an order drawn with `seed`; batch: rows in one step, all of them for gradient descent.

    Training ends where the loss is no number any more; the weights are then those before.
    """

    def slope(weights: np.ndarray, some: np.ndarray) -> tuple[float, np.ndarray]:
        return loss_and_gradient(weights, sizes, rows[some], labels[some])

    return by_batches(weights, slope, len(rows), rule, rate, epochs, batch, np.random.default_rng(seed))


def by_batches(
    weights: np.ndarray,
    slope: Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]],
    count: int,
    rule: Rule,
    rate: float,
    epochs: int,
    batch: int,
    random: np.random.Generator,
) -> Trained:
    """Train any network whose weights are one vector; ends as `train` does.

    slope: takes the weights and the numbers of some of `count` rows, and returns loss and gradient.
    """
    memory, losses = {}, []
    with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):  # more threads wait for each other
        for _ in range(epochs):
            order, found = random.permutation(count), []
            for first in range(0, count, batch):
                loss, gradient = slope(weights, order[first : first + batch])
                moved, memory = rule(weights, gradient, rate, memory)
                if not (np.isfinite(loss) and np.isfinite(moved).all()):
                    return Trained(weights, [*losses, float("nan")])
                weights = moved.astype(np.float32, copy=False)
                found.append(loss)
            losses.append(float(np.mean(found)))
    return Trained(weights, losses)


def rescaled(weights: np.ndarray, sizes: Sizes, factor: float) -> np.ndarray:
    """Another vector with the same outputs: the first layer times `factor`, the next layer's kernel divided by it.

    A ReLU lets any positive factor through (Dinh et al.: Sharp Minima Can Generalize For Deep Nets, ICML 2017). Raises
    ValueError for a factor that is not positive, or without a hidden layer.
    """
    if factor <= 0 or len(sizes) < 3:
        raise ValueError(f"factor is {factor} and the layers are {tuple(sizes)}; give a factor above 0, a hidden layer")
    made = weights.copy()
    (kernel, biases), (following, _), *_ = layers(made, sizes)
    kernel *= factor
    biases *= factor
    following /= factor
    return made


def sharpness(
    weights: np.ndarray, sizes: Sizes, rows: np.ndarray, labels: np.ndarray, turns: int = 12, seed: int = 0
) -> float:
    """The largest curvature of the loss: the Hessian's largest eigenvalue, by power iteration on differences of
    gradients."""
    weights = weights.astype(np.float64)
    rows = rows.astype(np.float64)
    direction, curvature = np.random.default_rng(seed).normal(size=weights.shape), 0.0
    for _ in range(turns):
        direction /= np.linalg.norm(direction)
        ends = [loss_and_gradient(weights + side * direction, sizes, rows, labels)[1] for side in (1e-4, -1e-4)]
        bent = (ends[0] - ends[1]) / 2e-4
        curvature, direction = float(direction @ bent), bent
    return curvature


def direction(weights: np.ndarray, sizes: Sizes, seed: int = 0, by_unit: bool = True) -> np.ndarray:
    """A random direction, one vector; by_unit: each unit's part is as long as that unit's own weights.

    So a step of 1 means the same for a network and its rescaled twin (Li et al.: Visualizing the Loss Landscape of
    Neural Nets, NeurIPS 2018, section 4). Else the whole direction is as long as all weights.
    """
    drawn = np.random.default_rng(seed).normal(size=weights.shape)
    if not by_unit:
        return drawn * np.linalg.norm(weights) / np.linalg.norm(drawn)
    for (kernel, biases), (own, own_biases) in zip(layers(drawn, sizes), layers(weights, sizes), strict=True):
        kernel *= np.linalg.norm(own, axis=0) / np.linalg.norm(kernel, axis=0)
        biases *= np.abs(own_biases) / np.maximum(np.abs(biases), 1e-12)
    return drawn


def _forward(stack: list[tuple[np.ndarray, np.ndarray]], rows: np.ndarray) -> list[np.ndarray]:
    """The rows, what each layer answers after its ReLU, and the scores."""
    values = [rows]
    for number, (kernel, biases) in enumerate(stack, 1):
        answer = values[-1] @ kernel + biases
        values.append(answer if number == len(stack) else np.maximum(answer, 0))
    return values
