"""PGM, PPM and PBM files whose numbers stand there as text, or end at another number than 255.

Pillow reads these number by number in Python, a microsecond each: 22 seconds for a photo of a phone.
"""

from __future__ import annotations

import re
import warnings

import numpy as np
from PIL import Image

SLOW = ("ppm", "ppm_plain")  # Pillow's names for the two ways of reading that are replaced here
_SPACE = b" \t\r\n\v\f"
_GAP = rb"(?:[ \t\r\n\v\f]|#[^\r\n]*[\r\n])+"
_HEADER = re.compile(rb"P[1-6f](?:" + _GAP + rb"[-+.\deE]+){2,3}")


def has_header(start: bytes) -> bool:
    """Whether the first bytes hold the header; Pillow would search for it byte by byte through the whole file."""
    return _HEADER.match(start) is not None


def is_slow(image: Image.Image) -> bool:
    """Whether Pillow would read an opened picture number by number."""
    return bool(image.tile) and image.tile[0][0] in SLOW


def is_text(image: Image.Image) -> bool:
    """Whether the numbers of an opened picture stand there as text."""
    return bool(image.tile) and image.tile[0][0] == "ppm_plain"


def read(file, image: Image.Image) -> Image.Image:
    """Return the pixels of an opened picture that `is_slow`: grey or RGB, 8 bits (netpbm's formats P1 to P6).

    Raises ValueError for numbers that are missing, no numbers, or larger than the header says.
    """
    way, _, offset, arguments = image.tile[0]
    width, height = image.size
    shape = (height, width, 3) if image.mode == "RGB" else (height, width)
    count, largest = int(np.prod(shape)), 1 if image.mode == "1" else arguments[1]
    file.seek(offset)
    if way == "ppm":
        kind = np.dtype("u1" if largest < 256 else ">u2")
        values = np.frombuffer(file.read(count * kind.itemsize), kind)
    else:
        values = _from_text(file.read(count * 8 + 1_000_000), image.mode, count)
    if len(values) < count or values.min(initial=0) < 0 or (way != "ppm" and values.max(initial=0) > largest):
        raise ValueError(f"{len(values)} numbers, expected {count} of 0 to {largest}")
    greys = np.minimum(np.rint(np.arange(65536) * (255 / largest)), 255).astype(np.uint8)
    if image.mode == "1":
        greys[:2] = (255, 0)  # 1 is black in these files
    return Image.fromarray(np.take(greys, values[:count]).reshape(shape))


def _from_text(text: bytes, mode: str, count: int) -> np.ndarray:
    text = re.sub(rb"#[^\r\n]*", b"", text)
    if mode == "1":  # single figures, which need no space between them
        return np.frombuffer(text.translate(None, _SPACE)[:count], np.uint8) - ord("0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is no number ends the array, which is then too short
        return np.fromstring(text, np.int32, count=-1, sep=" ")[:count]
