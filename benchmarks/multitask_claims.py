"""What lecture 004 claims of many schools, over fresh seeds: `python -m benchmarks.multitask_claims`.

Seeds 0 to 3 chose the settings of the networks, so these begin with 100. School and the real survey are measured where
they are here (`python3 course.py download school survey`, or COURSE_DATA); Exam and a drawn survey always.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from benchmarks import tables
from helpers import datasets, multitask, runtime
from helpers.files import MissingError
from helpers.multitask.data import Prepared

FIRST_SEED = 100
_SURVEY = {"batch": 19, "batch_of": "tasks", "epochs": 200, "patience": 20}


def school_run(prepared: Prepared, seed: int) -> dict[str, float]:
    """Test errors and seconds of the four networks on one split, and what weights do to the smaller schools."""
    began = time.perf_counter()
    one = multitask.fit_one_for_all(prepared, seed=seed)
    fits = [multitask.fit_per_task(prepared, seed=seed, shared=one), one]
    fits += [multitask.fit_heads(prepared, one, seed=seed), multitask.fit_gated(prepared, seed=seed, shared=one)]
    found = {f"mse {model.name}": multitask.score(model, prepared).mse for model in fits}
    found |= {f"seconds {model.name}": model.seconds for model in fits}
    found["seconds shared + heads"] += one.seconds  # the heads grow from the one for all
    small = np.flatnonzero(prepared.sizes <= np.median(prepared.sizes))
    few = prepared.test.take(np.isin(prepared.test.task, small))
    weighted = multitask.fit_one_for_all(prepared, seed=seed, weighting="task")
    found["small schools, rows count"] = multitask.score(one, prepared, few).task_mse
    found["small schools, schools count"] = multitask.score(weighted, prepared, few).task_mse
    return found | {"seconds of the seed": time.perf_counter() - began}


def survey_run(prepared: Prepared, seed: int) -> dict[str, float]:
    """Test errors, in squared points, of one network per person, one for all, and heads."""
    one = multitask.fit_one_for_all(prepared, seed=seed, **_SURVEY)
    fits = [multitask.fit_per_task(prepared, seed=seed), one]
    fits.append(multitask.fit_heads(prepared, one, pull=10, learning_rate=5e-3, seed=seed, **_SURVEY))
    return {f"mse {model.name}": multitask.score(model, prepared).rmse ** 2 for model in fits}


def over_seeds(name: str, table: Callable, run: Callable, seeds: range) -> dict[str, np.ndarray]:
    """Result -> its values over the seeds, each with a split of its own."""
    runs = [run(multitask.prepare(table(seed), seed=seed), seed) for seed in runtime.track(list(seeds), name)]
    return {what: np.array([one[what] for one in runs]) for what in runs[0]}


_PAIRS = (
    ("one for all minus one per task", "mse one for all", "mse one per task"),
    ("heads minus one for all", "mse shared + heads", "mse one for all"),
    ("gates minus heads", "mse gated", "mse shared + heads"),
    ("heads minus one per task", "mse shared + heads", "mse one per task"),
    ("small schools: schools count minus rows count", "small schools, schools count", "small schools, rows count"),
    ("seconds: one per task minus one for all", "seconds one per task", "seconds one for all"),
    ("seconds: heads minus one per task", "seconds shared + heads", "seconds one per task"),
    ("seconds: gates minus one for all", "seconds gated", "seconds one for all"),
)


def pairs(name: str, values: dict[str, np.ndarray]) -> dict[str, dict]:
    """Each pair that was measured -> the mean difference on the same split with its interval."""
    differs = f"{_CALLED[name]}, other splits and numbers of epochs"
    return {
        f"{name}, {words}": tables.over_seeds(values[first] - values[second], differs)
        for words, first, second in _PAIRS
        if first in values and second in values
    }


_CALLED = {
    "exam": "the table Exam, 65 schools",
    "school": "the slide's table",
    "drawn survey": "a drawn survey",
    "survey": "the slide's survey",
}


def main() -> None:
    """Run all tables that are here and store them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    count, began = parser.parse_args().seeds, time.monotonic()
    asked = {
        "exam": (lambda seed: datasets.schools("exam"), school_run),
        "school": (lambda seed: datasets.schools("school"), school_run),
        "drawn survey": (lambda seed: multitask.drawn_survey(seed=seed), survey_run),
        "survey": (lambda seed: datasets.survey(), survey_run),
    }
    effects, means = {}, []
    for name, (table, run) in asked.items():
        try:
            values = over_seeds(name, table, run, range(FIRST_SEED, FIRST_SEED + count))
        except MissingError as error:
            print(error)
            continue
        effects |= pairs(name, values)
        means += [[f"{name}, {what}", tables.spread(one)] for what, one in values.items()]
    words = (
        f"**Differences on the same split, over seeds {FIRST_SEED} to {FIRST_SEED + count - 1}, with their 95 % "
        "interval.** Schools: mean squared errors of standardised scores; surveys: squared points. Seconds include the "
        "search for the number of epochs, those of the heads include the one for all that they grow from."
    )
    made = tables.made(f"python3 -m benchmarks.multitask_claims --seeds {count}", (time.monotonic() - began) / 60)
    rows = ([what, *(f"{one:.4f}" for one in found["measured"]), found["over"]] for what, found in effects.items())
    compared = tables.table(("difference", "mean", "low", "high", "over"), rows)
    seen = tables.table(("result", "mean ± standard deviation"), means)
    measures = (multitask.fit_one_for_all, multitask.fit_per_task, multitask.fit_heads, multitask.fit_gated)
    seeds = range(FIRST_SEED, FIRST_SEED + count)
    tables.store("multitask_claims", made, words, compared, seen, measures=measures, seeds=seeds, effects=effects)


if __name__ == "__main__":
    main()
