"""Occlusion: cover a part of the picture and see what the score of a class loses. No gradient, any network.

Zeiler and Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014, section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from helpers.attribution.targets import asking
from helpers.backbones import Network
from helpers.runtime import Report

FILLS = ("grey", "mean", "blur", "black", "white")


class Occlusion(NamedTuple):
    """What covering each place costs. drops: float32 (rows, columns), the loss of score, negative where the cover
    helps. tops and lefts: the first pixel of each row and column of places. patch: the cover's (height, width).
    shape: the picture's (height, width)."""

    drops: np.ndarray
    tops: np.ndarray
    lefts: np.ndarray
    patch: tuple[int, int]
    shape: tuple[int, int]

    @property
    def heat(self) -> np.ndarray:
        """A value per pixel, float32 (height, width): the mean loss over all covers that hid it, 0 where none did."""
        total, times = np.zeros(self.shape, np.float64), np.zeros(self.shape, np.float64)
        for row, top in enumerate(self.tops):
            for column, left in enumerate(self.lefts):
                place = np.s_[top : top + self.patch[0], left : left + self.patch[1]]
                total[place] += self.drops[row, column]
                times[place] += 1
        return (total / np.maximum(times, 1)).astype(np.float32)


def cover(
    network: Network, picture: np.ndarray, top: int, left: int, patch: int | tuple[int, int] = 32, fill: Any = "grey"
) -> np.ndarray:
    """Return the picture, float32 (height, width, 3), with one rectangle covered; what reaches over the edge is cut.

    fill: as in `filling`. Raises ValueError for an unknown fill or a patch below one pixel.
    """
    picture = network.batch(picture)[0]
    height, width = _patch(patch)
    covered = picture.copy()
    rows, columns = slice(max(top, 0), max(top + height, 0)), slice(max(left, 0), max(left + width, 0))
    covered[rows, columns] = filling(network, picture, fill)[rows, columns]
    return covered


def occlusion(
    network: Network,
    picture: np.ndarray,
    class_: str | int | None = None,
    patch: int | tuple[int, int] = 32,
    stride: int = 16,
    fill: Any = "grey",
    probability: bool = False,
    batch: int = 8,
    report: Report | None = None,
) -> Occlusion:
    """Sweep a cover over the picture and return what each place costs the class, as an `Occlusion`.

    picture: one (height, width, 3), RGB 0..255. class_: a name, a number, or None for the most probable. patch: side in
    pixels, or (height, width). stride: pixels from one place to the next; a last place is added so that the far edge is
    reached too. fill: as in `filling`. probability: the loss of probability instead of the logit's. `report` is called
    after every batch. Raises ValueError for a patch larger than the picture, a stride below 1, an unknown fill, class.
    """
    picture, scores = asking(network, picture, class_, "occlusion", batch, probability)
    (height, width), shape = _patch(patch), picture.shape[:2]
    if height > shape[0] or width > shape[1]:
        raise ValueError(f"the patch of {height} x {width} pixels is larger than the picture, {shape}")
    if stride < 1:
        raise ValueError(f"stride={stride}: give 1 or more")
    tops, lefts = _starts(shape[0], height, stride), _starts(shape[1], width, stride)
    places, fills = [(top, left) for top in tops for left in lefts], filling(network, picture, fill)

    def covered(some: list[tuple[int, int]]) -> np.ndarray:
        made = np.repeat(picture[None], len(some), axis=0)
        for one, (top, left) in zip(made, some, strict=True):
            one[top : top + height, left : left + width] = fills[top : top + height, left : left + width]
        return made

    drops = scores([None], lambda _: picture[None]) - scores(places, covered, report)
    return Occlusion(drops.reshape(len(tops), len(lefts)), tops, lefts, (height, width), shape)


def filling(network: Network, picture: np.ndarray, fill: Any = "grey") -> np.ndarray:
    """What stands in for covered pixels: float32, of the picture's shape (height, width, 3).

    fill: "grey" (the network's mean colour, which is zero inside it), "mean" (the picture's own mean colour), "blur"
    (the picture itself, blurred until only its colours are left), "black", "white", or an RGB colour of your own.
    Raises ValueError for anything else. No fill is neutral: each makes a picture that the network was not trained on.
    """
    picture = np.asarray(picture, np.float32)
    if not isinstance(fill, str):
        colour = np.asarray(fill, np.float32)
        if colour.shape != (3,) or not np.isfinite(colour).all():
            raise ValueError(f"fill is {fill!r}; give three numbers from 0 to 255, or one of {', '.join(FILLS)}")
        return np.broadcast_to(colour, picture.shape)
    if fill == "blur":
        from scipy.ndimage import gaussian_filter

        deviation = max(picture.shape[:2]) / 14
        return gaussian_filter(picture, (deviation, deviation, 0), mode="nearest")
    colours = {"grey": network.mean_colour, "mean": picture.mean(axis=(0, 1)), "black": 0, "white": 255}
    if fill not in colours:
        raise ValueError(f"fill is {fill!r}; choose one of {', '.join(FILLS)}, or give an RGB colour")
    return np.broadcast_to(np.asarray(colours[fill], np.float32), picture.shape)


def _starts(side: int, patch: int, stride: int) -> np.ndarray:
    """The first pixel of each place along one side; the last one touches the far edge."""
    starts = np.arange(0, side - patch + 1, stride)
    return starts if starts[-1] == side - patch else np.append(starts, side - patch)


def _patch(patch: int | Sequence[int]) -> tuple[int, int]:
    height, width = (patch, patch) if isinstance(patch, int | np.integer) else patch
    if height < 1 or width < 1:
        raise ValueError(f"patch is {patch}; give a side of 1 pixel or more, or (height, width)")
    return int(height), int(width)
