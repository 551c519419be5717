"""What the commands share: the project's folders, one-sentence errors, whole files, choosing notebooks by name."""

import contextlib
import difflib
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from tools import interrupts

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
SOURCES = NOTEBOOKS / "source"
EXECUTED = ROOT / "build" / "executed"
PAGES = ROOT / "build" / "html"


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
    from helpers import disk, downloads

    with contextlib.suppress(ValueError):  # a COURSE_CACHE that cannot be: said by what needs it
        for folder in ("", "features", "networks", "tables"):
            disk.sweep(downloads.cache_folder() / folder)


def write(path: Path, text: str) -> None:
    """Write a text file whole or not at all, with the same line ends on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


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
