"""The four models, fitted: epochs chosen on the validation part, then trained once more on all rows but the test's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.multitask import models
from helpers.multitask.data import Prepared, Rows, checked_features
from helpers.multitask.training import Examples, History, Trainer, inputs_of, row_batches, task_batches, whole
from helpers.runtime import arguments

_OnEpoch = Callable[[str, int, History], None] | None
_HEAD_PHASES = ("heads", "upper shared layer", "all layers")  # what the three steps of fine-tuning let move


@dataclass(eq=False)
class Fitted:
    """A trained model for all tasks.

    call: from standardised features `(rows, columns)` and task `(rows,)` to standardised predictions `(rows,)`. known:
    bool `(tasks,)`, the tasks it has learned, or None for a model that does not look at the task. shared: the model to
    ask for unknown tasks. epochs: how many, for each step of training. seconds: search and final training together.
    train_only_weights: the model's weights when it had seen the train part only, where a model that grows from it must
    start its own search: else its validation rows would be old acquaintances. columns: how many features a row has,
    None for any.
    """

    name: str
    call: Callable[[np.ndarray, np.ndarray], np.ndarray]
    known: np.ndarray | None = None
    shared: Fitted | None = None
    model: Any = None
    epochs: tuple[int, ...] = ()
    history: dict[str, History] = field(default_factory=dict)
    seconds: float = 0.0
    train_only_weights: list[np.ndarray] | None = None
    columns: int | None = None

    def predict(self, features: np.ndarray, task: np.ndarray, unknown: str = "refuse") -> np.ndarray:
        """Return standardised predictions, float32 `(rows,)`, for rows of any tasks in one call.

        features: standardised, `(rows, columns)`. task: `(rows,)` whole numbers. unknown: what to do for a task without
        any training row, "refuse" (ValueError) or "shared" (the model that serves all tasks predicts these rows).
        """
        if unknown not in ("refuse", "shared"):
            raise ValueError(f"unknown is {unknown!r}; expected 'refuse' or 'shared'")
        task = arguments.task_numbers(task, negative=True)
        features = checked_features(features, len(task), self.columns).astype(np.float32)
        if not len(task):
            return np.empty(0, np.float32)
        if self.known is None:
            return self.call(features, task)
        strange = ~np.isin(task, np.flatnonzero(self.known))
        if strange.any() and (unknown != "shared" or self.shared is None):
            raise ValueError(self._stranger(int(task[strange][0]), unknown))
        predictions = np.empty(len(task), np.float32)
        if (~strange).any():
            predictions[~strange] = self.call(features[~strange], task[~strange])
        if strange.any():
            predictions[strange] = self.shared.predict(features[strange], task[strange])
        return predictions

    def _stranger(self, task: int, unknown: str) -> str:
        known = f"{self.name!r} learned {int(self.known.sum())} tasks, counted from 0; task {task} is not among them"
        if self.shared is None:
            return f"{known}; it has no shared model to ask: fit it with shared=, the model of fit_one_for_all"
        return f"{known}; pass unknown='shared' to ask the one model for all"


def fit_one_for_all(prepared: Prepared, seed: int = 0, **how: Any) -> Fitted:
    """Model 2: one network for all tasks, which never hears of tasks. `how` is that of `search_and_fit`."""
    _check(seed=seed)
    model = models.one_for_all(prepared.columns, seed=seed)
    trainer = Trainer(model, learning_rate=2e-3, decay=0.1, average=0.98)
    return search_and_fit("one for all", prepared, model, [trainer], seed, **how)


def fit_per_task(
    prepared: Prepared, seed: int = 0, shared: Fitted | None = None, pull: float = 0.0, **how: Any
) -> Fitted:
    """Model 1: a network of its own for every task, all trained at once, each on all of its rows in every step.

    pull: 0 leaves the networks alone. With a pull they start as copies of `shared` and are drawn to their mean as if
    by so many rows: soft sharing. Raises ValueError for a pull without `shared`.
    """
    _check(seed=seed, pull=pull)
    if pull and shared is None:
        raise ValueError("soft sharing starts from the one model for all: pass shared=, the model of fit_one_for_all")
    _check_shared(prepared, shared, grown=bool(pull))
    model = models.per_task(prepared.columns, prepared.tasks, seed=seed)
    pulled = {"pulled": model.trainable_variables, "pull": pull} if pull else {}
    trainer = Trainer(model, learning_rate=5e-4 if pull else 2e-3, **pulled)
    name, starts = ("soft sharing", _starts(model, shared)) if pull else ("one per task", None)
    how = {"epochs": 200, "batch": None, "weighting": "task", **how}
    return search_and_fit(name, prepared, model, [trainer], seed, shared, starts, **how)


def fit_heads(
    prepared: Prepared,
    shared: Fitted,
    seed: int = 0,
    pull: float = 30.0,
    phases: int = 3,
    learning_rate: float = 1e-3,
    **how: Any,
) -> Fitted:
    """Model 3: the shared layers of `shared` and a head per task, started as its output: hard sharing.

    Trained in `phases` steps, as in the lecture: the heads; then the upper shared layer too; then all layers. The
    validation part may choose no epoch at all for a step. pull: the heads are drawn to their mean as by so many rows.
    learning_rate: of the first step; the others take 0.3 of it, so as not to destroy what the shared layers know.
    Raises ValueError for phases other than 1 to 3, and for another `shared` than the model of `fit_one_for_all`.
    """
    _check(seed=seed, pull=pull)
    phases = arguments.whole("phases", phases, 1, len(_HEAD_PHASES))
    learning_rate = arguments.number("learning_rate", learning_rate, 0, above=True)
    _check_shared(prepared, shared, grown=True)
    model = models.shared_with_heads(shared.model, prepared.tasks)
    heads = model.get_layer("heads").trainable_variables
    upper = [layer for layer in model.layers if layer.name.startswith("shared_")][-1]
    moving = (heads, heads + upper.trainable_variables, model.trainable_variables)
    trainers = [
        Trainer(model, variables, share * learning_rate, heads, pull, average=0.98)
        for variables, share in zip(moving[:phases], (1, 0.3, 0.3), strict=False)
    ]
    return search_and_fit("shared + heads", prepared, model, trainers, seed, shared, _starts(model, shared), **how)


def fit_gated(prepared: Prepared, seed: int = 0, shared: Fitted | None = None, pull: float = 3.0, **how: Any) -> Fitted:
    """Model 4: the sigmoid of the task's embedding times a layer of the features, then layers shared by all."""
    _check(seed=seed, pull=pull)
    _check_shared(prepared, shared)
    model = models.gated(prepared.columns, prepared.tasks, seed=seed)
    gate = model.get_layer("gate").trainable_variables
    trainer = Trainer(model, None, 2e-3, gate, pull, decay=0.1, average=0.98)
    return search_and_fit("gated", prepared, model, [trainer], seed, shared, **how)


def search_and_fit(
    name: str,
    prepared: Prepared,
    model: Any,
    trainers: list[Trainer],
    seed: int,
    shared: Fitted | None = None,
    starts: tuple[list, list] | None = None,
    weighting: str | float = "row",
    epochs: int = 100,
    patience: int = 12,
    batch: int | None = 256,
    batch_of: str = "rows",
    on_epoch: _OnEpoch = None,
) -> Fitted:
    """Train a model twice from the same start and return it `Fitted`.

    First on `prepared.train`, step after step (one `Trainer` each), each for the number of epochs with the lowest error
    on `prepared.validation`; then on `prepared.fit` for just as many epochs. batch: how many rows, or tasks if
    batch_of is "tasks", a step looks at; None for all rows. starts: the weights that the two trainings start from, if
    not those that the model has. on_epoch: called with the step's name, the epoch and its history; an exception that
    it raises ends the training.
    """
    _check(epochs=epochs, patience=patience, batch=1 if batch is None else batch)
    started = time.perf_counter()
    first, last = starts or (model.get_weights(),) * 2
    steps = _HEAD_PHASES[: len(trainers)] if len(trainers) > 1 else (name,)
    history: dict[str, History] = {}

    def train(rows: Rows, start: list, many: Sequence[int], validation: Examples | None) -> list[np.ndarray]:
        model.set_weights(start)
        examples = Examples.of(model, rows, weighting)
        batches = _batches(rows, examples, batch, batch_of)
        for trainer, step, count in zip(trainers, steps, many, strict=True):
            watch = (lambda epoch, past, step=step: on_epoch(step, epoch, past)) if on_epoch else None
            past = trainer.run(examples, count, batches, validation, patience, seed, watch)
            if validation:
                history[step] = past
        return model.get_weights()

    chosen, train_only_weights = [epochs] * len(trainers), None
    if len(prepared.validation):  # else there are no rows to choose on: the final training alone, for all epochs
        train_only_weights = train(prepared.train, first, chosen, Examples.of(model, prepared.validation))
        chosen = [past.best for past in history.values()]
    train(prepared.fit, last, chosen, None)
    known = None if model.name == "one_for_all" else prepared.known
    seconds = time.perf_counter() - started
    trained = (tuple(chosen), history, seconds, train_only_weights, prepared.columns)
    return Fitted(name, _caller(model), known, shared, model, *trained)


def _check(**given: Any) -> None:
    """Raise ValueError for a setting that is no number, or too small."""
    for name, value in given.items():
        if name == "pull":
            arguments.number(name, value, 0)
        else:
            arguments.whole(name, value, 0 if name in ("seed", "epochs") else 1)


def _check_shared(prepared: Prepared, shared: Fitted | None, grown: bool = False) -> None:
    """Raise ValueError for a shared model that cannot serve these rows; `grown`: or that no model can grow from."""
    if shared is None and not grown:
        return
    right = isinstance(shared, Fitted) and shared.known is None
    if not right or (grown and getattr(shared.model, "name", "") != "one_for_all"):
        name = getattr(shared, "name", type(shared).__name__)
        raise ValueError(f"shared is {name!r}; expected the model of fit_one_for_all")
    if shared.columns not in (None, prepared.columns):
        raise ValueError(f"shared was fitted on {shared.columns} features, and these rows have {prepared.columns}")


def _starts(model: Any, shared: Fitted) -> tuple[list, list]:
    """Weights of a model grown from `shared`, as it was after the train part alone and as it is now."""
    both = []
    for weights in (shared.train_only_weights, None):
        models.start_from(model, shared.model, weights)
        both.append(model.get_weights())
    return both[0], both[1]


def _batches(rows: Rows, examples: Examples, batch: int | None, batch_of: str) -> Any:
    if batch_of not in ("rows", "tasks"):
        raise ValueError(f"batch_of is {batch_of!r}; expected 'rows' or 'tasks'")
    if batch is None:
        return whole(len(examples.target))
    return task_batches(rows.task, batch) if batch_of == "tasks" else row_batches(len(rows), batch)


def _caller(model: Any) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """A function of features and task that gives the model its own layout, all rows in one call."""

    def call(features: np.ndarray, task: np.ndarray) -> np.ndarray:
        features, task = np.asarray(features, np.float32), np.asarray(task, np.int32)
        inputs = inputs_of(model, features, task)
        found = model(inputs if len(inputs) > 1 else inputs[0]).numpy()
        return found[models.places_of(task), task] if model.name == "per_task" else found

    return call
