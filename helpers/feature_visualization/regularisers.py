"""What keeps a climbed picture readable: each is a switch of `Regularisers` and a function of its own.

All work on centred pictures (n, height, width, 3), in units of 0..255 around the network's mean colour: zero is the
mean colour, not black. Decay, blur and the clips: Yosinski, Clune, Nguyen, Fuchs and Lipson: Understanding Neural
Networks Through Deep Visualization, 2015. Total variation: Mahendran and Vedaldi: Understanding Deep Image
Representations by Inverting Them, CVPR 2015. Jitter, rotation, zoom: Olah, Mordvintsev and Schubert: Feature
Visualization, Distill 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from helpers.runtime import arguments, keras

Function = Callable[[np.ndarray], np.ndarray]
# Draws for pictures of a shape (n, height, width, 3) how the network sees them, and how its gradients come back.
Transform = Callable[[Sequence[int], np.random.Generator], tuple[Function, Function]]

ON_PIXELS_ONLY = ("decay", "blur", "clip_norm", "clip_contribution", "clip_gradient")


@dataclass(frozen=True)
class Regularisers:
    """Switches, all off at 0.

    decay: share of the distance to the mean colour lost at each step (L2 penalty). blur: standard deviation in pixels
    of a Gaussian blur. clip_norm, clip_contribution, clip_gradient: share (0..1) of the pixels that are put back to the
    mean colour: those of smallest norm, of smallest contribution |sum over colours of picture * gradient|, of smallest
    gradient. every: blur and clips come every so many steps. total_variation: weight of the total variation's gradient
    against the objective's gradient of size 1. jitter: pixels, rotate: degrees, zoom: share, up to which the picture is
    moved at random before the network sees it.
    """

    decay: float = 0.0
    blur: float = 0.0
    clip_norm: float = 0.0
    clip_contribution: float = 0.0
    clip_gradient: float = 0.0
    every: int = 4
    total_variation: float = 0.0
    jitter: int = 0
    rotate: float = 0.0
    zoom: float = 0.0

    def __post_init__(self) -> None:
        for name in ("decay", "clip_norm", "clip_contribution", "clip_gradient", "zoom"):
            arguments.share(name, getattr(self, name))
        for name in ("blur", "total_variation", "rotate"):
            arguments.number(name, getattr(self, name), 0)
        arguments.whole("jitter", self.jitter)
        arguments.whole("every", self.every, 1)

    def on(self) -> tuple[str, ...]:
        """The names of the switches that are on."""
        return tuple(f.name for f in fields(self) if f.name != "every" and getattr(self, f.name))


def apply(centred: np.ndarray, gradients: np.ndarray, chosen: Regularisers, step: int) -> np.ndarray:
    """The centred pictures after the regularisers of this step (decay at each, blur and clips every few)."""
    if chosen.decay:  # a gradient step on the penalty lambda |x|^2, with decay = 2 * lambda * step_size
        centred = centred * np.float32(1 - chosen.decay)
    if (step + 1) % chosen.every:
        return centred
    if chosen.blur:
        centred = _blur(centred, chosen.blur)
    if chosen.clip_norm:
        centred = _clip_smallest(centred, _pixel_norm(centred), chosen.clip_norm)
    if chosen.clip_contribution:
        centred = _clip_smallest(centred, _contribution(centred, gradients), chosen.clip_contribution)
    if chosen.clip_gradient:
        centred = _clip_smallest(centred, _pixel_norm(gradients), chosen.clip_gradient)
    return centred


def _blur(centred: np.ndarray, sigma: float) -> np.ndarray:
    """Each picture blurred by a Gaussian of `sigma` pixels; the mean colour of a flat picture stays as it is."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(centred, sigma, axes=(1, 2), mode="nearest", truncate=3.0)


def _pixel_norm(array: np.ndarray) -> np.ndarray:
    """The Euclidean norm over the three colours of each pixel: (n, height, width)."""
    return np.sqrt((array**2).sum(axis=-1))


def _contribution(centred: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """How much the objective would fall, to first order, if a pixel went to the mean colour: |sum of x * g|."""
    return np.abs((centred * gradients).sum(axis=-1))


def _clip_smallest(centred: np.ndarray, measure: np.ndarray, share: float) -> np.ndarray:
    """Put to zero, in each picture, the pixels whose measure (n, height, width) is among the smallest `share`."""
    limit = np.quantile(measure, share, axis=(1, 2), keepdims=True)
    return np.where((measure < limit)[..., None], np.float32(0), centred)


def total_variation(pictures: np.ndarray) -> np.ndarray:
    """The sum over each picture of |difference to the next pixel|, downwards and across: float (n,)."""
    return sum(np.abs(np.diff(pictures, axis=axis)).sum(axis=(1, 2, 3)) for axis in (1, 2))


def total_variation_gradient(pictures: np.ndarray) -> np.ndarray:
    """The gradient of `total_variation` (0 where two neighbours are equal): each entry is from -4 to 4."""
    zero, signs = np.float32(0), [np.sign(np.diff(pictures, axis=axis)) for axis in (1, 2)]
    return -sum(np.diff(one, axis=axis, prepend=zero, append=zero) for axis, one in zip((1, 2), signs, strict=True))


def jitter(pixels: int) -> Transform:
    """Roll all pictures alike by up to so many pixels in each direction."""

    def draw(shape: Sequence[int], generator: np.random.Generator) -> tuple[Function, Function]:
        roll = generator.integers(-pixels, pixels + 1, 2)
        return (lambda pictures: np.roll(pictures, roll, (1, 2))), (lambda slopes: np.roll(slopes, -roll, (1, 2)))

    return draw


def turn(degrees: float, share: float, mean_colour: np.ndarray) -> Transform:
    """Rotate each picture by up to so many degrees and zoom it by up to a share, about its middle.

    What comes in from outside has the mean colour.
    """

    def draw(shape: Sequence[int], generator: np.random.Generator) -> tuple[Function, Function]:
        angles = np.deg2rad(generator.uniform(-degrees, degrees, shape[0]))
        scales = 1 + generator.uniform(-share, share, shape[0])
        there, back = _about_the_middle(angles, scales, shape), _about_the_middle(-angles, 1 / scales, shape)
        return (lambda one: _projected(one - mean_colour, there) + mean_colour), (lambda one: _projected(one, back))

    return draw


def seen_through(gradient: Callable, transforms: Sequence[Transform], generator: np.random.Generator) -> Callable:
    """`gradient`, pictures -> (values, slopes), as it is through transforms that are drawn anew at each call."""

    def call(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        drawn = [draw(pictures.shape, generator) for draw in transforms]
        for there, _ in drawn:
            pictures = there(pictures)
        values, slopes = gradient(pictures)
        for _, back in reversed(drawn):
            slopes = back(slopes)
        return values, slopes

    return call


def _about_the_middle(angles: np.ndarray, scales: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Rotations and zooms of pictures of a shape (n, height, width, 3), as TensorFlow takes them: float32 (n, 8).

    Rows map a place (x, y) of the result to one of the picture.
    """
    a, b = np.cos(angles) / scales, np.sin(angles) / scales
    y, x = (shape[1] - 1) / 2, (shape[2] - 1) / 2
    zeros = np.zeros(len(angles))
    return np.stack([a, -b, x - a * x + b * y, b, a, y - b * x - a * y, zeros, zeros], axis=1).astype(np.float32)


def _projected(pictures: np.ndarray, transforms: np.ndarray) -> np.ndarray:
    """Pictures through projective transforms, bilinear; zero comes in from outside."""
    return np.asarray(keras().ops.image.affine_transform(pictures, transforms, "bilinear", "constant", 0.0))
