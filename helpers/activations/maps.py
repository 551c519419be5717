"""Intermediate activations: what every layer of a network makes of a photo, and how much of it is zero.

A layer's maps are float32 `(rows, columns, channels)`. What comes out of a ReLU is never negative; what comes out of a
projection or an addition may be, and is drawn in two colours around zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from helpers import images
from helpers.backbones import Network, as_network, compile_once
from helpers.backbones.layers import (
    BEFORE_RELU,
    NORMALISED,
    MapLayer,
    map_layer,
    map_layers,
    relu_layers,
)
from helpers.backbones.network import numbers
from helpers.runtime import keras, tensorflow

MOST = 64  # thumbnails on one screen
ORDERS = ("number", "strength", "contrast")
_BATCH = 8  # pictures at once where only sums are kept


class Summary(NamedTuple):
    """One layer over many photos.

    zeros and negative: shares of its numbers that are exactly zero, or below it. blank: share of its maps (one per
    photo and channel) without a positive number. dead: the channels that are blank on every photo. mean: of all
    numbers. size: numbers per photo. largest: float32 `(photos, channels)`, the largest number of each map.
    """

    layer: MapLayer
    zeros: float
    negative: float
    blank: float
    dead: tuple[int, ...]
    mean: float
    size: int
    largest: np.ndarray


def layer_maps(
    network: Network | Any,
    pictures: np.ndarray,
    layers: str | Sequence[str] | None = None,
    most: int | None = None,
) -> Any:
    """Return what layers make of pictures: float32 `(rows, columns, channels)`, or `(n, ...)` for a batch.

    pictures: `(height, width, 3)` or `(n, height, width, 3)`, RGB 0..255; grey ones `(height, width)` too. A network of
    fixed input size gets them resized (and cropped, if they are not square). layers: one name; or several, or None for
    all `views`, which gives a dict name -> maps and costs one pass. most: of larger maps only every second, third, ...
    row and column is kept, so that at most so many are left. The compiled function is kept on the Network.
    Raises ValueError for an unknown layer, one without maps, and pictures of another shape or with NaN.
    """
    network = as_network(network)
    names = (
        [layers] if isinstance(layers, str) else [la.name for la in relu_layers(network)] if layers is None else layers
    )
    names = [map_layer(network, name).name for name in names]
    found = [_thinned(maps, most) for maps in network.features_of(as_batch(network, pictures), names)]
    if np.ndim(pictures) < 4:
        found = [maps[0] for maps in found]
    return found[0] if isinstance(layers, str) else dict(zip(names, found, strict=True))


def channel_map(maps: np.ndarray, channel: int, layer: str = "the layer") -> np.ndarray:
    """Return one channel `(rows, columns)` of a layer's maps. Raises ValueError for a channel out of range."""
    check_channel(channel, maps.shape[-1], layer)
    return maps[..., channel]


def check_channel(channel: int, channels: int, layer: str) -> None:
    """Raise ValueError, in one sentence, for a channel that the layer does not have."""
    if not 0 <= channel < channels:
        raise ValueError(f"channel {channel} does not exist; {layer} has channels 0 to {channels - 1}")


def is_signed(maps: np.ndarray) -> bool:
    """Whether a layer's maps go below zero, and so are drawn in two colours around it."""
    return bool((np.asarray(maps) < 0).any())


def choose_channels(maps: np.ndarray, most: int = MOST, order: str = "number") -> np.ndarray:
    """Return the numbers of at most `most` channels of `(rows, columns, channels)`.

    order: "number": evenly spread over all channels; "strength": those with the largest mean of absolute values first;
    "contrast": those with the largest standard deviation over places first, so not those that are bright everywhere.
    Raises ValueError for another order or less than one channel.
    """
    if order not in ORDERS or most < 1:
        raise ValueError(f"order is {order!r} and most is {most}; give {', '.join(ORDERS)}, and 1 or more")
    channels = maps.shape[-1]
    if order != "number":
        measure = np.abs(maps).mean(axis=(0, 1)) if order == "strength" else maps.std(axis=(0, 1))
        return np.argsort(-measure, kind="stable")[:most]
    return np.unique(np.linspace(0, channels - 1, min(most, channels)).round().astype(int))


def draw_map(heat: np.ndarray, side: int = 448, signed: bool = False, limit: float | None = None) -> np.ndarray:
    """Return one map `(rows, columns)` in colours, uint8, its longer side `side` pixels, each unit a plain square.

    Of a map with more units than that, neighbours are averaged first.
    """
    scale = side / max(heat.shape)
    shape = (max(1, round(heat.shape[0] * scale)), max(1, round(heat.shape[1] * scale)))
    if scale < 1:
        heat = images.resize(heat, shape, "box")
    return images.resize(images.colourise(heat, "viridis", signed, limit), shape, "nearest")


def draw_channels(
    maps: np.ndarray,
    channels: Sequence[int] | None = None,
    side: int = 56,
    shared: bool = False,
    columns: int = 8,
    margin: int = 0,
) -> np.ndarray:
    """Return many channels of `(rows, columns, channels)` as one picture, uint8 `(height, width, 3)`.

    channels: their numbers, in the order shown, None for the first 64. shared: all on one scale; otherwise each on its
    own, so that weak maps are seen too (a blank one stays in the first colour). margin: pixels of white on the left and
    right, so that sheets side by side stay apart. Raises ValueError for a bad channel.
    """
    channels = range(min(MOST, maps.shape[-1])) if channels is None else channels
    signed = is_signed(maps)
    limit = (float(np.abs(maps).max()) or None) if shared else None
    sheet = images.grid([draw_map(channel_map(maps, int(k)), side, signed, limit) for k in channels], columns)
    return np.pad(sheet, ((0, 0), (margin, margin), (0, 0)), constant_values=255)


def summarise(network: Network | Any, photos: Any, layers: Sequence[str] | None = None) -> dict[str, Summary]:
    """Measure layers over many photos without keeping their maps: name -> `Summary`.

    photos: an array `(n, height, width, 3)` or a list of pictures of any size, which are prepared the course's way.
    layers: names, None for all layers with maps but those that lead to a normalisation or a ReLU, which are seen after
    it. Raises as `layer_maps` does.
    """
    network = as_network(network)
    if layers is None:
        chosen = [layer for layer in map_layers(network) if layer.role not in (NORMALISED, BEFORE_RELU)]
    else:
        chosen = [map_layer(network, name) for name in layers]
    parts = [part for _, part in reduced(network, photos, [layer.name for layer in chosen])]
    return {layer.name: _summary(layer, [part[i] for part in parts]) for i, layer in enumerate(chosen)}


def reduced(network: Network, photos: Any, names: list[str]) -> Iterator[tuple[int, list[dict[str, np.ndarray]]]]:
    """Yield, a few photos at a time, (number of the first photo, for each layer a dict of arrays).

    zeros, negative, mean: `(n,)`, over all numbers of a photo. largest, place: `(n, channels)`, the largest number of
    each map and where it is, row * columns + column. shape: (rows, columns).
    """
    photos = photos if isinstance(photos, np.ndarray) and photos.ndim == 4 else _prepared(network, photos)
    if not len(photos):
        raise ValueError("there are no photos to measure; give one or more")
    function = network.compiled(_compile_reduced, *names)
    for start in range(0, len(photos), _BATCH):
        found = function(as_batch(network, photos[start : start + _BATCH]))
        yield start, [{key: value.numpy() for key, value in part.items()} for part in found]


def as_batch(network: Network, pictures: Any) -> np.ndarray:
    """A float32 batch that the network takes, from one picture or several, colour or grey."""
    array = colour(numbers(pictures))
    fixed = network.model.inputs[0].shape[1:3]
    array = array[None] if array.ndim == 3 and array.shape[-1] == 3 else array
    if None not in fixed and array.ndim == 4 and array.shape[1:3] != fixed:
        array = np.stack([fitted(picture, *fixed) for picture in array])
    return network.batch(array)


def colour(pictures: np.ndarray) -> np.ndarray:
    """A grey picture, (height, width), or grey ones, (..., 1), with three equal colours; others as they are."""
    pictures = pictures[..., None] if pictures.ndim == 2 else pictures
    return np.repeat(pictures, 3, axis=-1) if pictures.ndim > 2 and pictures.shape[-1] == 1 else pictures


def fitted(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """A picture (rows, columns, 3) resized to fixed sides; one of other proportions loses what is beside its middle."""
    rows, columns = picture.shape[:2]
    if rows * width != columns * height:
        scale = min(rows / height, columns / width)
        tall, wide = round(height * scale), round(width * scale)
        top, left = (rows - tall) // 2, (columns - wide) // 2
        picture = picture[top : top + tall, left : left + wide]
    return images.resize(picture, (height, width))


def _thinned(maps: np.ndarray, most: int | None) -> np.ndarray:
    """Maps (n, rows, columns, channels) with at most `most` rows and columns; a copy if any are left out."""
    if most is None or max(maps.shape[1:3]) <= most:
        return maps
    rows, columns = (-(-side // most) for side in maps.shape[1:3])
    return maps[:, ::rows, ::columns].copy()


def _prepared(network: Network, photos: Any) -> np.ndarray:
    photos = [photos] if isinstance(photos, np.ndarray) else list(photos)
    return np.stack([network.prepare(photo) for photo in photos]) if photos else np.empty((0, 1, 1, 3))


def _compile_reduced(network: Network, *names: str) -> Any:
    """One compiled function: pictures in, for each layer its sums and maxima out; the maps themselves are dropped."""
    tf, model = tensorflow(), network.features(names)

    def call(pictures):
        found = []
        for maps in keras().tree.flatten(model(pictures, training=False)):
            maps = tf.cast(maps, tf.float32)
            shape = tf.shape(maps)
            flat = tf.reshape(maps, (shape[0], shape[1] * shape[2], maps.shape[-1]))
            found.append(
                {
                    "zeros": tf.reduce_mean(tf.cast(flat == 0, tf.float32), axis=(1, 2)),
                    "negative": tf.reduce_mean(tf.cast(flat < 0, tf.float32), axis=(1, 2)),
                    "mean": tf.reduce_mean(flat, axis=(1, 2)),
                    "largest": tf.reduce_max(flat, axis=1),
                    "place": tf.argmax(flat, axis=1, output_type=tf.int32),
                    "shape": shape[1:3],
                }
            )
        return found

    return compile_once(call, network.signature)


def _summary(layer: MapLayer, parts: list[dict[str, np.ndarray]]) -> Summary:
    together = {key: np.concatenate([part[key] for part in parts]) for key in ("zeros", "negative", "mean", "largest")}
    largest = together["largest"]
    rows, columns = parts[0]["shape"]
    zeros, negative, mean = (float(together[key].mean(dtype=np.float64)) for key in ("zeros", "negative", "mean"))
    dead = tuple(int(k) for k in np.flatnonzero((largest <= 0).all(axis=0)))
    size = int(rows * columns * largest.shape[1])
    return Summary(layer, zeros, negative, float((largest <= 0).mean()), dead, mean, size, largest)
