"""A network as a row of slabs, one for each layer, from its card; and accuracy against cost."""

from __future__ import annotations

import math
from collections.abc import Mapping

from helpers.architectures.card import Card, LayerCost
from helpers.images.style import COLOURS
from helpers.plots.figure import Figure, chart, describe, drawing

_GROUPS = {  # what is drawn: word -> (Keras's classes, colour)
    "what comes in": (("InputLayer",), "white"),
    "convolution": (("Conv2D", "Conv1D", "SeparableConv2D", "Conv2DTranspose"), COLOURS[0]),
    "convolution 1x1": ((), COLOURS[4]),
    "depthwise": (("DepthwiseConv2D",), COLOURS[3]),
    "pooling": (("MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D"), COLOURS[1]),
    "sum or product": (("Add", "Multiply", "Subtract", "Maximum", "Average"), COLOURS[2]),
    "side by side": (("Concatenate",), COLOURS[5]),
    "dense": (("Dense", "Matmul"), COLOURS[7]),
}
_GAP = 0.35


def draw(card: Card, title: str | None = None) -> Figure:
    """The network of a card: a slab for each layer that computes, from the left to the right.

    Height follows the side of the maps, width the number of channels, both by their logarithms; ways side by side lie
    one over the other, and a bow is a way around. Below, the side of the maps wherever it changes.
    """
    shown = {number: layer for number, layer in enumerate(card.layers) if _group(layer)}
    reads = {number: _shown_before(card, number, shown) for number in shown}
    column: dict[int, int] = {}
    for number in shown:
        column[number] = max((column[one] + 1 for one in reads[number]), default=0)
    rows: dict[int, list[int]] = {}
    for number, place in column.items():
        rows.setdefault(place, []).append(number)
    left, boxes = 0.0, {}
    for place in sorted(rows):
        boxes |= {number: box for number, box in zip(rows[place], _column(left, rows[place], shown), strict=True)}
        left += max(boxes[number][2] for number in rows[place]) + _GAP
    title = title or f"{card.name}: {card.parameters:,} parameters, {card.multiply_adds:,} multiply-adds"
    with drawing():
        figure = Figure(9.0, 3.4)
        _draw(figure, boxes, shown, reads, column)
        figure.suptitle(title, fontsize=13)
    counts = {word: sum(_group(one) == word for one in shown.values()) for word in list(_GROUPS)[1:]}
    kinds = [f"{count} {word}" for word, count in counts.items() if count]
    figure.alt = describe("Drawing of the layers", kinds, title)
    return figure


def _draw(figure: Figure, boxes: dict, shown: dict, reads: dict, column: dict) -> None:
    from matplotlib.patches import Patch, PathPatch, Rectangle
    from matplotlib.path import Path

    place = figure.subplots()
    tops = {column[number]: y + height for number, (_, y, _, height) in boxes.items()}
    for number, sources in reads.items():
        for source in sources:
            (x0, y0, wide, high), (x1, y1, _, high1) = boxes[source], boxes[number]
            start, end = (x0 + wide, y0 + high / 2), (x1, y1 + high1 / 2)
            around = column[number] - column[source] > 1 and abs(start[1] - end[1]) < 0.3
            over = max((tops[one] for one in range(column[source] + 1, column[number])), default=0) + 0.3
            bow = [((start[0] + end[0]) / 2, 2 * over - start[1])] if around else []  # its middle lies at `over`
            codes = [Path.MOVETO, *([Path.CURVE3, Path.CURVE3] if around else [Path.LINETO])]
            place.add_patch(PathPatch(Path([start, *bow, end], codes), fill=False, color="#888888", linewidth=0.8))
    for number, (x, y, wide, high) in boxes.items():
        colour = _GROUPS[_group(shown[number])][1]
        place.add_patch(Rectangle((x, y), wide, high, facecolor=colour, edgecolor="black", linewidth=0.4, zorder=2))
    _sides(place, boxes, shown, min(y for _, y, _, _ in boxes.values()))
    words = [word for word in _GROUPS if any(_group(one) == word for one in shown.values())]
    patches = [Patch(facecolor=_GROUPS[word][1], edgecolor="black", linewidth=0.4, label=word) for word in words]
    figure.legend(handles=patches, loc="outside lower center", ncols=len(words), frameon=False, fontsize=10)
    place.autoscale_view()
    place.set_axis_off()


def _sides(place, boxes: dict, shown: dict[int, LayerCost], bottom: float) -> None:
    """The side of the maps below the first layer of each side, where there is room for it."""
    last, free = None, -math.inf
    letter = max(x + wide for x, _, wide, _ in boxes.values()) / 90  # of the row's length
    for number in sorted(boxes, key=lambda one: boxes[one][0]):
        shape = shown[number].shape
        word = f"{shape[0]}" if len(shape) == 3 else "values"
        x = boxes[number][0]
        if word != last and x >= free:
            place.text(x, bottom - 0.25, word, va="top", fontsize=9)
            free = x + letter * (len(word) + 1)
            last = word


def _column(left: float, numbers: list[int], shown: dict[int, LayerCost]) -> list[tuple[float, float, float, float]]:
    """(left, bottom, width, height) of the slabs of one column, one over the other around the middle."""
    sizes = [_size(shown[number]) for number in numbers]
    total = sum(height for _, height in sizes) + 0.4 * (len(sizes) - 1)
    found, bottom = [], -total / 2
    for wide, high in sizes:
        found.append((left, bottom, wide, high))
        bottom += high + 0.4
    return found


def _size(layer: LayerCost) -> tuple[float, float]:
    side = max(layer.shape[:-1], default=1)
    return 0.15 + 0.07 * math.log2(layer.shape[-1] + 1), 0.4 + 0.5 * math.log2(side)


def _group(layer: LayerCost) -> str | None:
    found = next((word for word, (kinds, _) in _GROUPS.items() if layer.kind in kinds), None)
    return "convolution 1x1" if found == "convolution" and layer.window == 1 else found


def _shown_before(card: Card, number: int, shown: dict[int, LayerCost]) -> list[int]:
    """The nearest layers before one that are drawn."""
    found: list[int] = []
    for source in card.layers[number].reads:
        found += [source] if source in shown else _shown_before(card, source, shown)
    return list(dict.fromkeys(found))


def accuracy_chart(networks: Mapping[str, tuple[float, float, float]], title: str | None = None) -> Figure:
    """Accuracy against cost: name -> (multiply-adds, parameters, top-1 accuracy in percent).

    The area of a dot follows the parameters; cost on a logarithmic axis.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    with chart(title, 4.6, "billion multiply-adds for one picture", "top-1 accuracy on ImageNet, %") as (figure, place):
        for number, (name, (products, weights, accuracy)) in enumerate(networks.items()):
            place.scatter(products, accuracy, s=weights / 1e5, color=COLOURS[number % 8], alpha=0.5)
            place.scatter(products, accuracy, s=8, color="black")
            words = f"{name}\n{weights / 1e6:.1f} M"
            place.annotate(words, (products, accuracy), (9, -4), textcoords="offset points", va="top", fontsize=10)
        place.set_xscale("log")
        place.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        place.xaxis.set_major_formatter(lambda products, _: f"{products / 1e9:g}")
        place.xaxis.set_minor_locator(NullLocator())
        place.margins(0.2)
        place.grid(alpha=0.3)
    parts = [f"{name} {row[2]:.1f} % for {row[0]:.3g}" for name, row in networks.items()]
    figure.alt = describe("Accuracy against multiply-adds", parts, title)
    return figure
