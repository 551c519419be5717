"""What the commands share: the project's folders, one-sentence errors, whole files, choosing notebooks by name."""

import contextlib
import difflib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from helpers.files import cache_folder
from tools import interrupts

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOURCES = NOTEBOOKS / "source"


def build_folder() -> Path:
    """Where commands write: build/ in the project, or in the folder of COURSE_CACHE, as all that the helpers store."""
    if not os.environ.get("COURSE_CACHE", "").strip():
        return ROOT / "build"
    try:
        return cache_folder().absolute() / "build"
    except (ValueError, RuntimeError):  # no such home folder; `check_room` says so before anything is written
        return ROOT / "build"


BUILD = build_folder()
EXECUTED = BUILD / "executed"
PAGES = BUILD / "html"
SITE = BUILD / "site"
SLIDES = BUILD / "slides"
ROOM = 200_000_000  # bytes that a run may write: features, executed notebooks, pages


class Stop(Exception):
    """What went wrong and what to do, in one sentence; `start` prints it and ends with status 1."""


def start(main: Callable[[list[str]], int]) -> None:
    """Run a command's main with the command line and leave with its status; errors of the user are one sentence.

    A Ctrl-C is one line and status 130, whatever the libraries below make of it.
    """
    with interrupts.heard() as interrupted:
        try:
            interrupts.let_through()
            tidy()
            status = main(sys.argv[1:])
        except Stop as reason:
            print(f"course.py: {reason}", file=sys.stderr)
            status = 1
        except BaseException as error:
            if not interrupted and not isinstance(error, KeyboardInterrupt):
                raise
            interrupted.say()
            status = 130
    raise SystemExit(status)


def tidy() -> None:
    """Remove what killed programs left in the cache."""
    from helpers import files
    from helpers.files import disk

    with contextlib.suppress(ValueError):  # a COURSE_CACHE that cannot be: said by what needs it
        for folder in ("", "features", "networks", "tables"):
            disk.sweep(files.cache_folder() / folder)


def write(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all, text with the same line ends on every system; Stop where that cannot be."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: OSError) -> Stop:
    """The sentence for a file or folder that the system does not let us write."""
    what = f"{path} cannot be written ({error.strerror or error})"
    if ROOT in path.parents and BUILD not in [path, *path.parents] and path.parent.name != "cache":
        return Stop(f"{what}: it is part of the course itself; mend this, or copy the course to a folder of your own.")
    return Stop(f"{what}: make room, or set COURSE_CACHE to a folder of your own, where everything is then written.")


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def check_room(needed: int = ROOM) -> None:
    """Stop before work begins when what it makes could not be written: a read-only project, a full disk.

    A COURSE_CACHE that is relative to the project's folder is made absolute, since notebooks run in another folder.
    """
    try:
        cache = cache_folder().absolute()
    except (ValueError, RuntimeError) as error:
        raise Stop(f"COURSE_CACHE names no folder ({error}): write the folder's whole path.") from None
    if os.environ.get("COURSE_CACHE", "").strip():
        os.environ["COURSE_CACHE"] = str(cache)
    for folder in (BUILD, cache / "features"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(bytes(1 << 20))  # a quota shows only in writing
            free = shutil.disk_usage(folder).free
        except OSError as error:
            raise cannot_write(folder, error) from None
        if free < needed:
            raise Stop(
                f"the disk of {folder} has {free / 1e6:.0f} MB left, and this may need {needed / 1e6:.0f}: "
                "make room, or set COURSE_CACHE to a folder on another disk, where everything is then written."
            )


def choose(wanted: Iterable[str], names: list[str], what: str) -> list[str]:
    """Return the names that were asked for, all of them where none was; Stop names the nearest for an unknown one.

    A name may be a path, may carry its ending, and may be cut to its number: `06`, `notebooks/06_grad_cam.ipynb`.
    """
    chosen = []
    for word in wanted:
        stem = Path(word).name.removesuffix(".ipynb").removesuffix(".py")
        matches = [name for name in names if name == stem] or [name for name in names if name.startswith(stem + "_")]
        if not matches:
            near = difflib.get_close_matches(stem, names, n=3, cutoff=0.4)
            hint = "the nearest are " + ", ".join(near) if near else "there are " + ", ".join(names)
            raise Stop(f"there is no {what} {word!r}: {hint}.")
        chosen += [name for name in matches if name not in chosen]
    return chosen or list(names)
