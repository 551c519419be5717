"""Photos that lie in a data set more than once: in the test they make the accuracy look better than it is."""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_File = tuple[str, Path, int]  # part, path, label
_SHOWN = 3


def repeated(parts: Mapping[str, Sequence[tuple[Path, int]]]) -> list[list[_File]]:
    """Return the groups of files with the same content, each as (part, path, label), in the order of the parts.

    parts: (path, label) of each photo by part. Only files of equal size are read. A file that cannot be read is left
    out; whoever reads the photo will name it.
    """
    every = [(part, path, label) for part, files in parts.items() for path, label in files]
    return [group for alike in _groups(every, _size) for group in _groups(alike, _content)]


def sentences(parts: Mapping[str, Sequence[tuple[Path, int]]]) -> list[str]:
    """Say which photos are in an earlier part, too, and which are in two classes; nothing where there are none."""
    again, torn = [], []
    for (first, path, label), *others in repeated(parts):
        again += [(path, other) for part, other, _ in others if part != first]
        torn += [(path, other) for _, other, own in others if own != label]
    harm = ": that makes the accuracy look better than it is; delete one of each."
    early = ("in an earlier part, too, byte for byte", harm)
    double = ("in two classes", "; delete the wrong one of each.")
    return [*_sentence(again, " of validation or test", *early), *_sentence(torn, "", *double)]


def _sentence(pairs: list[tuple[Path, Path]], of: str, where: str, advice: str) -> list[str]:
    if not pairs:
        return []
    count, verb = ("1 photo", "is") if len(pairs) == 1 else (f"{len(pairs)} photos", "are")
    names = [f"{'/'.join(first.parts[-2:])} = {'/'.join(other.parts[-2:])}" for first, other in pairs[:_SHOWN]]
    return [f"{count}{of} {verb} {where} ({', '.join(names)}{', ...' if len(pairs) > _SHOWN else ''}){advice}"]


def _groups(files: list[_File], key: Callable[[Path], Any]) -> list[list[_File]]:
    """Files with the same key together, where there are several; a key that is nothing leaves a file out."""
    found = defaultdict(list)
    for file in files:
        found[key(file[1])].append(file)
    return [group for value, group in found.items() if value and len(group) > 1]


def _size(path: Path) -> int | None:
    with contextlib.suppress(OSError):
        return path.stat().st_size
    return None


def _content(path: Path) -> bytes | None:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
    return None
