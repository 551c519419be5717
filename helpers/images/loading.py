"""Any photo a student may bring becomes a right-way-up RGB array, or one sentence that says what to do."""

import difflib
import io
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageOps

from helpers.images import photo_files, photo_limits
from helpers.images.photo_files import ImageError, short
from helpers.runtime import arguments

_MOST_PIXELS = 24_000_000
_OVERSHOOT = 26  # grey values by which resizing a picture of floats may leave 0..255
_STRIP = 4_000_000  # pixels that are converted at a time


def load(source, max_pixels: int = _MOST_PIXELS) -> np.ndarray:
    """Return any picture as a uint8 RGB array `(height, width, 3)`, right way up.

    `source` is a path, bytes, an open binary file, one entry of an ipywidgets `FileUpload`, a Pillow picture or an
    array. Arrays are `(height, width)`, or with 1, 3 or 4 channels last, with values 0..255 (bool: black and white).
    JPEG, PNG, WebP, GIF (first frame), TIFF, BMP, PPM, ICO, JPEG 2000 and AVIF are read, HEIC where the package
    pillow-heif is installed. Transparent parts are shown on white, CMYK is converted, the EXIF rotation is applied, a
    colour profile is ignored. 16 bit grey is scaled from 0..65535; other grey numbers are taken as 0..1, 0..255 or
    0..65535 if they fit, else their range is stretched.

    A picture of more than `max_pixels` is read smaller: a plain JPEG up to 16 times that many pixels, PNG, GIF, BMP and
    PPM up to 5 times, a JPEG in several scans, TIFF and JPEG 2000 up to 4 times, WebP, AVIF and HEIC up to twice. A PPM
    of text, or of numbers that end at neither 255 nor 65535, may have 0.03 times that many (grey: a tenth). So memory
    stays under 1 GB and reading within some seconds (`helpers.images.photo_limits`). Larger pictures raise.

    Raises `ImageError` for what is missing, cut short, too large, not a picture, or an array of another kind.
    """
    if isinstance(source, (list, tuple)) and len(source) == 1 and isinstance(source[0], Mapping):
        source = source[0]  # the whole value of a FileUpload that holds one file
    name = "The picture"
    if isinstance(source, Mapping):
        if "content" not in source:
            raise ImageError("The upload has no 'content'; give one entry of FileUpload.value, for example value[0].")
        name, source = short(source.get("name") or "the upload"), source["content"]
    if isinstance(source, Image.Image):
        return _finish(source, max_pixels, name)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _read(io.BytesIO(source), max_pixels, name)
    if isinstance(source, (str, os.PathLike)):
        return _open(source, max_pixels, _decode)
    if hasattr(source, "read"):
        if hasattr(source, "seekable") and source.seekable():
            source.seek(0)
        content = source.read()
        if not isinstance(content, bytes):
            raise ImageError("The file gives no bytes; open it with open(path, 'rb').")
        return _read(io.BytesIO(content), max_pixels, short(getattr(source, "name", name)))
    if isinstance(source, np.ndarray) or hasattr(source, "__array__"):
        return _from_array(np.asarray(source), max_pixels)
    raise ImageError(
        f"A {type(source).__name__} is not a picture; give a path, bytes, an open binary file or an array "
        "(height, width, 3)."
    )


def picture_of(name: str, value: Any) -> np.ndarray:
    """One picture as float32 (height, width, 3), 0..255: an array, or whatever else `load` takes.

    Fractions of a grey value stay, and what resizing puts a little outside 0..255 is clipped. Raises ValueError for a
    batch of several, and as `load` does, so for values 0..1.
    """
    if isinstance(value, list) and value and isinstance(value[0], list | np.ndarray):
        value = np.asarray(value)
    if value is None or isinstance(value, int | float):
        raise ValueError(f"{name} is {arguments.shown(value)}, expected a picture (height, width, 3)")
    if not hasattr(value, "__array__") or not hasattr(value, "shape"):
        return load(value).astype(np.float32)  # a path, bytes, a Pillow picture
    array = np.asarray(value)
    array = array[0] if array.ndim == 4 and len(array) == 1 else array
    if array.ndim == 3 and array.shape[-1] == 3 and array.size:
        if array.dtype == np.uint8:
            return array.astype(np.float32)
        if array.dtype.kind == "f" and 1 < array.max() <= 255 + _OVERSHOOT and array.min() >= -_OVERSHOOT:
            return array.astype(np.float32).clip(0, 255)
    return load(array).astype(np.float32)


def check_file(path, max_pixels: int = _MOST_PIXELS) -> None:
    """Raise what `load` would raise for a file, as far as its header tells: its pixels are not decoded.

    A photo that passes can still be cut short, which `load` finds.
    """
    _open(path, max_pixels, photo_limits.opened)


def _open(path, max_pixels: int, use):
    """What `use` makes of the file: `_decode` its pixels, `_opened` its header."""
    name = short(os.fsdecode(path))
    if name.lower().startswith(("http://", "https://", "data:")):
        raise ImageError(f"{name} is a web address; save the picture to a file and give the path of that file.")
    path = Path(os.fsdecode(path))
    try:
        path = path.expanduser()
        if path.is_dir():
            raise ImageError(f"{name} is a folder; give the path of one picture in it.")
        if path.exists() and not path.is_file():
            raise ImageError(f"{name} is a device, not a file; give the path of one picture.")
        with path.open("rb") as file:
            return _read(file, max_pixels, name, use)
    except ImageError:
        raise
    except FileNotFoundError:
        raise ImageError(_missing(path, name)) from None
    except PermissionError:
        raise ImageError(f"{name} may not be read by you; copy it to a folder of your own.") from None
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: "~nobody/cat.jpg"
        reason = short(getattr(error, "strerror", None) or error)
        raise ImageError(f"{name} cannot be opened ({reason}); check the path.") from None


def _missing(path: Path, name: str) -> str:
    if path.is_symlink():
        return f"{name} is a link to {short(os.readlink(path))}, which is not there; delete the link or mend it."
    try:
        neighbours = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"{name} is not there: its folder does not exist (looked from {Path.cwd()}); check the path."
    close = difflib.get_close_matches(path.name, neighbours, n=1)
    hint = f"the nearest name there is {short(close[0])}." if close else "check the spelling, or give the full path."
    return f"{name} is not there (looked from {Path.cwd()}); {hint}"


def _read(file, max_pixels: int, name: str, use=None):
    start = file.read(512)
    if not start:
        raise ImageError(f"{name} is empty (0 bytes); save or download the picture again.")
    try:
        with warnings.catch_warnings():
            # Pillow warns of large and of odd files; large ones are handled here, odd ones end in a sentence.
            warnings.simplefilter("ignore")
            return (use or _decode)(file, start, max_pixels, name)
    except ImageError:
        raise
    except Image.DecompressionBombError:
        raise ImageError(f"{name} has too many pixels to be read; make it smaller first.") from None
    except MemoryError:
        raise ImageError(f"{name} is too large for the memory that is free; make it smaller first.") from None
    except Exception as error:  # a damaged file makes the decoders raise almost anything
        raise ImageError(photo_files.sentence(start, name, error)) from None


def _decode(file, start: bytes, max_pixels: int, name: str) -> np.ndarray:
    image, kind = photo_limits.opened(file, start, max_pixels, name)
    if kind == "JPEG":
        pixels = image.size[0] * image.size[1]
        scale = next((s for s in (1, 2, 4) if pixels <= max_pixels * s * s), 8)
        if scale > 1:
            image.draft(None, (max(1, image.size[0] // scale), max(1, image.size[1] // scale)))
    if kind == "JPEG2000":
        image.reduce = photo_limits.j2k_halvings(file, image.size, max_pixels)
    image.load()
    if kind == "JPEG" and image.mode == "CMYK" and "adobe" not in image.info:
        image = ImageChops.invert(image)  # only Adobe's CMYK is stored inverted
    return _finish(image, max_pixels, name)


def _finish(image: Image.Image, max_pixels: int, name: str) -> np.ndarray:
    """Loaded Pillow picture of any mode -> RGB array, not larger than allowed, right way up."""
    try:
        orientation = image.getexif().get(274, 1)
    except Exception:  # damaged EXIF data must not cost the student the photo
        orientation = 1
    image = _shrunk(image, max_pixels, _grey_range(image, name), name)
    image.info = {}  # what else the file says of itself may be damaged
    image.getexif()[274] = orientation
    return np.array(ImageOps.exif_transpose(image))


def _shrunk(image: Image.Image, max_pixels: int, grey_range, name: str) -> Image.Image:
    """RGB picture of at most `max_pixels`: means over squares of pixels, strip by strip so that memory stays low."""
    width, height = image.size
    factor = 1
    while -(-width // factor) * -(-height // factor) > max_pixels:
        factor += 1
    if factor == 1 and (width * height <= _STRIP or image.mode in ("RGB", "L")):
        return _rgb(image, grey_range, name)
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    step = factor * max(1, _STRIP // (factor * width))
    for top in range(0, height, step):
        strip = image.crop((0, top, width, min(height, top + step)))
        small.paste(_rgb(strip, grey_range, name).reduce(factor), (0, top // factor))
    return small


def _grey_range(image: Image.Image, name: str) -> tuple[float, float] | None:
    """The numbers that become black and white, for pictures whose grey is not 8 bit; None for all others."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        return 0.0, 65535.0
    if image.mode not in ("I", "F"):
        return None
    low, high = image.getextrema()
    if low >= 0:
        limits = (255.0, 65535.0) if image.mode == "I" else (1.0, 255.0, 65535.0)
        for limit in limits:
            if high <= limit:
                return 0.0, limit
    return float(low), float(high)


def _rgb(image: Image.Image, grey_range, name: str) -> Image.Image:
    if grey_range is not None:
        low, high = grey_range
        values = np.asarray(image).astype(np.float64)
        if not np.isfinite(values).all():
            raise ImageError(f"{name} holds values that are NaN or infinite; replace them and save it again.")
        values = (values - low) * (255.0 / max(high - low, 1e-300))
        return Image.fromarray(np.rint(values).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image).convert("RGB")
    return image.convert("RGB")


def _from_array(array: np.ndarray, max_pixels: int) -> np.ndarray:
    """An array a student made -> RGB array; the rules are those of `load`."""
    shape = " x ".join(map(str, array.shape)) or "no shape"
    if array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[2] not in (1, 3, 4):
        raise ImageError(f"The array ({shape}) has its channels first; move them last with np.moveaxis(array, 0, -1).")
    if array.ndim == 4:
        raise ImageError(f"The array ({shape}) is a batch of pictures; take one of them, for example array[0].")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)) or array.size == 0:
        raise ImageError(f"The array ({shape}) is no picture; give (height, width) or (height, width, 3).")
    array = _bytes(array)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    height, width = array.shape[:2]
    if array.ndim == 3 and array.shape[2] == 3 and height * width <= max_pixels:
        return np.array(array, order="C")
    photo_limits.refuse_giant((width, height), max_pixels, "PNG", "The array")
    return _finish(Image.fromarray(np.ascontiguousarray(array)), max_pixels, "The array")


def refuse_zero_to_one(pictures, name: str = "The array") -> None:
    """Raise `ImageError` for pictures of any shape whose numbers are fractions, 0..1, where 0..255 is expected.

    Whole numbers, values below 0 or above 1, and pictures that are 0 everywhere pass. name: how the sentence begins.
    """
    values = np.asarray(pictures)
    if values.size == 0 or (values.dtype.kind != "f" and values.dtype.name != "bfloat16"):
        return
    low, high = float(values.min()), float(values.max())
    if low >= 0 and 0 < high <= 1:
        raise ImageError(f"{name}'s values are {low:.3g}..{high:.3g}, so 0..1 it seems; multiply it by 255 first.")


def _bytes(array: np.ndarray) -> np.ndarray:
    """Values 0..255 of any number type as uint8; bool as 0 and 255."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    if array.dtype.kind not in "iuf" and array.dtype.name != "bfloat16":
        raise ImageError(f"The array holds {array.dtype}, not numbers; give values 0..255.")
    values = array if array.dtype.kind in "iu" else array.astype(np.float64)
    low, high = values.min(), values.max()
    if not np.isfinite([low, high]).all():
        raise ImageError("The array holds values that are NaN or infinite; find out why, or use np.nan_to_num.")
    refuse_zero_to_one(values)
    if low < 0 or high > 255:
        advice = "divide it by 257" if array.dtype == np.uint16 else "clip or scale it, or use deprocess(array)"
        raise ImageError(f"The array's values are {low:.6g}..{high:.6g}, but a picture has 0..255; {advice}.")
    return np.rint(values).astype(np.uint8)
