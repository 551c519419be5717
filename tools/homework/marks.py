"""Points and comments given by hand, taken into the gradebook from a table or from an assistant's own gradebook."""

from __future__ import annotations

import csv
from pathlib import Path

from tools.common import Stop
from tools.homework import gradebook, kept, pseudonyms

COLUMNS = ("assignment", "student", "question", "points", "comment")


def take(records: Path, place: Path) -> int:
    """Take in a CSV file, or the folder that an assistant got; return how many marks. Stop where one does not fit.

    Students may be named by their pseudonyms. Nothing is taken in of a file with a mistake.
    """
    rows = _of_folder(place) if place.is_dir() else _of_table(place)
    names = {name: student for student, name in pseudonyms.read(records).items()}
    rows = [(where, name, names.get(student, student), *rest) for where, name, student, *rest in rows]
    with gradebook.opened(records) as book:
        for really in (False, True):
            for where, name, student, question, points, comment in rows:
                if not kept.path(records, name, student).is_file():
                    raise Stop(f"{where}: nothing of {name} by {student} was graded, so no marks were taken in.")
                try:
                    gradebook.mark(book, name, student, question, points, comment, really)
                except (ValueError, LookupError) as error:
                    raise Stop(f"{where}: {error}, so no marks were taken in.") from None
    print(f"{place}: {len(rows)} marks taken in.")
    return len(rows)


def _of_table(place: Path) -> list[tuple]:
    if not place.is_file():
        raise Stop(f"{place} is not there: name a CSV file with the columns {', '.join(COLUMNS)}, or a folder.")
    rows = []
    with place.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if lacking := [name for name in COLUMNS[:4] if name not in (reader.fieldnames or [])]:
            raise Stop(f"{place} lacks the column {lacking[0]!r}: its columns are {', '.join(COLUMNS)}.")
        for number, row in enumerate(reader, start=2):
            row = {name: (row.get(name) or "").strip() for name in COLUMNS}
            where = f"line {number} of {place}"
            try:
                points = float(row["points"]) if row["points"] else None
            except ValueError:
                raise Stop(f"{where}: {row['points']!r} are no points, so no marks were taken in.") from None
            if points is not None or row["comment"]:
                rows.append((where, row["assignment"], row["student"], row["question"], points, row["comment"]))
    return rows


def _of_folder(place: Path) -> list[tuple]:
    """The marks in an assistant's own gradebook."""
    if not (place / "gradebook.db").is_file():
        raise Stop(f"{place} holds no gradebook.db: name a folder that `homework export assistants` wrote.")
    rows = []
    with gradebook.opened(place) as book:
        for assignment in book.assignments:
            for submission in book.assignment_submissions(assignment.name):
                for notebook in submission.notebooks:
                    comments = {comment.name: comment.manual_comment or "" for comment in notebook.comments}
                    for grade in notebook.grades:
                        said = comments.get(grade.name, "")
                        if grade.manual_score is not None or said:
                            names = (f"{place}, {submission.student_id}", assignment.name, submission.student_id)
                            rows.append((*names, grade.name, grade.manual_score, said))
    return rows
