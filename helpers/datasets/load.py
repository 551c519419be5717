"""One call for every photo data set, so that a notebook changes its data by changing one name."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from helpers.datasets.animals import ANIMALS, animals
from helpers.datasets.critters import CLASS_NAMES, critters
from helpers.datasets.digits import mnist
from helpers.datasets.folders import cats_vs_dogs, from_folder
from helpers.datasets.imagesets import ImageSet, Split
from helpers.datasets.splits import stratified_split
from helpers.files import find

_NAMES = ("critters", "cats_vs_dogs", "folder", "mnist", "animals")
_SIDE = 96
_COUNTS = {"train": 240, "validation": 120, "test": 240}
_ANIMAL_COUNTS = {"train": 200, "validation": 50, "test": 240}


def images(name: str, seed: int = 0, size_hint: int | None = None, **options: Any) -> ImageSet:
    """Return a photo data set by name, with its parts train, validation and test.

    "critters": drawn cats and dogs, 240 / 120 / 240 photos by default, `size_hint` pixels high and wide (default 96).
    Options: train, validation, test (numbers of photos), test_strength (another strength of the shortcut in the test
    part), and all options of `critters`. Every part is drawn with a seed of its own.
    "animals": eight drawn animals, one class each, 200 / 50 / 240 photos; options train, validation, test.
    "mnist": 500 / 250 / 500 handwritten digits, black on white, 28 pixels high and wide, in three equal colours; no
    options. "cats_vs_dogs": the photos of the lecture, or the downloaded ones; no options.
    "folder:my_photos": your own photos, one folder per class; the path is looked for from here, then in the search
    folders (COURSE_DATA). "folder" alone takes the option path, or the path in COURSE_FOLDER. Options: fractions and
    skip_unreadable as in `from_folder`.
    `size_hint` is for drawn photos only: photos from files keep their size until they are read.
    Raises ValueError for an unknown name or option, MissingError if the photos are not here.
    """
    if name == "critters":
        return _critters(seed, size_hint or _SIDE, **options)
    if name == "animals":
        return _animals(seed, size_hint or _SIDE, **options)
    if name in ("cats_vs_dogs", "mnist"):
        if options:
            raise ValueError(f"The data set {name!r} has no option {next(iter(options))!r}; leave it out.")
        return cats_vs_dogs(seed) if name == "cats_vs_dogs" else _digits(seed)
    if name.partition(":")[0] == "folder":
        return from_folder(_own_folder(name.partition(":")[2], options.pop("path", None)), seed=seed, **options)
    raise ValueError(f"There is no photo data set {name!r}; choose one of {', '.join(_NAMES)}.")


def _own_folder(named: str, path: str | Path | None) -> str | Path:
    """The folder that the name, the option or the environment gives, in this order."""
    chosen = named.strip() or path or os.environ.get("COURSE_FOLDER", "")
    if not chosen:
        raise ValueError(
            "The data set 'folder' needs a path: write 'folder:my_photos', set COURSE_FOLDER or give path=, "
            "the folder that holds one folder of photos per class."
        )
    if Path(chosen).expanduser().is_dir():
        return chosen
    return find(str(chosen)) or chosen


def _digits(seed: int) -> ImageSet:
    """Few of MNIST's digits as photos: training and validation from the 4000, the test from the other 1000."""
    (known, known_labels), (unseen, unseen_labels) = mnist(seed)
    train, validation, _ = stratified_split(known_labels, (1 / 8, 1 / 16, 13 / 16), seed)
    test, _ = stratified_split(unseen_labels, (1 / 2, 1 / 2), seed)
    chosen = {
        "train": (known[train], known_labels[train]),
        "validation": (known[validation], known_labels[validation]),
        "test": (unseen[test], unseen_labels[test]),
    }
    parts = [
        Split(labels, pixels=np.repeat(255 - digits[..., None], 3, axis=-1), name=f"mnist {part}")
        for part, (digits, labels) in chosen.items()
    ]
    return ImageSet("mnist", tuple("0123456789"), *parts, note="Handwritten digits of MNIST.")


def _critters(seed: int, size: int, test_strength: float | None = None, **options: Any) -> ImageSet:
    counts = {part: options.pop(part, usual) for part, usual in _COUNTS.items()}
    parts = []
    for number, (part, count) in enumerate(counts.items()):
        other = {"strength": test_strength} if part == "test" and test_strength is not None else {}
        drawn = critters(count, 3 * seed + number, size, **options | other)  # no two parts, of any seed, share a scene
        parts.append(Split(drawn.labels, pixels=drawn.images, drawn=drawn, name=f"critters {part}"))
    return ImageSet("critters", CLASS_NAMES, *parts, note="Drawn by the course: the ears alone decide the class.")


def _animals(seed: int, size: int, **options: Any) -> ImageSet:
    if unknown := set(options) - set(_ANIMAL_COUNTS):
        raise ValueError(f"The data set 'animals' has no option {min(unknown)!r}; leave it out.")
    parts = [
        replace(animals(count, 3 * seed + number, size), name=f"animals {part}")
        for number, (part, count) in enumerate((_ANIMAL_COUNTS | options).items())
    ]
    return ImageSet("animals", ANIMALS, *parts, note="Drawn by the course: eight animals that stay the same.")
