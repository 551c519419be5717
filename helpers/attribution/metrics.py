"""Is a map right? Numbers for it: its mass on a mask, a box and its overlap, insertion and deletion curves.

A map can only be scored where the cause is known: by a mask, or by what the network itself loses.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from helpers import images
from helpers.attribution.occlusion import filling
from helpers.attribution.targets import asking
from helpers.backbones import Network
from helpers.runtime import Report


class Box(NamedTuple):
    """A rectangle in pixels; bottom and right lie just outside."""

    top: int
    left: int
    bottom: int
    right: int


class Curve(NamedTuple):
    """Scores while pixels go or come: share (0..1 of the pixels) and score, both float64 of equal length."""

    share: np.ndarray
    score: np.ndarray

    @property
    def area(self) -> float:
        """The area under the curve (trapezoids)."""
        return float(np.trapezoid(self.score, self.share))


def relevance_mass_ratio(heat: np.ndarray, mask: np.ndarray) -> float:
    """The share of the map's mass on the mask over the mask's share of the picture: 1 for a uniform map.

    heat: (rows, columns), any size; negative values count as 0, and a coarse map is enlarged (bilinear) to the mask's
    size. mask: bool (height, width). An all-zero map says nothing and is scored as uniform, 1. Raises ValueError for an
    empty mask or NaN.
    """
    mask = np.asarray(mask, bool)
    if not mask.any():
        raise ValueError("the mask is empty; give one with at least one pixel")
    heat = np.maximum(enlarged(heat, mask.shape), 0).astype(np.float64)
    if not np.isfinite(heat).all():
        raise ValueError("the heat map holds NaN or infinite values")
    total = heat.sum()
    return float(heat[mask].sum() / total / mask.mean()) if total > 0 else 1.0


def enlarged(heat: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A map at another resolution, bilinear, float32; as it is where it fits already."""
    heat = np.asarray(heat, np.float32)
    return heat if heat.shape == tuple(shape) else images.resize(heat, tuple(shape), "bilinear")


def box_of(heat: np.ndarray, shape: tuple[int, int] | None = None, threshold: float = 0.2) -> Box | None:
    """The box around the largest connected part of a map above `threshold` times its maximum; None for an empty map.

    Zhou et al., CVPR 2016, section 3.2, with their 20 %. shape: (height, width) to enlarge the map to first.
    Raises ValueError for a threshold outside 0..1.
    """
    from scipy.ndimage import label

    if not 0 < threshold < 1:
        raise ValueError(f"threshold is {threshold}; give a share of the maximum between 0 and 1, such as 0.2")
    heat = enlarged(heat, shape or np.shape(heat))
    if not heat.max() > 0:
        return None
    parts, _ = label(heat >= threshold * heat.max())
    return box_of_mask(parts == np.bincount(parts.ravel())[1:].argmax() + 1)


def box_of_mask(mask: np.ndarray) -> Box:
    """The smallest box around a mask, bool (height, width). Raises ValueError for an empty mask."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        raise ValueError("the mask is empty; give one with at least one pixel")
    return Box(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)


def iou(first: Box, second: Box) -> float:
    """Intersection over union of two boxes: 1 for equal ones, 0 for boxes that do not touch."""
    height = min(first.bottom, second.bottom) - max(first.top, second.top)
    width = min(first.right, second.right) - max(first.left, second.left)
    common = max(height, 0) * max(width, 0)
    areas = [(box.bottom - box.top) * (box.right - box.left) for box in (first, second)]
    return common / (sum(areas) - common) if sum(areas) > common else 0.0


def draw_boxes(picture: np.ndarray, boxes: dict[tuple[int, int, int], Box], width: int = 2) -> np.ndarray:
    """The picture, uint8, with a frame for each box; boxes: RGB colour -> Box."""
    from PIL import Image, ImageDraw

    shown = Image.fromarray(np.asarray(picture).astype(np.uint8))
    pen = ImageDraw.Draw(shown)
    for colour, box in boxes.items():
        pen.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), outline=colour, width=width)
    return np.array(shown)


def deletion(network: Network, picture: np.ndarray, heat: np.ndarray, class_: Any = None, **options: Any) -> Curve:
    """Cover the pixels from the hottest to the coldest and follow the score: the lower the curve, the better the map.

    Petsiuk, Das and Saenko: RISE, BMVC 2018, section 4.1. picture: (height, width, 3). heat: (rows, columns), enlarged
    to the picture; equal values keep the order of the pixels. options: steps (28), fill ("grey"), probability (True),
    batch (8), report. Raises ValueError as `occlusion`.
    """
    return _curve(network, picture, heat, class_, False, **options)


def insertion(network: Network, picture: np.ndarray, heat: np.ndarray, class_: Any = None, **options: Any) -> Curve:
    """Show the pixels from the hottest to the coldest on an empty picture: the higher the curve, the better the map.

    Source, arguments and errors as in `deletion`.
    """
    return _curve(network, picture, heat, class_, True, **options)


def _curve(
    network: Network,
    picture: np.ndarray,
    heat: np.ndarray,
    class_: Any,
    inserting: bool,
    steps: int = 28,
    fill: Any = "grey",
    probability: bool = True,
    batch: int = 8,
    report: Report | None = None,
) -> Curve:
    picture, scores = asking(network, picture, class_, "a curve", batch, probability)
    fills = filling(network, picture, fill)
    before, after = (fills, picture) if inserting else (picture, fills)
    order = enlarged(heat, picture.shape[:2]).ravel().argsort(kind="stable")[::-1]

    def changed(counts: list[int]) -> np.ndarray:
        made = np.repeat(before[None], len(counts), axis=0)
        for one, count in zip(made.reshape(len(counts), -1, 3), counts, strict=True):
            one[order[:count]] = after.reshape(-1, 3)[order[:count]]
        return made

    counts = _portions(order.size, steps)
    return Curve(counts / order.size, scores(counts, changed, report).astype(np.float64))


def _portions(pixels: int, steps: int) -> np.ndarray:
    """How many of so many pixels have changed after each of `steps` equal portions; the last one may be smaller."""
    if steps < 1:
        raise ValueError(f"steps is {steps}; give 1 or more")
    return np.append(np.arange(0, pixels, -(-pixels // steps)), pixels)
