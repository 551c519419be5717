"""Is an HDF5 file whole, and does it hold no more than it says? Looked at before its arrays are read."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import IO, Any

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
# Where the file's first superblock says how long the file is, by the superblock's version, and where it says how many
# bytes such an address has. HDF5 File Format Specification 3.0, section II.A.
_END_AT, _ADDRESS_SIZE_AT = {0: 40, 1: 44, 2: 28, 3: 28}, {0: 13, 1: 13, 2: 9, 3: 9}
_KINDS = "fiubV"  # numbers; V: bfloat16 as Keras writes it


def cut(file: IO[bytes], size: int) -> str | None:
    """Say what is wrong with the first bytes of an HDF5 file of `size` bytes, None if nothing is; takes no time."""
    head = file.read(64)
    if head[:8] != _SIGNATURE:
        return "it is not an HDF5 file"
    version = head[8] if len(head) == 64 else None
    if version not in _END_AT or head[_ADDRESS_SIZE_AT[version]] != 8:
        return "its first bytes are damaged"
    end = int.from_bytes(head[_END_AT[version] : _END_AT[version] + 8], "little")
    return None if end == size else f"it has {size:,} bytes and should have {end:,}"


def problem(source: Path | bytes) -> tuple[str | None, int]:
    """Say what is wrong with an HDF5 file of arrays (a path, or its bytes), None if nothing is; and how many numbers.

    Its arrays may hold numbers only, lie in the file itself, and be no larger together than the file.
    """
    import h5py

    size = source.stat().st_size if isinstance(source, Path) else len(source)
    try:
        with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as file:
            reason = cut(file, size)
            if reason:
                return reason, 0
            file.seek(0)
            with h5py.File(file, "r") as opened:
                return _content(opened, size)
    except Exception as error:  # h5py raises many kinds for a damaged file
        return f"it is damaged ({type(error).__name__})", 0


def _content(opened: Any, size: int) -> tuple[str | None, int]:
    """Look at every array without reading it; links are followed by their readers, so only plain ones are let pass."""
    import h5py

    numbers = total = 0

    def look(name: str, link: Any) -> str | None:
        nonlocal numbers, total
        entry = f"its entry {name[-40:]!r}"
        if not isinstance(link, h5py.HardLink):
            return f"{entry} points elsewhere"
        item = opened[name]
        if isinstance(item, h5py.Group):
            return None
        if not isinstance(item, h5py.Dataset) or item.dtype.kind not in _KINDS or item.external or item.is_virtual:
            return f"{entry} is not an array of numbers"
        numbers += math.prod(item.shape or ())
        total += math.prod(item.shape or ()) * item.dtype.itemsize
        return f"its arrays claim more than the {size:,} bytes that it has" if total > size else None

    return opened.visititems_links(look), numbers
