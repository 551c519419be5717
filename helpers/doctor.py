"""What this computer has and lacks for the course, as text: for `course.py doctor` and for a cell of a notebook."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "scikit-learn", "matplotlib", "jupyterlab", "ipywidgets")


def report(brief: bool = False) -> str:
    """The whole report as text, without importing TensorFlow; a part that fails says so and the rest is still there.

    brief: of what is missing the names only, without size, command and stand-in for each.
    """
    lists = [inventory("networks", "helpers.backbones", brief), inventory("data", "helpers.datasets", brief)]
    return ("\n" if brief else "\n\n").join([computer(), packages(), *lists])


def computer() -> str:
    """Python, system, cores, memory, disk and the course's environment variables."""
    used, whole = memory_gigabytes()
    memory = f"{whole:.1f} GB memory" + (f", {used:.1f} GB of it free" if used is not None else "") if whole else ""
    disk = f"{shutil.disk_usage(Path(__file__).parent).free / 1e9:.0f} GB free on the disk"
    lines = [
        f"Python {platform.python_version()} in {sys.prefix}",
        f"{platform.system()} {platform.machine()}, {cores()} cores, {memory or 'memory unknown'}, {disk}",
    ]
    lines += [
        f"{name}={os.environ[name]}" for name in ("COURSE_DATA", "COURSE_CACHE", "KERAS_HOME") if name in os.environ
    ]
    return "\n".join(lines)


def cores() -> int:
    """The processor cores that this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_gigabytes() -> tuple[float | None, float | None]:
    """Free and whole memory in GB, None for what the system does not tell; a container's limit counts as the whole."""
    free = whole = None
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(int(line.split()[1]) * 1024 / 1e9 for line in lines if line.startswith("MemAvailable:"))
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        if limit.isdigit() and int(limit) / 1e9 < whole:
            whole = int(limit) / 1e9
            free = whole - int(Path("/sys/fs/cgroup/memory.current").read_text()) / 1e9
    except (OSError, ValueError, AttributeError, StopIteration):
        return free, whole
    return free, whole


def packages() -> str:
    """The versions of the packages that results depend on."""
    return "packages: " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)


def version(package: str) -> str:
    """The installed version of a package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "MISSING"


def inventory(title: str, module: str, brief: bool = False) -> str:
    """What `available()` of a helpers module lists: what is here, then what is missing, its command and stand-in.

    brief: what is missing in one line.
    """
    try:
        rows = list(importlib.import_module(module).available())
    except Exception as error:  # a doctor reports an illness, whatever it is, and goes on
        return f"{title}: cannot be listed ({type(error).__name__}: {error})"
    here = [str(value(row, "name")) for row in rows if value(row, "here")]
    lines = [f"{title} that are here: {', '.join(here) or 'none'}"]
    missing = [row for row in rows if not value(row, "here")]
    if missing and brief:
        lines.append(f"{title} that are not here: {', '.join(str(value(row, 'name')) for row in missing)}")
        missing = []
    if missing:
        lines.append(f"{title} that are not here:")
    width = max((len(str(value(row, "name"))) for row in missing), default=0)
    for row in missing:
        name, size = str(value(row, "name")), value(row, "size")
        lines.append(f"  {name:<{width}}  {size!s:>9}  {value(row, 'command')}; meanwhile: {value(row, 'meanwhile')}")
    return "\n".join(lines)


def value(row: Any, name: str) -> Any:
    """A field of a row, which may be an object or a dictionary; '?' where it has none."""
    return row.get(name, "?") if isinstance(row, dict) else getattr(row, name, "?")
