"""Explorers of where a network looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets
import numpy as np

from helpers import attribution, images
from helpers.attribution import grad_cam
from helpers.attribution.lime import MODELS
from helpers.attribution.perturbation import FILLS
from helpers.attribution.rules import RULES
from helpers.attribution.targets import last_maps, needs_classifier
from helpers.backbones import Network
from helpers.memory import Recent
from helpers.progress import Report
from helpers.widgets.base import Explorer, Frame, quoted
from helpers.widgets.jobs import LiveExplorer
from helpers.widgets.painting import PaintExplorer
from helpers.widgets.photos import PhotoChoice, strongest_classes

SHOWN = 448  # pixels of the picture in the page; the network sees the same part at its own size
SMALL, ALONE = 224, 336  # of one picture among several, and of one by itself
KINDS = ("relu", "activation", "add", "concatenate", "convolution")
KEPT = 16_000_000  # bytes of maps that an explorer remembers: going back to a setting shows it at once
CLASS = "the class"  # in the explorer of the rules: start from a class score instead of a unit


class _Question:
    """A photo and one of its five most probable classes: the two controls that these explorers share."""

    def __init__(self, network: Network, photo: str, photos: Iterable[str] | None) -> None:
        needs_classifier(network)
        self.network, self.choice = network, PhotoChoice(photos, photo)
        self.menu = ipywidgets.Dropdown(description="Class", tooltip="Which class to explain: the five most probable")
        self.choice.menu.observe(self._new_photo, "value")
        self._new_photo()

    def _new_photo(self, _: Any = None) -> None:
        self.shares = self.network.probabilities(self.picture(self.choice.menu.value))[0]
        best = strongest_classes(self.shares)
        with self.menu.hold_sync():  # one message to the page, not four
            self.menu.options = [(f"{self.name(one)} ({self.shares[one]:.2f})", one) for one in best]
            self.menu.value = self.menu.options[0][1]

    def picture(self, photo: str) -> np.ndarray:
        """What the network sees of the chosen photo."""
        return self.choice.seen(photo, self.network)

    def shown(self, photo: str, longest: int = SHOWN) -> np.ndarray:
        """The same part of the photo, larger, for the page."""
        return self.choice.seen(photo, self.network, longest)

    def enlarged(self, photo: str, picture: np.ndarray, method: str = "nearest") -> np.ndarray:
        """A picture of what the network sees, as large as `shown`."""
        return images.resize(picture, self.shown(photo).shape[:2], method)

    def name(self, class_: int) -> str:
        """What the class is called, as no other one is."""
        return self.network.class_label(class_)

    def remember(self, compute: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        """`compute(picture, ...)` as a function of the photo's name, that knows its last answers."""

        kept = Recent(KEPT, lambda answer: answer.nbytes)

        def remembered(photo: str, *asked: Any) -> np.ndarray:
            key = (photo, self.choice.version, *asked)
            return kept.answer(key, lambda: compute(self.picture(photo), *asked))

        return remembered


def layers_with_maps(network: Network) -> tuple[list[str], str]:
    """The layers that Grad-CAM can be asked about, in order, and the one to begin with, which is always among them.

    Raises ValueError for a network without maps.
    """
    known = {layer.name for layer in network.layers if layer.kind in KINDS and len(layer.shape) == 3}
    try:
        first = network.layer(last_maps(network)).name
    except ValueError:
        if not known:
            raise
        first = ""  # no maps are the last: a network that turns them into rows of patches, for example
    known |= {first}
    names = [operation.name for operation in network.model.operations if operation.name in known]
    return names, first or names[-1]


def grad_cam_explorer(network: Network, photo: str = "chelsea", photos: Iterable[str] | None = None) -> Explorer:
    """Grad-CAM of any class at any layer, over a sample photo or the reader's own.

    photo: the first one shown. photos: names from `datasets.photos()`, None for all. Raises ValueError when the network
    has no classifier.
    """
    asked = _Question(network, photo, photos)
    layers, first = layers_with_maps(network)
    layer = ipywidgets.Dropdown(options=layers, value=first, description="Layer", tooltip="Whose maps")
    opacity = ipywidgets.FloatSlider(
        value=0.55, min=0, max=1, step=0.05, description="Opacity", tooltip="0: photo only, 1: heat map only"
    )

    heat_of = asked.remember(lambda picture, class_, layer: grad_cam(network, picture, class_, layer))

    def draw(photo: str, class_: int, layer: str, opacity: float) -> Frame:
        heat, name = heat_of(photo, class_, layer), asked.name(class_)
        shown = images.overlay(asked.shown(photo), heat, opacity)
        rows, columns = heat.shape
        caption = f"{photo}: Grad-CAM of {name} at {layer}, {rows} x {columns} places, maximum {heat.max():.3g}"
        return Frame(shown, caption, f"grad_cam(network, picture, {quoted(name)}, layer={quoted(layer)})")

    controls = {"photo": asked.choice, "class_": asked.menu, "layer": layer, "opacity": opacity}
    # Of one layer: another one has to be compiled first, which takes a second that nobody should wait for.
    strip = [{"opacity": 0.0}, *({"class_": value} for _, value in asked.menu.options[:4])]
    return Explorer(controls, draw, strip, "Grad-CAM explorer")


def methods_explorer(
    network: Network,
    photo: str = "chelsea",
    photos: Iterable[str] | None = None,
    methods: Iterable[str] = ("Grad-CAM", "Layer-CAM", "saliency"),
) -> Explorer:
    """The heat maps of several methods side by side, for one class of a photo; each on its own scale.

    methods: names out of `attribution.METHODS` that are ticked at first. A map that was computed stays until the photo
    or the class changes. Other arguments and errors as in `grad_cam_explorer`.
    """
    asked = _Question(network, photo, photos)
    chosen = ipywidgets.SelectMultiple(
        options=list(attribution.METHODS),
        value=tuple(methods),
        description="Methods",
        tooltip="Choose several with Ctrl or Shift; the slow ones (occlusion, LIME, Score-CAM) take seconds",
        rows=8,
    )
    opacity = ipywidgets.FloatSlider(
        value=0.7, min=0, max=1, step=0.05, description="Opacity", tooltip="0: photo only, 1: heat map only"
    )
    heat = asked.remember(
        lambda picture, class_, method: _without_outliers(attribution.heat_of(method, network, picture, class_))
    )

    def draw(photo: str, class_: int, methods: tuple[str, ...], opacity: float) -> Frame:
        if not methods:
            raise ValueError("no method is chosen; choose at least one in the list")
        heats = [heat(photo, class_, method) for method in methods]
        small = asked.shown(photo, SMALL if len(heats) > 1 else ALONE)
        shown = images.grid([images.overlay(small, one, opacity) for one in heats], min(3, len(heats)), 6)
        caption = f"{photo}: {asked.name(class_)}; from the top left: {', '.join(methods)}; each on its own scale"
        return Frame(shown, caption, f'heat_of("{methods[0]}", network, picture, {quoted(asked.name(class_))})')

    controls = {"photo": asked.choice, "class_": asked.menu, "methods": chosen, "opacity": opacity}
    # Two and two of these share a compiled function; the slower ones are for the live page.
    strip = [{"methods": (name,)} for name in ("Grad-CAM", "Layer-CAM", "saliency", "gradient x input")]
    return Explorer(controls, draw, strip, "Methods side by side")


def occlusion_explorer(network: Network, photo: str = "chelsea", photos: Iterable[str] | None = None) -> Explorer:
    """Occlusion by hand: two sliders move a cover over the photo, and the probability of the class follows.

    Arguments and errors as in `grad_cam_explorer`.
    """
    asked = _Question(network, photo, photos)
    rows, columns = network.sides
    side = min(rows, columns)
    row = _slider("Row", (rows - 1) // 2, 0, rows - 1, "Middle of the cover, from the top, in pixels", 8)
    column = _slider("Column", (columns - 1) // 2, 0, columns - 1, "Middle of the cover, from the left, in pixels", 8)
    size = _slider("Size", side // 4, min(4, side), side, "Side of the cover in pixels", 4)
    fill = ipywidgets.Dropdown(options=FILLS, description="Fill", tooltip="What stands in for the covered pixels")

    def draw(photo: str, class_: int, row: int, column: int, size: int, fill: str) -> Frame:
        picture = asked.picture(photo)
        covered = attribution.cover(network, picture, row - size // 2, column - size // 2, size, fill)
        before, now = asked.shares[class_], network.probabilities(covered)[0, class_]
        shown = asked.enlarged(photo, np.rint(covered).clip(0, 255).astype(np.uint8))
        caption = (
            f"{photo}: probability of {asked.name(class_)}: {before:.3f} uncovered, {now:.3f} under a cover of "
            f"{size} x {size} pixels ({fill}) whose middle is at row {row}, column {column}"
        )
        return Frame(
            shown, caption, f'cover(network, picture, {row - size // 2}, {column - size // 2}, {size}, "{fill}")'
        )

    controls = {"photo": asked.choice, "class_": asked.menu, "row": row, "column": column, "size": size, "fill": fill}
    corners = ((1, 1), (1, 3), (3, 1), (3, 3))
    strip = [{"row": rows // 4 * one, "column": columns // 4 * other} for one, other in corners]
    return Explorer(controls, draw, strip, "Occlusion by hand")


def rules_explorer(network: Network, photo: str = "chelsea", photos: Iterable[str] | None = None) -> Explorer:
    """ReLU's backward rules on the network: from a class, or from one channel of a layer, back to the pixels.

    Arguments and errors as in `grad_cam_explorer`; ValueError also for a network without any ReLU.
    """
    asked = _Question(network, photo, photos)
    layers = {layer.name: layer.shape[-1] for layer in network.layers if layer.kind in KINDS and len(layer.shape) == 3}
    rule = ipywidgets.ToggleButtons(
        options=RULES, value="guided", description="Rule", tooltip="What passes each ReLU on the way back"
    )
    start = ipywidgets.Dropdown(
        options=[CLASS, *layers], description="From", tooltip="Start from the class score, or from a unit of a layer"
    )
    unit = _slider("Channel", 0, 0, 0, "Which channel of the layer (its strongest place); only with a layer")

    def new_layer(change: Any) -> None:
        unit.max = layers.get(change["new"], 1) - 1

    def draw(photo: str, class_: int, rule: str, start: str, unit: int) -> Frame:
        picture = asked.picture(photo)
        if start == CLASS:
            gradient, of = attribution.rule_gradient(network, picture, class_, rule), asked.name(class_)
            code = f'rule_gradient(network, picture, {quoted(of)}, "{rule}")'
        else:
            gradient = attribution.rule_gradient(network, picture, rule=rule, layer=start, unit=unit)
            of = f"channel {unit} of {start}"
            code = f'rule_gradient(network, picture, rule="{rule}", layer={quoted(start)}, unit={unit})'
        flat = np.ptp(gradient) == 0
        shown = asked.enlarged(photo, images.deprocess(gradient))
        words = f"{photo}: {rule} backward pass from {of}" + (
            ": no gradient arrives, the unit is silent" if flat else ""
        )
        return Frame(shown, words, code)

    start.observe(new_layer, "value")
    controls = {"photo": asked.choice, "class_": asked.menu, "rule": rule, "start": start, "unit": unit}
    return Explorer(controls, draw, [{"rule": one} for one in RULES], "The ReLU's way back")


def lime_explorer(network: Network, photo: str = "chelsea", photos: Iterable[str] | None = None) -> LiveExplorer:
    """LIME with its superpixels; Start samples and fits, and shows the weights over the photo.

    Arguments and errors as in `grad_cam_explorer`.
    """
    from skimage.segmentation import mark_boundaries

    asked = _Question(network, photo, photos)
    count = _slider("Superpixels", 40, 4, 200, "About how many parts the photo is cut into", 4)
    samples = _slider("Samples", 150, 20, 1000, "How many photos with deleted parts are asked", 10)
    model = ipywidgets.Dropdown(options=MODELS, description="Model", tooltip="The simple model that is fitted")
    fill = ipywidgets.Dropdown(options=FILLS, description="Fill", tooltip="What a deleted superpixel becomes")
    seed = _slider("Seed", 0, 0, 20, "Other samples; does the answer stay?")

    def outlined(photo: str, parts: np.ndarray) -> np.ndarray:
        marked = mark_boundaries(asked.picture(photo), parts, color=(1, 0.9, 0), mode="inner")
        return asked.enlarged(photo, np.rint(marked * 255).astype(np.uint8))

    def first(photo: str, class_: int, count: int, samples: int, model: str, fill: str, seed: int) -> Frame:
        parts = attribution.superpixels(asked.picture(photo), count)
        words = f"{photo}: {parts.max() + 1} superpixels; Start asks about {asked.name(class_)} {samples} times"
        return Frame(outlined(photo, parts), words, code(asked.name(class_), count, samples, model, fill, seed))

    def code(name: str, count: int, samples: int, model: str, fill: str, seed: int) -> str:
        parts = f"superpixels(picture, {count})"
        return f'lime(network, picture, {quoted(name)}, {parts}, {samples}, "{model}", "{fill}", seed={seed})'

    def run(
        report: Report, photo: str, class_: int, count: int, samples: int, model: str, fill: str, seed: int
    ) -> Frame:
        picture, name = asked.picture(photo), asked.name(class_)
        parts = attribution.superpixels(picture, count)
        found = attribution.lime(network, picture, class_, parts, samples, model, fill, seed=seed, report=report)
        over = images.overlay(asked.shown(photo), found.heat, 0.6, signed=True)
        words = (
            f"{photo}: LIME of {name}, {model}, {samples} samples, R2 {found.fit:.2f}; red speaks for it, blue against"
        )
        return Frame(over, words, code(name, count, samples, model, fill, seed))

    controls = {"photo": asked.choice, "class_": asked.menu, "count": count, "samples": samples}
    controls |= {"model": model, "fill": fill, "seed": seed}
    strip = [{"seed": 0}, {"seed": 1}, {"model": "lasso"}, {"fill": "blur"}]
    return PaintExplorer(controls, run, first, strip, "LIME", {"count": 16, "samples": 24}, network)


def _slider(description: str, value: int, low: int, high: int, tooltip: str, step: int = 1) -> ipywidgets.IntSlider:
    return ipywidgets.IntSlider(
        value=value, min=low, max=high, step=step, description=description, tooltip=tooltip, continuous_update=True
    )


def _without_outliers(heat: np.ndarray) -> np.ndarray:
    """A map cut at its 99.5 % quantile: a few hot pixels would leave the rest dark."""
    return np.minimum(heat, np.quantile(heat, 0.995)) if heat.size > 1000 else heat
