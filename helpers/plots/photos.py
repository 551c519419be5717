"""Plots for the notebooks: photos, heat maps and overlays, and the charts of `helpers.plots.charts`.

Every function returns a `Picture`, a matplotlib figure that a notebook shows when it is the last expression of a
cell. Titles are given by the caller and should say what is shown and the number that matters; its `alt` is the text for
those who cannot see the picture, and is made from titles and values; set it where it should say more.
"""

from collections.abc import Sequence

import numpy as np

from helpers import images
from helpers.images import ImageError
from helpers.images import colours as colour
from helpers.images.style import (
    HEADING,
    HEAT_COLOURS,
    MOST_TILES,
    OVERLAY_OPACITY,
    PHOTO_PIXELS_PER_INCH,
    SIGNED_COLOURS,
    TEXT,
    WIDTH,
)
from helpers.plots.figure import Figure, best_columns, describe, drawing, wrapped

_WRITTEN = 5  # rows and columns: of so few places the numbers themselves can be read


def photos(pictures, titles=None, columns: int | None = None, title: str | None = None) -> Figure:
    """Show one picture or several side by side.

    `pictures` is one picture `(height, width, 3)`, a list, or an array `(n, height, width)` or `(n, height, width, 3)`;
    each is anything that `images.load` takes. (An array of three axes whose last one is 1, 3 or 4 is one picture: give
    grey pictures of that width as a list.) `titles` is one text for each, or one text for a single picture. Of more
    than 64 the first 64 are shown, and the title says so. Raises `images.ImageError` for what is no picture, and for
    another number of titles than pictures.
    """
    pictures = _several(pictures)
    kind = "Photo" if len(pictures) == 1 else f"{len(pictures)} photos"
    titles = _titles(titles, len(pictures))
    return _sheet([images.load(picture) for picture in pictures[:MOST_TILES]], titles, columns, title, kind)


def heat(
    values,
    title: str | None = None,
    signed: bool = False,
    colours: str = HEAT_COLOURS,
    limit: float | None = None,
    label: str | None = None,
) -> Figure:
    """Show one heat map `(height, width)` with its colour bar, in the map's own numbers.

    Colours are those of `images.colourise`: 0 to `limit` (the maximum, if not given), or with `signed=True` minus to
    plus `limit` around white. `label` says what the numbers are.
    """
    maps = np.asarray(values)
    if maps.ndim != 2:
        raise ImageError(f"A heat map has the shape (height, width), this one has {maps.shape}; see heats.")
    figure = heats([maps], None, None, title, signed, colours, limit, label=label)
    figure.alt = describe("Heat map", [f"values from {maps.min():.3g} to {maps.max():.3g}"], title)
    return figure


def heats(
    maps,
    titles=None,
    columns: int | None = None,
    title: str | None = None,
    signed: bool = False,
    colours: str = HEAT_COLOURS,
    limit: float | None = None,
    shared: bool = True,
    label: str | None = None,
) -> Figure:
    """Show several heat maps, a list or an array `(n, height, width)`, with one colour bar.

    Maps of at most 5 x 5 places have their numbers written into them. With `shared=True` all maps have one scale, so
    colours can be compared. With `shared=False` each map is divided by its own maximum (with sign: its largest absolute
    value), and the colour bar says so. `limit` sets the end of the shared scale. Of more than 64 maps the first 64 are
    shown, and the title says so.
    """
    maps = [np.asarray(one) for one in maps]
    titles, kind = _titles(titles, len(maps)), f"{len(maps)} heat maps"
    if not shared:
        limit, label = None, label or _own_scale(signed)
    elif limit is None:
        limit = max(_largest(one, signed) for one in maps[:MOST_TILES]) or None
    shown = [images.colourise(one, colours, signed, limit) for one in maps[:MOST_TILES]]
    bar = limit or 1.0, colours, signed, label
    figure = _sheet(shown, titles, columns, title, kind, bar, interpolation="nearest")
    for place, one, picture in zip(figure.axes, maps, shown, strict=False):  # the last place is the colour bar's
        if max(one.shape) <= _WRITTEN:
            _write_numbers(place, one, picture)
    return figure


def overlays(
    image,
    maps,
    titles=None,
    opacity: float = OVERLAY_OPACITY,
    signed: bool = False,
    columns: int | None = None,
    title: str | None = None,
    colours: str = HEAT_COLOURS,
    limit: float | None = None,
    original: bool = True,
    outlines=None,
) -> Figure:
    """Show a photo and heat maps laid over it in grey, with one colour bar: its colours over middling grey.

    `image` is one photo, or a list of as many as there are maps; of several, the photos stand in a row above.
    `maps` is one map `(height, width)`, a list or an array `(n, height, width)` of any size; `titles` has one text
    for each map. Each map is divided by its own maximum, or by `limit` if given; `opacity` is that of the hottest
    place, as in `images.overlay`. `original=False` leaves out the photos. `outlines` is a list of masks
    `(height, width)` of the photos' size, one for each map, whose edges are drawn in white.
    """
    maps = [maps] if getattr(maps, "ndim", 0) == 2 else list(maps)  # maps in a list may differ in size
    titles, pictures = _titles(titles, len(maps)), [images.load(one) for one in _several(image)]
    if len(pictures) not in (1, len(maps)):
        raise ImageError(f"There are {len(pictures)} photos for {len(maps)} maps; give one photo, or one for each.")
    under = pictures * len(maps) if len(pictures) == 1 else pictures
    shown = [
        images.overlay(photo, one, opacity, colours, signed, limit) for photo, one in zip(under, maps, strict=True)
    ]
    drawn = list(outlines) if outlines is not None else [None] * len(maps)
    if original:
        shown, drawn = [*pictures, *shown], [None] * len(pictures) + drawn
        titles = ["photo" if any(titles) and len(pictures) == 1 else ""] * len(pictures) + titles
        columns = columns or (len(maps) if len(pictures) > 1 else None)
    bar = limit or 1.0, colours, signed, _own_scale(signed) if limit is None else None, opacity
    figure = _sheet(shown, titles, columns, title, "A photo with heat maps over it", bar)
    for place, mask in zip(figure.axes, drawn, strict=False):  # the last place is the colour bar's
        if mask is not None:
            place.contour(np.asarray(mask, float), levels=[0.5], colors="white", linewidths=2)
    return figure


def _write_numbers(place, values: np.ndarray, picture: np.ndarray) -> None:
    light = picture @ (0.299, 0.587, 0.114)
    for (row, column), value in np.ndenumerate(values):
        colour = "black" if light[row, column] > 128 else "white"
        place.text(column, row, f"{value:.3g}", ha="center", va="center", color=colour, fontsize=TEXT)


def _several(pictures) -> list:
    if isinstance(pictures, np.ndarray):
        if pictures.ndim == 2 or (pictures.ndim == 3 and pictures.shape[2] in (1, 3, 4)):
            return [pictures]
        return list(pictures)
    return list(pictures) if isinstance(pictures, Sequence) and not isinstance(pictures, (str, bytes)) else [pictures]


def _titles(titles, count: int) -> list[str]:
    if count == 0:
        raise ImageError("There is nothing to show; give at least one picture or map.")
    titles = [""] * count if titles is None else [titles] if isinstance(titles, str) else [str(one) for one in titles]
    if len(titles) != count:
        raise ImageError(f"There are {len(titles)} titles for {count} pictures or maps; give one title for each.")
    return titles


def _sheet(shown: list, titles: list[str], columns, title, kind: str, bar: tuple | None = None, **how) -> Figure:
    """At most 64 pictures in rows, each under its title; bar: what `_colour_bar` is given beside its place."""
    if len(titles) > MOST_TILES:
        note = f"{MOST_TILES} of {len(titles)} shown"
        shown, titles, title = shown[:MOST_TILES], titles[:MOST_TILES], f"{title} ({note})" if title else note
    with drawing():
        figure, places = _tiles([picture.shape[:2] for picture in shown], titles, columns, title, bar)
        for place, picture in zip(places, shown, strict=True):
            place.imshow(picture, **how)
    figure.alt = describe(kind, titles, title)
    return figure


def _tiles(shapes, titles: list[str], columns: int | None, title: str | None, bar: tuple | None):
    """A figure and an empty place for each picture of the given (height, width).

    All places are computed in inches: matplotlib's layout engines need a second for 64 places.
    """
    count = len(shapes)
    if columns is not None and columns < 1:
        raise ValueError(f"columns is {columns}; give at least 1.")
    columns = min(columns or best_columns(count, max(map(len, titles))), count)
    room, gap = (1.1 if bar else 0.0), 0.06
    cell = min((WIDTH - room) / columns - gap, 5.5 if count == 1 and not bar else 4.2)
    texts = [wrapped(text, cell) for text in titles]
    rows = [slice(first, min(first + columns, count)) for first in range(0, count, columns)]
    heights = [max(min(2.0, height / width) for height, width in shapes[row]) * cell for row in rows]
    over = [_lines_of(texts[row]) * TEXT * 1.3 / 72 + gap for row in rows]
    heading = wrapped(title, columns * cell + room, HEADING)
    above = _lines_of([heading]) * HEADING * 1.3 / 72
    tall, wide = sum(heights) + sum(over) + above, columns * (cell + gap) + room
    figure = Figure(wide, tall, layout=None, dpi=PHOTO_PIXELS_PER_INCH)
    places, bottom = [], tall - above
    for row, height, head in zip(rows, heights, over, strict=True):
        bottom -= height + head
        for column, text in enumerate(texts[row]):
            box = column * (cell + gap) / wide, bottom / tall, cell / wide, height / tall
            place = figure.add_axes(box, anchor="N")
            place.set_axis_off()
            place.set_title(text, pad=4)
            places.append(place)
    if bar:  # few low rows would squeeze its numbers, so it may be higher than they are
        high = max(tall - above - over[0], 1.5)
        box = (wide - room + 0.1) / wide, (tall - above - over[0] - high) / tall, 0.16 / wide, high / tall
        _colour_bar(figure.add_axes(box), *bar)
    figure.text(columns * (cell + gap) / 2 / wide, 1.0, heading, fontsize=HEADING, ha="center", va="top")
    return figure, places


def _lines_of(texts: list[str]) -> int:
    return max(text.count("\n") + 1 if text else 0 for text in texts)


def _own_scale(signed: bool) -> str:
    return "share of each map's largest value" if signed else "share of each map's maximum"


def _largest(values: np.ndarray, signed: bool) -> float:
    largest = float(np.abs(values).max() if signed else max(values.max(), 0.0)) if values.size else 0.0
    return largest if np.isfinite(largest) else 0.0  # colourise refuses such a map with its sentence


def _colour_bar(
    place, limit: float, colours: str, signed: bool, label: str | None, opacity: float | None = None
) -> None:
    """opacity: of maps over a photo, None for maps alone."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    low, table = -limit if signed else 0.0, SIGNED_COLOURS if signed else colours
    if opacity is not None:
        table = ListedColormap(colour.over_grey(opacity, colours, signed) / 255, f"{table} over grey")
    scale = ScalarMappable(Normalize(low, limit), table)
    ticks = np.linspace(low, limit, 5)
    bar = place.figure.colorbar(scale, cax=place, ticks=ticks)
    bar.ax.set_yticklabels([f"{tick:.3g}" for tick in ticks])
    bar.outline.set_visible(False)
    if label:
        high = place.figure.get_figheight() * place.get_position().height
        bar.set_label(wrapped(label, max(1.2, high)))
