"""The frame that all explorers share: controls, a picture, a sentence, the call that makes it, and errors in sight."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import anywidget
import ipywidgets
import numpy as np

from helpers import images
from helpers.widgets import lifetime
from helpers.widgets.static_preview import SHOWN, static_preview

_CLOSED = "this explorer was closed, or its cell was run again; run the cell that makes it to have a new one"


class Frame(NamedTuple):
    """One picture of an explorer: uint8 (height, width, 3), what it shows in words, and the call that makes it."""

    picture: np.ndarray
    caption: str
    code: str = ""


class _InPage(anywidget.AnyWidget):
    """What the page does without Python: plain keys stay in the explorer, and two buttons save picture and code."""

    # Text, not a path: anywidget watches a path for changes, and its watcher would keep every widget for ever.
    _esm = Path(__file__).with_name("explorer.js").read_text(encoding="utf-8")
    _css = Path(__file__).with_name("explorer.css").read_text(encoding="utf-8")

    def __init__(self, gone: Callable[[], None]) -> None:
        """gone: called when the page shows the explorer no more, because its output was cleared or its tab closed."""
        super().__init__()
        self.on_msg(lambda _, message, buffers: gone() if message.get("event") == "gone" else None)


class Explorer:
    """Controls beside a picture that follows them.

    controls: name -> ipywidgets control, or a `PhotoChoice`, whose value is the photo's name. draw: takes the controls'
    values by name and returns a Frame. strip: the settings, four to six, that are shown side by side where no front end
    is. title: what is explored. Events that arrive while a picture is drawn are dropped but for the last. An exception
    in `draw` appears as one sentence under the picture, and the controls keep working.

    An explorer lives as long as a name or the page holds it. It ends, and frees its network, when its cell runs
    again, when the last name for one that was never shown is gone, by `close()`, or by `Widget.close_all()`.
    """

    def __init__(
        self,
        controls: dict[str, Any],
        draw: Callable[..., Frame],
        strip: Iterable[dict[str, Any]] = (),
        title: str = "",
    ) -> None:
        shown = [part for control in controls.values() for part in getattr(control, "parts", [control])]
        self.controls = {name: getattr(control, "menu", control) for name, control in controls.items()}
        self.draw, self.title, self.settings = draw, title, list(strip)
        self._waiting: asyncio.Handle | None = None
        self.frame: Frame | None = None
        # Not ipywidgets.Image: it has no alternative text, and a tooltip keeps it from being drawn at all (8.1.9).
        self.image, self.caption, self.error = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        self.png = b""
        for control in self.controls.values():
            control.observe(lifetime.weakly(self._changed), "value")
        self.panel = ipywidgets.VBox(shown, layout={"min_width": "260px", "flex": "1 1 260px"})
        self.view = ipywidgets.VBox([self.image, self.caption, self.error, _InPage(lifetime.weakly(self.end))])
        layout = {"flex_flow": "row wrap", "align_items": "flex-start", "grid_gap": "4px 16px"}
        self.box = ipywidgets.Box([self.panel, self.view], layout=layout)
        self.box.add_class("explorer")
        self.box.observe(lifetime.weakly(self._comm_changed), "comm")
        self._ending = weakref.finalize(self, lifetime.end, self.box)
        self._ending.atexit = False  # the page goes with the kernel
        self.update()
        # A photo may be a little smaller to stand beside its controls; a plot with words goes below them instead.
        width = self.frame.picture.shape[1] if self.frame else 0
        self.view.layout.flex = f"3 1 {min(max(width - 90, 340), 640)}px"

    def values(self) -> dict[str, Any]:
        """The controls' present values by name."""
        return {name: control.value for name, control in self.controls.items()}

    def update(self) -> None:
        """Draw the picture for the present values; an exception becomes a sentence in the explorer."""
        self._waiting = None
        start = time.perf_counter()
        try:
            frame = self.draw(**self.values())
            self.show(frame, f"{(time.perf_counter() - start) * 1000:.0f} ms")
        except Exception as error:  # in a callback it would vanish into a log
            self.fail(error)

    def show(self, frame: Frame, took: str = "") -> None:
        """Put a picture, its words, how long it took and its call on the page."""
        self.put(images.encode_png(frame.picture), "png", frame, took)

    def put(self, data: bytes, kind: str, frame: Frame, took: str = "") -> None:
        """Put the bytes of a "png" or "jpeg" on the page, in the size of the frame's picture, with its words."""
        self.frame, self.png = frame, data
        height, width = frame.picture.shape[:2]  # given, so that nothing moves while the page decodes the picture
        words = f'alt="{html.escape(frame.caption)}" width="{width}" height="{height}" decoding="sync"'
        source = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
        self.image.value = f'<img {words} style="max-width: 100%" src="{source}">'
        code = f"<br><code>{html.escape(frame.code)}</code>" if frame.code else ""
        self.caption.value = html.escape(frame.caption) + (f" <small>({took})</small>" if took else "") + code
        self.error.value = ""

    def fail(self, error: Exception) -> None:
        """Say in the explorer, in one sentence, what went wrong."""
        self.error.value = f'<p role="alert"><b>That did not work:</b> {html.escape(_sentence(error))}</p>'

    def end(self) -> None:
        """End the work that goes on, where there is some: nobody waits for it."""

    @property
    def closed(self) -> bool:
        """Whether the explorer has ended: it answers no more and holds nothing."""
        return not self._ending.alive

    def close(self) -> None:
        """Take the explorer off the page and free all that it holds: controls, photo, network. Twice does no harm."""
        if self.closed:
            return
        self.end()
        self._ending()
        lifetime.forget(self)
        if self._waiting is not None:
            self._waiting.cancel()
        self.drop()
        lifetime.give_back()

    def drop(self) -> None:
        """Let go of what was drawn and how."""
        self.draw, self.settings, self._waiting = closed_draw, [], None
        self.frame, self.png, self.image.value = None, b"", ""

    def _comm_changed(self) -> None:
        if self.box.comm is None:  # somebody closed the widget itself
            self.close()

    def _changed(self) -> None:
        """Draw next, once for all events of the moment; at once where no event loop runs (scripts, tests)."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.update()
            return
        if self._waiting is None:
            self._waiting = loop.call_soon(self.update)

    def still(self, setting: dict[str, Any]) -> Frame:
        """The picture of one setting of the strip; the other controls stay as they are."""
        return self.draw(**(self.values() | setting))

    def stills(self) -> dict[str, Frame]:
        """The strip's pictures by the words for their settings, for pages with no kernel."""
        return {self._words(setting): self.still(setting) for setting in self.settings or [{}]}

    def _words(self, setting: dict[str, Any]) -> str:
        return ", ".join(self._label(*pair) for pair in setting.items()) or "at first"

    def _label(self, name: str, value: Any) -> str:
        """How a setting is called in the strip: a menu's own words, or the control's name and the value."""
        if isinstance(value, bool):
            return self.controls[name].description + ("" if value else ": no")
        if isinstance(value, tuple):
            return ", ".join(value)
        for option in getattr(self.controls[name], "options", ()):
            if isinstance(option, tuple) and option[1] == value:
                return str(option[0])
        return value if isinstance(value, str) else f"{self.controls[name].description} {value}"

    def _repr_mimebundle_(
        self, stills: dict[str, Frame] | None = None, **options: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The live widget, and the strip beside it for front ends that know no widgets (GitHub, PDF, static HTML)."""
        if self.closed:
            return {"text/plain": f"{self.title}: {_CLOSED}"}, {}
        lifetime.keep_shown(self)
        bundle = dict(self.box._repr_mimebundle_(**options) or {})
        stills = stills or self.stills()
        alt = f"{self.title}: " + "; ".join(frame.caption for frame in stills.values())
        strip = static_preview([frame.picture for frame in stills.values()], list(stills))
        bundle |= {"text/plain": alt, "image/png": base64.b64encode(images.encode_png(strip)).decode()}
        return bundle, {"image/png": {"alt": alt, "width": SHOWN}}


def menu(
    words: str, options: Sequence[Any], tooltip: str, value: Any = None, kind: type = ipywidgets.Dropdown, **more: Any
) -> ipywidgets.Widget:
    """A menu, or another `kind` of choice, that begins with `value`, or with the first option."""
    first = {} if value is None else {"value": value}
    return kind(options=list(options), description=words, tooltip=tooltip, **first, **more)


def slider(
    words: str, value: float, low: float, high: float, tooltip: str, step: float = 1, live: bool = True
) -> ipywidgets.Widget:
    """A slider of whole numbers or not, as `value` is, that acts while it moves, or with live=False when let go."""
    kind = ipywidgets.IntSlider if isinstance(value, int) else ipywidgets.FloatSlider
    limits = {"value": value, "min": low, "max": high, "step": step}
    return kind(**limits, description=words, tooltip=tooltip, continuous_update=live)


def closed_draw(*_: Any, **__: Any) -> Frame:
    """What a closed explorer draws: nothing."""
    raise ValueError(_CLOSED)


def quoted(value: Any) -> str:
    """Words, or a number, as a call in Python holds them."""
    return json.dumps(value, ensure_ascii=False)


def _sentence(error: Exception) -> str:
    """The first line of an error, with its kind where it says nothing."""
    return (str(error).splitlines() or [""])[0] or type(error).__name__
