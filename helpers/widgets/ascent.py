"""Explorer of gradient ascent: choose what is climbed and the regularisers, watch the picture grow, stop it."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
import numpy as np

from helpers import images
from helpers.ascent import Objective, Regularisers, ascend, channel, logit, unit, without_border
from helpers.ascent.objectives import fixed_size
from helpers.backbones import Network
from helpers.progress import Report
from helpers.widgets.base import Frame, quoted
from helpers.widgets.painting import PaintExplorer, slider

SHOWN = 384  # pixels of the picture in the page
CLASSES = ("flamingo", "bell pepper", "dalmatian", "goldfish", "monarch", "strawberry", "volcano", "espresso")
CHANNEL, UNIT, CLASS = "channel (mean over places)", "one unit (the middle)", "class"
KINDS = ("convolution", "relu", "activation", "add", "concatenate")


def ascent_explorer(network: Network, layer: str | None = None) -> PaintExplorer:
    """Paint a channel, a unit or a class: start, steps, regularisers; the picture grows and can be stopped.

    layer: the first one shown, None for one in the first half of the network. Raises ValueError for an unknown layer.
    """
    layers = [la.name for la in network.layers if la.kind in KINDS and len(la.shape) == 3]
    if not layers:
        raise ValueError(f"{network.name} has no layer with maps; the explorer needs a convolution")
    if layer is not None and layer not in layers:
        network.layer(layer)  # raises, with the nearest names, if there is no such layer
        raise ValueError(f"layer {layer!r} has no maps; choose one of {', '.join(layers[:3])} ...")
    # Before its ReLU no unit is dead, so the first layers shown are convolutions.
    alive = [la.name for la in network.layers if la.kind == "convolution" and la.name in layers] or layers
    wanted = [CHANNEL, UNIT] + ([CLASS] if network.logits is not None else [])
    names = [name for name in CLASSES if name in network.class_names]
    names = names or [network.class_label(number) for number in range(min(8, len(network.class_names)))]
    controls = {
        "goal": ipywidgets.Dropdown(options=wanted, description="Climb", tooltip="What the picture is made to excite"),
        "layer": ipywidgets.Dropdown(
            options=layers, value=layer or alive[len(alive) // 3], description="Layer", tooltip="Of which layer"
        ),
        "number": ipywidgets.BoundedIntText(
            value=3, min=0, max=1_000_000, description="Channel", tooltip="Which channel of the layer"
        ),
        "class_": ipywidgets.Combobox(
            value=names[0] if names else "", options=names, description="Class", tooltip="Any class name"
        ),
        "paint": ipywidgets.Dropdown(
            options=[("pixels", False), ("waves (Fourier)", True)], description="Paint", tooltip="With pixels or waves"
        ),
        "start": ipywidgets.Dropdown(
            options=["noise", "grey"], description="From", tooltip="Noise, or the mean colour"
        ),
        "steps": slider(40, 1, 200, 1, "Steps", "How many steps"),
        "jitter": slider(4, 0, 24, 1, "Jitter", "Pixels by which the picture is moved at random"),
        "rotate": slider(0.0, 0, 20, 1, "Rotate", "Degrees by which it is turned at random"),
        "variation": slider(0.0, 0, 1, 0.05, "Variation", "Weight of the total variation"),
        "blur": slider(0.7, 0, 2, 0.1, "Blur", "Gaussian blur every 4 steps, in pixels (pixels only)"),
        "decay": slider(0.0, 0, 0.3, 0.01, "Decay", "L2 decay towards the mean colour (pixels only)"),
    }
    size = (fixed_size(network) or (160, 160))[0]

    def run(report: Report, **values) -> Frame:
        goal = _goal(values)
        chosen = _regularisers(values)
        told = lambda done, total, picture: report(done, total, _shown(picture))  # noqa: E731
        climb = ascend(
            network,
            goal,
            size,
            values["steps"],
            start=values["start"],
            regularisers=chosen,
            fourier=values["paint"],
            report=told,
        )
        picture = climb.pictures if values["goal"] == CLASS else without_border(climb.pictures)
        return Frame(_shown(images.deprocess(picture[0])), _words(values, climb, network), _code(values, chosen))

    def first(**values) -> Frame:
        grey = np.broadcast_to(network.mean_colour, (size, size, 3))
        noise = np.random.default_rng(0).normal(0, 10 if values["start"] == "noise" else 0, grey.shape)
        if values["goal"] == CLASS:
            network.class_index(values["class_"])
        else:
            _check_channel(network, values)
        picture = (grey + noise).clip(0, 255).astype(np.uint8)
        return Frame(_shown(picture), f"{_what(values)}: press Start", _code(values, _regularisers(values)))

    # Of one layer: each further one would have to be compiled, while everybody waits for the cell.
    other = min(10, int(network.output_of(controls["layer"].value).shape[-1]) - 1)
    strip = [{"number": controls["number"].value}, {"number": other}, {"blur": 0.0}, {"paint": True}]
    return PaintExplorer(controls, run, first, strip, "Ascent explorer", {"steps": 8}, network)


def _goal(values: dict) -> Objective:
    if values["goal"] == CLASS:
        return logit(values["class_"])
    make: Callable = channel if values["goal"] == CHANNEL else unit
    return make(values["layer"], values["number"])


def _regularisers(values: dict) -> Regularisers:
    """The switches; blur and decay are left out where waves are painted, which do not know them."""
    on_pixels = {} if values["paint"] else {"blur": values["blur"], "decay": values["decay"]}
    moving = {"jitter": values["jitter"], "rotate": values["rotate"], "total_variation": values["variation"]}
    return Regularisers(**moving, **on_pixels)


def _check_channel(network: Network, values: dict) -> None:
    channels = network.output_of(values["layer"]).shape[-1]
    if values["number"] >= channels:
        raise ValueError(
            f"layer {values['layer']} has channels 0 to {channels - 1}; {values['number']} is none of them"
        )


def _what(values: dict) -> str:
    if values["goal"] == CLASS:
        return f"class {values['class_']}"
    return f"{'channel' if values['goal'] == CHANNEL else 'unit'} {values['number']} of {values['layer']}"


def _words(values: dict, climb, network: Network) -> str:
    """The picture in words, with the number that matters."""
    text = f"{_what(values)}, {values['steps']} steps from {values['start']}"
    if climb.dead[0]:
        return f"{text}: no gradient ever came, the unit is dead there; start from noise or choose the layer before it"
    if values["goal"] == CLASS:
        share = float(network.probabilities(climb.pictures)[0, network.class_index(values["class_"])])
        return f"{text}: probability {share:.4f}"
    return f"{text}: from {climb.values[0, 0]:.3g} to {climb.values[-1, 0]:.3g}"


def _code(values: dict, chosen: Regularisers) -> str:
    made = f"logit({quoted(values['class_'])})"
    if values["goal"] != CLASS:
        made = f'{"channel" if values["goal"] == CHANNEL else "unit"}("{values["layer"]}", {values["number"]})'
    switches = ", ".join(f"{name}={getattr(chosen, name)}" for name in chosen.on())
    parts = [f"ascend(network, {made}", f"steps={values['steps']}", f'start="{values["start"]}"']
    parts += [f"regularisers=Regularisers({switches})"] if switches else []
    return ", ".join(parts + (["fourier=True"] if values["paint"] else [])) + ")"


def _shown(picture: np.ndarray) -> np.ndarray:
    scale = SHOWN / max(picture.shape[:2])
    return images.resize(picture, (round(picture.shape[0] * scale), round(picture.shape[1] * scale)), "bicubic")
