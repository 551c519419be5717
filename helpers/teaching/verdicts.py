"""What a measurement says of a claim: it holds, it does not, or the 95 % interval holds both answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

HOLDS, VGG16_ONLY, FAILS, CANNOT_TELL = "holds", "holds for VGG16 only", "does not hold here", "cannot tell"
VERDICTS = (HOLDS, VGG16_ONLY, FAILS, CANNOT_TELL)


class Asked(NamedTuple):
    """What a claim asks of an effect, stated before it is measured: one of a least value, a greatest, or a margin."""

    above: float | None = None
    below: float | None = None
    within: float | None = None

    def __str__(self) -> str:
        return ", ".join(f"{name} {value:g}" for name, value in self._asdict().items() if value is not None)


def derive(measured: Any, asked: Asked) -> str:
    """Say what a measurement makes of a claim: "holds", "does not hold here" or "cannot tell".

    measured: True or False for an exact fact (a shape, a count, an identity), which asks for nothing; else (value, low,
    high), the effect and its 95 % interval. Above: it holds when the whole interval lies above the boundary, and does
    not when it lies below; the reverse for below. Within a margin (claims of equality): it holds when the interval lies
    between minus and plus the margin, and does not when it lies outside. Raises ValueError for anything else.
    """
    if isinstance(measured, bool | np.bool_):
        if str(asked):
            raise ValueError(f"{measured} is no effect, so it cannot lie {asked}; give (value, low, high)")
        return HOLDS if measured else FAILS
    low, high = _interval(measured)
    if sum(value is not None for value in asked) != 1:
        raise ValueError(f"the claim asks for {str(asked) or 'nothing'}; give one of above, below, within")
    if asked.within is not None:
        if not asked.within > 0:
            raise ValueError(f"the margin is {asked.within}; it must be greater than 0")
        least, most = -asked.within, asked.within
        return HOLDS if least <= low and high <= most else FAILS if high < least or low > most else CANNOT_TELL
    over, under = (HOLDS, FAILS) if asked.above is not None else (FAILS, HOLDS)
    boundary = asked.below if asked.above is None else asked.above
    return over if low > boundary else under if high < boundary else CANNOT_TELL


def _interval(measured: Any) -> tuple[float, float]:
    """The ends of (value, low, high)."""
    numbers = np.asarray(measured, dtype=float).ravel() if isinstance(measured, Sequence | np.ndarray) else np.empty(0)
    if numbers.size != 3 or not np.isfinite(numbers).all() or numbers[1] > numbers[2]:
        raise ValueError(
            f"measured is {measured!r}; give (value, low, high) with its 95 % interval, or True or False for an exact "
            "fact such as a shape or a count"
        )
    return float(numbers[1]), float(numbers[2])


def opposite(stated: str, measured: str, on_vgg16: bool) -> bool:
    """Whether a page's verdict is wrong, not just more or less sure than what was measured."""
    if stated == VGG16_ONLY:
        stated = HOLDS if on_vgg16 else FAILS
    return {stated, measured} == {HOLDS, FAILS}


def recorded(stated: str, measured: str, on_vgg16: bool) -> str:
    """The verdict for the ledger: what was measured; "holds for VGG16 only" where that is what the page states."""
    agree = measured == (HOLDS if on_vgg16 else FAILS)
    return VGG16_ONLY if stated == VGG16_ONLY and agree else measured
