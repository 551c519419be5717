"""From numbers to colours: heat maps, heat over a photo, colour bars, bars. matplotlib is only asked for its tables.

A heat map is a float array `(height, width)`; what comes back is a picture, uint8 `(height, width, 3)`.
"""

import functools
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from helpers.images import style
from helpers.images.photo_files import ImageError
from helpers.images.transform import as_picture, refuse_nan, resize

BAR_INSET, BAR_WIDTH = 7, 16  # pixels of a colour bar drawn here


def deprocess(array) -> np.ndarray:
    """Return a viewable uint8 picture `(height, width, 3)` of any float array, such as a gradient or a dream.

    The mean becomes mid grey, and one standard deviation a quarter of the range 0..255; the rest is clipped.
    A constant array becomes mid grey. `array` is `(height, width)` or has 1 or 3 channels last. Raises `ImageError`
    for NaN, infinite values and other shapes.
    """
    values = np.asarray(array).astype(np.float64)
    if values.ndim == 2:
        values = values[:, :, None]
    if values.ndim != 3 or values.shape[2] not in (1, 3) or values.size == 0:
        raise ImageError(f"An array of shape {np.shape(array)} is no picture; give (height, width, 3).")
    refuse_nan(values, "The array")
    values = values / (np.abs(values).max() or 1)  # the squares of tiny or huge values neither vanish nor overflow
    values -= values.mean()
    shown = values / (values.std() or 1) * 0.25 + 0.5
    shown = np.rint(shown.clip(0, 1) * 255).astype(np.uint8)
    return np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown


def colour_table(colours: str = style.HEAT_COLOURS) -> np.ndarray:
    """Return the 256 colours of matplotlib's table `colours` as uint8 `(256, 3)`; misleading tables are refused."""
    import matplotlib

    if colours in style.MISLEADING or colours.removesuffix("_r") in style.MISLEADING:
        raise ValueError(f"The colours {colours!r} show edges that the numbers do not have; use 'magma' or 'viridis'.")
    if colours not in matplotlib.colormaps:
        raise ValueError(f"The colours {colours!r} are not known to matplotlib; use 'magma' or 'viridis'.")
    return matplotlib.colormaps[colours](np.linspace(0, 1, 256), bytes=True)[:, :3]


def _plain(colours: str, signed: bool) -> np.ndarray:
    return colour_table(style.SIGNED_COLOURS if signed else colours)


def colourise(heat, colours: str = style.HEAT_COLOURS, signed: bool = False, limit: float | None = None) -> np.ndarray:
    """Return a heat map `(height, width)` in colours: uint8 `(height, width, 3)`.

    Without sign, 0 and less has the first colour and `limit` (the maximum, if not given) the last. With `signed=True`
    the colours are `RdBu_r`: red above 0, blue below, white at 0, the ends at plus and minus `limit` (the largest
    absolute value, if not given). Give the same `limit` to maps that are to be compared.
    """
    return np.take(_plain(colours, signed), colour_steps(heat, signed, limit), axis=0)


def overlay(
    image,
    heat,
    opacity: float = style.OVERLAY_OPACITY,
    colours: str = style.HEAT_COLOURS,
    signed: bool = False,
    limit: float | None = None,
) -> np.ndarray:
    """Return a picture in grey with a heat map over it: uint8, of the picture's shape `(height, width, 3)`.

    The heat map, of any height and width, is resized to the picture (bilinear) and coloured as in `colourise`. It is
    mixed as `overlay_table` says: the hotter a place, the more its colour covers the photo. opacity: of the hottest
    place, 0..1; with 0 the photo keeps its own colours.
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"The opacity is {opacity}; give a number from 0 (photo alone) to 1 (colours alone).")
    picture, shares = as_picture(image), _shares(heat, signed, limit)
    table = overlay_table(colours, signed)
    if opacity == 0:
        return picture.copy()
    if shares.shape != picture.shape[:2]:
        shares = resize(shares, picture.shape[:2], "bilinear")
    coloured = Image.fromarray(np.take(table, _steps(shares, signed), axis=0))
    covering = coloured.getchannel("A").point([round(opacity * step) for step in range(256)])
    return np.array(Image.composite(coloured.convert("RGB"), Image.fromarray(_shaded(picture)), covering))


def overlay_table(colours: str = style.HEAT_COLOURS, signed: bool = False) -> np.ndarray:
    """Return the 256 colours of a heat map over a photo with the opacity of each, 0..255: uint8 `(256, 4)`.

    The opacity grows with the heat, or with its absolute value. Pages mix by this table, too.
    """
    shares = np.abs(np.linspace(-1, 1, 256)) if signed else np.linspace(0, 1, 256)
    covering = np.rint(255 * shares**style.OVERLAY_POWER).astype(np.uint8)
    return np.column_stack([_plain(colours, signed), covering])


def over_grey(
    opacity: float = style.OVERLAY_OPACITY, colours: str = style.HEAT_COLOURS, signed: bool = False
) -> np.ndarray:
    """Return the 256 colours as they look over a middling grey photo: uint8 `(256, 3)`, those of an overlay's bar."""
    ramp = np.linspace(-1.0 if signed else 0.0, 1.0, 256)[None]
    return overlay(np.full((1, 256, 3), style.BAR_GROUND, np.uint8), ramp, opacity, colours, signed)[0]


def _shaded(picture: np.ndarray) -> np.ndarray:
    """A picture as it lies under a heat map: grey, and darker than the hottest colours."""
    grey = Image.fromarray(picture).convert("L").point([round(style.PHOTO_SHADE * step) for step in range(256)])
    return np.array(grey.convert("RGB"))


def colour_steps(heat, signed: bool = False, limit: float | None = None) -> np.ndarray:
    """Return the places 0..255 of a heat map in the table of colours, as in `colourise`: uint8 `(height, width)`."""
    return _steps(_shares(heat, signed, limit), signed)


def _shares(heat, signed: bool, limit: float | None) -> np.ndarray:
    """A heat map in shares of its limit, float32: 0..1, or -1..1 with sign."""
    values = np.asarray(heat)
    if values.ndim != 2 or values.size == 0:
        raise ImageError(f"A heat map has the shape (height, width), this one has {values.shape}; choose one map.")
    values = values.astype(np.float64)
    refuse_nan(values, "The heat map")
    if limit is None:
        limit = np.abs(values).max() if signed else values.max()
    elif not (limit > 0 and math.isfinite(limit)):
        raise ValueError(f"The limit is {limit}; give the positive value that the last colour stands for.")
    if limit <= 0:
        return np.zeros(values.shape, np.float32)
    return (values / limit).clip(-1.0 if signed else 0.0, 1.0).astype(np.float32)


def _steps(shares: np.ndarray, signed: bool) -> np.ndarray:
    """Shares -> places 0..255 in a colour table."""
    if signed:
        return (shares * 127.5 + 128.0).clip(0, 255).astype(np.uint8)
    return (shares * 255.0 + 0.5).astype(np.uint8)


def colour_bar(
    height: int, limit: float = 1.0, colours: str = style.HEAT_COLOURS, signed: bool = False, over: bool = False
) -> np.ndarray:
    """Return the colour bar that belongs to `colourise`, or to `overlay`: uint8 `(height, width, 3)`, black on white.

    The bar goes from 0 to `limit`, or with `signed=True` from minus to plus `limit`. It is drawn without matplotlib, in
    a few milliseconds, to stand beside a picture: `np.hstack([picture, colour_bar(len(picture), limit)])`. over: of a
    map over a photo, as it looks on middling grey.
    """
    table = over_grey(style.OVERLAY_OPACITY, colours, signed) if over else _plain(colours, signed)
    inset = min(BAR_INSET, (height - 1) // 2)  # half a letter, so that no number is cut
    ramp = np.linspace(255, 0, height - 2 * inset).round().astype(int)
    sheet = np.full((height, 8 + BAR_WIDTH, 3), 255, np.uint8)
    sheet[inset : height - inset, 8:] = table[ramp][:, None]
    return np.hstack([sheet, bar_numbers(height, limit, signed)])


def bar_numbers(height: int, limit: float = 1.0, signed: bool = False, ticks: int = 5) -> np.ndarray:
    """Return the numbers beside a colour bar, uint8 `(height, width, 3)`: `limit` at the top, 0 or minus it below.

    The bar begins and ends `BAR_INSET` pixels, half a letter, from their edges.
    """
    low = -limit if signed else 0.0
    texts = [f"{low + (limit - low) * share:.3g}" for share in np.linspace(1, 0, ticks)]
    font = _font(2 * BAR_INSET + 1)
    width = 6 + math.ceil(max(font.getlength(text) for text in texts)) + 4
    picture = Image.fromarray(np.full((height, width, 3), 255, np.uint8))
    pen, inset = ImageDraw.Draw(picture), min(BAR_INSET, (height - 1) // 2)
    for text, place in zip(texts, np.linspace(inset, height - inset - 1, ticks), strict=True):
        pen.text((6, place), text, fill="black", font=font, anchor="lm")
    return np.array(picture)


def bars(names, shares, size: int = 448) -> np.ndarray:
    """Return a bar for each share of 0..1 under its name: uint8 `(size, size, 3)`, letters large enough for a hall."""
    sheet = Image.new("RGB", (size, size), "white")
    pen, row = ImageDraw.Draw(sheet), size / max(len(names), 1)
    font = _font(round(min(size / 15, row / 3)))
    for number, (name, share) in enumerate(zip(names, shares, strict=True)):
        top = number * row
        pen.text((8, top + 0.3 * row), f"{name} {share:.2f}", fill="black", font=font, anchor="lm")
        pen.rectangle([8, top + 0.55 * row, 8 + max(1, share * (size - 16)), top + 0.85 * row], fill="#0072b2")
    return np.array(sheet)


@functools.cache
def _font(size: int):
    return ImageFont.load_default(size)
