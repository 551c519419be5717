"""The picture of an explorer in the page: one widget that is sent frames as bytes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from helpers.widgets.scene import Scene, packed

_HERE = Path(__file__).parent


class Picture(anywidget.AnyWidget):
    """A canvas with words, drawn by picture.js; explorer.js ties it to a notebook.

    frame: the description of what is shown. photos, maps: its packed photos and heat maps by key; what the page has is
    not packed again, and what changed goes in one binary message. controls: name -> a reference to its widget, which
    the page listens to. working: whether many pictures will follow each other.
    """

    # Text, not paths: anywidget's watcher of a path would keep every widget for ever.
    _esm = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("picture.js", "explorer.js"))
    _css = (_HERE / "explorer.css").read_text(encoding="utf-8")
    frame = traitlets.Dict().tag(sync=True)
    photos = traitlets.Dict().tag(sync=True)
    maps = traitlets.Dict().tag(sync=True)
    controls = traitlets.Dict().tag(sync=True)
    working = traitlets.Bool().tag(sync=True)

    def __init__(self, controls: dict[str, Any], gone: Callable[[], None]) -> None:
        """gone: called when the page shows the explorer no more, because its output was cleared or its tab closed."""
        super().__init__(controls={name: f"anywidget:{control.model_id}" for name, control in controls.items()})
        self._answers = 0
        self.on_msg(lambda _, message, buffers: gone() if message.get("event") == "gone" else None)

    def show(self, scene: Scene, **words: str) -> None:
        """Send a scene, what is new of it, with its caption, code, state, and how long it took."""
        told, photos, maps = packed(scene, self.photos | self.maps)
        with self.hold_sync():
            self.photos, self.maps = photos, maps
            self.frame = told | words | self._answer()

    def answered(self) -> None:
        """Tell a page that waits for an answer that there is none to come."""
        self.frame = self.frame | self._answer()

    def _answer(self) -> dict[str, int]:
        self._answers += 1
        return {"answer": self._answers}
