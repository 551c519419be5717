"""Find files that are here, and bring those that are not: checked, resumed, moved into place only when whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from helpers.files import disk

_SPARE_BYTES = 10_000_000  # left free on the disk beside the file itself


class MissingError(FileNotFoundError):
    """Data or weights that are not on this computer. The sentence says what, how big, which command brings it."""


class DownloadError(OSError):
    """A download that did not succeed. The sentence says what went wrong; nothing half-made is left to be used."""


def cache_folder() -> Path:
    """Return the folder that downloads land in, which need not exist yet.

    `$COURSE_CACHE` if it is set; else `data/cache` in the project; else, where this package was installed without the
    project around it, `.cache/course-helpers` in the home.
    """
    if chosen := os.environ.get("COURSE_CACHE", "").strip():
        return _expanded("COURSE_CACHE", chosen)
    project = Path(__file__).resolve().parents[2]
    if (project / "pyproject.toml").is_file():
        return project / "data" / "cache"
    return Path.home() / ".cache" / "course-helpers"


def search_folders() -> list[Path]:
    """Return the folders to look in for data, first the folders named by `$COURSE_DATA`, then the cache.

    `$COURSE_DATA` may name several folders, separated as in `$PATH` (":" on Linux and macOS, ";" on Windows). A folder
    that does not exist is still listed: nothing will be found in it.
    """
    parts = os.environ.get("COURSE_DATA", "").split(os.pathsep)
    return [*(_expanded("COURSE_DATA", part) for part in parts if part.strip()), cache_folder()]


def _expanded(setting: str, name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise ValueError(
            f"{setting} is {name!r}, and this computer knows no such home folder; write the folder's whole path"
        ) from None


def find(*names: str) -> Path | None:
    """Return the first of these files or folders in the search folders, None if none is there.

    A name may have folders in it ("tables/school.mat"). The earlier folder wins over the earlier name.
    """
    for folder in search_folders():
        for name in names:
            if os.path.exists(folder / name):  # also False for a folder that may not be read
                return folder / name
    return None


def megabytes(size: int) -> str:
    """Return a number of bytes as a reader wants it: "68.6 MB", "41 kB"."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def fetch(
    url: str,
    path: str | Path,
    size: int | None = None,
    sha256: str | None = None,
    label: str | None = None,
    md5: str | None = None,
    timeout: float = 30.0,
    at_most: int = 2_000_000_000,
    check: Callable[[Path], str | None] | None = None,
) -> Path:
    """Download one file to `path`, unless it is there already and right, and return the path.

    size is in bytes; it, sha256 and md5 (as hexadecimal text) are checked, as far as given, before the file gets its
    name; Keras lists md5 sums for its weights. check: says what is wrong with the content of a file, None if nothing
    is. at_most: bytes, for a file of unknown size. Only https addresses are taken, and plain http from this computer
    itself (127.0.0.1, localhost), which is how the tests work; a redirection elsewhere is refused. `timeout` is in
    seconds, for the connection and for every wait for data; less than 2 kB a second is too slow. A broken download
    leaves `<name>.part` (and `<name>.part.tag`, which says of which address and version it is a part), and the next
    call goes on from there; when that cannot be right, it starts anew. Of several programs that want the same file one
    brings it, the others wait. Raises DownloadError, one sentence, when the file cannot be brought.
    """
    from helpers.files import receiving

    path = Path(path)
    job = receiving.Job(url, path, size, sha256, md5, label or path.name, timeout, at_most, check)
    try:
        if path.is_file() and job.problem(path) is None:
            return path
        reason = receiving.refusal(url)
        if reason:
            raise job.error(reason)
        if path.is_dir():
            raise DownloadError(f"Cannot write {job.label}: a folder has the name {path}; rename or delete that first.")
        path.parent.mkdir(parents=True, exist_ok=True)
        waiting = f"Another program is downloading {job.label}; waiting for it ..."
        lock = job.part.with_name(job.part.name + ".lock")
        with disk.alone(lock, job.part, 4 * timeout, waiting) as exclusive:
            if path.is_file() and job.problem(path) is None:  # another program has brought it meanwhile
                return path
            return receiving.bring(job if exclusive else replace(job, own=f".{os.getpid()}"))
    except DownloadError:
        raise
    except TimeoutError as error:
        raise job.error(f"{error.strerror} without getting on; end it, then try again") from None
    except OSError as error:  # the disk: full, read-only, not ours
        job.forget()
        raise DownloadError(
            f"Cannot write {job.label} to {job.path.parent} ({error.strerror or error}); free some space, or set "
            f"COURSE_CACHE to a folder that you may write to."
        ) from error


def check_room(folder: Path, size: int, label: str) -> None:
    """Raise DownloadError if the disk of `folder` has no room for `size` more bytes."""
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE_BYTES:
        raise DownloadError(
            f"No room for {label} on the disk of {folder}: it needs {megabytes(size + _SPARE_BYTES)} and "
            f"{megabytes(free)} are free; make room, or set COURSE_CACHE to a folder on another disk."
        )
