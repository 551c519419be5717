"""Pictures of models and of their errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from helpers.images.style import COLOURS, WIDTH
from helpers.multitask.metrics import agreement
from helpers.plots import Figure
from helpers.plots.figure import describe, drawing, heading, wrapped
from helpers.runtime import arguments

_SHARED, _OWN, _DATA = "#0072B2", "#D55E00", "#DDDDDD"  # what all tasks share, what each has for itself, no weights


def bland_altman(pairs: Mapping[str, tuple[np.ndarray, np.ndarray]], unit: str) -> Figure:
    """Show predictions against the truth after Bland and Altman (1986), a panel for each name, all on one scale.

    pairs: name -> (truth, prediction), each `(rows,)` in `unit`. Across: the mean of the two; up: prediction minus
    truth. Lines: the bias and the limits that hold 95 % of the differences.
    """
    columns = min(2, len(_some(pairs)))
    lines = -(-len(pairs) // columns)
    with drawing():
        figure = Figure(WIDTH, 3.3 * lines + 0.7)
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
    figure.alt = describe("Bland-Altman plot", said, None)
    return figure


def gain_by_size(
    sizes: np.ndarray, gains: Mapping[str, np.ndarray], size_label: str = "training rows of the task"
) -> Figure:
    """Show how much each task gains against its size, a panel for each name, with means of five groups of equal count.

    sizes: `(tasks,)`. gains: name -> `(tasks,)`, NaN for a task that has no test rows. Above the line: the task gains.
    """
    sizes = arguments.column("sizes", sizes)
    with drawing():
        figure = Figure(WIDTH, 4.2)
        places = figure.subplots(1, len(_some(gains)), squeeze=False, sharey=True).ravel()
        said = []
        for place, (name, gain) in zip(places, gains.items(), strict=True):
            value = _gains(place, sizes, name, arguments.column(f"the gains of {name}", gain))
            place.set_xlabel(size_label)
            said.append(f"{name}: {(value > 0).mean():.0%} of {len(value)} gain, mean {value.mean():+.3f}")
            place.set_title(wrapped(said[-1], 8 / len(gains)))
        places[0].set_ylabel("gain: fall of the task's test error")
        figure.legend(*places[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    figure.alt = describe("Scatter plot of gain against size", said, None)
    return figure


def _gains(place: Any, sizes: np.ndarray, name: str, gain: np.ndarray) -> np.ndarray:
    """Draw one panel; returns the gains that it shows."""
    from matplotlib.ticker import LogLocator, NullFormatter

    if len(gain) != len(sizes):
        raise ValueError(f"{name!r} has {len(gain)} gains for {len(sizes)} tasks; each task needs one")
    there = np.isfinite(gain) & (sizes > 0)
    if not there.any():
        raise ValueError(f"{name!r} has no task with both training and test rows; nothing can be shown")
    size, value = sizes[there], gain[there]
    place.scatter(size, value, s=25, color=COLOURS[0], alpha=0.5, linewidths=0, label="a task")
    groups = np.array_split(np.argsort(size, kind="stable"), min(5, len(size)))
    means = np.array([(size[group].mean(), value[group].mean()) for group in groups])
    place.plot(*means.T, color=COLOURS[1], marker="s", linewidth=2, label="mean of a fifth of them")
    place.axhline(0, color="black", linewidth=1)
    place.set_xscale("log")
    place.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
    place.xaxis.set_major_formatter("{x:g}")
    place.xaxis.set_minor_formatter(NullFormatter())
    place.grid(alpha=0.3)
    return value


def _some(named: Any) -> Any:
    if not named:
        raise ValueError("there is nothing to show; give at least one name with its numbers")
    return named


def diagrams(columns: int, tasks: int, task_word: str = "school") -> Figure:
    """Draw the four models side by side: blue is shared by all tasks, orange belongs to one; weights are counted.

    Weights are those of the models in `helpers.multitask.models` for so many columns and tasks.
    """
    columns, tasks = arguments.whole("columns", columns, 1), arguments.whole("tasks", tasks, 1)
    models = zip(_boxes(columns, tasks, task_word).items(), count_weights(columns, tasks), strict=True)
    with drawing():
        figure = Figure(WIDTH, 4.6)
        said = []
        for place, ((title, boxes), (shared, own)) in zip(figure.subplots(1, 4), models, strict=True):
            _draw(place, boxes)
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


class _Box(NamedTuple):
    """A box at x (0..1) and level 0 to 4 (no colour: text alone), the places of those below it, and a task's name."""

    text: str
    x: float
    level: int
    colour: str | None
    wide: float
    below: tuple[int, ...] = ()
    name: str = ""


def _boxes(columns: int, tasks: int, word: str) -> dict[str, list[_Box]]:
    """The boxes of each diagram."""
    three = ((0.13, "1"), (0.5, "2"), (0.87, str(tasks)))
    start = _Box(f"{columns} features", 0.5, 0, _DATA, 0.7)
    trunk = [start, _Box("64", 0.5, 1, _SHARED, 0.4, (0,)), _Box("32", 0.5, 2, _SHARED, 0.4, (1,))]
    own = [
        _Box(text, x, level, _OWN, 0.2, (0 if level == 1 else 3 * number + level - 1,), name if level == 3 else "")
        for number, (x, name) in enumerate(three)
        for level, text in enumerate(("64", "32", "1"), start=1)
    ]
    heads = [_Box("1", x, 3, _OWN, 0.2, (2,), name) for x, name in three]
    return {
        f"1 one per {word}": [start, *own, _Box("...", 0.685, 1, None, 0)],
        "2 one for all": [*trunk, _Box("1", 0.5, 3, _SHARED, 0.4, (2,))],
        "3 shared + heads": [*trunk, *heads, _Box("...", 0.685, 3, None, 0)],
        "4 gated": [
            _Box("features", 0.25, 0, _DATA, 0.44),
            _Box(word, 0.79, 0, _DATA, 0.44),
            _Box("Wx+b: 32", 0.25, 1, _SHARED, 0.46, (0,)),
            _Box("e: 32", 0.79, 1, _OWN, 0.44, (1,)),
            _Box("σ(e) ⊙ (Wx+b)", 0.5, 2, _DATA, 0.86, (2, 3)),
            _Box("32", 0.5, 3, _SHARED, 0.4, (4,)),
            _Box("1", 0.5, 4, _SHARED, 0.4, (5,)),
        ],
    }


def _draw(place: Any, boxes: list[_Box]) -> None:
    """Draw boxes, arrows from those below, and the task's name over each box that has one."""
    from matplotlib.patches import FancyBboxPatch

    place.set_axis_off()
    place.set_xlim(-0.04, 1.04)
    place.set_ylim(-0.12, 1.08)
    heights = (0, *np.linspace(0.25, 0.95, 4))
    centred = {"ha": "center", "va": "center"}
    for box in boxes:
        x, y = box.x, heights[box.level]
        if box.colour:
            frame = {"boxstyle": "round,pad=0.02", "facecolor": box.colour, "edgecolor": "white"}
            place.add_patch(FancyBboxPatch((x - box.wide / 2, y - 0.045), box.wide, 0.09, **frame))
        place.text(x, y, box.text, color="black" if box.colour in (_DATA, None) else "white", **centred)
        place.text(x, y + 0.09, box.name, **centred)
        for below in (boxes[number] for number in box.below):
            look = {"arrowstyle": "-|>", "color": "0.3", "shrinkA": 0, "shrinkB": 0}
            place.annotate("", (x, y - 0.07), (below.x, heights[below.level] + 0.07), arrowprops=look)
