"""Names of classes and layers: one per class, found however they are spelt."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def named_classes(names: Sequence[str] | Mapping | None, logits: Any) -> list[str]:
    """One name per class: those given, or "class 0", "class 1" and so on.

    names: a list, or a dict number -> name or name -> number. One sigmoid output has two classes; a single name is that
    of the second. Raises ValueError for another number of names than there are classes.
    """
    given = () if names is None else names
    listed = _in_order(given) if isinstance(given, Mapping) else [str(one) for one in given]
    if logits is None or logits.shape[-1] is None:
        return listed
    classes = max(int(logits.shape[-1]), 2)
    if logits.shape[-1] == 1 and len(listed) == 1:
        listed = [f"not {listed[0]}", *listed]
    if listed and len(listed) != classes:
        raise ValueError(
            f"there are {len(listed)} class names ({', '.join(listed[:4])}{', ...' if len(listed) > 4 else ''}) for "
            f"{classes} classes; give one name per class, in the order of the outputs"
        )
    return listed or [f"class {number}" for number in range(classes)]


def _in_order(names: Mapping) -> list[str]:
    """The names of a dict number -> name or name -> number, by number. Raises ValueError where a number is missing."""
    pairs = list(names.items())
    if not all(isinstance(key, int | np.integer) for key in names):
        pairs = [(number, name) for name, number in pairs]
    if sorted(number for number, _ in pairs) != list(range(len(pairs))):
        raise ValueError(f"the class names {dict(names)!r} need the numbers 0 to {len(pairs) - 1}, one per class")
    return [str(name) for _, name in sorted(pairs)]


def plain(name: str) -> str:
    """A class name as it is compared: small letters, spaces for underscores."""
    return " ".join(name.replace("_", " ").lower().split())


def nearest(name: str, known: list[str]) -> str:
    """A half sentence with the nearest known names."""

    def likeness(other: str) -> float:  # whole names, or the best of their words: "elefant" is near "African elephant"
        candidates = [other.lower(), *other.lower().split()]
        return max(difflib.SequenceMatcher(None, name.lower(), part).ratio() for part in candidates)

    near = heapq.nlargest(3, dict.fromkeys(known), key=likeness)
    return f"the nearest are {', '.join(near)}"
