"""Is the environment whole? What a damaged package does to a command becomes one sentence, and is mended next time."""

import contextlib
import sys
from pathlib import Path
from types import TracebackType


def explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Take the place of the traceback when packages of the environment are damaged; else print it as ever.

    The packages are noted beside the environment, for course.py to install them again at the next start.
    """
    damaged = []
    if issubclass(kind, Exception):
        with contextlib.suppress(Exception):
            from helpers.runtime.doctor import damaged_packages

            damaged = damaged_packages()
    if not damaged:
        sys.__excepthook__(kind, error, trace)
        return
    note(damaged)
    print(
        f"course.py: packages of the environment are damaged ({', '.join(damaged[:5])}), which gave {kind.__name__}: "
        f"run the same command again, and they are installed anew.",
        file=sys.stderr,
    )


def note(packages: list[str]) -> None:
    """Write the names of damaged packages into course.py's own file beside the environment, if that is ours."""
    stamp = Path(sys.prefix) / "course-stamp.txt"
    with contextlib.suppress(OSError):
        if stamp.is_file():
            with stamp.open("a", encoding="utf-8") as file:
                file.writelines(f"\ndamaged {name}" for name in packages)
