"""What a unit really uses of its receptive field, and rectangles that show it on a photo.

A unit's theoretical field is a rectangle; the gradient of the unit with respect to the pixels says how much each of
them moves it. It fades from the middle outwards, nearly like a Gaussian: many paths lead from the middle to the unit,
few from the edge. Luo, Li, Urtasun and Zemel: Understanding the Effective Receptive Field in Deep Convolutional Neural
Networks, NeurIPS 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from helpers import images
from helpers.activations.maps import as_batch, check_channel
from helpers.activations.receptive_field import Field, receptive_field
from helpers.backbones import Network, as_network, compile_once
from helpers.backbones.layers import map_layer
from helpers.images import transform
from helpers.runtime import arguments, keras, tensorflow

TWO_SIGMA = 0.9545  # the share of a Gaussian within two standard deviations, the paper's measure
COLOURS = ("#E69F00", "#56B4E9", "#CC79A7", "#009E73")
_BATCH = 8


def effective_receptive_field(
    network: Network | Any,
    layer: str,
    pictures: np.ndarray,
    unit: tuple[int, int] | None = None,
    channel: int | None = None,
) -> np.ndarray:
    """Return how strongly each pixel moves a unit: float32 (height, width), not negative, sum 1 (or all 0).

    The mean over pictures of |d unit / d pixel|, summed over the three colours. pictures: one (height, width, 3) or
    several (n, ...), 0..255. unit: (row, column), None for the middle one. channel: None for the sum of all channels.
    The map is zero where no pixel moves the unit, as behind a ReLU that is shut on every picture.
    Raises ValueError for an unknown layer, a unit or channel out of range, and pictures of another shape or with NaN.
    """
    network = as_network(network)
    layer = map_layer(network, layer).name
    batch = as_batch(network, pictures)
    field = receptive_field(network, layer, batch.shape[1:3])
    row, column = field.middle if unit is None else _unit(unit)
    field.box(row, column)  # raises for a unit outside
    weights = np.ones(network.output_of(layer).shape[-1], np.float32)
    if channel is not None:
        check_channel(channel, len(weights), layer)
        weights = (np.arange(len(weights)) == channel).astype(np.float32)
    function = network.compiled(_compile, layer)
    total = np.zeros(batch.shape[1:3], np.float64)
    for start in range(0, len(batch), _BATCH):
        total += function(batch[start : start + _BATCH], np.int32(row), np.int32(column), weights).numpy()
    return (total / total.sum() if total.sum() > 0 else total).astype(np.float32)


def effective_size(heat: np.ndarray, centre: tuple[float, float], share: float = TWO_SIGMA) -> tuple[float, float]:
    """Return the height and width, around a centre, that hold a share of an effective field.

    Each axis by itself: the shortest stretch around the centre that holds the share of the map's sum over the other
    axis. On a Gaussian the default share gives four standard deviations (the paper counts two to each side). Both are
    0 for an empty map. Raises ValueError for a share outside 0..1 and a map with NaN.
    """
    if not 0 < share <= 1:
        raise ValueError(f"the share is {share}; give a number above 0, at most 1")
    if not np.isfinite(heat).all():
        raise ValueError("the map holds NaN or infinite values, which have no place; look at the network's weights")
    if not heat.sum() > 0:
        return 0.0, 0.0
    return tuple(_stretch(heat.sum(axis=1 - axis, dtype=np.float64), centre[axis], share) for axis in (0, 1))


def in_picture(
    size: tuple[float, float], centre: tuple[float, float], picture_size: Sequence[int]
) -> tuple[float, float]:
    """Return the part of a height and width around a centre that lies inside the picture, both in pixels.

    size, centre: as `effective_size` gives and takes them. picture_size: (height, width, ...).
    """
    ends = [(max(c - s / 2, 0.0), min(c + s / 2, side)) for s, c, side in zip(size, centre, picture_size, strict=False)]
    return tuple(float(max(end - begin, 0.0)) for begin, end in ends)


def visible_box(
    field: Field, unit: tuple[int, int], picture_size: tuple[int, int], effective: tuple[float, float] | None = None
) -> tuple[int, int, int, int]:
    """Return (top, left, bottom, right) of what a unit sees inside the picture, in whole pixels.

    The theoretical field where it fits into the picture; where it is larger than the picture, the effective size around
    the field's centre if one is given. Always cut at the picture's edges, and never empty.
    """
    top, left, bottom, right = field.box(*unit)
    height, width = picture_size
    if effective is not None and (field.size[0] > height or field.size[1] > width):
        (down, across), (tall, wide) = field.centre(*unit), effective
        top, left = max(down - tall / 2, 0), max(across - wide / 2, 0)
        bottom, right = down + tall / 2, across + wide / 2
    top, left = min(max(round(top), 0), height - 1), min(max(round(left), 0), width - 1)
    return top, left, max(min(round(bottom), height), top + 1), max(min(round(right), width), left + 1)


def draw_box(picture: np.ndarray, boxes: Sequence[tuple[float, float, float, float]], width: int = 3) -> np.ndarray:
    """Return a picture with rectangles (top, left, bottom, right) drawn on it, each in a colour of its own.

    The lines lie inside the rectangles, on a thin dark rim, so that they are seen on any ground.
    """
    drawn = Image.fromarray(np.array(images.load(picture)))
    pen = ImageDraw.Draw(drawn)
    for number, (top, left, bottom, right) in enumerate(boxes):
        sides = (left, top, max(right - 1, left), max(bottom - 1, top))
        pen.rectangle(sides, outline="black", width=width + 2)
        inner = (sides[0] + 1, sides[1] + 1, max(sides[2] - 1, sides[0] + 1), max(sides[3] - 1, sides[1] + 1))
        pen.rectangle(inner, outline=COLOURS[number % len(COLOURS)], width=width)
    return np.array(drawn)


def on_photo(
    photo: np.ndarray,
    boxes: Sequence[tuple[float, float, float, float]],
    size: int | tuple[int, int] = 224,
    longest: int = 448,
) -> np.ndarray:
    """Return the original photo, what the network does not see of it dimmed, with rectangles from the network's pixels.

    boxes: (top, left, bottom, right) in the prepared picture of `size` pixels, or (height, width). The longer side of
    the result has `longest` pixels.
    """
    photo, size = images.load(photo), arguments.sides("size", size)
    scale = longest / max(photo.shape[:2])
    large = images.resize(photo, (max(1, round(photo.shape[0] * scale)), max(1, round(photo.shape[1] * scale))))
    top, left, bottom, right = (side * scale for side in transform.seen_box(*photo.shape[:2], size))
    inside = np.zeros(large.shape[:2], bool)
    inside[round(top) : round(bottom), round(left) : round(right)] = True
    dimmed = np.where(inside[..., None], large, (large * 0.35 + 96).astype(np.uint8))
    down, across = (bottom - top) / size[0], (right - left) / size[1]
    moved = [(top + b[0] * down, left + b[1] * across, top + b[2] * down, left + b[3] * across) for b in boxes]
    return draw_box(dimmed, moved)


def _unit(unit: Any) -> tuple[int, int]:
    """(row, column) of a unit as whole numbers. Raises ValueError for anything else."""
    if np.ndim(unit) != 1 or len(unit) != 2:
        raise ValueError(f"unit is {arguments.shown(unit)}, expected (row, column), or None for the middle one")
    return tuple(arguments.whole(name, one, floats=True) for name, one in zip(("row", "column"), unit, strict=True))


def _stretch(sums: np.ndarray, centre: float, share: float) -> float:
    """The shortest stretch of pixels around a centre that holds a share of the sum."""
    away = np.abs(np.arange(len(sums)) + 0.5 - centre)
    order = np.argsort(away, kind="stable")
    held = np.cumsum(sums[order])
    last = order[min(int(np.searchsorted(held, share * held[-1] * (1 - 1e-9))), len(sums) - 1)]
    return float(2 * away[last] + 1)


def _compile(network: Network, layer: str) -> Any:
    """One compiled function for a layer: pictures, row, column and channel weights in, |gradient| (h, w) out."""
    tf = tensorflow()
    model = keras().Model(network.model.inputs[0], network.output_of(layer))

    def call(pictures, row, column, weights):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            units = tf.cast(model(pictures, training=False)[:, row, column, :], tf.float32)
            value = tf.reduce_sum(units * weights)  # pictures do not touch each other's units
        gradient = tape.gradient(value, pictures, unconnected_gradients="zero")
        return tf.reduce_sum(tf.abs(gradient), axis=(0, 3))

    whole = tf.TensorSpec((), tf.int32)
    return compile_once(call, network.signature, whole, whole, tf.TensorSpec((None,), tf.float32))
