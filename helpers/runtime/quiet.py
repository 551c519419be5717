"""Standard error closed off for a moment: the C++ parts of TensorFlow and LiteRT write there past Python."""

import contextlib
import os
import threading
from collections.abc import Iterator

_LOCK = threading.RLock()  # two threads at once would restore each other's null device


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Point file descriptor 2 at the null device for a moment. Exceptions pass."""
    with _LOCK:
        kept = os.dup(2)
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(null, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(null)
