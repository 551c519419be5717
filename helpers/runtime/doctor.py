"""What this computer has and lacks for the course, as text: for `course.py doctor` and for a cell of a notebook."""

from __future__ import annotations

import csv
import importlib
import importlib.metadata
import os
import platform
import re
import shutil
import sys
from pathlib import Path

from helpers.runtime import control_groups, weak_machines
from helpers.runtime.processors import cores

PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "scikit-learn", "matplotlib", "jupyterlab", "ipywidgets")
SETTINGS = ("COURSE_DATA", "COURSE_CACHE", "COURSE_ENGINE", "COURSE_THREADS", "KERAS_HOME")


def report(brief: bool = False, damaged: list[str] | None = None) -> str:
    """The whole report as text, without importing TensorFlow; a part that fails says so and the rest is still there.

    brief: of what is missing the names only, without size, command and stand-in for each; packages are not looked
    through. damaged: what `damaged_packages` returned, where it is known already.
    """
    if damaged is None:
        damaged = [] if brief else damaged_packages()
    lists = [inventory("networks", "helpers.backbones", brief), inventory("data", "helpers.datasets", brief)]
    return ("\n" if brief else "\n\n").join([computer(), packages(damaged), *lists])


def computer() -> str:
    """Python, system, cores and their quota, memory, disk and the course's environment variables."""
    free, whole = memory_gigabytes()
    disk = f"{shutil.disk_usage(Path(__file__).parent).free / 1e9:.0f} GB free on the disk"
    quota = control_groups.processors()
    time = f" (a quota leaves the time of {quota:.2g})" if quota < cores() else ""
    lines = [
        f"Python {platform.python_version()} in {sys.prefix}",
        f"{platform.system()} {platform.machine()}, {cores()} cores{time}, "
        f"{whole:.1f} GB memory, {free:.1f} GB of it free, {disk}",
    ]
    lines += [f"{name}={os.environ[name]}" for name in SETTINGS if name in os.environ]
    here = weak_machines.this_machine(Path(__file__).resolve().parents[2], free, whole, cores())
    lines += weak_machines.advice(here)
    return "\n".join(lines)


def memory_gigabytes(root: Path = Path("/")) -> tuple[float, float]:
    """Free and whole memory in GB; the limit of a container counts as the whole. root: the file system to look in."""
    import psutil

    system = psutil.virtual_memory()
    free, whole = control_groups.memory(root)
    return min(free, system.available) / 1e9, min(whole, system.total) / 1e9


def packages(damaged: list[str]) -> str:
    """The versions of the packages that results depend on, and which packages are not whole."""
    text = "packages: " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    if damaged:
        text += f"\nDAMAGED packages: {', '.join(damaged)}; `python3 course.py doctor`, run twice, installs them anew"
    return text


def version(package: str) -> str:
    """The installed version of a package."""
    try:
        return importlib.metadata.version(package) or "MISSING"
    except Exception:  # not found, or its description is damaged in one of many ways
        return "MISSING"


def damaged_packages() -> list[str]:
    """Return the names of the packages that are not whole: a file is gone, or has another length than listed.

    Looks at every file that each package's own list (RECORD) names, but reads none. What the course asks for and is
    not installed is damaged, too.
    """
    damaged = set()
    for package in importlib.metadata.distributions():
        record = package.read_text("RECORD")
        if record is None and (package.read_text("INSTALLER") or "").strip() not in ("pip", "uv"):
            continue  # a system's own package keeps no list
        folder, lines = os.path.dirname(str(package.locate_file("x"))), (record or "").splitlines()
        if not lines or not all(_is_as_listed(folder, row) for row in csv.reader(lines)):
            damaged.add(_name(package))
    wanted = {re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in _requirements()}
    return sorted(damaged | {name for name in wanted if version(name) == "MISSING"})


def _requirements() -> list[str]:
    """What the course asks for, as far as it is needed here (an extra's packages are not)."""
    try:
        return [line for line in importlib.metadata.requires("course-helpers") or () if ";" not in line]
    except importlib.metadata.PackageNotFoundError:
        return []  # not installed as a package, as on Colab


def _name(package: importlib.metadata.Distribution) -> str:
    name = package.metadata["Name"] if package.read_text("METADATA") else None
    return name or Path(str(getattr(package, "_path", "?"))).name.split("-")[0]


def _is_as_listed(folder: str, row: list[str]) -> bool:
    """Whether a file of a package, a row of its RECORD, is there in its length; compiled files come and go."""
    if len(row) < 3 or not row[2].isdecimal() or row[0].endswith(".pyc"):
        return True
    try:
        return os.stat(os.path.join(folder, row[0])).st_size == int(row[2])
    except OSError:
        return False


def inventory(title: str, module: str, brief: bool = False) -> str:
    """What `available()` of a helpers module lists: what is here, then what is missing, its command and stand-in.

    brief: what is missing in one line.
    """
    try:
        rows = list(importlib.import_module(module).available())
    except Exception as error:  # a doctor reports an illness, whatever it is, and goes on
        return f"{title}: cannot be listed ({type(error).__name__}: {error})"
    missing = [row for row in rows if not row.here]
    lines = [f"{title} that are here: {', '.join(row.name for row in rows if row.here) or 'none'}"]
    if missing and brief:
        lines.append(f"{title} that are not here: {', '.join(row.name for row in missing)}")
    elif missing:
        lines.append(f"{title} that are not here:")
        width = max(len(row.name) for row in missing)
        lines += [f"  {row.name:<{width}}  {row.size:>9}  {row.command}; meanwhile: {row.meanwhile}" for row in missing]
    return "\n".join(lines)
