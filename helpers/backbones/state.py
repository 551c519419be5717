"""Has a network changed since it was last looked at? Exactly, and in a millisecond.

Nothing is copied and hardly anything compared. TensorFlow gives a variable that is changed, in whatever way, new memory
as long as somebody holds what it read from the old one; so a weight whose memory is held, and which still lies there,
is what it was, bit for bit. A layer's settings are its attributes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from helpers.backbones import graph
from helpers.backbones.settings import described
from helpers.runtime import tensorflow

# Attributes of Keras's layers that do not change what a layer answers to a picture.
_NO_SETTINGS = ("_trainable", "name", "is_gptq_calibrated", "is_awq_calibrated", "_called", "_build_shapes_dict")


class State:
    """What some outputs of a network depend on, the calls `steps` on the way to them, as it was when last looked at."""

    def __init__(self, steps: Sequence[graph.Call]) -> None:
        self._steps = steps
        self.operations = [*{id(step.operation): step.operation for step in steps}.values()]
        self._variables, self._settings = weights(self.operations), [*map(_settings, _all(self.operations))]
        self._held: list[Any] = []
        self._places: list[int] | None = None

    def is_rebuilt(self) -> bool:
        """Whether a layer has another setting or other variables than before; then this state is that of now."""
        now, before = [*map(_settings, _all(self.operations))], self._settings
        try:
            rebuilt = now != before  # the same objects are not looked into
        except (ValueError, TypeError):  # two arrays
            rebuilt = True
        if rebuilt:
            self._variables, self._settings = weights(self.operations), now
        return rebuilt

    def is_moved(self) -> bool:
        """Whether a weight is not what it was at the last look, which is true at the first; then it is looked at."""
        read = read_weights(self._variables)
        places = [_array(one).__array_interface__["data"][0] for one in read]
        if places == self._places:
            return False
        self._held, self._places = read, places
        return True

    def fingerprint(self) -> str:
        """The sum (see `fingerprint`) of what was last looked at."""
        return fingerprint(self._steps, map(_array, self._held))


def fingerprint(steps: Sequence[graph.Call], values: Iterable[np.ndarray] | None = None) -> str:
    """A sum (sha256) over all that answers depend on: the operations on the way from the picture to them, their
    settings, the constants given to them (127.5 of `x / 127.5`), the code of a student's own functions, and weights.

    values: the weights, where they were read already.
    """
    total = hashlib.sha256()
    numbers = {id(tensor): (at, place) for at, step in enumerate(steps) for place, tensor in enumerate(step.outputs)}
    for step in steps:
        sources = [numbers[id(tensor)] for tensor in step.inputs]
        text = repr([described(step.operation), list(map(described, graph.constants(step))), sources])
        total.update(text.encode())
    operations = {id(step.operation): step.operation for step in steps}.values()
    for array in (weight.numpy() for weight in weights(operations)) if values is None else values:
        total.update(f"{array.shape}{array.dtype}".encode())
        total.update(np.ascontiguousarray(array))
    return total.hexdigest()


def weights(operations: Iterable[Any]) -> list[Any]:
    """The TensorFlow variables that operations hold as weights."""
    return [weight.value for operation in operations for weight in getattr(operation, "weights", [])]


def read_weights(variables: Sequence[Any]) -> list[Any]:
    """Tensors that share the variables' memory, all read at once: one by one takes six times as long."""
    try:
        return _read_at_once(variables) if variables else []
    except (ImportError, AttributeError, tensorflow().errors.OpError):  # a new TensorFlow
        read = tensorflow().raw_ops.ReadVariableOp
        return [read(resource=one.handle, dtype=one.dtype) for one in variables]


def _read_at_once(variables: Sequence[Any]) -> list[Any]:
    from tensorflow.python.eager import context, execute

    kinds = [one.dtype.as_datatype_enum for one in variables]
    handles = [one.handle for one in variables]
    settings = ("N", len(handles), "dtypes", kinds)
    return execute.execute(b"_ReadVariablesOp", len(handles), handles, settings, context.context())


def _array(tensor: Any) -> np.ndarray:
    """A tensor's own memory as an array."""
    return np.asarray(memoryview(tensor))


def _all(operations: Iterable[Any]) -> Iterator[Any]:
    """Operations and the layers inside them. A student's own layers may note things at every call, so not these."""
    for operation in operations:
        if not graph.is_own(operation):
            yield operation
            yield from _all(graph.parts(operation))


def _settings(operation: Any) -> dict[str, Any]:
    found = dict(operation.__dict__)
    for name in _NO_SETTINGS:
        found.pop(name, None)
    return found
