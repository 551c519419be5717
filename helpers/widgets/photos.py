"""What explorers of a network choose from: the samples and the reader's own photo, its layers, its likely classes."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets

from helpers import datasets, images
from helpers.backbones import Network
from helpers.runtime.memory import Recent
from helpers.widgets.explorer import menu
from helpers.widgets.static_preview import fitted

KEPT = 16_000_000  # bytes of maps that an explorer remembers: going back to a setting shows it at once
UPLOADED = "(your photo)"
KINDS = ("relu", "activation", "add", "concatenate", "convolution")  # of layers with maps that are worth a look
_HERE = Path(__file__).parent
_LONGEST = 2048  # pixels: more than any explorer shows
_MOST = 100_000_000  # bytes of a file: larger ones are films, or would be refused when they are read
_PROBLEMS = {
    "nothing": "That was no file: drop a photo that is stored on this machine, or choose one with the button.",
    "empty": "{name} is empty (0 bytes); choose a photo.",
    "large": "{name} is larger than {most:.0f} MB; choose a photo, or make it smaller first.",
    "unreadable": "{name} cannot be read: it is a folder, or it was moved meanwhile; choose one photo.",
}


class PhotoDrop(anywidget.AnyWidget):
    """A file input that a photo can also be dropped on; `content` holds a whole file while its observers are called.

    most: bytes of the largest file; the page refuses a larger one before it is read. longest: pixels of the longer
    side; the page shrinks what is larger, if it can read it. name, before: the last file's name, and its size before it
    was shrunk. problem: what is wrong with it, in one sentence, or empty.
    """

    # Text, not paths: anywidget's watcher of a path would keep every widget for ever.
    _esm = (_HERE / "photo_drop.js").read_text(encoding="utf-8")
    _css = (_HERE / "photo_drop.css").read_text(encoding="utf-8")
    description = traitlets.Unicode("Your own photo: drop it here, or").tag(sync=True)
    tooltip = traitlets.Unicode("Open a photo of your own; it stays on this machine").tag(sync=True)
    most = traitlets.Int(_MOST).tag(sync=True)
    longest = traitlets.Int(_LONGEST).tag(sync=True)
    content = traitlets.Bytes()
    problem = traitlets.Unicode()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._whole, self._parts, self._file = bytearray(), 0, None
        self.name = self.before = ""
        self.on_msg(lambda widget, message, buffers: widget.receive(message, buffers))

    def receive(self, message: dict[str, Any], buffers: Iterable[Any]) -> None:
        """Take one part of a file, or what is wrong with it; the last part makes it whole."""
        part, name = message.get("part", 0), str(message.get("name") or "the file")
        if part == 0:
            self._whole, self._parts, self._file, self.problem = bytearray(), 0, message.get("file"), ""
        elif (message.get("file"), part) != (self._file, self._parts):
            return  # of a file that was given up
        wrong = message.get("problem")
        if wrong is None:
            for buffer in buffers:
                self._whole += buffer
            self._parts += 1
            if len(self._whole) <= self.most and self._parts != message.get("parts"):
                return
            wrong = "large" if len(self._whole) > self.most else "empty" if not self._whole else None
        whole, self._whole, self._parts = bytes(self._whole), bytearray(), -1
        if wrong is not None:
            self.problem = _PROBLEMS[wrong].format(name=name, most=self.most / 1e6)
            return
        self.name, self.before = name, str(message.get("before") or "")
        self.content = whole
        self.content = b""  # the same file a second time is news, too, and nothing is kept


class PhotoChoice:
    """A menu of sample photos and a drop zone for the reader's own, which stays on this machine.

    names: samples, None for all. first: the one to begin with, or the path of a photo, which then is one of them.
    menu: the control whose value is the photo's name. parts: what an explorer shows: menu, drop zone, and what is said
    of the reader's file. network: whose view of the photos is asked for, None for none. Raises ImageError for a path
    that is no photo.
    """

    def __init__(
        self, names: Iterable[str] | None = None, first: str = "chelsea", network: Network | None = None
    ) -> None:
        names, self.network, self._path = list(names or datasets.photos()), network, ""
        if first not in (*names, *datasets.photos()):
            self._path = first
            names = [first, *names]
        self.menu = menu("Photo", names, "Choose a photo", first if first in names else None)
        self.upload, self.message = PhotoDrop(), ipywidgets.HTML()
        self._own: np.ndarray | None = None
        self._kept: dict[tuple, np.ndarray] = {}  # of the photo on show: its pixels, and the sizes that were asked for
        self.version = 0  # of the reader's own photo: one name, many pictures
        self.upload.observe(self._uploaded, "content")
        self.upload.observe(lambda change: self._say(change["new"]), "problem")
        self.menu.observe(lambda _: self._say(""), "value")
        self.parts = [self.menu, self.upload, self.message]
        if self._path:
            self.array(first)

    def call(self, function: str) -> str:
        """The call that makes an explorer of a network and these photos."""
        return f"{function}(network{f', {self._path!r}' if self._path else ''})"

    def array(self, name: str) -> np.ndarray:
        """The chosen photo, uint8 (height, width, 3), read once as long as no other is asked for."""
        if name == UPLOADED and self._own is not None:
            return self._own
        return self._keep((name, 0), lambda: images.load(name) if name == self._path else datasets.photo(name).array)

    def prepared(self, name: str, side: int | tuple[int, int]) -> np.ndarray:
        """What `images.prepare` makes of a photo, uint8 (side, side, 3), made once as long as no other is asked for."""
        return self._keep((name, side), lambda: images.prepare(self.array(name), side))

    def seen(self, name: str, longest: int | None = None) -> np.ndarray:
        """The part of a photo that the network sees, uint8 (height, width, 3): at its size, or larger, for the page.

        longest: pixels of the longer side, None for the network's own size.
        """
        sides = self.network.sides
        return self.prepared(name, sides if longest is None else fitted(*sides, longest))

    def remember(self, compute: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        """`compute(picture, ...)`, of what the network sees, as a function of the photo's name with a memory."""
        kept = Recent(KEPT, lambda answer: answer.nbytes)

        def remembered(name: str, *asked: Any) -> np.ndarray:
            return kept.answer((name, self.version, *asked), lambda: compute(self.seen(name), *asked))

        return remembered

    def _keep(self, key: tuple[str, Any], make: Callable[[], np.ndarray]) -> np.ndarray:
        if key not in self._kept:
            made = make()
            made.flags.writeable = False  # everybody gets the same one
            self._kept = {known: kept for known, kept in self._kept.items() if known[0] == key[0]} | {key: made}
        return self._kept[key]

    def _uploaded(self, change: Any) -> None:
        if not change["new"]:
            return
        try:
            self._own = images.load(change["new"])
            self._kept, self.version = {}, self.version + 1
        except Exception as error:  # in a callback it would vanish into a log
            self.upload.problem = str(error)
            return
        if UPLOADED not in self.menu.options:
            self.menu.options = [*self.menu.options, UPLOADED]
        if self.menu.value == UPLOADED:  # a second upload: the name stays, the photo changes
            self.menu.value = self.menu.options[0]
        self.menu.value = UPLOADED
        height, width = self._own.shape[:2]
        smaller = f"; it had {self.upload.before}" if self.upload.before else ""
        self._say(f"{self.upload.name}: {width} x {height} pixels{smaller}", "status")

    def _say(self, words: str, role: str = "alert") -> None:
        """Say what the reader's file is, or what is wrong with it; nothing when another photo is chosen."""
        self.message.value = f'<p role="{role}">{html.escape(words)}</p>' if words else ""


def strongest_classes(shares: np.ndarray, most: int = 5) -> list[int]:
    """The numbers of the most probable classes, at most so many, best first."""
    return [int(number) for number in np.argsort(-shares, kind="stable")[:most]]


def layers_of(network: Network, *kinds: str) -> dict[str, tuple[int, int, int]]:
    """The layers of these kinds that have maps, in the network's order: name -> (height, width, channels)."""
    return {la.name: la.shape for la in network.layers if la.kind in kinds and len(la.shape) == 3}
