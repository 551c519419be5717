"""One unit with a ReLU before a cloud of data: which points get through, and what it learns from them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from helpers.images.style import COLOURS
from helpers.plots.figure import Figure, chart, describe

_EPSILON = 1e-3  # Keras's, of batch norm


class Unit(NamedTuple):
    """What a unit does with a cloud. before: what the ReLU gets of each point, (n,). slope: dy/dw of the mean y, (2,).

    threshold: where w1 x1 + w2 x2 has to lie above for a point to get through.
    """

    before: np.ndarray
    slope: np.ndarray
    threshold: float

    @property
    def alive(self) -> float:
        """The share of points that get through, and from which alone it learns."""
        return float((self.before > 0).mean())


def cloud(x1: float = 0.0, x2: float = 0.0, count: int = 80, seed: int = 0) -> np.ndarray:
    """Points (count, 2), normal around (x1, x2) with a spread of 1."""
    return np.random.default_rng(seed).normal(size=(count, 2)) + (x1, x2)


def unit(points: np.ndarray, weights: tuple[float, float], bias: float = 0.0, batch_norm: bool = False) -> Unit:
    """The unit y = ReLU(w1 x1 + w2 x2 + bias), with batch norm (alpha 1, beta 0) before its ReLU if wanted.

    With batch norm the bias makes no difference, and mean and spread of the batch move with the weights, too.
    """
    sums = points @ np.asarray(weights, dtype=float) + bias
    middle, spread = (sums.mean(), np.sqrt(sums.var() + _EPSILON)) if batch_norm else (0.0, 1.0)
    before = (sums - middle) / spread
    pull = (before > 0) / len(points)
    if batch_norm:
        pull = (pull - pull.mean() - before * (pull * before).mean()) / spread
    slope = points.T @ pull
    return Unit(before, slope, float(middle - bias))


def unit_picture(points: np.ndarray, weights: tuple[float, float], one: Unit, title: str | None = None) -> Figure:
    """The cloud, blue where the unit lets a point through and red where not, and the line between the two."""
    through, reach = one.before > 0, float(max(6.0, np.abs(points).max() + 1))
    with chart(title, 5.0, "x1", "x2", legend=True, width=6.0) as (figure, place):
        for inside, words, colour, mark in ((through, "learns", 0, "o"), (~through, "does not", 1, "X")):
            place.plot(*points[inside].T, mark, color=COLOURS[colour], alpha=0.7, label=f"{words}: {inside.sum()}")
        way = np.asarray(weights, dtype=float)
        if length := float(way @ way):
            foot, along = way * one.threshold / length, np.array([-way[1], way[0]]) / length**0.5
            place.plot(*np.transpose([foot - 4 * reach * along, foot + 4 * reach * along]), "-", color="black")
            place.annotate("", foot + 0.15 * reach * way / length**0.5, foot, arrowprops={"arrowstyle": "->", "lw": 2})
        place.set_xlim(-reach, reach)
        place.set_ylim(-reach, reach)
        place.set_aspect("equal")
    state = "dead: no point gets through" if not through.any() else f"{through.sum()} of {len(points)} get through"
    figure.alt = describe("A cloud of points and the line of a ReLU", [state], title)
    return figure
