"""Unpack a downloaded zip file without trusting it: every name stays inside, no links, no bombs, all or nothing."""

from __future__ import annotations

import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from helpers.files import disk
from helpers.files.downloads import DownloadError, check_room

_MAX_BYTES = 2_000_000_000
_MAX_FILES = 200_000
_MAX_DEPTH = 50  # folders in each other
# What zipfile raises for a file that is damaged, whatever part of it.
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, RuntimeError, OverflowError)


def unpack(archive: str | Path, folder: str | Path, max_bytes: int = _MAX_BYTES) -> Path:
    """Unpack a zip file into a new folder and return that folder.

    The folder appears only when everything is unpacked. `max_bytes` bounds the unpacked size. Raises DownloadError,
    one sentence, for a damaged file, a name that leads outside, a link, a locked or doubled entry, too much content,
    too many folders in each other, too little room, or a folder that exists already.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists():
        raise DownloadError(f"Cannot unpack {archive.name}: {folder} exists already; delete it or choose another.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        disk.sweep(folder.parent, (".unpack-*",))
        with disk.workplace(folder.parent, ".unpack-") as room, zipfile.ZipFile(archive) as opened:
            content = room / "content"
            content.mkdir()  # also for an archive that holds nothing
            entries = _checked(opened, archive.name, max_bytes)
            check_room(room, sum(entry.file_size for entry in entries), f"the content of {archive.name}")
            opened.extractall(content, entries)
            os.replace(content, folder)
    except _DAMAGED as error:
        raise DownloadError(f"{archive.name} is not a sound zip file ({error}); download it again.") from error
    except DownloadError:
        raise
    except OSError as error:
        raise DownloadError(f"Cannot unpack {archive.name} to {folder}: {error.strerror or error}.") from error
    return folder


def _checked(opened: zipfile.ZipFile, name: str, max_bytes: int) -> list[zipfile.ZipInfo]:
    """Return the entries, or raise for the first that cannot be trusted."""
    entries = opened.infolist()
    if len(entries) > _MAX_FILES:
        raise DownloadError(f"Refused to unpack {name}: it holds {len(entries):,} files, more than {_MAX_FILES:,}.")
    total = sum(entry.file_size for entry in entries)  # zipfile reads no more than the size an entry claims
    if total > max_bytes:
        raise DownloadError(f"Refused to unpack {name}: it would fill {total:,} bytes, more than {max_bytes:,}.")
    seen = set()
    for entry in entries:
        place = _place(entry.filename)
        fault = _fault(entry) or ("is in it twice" if place in seen else None)
        if fault:
            name_of_entry = entry.filename if len(entry.filename) <= 100 else f"{entry.filename[:100]}..."
            raise DownloadError(f"Refused to unpack {name}: its entry {name_of_entry!r} {fault}.")
        seen.add(place)
    return entries


def _place(name: str) -> str:
    """One text for all names that some disk takes for the same file: "a", "./a", "A", "a." on Windows; "ü" has two."""
    parts = (part.rstrip(". ") or part for part in PurePosixPath(name).parts)
    return unicodedata.normalize("NFC", "/".join(parts)).casefold()


def _fault(entry: zipfile.ZipInfo) -> str | None:
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename or not path.parts:
        return "leads outside the folder"
    if len(path.parts) > _MAX_DEPTH:
        return f"lies {len(path.parts) - 1} folders deep, more than {_MAX_DEPTH}"
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device, not a file"
    if entry.flag_bits & 0x1:
        return "is locked with a password"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in a rare way that is not read here"
    return None
