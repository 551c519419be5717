"""What lies in a folder of photos: the photos of each class, and which folders are parts (train, validation, test)."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from helpers.images.photo_files import beginning, extensions, kind_of, unreadable_extensions

_PARTS = ("train", "validation", "test")
_WORDS = {
    **dict.fromkeys(("train", "training", "trainings", "trn", "lernen"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev", "development", "validierung", "validierungs"), "validation"),
    **dict.fromkeys(("test", "testing", "tests", "tst", "pruefung", "pruefungs", "holdout"), "test"),
    **dict.fromkeys(("eval", "evaluation", "evaluierung"), "eval"),  # test or validation, whichever is not there
}
# What may stand beside or behind such a word: training_set, test images, Trainingsdaten.
_FILLERS = ("set", "sets", "data", "dataset", "images", "imgs", "photos", "split", "daten", "bilder", "fotos", "menge")
# Folders of a data set that hold the photos of all classes, or something about each photo.
_NO_CLASSES = {
    *("images", "image", "imgs", "img", "jpegimages", "annotations", "annotation", "labels", "masks", "mask"),
    *("trimaps", "segmentation", "segmentations", "groundtruth", "gt", "bboxes", "xmls"),
}
# Without a photo's ending, only beginnings are believed that no text can have.
_UNMISTAKABLE = ("JPEG", "PNG", "GIF", "WEBP", "JPEG2000", "AVIF", "HEIC")


class Listing(NamedTuple):
    """The photos below a folder, in order, and the endings of the files that are left out."""

    photos: list[Path]
    others: list[str]

    def lost(self) -> list[str]:
        """Endings of the photos that cannot be read here, each once."""
        return sorted(set(self.others) & set(unreadable_extensions()))


def _visible(name: str) -> bool:
    """Whether a name is meant for people: not .DS_Store, ._photo.jpg, .ipynb_checkpoints, __MACOSX."""
    return not name.startswith((".", "__"))


def subfolders(folder: Path) -> list[Path]:
    """The visible folders in a folder, in alphabetical order. Raises ValueError if it may not be read."""
    try:
        return sorted(entry for entry in folder.iterdir() if _visible(entry.name) and entry.is_dir())
    except OSError as error:
        raise _closed(error) from None


def _is_photo(path: Path) -> bool:
    """Whether a file is taken for a photo: by the ending of its name, else by what it begins with."""
    ending = path.suffix.lower()
    if ending in extensions():
        return True
    return ending not in unreadable_extensions() and kind_of(beginning(path)) in _UNMISTAKABLE


def loose_photos(folder: Path) -> int:
    """The number of photos that lie in a folder itself, in no folder below."""
    return sum(_visible(entry.name) and not entry.is_dir() and _is_photo(entry) for entry in folder.iterdir())


def listing(folder: Path, root: Path) -> Listing:
    """Find the photos below a class folder, also in linked folders, each folder once.

    A link to a folder that holds the whole data set (`root`) is not followed. Raises ValueError for a folder that may
    not be read.
    """
    photos, others, seen = [], [], set()
    for inner, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        here = os.stat(inner)
        if (here.st_dev, here.st_ino) in seen:
            folders[:] = []
            continue
        seen.add((here.st_dev, here.st_ino))
        folders[:] = [name for name in folders if _visible(name) and not _holds(Path(inner, name), root)]
        for path in (Path(inner, name) for name in files if _visible(name)):
            if _is_photo(path):
                photos.append(path)
            else:
                others.append(path.suffix.lower() or path.name)
    return Listing(sorted(photos, key=lambda photo: photo.relative_to(folder).as_posix()), others)


def _holds(link: Path, root: Path) -> bool:
    return link.is_symlink() and root.resolve().is_relative_to(link.resolve())


def _refuse(error: OSError) -> None:
    raise _closed(error)


def _closed(error: OSError) -> ValueError:
    return ValueError(
        f"The folder {error.filename} cannot be read ({error.strerror}); make it readable, or move it away."
    )


def find_parts(root: Path) -> dict[str, Path]:
    """Return the folder of each part by the part's name, none if the folders in `root` are classes.

    Known names are those of `_WORDS` with what usually stands around them: train, seg_train, training_set, Testdaten.
    Only a train folder makes parts, because a class may well be called "test"; and a folder with photos of its own
    beside classes is a class, even if it is called "train". Raises ValueError for two folders of one part.
    """
    folders = subfolders(root)
    named = [(folder, *found) for folder in folders if (found := part_of(folder.name)) is not None]
    rests = [rest for _, part, rest in named if part == "train"]
    if not rests:
        return {}
    group = [(folder, part) for folder, part, rest in named if rest == rests[0]]
    beside = len(group) < len(folders)
    train = next(folder for folder, part in group if part == "train")
    if beside and loose_photos(train) and not subfolders(train):
        return {}
    taken = {part for _, part in group}
    other = "validation" if "test" in taken else "test"
    parts: dict[str, Path] = {}
    for folder, part in group:
        part = other if part == "eval" else part
        if part in parts:
            raise ValueError(
                f"In {root} the folders {parts[part].name} and {folder.name} may both be the part {part}; rename or "
                "move one of them."
            )
        parts[part] = folder
    return {part: _inner(parts[part]) for part in _PARTS if part in parts}


def part_of(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Return which part a folder's name means and the other words in it; None for another name."""
    text = unicodedata.normalize("NFC", name).lower().replace("ü", "ue")
    words = [word for word in re.split(r"[^a-zäöß]+", text) if word and word not in _FILLERS]
    known = [(_WORDS[stem], number) for number, word in enumerate(words) if (stem := _stem(word)) in _WORDS]
    if len(known) != 1:
        return None
    part, number = known[0]
    return part, tuple(words[:number] + words[number + 1 :])


def _stem(word: str) -> str:
    """The word without what is joined to it: testset, Trainingsdaten."""
    ends = (word.removesuffix(filler) for filler in _FILLERS if word.endswith(filler))
    return next((stem for stem in ends if stem in _WORDS), word)


def _inner(folder: Path) -> Path:
    """The folder itself, or the one inside it that holds the classes: training_set/training_set/cats."""
    inside = subfolders(folder)
    deeper = len(inside) == 1 and not loose_photos(folder) and len(subfolders(inside[0])) > 1
    return _inner(inside[0]) if deeper else folder


def refuse_no_classes(folder: Path, names: Sequence[str], parts_known: bool) -> None:
    """Raise ValueError for folders that are no classes: photos beside their masks, or parts under unknown names.

    parts_known: that these folders lie in a known part, so that they cannot be parts themselves.
    """
    plain = [name for name in names if re.sub(r"[^a-z]+", "", name.lower()) in _NO_CLASSES]
    if len(plain) > 1 and len(plain) == len(names):
        raise ValueError(
            f"The folders {', '.join(names)} in {folder} look like photos and what belongs to them, not like classes; "
            f"give a folder that holds one folder of photos per class, perhaps {folder / plain[0]}."
        )
    if parts_known or len(names) < 2:
        return
    inside = [{inner.name for inner in subfolders(folder / name)} for name in names]
    shared = set.intersection(*inside)
    if len(shared) < 2 or any(loose_photos(folder / name) for name in names):
        return
    both = f"The folders {', '.join(names)} in {folder} hold the same folders ({', '.join(sorted(shared))})"
    if all(part_of(name) for name in shared):
        raise ValueError(f"{both}, which look like parts; put the class folders inside these, as in train/{names[0]}.")
    raise ValueError(
        f"{both}, so they look like parts, not classes; name them train, validation and test, or, if they are classes, "
        "put the photos of each into one folder."
    )
