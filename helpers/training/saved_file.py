"""Is a `.keras` file what it says? Looked into before Keras builds from it, so that no file fills the memory."""

from __future__ import annotations

import contextlib
import json
import math
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helpers.files import hdf5
from helpers.runtime import keras

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
NOTES = "course.json"  # beside Keras's own files in the archive, which Keras leaves alone
# Bytes of the texts in the archive. The layers of the largest network of keras.applications take 2 MB.
_LARGEST = {NOTES: 1_000_000, "metadata.json": 1_000_000, _CONFIG: 20_000_000}
_MOST_PARTS = 1_000  # in the archive: three or four, and files of layers that keep lists of words
_MOST_BYTES = 8_000_000_000
_PACKED = 200  # times smaller than its content; Keras itself packs nothing
_MOST_OBJECTS = 10_000  # layers, and what they are made of
_SPARE = 10_000  # weights that a network has beside those in its file, such as counters


class Content(NamedTuple):
    """What is in a saved network: Keras's description, our notes (None without), how many numbers its weights are."""

    config: str
    notes: Any
    numbers: int


def damaged(path: Path, error: Exception) -> ValueError:
    """The sentence for a file that cannot be used; error: what stopped its reader."""
    if isinstance(error, OSError) and error.errno is not None:
        return ValueError(f"{path.name} cannot be read: {error.strerror}")
    return ValueError(f"{path.name} is damaged or holds no network; save it again")


def check(path: Path) -> Content:
    """Look into a saved network: nothing is built, and little is read.

    Raises ValueError, one sentence, for a damaged archive, for texts, weights or a configuration out of all proportion,
    and for weights that claim more than the file holds. Use `at_most` with the number returned while Keras builds the
    network: its configuration may ask for more weights than the file has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            reason = _archive_fault(archive)
            if reason is None:
                config = json.loads(archive.read(_CONFIG))
                notes = json.loads(archive.read(NOTES)) if NOTES in archive.namelist() else None
                fault, numbers = hdf5.problem(archive.read(_WEIGHTS))
                reason = _config_fault(config) or (fault and f"in its weights, {fault}")
    except Exception as error:  # zipfile, zlib and json raise many kinds for what is damaged
        raise damaged(path, error) from None
    if reason:
        raise ValueError(f"{path.name} was not opened: {reason}; save the network again")
    return Content(json.dumps(config), notes, numbers)


@contextlib.contextmanager
def at_most(numbers: int) -> Iterator[None]:
    """While inside, let Keras make no more than so many weights (and a few counters), in this thread.

    Raises ValueError, one sentence, at the layer that would have more, before its memory is taken.
    """
    layer, thread, left, fault = keras().layers.Layer, threading.get_ident(), numbers + _SPARE, ""
    original = layer.add_weight

    def add_weight(self: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal left, fault
        if threading.get_ident() == thread:
            shape = options.get("shape", arguments[0] if arguments else ())
            left -= math.prod(np.ravel(shape or ()).tolist())
            if left < 0:
                fault = f"the layer {str(self.name)[:60]!r} would have more weights than the file holds"
                raise ValueError(fault)
        return original(self, *arguments, **options)

    layer.add_weight = add_weight
    try:
        yield
    except Exception:  # Keras packs errors of some layers into long ones of its own
        if fault:
            raise ValueError(f"{fault} ({numbers:,} numbers); save the network again") from None
        raise
    finally:
        layer.add_weight = original


def _archive_fault(archive: zipfile.ZipFile) -> str | None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > _MOST_PARTS or len(set(names)) != len(names):
        return f"its archive has {len(entries):,} parts, some of them more than once or too many"
    if sum(entry.file_size for entry in entries) > _MOST_BYTES:
        return f"it would take more than {_MOST_BYTES // 10**9} GB"
    for entry in entries:
        if entry.file_size > _LARGEST.get(entry.filename, _MOST_BYTES):
            return f"{entry.filename} in it has {entry.file_size:,} bytes, more than {_LARGEST[entry.filename]:,}"
        if entry.file_size > _PACKED * entry.compress_size + 100_000:
            return f"{entry.filename[:40]} in it is packed {_PACKED} times smaller than it is"
    return None


def _config_fault(config: Any) -> str | None:
    """Say what is wrong with a network's description, None if nothing is that Keras would stumble over for long."""
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        return "its configuration describes no network"
    objects = json.dumps(config).count('"class_name"')
    if objects > _MOST_OBJECTS:
        return f"its configuration describes {objects:,} objects, more than {_MOST_OBJECTS:,}"
    return None
