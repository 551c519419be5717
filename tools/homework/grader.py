"""The grader: it has run the key once, and asks a student's process wherever a cell of checks names an answer.

Hidden checks run here and nowhere else. What a student's process sees of them is the arguments of calls; what comes
back is a value, and what is said of it in a hidden part holds no word of the student's choice.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from nbformat import NotebookNode

from helpers.teaching import homework
from tools.common import Stop
from tools.homework import checks, source, trial
from tools.homework.checks import Check
from tools.homework.sandbox import Box, Limits
from tools.homework.session import Handle, Session, Step, Times

PATIENCE = 300  # seconds for one part of a cell of checks, calls included


class Result(NamedTuple):
    """What one cell of checks came to."""

    name: str
    points: float
    of: float
    lines: list[str]
    notes: list[list]  # of `Question.note`
    trouble: str = ""  # where the cell itself stopped; for graders only, a hidden line may stand in it


class Graded(NamedTuple):
    """What one notebook came to: its checks, and what stopped its cells, by their names."""

    results: list[Result]
    stopped: dict[str, str]


class Key:
    """An assignment in its grader's edition, its own answers run once, ready for one student after the other."""

    def __init__(self, book: NotebookNode) -> None:
        """Stop where the key itself stops, or does not get all points."""
        os.environ.setdefault("MPLBACKEND", "agg")
        self.book, self.checks, self.there = book, checks.of(book), checks.names_there(book)
        self.names: dict[str, dict] = {}
        names: dict[str, Any] = {}
        for cell in book.cells:
            if cell.cell_type != "code":
                continue
            if source.is_check(cell):
                self.names[source.mark(cell, "grade_id")] = dict(names)
            value, said, error = trial.run_cell(cell.source, names, cell.id)
            if error:
                raise Stop(f"the key of {book.metadata.course.assignment} stops, so nothing was graded: {error}")
            if source.is_check(cell) and value != source.mark(cell, "points"):
                raise Stop(f"the key of {book.metadata.course.assignment} loses points in {cell.id}: {said}")

    def grade(self, steps: list[Step], start: Callable[[], Box], times: Times | None = None, only: str = "") -> Graded:
        """Run a student's notebook and ask it. start: makes its box. only: one cell of checks."""
        session = Session(steps, start, times)
        wanted = [check for check in self.checks if only in ("", check.name)]
        try:
            session.run()
            stopped = dict(session.stopped)
            asked = [_Asked(check, self.names[check.name], session, self.there) for check in wanted]
            for check in asked:
                check.run_seen()
            shared: dict[str, Any] = {}  # what the hidden part of one cell gives the next one's
            for check in asked:
                shared = check.run_rest(shared)
            return Graded([check.result() for check in asked], stopped)
        finally:
            session.close()


class _Asked:
    """One cell of checks on its way."""

    def __init__(self, check: Check, names: dict[str, Any], session: Session, there: set[str]) -> None:
        self.check, self.session, self.value, self.error, self.said = check, session, None, "", ""
        self.there = {
            id(value): {"name": [name, check.name]}
            for name, value in names.items()
            if name in there and name not in check.asked
        }
        self.names = {name: value for name, value in names.items() if name not in check.asked}
        self.before = {id(value) for value in names.values()}
        for name in check.asked:
            target = {"name": [name, check.name]}
            with contextlib.suppress(Exception):  # it is missing: the answer that names it stops with a NameError
                self.names[name] = session.get(target)
                if isinstance(self.names[name], Handle):
                    self.names[name] = Handle(session, target)

    def run_seen(self) -> None:
        """Run the part that students have; what stops it is said."""
        self._run(self.check.seen)
        self.said = self.error.strip().splitlines()[-1] if self.error else ""

    def run_rest(self, shared: dict[str, Any]) -> dict[str, Any]:
        """Run the hidden part with what the hidden parts before gave; return that and what this one gives."""
        before = dict(self.names)
        self.names.update({name: value for name, value in shared.items() if name not in self.names})
        with homework.unseen():
            self._run(self.check.rest)
        return {**shared, **{name: value for name, value in self.names.items() if name not in before}}

    def _run(self, text: str) -> None:
        if text.strip() and not self.error:
            self.session.there = self.there
            with _patience(PATIENCE):
                self.value, _, self.error = trial.run_cell(text, self.names, self.check.name)

    def result(self) -> Result:
        """The points and lines of the questions in this cell, and that it stopped, where it did."""
        questions = [value for value in self.names.values() if isinstance(value, homework.Question)]
        questions = [question for question in dict.fromkeys(questions) if id(question) not in self.before]
        points = sum(question.earned for question in questions)
        lines = [line for question in questions for line in question.lines]
        if self.error:
            why = f" ({self.said[:300]})" if self.said else ""
            lines.append(f"✗ the rest of these checks could not be run on this answer{why}")
        elif not questions:
            points = self.check.points if self.value is None else float(self.value)
        notes = [list(note) for question in questions for note in question.notes]
        points = min(max(points, 0.0), self.check.points)
        return Result(self.check.name, points, self.check.points, lines, notes, self.error)


@contextlib.contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Interrupt what runs longer, such as a loop over a number that a student gave."""

    def late(*_: Any) -> None:
        raise TimeoutError("this check took too long with this answer")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def box_of(number: int, limits: Limits | None = None, trust: bool = False) -> Callable[[], Box]:
    """A function that makes a worker's boxes, one after the other."""
    return lambda: Box(number, limits, trust)
