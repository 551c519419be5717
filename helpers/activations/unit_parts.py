"""Does a channel find a part of things? Its map above a threshold against the true mask of the part.

Bau, Zhou, Khosla, Oliva and Torralba: Network Dissection, CVPR 2017. There people drew the masks; here the pictures
were drawn, so every pixel of the part is known.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from helpers import images
from helpers.activations.maps import layer_maps
from helpers.backbones import Network, as_network
from helpers.runtime import tensorflow

SIDE = 28  # rows and columns on which maps and masks are compared
_BATCH, _CHANNELS = 8, 64


class PartScores(NamedTuple):
    """How well each channel of a layer finds a part.

    thresholds: float `(channels,)`. common and either: float `(photos, channels)`, places where map and mask are both
    on, and where at least one of them is; their sums' ratio is the intersection over union.
    """

    thresholds: np.ndarray
    common: np.ndarray
    either: np.ndarray

    def iou(self, photos: Any = slice(None)) -> np.ndarray:
        """Intersection over union of every channel over these photos together, float `(channels,)`."""
        return _share(self.common[photos].sum(axis=0), self.either[photos].sum(axis=0))

    def by_photo(self, channel: int) -> np.ndarray:
        """Intersection over union of one channel, photo by photo, float `(photos,)`."""
        return _share(self.common[:, channel], self.either[:, channel])


def small_masks(masks: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Masks bool `(n, size, size)` on side x side places: on where half of the place or more is."""
    masks = np.asarray(masks, bool)
    resized = [images.resize(mask.astype(np.float32), (side, side), "box") for mask in masks]
    return np.stack(resized) >= 0.5


def maps_on_grid(network: Network | Any, pictures: np.ndarray, layer: str, side: int = SIDE) -> np.ndarray:
    """A layer's maps of pictures `(n, height, width, 3)` on side x side places, float16 `(n, side, side, channels)`.

    Larger maps are averaged, smaller ones enlarged smoothly.
    """
    network = as_network(network)
    parts = []
    for at in range(0, len(pictures), _BATCH):
        maps = layer_maps(network, pictures[at : at + _BATCH], layer)
        parts.append(_resized(maps, side).astype(np.float16))
    return np.concatenate(parts)


def part_scores(maps: np.ndarray, masks: np.ndarray, share: float, fit: Any = slice(None)) -> PartScores:
    """Compare every channel's map, above a threshold of its own, with the part's mask.

    maps: `(n, side, side, channels)`. masks: bool `(n, side, side)`. share: a channel's threshold leaves on this share
    of its places, over the photos `fit` (a slice, numbers or a bool mask). Raises ValueError for a share outside 0..1
    or arrays that do not fit.
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share}; give a part of all places between 0 and 1, such as 0.05")
    if maps.shape[:3] != masks.shape:
        raise ValueError(f"maps have the shape {maps.shape}, masks {masks.shape}; the first three must be the same")
    parts = []
    for at in range(0, maps.shape[-1], _CHANNELS):
        some = maps[..., at : at + _CHANNELS].astype(np.float32)
        values = some[fit].reshape(-1, some.shape[-1])
        rank = round((1 - share) * (len(values) - 1))
        thresholds = np.partition(values, rank, axis=0)[rank]  # a quantile, without sorting all
        on = some > thresholds
        common = (on & masks[..., None]).sum(axis=(1, 2))
        parts.append((thresholds, common, (on | masks[..., None]).sum(axis=(1, 2))))
    thresholds, common, either = (np.concatenate(one, axis=-1) for one in zip(*parts, strict=True))
    return PartScores(thresholds, common.astype(float), either.astype(float))


def best_channel(scores: PartScores, photos: Any = slice(None)) -> int:
    """The channel with the largest intersection over union on these photos; judge it on others."""
    return int(np.argmax(scores.iou(photos)))


def _share(common: np.ndarray, either: np.ndarray) -> np.ndarray:
    return np.where(either > 0, common / np.where(either > 0, either, 1), 0.0)


def _resized(maps: np.ndarray, side: int) -> np.ndarray:
    method = "area" if maps.shape[1] > side else "bilinear"
    return tensorflow().image.resize(maps, (side, side), method).numpy()
