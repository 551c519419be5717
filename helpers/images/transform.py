"""Pixels: load, prepare, resize, colour, overlay, arrange and save pictures. Knows nothing of networks.

A picture is a uint8 array `(height, width, 3)`, RGB, 0..255. A heat map is a float array `(height, width)`.
Nothing here needs a screen, and matplotlib is only asked for its colour tables.
"""

import contextlib
import functools
import io
import math
import os
import secrets
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from helpers.images.loading import load
from helpers.images.photo_files import ImageError
from helpers.runtime import arguments

_METHODS = ("nearest", "box", "bilinear", "bicubic", "lanczos")
# Colour tables that make edges where the numbers have none.
_MISLEADING = ("jet", "rainbow", "gist_rainbow", "nipy_spectral", "gist_ncar", "hsv", "prism", "flag")
SIGNED_COLOURS = "RdBu_r"
_KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".bmp": "BMP"}
_KINDS |= {".tif": "TIFF", ".tiff": "TIFF"}


# --- Size and place -------------------------------------------------------------------------------------------------


def prepare(image, size: int | tuple[int, int] = 224) -> np.ndarray:
    """Return the part of a picture that the network is shown: uint8 `(size, size, 3)`, or of a size (height, width).

    The shortest side is resized to `round(size * 256 / 224)` (bicubic, with Pillow's antialiasing; small pictures
    are enlarged) and the centre is cut out: 256 and 224 as in the usual ImageNet evaluation (Krizhevsky et al. 2012,
    section 4.1, with one crop). `image` is anything that `load` takes.
    """
    picture = _picture(image)
    top, left, bottom, right = seen_box(*picture.shape[:2], size)
    # Pillow resizes the box alone, so a very long picture costs no more than a square one.
    tall, wide = arguments.sides("size", size)
    resized = Image.fromarray(picture).resize((wide, tall), Image.Resampling.BICUBIC, (left, top, right, bottom))
    return np.array(resized)


def seen_box(height: int, width: int, size: int | tuple[int, int] = 224) -> tuple[float, float, float, float]:
    """Return `(top, left, bottom, right)`, in pixels of the original, of the part that `prepare` keeps."""
    tall, wide = arguments.sides("size", size)
    scale = max(round(tall * 256 / 224) / height, round(wide * 256 / 224) / width)
    new_height, new_width = round(height * scale), round(width * scale)
    top, left = (new_height - tall) // 2, (new_width - wide) // 2
    down, across = height / new_height, width / new_width
    return top * down, left * across, (top + tall) * down, (left + wide) * across


def resize(image, shape: tuple[int, int], method: str = "bicubic") -> np.ndarray:
    """Return `image` resized to `shape`, which is `(height, width)`; channels, if any, are kept.

    `image` is `(height, width)` or `(height, width, channels)`. uint8 gives uint8, float gives float32, bool gives bool
    (true where half or more is covered). `method` is nearest, box, bilinear, bicubic or lanczos, all antialiased
    but nearest, which keeps any type. Raises `ImageError` for other shapes, types and for values that are no numbers.
    """
    array = np.asarray(image)
    if array.ndim not in (2, 3) or array.size == 0:
        raise ImageError(f"An array of shape {array.shape} cannot be resized; give (height, width, channels).")
    if method not in _METHODS:
        raise ImageError(f"The method {method!r} is not known; choose one of {', '.join(_METHODS)}.")
    height, width = arguments.sides("the new size", shape)
    if array.dtype.kind == "f":
        _refuse_nan(array, "The array")
        array = array.astype(np.float32, copy=False)
    if method == "nearest":
        rows = (np.arange(height) * 2 + 1) * array.shape[0] // (2 * height)
        columns = (np.arange(width) * 2 + 1) * array.shape[1] // (2 * width)
        return array[rows[:, None], columns]
    if array.dtype == bool:
        return resize(array.astype(np.float32), shape, method) >= 0.5
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise ImageError(f"An array of {array.dtype} cannot be mixed; convert it to float, or use method='nearest'.")
    if array.ndim == 2 or (array.dtype == np.uint8 and array.shape[2] == 3):
        picture, how = Image.fromarray(np.ascontiguousarray(array)), Image.Resampling[method.upper()]
        return np.array(picture.resize((width, height), how))
    layers = [resize(array[:, :, channel], (height, width), method) for channel in range(array.shape[2])]
    return np.stack(layers, axis=-1)


def _picture(image) -> np.ndarray:
    """The array itself if it is a picture already (no copy), else what `load` makes of it."""
    ready = isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
    return np.ascontiguousarray(image) if ready and image.size else load(image)


# --- From numbers to colours ----------------------------------------------------------------------------------------


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
    _refuse_nan(values, "The array")
    values = values / (np.abs(values).max() or 1)  # the squares of tiny or huge values neither vanish nor overflow
    values -= values.mean()
    shown = values / (values.std() or 1) * 0.25 + 0.5
    shown = np.rint(shown.clip(0, 1) * 255).astype(np.uint8)
    return np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown


def colour_table(colours: str = "magma") -> np.ndarray:
    """Return the 256 colours of matplotlib's table `colours` as uint8 `(256, 3)`; misleading tables are refused."""
    import matplotlib

    if colours in _MISLEADING or colours.removesuffix("_r") in _MISLEADING:
        raise ValueError(f"The colours {colours!r} show edges that the numbers do not have; use 'magma' or 'viridis'.")
    if colours not in matplotlib.colormaps:
        raise ValueError(f"The colours {colours!r} are not known to matplotlib; use 'magma' or 'viridis'.")
    return matplotlib.colormaps[colours](np.linspace(0, 1, 256), bytes=True)[:, :3]


def colourise(heat, colours: str = "magma", signed: bool = False, limit: float | None = None) -> np.ndarray:
    """Return a heat map `(height, width)` in colours: uint8 `(height, width, 3)`.

    Without sign, 0 and less has the first colour and `limit` (the maximum, if not given) the last. With `signed=True`
    the colours are `RdBu_r`: red above 0, blue below, white at 0, the ends at plus and minus `limit` (the largest
    absolute value, if not given). Give the same `limit` to maps that are to be compared.
    """
    table = colour_table(SIGNED_COLOURS if signed else colours)
    return np.take(table, colour_steps(heat, signed, limit), axis=0)


def overlay(
    image, heat, opacity: float = 0.5, colours: str = "magma", signed: bool = False, limit: float | None = None
) -> np.ndarray:
    """Return a picture with a heat map over it: uint8, of the picture's shape `(height, width, 3)`.

    The heat map, of any height and width, is resized to the picture (bilinear), coloured as in `colourise` and mixed:
    `(1 - opacity) * picture + opacity * colours`, opacity 0..1.
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"The opacity is {opacity}; give a number from 0 (photo alone) to 1 (colours alone).")
    picture = _picture(image)
    shares = _shares(heat, signed, limit)
    if shares.shape != picture.shape[:2]:
        shares = resize(shares, picture.shape[:2], "bilinear")
    colour = np.take(colour_table(SIGNED_COLOURS if signed else colours), _steps(shares, signed), axis=0)
    return np.array(Image.blend(Image.fromarray(picture), Image.fromarray(colour), float(opacity)))


def colour_steps(heat, signed: bool = False, limit: float | None = None) -> np.ndarray:
    """Return the places 0..255 of a heat map in the table of colours, as in `colourise`: uint8 `(height, width)`."""
    return _steps(_shares(heat, signed, limit), signed)


def _shares(heat, signed: bool, limit: float | None) -> np.ndarray:
    """A heat map in shares of its limit, float32: 0..1, or -1..1 with sign."""
    values = np.asarray(heat)
    if values.ndim != 2 or values.size == 0:
        raise ImageError(f"A heat map has the shape (height, width), this one has {values.shape}; choose one map.")
    values = values.astype(np.float64)
    _refuse_nan(values, "The heat map")
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


def _refuse_nan(values: np.ndarray, name: str) -> None:
    wrong = values.size - int(np.isfinite(values).sum())
    if wrong:
        raise ImageError(f"{name} holds {wrong} values that are NaN or infinite; find out where they come from.")


def colour_bar(
    height: int, limit: float = 1.0, colours: str = "magma", signed: bool = False, ticks: int = 5
) -> np.ndarray:
    """Return the colour bar that belongs to `colourise` and `overlay`: uint8 `(height, width, 3)`, black on white.

    The bar goes from 0 to `limit`, or with `signed=True` from minus to plus `limit`. It is drawn without matplotlib, in
    a few milliseconds, to stand beside a picture: `np.hstack([picture, colour_bar(len(picture), limit)])`.
    """
    letters, wide, margin = 15, 16, 8
    table = colour_table(SIGNED_COLOURS if signed else colours)
    low = -limit if signed else 0.0
    texts = [f"{low + (limit - low) * share:.3g}" for share in np.linspace(1, 0, ticks)]
    font = _font(letters)
    width = margin + wide + 6 + math.ceil(max(font.getlength(text) for text in texts)) + 4
    sheet = np.full((height, width, 3), 255, np.uint8)
    bar = max(height - letters, 1)
    top = (height - bar) // 2
    shares = np.linspace(255, 0, bar).round().astype(int)
    sheet[top : top + bar, margin : margin + wide] = table[shares][:, None]
    picture = Image.fromarray(sheet)
    pen = ImageDraw.Draw(picture)
    for text, place in zip(texts, np.linspace(top, top + bar - 1, ticks), strict=True):
        pen.text((margin + wide + 6, place), text, fill="black", font=font, anchor="lm")
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


# --- Arrange and save -----------------------------------------------------------------------------------------------


def grid(images, columns: int | None = None, gap: int = 2) -> np.ndarray:
    """Return pictures side by side in rows: uint8 `(height, width, 3)`.

    `images` is a list, or an array `(n, height, width)` or `(n, height, width, 3)`; smaller ones are centred in
    their cell. `columns` is as near a square as can be if not given; `gap` is in white pixels.
    """
    pictures = [_picture(np.asarray(image)) for image in images]
    if not pictures:
        raise ImageError("There are no pictures to arrange; give at least one.")
    columns = min(columns or math.ceil(math.sqrt(len(pictures))), len(pictures))
    rows = math.ceil(len(pictures) / columns)
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, 3)
    sheet = np.full(shape, 255, np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        top = row * (height + gap) + (height - picture.shape[0]) // 2
        left = column * (width + gap) + (width - picture.shape[1]) // 2
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return sheet


def encode_png(image) -> bytes:
    """Return a picture as the bytes of a PNG file, packed lightly because speed matters more than size on a screen."""
    stream = io.BytesIO()
    # For photos run lengths alone pack as well as searching for repeats, in half the time.
    Image.fromarray(_picture(image)).save(stream, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return stream.getvalue()


def save(image, path) -> Path:
    """Write a picture to `path` (.png, .jpg, .webp, .tif or .bmp), whole or not at all, and return the path."""
    path = Path(path)
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise ImageError(f"{path.name} ends in no known picture format; end the name in {', '.join(_KINDS)}.")
    stream = io.BytesIO()
    options = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
    Image.fromarray(_picture(image)).save(stream, kind, **options)
    return write_whole(path, stream.getvalue())


def write_whole(path, content: bytes) -> Path:
    """Write a file whole or not at all: first under another name beside it, then moved into place."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise ImageError(f"{path} cannot be written ({error.strerror}); choose another folder or name.") from None
    return path
