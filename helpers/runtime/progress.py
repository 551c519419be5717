"""Progress bars for a notebook, a terminal and a log.

In a terminal this is tqdm. In a notebook it is a small HTML bar that is updated in place: unlike tqdm's own notebook
bar it needs no widgets, so an exported notebook shows how the work ended. In a log it is a few plain lines.
"""

import contextlib
import html
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator

# What long work calls after every step: how many are done, of how many, and the picture so far, uint8 (height, width,
# 3), or None. An exception raised in it ends the work.
Report = Callable[[int, int, object], None]


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
    shown as kB, MB, GB (powers of 1000); with another one its rate is told, too. `update` may be called from any
    thread. When an error ends the block, the last state says where it stopped, and the error goes on.
    """

    def __init__(self, label: str, total: int | None = None, unit: str = ""):
        self.label, self.total, self.unit = " ".join(label.split()), total, unit
        self.done, self.skipped, self.end = 0, 0, None
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

    def skip(self, n: int) -> None:
        """Add `n` to the work done that took no time, because it was kept from an earlier run."""
        self.skipped += n
        self.update(n)

    def __exit__(self, kind, error, trace) -> bool:
        with self._lock:
            self.end = "done" if kind is None else "stopped"
            if self._shown is not None:
                self._shown.close()
                self._shown = None
        return False

    def state(self) -> str:
        """One line of text, such as "Download: 12.0 MB of 68.6 MB, 00:07 left"."""
        from tqdm import tqdm

        amount, seconds = self._amount(self.done), time.monotonic() - self._started
        if self.total and self.end != "done":
            amount = f"{amount} of {self._amount(self.total)}"
        if self.end is not None:
            took = f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"
            return f"{self.label}: {self.end}, {amount} in {took}{self._rate(seconds)}"
        if self.total and self.skipped < self.done <= self.total:
            left = seconds * (self.total - self.done) / (self.done - self.skipped)
            return f"{self.label}: {amount}, {tqdm.format_interval(left)} left{self._rate(seconds)}"
        return f"{self.label}: {amount}"

    def _rate(self, seconds: float) -> str:
        """How many units a second, where they have a name, and there is one or more."""
        rate = (self.done - self.skipped) / seconds if seconds >= 1 else 0
        return f", {rate:.0f} {self.unit} a second" if self.unit not in ("", "B") and rate >= 1 else ""

    def _amount(self, number: float) -> str:
        if self.unit == "B":
            for size, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
                if number >= size:
                    return f"{number / size:.1f} {name}"
        return f"{number:.6g} {self.unit}".rstrip() if isinstance(number, float) else f"{number} {self.unit}".rstrip()


def _surface(progress: Progress):
    """Where this work is shown: a notebook, a terminal, a log; None if there is nowhere."""
    if _in_notebook():
        return _Notebook(progress)
    if sys.stderr is None:  # Python started without a console
        return None
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return _terminal(progress)
    return _Log(progress)


def _in_notebook() -> bool:
    """True in a Jupyter kernel (lab, nbconvert, nbval, Colab), false in plain Python and in IPython's terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and getattr(shell, "kernel", None) is not None


def _terminal(progress: Progress):
    """The bar of tqdm."""
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # no watching thread that outlives the bar
    return tqdm(
        total=progress.total,
        desc=progress.label,
        unit=progress.unit or "it",
        unit_scale=progress.unit == "B",
        ncols=shutil.get_terminal_size().columns,  # 80 for a terminal in a container that claims to have none
        file=sys.stderr,
    )


class _Lines:
    """What shows the state as a text, now and then: at most every `pause` seconds, and in the end."""

    pause: float

    def __init__(self, progress: Progress):
        self.progress, self.last = progress, time.monotonic()
        self.show()

    def update(self, n: int) -> None:
        if time.monotonic() - self.last >= self.pause:
            self.last = time.monotonic()
            self.show()

    def close(self) -> None:
        self.show()


class _Notebook(_Lines):
    """An HTML bar, updated in place; its text alone where HTML is not shown."""

    pause = 0.2
    handle = None

    def show(self) -> None:
        from IPython.display import display

        text, finished = self.progress.state(), self.progress.end == "done"
        total = self.progress.total or (1 if finished else None)
        done = total if finished or total is None else min(self.progress.done, total)
        share = "" if total is None else f' max="{total}" value="{done}"'
        name = html.escape(self.progress.label, quote=True)
        bar = f'<progress aria-label="{name}" style="width: 16em; vertical-align: middle"{share}></progress>'
        bundle = {"text/plain": text, "text/html": f"<div>{bar} <span>{html.escape(text)}</span></div>"}
        if self.handle is None:
            self.handle = display(bundle, raw=True, display_id=True)
        else:
            self.handle.update(bundle, raw=True)


class _Log(_Lines):
    """Plain lines, with a pause that doubles from line to line: a dozen in an hour."""

    pause = 1.0

    def show(self) -> None:
        self.pause *= 2
        with contextlib.suppress(OSError, ValueError):  # a closed or narrow log must not stop the work
            print(self.progress.state(), file=sys.stderr, flush=True)
