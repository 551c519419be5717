"""Dream studio: a photo, layers and the ingredients of DeepDream; the picture grows and can be stopped."""

from __future__ import annotations

from collections.abc import Iterable

import ipywidgets
import numpy as np

from helpers import images
from helpers.backbones import Network
from helpers.deepdream import dream
from helpers.progress import Report
from helpers.widgets.base import Frame
from helpers.widgets.painting import PaintExplorer, slider
from helpers.widgets.photos import PhotoChoice

NOTHING = "(none)"
KINDS = ("add", "concatenate", "relu", "activation", "convolution", "max pooling")
SHORTEST = 32  # pixels: the smallest octave's shorter side


def dream_studio(network: Network, photo: str = "coffee", photos: Iterable[str] | None = None) -> PaintExplorer:
    """DeepDream of a sample photo or the reader's own, with every ingredient as a control.

    photo: the first one shown. photos: names from `datasets.photos()`, None for all. Raises ValueError when the network
    has no layer with maps.
    """
    layers = [la.name for la in network.layers if la.kind in KINDS and len(la.shape) == 3]
    if not layers:
        raise ValueError(f"{network.name} has no layer with maps to dream with; the studio needs a convolution")
    sums = [la.name for la in network.layers if la.kind == "add" and len(la.shape) == 3] or layers
    first_layer, second = sums[len(sums) // 2], sums[min(len(sums) // 2 + 2, len(sums) - 1)]
    choice = PhotoChoice(photos, photo)
    names = list(choice.menu.options)
    controls = {
        "photo": choice,
        "layer": _menu(layers, first_layer, "Layer", "Whose activations are amplified"),
        "second": _menu([NOTHING, *layers], second, "Second layer", "A second layer, or none"),
        "weight": slider(1.0, 0, 3, 0.1, "Its weight", "The second layer's weight; the first one's is 1"),
        "guide": _menu([NOTHING, *names], NOTHING, "Guide", "A photo that the dream becomes like"),
        "octaves": slider(3, 1, 6, 1, "Octaves", "Sizes, from small to the photo's own"),
        "scale": slider(1.4, 1.1, 2.0, 0.1, "Scale", "From one octave to the next"),
        "steps": slider(10, 1, 60, 1, "Steps", "For each octave"),
        "rate": slider(2.0, 0.5, 8, 0.5, "Step size", "In units of 0 to 255"),
        "jitter": slider(16, 0, 48, 1, "Jitter", "Pixels by which the picture is rolled"),
        "detail": ipywidgets.Checkbox(value=True, description="Put detail back", tooltip="Or let the photo blur"),
        "side": slider(288, 128, 800, 16, "Size", "Pixels of the longer side"),
    }

    def shown(values: dict) -> np.ndarray:
        return _within(choice.array(values["photo"]), values["side"])

    def run(report: Report, **values) -> Frame:
        guide = None if values["guide"] == NOTHING else _within(choice.array(values["guide"]), 192)
        dreamt = dream(
            network,
            shown(values),
            _layers(values),
            values["octaves"],
            values["scale"],
            values["steps"],
            values["rate"],
            values["jitter"],
            detail=values["detail"],
            guide=guide,
            report=report,
        )
        return Frame(dreamt, _words(values), _code(values))

    def first(**values) -> Frame:
        picture = shown(values)
        small = min(picture.shape[:2]) / values["scale"] ** (values["octaves"] - 1)
        if small < SHORTEST:
            raise ValueError(f"the smallest octave would be {small:.0f} pixels high or wide; take fewer octaves")
        return Frame(picture, f"{_words(values)}: press Start", _code(values))

    # Of two layers: each further one would have to be compiled, while everybody waits for the cell.
    early = layers[len(layers) // 5]
    strip = [{"layer": early}, {"layer": first_layer}, {"jitter": 0}, {"detail": False}]
    cheap = {"side": 224, "octaves": 2, "steps": 4, "rate": 4.0, "second": NOTHING}
    return PaintExplorer(controls, run, first, strip, "Dream studio", cheap, network)


def _menu(options: list[str], value: str, description: str, tooltip: str) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(options=options, value=value, description=description, tooltip=tooltip)


def _within(photo: np.ndarray, side: int) -> np.ndarray:
    """The photo with a longer side of `side` pixels."""
    scale = side / max(photo.shape[:2])
    return images.resize(photo, (max(1, round(photo.shape[0] * scale)), max(1, round(photo.shape[1] * scale))))


def _layers(values: dict) -> dict[str, float]:
    """Layer -> weight; the same layer twice counts with both weights."""
    chosen = {values["layer"]: 1.0}
    if values["second"] != NOTHING:
        chosen[values["second"]] = chosen.get(values["second"], 0.0) + values["weight"]
    return chosen


def _words(values: dict) -> str:
    parts = [f"{name} x {weight:.1f}" for name, weight in _layers(values).items()]
    guided = "" if values["guide"] == NOTHING else f", guided by {values['guide']}"
    work = f"{values['octaves']} octaves of {values['steps']} steps"
    return f"{values['photo']} dreamt by {' and '.join(parts)}{guided}, {work}"


def _code(values: dict) -> str:
    guide = "" if values["guide"] == NOTHING else ", guide=guide"
    return (
        f"dream(network, photo, {_layers(values)}, octaves={values['octaves']}, octave_scale={values['scale']}, "
        f"steps={values['steps']}, rate={values['rate']}, jitter={values['jitter']}, detail={values['detail']}{guide})"
    )
