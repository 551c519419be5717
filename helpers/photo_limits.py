"""How large a photo may be, format by format, so that reading one stays within 1 GB and some seconds.

A few bytes can claim millions of pixels, and every decoder needs other memory and time for them. The numbers were
measured with Pillow 13 on an empty picture and on noise of each format, for the default of 24 million pixels.
"""

from __future__ import annotations

import io
import re
from typing import NamedTuple

from PIL import Image

from helpers import netpbm
from helpers.photo_files import ImageError


class Limit(NamedTuple):
    """How many times `max_pixels` a picture of a format may have, and how many million bytes its file."""

    times: float
    megabytes: float = float("inf")


# A JPEG of one scan is decoded smaller straight away; JPEG 2000, too, but slowly. The others are decoded whole first:
# 5 bytes a pixel in the simple formats, up to 19 in WebP, AVIF and HEIC, which also keep a second picture.
LIMITS = {
    "JPEG": Limit(16, 150),
    "JPEG in scans": Limit(4, 150),  # all coefficients are kept: 2 bytes for each number of a pixel
    "PNG": Limit(5),
    "GIF": Limit(5),
    "BMP": Limit(5),
    "PPM": Limit(5),
    "PPM of text": Limit(0.5),  # each number takes some 4 bytes of text, and 4 more until it is a grey
    "TIFF": Limit(4),
    "ICO": Limit(4),
    "WEBP": Limit(2),
    "AVIF": Limit(2, 40),
    "HEIC": Limit(2, 40),
    "JPEG2000": Limit(4),
}
SCANS = 100  # times max_pixels: pixels of all scans of a JPEG together
_WITHOUT_BODY = (0x00, 0x01, 0xFF, *range(0xD0, 0xD9))  # second bytes of markers that have none
J2K_MEGABYTES = 12  # that are decoded in some 3 seconds; each halving of the sides leaves a third of the work


def check(file, start: bytes, kind: str, max_pixels: int, name: str) -> None:
    """Raise `ImageError` for what must not even be opened: Pillow then keeps room for a WebP and decodes an ICO."""
    megabytes, most = _length(file) / 1e6, LIMITS[kind].megabytes
    if megabytes > most:
        raise ImageError(
            f"{name} has {megabytes:.0f} MB, more than the {most:.0f} MB that are read of a {kind} file; make it "
            "smaller first."
        )
    if kind == "PPM" and not netpbm.has_header(start):
        raise ImageError(f"{name} is a PPM file without a size in its first line; save or download the picture again.")
    if kind == "WEBP" and (size := webp_size(start)) is not None:
        refuse_giant(size, max_pixels, kind, name)
    if kind == "ICO":
        for size in icon_sizes(file):
            refuse_giant(size, max_pixels, kind, name)


def check_opened(image: Image.Image, file, kind: str, max_pixels: int, name: str) -> None:
    """Raise `ImageError` for a picture that is too large to be decoded; its header is read, its pixels are not."""
    scans = jpeg_scans(file) if kind == "JPEG" else 1
    text = kind == "PPM" and netpbm.is_text(image)
    refuse_giant(image.size, max_pixels, "JPEG in scans" if scans > 1 else "PPM of text" if text else kind, name)
    if scans * max(image.size[0] * image.size[1], max_pixels / 10) > SCANS * max_pixels:
        raise ImageError(f"{name} is a JPEG of {scans} scans, which takes too long to read; save it again as PNG.")
    if kind == "JPEG2000" and image.size[0] * image.size[1] > max_pixels * j2k_block(file) / 64:
        raise ImageError(f"{name} is cut into too many small blocks to be read; save it again as PNG or JPEG.")
    if kind == "TIFF":
        refuse_giant(_tile(image), max_pixels, kind, name)


def refuse_giant(size: tuple[int, int], max_pixels: int, case: str, name: str) -> None:
    """Raise `ImageError` for more pixels than are read of such a file. case: a key of LIMITS."""
    pixels, limit = size[0] * size[1], max_pixels * LIMITS[case].times
    if pixels > limit:
        raise ImageError(
            f"{name} has {pixels / 1e6:.3g} million pixels ({size[0]} x {size[1]}), more than the {limit / 1e6:.3g} "
            "million that are read of such a file; make it smaller first."
        )


def j2k_halvings(file, size: tuple[int, int], max_pixels: int) -> int:
    """How often the sides of a JPEG 2000 picture are halved while it is decoded, so that this takes some seconds."""
    megabytes = _length(file) / 1e6
    return next(n for n in range(32) if size[0] * size[1] <= max_pixels * 4**n and megabytes <= J2K_MEGABYTES * 3**n)


def j2k_block(file) -> int:
    """Pixels in a code block of a JPEG 2000 file, 16 to 4096; the decoder needs a kilobyte more for each block.

    The marker FF 52 holds the two exponents, less 2 (ITU-T T.800, section A.6.1).
    """
    place = file.tell()
    file.seek(0)
    header = file.read(1 << 16)
    file.seek(place)
    at = header.find(b"\xff\x52", header.find(b"\xff\x4f\xff\x51"))
    if at < 0 or len(header) < at + 12:
        return 4096
    return 1 << (header[at + 10] & 15) + (header[at + 11] & 15) + 4


def webp_size(start: bytes) -> tuple[int, int] | None:
    """Width and height in the first 30 bytes of a WebP file (RFC 9649, sections 2.5 to 2.7)."""
    chunk = start[12:16]
    if chunk == b"VP8X" and len(start) >= 30:
        return int.from_bytes(start[24:27], "little") + 1, int.from_bytes(start[27:30], "little") + 1
    if chunk == b"VP8L" and len(start) >= 25:
        bits = int.from_bytes(start[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and len(start) >= 30:
        width, height = int.from_bytes(start[26:28], "little"), int.from_bytes(start[28:30], "little")
        return width & 0x3FFF, height & 0x3FFF
    return None


def jpeg_scans(file) -> int:
    """How many scans the decoder of a JPEG file has to keep coefficients for; 1 if it reads the picture in one go.

    It does so when the first scan holds all components and the file is not progressive (ITU-T T.81, annex B); what
    comes after that scan is not read, so the file is not searched either.
    """
    place = file.tell()
    try:
        file.seek(2)
        components = 1
        while (marker := _marker(file)) is not None:
            body = file.read(max(int.from_bytes(file.read(2), "big") - 2, 0))
            if marker in (0xC2, 0xC6, 0xCA, 0xCE):
                return _scans(file)  # progressive
            if marker in (0xC0, 0xC1, 0xC3, 0xC5, 0xC7, 0xC9, 0xCB) and len(body) > 5:
                components = body[5]
            if marker == 0xDA:
                return 1 if body[:1] == bytes([components]) else 1 + _scans(file)
        return 1
    finally:
        file.seek(place)


def _marker(file) -> int | None:
    """The next marker of a JPEG file that has a body, or None at its end."""
    byte = file.read(1)
    while byte:
        following = file.read(1)
        if byte == b"\xff" and following and following[0] not in _WITHOUT_BODY:
            return following[0]
        byte = following
    return None


def _scans(file) -> int:
    """How often the marker of a scan, FF DA, occurs from here on."""
    count, last = 0, b""
    while block := file.read(1 << 20):
        count += len(re.findall(rb"\xff\xda", last + block))
        last = block[-1:] if block.endswith(b"\xff") else b""
    return count


def icon_sizes(file) -> list[tuple[int, int]]:
    """The sizes of the pictures inside an ICO file; its directory alone knows no more than 256 pixels."""
    file.seek(4)
    entries = [file.read(16) for _ in range(int.from_bytes(file.read(2), "little"))]
    sizes = []
    for entry in entries:
        file.seek(int.from_bytes(entry[12:16], "little"))
        header = file.read(24)
        png = header.startswith(b"\x89PNG")  # else a bitmap with its mask below it
        order, places = ("big", (16, 20)) if png else ("little", (4, 8))
        width, height = (int.from_bytes(header[at : at + 4], order, signed=not png) for at in places)
        sizes.append((abs(width), abs(height) // (1 if png else 2)))
    file.seek(0)
    return sizes


def _tile(image: Image.Image) -> tuple[int, int]:
    """Width and height of one tile of a TIFF, which is decoded whole, however small the picture is."""
    sides = (image.tag_v2.get(tag, 0) for tag in (322, 323))
    width, height = (side if isinstance(side, int) else 0 for side in sides)
    return width, height


def _length(file) -> int:
    place = file.tell()
    length = file.seek(0, io.SEEK_END)
    file.seek(place)
    return length
