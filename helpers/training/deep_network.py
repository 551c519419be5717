"""A network of dense layers in NumPy with what lecture 003 adds to them: a scale to begin with, batch norm, dropout.

A hidden layer is dense, batch norm, activation, dropout. All weights lie in one vector, as the rules of `optimizers`
take them: of each layer the kernel, the biases, batch norm's alpha and beta. What a plan leaves out stays as it began.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from helpers.training.dense_network import Trained, by_batches, cross_entropy
from helpers.training.optimizers import Rule

EPSILON = 1e-3  # Keras's, added to the variance
Statistics = list[tuple[np.ndarray, np.ndarray]]  # mean and standard deviation of each hidden layer's units


class Activation(NamedTuple):
    """A function, and its slope as a function of the function's own value."""

    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


ACTIVATIONS: dict[str, Activation] = {
    "relu": Activation(lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(a.dtype)),
    "tanh": Activation(np.tanh, lambda a: 1 - a**2),
    "sigmoid": Activation(lambda z: (1 + np.tanh(z / 2)) / 2, lambda a: a * (1 - a)),
    "linear": Activation(lambda z: z, np.ones_like),
}


class Plan(NamedTuple):
    """What a network is made of; bias, alpha: whether they are learned. dropout: the share of units that is dropped."""

    sizes: tuple[int, ...]  # (196, 64, 64, 10): inputs, hidden units, classes
    activation: str = "relu"
    batch_norm: bool = False
    dropout: float = 0.0
    bias: bool = True
    alpha: bool = True


class Layer(NamedTuple):
    """The weights of one layer, as views into the vector."""

    kernel: np.ndarray
    bias: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray


class Hidden(NamedTuple):
    """What a hidden layer did with some rows, each (n, units): the sums, what the activation got, and the answers.

    normed: after batch norm's first step. mean, spread: what was subtracted and divided by. kept: dropout's factors.
    """

    inputs: np.ndarray
    sums: np.ndarray
    normed: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    before: np.ndarray
    activated: np.ndarray
    kept: np.ndarray | float
    outputs: np.ndarray


def start(plan: Plan, scale: float = 1.0, seed: int = 0, same: float | None = None) -> np.ndarray:
    """Weights to begin with, float32, one vector: normal, `scale` times He's spread, the root of 2 / inputs.

    same: this standard deviation in all layers instead, 0 for zeros. Biases and betas are 0, alphas 1.
    He, Zhang, Ren and Sun: Delving Deep into Rectifiers, ICCV 2015.
    """
    random, parts = np.random.default_rng(seed), []
    for inputs, outputs in itertools.pairwise(plan.sizes):
        spread = scale * np.sqrt(2 / inputs) if same is None else same
        nothing = np.zeros(outputs)
        parts += [spread * random.normal(size=inputs * outputs), nothing, nothing + 1, nothing]
    return np.concatenate(parts).astype(np.float32)


def layers(weights: np.ndarray, sizes: Sequence[int]) -> list[Layer]:
    """The parts of the vector, layer by layer. Raises ValueError for a vector of another length."""
    pairs = list(itertools.pairwise(sizes))
    if (count := sum((inputs + 3) * outputs for inputs, outputs in pairs)) != len(weights):
        raise ValueError(f"the layers {tuple(sizes)} have {count} weights, and {len(weights)} were given")
    found, at = [], 0
    for inputs, outputs in pairs:
        kernel, *rest = np.split(weights[at : at + (inputs + 3) * outputs], outputs * (inputs + np.arange(3)))
        found.append(Layer(kernel.reshape(inputs, outputs), *rest))
        at += (inputs + 3) * outputs
    return found


def forward(
    weights: np.ndarray,
    plan: Plan,
    rows: np.ndarray,
    random: np.random.Generator | None = None,
    statistics: Statistics | None = None,
) -> tuple[list[Hidden], np.ndarray]:
    """What the hidden layers did with rows (n, inputs), and the scores (n, classes).

    random: drops units, as in training. statistics: of the training rows, for batch norm at test time; without them it
    takes those of the rows.
    """
    *hidden, last = layers(weights, plan.sizes)
    found, value = [], rows
    with np.errstate(all="ignore"):  # after a rate that is too large, weights have any size
        for number, layer in enumerate(hidden):
            known = None if statistics is None else statistics[number]
            found.append(_hidden(layer, plan, value, random, known))
            value = found[-1].outputs
        return found, value @ last.kernel + last.bias


def _hidden(
    layer: Layer,
    plan: Plan,
    inputs: np.ndarray,
    random: np.random.Generator | None,
    known: tuple[np.ndarray, np.ndarray] | None,
) -> Hidden:
    sums = normed = before = inputs @ layer.kernel + layer.bias
    mean = spread = np.zeros(0, sums.dtype)
    if plan.batch_norm:
        mean, spread = known or (sums.mean(axis=0), np.sqrt(sums.var(axis=0) + EPSILON))
        normed = (sums - mean) / spread
        before = layer.alpha * normed + layer.beta
    activated, kept = ACTIVATIONS[plan.activation].value(before), 1.0
    if plan.dropout and random is not None:
        stays = random.random(activated.shape, dtype=np.float32) >= plan.dropout
        kept = (stays / (1 - plan.dropout)).astype(activated.dtype)
    return Hidden(inputs, sums, normed, mean, spread, before, activated, kept, activated * kept)


def loss_and_gradient(
    weights: np.ndarray,
    plan: Plan,
    rows: np.ndarray,
    labels: np.ndarray,
    random: np.random.Generator | None = None,
) -> tuple[float, np.ndarray]:
    """The mean cross-entropy of some rows, and its gradient, a vector as the weights; 0 for what is not learned."""
    hidden, scores = forward(weights, plan, rows, random)
    loss, slope = cross_entropy(scores, labels)
    *stack, last = layers(weights, plan.sizes)
    inputs = hidden[-1].outputs if hidden else rows
    nothing = np.zeros_like(last.bias)
    parts = [(inputs.T @ slope).ravel(), slope.sum(axis=0), nothing, nothing]
    slope = slope @ last.kernel.T
    for layer, one in zip(reversed(stack), reversed(hidden), strict=True):
        slope = slope * one.kept * ACTIVATIONS[plan.activation].slope(one.activated)
        alpha = beta = np.zeros_like(layer.beta)
        if plan.batch_norm:
            alpha, beta = (slope * one.normed).sum(axis=0), slope.sum(axis=0)
            pulled = slope - (beta + one.normed * alpha) / len(rows)  # mean and spread move with every row
            slope = pulled * (layer.alpha / one.spread)
        kernel, bias = (one.inputs.T @ slope).ravel(), slope.sum(axis=0)
        parts[:0] = [kernel, bias if plan.bias else 0 * bias, alpha if plan.alpha else 0 * alpha, beta]
        slope = slope @ layer.kernel.T
    return loss, np.concatenate(parts)


def train(
    weights: np.ndarray,
    plan: Plan,
    rows: np.ndarray,
    labels: np.ndarray,
    rule: Rule,
    rate: float,
    epochs: int = 5,
    batch: int = 100,
    seed: int = 0,
) -> Trained:
    """Train by mini-batches, with dropout where the plan has it; else as `dense_network.train`."""
    random = np.random.default_rng(seed)

    def slope(weights: np.ndarray, some: np.ndarray) -> tuple[float, np.ndarray]:
        return loss_and_gradient(weights, plan, rows[some], labels[some], random)

    return by_batches(weights, slope, len(rows), rule, rate, epochs, batch, random)


def statistics(weights: np.ndarray, plan: Plan, rows: np.ndarray) -> Statistics | None:
    """Mean and spread of every hidden unit's sums over these rows, for batch norm at test time; None without it.

    Ioffe and Szegedy: Batch Normalization, ICML 2015, algorithm 2. Keras keeps a moving average of the batches instead.
    """
    return [(one.mean, one.spread) for one in forward(weights, plan, rows)[0]] if plan.batch_norm else None


def accuracy(
    weights: np.ndarray, plan: Plan, rows: np.ndarray, labels: np.ndarray, known: Statistics | None = None
) -> float:
    """The share of rows whose largest score is their label's; known: the `statistics` of the training rows."""
    return float((forward(weights, plan, rows, statistics=known)[1].argmax(axis=1) == labels).mean())


def dead_share(outputs: np.ndarray) -> float:
    """The share of units (columns) that give the same answer to every row, zero or another: they learn nothing."""
    with np.errstate(all="ignore"):  # of weights that ran away
        return float((np.ptp(outputs, axis=0) <= 1e-6 * np.abs(outputs).max(initial=0)).mean())
