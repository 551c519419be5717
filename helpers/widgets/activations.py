"""Explorers of what a network sees on the way: its maps, its receptive fields, the patches that excite its units."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from ipywidgets import Checkbox, SelectionSlider, ToggleButtons
from traitlets import dlink

from helpers import activations, images
from helpers.activations import (
    choose_channels,
    draw_box,
    draw_channels,
    effective_receptive_field,
    effective_size,
    layer_maps,
    map_layers,
    on_photo,
    receptive_fields,
    top_patches,
    visible_box,
)
from helpers.activations.maps import is_signed
from helpers.activations.receptive_field import WHOLE
from helpers.backbones import Network, as_network, forward, layers
from helpers.images import colours as colour
from helpers.widgets.explorer import Explorer, Frame, menu, slider
from helpers.widgets.photos import PhotoChoice
from helpers.widgets.scene import Part, beside
from helpers.widgets.static_preview import fitted

_SIDE, _PHOTO, _THUMBNAIL = 448, 224, 56  # pixels of the large picture in the page, the one beside it, one among many
_ONE, _OVER, MANY = "one channel", "over the photo", "many channels"
_ORDERS = {"as they come": "number", "strongest first": "strength", "most contrast first": "contrast"}
_CHANNEL = "Which channel: arrow keys go through them"


def activation_explorer(
    network: Network | Any, photo: str = "chelsea", photos: Iterable[str] | None = None
) -> Explorer:
    """The maps of every layer and channel, on a sample photo or the reader's own; arrow keys move both sliders.

    photo: the first one shown. photos: names from `datasets.photos()`, None for all. The maps of all layers of one kind
    are computed once per photo. Raises ValueError for a network without maps.
    """
    network = as_network(network)
    choice, groups = PhotoChoice(photos, photo, network), _groups(network)
    forward.make_files(network, scores=False, soon=True)
    group = menu("Layers", groups, "Which kind of layers to go through")
    first = groups[group.value]
    layer, channel = _layer_slider(first), slider("Channel", 0, 0, 1, _CHANNEL)
    view = menu("Show", [_ONE, _OVER, MANY], "One channel, the same over the photo, or up to 64", kind=ToggleButtons)
    order = menu("Order", _ORDERS, "In which order many channels stand")
    dlink((group, "value"), (layer, "options"), groups.get)
    dlink((layer, "value"), (channel, "max"), lambda name: int(network.output_of(name).shape[-1]) - 1)

    @lru_cache(1)  # of one group of layers at a time: bounded memory
    def maps_of(photo: str, version: int, layers: tuple[str, ...]) -> dict[str, np.ndarray]:
        return layer_maps(network, choice.seen(photo), list(layers))

    @lru_cache(1)
    def sheet(photo: str, version: int, layers: tuple[str, ...], layer: str, order: str) -> tuple:
        maps = maps_of(photo, version, layers)[layer]
        shown = choose_channels(maps, order=_ORDERS[order])
        return shown, draw_channels(maps, shown, _THUMBNAIL)

    def draw(photo: str, group: str, layer: str, channel: int, view: str, order: str) -> Frame:
        key = photo, choice.version, tuple(groups[group]) if layer in groups[group] else (layer,)
        maps = maps_of(*key)[layer]
        channel = min(channel, maps.shape[-1] - 1)
        if view == MANY:
            large = [Part(_marked(*sheet(*key, layer, order), channel), quality=None)]
        else:
            large = _one_map(choice.seen(photo, _SIDE), maps, channel, view)
        words = f"{photo}: {_in_words(layer, maps, channel)}"
        shown = beside([Part(choice.seen(photo, _PHOTO))], large)
        return Frame(shown, words, f'layer_maps(network, picture, "{layer}")[..., {channel}]')

    controls = {"photo": choice, "group": group, "layer": layer, "channel": channel, "view": view, "order": order}
    strip = [{"layer": first[at], "view": MANY} for at in (0, len(first) // 3, 2 * len(first) // 3, -1)]
    return Explorer(controls, draw, strip, "Activation explorer", choice.call("activation_explorer"))


def field_explorer(network: Network | Any, photo: str = "chelsea", photos: Iterable[str] | None = None) -> Explorer:
    """What a unit sees of a photo: choose the layer and move the unit; and, if wanted, what it really uses of it.

    photo and photos: as in `activation_explorer`. The gradient of a layer is compiled when it is first asked for.
    Raises ValueError for a network without maps.
    """
    network = as_network(network)
    known = {layer.name for layer in map_layers(network)}
    fields = {
        name: field for name, field in receptive_fields(network).items() if name in known and max(field.size) < WHOLE
    }
    if not fields:
        raise ValueError(f"{network.name} has no layer whose units see a part of the picture only")
    choice, names = PhotoChoice(photos, photo, network), list(fields)
    layer = _layer_slider(names, names[len(names) // 2])
    (rows, columns), (middle, centre) = fields[layer.value].grid, fields[layer.value].middle
    row = slider("Row", middle, 0, rows - 1, "Which row of the layer's units")
    column = slider("Column", centre, 0, columns - 1, "Which column of the layer's units")
    why = "The gradient of the unit: a second or more when a layer is first asked"
    used = Checkbox(description="What it uses", tooltip=why)
    used_part = choice.remember(lambda picture, layer, unit: effective_receptive_field(network, layer, picture, unit))

    def new_layer(change: Any) -> None:
        for moved, units in zip((row, column), fields[change["new"]].grid, strict=True):
            share = moved.value / max(moved.max, 1)  # stay where we are on the photo
            moved.max = units - 1
            moved.value = round(share * (units - 1))

    def draw(photo: str, layer: str, row: int, column: int, used: bool) -> Frame:
        field, size = fields[layer], choice.seen(photo).shape[:2]
        unit = min(row, field.grid[0] - 1), min(column, field.grid[1] - 1)
        box = visible_box(field, unit, size)
        drawn = [Part(on_photo(choice.array(photo), [box], size, _SIDE))]
        words = _seen_in_words(field, unit, box)
        if used:
            heat = used_part(photo, layer, unit)
            height, width = effective_size(heat, field.centre(*unit))
            words += f"; 95 % of the gradient lies in {height:.0f} x {width:.0f} pixels"
            large = images.overlay(choice.seen(photo, _SIDE), np.sqrt(heat))
            framed = draw_box(large, [[edge * _SIDE / max(size) for edge in box]])
            drawn += [Part(framed), Part(colour.colour_bar(len(framed), over=True), quality=None)]
            words += "; colours: the root of a pixel's share of the largest gradient"
        code = f'receptive_field(network, "{layer}").box{unit}'
        return Frame(beside(*([part] for part in drawn)), f"{photo}: unit {unit} of {layer} sees {words}", code)

    layer.observe(new_layer, "value")
    controls = {"photo": choice, "layer": layer, "row": row, "column": column, "used": used}
    strip = [
        {"layer": name} | dict(zip(("row", "column"), fields[name].middle, strict=True))
        for name in (names[at * len(names) // 4] for at in range(4))
    ]
    return Explorer(controls, draw, strip, "Receptive field explorer", choice.call("field_explorer"))


def patches_explorer(
    found: top_patches.TopActivations, effective: dict[str, tuple[float, float]] | None = None
) -> Explorer:
    """The nine patches or photos that excite each channel most; arrow keys go through layers and channels.

    found: what `activations.top_activations` returns. effective: layer -> (height, width), used where the receptive
    field is larger than the picture.
    """
    sizes, layers = effective or {}, list(found.answers)
    layer, channel = _layer_slider(layers, layers[len(layers) // 2]), slider("Channel", 0, 0, 1, _CHANNEL)
    view = menu("Show", ["patches", "whole pictures"], "What the unit sees, or where it lies", kind=ToggleButtons)
    dlink((layer, "value"), (channel, "max"), lambda name: len(found.answers[name]) - 1)

    def draw(layer: str, channel: int, view: str) -> Frame:
        channel = min(channel, len(found.answers[layer]) - 1)
        cut = activations.patches if view == "patches" else top_patches.photos_with_box
        shown = cut(found, layer, channel, 9, 160, sizes.get(layer))
        code = f'{"" if view == "patches" else "top_patches."}{cut.__name__}(found, "{layer}", {channel})'
        words = f"{layer}, channel {channel}"
        if not shown:
            return Frame(np.full((_SIDE, _SIDE, 3), 230, np.uint8), f"{words}: nothing excites it", code)
        names, best = (
            ", ".join(activations.titles(found, layer, channel)),
            activations.top_k(found, layer, channel, 1)[0].value,
        )
        return Frame(images.grid(shown, 3), f"{words}, at most {best:.3g}: {names}", code)

    controls = {"layer": layer, "channel": channel, "view": view}
    strip = [{"layer": layers[at]} for at in (0, len(layers) // 3, 2 * len(layers) // 3, -1)]
    made = f"patches_explorer(found{', effective' if effective else ''})"
    return Explorer(controls, draw, strip, "Explorer of the most exciting patches", made)


def _groups(network: Network) -> dict[str, list[str]]:
    """The layers to go through, by kind; the first group is what a view begins with."""
    kinds = {
        "after ReLU": [layers.AFTER_RELU],
        "projection and add": [activations.PROJECTION, "add"],
        "pooling and concatenate": ["max pooling", "average pooling", "concatenate", "activation"],
        "before ReLU": [layers.BEFORE_RELU],
    }
    groups = {name: [layer.name for layer in map_layers(network, *roles)] for name, roles in kinds.items()}
    known = {name for layers in groups.values() for name in layers}
    rest = [layer for layer in map_layers(network) if layer.name not in known]
    groups["others"] = [layer.name for layer in rest if layer.role != layers.NORMALISED]  # seen behind it
    return {name: layers for name, layers in groups.items() if layers}


def _marked(shown: np.ndarray, sheet: np.ndarray, channel: int) -> np.ndarray:
    """Up to 64 channels with a box around one of them, where it is among them."""
    if channel not in shown:
        return sheet
    down, across = divmod(int(np.flatnonzero(shown == channel)[0]), 8)
    height = (sheet.shape[0] + 2) // -(-len(shown) // 8)
    top, left = down * height, across * (_THUMBNAIL + 2)
    return draw_box(sheet, [(top, left, top + height - 2, left + _THUMBNAIL)], 2)


def _one_map(photo: np.ndarray, maps: np.ndarray, channel: int, view: str) -> list[Part]:
    """One channel, alone or over the photo, with its colour bar."""
    signed, one = is_signed(maps), maps[..., channel]
    looks = {"heat": maps, "channel": channel, "follows": {"channel": "channel"}, "signed": signed}
    if view == _OVER:
        heat = Part(photo, **looks)
    else:
        heat = Part(size=fitted(*one.shape, _SIDE), smooth=False, colours="viridis", **looks)
    limit = float(np.abs(one).max()) or 1.0
    bar = colour.colour_bar(heat.shape[0], limit, heat.colours, signed, over=view == _OVER)
    return [heat, Part(bar, quality=None)]


def _in_words(layer: str, maps: np.ndarray, channel: int) -> str:
    one, (rows, columns, channels) = maps[..., channel], maps.shape
    words = f"{layer}, {rows} x {columns} places, channel {channel} of {channels}: from {one.min():.3g} to "
    words += f"{one.max():.3g}, {(one == 0).mean():.0%} zeros; the layer has {(maps == 0).mean():.0%} zeros"
    return words + (", red above 0, blue below" if is_signed(maps) else "")


def _seen_in_words(field: Any, unit: tuple[int, int], box: tuple) -> str:
    top, left, bottom, right = field.box(*unit)
    share = (box[2] - box[0]) * (box[3] - box[1]) / (field.size[0] * field.size[1])
    words = f"{field.size[0]} x {field.size[1]} pixels, rows {top} to {bottom - 1}, columns {left} to {right - 1}; "
    return f"{words}its neighbour is {field.stride[0]} pixels away; {share:.0%} of its field lies in the picture"


def _layer_slider(names: list[str], first: str | None = None) -> SelectionSlider:
    return menu("Layer", names, "Which layer: arrow keys go through them", first, SelectionSlider)
