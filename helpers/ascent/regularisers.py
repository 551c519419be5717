"""What keeps a climbed picture readable: each is a switch of `Regularisers` and a function of its own.

All work on centred pictures (n, height, width, 3), in units of 0..255 around the network's mean colour: zero is the
mean colour, not black. Decay, blur and the clips: Yosinski, Clune, Nguyen, Fuchs and Lipson: Understanding Neural
Networks Through Deep Visualization, 2015. Total variation: Mahendran and Vedaldi: Understanding Deep Image
Representations by Inverting Them, CVPR 2015. Jitter, rotation, zoom: Olah, Mordvintsev and Schubert: Feature
Visualization, Distill 2017.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from helpers import arguments

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

    @property
    def turned(self) -> bool:
        """Whether the network sees the picture through a rotation or zoom."""
        return self.rotate > 0 or self.zoom > 0

    def on(self) -> tuple[str, ...]:
        """The names of the switches that are on."""
        return tuple(f.name for f in fields(self) if f.name != "every" and getattr(self, f.name))


def apply(centred: np.ndarray, gradients: np.ndarray, chosen: Regularisers, step: int) -> np.ndarray:
    """The centred pictures after the regularisers of this step (decay at each, blur and clips every few)."""
    if chosen.decay:
        centred = decay(centred, chosen.decay)
    if (step + 1) % chosen.every:
        return centred
    if chosen.blur:
        centred = blur(centred, chosen.blur)
    if chosen.clip_norm:
        centred = clip_smallest(centred, pixel_norm(centred), chosen.clip_norm)
    if chosen.clip_contribution:
        centred = clip_smallest(centred, contribution(centred, gradients), chosen.clip_contribution)
    if chosen.clip_gradient:
        centred = clip_smallest(centred, pixel_norm(gradients), chosen.clip_gradient)
    return centred


def decay(centred: np.ndarray, share: float) -> np.ndarray:
    """x <- (1 - share) x, a gradient step on the penalty lambda |x|^2 with share = 2 * lambda * rate."""
    return centred * np.float32(1 - share)


def blur(centred: np.ndarray, sigma: float) -> np.ndarray:
    """Each picture blurred by a Gaussian of `sigma` pixels; the mean colour of a flat picture stays as it is."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(centred, sigma, axes=(1, 2), mode="nearest", truncate=3.0)


def pixel_norm(array: np.ndarray) -> np.ndarray:
    """The Euclidean norm over the three colours of each pixel: (n, height, width)."""
    return np.sqrt((array**2).sum(axis=-1))


def contribution(centred: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """How much the objective would fall, to first order, if a pixel went to the mean colour: |sum of x * g|."""
    return np.abs((centred * gradients).sum(axis=-1))


def clip_smallest(centred: np.ndarray, measure: np.ndarray, share: float) -> np.ndarray:
    """Put to zero, in each picture, the pixels whose measure (n, height, width) is among the smallest `share`."""
    limit = np.quantile(measure, share, axis=(1, 2), keepdims=True)
    return np.where((measure < limit)[..., None], np.float32(0), centred)


def total_variation(pictures: np.ndarray) -> np.ndarray:
    """The sum over each picture of |difference to the next pixel|, downwards and across: float (n,)."""
    down, across = np.abs(np.diff(pictures, axis=1)), np.abs(np.diff(pictures, axis=2))
    return down.sum(axis=(1, 2, 3)) + across.sum(axis=(1, 2, 3))


def total_variation_gradient(pictures: np.ndarray) -> np.ndarray:
    """The gradient of `total_variation` (0 where two neighbours are equal): each entry is from -4 to 4."""
    slope = np.zeros_like(pictures)
    for axis in (1, 2):
        signs = np.sign(np.diff(pictures, axis=axis))
        later = (slice(None),) * axis + (slice(1, None),)
        earlier = (slice(None),) * axis + (slice(None, -1),)
        slope[later] += signs
        slope[earlier] -= signs
    return slope


def transforms(count: int, shape: tuple[int, int], chosen: Regularisers, generator: np.random.Generator) -> np.ndarray:
    """Random rotations and zooms about the middle as projective transforms, float32 (count, 8).

    Rows as TensorFlow takes them: they map a place (x, y) of the result to one of the picture.
    """
    angles = np.deg2rad(generator.uniform(-chosen.rotate, chosen.rotate, count))
    scales = 1 + generator.uniform(-chosen.zoom, chosen.zoom, count)
    a, b = np.cos(angles) / scales, np.sin(angles) / scales
    y, x = (shape[0] - 1) / 2, (shape[1] - 1) / 2
    zeros = np.zeros(count)
    rows = [a, -b, x - a * x + b * y, b, a, y - b * x - a * y, zeros, zeros]
    return np.stack(rows, axis=1).astype(np.float32)
