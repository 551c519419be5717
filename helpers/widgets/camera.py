"""The explorer of a camera: what a network makes of the picture that it sees now.

Pictures come from the page as JPEG, one at a time, and go back with the answer as they came. The newest one alone is
held, while its answer is on show: nothing is stored, and nothing leaves this machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets
from traitlets import dlink

from helpers import activations, datasets, images
from helpers.activations.maps import is_signed
from helpers.attribution import grad_cam
from helpers.backbones import Network, as_network, forward
from helpers.images.style import OVERLAY_OPACITY
from helpers.widgets import lifetime
from helpers.widgets.attribution import layers_with_maps
from helpers.widgets.explorer import Explorer, Frame, menu, quoted, slider
from helpers.widgets.photos import layers_of, strongest_classes
from helpers.widgets.scene import Part, Scene, in_rows, packed
from helpers.widgets.static_preview import fitted

MAPS, CHANNEL, CAM, SAYS = "activations", "one channel", "Grad-CAM", "what it says"
SIDE, _BESIDE = 448, 224  # pixels of a picture's longer side in the page, and of one beside maps
_GAP = 2  # pixels between two of many maps
_BAR, _FULL, _EMPTY = 28, (40, 110, 200), (90, 90, 90)  # pixels of a bar's height, and its colours
_KEYS = {"w": -1, "e": 1}  # the layer before, and the next one
_HERE = Path(__file__).parent


class Camera(anywidget.AnyWidget):
    """A button that opens the page's camera; its pictures come one at a time, the next one after `answered` names one.

    sides: (height, width) of the pictures that are wanted. sample: the JPEG that a film is drawn from where there is no
    camera. ended: a number that ends the camera when it changes. heard: counts what came; `news` is the last of it:
    ("frame", number, JPEG), ("key", "w" or "e") or ("ended",).
    """

    # Text, not paths: anywidget's watcher of a path would keep every widget for ever.
    _esm = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("camera.js", "camera_view.js"))
    _css = (_HERE / "camera.css").read_text(encoding="utf-8")
    description = traitlets.Unicode("Camera").tag(sync=True)  # a tooltip without one is an error in the page
    tooltip = traitlets.Unicode("Look at the camera's picture; it stays on this machine. Key q ends it").tag(sync=True)
    sides = traitlets.List().tag(sync=True)
    sample = traitlets.Bytes().tag(sync=True)
    answered = traitlets.Unicode().tag(sync=True)
    ended = traitlets.Int().tag(sync=True)
    heard = traitlets.Int()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.news: tuple = ()
        self.on_msg(lambda widget, message, buffers: widget.receive(message, buffers))

    def receive(self, message: dict[str, Any], buffers: Iterable[Any] = ()) -> None:
        """Take a message of the page: a picture, a key, or that the camera was ended."""
        event = message.get("event")
        if event == "frame":
            self.news = (event, str(message.get("number")), b"".join(bytes(part) for part in buffers))
        else:
            self.news = (event, message.get("key"))
        self.heard += 1
        self.news = ()


class Sight:
    """A network, the picture that it sees now, and how each view shows that.

    network: with maps, a classifier, or both. photo: the sample that is seen while no camera is on. Raises ValueError
    for a network that has neither.
    """

    def __init__(self, network: Network, photo: str) -> None:
        self.network, self.size = network, fitted(*network.sides, SIDE)
        self.sample = images.prepare(datasets.photo(photo).array, self.size)
        try:
            self.layers, self.last = layers_with_maps(network)
        except ValueError:
            self.layers, self.last = [], ""
        self.knows = network.logits is not None
        needs = {MAPS: self.layers, CHANNEL: self.layers, CAM: self.layers and self.knows, SAYS: self.knows}
        self.views = [view for view, needed in needs.items() if needed]
        if not self.views:
            raise ValueError(f"{network.name} has neither maps nor a classifier, so there is nothing to show of it")
        self.look(self.sample)

    def look(self, photo: np.ndarray, jpeg: bytes | None = None) -> None:
        """See another picture, uint8 (height, width, 3), which came as this JPEG."""
        self.photo, self.jpeg = photo, jpeg
        self.picture = images.resize(photo, self.network.sides)

    def draw(self, view: str, layer: str = "", channel: int = 0, opacity: float = OVERLAY_OPACITY) -> Frame:
        """One view of the picture that is seen now."""
        if view == SAYS:
            return self._says()
        return self._cam(layer, opacity) if view == CAM else self._maps(layer, channel if view == CHANNEL else None)

    def _part(self, longest: int = SIDE, **looks: Any) -> Part:
        return Part(self.photo, jpeg=self.jpeg, size=fitted(*self.size, longest), **looks)

    def _maps(self, layer: str, channel: int | None) -> Frame:
        """Some channels of a layer, in squares, or one of them, beside the picture."""
        maps = activations.layer_maps(self.network, self.picture, layer)
        rows, columns, channels = maps.shape
        strongest = ", ".join(map(str, activations.choose_channels(maps, 3, "strength")))
        code, words = f"layer_maps(network, picture, {quoted(layer)})", f"strongest now: {strongest}"
        looks = {"smooth": False, "colours": "viridis", "signed": is_signed(maps)}
        if channel is None:
            shown = activations.choose_channels(maps)
            across = math.ceil(len(shown) ** 0.5)
            cell = fitted(rows, columns, (SIDE - (across - 1) * _GAP) // across)
            parts = [Part(heat=maps[..., k], size=cell, **looks) for k in shown]
            large, words = in_rows(parts, across, _GAP).parts, f"{len(shown)} of {channels} channels; {words}"
        else:
            channel = min(channel, channels - 1)
            large = [Part(heat=maps[..., channel], size=fitted(rows, columns, SIDE), **looks)]
            code, words = f"{code}[..., {channel}]", f"channel {channel} of {channels}; {words}"
        large = [part._replace(left=part.left + _BESIDE + 8) for part in large]
        return Frame(Scene((self._part(_BESIDE), *large)), f"{layer}: {words}", code)

    def _cam(self, layer: str, opacity: float) -> Frame:
        shares = self.network.probabilities(self.picture)[0]
        best = int(shares.argmax())
        name = f"{self.network.class_label(best)} {shares[best]:.2f}"
        heat = grad_cam(self.network, self.picture, best, layer)
        part = self._part(heat=heat, opacity=opacity, follows={"opacity": "opacity"}, label=name)
        words = f"{name}: Grad-CAM at {layer}, {heat.shape[0]} x {heat.shape[1]} places, maximum {heat.max():.3g}"
        return Frame(Scene((part,)), words, f"grad_cam(network, picture, layer={quoted(layer)})")

    def _says(self) -> Frame:
        shares = self.network.probabilities(self.picture)[0]
        words = {one: f"{self.network.class_label(one)} {shares[one]:.2f}" for one in strongest_classes(shares)}
        parts, top = [self._part()], self.size[0] + 4
        for number, one in enumerate(words):
            length = np.arange(self.size[1])[None, :, None] < shares[one] * self.size[1]
            bar = np.where(length, np.uint8(_FULL), np.uint8(_EMPTY))
            at, size = top + number * (_BAR + 2), (_BAR, self.size[1])
            parts.append(Part(bar, size=size, top=at, smooth=False, quality=None, label=words[one]))
        return Frame(Scene(tuple(parts)), ", ".join(words.values()), "network.predict_top(photo)")


class CameraExplorer(Explorer):
    """An explorer whose picture is what a camera sees now; keys w and e change the layer, q ends the camera.

    The camera ends with the output that shows it, when the cell runs again, and by `close`. A picture that comes while
    another one is answered does not wait: the page takes the next one when it has the answer. sight: what is shown.
    """

    def __init__(self, sight: Sight, controls: dict[str, Any], strip: Iterable[dict[str, Any]], made: str) -> None:
        self.sight = sight
        _, photos, _ = packed(Scene((Part(sight.sample),)), {})
        self.camera = Camera(sides=list(sight.size), sample=next(iter(photos.values())))
        self.camera.observe(lifetime.weakly(self._hear), "heard")
        super().__init__(controls, sight.draw, strip, "Camera explorer", made)
        self.panel.children = [self.camera, *self.panel.children]

    def end(self) -> None:
        """End the camera, in every window."""
        self.camera.ended += 1
        self.picture.working = False

    def still(self, setting: dict[str, Any]) -> Frame:
        """The picture of one setting, of the sample: a still picture may be stored, what a camera sees may not."""
        now = self.sight.photo, self.sight.jpeg
        self.sight.look(self.sight.sample)
        try:
            return super().still(setting)
        finally:
            self.sight.look(*now)

    def drop(self) -> None:
        """Let go of the picture, too."""
        super().drop()
        self.sight = None

    def _hear(self) -> None:
        event, told, *content = self.camera.news
        if event == "frame":
            self._see(told, *content)
        elif event == "key" and "layer" in self.controls and told in _KEYS:
            layer = self.controls["layer"]
            layer.index = min(max(layer.index + _KEYS[told], 0), len(layer.options) - 1)
        elif event == "ended":
            self.picture.working = False

    def _see(self, number: str, jpeg: bytes) -> None:
        """Answer one picture; the page is told that it was answered whatever happens, else it would wait for ever."""
        try:
            self.picture.working = True
            self.sight.look(images.load(jpeg), jpeg)
            self._answer()
        except Exception as error:  # in a callback it would vanish into a log
            self.fail(error)
        finally:
            self.camera.answered = number


def camera_explorer(network: Network | Any, view: str = CAM, photo: str = "chelsea") -> CameraExplorer:
    """What a network makes of a camera's picture, live: its maps, one channel, Grad-CAM of the best class, its answer.

    network: any, also the reader's own Keras model; views that it cannot have are left out. view: "activations", "one
    channel", "Grad-CAM" or "what it says", the first one shown. photo: the sample that is seen before the camera is on,
    and in the film where there is none. Raises ValueError for a view that is not to be had, and for a network with
    neither maps nor a classifier.
    """
    network = as_network(network)
    sight = Sight(network, photo)
    if view not in sight.views:
        raise ValueError(f"the view is {view!r}; {network.name} has {', '.join(sight.views)}")
    forward.make_files(network, soon=True)
    views = menu("Show", sight.views, "What to look at", view, ipywidgets.ToggleButtons)
    controls = {"view": views} | (_layer_controls(sight, views) if sight.layers else {})
    names = {"view": view} | ({"photo": photo} if photo != "chelsea" else {})
    given = "".join(f", {name}={quoted(value)}" for name, value in names.items() if (name, value) != ("view", CAM))
    strip = [{"view": one} for one in sight.views]
    return CameraExplorer(sight, controls, strip, f"camera_explorer(network{given})")


def _layer_controls(sight: Sight, views: ipywidgets.Widget) -> dict[str, Any]:
    """Layer, channel and opacity. Maps begin at an early layer, Grad-CAM at the last maps; each remembers its own."""
    early = list(layers_of(sight.network, "relu", "activation")) or sight.layers
    kept = {view: sight.last if view == CAM else early[len(early) // 6] for view in sight.views}
    kind = ipywidgets.SelectionSlider
    layer = menu("Layer", sight.layers, "Whose maps; keys w and e go through them", kept[views.value], kind)
    channel = slider("Channel", 0, 0, 1, "Which channel, with one channel: arrow keys go through them")
    opacity = slider("Opacity", OVERLAY_OPACITY, 0, 1, "Of Grad-CAM's hottest place; 0: the photo alone", 0.05)
    layers = {one.name: one.shape[-1] for one in sight.network.layers}
    dlink((layer, "value"), (channel, "max"), lambda name: layers[name] - 1)

    def remember(change: Any) -> None:
        kept[views.value] = change["new"]

    def recall(change: Any) -> None:
        layer.value = kept[change["new"]]

    layer.observe(remember, "value")
    views.observe(recall, "value")
    return {"layer": layer, "channel": channel, "opacity": opacity}
