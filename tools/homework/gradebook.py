"""nbgrader's gradebook in the folder of records: points of checks, points given by hand, comments.

Points given by hand win and are never overwritten. The folder is a course of nbgrader, so that its formgrader opens it.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nbformat import NotebookNode

from tools import common
from tools.homework import formgrader, source

CONFIG = """# For nbgrader's formgrader: jupyter lab, or jupyter notebook, is started in this folder.
c = get_config()  # noqa: F821
c.CourseDirectory.root = {root!r}
c.CourseDirectory.db_url = {url!r}
"""


class Line(NamedTuple):
    """What one question came to for one student."""

    question: str
    points: float | None  # None where somebody has still to look at it
    of: float
    by_hand: bool
    comment: str


def url(records: Path) -> str:
    """The address of the gradebook in a folder of records."""
    return f"sqlite:///{records / 'gradebook.db'}"


@contextlib.contextmanager
def opened(records: Path) -> Iterator[Any]:
    """The gradebook of a folder of records, made where there is none."""
    from nbgrader.api import Gradebook
    from sqlalchemy.exc import SAWarning

    common.write(records / "nbgrader_config.py", CONFIG.format(root=str(records), url=url(records)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own way to add a submission
        with _own_programs():
            gradebook = Gradebook(url(records))
        try:
            yield gradebook
        finally:
            gradebook.close()


@contextlib.contextmanager
def _own_programs() -> Iterator[None]:
    """Programs of this environment are found: nbgrader calls alembic by its name to make a gradebook."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = formgrader.search_path()
    try:
        yield
    finally:
        os.environ["PATH"] = before


def enter_assignment(gradebook: Any, student: NotebookNode) -> None:
    """Write down an assignment and its cells, from the students' edition; cells that are new are added."""
    name = student.metadata.course.assignment
    gradebook.update_or_create_assignment(name)
    gradebook.update_or_create_notebook(name, name)
    for cell in student.cells:
        mark = source.mark(cell, "grade_id")
        if not mark:
            continue
        if source.mark(cell, "grade"):
            points = float(source.mark(cell, "points") or 0)
            gradebook.update_or_create_grade_cell(mark, name, name, max_score=points, cell_type=cell.cell_type)
        if source.mark(cell, "solution"):
            gradebook.update_or_create_solution_cell(mark, name, name)
        marks = {"cell_type": cell.cell_type, "source": cell.source, "locked": bool(source.mark(cell, "locked"))}
        gradebook.update_or_create_source_cell(mark, name, name, **marks)


def enter(
    gradebook: Any,
    assignment: str,
    student: str,
    time: datetime.datetime,
    points: dict[str, float | None],
    changed: bool,
    name: str = "",
) -> None:
    """Write down what a submission came to. points: by grade_id, None for what somebody must read.

    changed: whether the notebook is another than before, so that points given by hand need another look. name: what the
    formgrader shows to who asks for names.
    """
    gradebook.update_or_create_student(student, first_name=name or None)
    gradebook.update_or_create_submission(assignment, student, timestamp=str(time))
    submission = gradebook.find_submission(assignment, student)
    (notebook,) = submission.notebooks
    _complete(gradebook, notebook)
    for grade in notebook.grades:
        if grade.name not in points:
            continue
        before, grade.auto_score = grade.auto_score, points[grade.name]
        if grade.manual_score is None:
            grade.needs_manual_grade = grade.auto_score is None
        elif changed or before != grade.auto_score:
            grade.needs_manual_grade = True
    gradebook.db.commit()


def _complete(gradebook: Any, notebook: Any) -> None:
    """Add what a submission lacks because its assignment got cells since."""
    from nbgrader.api import Comment, Grade

    there = {grade.cell_id for grade in notebook.grades}
    gradebook.db.add_all(
        Grade(cell_id=cell.id, notebook=notebook) for cell in notebook.notebook.grade_cells if cell.id not in there
    )
    there = {comment.cell_id for comment in notebook.comments}
    gradebook.db.add_all(
        Comment(cell_id=cell.id, notebook=notebook) for cell in notebook.notebook.solution_cells if cell.id not in there
    )
    gradebook.db.commit()


def lines(gradebook: Any, assignment: str, student: str, order: Sequence[str] = ()) -> list[Line]:
    """What each question of a submission came to. order: of the questions, by grade_id; others are gone since."""
    (notebook,) = gradebook.find_submission(assignment, student).notebooks
    comments = {comment.name: comment.comment or "" for comment in notebook.comments}
    places = {name: place for place, name in enumerate(order)}
    there = [grade for grade in notebook.grades if not order or grade.name in places]
    grades = sorted(there, key=lambda grade: (places.get(grade.name, 0), grade.name))
    return [
        Line(
            grade.name,
            None if grade.manual_score is None and grade.auto_score is None else float(grade.score),
            float(grade.max_score),
            grade.manual_score is not None,
            comments.pop(grade.name, ""),
        )
        for grade in grades
    ] + [Line(name, 0, 0, False, comment) for name, comment in comments.items() if comment]


def mark(
    gradebook: Any,
    assignment: str,
    student: str,
    question: str,
    points: float | None,
    comment: str,
    really: bool = True,
) -> None:
    """Write down points and a comment given by hand; None and '' leave what is there. really: else only look.

    Raises ValueError for points out of range, and LookupError for a question or a student that is not there.
    """
    from nbgrader.api import MissingEntry

    try:
        grade = gradebook.find_grade(question, assignment, assignment, student)
    except MissingEntry:
        raise LookupError(f"{student} has no question {question!r} in {assignment}") from None
    if points is not None and not 0 <= points <= grade.max_score:
        raise ValueError(f"{points:g} points for {question}, which has {grade.max_score:g}")
    if not really:
        return
    if points is not None:
        grade.manual_score, grade.needs_manual_grade = points, False
    if comment:
        with contextlib.suppress(MissingEntry):
            gradebook.find_comment(question, assignment, assignment, student).manual_comment = comment
    gradebook.db.commit()


def take_off(gradebook: Any, assignment: str, student: str, share: float) -> float:
    """Write down what lateness takes off, a share of the points reached; return the points."""
    submission = gradebook.find_submission(assignment, student)
    (notebook,) = submission.notebooks
    notebook.late_submission_penalty = round(share * notebook.score, 2)
    gradebook.db.commit()
    return notebook.late_submission_penalty
