"""How good predictions are, in standardised numbers and in the data's own unit, and for which tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.multitask.data import Prepared, Rows
from helpers.multitask.fit import Fitted
from helpers.runtime import arguments

_LIMITS = 1.96  # standard deviations: 95 % of differences, if they are normal (Bland and Altman 1986)


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
    rows = prepared.test if rows is None else rows
    predicted = fitted.predict(rows.features, rows.task, unknown)
    errors = squared_errors(rows.target, predicted)
    spread = float(np.mean((rows.target - rows.target.mean(dtype=np.float64)) ** 2))
    mse = float(errors.mean())
    r2 = 1 - mse / spread if spread > 0 else float("nan")
    rmse = float(np.sqrt(mse)) * prepared.scaling.target_deviation
    return Scores(fitted.name, mse, float(np.nanmean(by_task(errors, rows.task))), r2, rmse, fitted.seconds)


def squared_errors(target: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """float64 `(rows,)`; ValueError where shapes differ, so that nothing is broadcast by accident, or for no rows."""
    target, predicted = np.asarray(target, np.float64), np.asarray(predicted, np.float64)
    if target.shape != predicted.shape or target.ndim != 1 or not len(target):
        raise ValueError(f"targets {target.shape} and predictions {predicted.shape} must be equal in shape: (rows,)")
    return (target - predicted) ** 2


def by_task(values: np.ndarray, task: np.ndarray, tasks: int | None = None) -> np.ndarray:
    """The mean of `values` `(rows,)` in each task, float64 `(tasks,)`; NaN for a task without rows.

    Raises ValueError for tasks that are no whole numbers from 0, or another number of them than of values.
    """
    import pandas

    values, task = arguments.column("the values", values), arguments.task_numbers(task, tasks)
    if len(values) != len(task):
        raise ValueError(f"there are {len(values)} values and {len(task)} tasks; each row needs one of each")
    tasks = int(task.max(initial=-1)) + 1 if tasks is None else tasks
    return pandas.Series(values).groupby(task).mean().reindex(range(tasks)).to_numpy()


def gains(before: Fitted, after: Fitted, prepared: Prepared, unknown: str = "refuse") -> np.ndarray:
    """How much the test error of each task falls from one model to the other, `(tasks,)`, standardised.

    Positive where `after` is better; NaN for a task without test rows.
    """
    rows = prepared.test
    first, last = (
        squared_errors(rows.target, fitted.predict(rows.features, rows.task, unknown)) for fitted in (before, after)
    )
    return by_task(first - last, rows.task, prepared.tasks)


def agreement(truth: np.ndarray, predicted: np.ndarray) -> Agreement:
    """Bias, limits of agreement and slope of predictions against the truth, both `(rows,)` in one unit."""
    squared_errors(truth, predicted)  # refuses what does not fit together
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    difference, mean = predicted - truth, (predicted + truth) / 2
    bias, spread = float(difference.mean()), float(difference.std(ddof=1)) if len(difference) > 1 else 0.0
    varies = float(np.var(mean))
    slope = float(np.cov(mean, difference, ddof=0)[0, 1] / varies) if varies > 0 else 0.0
    return Agreement(bias, bias - _LIMITS * spread, bias + _LIMITS * spread, slope)


def gate_positions(gated: Fitted) -> tuple[np.ndarray, np.ndarray, float]:
    """Two principal axes of the opened gates of the tasks that the model has learned.

    Returns positions `(tasks, 2)`, the numbers of the tasks `(tasks,)`, and the share of the gates' variance that the
    two axes hold.
    """
    if getattr(getattr(gated, "model", None), "name", "") != "gated":
        raise ValueError(f"{arguments.shown(getattr(gated, 'name', gated))} has no gates; give the model of fit_gated")
    gate = gated.model.get_layer("gate").embeddings.numpy().astype(np.float64)
    opened = 1 / (1 + np.exp(-gate))
    numbers = np.flatnonzero(gated.known)
    centred = opened[numbers] - opened[numbers].mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    total = float((strengths**2).sum())
    return left[:, :2] * strengths[:2], numbers, float((strengths[:2] ** 2).sum() / total) if total else 0.0


def explained(places: np.ndarray, values: np.ndarray) -> float:
    """R2 of the plane that fits `values` `(n,)` best over `places` `(n, axes)`; NaN where all values are equal."""
    from sklearn.linear_model import LinearRegression

    values = arguments.column("the values", values)
    if not len(values) or np.ptp(values) == 0:
        return float("nan")
    return float(LinearRegression().fit(places, values).score(places, values))


def table(rows: list[Scores], extra: dict[str, dict[str, Any]] | None = None) -> Any:
    """A pandas table of scores, a row for each model; `extra` adds columns: title -> model name -> value."""
    import pandas

    columns = {"mse": "MSE (standardised)", "task_mse": "tasks' mean MSE", "r2": "R2", "rmse": "RMSE (unit)"}
    frame = pandas.DataFrame(
        {text: [getattr(row, key) for row in rows] for key, text in columns.items()},
        index=[row.name for row in rows],
    ).round(3)
    frame["seconds"] = [round(row.seconds, 1) for row in rows]
    for title, values in (extra or {}).items():
        frame[title] = [values.get(row.name, "") for row in rows]
    return frame
