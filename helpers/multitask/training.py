"""One compiled training step for all tasks at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.multitask.data import Rows, row_weights
from helpers.multitask.models import cube
from helpers.runtime import tensorflow

_Batches = tuple[np.ndarray, np.ndarray]  # the order of the rows, and where in it the batches begin and end


@dataclass(frozen=True, eq=False)
class Examples:
    """What a model is trained on: its inputs, the target and each target's weight, all with the same first axis."""

    inputs: tuple[np.ndarray, ...]
    target: np.ndarray
    weights: np.ndarray

    @staticmethod
    def of(model: Any, rows: Rows, weighting: str | float = "row") -> Examples:
        """Rows in the layout that the model takes, each with its weight."""
        weights, inputs = row_weights(rows.task, weighting), inputs_of(model, rows.features, rows.task)
        if model.name == "per_task":
            return Examples(inputs, *(cube(one, rows.task, model.output_shape[-1]) for one in (rows.target, weights)))
        return Examples(inputs, rows.target, weights)


def inputs_of(model: Any, features: np.ndarray, task: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return rows in the layout that a model takes: features; features and task; or the cube of `models.per_task`."""
    if model.name == "per_task":
        return (cube(features, task, model.output_shape[-1]),)
    return (features, task)[: len(model.inputs)]


@dataclass
class History:
    """Loss and validation error (mean squared error, standardised) after each epoch; `best` epochs had the lowest.

    start: the validation error before the first epoch. best is 0 where training never improved it.
    """

    loss: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    start: float = float("nan")
    best: int = 0


def whole(count: int) -> Callable[[np.random.Generator], _Batches]:
    """All rows in one batch."""
    order, edges = np.arange(count, dtype=np.int32), np.array([0, count], np.int32)
    return lambda _: (order, edges)


def row_batches(count: int, size: int) -> Callable[[np.random.Generator], _Batches]:
    """Batches of `size` rows at random, whatever their tasks."""
    edges = np.append(np.arange(0, count, size), count).astype(np.int32)
    return lambda random: (random.permutation(count).astype(np.int32), edges)


def task_batches(task: np.ndarray, size: int) -> Callable[[np.random.Generator], _Batches]:
    """Batches of `size` tasks at random, each with all its rows."""
    present, number = np.unique(task, return_inverse=True)
    sizes = np.bincount(number)

    def draw(random: np.random.Generator) -> _Batches:
        drawn = random.permutation(len(present))
        rank = np.argsort(drawn)
        ends = np.append(0, np.cumsum(sizes[drawn]))
        edges = np.append(ends[:-1:size], ends[-1])
        return np.argsort(rank[number], kind="stable").astype(np.int32), edges.astype(np.int32)

    return draw


class Trainer:
    """Trains some variables of a model with one Adam; the compiled step is traced once and used by every `run`.

    variables: those that move; all others stay. pulled: variables with the task on axis 0 whose rows are drawn to their
    mean over the tasks. pull: how many rows of a task its distance from that mean weighs as much as. decay: the weight
    decay of AdamW (Loshchilov and Hutter 2019), on kernels that no task owns. average: the momentum of the moving
    average of the weights over the steps (Polyak and Juditsky 1992) that a run ends with, for example 0.98, about the
    last 50 steps; 0 is none.
    """

    def __init__(
        self,
        model: Any,
        variables: Iterable[Any] | None = None,
        learning_rate: float = 1e-3,
        pulled: Iterable[Any] = (),
        pull: float = 0.0,
        decay: float = 0.0,
        average: float = 0.0,
    ):
        tf = tensorflow()
        import keras

        self.model, self.average = model, average
        self.variables = list(model.trainable_variables if variables is None else variables)
        self.pulled, self.pull = list(pulled), pull
        if decay:
            self.optimizer = keras.optimizers.AdamW(learning_rate, weight_decay=decay)
            self.optimizer.exclude_from_weight_decay(var_names=["bias", "embeddings"])
        else:
            self.optimizer = keras.optimizers.Adam(learning_rate)
        self.optimizer.build(self.variables)
        self._fresh = [v.numpy() for v in self.optimizer.variables]
        self._averages = [tf.Variable(v.numpy(), trainable=False) for v in self.variables]
        # Any number of rows fits, so each is traced once.
        inputs = tuple(tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs)
        number, numbers = tf.TensorSpec(()), tf.TensorSpec([None], tf.int32)
        data = [inputs, *[tf.TensorSpec(model.output_shape)] * 2]
        self._epoch = tf.function(self._epoch, input_signature=[*data, numbers, numbers, number, number])
        self._validate = tf.function(self._validate, input_signature=data)

    def run(
        self,
        examples: Examples,
        epochs: int,
        batches: Callable[[np.random.Generator], _Batches] | None = None,
        validation: Examples | None = None,
        patience: int = 20,
        seed: int = 0,
        on_epoch: Callable[[int, History], None] | None = None,
    ) -> History:
        """Train with a fresh Adam and return the history; the model's variables are changed in place.

        batches: `whole` (also if None), `row_batches` or `task_batches`. validation: when given, training stops after
        `patience` epochs without a lower validation error and the best weights come back, the first ones where nothing
        was better.
        on_epoch: called with the number of epochs done and the history; an exception from it ends the training.
        """
        tf = tensorflow()
        for variable, value in zip(self.optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        for mean, variable in zip(self._averages, self.variables, strict=True):
            mean.assign(variable)
        data = _tensors(examples)
        held = _tensors(validation) if validation is not None else None
        draw = batches or whole(len(examples.target))
        random = np.random.default_rng(seed)
        # The loss is a sum of one mean per task, so a pull of one row is the average row's weight.
        strength = self.pull * float(examples.weights.sum()) / max(1, int((examples.weights > 0).sum()))
        history, best = History(), self._averaged()
        if held:
            history.start = float(self._validate(*held))
        done = tf.constant(0.0)
        for epoch in range(1, epochs + 1):
            order, edges = (tf.constant(part) for part in draw(random))
            loss, done = self._epoch(*data, order, edges, tf.constant(strength, tf.float32), done)
            history.loss.append(float(loss))
            if held:
                history.validation.append(float(self._validate(*held)))
                if history.validation[-1] <= min([history.start, *history.validation]):
                    history.best, best = epoch, self._averaged()
            if on_epoch:
                on_epoch(epoch, history)
            if held and epoch - history.best >= patience:
                break
        self._assign(best if held else self._averaged())
        history.best = history.best if held else len(history.loss)
        return history

    def _epoch(self, inputs, target, weights, order, edges, strength, done):
        """All batches once; returns the mean loss of the epoch and the number of steps done so far."""
        tf = tensorflow()
        total = tf.constant(0.0)
        count = tf.cast(tf.shape(target)[0], tf.float32)
        for number in tf.range(tf.shape(edges)[0] - 1):
            rows = order[edges[number] : edges[number + 1]]
            share = count / tf.cast(tf.shape(rows)[0], tf.float32)
            with tf.GradientTape() as tape:
                prediction = self._call([tf.gather(part, rows) for part in inputs])
                error = tf.gather(weights, rows) * (tf.gather(target, rows) - prediction) ** 2
                loss = share * tf.reduce_sum(error)
                penalties = [tf.reduce_sum((v - tf.reduce_mean(v, axis=0)) ** 2) for v in self.pulled]
                objective = loss + strength * tf.add_n(penalties) if penalties else loss
            # A table of embeddings gives sparse gradients; dense ones are what an Adam per task would see.
            gradients = [tf.convert_to_tensor(g) for g in tape.gradient(objective, self.variables)]
            self.optimizer.apply_gradients(zip(gradients, self.variables, strict=True))
            done += 1.0
            total += loss / share
            # In the beginning the average is short, or it would remember the start.
            momentum = tf.minimum(self.average, (1.0 + done) / (10.0 + done))
            for mean, variable in zip(self._averages, self.variables, strict=True):
                mean.assign(momentum * mean + (1.0 - momentum) * variable)
        return total / tf.reduce_sum(weights), done

    def _validate(self, inputs, target, weights):
        """The mean squared error, every row counting the same, of the averaged weights."""
        tf = tensorflow()
        kept = [tf.identity(variable) for variable in self.variables]
        self._assign(self._averages)
        there = tf.cast(weights > 0, tf.float32)
        error = tf.reduce_sum(there * (target - self._call(list(inputs))) ** 2) / tf.reduce_sum(there)
        self._assign(kept)
        return error

    def _call(self, inputs: list) -> Any:
        return self.model(inputs if len(inputs) > 1 else inputs[0], training=True)

    def _averaged(self) -> list[np.ndarray]:
        return [mean.numpy() for mean in self._averages]

    def _assign(self, values: Iterable[Any]) -> None:
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)


def _tensors(examples: Examples) -> tuple:
    tf = tensorflow()
    constant = tf.constant
    return tuple(map(constant, examples.inputs)), constant(examples.target), constant(examples.weights)
