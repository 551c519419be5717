"""Values that cross between the grader and a student's process: data only, checked for kind and size, never pickled.

A message is one frame: two lengths, JSON, and the bytes of the arrays that the JSON names by place.
"""

from __future__ import annotations

import builtins
import itertools
import json
import math
import struct
from collections import namedtuple
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

LENGTHS = struct.Struct(">II")
MOST_TEXT, MOST_BYTES = 4_000_000, 256_000_000  # of one message: its JSON, its arrays
_DEEPEST, _MOST_DIGITS = 30, 400
_KINDS = "biufcUM"  # of arrays: truth values, numbers, text, dates; no objects
_WRITTEN = {"ellipsis", "complex", "array", "dict", "named", "tuple", "set"}


class Refused(Exception):
    """A value that is no data, is too large, or has been tampered with."""


def pack(value: Any, hold: Callable[[Any], dict], blobs: list[bytes]) -> Any:
    """Return a value as JSON can write it, and add the bytes of its arrays to blobs.

    hold: what stands for something that is no data, as a dict. Raises Refused for what is nested too deeply.
    """
    return _packed(value, hold, blobs, 0)


def _packed(value: Any, hold: Callable[[Any], dict], blobs: list[bytes], depth: int) -> Any:
    if depth > _DEEPEST:
        raise Refused(f"a value is nested more than {_DEEPEST} deep")
    if value is None or isinstance(value, bool):
        return value
    if value is Ellipsis:
        return {"ellipsis": True}
    if isinstance(value, str | PurePath):
        return str(value)
    if isinstance(value, int | float) and not isinstance(value, np.generic):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, complex) and not isinstance(value, np.generic):
        return {"complex": [value.real, value.imag]}
    array = _as_array(value)
    if array is not None:
        spec = {"type": array.dtype.str, "shape": list(array.shape), "at": len(blobs), "one": array.ndim == 0}
        blobs.append(np.ascontiguousarray(array).tobytes())
        return {"array": spec}
    return _packed_group(value, hold, blobs, depth)


def _packed_group(value: Any, hold: Callable[[Any], dict], blobs: list[bytes], depth: int) -> Any:
    def inner(values: Any) -> list:
        return [_packed(one, hold, blobs, depth + 1) for one in values]

    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {"named": [type(value).__name__, list(value._fields), inner(value)]}
    if isinstance(value, tuple):
        return {"tuple": inner(value)}
    if isinstance(value, list | range):
        return inner(value)
    if isinstance(value, set | frozenset):
        return {"set": inner(value)}
    if isinstance(value, Mapping):
        return {"dict": [inner(pair) for pair in value.items()]}
    return hold(value)


def _as_array(value: Any) -> np.ndarray | None:
    """An array or a tensor as an array of one of the kinds that may cross, else None."""
    if not isinstance(value, np.ndarray | np.generic):
        if not type(value).__module__.startswith(("tensorflow.", "keras.src.backend")) or not hasattr(value, "numpy"):
            return None
        value = value.numpy()
    array = np.asarray(value)
    if array.dtype.kind == "V" and array.dtype.names is None and hasattr(array.dtype.type, "dtype"):
        array = array.astype(np.float32)  # bfloat16, which NumPy itself does not know
    return array if array.dtype.kind in _KINDS else None


def unpack(packed: Any, blobs: list[bytes], held: Callable[[str, Any], Any]) -> Any:
    """Return the value again. held: what stands for a dict that `pack`'s hold made, from its only key and that value.

    Raises Refused for anything that `pack` does not write.
    """
    if packed is None or isinstance(packed, bool | float | str):
        return packed
    if isinstance(packed, int):
        if abs(packed) >= 10**_MOST_DIGITS:
            raise Refused(f"a whole number has more than {_MOST_DIGITS} digits")
        return packed
    if isinstance(packed, list):
        return [unpack(one, blobs, held) for one in packed]
    if not isinstance(packed, dict) or len(packed) != 1:
        raise Refused("a value is written in a way that nobody writes")
    ((kind, inner),) = packed.items()
    if kind not in _WRITTEN:
        return held(kind, inner)
    try:
        return _unpacked(kind, inner, blobs, held)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, AttributeError):
        raise Refused(f"a value of the kind {kind[:20]!r} is damaged") from None


def _unpacked(kind: str, inner: Any, blobs: list[bytes], held: Callable[[str, Any], Any]) -> Any:
    if kind == "ellipsis":
        return ...
    if kind == "complex":
        return complex(*inner)
    if kind == "array":
        return _array(inner, blobs)
    if kind == "dict":
        return {unpack(key, blobs, held): unpack(value, blobs, held) for key, value in inner}
    if kind == "named":
        name, fields, values = inner
        return namedtuple(str(name), [str(field) for field in fields])(*unpack(values, blobs, held))
    return {"tuple": tuple, "set": set}[kind](unpack(inner, blobs, held))


def _array(spec: dict, blobs: list[bytes]) -> Any:
    dtype, shape, blob = np.dtype(str(spec["type"])), [int(length) for length in spec["shape"]], blobs[int(spec["at"])]
    if dtype.kind not in _KINDS or min(shape, default=0) < 0 or len(shape) > 16 or max(shape, default=0) > 2**31:
        raise Refused("an array of a kind that does not cross")
    if math.prod(shape) * dtype.itemsize != len(blob):
        raise Refused("an array whose bytes do not fit its shape")
    array = np.frombuffer(blob, dtype).reshape(shape).copy()
    return array[()] if spec.get("one") else array


def frame(message: dict, blobs: list[bytes]) -> bytes:
    """One message as bytes. message: a dict that JSON can write. Raises Refused for one that is too large."""
    text = json.dumps({**message, "sizes": [len(blob) for blob in blobs]}).encode()
    length = sum(map(len, blobs))
    if len(text) > MOST_TEXT or length > MOST_BYTES:
        raise Refused(f"a value has {(len(text) + length) / 1e6:.0f} MB, more than may cross")
    return LENGTHS.pack(len(text), length) + text + b"".join(blobs)


def unframe(read: Callable[[int], bytes]) -> tuple[dict, list[bytes]]:
    """One message and the bytes of its arrays. read: gives exactly so many bytes. Raises Refused for no such frame."""
    lengths = LENGTHS.unpack(read(LENGTHS.size))
    if lengths[0] > MOST_TEXT or lengths[1] > MOST_BYTES:
        raise Refused("a message is larger than may cross")
    text, rest = read(lengths[0]), read(lengths[1])
    try:
        message = json.loads(text)
        sizes = message.pop("sizes")
        ends = np.cumsum([0, *map(int, sizes)])
        if min(sizes, default=0) < 0 or ends[-1] != len(rest):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise Refused("a message is damaged") from None
    return message, [rest[start:end] for start, end in itertools.pairwise(ends)]


def described(error: BaseException) -> list[str]:
    """The name of an error that Python knows, and what it says; of another one the nearest that Python knows."""
    known = next(kind for kind in type(error).__mro__ if getattr(builtins, kind.__name__, None) is kind)
    try:
        said = " ".join(str(error).split())
    except Exception:
        said = ""
    return [known.__name__, said[:300]]
