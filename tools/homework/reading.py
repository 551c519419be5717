"""From files to submissions: each student's newest notebook of each assignment, put in order."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from tools.common import Stop
from tools.homework import editions, kept, notebooks, records, repair, source
from tools.homework.kept import Kept
from tools.homework.repair import Work
from tools.homework.submissions import File

VERSION = 1  # of grading itself; a change here grades everything anew


class Edition(NamedTuple):
    """An assignment as graders and as students have it."""

    grader: NotebookNode
    student: NotebookNode


class Item(NamedTuple):
    """A submission that was read and is to be graded."""

    kept: Kept
    file: File
    work: Work


def read(folder: Path, files: list[File], only: str = "", year: str = "") -> tuple[list[Item], list[str]]:
    """Choose each student's newest notebook of each assignment and put it in order; also what was left out."""
    plain = {name: editions_of(folder, name, "").student for name in _names(only)}
    found: dict[tuple[str, str], list[tuple[File, notebooks.Notebook]]] = {}
    left, years = [], Counter()
    order = sorted(files, key=lambda file: (file.time, file.order, file.path))
    for file in order:
        try:
            book = notebooks.read(file.data)
            name = repair.assignment_of(book, plain)
        except notebooks.Unreadable as reason:
            left.append((file, f"{file.path} {reason}."))
            continue
        if not name:
            left.append((file, f"{file.path} belongs to no assignment that is graded here."))
            continue
        found.setdefault((name, file.student), []).append((file, book))
        years[name, str(book.course.get("year", ""))] += 1
    items = []
    for (name, student), several in sorted(found.items(), key=lambda one: one[0]):
        most = year or max((one for one in years if one[0] == name), key=years.__getitem__)[1]
        file, book = several[-1]
        edition = editions_of(folder, name, most)
        work = repair.put_in_order(book, edition.grader, edition.student)
        others = [other.path for other, _ in several[:-1]] + [one.path for one, _ in left if one.student == student]
        work.notes.extend(["the system says that it came late"] * file.late)
        work.notes.extend([f"of several files the newest was graded, {file.path}"] * bool(others))
        items.append(Item(_record(file, name, most, work, edition), file, work))
    graded = {item.file.student for item in items}
    return items, [
        said if file.student in graded else f"Nothing to grade for {file.student}: {said}" for file, said in left
    ]


def _names(only: str) -> list[str]:
    names = [path.stem.partition("_")[0] for path in source.paths()]
    if only and only not in names:
        raise Stop(f"there is no assignment {only!r}: there are {', '.join(names)}.")
    return [only] if only else names


_made: dict[tuple, Edition] = {}


def editions_of(folder: Path, name: str, year: str) -> Edition:
    """An assignment's editions, with the values of a year where one is named."""
    secret = records.secret(folder) if year else ""
    if (name, secret, year) not in _made:
        book = source.read(source.find(name))
        _made[name, secret, year] = Edition(editions.grader(book, secret, year), editions.student(book, secret, year))
    return _made[name, secret, year]


def _record(file: File, name: str, year: str, work: Work, edition: Edition) -> Kept:
    made = kept.of(file, name, year)
    total = hashlib.sha256(file.data).hexdigest()
    facts = [VERSION, total, editions.text(edition.grader)]
    made.sum, made.receipt = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24], total[:16]
    made.notes = list(dict.fromkeys(work.notes))
    made.points = prose_points(work, edition.student)
    return made


def prose_points(work: Work, student: NotebookNode) -> dict[str, float | None]:
    """The points of answers that no program checks: none for a blank one, None where somebody must read it."""
    points: dict[str, float | None] = {}
    for cell in student.cells:
        if source.mark(cell, "grade") and source.mark(cell, "solution"):
            answer = work.answers.get(cell.id)
            written = answer is not None and "".join(answer.text.split()) not in ("", "".join(cell.source.split()))
            points[cell.id] = None if written and source.mark(cell, "points") else 0.0
    return points
