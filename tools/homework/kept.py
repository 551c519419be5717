"""What is kept of each graded submission in the folder of records: `graded/h06/STUDENT.json` and the file itself."""

from __future__ import annotations

import datetime
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tools.common import Stop, write
from tools.homework.grader import Result
from tools.homework.submissions import File


@dataclass
class Kept:
    """One submission: where it came from, what was wrong with it, and what its checks came to."""

    student: str
    name: str
    id: str
    place: str  # the folder or file that the system named
    path: str
    time: str
    late: bool
    assignment: str
    year: str = ""
    sum: str = ""  # of the notebook and of the edition it was graded with
    receipt: str = ""  # the beginning of the file's SHA-256, as `homework check` prints it
    notes: list[str] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    points: dict[str, float | None] = field(default_factory=dict)
    failed: str = ""  # why the grader itself could not grade it

    def handed_in(self) -> datetime.datetime:
        """When it was handed in, as far as the submission tells."""
        return datetime.datetime.fromisoformat(self.time)


def of(file: File, assignment: str, year: str) -> Kept:
    """The record of a file, before it is graded."""
    about = (file.student, file.name, file.id, file.place, file.path, str(file.time), file.late)
    return Kept(*about, assignment=assignment, year=year)


def file_of(records: Path, kept: Kept) -> File:
    """The submission again, from the copy in the records."""
    data = notebook_path(records, kept.assignment, kept.student).read_bytes()
    return File(kept.student, kept.name, kept.id, kept.place, kept.path, kept.handed_in(), data, 0, kept.late)


def notebook_path(records: Path, assignment: str, student: str, folder: str = "submitted") -> Path:
    """Where nbgrader expects a student's notebook."""
    return records / folder / student / assignment / f"{assignment}.ipynb"


def path(records: Path, assignment: str, student: str) -> Path:
    """Where the record of a submission lies."""
    return records / "graded" / assignment / f"{student}.json"


def save(records: Path, kept: Kept) -> None:
    """Write the record of a submission."""
    text = json.dumps(asdict(kept), indent=1, ensure_ascii=False)
    write(path(records, kept.assignment, kept.student), text + "\n")


def load(place: Path) -> Kept | None:
    """A record; None where there is none that can be read."""
    try:
        kept = Kept(**json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    kept.results = [Result(*result) for result in kept.results]
    return kept


def everyone(records: Path, assignment: str) -> list[Kept]:
    """All records of an assignment, by student."""
    found = [load(place) for place in sorted((records / "graded" / assignment).glob("*.json"))]
    return [kept for kept in found if kept is not None]


def assignments(records: Path, wanted: str = "") -> list[str]:
    """The assignments that anything was graded of, or the one that is wanted; Stop where there is none."""
    names = sorted(folder.name for folder in (records / "graded").glob("*") if any(folder.glob("*.json")))
    if wanted and wanted not in names:
        raise Stop(f"nothing of {wanted!r} was graded in {records}; graded are: {', '.join(names) or 'none'}.")
    if not names:
        raise Stop(f"nothing was graded in {records} yet: `course.py homework grade FOLDER` does that.")
    return [wanted] if wanted else names
