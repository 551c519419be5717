"""How large a photo may be, format by format, so that reading one stays within 1 GB and some seconds.

A few bytes can claim millions of pixels, and every decoder needs other memory and time for them. The numbers were
measured with Pillow 13 on an empty picture and on noise of each format, for the default of 24 million pixels.
"""

from __future__ import annotations

import io
import re

from PIL import Image

from helpers.images import photo_files
from helpers.images.photo_files import ImageError

# How many times `max_pixels` a picture may have. A JPEG of one scan is decoded smaller straight away; JPEG 2000, too,
# but slowly. The others are decoded whole first: 5 bytes a pixel in the simple formats, up to 19 in WebP, AVIF and
# HEIC, which also keep a second picture.
_TIMES = {
    "JPEG": 16,
    "JPEG in scans": 4,  # all coefficients are kept: 2 bytes for each number of a pixel
    **dict.fromkeys(("PNG", "GIF", "BMP", "PPM"), 5),
    **dict.fromkeys(("TIFF", "ICO", "JPEG2000"), 4),
    **dict.fromkeys(("WEBP", "AVIF", "HEIC"), 2),
    "PPM, number by number": 0.03,  # in Python, two microseconds each
    "PGM, number by number": 0.1,
}
_MEGABYTES = {"JPEG": 150, "ICO": 10, "AVIF": 40, "HEIC": 40}  # of a file, where that is bounded
_SCANS = 100  # times max_pixels: pixels of all scans of a JPEG together
_J2K_MEGABYTES = 12  # that are decoded in some 3 seconds; each halving of the sides leaves a third of the work
# The whole header; Pillow would search for its end byte by byte through the whole file.
_GAP = rb"(?:[ \t\r\n\v\f]|#[^\r\n]*[\r\n])+"
_PPM_HEADER = re.compile(rb"P[1-6f](?:" + _GAP + rb"[-+.\deE]+){2,3}")
# At which bits of a WebP file width and height stand, how many bits, and what to add (RFC 9649, sections 2.5 to 2.7).
_WEBP_SIZE = {b"VP8X": (192, 216, 24, 1), b"VP8L": (168, 182, 14, 1), b"VP8 ": (208, 224, 14, 0)}


def opened(file, start: bytes, max_pixels: int, name: str) -> tuple[Image.Image, str]:
    """Return a photo whose header is read and whose pixels are not, and its format. start: its first 512 bytes.

    Raises ImageError for what is no photo, and for one that is too large to be decoded.
    """
    kind = photo_files.kind_of(start)
    if kind is None:
        raise ImageError(photo_files.sentence(start, name, ValueError()))
    megabytes, most = _length(file) / 1e6, _MEGABYTES.get(kind)
    if most is not None and megabytes > most:
        raise ImageError(
            f"{name} has {megabytes:.0f} MB, more than the {most} MB that are read of a {kind} file; make it "
            "smaller first."
        )
    if kind == "PPM" and not _PPM_HEADER.match(start):
        raise ImageError(f"{name} is a PPM file without a size in its first line; save or download the picture again.")
    if kind == "WEBP" and start[12:16] in _WEBP_SIZE:  # Pillow makes room for the pixels when it opens the file
        across, down, bits, more = _WEBP_SIZE[start[12:16]]
        header, mask = int.from_bytes(start[:30], "little"), (1 << bits) - 1
        refuse_giant(((header >> across & mask) + more, (header >> down & mask) + more), max_pixels, kind, name)
    file.seek(0)
    image = photo_files.opened(file, kind)
    _check(image, file, kind, max_pixels, name)
    return image, kind


def _check(image: Image.Image, file, kind: str, max_pixels: int, name: str) -> None:
    """Raise ImageError for a picture that is too large to be decoded, or too laborious."""
    pixels, case = image.size[0] * image.size[1], kind
    scans = _jpeg_scans(image, file) if kind == "JPEG" else 1
    if scans > 1:
        case = "JPEG in scans"
    elif kind == "PPM" and image.tile and image.tile[0][0] in ("ppm", "ppm_plain"):
        case = f"{'PPM' if image.mode == 'RGB' else 'PGM'}, number by number"
    refuse_giant(image.size, max_pixels, case, name)
    if scans * max(pixels, max_pixels / 10) > _SCANS * max_pixels:
        raise ImageError(f"{name} is a JPEG of {scans} scans, which takes too long to read; save it again as PNG.")
    if kind == "JPEG2000" and pixels > max_pixels * _j2k_block(file) / 64:
        raise ImageError(f"{name} is cut into too many small blocks to be read; save it again as PNG or JPEG.")
    if kind == "TIFF":  # one tile is decoded whole, however small the picture is
        tile = [side if isinstance(side := image.tag_v2.get(tag, 0), int) else 0 for tag in (322, 323)]
        refuse_giant(tile, max_pixels, kind, name)


def refuse_giant(size: tuple[int, int], max_pixels: int, case: str, name: str) -> None:
    """Raise ImageError for more pixels than are read of such a file. case: a format."""
    pixels, limit = size[0] * size[1], max_pixels * _TIMES[case]
    if pixels > limit:
        raise ImageError(
            f"{name} has {pixels / 1e6:.3g} million pixels ({size[0]} x {size[1]}), more than the {limit / 1e6:.3g} "
            "million that are read of such a file; make it smaller first."
        )


def j2k_halvings(file, size: tuple[int, int], max_pixels: int) -> int:
    """How often the sides of a JPEG 2000 picture are halved while it is decoded, so that this takes some seconds."""
    megabytes = _length(file) / 1e6
    return next(n for n in range(32) if size[0] * size[1] <= max_pixels * 4**n and megabytes <= _J2K_MEGABYTES * 3**n)


def _j2k_block(file) -> int:
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


def _jpeg_scans(image: Image.Image, file) -> int:
    """How many scans the decoder of a JPEG file has to keep coefficients for; 1 if it reads the picture in one go.

    It does so when the first scan holds all components and the file is not progressive (ITU-T T.81, annex B). Pillow
    has stopped behind the header of the first scan: its marker, FF DA, two bytes, the number of components, and more.
    """
    place = file.tell()
    file.seek(max(place - 8 - 2 * image.layers, 0))
    header = file.read(5)
    file.seek(place)
    if not image.info.get("progressive") and header[:2] == b"\xff\xda" and header[4] == image.layers:
        return 1
    count, last = 1, b""
    while block := file.read(1 << 20):
        count += (last + block).count(b"\xff\xda")
        last = block[-1:] if block.endswith(b"\xff") else b""
    file.seek(place)
    return count


def _length(file) -> int:
    place = file.tell()
    length = file.seek(0, io.SEEK_END)
    file.seek(place)
    return length
