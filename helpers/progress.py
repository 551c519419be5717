"""Progress bars for a notebook, a terminal and a log.

In a terminal this is tqdm. In a notebook it is a small HTML bar that is updated in place: unlike tqdm's own notebook
bar it needs no widgets, so an exported notebook shows how the work ended. In a log it is a few plain lines.
"""

import contextlib
import html
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator

# What long work calls after every step: how many are done, of how many, and the picture so far, uint8 (height, width,
# 3), or None. An exception raised in it ends the work.
Report = Callable[[int, int, object], None]

NOTEBOOK_PAUSE = 0.2  # seconds between two pictures of the bar
LOG_PAUSE = 1.0  # seconds between two lines in a log, at least
LOG_STEPS = 10  # lines in a log for the whole work, without the first
FIRST_UNKNOWN = 5.0  # seconds until the second line when the total is unknown; the pause doubles from line to line


class Stopped(Exception):
    """Raised by a report when the reader wants the work to end."""


def track(iterable: Iterable, label: str, total: int | None = None) -> Iterator:
    """Yield the items of `iterable` and show how many are done.

    `total` is the number of items; the iterable is asked for it if not given, and it may stay unknown.
    """
    if total is None and hasattr(iterable, "__len__"):
        total = len(iterable)
    with Progress(label, total) as progress:
        for item in iterable:
            yield item
            progress.update()


class Progress:
    """Show how far a piece of work has come: `with Progress("Download", size, "B") as progress: progress.update(n)`.

    `total` is the amount of work, or None if unknown. `unit` is shown behind the amounts; with "B" they are bytes,
    shown as kB, MB, GB (powers of 1000). `update` may be called from any thread. When an error ends the block, the last
    state says where it stopped, and the error goes on.
    """

    def __init__(self, label: str, total: int | None = None, unit: str = ""):
        self.label, self.total, self.unit = " ".join(label.split()), total, unit
        self.done = 0
        self._lock = threading.Lock()
        self._shown = None
        self._started = time.monotonic()

    def __enter__(self) -> "Progress":
        self._started = time.monotonic()
        self._shown = _surface(self)
        return self

    def update(self, n: int = 1) -> None:
        """Add `n` to the work done and show it, if it is time to."""
        with self._lock:
            self.done += n
            if self._shown is not None:
                self._shown.update(n)

    def __exit__(self, kind, error, trace) -> bool:
        with self._lock:
            if self._shown is not None:
                self._shown.close(finished=kind is None)
                self._shown = None
        return False

    @property
    def seconds(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self._started

    def state(self, end: str | None = None) -> str:
        """One line of text, such as "Download: 12.0 of 68.6 MB, 00:07 left"; `end` is None, "done" or "stopped"."""
        from tqdm import tqdm

        amount = self._amount(self.done)
        if self.total and end != "done":
            amount = f"{amount} of {self._amount(self.total)}"
        if end is not None:
            return f"{self.label}: {end}, {amount} in {_seconds(self.seconds)}"
        if self.total and 0 < self.done <= self.total:
            left = self.seconds * (self.total - self.done) / self.done
            return f"{self.label}: {amount}, {tqdm.format_interval(left)} left"
        return f"{self.label}: {amount}"

    def _amount(self, number: float) -> str:
        if self.unit == "B":
            for size, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
                if number >= size:
                    return f"{number / size:.1f} {name}"
        return f"{number:.6g} {self.unit}".rstrip() if isinstance(number, float) else f"{number} {self.unit}".rstrip()


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _surface(progress: Progress):
    """Where this work is shown: a notebook, a terminal, a log; None if there is nowhere."""
    if _in_notebook():
        return _Notebook(progress)
    if sys.stderr is None:  # Python started without a console
        return None
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return _Terminal(progress)
    return _Log(progress)


def _in_notebook() -> bool:
    """True in a Jupyter kernel (lab, nbconvert, nbval, Colab), false in plain Python and in IPython's terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and getattr(shell, "kernel", None) is not None


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        return 0


class _Terminal:
    """The bar of tqdm."""

    def __init__(self, progress: Progress):
        from tqdm import tqdm

        class Bar(tqdm):
            monitor_interval = 0  # no watching thread that outlives the bar

        unit = progress.unit or "it"
        width = None if _columns() > 0 else 80  # a terminal in a container may claim to have no columns
        self.bar = Bar(
            total=progress.total,
            desc=progress.label,
            unit=unit,
            unit_scale=unit == "B",
            dynamic_ncols=width is None,
            ncols=width,
            file=sys.stderr,
        )

    def update(self, n: int) -> None:
        self.bar.update(n)

    def close(self, finished: bool) -> None:
        self.bar.close()


class _Notebook:
    """An HTML bar, updated in place; its text alone where HTML is not shown."""

    def __init__(self, progress: Progress):
        from IPython.display import display

        self.progress, self.last = progress, time.monotonic()
        self.handle = display(self._bundle(progress.state()), raw=True, display_id=True)

    def update(self, n: int) -> None:
        now = time.monotonic()
        if now - self.last >= NOTEBOOK_PAUSE:
            self.last = now
            self.handle.update(self._bundle(self.progress.state()), raw=True)

    def close(self, finished: bool) -> None:
        self.handle.update(self._bundle(self.progress.state("done" if finished else "stopped"), finished), raw=True)

    def _bundle(self, text: str, finished: bool = False) -> dict[str, str]:
        total = self.progress.total or (1 if finished else None)
        done = total if finished or total is None else min(self.progress.done, total)
        share = "" if total is None else f' max="{total}" value="{done}"'
        name = html.escape(self.progress.label, quote=True)
        bar = f'<progress aria-label="{name}" style="width: 16em; vertical-align: middle"{share}></progress>'
        return {"text/plain": text, "text/html": f"<div>{bar} <span>{html.escape(text)}</span></div>"}


class _Log:
    """At most about twelve plain lines: the beginning, every tenth of the work, the end."""

    def __init__(self, progress: Progress):
        self.progress, self.last, self.pause = progress, time.monotonic(), FIRST_UNKNOWN
        self.step = 1
        self._write(progress.state() if progress.total else f"{progress.label}: started")

    def update(self, n: int) -> None:
        now, total = time.monotonic(), self.progress.total
        if total:
            step = LOG_STEPS * self.progress.done // total
            due = self.step <= step < LOG_STEPS and now - self.last >= LOG_PAUSE
            self.step = step + 1 if due else self.step
        else:
            due = now - self.last >= self.pause
            self.pause *= 2 if due else 1
        if due:
            self.last = now
            self._write(self.progress.state())

    def close(self, finished: bool) -> None:
        self._write(self.progress.state("done" if finished else "stopped"))

    def _write(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a closed or narrow log must not stop the work
            print(line, file=sys.stderr, flush=True)
