"""Pictures of models and of their errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from helpers import arguments
from helpers.multitask.measures import agreement
from helpers.plots import Picture

SHARED, OWN, DATA = "#0072B2", "#D55E00", "#DDDDDD"  # what all tasks share, what each has for itself, no weights


def bland_altman(
    pairs: Mapping[str, tuple[np.ndarray, np.ndarray]], unit: str, title: str | None = None, alt: str | None = None
) -> Picture:
    """Show predictions against the truth after Bland and Altman (1986), a panel for each name, all on one scale.

    pairs: name -> (truth, prediction), each `(rows,)` in `unit`. Across: the mean of the two; up: prediction minus
    truth. Lines: the bias and the limits that hold 95 % of the differences.
    """
    from helpers.picture import COLOURS, HEADING, WIDTH, describe, drawing, wrapped

    pairs = arguments.made_by("pairs", pairs, Mapping, "name -> (truth, prediction)")
    if not pairs:
        raise ValueError("there is nothing to show; give at least one pair of truth and prediction")
    columns = min(2, len(pairs))
    lines = -(-len(pairs) // columns)
    with drawing():
        figure = Picture(WIDTH, 3.3 * lines + 0.7)
        places = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
        said = []
        for place, (name, (truth, predicted)) in zip(places, pairs.items(), strict=False):
            found = agreement(truth, predicted)
            truth, predicted = np.asarray(truth, float), np.asarray(predicted, float)
            faint = float(np.clip(250 / len(truth), 0.08, 0.8))
            place.scatter((truth + predicted) / 2, predicted - truth, s=9, color=COLOURS[0], alpha=faint, linewidths=0)
            place.axhline(found.bias, color="black", linewidth=2)
            for limit in (found.low, found.high):
                place.axhline(limit, color="black", linestyle="--")
            limits = f"bias {found.bias:+.2f}, 95 % from {found.low:.2f} to {found.high:+.2f}"
            said.append(f"{name}: {limits}")
            place.set_title(f"{wrapped(name, 4.4)}\n{wrapped(limits, 4.4)}")
            place.grid(alpha=0.3)
        for place in places[len(pairs) :]:
            place.remove()
        figure.supxlabel(wrapped(f"mean of prediction and truth ({unit})", 8), fontsize=12)
        figure.supylabel("prediction - truth", fontsize=12)
        if title:
            figure.suptitle(title, fontsize=HEADING)
    figure.alt = alt or describe("Bland-Altman plot", said, title)
    return figure


def gain_by_size(
    sizes: np.ndarray,
    gains: Mapping[str, np.ndarray],
    title: str | None = None,
    label: str = "gain: fall of the task's test error",
    size_label: str = "training rows of the task",
    alt: str | None = None,
) -> Picture:
    """Show how much each task gains against its size, a panel for each name, with means of five groups of equal count.

    sizes: `(tasks,)`. gains: name -> `(tasks,)`, NaN for a task that has no test rows. Above the line: the task gains.
    """
    gains = arguments.made_by("gains", gains, Mapping, "name -> gains of the tasks")
    if not gains:
        raise ValueError("there is nothing to show; give at least one name with the gains of the tasks")
    sizes = arguments.column("sizes", sizes)
    gains = {name: arguments.column(f"the gains of {name}", gain) for name, gain in gains.items()}
    from matplotlib.ticker import LogLocator, NullFormatter

    from helpers.picture import COLOURS, HEADING, WIDTH, describe, drawing, wrapped

    with drawing():
        figure = Picture(WIDTH, 4.2)
        places = figure.subplots(1, len(gains), squeeze=False, sharey=True).ravel()
        said = []
        for place, (name, gain) in zip(places, gains.items(), strict=True):
            if len(gain) != len(sizes):
                raise ValueError(f"{name!r} has {len(gain)} gains for {len(sizes)} tasks; each task needs one")
            there = np.isfinite(gain) & (sizes > 0)
            if not there.any():
                raise ValueError(f"{name!r} has no task with both training and test rows; nothing can be shown")
            size, value = np.asarray(sizes, float)[there], np.asarray(gain, float)[there]
            place.scatter(size, value, s=25, color=COLOURS[0], alpha=0.5, linewidths=0, label="a task")
            groups = np.array_split(np.argsort(size, kind="stable"), min(5, len(size)))
            means = np.array([(size[group].mean(), value[group].mean()) for group in groups])
            place.plot(*means.T, color=COLOURS[1], marker="s", linewidth=2, label="mean of a fifth of them")
            place.axhline(0, color="black", linewidth=1)
            place.set_xscale("log")
            place.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
            place.xaxis.set_major_formatter("{x:g}")
            place.xaxis.set_minor_formatter(NullFormatter())
            place.set_xlabel(size_label)
            place.grid(alpha=0.3)
            said.append(f"{name}: {(value > 0).mean():.0%} of {len(value)} gain, mean {value.mean():+.3f}")
            place.set_title(wrapped(said[-1], 8 / len(gains)))
        places[0].set_ylabel(label)
        figure.legend(*places[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
        if title:
            figure.suptitle(title, fontsize=HEADING)
    figure.alt = alt or describe("Scatter plot of gain against size", said, title)
    return figure


def diagrams(columns: int, tasks: int, task_word: str = "school", widths: tuple[int, ...] = (64, 32)) -> Picture:
    """Draw the four models side by side: blue is shared by all tasks, orange belongs to one; weights are counted.

    Weights are those of the models in `helpers.multitask.models` for so many columns and tasks.
    """
    from helpers.picture import WIDTH, describe, drawing, heading

    columns, tasks = arguments.whole("columns", columns, 1), arguments.whole("tasks", tasks, 1)
    widths = arguments.made_by("widths", widths, (tuple, list), "the units of each hidden layer, such as (64, 32)")
    widths = tuple(arguments.whole("a hidden layer's width", width, 1) for width in widths)
    counts = count_weights(columns, tasks, widths)
    titles = (f"1 one per {task_word}", "2 one for all", "3 shared + heads", "4 gated")
    draw = (_draw_own, _draw_all, _draw_heads, _draw_gated)
    with drawing():
        figure = Picture(WIDTH, 4.6)
        said = []
        for place, title, drawn, (shared, own) in zip(figure.subplots(1, 4), titles, draw, counts, strict=True):
            place.set_axis_off()
            place.set_xlim(-0.04, 1.04)
            place.set_ylim(-0.12, 1.08)
            drawn(place, columns, tasks, task_word, widths)
            place.set_title(f"{title}\n{shared:,} shared\n{own:,} a {task_word}")
            said.append(f"{title}, {shared} shared weights and {own} for each {task_word}")
        heading(figure, f"Blue is shared by all, orange belongs to one {task_word}")
    figure.alt = describe("Diagram of four networks", said, None)
    return figure


def count_weights(columns: int, tasks: int, widths: tuple[int, ...] = (64, 32)) -> list[tuple[int, int]]:
    """Weights that all tasks share and weights of each single task, for the four models in their order."""
    from helpers.multitask import models

    one = models.one_for_all(columns, widths)
    everything = models.per_task(columns, tasks, widths), one, models.shared_with_heads(one, tasks)
    counts = []
    for model in (*everything, models.gated(columns, tasks)):
        layers = [la for la in model.layers if model.name == "per_task" or la.name in ("heads", "gate")]
        own = sum(layer.count_params() for layer in layers)
        counts.append((model.count_params() - own, own // tasks))
    return counts


def _box(place: Any, x: float, y: float, text: str, colour: str, wide: float = 0.5) -> tuple[float, float]:
    from matplotlib.patches import FancyBboxPatch

    ink = "black" if colour == DATA else "white"
    frame = {"boxstyle": "round,pad=0.02", "facecolor": colour, "edgecolor": "white"}
    place.add_patch(FancyBboxPatch((x - wide / 2, y - 0.045), wide, 0.09, **frame))
    place.text(x, y, text, ha="center", va="center", color=ink)
    return x, y


def _arrow(place: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    look = {"arrowstyle": "-|>", "color": "0.3", "shrinkA": 0, "shrinkB": 0}
    place.annotate("", (end[0], end[1] - 0.07), (start[0], start[1] + 0.07), arrowprops=look)


def _stack(place: Any, x: float, texts: list[str], colour: str, bottom: tuple, wide: float) -> tuple[float, float]:
    """Boxes one over the other, joined by arrows; returns where the topmost is."""
    for text, y in zip(texts, np.linspace(0.25, 0.95, 4), strict=False):
        top = _box(place, x, y, text, colour, wide)
        _arrow(place, bottom, top)
        bottom = top
    return bottom


def _draw_own(place: Any, columns: int, tasks: int, word: str, widths: tuple[int, ...]) -> None:
    start = _box(place, 0.5, 0.0, f"{columns} features", DATA, 0.7)
    for x, name in ((0.13, "1"), (0.5, "2"), (0.87, str(tasks))):
        top = _stack(place, x, [str(width) for width in widths] + ["1"], OWN, start, 0.2)
        place.text(x, top[1] + 0.09, name, ha="center", va="center")
    place.text(0.685, 0.25, "...", ha="center")


def _draw_all(place: Any, columns: int, tasks: int, word: str, widths: tuple[int, ...]) -> None:
    start = _box(place, 0.5, 0.0, f"{columns} features", DATA, 0.7)
    _stack(place, 0.5, [str(width) for width in widths] + ["1"], SHARED, start, 0.4)


def _draw_heads(place: Any, columns: int, tasks: int, word: str, widths: tuple[int, ...]) -> None:
    start = _box(place, 0.5, 0.0, f"{columns} features", DATA, 0.7)
    trunk = _stack(place, 0.5, [str(width) for width in widths], SHARED, start, 0.4)
    for x, name in ((0.13, "1"), (0.5, "2"), (0.87, str(tasks))):
        _arrow(place, trunk, _box(place, x, 0.717, "1", OWN, 0.2))
        place.text(x, 0.807, name, ha="center", va="center")
    place.text(0.685, 0.717, "...", ha="center")


def _draw_gated(place: Any, columns: int, tasks: int, word: str, widths: tuple[int, ...]) -> None:
    student = _box(place, 0.25, 0.25, "Wx+b: 32", SHARED, 0.46)
    _arrow(place, _box(place, 0.25, 0.0, "features", DATA, 0.44), student)
    gate = _box(place, 0.79, 0.25, "e: 32", OWN, 0.44)
    _arrow(place, _box(place, 0.79, 0.0, word, DATA, 0.44), gate)
    product = _box(place, 0.5, 0.483, "σ(e) ⊙ (Wx+b)", DATA, 0.86)
    _arrow(place, student, product)
    _arrow(place, gate, product)
    dense = _box(place, 0.5, 0.717, "32", SHARED, 0.4)
    _arrow(place, product, dense)
    _arrow(place, dense, _box(place, 0.5, 0.95, "1", SHARED, 0.4))
