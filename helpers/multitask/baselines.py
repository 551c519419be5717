"""Straight lines to beat: ridge regressions from scikit-learn, and the mean."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.multitask.data import Prepared, Rows
from helpers.multitask.fit import Fitted

_STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)  # alpha, in rows, as the columns are standardised


def fit_mean(prepared: Prepared) -> Fitted:
    """Predict the mean of the training rows, whatever is asked: 0 in standardised numbers."""
    mean = float(prepared.fit.target.mean())
    return Fitted("predict the mean", lambda features, task: np.full(len(features), mean, np.float32))


def fit_ridge(prepared: Prepared) -> Fitted:
    """One ridge regression for all tasks."""
    return _choose("ridge for all", prepared, _one_ridge, looks_at_task=False)


def fit_ridge_per_task(prepared: Prepared, shared: Fitted | None = None) -> Fitted:
    """A ridge regression for each task, all with the same strength."""
    return _choose("ridge per task", prepared, _ridge_per_task, shared=shared)


def fit_ridge_with_indicator(prepared: Prepared, shared: Fitted | None = None) -> Fitted:
    """One ridge regression for all tasks, with a column for each task: equal slopes, an intercept per task."""
    return _choose("ridge + indicator", prepared, _ridge_with_indicator, shared=shared)


def fit_references(prepared: Prepared) -> list[Fitted]:
    """The mean and the three ridge regressions, fitted."""
    ridge = fit_ridge(prepared)
    return [fit_mean(prepared), ridge, fit_ridge_per_task(prepared, ridge), fit_ridge_with_indicator(prepared, ridge)]


def _choose(
    name: str, prepared: Prepared, fit: Callable, looks_at_task: bool = True, shared: Fitted | None = None
) -> Fitted:
    """Choose the strength on the validation part, then fit on all rows but the test's, as the networks do."""
    _ridge(1.0)  # what takes time when it is imported, before the clock starts
    started = time.perf_counter()
    held = prepared.validation
    errors = [
        np.mean((fit(prepared.train, prepared.tasks, alpha)(held.features, held.task) - held.target) ** 2)
        for alpha in _STRENGTHS
        if len(held)
    ]
    alpha = _STRENGTHS[int(np.argmin(errors))] if errors else 1.0
    call = fit(prepared.fit, prepared.tasks, alpha)
    known = prepared.known if looks_at_task else None
    seconds = time.perf_counter() - started
    return Fitted(name, call, known, shared, model=alpha, seconds=seconds, columns=prepared.columns)


def _ridge(alpha: float) -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(alpha=alpha)


def _one_ridge(rows: Rows, tasks: int, alpha: float) -> Callable:
    model = _ridge(alpha).fit(rows.features, rows.target)
    return lambda features, task: model.predict(features).astype(np.float32)


def _ridge_per_task(rows: Rows, tasks: int, alpha: float) -> Callable:
    table = np.zeros((tasks, rows.features.shape[1] + 1))
    order = np.argsort(rows.task, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(rows.task[order])) + 1):
        model = _ridge(alpha).fit(rows.features[part], rows.target[part])
        table[rows.task[part[0]]] = [*model.coef_, model.intercept_]
    return lambda features, task: ((features * table[task, :-1]).sum(axis=1) + table[task, -1]).astype(np.float32)


def _ridge_with_indicator(rows: Rows, tasks: int, alpha: float) -> Callable:
    model = _ridge(alpha).fit(_with_indicator(rows.features, rows.task, tasks), rows.target)
    return lambda features, task: model.predict(_with_indicator(features, task, tasks)).astype(np.float32)


def _with_indicator(features: np.ndarray, task: np.ndarray, tasks: int) -> Any:
    """Features and one column per task, sparse: thousands of tasks fit in memory."""
    from scipy.sparse import csr_matrix, hstack

    rows = np.arange(len(task))
    indicator = csr_matrix((np.ones(len(task)), (rows, task)), shape=(len(task), tasks))
    return hstack([csr_matrix(features), indicator]).tocsr()
