"""Arrays on the disk that grow batch by batch and are whole or not there: what a damaged file holds is never used."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from helpers.files import disk

KEPT_IN_MEMORY = 256_000_000  # bytes; larger arrays are read from the disk page by page
FOLDER_LIMIT = 4_000_000_000  # bytes of arrays in one folder; the least recently used go first
_MARK = b"sha256:"  # before the sum at a file's end; NumPy and LiteRT do not read that far


class Writer:
    """A float32 `.npy` file that grows batch by batch and gets its name when it is whole; its sum stands at its end."""

    def __init__(self, folder: Path) -> None:
        self.total, self.started, self.left = hashlib.sha256(), False, contextlib.ExitStack()
        self.path = self.left.enter_context(disk.workplace(folder, "unfinished-")) / "array.npy"
        self.file = self.left.enter_context(self.path.open("wb"))

    def write(self, rows: np.ndarray, count: int) -> None:
        """Add rows `(k, ...)` of an array that will have `count` rows in the end."""
        if not self.started:
            self.started = True
            self._put(_header((count, *rows.shape[1:])))
        self._put(np.ascontiguousarray(rows, dtype="<f4"))

    def _put(self, data: Any) -> None:
        self.total.update(data)
        self.file.write(data)

    def finish(self, path: Path) -> None:
        """Write the sum and give the file its name."""
        self.file.write(_MARK + self.total.digest())
        self.file.close()
        if path.is_dir():  # damage: a file belongs there
            disk.remove(path)
        os.replace(self.path, path)
        self.left.close()

    def discard(self) -> None:
        """Remove what is unfinished; nothing happens after `finish`."""
        with contextlib.suppress(OSError):  # closing writes what is left, and the disk may be full
            self.left.close()


def write_sealed(path: Path, content: bytes) -> None:
    """Write a file with its sum at the end, whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with disk.workplace(path.parent, "unfinished-") as room:
        (room / "content").write_bytes(content + _MARK + hashlib.sha256(content).digest())
        os.replace(room / "content", path)


def head(path: Path, count: int) -> bytes | None:
    """The first bytes of a file that carries its sum, without it; None where there is none or it is damaged."""
    with contextlib.suppress(OSError, ValueError):
        if _is_whole(path):
            with path.open("rb") as file:
                return file.read(count).partition(_MARK)[0]
    return None


def _header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return stream.getvalue()


def read(path: Path) -> np.ndarray | None:
    """Return a stored array, None when there is none; a damaged file is removed, with a notice, and gives None.

    More than 256 MB come as a read-only array that stays on the disk.
    """
    try:
        if _is_whole(path):
            return open_array(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError):
        pass  # unreadable: the same as damaged
    print(f"The stored features {path.name} were damaged; they are computed again.")
    with contextlib.suppress(OSError):
        disk.remove(path)
    return None


def _is_whole(path: Path) -> bool:
    """Whether the sum at the file's end is that of all that stands before it."""
    with contextlib.suppress(OSError):  # another's folder may be read only
        os.utime(path)  # used just now: last to go when room is needed
    data = np.memmap(path, np.uint8, "r")
    end = len(_MARK) + 32
    return bytes(data[-end:]) == _MARK + hashlib.sha256(data[:-end]).digest()


def open_array(path: Path) -> np.ndarray:
    """The array of a file that is known to be whole."""
    large = path.stat().st_size > KEPT_IN_MEMORY
    return np.load(path, mmap_mode="r" if large else None, allow_pickle=False)


def make_room(folder: Path, keep: set[Path], pattern: str = "*.npy", limit: float | None = None) -> None:
    """Delete what killed programs left, then the files not used for longest, until the folder is in its limit.

    limit: bytes, 4 GB where none are given. Several programs may do so at once: what is gone already is passed over.
    """
    disk.sweep(folder, ("unfinished-*",))
    files = []
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):
            state = path.stat()
            files.append((state.st_mtime, state.st_size, path))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= (limit or FOLDER_LIMIT):
            return
        if path not in keep:
            total -= size
            with contextlib.suppress(OSError):
                disk.remove(path)
