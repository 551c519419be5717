"""Charts: bars, curves, points and tables of numbers. `helpers.plots` offers them all; use them from there."""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers.picture import COLOURS, MARKERS, TEXT, WIDTH, Picture, describe, drawing, heading, wrapped


def top_k(names, values=None, title: str | None = None, image=None, alt: str | None = None) -> Picture:
    """Show the most probable classes as a bar chart, the first one on top, with the values written out.

    `names` and `values` are lists of equal length, or `names` alone is a list of `(name, value)`, as `predict_top`
    gives it. With `image` the photo stands beside the bars.
    """
    if values is None:
        try:
            names, values = zip(*names, strict=True)
        except (TypeError, ValueError):
            raise ValueError(f"{names!r} are no pairs of name and value; give such pairs, or two lists.") from None
    names, values = [str(name) for name in names], _numbers(values, "values")
    _same_length(names, values)
    with drawing():
        figure = Picture(WIDTH, max(1.6, 0.42 * len(names) + 0.9))
        if image is None:
            place = figure.subplots()
        else:
            from helpers.images import load

            photo, place = figure.subplots(1, 2, width_ratios=(1, 2.2))
            photo.imshow(load(image))
            photo.set_axis_off()
        _horizontal_bars(place, names, values, [COLOURS[0]] + ["#8fb8d4"] * (len(names) - 1))
        if values.min() >= 0 and values.max() <= 1:  # probabilities: the same scale in every chart
            place.set_xlim(0, 1.12)
            place.set_xticks(np.linspace(0, 1, 6))
        heading(figure, title)
    parts = [f"{name} {text}" for name, text in zip(names, written(values), strict=True)]
    figure.alt = alt or describe("Bar chart", parts, title)
    return figure


def bars(
    names,
    values=None,
    title: str | None = None,
    errors=None,
    reference: Mapping[str, float] | None = None,
    label: str | None = None,
    alt: str | None = None,
) -> Picture:
    """Show values by name as bars, with the values written out.

    `names` and `values` are lists, or `names` alone is a dict name -> value. `values` may also be a dict
    series name -> list, which gives a group of bars for each name. `errors` has the form of `values` and is drawn as
    plus and minus (say, one standard deviation over seeds). `reference` draws named lines: `{"guessing": 0.5}`.
    """
    if values is None:
        names, values = list(names), list(names.values())
    names = [str(name) for name in names]
    series = values if isinstance(values, Mapping) and values else {"": values}
    series = {key: _numbers(one, "values") for key, one in series.items()}
    spreads = errors if isinstance(errors, Mapping) else {"": errors} if errors is not None else {}
    for one in (*series.values(), *spreads.values()):
        _same_length(names, one)
    everything = np.concatenate(list(series.values()))
    with drawing():
        thick = 0.8 / len(series)
        figure = Picture(WIDTH, max(2.0, (0.42 if len(series) == 1 else 0.3 * len(series) + 0.15) * len(names) + 1.2))
        place = figure.subplots()
        for number, (key, one) in enumerate(series.items()):
            shift = (number - (len(series) - 1) / 2) * thick
            _horizontal_bars(place, names, one, COLOURS[number % 8], spreads.get(key), thick, shift, key, everything)
        _reference_lines(place, reference)
        if label:
            place.set_xlabel(label)
        if len(series) > 1 or reference:
            figure.legend(loc="outside lower center", ncols=4, frameon=False)
        heading(figure, title)
    parts = [
        f"{name}{' ' + key if key else ''} {text}"
        for key, one in series.items()
        for name, text in zip(names, written(one, everything), strict=True)
    ]
    figure.alt = alt or describe("Bar chart", parts, title)
    return figure


def dots(
    names,
    values=None,
    title: str | None = None,
    errors=None,
    reference: Mapping[str, float] | None = None,
    label: str | None = None,
    alt: str | None = None,
) -> Picture:
    """Show values by name as marks on a line each, with the values written out; `errors` and `reference` as in `bars`.

    For values that differ by little: a mark, unlike a bar, needs no axis that begins at zero (Cleveland 1984).
    """
    if values is None:
        names, values = list(names), list(names.values())
    names, values = [str(name) for name in names], _numbers(values, "values")
    _same_length(names, values)
    with drawing():
        figure = Picture(WIDTH, max(2.0, 0.42 * len(names) + 1.2))
        place = figure.subplots()
        rows, ends = np.arange(len(names)), values + (0 if errors is None else _numbers(errors, "errors"))
        place.errorbar(values, rows, xerr=errors, fmt="o", markersize=10, color=COLOURS[0], capsize=3, linewidth=2)
        for end, row, text in zip(ends, rows, written(values), strict=True):
            behind = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            shift = {"xytext": (12, 0), "textcoords": "offset points", "va": "center"}
            place.annotate(text, (end, row), bbox=behind, zorder=4, **shift)
        _reference_lines(place, reference)
        place.set_yticks(rows, [wrapped(name, 3.2) for name in names])
        place.set_ylim(len(names) - 0.5, -0.5)
        place.grid(axis="y", alpha=0.3)
        place.margins(x=0.15)
        place.set_xlabel(label or "")
        if reference:
            figure.legend(loc="outside lower center", ncols=4, frameon=False)
        heading(figure, title)
    parts = [f"{name} {text}" for name, text in zip(names, written(values), strict=True)]
    figure.alt = alt or describe("Dot chart", parts, title)
    return figure


def _reference_lines(place, reference: Mapping[str, float] | None) -> None:
    for number, (text, value) in enumerate((reference or {}).items()):
        place.axvline(value, color="black", linestyle=("--", ":", "-.")[number % 3], label=f"{text} {value:.3g}")


def written(values: np.ndarray, beside: np.ndarray | None = None) -> list[str]:
    """The values of one chart as texts with the same number of decimals, so that they can be compared at a glance.

    Three decimals where no value is above 1, one less for each further figure, none for whole numbers; and what is
    nearly nothing as such. beside: all values of the chart, where `values` are a part of them.
    """
    whole = np.abs(values if beside is None else beside)
    largest = float(whole.max(initial=0))
    decimals = 3 if largest <= 1 else max(0, 2 - int(np.log10(largest)))
    if largest > 1 and (whole == whole.round()).all():
        decimals = 0
    least = 10.0**-decimals
    return [_written(float(value), decimals, least) for value in values]


def _written(value: float, decimals: int, least: float) -> str:
    if 0 < abs(value) < least / 2:
        return f"< {least:.{decimals}f}" if value > 0 else f"> -{least:.{decimals}f}"
    return f"{value:.{decimals}f}"


def _horizontal_bars(place, names, values, colour, errors=None, thick=0.8, shift=0.0, label=None, beside=None) -> None:
    rows = np.arange(len(names)) + shift
    drawn = place.barh(rows, values, thick * 0.95, color=colour, xerr=errors, label=label, error_kw={"capsize": 3})
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # else a reference line would run through a number
    place.bar_label(drawn, written(values, beside), padding=5, fontsize=TEXT, bbox=behind, zorder=4)
    place.set_yticks(range(len(names)), [wrapped(name, 3.2) for name in names])
    place.set_ylim(len(names) - 0.5, -0.5)
    place.tick_params(left=False)
    place.margins(x=0.12)
    if place.get_xlim()[0] < 0:
        place.axvline(0, color="black", linewidth=0.8)


def lines(
    x,
    series: Mapping[str, Sequence[float]],
    title: str | None = None,
    x_label: str | None = None,
    y_label: str | None = None,
    reference: Mapping[str, float] | None = None,
    alt: str | None = None,
) -> Picture:
    """Show one or several lines over `x`; `series` is a dict name -> values. `reference` draws named level lines.

    Where all `x` are whole numbers (epochs, blocks, counts), so are the numbers on that axis.
    """
    with drawing():
        figure = Picture(WIDTH, 4.2)
        place = figure.subplots()
        for number, (name, values) in enumerate(series.items()):
            _same_length(list(x), list(values))
            marker = MARKERS[number % 8] if len(x) <= 40 else None
            place.plot(x, values, color=COLOURS[number % 8], marker=marker, linewidth=2, label=name)
        for number, (text, value) in enumerate((reference or {}).items()):
            place.axhline(value, color="black", linestyle=("--", ":", "-.")[number % 3], label=f"{text} {value:.3g}")
        place.set_xlabel(x_label or "")
        place.set_ylabel(y_label or "")
        _whole_numbers(place.xaxis, x)
        place.grid(alpha=0.3)
        if len(series) > 1 or reference:
            figure.legend(loc="outside lower center", ncols=4, frameon=False)
        heading(figure, title)
    ends = [f"{name} from {values[0]:.3g} to {values[-1]:.3g}" for name, values in series.items() if len(values)]
    figure.alt = alt or describe("Line chart", ends, title)
    return figure


def histogram(
    values, bins: int = 30, title: str | None = None, x_label: str | None = None, alt: str | None = None
) -> Picture:
    """Show how often values occur; `values` is an array, or a dict name -> array to compare on the same bins."""
    series = values if isinstance(values, Mapping) else {"": values}
    series = {name: _numbers(np.ravel(one), "values") for name, one in series.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(series.values())), bins)
    with drawing():
        figure = Picture(WIDTH, 3.8)
        place = figure.subplots()
        for number, (name, one) in enumerate(series.items()):
            look = {"color": COLOURS[number % 8], "label": name or None}
            place.hist(one, edges, alpha=0.25 if len(series) > 1 else 0.9, **look)
            if len(series) > 1:
                place.hist(one, edges, histtype="step", linewidth=2, color=COLOURS[number % 8])
        place.set_xlabel(x_label or "")
        place.set_ylabel("count")
        _whole_numbers(place.xaxis, np.concatenate(list(series.values())))
        _whole_numbers(place.yaxis, [0])
        if len(series) > 1:
            figure.legend(loc="outside lower center", ncols=4, frameon=False)
        heading(figure, title)
    parts = [f"{name} mean {one.mean():.3g}".strip() for name, one in series.items()]
    figure.alt = alt or describe("Histogram", parts, title)
    return figure


def scatter_2d(
    points,
    labels=None,
    names: Sequence[str] | None = None,
    title: str | None = None,
    label: str | None = None,
    axis_labels: tuple[str, str] | None = None,
    alt: str | None = None,
) -> Picture:
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
    with drawing():
        figure = Picture(7.0, 5.2)
        place = figure.subplots()
        size = 45 if len(points) <= 300 else 20 if len(points) <= 2000 else 8
        if labels.dtype.kind == "f":
            drawn = place.scatter(*points.T, c=labels, s=size, cmap="viridis")
            figure.colorbar(drawn, ax=place, label=label)
            groups = [f"{label or 'value'} from {labels.min():.3g} to {labels.max():.3g}"]
        else:
            groups = _classes(place, points, labels, names, size)
            if len(groups) > 1:
                figure.legend(loc="outside right upper", frameon=False, markerscale=1.5 if size < 45 else 1)
        place.set_xlabel(axis_labels[0] if axis_labels else "first axis")
        place.set_ylabel(axis_labels[1] if axis_labels else "second axis")
        heading(figure, title)
    figure.alt = alt or describe(f"Scatter plot of {len(points)} points", groups, title)
    return figure


def _classes(place, points, labels, names, size: float) -> list[str]:
    groups = []
    for number, kind in enumerate(np.unique(labels)):
        inside = labels == kind
        whole = labels.dtype.kind in "iub"
        name = names[int(kind)] if names is not None and whole and 0 <= int(kind) < len(names) else str(kind)
        mark = MARKERS[(number + number // 8) % 8]
        colour = COLOURS[number % 8]
        place.scatter(*points[inside].T, s=size, label=name, color=colour, marker=mark, linewidths=0, alpha=0.8)
        groups.append(f"{name} {inside.sum()}")
    return groups


def confusion(matrix, names: Sequence[str], title: str | None = None, alt: str | None = None) -> Picture:
    """Show a confusion matrix `(classes, classes)` of counts: a row for each true class, a column for each guess.

    Colours are shares of the row, so that large classes do not hide small ones; the counts are written out up to
    20 classes. The title gives the share on the diagonal, the accuracy.
    """
    matrix = np.asarray(matrix)
    count = len(names)
    if matrix.shape != (count, count):
        raise ValueError(f"The matrix has the shape {matrix.shape}; for {count} names give ({count}, {count}).")
    if (matrix < 0).any() or not matrix.sum() > 0:
        raise ValueError("The matrix has negative counts, or none at all; give the number of photos of each kind.")
    rows = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, rows, out=np.zeros(matrix.shape), where=rows > 0)
    accuracy = np.trace(matrix) / matrix.sum()
    text = f"{title + ', ' if title else ''}accuracy {accuracy:.3f}"
    with drawing():
        side = min(WIDTH - 2, max(3.2, 0.7 * count))
        figure = Picture(side + 2, side + 0.8)
        place = figure.subplots()
        drawn = place.imshow(shares, cmap="viridis", vmin=0, vmax=1)
        place.set_xticks(range(count), [wrapped(name, 1.6) for name in names], rotation=90 if count > 4 else 0)
        place.set_yticks(range(count), [wrapped(name, 2.2) for name in names])
        place.set_xlabel("predicted")
        place.set_ylabel("true")
        for row, column in np.ndindex(*matrix.shape) if count <= 20 else ():
            ink = "black" if shares[row, column] > 0.6 else "white"
            place.text(column, row, f"{matrix[row, column]:g}", ha="center", va="center", color=ink)
        figure.colorbar(drawn, ax=place, label="share of the true class")
        heading(figure, text)
    parts = [f"{name}: {share:.2f} right" for name, share in zip(names, np.diag(shares), strict=True)]
    figure.alt = alt or describe("Confusion matrix", parts, text)
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


def _numbers(values, name: str) -> np.ndarray:
    try:
        numbers = np.asarray(list(values), dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"The {name} {values!r} are no numbers; give a list of numbers.") from None
    if not numbers.size or not np.isfinite(numbers).all():
        raise ValueError(f"The {name} are empty or hold NaN or infinite ones; give numbers.")
    return numbers


def _same_length(first, second) -> None:
    if len(first) != len(second):
        raise ValueError(f"There are {len(first)} names or places for {len(second)} values; give one for each.")
