"""`course.py ready LECTURE`: whether everything for a lecture is here, in one list, and what to do where it is not.

Looks only, and runs no notebook: the notebooks of the lecture's run-sheet (warm, pages), packages, memory, disk, a
port, a browser and a camera. Ends with 1 when something would be missed on stage.
"""

import argparse
import re
import shutil
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools import common, slides, warm
from tools.common import Stop, start

GUIDE = common.ROOT / "docs" / "instructor_guide.md"
GIGABYTES = 1.5  # for each notebook that is shown live
DISK = 1.0  # GB
CAMERAS = Path("/dev")


class Check(NamedTuple):
    """One line of the list: what was looked at, whether it is fine, and what is there, or what to do."""

    what: str
    fine: bool
    words: str


class Lecture(NamedTuple):
    """The notebooks of a run-sheet: all that it names, and those that are shown as live slides."""

    notebooks: list[str]
    live: list[str]


def main(arguments: list[str]) -> int:
    """Print the list; 1 where something is missing."""
    parser = argparse.ArgumentParser(prog="course.py ready", description=__doc__.splitlines()[0])
    parser.add_argument("lecture", help="a lecture of the instructor's guide, such as 000")
    name = parser.parse_args(arguments).lecture
    lecture = of_guide(name, guide())
    missing = 0
    for check in checks(lecture):
        missing += not check.fine
        print(f"{'ok     ' if check.fine else 'MISSING'}  {check.what}: {check.words}", flush=True)
    print(f"Lecture {name}: {f'{missing} of these before you begin.' if missing else 'everything is here.'}")
    return 1 if missing else 0


def guide() -> str:
    """The text of the instructor's guide; Stop where it is not here."""
    if not GUIDE.is_file():
        raise Stop(f"{GUIDE.name} with the run-sheets is not here: take the instructor's edition of the course.")
    return GUIDE.read_text(encoding="utf-8")


def of_guide(lecture: str, text: str) -> Lecture:
    """The notebooks of one lecture's run-sheet; Stop for a lecture that has none."""
    sheets = {found[1]: found[2] for found in re.finditer(r"(?ms)^### Lecture (\d+):(.*?)(?=^###? |\Z)", text)}
    if lecture not in sheets:
        raise Stop(f"there is no run-sheet for lecture {lecture!r}: choose one of {', '.join(sorted(sheets))}.")
    sheet = sheets[lecture]
    names = sorted(set(re.findall(r"\]\(\.\./notebooks/(\w+)\.ipynb\)", sheet)))
    shown = re.search(r"Open before: (?:live )?slides of notebooks? ([\d, and]+)", sheet.replace("\n", " "))
    numbers = {f"{int(one):02}_" for one in re.findall(r"\d+", shown[1])} if shown else set()
    return Lecture(names, [name for name in names if name[:3] in numbers])


def checks(lecture: Lecture) -> Iterator[Check]:
    """The lines of the list, one after the other."""
    from helpers.runtime.doctor import damaged_packages

    yield listed("notebooks are warm", [one for one in lecture.notebooks if not warm.is_warm(one)], "warm {}", lecture)
    pages = [one for one in lecture.notebooks if is_old_page(one)]
    yield listed("pages to fall back on", pages, "site {}", lecture)
    made = warm.size_of(warm.forward_folder()) > 0
    yield Check("networks' quick files", made, "there" if made else command("warm " + " ".join(numbers(lecture.live))))
    damaged = damaged_packages()
    words = f"{', '.join(damaged)} damaged; {command('doctor')}, twice, installs them anew" if damaged else "whole"
    yield Check("packages", not damaged, words)
    yield from machine(lecture)


def listed(what: str, missing: list[str], do: str, lecture: Lecture) -> Check:
    """A check of all notebooks of a lecture, some of which may be missing."""
    if missing:
        return Check(what, False, f"{', '.join(missing)} not; {command(do.format(' '.join(numbers(missing))))}")
    return Check(what, True, f"all {len(lecture.notebooks)}")


def is_old_page(name: str) -> bool:
    """Whether the site has no page of the notebook, or one that is older than its last run."""
    page, ran = common.SITE / f"{name}.html", common.EXECUTED / f"{name}.ipynb"
    return not page.is_file() or (ran.is_file() and page.stat().st_mtime < ran.stat().st_mtime)


def machine(lecture: Lecture) -> Iterator[Check]:
    """Memory, disk, port, browser and camera."""
    from helpers.runtime.doctor import memory_gigabytes

    free, needed = memory_gigabytes()[0], GIGABYTES * max(len(lecture.live), 1)
    short = f"{free:.1f} GB free, {needed:.1f} needed for {len(lecture.live)} live notebooks"
    yield Check("memory", free >= needed, short + ("" if free >= needed else "; close other programs, or show pages"))
    disk = shutil.disk_usage(common.ROOT).free / 1e9
    yield Check("disk", disk >= DISK, f"{disk:.1f} GB free" + ("" if disk >= DISK else "; make room"))
    try:
        yield Check("a port for slides", True, str(slides.free_port()))
    except Stop as reason:
        yield Check("a port for slides", False, str(reason))
    shown = [name for name in lecture.live if slides.running(name)]
    yield Check("slides that run already", True, ", ".join(shown) or "none")
    try:
        yield Check("a browser", True, getattr(webbrowser.get(), "name", None) or "there")
    except webbrowser.Error:
        yield Check("a browser", False, "none is known here; open the printed address yourself")
    yield camera()


def camera() -> Check:
    """Whether the system shows a camera; only Linux says so to a program like this one. A drawn film does without."""
    if not sys.platform.startswith("linux"):
        return Check("a camera", True, "only the browser knows; press Camera once before the lecture")
    found = sorted(path.name for path in CAMERAS.glob("video*"))
    return Check("a camera", True, ", ".join(found) or "none; the camera explorer shows a drawn film instead")


def numbers(names: list[str]) -> list[str]:
    """How commands may call notebooks: by their numbers."""
    return [name.split("_")[0] for name in names]


def command(words: str) -> str:
    """A command of the course, as one types it."""
    return f"`python3 course.py {words.strip()}`"


if __name__ == "__main__":
    start(main)
