"""Explorers of what a network sees on the way: its maps, its receptive fields, the patches that excite its units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ipywidgets
import numpy as np

from helpers import activations, excite, images
from helpers.activations import as_network, choose_channels, draw_channels, draw_map, is_signed, layer_maps, map_layers
from helpers.backbones import Network
from helpers.effective_field import effective_field, effective_size, on_photo, outline, seen
from helpers.memory import Recent
from helpers.receptive_field import WHOLE, growth
from helpers.widgets.base import Explorer, Frame
from helpers.widgets.photos import PhotoChoice

SIDE, PHOTO, THUMBNAIL = 448, 224, 56  # pixels of the large picture in the page, the one beside it, one among many
KEPT = 16_000_000  # bytes of fields that an explorer remembers: going back to a unit shows it at once
ONE, OVER, MANY = "one channel", "over the photo", "many channels"
ORDERS = {"as they come": "number", "strongest first": "strength", "most contrast first": "contrast"}


def activation_explorer(
    network: Network | Any, photo: str = "chelsea", photos: Iterable[str] | None = None
) -> Explorer:
    """The maps of every layer and channel, on a sample photo or the reader's own; arrow keys move both sliders.

    photo: the first one shown. photos: names from `datasets.photos()`, None for all. The maps of all layers of one kind
    are computed once per photo. Raises ValueError for a network without maps.
    """
    network = as_network(network)
    choice = PhotoChoice(photos, photo)
    groups = _groups(network)
    current = _Current(network, choice)
    group = ipywidgets.Dropdown(
        options=list(groups), description="Layers", tooltip="Which kind of layers to go through"
    )
    layer = _layer_slider(groups[group.value])
    channel = _whole_slider("Channel", "Which channel: arrow keys go through them", _channels(network, layer.value))
    view = ipywidgets.ToggleButtons(
        options=[ONE, OVER, MANY], description="Show", tooltip="One channel, the same over the photo, or up to 64"
    )
    order = ipywidgets.Dropdown(options=list(ORDERS), description="Order", tooltip="In which order many channels stand")

    def new_group(change: Any) -> None:
        layer.options = groups[change["new"]]

    def new_layer(change: Any) -> None:
        channel.max = _channels(network, change["new"]) - 1

    def draw(photo: str, group: str, layer: str, channel: int, view: str, order: str) -> Frame:
        names = groups[group] if layer in groups[group] else [layer]
        maps = current.maps(photo, names)[layer]
        channel = min(channel, maps.shape[-1] - 1)
        if view == MANY:
            shown = _beside(current.picture(photo, PHOTO), current.sheet(layer, channel, order))
        else:
            shown = _beside(current.picture(photo, PHOTO), _one_map(current.picture(photo, SIDE), maps, channel, view))
        one, signed = maps[..., channel], is_signed(maps)
        rows, columns, channels = maps.shape
        words = f"{photo}: {layer}, {rows} x {columns} places, channel {channel} of {channels}: "
        words += f"from {one.min():.3g} to {one.max():.3g}, {(one == 0).mean():.0%} zeros; "
        words += f"the layer has {(maps == 0).mean():.0%} zeros" + (", red above 0, blue below" if signed else "")
        return Frame(shown, words, f'layer_maps(network, picture, "{layer}")[..., {channel}]')

    group.observe(new_group, "value")
    layer.observe(new_layer, "value")
    controls = {"photo": choice, "group": group, "layer": layer, "channel": channel, "view": view, "order": order}
    first = groups[group.value]
    strip = [{"layer": first[at], "view": MANY} for at in (0, len(first) // 3, 2 * len(first) // 3, -1)]
    return Explorer(controls, draw, strip, "Activation explorer")


def field_explorer(network: Network | Any, photo: str = "chelsea", photos: Iterable[str] | None = None) -> Explorer:
    """What a unit sees of a photo: choose the layer and move the unit; and, if wanted, what it really uses of it.

    photo and photos: as in `activation_explorer`. The gradient of a layer is compiled when it is first asked for.
    Raises ValueError for a network without maps.
    """
    network = as_network(network)
    known = {layer.name for layer in map_layers(network)}
    fields = {name: field for name, field in growth(network).items() if name in known and max(field.size) < WHOLE}
    if not fields:
        raise ValueError(f"{network.name} has no layer whose units see a part of the picture only")
    choice = PhotoChoice(photos, photo)
    current = _Current(network, choice)
    layer = _layer_slider(list(fields))
    layer.value = list(fields)[len(fields) // 2]
    row = _whole_slider("Row", "Which row of the layer's units", fields[layer.value].grid[0])
    column = _whole_slider("Column", "Which column of the layer's units", fields[layer.value].grid[1])
    row.value, column.value = fields[layer.value].middle
    used = ipywidgets.Checkbox(
        description="What it uses", tooltip="The gradient of the unit: a second or more when a layer is first asked"
    )

    def new_layer(change: Any) -> None:
        for slider, units in zip((row, column), fields[change["new"]].grid, strict=True):
            share = slider.value / max(slider.max, 1)  # stay where we are on the photo
            slider.max = units - 1
            slider.value = round(share * (units - 1))

    kept = Recent(KEPT, lambda heat: heat.nbytes)

    def used_part(photo: str, layer: str, unit: tuple[int, int]) -> np.ndarray:
        key = (photo, choice.version, layer, unit)
        return kept.answer(key, lambda: effective_field(network, layer, current.picture(photo), unit))

    def draw(photo: str, layer: str, row: int, column: int, used: bool) -> Frame:
        field = fields[layer]
        unit = min(row, field.grid[0] - 1), min(column, field.grid[1] - 1)
        picture = current.picture(photo)
        size, box = picture.shape[:2], seen(field, unit, picture.shape[:2])
        drawn = on_photo(current.photo(photo), [box], size, SIDE)
        top, left, bottom, right = field.box(*unit)
        share = (box[2] - box[0]) * (box[3] - box[1]) / (field.size[0] * field.size[1])
        words = f"{photo}: unit {unit} of {layer} sees {field.size[0]} x {field.size[1]} pixels, rows {top} to "
        words += f"{bottom - 1}, columns {left} to {right - 1}; its neighbour is {field.stride[0]} pixels away"
        words += f"; {share:.0%} of its field lies in the picture"
        if used:
            heat = used_part(photo, layer, unit)
            height, width = effective_size(heat, field.centre(*unit))
            words += f"; 95 % of the gradient lies in {height:.0f} x {width:.0f} pixels"
            large = images.overlay(current.picture(photo, SIDE), np.sqrt(heat), 0.6)
            boxes = [[edge * SIDE / max(size) for edge in box]]
            drawn = _beside(drawn, outline(large, boxes))
        return Frame(drawn, words, f'receptive_field(network, "{layer}").box{unit}')

    layer.observe(new_layer, "value")
    controls = {"photo": choice, "layer": layer, "row": row, "column": column, "used": used}
    names = list(fields)
    strip = [{"layer": names[at]} for at in (0, len(names) // 4, len(names) // 2, 3 * len(names) // 4)]
    strip = [
        setting | {f: fields[setting["layer"]].middle[i] for i, f in enumerate(("row", "column"))} for setting in strip
    ]
    return Explorer(controls, draw, strip, "Receptive field explorer")


def patches_explorer(found: excite.Strongest, effective: dict[str, tuple[float, float]] | None = None) -> Explorer:
    """The nine patches or photos that excite each channel most; arrow keys go through layers and channels.

    found: what `excite.strongest` returns. effective: layer -> (height, width), used where the receptive field is
    larger than the picture.
    """
    sizes, layers = effective or {}, list(found.answers)
    layer = _layer_slider(layers)
    layer.value = layers[len(layers) // 2]
    channel = _whole_slider("Channel", "Which channel: arrow keys go through them", len(found.answers[layer.value]))
    view = ipywidgets.ToggleButtons(
        options=["patches", "whole pictures"], description="Show", tooltip="What the unit sees, or where it lies"
    )

    def new_layer(change: Any) -> None:
        channel.max = len(found.answers[change["new"]]) - 1

    def draw(layer: str, channel: int, view: str) -> Frame:
        channel = min(channel, len(found.answers[layer]) - 1)
        cut = excite.patches if view == "patches" else excite.photos_with_box
        shown = cut(found, layer, channel, 9, 160, sizes.get(layer))
        code = f'{cut.__name__}(found, "{layer}", {channel})'
        if not shown:
            return Frame(
                np.full((SIDE, SIDE, 3), 230, np.uint8), f"{layer}, channel {channel}: nothing excites it", code
            )
        names = ", ".join(excite.titles(found, layer, channel))
        best = excite.hits(found, layer, channel, 1)[0].value
        return Frame(images.grid(shown, 3), f"{layer}, channel {channel}, at most {best:.3g}: {names}", code)

    layer.observe(new_layer, "value")
    controls = {"layer": layer, "channel": channel, "view": view}
    strip = [{"layer": layers[at]} for at in (0, len(layers) // 3, 2 * len(layers) // 3, -1)]
    return Explorer(controls, draw, strip, "Explorer of the most exciting patches")


class _Current:
    """The photo on show, and what was computed for it: all maps of a group of layers at once."""

    def __init__(self, network: Network, choice: PhotoChoice) -> None:
        self.network, self.choice = network, choice
        self._name: tuple[str, int] | None = None
        self._maps: dict[str, np.ndarray] = {}
        self._sheet: tuple | None = None

    def _at(self, name: str) -> None:
        if self._name != (name, self.choice.version):
            self._name, self._maps, self._sheet = (name, self.choice.version), {}, None

    def photo(self, name: str) -> np.ndarray:
        return self.choice.array(name)

    def picture(self, name: str, longest: int | None = None) -> np.ndarray:
        return self.choice.seen(name, self.network, longest)

    def maps(self, name: str, layers: list[str]) -> dict[str, np.ndarray]:
        self._at(name)
        if not set(layers) <= set(self._maps):
            self._maps = layer_maps(self.network, self.picture(name), layers)  # one group at a time: bounded memory
        return self._maps

    def sheet(self, layer: str, channel: int, order: str) -> np.ndarray:
        """Up to 64 channels of a layer of the photo on show, the chosen one marked; drawn once per layer and order."""
        maps = self._maps[layer]
        if self._sheet is None or self._sheet[0] != (layer, order):
            shown = choose_channels(maps, order=ORDERS[order])
            self._sheet = ((layer, order), shown, draw_channels(maps, shown, THUMBNAIL))
        _, shown, sheet = self._sheet
        if channel not in shown:
            return sheet
        down, across = divmod(int(np.flatnonzero(shown == channel)[0]), 8)
        height = (sheet.shape[0] + 2) // -(-len(shown) // 8)
        top, left = down * height, across * (THUMBNAIL + 2)
        return outline(sheet, [(top, left, top + height - 2, left + THUMBNAIL)], 2)


def _groups(network: Network) -> dict[str, list[str]]:
    """The layers to go through, by kind; the first group is what a view begins with."""
    groups = {"after ReLU": [layer.name for layer in map_layers(network, activations.AFTER_RELU)]}
    groups["projection and add"] = [layer.name for layer in map_layers(network, activations.PROJECTION, "add")]
    pooling = ("max pooling", "average pooling", "concatenate", "activation")
    groups["pooling and concatenate"] = [layer.name for layer in map_layers(network, *pooling)]
    groups["before ReLU"] = [layer.name for layer in map_layers(network, activations.BEFORE_RELU)]
    known = {name for layers in groups.values() for name in layers}
    rest = [layer for layer in map_layers(network) if layer.name not in known]
    groups["others"] = [layer.name for layer in rest if layer.role != activations.NORMALISED]  # seen behind it
    return {name: layers for name, layers in groups.items() if layers}


def _one_map(photo: np.ndarray, maps: np.ndarray, channel: int, view: str) -> np.ndarray:
    """One channel, alone or over the photo, with its colour bar."""
    signed, one = is_signed(maps), maps[..., channel]
    limit = float(np.abs(one).max()) or 1.0
    if view == OVER:
        heat = images.overlay(photo, one, 0.6, "viridis", signed)
    else:
        heat = draw_map(one, SIDE, signed)
    bar = images.colour_bar(len(heat), limit, "viridis", signed)
    return np.hstack([heat, bar])


def _beside(*pictures: np.ndarray, gap: int = 8) -> np.ndarray:
    """Pictures side by side on white, their tops in one line."""
    height = max(len(picture) for picture in pictures)
    padded = [np.pad(p, ((0, height - len(p)), (0, gap), (0, 0)), constant_values=255) for p in pictures]
    return np.hstack(padded)[:, :-gap]


def _channels(network: Network, layer: str) -> int:
    return int(network.output_of(layer).shape[-1])


def _layer_slider(names: list[str]) -> ipywidgets.SelectionSlider:
    return ipywidgets.SelectionSlider(
        options=names, value=names[0], description="Layer", tooltip="Which layer: arrow keys go through them"
    )


def _whole_slider(name: str, tooltip: str, count: int) -> ipywidgets.IntSlider:
    return ipywidgets.IntSlider(0, 0, max(count - 1, 1), description=name, tooltip=tooltip)
