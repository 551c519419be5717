"""Which photos, and which patches of them, excite a unit most.

Every channel of a layer looks for the same thing at every place, so its strongest answers, over all places of many
pictures, tell what it looks for. Girshick, Donahue, Darrell and Malik: Rich Feature Hierarchies, CVPR 2014, figure 4;
Zeiler and Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014, figure 2 (nine per unit).

The pictures are shown to the network once; what is kept of each channel are its few strongest answers and their places.
A ReLU with a ceiling (ReLU6) gives many pictures the same highest number; there the number before it decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from helpers import images
from helpers.activations.effective_receptive_field import draw_box, visible_box
from helpers.activations.maps import check_channel, colour, fitted, reduced
from helpers.activations.receptive_field import Field, receptive_field
from helpers.backbones import Network, as_network, graph
from helpers.backbones.functions import relu_ceiling
from helpers.backbones.layers import map_layer, relu_layers
from helpers.datasets.photo_collection import Collection
from helpers.files import array_cache, cache_folder
from helpers.runtime import Progress
from helpers.transfer import features

KEEP = 16  # strongest answers kept per channel, each from another source
_VERSION = 1  # to be changed with what is stored
_GREY = 128


class Hit(NamedTuple):
    """One strong answer: its value, the picture's number in the collection, and the unit (row, column) that gave it."""

    value: float
    picture: int
    unit: tuple[int, int]


class TopActivations(NamedTuple):
    """The strongest answers of every channel of some layers to a collection.

    answers: layer -> float32 `(channels, k, 4)`, strongest first: value, picture, row, column; NaN where there are
    fewer sources than k. collection: the pictures. network: whose layers.
    """

    answers: dict[str, np.ndarray]
    collection: Collection
    network: Network


def top_activations(
    network: Network | Any, collection: Collection, layers: Sequence[str] | None = None, cache: bool = True
) -> TopActivations:
    """Show the collection to the network once, and keep each channel's 16 strongest answers.

    layers: names, None for all `views` (after ReLU). Grey pictures are taken as colour ones; where the network insists
    on a size, pictures of another one are resized first, and cut to its proportions. With `cache` the answers are kept
    in the cache folder under a sum of the network's weights and the pictures, and read from there the next time; a
    damaged file is noticed and made anew. Raises ValueError for an unknown layer, or one without maps.
    """
    network = as_network(network)
    names = (
        [la.name for la in relu_layers(network)] if layers is None else [map_layer(network, la).name for la in layers]
    )
    collection = collection._replace(pictures=_as_seen(network, collection.pictures))
    path = cache_folder() / "features" / f"strongest-{_key(network, collection, names)}.npy"
    stored = array_cache.read(path) if cache else None
    if stored is None:
        stored = _search(network, collection, names)
        if cache:
            _keep(path, stored)
    ends = np.cumsum([network.output_of(name).shape[-1] for name in names])
    return TopActivations(dict(zip(names, np.split(stored, ends[:-1]), strict=True)), collection, network)


def top_k(found: TopActivations, layer: str, channel: int, count: int = 9) -> list[Hit]:
    """Return the strongest answers of a channel, best first, each from another photo; those of 0 and less are left out.

    Raises ValueError for a layer that was not searched, a channel it does not have, or a count outside 1..16.
    """
    if layer not in found.answers:
        map_layer(found.network, layer)  # raises for a layer that the network does not have
        raise ValueError(f"layer {layer!r} was not searched; searched were {', '.join(found.answers)}")
    check_channel(channel, len(found.answers[layer]), layer)
    if not 1 <= count <= KEEP:
        raise ValueError(f"count is {count}; {KEEP} answers are kept per channel, so give 1 to {KEEP}")
    rows = found.answers[layer][channel]
    return [Hit(float(v), int(p), (int(r), int(c))) for v, p, r, c in rows[:count] if v > 0]


def patches(
    found: TopActivations,
    layer: str,
    channel: int,
    count: int = 9,
    side: int = 128,
    effective: tuple[float, float] | None = None,
    values: bool = True,
) -> list[np.ndarray]:
    """Return the patches that excite a channel most, uint8 `(side, side, 3)`, strongest first, the value written on.

    Each is cut to the unit's receptive field; where that is larger than the picture, to the `effective` size if one is
    given. What lies outside the picture is grey. Raises as `hits` does.
    """
    field = receptive_field(found.network, layer, found.collection.pictures.shape[1:3])
    best = top_k(found, layer, channel, count)
    shown = [_patch(found, field, hit, side, effective) for hit in best]
    return [_written(patch, f"{hit.value:.3g}") if values else patch for patch, hit in zip(shown, best, strict=True)]


def photos_with_box(
    found: TopActivations,
    layer: str,
    channel: int,
    count: int = 9,
    side: int = 224,
    effective: tuple[float, float] | None = None,
) -> list[np.ndarray]:
    """Return the whole pictures that excite a channel most, with a rectangle around what the unit sees, and the value.

    uint8 each, the longer side `side` pixels, strongest first. Raises as `hits` does.
    """
    pictures = found.collection.pictures
    height, width = pictures.shape[1:3]
    scale = side / max(height, width)
    field = receptive_field(found.network, layer, (height, width))
    shown = []
    for hit in top_k(found, layer, channel, count):
        box = [edge * scale for edge in visible_box(field, hit.unit, (height, width), effective)]
        large = images.resize(pictures[hit.picture], (max(1, round(height * scale)), max(1, round(width * scale))))
        shown.append(_written(draw_box(large, [box], 2), f"{hit.value:.3g}"))
    return shown


def titles(found: TopActivations, layer: str, channel: int, count: int = 9) -> list[str]:
    """The names of the pictures that excite a channel most, strongest first. Raises as `hits` does."""
    return [found.collection.names[hit.picture] for hit in top_k(found, layer, channel, count)]


def _patch(
    found: TopActivations, field: Field, hit: Hit, side: int, effective: tuple[float, float] | None
) -> np.ndarray:
    """What the unit sees, the longer side `side` pixels, on white; grey where a small field reaches over the edge."""
    picture = found.collection.pictures[hit.picture]
    height, width = picture.shape[:2]
    top, left, bottom, right = field.box(*hit.unit)
    if bottom - top > height / 2 or right - left > width / 2:  # mostly grey at the edge: only what is there
        top, left, bottom, right = visible_box(field, hit.unit, (height, width), effective)
    tall, wide = bottom - top, right - left
    patch = np.full((tall, wide, 3), _GREY, np.uint8)
    cut = picture[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    rows, columns = max(-top, 0), max(-left, 0)
    patch[rows : rows + cut.shape[0], columns : columns + cut.shape[1]] = cut
    scale = side / max(tall, wide)
    shape = max(1, round(tall * scale)), max(1, round(wide * scale))
    large = images.resize(patch, shape, "nearest" if scale > 4 else "bicubic")
    tile = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - shape[0]) // 2, (side - shape[1]) // 2
    tile[top : top + shape[0], left : left + shape[1]] = large
    return tile


def _written(picture: np.ndarray, text: str) -> np.ndarray:
    """A picture with white text on a dark ground in its lower left corner."""
    drawn = Image.fromarray(picture)
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default(max(12, picture.shape[0] // 6))
    place = (4, picture.shape[0] - 4)
    left, top, right, bottom = pen.textbbox(place, text, font=font, anchor="lb")
    pen.rectangle((left - 3, top - 2, right + 2, bottom + 2), fill="black")
    pen.text(place, text, fill="white", font=font, anchor="lb")
    return np.array(drawn)


def _as_seen(network: Network, pictures: np.ndarray) -> np.ndarray:
    """The pictures in colour, at the size on which the network insists (its input's, or a resizing layer's), if any."""
    pictures = np.asarray(pictures)
    pictures = colour(pictures[..., None] if pictures.ndim == 3 else pictures)
    sides = network.model.inputs[0].shape[1:3]
    for layer in network.model.layers:
        if type(layer).__name__ == "Resizing":
            sides = layer.height, layer.width
    if None in sides or pictures.shape[1:3] == sides:
        return pictures
    return np.stack([fitted(picture, *sides) for picture in pictures])


def _search(network: Network, collection: Collection, names: list[str]) -> np.ndarray:
    """float32 (all channels of all layers, KEEP, 4): the strongest answers."""
    found: list[list[dict[str, np.ndarray]]] = []
    with Progress("Photos shown to the network", len(collection.pictures)) as progress:
        for _, parts in reduced(network, collection.pictures, [_without_ceiling(network, la) for la in names]):
            found.append(parts)
            progress.update(len(parts[0]["largest"]))
    sources = np.asarray(collection.sources)
    groups = [np.flatnonzero(sources == source) for source in dict.fromkeys(sources.tolist())]
    return np.concatenate([_ranked(parts, groups) for parts in zip(*found, strict=True)])


def _ranked(parts: Sequence[dict[str, np.ndarray]], groups: list[np.ndarray]) -> np.ndarray:
    """The strongest answers of one layer (channels, KEEP, 4), out of what `reduced` said of it, few pictures at a time.

    groups: the pictures of each source, which is there once: with the strongest of its pictures.
    """
    values, places = (np.concatenate([part[key] for part in parts]) for key in ("largest", "place"))
    best = np.stack([mine[values[mine].argmax(axis=0)] for mine in groups])
    order = np.argsort(-np.take_along_axis(values, best, axis=0), axis=0, kind="stable")[:KEEP]
    pictures = np.take_along_axis(best, order, axis=0)
    rows, columns = np.divmod(np.take_along_axis(places, pictures, axis=0), parts[0]["shape"][1])
    ranked = np.full((values.shape[1], KEEP, 4), np.nan, np.float32)
    strongest_values = np.take_along_axis(values, pictures, axis=0)
    ranked[:, : len(pictures)] = np.stack([strongest_values, pictures, rows, columns], axis=-1).swapaxes(0, 1)
    return ranked


def _without_ceiling(network: Network, name: str) -> str:
    """The layer whose numbers rank the answers: the one before a ReLU that has a ceiling, or the layer itself."""
    call = graph.call_of(network.output_of(name))
    layer = call.operation
    capped = getattr(layer, "max_value", None) is not None
    relu6 = type(layer).__name__ == "Activation" and relu_ceiling(layer.activation) == 6
    before = call.inputs[0] if capped or relu6 else call.outputs[0]
    return graph.call_of(before).operation.name if len(before.shape) == 4 else name


def _keep(path: Path, answers: np.ndarray) -> None:
    """Write the answers whole or not at all; without room on the disk they stay in memory only, with a notice."""
    try:
        with features.writers(1) as (file,):
            file.write(answers, len(answers))
            file.finish(path)
        array_cache.make_room(path.parent, keep={path})
    except OSError as error:
        print(f"The strongest answers could not be kept ({error.strerror or error}); they stay in memory only.")


def _key(network: Network, collection: Collection, names: list[str]) -> str:
    """A sum over all that the answers depend on: weights, layers, pictures and which of them belong together."""
    total = hashlib.sha256(np.ascontiguousarray(collection.pictures))
    total.update(np.ascontiguousarray(collection.sources, dtype=np.int64))
    total.update(features.fingerprint(network, *names).encode())
    total.update(json.dumps([names, KEEP, _VERSION, collection.pictures.shape]).encode())
    return total.hexdigest()[:32]
