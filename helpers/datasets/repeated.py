"""Photos that lie in a data set more than once: in the test they make the accuracy look better than it is."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

_SHOWN = 3


def repeated(parts: Mapping[str, Sequence[tuple[Path, int]]]) -> list[list[tuple[str, Path, int]]]:
    """Return the groups of files with the same content, each as (part, path, label), in the order of the parts.

    parts: (path, label) of each photo by part. Only files of equal size are read. A file that cannot be read is left
    out; whoever reads the photo will name it.
    """
    by_size = defaultdict(list)
    for part, files in parts.items():
        for path, label in files:
            by_size[_size(path)].append((part, path, label))
    groups = defaultdict(list)
    for size, files in by_size.items():
        for file in files if len(files) > 1 and size > 0 else ():
            groups[_content(file[1])].append(file)
    return [group for content, group in groups.items() if content and len(group) > 1]


def sentences(parts: Mapping[str, Sequence[tuple[Path, int]]]) -> list[str]:
    """Say which photos are in an earlier part, too, and which are in two classes; nothing where there are none."""
    again, torn = [], []
    for group in repeated(parts):
        first = group[0]
        again += [(first[1], path) for part, path, _ in group if part != first[0]]
        torn += [(first[1], path) for _, path, label in group if label != first[2]]
    found = []
    if again:
        found.append(
            f"{_photos(len(again))} of validation or test {_is(again)} in an earlier part, too, byte for byte "
            f"({_named(again)}): that makes the accuracy look better than it is; delete one of each."
        )
    if torn:
        found.append(f"{_photos(len(torn))} {_is(torn)} in two classes ({_named(torn)}); delete the wrong one of each.")
    return found


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"


def _is(pairs: list) -> str:
    return "is" if len(pairs) == 1 else "are"


def _named(pairs: list[tuple[Path, Path]]) -> str:
    names = [f"{'/'.join(first.parts[-2:])} = {'/'.join(other.parts[-2:])}" for first, other in pairs[:_SHOWN]]
    return ", ".join(names) + (", ..." if len(pairs) > _SHOWN else "")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return b""
