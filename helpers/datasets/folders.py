"""Photo data sets made of folders: your own, and the cats and dogs of the lecture."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import images
from helpers.datasets.catalogue import missing
from helpers.datasets.imagesets import ImageSet, Split
from helpers.datasets.splits import stratified_split
from helpers.downloads import find

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
PARTS = {"train": ("train", "training"), "validation": ("validation", "valid", "val"), "test": ("test", "testing")}
FRACTIONS = (0.6, 0.2, 0.2)
# Which parts have folders -> the part that is split, what it is split into, and the sentence that says so.
_PLANS = {
    ("all",): ("all", ("train", "validation", "test"), "The photos were split by class with the seed."),
    ("train",): ("train", ("train", "validation", "test"), "The photos of train were split by class with the seed."),
    ("test", "train"): ("train", ("train", "validation"), "Validation was taken from train, by class with the seed."),
    ("train", "validation"): (
        "validation",
        ("validation", "test"),
        "There is no test folder, so the photos of validation were split into halves, by class with the seed.",
    ),
    ("test", "train", "validation"): ("", (), ""),
}


def from_folder(
    path: str | Path,
    seed: int = 0,
    fractions: Sequence[float] = FRACTIONS,
    skip_unreadable: bool = False,
    name: str | None = None,
) -> ImageSet:
    """Make a data set of a folder that holds one folder of photos per class.

    With folders `train`, `validation` (or `val`) and `test` in between, these are the parts. Without them the photos
    are split by `fractions` (train, validation, test), class by class, with the seed. With train and validation only,
    the validation photos are halved; with train and test only, validation is taken from the training photos. Photos
    are found by their extension (jpg, jpeg, png, webp, gif, bmp, tif, tiff, in any case), also in folders inside
    a class folder; hidden files and folders are left out. Class names are the folders' names, in alphabetical order.

    Every file's beginning is read to see that it is a picture. A file that is not raises ImageError with its name;
    with `skip_unreadable=True` every photo is read as a whole, which takes time, and bad ones are left out and counted
    in the note. Raises ValueError, one sentence, for a folder that is missing, empty, has photos but no class
    folders, only one class, or parts with different classes.
    """
    if len(fractions) != 3 or fractions[0] <= 0 or min(fractions) < 0 or not np.isclose(sum(fractions), 1.0):
        raise ValueError(
            f"The fractions {tuple(fractions)} must be three shares (train, validation, test) that sum to 1, the first "
            f"above 0, for example {FRACTIONS}."
        )
    root = Path(path).expanduser()
    if not root.is_dir():
        raise ValueError(f"There is no folder {root}; give the folder that holds one folder of photos per class.")
    parts = {part: folder for part, names in PARTS.items() if (folder := _one_of(root, names))}
    if parts and "train" not in parts:
        parts = {}  # a class may well be called "test": only a train folder makes parts
    found = {part: _classes(folder) for part, folder in (parts or {"all": root}).items()}
    class_names = _same_classes(root, found)
    bad: list[Path] = []
    files = {
        part: [
            (file, label)
            for label, class_name in enumerate(class_names)
            for file in _readable(listing[class_name][0], skip_unreadable, bad)
        ]
        for part, listing in found.items()
    }
    left_out = Counter(suffix for listing in found.values() for _, others in listing.values() for suffix in others)
    return _assemble(name or root.resolve().name, class_names, files, fractions, seed, _note(root, left_out, bad))


def cats_vs_dogs(seed: int = 0) -> ImageSet:
    """Return the cats (label 0) and dogs (label 1) of Kaggle's Dogs vs. Cats, in the lecture's subset if it is here.

    Looked for in the folders of COURSE_DATA and in the cache: `cats_and_dogs_small` (2000 train, 1000 validation, 1000
    test: Chollet's subset, the lecture's), then `cats_and_dogs_filtered` (2000 and 1000, no test: the validation photos
    are halved with the seed). The note says which was found. Raises MissingError, with the command, if neither is here.
    """
    lecture = find("cats_and_dogs_small")
    folder = lecture or find("cats_and_dogs_filtered")
    if folder is None:
        raise missing("cats_vs_dogs")
    found = from_folder(folder, seed=seed, name="cats_vs_dogs")
    which = "the lecture's own subset" if lecture else "the set of TensorFlow's transfer-learning tutorial"
    return replace(found, note=f"This is {which}. {found.note}")


def _one_of(root: Path, names: Sequence[str]) -> Path | None:
    """Return the subfolder with one of these names, in any case."""
    return next((entry for entry in sorted(root.iterdir()) if entry.name.lower() in names and entry.is_dir()), None)


def _visible(name: str) -> bool:
    return not name.startswith((".", "__"))  # .DS_Store, ._photo.jpg, .ipynb_checkpoints, __MACOSX


def _classes(folder: Path) -> dict[str, tuple[list[Path], list[str]]]:
    """Return, for every class folder, its photos and the extensions of other files that are left out."""
    found = {}
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and _visible(entry.name):
            photos, others = _photos(entry)
            if photos or others:
                found[entry.name] = (photos, others)
    if sum(len(photos) for photos, _ in found.values()) == 0:
        loose = any(entry.suffix.lower() in EXTENSIONS and _visible(entry.name) for entry in folder.iterdir())
        raise ValueError(
            f"The photos in {folder} lie in no class folder; put them into one folder per class."
            if loose
            else f"The folder {folder} holds no photos; it should hold one folder of photos per class "
            f"({', '.join(EXTENSIONS)})."
        )
    return {label: listing for label, listing in found.items() if listing[0]}


def _photos(folder: Path) -> tuple[list[Path], list[str]]:
    photos, others = [], []
    for inner, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if _visible(name)]
        for name in filter(_visible, files):
            suffix = Path(name).suffix.lower()
            if suffix in EXTENSIONS:
                photos.append(Path(inner, name))
            else:
                others.append(suffix or name)
    return sorted(photos, key=lambda photo: photo.relative_to(folder).as_posix()), others


def _same_classes(root: Path, found: dict[str, dict]) -> tuple[str, ...]:
    """Return the class names, the same in all parts."""
    first, *others = found
    names = tuple(found[first])
    for part in others:
        odd = set(names) ^ set(found[part])
        if odd:
            raise ValueError(
                f"In {root} the folders {first} and {part} hold different classes: {', '.join(sorted(odd))} is only in "
                f"one of them; give every part the same class folders, with photos in each."
            )
    if len(names) == 1:
        only = root / names[0] if first == "all" else root
        deeper = first == "all" and any(entry.is_dir() and _visible(entry.name) for entry in only.iterdir())
        advice = f"; perhaps you mean {only}" if deeper else ", one folder of photos each"
        raise ValueError(f"The folder {root} holds only one class, {names[0]!r}; two or more are needed{advice}.")
    return names


def _readable(files: list[Path], skip: bool, bad: list[Path]) -> list[Path]:
    """Return the photos of one class that can be used. By default a bad beginning raises; `skip` tries whole photos."""
    good = []
    for file in files:
        try:
            _try(file, whole=skip)
            good.append(file)
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            if not skip:
                raise images.ImageError(
                    f"The photo {file} cannot be read; delete it, or leave such files out with skip_unreadable=True."
                ) from error
            bad.append(file)
    if not good:
        raise ValueError(f"None of the {len(files)} photos in {files[0].parent} can be read; put sound ones there.")
    return good


def _try(file: Path, whole: bool) -> None:
    if whole:
        images.load(file)
        return
    with warnings.catch_warnings(), Image.open(file):  # reads the beginning of the file only
        warnings.simplefilter("ignore")


def _note(root: Path, left_out: Counter, bad: list[Path]) -> str:
    sentences = [f"Photos from the folder {root.name}."]
    if left_out:
        sentences.append(f"{left_out.total()} other files were left out ({', '.join(sorted(left_out))}).")
    if bad:
        names = ", ".join(photo.name for photo in bad[:3]) + (", ..." if len(bad) > 3 else "")
        sentences.append(f"{len(bad)} photos that cannot be read were left out ({names}).")
    return " ".join(sentences)


def _assemble(
    name: str,
    class_names: tuple[str, ...],
    files: dict[str, list[tuple[Path, int]]],
    fractions: Sequence[float],
    seed: int,
    note: str,
) -> ImageSet:
    """Turn listed files into the three parts, splitting one where a part has no folder."""
    pools = {part: _split(f"{name} {part}", listed) for part, listed in files.items()}
    source, parts, how = _PLANS[tuple(sorted(pools))]
    if parts:
        pool = pools.pop(source)
        shares = np.array((0.5, 0.5) if source == "validation" else fractions[: len(parts)], float)
        for part, rows in zip(parts, stratified_split(pool.labels, shares / shares.sum(), seed), strict=True):
            pools[part] = Split(pool.labels[rows], tuple(pool.paths[row] for row in rows), name=f"{name} {part}")
    return ImageSet(name, class_names, pools["train"], pools["validation"], pools["test"], f"{note} {how}".strip())


def _split(name: str, listed: list[tuple[Path, int]]) -> Split:
    labels = np.array([label for _, label in listed], np.int64)
    return Split(labels, tuple(file for file, _ in listed), name=name)
