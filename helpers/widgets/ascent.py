"""Explorer of gradient ascent: choose what is climbed and the regularisers, watch the picture grow, stop it."""

from __future__ import annotations

from typing import Any

import ipywidgets
import numpy as np

from helpers import images
from helpers.backbones import Network
from helpers.feature_visualization import Regularisers, ascend, channel, logit, unit, without_border
from helpers.feature_visualization.objectives import Objective
from helpers.runtime import Report
from helpers.widgets.explorer import Frame, menu, quoted, slider
from helpers.widgets.live_explorer import LiveExplorer
from helpers.widgets.photos import KINDS, layers_of
from helpers.widgets.static_preview import within

_SHOWN = 384  # pixels of the picture in the page
_CLASSES = ("flamingo", "bell pepper", "dalmatian", "goldfish", "monarch", "strawberry", "volcano", "espresso")
CHANNEL, UNIT, CLASS = "channel (mean over places)", "one unit (the middle)", "class"
_GOALS = {CHANNEL: channel, UNIT: unit, CLASS: logit}
# name -> value, least, greatest, step, words, what it does
_AMOUNTS = {
    "steps": (80, 1, 400, 1, "Steps", "How many steps"),
    "jitter": (16, 0, 24, 1, "Jitter", "Pixels by which the picture is moved at random"),
    "rotate": (8.0, 0, 20, 1, "Rotate", "Degrees by which it is turned at random"),
    "zoom": (0.15, 0, 0.3, 0.05, "Zoom", "Share by which it is made larger or smaller at random"),
    "variation": (0.0, 0, 1, 0.05, "Variation", "Weight of the total variation"),
    "blur": (0.7, 0, 2, 0.1, "Blur", "Gaussian blur every 4 steps, in pixels (pixels only)"),
    "decay": (0.0, 0, 0.3, 0.01, "Decay", "L2 decay towards the mean colour (pixels only)"),
}


def ascent_explorer(network: Network, layer: str | None = None) -> LiveExplorer:
    """Paint a channel, a unit or a class: start, steps, regularisers; the picture grows and can be stopped.

    layer: the first one shown, None for one in the first half of the network. Raises ValueError for an unknown layer.
    """
    controls = _controls(network, layer)

    def run(report: Report, **values: Any) -> Frame:
        climb = ascend(
            network,
            _goal(values),
            steps=values["steps"],
            start=values["start"],
            regularisers=_regularisers(values),
            fourier=values["paint"],
            report=lambda done, total, picture: report(done, total, within(picture, _SHOWN)),
        )
        picture = climb.pictures if values["goal"] == CLASS else without_border(climb.pictures)
        return Frame(within(images.deprocess(picture[0]), _SHOWN), _words(values, climb, network), _code(values))

    def first(**values: Any) -> Frame:
        if values["goal"] == CLASS:
            network.class_index(values["class_"])
        elif values["number"] >= (count := network.output_of(values["layer"]).shape[-1]):
            here = f"layer {values['layer']} has channels 0 to {count - 1}"
            raise ValueError(f"{here}; {values['number']} is none of them")
        sides = network.sides if values["goal"] == CLASS else (160, 160)
        grey = np.broadcast_to(network.mean_colour, (*sides, 3))
        noise = np.random.default_rng(0).normal(0, 10 if values["start"] == "noise" else 0, grey.shape)
        picture = (grey + noise).clip(0, 255).astype(np.uint8)
        return Frame(within(picture, _SHOWN), f"{_what(values)}: press Start", _code(values))

    # Of one layer: each further one would have to be compiled, while everybody waits for the cell.
    other = min(10, int(network.output_of(controls["layer"].value).shape[-1]) - 1)
    strip = [{"number": controls["number"].value}, {"number": other}, {"start": "grey"}, {"paint": False}]
    return LiveExplorer(
        controls, run, first, strip, "Ascent explorer", network, {"steps": 8}, "ascent_explorer(network)"
    )


def _controls(network: Network, layer: str | None) -> dict[str, Any]:
    layers = list(layers_of(network, *KINDS))
    if not layers:
        raise ValueError(f"{network.name} has no layer with maps; the explorer needs a convolution")
    if layer is not None and layer not in layers:
        network.layer(layer)  # raises, with the nearest names, if there is no such layer
        raise ValueError(f"layer {layer!r} has no maps; choose one of {', '.join(layers[:3])} ...")
    # Before its ReLU no unit is dead, so the first layers shown are convolutions.
    alive = list(layers_of(network, "convolution")) or layers
    goals = list(_GOALS) if network.logits is not None else [CHANNEL, UNIT]
    names = [name for name in _CLASSES if name in network.class_names]
    names = names or [network.class_label(number) for number in range(min(8, len(network.class_names)))]
    return {
        "goal": menu("Climb", goals, "What the picture is made to excite"),
        "layer": menu("Layer", layers, "Of which layer", layer or alive[len(alive) // 3]),
        "number": ipywidgets.BoundedIntText(
            value=3, min=0, max=1_000_000, description="Channel", tooltip="Which channel of the layer"
        ),
        "class_": menu("Class", names, "Any class name", names[0] if names else "", ipywidgets.Combobox),
        "paint": menu("Paint", [("waves (Fourier)", True), ("pixels", False)], "With waves or pixels"),
        "start": menu("From", ["noise", "grey"], "Noise, or the mean colour"),
    } | {
        name: slider(words, value, low, high, why, step, live=False)
        for name, (value, low, high, step, words, why) in _AMOUNTS.items()
    }


def _asked(values: dict) -> tuple:
    """What the goal's function is called with."""
    return (values["class_"],) if values["goal"] == CLASS else (values["layer"], values["number"])


def _goal(values: dict) -> Objective:
    return _GOALS[values["goal"]](*_asked(values))


def _regularisers(values: dict) -> Regularisers:
    """The switches; blur and decay are left out where waves are painted, which do not know them."""
    on_pixels = {} if values["paint"] else {"blur": values["blur"], "decay": values["decay"]}
    moving = {name: values[name] for name in ("jitter", "rotate", "zoom")}
    return Regularisers(total_variation=values["variation"], **moving, **on_pixels)


def _what(values: dict) -> str:
    if values["goal"] == CLASS:
        return f"class {values['class_']}"
    return f"{_GOALS[values['goal']].__name__} {values['number']} of {values['layer']}"


def _words(values: dict, climb: Any, network: Network) -> str:
    """The picture in words, with the number that matters."""
    text = f"{_what(values)}, {values['steps']} steps from {values['start']}"
    if climb.dead[0]:
        return f"{text}: no gradient ever came, the unit is dead there; start from noise or choose the layer before it"
    if values["goal"] == CLASS:
        share = float(network.probabilities(climb.pictures)[0, network.class_index(values["class_"])])
        return f"{text}: probability {share:.4f}"
    return f"{text}: from {climb.values[0, 0]:.3g} to {climb.values[-1, 0]:.3g}"


def _code(values: dict) -> str:
    chosen = _regularisers(values)
    goal = f"{_GOALS[values['goal']].__name__}({', '.join(map(quoted, _asked(values)))})"
    switches = ", ".join(f"{name}={getattr(chosen, name)}" for name in chosen.on())
    parts = [f"ascend(network, {goal}", f"steps={values['steps']}", f'start="{values["start"]}"']
    parts += [f"regularisers=Regularisers({switches})"] if switches else []
    return ", ".join(parts + (["fourier=True"] if values["paint"] else [])) + ")"
