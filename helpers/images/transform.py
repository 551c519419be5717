"""Pixels: prepare, resize, arrange and save pictures. Knows nothing of networks; `colours` makes pictures of numbers.

A picture is a uint8 array `(height, width, 3)`, RGB, 0..255. A heat map is a float array `(height, width)`.
Nothing here needs a screen.
"""

import contextlib
import io
import math
import os
import secrets
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.images.loading import load
from helpers.images.photo_files import ImageError
from helpers.runtime import arguments

_METHODS = ("nearest", "box", "bilinear", "bicubic", "lanczos")
_KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".bmp": "BMP"}
_KINDS |= {".tif": "TIFF", ".tiff": "TIFF"}


# --- Size and place -------------------------------------------------------------------------------------------------


def prepare(image, size: int | tuple[int, int] = 224) -> np.ndarray:
    """Return the part of a picture that the network is shown: uint8 `(size, size, 3)`, or of a size (height, width).

    The shortest side is resized to `round(size * 256 / 224)` (bicubic, with Pillow's antialiasing; small pictures
    are enlarged) and the centre is cut out: 256 and 224 as in the usual ImageNet evaluation (Krizhevsky et al. 2012,
    section 4.1, with one crop). `image` is anything that `load` takes.
    """
    picture = as_picture(image)
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
        refuse_nan(array, "The array")
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


def as_picture(image) -> np.ndarray:
    """The array itself if it is a picture already (no copy), else what `load` makes of it."""
    ready = isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
    return np.ascontiguousarray(image) if ready and image.size else load(image)


def refuse_nan(values: np.ndarray, name: str) -> None:
    """Raise `ImageError` where an array holds what is no number; name: what the sentence calls it."""
    wrong = values.size - int(np.isfinite(values).sum())
    if wrong:
        raise ImageError(f"{name} holds {wrong} values that are NaN or infinite; find out where they come from.")


# --- Arrange and save -----------------------------------------------------------------------------------------------


def grid(images, columns: int | None = None, gap: int = 2) -> np.ndarray:
    """Return pictures side by side in rows: uint8 `(height, width, 3)`.

    `images` is a list, or an array `(n, height, width)` or `(n, height, width, 3)`; smaller ones are centred in
    their cell. `columns` is as near a square as can be if not given; `gap` is in white pixels.
    """
    pictures = [as_picture(np.asarray(image)) for image in images]
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
    Image.fromarray(as_picture(image)).save(stream, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return stream.getvalue()


def save(image, path) -> Path:
    """Write a picture to `path` (.png, .jpg, .webp, .tif or .bmp), whole or not at all, and return the path."""
    path = Path(path)
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise ImageError(f"{path.name} ends in no known picture format; end the name in {', '.join(_KINDS)}.")
    stream = io.BytesIO()
    options = {"quality": 95} if kind in ("JPEG", "WEBP") else {}
    Image.fromarray(as_picture(image)).save(stream, kind, **options)
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
