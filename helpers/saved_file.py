"""Is a `.keras` file what it says? Looked into before Keras builds from it, so that no file fills the memory."""

from __future__ import annotations

import contextlib
import json
import math
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from helpers import hdf5
from helpers.quiet import keras

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
# Bytes of the texts in the archive. The layers of the largest network of keras.applications take 2 MB.
_LARGEST = {"course.json": 1_000_000, "metadata.json": 1_000_000, _CONFIG: 20_000_000}
_MOST_PARTS = 1_000  # in the archive: three or four, and files of layers that keep lists of words
_MOST_BYTES = 8_000_000_000
_PACKED = 200  # times smaller than its content; Keras itself packs nothing
_DEPTH = 50  # boxes in boxes in the configuration: about six for a network in a network
_MOST_LAYERS = 10_000
_SPARE = 10_000  # weights that a network has beside those in its file, such as counters


def check(path: str | Path) -> int:
    """Look into a saved network and return how many numbers its weights are.

    Nothing is built, and little is read. Raises ValueError, one sentence, for a damaged archive, for texts, weights or
    a configuration out of all proportion, and for weights that claim more than the file holds. Use `at_most` with the
    number returned while Keras builds the network: its configuration may ask for more weights than the file has.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            reason = _archive_fault(archive) or _config_fault(archive.read(_CONFIG))
            if reason:
                raise _Refused(reason)
            reason, numbers = hdf5.problem(archive.read(_WEIGHTS))
            if reason:
                raise _Refused(f"in its weights, {reason}")
            return numbers
    except _Refused as refused:
        raise ValueError(f"{path.name} was not opened: {refused}; save the network again") from None
    except OSError as error:
        if error.errno is not None:
            raise ValueError(f"{path.name} cannot be read: {error.strerror}") from None
        raise ValueError(f"{path.name} is damaged; save the network again") from None
    except Exception:  # zipfile and zlib raise many kinds for what is damaged
        raise ValueError(f"{path.name} is damaged or holds no network; save it again") from None


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
            left -= _size(shape)
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


class _Refused(Exception):
    """The reason."""


def _size(shape: Any) -> int:
    try:
        return math.prod(int(size) for size in shape or ())
    except (TypeError, ValueError):
        return int(shape) if isinstance(shape, int) else 0  # Keras says what is wrong with other shapes


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


def _config_fault(data: bytes) -> str | None:
    """Say what is wrong with a network's description, None if nothing is that Keras would stumble over for long."""
    try:
        config = json.loads(data)
    except RecursionError:
        return "its configuration is nested too deeply"
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        return "its configuration describes no network"
    layers, level, depth = 0, [config], 0
    while level:
        if depth > _DEPTH:
            return "its configuration is nested too deeply"
        layers += sum(isinstance(item, dict) and "class_name" in item for item in level)
        level, depth = [part for item in level for part in _parts(item)], depth + 1
    if layers > _MOST_LAYERS:
        return f"its configuration describes {layers:,} objects, more than {_MOST_LAYERS:,}"
    return None


def _parts(item: Any) -> list[Any]:
    """The boxes in a box: lists and dictionaries."""
    values = item.values() if isinstance(item, dict) else item
    return [value for value in values if isinstance(value, (dict, list))]
