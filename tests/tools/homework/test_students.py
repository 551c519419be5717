"""tools/homework/students.py: copies that nothing overwrites, and what a receipt says of a notebook.

The notebook is made here by hand, so that this also runs where sources and nbgrader are not.
"""

import copy
import hashlib
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import common
from tools.common import ROOT, Stop, write
from tools.homework import __main__ as command
from tools.homework import students

CHECKS = """question = homework.Question("1. Twice", points=4)
question.equal(1, "zero stays zero", lambda: twice(0), 0)
question.equal(1, "one", lambda: twice(1), 2)
question.score()"""


def marked(cell: NotebookNode, name: str, **marks: object) -> NotebookNode:
    cell.metadata.nbgrader = {"grade_id": name, "grade": False, "solution": False, "locked": False, **marks}
    return cell


def handed_out() -> NotebookNode:
    """An assignment as students get it."""
    own = marked(new_code_cell('DATA = "critters"'), "data", locked=True)
    own.metadata.tags = ["own"]
    cells = [
        new_markdown_cell("# A toy, after [notebook 5](../05_filters.ipynb)"),
        marked(new_code_cell("from helpers.teaching import homework"), "set_up", locked=True),
        own,
        marked(new_code_cell("def twice(x):\n    ...  # your code here"), "twice", solution=True),
        marked(new_code_cell(CHECKS), "check", grade=True, locked=True, points=4),
        marked(new_markdown_cell("*Your answer here.*"), "why", grade=True, solution=True, points=2),
    ]
    return new_notebook(cells=cells, metadata={"course": {"assignment": "h00", "points": 6}})


def cell_of(book: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in book.cells if students.mark(cell, "grade_id") == name)


def names_of(book: NotebookNode) -> list[str]:
    return [students.mark(cell, "grade_id") for cell in book.cells if students.mark(cell, "grade_id")]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with one assignment."""
    monkeypatch.setattr(common, "ROOT", tmp_path)
    monkeypatch.setattr(students, "HANDED_OUT", tmp_path / "notebooks" / "homework")
    monkeypatch.setattr(students, "OWN", tmp_path / "my_homework")
    write(students.HANDED_OUT / "h00_toy.ipynb", nbformat.writes(handed_out()))
    return tmp_path


def test_a_copy_is_made_and_never_overwritten(course: Path, capsys: pytest.CaptureFixture):
    own = course / "my_homework" / "h00_toy.ipynb"
    assert students.begin([]) == 0 and "h00_toy" in capsys.readouterr().out
    assert students.begin(["h00"]) == 0
    fresh = own.read_text(encoding="utf-8")
    assert "](../notebooks/05_filters.ipynb)" in fresh and names_of(nbformat.read(own, 4)) == names_of(handed_out())
    own.write_text("mine", encoding="utf-8")
    with pytest.raises(Stop, match="is there and was left alone"):
        students.begin(["h00"])
    assert students.begin(["h00", "--again"]) == students.begin(["h00", "--again"]) == 0
    kept = {path.name: path.read_text(encoding="utf-8") for path in own.parent.iterdir()}
    assert kept == {"h00_toy.ipynb": fresh, "h00_toy_1.ipynb": "mine", "h00_toy_2.ipynb": fresh}
    with pytest.raises(Stop, match="no assignment 'h05'"):
        students.begin(["h05"])


def test_git_does_not_see_students_work():
    ignored = (Path(__file__).parents[3] / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{students.OWN.name}/" in ignored


def test_what_is_not_the_students_is_put_back_and_named():
    book = handed_out()
    cell_of(book, "data").source = 'DATA = "folder:mine"'
    cell_of(book, "twice").source = "def twice(x):\n    return 3"
    cell_of(book, "check").source = "4"
    book.cells = [cell for cell in book.cells if students.mark(cell, "grade_id") not in ("set_up", "why")]
    book.cells.append(copy.deepcopy(cell_of(book, "twice")))
    made, remarks = students.restored(book, handed_out())
    assert names_of(made) == ["set_up", "data", "twice", "check", "twice"]
    assert "mine" in cell_of(made, "data").source and "return 3" in cell_of(made, "twice").source
    assert cell_of(made, "check").source == CHECKS
    assert [remark.split(" ", 3)[2] for remark in remarks] == ["twice", "check", "set_up", "why"]


def test_the_receipt_counts_visible_checks(course: Path, capsys: pytest.CaptureFixture):
    book = handed_out()
    cell_of(book, "twice").source = "def twice(x):\n    return x + x * x * 2"
    book.cells.append(new_code_cell("1 / 0"))
    own = course / "my_homework" / "h00_toy (1).ipynb"
    write(own, nbformat.writes(book))
    assert students.check([str(own)]) == 1
    said = capsys.readouterr().out
    assert "✓ 1 of 1  zero stays zero" in said and "✗ 0 of 1  one: 3 is not right" in said
    assert "visible checks 1 of 2 (1 of 2 points); hidden checks not run" in said and "all 6 points" in said
    assert "the cell that begins with `1 / 0` stops with ZeroDivisionError: division by zero" in said
    assert hashlib.sha256(own.read_bytes()).hexdigest()[:16] in said
    assert own.read_text(encoding="utf-8") == nbformat.writes(book)  # looked at, not touched


def test_a_notebook_that_does_not_end_is_stopped(course: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(students, "SECONDS", 1)
    book = new_notebook(cells=[new_code_cell("while True: pass")])
    said = "the cell that begins with `while True: pass` was stopped: a notebook has 1 s, at grading, too."
    assert students.run(book, course) == [said]


def test_checks_that_never_ran_are_no_full_receipt(course: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(students, "SECONDS", 4)
    book = handed_out()
    cell_of(book, "twice").source = "while True: pass"
    own = course / "my_homework" / "h00_toy.ipynb"
    write(own, nbformat.writes(book))
    assert students.check([str(own)]) == 1
    said = capsys.readouterr().out
    assert "its checks did not run" in said and "1 of 1 questions not checked" in said


@pytest.mark.parametrize("word", ["0", "00", "h0", "h00"])
def test_a_number_is_enough(course: Path, word: str):
    students.begin([word])
    assert students.own_file(word).name == "h00_toy.ipynb"


def test_a_student_may_write_in_the_cell_of_own_data():
    for path in sorted((ROOT / "notebooks" / "homework").glob("h*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if "own" in cell.metadata.get("tags", []):
                assert cell.metadata.get("editable", True), path.name


def test_a_file_is_found_by_its_name_alone(course: Path):
    students.begin(["h00"])
    own = (course / "my_homework" / "h00_toy.ipynb").resolve()
    assert [students.own_file(word) for word in ("h00", "h00_toy", "h00_toy.ipynb", str(own))] == [own] * 4
    with pytest.raises(Stop, match="there is no notebook 'h07'"):
        students.check(["h07"])
    with pytest.raises(Stop, match="needs one file"):
        students.check([])


def test_a_renamed_copy_is_known_by_its_own_mark(course: Path):
    book = handed_out()
    assert students.assignment_of(book, Path("final_version(3).ipynb")) == "h00_toy"
    book.metadata.pop("course")
    assert students.assignment_of(book, Path("h00_of_ann.ipynb")) == "h00_toy"


def test_commands_are_known_and_nearly_known_ones_are_named(capsys: pytest.CaptureFixture):
    assert command.main(["--help"]) == 0
    assert "start " in capsys.readouterr().out
    with pytest.raises(Stop, match="did you mean 'check'"):
        command.main(["chek"])


def test_a_command_that_this_edition_lacks_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setitem(command.COMMANDS, "grade", command.Command("nowhere", "grade", "grade a folder"))
    with pytest.raises(Stop, match="is a command of instructors"):
        command.main(["grade", "folder"])
    command.main(["--help"])
    assert "grade a folder" not in capsys.readouterr().out
