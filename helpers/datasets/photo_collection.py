"""Pictures to search for what excites a unit: the sample photos and parts of them, drawn critters, and own photos."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from helpers import images


class Collection(NamedTuple):
    """Pictures to search: uint8 `(n, size, size, 3)`, a name for each, and the number of the photo each was cut from.

    Two crops of one photo overlap, so of each source only the strongest answer counts.
    """

    pictures: np.ndarray
    names: tuple[str, ...]
    sources: np.ndarray


def photo_collection(
    size: int = 224, crops: int = 5, critters: int = 40, data: Any = None, seed: int = 0
) -> Collection:
    """Return what there is to search: all sample pictures, random crops of them, drawn critters, and own photos.

    Each sample picture comes whole (prepared the course's way) and as `crops` squares of 0.3 to 0.7 of its shorter
    side. critters: the number of drawn cats and dogs. data: a `Split` of more photos, or None. With 5 crops and 40
    critters it holds some 200 pictures of 66 sources. Raises ValueError for a negative number.
    """
    from helpers.datasets.critters import critters as draw_critters
    from helpers.datasets.photos import photos

    if crops < 0 or critters < 0:
        raise ValueError(f"crops is {crops} and critters is {critters}; give 0 or more")
    rng = np.random.default_rng(seed)
    pictures, names, sources = [], [], []
    for source, (name, photo) in enumerate(photos().items()):
        array = photo.array
        squares = [array[_square(array.shape[:2], rng)] for _ in range(crops)]
        pictures += [images.prepare(array, size), *(images.resize(square, (size, size)) for square in squares)]
        names += [name, *(f"{name}, part {number}" for number in range(1, crops + 1))]
        sources += [source] * (crops + 1)
    if critters:
        drawn = draw_critters(critters, seed, size)
        pictures += list(drawn.images)
        names += [f"critter {number}" for number in range(critters)]
    if data is not None:
        pictures += list(data.images(size))
        names += [f"{data.name} {number}" for number in range(len(data))]
    own = max(sources, default=-1) + 1
    sources += range(own, own + len(pictures) - len(sources))
    return Collection(np.stack(pictures), tuple(names), np.array(sources))


def _square(shape: tuple[int, int], rng: np.random.Generator) -> tuple[slice, slice]:
    side = max(1, round(min(shape) * rng.uniform(0.3, 0.7)))
    top, left = (int(rng.integers(0, length - side + 1)) for length in shape)
    return slice(top, top + side), slice(left, left + side)
