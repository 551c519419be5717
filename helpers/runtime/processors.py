"""How many threads may compute at once: what the system, a container's quota and COURSE_THREADS leave."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path


def threads(root: Path = Path("/")) -> int:
    """The number of threads that compute, 1 or more, for TensorFlow and LiteRT alike.

    COURSE_THREADS where it is set, else the cores that this program may use, or the container's quota of processor
    time, rounded up, where that is less. root: the file system to look in. Raises ValueError for a COURSE_THREADS that
    is no whole number from 1.
    """
    chosen = os.environ.get("COURSE_THREADS", "").strip()
    if not chosen:
        return max(1, math.ceil(min([cores(), *_quotas(root)])))
    if not chosen.isdecimal() or int(chosen) < 1:
        raise ValueError(f"COURSE_THREADS is {chosen!r}, expected a whole number from 1, or nothing for all cores")
    return int(chosen)


def cores() -> int:
    """The processor cores that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _quotas(root: Path) -> Iterator[float]:
    """The processors' worth of time that each Linux control group around this program may use, where it has a limit.

    The first version has a tree of groups for the processor alone, the second one for all, where none is named.
    """
    with contextlib.suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, group = line.split(":", 2)
            if controllers and "cpu" not in controllers.split(","):
                continue
            top = root / "sys/fs/cgroup" / controllers
            for folder in [top, *(top.joinpath(*group.split("/")[1:end]) for end in range(2, group.count("/") + 2))]:
                with contextlib.suppress(OSError, ValueError):  # no such file; no limit, "max" or -1
                    names = ("cpu.cfs_quota_us", "cpu.cfs_period_us") if controllers else ("cpu.max",)
                    quota, period = map(int, " ".join((folder / name).read_text() for name in names).split())
                    yield quota / period if quota > 0 else math.inf
