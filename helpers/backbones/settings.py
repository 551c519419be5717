"""What a layer does, as text and numbers: for sums that tell whether stored answers still belong to a network."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from helpers.backbones.graph import is_own, parts
from helpers.runtime import keras


def described(value: Any, seen: frozenset[int] = frozenset()) -> Any:
    """A value as text and numbers that differ when what it does differs: settings of a layer, code of a function."""
    if id(value) in seen:
        return None
    seen = seen | {id(value)}
    if isinstance(value, keras().Operation):
        found = [type(value).__name__, _settings(value), *(described(one, seen) for one in parts(value))]
        if is_own(value):
            usual = vars(keras().layers.Layer())
            own = [(name, described(part, seen)) for name, part in sorted(vars(value).items()) if name not in usual]
            found += [own, described(type(value).call, seen)]
        return found
    if hasattr(value, "__code__"):
        code, around = value.__code__, value.__globals__
        inside = [described(cell.cell_contents, seen) for cell in value.__closure__ or ()]
        used = [described(around[name], seen) for name in code.co_names if _counts(around.get(name))]
        return described(code, seen), inside, used, described(value.__defaults__, seen)
    if hasattr(value, "co_code"):
        return value.co_code, value.co_names, [described(one, seen) for one in value.co_consts]
    if isinstance(value, list | tuple):
        return [described(one, seen) for one in value]
    if isinstance(value, dict):
        return [(str(name), described(one, seen)) for name, one in sorted(value.items(), key=str)]
    if isinstance(value, np.ndarray | np.generic) or hasattr(value, "numpy"):
        array = np.ascontiguousarray(value.numpy() if hasattr(value, "numpy") else value)
        return array.shape, str(array.dtype), array.tobytes()
    return value if isinstance(value, int | float | str | bytes | None) else type(value).__name__


def _counts(value: Any) -> bool:
    """Whether a global value that a function names can change what it does: numbers and functions, not modules."""
    return isinstance(value, int | float | str | np.ndarray | np.generic) or hasattr(value, "__code__")


def _settings(operation: Any) -> Any:
    """An operation's configuration but for its name and whether it learns, which do not change what it answers."""
    try:
        config = dict(operation.get_config())
    except Exception:  # a class of a student's own without one: its attributes are described by themselves
        return None
    function = getattr(operation, "function", None) or getattr(operation, "activation", None)
    kept = {name: part for name, part in config.items() if name not in ("name", "trainable", "function")}
    return json.dumps(kept, sort_keys=True, default=str), described(function) if callable(function) else None
