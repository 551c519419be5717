"""Dream studio: a photo, layers and the ingredients of DeepDream; the picture grows and can be stopped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ipywidgets
import numpy as np

from helpers.backbones import Network
from helpers.feature_visualization import dream
from helpers.runtime import Report
from helpers.widgets.explorer import Frame, menu, slider
from helpers.widgets.live_explorer import LiveExplorer
from helpers.widgets.photos import KINDS, PhotoChoice, layers_of
from helpers.widgets.static_preview import within

NOTHING = "(none)"
_SHORTEST = 32  # pixels: the smallest octave's shorter side


def dream_studio(network: Network, photo: str = "coffee", photos: Iterable[str] | None = None) -> LiveExplorer:
    """DeepDream of a sample photo or the reader's own, with every ingredient as a control.

    photo: the first one shown. photos: names from `datasets.photos()`, None for all. Raises ValueError when the network
    has no layer with maps.
    """
    layers = list(layers_of(network, *KINDS, "max pooling"))
    if not layers:
        raise ValueError(f"{network.name} has no layer with maps to dream with; the studio needs a convolution")
    sums = list(layers_of(network, "add") or layers_of(network, "concatenate")) or layers
    first_layer, second = sums[len(sums) // 2], sums[min(len(sums) // 2 + 2, len(sums) - 1)]
    choice = PhotoChoice(photos, photo)
    controls = {
        "photo": choice,
        "layer": menu("Layer", layers, "Whose activations are amplified", first_layer),
        "second": menu("Second layer", [NOTHING, *layers], "A second layer, or none", second),
        "weight": slider("Its weight", 1.0, 0, 3, "The second layer's weight; the first one's is 1", 0.1, False),
        "guide": menu("Guide", [NOTHING, *choice.menu.options], "A photo that the dream becomes like"),
        "octaves": slider("Octaves", 3, 1, 6, "Sizes, from small to the photo's own", 1, False),
        "scale": slider("Scale", 1.4, 1.1, 2.0, "From one octave to the next", 0.1, False),
        "steps": slider("Steps", 10, 1, 60, "For each octave", 1, False),
        "step_size": slider("Step size", 2.0, 0.5, 8, "In units of 0 to 255", 0.5, False),
        "jitter": slider("Jitter", 16, 0, 48, "Pixels by which the picture is rolled", 1, False),
        "detail": ipywidgets.Checkbox(value=True, description="Put detail back", tooltip="Or let the photo blur"),
        "side": slider("Size", 288, 128, 800, "Pixels of the longer side", 16, False),
    }

    def shown(values: dict) -> np.ndarray:
        return within(choice.array(values["photo"]), values["side"])

    def run(report: Report, **values: Any) -> Frame:
        guide = None if values["guide"] == NOTHING else within(choice.array(values["guide"]), 192)
        chosen = _options(values) | {"guide": guide, "report": report}
        return Frame(dream(network, shown(values), _layers(values), **chosen), _words(values), _code(values))

    def first(**values: Any) -> Frame:
        picture = shown(values)
        small = min(picture.shape[:2]) / values["scale"] ** (values["octaves"] - 1)
        if small < _SHORTEST:
            raise ValueError(f"the smallest octave would be {small:.0f} pixels high or wide; take fewer octaves")
        return Frame(picture, f"{_words(values)}: press Start", _code(values))

    # Of two layers: each further one would have to be compiled, while everybody waits for the cell.
    strip = [{"layer": layers[len(layers) // 5]}, {"layer": first_layer}, {"jitter": 0}, {"detail": False}]
    cheap = {"side": 224, "octaves": 2, "steps": 4, "step_size": 4.0, "second": NOTHING}
    return LiveExplorer(controls, run, first, strip, "Dream studio", network, cheap, choice.call("dream_studio"))


def _layers(values: dict) -> dict[str, float]:
    """Layer -> weight; the same layer twice counts with both weights."""
    chosen = {values["layer"]: 1.0}
    if values["second"] != NOTHING:
        chosen[values["second"]] = chosen.get(values["second"], 0.0) + values["weight"]
    return chosen


def _options(values: dict) -> dict[str, Any]:
    """The numbers by the names that `dream` gives them."""
    kept = {name: values[name] for name in ("steps", "step_size", "jitter", "detail")}
    return {"octaves": values["octaves"], "octave_scale": values["scale"], **kept}


def _words(values: dict) -> str:
    parts = [f"{name} x {weight:.1f}" for name, weight in _layers(values).items()]
    guided = "" if values["guide"] == NOTHING else f", guided by {values['guide']}"
    work = f"{values['octaves']} octaves of {values['steps']} steps"
    return f"{values['photo']} dreamt by {' and '.join(parts)}{guided}, {work}"


def _code(values: dict) -> str:
    options = ", ".join(f"{name}={value}" for name, value in _options(values).items())
    guide = "" if values["guide"] == NOTHING else ", guide=guide"
    return f"dream(network, photo, {_layers(values)}, {options}{guide})"
