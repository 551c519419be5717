"""Explorer of how much many small tables should share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import ipywidgets
import numpy as np

from helpers import multitask
from helpers.datasets.tables import Tasks
from helpers.progress import Report
from helpers.widgets.base import Frame
from helpers.widgets.jobs import LiveExplorer

WEIGHTINGS = {"every pupil the same": "row", "every school the same": "task", "between": "between"}
USUAL_EPOCHS = 120  # of all steps together, for the progress bar
MODELS = ("one for all", "one per school", "shared + heads", "gated", "ridge + indicator")


def school_explorer(tasks: Tasks, seed: int = 0) -> LiveExplorer:
    """A model's errors for a chosen number of schools, of pupils per school, and a weighting of the loss.

    tasks: of `datasets.schools(...)`. Start trains the chosen model (seconds; the curve of the validation error grows
    meanwhile) and shows a Bland-Altman plot of the held-out pupils; before it, the same plot of one line for all.
    """
    most = int(np.bincount(tasks.task).max())
    slow = {"continuous_update": False}
    count = len(tasks.task_names)
    controls = {
        "schools": ipywidgets.IntSlider(
            min(30, count),
            2,
            min(count, 300),
            description="Schools",
            tooltip="How many schools, drawn at random",
            **slow,
        ),
        "pupils": ipywidgets.IntSlider(
            min(40, most), 2, most, description="Pupils", tooltip="At most so many training pupils a school", **slow
        ),
        "weighting": ipywidgets.Dropdown(
            options=list(WEIGHTINGS.items()), description="Weighting", tooltip="What counts the same in the loss"
        ),
        "model": ipywidgets.Dropdown(options=MODELS, description="Model", tooltip="How much the schools share"),
    }

    def first(schools: int, pupils: int, weighting: str, model: str) -> Frame:
        prepared = limited(tasks, schools, pupils, seed)
        frame = shown(multitask.fit_ridge(prepared), prepared, "one line for all (ridge)", schools, pupils)
        return frame._replace(caption=f"{frame.caption}. Press Start to train: {model}", code=code(model, weighting))

    def run(report: Report, schools: int, pupils: int, weighting: str, model: str) -> Frame:
        prepared = limited(tasks, schools, pupils, seed)
        fitted = fit(prepared, model, weighting, seed, watch(report))
        return shown(fitted, prepared, model, schools, pupils)._replace(code=code(model, weighting))

    # Of the one model that needs no training: the others would hold up the cell for seconds.
    few = {"model": MODELS[-1], "schools": min(5, count)}
    strip = [
        few,
        few | {"schools": min(60, count)},
        few | {"pupils": 2},
        few | {"schools": min(60, count), "pupils": 2},
    ]
    return LiveExplorer(controls, run, first, strip, "School explorer", tasks)


def limited(tasks: Tasks, schools: int, pupils: int, seed: int) -> multitask.Prepared:
    """The prepared table of so many schools and at most so many training pupils of each."""
    return multitask.limit(multitask.prepare(chosen(tasks, schools, seed), seed=seed), pupils, seed)


def shown(fitted: multitask.Fitted, prepared: multitask.Prepared, model: str, schools: int, pupils: int) -> Frame:
    """The Bland-Altman plot of the held-out pupils and the errors in words."""
    unknown = "shared" if fitted.shared else "refuse"
    score = multitask.score(fitted, prepared, unknown=unknown)
    unit = prepared.scaling.to_unit
    predicted = fitted.predict(prepared.test.features, prepared.test.task, unknown)
    pairs = {model: (unit(prepared.test.target), unit(predicted))}
    caption = (
        f"{model}, {schools} schools, at most {pupils} training pupils each: error {score.mse:.3f} "
        f"(1 = predict the mean), R2 {score.r2:.2f}, {score.rmse:.2f} in the data's unit"
    )
    return Frame(multitask.bland_altman(pairs, prepared.unit).pixels(), caption)


def watch(report: Report) -> Callable:
    """An `on_epoch` that tells a report how many epochs are done; how many there will be is a guess that grows."""
    done = 0

    def on_epoch(step: str, epoch: int, history: multitask.History) -> None:
        nonlocal done
        done += 1
        report(done, max(USUAL_EPOCHS, done + 10), None)

    return on_epoch


def chosen(tasks: Tasks, count: int, seed: int = 0) -> Tasks:
    """The same table with `count` of its tasks, drawn with `seed` and numbered anew from 0."""
    kept = np.sort(np.random.default_rng(seed).permutation(len(tasks.task_names))[:count])
    rows = np.isin(tasks.task, kept)
    return replace(
        tasks,
        features=tasks.features[rows],
        target=tasks.target[rows],
        task=np.searchsorted(kept, tasks.task[rows]),
        task_names=tuple(tasks.task_names[i] for i in kept),
    )


def fit(
    prepared: multitask.Prepared, model: str, weighting: str, seed: int, on_epoch: Callable | None = None
) -> multitask.Fitted:
    """Train the model of that name; ridge knows no weighting."""
    how = {"seed": seed, "weighting": weighting, "on_epoch": on_epoch}
    if model == "ridge + indicator":
        return multitask.fit_ridge_with_indicator(prepared, multitask.fit_ridge(prepared))
    shared = multitask.fit_one_for_all(prepared, **how)
    if model == "one for all":
        return shared
    if model == "one per school":
        return multitask.fit_per_task(prepared, shared=shared, **how)
    return (multitask.fit_heads if model == "shared + heads" else multitask.fit_gated)(prepared, shared=shared, **how)


def code(model: str, weighting: str) -> str:
    """The call that the explorer makes."""
    name = {"one for all": "one_for_all", "one per school": "per_task", "shared + heads": "heads", "gated": "gated"}
    if model not in name:
        return "multitask.fit_ridge_with_indicator(prepared)"
    return f'multitask.fit_{name[model]}(prepared, weighting="{weighting}")'
