"""What a container, a hub or systemd leaves to this program: the limits of the Linux control groups around it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path


def processors(root: Path = Path("/")) -> float:
    """How many processors' worth of time this program may use; infinite where no group has a quota.

    root: the file system to look in.
    """
    quotas = [math.inf]
    for folder, is_first in _folders(root, "cpu"):
        names = ("cpu.cfs_quota_us", "cpu.cfs_period_us") if is_first else ("cpu.max",)
        with contextlib.suppress(OSError, ValueError):  # no such file; no limit, "max" or -1
            quota, period = map(int, " ".join((folder / name).read_text() for name in names).split())
            quotas.append(quota / period if quota > 0 else math.inf)
    return min(quotas)


def memory(root: Path = Path("/")) -> tuple[float, float]:
    """Free and whole memory, in bytes, of the group that leaves least; infinite where none has a limit.

    What the group keeps of files (inactive, not in use) counts as free, since the system takes it back when needed.
    root: the file system to look in.
    """
    rooms = [(math.inf, math.inf)]
    for folder, is_first in _folders(root, "memory"):
        first, second = ("limit_in_bytes", "usage_in_bytes"), ("max", "current")
        limit, used = (f"memory.{name}" for name in (first if is_first else second))
        with contextlib.suppress(OSError, ValueError):
            whole = int((folder / limit).read_text())
            rooms.append((max(0, whole - int((folder / used).read_text()) + _kept_of_files(folder, is_first)), whole))
    return min(rooms)


def _kept_of_files(folder: Path, is_first: bool) -> int:
    """The bytes of files that a group keeps in memory without using them; 0 where it does not say."""
    with contextlib.suppress(OSError, ValueError):
        rows = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        return int(rows.get("total_inactive_file" if is_first else "inactive_file", 0))
    return 0


def _folders(root: Path, controller: str) -> Iterator[tuple[Path, bool]]:
    """The folders of the groups around this program that may limit something, and whether they are the first version's.

    The first version of control groups has a tree for each controller, the second one for all, where none is named.
    """
    with contextlib.suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, group = line.split(":", 2)
            if controllers and controller not in controllers.split(","):
                continue
            top = root / "sys/fs/cgroup" / controllers
            for folder in [top, *(top.joinpath(*group.split("/")[1:end]) for end in range(2, group.count("/") + 2))]:
                yield folder, bool(controllers)
