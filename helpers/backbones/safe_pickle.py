"""Weights out of pickle files, without running anything that stands in them.

A pickle is a small program; Python's own unpickler runs it. The two readers here know the few objects that a file of
weights needs (a dictionary of arrays) and refuse every other name, so a hostile file executes nothing. Offsets, sizes
and strides are checked before an array is cut out, so it reads nothing out of bounds either.
"""

from __future__ import annotations

import io
import math
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

_TORCH_HEADER = (0x1950A86A20F9469CFC6C, 1001)  # magic number and protocol of the format before PyTorch 1.6
_TORCH_TYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8", "IntStorage": "<i4"}


class _Storage(NamedTuple):
    """One block of numbers in the file, named by a key; its values come after the last pickle."""

    key: str
    dtype: str
    count: int


class _Tensor(NamedTuple):
    """A view on a storage: which of its numbers, in which shape."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Names(pickle.Unpickler):
    """An unpickler that knows a fixed list of names."""

    def __init__(self, file: io.BytesIO, known: dict[tuple[str, str], Callable], storages: bool = False) -> None:
        super().__init__(file, encoding="latin1")
        self._known, self._storages = known, storages

    def find_class(self, module: str, name: str) -> Callable:
        try:
            return self._known[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no file of weights needs") from None

    def persistent_load(self, pid: Any) -> _Storage:
        if not self._storages or not isinstance(pid, tuple) or len(pid) != 6 or pid[0] != "storage":
            raise pickle.UnpicklingError(f"it refers to {str(pid)[:60]!r}, expected a storage")
        _, make, key, _, count, view = pid
        dtype = make() if callable(make) else None
        if view is not None or dtype not in _TORCH_TYPES.values() or not _is_count(count) or not isinstance(key, str):
            raise pickle.UnpicklingError(f"storage {str(key)[:40]!r} is malformed")
        return _Storage(key, dtype, count)


def read_torch(data: bytes, name: str = "the file") -> dict[str, np.ndarray]:
    """Read the arrays of an old-format PyTorch file (a saved `state_dict`), without PyTorch.

    data: the whole file. Returns tensor name -> array, in the file's order. Raises ValueError in one sentence when the
    file is cut, malformed, or asks for anything but tensors. Format: torch/serialization.py, legacy layout.
    """
    try:
        return _read_torch(io.BytesIO(data))
    except Exception as error:  # a hostile or cut pickle can fail in any way; the caller needs one sentence
        raise ValueError(f"{name} is no readable PyTorch file of weights: {_reason(error)}") from None


def _read_torch(file: io.BytesIO) -> dict[str, np.ndarray]:
    # Callables are made anew for each file: a pickle may set attributes on what it is given.
    known: dict[tuple[str, str], Callable] = {("torch", n): _constant(d) for n, d in _TORCH_TYPES.items()}
    known["collections", "OrderedDict"] = type("OrderedDict", (dict,), {})
    known["torch._utils", "_rebuild_tensor_v2"] = lambda storage, offset, shape, strides, *_: _Tensor(
        storage, offset, shape, strides
    )
    header = tuple(_Names(file, {}).load() for _ in range(2))
    if header != _TORCH_HEADER:
        raise ValueError("its first bytes are not those of the format")
    _Names(file, {}).load()  # sizes of C types on the machine that wrote it; the values below state their own
    tensors, keys = _Names(file, known, storages=True).load(), _Names(file, {}).load()
    if not isinstance(tensors, dict) or not isinstance(keys, list):
        raise ValueError("it holds no dictionary of tensors")
    wanted = {t.storage.key: t.storage for t in tensors.values() if isinstance(t, _Tensor)}
    values: dict[str, np.ndarray] = {}
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        if key not in wanted or count != wanted[key].count:
            raise ValueError(f"storage {str(key)[:40]!r} has {count} values, not what its tensor says")
        raw = file.read(count * np.dtype(wanted[key].dtype).itemsize)
        values[key] = np.frombuffer(raw, wanted[key].dtype)
        if len(values[key]) != count:
            raise ValueError("it ends too early")
    return {str(k): _cut(t, values) for k, t in tensors.items()}


def _cut(tensor: Any, values: dict[str, np.ndarray]) -> np.ndarray:
    """Cut a tensor out of its storage after checking that every element lies inside."""
    if not isinstance(tensor, _Tensor) or not isinstance(tensor.storage, _Storage):
        raise ValueError("an entry is not a tensor")
    _, offset, shape, strides = tensor
    if not (isinstance(shape, tuple) and isinstance(strides, tuple) and len(shape) == len(strides) <= 8):
        raise ValueError("a tensor's shape and strides do not fit")
    if not all(_is_count(v) for v in (offset, *shape, *strides)):
        raise ValueError("a tensor has a negative or unreadable offset, size or stride")
    flat = values[tensor.storage.key]
    if 0 in shape:
        return np.zeros(shape, flat.dtype)
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if last >= len(flat) or math.prod(shape) > len(flat):
        raise ValueError(f"a tensor reaches value {last} of a storage of {len(flat)}")
    steps = tuple(stride * flat.itemsize for stride in strides)
    return np.lib.stride_tricks.as_strided(flat[offset:], shape, steps, writeable=False).copy()


class _Array:
    """Stands in for a numpy array while its pickle is read; takes float32 values only."""

    values: np.ndarray | None = None

    def __setstate__(self, state: tuple) -> None:
        _, shape, dtype, fortran, raw = state
        if not isinstance(dtype, _Float32) or not isinstance(raw, bytes) or not all(_is_count(n) for n in shape):
            raise pickle.UnpicklingError("an array is not made of plain float32 values")
        self.values = np.frombuffer(raw, "<f4").reshape(shape, order="F" if fortran else "C").copy()


class _Float32:
    """Stands in for numpy's dtype object."""

    def __init__(self, code: str, *_: Any) -> None:
        if code not in ("f4", "<f4"):
            raise pickle.UnpicklingError(f"an array has the type {str(code)[:20]!r}, expected float32")

    def __setstate__(self, state: tuple) -> None:
        if state[1] != "<":
            raise pickle.UnpicklingError("an array has the byte order of another machine")


def read_numpy(data: bytes, name: str = "the file") -> dict[str, list[np.ndarray]]:
    """Read a pickled dictionary of lists of float32 numpy arrays; nothing else is let through.

    data: the whole file. Returns layer name -> arrays. Raises ValueError in one sentence when the file is cut,
    malformed, or holds anything but arrays.
    """
    # Fresh classes for each file, as above.
    array, number = type("_Array", (_Array,), {}), type("_Float32", (_Float32,), {})
    known: dict[tuple[str, str], Callable] = {("numpy", "ndarray"): array, ("numpy", "dtype"): number}
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        known[module, "_reconstruct"] = lambda *_: array()
    try:
        layers = _Names(io.BytesIO(data), known).load()
        if not isinstance(layers, dict):
            raise ValueError("it holds no dictionary")
        return {str(layer): [_values(item) for item in items] for layer, items in layers.items()}
    except Exception as error:  # see read_torch
        raise ValueError(f"{name} is no readable file of weights: {_reason(error)}") from None


def _values(item: Any) -> np.ndarray:
    if not isinstance(item, _Array) or item.values is None:
        raise ValueError("an entry is not an array")
    return item.values


def _constant(value: str) -> Callable[[], str]:
    return lambda: value


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**48


def _reason(error: Exception) -> str:
    """The first line of an error, without the habit of pickle errors to be empty."""
    return (str(error).splitlines() or [""])[0] or type(error).__name__
