"""What students handed in: zips and folders as Moodle, Canvas and Gradescope name them, and loose files.

Nothing is unpacked to the disk, so that no name in a zip leads anywhere.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from tools.common import Stop

LARGEST_FILE, LARGEST_SUM, MOST_FILES, DEEPEST = 60_000_000, 4_000_000_000, 20_000, 2
MOODLE = re.compile(r"(?P<name>[^_]+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)")
CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")
_SKIPPED = re.compile(
    r"(^|/)(__MACOSX|\.ipynb_checkpoints|\.git)/|(^|/)\.[^/]*$|\.(yml|csv|html?|txt|pdf|png|jpe?g)$", re.I
)


class File(NamedTuple):
    """One file that a student handed in."""

    student: str  # letters, digits, _ and -; the same for all that one student hands in
    name: str  # the student's own name, where the system tells it
    id: str  # the system's number of the student or of the submission
    place: str  # the folder or file that the system named: where it takes feedback back
    path: str  # where it was found
    time: datetime.datetime
    data: bytes
    order: int = 0  # of two files with one time the larger is newer
    late: bool = False  # the system itself says so


class Found(NamedTuple):
    """All files, and a sentence for each that was left out."""

    files: list[File]
    refused: list[str]


class _Entry(NamedTuple):
    path: str
    time: datetime.datetime
    data: bytes


def read(place: Path) -> Found:
    """All that was handed in within a folder or a zip; Stop where there is nothing."""
    if not place.exists():
        raise Stop(f"{place} is not there: name the folder or the zip with the submissions.")
    refused: list[str] = []
    entries = list(_entries(place, refused))
    people = _gradescope(entries)
    entries = [entry for entry in entries if not _SKIPPED.search(entry.path)]
    top = _top(entries)
    files = _apart([_file(entry, people, top) for entry in entries])
    if not files and not refused:
        raise Stop(f"{place} holds no notebook: name the folder or the zip with the submissions.")
    return Found(files, refused)


def newest(files: list[File]) -> tuple[dict[str, File], dict[str, list[File]]]:
    """The newest file of each student, and the older ones."""
    chosen: dict[str, File] = {}
    older: dict[str, list[File]] = {}
    for file in sorted(files, key=lambda file: (file.time, file.order, file.path)):
        if file.student in chosen:
            older.setdefault(file.student, []).append(chosen[file.student])
        chosen[file.student] = file
    return chosen, older


# ---- files and zips --------------------------------------------------------------------------------------------------


def _entries(place: Path, refused: list[str]) -> Iterator[_Entry]:
    paths = [place] if place.is_file() else sorted(path for path in place.rglob("*") if not path.is_dir())
    zips = [path for path in paths if path.suffix.lower() == ".zip"]
    left = [LARGEST_SUM, MOST_FILES]
    for path in paths:
        name = path.relative_to(place).as_posix() if place.is_dir() else path.name
        if path.is_symlink():
            refused.append(f"{name} is a link to another file and was not followed.")
        elif path in zips:  # one zip is that of a class, several may be one student's each
            within = f"{name[: -len('.zip')]}/" if len(zips) > 1 or "/" in name else ""
            yield from _unzipped(path, within, name, left, refused, 0)
        elif path.stat().st_size > LARGEST_FILE:
            refused.append(f"{name} has {path.stat().st_size / 1e6:.0f} MB and was not read.")
        else:
            time = datetime.datetime.fromtimestamp(path.stat().st_mtime).replace(microsecond=0)
            yield _Entry(name, time, path.read_bytes())


def _unzipped(file: Any, within: str, name: str, left: list[int], refused: list[str], depth: int) -> Iterator[_Entry]:
    """The files of a zip, each read in bounded steps. within: the folder that the zip stands for."""
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                entry = _entry(archive, info, within, name, left, refused)
                if entry is None:
                    continue
                if not entry.path.lower().endswith(".zip"):
                    yield entry
                elif depth == DEEPEST:
                    refused.append(f"{name}: {info.filename} is a zip in a zip in a zip and was not opened.")
                else:
                    inner = entry.path[: -len(".zip")] + "/"
                    yield from _unzipped(io.BytesIO(entry.data), inner, entry.path, left, refused, depth + 1)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
        refused.append(f"{name} is no zip that can be read ({' '.join(str(error).split())[:80]}).")


def _entry(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, within: str, name: str, left: list[int], refused: list[str]
) -> _Entry | None:
    """One file of a zip, or None and a sentence where it may not be read."""
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if info.is_dir():
        return None
    left[1] -= 1
    if left[1] < 0 or left[0] <= 0:
        if left[1] >= -1 or left[0] > -1:
            refused.append(f"{name} holds more than may be read; the rest of it was left out.")
            left[0] = -1
        return None
    if path.is_absolute() or ".." in path.parts or (info.external_attr >> 28) == 0xA:
        refused.append(f"{name}: {info.filename[:80]!r} leads out of the zip and was left out.")
        return None
    if _SKIPPED.search(str(path)) and not str(path).endswith("submission_metadata.yml"):
        return None
    with archive.open(info) as stream:
        data = stream.read(LARGEST_FILE + 1)  # what the zip says of its size is not believed
    if len(data) > LARGEST_FILE:
        refused.append(f"{name}: {info.filename[:80]!r} has more than {LARGEST_FILE / 1e6:.0f} MB and was left out.")
        return None
    left[0] -= len(data)
    try:
        time = datetime.datetime(*info.date_time)
    except ValueError:
        time = datetime.datetime(1980, 1, 1)
    return _Entry(within + str(path), time, data)


# ---- whose is it? ----------------------------------------------------------------------------------------------------


def _file(entry: _Entry, people: dict[str, dict], top: str) -> File:
    """The student and the time of a file, by whichever system named it. top: a folder that all files lie in."""
    parts = PurePosixPath(entry.path.removeprefix(top)).parts
    for part in parts:
        if found := MOODLE.fullmatch(part):
            place = part if part != parts[-1] else part.removesuffix(found["file"])
            return File(_plain(found["name"]), found["name"], found["id"], place, *entry)
        if (found := GRADESCOPE.fullmatch(part)) and part in people:
            person = people[part]
            time = person["time"] or entry.time
            return File(
                person["student"], person["name"], found["id"], part, entry.path, time, entry.data, int(found["id"])
            )
    for part in reversed(parts):
        if found := CANVAS.fullmatch(part):
            again = re.search(r"-(\d+)(\.\w+)?$", found["file"])  # handed in once more
            order = int(found["number"]) + (int(again[1]) if again else 0)
            student = _plain(f"{found['name']}_{found['id']}")
            return File(student, found["name"], found["id"], part, *entry, order, bool(found["late"]))
    whose = parts[0] if len(parts) > 1 else PurePosixPath(parts[0]).stem
    return File(_plain(whose), whose, "", whose, *entry)


def system(place: str) -> str:
    """Which system gave a folder or a file this name: moodle, canvas or gradescope; '' for none of them."""
    names = {"moodle": MOODLE, "canvas": CANVAS, "gradescope": GRADESCOPE}
    return next((name for name, pattern in names.items() if pattern.fullmatch(place)), "")


def _apart(files: list[File]) -> list[File]:
    """Two students of one name in one export are told apart by their numbers."""
    ids: dict[str, set[str]] = {}
    for file in files:
        ids.setdefault(file.student, set()).add(file.id)
    twice = {student for student, several in ids.items() if len(several) > 1}
    numbered = {file.place for file in files if system(file.place) == "moodle" and file.student in twice}
    return [file._replace(student=f"{file.student}_{file.id}") if file.place in numbered else file for file in files]


def _top(entries: list[_Entry]) -> str:
    """The folder that several files all lie in, where its name says nothing of a student."""
    folders = {PurePosixPath(entry.path).parts[0] for entry in entries if "/" in entry.path}
    alike = len(folders) == 1 and len(entries) > 1 and all(entry.path.count("/") > 1 for entry in entries)
    return f"{folders.pop()}/" if alike else ""


def _plain(text: str) -> str:
    """A name that may be a folder's: letters, digits, _ and -."""
    return re.sub(r"[^\w-]+", "_", text).strip("_")[:80] or "nameless"


def _gradescope(entries: list[_Entry]) -> dict[str, dict]:
    """Who is who in an export of Gradescope, by the names of its folders."""
    import yaml

    people = {}
    for entry in entries:
        if not entry.path.endswith("submission_metadata.yml"):
            continue
        try:
            read = yaml.load(entry.data, yaml.BaseLoader)
        except (yaml.YAMLError, UnicodeError, RecursionError):
            continue
        for folder, facts in read.items() if isinstance(read, dict) else []:
            person = _person(facts)
            if person:
                people[str(folder)] = person
    return people


def _person(facts: Any) -> dict | None:
    facts = facts if isinstance(facts, dict) else {}
    submitters = facts.get(":submitters")
    first = submitters[0] if isinstance(submitters, list) and submitters and isinstance(submitters[0], dict) else None
    if first is None:
        return None
    found = re.match(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)", str(facts.get(":created_at", "")))
    time = datetime.datetime.fromisoformat(f"{found[1]} {found[2]}") if found else None
    name = str(first.get(":name") or "")
    return {"student": _plain(str(first.get(":sid") or first.get(":email") or name)), "name": name, "time": time}
