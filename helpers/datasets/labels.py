"""Labels in every form in which they are plainly meant become whole numbers from 0 on; all others are refused.

A network that is trained on other numbers says nothing: with one sigmoid and the labels 1 and 2 the loss falls below 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def class_numbers(labels: Any, classes: int | Sequence[str], what: str = "The labels") -> np.ndarray:
    """Return labels as int64 `(n,)`, numbers from 0 to below the number of classes.

    labels: whole numbers of any type (also floats, bools, texts of `classes`), as an array, list or table column, in
    the shape `(n,)` or `(n, 1)`; or rows of a single 1, `(n, classes)`. classes: their number, or their names. what:
    how a sentence begins. Raises ValueError, one sentence, for anything else.
    """
    names = None if isinstance(classes, int | np.integer) else [str(name) for name in classes]
    count = int(classes) if names is None else len(names)
    wanted = f"must be 0 to {count - 1}"
    values = one_column(labels, what)
    if values.dtype.kind in "US":
        found = [str(value) for value in values]
        unknown = next((name for name in found if names is None or name not in names), None)
        if unknown is not None:
            raise ValueError(f"{what} {wanted}, one for each class; these are names such as {unknown!r}: number them.")
        values = np.array([names.index(name) for name in found], np.int64)
    strange = [value for value in values.tolist() if not (isinstance(value, int | float) and float(value).is_integer())]
    if strange:
        raise ValueError(f"{what} {wanted}, whole numbers; {strange[0]!r} is among them.")
    if len(values) and (values.min() < 0 or values.max() > count - 1):
        low, high = (f"{number:g}" for number in (values.min(), values.max()))
        raise ValueError(f"{what} {wanted}; these are {low} to {high}{_advice(values, count)}.")
    return values.astype(np.int64)


def one_column(labels: Any, what: str = "The labels") -> np.ndarray:
    """Return labels of any kind, numbers or names, as an array `(n,)`; rows of a single 1 become its place.

    Raises ValueError for labels of several columns that are no such rows.
    """
    try:
        values = np.asarray(labels)
    except ValueError:
        raise ValueError(f"{what} are rows of several lengths; give one label for each photo.") from None
    if values.dtype == object:  # a table's column: all texts, or all numbers
        texts = any(isinstance(value, str) for value in values.flat)
        values = values.astype(str) if texts else np.array(values.tolist())
    if values.ndim == 2 and values.shape[1] == 1:
        return values[:, 0]
    if values.ndim == 2 and values.dtype.kind in "iufb":
        ones = (values == 1).sum(axis=1)
        if (ones == 1).all() and ((values == 0) | (values == 1)).all():
            return values.argmax(axis=1)
        raise ValueError(
            f"{what} have the shape {values.shape}, but not a single 1 in each row; give a whole number for each photo."
        )
    if values.ndim != 1:
        raise ValueError(f"{what} have the shape {values.shape}; give one for each photo, (n,).")
    return values


def _advice(values: np.ndarray, count: int) -> str:
    """What to do about numbers that are shifted, or that are -1 and 1."""
    if set(np.unique(values).tolist()) <= {-1, 1} and count == 2:
        return ": use (labels + 1) // 2"
    low = values.min()
    if low > 0 and values.max() - low <= count - 1:
        return f": subtract {low:g}"
    return ""
