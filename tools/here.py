"""Whether a command can run in the Python that runs course.py and that somebody else has made.

Nothing is installed there. course.py imports this before there is an environment: only the standard library, and
`packaging` where it is there.
"""

import sys
from importlib import metadata
from pathlib import Path


class Unfit(Exception):
    """This Python was asked for and cannot run the command; one sentence."""


def fits(lists: list[Path], asked: bool, place: str) -> bool:
    """Whether this Python has what the lists ask for; says so where nobody asked. Raises Unfit where somebody did."""
    lacking = lacks(lists)
    named = ", ".join(lacking[:5]) + (f" and {len(lacking) - 5} more" if len(lacking) > 5 else "")
    if lacking and asked:
        raise Unfit(
            f"the Python in {sys.prefix} cannot run this ({named}), and nothing is installed there: leave out --here, "
            "which makes .venv, or install requirements.txt in an environment of your own."
        )
    if lacking:
        print(f"This is {place}, but its Python in {sys.prefix} cannot run this ({named}).", flush=True)
    elif not asked:
        print(f"This is {place}: the command runs in its Python in {sys.prefix}, and makes no environment.", flush=True)
    return not lacking


def lacks(lists: list[Path]) -> list[str]:
    """What the lists ask for and this Python has not, or not in a version that fits: a few words for each."""
    try:
        from packaging.requirements import Requirement
    except ImportError:  # TensorFlow brings it: without it there is none
        return ["tensorflow is missing"]
    lines = [line.partition("#")[0].strip() for path in lists for line in path.read_text(encoding="utf-8").splitlines()]
    found = []
    for wanted in map(Requirement, filter(None, lines)):
        if wanted.marker and not wanted.marker.evaluate():
            continue
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            found.append(f"{wanted.name} is missing")
        else:
            if not wanted.specifier.contains(version, prereleases=True):
                found.append(f"{wanted.name} is {version}, not {wanted.specifier}")
    return found
