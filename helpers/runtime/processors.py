"""How many threads may compute at once: what the system, a container's quota and COURSE_THREADS leave."""

from __future__ import annotations

import math
import os
from pathlib import Path

from helpers.runtime import control_groups


def threads(root: Path = Path("/")) -> int:
    """The number of threads that compute, 1 or more, for TensorFlow and LiteRT alike.

    COURSE_THREADS where it is set, else the cores that this program may use, or the container's quota of processor
    time, rounded up, where that is less. root: the file system to look in. Raises ValueError for a COURSE_THREADS that
    is no whole number from 1.
    """
    chosen = os.environ.get("COURSE_THREADS", "").strip()
    if not chosen:
        return max(1, math.ceil(min(cores(), control_groups.processors(root))))
    if not chosen.isdecimal() or int(chosen) < 1:
        raise ValueError(f"COURSE_THREADS is {chosen!r}, expected a whole number from 1, or nothing for all cores")
    return int(chosen)


def cores() -> int:
    """The processor cores that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
