"""What becomes of a signal on its way through many layers, and of the gradient on its way back, before any training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from helpers.images.style import COLOURS, WIDTH
from helpers.plots.figure import Figure, describe, drawing, heading
from helpers.training.deep_network import Plan, dead_share, forward, layers, loss_and_gradient, start

_WIDTH, _ROWS, _CLASSES = 128, 200, 10
_LEAST, _MOST = 1e-30, 1e30  # what is drawn for nothing, and for what ran away


class Signals(NamedTuple):
    """Of each hidden layer: the spread of what its activation gets, its dead share, its kernel's gradient (root mean
    square). expected: the spread in closed form, None where there is none."""

    spread: np.ndarray
    dead: np.ndarray
    gradient: np.ndarray
    expected: np.ndarray | None


def signals(
    scale: float = 1.0,
    depth: int = 20,
    activation: str = "relu",
    batch_norm: bool = False,
    seed: int = 0,
    width: int = _WIDTH,
) -> Signals:
    """Send 200 rows of noise through `depth` layers of `width` units, and the gradient of a random label back.

    scale: 1 is He's. With ReLU each layer multiplies the spread by the scale, on average over many draws of the
    weights: half of the variance is cut off, and He's is 2 / inputs. Raises ValueError for a depth below 1.
    """
    if depth < 1:
        raise ValueError(f"depth is {depth}; give 1 or more layers")
    random = np.random.default_rng(seed)
    plan = Plan((*[width] * (depth + 1), _CLASSES), activation, batch_norm)
    weights = start(plan, scale, seed)
    rows = random.normal(size=(_ROWS, width)).astype(np.float32)
    with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):
        hidden, _ = forward(weights, plan, rows)
        _, gradient = loss_and_gradient(weights, plan, rows, random.integers(0, _CLASSES, _ROWS))
    kernels = [layer.kernel for layer in layers(gradient, plan.sizes)[:-1]]
    expected = None
    if activation == "relu" and not batch_norm:  # the rows' own spread is 1, so the first sums have He's root of 2
        expected = np.sqrt(2) * float(scale) ** np.arange(1, depth + 1)
    return Signals(
        np.array([_size(one.before) for one in hidden]),
        np.array([dead_share(one.outputs) for one in hidden]),
        np.array([_size(kernel) for kernel in kernels]),
        expected,
    )


def signals_picture(found: Mapping[str, Signals], title: str | None = None) -> Figure:
    """Spread, dead share and gradient by layer, a line for each name; dashed: the spread in closed form."""
    parts = {"spread": "spread", "dead units, share": "dead", "gradient": "gradient"}
    with drawing():
        figure = Figure(WIDTH, 3.9, layout=None)  # the layout engines take longer than the rest
        figure.subplots_adjust(left=0.08, right=0.99, top=0.85, bottom=0.22, wspace=0.35)
        for place, (words, part) in zip(figure.subplots(1, 3), parts.items(), strict=True):
            for number, (name, one) in enumerate(found.items()):
                values, look = getattr(one, part), {"color": COLOURS[number % 8]}
                steps = np.arange(1, len(values) + 1)
                shown = values if part == "dead" else _logarithm(values)
                place.plot(steps, shown, linewidth=2, marker="o", markersize=3, label=name, **look)
                if part == "spread" and one.expected is not None:
                    place.plot(steps, _logarithm(one.expected), "--", color="black", linewidth=1)
            place.set_title(words)
            place.set_xlabel("layer")
            if part == "dead":
                place.set_ylim(-0.03, 1.03)
            else:
                _decades(place)
            place.grid(alpha=0.3)
        if len(found) > 1:
            figure.legend(*place.get_legend_handles_labels(), loc="lower center", ncols=4, frameon=False)
        heading(figure, title)
    figure.alt = describe("Three line charts by layer", [_said(*pair) for pair in found.items()], title)
    return figure


def _logarithm(values: np.ndarray) -> np.ndarray:
    return np.log10(np.clip(np.nan_to_num(values, nan=_MOST), _LEAST, _MOST))


def _decades(place: Any) -> None:
    """Name the powers of ten on an axis of logarithms; matplotlib's own logarithmic axis takes ten times as long."""
    from matplotlib.ticker import MaxNLocator

    low, high = place.dataLim.intervaly
    place.set_ylim(np.floor(low - 0.1), np.ceil(high + 0.1))
    place.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    place.yaxis.set_major_formatter(lambda value, _: f"{10.0**value:g}")


def _said(name: str, one: Signals) -> str:
    ends = [
        f"{words} {part[0]:.2g} to {part[-1]:.2g}" for words, part in zip(Signals._fields[:3], one[:3], strict=True)
    ]
    return f"{name}: {', '.join(ends)}"


def _size(values: np.ndarray) -> float:
    """The root of the mean square, of numbers of any size."""
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))
