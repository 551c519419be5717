"""Photo data sets made of folders: your own, and the cats and dogs of the lecture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from helpers import images
from helpers.datasets.catalogue import missing
from helpers.datasets.imagesets import ImageSet, Split
from helpers.datasets.listing import Listing, find_parts, listing, loose_photos, refuse_no_classes, subfolders
from helpers.datasets.repeated import sentences
from helpers.datasets.splits import stratified_split
from helpers.files import find
from helpers.images import loading
from helpers.images.photo_files import extensions, short

_FRACTIONS = (0.6, 0.2, 0.2)
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
    fractions: Sequence[float] = _FRACTIONS,
    skip_unreadable: bool = False,
    name: str | None = None,
) -> ImageSet:
    """Make a data set of a folder that holds one folder of photos per class.

    With folders `train`, `validation` (or `val`, `dev`) and `test` in between, these are the parts, also under names as
    seg_train, training_set or Testdaten. Without them the photos are split by `fractions` (train, validation, test),
    class by class, with the seed. With train and validation only, the validation photos are halved; with train and test
    only, validation is taken from the training photos. All photos that `images.load` reads are found, by the ending of
    their name or by their first bytes, also in folders and linked folders inside a class folder; hidden files and
    folders are left out. Class names are the folders' names, in alphabetical order.

    Every file's header is read to see that `images.load` would read it. A file that it would not raises ImageError with
    its name; with `skip_unreadable=True` every photo is read as a whole, which takes time, and bad ones are left out
    and counted in the note. The note also names other files and empty folders, and photos of the test that are in the
    training part, too. Raises ValueError, one sentence, for a folder that is missing, empty, has photos but no class
    folders, only one class, a class of photos that are not read here, parts with different classes, or folders that are
    no classes.
    """
    if len(fractions) != 3 or fractions[0] <= 0 or min(fractions) < 0 or not np.isclose(sum(fractions), 1.0):
        raise ValueError(
            f"The fractions {tuple(fractions)} must be three shares (train, validation, test) that sum to 1, the first "
            f"above 0, for example {_FRACTIONS}."
        )
    root = _folder(path)
    parts = find_parts(root) or {"all": root}
    empty: list[str] = []
    found = {part: _classes(folder, root, empty) for part, folder in parts.items()}
    class_names = _same_classes(root, found)
    for part, folder in parts.items():
        refuse_no_classes(folder, list(found[part]), part != "all")
    bad: list[Path] = []
    pools = {}
    for part, classes in found.items():
        files = [_readable(classes[class_name].photos, skip_unreadable, bad) for class_name in class_names]
        labels = np.repeat(np.arange(len(files)), [len(photos) for photos in files])
        pools[part] = Split(labels, tuple(chain.from_iterable(files)))
    left_out = Counter(suffix for classes in found.values() for listed in classes.values() for suffix in listed.others)
    chosen, how = _divided(pools, fractions, seed)
    pairs = {part: list(zip(split.paths, split.labels.tolist(), strict=True)) for part, split in chosen.items()}
    note = _notes(root, left_out, bad, empty, _beside(root, parts))
    note += [how, _few(chosen, class_names), *sentences(pairs)]
    name = name or root.resolve().name
    splits = [replace(split, name=f"{name} {part}") for part, split in chosen.items()]
    return ImageSet(name, class_names, *splits, note=" ".join(filter(None, note)))


def _folder(path: str | Path) -> Path:
    try:
        root = Path(path).expanduser()
        if root.is_dir():
            return root
    except (OSError, ValueError, RuntimeError):  # a name too long, a zero byte, "~nobody"
        root = short(path)
    raise ValueError(f"There is no folder {root}; give the folder that holds one folder of photos per class.")


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


def _classes(folder: Path, root: Path, empty: list[str]) -> dict[str, Listing]:
    """Return the listing of every class folder; the names of folders without photos are added to `empty`."""
    found = {inner.name: listing(inner, root) for inner in subfolders(folder)}
    for class_name, listed in found.items():
        if not listed.photos and (lost := listed.lost()):
            raise ValueError(
                f"The photos in {folder / class_name} are not of a kind that is read here ({', '.join(lost)}); convert "
                f"them to JPEG{_for_heic(lost)}, or move the folder away."
            )
    if not any(listed.photos for listed in found.values()):
        raise ValueError(
            f"The photos in {folder} lie in no class folder; put them into one folder per class."
            if loose_photos(folder)
            else f"The folder {folder} holds no photos; it should hold one folder of photos per class "
            f"({', '.join(extensions())})."
        )
    empty += [class_name for class_name, listed in found.items() if not listed.photos]
    return {class_name: listed for class_name, listed in found.items() if listed.photos}


def _for_heic(endings: Sequence[str]) -> str:
    return " (or install the package pillow-heif)" if {".heic", ".heif", ".hif"} & set(endings) else ""


def _beside(root: Path, parts: dict[str, Path]) -> list[str]:
    """What lies beside the parts or the class folders and is not used."""
    known = {folder.relative_to(root).parts[:1] for folder in parts.values()}
    unused = [
        f"the folder {folder.name}" for folder in subfolders(root) if "all" not in parts and (folder.name,) not in known
    ]
    loose = sum(loose_photos(folder) for folder in {root, *parts.values()})
    return unused + ([f"{loose} photos in no class folder"] if loose else [])


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
        deeper = first == "all" and subfolders(only)
        advice = f"; perhaps you mean {only}" if deeper else ", one folder of photos each"
        raise ValueError(f"The folder {root} holds only one class, {names[0]!r}; two or more are needed{advice}.")
    return names


def _readable(files: list[Path], skip: bool, bad: list[Path]) -> list[Path]:
    """Return the photos of one class that can be used. By default a bad beginning raises; `skip` tries whole photos."""
    good = []
    for file in files:
        try:
            images.load(file) if skip else loading.check_file(file)
            good.append(file)
        except images.ImageError as error:
            if not skip:
                why = str(error).replace(short(file), "it", 1)
                raise images.ImageError(
                    f"The photo {file} cannot be read; delete it, or leave such files out with skip_unreadable=True: "
                    f"{why}"
                ) from None
            bad.append(file)
    if not good:
        raise ValueError(f"None of the {len(files)} photos in {files[0].parent} can be read; put sound ones there.")
    return good


def _notes(root: Path, left_out: Counter, bad: list[Path], empty: list[str], beside: list[str]) -> list[str]:
    said = [f"Photos from the folder {root.name}."]
    if left_out:
        kinds = ", ".join(sorted(left_out))
        said.append(f"{left_out.total()} other files were left out ({kinds}).")
        if _for_heic(tuple(left_out)):
            said.append("HEIC photos are read where the package pillow-heif is installed.")
    if bad:
        names = ", ".join(photo.name for photo in bad[:3]) + (", ..." if len(bad) > 3 else "")
        said.append(f"{len(bad)} photos that cannot be read were left out ({names}).")
    if empty:
        said.append(f"No class, because no photo is in it: {', '.join(dict.fromkeys(empty))}.")
    if beside:
        said.append(f"Not used: {', '.join(beside)}.")
    return said


def _divided(pools: dict[str, Split], fractions: Sequence[float], seed: int) -> tuple[dict[str, Split], str]:
    """Return the three parts, one of them split where a part has no folder, and the sentence that says so."""
    source, parts, how = _PLANS[tuple(sorted(pools))]
    if parts:
        pool = pools.pop(source)
        shares = np.array((0.5, 0.5) if source == "validation" else fractions[: len(parts)], float)
        rows = stratified_split(pool.labels, shares / shares.sum(), seed)
        pools |= {part: pool.at(chosen) for part, chosen in zip(parts, rows, strict=True)}
    return {part: pools[part] for part in ("train", "validation", "test")}, how


def _few(parts: dict[str, Split], class_names: Sequence[str]) -> str:
    """Say which parts hold no photo of some class; nothing if all hold some of each."""
    lacking = []
    for part, split in parts.items():
        absent = [name for label, name in enumerate(class_names) if not (split.labels == label).any()]
        if absent:
            lacking.append(f"{part} holds no {'photo' if len(absent) == len(class_names) else ' and no '.join(absent)}")
    return f"Too few photos: {', '.join(lacking)}; five or more of each class are enough." if lacking else ""
