"""Which files are photos: what their first bytes and their name say, and one sentence for each that cannot be used.

`helpers.images.loading` reads photos and `helpers.datasets` lists them; both ask here, so that they never disagree.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import logging
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import PIL
from PIL import IcoImagePlugin, Image, JpegImagePlugin

# Imported so that Pillow knows exactly these formats.
for _name in ("Avif", "Bmp", "Gif", "Jpeg2K", "Png", "Ppm", "Tiff", "WebP"):
    import_module(f"PIL.{_name}ImagePlugin")

# Without a handler Python prints what Pillow logs about damaged files; it reaches us as an error all the same.
logging.getLogger("PIL").addHandler(logging.NullHandler())

# Formats that start other programs (EPS) or guess at any bytes (TGA) are left out on purpose.
_NAMES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm", ".pfm"),
    "ICO": (".ico",),
    "JPEG2000": (".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
    "AVIF": (".avif", ".avifs"),
    "HEIC": (".heic", ".heif", ".hif"),
}
_RAW_NAMES = (".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".rw2", ".orf", ".pef", ".srw", ".x3f")
_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG", "PNG"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),  # BigTIFF
    (b"MM\0+", "TIFF"),
    (b"\0\0\1\0", "ICO"),
    (b"\0\0\0\x0cjP  ", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_RAW = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb")

# What the first bytes of a file give away: (how it starts, what it is, what to do).
_GIVEAWAYS = (
    (b"%PDF", "a PDF document", "export the page as a PNG picture first"),
    (b"%!PS", "a PostScript file", "export it as a PNG picture first"),
    (b"<svg", "an SVG drawing", "export it as a PNG picture first"),
    (b"<!doctype html", "a web page", "open the link and save the picture itself"),
    (b"<html", "a web page", "open the link and save the picture itself"),
    (b"<?xml", "an XML or SVG file", "export it as a PNG picture first"),
    (b"PK\x03\x04", "a ZIP archive or an office document", "unpack it and give one picture inside"),
    (b"\x1f\x8b", "a compressed archive", "unpack it and give one picture inside"),
    (b"Rar!", "a RAR archive", "unpack it and give one picture inside"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it and give one picture inside"),
    (b"8BPS", "a Photoshop file", "export it as a PNG picture first"),
    (b"gimp xcf", "a GIMP file", "export it as a PNG picture first"),
    (b"\xff\x0a", "a JPEG XL photo, which cannot be read here", "convert it to JPEG or PNG"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL photo, which cannot be read here", "convert it to JPEG or PNG"),
    (b"II\xbc", "a JPEG XR photo, which cannot be read here", "convert it to JPEG or PNG"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture, which cannot be read here", "export it as a PNG picture first"),
    (b"\x93NUMPY", "an array stored by NumPy", "read it with np.load and give the array"),
    (b"version https://git-lfs", "a Git LFS pointer, not the picture", "run 'git lfs pull' to bring the picture"),
)
# Words of Pillow for a file that is sound, but holds something it does not know.
_UNKNOWN = (
    "unknown",
    "unsupported",
    "not supported",
    "not yet supported",
    "cannot handle",
    "not available",
    "unable to",
)


class ImageError(ValueError):
    """A picture that cannot be used; the message is one sentence that names it and says what to do."""


class _Raw(Exception):
    """A camera's raw photo inside a TIFF file."""


@functools.cache
def reads_heic() -> bool:
    """Whether the package pillow-heif, which reads the photos of many phones, is installed."""
    return find_spec("pillow_heif") is not None


def extensions() -> tuple[str, ...]:
    """The endings of photo files that are read here, in small letters: HEIC only where `pillow-heif` is installed."""
    readable = [kind for kind in _NAMES if kind in Image.OPEN or (kind == "HEIC" and reads_heic())]
    return tuple(name for kind in readable for name in _NAMES[kind])


def unreadable_extensions() -> tuple[str, ...]:
    """The endings of files that are photos, but not of a format that is read here."""
    return (*(name for names in _NAMES.values() for name in names if name not in extensions()), *_RAW_NAMES, ".jxl")


def kind_of(start: bytes) -> str | None:
    """The format of a photo, told by its first bytes (32 or more); None for anything that is not read here."""
    if is_raw(start):
        return None
    for beginning, kind in _STARTS:
        if start.startswith(beginning):
            return kind
    if start[:1] == b"P" and start[1:2] in b"123456f" and start[2:3].isspace():
        return "PPM"
    if (start[:4], start[8:12]) == (b"RIFF", b"WEBP"):
        return "WEBP"
    if (start[:2], start[6:10]) == (b"BM", b"\0\0\0\0"):
        return "BMP"
    brands = _brands(start)
    if "AVIF" in Image.OPEN and (b"avif" in brands or b"avis" in brands):
        return "AVIF"
    return "HEIC" if reads_heic() and not brands.isdisjoint(_HEIC) else None


def is_raw(start: bytes) -> bool:
    """Whether a file begins like a camera's raw photo of a kind that its beginning gives away."""
    canon = start[:4] in (b"II*\0", b"MM\0*") and start[8:10] == b"CR"
    return canon or start.startswith(_RAW) or start[4:12] == b"ftypcrx "


def _brands(start: bytes) -> set[bytes]:
    """What the first box of an ISO media file (ISO 14496-12, section 4.3) says the file may be."""
    if start[4:8] != b"ftyp":
        return set()
    length = min(max(int.from_bytes(start[:4], "big"), 12), len(start))
    return {start[8:12], *(start[at : at + 4] for at in range(16, length, 4))}


def opened(file, kind: str) -> Image.Image:
    """Open a photo of a known format with its own plug-in: the header is read, the pixels are not.

    Image.open would hide the reason why a file is refused, and refuses phones' 200-megapixel photos.
    """
    if kind == "JPEG":
        return JpegImagePlugin.JpegImageFile(file)
    if kind == "ICO":  # its own class decodes the picture at once; the directory knows no more than 256 pixels
        return IcoImagePlugin.IcoFile(file).frame(0)
    if kind == "HEIC":
        from pillow_heif import HeifImageFile

        return HeifImageFile(file)
    if kind == "TIFF":
        _mute_libtiff()
    image = Image.OPEN[kind][0](file, "")
    if kind == "TIFF" and _is_raw_tiff(image):
        raise _Raw
    return image


@functools.cache
def _mute_libtiff() -> None:
    """The library under Pillow prints what is wrong with a TIFF past Python, onto the student's page.

    What it finds reaches us as an error all the same. Only the library inside Pillow's own package is looked for.
    """
    package = Path(PIL.__file__).parent
    for library in (*package.parent.glob("pillow.libs/libtiff*"), *package.glob(".dylibs/libtiff*")):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(str(library)).TIFFSetErrorHandler(None)


def _is_raw_tiff(image) -> bool:
    """Raw photos of many cameras are TIFF files that begin with a thumbnail: tags 50706 (DNG), 254 and 330."""
    tags = image.tag_v2
    return 50706 in tags or (tags.get(254) == 1 and 330 in tags)


def sentence(start: bytes, name: str, error: Exception) -> str:
    """Say what a file is that could not be read, and what to do. start: its first bytes; error: what stopped it."""
    beginning = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for giveaway, what, advice in _GIVEAWAYS:
        if beginning.startswith(giveaway.lower()):
            return f"{name} is {what}; {advice}."
    if is_raw(start) or isinstance(error, _Raw):
        return f"{name} is a camera's raw photo, which cannot be read here; export it as a JPEG first."
    kind = kind_of(start)
    if kind is None and start[4:8] == b"ftyp":
        return _media(start, name)
    if kind is None:
        return f"{name} is not a picture that can be read; give a JPEG, PNG, WebP, GIF, TIFF or BMP file."
    reason = short(str(error)).rstrip(".")
    if any(word in reason.lower() for word in _UNKNOWN):
        advice = "save it again as PNG or JPEG"
        if kind == "TIFF":
            advice += ", or read it with tifffile.imread, bring it to 0..255 and give the array"
        return f"{name} is a {kind} file of a kind that is not read here ({reason}), or damaged; {advice}."
    return f"{name} is cut short or damaged{f' ({reason})' if reason else ''}; save or download the picture again."


def _media(start: bytes, name: str) -> str:
    brands = _brands(start)
    if not brands.isdisjoint((b"avif", b"avis")):
        return f"{name} is an AVIF photo, which cannot be read here; convert it to JPEG or PNG."
    if not brands.isdisjoint(_HEIC):
        advice = "convert it to JPEG, or install the package pillow-heif and restart"
        return f"{name} is a HEIC photo, which cannot be read here; {advice}."
    return f"{name} is a video, or cut short; give a still picture as JPEG or PNG."


def short(name) -> str:
    """A file name or a reason fit for one line of a message."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(name))
    return text if len(text) <= 120 else f"{text[:60]}...{text[-50:]}"


def beginning(path, count: int = 512) -> bytes:
    """The first bytes of a regular file; nothing for a pipe, a device, a folder, or what may not be read."""
    path = Path(path)
    with contextlib.suppress(OSError):
        if path.is_file():  # never opens a pipe, which would wait for ever
            with path.open("rb") as file:
                return file.read(count)
    return b""
