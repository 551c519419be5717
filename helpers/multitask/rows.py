"""Rows of many tasks made ready for training: parts, scales and weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from helpers import arguments

WEIGHTINGS = {"row": 0.0, "between": 0.5, "task": 1.0}  # the power of 1 / rows of the task


@dataclass(frozen=True, eq=False)
class Rows:
    """Standardised rows: features float32 `(rows, columns)`, target float32 `(rows,)`, task int32 `(rows,)`.

    Whatever `datasets.Tasks` takes as these is taken here, too. Raises ValueError where they do not fit together.
    """

    features: np.ndarray
    target: np.ndarray
    task: np.ndarray

    def __post_init__(self) -> None:
        features, target = arguments.columns("features", self.features), arguments.column("target", self.target)
        task = arguments.task_numbers(self.task)
        if not len(features) == len(target) == len(task):
            raise ValueError(
                f"there are {len(features)} rows of features, {len(target)} targets and {len(task)} tasks; each row "
                f"needs one of each"
            )
        kept = {"features": features.astype(np.float32), "target": target.astype(np.float32)}
        for name, value in {**kept, "task": task.astype(np.int32)}.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.target)

    def take(self, chosen: np.ndarray) -> Rows:
        """The rows of a bool mask or of row numbers."""
        return Rows(self.features[chosen], self.target[chosen], self.task[chosen])


@dataclass(frozen=True, eq=False)
class Scaling:
    """Means and standard deviations of the rows that were looked at: `(columns,)` for features, a number for target."""

    feature_mean: np.ndarray
    feature_deviation: np.ndarray
    target_mean: float
    target_deviation: float

    def features(self, raw: np.ndarray) -> np.ndarray:
        """Standardised features, float32, from raw ones. Raises ValueError for missing values or another width."""
        raw = arguments.columns("the features", raw)
        if raw.shape[1] != len(self.feature_mean):
            raise ValueError(f"the features have shape {raw.shape}; expected (rows, {len(self.feature_mean)})")
        if not np.isfinite(raw).all():
            count = int((~np.isfinite(raw)).any(axis=1).sum())
            raise ValueError(f"{count} of {len(raw)} rows have missing values; leave these rows out, or fill them in")
        return ((raw - self.feature_mean) / self.feature_deviation).astype(np.float32)

    def target(self, raw: np.ndarray) -> np.ndarray:
        """Standardised target, float32."""
        return ((arguments.column("the target", raw) - self.target_mean) / self.target_deviation).astype(np.float32)

    def to_unit(self, standardised: np.ndarray) -> np.ndarray:
        """Targets or predictions in the data's own unit, float64."""
        return np.asarray(standardised, np.float64) * self.target_deviation + self.target_mean


@dataclass(frozen=True, eq=False)
class Prepared:
    """A table in four parts, standardised: `train` and `validation` together are `fit`; `test` is never trained on.

    known: bool `(tasks,)`, False for a task that has no row in `fit`.
    """

    name: str
    unit: str
    task_names: tuple[str, ...]
    train: Rows
    validation: Rows
    fit: Rows
    test: Rows
    scaling: Scaling

    @property
    def tasks(self) -> int:
        """How many tasks the table has."""
        return len(self.task_names)

    @property
    def columns(self) -> int:
        """How many features a row has."""
        return self.fit.features.shape[1]

    @property
    def known(self) -> np.ndarray:
        """bool `(tasks,)`: whether a task has rows to train on."""
        return self.sizes > 0

    @property
    def sizes(self) -> np.ndarray:
        """int64 `(tasks,)`: how many rows of each task are in `fit`."""
        return np.bincount(self.fit.task, minlength=self.tasks)


def prepare(
    tasks: Any, test: float | np.ndarray = 0.25, validation: float = 0.2, seed: int = 0, scale_on: str = "fit"
) -> Prepared:
    """Split a `datasets.Tasks` by rows within each task, and standardise it.

    test: the share of each task's rows that is held out, or a bool mask `(rows,)`. validation: the share of the other
    rows on which the number of epochs is chosen. Each task keeps at least one row for training. scale_on: "fit" takes
    means and standard deviations from the rows that are not in the test part; "all" looks at the test rows too, which
    is wrong, and is here to repeat the lecture's numbers. Raises ValueError for missing values and impossible shares.
    """
    if scale_on not in ("fit", "all"):
        raise ValueError(f"scale_on is {scale_on!r}; expected 'fit', or 'all' to repeat the lecture's protocol")
    if not all(hasattr(tasks, part) for part in ("features", "target", "task", "task_names")):
        raise ValueError(f"tasks is a {type(tasks).__name__}, expected a table of tasks: datasets.Tasks(...)")
    seed = arguments.whole("seed", seed)
    if np.ndim(test):
        if not np.isin(test, (0, 1)).all():
            raise ValueError("the test mask holds other values than True and False; give a share, or one bool a row")
        held_out = np.asarray(test, dtype=bool)
        if held_out.shape != tasks.target.shape or held_out.all():
            raise ValueError(f"the test mask must have {len(tasks.target)} values and leave rows for training")
    else:
        held_out = tasks.split(test, seed)[1]
    fit = ~held_out
    rehearsal = np.zeros_like(held_out)
    rehearsal[np.flatnonzero(fit)[_hold_out(tasks.task[fit], validation, seed)]] = True
    scaling = _scaling(tasks, fit if scale_on == "fit" else np.ones_like(fit))
    every = Rows(scaling.features(tasks.features), scaling.target(tasks.target), tasks.task.astype(np.int32))
    if not np.isfinite(every.target).all():
        raise ValueError("some targets are missing; leave these rows out: a target cannot be filled in")
    parts = (every.take(mask) for mask in (fit & ~rehearsal, rehearsal, fit, held_out))
    return Prepared(tasks.name, tasks.unit, tuple(tasks.task_names), *parts, scaling)


def limit(prepared: Prepared, most: int | np.ndarray, seed: int = 0) -> Prepared:
    """Return the same table with at most so many training rows of each task; the test part and the scales stay.

    most: a number, or int `(tasks,)` with a number for each task, 0 to forget it. The rows are drawn at random from
    `fit` and split again into train and validation. Raises ValueError for negative numbers, or if no row is left.
    """
    prepared = arguments.made_by("prepared", prepared, Prepared, "what multitask.prepare() gives")
    given = np.atleast_1d(np.asarray(most))
    if given.dtype.kind not in "iuf" or not (given == np.floor(given)).all() or len(given) not in (1, prepared.tasks):
        raise ValueError(
            f"most is {arguments.shown(most)}; expected a whole number of rows, or {prepared.tasks}, one for each task"
        )
    most, seed = np.broadcast_to(given, (prepared.tasks,)), arguments.whole("seed", seed)
    rows = prepared.fit
    share = len(prepared.validation) / len(rows)
    kept = rows.take(_rank(rows.task, np.random.default_rng([seed, 2])) < most[rows.task])
    if (most < 0).any() or not len(kept):
        raise ValueError(f"most is {most.min()} to {most.max()}; expected numbers of rows from 0, not all of them 0")
    rehearsal = _hold_out(kept.task, share, seed)
    return replace(prepared, train=kept.take(~rehearsal), validation=kept.take(rehearsal), fit=kept)


def row_weights(task: np.ndarray, weighting: str | float = "task") -> np.ndarray:
    """Return the weight of each row in the loss, float32 `(rows,)`; their sum is the number of tasks that occur.

    "task": every task counts the same, however few rows it has (the lecture's sum of one mean per school). "row":
    every row counts the same. "between": weights fall with the square root of the task's size. A number from 0
    ("row") to 1 ("task") goes all the way between. Raises ValueError for anything else.
    """
    power = WEIGHTINGS.get(weighting, weighting) if isinstance(weighting, str) else weighting
    known = isinstance(power, int | float | np.number) and not isinstance(power, bool)
    if not known or not 0 <= power <= 1:
        raise ValueError(
            f"weighting is {arguments.shown(weighting)}; expected 'task', 'row', 'between' or a number from 0 to 1"
        )
    task = arguments.task_numbers(task)
    sizes = np.bincount(task)
    weights = sizes[task].astype(np.float64) ** -power
    return (weights * ((sizes > 0).sum() / weights.sum())).astype(np.float32)


def _hold_out(task: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Bool mask `(rows,)`: the share of each task's rows, at random, rounded; one row of each task at least stays."""
    if not isinstance(share, int | float | np.number) or isinstance(share, bool) or not 0 <= share < 1:
        raise ValueError(
            f"the share validation={arguments.shown(share)} must be at least 0 and below 1, for example 0.2"
        )
    sizes = np.bincount(task)
    quota = np.minimum(np.floor(sizes * share + 0.5), sizes - 1)
    return _rank(task, np.random.default_rng([seed, 1])) < quota[task]


def _rank(task: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """int64 `(rows,)`: a random order within each task, from 0."""
    order = np.lexsort((random.random(len(task)), task))
    sizes = np.bincount(task)
    rank = np.empty(len(task), np.int64)
    rank[order] = np.arange(len(task)) - (np.cumsum(sizes) - sizes)[task[order]]
    return rank


def _scaling(tasks: Any, looked_at: np.ndarray) -> Scaling:
    features, target = tasks.features[looked_at], tasks.target[looked_at]
    deviation = features.std(axis=0)
    # A column may be constant in the rows looked at: then it is all zeros there, and dividing would make it infinite.
    deviation[deviation < 1e-12 * np.maximum(1.0, np.abs(features).max(axis=0))] = 1.0
    spread = float(target.std())
    return Scaling(features.mean(axis=0), deviation, float(target.mean()), spread if spread > 0 else 1.0)
