"""Explorer of how much many small tables should share."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from helpers import multitask
from helpers.datasets import Tasks
from helpers.multitask import data
from helpers.multitask.fit import Fitted
from helpers.runtime import Report
from helpers.widgets.explorer import Frame, menu, slider
from helpers.widgets.live_explorer import LiveExplorer

_WEIGHTINGS = {"every pupil the same": "row", "every school the same": "task", "between": "between"}
_USUAL_EPOCHS = 120  # of all steps together, for the progress bar
_ONE, _RIDGE = "one for all", "ridge + indicator"
_MODELS = {  # name -> what fits it
    _ONE: multitask.fit_one_for_all,
    "one per school": multitask.fit_per_task,
    "shared + heads": multitask.fit_heads,
    "gated": multitask.fit_gated,
    _RIDGE: multitask.fit_ridge_with_indicator,
}


def school_explorer(tasks: Tasks, seed: int = 0) -> LiveExplorer:
    """A model's errors for a chosen number of schools, of pupils per school, and a weighting of the loss.

    tasks: of `datasets.schools(...)`. Start trains the chosen model (seconds; the curve of the validation error grows
    meanwhile) and shows a Bland-Altman plot of the held-out pupils; before it, the same plot of one line for all.
    """
    most, count = int(np.bincount(tasks.task).max()), len(tasks.task_names)
    few, many = "At most so many training pupils a school", "How many schools, drawn at random"
    controls = {
        "schools": slider("Schools", min(30, count), 2, min(count, 300), many, live=False),
        "pupils": slider("Pupils", min(40, most), 2, most, few, live=False),
        "weighting": menu("Weighting", _WEIGHTINGS.items(), "What counts the same in the loss"),
        "model": menu("Model", _MODELS, "How much the schools share"),
    }

    def limited(schools: int, pupils: int) -> data.Prepared:
        """The prepared table of so many schools and at most so many training pupils of each."""
        return multitask.subsample(multitask.prepare(_chosen(tasks, schools, seed), seed=seed), pupils, seed)

    def first(schools: int, pupils: int, weighting: str, model: str) -> Frame:
        prepared = limited(schools, pupils)
        frame = _shown(multitask.fit_ridge(prepared), prepared, "one line for all (ridge)", schools, pupils)
        return frame._replace(caption=f"{frame.caption}. Press Start to train: {model}", code=_code(model, weighting))

    def run(report: Report, schools: int, pupils: int, weighting: str, model: str) -> Frame:
        prepared, epochs = limited(schools, pupils), itertools.count(1)

        def told(*_: Any) -> None:
            done = next(epochs)
            report(done, max(_USUAL_EPOCHS, done + 10), None)  # how many there will be is a guess that grows

        fitted = _fit(prepared, model, weighting, seed, told)
        return _shown(fitted, prepared, model, schools, pupils)._replace(code=_code(model, weighting))

    # Of the one model that needs no training: the others would hold up the cell for seconds.
    start = {"model": _RIDGE, "schools": min(5, count)}
    strip = [start | more for more in ({}, {"schools": min(60, count)}, {"pupils": 2})]
    strip.append(strip[1] | strip[2])
    return LiveExplorer(controls, run, first, strip, "School explorer", tasks, made=f"school_explorer(tasks, {seed})")


def _shown(fitted: Fitted, prepared: data.Prepared, model: str, schools: int, pupils: int) -> Frame:
    """The Bland-Altman plot of the held-out pupils and the errors in words."""
    unknown = "shared" if fitted.shared else "refuse"
    score = multitask.score(fitted, prepared, unknown=unknown)
    unit = prepared.scaling.to_unit
    predicted = fitted.predict(prepared.test.features, prepared.test.task, unknown)
    pairs = {model: (unit(prepared.test.target), unit(predicted))}
    caption = f"{model}, {schools} schools, at most {pupils} training pupils each: error {score.mse:.3f} "
    caption += f"(1 = predict the mean), R2 {score.r2:.2f}, {score.rmse:.2f} in the data's unit"
    return Frame(multitask.bland_altman(pairs, prepared.unit).pixels(), caption)


def _chosen(tasks: Tasks, count: int, seed: int = 0) -> Tasks:
    """The same table with `count` of its tasks, drawn with `seed` and numbered anew from 0."""
    kept = np.sort(np.random.default_rng(seed).permutation(len(tasks.task_names))[:count])
    rows = np.isin(tasks.task, kept)
    names, task = tuple(tasks.task_names[i] for i in kept), np.searchsorted(kept, tasks.task[rows])
    return replace(tasks, features=tasks.features[rows], target=tasks.target[rows], task=task, task_names=names)


def _fit(prepared: data.Prepared, model: str, weighting: str, seed: int, on_epoch: Callable) -> Fitted:
    """Train the model of that name; ridge knows no weighting."""
    if model == _RIDGE:
        return _MODELS[_RIDGE](prepared, multitask.fit_ridge(prepared))
    how = {"seed": seed, "weighting": weighting, "on_epoch": on_epoch}
    shared = _MODELS[_ONE](prepared, **how)
    return shared if model == _ONE else _MODELS[model](prepared, shared=shared, **how)


def _code(model: str, weighting: str) -> str:
    """The call that the explorer makes."""
    weighted = "" if model == _RIDGE else f', weighting="{weighting}"'
    return f"multitask.{_MODELS[model].__name__}(prepared{weighted})"
