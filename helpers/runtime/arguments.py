"""Checks of arguments that many functions share: each returns the value in its plain type, or raises one sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

_WHOLE, _NUMBERS = (int, np.integer), (int, float, np.integer, np.floating)


def whole(name: str, value: Any, least: int = 0, most: int | None = None, floats: bool = False) -> int:
    """A whole number as int; with `floats` also one that comes as a float, such as 128.0. Else ValueError."""
    if not _is_within(value, _NUMBERS if floats else _WHOLE, least, most) or value != int(value):
        limits = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} is {shown(value)}, expected {limits}, a whole number")
    return int(value)


def number(name: str, value: Any, least: float = -math.inf, most: float = math.inf, above: bool = False) -> float:
    """A finite number as float, from `least` (with `above`: more than it) to `most`. Else ValueError."""
    if not _is_within(value, _NUMBERS, least, most) or (above and value == least):
        low = f", {'more than' if above else 'at least'} {least:g}" if math.isfinite(least) else ""
        high = f", at most {most:g}" if math.isfinite(most) else ""
        raise ValueError(f"{name} is {shown(value)}, expected a number{low}{high}")
    return float(value)


def share(name: str, value: Any) -> float:
    """A number from 0 to less than 1 as float. Else ValueError."""
    if not _is_within(value, _NUMBERS, 0, 1) or value == 1:
        raise ValueError(f"{name} is {shown(value)}, expected a share from 0 to less than 1")
    return float(value)


def _is_within(value: Any, kinds: tuple[type, ...], least: float, most: float | None) -> bool:
    value = value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
    right = isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)
    return right and value >= least and (most is None or value <= most)


def flag(name: str, value: Any) -> bool:
    """True or False (or 1 or 0) as bool. Else ValueError."""
    if not isinstance(value, (bool, np.bool_, *_WHOLE)) or value not in (0, 1):
        raise ValueError(f"{name} is {shown(value)}, expected True or False")
    return bool(value)


def generator(seed: Any) -> np.random.Generator:
    """NumPy's generator of a seed: a whole number, None for another one each time, or a generator itself."""
    known = seed is None or isinstance(seed, np.random.Generator | np.random.SeedSequence)
    return np.random.default_rng(seed if known else whole("seed", seed))


def text(name: str, value: Any) -> str:
    """A name or another text. Else ValueError."""
    return made_by(name, value, str, "a text")


def made_by(name: str, value: Any, kind: type | tuple[type, ...], source: str) -> Any:
    """A value of a kind that another function makes; `source` names it in the sentence. Else ValueError."""
    if not isinstance(value, kind):
        raise ValueError(f"{name} is {shown(value)}, expected {source}")
    return value


def function(name: str, value: Any) -> Callable | None:
    """A function, or None. Else ValueError."""
    return made_by(name, value, (Callable, type(None)), "a function or None")


def sides(name: str, value: Any, least: int = 1) -> tuple[int, int]:
    """(height, width) from one number or two. Else ValueError."""
    both = value if np.ndim(value) == 1 and len(value) == 2 and not isinstance(value, str) else (value, value)
    try:
        height, width = (whole(name, side, least, floats=True) for side in both)
    except ValueError:
        said = " x ".join(map(str, both)) if all(isinstance(side, int | float) for side in both) else shown(value)
        raise ValueError(
            f"{name} is {said}, expected at least {least} x {least} pixels, as one whole number or (height, width)"
        ) from None
    return height, width


def column(name: str, values: Any) -> np.ndarray:
    """One number a row as float64 (rows,): a list, an array (rows,) or (rows, 1), a pandas Series. Else ValueError.

    NaN is a number here; who cannot use it says so.
    """
    found = _floats(name, values, "one number a row")
    if found.ndim == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.ndim != 1:
        raise ValueError(f"{name} has shape {found.shape}, expected one number a row: (rows,)")
    return found


def columns(name: str, values: Any) -> np.ndarray:
    """Rows of numbers as float64 (rows, columns): a list of rows, an array, a pandas DataFrame. Else ValueError."""
    found = _floats(name, values, "a table of numbers")
    if found.ndim != 2:
        raise ValueError(f"{name} has shape {found.shape}, expected a table: (rows, columns)")
    return found


def task_numbers(values: Any, tasks: int | None = None, negative: bool = False) -> np.ndarray:
    """The task of each row as int64 (rows,), from a list, an array, or a pandas Series, also of whole floats.

    tasks: how many there are, None for any number. Raises ValueError for names, parts (0.7), missing ones, negative
    numbers unless `negative` lets them pass as unknown tasks, and, where their number is known, for those beyond it.
    """
    anew = "np.unique(task, return_inverse=True)[1] numbers them from 0"
    names = [one for one in np.asarray(values, dtype=object).ravel() if isinstance(one, str)]
    if names:
        raise ValueError(f"the tasks are names, such as {names[0]!r}, expected numbers; {anew}")
    found = column("the tasks", values)
    wrong = found[~((found >= (-np.inf if negative else 0)) & (found == np.floor(found)) & np.isfinite(found))]
    if len(wrong):
        raise ValueError(f"the tasks hold {wrong[0]:g}, expected whole numbers from 0; {anew}")
    if tasks is not None and len(found) and found.max() >= tasks:
        raise ValueError(f"the tasks hold {found.max():g}, expected whole numbers from 0 to {tasks - 1}")
    return found.astype(np.int64)


def _floats(name: str, values: Any, expected: str) -> np.ndarray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {shown(values)}, expected {expected}") from None


def shown(value: Any) -> str:
    """A value fit for one line of a message: short, without line breaks."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = " ".join((str(value) if isinstance(value, np.generic) else repr(value)).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
