"""`homework export WHAT`: grades for Moodle and Canvas, what JPlag and Dolos read, work for assistants, the board."""

from __future__ import annotations

import argparse
import csv
import io
import shutil
from collections.abc import Iterable
from pathlib import Path

from tools.common import Stop, write
from tools.homework import (
    board,
    deadlines,
    gradebook,
    kept,
    notebooks,
    pseudonyms,
    reading,
    records,
    source,
    submissions,
)
from tools.homework.grade import lateness
from tools.homework.gradebook import Line
from tools.homework.kept import Kept

WHAT = ("grades", "similar", "assistants", "marks", "board")


def export(options: list[str]) -> int:
    """Write one of the exports for the assignments that were graded, into the records or a folder that is named."""
    parser = argparse.ArgumentParser(prog="course.py homework export", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("assignment", nargs="?", default="", help="such as h06; none: all that were graded")
    parser.add_argument("--records", default="", help="where grades and names are kept")
    parser.add_argument("--to", default="", help="the folder to write to; none: `export` in the records")
    parser.add_argument("--among", nargs="+", default=[], help="assistants: the names of those who share the work")
    wanted = parser.parse_args(options)
    folder = records.folder(wanted.records)
    there = Path(wanted.to).expanduser().resolve() if wanted.to else folder / "export"
    names = kept.assignments(folder, wanted.assignment)
    if wanted.what == "assistants":
        written = for_assistants(folder, there, names, wanted.among)
    else:
        write_one = {"grades": grades, "similar": similar, "marks": marks, "board": boards}[wanted.what]
        written = [path for name in names for path in write_one(folder, there, name, kept.everyone(folder, name))]
    print("\n".join(str(path) for path in written) or "There is nothing to write.")
    return 0


def _csv(path: Path, rows: Iterable[Iterable]) -> Path:
    """Write a table; a cell that a spreadsheet would take for a formula is written as a word."""
    text = io.StringIO()
    safe = [[f"'{cell}" if str(cell)[:1] in ("=", "+", "@", "\t") else cell for cell in row] for row in rows]
    csv.writer(text, lineterminator="\n").writerows(safe)
    write(path, text.getvalue())
    return path


# ---- grades ----------------------------------------------------------------------------------------------------------


def grades(folder: Path, there: Path, name: str, everyone: list[Kept]) -> list[Path]:
    """The points of all as a plain table, and as Moodle's and Canvas's import read them."""
    rules = deadlines.read(folder / "deadlines.csv")
    rows: list[tuple[Kept, list[Line], float]] = []
    with gradebook.opened(folder) as book:
        for one in everyone:
            if one.failed and not one.results:
                continue
            off = gradebook.take_off(book, name, one.student, lateness(rules, one).share)
            order = [cell.id for cell in reading.editions_of(folder, name, one.year).student.cells]
            rows.append((one, gradebook.lines(book, name, one.student, order), off))
    most = max((sum(line.of for line in lines) for _, lines, _ in rows), default=0)
    questions = list(dict.fromkeys(line.question for _, lines, _ in rows for line in lines if line.of))
    plain = [["student", "name", "points", "of", "late", "still open", *questions]]
    moodle = [
        ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)"]
    ]  # it asks for the last one
    canvas = [["Student", "ID", "Section", name], ["    Points Possible", "", "", most]]
    for one, lines, off in rows:
        points = max(0.0, sum(line.points or 0 for line in lines) - off)
        each = {line.question: "" if line.points is None else line.points for line in lines}
        still = sum(line.points is None for line in lines)
        plain.append([one.student, one.name, points, most, off, still, *(each.get(name, "") for name in questions)])
        if submissions.system(one.place) == "moodle":
            moodle.append([f"Participant {one.id}", one.name, points, most, "-"])
        if submissions.system(one.place) == "canvas":
            canvas.append([one.name, one.id, "", points])
    tables = {"grades": (plain, 0), "moodle": (moodle, 1), "canvas": (canvas, 2)}
    return [_csv(there / f"{name}_{kind}.csv", rows) for kind, (rows, head) in tables.items() if len(rows) > head]


def marks(folder: Path, there: Path, name: str, everyone: list[Kept]) -> list[Path]:
    """A table to fill in, and `grade --marks` takes it back: a line for each answer that somebody must read."""
    names = pseudonyms.of(folder, [one.student for one in everyone])
    rows = [["assignment", "student", "question", "points", "comment"]]
    with gradebook.opened(folder) as book:
        for one in everyone:
            lines = gradebook.lines(book, name, one.student) if one.results or not one.failed else []
            rows += [[name, names[one.student], line.question, "", ""] for line in lines if line.points is None]
    return [_csv(there / f"{name}_marks.csv", rows)]


# ---- what other programs and people read -----------------------------------------------------------------------------


def similar(folder: Path, there: Path, name: str, everyone: list[Kept]) -> list[Path]:
    """Answers in code as files: folders for JPlag, with what was handed out in `base`, and info.csv for Dolos."""
    place = there / f"{name}_similar"
    rows = [["filename", "full_name", "created_at"]]
    for one in everyone:
        student = reading.editions_of(folder, name, one.year).student
        answers = {
            cell.id: cell for cell in student.cells if source.mark(cell, "solution") and cell.cell_type == "code"
        }
        handed_in = notebooks.read(kept.notebook_path(folder, name, one.student, "autograded").read_bytes())
        own = [cell.text for cell in handed_in.cells if cell.kind == "code" and cell.grade_id in {"", *answers}]
        write(place / "students" / one.student / f"{name}.py", "\n\n\n".join(own) + "\n")
        write(place / "base" / f"{name}.py", "\n\n\n".join(cell.source for cell in answers.values()) + "\n")
        rows.append([f"students/{one.student}/{name}.py", one.student, one.time])
    return [_csv(place / "info.csv", rows).parent]


def boards(folder: Path, there: Path, name: str, everyone: list[Kept]) -> list[Path]:
    """The board of a challenge; none where no check noted a share."""
    names = pseudonyms.of(folder, [one.student for one in everyone])
    found = board.measured(everyone, names)
    if not found:
        return []
    write(there / f"{name}_board.md", board.text(board.entries(found)))
    return [there / f"{name}_board.md"]


def for_assistants(folder: Path, there: Path, names: list[str], among: list[str]) -> list[Path]:
    """Share submissions among several; each gets a folder with a gradebook of its own, in which nobody has a name.

    The same student goes to the same assistant in every assignment.
    """
    if not among or any(not word.isidentifier() for word in among):
        raise Stop("name those who share the work, one word each: --among anna ben.")
    students = sorted({one.student for name in names for one in kept.everyone(folder, name)})
    hidden = pseudonyms.of(folder, students)
    shares = {who: set(sorted(students, key=hidden.__getitem__)[at :: len(among)]) for at, who in enumerate(among)}
    for who, share in shares.items():
        if (there / who / "gradebook.db").exists():
            raise Stop(f"{there / who} holds a gradebook already: take it in with --marks and remove it, then again.")
        with gradebook.opened(folder) as book, gradebook.opened(there / who) as copy:
            for name in names:
                for one in kept.everyone(folder, name):
                    if one.student in share and (one.results or not one.failed):
                        _hand_over(folder, there / who, book, copy, one, hidden[one.student])
        if (folder / "comments.csv").is_file():
            shutil.copy(folder / "comments.csv", there / who)
    return [there / who for who in shares]


def _hand_over(folder: Path, there: Path, book: object, copy: object, one: Kept, pseudonym: str) -> None:
    gradebook.enter_assignment(copy, reading.editions_of(folder, one.assignment, one.year).student)
    lines = gradebook.lines(book, one.assignment, one.student)
    points = {line.question: line.points for line in lines if line.of}
    gradebook.enter(copy, one.assignment, pseudonym, one.handed_in(), points, False)
    data = kept.notebook_path(folder, one.assignment, one.student, "autograded").read_bytes()
    write(kept.notebook_path(there, one.assignment, pseudonym, "autograded"), data)
