"""Charts: bars, curves, points and tables of numbers. `helpers.plots` offers them all; use them from there."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from helpers.images.style import COLOURS, MARKERS, TEXT, WIDTH
from helpers.plots.figure import Figure, chart, describe, wrapped

_BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # else a line would run through a number


def top_k(names, values=None, title: str | None = None) -> Figure:
    """Show the most probable classes as a bar chart, the first one on top, with the values written out.

    `names` and `values` are lists of equal length, or `names` alone is a list of `(name, value)`, as `predict_top`
    gives it.
    """
    names, series = _named(names, values)
    values = series[""]
    with chart(title, max(1.6, 0.42 * len(names) + 0.9)) as (figure, place):
        _horizontal_bars(place, names, values, values, color=[COLOURS[0]] + ["#8fb8d4"] * (len(names) - 1))
        if values.min() >= 0 and values.max() <= 1:  # probabilities: the same scale in every chart
            place.set_xlim(0, 1.12)
            place.set_xticks(np.linspace(0, 1, 6))
    figure.alt = describe("Bar chart", _said(names, series), title)
    return figure


def bars(
    names,
    values=None,
    title: str | None = None,
    errors=None,
    reference: Mapping[str, float] | None = None,
    label: str | None = None,
) -> Figure:
    """Show values by name as bars, with the values written out.

    `names` and `values` are lists, or `names` alone is a dict name -> value. `values` may also be a dict
    series name -> list, which gives a group of bars for each name. `errors` has the form of `values` and is drawn as
    plus and minus (say, one standard deviation over seeds). `reference` draws named lines: `{"guessing": 0.5}`.
    """
    names, series = _named(names, values, errors)
    count, everything = len(series), np.concatenate(list(series.values()))
    height = max(2.0, (0.42 if count == 1 else 0.3 * count + 0.15) * len(names) + 1.2)
    with chart(title, height, label, legend=count > 1 or bool(reference)) as (figure, place):
        for number, (key, one) in enumerate(series.items()):
            where = {"thick": 0.8 / count, "shift": (number - (count - 1) / 2) * 0.8 / count}
            spread = errors.get(key) if isinstance(errors, Mapping) else errors
            look = {"color": COLOURS[number % 8], "xerr": spread, "label": key, "error_kw": {"capsize": 3}}
            _horizontal_bars(place, names, one, everything, **where, **look)
        _reference_lines(place.axvline, reference)
    figure.alt = describe("Bar chart", _said(names, series), title)
    return figure


def dots(
    names,
    values=None,
    title: str | None = None,
    errors=None,
    reference: Mapping[str, float] | None = None,
    label: str | None = None,
) -> Figure:
    """Show values by name as marks on a line each, with the values written out; arguments as for `bars`, one series.

    For values that differ by little: a mark, unlike a bar, needs no axis that begins at zero (Cleveland 1984).
    """
    names, series = _named(names, values, errors)
    values = series[""]
    with chart(title, max(2.0, 0.42 * len(names) + 1.2), label, legend=bool(reference)) as (figure, place):
        rows, ends = np.arange(len(names)), values + (0 if errors is None else np.asarray(errors))
        place.errorbar(values, rows, xerr=errors, fmt="o", markersize=10, color=COLOURS[0], capsize=3, linewidth=2)
        shift = {"xytext": (12, 0), "textcoords": "offset points", "va": "center"}
        for end, row, text in zip(ends, rows, _written(values, values), strict=True):
            place.annotate(text, (end, row), bbox=_BEHIND, zorder=4, **shift)
        _reference_lines(place.axvline, reference)
        _named_rows(place, names)
        place.grid(axis="y", alpha=0.3)
        place.margins(x=0.15)
    figure.alt = describe("Dot chart", _said(names, series), title)
    return figure


def _named(names, values, errors=None) -> tuple[list[str], dict[str, np.ndarray]]:
    """Names as texts and values by series, from two lists, a dict, pairs, or names and a dict of series."""
    if values is None and isinstance(names, Mapping):
        names, values = list(names), list(names.values())
    elif values is None:
        try:
            names, values = zip(*names, strict=True)
        except (TypeError, ValueError):
            raise ValueError(f"{names!r} are no pairs of name and value; give such pairs, or two lists.") from None
    series = values if isinstance(values, Mapping) and values else {"": values}
    series = {key: _numbers(one) for key, one in series.items()}
    spreads = errors if isinstance(errors, Mapping) else {"": errors}
    for one in (*series.values(), *(one for one in spreads.values() if one is not None)):
        _same_length(names, one)
    return [str(name) for name in names], series


def _said(names: list[str], series: Mapping[str, np.ndarray]) -> list[str]:
    """Every value with its name, in words."""
    everything = np.concatenate(list(series.values()))
    texts = {key: _written(one, everything) for key, one in series.items()}
    return [" ".join((name, key, text)) for key in texts for name, text in zip(names, texts[key], strict=True)]


def _reference_lines(draw, reference: Mapping[str, float] | None) -> None:
    """Named lines; draw: `axvline` or `axhline` of a place."""
    for number, (text, value) in enumerate((reference or {}).items()):
        draw(value, color="black", linestyle=("--", ":", "-.")[number % 3], label=f"{text} {value:.3g}")


def _written(values: np.ndarray, beside: np.ndarray) -> list[str]:
    """Some values of one chart as texts with the same number of decimals, so that they can be compared at a glance.

    Three decimals where no value is above 1, one less for each further figure, none for whole numbers; and what is
    nearly nothing as such. beside: all values of the chart.
    """
    largest = float(np.abs(beside).max(initial=0))
    decimals = 3 if largest <= 1 else max(0, 2 - int(np.log10(largest)))
    if largest > 1 and (beside == beside.round()).all():
        decimals = 0
    least = f"{10.0**-decimals:.{decimals}f}"
    nothing = {1: f"< {least}", -1: f"> -{least}"}
    return [
        nothing[np.sign(value)] if 0 < abs(value) < float(least) / 2 else f"{value:.{decimals}f}" for value in values
    ]


def _horizontal_bars(place, names, values, everything, thick: float = 0.8, shift: float = 0.0, **look: Any) -> None:
    drawn = place.barh(np.arange(len(names)) + shift, values, thick * 0.95, **look)
    place.bar_label(drawn, _written(values, everything), padding=5, fontsize=TEXT, bbox=_BEHIND, zorder=4)
    _named_rows(place, names)
    place.tick_params(left=False)
    place.margins(x=0.12)
    if place.get_xlim()[0] < 0:
        place.axvline(0, color="black", linewidth=0.8)


def _named_rows(place, names: list[str]) -> None:
    place.set_yticks(range(len(names)), [wrapped(name, 3.2) for name in names])
    place.set_ylim(len(names) - 0.5, -0.5)


def lines(
    x,
    series: Mapping[str, Sequence[float]],
    title: str | None = None,
    x_label: str | None = None,
    y_label: str | None = None,
    reference: Mapping[str, float] | None = None,
) -> Figure:
    """Show one or several lines over `x`; `series` is a dict name -> values. `reference` draws named level lines.

    Where all `x` are whole numbers (epochs, blocks, counts), so are the numbers on that axis.
    """
    with chart(title, 4.2, x_label, y_label, len(series) > 1 or bool(reference)) as (figure, place):
        for number, (name, values) in enumerate(series.items()):
            _same_length(list(x), list(values))
            marker = MARKERS[number % 8] if len(x) <= 40 else None
            place.plot(x, values, color=COLOURS[number % 8], marker=marker, linewidth=2, label=name)
        _reference_lines(place.axhline, reference)
        _whole_numbers(place.xaxis, x)
        place.grid(alpha=0.3)
    ends = [f"{name} from {values[0]:.3g} to {values[-1]:.3g}" for name, values in series.items() if len(values)]
    figure.alt = describe("Line chart", ends, title)
    return figure


def histogram(values, bins: int = 30, title: str | None = None, x_label: str | None = None) -> Figure:
    """Show how often values occur; `values` is an array, or a dict name -> array to compare on the same bins."""
    series = values if isinstance(values, Mapping) else {"": values}
    series = {name: _numbers(np.ravel(one)) for name, one in series.items()}
    everything, several = np.concatenate(list(series.values())), len(series) > 1
    edges = np.histogram_bin_edges(everything, bins)
    with chart(title, 3.8, x_label, "count", several) as (figure, place):
        for number, (name, one) in enumerate(series.items()):
            colour = COLOURS[number % 8]
            place.hist(one, edges, alpha=0.25 if several else 0.9, color=colour, label=name or None)
            if several:
                place.hist(one, edges, histtype="step", linewidth=2, color=colour)
        _whole_numbers(place.xaxis, everything)
        _whole_numbers(place.yaxis, [0])
    parts = [f"{name} mean {one.mean():.3g}".strip() for name, one in series.items()]
    figure.alt = describe("Histogram", parts, title)
    return figure


def scatter_2d(
    points,
    labels=None,
    names: Sequence[str] | None = None,
    title: str | None = None,
    label: str | None = None,
    axis_labels: tuple[str, str] = ("first axis", "second axis"),
) -> Figure:
    """Show points `(n, 2)` in the plane, with a colour and a mark for each class, or a colour bar for numbers.

    `labels` holds n whole numbers or texts (classes), or n floats, which are shown as viridis colours with a colour
    bar called `label`. `names` are the names of the classes 0, 1, 2 and so on.
    """
    points = np.asarray(points, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"The points have the shape {points.shape}; give (n, 2), for example two axes of a PCA.")
    if not np.isfinite(points).all():
        raise ValueError("Some points are no numbers (NaN or infinite); leave them out first.")
    labels = np.zeros(len(points), int) if labels is None else np.asarray(labels)
    _same_length(points, labels)
    with chart(title, 5.2, *axis_labels, width=7.0) as (figure, place):
        size = 45 if len(points) <= 300 else 20 if len(points) <= 2000 else 8
        if labels.dtype.kind == "f":
            drawn = place.scatter(*points.T, c=labels, s=size, cmap="viridis")
            figure.colorbar(drawn, ax=place, label=label)
            groups = [f"{label or 'value'} from {labels.min():.3g} to {labels.max():.3g}"]
        else:
            groups = _classes(place, points, labels, names, size)
            if len(groups) > 1:
                figure.legend(loc="outside right upper", frameon=False, markerscale=1.5 if size < 45 else 1)
    figure.alt = describe(f"Scatter plot of {len(points)} points", groups, title)
    return figure


def _classes(place, points, labels, names, size: float) -> list[str]:
    groups, whole = [], labels.dtype.kind in "iub"
    for number, kind in enumerate(np.unique(labels)):
        inside = labels == kind
        name = names[int(kind)] if names is not None and whole and 0 <= int(kind) < len(names) else str(kind)
        look = {"color": COLOURS[number % 8], "marker": MARKERS[(number + number // 8) % 8]}
        place.scatter(*points[inside].T, s=size, label=name, linewidths=0, alpha=0.8, **look)
        groups.append(f"{name} {inside.sum()}")
    return groups


def confusion(matrix, names: Sequence[str], title: str | None = None) -> Figure:
    """Show a confusion matrix `(classes, classes)` of counts: a row for each true class, a column for each guess.

    Colours are shares of the row, so that large classes do not hide small ones; the counts are written out up to
    20 classes. The title gives the share on the diagonal, the accuracy.
    """
    matrix, count = np.asarray(matrix), len(names)
    if matrix.shape != (count, count):
        raise ValueError(f"The matrix has the shape {matrix.shape}; for {count} names give ({count}, {count}).")
    if (matrix < 0).any() or not matrix.sum() > 0:
        raise ValueError("The matrix has negative counts, or none at all; give the number of photos of each kind.")
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1e-12)
    text = f"{title + ', ' if title else ''}accuracy {np.trace(matrix) / matrix.sum():.3f}"
    side = min(WIDTH - 2, max(3.2, 0.7 * count))
    with chart(text, side + 0.8, "predicted", "true", width=side + 2) as (figure, place):
        drawn = place.imshow(shares, cmap="viridis", vmin=0, vmax=1)
        place.set_xticks(range(count), [wrapped(name, 1.6) for name in names], rotation=90 if count > 4 else 0)
        place.set_yticks(range(count), [wrapped(name, 2.2) for name in names])
        for row, column in np.ndindex(*matrix.shape) if count <= 20 else ():
            ink = "black" if shares[row, column] > 0.6 else "white"
            place.text(column, row, f"{matrix[row, column]:g}", ha="center", va="center", color=ink)
        figure.colorbar(drawn, ax=place, label="share of the true class")
    parts = [f"{name}: {share:.2f} right" for name, share in zip(names, np.diag(shares), strict=True)]
    figure.alt = describe("Confusion matrix", parts, text)
    return figure


def _whole_numbers(axis, values) -> None:
    """Write whole numbers only along an axis of whole numbers: there is no block 2.5."""
    from matplotlib.ticker import MaxNLocator

    try:
        values = np.asarray(list(values), dtype=float)
    except (TypeError, ValueError):  # names or dates: matplotlib knows what to do with them
        return
    if values.size and (values == np.round(values)).all():
        axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))


def _numbers(values) -> np.ndarray:
    try:
        numbers = np.asarray(list(values), dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"The values {values!r} are no numbers; give a list of numbers.") from None
    if not numbers.size or not np.isfinite(numbers).all():
        raise ValueError("The values are empty or hold NaN or infinite ones; give numbers.")
    return numbers


def _same_length(first, second) -> None:
    if len(first) != len(second):
        raise ValueError(f"There are {len(first)} names or places for {len(second)} values; give one for each.")
