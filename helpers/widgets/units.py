"""Explorers of single units: which stripes one answers to, and whether one finds a part of an animal."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from ipywidgets import Checkbox, SelectionSlider
from traitlets import dlink

from helpers import images
from helpers.activations import relu_layers
from helpers.activations.gratings import ANGLES, GREY, HUES, angles, grating, grating_answers, orientation_selectivity
from helpers.activations.unit_parts import best_channel, maps_on_grid, part_scores, small_masks
from helpers.backbones import Network, as_network
from helpers.datasets import Critters
from helpers.widgets.explorer import Explorer, Frame, menu, slider

_COLOURS = (*HUES, GREY)
_CELL, _LARGE = 26, 416  # pixels of a cell of the table, and of a large picture
_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
_WHITE, _YELLOW = np.array([255, 255, 255]), np.array([255, 210, 0])


def grating_explorer(network: Network | Any, layers: Sequence[str] | None = None) -> Explorer:
    """Which stripes a channel answers to: 16 directions by 8 colours, and black and white.

    Left the stripes that it answers to most, right its answer to all. layers: None for six that lie evenly over all
    ReLUs. Raises ValueError for a network without ReLUs.
    """
    network, names = as_network(network), list(layers or _spread(network, 6))
    controls = {
        "layer": menu("Layer", names, "Which layer: arrow keys go through them", kind=SelectionSlider),
        "channel": slider("Channel", 0, 0, 1, "Which channel: arrow keys go through them"),
        "wavelength": menu("Stripes", (4, 6, 8, 12, 16), "Pixels from stripe to stripe", kind=SelectionSlider),
    }
    dlink((controls["layer"], "value"), (controls["channel"], "max"), lambda name: _channels(network, name) - 1)

    @lru_cache(maxsize=8)
    def asked(layer: str, wavelength: int) -> np.ndarray:
        return grating_answers(network, layer, size=96, wavelength=wavelength)

    def draw(layer: str, channel: int, wavelength: int) -> Frame:
        answers = asked(layer, wavelength)
        channel = min(channel, answers.shape[-1] - 1)
        own = answers[..., channel]
        angle, colour = np.unravel_index(own.argmax(), own.shape)
        words = f"{layer}, channel {channel}: it answers to no stripes more than to grey"
        if own.max() > 0:
            tuned = float(orientation_selectivity(own[:, colour]))
            words = f"{layer}, channel {channel} answers most to {_COLOURS[colour]} stripes of {angles()[angle]:.0f} "
            words += f"degrees ({own.max():.3g} above grey); selectivity for the direction {tuned:.2f} of 1"
        favourite = grating(angles()[angle], _COLOURS[colour], _LARGE // 4, wavelength)
        large = images.resize(favourite, (_LARGE, _LARGE), "nearest")
        code = f'grating_answers(network, "{layer}", size=96, wavelength={wavelength})[..., {channel}]'
        return Frame(np.hstack([large, np.full((_LARGE, 12, 3), 255, np.uint8), _table(own)]), words, code)

    strip = [{"layer": names[0], "channel": channel} for channel in (1, 3, 5)] + [{"layer": names[-1]}]
    return Explorer(controls, draw, strip, "Explorer of stripes")


def part_explorer(network: Network | Any, drawn: Critters, layers: Sequence[str] | None = None) -> Explorer:
    """Where is the cat's ear? A channel's map above a threshold (yellow) on drawn animals, their ears framed in white.

    drawn: a dozen pictures; a layer is computed for all of them when it is first shown. layers: None for seven that lie
    evenly over all ReLUs. Raises ValueError for no picture.
    """
    if not len(drawn):
        raise ValueError("there is no picture; give a dozen, such as datasets.critters(24, 7, 224)")
    network, names = as_network(network), list(layers or _spread(network, 7))
    masks = small_masks(drawn.ears)
    controls = {
        "layer": menu("Layer", names, "Which layer: arrow keys go through them", names[-2:][0], SelectionSlider),
        "best": Checkbox(value=True, description="Best one", tooltip="Show the channel that finds the ears best"),
        "channel": slider("Channel", 0, 0, 1, "Which channel, where not the best one is shown"),
        "share": menu("Threshold", _SHARES, "The share of all places that stays on", 0.05, SelectionSlider),
        "photo": slider("Photo", 0, 0, len(drawn) - 1, "Which of the drawn animals"),
    }
    dlink((controls["layer"], "value"), (controls["channel"], "max"), lambda name: _channels(network, name) - 1)

    @lru_cache(maxsize=1)  # one layer at a time: bounded memory
    def maps_of(layer: str) -> np.ndarray:
        return maps_on_grid(network, drawn.images, layer)

    @lru_cache(maxsize=8)
    def scores_of(layer: str, share: float) -> Any:
        return part_scores(maps_of(layer), masks, share)

    def draw(layer: str, best: bool, channel: int, share: float, photo: int) -> Frame:
        scores = scores_of(layer, share)
        first = best_channel(scores)
        channel = first if best else min(channel, len(scores.thresholds) - 1)
        on = maps_of(layer)[photo, ..., channel].astype(np.float32) > scores.thresholds[channel]
        words = f"{layer}, channel {channel}: overlap with the ears (IoU) {scores.by_photo(channel)[photo]:.2f} here, "
        words += (
            f"{scores.iou()[channel]:.2f} over all {len(drawn)}; the layer's best is {first} ({scores.iou().max():.2f})"
        )
        code = f'part_scores(maps_on_grid(network, drawn.images, "{layer}"), masks, {share}).iou()[{channel}]'
        return Frame(_marked(drawn.images[photo], on, masks[photo]), words, code)

    strip = [{"layer": names[at]} for at in (0, len(names) // 3, 2 * len(names) // 3, -1)]
    return Explorer(controls, draw, strip, "Where is the cat's ear?")


def _spread(network: Network, count: int) -> list[str]:
    """Names of `count` ReLU layers, evenly from the first to the last."""
    names = [layer.name for layer in relu_layers(network)]
    return list(dict.fromkeys(names[round(at)] for at in np.linspace(0, len(names) - 1, count)))


def _channels(network: Network, layer: str) -> int:
    return int(network.output_of(layer).shape[-1])


def _table(own: np.ndarray) -> np.ndarray:
    """All answers as coloured cells: a row for each direction, a column for each colour, their stripes at the edges."""
    cells = images.resize(images.colourise(own, "viridis"), (ANGLES * _CELL, len(_COLOURS) * _CELL), "nearest")
    left = np.vstack([grating(angle, GREY, _CELL, 6) for angle in angles()])
    top = np.hstack([np.full((_CELL, _CELL, 3), 255, np.uint8)] + [grating(0, one, _CELL, 13) for one in _COLOURS])
    table = np.vstack([top, np.hstack([left, cells])])
    return images.resize(table, (_LARGE, round(table.shape[1] * _LARGE / table.shape[0])), "bilinear")


def _marked(picture: np.ndarray, on: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The picture enlarged: yellow where the channel is on, a white line around the part."""
    from scipy.ndimage import binary_dilation

    shown = images.resize(picture, (_LARGE, _LARGE)).astype(float)
    on, mask = (images.resize(one.astype(np.float32), (_LARGE, _LARGE), "bilinear") > 0.5 for one in (on, mask))
    shown[on] = 0.35 * shown[on] + 0.65 * _YELLOW
    shown[binary_dilation(mask, iterations=3) & ~mask] = _WHITE
    return shown.round().astype(np.uint8)
