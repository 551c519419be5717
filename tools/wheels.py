"""`course.py wheels DIR`: all packages of the course in one folder, for a room in which they cannot be downloaded.

`course.py lab --wheels DIR` installs from that folder with no network. The packages fit computers with the same system,
processor and Python version; gather them once on each kind.
"""

import argparse
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.common import ROOT, Stop, start, write

COURSE, SLIDES, TESTS = "requirements.txt", "tools/requirements.txt", "tests/requirements.txt"
# What makes an environment and installs the project itself.
TOOLS = ["pip", "setuptools>=77", "wheel"]
GIGABYTES_NEEDED = 2  # packages that are built on the way lie there twice for a moment


def main(arguments: list[str]) -> int:
    """Fill the folder; what it already holds is not fetched again."""
    parser = argparse.ArgumentParser(prog="course.py wheels", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the packages go, such as a USB stick")
    parser.add_argument("--slides", action="store_true", help="also what slides, pages and `warm` need")
    parser.add_argument("--tests", action="store_true", help="also what `course.py test` needs, which holds --slides")
    known = parser.parse_args(arguments)
    try:
        folder = known.folder.expanduser().resolve()
        folder.mkdir(parents=True, exist_ok=True)
    except RuntimeError:
        raise Stop(f"there is no home folder for {str(known.folder)!r}: write the folder's whole path.") from None
    except OSError as error:
        raise Stop(f"the folder {known.folder} cannot be made ({error.strerror or error}): name another.") from None
    free = shutil.disk_usage(folder).free / 1e9
    if free < GIGABYTES_NEEDED and not list(folder.glob("*.whl")):
        raise Stop(
            f"the packages need about {GIGABYTES_NEEDED} GB and {folder} has {free:.1f} GB free: make room first."
        )
    began = time.monotonic()
    lists = [COURSE] + [SLIDES] * (known.slides or known.tests) + [TESTS] * known.tests
    gather(folder, [str(ROOT / name) for name in lists], TOOLS)
    write(folder / "made-for.txt", made_for() + "\n")
    wheels = list(folder.glob("*.whl"))
    size = sum(path.stat().st_size for path in wheels) / 1e6
    print(f"{len(wheels)} packages, {size:.0f} MB, for {made_for()}, in {time.monotonic() - began:.0f} s.")
    print("Copy this folder and the course to each computer, then: python3 course.py lab --wheels DIR")
    return 0


def gather(folder: Path, lists: list[str], names: list[str], python: str = sys.executable) -> None:
    """Put the packages of the lists, and those named, into the folder as wheels; what comes as source is built here."""
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode:
        raise Stop("this environment has no pip: delete .venv and run the same command again.")
    command = [python, "-m", "pip", "wheel", "--wheel-dir", str(folder), "--find-links", str(folder)]
    command += [part for name in lists for part in ("-r", name)] + names
    if subprocess.call(command, cwd=ROOT):
        raise Stop(
            "the packages could not be gathered; the lines above say why, and the same command goes on from here."
        )


def made_for() -> str:
    """The kind of computer that the packages fit."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"Python {version}, {platform.system()} {platform.machine()}"


if __name__ == "__main__":
    start(main)
