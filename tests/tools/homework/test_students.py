"""tools/homework/students.py: copies that nothing overwrites, and what a receipt says of a notebook."""

import copy
import hashlib
from pathlib import Path

import nbformat
import pytest

from tools import common
from tools.common import Stop, write
from tools.homework import __main__ as command
from tools.homework import editions, source, students

TOY = Path(__file__).with_name("h00_toy.py")


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with one assignment."""
    monkeypatch.setattr(common, "ROOT", tmp_path)
    monkeypatch.setattr(students, "HANDED_OUT", tmp_path / "notebooks" / "homework")
    monkeypatch.setattr(students, "OWN", tmp_path / "my_homework")
    write(students.HANDED_OUT / "h00_toy.ipynb", editions.text(editions.student(source.read(TOY))))
    return tmp_path


def handed_out() -> nbformat.NotebookNode:
    return editions.student(source.read(TOY))


def cell_of(book: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    return next(cell for cell in book.cells if students.mark(cell, "grade_id") == name)


def test_a_copy_is_made_and_never_overwritten(course: Path, capsys: pytest.CaptureFixture):
    own = course / "my_homework" / "h00_toy.ipynb"
    assert students.begin([]) == 0 and "h00_toy" in capsys.readouterr().out
    assert students.begin(["h00"]) == 0
    assert own.read_bytes() == (students.HANDED_OUT / own.name).read_bytes()
    own.write_text("mine", encoding="utf-8")
    with pytest.raises(Stop, match="is there and was left alone"):
        students.begin(["h00"])
    assert students.begin(["h00", "--again"]) == students.begin(["h00", "--again"]) == 0
    assert own.read_bytes() == (students.HANDED_OUT / own.name).read_bytes()
    assert (own.parent / "h00_toy_1.ipynb").read_text(encoding="utf-8") == "mine"
    assert (own.parent / "h00_toy_2.ipynb").read_bytes() == own.read_bytes()
    with pytest.raises(Stop, match="no assignment 'h05'"):
        students.begin(["h05"])


def test_what_is_not_the_students_is_put_back_and_named():
    book = handed_out()
    cell_of(book, "numbers").source = "SCALE = 1"
    cell_of(book, "relu").source = "def scaled_relu(values):\n    return 3"
    book.cells = [cell for cell in book.cells if cell.id not in ("set_up", "relu_check", "why")]
    book.cells.append(copy.deepcopy(cell_of(book, "relu")))
    made, remarks = students.restored(book, handed_out())
    names = [students.mark(cell, "grade_id") for cell in made.cells if students.mark(cell, "grade_id")]
    assert names == ["set_up", "numbers", "relu_text", "relu", "relu_check", "declaration", "relu"]
    assert cell_of(made, "numbers").source == "SCALE = 3\nSEED = 0" and "return 3" in cell_of(made, "relu").source
    assert [remark.split(" ", 3)[2] for remark in remarks] == ["relu", "numbers", "set_up", "relu_check", "why"]


def test_the_receipt_counts_visible_checks(course: Path, capsys: pytest.CaptureFixture):
    book = handed_out()
    cell_of(book, "relu").source = "def scaled_relu(values):\n    return SCALE * values"
    book.cells.append(nbformat.v4.new_code_cell("1 / 0"))
    own = course / "my_homework" / "h00_toy (1).ipynb"
    write(own, editions.text(book))
    assert students.check([str(own)]) == 1
    said = capsys.readouterr().out
    assert "✓ 1 of 1  zero stays zero" in said and "✗ 0 of 1  nothing is below zero: this does not hold" in said
    assert "visible checks 1 of 2 (1 of 2 points), hidden checks not run" in said
    assert "cell 10 stops with ZeroDivisionError: division by zero" in said
    assert hashlib.sha256(own.read_bytes()).hexdigest()[:16] in said
    assert own.read_text(encoding="utf-8") == editions.text(book)  # looked at, not touched


def test_a_notebook_that_does_not_end_is_stopped(course: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(students, "SECONDS", 1)
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("while True: pass")])
    assert students.run(book, course) == ["cell 1 was stopped: a notebook has 1 s, at grading, too."]


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
    gone = command.Command("nowhere", "run", "")
    assert not command.is_here(gone)
