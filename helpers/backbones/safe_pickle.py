"""Weights out of pickle files, without running anything that stands in them.

A pickle is a small program; Python's own unpickler runs it. The reader here takes only the steps that a file of weights
needs (a dictionary of arrays), a bounded number of them, and refuses every other name, so a hostile file executes
nothing and cannot work for ever. Offsets, sizes and strides are checked before an array is cut out, and all arrays
together may be no larger than the file, so it reads nothing out of bounds and cannot fill the memory either.
"""

from __future__ import annotations

import io
import math
import pickletools
from typing import Any, NamedTuple

import numpy as np

_TORCH_HEADER = (0x1950A86A20F9469CFC6C, 1001)  # magic number and protocol of the format before PyTorch 1.6
_TORCH_TYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8", "IntStorage": "<i4"}
_MOST_STEPS = 50_000  # the packaged files take 10,000
_MOST_ARGUMENTS = 10
_VALUES = (
    *("BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES"),
    *("BINSTRING", "SHORT_BINSTRING", "BINFLOAT"),
)
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_MARK = object()


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


class _Reader:
    """Takes the steps of one pickle after the other from a file.

    known: (module, name) -> a function that makes something of a few arguments, or a plain value.
    """

    def __init__(self, file: io.BytesIO, known: dict[tuple[str, str], Any], storages: bool = False) -> None:
        self._file, self._known, self._storages = file, known, storages
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def load(self) -> Any:
        """Return what the next pickle holds. Raises an error of any kind for one that is not plain."""
        self._stack, self._memo = [], {}
        for number, (step, value, _) in enumerate(pickletools.genops(self._file)):
            if number > _MOST_STEPS:
                raise ValueError(f"it takes more than {_MOST_STEPS:,} steps")
            if step.name == "STOP":
                return self._stack.pop()
            self._take(step.name, value)
        raise ValueError("it ends too early")

    def _take(self, step: str, value: Any) -> None:
        stack = self._stack
        if step in _VALUES:
            stack.append(value)
        elif step in _CONSTANTS:
            stack.append(_CONSTANTS[step])
        elif step in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self._memo[len(self._memo) if value is None else value] = stack[-1]
        elif step in ("BINGET", "LONG_BINGET"):
            stack.append(self._memo[value])
        elif step not in ("PROTO", "FRAME"):
            make = getattr(self, f"_{step.lower()}", None)
            if make is None:
                raise ValueError(f"it takes the step {step}, which no file of weights needs")
            make(value)

    def _mark(self, _: None) -> None:
        self._stack.append(_MARK)

    def _marked(self) -> list[Any]:
        """Take what stands above the last mark off the stack."""
        at = len(self._stack) - 1
        while self._stack[at] is not _MARK:
            at -= 1
            if at < 0:
                raise ValueError("a mark is missing")
        items = self._stack[at + 1 :]
        del self._stack[at:]
        return items

    def _last(self, count: int) -> list[Any]:
        items = self._stack[-count:]
        if len(items) != count or any(item is _MARK for item in items):
            raise ValueError("something is missing on its stack")
        del self._stack[-count:]
        return items

    def _empty_dict(self, _: None) -> None:
        self._stack.append({})

    def _empty_list(self, _: None) -> None:
        self._stack.append([])

    def _tuple(self, _: None) -> None:
        self._stack.append(tuple(self._marked()))

    def _tuple1(self, _: None) -> None:
        self._stack.append(tuple(self._last(1)))

    def _tuple2(self, _: None) -> None:
        self._stack.append(tuple(self._last(2)))

    def _tuple3(self, _: None) -> None:
        self._stack.append(tuple(self._last(3)))

    def _append(self, _: None) -> None:
        self._add(self._last(1))

    def _appends(self, _: None) -> None:
        self._add(self._marked())

    def _add(self, items: list[Any]) -> None:
        if not isinstance(self._stack[-1], list):
            raise ValueError("it adds to something that is no list")
        self._stack[-1].extend(items)

    def _setitem(self, _: None) -> None:
        self._set(self._last(2))

    def _setitems(self, _: None) -> None:
        self._set(self._marked())

    def _set(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict) or not all(isinstance(key, (str, int)) for key in items[::2]):
            raise ValueError("a dictionary of it has other keys than names")
        target.update(zip(items[::2], items[1::2], strict=True))

    def _global(self, value: str) -> None:
        self._find(*value.split(" ", 1))

    def _stack_global(self, _: None) -> None:
        self._find(*self._last(2))

    def _find(self, module: Any, name: Any) -> None:
        if not (isinstance(module, str) and isinstance(name, str) and (module, name) in self._known):
            asked = ".".join(str(part)[:40] if isinstance(part, str) else "?" for part in (module, name))
            raise ValueError(f"it asks for {asked}, which no file of weights needs")
        self._stack.append(self._known[module, name])

    def _reduce(self, _: None) -> None:
        make, arguments = self._last(2)
        if not callable(make) or not isinstance(arguments, tuple) or len(arguments) > _MOST_ARGUMENTS:
            raise ValueError("it calls what is no function")
        self._stack.append(make(*arguments))

    def _build(self, _: None) -> None:
        (state,) = self._last(1)
        if isinstance(self._stack[-1], (_Array, _Float32)):
            self._stack[-1].build(state)
        # What else has a state keeps it to itself: a dictionary's, in PyTorch's files, are versions of its layers.

    def _binpersid(self, _: None) -> None:
        (pid,) = self._last(1)
        if not self._storages or not isinstance(pid, tuple) or len(pid) != 6 or pid[0] != "storage":
            raise ValueError("it refers to something else than a storage")
        _, dtype, key, _, count, view = pid
        if view is not None or dtype not in _TORCH_TYPES.values() or not _is_count(count) or not isinstance(key, str):
            raise ValueError(f"storage {_short(key)} is malformed")
        self._stack.append(_Storage(key, dtype, count))


def read_torch(data: bytes, name: str = "the file") -> dict[str, np.ndarray]:
    """Read the arrays of an old-format PyTorch file (a saved `state_dict`), without PyTorch.

    data: the whole file. Returns tensor name -> array, in the file's order. Raises ValueError in one sentence when the
    file is cut, malformed, or asks for anything but tensors. Format: torch/serialization.py, legacy layout.
    """
    try:
        return _read_torch(io.BytesIO(data), 2 * len(data))
    except Exception as error:  # a hostile or cut pickle can fail in any way; the caller needs one sentence
        raise ValueError(f"{name} is no readable PyTorch file of weights: {_reason(error)}") from None


def _read_torch(file: io.BytesIO, most: int) -> dict[str, np.ndarray]:
    """Read the five pickles and the values; most: bytes of all tensors together, some of which may share a storage."""
    known: dict[tuple[str, str], Any] = {("torch", name): dtype for name, dtype in _TORCH_TYPES.items()}
    known["collections", "OrderedDict"] = lambda: {}
    known["torch._utils", "_rebuild_tensor_v2"] = lambda storage, offset, shape, strides, *_: _Tensor(
        storage, offset, shape, strides
    )
    header = tuple(_Reader(file, {}).load() for _ in range(2))
    if header != _TORCH_HEADER:
        raise ValueError("its first bytes are not those of the format")
    _Reader(file, {}).load()  # sizes of C types on the machine that wrote it; the values below state their own
    tensors, keys = _Reader(file, known, storages=True).load(), _Reader(file, {}).load()
    if not isinstance(tensors, dict) or not isinstance(keys, list):
        raise ValueError("it holds no dictionary of tensors")
    wanted = {t.storage.key: t.storage for t in tensors.values() if _is_tensor(t)}
    values: dict[str, np.ndarray] = {}
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        if not isinstance(key, str) or key not in wanted or count != wanted[key].count:
            raise ValueError(f"storage {_short(key)} has {count} values, not what its tensor says")
        raw = file.read(count * np.dtype(wanted[key].dtype).itemsize)
        values[key] = np.frombuffer(raw, wanted[key].dtype)
        if len(values[key]) != count:
            raise ValueError("it ends too early")
    arrays = {}
    for key, tensor in tensors.items():
        arrays[str(key)] = _cut(tensor, values, most)
        most -= arrays[str(key)].nbytes
    return arrays


def _is_tensor(item: Any) -> bool:
    return isinstance(item, _Tensor) and isinstance(item.storage, _Storage)


def _cut(tensor: Any, values: dict[str, np.ndarray], most: int) -> np.ndarray:
    """Cut a tensor out of its storage after checking that every element lies inside, and that it has `most` bytes."""
    if not _is_tensor(tensor):
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
    if math.prod(shape) * flat.itemsize > most:
        raise ValueError("its tensors are larger together than the file, many of them share a storage")
    steps = tuple(stride * flat.itemsize for stride in strides)
    return np.lib.stride_tricks.as_strided(flat[offset:], shape, steps, writeable=False).copy()


class _Array:
    """Stands in for a numpy array while its pickle is read; takes float32 values only."""

    def __init__(self, *_: Any) -> None:
        self.shape: tuple[int, ...] = ()
        self.raw: bytes | None = None
        self.order = "C"

    def build(self, state: Any) -> None:
        """Take numpy's state of an array: version, shape, type, whether in Fortran's order, values."""
        _, self.shape, dtype, fortran, self.raw = state
        if not isinstance(dtype, _Float32) or not isinstance(self.raw, bytes) or not isinstance(self.shape, tuple):
            raise ValueError("an array is not made of plain float32 values")
        if len(self.shape) > 8 or not all(_is_count(size) for size in self.shape):
            raise ValueError("an array has a size that cannot be")
        self.order = "F" if fortran is True else "C"

    def values(self) -> np.ndarray:
        """The array itself."""
        if self.raw is None:
            raise ValueError("an entry is not an array")
        return np.frombuffer(self.raw, "<f4").reshape(self.shape, order=self.order).copy()


class _Float32:
    """Stands in for numpy's dtype object."""

    def __init__(self, code: Any = None, *_: Any) -> None:
        if code not in ("f4", "<f4"):
            raise ValueError(f"an array has the type {_short(code)}, expected float32")

    def build(self, state: Any) -> None:
        """Take numpy's state of a type, of which the byte order is of interest."""
        if state[1] != "<":
            raise ValueError("an array has the byte order of another machine")


def read_numpy(data: bytes, name: str = "the file") -> dict[str, list[np.ndarray]]:
    """Read a pickled dictionary of lists of float32 numpy arrays; nothing else is let through.

    data: the whole file. Returns layer name -> arrays. Raises ValueError in one sentence when the file is cut,
    malformed, or holds anything but arrays.
    """
    known: dict[tuple[str, str], Any] = {("numpy", "ndarray"): _Array, ("numpy", "dtype"): _Float32}
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        known[module, "_reconstruct"] = _Array
    try:
        layers = _Reader(io.BytesIO(data), known).load()
        if not isinstance(layers, dict):
            raise ValueError("it holds no dictionary")
        return _arrays(layers, len(data))
    except Exception as error:  # see read_torch
        raise ValueError(f"{name} is no readable file of weights: {_reason(error)}") from None


def _arrays(layers: dict[Any, Any], most: int) -> dict[str, list[np.ndarray]]:
    """The arrays of each layer; together they have no more bytes than the file, in which each stands once."""
    found: dict[str, list[np.ndarray]] = {}
    for layer, items in layers.items():
        if not isinstance(items, list) or not all(isinstance(item, _Array) for item in items):
            raise ValueError("an entry is not an array")
        most -= sum(len(item.raw or b"") for item in items)
        if most < 0:
            raise ValueError("its arrays are larger together than the file")
        found[str(layer)] = [item.values() for item in items]
    return found


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**48


def _short(value: Any) -> str:
    """A name for a message; what is no text may be huge when it is printed."""
    return repr(value[:40]) if isinstance(value, str) else type(value).__name__


def _reason(error: Exception) -> str:
    """The first line of an error, or its kind where it says nothing, or too much."""
    line = (str(error).splitlines() or [""])[0]
    return line if 0 < len(line) < 200 else type(error).__name__
