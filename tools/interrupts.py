"""Ctrl-C while a command runs: one line, and silence after it, whatever the libraries make of it."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator


class Interruption:
    """Whether a Ctrl-C came; true once it has."""

    def __init__(self) -> None:
        self.came = False

    def __bool__(self) -> bool:
        return self.came

    def say(self) -> None:
        """Say it in one line, once."""
        if not self.came:
            self.came = True
            print("\ncourse.py: interrupted.", file=sys.stderr, flush=True)

    def note(self, *_: object) -> None:
        """The handler of the signal."""
        if not self.came:
            self.say()
            _silence()
        raise KeyboardInterrupt


@contextlib.contextmanager
def heard() -> Iterator[Interruption]:
    """Say the first Ctrl-C in one line and raise KeyboardInterrupt; yields what tells whether it came.

    Libraries turn an interruption into other errors, or report tasks and threads that it left: this program's errors go
    nowhere from then on. `course.py` holds Ctrl-C back while Python starts, so that none falls into a gap; one that
    came meanwhile is heard at the first step inside.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = signal.signal(signal.SIGINT, interruption.note)
    try:
        yield interruption
    finally:
        # A second Ctrl-C while Python ends would be 30 lines.
        signal.signal(signal.SIGINT, signal.SIG_IGN if interruption else before)


def end_at_once() -> None:
    """End with the one line at a Ctrl-C, until `heard`: while a command's modules are imported nothing has begun."""

    def end(*_: object) -> None:
        Interruption().say()
        os._exit(130)

    signal.signal(signal.SIGINT, end)
    let_through()


def let_through() -> None:
    """Let Ctrl-C reach this program again, also one that was held back."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


def _silence() -> None:
    """Send what this program writes to its standard error from now on nowhere; other programs keep theirs."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
