"""Rows of many tasks made ready for training: parts, scales and weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from helpers.datasets import Tasks
from helpers.datasets.tables import held_out, places
from helpers.runtime import arguments

_WEIGHTINGS = {"row": 0.0, "between": 0.5, "task": 1.0}  # the power of 1 / rows of the task


@dataclass(frozen=True, eq=False)
class Rows:
    """Standardised rows: features float32 `(rows, columns)`, target float32 `(rows,)`, task int32 `(rows,)`.

    Whatever `datasets.Tasks` takes as these is taken here, too. Raises ValueError where they do not fit together.
    """

    features: np.ndarray
    target: np.ndarray
    task: np.ndarray

    def __post_init__(self) -> None:
        kept = {
            "features": arguments.columns("features", self.features).astype(np.float32),
            "target": arguments.column("target", self.target).astype(np.float32),
            "task": arguments.task_numbers(self.task).astype(np.int32),
        }
        rows, targets, tasks = map(len, kept.values())
        if not rows == targets == tasks:
            raise ValueError(
                f"there are {rows} rows of features, {targets} targets and {tasks} tasks; each row needs one of each"
            )
        for name, value in kept.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.target)

    def take(self, chosen: np.ndarray) -> Rows:
        """The rows of a bool mask or of row numbers."""
        return Rows(self.features[chosen], self.target[chosen], self.task[chosen])


def checked_features(values: Any, rows: int | None, columns: int | None) -> np.ndarray:
    """Return features as float64 `(rows, columns)`; None is any number. Raises ValueError, also for missing values."""
    features = arguments.columns("the features", values)
    if rows not in (None, len(features)) or columns not in (None, features.shape[1]):
        expected = f"({'rows' if rows is None else rows}, {columns or 'columns'})"
        raise ValueError(f"the features have shape {features.shape}, expected {expected}: a row for each task")
    missing = int((~np.isfinite(features)).any(axis=1).sum())
    if missing:
        raise ValueError(
            f"{missing} of {len(features)} rows have missing values; leave these rows out, or fill them in"
        )
    return features


@dataclass(frozen=True, eq=False)
class Scaling:
    """Means and standard deviations of the rows that were looked at: `(columns,)` for features, a number for target."""

    feature_mean: np.ndarray
    feature_deviation: np.ndarray
    target_mean: float
    target_deviation: float

    def features(self, raw: np.ndarray) -> np.ndarray:
        """Standardised features, float32, from raw ones. Raises ValueError for missing values or another width."""
        raw = checked_features(raw, None, len(self.feature_mean))
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
    tasks: Tasks, test: float | np.ndarray = 0.25, validation: float = 0.2, seed: int = 0, scale_on: str = "fit"
) -> Prepared:
    """Split a `datasets.Tasks` by rows within each task, and standardise it.

    test: the share of each task's rows that is held out, or a bool mask `(rows,)`. validation: the share of the other
    rows on which the number of epochs is chosen. Each task keeps at least one row for training. scale_on: "fit" takes
    means and standard deviations from the rows that are not in the test part; "all" looks at the test rows too, which
    is wrong, and is here to repeat the lecture's numbers. Raises ValueError for missing values and impossible shares.
    """
    if scale_on not in ("fit", "all"):
        raise ValueError(f"scale_on is {scale_on!r}; expected 'fit', or 'all' to repeat the lecture's protocol")
    arguments.made_by("tasks", tasks, Tasks, "a table of tasks: datasets.Tasks(...)")
    if np.ndim(test):
        held = np.asarray(test, dtype=bool)
        if held.shape != tasks.target.shape or held.all():
            raise ValueError(f"the test mask must have {len(tasks.target)} values and leave rows for training")
    else:
        held = tasks.split(test, seed)[1]
    fit = ~held
    train_only_weights = np.zeros_like(held)
    train_only_weights[np.flatnonzero(fit)[_hold_out(tasks.task[fit], validation, seed)]] = True
    scaling = _scaling(tasks, fit if scale_on == "fit" else np.ones_like(fit))
    every = Rows(scaling.features(tasks.features), scaling.target(tasks.target), tasks.task)
    parts = (every.take(mask) for mask in (fit & ~train_only_weights, train_only_weights, fit, held))
    return Prepared(tasks.name, tasks.unit, tuple(tasks.task_names), *parts, scaling)


def subsample(prepared: Prepared, most: int | np.ndarray, seed: int = 0) -> Prepared:
    """Return the same table with at most so many training rows of each task; the test part and the scales stay.

    most: a number, or int `(tasks,)` with a number for each task, 0 to forget it. The rows are drawn at random from
    `fit` and split again into train and validation. Raises ValueError for negative numbers, or if no row is left.
    """
    given, rows, random = np.atleast_1d(np.asarray(most)), prepared.fit, np.random.default_rng([seed, 2])
    share = len(prepared.validation) / len(rows)
    right = given.dtype.kind in "iuf" and len(given) in (1, prepared.tasks) and (given == np.floor(given)).all()
    numbers = np.broadcast_to(given if right else 0, (prepared.tasks,))
    kept = rows.take(places(rows.task, random.random(len(rows))) < numbers[rows.task])
    if (numbers < 0).any() or not len(kept):
        raise ValueError(
            f"most is {arguments.shown(most)}; expected a whole number of rows, not 0, or {prepared.tasks} from 0, one "
            "for each task"
        )
    train_only_weights = _hold_out(kept.task, share, seed)
    return replace(prepared, train=kept.take(~train_only_weights), validation=kept.take(train_only_weights), fit=kept)


def row_weights(task: np.ndarray, weighting: str | float = "task") -> np.ndarray:
    """Return the weight of each row in the loss, float32 `(rows,)`; their sum is the number of tasks that occur.

    "task": every task counts the same, however few rows it has (the lecture's sum of one mean per school). "row":
    every row counts the same. "between": weights fall with the square root of the task's size. A number from 0
    ("row") to 1 ("task") goes all the way between. Raises ValueError for anything else.
    """
    power = _WEIGHTINGS.get(weighting, weighting) if isinstance(weighting, str) else weighting
    if isinstance(power, str | bool) or not 0 <= power <= 1:
        raise ValueError(
            f"weighting is {arguments.shown(weighting)}; expected 'task', 'row', 'between' or a number from 0 to 1"
        )
    task = arguments.task_numbers(task)
    sizes = np.bincount(task)
    weights = sizes[task].astype(np.float64) ** -power
    return (weights * ((sizes > 0).sum() / weights.sum())).astype(np.float32)


def _hold_out(task: np.ndarray, share: float, seed: int) -> np.ndarray:
    return held_out(task, share, np.random.default_rng([seed, 1]), "validation")


def _scaling(tasks: Tasks, looked_at: np.ndarray) -> Scaling:
    features, target = tasks.features[looked_at], tasks.target[looked_at]
    deviation = features.std(axis=0)
    # A column may be constant in the rows looked at: then it is all zeros there, and dividing would make it infinite.
    deviation[deviation < 1e-12 * np.maximum(1.0, np.abs(features).max(axis=0))] = 1.0
    spread = float(target.std())
    return Scaling(features.mean(axis=0), deviation, float(target.mean()), spread if spread > 0 else 1.0)
