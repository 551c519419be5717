"""Explorers of where a network looks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ipywidgets
import numpy as np
from traitlets import dlink

from helpers import attribution, images
from helpers.attribution import grad_cam
from helpers.attribution.guided_backprop import RULES
from helpers.attribution.lime import MODELS
from helpers.attribution.occlusion import FILLS
from helpers.attribution.targets import last_maps, needs_classifier
from helpers.backbones import Network, forward
from helpers.images.style import OVERLAY_OPACITY
from helpers.runtime import Report
from helpers.widgets.explorer import Explorer, Frame, menu, quoted, slider
from helpers.widgets.live_explorer import LiveExplorer
from helpers.widgets.photos import KINDS, PhotoChoice, layers_of, strongest_classes
from helpers.widgets.scene import Part, Scene, in_rows, with_bar
from helpers.widgets.static_preview import fitted

SHOWN = 448  # pixels of the picture in the page; the network sees the same part at its own size
_SMALL, ALONE = 224, 336  # of one picture among several, and of one by itself
_FOLLOWS = {"opacity": "opacity"}  # a part's value and the control that it follows in the page
CLASS = "the class"  # in the explorer of the rules: start from a class score instead of a unit


class _Question(PhotoChoice):
    """A photo and one of its five most probable classes: the two controls that these explorers share."""

    def __init__(self, network: Network, photo: str, photos: Iterable[str] | None) -> None:
        needs_classifier(network)
        super().__init__(photos, photo, network)
        self.name = network.class_label
        self.classes = menu("Class", [], "Which class to explain: the five most probable")
        self.controls = {"photo": self, "class_": self.classes}
        self.menu.observe(self._new_photo, "value")
        self._new_photo()
        forward.make_files(network, maps=False, soon=True)

    def _new_photo(self, _: Any = None) -> None:
        self.shares = self.network.probabilities(self.seen(self.menu.value))[0]
        best = strongest_classes(self.shares)
        with self.classes.hold_sync():  # one message to the page, not four
            self.classes.options = [(f"{self.name(one)} ({self.shares[one]:.2f})", one) for one in best]
            self.classes.value = self.classes.options[0][1]

    def enlarged(self, picture: np.ndarray) -> Scene:
        """A picture of what the network sees, in the size of the page's photo."""
        return Scene((Part(picture, size=fitted(*self.network.sides, SHOWN), smooth=False),))


def layers_with_maps(network: Network) -> tuple[list[str], str]:
    """The layers that Grad-CAM can be asked about, in order, and the one to begin with, which is always among them.

    Raises ValueError for a network without maps.
    """
    known = set(layers_of(network, *KINDS))
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
    heat_of = asked.remember(lambda picture, class_, layer: grad_cam(network, picture, class_, layer))

    def draw(photo: str, class_: int, layer: str, opacity: float) -> Frame:
        heat, name = heat_of(photo, class_, layer), asked.name(class_)
        over = Part(asked.seen(photo, SHOWN), heat, opacity=opacity, follows=_FOLLOWS)
        shown = with_bar(Scene((over,)), float(heat.max()))
        rows, columns = heat.shape
        caption = f"{photo}: Grad-CAM of {name} at {layer}, {rows} x {columns} places, maximum {heat.max():.3g}"
        return Frame(shown, caption, f"grad_cam(network, picture, {quoted(name)}, layer={quoted(layer)})")

    controls = asked.controls | {"layer": menu("Layer", layers, "Whose maps", first), "opacity": _opacity()}
    # Of one layer: another one has to be compiled first, which takes a second that nobody should wait for.
    strip = [{"opacity": 0.0}, *({"class_": value} for _, value in asked.classes.options[:4])]
    return Explorer(controls, draw, strip, "Grad-CAM explorer", asked.call("grad_cam_explorer"))


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
    why = "Choose several with Ctrl or Shift; the slow ones (occlusion, LIME, Score-CAM) take seconds"
    chosen = menu("Methods", attribution.METHODS, why, tuple(methods), ipywidgets.SelectMultiple, rows=8)
    heat = asked.remember(
        lambda picture, class_, method: _without_outliers(attribution.heat_of(method, network, picture, class_))
    )

    def draw(photo: str, class_: int, methods: tuple[str, ...], opacity: float) -> Frame:
        if not methods:
            raise ValueError("no method is chosen; choose at least one in the list")
        heats = [heat(photo, class_, method) for method in methods]
        small = asked.seen(photo, _SMALL if len(heats) > 1 else ALONE)
        parts = [Part(small, one, opacity=opacity, follows=_FOLLOWS) for one in heats]
        shown = with_bar(in_rows(parts, min(3, len(parts)), 6))
        caption = f"{photo}: {asked.name(class_)}; from the top left: {', '.join(methods)}; each on its own scale"
        return Frame(shown, caption, f'heat_of("{methods[0]}", network, picture, {quoted(asked.name(class_))})')

    controls = asked.controls | {"methods": chosen, "opacity": _opacity()}
    # Two and two of these share a compiled function; the slower ones are for the live page.
    strip = [{"methods": (name,)} for name in ("Grad-CAM", "Layer-CAM", "saliency", "gradient x input")]
    return Explorer(controls, draw, strip, "Methods side by side", asked.call("methods_explorer"))


def occlusion_explorer(network: Network, photo: str = "chelsea", photos: Iterable[str] | None = None) -> Explorer:
    """Occlusion by hand: two sliders move a cover over the photo, and the probability of the class follows.

    Arguments and errors as in `grad_cam_explorer`.
    """
    asked = _Question(network, photo, photos)
    rows, columns = network.sides
    side = min(rows, columns)
    controls = asked.controls | {
        "row": slider("Row", (rows - 1) // 2, 0, rows - 1, "Middle of the cover, from the top, in pixels", 8),
        "column": slider("Column", (columns - 1) // 2, 0, columns - 1, "The same from the left, in pixels", 8),
        "size": slider("Size", side // 4, min(4, side), side, "Side of the cover in pixels", 4),
        "fill": menu("Fill", FILLS, "What stands in for the covered pixels"),
    }

    def draw(photo: str, class_: int, row: int, column: int, size: int, fill: str) -> Frame:
        picture = asked.seen(photo)
        top, left = row - size // 2, column - size // 2
        covered = attribution.cover(network, picture, top, left, size, fill)
        before, now = asked.shares[class_], network.probabilities(covered)[0, class_]
        shown = asked.enlarged(np.rint(covered).clip(0, 255).astype(np.uint8))
        caption = (
            f"{photo}: probability of {asked.name(class_)}: {before:.3f} uncovered, {now:.3f} under a cover of "
            f"{size} x {size} pixels ({fill}) whose middle is at row {row}, column {column}"
        )
        return Frame(shown, caption, f'cover(network, picture, {top}, {left}, {size}, "{fill}")')

    corners = ((1, 1), (1, 3), (3, 1), (3, 3))
    strip = [{"row": rows // 4 * one, "column": columns // 4 * other} for one, other in corners]
    return Explorer(controls, draw, strip, "Occlusion by hand", asked.call("occlusion_explorer"))


def rules_explorer(network: Network, photo: str = "chelsea", photos: Iterable[str] | None = None) -> Explorer:
    """ReLU's backward rules on the network: from a class, or from one channel of a layer, back to the pixels.

    Arguments and errors as in `grad_cam_explorer`; ValueError also for a network without any ReLU.
    """
    asked = _Question(network, photo, photos)
    layers = {name: channels for name, (_, _, channels) in layers_of(network, *KINDS).items()}
    controls = asked.controls | {
        "rule": menu("Rule", RULES, "What passes each ReLU on the way back", "guided", ipywidgets.ToggleButtons),
        "start": menu("From", [CLASS, *layers], "Start from the class score, or from a unit of a layer"),
        "unit": slider("Channel", 0, 0, 0, "Which channel of the layer (its strongest place); only with a layer"),
    }
    dlink((controls["start"], "value"), (controls["unit"], "max"), lambda layer: layers.get(layer, 1) - 1)

    def draw(photo: str, class_: int, rule: str, start: str, unit: int) -> Frame:
        picture = asked.seen(photo)
        if start == CLASS:
            gradient, of = attribution.rule_gradient(network, picture, class_, rule), asked.name(class_)
            code = f'rule_gradient(network, picture, {quoted(of)}, "{rule}")'
        else:
            gradient = attribution.rule_gradient(network, picture, rule=rule, layer=start, unit=unit)
            of = f"channel {unit} of {start}"
            code = f'rule_gradient(network, picture, rule="{rule}", layer={quoted(start)}, unit={unit})'
        silent = "" if np.ptp(gradient) else ": no gradient arrives, the unit is silent"
        shown = asked.enlarged(images.deprocess(gradient))
        return Frame(shown, f"{photo}: {rule} backward pass from {of}{silent}", code)

    return Explorer(
        controls, draw, [{"rule": one} for one in RULES], "The ReLU's way back", asked.call("rules_explorer")
    )


def lime_explorer(network: Network, photo: str = "chelsea", photos: Iterable[str] | None = None) -> LiveExplorer:
    """LIME with its superpixels; Start samples and fits, and shows the weights over the photo.

    Arguments and errors as in `grad_cam_explorer`.
    """
    from skimage.segmentation import mark_boundaries

    asked = _Question(network, photo, photos)
    controls = asked.controls | {
        "count": slider("Superpixels", 40, 4, 200, "About how many parts the photo is cut into", 4),
        "samples": slider("Samples", 150, 20, 1000, "How many photos with deleted parts are asked", 10),
        "model": menu("Model", MODELS, "The simple model that is fitted"),
        "fill": menu("Fill", FILLS, "What a deleted superpixel becomes"),
        "seed": slider("Seed", 0, 0, 20, "Other samples; does the answer stay?"),
    }

    def code(class_: int, count: int, samples: int, model: str, fill: str, seed: int) -> str:
        asks = f"network, picture, {quoted(asked.name(class_))}, superpixels(picture, {count})"
        return f'lime({asks}, {samples}, "{model}", "{fill}", seed={seed})'

    def first(photo: str, class_: int, count: int, samples: int, **how: Any) -> Frame:
        parts = attribution.superpixels(asked.seen(photo), count)
        words = f"{photo}: {parts.max() + 1} superpixels; Start asks about {asked.name(class_)} {samples} times"
        marked = mark_boundaries(asked.seen(photo), parts, color=(1, 0.9, 0), mode="inner")
        outlined = asked.enlarged(np.rint(marked * 255).astype(np.uint8))
        return Frame(outlined, words, code(class_, count, samples, **how))

    def run(report: Report, photo: str, class_: int, count: int, samples: int, **how: Any) -> Frame:
        picture, name = asked.seen(photo), asked.name(class_)
        parts = attribution.superpixels(picture, count)
        found = attribution.lime(network, picture, class_, parts, samples, **how, report=report)
        words = f"{photo}: LIME of {name}, {how['model']}, {samples} samples, R2 {found.fit:.2f}"
        over = Part(asked.seen(photo, SHOWN), found.heat, signed=True)
        shown = with_bar(Scene((over,)), float(np.abs(found.heat).max()))
        return Frame(shown, f"{words}; red speaks for it, blue against", code(class_, count, samples, **how))

    strip = [{"seed": 0}, {"seed": 1}, {"model": "lasso"}, {"fill": "blur"}]
    return LiveExplorer(
        controls, run, first, strip, "LIME", network, {"count": 16, "samples": 24}, asked.call("lime_explorer")
    )


def _opacity() -> ipywidgets.Widget:
    why = "Of the hottest place; 0: the photo alone, in its colours"
    return slider("Opacity", OVERLAY_OPACITY, 0, 1, why, 0.05)


def _without_outliers(heat: np.ndarray) -> np.ndarray:
    """A map cut at its 99.5 % quantile: a few hot pixels would leave the rest dark."""
    return np.minimum(heat, np.quantile(heat, 0.995)) if heat.size > 1000 else heat
