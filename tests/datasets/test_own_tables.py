"""`datasets.tasks`: a student's CSV file becomes the table that one would write down by hand, or one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from helpers import datasets, multitask


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Put a file into the working folder."""
    monkeypatch.chdir(tmp_path)

    def put(text: str | bytes, name: str = "grades.csv") -> None:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    return put


def own(**change: str) -> datasets.Tasks:
    return datasets.tasks(**{"name": "csv:grades.csv", "task": "class", "target": "grade", **change})


def test_a_plain_table(write):
    write("class,hours,sex,grade\n7b,2,girl,3\n7a,4,boy,2\n7b,6,boy,1\n")
    found = own()
    assert found.task_names == ("7b", "7a") and found.task.tolist() == [0, 1, 0]
    assert found.feature_names == ("hours", "sex: girl", "sex: boy")
    assert found.features.tolist() == [[2, 1, 0], [4, 0, 1], [6, 0, 1]]
    assert found.target.tolist() == [3, 2, 1] and found.target_range == (1, 3) and found.unit == "grade"
    assert found.name == "grades" and found.note.endswith(
        "0 rows without task or target are left out; 1 tasks have one row, for training."
    )


@pytest.mark.parametrize(
    "text",
    [
        "class;hours;grade\n7;1,5;-2,25\n8;2;3\n",
        "class\thours\tgrade\n7\t1.5\t-2.25\n8\t2\t3\n",
        "\ufeffclass, hours, grade\r\n7 , 1.5, -2.25\r\n8, 2, 3\r\n",
        "class;hours;grade\n7;1,5;-2,25\n8;2;3\n9;4;\n;1;1\n",
        "class,hours,grade\n7,1.5,-2.25,\n8,2,3,\n",
    ],
)
def test_marks_decimal_commas_and_spaces(write, text):
    write(text)
    found = own()
    assert found.features.tolist() == [[1.5], [2]] and found.target.tolist() == [-2.25, 3]
    assert found.task_names == ("7", "8")


def test_letters_of_windows(write):
    write("class,place,grade\na,Zürich,1\nb,Köln,2\n".encode("cp1252"))
    assert own().feature_names == ("place: Zürich", "place: Köln")


def test_missing_values_are_filled_told_and_seen(write):
    write("class,hours,sex,grade\na,1,girl,1\na,,boy,2\nb,5,,3\nb,2,boy,?\n,3,girl,4\nb,7,girl,5\n")
    found = own()  # of the rows that stay the hours are 1, missing, 5, 7: median 5
    assert found.target.tolist() == [1, 2, 3, 5]
    assert found.feature_names == ("hours", "hours: missing", "sex: girl", "sex: boy")
    assert found.features.tolist() == [[1, 0, 1, 0], [5, 1, 0, 1], [5, 0, 0, 0], [7, 0, 1, 0]]
    assert "2 rows without task or target" in found.note and "median: hours" in found.note


def test_names_remarks_empty_and_constant_columns_are_left_out(write):
    rows = "".join(f"{number % 2},pupil {number},{number},,2026,{number / 2}\n" for number in range(30))
    write("class,name,hours,remark,year,grade\n" + rows)
    found = own()
    assert found.feature_names == ("hours",) and "Left out: name, remark, year." in found.note


def test_ten_thousand_tasks_are_learned_from(write):
    random = np.random.default_rng(0)
    hours = random.normal(size=12_000)
    lines = [f"t{number % 10_000},{hour},{2 * hour + 1}" for number, hour in enumerate(hours)]
    write("class,hours,grade\n" + "\n".join(lines))
    found = own()
    assert len(found) == 12_000 and found.sizes.tolist() == [2] * 2000 + [1] * 8000
    assert "8000 tasks have one row" in found.note
    prepared = multitask.prepare(found, test=0.5)
    assert np.bincount(prepared.test.task, minlength=10_000).tolist() == [1] * 2000 + [0] * 8000
    assert multitask.score(multitask.fit_ridge(prepared), prepared).mse < 1e-3  # the table is a line


def test_known_tables_by_name():
    assert len(datasets.tasks("exam")) == 4059
    with pytest.raises(ValueError, match="no table of schools 'exams'"):
        datasets.tasks("exams")


GOOD = "class,hours,grade\na,1,1\nb,2,2\n"


@pytest.mark.parametrize(
    ("text", "change", "words"),
    [
        (GOOD, {"name": "csv:marks.csv"}, "no file 'marks.csv'"),
        (GOOD, {"name": "csv:"}, "no file ''"),
        (GOOD, {"task": "klass"}, "task is 'klass', expected a column of grades.csv, each another: class, h"),
        (GOOD, {"task": None}, "task is None"),
        (GOOD, {"target": "class"}, "is 'class', expected a column"),
        ("class,hours,grade\na,1,good\nb,2,bad\n", {}, "'grade' of grades.csv holds no numbers"),
        ("class,hours,grade\na,1,1\nb,2,absent\n", {}, r"words such as 'absent' \(line 3\)"),
        ("class,hours,grade\na,1,1\nb,two,2\n", {}, "in 1 rows, words such as 'two'"),
        ('class,hours,grade\na,"1,500",1\nb,2,2\n', {}, "words such as '1,500'"),
        ("class,hours,grade\na,1,1\na,2,2\n", {}, "has 1 tasks and 1 features"),
        ("class,hours,grade\na,1,1\nb,1,2\n", {}, "has 2 tasks and 0 features"),
        ("class,hours,grade\na,1,\nb,1,\n", {}, "has 0 tasks"),
        ("class,hours,grade\n", {}, "has 0 tasks"),
        ("", {}, "is no table"),
        ("class,hours,grade\na,1,1,4,5\nb,2,2\n,,,,,,,\n", {}, "is no table"),
        (b"PK\x03\x04\x00\x00\x00", {}, "save it from your spreadsheet as CSV"),
        (GOOD.encode("utf-16"), {}, "save it from your spreadsheet as CSV"),
    ],
)
def test_what_is_no_table_is_one_sentence(write, text, change, words):
    write(text)
    with pytest.raises(ValueError, match=words) as caught:
        own(**change)
    assert "\n" not in str(caught.value)
