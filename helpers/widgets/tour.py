"""One photo's way through the network, in five steps."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from ipywidgets import SelectionSlider

from helpers import images
from helpers.attribution import grad_cam
from helpers.attribution.targets import needs_classifier
from helpers.backbones import Network, forward
from helpers.images import colours as colour
from helpers.widgets.explorer import Explorer, Frame, menu, quoted
from helpers.widgets.photos import PhotoChoice, strongest_classes
from helpers.widgets.scene import Part, Scene, with_bar

_STEPS = ("what it sees", "its first layer", "a middle layer", "what it names", "where it looks")
_SIDE = 448  # pixels of the picture in the page
_SHOWN_MAPS = 9


def tour_explorer(network: Network, photo: str = "coffee", photos: Iterable[str] | None = None) -> Explorer:
    """A sample photo or the reader's own, from the pixels to the heat map, one step for each arrow key.

    photo: the first one shown. photos: names from `datasets.photos()`, None for all. Raises ValueError when the network
    has no classifier.
    """
    needs_classifier(network)
    choice = PhotoChoice(photos, photo, network)
    forward.make_files(network, soon=True)
    step = menu("Step", _STEPS, "Left and right arrow keys go through the network", kind=SelectionSlider)

    def draw(photo: str, step: str) -> Frame:
        picture, large = choice.seen(photo), choice.seen(photo, _SIDE)
        if step == _STEPS[0]:
            rows, columns = picture.shape[:2]
            shown = Scene((Part(np.rint(picture).astype(np.uint8), size=large.shape[:2], smooth=False),))
            words = f"{photo}: the middle, in {rows} x {columns} pixels; that is all the network sees"
            return Frame(shown, words, "network.prepare(photo)")
        if step in _STEPS[1:3]:
            layer = network.vgg_equivalent("block1_conv1" if step == _STEPS[1] else "block3_conv1")
            return _strongest(network, picture, layer, photo)
        shares = network.probabilities(picture)[0]
        best = strongest_classes(shares)
        names = [network.class_label(number) for number in best]
        if step == _STEPS[3]:
            words = ", ".join(f"{name} {shares[number]:.2f}" for name, number in zip(names, best, strict=True))
            shown = colour.bars(names, shares[best], _SIDE)
            return Frame(shown, f"{photo}: {words}", "network.predict_top(photo)")
        heat = grad_cam(network, picture, best[0])
        shown = with_bar(Scene((Part(large, heat),)), float(heat.max()))
        code = f"grad_cam(network, picture, {quoted(names[0])})"
        return Frame(shown, f"{photo}: Grad-CAM of {names[0]}", code)

    return Explorer(
        {"photo": choice, "step": step},
        draw,
        [{"step": name} for name in _STEPS],
        "A tour of the network",
        choice.call("tour_explorer"),
    )


def _strongest(network: Network, picture: np.ndarray, layer: str, photo: str) -> Frame:
    """The nine maps of a layer with the largest mean, each on its own scale."""
    maps = network.features_of(picture, layer)[0]
    order = np.argsort(-maps.mean((0, 1)))[:_SHOWN_MAPS]
    side = _SIDE // 3
    tiles = [images.resize(images.colourise(np.maximum(maps[..., k], 0)), (side, side), "nearest") for k in order]
    rows, columns, count = maps.shape
    words = f"{photo}: {layer}, the {len(order)} strongest of {count} channels, {rows} x {columns} places each"
    return Frame(images.grid(tiles, 3), words, f'network.features_of(picture, "{layer}")')
