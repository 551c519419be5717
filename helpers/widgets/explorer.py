"""The frame that all explorers share: controls, a picture, a sentence, the call that makes it, and errors in sight."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import ipywidgets
import numpy as np
import traitlets

from helpers import images
from helpers.widgets import lifetime
from helpers.widgets.description import described
from helpers.widgets.picture import Picture
from helpers.widgets.scene import Scene, scene
from helpers.widgets.static_preview import SHOWN, static_preview

_CLOSED = "this explorer was closed, or its cell was run again; run the cell that makes it to have a new one"


class Frame(NamedTuple):
    """One picture of an explorer: what it shows, what that is in words, and the call that makes it.

    shown: uint8 (height, width, 3), or a `Scene`, of which a page is sent what is new only.
    """

    shown: np.ndarray | Scene
    caption: str
    code: str = ""

    @property
    def scene(self) -> Scene:
        """What is shown, as parts."""
        return self.shown if isinstance(self.shown, Scene) else scene(self.shown)

    @property
    def picture(self) -> np.ndarray:
        """What is shown, uint8 (height, width, 3)."""
        return self.shown.pixels() if isinstance(self.shown, Scene) else self.shown


class Explorer:
    """Controls beside a picture that follows them.

    controls: name -> ipywidgets control, or a `PhotoChoice`, whose value is the photo's name. draw: takes the controls'
    values by name and returns a Frame. strip: the settings, four to six, that are shown side by side where no front end
    is. title: what is explored. made: the call that makes this explorer; the copied code opens it again in its state.
    Events that arrive while a picture is drawn are dropped but for the last. An exception in `draw` appears as one
    sentence under the picture, and the controls keep working.

    An explorer lives as long as a name or the page holds it. It ends, and frees its network, when its cell runs
    again, when the last name for one that was never shown is gone, by `close()`, or by `Widget.close_all()`.
    """

    def __init__(
        self,
        controls: dict[str, Any],
        draw: Callable[..., Frame],
        strip: Iterable[dict[str, Any]] = (),
        title: str = "",
        made: str = "explorer",
    ) -> None:
        shown = [part for control in controls.values() for part in getattr(control, "parts", [control])]
        self.controls = {name: getattr(control, "menu", control) for name, control in controls.items()}
        self.draw, self.title, self.settings, self.made = draw, title, list(strip), made
        self._waiting: asyncio.Handle | None = None
        self._held = False
        self.frame: Frame | None = None
        self.picture, self.error = Picture(self.controls, lifetime.weakly(self.end)), ipywidgets.HTML()
        for control in self.controls.values():
            control.observe(lifetime.weakly(self._changed), "value")
        self.panel = ipywidgets.VBox(shown, layout={"min_width": "min(260px, 100%)", "flex": "1 1 260px"})
        self.view = ipywidgets.VBox([self.picture, self.error], layout={"min_width": "0"})
        layout = {"flex_flow": "row wrap", "align_items": "flex-start", "grid_gap": "4px 16px"}
        self.box = ipywidgets.Box([self.panel, self.view], layout=layout)
        self.box.add_class("explorer")
        self.box.observe(lifetime.weakly(self._comm_changed), "comm")
        self._ending = weakref.finalize(self, lifetime.end, self.box)
        self._ending.atexit = False  # the page goes with the kernel
        self.update()
        # A photo may be a little smaller to stand beside its controls; a plot with words goes below them instead.
        width = self.frame.scene.shape[1] if self.frame else 0
        self.view.layout.flex = f"3 1 {min(max(width - 90, 340), 640)}px"

    def values(self) -> dict[str, Any]:
        """The controls' present values by name."""
        return {name: control.value for name, control in self.controls.items()}

    def description(self) -> dict[str, Any]:
        """What this explorer is, without what it computes; it can be written as JSON: title, call, controls, strip."""
        controls = [described(*named) for named in self.controls.items()]
        return {"title": self.title, "made": self.made, "controls": controls, "strip": self.settings}

    def at(self, **values: Any) -> Explorer:
        """This explorer with its controls at these values, set one after the other; so copied code opens it again.

        Raises ValueError for a control or a value that it does not have.
        """
        self._held = True
        try:
            for name, value in values.items():
                if name not in self.controls:
                    raise ValueError(f"there is no control {name!r}; there are {', '.join(self.controls)}")
                try:
                    self.controls[name].value = value
                except traitlets.TraitError:
                    raise ValueError(f"{name} cannot be {value!r} here; choose it in the explorer") from None
        finally:
            self._held = False
        self.update()
        return self

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
        self.frame = frame
        self.picture.show(frame.scene, caption=frame.caption, code=frame.code, state=self.state(), took=took)
        self.error.value = ""

    def state(self) -> str:
        """The call that opens this explorer again as it is."""
        return f"{self.made}.at({', '.join(f'{name}={value!r}' for name, value in self.values().items())})"

    @property
    def png(self) -> bytes:
        """The picture as the bytes of a PNG file, empty where there is none."""
        return images.encode_png(self.frame.picture) if self.frame else b""

    def fail(self, error: Exception) -> None:
        """Say in the explorer, in one sentence, what went wrong."""
        self.error.value = f'<p role="alert"><b>That did not work:</b> {html.escape(_sentence(error))}</p>'
        self.picture.answered()

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
        self.frame = None
        self.picture.frame, self.picture.photos, self.picture.maps = {}, {}, {}

    def _comm_changed(self) -> None:
        if self.box.comm is None:  # somebody closed the widget itself
            self.close()

    def _changed(self) -> None:
        """Draw next, once for all events of the moment; at once where no event loop runs (scripts, tests)."""
        if self._held:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.update()
            return
        if self._waiting is None:
            self._waiting = loop.call_soon(self._answer)

    def _answer(self) -> None:
        """Draw for the page, which may interrupt the kernel when it takes long: ipykernel hears that only in a cell."""
        heard = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGINT, signal.default_int_handler) if heard else None
        try:
            self.update()
        except KeyboardInterrupt:
            self._waiting = None
            self.fail(ValueError("it was stopped"))
        finally:
            if heard:
                signal.signal(signal.SIGINT, before)

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
