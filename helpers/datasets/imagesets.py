"""Labelled photos in three parts, read when they are asked for: what every photo data set of the course looks like."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from helpers import images, runtime
from helpers.datasets.labels import class_numbers, one_column
from helpers.datasets.splits import stratified_sample
from helpers.runtime import arguments

_THREADS = 4  # reading a photo is Pillow's work, which lets other threads run
_WORTH_A_BAR = 300  # photos


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a photo data set. It holds either the photos' paths or, for drawn ones, their pixels.

    labels: int64 `(n,)`, numbers into the data set's class names.
    paths: the n files, or None. pixels: uint8 `(n, side, side, 3)`, or None.
    drawn: for generated photos the object that drew them, with masks and causes (`Critters`); else None.
    """

    labels: np.ndarray
    paths: tuple[Path, ...] | None = None
    pixels: np.ndarray | None = None
    drawn: Any = None
    name: str = "photos"

    def __post_init__(self) -> None:
        if (self.paths is None) == (self.pixels is None):
            raise ValueError("A split holds either paths or pixels; give exactly one of the two.")
        count = len(self.paths if self.paths is not None else self.pixels)
        if count != len(self.labels):
            raise ValueError(f"There are {count} photos and {len(self.labels)} labels; give one label per photo.")
        labels = one_column(self.labels)
        if labels.dtype.kind not in "iufb" or (labels.size and (labels != labels.round()).any()):
            raise ValueError(
                f"The labels must be whole numbers, the places of class names; {labels[0]!r} is among them."
            )
        object.__setattr__(self, "labels", labels.astype(np.int64))

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"Split({self.name!r}, {len(self)} photos)"

    def images(self, size: int | tuple[int, int] = 224) -> np.ndarray:
        """Return all photos as uint8 RGB `(n, size, size, 3)`, in the order of `labels`; or of a size (height, width).

        Photos from files are prepared the course's way (`helpers.images.prepare`: resize, then crop the centre). Drawn
        photos are square and are only resized, so that their masks still fit. Memory: n * size * size * 3 bytes; for
        more, use `batches`. Raises ImageError, naming the file, for a photo that cannot be read.
        """
        height, width = arguments.sides("size", size)
        found = np.empty((len(self), height, width, 3), np.uint8)
        rows = self._rows(range(len(self)), (height, width))
        if self.paths is not None and len(self) >= _WORTH_A_BAR:
            rows = runtime.track(rows, f"Reading {self.name}", total=len(self))
        for position, picture in enumerate(rows):
            found[position] = picture
        return found

    def batches(self, size: int = 224, batch: int = 32) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield `(images, labels)` of at most `batch` photos each, in order; only one batch is in memory at a time."""
        if size < 1 or batch < 1:
            raise ValueError(f"The size {size} and the batch {batch} must be 1 or more.")
        for start in range(0, len(self), batch):
            rows = range(start, min(start + batch, len(self)))
            yield np.stack(list(self._rows(rows, (size, size)))), self.labels[start : start + batch]

    def take(self, n: int, seed: int = 0) -> Split:
        """Return a part with n photos, the classes in the same shares, in the same order; chosen with the seed."""
        return self.at(stratified_sample(self.labels, n, seed))

    def at(self, rows: Sequence[int] | np.ndarray) -> Split:
        """Return a part with the photos of these row numbers, in this order."""
        rows = np.asarray(rows, dtype=np.int64)
        return Split(
            self.labels[rows],
            None if self.paths is None else tuple(self.paths[row] for row in rows),
            None if self.pixels is None else self.pixels[rows],
            None if self.drawn is None else self.drawn.take(rows),
            self.name,
        )

    def _rows(self, rows: range, size: tuple[int, int]) -> Iterator[np.ndarray]:
        if self.pixels is not None:
            for row in rows:
                picture = self.pixels[row]
                yield picture if picture.shape[:2] == size else images.resize(picture, size)
            return
        # Reading silences Pillow's warnings for a moment, which threads undo for one another: silenced out here, too.
        with warnings.catch_warnings(), ThreadPoolExecutor(_THREADS) as pool:
            warnings.simplefilter("ignore")
            for start in range(rows.start, rows.stop, 8 * _THREADS):  # a few at a time: bounded memory
                paths = [self.paths[row] for row in range(start, min(start + 8 * _THREADS, rows.stop))]
                yield from pool.map(lambda path: images.prepare(path, size), paths)


@dataclass(frozen=True, eq=False)
class ImageSet:
    """A photo data set: `train`, `validation` and `test` are each a `Split`; label k means `class_names[k]`.

    note: one or two sentences on where the photos came from and how they were divided. Raises ValueError for labels
    without a name.
    """

    name: str
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    note: str = ""

    def __post_init__(self) -> None:
        for part in (self.train, self.validation, self.test):
            class_numbers(part.labels, self.class_names, f"The labels of {part.name}")

    def __repr__(self) -> str:
        sizes = f"{len(self.train)} train, {len(self.validation)} validation, {len(self.test)} test"
        return f"ImageSet({self.name!r}: {', '.join(self.class_names)}; {sizes}). {self.note}".strip()
