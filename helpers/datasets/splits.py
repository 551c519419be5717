"""Divide labelled rows into parts that hold the classes in equal shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.datasets.labels import one_column


def stratified_split(labels: Any, fractions: Sequence[float], seed: int) -> list[np.ndarray]:
    """Return one sorted int64 array of row numbers per fraction; every row is in exactly one of them.

    Every class is shuffled with the seed and cut by the fractions (which sum to 1, rounded per class); what rounding
    leaves over goes to the first part, and the first part gets at least one row of every class. A class of one or two
    rows may so be absent from the later parts. Raises ValueError for fractions that are negative or do not sum to 1.
    """
    shares = np.asarray(fractions, dtype=float)
    if shares.ndim != 1 or len(shares) == 0 or (shares < 0).any() or not np.isclose(shares.sum(), 1.0):
        raise ValueError(
            f"The fractions {tuple(fractions)} must be 0 or more and sum to 1, for example (0.6, 0.2, 0.2)."
        )
    labels = one_column(labels)
    rng = np.random.default_rng(seed)
    parts: list[list[np.ndarray]] = [[] for _ in shares]
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        for part, chosen in zip(parts, np.split(rows, _cuts(len(rows), shares)), strict=True):
            part.append(chosen)
    return [np.sort(np.concatenate(part)) if part else np.zeros(0, np.int64) for part in parts]


def _cuts(count: int, shares: np.ndarray) -> np.ndarray:
    """Return where to cut `count` rows; the later parts are rounded, and never take the first part's last row."""
    later = np.floor(shares[1:] * count + 0.5).astype(int)
    while later.sum() > count - 1 and later.any():
        later[later.argmax()] -= 1
    return np.cumsum(np.concatenate([[count - later.sum()], later]))[:-1]


def stratified_sample(labels: Any, n: int, seed: int) -> np.ndarray:
    """Return `n` sorted row numbers, the classes in the shares they have in `labels` (largest remainders).

    Raises ValueError if n is not between 0 and the number of rows.
    """
    labels = one_column(labels)
    if not 0 <= n <= len(labels):
        raise ValueError(f"Cannot take {n} of {len(labels)} rows; choose a number from 0 to {len(labels)}.")
    rng = np.random.default_rng(seed)
    classes, counts = np.unique(labels, return_counts=True)
    wanted = counts * n / max(len(labels), 1)
    quota = np.floor(wanted).astype(int)
    quota[np.argsort(quota - wanted, kind="stable")[: n - quota.sum()]] += 1
    chosen = [rng.permutation(np.flatnonzero(labels == c))[:q] for c, q in zip(classes, quota, strict=True)]
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)
