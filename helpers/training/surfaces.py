"""Hills and valleys of two weights, on which optimizers race."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from helpers.images.style import COLOURS
from helpers.plots.figure import Figure, chart, describe
from helpers.training.optimizers import RULES, descend


class Surface(NamedTuple):
    """A function of two weights: `value` and `gradient` take (..., 2) and return (...) and (..., 2).

    start: where a race begins. best: the place of the lowest value. extent: left, right, bottom, top of its map.
    """

    value: Callable[[np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray], np.ndarray]
    start: tuple[float, float]
    best: tuple[float, float]
    extent: tuple[float, float, float, float]


def _pair(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.stack([first, second], axis=-1)


def _valley(w: np.ndarray) -> np.ndarray:
    return w[..., 0] ** 2 / 2 + 20 * w[..., 1] ** 2


def _banana(w: np.ndarray) -> np.ndarray:
    return (1 - w[..., 0]) ** 2 + 10 * (w[..., 1] - w[..., 0] ** 2) ** 2


def _banana_slope(w: np.ndarray) -> np.ndarray:
    off = w[..., 1] - w[..., 0] ** 2
    return _pair(-2 * (1 - w[..., 0]) - 40 * w[..., 0] * off, 20 * off)


def _saddle(w: np.ndarray) -> np.ndarray:
    return w[..., 0] ** 2 - w[..., 1] ** 2 + w[..., 1] ** 4 / 4


SURFACES: dict[str, Surface] = {
    # 40 times steeper across than along: a large step bounces, a small one crawls.
    "narrow valley": Surface(
        _valley, lambda w: _pair(w[..., 0], 40 * w[..., 1]), (-4.0, 0.8), (0.0, 0.0), (-5, 2, -1.2, 1.2)
    ),
    # Rosenbrock 1960, with 10 for his 100.
    "bent valley": Surface(_banana, _banana_slope, (-1.2, 1.4), (1.0, 1.0), (-2, 2, -1, 3)),
    # Flat in the middle; the start lies a hair off the ridge.
    "saddle": Surface(
        _saddle,
        lambda w: _pair(2 * w[..., 0], w[..., 1] ** 3 - 2 * w[..., 1]),
        (-1.5, 0.001),
        (0.0, 2**0.5),
        (-2, 2, -2, 2),
    ),
}


def race(name: str, rates: Mapping[str, float], steps: int) -> dict[str, np.ndarray]:
    """The ways, float64 (steps + 1, 2), of some optimizers on a surface, by name. rates: optimizer -> rate.

    Raises ValueError for an unknown surface or optimizer.
    """
    if name not in SURFACES or not set(rates) <= set(RULES):
        unknown = name if name not in SURFACES else ", ".join(sorted(set(rates) - set(RULES)))
        raise ValueError(f"{unknown!r} is not known; surfaces: {', '.join(SURFACES)}; optimizers: {', '.join(RULES)}")
    surface = SURFACES[name]
    return {
        one: descend(RULES[one], surface.gradient, np.array(surface.start), rate, steps) for one, rate in rates.items()
    }


def steps_to(name: str, way: np.ndarray, share: float = 0.01) -> int | None:
    """How many steps a way takes until the height above the lowest place is, and stays, `share` of that at the start.

    None where it does not arrive.
    """
    surface = SURFACES[name]
    lowest = surface.value(np.array(surface.best))
    with np.errstate(all="ignore"):  # who runs away is nowhere near
        high = ~(surface.value(way) - lowest <= share * (surface.value(way[0]) - lowest))
    return None if high[-1] else int(np.flatnonzero(high)[-1]) + 1


def race_picture(name: str, ways: Mapping[str, np.ndarray], step: int, title: str | None = None) -> Figure:
    """The map of a surface with the ways up to a step; the star is its lowest place."""
    surface = SURFACES[name]
    left, right, bottom, top = surface.extent
    grid = np.stack(np.meshgrid(np.linspace(left, right, 160), np.linspace(bottom, top, 160)), axis=-1)
    height = surface.value(grid)
    lowest = surface.value(np.array(surface.best))
    with chart(title or f"{name}, step {step}", 4.6, legend=True) as (figure, place):
        levels = lowest + (height.max() - lowest) * np.linspace(0, 1, 14) ** 3
        place.contour(grid[..., 0], grid[..., 1], height, levels=levels, colors="#bbbbbb", linewidths=0.8)
        for number, (one, way) in enumerate(ways.items()):
            done = _on_the_map(way[: step + 1], surface.extent)
            look = {"color": COLOURS[number % 8], "linestyle": "-" if number < 8 else "--"}
            place.plot(done[:, 0], done[:, 1], linewidth=1.8, label=one, **look)
            place.plot(*done[-1], "o", markersize=8, color=look["color"])
        place.plot(*surface.best, "*", markersize=16, color="black")
        place.set_xlim(left, right)
        place.set_ylim(bottom, top)
        place.set_xlabel("first weight")
        place.set_ylabel("second weight")
    with np.errstate(all="ignore"):
        found = {one: surface.value(way[min(step, len(way) - 1)]) - lowest for one, way in ways.items()}
    figure.alt = describe(
        f"Map of the {name}", [f"{one} {high:.3g} above the lowest" for one, high in found.items()], title
    )
    return figure


def _on_the_map(way: np.ndarray, extent: tuple[float, float, float, float]) -> np.ndarray:
    """The way up to the first place that is off the map by more than the map's size."""
    low, high = np.reshape(extent, (2, 2)).T
    off = ((way < low - (high - low)) | (way > high + (high - low))).any(axis=1)
    return way[: max(1, int(off.argmax()))] if off.any() else way
