"""The floor of a method, and how a method is timed beside it.

The floor is one compiled function, on the same network and picture, that returns as numpy every network tensor the
method needs: for Grad-CAM the activations and d logit / d activations, for saliency the input gradient, for occlusion
the batched logits. Floor over floor, from the same rounds, is the noise.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from helpers.backbones import Network
from helpers.runtime import keras, tensorflow

BATCH = 16


class Timing(NamedTuple):
    """The floor in milliseconds, and medians of ratios to it: of floor to floor, and of each function by its name."""

    floor: float
    noise: float
    ratios: dict[str, float]


def floor_of_grad_cam(network: Network, layer: str, picture: np.ndarray, class_: int) -> Callable[[], object]:
    """The least that Grad-CAM needs: activations and gradients, compiled, as numpy."""
    tf = tensorflow()
    model = keras().Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    batch = picture[None].astype(np.float32)

    @tf.function(input_signature=[tf.TensorSpec((1, *picture.shape), tf.float32)])
    def both(pictures):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            activations, logits = model(pictures, training=False)
            score = logits[0, class_]
        return activations, tape.gradient(score, activations)

    return lambda: [tensor.numpy() for tensor in both(batch)]


def floor_of_gradient(model: Any, picture: np.ndarray, class_: int, batch: int = 1, calls: int = 1) -> Callable:
    """The least that a gradient method needs: the score and the gradient of a batch, so many times.

    Without the score TensorFlow would leave out the forward pass of the deconvnet, whose way back does not depend on it
    where all sizes are known beforehand.
    """
    tf = tensorflow()
    pictures = np.repeat(picture[None].astype(np.float32), batch, axis=0)

    @tf.function(input_signature=[tf.TensorSpec(pictures.shape, tf.float32)])
    def gradient(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            score = tf.reduce_sum(model(inputs, training=False)[:, class_])
        return score, tape.gradient(score, inputs)

    return lambda: [[tensor.numpy() for tensor in gradient(pictures)] for _ in range(calls)]


def floor_of_logits(model: Any, picture: np.ndarray, pictures: int) -> Callable:
    """The least that a perturbation method needs: the logits of so many pictures, in batches."""
    tf = tensorflow()
    batch = np.repeat(picture[None].astype(np.float32), BATCH, axis=0)

    @tf.function(input_signature=[tf.TensorSpec((None, *picture.shape), tf.float32)])
    def logits(inputs):
        return model(inputs, training=False)

    sizes = [min(BATCH, pictures - first) for first in range(0, pictures, BATCH)]
    return lambda: [logits(batch[:size]).numpy() for size in sizes]


def seconds(function: Callable[[], object]) -> float:
    """One call's time."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(functions: Mapping[str, Callable[[], object]], floor: Callable[[], object], rounds: int) -> Timing:
    """Time every function between two calls of the floor, so many rounds, after warming up."""
    for _ in range(min(10, rounds // 4 + 1)):
        floor()
        for function in functions.values():
            function()
    floors, noise, ratios = [], [], {name: [] for name in functions}
    before = seconds(floor)
    for _ in range(rounds):
        for name, function in functions.items():
            own, after = seconds(function), seconds(floor)
            ratios[name].append(own / statistics.fmean((before, after)))
            noise.append(after / before)
            floors.append(before)
            before = after
    medians = {name: statistics.median(values) for name, values in ratios.items()}
    return Timing(statistics.median(floors) * 1000, statistics.median(noise), medians)
