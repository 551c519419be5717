"""The lecture's way to train heads: one tape and one Adam for every task. Slow, and here to compare with."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from helpers.multitask import models
from helpers.multitask.data import Rows
from helpers.multitask.training import Examples, Trainer
from helpers.runtime import keras as quiet_keras
from helpers.runtime import tensorflow


class LectureLoop:
    """A model per task on common hidden layers, each with its own output layer and its own Adam.

    shared: a model of `models.one_for_all`; its hidden layers are copied once and then used by every task's model, its
    output is where every head starts. rows: the training rows. unfrozen: names of hidden layers that move too, for
    example ("shared_2",). One `step` takes all gradients at the present weights and then lets every task's Adam move
    its head, and the unfrozen layers as well: so they move once per task.
    """

    def __init__(self, shared: Any, rows: Rows, unfrozen: Sequence[str] = (), learning_rate: float = 1e-3):
        keras, tf = quiet_keras(), tensorflow()
        trunk = keras.models.clone_model(shared)
        trunk.set_weights(shared.get_weights())
        self.hidden = [layer for layer in trunk.layers if layer.name.startswith("shared_")]
        for layer in self.hidden:
            layer.trainable = layer.name in unfrozen
        self.numbers = np.unique(rows.task)
        self.models, self.optimizers, self.parts = {}, {}, {}
        for number in self.numbers:
            head = keras.layers.Dense(1, name=f"head_{number}")
            self.models[number] = keras.Model(trunk.inputs[0], head(self.hidden[-1].output))
            head.set_weights(shared.get_layer("output").get_weights())
            self.optimizers[number] = keras.optimizers.Adam(learning_rate)
            part = rows.take(rows.task == number)
            self.parts[number] = tf.constant(part.features), tf.constant(part.target[:, None])

    def step(self) -> float:
        """One step of every task; returns the sum of the tasks' mean squared errors before it."""
        tf = tensorflow()
        tapes, losses = {}, {}
        for number, model in self.models.items():
            features, target = self.parts[number]
            with tf.GradientTape() as tapes[number]:
                losses[number] = tf.reduce_mean((target - model(features, training=True)) ** 2)
        for number, model in self.models.items():
            gradients = tapes[number].gradient(losses[number], model.trainable_variables)
            self.optimizers[number].apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return float(sum(losses.values()))

    def heads(self) -> np.ndarray:
        """All heads in one table, float32 `(tasks with rows, width + 1)`, intercepts last."""
        weights = [model.layers[-1].get_weights() for model in self.models.values()]
        return np.stack([np.append(kernel[:, 0], bias) for kernel, bias in weights])


@dataclass(frozen=True)
class Comparison:
    """The loop and the stacked step, side by side; of each pair the loop comes first.

    seconds: the median of a step. moved: the mean distance that the weights of the last hidden layer moved. heads: the
    largest difference between a weight of the loop's heads and of the stacked ones.
    """

    seconds: tuple[float, float]
    moved: tuple[float, float]
    heads: float


def compare(shared: Any, rows: Rows, tasks: int, unfrozen: Sequence[str] = (), steps: int = 3) -> Comparison:
    """Take the same steps in the lecture's loop and with stacked heads, in turns, from the same weights.

    A first step of each is not timed: it builds the optimizers' variables and traces the compiled step.
    """
    loop = LectureLoop(shared, rows, unfrozen)
    stacked = models.shared_with_heads(shared, tasks)
    layers = [stacked.get_layer(name) for name in ("heads", *unfrozen)]
    trainer = Trainer(stacked, [variable for layer in layers for variable in layer.trainable_variables])
    examples = Examples.of(stacked, rows, "task")
    start, heads = stacked.get_weights(), stacked.get_layer("heads").embeddings
    loop.step()
    trainer.run(examples, 1)
    stacked.set_weights(start)
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(1, steps + 1):
        times[0].append(_timed(loop.step))
        # Each run has a fresh Adam, so the steps are taken anew from the start: the time is that of the last one.
        stacked.set_weights(start)
        times[1].append(_timed(lambda count=number + 1: trainer.run(examples, count)) / (number + 1))
    last = loop.hidden[-1]
    layers = shared.get_layer(last.name), last, stacked.get_layer(last.name)
    before, *after = (layer.kernel.numpy() for layer in layers)
    moved = tuple(float(np.abs(kernel - before).mean()) for kernel in after)
    apart = float(np.abs(loop.heads() - heads.numpy()[loop.numbers]).max())
    return Comparison((median(times[0]), median(times[1])), moved, apart)


def _timed(step: Callable[[], Any]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started
