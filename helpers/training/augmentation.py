"""Data augmentation: one matrix per picture for all geometry, in the lecture's vocabulary, as a Keras layer.

Flip, zoom, shear, rotation, shift and a random patch are affine maps, so their product is one 3x3 matrix, and the
picture is resampled once. Keras has a layer for each; these speak against a chain of them: five resamplings blur the
picture and take two to three times as long; layers with one seed draw the same numbers, so that the angle is tied to
the shift; called without `training=` they change the picture; and the `wrap` filling of the TensorFlow operation under
them is wrong at the seam and for what lies further away than one picture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np

from helpers import runtime
from helpers.images import ImageError
from helpers.images.loading import refuse_zero_to_one

keras = runtime.keras()  # a Keras layer cannot be declared without Keras

FILL_MODES = ("nearest", "reflect", "wrap", "constant")
# What can be set, with the least and the greatest number that can be given.
_RANGES = {
    "rotation": (0, 180),
    "width_shift": (0, 1),
    "height_shift": (0, 1),
    "shear": (0, 1),
    "zoom": (0, 0.99),
    "brightness": (0, 1),
    "patch": (0.01, 1),
}
# What `_matrices` takes.
_VALUES = (*list(_RANGES)[:5], "across", "down", "patch", "patch_left", "patch_top")
# How pictures of fewer dimensions become a batch with channels, and how they are taken out again.
_AS_BATCH = {"n, h, w": (..., None), "h, w, c": (None,), "h, w": (None, ..., None)}
_BACK = {"n, h, w": (..., 0), "h, w, c": (0,), "h, w": (0, ..., 0)}


@keras.saving.register_keras_serializable(package="course")
class Augmentation(keras.layers.Layer):
    """A Keras layer that changes every picture of a batch anew in training, and nothing at inference.

    Pictures go in as RGB or grey, 0..255, uint8 or float: `(n, height, width, channels)` or one `(height, width,
    channels)`; grey ones also without channels, `(n, height, width)` or `(height, width)`. Of three numbers the last
    one means channels if it is 1, 3 or 4, and a width from 8 on. float32 of the same shape comes out. Every value is
    drawn uniformly, for each picture on its own:
    rotation: degrees, from minus to plus that angle, 0 to 180.
    width_shift, height_shift: fraction of the width, of the height, from minus to plus, 0 to 1.
    shear: how far the top edge leans over, as a fraction of its height (the tangent of the slant: 0.2 is 11 degrees),
    from minus to plus, 0 to 1.
    zoom: magnification from 1 - zoom to 1 + zoom, the same for both sides, 0 to 0.99.
    horizontal_flip, vertical_flip: mirror every second picture, left and right or up and down.
    brightness: fraction of the range 0..255 that is added, from minus to plus, 0 to 1; then cut off at 0 and 255.
    patch: side of a random window as a fraction of the picture's, 0.01 to 1; the window is enlarged to the whole.
    fill_mode: what is put where the picture ends, one of FILL_MODES ("constant" is black).
    seed: two pipelines of one seed draw the same values.

    The defaults are the lecture's. Its `shear_range=0.2` was meant in radians, a tangent of 0.203; later versions of
    Keras read the same number as degrees, and then it did nothing that one could see.
    In a model the layer knows whether it trains; called by hand or in `tf.data` it needs `training=True`.
    Raises ValueError for a value out of its range, ImageError for pictures of another shape, and, where the brightness
    is changed, for pictures that are not 0..255.
    """

    def __init__(
        self,
        rotation: float = 40,
        width_shift: float = 0.2,
        height_shift: float = 0.2,
        shear: float = 0.2,
        zoom: float = 0.2,
        horizontal_flip: bool = True,
        vertical_flip: bool = False,
        brightness: float | None = None,
        fill_mode: str = "nearest",
        patch: float | None = None,
        seed: int = 0,
        name: str = "augmentation",
        **options: Any,
    ) -> None:
        super().__init__(name=name, **options)
        amounts = (rotation, width_shift, height_shift, shear, zoom, brightness, patch)
        for name, value in zip(_RANGES, amounts, strict=True):
            off = value is None and name in ("brightness", "patch")
            setattr(self, name, None if off else _in_range(name, value, *_RANGES[name]))
        self.horizontal_flip, self.vertical_flip = bool(horizontal_flip), bool(vertical_flip)
        self.fill_mode = _fill(fill_mode)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        self.supports_jit = False

    def __call__(self, images: Any, *arguments: Any, **options: Any) -> Any:
        """Check the pictures, then call the layer; an error inside `call` would become ten lines of Keras."""
        images = np.asarray(images) if isinstance(images, (list, tuple)) else images
        _kind(images.shape)
        if self.brightness is not None and options.get("training"):
            _refuse_fractions(images)
        return super().__call__(images, *arguments, **options)

    def call(self, images: Any, training: bool = False) -> Any:
        """Return float32 pictures: changed in training, the same numbers otherwise."""
        kind = _kind(images.shape)
        if training and self.brightness is not None:
            _refuse_fractions(images)
        images = keras.ops.cast(images, "float32")
        if not training:
            return images
        pictures = images if kind == "n, h, w, c" else images[_AS_BATCH[kind]]
        count, height, width, _ = keras.ops.shape(pictures)
        values, added = self.draw(count)
        pictures = warp(pictures, _matrices(height, width, values), self.fill_mode)
        if self.brightness is not None:
            pictures = keras.ops.clip(pictures + added[:, None, None, None], 0, 255)
        return pictures if kind == "n, h, w, c" else pictures[_BACK[kind]]

    def draw(self, count: Any) -> tuple[dict[str, Any], Any]:
        """Return new random values, float32 tensors `(count,)`: what `_matrices` takes, and what is added."""

        def between(low: float, high: float) -> Any:
            return keras.random.uniform((count,), low, high, seed=self.generator)

        def sign(wanted: bool) -> Any:
            return keras.ops.where(between(0, 1) < (0.5 if wanted else -1), -1.0, 1.0)

        moves = {name: getattr(self, name) for name in ("rotation", "width_shift", "height_shift", "shear")}
        values = {name: between(-most, most) for name, most in moves.items()}
        values |= {
            "zoom": between(1 - self.zoom, 1 + self.zoom),
            "across": sign(self.horizontal_flip),
            "down": sign(self.vertical_flip),
            "patch": keras.ops.full((count,), self.patch or 1.0, "float32"),
            "patch_left": between(0, 1),
            "patch_top": between(0, 1),
        }
        return values, between(-255, 255) * (self.brightness or 0.0)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """The shape of the pictures does not change."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What is needed to make the same layer again; `load_model` uses it."""
        own = {
            name: getattr(self, name) for name in (*_RANGES, "horizontal_flip", "vertical_flip", "fill_mode", "seed")
        }
        return {**super().get_config(), **own}


pipeline = Augmentation  # what notebooks call


def _matrices(height: int, width: int, values: Mapping[str, Any]) -> Any:
    """Return the affine maps from a new picture's pixels to the old one's, float32 `(n, 3, 3)`; all values are `(n,)`.

    A map times (column, row, 1) is the place (column, row, 1) in the old picture. In the picture's own order: mirror
    (across, down: -1 or 1), zoom (magnification), shear (positive: the top leans to the right), rotation (degrees,
    counter-clockwise), shift (fractions; right and down are positive), all about the centre; then a window of side
    `patch` (a fraction), its place given by patch_left and patch_top (0: left or top, 1: right or bottom).
    """
    ops = keras.ops
    rotation, width_shift, height_shift, shear, zoom, across, down, patch, patch_left, patch_top = (
        ops.convert_to_tensor(values[name], "float32") for name in _VALUES
    )
    height, width = ops.cast(height, "float32"), ops.cast(width, "float32")
    one, none = ops.ones_like(rotation), ops.zeros_like(rotation)
    middle_x, middle_y = one * (width - 1) / 2, one * (height - 1) / 2
    cosine, sine = ops.cos(rotation * (math.pi / 180)), ops.sin(rotation * (math.pi / 180))
    left, top = (patch_left - 0.5) * (1 - patch) * width, (patch_top - 0.5) * (1 - patch) * height
    # From the new picture back to the old one: each step is undone, the last one first.
    steps = (
        ((one, none, middle_x), (none, one, middle_y)),
        ((across, none, none), (none, down, none)),
        ((1 / zoom, none, none), (none, 1 / zoom, none)),
        ((one, shear, none), (none, one, none)),
        ((cosine, -sine, none), (sine, cosine, none)),
        ((one, none, -width_shift * width), (none, one, -height_shift * height)),
        ((patch, none, left), (none, patch, top)),
        ((one, none, -middle_x), (none, one, -middle_y)),
    )
    whole = ([ops.stack(row, -1) for row in (*rows, (none, none, one))] for rows in steps)
    return reduce(ops.matmul, (ops.stack(rows, -2) for rows in whole))


def warp(images: Any, maps: Any, fill_mode: str = "nearest") -> Any:
    """Return the pictures seen through affine maps: float32 `(n, height, width, channels)`, bilinear.

    images: a tensor or array of that shape. maps: `(n, 3, 3)`, from (column, row, 1) of the new picture to the old
    one's. fill_mode: how the picture goes on outside, as in scipy.ndimage: "nearest" aaaa|abcd|dddd, "reflect"
    dcba|abcd|dcba, "wrap" abcd|abcd|abcd ("grid-wrap" there), "constant" black ("grid-constant").
    """
    ops = keras.ops
    images, maps = ops.cast(images, "float32"), ops.cast(maps, "float32")
    count, height, width, channels = ops.shape(images)
    columns = ops.cast(ops.arange(width), "float32")[None, None, :]
    rows = ops.cast(ops.arange(height), "float32")[None, :, None]
    maps = maps[..., None, None]
    x, y = (maps[:, i, 0] * columns + maps[:, i, 1] * rows + maps[:, i, 2] for i in (0, 1))
    first_x, first_y = ops.floor(x), ops.floor(y)
    flat = ops.reshape(images, (count * height * width, channels))
    start = ops.arange(count)[:, None, None] * (height * width)
    result = 0.0
    for row, row_weight in ((first_y, first_y + 1 - y), (first_y + 1, y - first_y)):
        row, row_weight = _inside(row, row_weight, height, fill_mode)
        for column, weight in ((first_x, first_x + 1 - x), (first_x + 1, x - first_x)):
            column, weight = _inside(column, weight, width, fill_mode)
            pixels = ops.take(flat, start + row * width + column, axis=0)
            result = result + pixels * (row_weight * weight)[..., None]
    return result


def _inside(place: Any, weight: Any, length: Any, fill_mode: str) -> tuple[Any, Any]:
    """Return the index inside 0..length-1 that stands for a place anywhere, and the weight it then has."""
    ops = keras.ops
    place = ops.cast(place, "int32")
    if fill_mode == "wrap":
        return ops.mod(place, length), weight
    if fill_mode == "reflect":
        place = ops.mod(place, 2 * length)
        return ops.minimum(place, 2 * length - 1 - place), weight
    if fill_mode == "constant":
        weight = ops.where((place >= 0) & (place < length), weight, 0.0)
    return ops.clip(place, 0, length - 1), weight


def apply_one(
    image: Any,
    rotation: float = 0,
    width_shift: float = 0,
    height_shift: float = 0,
    shear: float = 0,
    zoom: float = 1,
    horizontal_flip: bool = False,
    vertical_flip: bool = False,
    brightness: float = 0,
    patch: float | None = None,
    patch_at: tuple[float, float] = (0.5, 0.5),
    fill_mode: str = "nearest",
) -> np.ndarray:
    """Return one picture with exactly these changes, in the same shape; uint8 stays uint8 (rounded), else float32.

    image: `(height, width)` or `(height, width, channels)`, 0..255. rotation: degrees, counter-clockwise. width_shift,
    height_shift: fractions of the sides, right and down. shear: fraction, positive leans to the right. zoom:
    magnification, 2 is twice as large. brightness: fraction of 255 that is added. patch: side of the window as a
    fraction, patch_at: its place (left, top), each from 0 to 1. Raises ImageError for another shape, ValueError for
    numbers that are not finite, a zoom or patch that is not above 0, or an unknown fill_mode.
    """
    array, patch = _one(image), 1.0 if patch is None else patch
    for name, value in (("zoom", zoom), ("patch", patch)):
        if not value > 0:
            raise ValueError(f"{name} is {value!r}; give a number above 0, for example 0.8.")
    flips = [-1 if flip else 1 for flip in (horizontal_flip, vertical_flip)]
    numbers = (rotation, width_shift, height_shift, shear, zoom, *flips, patch, *patch_at)
    if not np.isfinite([*numbers, brightness]).all():
        raise ValueError(f"The values {numbers} and brightness {brightness} must all be finite numbers.")
    if brightness:
        _refuse_fractions(array)
    height, width = array.shape[:2]
    maps = _matrices(height, width, {name: [number] for name, number in zip(_VALUES, numbers, strict=True)})
    seen = warp(array.reshape(1, height, width, -1), maps, _fill(fill_mode))
    seen = keras.ops.convert_to_numpy(seen).reshape(array.shape)
    if brightness:
        seen = np.clip(seen + 255 * brightness, 0, 255)
    return np.round(seen).astype(np.uint8) if array.dtype == np.uint8 else seen


def variants(image: Any, count: int, augmentation: Any) -> np.ndarray:
    """Return `count` variants of one picture 0..255, uint8 `(count, height, width, 3)`.

    image: `(height, width, channels)`, or `(height, width)` for a grey one; its variants have its shape. augmentation:
    what `pipeline` returns; each call draws new variants. Raises ImageError for another shape or other values.
    """
    array = _one(image)
    _refuse_fractions(array)
    channels = array if array.ndim == 3 else array[..., None]
    changed = augmentation(np.repeat(channels[None], count, axis=0), training=True)
    return np.round(keras.ops.convert_to_numpy(changed)).clip(0, 255).astype(np.uint8).reshape(count, *array.shape)


def _one(image: Any) -> np.ndarray:
    array = np.asarray(image)
    if array.ndim not in (2, 3) or array.size == 0:
        raise ImageError(f"The picture has the shape {array.shape}; give one picture, (height, width, channels).")
    return array


def _kind(shape: tuple) -> str:
    """What the numbers of a shape mean. Raises ImageError for a shape that has no plain meaning."""
    if len(shape) == 4 and not (shape[1] in (1, 3) and shape[1] != shape[2] and (shape[3] or 0) > 4):
        return "n, h, w, c"
    if len(shape) == 4:
        raise ImageError(f"Pictures {tuple(shape)} have their channels first; move them last: np.moveaxis(x, 1, -1).")
    if len(shape) == 2:
        return "h, w"
    if len(shape) == 3 and shape[2] in (1, 3, 4):
        return "h, w, c"
    if len(shape) == 3 and (shape[2] or 8) >= 8:
        return "n, h, w"
    raise ImageError(f"The shape {tuple(shape)} is not understood; give pictures (n, height, width, channels).")


def _refuse_fractions(pictures: Any) -> None:
    """Raise ImageError for pictures that are not 0..255, where their values are known; in a graph, stop it."""
    if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(pictures.dtype)):
        return
    if not (isinstance(pictures, np.ndarray) or hasattr(pictures, "numpy")):
        import tensorflow as tf

        high = tf.reduce_max(pictures)
        tf.debugging.Assert((high > 1) | (high <= 0), ["These values are 0..1 it seems; multiply them by 255 first."])
        return
    values = keras.ops.convert_to_numpy(pictures)
    refuse_zero_to_one(values, "The picture")
    if values.size and not (values.min() >= 0 and values.max() <= 255):
        found = f"{values.min():.3g}..{values.max():.3g}"
        raise ImageError(f"The picture's values are {found}, but a picture has 0..255; give it before preprocessing.")


def _in_range(name: str, value: float, low: float, high: float) -> float:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; give a number from {low} to {high}.")
    return float(value)


def _fill(fill_mode: str) -> str:
    if fill_mode not in FILL_MODES:
        raise ValueError(f"fill_mode is {fill_mode!r}; choose one of {', '.join(FILL_MODES)}.")
    return fill_mode
