"""Tricks on trial: small networks for digits that differ in one thing, with the same budget of multiply-adds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from helpers import datasets, training
from helpers.architectures.blocks import conv, find, plain, residual
from helpers.architectures.card import model_card
from helpers.backbones import graph
from helpers.runtime import keras

LABELLED = 1000  # digits to learn from; the other 4000 test


class Result(NamedTuple):
    """One trained network: which test digits it got right, bool (4000,), and what it costs."""

    right: np.ndarray
    parameters: int
    multiply_adds: int

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(self.right.mean())


def digits(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x, y of 1000 digits to learn from and x, y of 4000 to test with; x float32 (n, 28, 28, 1), about -1 to 1."""
    (x, y), (x_more, y_more) = datasets.mnist(seed)
    x, y = np.concatenate([x, x_more]), np.concatenate([y, y_more])
    x = (x[..., None] / np.float32(127.5) - 1).astype(np.float32)
    return x[:LABELLED], y[:LABELLED], x[LABELLED:], y[LABELLED:]


def block_network(block: str, channels: int, norm: bool = False) -> Any:
    """A stem of 16 channels, the block twice with a pooling between, the mean of each map, and ten scores.

    block: a name in `blocks.BLOCKS`. norm: batch normalisation after every convolution. Raises ValueError for an
    unknown block.
    """
    make = find(block)
    inputs = keras().Input((28, 28, 1), name="digits")
    x = make(conv(inputs, 16, 3, 2, norm), channels, norm, 1)
    x = make(keras().layers.MaxPooling2D()(x), channels, norm, 1)
    return _scores(inputs, x, block)


def deep_network(depth: int, skip: bool, norm: bool = False, channels: int = 16) -> Any:
    """A stem, pairs of 3x3 convolutions on 7 x 7 maps, with or without the sum around each pair, and ten scores.

    depth: convolutions and the dense layer together, an even number from 4. Weights begin as He et al. (2015) advise.
    Raises ValueError for another depth.
    """
    if depth < 4 or depth % 2:
        raise ValueError(f"depth is {depth}; give an even number from 4: a stem, pairs of convolutions, a dense layer")
    inputs = keras().Input((28, 28, 1), name="digits")
    x = keras().layers.MaxPooling2D()(conv(inputs, channels, 3, 2, norm))
    for _ in range((depth - 2) // 2):
        x = residual(x, channels, norm) if skip else plain(x, channels, 3, 2, norm)
    return _scores(inputs, x, f"{depth} layers, {'skip' if skip else 'plain'}")


def widest(block: str, budget: int, norm: bool = False) -> int:
    """The most channels, up to 512, with which `block_network` stays within a budget of multiply-adds.

    Raises ValueError when not even one channel does.
    """
    low, high = 0, 513
    while high - low > 1:
        middle = (low + high) // 2
        made = graph.unallocated(lambda: block_network(block, middle, norm))  # noqa: B023 - called at once
        low, high = (middle, high) if model_card(made).multiply_adds <= budget else (low, middle)
    if not low:
        raise ValueError(f"a budget of {budget:,} multiply-adds is too small for {block!r}, even with one channel")
    return low


def try_out(
    build: Callable[[], Any], seeds: Iterable[int], epochs: int = 10, rate: float = 3e-3, batch: int = 50
) -> list[Result]:
    """Train a network from new weights for each seed, on 1000 digits with Adam, and test it on 4000.

    build: a function without arguments, as `lambda: block_network("two 3x3", 24)`. A seed draws the digits, the weights
    and the order; for every network the same digits and order. The network is traced once for all seeds.
    """
    k, model = keras(), build()
    optimizer, loss = k.optimizers.Adam(rate), k.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, jit_compile=False)
    optimizer.build(model.trainable_variables)
    unused, card, found = [np.array(one.numpy()) for one in optimizer.variables], model_card(model), []
    for seed in seeds:
        x, y, x_test, y_test = digits(seed)
        k.utils.set_random_seed(seed)
        model.set_weights(build().get_weights())
        for variable, value in zip(optimizer.variables, unused, strict=True):
            variable.assign(value)
        training.fit(model, (x, y), None, epochs, batch, seed, label=model.name)
        right = training.probabilities(model, x_test, 500).argmax(axis=1) == y_test
        found.append(Result(right, card.parameters, card.multiply_adds))
    return found


def gradient_by_layer(model: Any, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The length of the loss's gradient for each convolution's kernel, the root mean square over its weights, in order.

    x: float32 pictures. y: their classes. Nothing is changed. Batch normalisation works as in training.
    """
    import tensorflow as tf

    k = keras()
    layers = [layer for layer in model.layers if isinstance(layer, k.layers.Conv2D)]
    kernels = [layer.kernel.value for layer in layers]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(kernels)
        with k.StatelessScope():  # the running means of batch normalisation stay as they are
            loss = tf.reduce_mean(k.losses.sparse_categorical_crossentropy(y, model(x, training=True), True))
    found = tape.gradient(loss, kernels)
    return {one.name: float(tf.sqrt(tf.reduce_mean(g**2))) for one, g in zip(layers, found, strict=True)}


def _scores(inputs: Any, x: Any, name: str) -> Any:
    layers = keras().layers
    x = layers.Dense(10, name="scores")(layers.GlobalAveragePooling2D()(x))
    return keras().Model(inputs, x, name=name.replace(" ", "_").replace(",", ""))
