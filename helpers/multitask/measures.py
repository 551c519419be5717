"""How good predictions are, in standardised numbers and in the data's own unit, and for which tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers import arguments
from helpers.multitask.fitting import Fitted
from helpers.multitask.rows import Prepared, Rows

LIMITS = 1.96  # standard deviations: 95 % of differences, if they are normal (Bland and Altman 1986)


@dataclass(frozen=True)
class Scores:
    """mse: standardised, every row the same; task_mse: the mean of one mse per task; r2; rmse: in the data's unit."""

    name: str
    mse: float
    task_mse: float
    r2: float
    rmse: float
    seconds: float


@dataclass(frozen=True)
class Agreement:
    """Bland and Altman 1986, of prediction minus truth.

    bias: their mean; low and high: the limits that hold 95 % of them; slope: how the difference changes with the mean
    of prediction and truth; 0 where both vary alike, negative where the predictions vary less.
    """

    bias: float
    low: float
    high: float
    slope: float


def score(fitted: Fitted, prepared: Prepared, rows: Rows | None = None, unknown: str = "refuse") -> Scores:
    """Return the scores of a fitted model on `rows`, by default the test part; ValueError where there are none."""
    fitted, prepared = _both(fitted, prepared)
    rows = prepared.test if rows is None else arguments.made_by("rows", rows, Rows, "Rows(...), or None for the test's")
    predicted = fitted.predict(rows.features, rows.task, unknown)
    errors = squared_errors(rows.target, predicted)
    spread = float(np.mean((rows.target - rows.target.mean(dtype=np.float64)) ** 2))
    mse = float(errors.mean())
    r2 = 1 - mse / spread if spread > 0 else float("nan")
    rmse = float(np.sqrt(mse)) * prepared.scaling.target_deviation
    return Scores(fitted.name, mse, float(np.nanmean(by_task(errors, rows.task))), r2, rmse, fitted.seconds)


def squared_errors(target: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """float64 `(rows,)`; ValueError where shapes differ, so that nothing is broadcast by accident, or for no rows."""
    target, predicted = (_array(one) for one in (target, predicted))
    if target.shape != predicted.shape or target.ndim != 1 or not len(target):
        raise ValueError(f"targets {target.shape} and predictions {predicted.shape} must be equal in shape: (rows,)")
    return (target - predicted) ** 2


def by_task(values: np.ndarray, task: np.ndarray, tasks: int | None = None) -> np.ndarray:
    """The mean of `values` `(rows,)` in each task, float64 `(tasks,)`; NaN for a task without rows.

    Raises ValueError for tasks that are no whole numbers from 0, or another number of them than of values.
    """
    tasks = None if tasks is None else arguments.whole("the number of tasks", tasks)
    values, task = arguments.column("the values", values), arguments.task_numbers(task, tasks)
    if len(values) != len(task):
        raise ValueError(f"there are {len(values)} values and {len(task)} tasks; each row needs one of each")
    tasks = int(task.max(initial=-1)) + 1 if tasks is None else tasks
    counts = np.bincount(task, minlength=tasks)
    sums = np.bincount(task, values, minlength=tasks)
    return np.divide(sums, counts, out=np.full(tasks, np.nan), where=counts > 0)


def _array(values: Any) -> np.ndarray:
    """Numbers as float64, of whatever shape they are."""
    if not hasattr(values, "__array__") and not isinstance(values, list | tuple):
        raise ValueError(f"targets and predictions must be numbers (rows,), and one is {arguments.shown(values)}")
    return np.asarray(values, np.float64)


def _both(fitted: Fitted, prepared: Prepared) -> tuple[Fitted, Prepared]:
    fitted = arguments.made_by("the model", fitted, Fitted, "what a function fit_... of multitask gives")
    return fitted, arguments.made_by("prepared", prepared, Prepared, "what multitask.prepare() gives")


def gains(before: Fitted, after: Fitted, prepared: Prepared, unknown: str = "refuse") -> np.ndarray:
    """How much the test error of each task falls from one model to the other, `(tasks,)`, standardised.

    Positive where `after` is better; NaN for a task without test rows.
    """
    rows = _both(before, prepared)[1].test
    _both(after, prepared)
    errors = [
        squared_errors(rows.target, fitted.predict(rows.features, rows.task, unknown)) for fitted in (before, after)
    ]
    return by_task(errors[0] - errors[1], rows.task, prepared.tasks)


def agreement(truth: np.ndarray, predicted: np.ndarray) -> Agreement:
    """Bias, limits of agreement and slope of predictions against the truth, both `(rows,)` in one unit."""
    squared_errors(truth, predicted)  # refuses what does not fit together
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    difference, mean = predicted - truth, (predicted + truth) / 2
    bias, spread = float(difference.mean()), float(difference.std(ddof=1)) if len(difference) > 1 else 0.0
    varies = float(np.var(mean))
    slope = float(np.cov(mean, difference, ddof=0)[0, 1] / varies) if varies > 0 else 0.0
    return Agreement(bias, bias - LIMITS * spread, bias + LIMITS * spread, slope)


def gate_positions(gated: Fitted, known_only: bool = True) -> tuple[np.ndarray, np.ndarray, float]:
    """Two principal axes of the opened gates of all tasks.

    Returns positions `(tasks, 2)`, the numbers of the tasks `(tasks,)`, and the share of the gates' variance that the
    two axes hold.
    """
    if getattr(getattr(gated, "model", None), "name", "") != "gated":
        raise ValueError(f"{getattr(gated, 'name', gated)!r} has no gates; give the model of fit_gated")
    gate = gated.model.get_layer("gate").embeddings.numpy().astype(np.float64)
    opened = 1 / (1 + np.exp(-gate))
    numbers = np.flatnonzero(gated.known) if known_only else np.arange(len(opened))
    centred = opened[numbers] - opened[numbers].mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    total = float((strengths**2).sum())
    return left[:, :2] * strengths[:2], numbers, float((strengths[:2] ** 2).sum() / total) if total else 0.0


def explained(places: np.ndarray, values: np.ndarray) -> float:
    """R2 of the plane that fits `values` `(n,)` best over `places` `(n, axes)`; NaN where all values are equal."""
    places, values = arguments.columns("the places", places), arguments.column("the values", values)
    if len(places) != len(values):
        raise ValueError(f"there are {len(places)} places and {len(values)} values; each place needs one")
    if not len(values) or np.ptp(values) == 0:
        return float("nan")
    columns = np.column_stack([places, np.ones(len(places))])
    left = values - columns @ np.linalg.lstsq(columns, values, rcond=None)[0]
    return float(1 - np.var(left) / np.var(values))


def table(rows: list[Scores], extra: dict[str, dict[str, Any]] | None = None) -> Any:
    """A pandas table of scores, a row for each model; `extra` adds columns: title -> model name -> value."""
    import pandas

    if not isinstance(rows, list | tuple) or not all(isinstance(row, Scores) for row in rows):
        raise ValueError(f"rows is {arguments.shown(rows)}, expected a list of what score() gives")
    columns = {"mse": "MSE (standardised)", "task_mse": "tasks' mean MSE", "r2": "R2", "rmse": "RMSE (unit)"}
    frame = pandas.DataFrame(
        {text: [getattr(row, key) for row in rows] for key, text in columns.items()},
        index=[row.name for row in rows],
    ).round(3)
    frame["seconds"] = [round(row.seconds, 1) for row in rows]
    for title, values in (extra or {}).items():
        frame[title] = [values.get(row.name, "") for row in rows]
    return frame
