"""Memory that was freed goes back to the system."""

from __future__ import annotations

import contextlib
import ctypes


def give_memory_back() -> None:
    """Hand what has been freed back to the system; glibc alone would keep some hundreds of megabytes after a training
    or the tracing of many functions. Other systems give it back by themselves."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
