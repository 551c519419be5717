"""An environment of its own with the newest packages, beyond our lists' ceilings, for `course.py test --newest`."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from tools import common
from tools.common import Stop

LISTS = ("requirements.txt", "tools/requirements.txt", "tests/requirements.txt")
ROOM = 4_000_000_000  # bytes of the environment


def wanted(text: str) -> list[Requirement]:
    """The packages of a list; remarks and empty lines are left out."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return [Requirement(line) for line in lines if line]


def without_ceilings(text: str) -> list[str]:
    """The packages of a list with their floors only; one that is asked for exactly holds data and stays as it is."""
    free = []
    for package in wanted(text):
        package.specifier = type(package.specifier)(
            ",".join(str(part) for part in package.specifier if not part.operator.startswith(("<", "~")))
        )
        free.append(str(package))
    return free


def beyond(text: str, versions: dict[str, str]) -> list[str]:
    """One line for each package of a list whose version is above its ceiling."""
    found = [(package, versions.get(plain(package.name))) for package in wanted(text)]
    return [
        f"{package.name} {version}, where the list says {package.specifier}"
        for package, version in found
        if version and not package.specifier.contains(version, prereleases=True)
    ]


def plain(name: str) -> str:
    """A package's name as all its spellings have it."""
    return re.sub("[-_.]+", "-", name).lower()


def prepare() -> Path:
    """Make or renew the environment in build/newest, say what is newer than our lists, and return its Python."""
    common.check_room(ROOM)
    folder = common.BUILD / "newest"
    lists = "\n".join((common.ROOT / name).read_text(encoding="utf-8") for name in LISTS)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    common.write(folder / "requirements.txt", "\n".join(without_ceilings(lists)) + "\n")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [*install, "--upgrade", "--upgrade-strategy", "eager", "-r", str(folder / "requirements.txt")],
        [*install, "--no-deps", "-e", str(common.ROOT)],  # its own list has the ceilings
    ):
        if subprocess.call(command, cwd=common.ROOT):
            raise Stop("the newest packages could not be installed; the lines above say which one stands in the way.")
    newer = beyond(lists, installed(folder))
    print(
        "\n".join(["Beyond the ceilings:", *newer] if newer else ["No package is newer than its ceiling."]), flush=True
    )
    return python


def installed(folder: Path) -> dict[str, str]:
    """The packages of an environment and their versions."""
    places = [str(path) for path in folder.glob("[Ll]ib/**/site-packages")]
    return {plain(one.name): one.version for one in metadata.distributions(path=places)}
