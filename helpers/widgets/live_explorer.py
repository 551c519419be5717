"""Explorers of work that takes longer than a blink: a thread, a progress bar, the picture as it grows, and Stop."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets
import numpy as np

from helpers.runtime import Stopped, memory
from helpers.widgets import lifetime
from helpers.widgets.explorer import Explorer, Frame, closed_draw
from helpers.widgets.scene import Part, Scene
from helpers.widgets.static_preview import within

# The page draws what it is sent before it hears a key: pictures of a megabyte, four a second, kept Stop out of reach.
_WORDS_PAUSE, _PICTURE_PAUSE = 0.25, 0.5  # seconds between two words and two pictures of running work, at least
PREVIEW, _PREVIEW_QUALITY = 384, 85  # pixels of a running picture's longer side, and of its JPEG
_YIELD = 0.001  # seconds after each step in which the kernel may answer somebody else

_made: weakref.WeakSet[LiveExplorer] = weakref.WeakSet()


class LiveExplorer(Explorer):
    """Controls, Start and Stop beside a picture that grows while the work goes on in a thread.

    controls: name -> ipywidgets control. run: takes a `Report` and the controls' values by name, calls the report after
    every step, and returns the last Frame. first: takes the values and returns the quick Frame that is shown before
    Start is pressed and whenever a control moves. strip and title: as in `Explorer`; each setting of the strip is run.
    subject: what is worked on, such as the network. cheap: control name -> value for all pictures of the strip (fewer
    steps, a smaller picture), not named under them. made: as in `Explorer`. Stop ends the work at its next step; so do
    clearing the output that shows the explorer, closing it, and running its cell again: the new explorer has the same
    title and subject.
    """

    def __init__(
        self,
        controls: dict[str, Any],
        run: Callable[..., Frame],
        first: Callable[..., Frame],
        strip: Iterable[dict[str, Any]] = (),
        title: str = "",
        subject: Any = None,
        cheap: dict[str, Any] | None = None,
        made: str = "explorer",
    ) -> None:
        self.run, self._cheap = run, cheap or {}
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._started = self._told = self._pictured = 0.0
        self._picture: np.ndarray | None = None  # the last one of running work, of which the page has a preview
        self.start = ipywidgets.Button(description="Start", icon="play", tooltip="Start the work with these settings")
        self.stop = ipywidgets.Button(description="Stop", icon="stop", tooltip="End the work", disabled=True)
        self.bar = ipywidgets.FloatProgress(min=0, max=1, description="Progress", layout={"width": "100%"})
        self.time_left = ipywidgets.HTML()
        super().__init__(controls, first, strip, title, made)
        self.start.on_click(lifetime.weakly(self.begin))
        self.stop.on_click(lifetime.weakly(self.end))
        buttons = ipywidgets.HBox([self.start, self.stop])
        self.panel.children = [*self.panel.children, buttons, self.bar, self.time_left]
        self._subject = (lambda: None) if subject is None else weakref.ref(subject)
        self._cell = lifetime.present_run()
        for other in list(_made):
            if self._replaces(other):
                other.end()
        _made.add(self)

    def _replaces(self, other: LiveExplorer) -> bool:
        """Whether this is the other one made again, by a new run of its cell: nobody would see that one's work."""
        if self.title != other.title:
            return False
        if self._cell is None or other._cell is None:  # no kernel runs: all the same is made again
            return self._subject() is other._subject()
        return self._cell.cell == other._cell.cell and self._cell.number != other._cell.number

    @property
    def running(self) -> bool:
        """Whether work goes on."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self) -> None:
        """Start the work with the controls' present values; nothing happens while work goes on."""
        if self.running:
            return
        self._stopping.clear()
        self._started, self._told, self._pictured = time.monotonic(), 0.0, 0.0
        self.stop.disabled, self.start.disabled, self.picture.working = False, True, True
        self.bar.value, self.error.value, self.time_left.value = 0.0, "", "starting ..."
        self._thread = threading.Thread(target=self._work, args=(self.values(),), daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Ask the work to stop; it does at its next step, and a closed explorer is then freed."""
        self._stopping.set()

    def drop(self) -> None:
        """Let go of what was drawn and run."""
        super().drop()
        self.run = closed_draw

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until the work is done, at most so many seconds; whether it is done."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self.running

    def update(self) -> None:
        """Draw the quick picture of the present settings, unless work goes on."""
        self._waiting = None
        if not self.running:
            super().update()

    def still(self, setting: dict[str, Any]) -> Frame:
        """The finished picture of one setting of the strip, made with the cheap values."""
        return self.run(lambda *_: None, **(self.values() | self._cheap | setting))

    def _work(self, values: dict[str, Any]) -> None:
        try:
            frame = self.run(self._report, **values)
            self.show(frame, f"{time.monotonic() - self._started:.1f} s")
            self.bar.value, self.time_left.value = 1.0, "done"
        except Stopped:
            if self._picture is not None and not self.closed:  # whole instead of its preview
                self.show(self.frame._replace(shown=self._picture))
            self.time_left.value = "stopped; the picture is as far as it came"
        except Exception as error:  # in a thread nobody would see it
            self.fail(error)
            self.time_left.value = ""
        finally:
            self.start.disabled, self.stop.disabled, self.picture.working = False, True, False
            self._picture = None
            if self.closed:
                self.drop()
            memory.give_memory_back()

    def _report(self, done: int, total: int, picture: np.ndarray | None = None) -> None:
        """Move the bar, now and then the picture; raise Stopped if the reader wants it."""
        time.sleep(_YIELD)
        if self._stopping.is_set():
            raise Stopped
        now = time.monotonic()
        if now - self._told < _WORDS_PAUSE:
            return
        self._told = now
        self.bar.value = done / max(total, 1)
        left = (now - self._started) * (total - done) / max(done, 1)
        self.time_left.value = f"step {done} of {total}, about {left:.0f} s left"
        if picture is not None and now - self._pictured >= _PICTURE_PAUSE:
            self._pictured = now
            small = within(picture, PREVIEW, "bilinear") if max(picture.shape[:2]) > PREVIEW else picture
            preview = Scene((Part(small, size=picture.shape[:2], quality=_PREVIEW_QUALITY),))
            self._picture = picture
            self.show(Frame(preview, f"{self.title}, step {done} of {total}"))
