"""The answers that the instructor's page on homework gives are marked right, and do not stop the notebook."""

import json
import re

import pytest

from tools import build, changes, reruns
from tools.common import ROOT
from tools.hygiene import source

GUIDE = (ROOT / "instructor" / "guide.md").read_text(encoding="utf-8")
ANSWERS = dict(re.findall(r"^\| (\d+\.\d) \| `(.+?)` \|", GUIDE, re.M))
STUB = re.compile(r"^( *)(?:(\w+) = |return )None\b.*$", re.M)
MARK = re.compile(r"^ *exercise\(", re.M)
LONG = {
    "0.1",
    "2.1",
    "2.2",
    "3.3",
    "4.2",
    "4.3",
    "8.3",
    "9.2",
    "10.2",
    "10.3",
}  # trained networks, many photos or dreams


TEXTS = {str(int(path.stem[:2])): build.notebook_text(path) for path in build.sources()}


def book_of(number: str) -> dict:
    """The notebook with this number, as dictionaries."""
    return json.loads(TEXTS[number])


def exercises(book: dict) -> list[dict]:
    """The cells that mark an answer, in order."""
    return [cell for cell in book["cells"] if cell["cell_type"] == "code" and MARK.search(source(cell))]


def exercise_of(name: str) -> tuple[dict, dict]:
    """A notebook, and its cell of the exercise with a number such as "10.2"."""
    number, _, place = name.partition(".")
    book = book_of(number)
    return book, exercises(book)[int(place) - 1]


def answered(cell: dict, answer: str) -> dict:
    """The cell with its stub, the line with None, replaced by an answer."""
    text, count = STUB.subn(lambda stub: stub[1] + answer, source(cell), count=1)
    assert count == 1, f"no stub in {source(cell)[:60]!r}"
    cell["source"] = text
    return cell


def test_the_guide_answers_every_exercise():
    assert set(ANSWERS) == {f"{n}.{k + 1}" for n in TEXTS for k in range(len(exercises(book_of(n))))}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_what_an_answer_uses_stands_above_its_line(name: str):
    book, cell = exercise_of(name)
    answered(cell, ANSWERS[name])
    assert reruns.rebound(book) == []


@pytest.mark.parametrize("name", sorted(set(ANSWERS) - LONG))
def test_the_answer_is_right_with_the_cells_that_it_needs(name: str):
    """Only the cells whose names the exercise uses are run."""
    book, cell = exercise_of(name)
    answered(cell, ANSWERS[name])
    assert changes.said_by(book, book["cells"].index(cell)).endswith("✓ right\n")


@pytest.mark.slow
@pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem)
def test_the_notebook_runs_through_with_all_answers(path):
    book = changes.changed(path.stem, {})
    for k, cell in enumerate(exercises(book)):
        answered(cell, ANSWERS[f"{int(path.stem[:2])}.{k + 1}"])
    assert changes.failures(book) == []
    for cell in exercises(book):
        printed = "".join(output.get("text", "") for output in cell.outputs)
        assert "✓ right" in printed, cell.source.split("\n")[0]
