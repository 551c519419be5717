"""Pixels against hand-made pictures, the EXIF and JPEG standards, Pillow, matplotlib and scikit-image."""

import io
import os
import pathlib
import re
import struct
import subprocess
import sys
import threading
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, features

from helpers import images
from helpers.images import ImageError, loading, transform
from tests.images.sentences import one_sentence

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encoded(picture, kind: str, **options) -> bytes:
    """The bytes of a picture file, made by Pillow."""
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture(scope="module")
def cat() -> np.ndarray:
    """A real photo, uint8 (300, 451, 3)."""
    from skimage import data

    return data.chelsea()


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


# --- Every kind of file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("PPM", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
        ("JPEG2000", {}),
    ],
)
def test_formats_without_loss_are_read_exactly(kind, options):
    picture = noise(13, 17)
    assert np.array_equal(images.load(encoded(picture, kind, **options)), picture)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_jpeg_is_near(cat, options):
    loaded = images.load(encoded(cat, "JPEG", quality=95, **options))
    assert loaded.shape == cat.shape and loaded.dtype == np.uint8
    assert np.abs(loaded.astype(int) - cat).mean() < 3


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow cannot write AVIF")
def test_avif_is_near(cat):
    assert np.abs(images.load(encoded(cat, "AVIF", quality=90)).astype(int) - cat).mean() < 5


def test_gif_gives_its_first_frame():
    frames = [Image.new("RGB", (5, 4), colour) for colour in (RED, GREEN)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.array_equal(images.load(content), np.full((4, 5, 3), RED, np.uint8))


def test_transparent_gif_is_on_white():
    picture = Image.new("P", (2, 1))
    picture.putpalette([*RED, *GREEN])
    picture.putdata([0, 1])
    assert images.load(encoded(picture, "GIF", transparency=1)).tolist() == [[list(RED), list(WHITE)]]


def test_palette_and_transparent_palette():
    picture = Image.new("P", (3, 1))
    picture.putpalette([*RED, *GREEN, *BLUE])
    picture.putdata([2, 0, 1])
    assert images.load(encoded(picture, "PNG")).tolist() == [[list(BLUE), list(RED), list(GREEN)]]
    assert images.load(encoded(picture, "PNG", transparency=1)).tolist() == [[list(BLUE), list(RED), list(WHITE)]]


def test_rgba_is_laid_on_white():
    pixels = np.array([[[0, 0, 0, 0], [0, 0, 0, 255], [255, 0, 0, 128]]], np.uint8)
    loaded = images.load(encoded(pixels, "PNG")).astype(int)
    # 128 / 255 of red and 127 / 255 of white: green and blue are 127.
    assert np.abs(loaded - [[WHITE, (0, 0, 0), (255, 127, 127)]]).max() <= 1
    assert np.array_equal(images.load(pixels), loaded)


def test_grey_with_alpha_and_grey_with_a_transparent_value():
    picture = Image.new("LA", (2, 1))
    picture.putdata([(10, 255), (10, 0)])
    assert images.load(encoded(picture, "PNG")).tolist() == [[[10] * 3, [255] * 3]]
    grey = Image.fromarray(np.array([[10, 20]], np.uint8))
    assert images.load(encoded(grey, "PNG", transparency=20)).tolist() == [[[10] * 3, [255] * 3]]


def test_rgb_with_a_transparent_colour():
    picture = np.array([[RED, GREEN]], np.uint8)
    assert images.load(encoded(picture, "PNG", transparency=GREEN)).tolist() == [[list(RED), list(WHITE)]]


def test_grey_and_black_and_white():
    grey = np.array([[0, 100], [200, 255]], np.uint8)
    assert np.array_equal(images.load(encoded(grey, "PNG")), np.stack([grey] * 3, axis=-1))
    bits = Image.fromarray(np.array([[True, False]]))
    assert images.load(encoded(bits, "PNG")).tolist() == [[[255] * 3, [0] * 3]]


def test_sixteen_bit_grey_is_scaled_not_clipped():
    deep = np.array([[0, 257, 257 * 100, 65535]], np.uint16)
    wanted = [[[0] * 3, [1] * 3, [100] * 3, [255] * 3]]
    assert images.load(encoded(deep, "PNG")).tolist() == wanted
    assert images.load(encoded(deep, "TIFF")).tolist() == wanted
    big_endian = Image.frombytes("I;16B", (4, 1), deep.astype(">u2").tobytes())
    assert images.load(encoded(big_endian, "TIFF")).tolist() == wanted


def test_sixteen_bit_colour_png_keeps_its_range():
    """Written by hand after the PNG specification: colour type 2, depth 16."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    row = b"\0" + struct.pack(">6H", 0, 0x8000, 0xFFFF, 0xFFFF, 0x0100, 0)
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    assert images.load(b"\x89PNG\r\n\x1a\n" + body).tolist() == [[[0, 128, 255], [255, 1, 0]]]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[0, 100, 255]], np.float32), [0, 100, 255]),
        (np.array([[-1, 0, 1]], np.float32), [0, 128, 255]),
        (np.array([[0, 7, 255]], np.int32), [0, 7, 255]),
        (np.array([[0, 257 * 9, 65535]], np.int32), [0, 9, 255]),
        (np.array([[1000000, 1500000, 2000000]], np.int32), [0, 128, 255]),
        (np.array([[5, 5, 5]], np.float32), [5, 5, 5]),
    ],
)
def test_tiff_of_other_numbers(values, wanted):
    assert images.load(encoded(values, "TIFF"))[0, :, 0].tolist() == wanted


def without_adobe(jpeg: bytes) -> bytes:
    """A JPEG file without its APP14 segment (ITU-T T.872, section 6.5.3)."""
    place = jpeg.index(b"\xff\xee")
    return jpeg[:place] + jpeg[place + 2 + struct.unpack(">H", jpeg[place + 2 : place + 4])[0] :]


def test_cmyk():
    no_ink, all_ink, cyan = ((0, 0, 0, 0), (255, 255, 255, 255), (255, 0, 0, 0))
    for ink, colour in ((no_ink, WHITE), (all_ink, (0, 0, 0)), (cyan, (0, 255, 255))):
        page = Image.new("CMYK", (16, 16), ink)
        assert np.abs(images.load(encoded(page, "TIFF")).astype(int) - colour).max() == 0
        # Pillow writes Adobe's inverted samples and says so; without the mark the same samples mean the opposite ink.
        adobe = encoded(page, "JPEG", quality=100)
        assert np.abs(images.load(adobe).astype(int) - colour).max() <= 3
        opposite = Image.new("CMYK", (16, 16), tuple(255 - part for part in ink))
        plain = without_adobe(encoded(opposite, "JPEG", quality=100))
        assert np.abs(images.load(plain).astype(int) - colour).max() <= 3
    exif = Image.Exif()
    exif[274] = 6
    assert images.load(without_adobe(encoded(Image.new("CMYK", (16, 8)), "JPEG", exif=exif))).shape == (16, 8, 3)


# Which side of the upright picture the first row and the first column of the file are (Exif 2.32, section 4.6.4).
SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def as_stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """The pixels that a camera stores for an upright picture, by the definition of the EXIF tag."""
    first_row, first_column = SIDES[orientation]
    height, width = upright.shape[:2]
    turned = first_row in ("left", "right")
    stored = np.zeros((width, height, 3) if turned else (height, width, 3), np.uint8)
    for row, column in np.ndindex(*stored.shape[:2]):
        down, across = (column, row) if turned else (row, column)
        if "bottom" in (first_row, first_column):
            down = height - 1 - down
        if "right" in (first_row, first_column):
            across = width - 1 - across
        stored[row, column] = upright[down, across]
    return stored


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation(kind, orientation):
    upright = np.repeat(np.repeat(noise(2, 3, seed=4), 16, axis=0), 16, axis=1)
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    loaded = images.load(encoded(as_stored(upright, orientation), kind, exif=exif, **options))
    assert loaded.shape == upright.shape
    assert np.abs(loaded.astype(int) - upright).max() <= (6 if kind == "JPEG" else 0)


def test_a_large_rotated_photo_is_reduced_and_upright():
    upright = np.repeat(np.repeat(noise(2, 3, seed=4), 64, axis=0), 64, axis=1)
    exif = Image.Exif()
    exif[274] = 6
    content = encoded(as_stored(upright, 6), "JPEG", exif=exif, quality=95, subsampling=0)
    loaded = images.load(content, max_pixels=128 * 192 // 4)
    assert loaded.shape == (64, 96, 3)
    assert np.abs(loaded[16::32, 16::32].astype(int) - upright[32::64, 32::64]).max() <= 8


def test_broken_exif_does_not_cost_the_photo():
    picture = noise(4, 4)
    assert np.array_equal(images.load(encoded(picture, "PNG", exif=b"Exif\0\0MM\0*\0\0\xff\xff")), picture)


def test_a_damaged_byte_of_the_exif_data_does_not_cost_the_photo():
    exif = Image.Exif()
    exif[274], exif[271], exif[282] = 6, "a camera", 72.0
    content = encoded(noise(8, 16), "JPEG", exif=exif)
    start = content.index(b"Exif")
    end = start + int.from_bytes(content[start - 2 : start], "big") - 2
    turned = 0
    for place in range(start + 6, end):
        broken = content[:place] + bytes([content[place] ^ 0x5A]) + content[place + 1 :]
        turned += images.load(broken).shape == (16, 8, 3)
    assert end - start > 60 and 0 < turned < end - start - 6  # not where the turn itself was damaged


def test_one_pixel():
    assert images.load(encoded(np.array([[RED]], np.uint8), "PNG")).tolist() == [[list(RED)]]


# --- Every kind of source -------------------------------------------------------------------------------------------


def test_sources(tmp_path):
    picture = noise(6, 7)
    content = encoded(picture, "PNG")
    path = tmp_path / "päth with spaces.png"
    path.write_bytes(content)
    read_already = io.BytesIO(content)
    read_already.read()
    upload = {"name": "a.png", "type": "image/png", "size": len(content), "content": memoryview(content)}
    with path.open("rb") as file:
        sources = [path, str(path), os.fsencode(path).decode(), content, bytearray(content), memoryview(content)]
        sources += [
            io.BytesIO(content),
            read_already,
            file,
            upload,
            (upload,),
            [upload],
            Image.fromarray(picture),
            picture,
        ]
        for source in sources:
            assert np.array_equal(images.load(source), picture)
        assert not file.closed and not read_already.closed


def test_stream_that_cannot_go_back():
    content = encoded(noise(6, 7), "PNG")
    read_end, write_end = os.pipe()
    with open(write_end, "wb") as pipe:
        pipe.write(content)
    with open(read_end, "rb") as pipe:
        assert np.array_equal(images.load(pipe), noise(6, 7))


def test_name_does_not_matter(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(noise(3, 3), "PNG"))
    assert np.array_equal(images.load(path), noise(3, 3))


def test_arrays():
    grey = np.array([[0, 128], [255, 3]], np.uint8)
    rgb = np.stack([grey] * 3, axis=-1)
    for same in (
        grey,
        grey[:, :, None],
        rgb,
        rgb.astype(np.float32),
        rgb.astype(np.int64),
        rgb * 0.999,
    ):
        assert np.array_equal(images.load(same), rgb)
    assert images.load(np.array([[True, False]])).tolist() == [[[255] * 3, [0] * 3]]
    assert np.array_equal(images.load(np.zeros((2, 2))), np.zeros((2, 2, 3)))
    assert images.load(rgb[:, ::-1]).flags["C_CONTIGUOUS"]


def test_the_result_is_a_copy():
    picture = noise(3, 3)
    loaded = images.load(picture)
    loaded[:] = 0
    assert picture.any() and loaded.flags.writeable


# --- Huge pictures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "array"])
def test_pictures_over_the_limit_are_reduced(kind, cat):
    source = cat if kind == "array" else encoded(cat, kind)
    loaded = images.load(source, max_pixels=40_000)
    assert 10_000 < loaded.shape[0] * loaded.shape[1] <= 40_000
    assert loaded.shape[1] / loaded.shape[0] == pytest.approx(451 / 300, rel=0.02)
    assert np.abs(loaded.mean((0, 1)) - cat.mean((0, 1))).max() < 1.5


def test_reduction_is_the_mean_of_squares():
    picture = noise(4, 6)
    means = picture.reshape(2, 2, 3, 2, 3).mean((1, 3))
    assert np.abs(images.load(encoded(picture, "PNG"), max_pixels=6) - means).max() <= 0.5


def test_reduction_in_strips_equals_reduction_at_once():
    wide = np.random.default_rng(1).integers(0, 65536, (12, 700_000), dtype=np.uint16)
    loaded = images.load(encoded(wide, "PNG", compress_level=0), max_pixels=2_100_000)
    means = wide.reshape(6, 2, 350_000, 2).mean((1, 3)) / 257
    assert loaded.shape == (6, 350_000, 3)
    assert np.abs(loaded[:, :, 0] - means).max() <= 1.01  # each pixel is rounded, then their mean


def test_picture_that_is_too_large_is_refused():
    picture = Image.new("L", (1000, 601))
    with pytest.raises(ImageError, match=r"0\.601 million pixels.*0\.5 million"):
        images.load(encoded(picture, "PNG"), max_pixels=100_000)
    with pytest.raises(ImageError, match="million pixels"):
        images.load(encoded(picture, "JPEG", progressive=True), max_pixels=100_000)
    assert images.load(encoded(picture, "JPEG"), max_pixels=100_000).shape == (151, 250, 3)  # a half of it is too large
    with pytest.raises(ImageError, match="million pixels"):
        images.load(encoded(picture, "JPEG"), max_pixels=30_000)


def test_forged_size_costs_nothing():
    """A PNG of 57 bytes that claims 20000 x 20000 pixels."""
    header = struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    with pytest.raises(ImageError, match="million pixels"):
        images.load(
            b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
        )


@pytest.mark.skipif(not pathlib.Path("/proc/self/status").exists(), reason="peak memory is read from /proc (Linux)")
def test_a_hundred_megapixels_in_bounded_memory(tmp_path):
    path = tmp_path / "huge.jpg"
    Image.new("RGB", (12_000, 8_500), RED).save(path, quality=50)
    code = (
        "import sys; from helpers import images\n"
        "peak = lambda: int(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])\n"
        "before = peak(); picture = images.load(sys.argv[1])\n"
        "print(peak() - before, *picture.shape, *picture.reshape(-1, 3).mean(0).round().astype(int))"
    )
    out = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout
    kilobytes, *shape_and_colour = map(int, out.split())
    assert shape_and_colour[:3] == [2125, 3000, 3]
    assert np.abs(np.subtract(shape_and_colour[3:], RED)).max() <= 3
    assert kilobytes < 150_000  # the whole picture has 306 MB


def test_no_warnings_and_no_threads_in_the_way(cat):
    content = encoded(cat, "JPEG")
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jobs = [threading.Thread(target=lambda: seen.append(images.load(content).shape)) for _ in range(4)]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
    assert seen == [cat.shape] * 4


# --- Bad input: one sentence each -----------------------------------------------------------------------------------

PNG = encoded(noise(64, 64), "PNG")
BAD_FILES = {  # name -> (content, what the sentence has to say)
    "empty.jpg": (b"", "empty"),
    "cut.png": (PNG[: len(PNG) // 2], "cut short or damaged"),
    "cut.jpg": (encoded(noise(64, 64), "JPEG")[:1500], "cut short or damaged"),
    "cut.webp": (encoded(noise(64, 64), "WEBP")[:1500], "cut short or damaged"),
    "cut.gif": (encoded(noise(64, 64), "GIF")[:2500], "cut short or damaged"),
    "cut.tif": (encoded(noise(64, 64), "TIFF")[:2500], "cut short or damaged"),
    "cut.bmp": (encoded(noise(64, 64), "BMP")[:2500], "cut short or damaged"),
    "start.png": (PNG[:10], "cut short or damaged"),
    "start.jpg": (b"\xff\xd8\xff", "cut short or damaged"),
    "notes.jpg": (b"dear diary, this is no picture at all\n" * 9, "not a picture"),
    "bmw.jpg": (b"BMW is a make of cars, not a picture\n" * 9, "not a picture"),
    "page.jpg": (b"\n<!DOCTYPE html><html><body>404</body></html>", "web page"),
    "paper.jpg": (b"%PDF-1.7\n1 0 obj", "PDF"),
    "drawing.png": (b"<svg xmlns='a'></svg>", "SVG"),
    "letter.ps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
    "photos.zip": (b"PK\x03\x04" + bytes(60), "ZIP"),
    "phone.heic": (b"\0\0\0\x18ftypheic" + bytes(60), "convert it to JPEG"),
    "clip.mp4": (b"\0\0\0\x18ftypisom" + bytes(60), "video"),
    "sound.wav": (b"RIFF\x24\0\0\0WAVEfmt " + bytes(60), "not a picture"),
    "lfs.jpg": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
    "noise.jpg": (bytes(np.random.default_rng(3).integers(0, 256, 500, dtype=np.uint8)), "not a picture"),
    "nan.tif": (encoded(np.array([[0, np.nan]], np.float32), "TIFF"), "NaN"),
    "odd\nname.jpg": (b"hello", "not a picture"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file(tmp_path, name):
    content, expected = BAD_FILES[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImageError) as error:
        images.load(path)
    text = one_sentence(error)
    assert expected in text and name.replace("\n", "?") in text
    upload = {"name": name, "content": memoryview(content)}
    with pytest.raises(ImageError) as error:
        images.load(upload)
    assert expected in one_sentence(error) and name.replace("\n", "?") in one_sentence(error)


BAD_SOURCES = {
    "no such file": ("nowhere/cat.jpg", "does not exist"),
    "web address": ("https://example.org/cat.jpg", "web address"),
    "number": (3, "int"),
    "nothing": (None, "NoneType"),
    "list": ([1, 2], "list"),
    "empty bytes": (b"", "empty"),
    "text file object": (io.StringIO("x"), "'rb'"),
    "upload without content": ({"name": "x"}, "content"),
    "null in the path": ("a\0b.jpg", "a?b.jpg"),
    "path too long": ("x" * 5000, "x"),
    "floats 0..1": (np.full((4, 4, 3), 0.5), "255"),
    "negative": (np.full((4, 4, 3), -1.0), "-1"),
    "over 255": (np.full((4, 4, 3), 300), "300"),
    "uint16": (np.full((4, 4), 60000, np.uint16), "257"),
    "NaN": (np.full((4, 4, 3), np.nan), "NaN"),
    "infinite": (np.full((4, 4, 3), np.inf), "infinite"),
    "complex": (np.zeros((4, 4), complex), "complex128"),
    "texts": (np.array([["a", "b"]]), "U1"),
    "objects": (np.array([[None, 1]], object), "object"),
    "one dimension": (np.zeros(9, np.uint8), "(9)"),
    "no dimension": (np.array(5), "no shape"),
    "batch": (np.zeros((2, 4, 4, 3), np.uint8), "array[0]"),
    "channels first": (np.zeros((3, 8, 9), np.uint8), "moveaxis"),
    "two channels": (np.zeros((8, 9, 2), np.uint8), "8 x 9 x 2"),
    "no pixels": (np.zeros((0, 9, 3), np.uint8), "0 x 9 x 3"),
}


@pytest.mark.parametrize("kind", BAD_SOURCES)
def test_bad_source(kind):
    source, expected = BAD_SOURCES[kind]
    with pytest.raises(ImageError) as error:
        images.load(source)
    assert expected in one_sentence(error)


def test_fractions_instead_of_0_to_255_are_told_from_dark_and_from_whole_numbers():
    picture = noise(4, 5)
    for fractions in (picture / 255, (picture / 255).astype(np.float16), np.stack([picture / 255] * 2), np.eye(2)):
        with pytest.raises(
            ImageError, match=r"^The dream.s values are 0.*, so 0\.\.1 it seems; multiply it by 255 first"
        ):
            loading.refuse_zero_to_one(fractions, "The dream")
    signed = picture / 127.5 - 1
    for fine in (picture, picture.astype(float), np.zeros((2, 2)), np.eye(2, dtype=int), signed, np.zeros((0, 3))):
        loading.refuse_zero_to_one(fine)


def test_folder_and_misspelt_name(tmp_path):
    with pytest.raises(ImageError, match="folder") as error:
        images.load(tmp_path)
    one_sentence(error)
    (tmp_path / "elephant.jpg").write_bytes(PNG)
    with pytest.raises(ImageError, match=r"the nearest name there is elephant\.jpg") as error:
        images.load(tmp_path / "elefant.jpg")
    one_sentence(error)
    with pytest.raises(ImageError, match="check the spelling"):
        images.load(tmp_path / "zzz")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a thing of POSIX systems")
def test_pipes_and_devices_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ImageError, match="device"):
            images.load(path)


# --- Prepare and resize ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("height", "width"), [(300, 451), (451, 300), (256, 256), (100, 80), (1, 1), (2000, 257)])
@pytest.mark.parametrize("size", [224, 227, 96])
def test_prepare_equals_pillow_resize_then_crop(height, width, size):
    picture = np.array(Image.fromarray(noise(9, 9)).resize((width, height), Image.Resampling.BICUBIC))
    short = round(size * 256 / 224)
    scale = short / min(height, width)
    resized = Image.fromarray(picture).resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
    left, top = (resized.width - size) // 2, (resized.height - size) // 2
    wanted = np.asarray(resized.crop((left, top, left + size, top + size)))
    prepared = images.prepare(picture, size)
    assert prepared.shape == (size, size, 3) and prepared.dtype == np.uint8
    # Pillow keeps the corners of the cut in 32 bits, so a few pixels in a million may be rounded the other way.
    difference = np.abs(prepared.astype(int) - wanted)
    assert difference.max() <= 2 and (difference > 1).mean() < 1e-3


def test_prepare_of_very_long_pictures():
    long = np.zeros((3, 3_000_000, 3), np.uint8)
    long[:, 1_499_990:1_500_010] = 200
    assert images.prepare(long).mean() == pytest.approx(200, abs=1)


def test_prepare_takes_what_load_takes(cat, tmp_path):
    path = images.save(cat, tmp_path / "cat.png")
    assert np.array_equal(images.prepare(path), images.prepare(cat))


def test_seen_box():
    # 256 x 256: nothing is resized, and 16 pixels go on each side.
    assert transform.seen_box(256, 256) == (16, 16, 240, 240)
    # 512 x 1024 is halved to 256 x 512; the middle 224 columns begin at 144.
    assert transform.seen_box(512, 1024) == (32, 288, 480, 736)
    top, left, bottom, right = transform.seen_box(300, 451)
    assert (bottom - top) / (right - left) == pytest.approx(1, abs=0.01)


def test_seen_box_shows_what_prepare_keeps(cat):
    top, left, bottom, right = (round(edge) for edge in transform.seen_box(*cat.shape[:2]))
    cut = np.asarray(Image.fromarray(cat[top:bottom, left:right]).resize((224, 224), Image.Resampling.BICUBIC))
    assert np.abs(cut.astype(int) - images.prepare(cat)).mean() < 3


def test_resize_of_floats_equals_scikit_image():
    from skimage.transform import resize

    heat = np.random.default_rng(0).random((7, 5)).astype(np.float32)
    wanted = resize(heat, (21, 35), order=1, mode="edge", anti_aliasing=False)
    got = images.resize(heat, (21, 35), "bilinear")
    assert got.dtype == np.float32 and got.shape == (21, 35)
    assert np.abs(got - wanted).max() < 1e-5


def test_resize_by_hand():
    values = np.array([[0.0, 4.0]])
    # Centres of the four new pixels lie at 0.25, 0.75, 1.25, 1.75; the old ones at 0.5 and 1.5.
    assert images.resize(values, (1, 4), "bilinear").tolist() == [[0, 1, 3, 4]]
    assert images.resize(np.arange(16.0).reshape(4, 4), (2, 2), "box").tolist() == [[2.5, 4.5], [10.5, 12.5]]


def test_resize_keeps_kind_and_channels(cat):
    assert images.resize(cat, (50, 60)).dtype == np.uint8
    assert np.array_equal(images.resize(cat, (50, 60)), np.asarray(Image.fromarray(cat).resize((60, 50), 3)))
    assert images.resize(cat[:, :, 0], (5, 6)).shape == (5, 6)
    assert images.resize(cat.astype(np.float64), (5, 6)).dtype == np.float32
    many = np.random.default_rng(0).random((4, 4, 7)).astype(np.float16)
    resized = images.resize(many, (8, 9))
    assert resized.shape == (8, 9, 7)
    assert np.array_equal(resized[:, :, 3], images.resize(many[:, :, 3], (8, 9)))


def test_resize_of_masks_and_labels():
    mask = np.array([[True, False], [False, False]])
    assert images.resize(mask, (4, 4), "nearest").sum() == 4
    assert images.resize(np.kron(mask, np.ones((3, 3))).astype(bool), (2, 2), "box").tolist() == mask.tolist()
    labels = np.array([[0, 70], [9, 5]])
    assert images.resize(labels, (4, 2), "nearest").tolist() == [[0, 70], [0, 70], [9, 5], [9, 5]]
    for size in ((5, 3), (1, 1), (2, 7)):  # the same pixels as Pillow chooses
        picture = noise(4, 5)
        wanted = np.asarray(Image.fromarray(picture).resize(size[::-1], Image.Resampling.NEAREST))
        assert np.array_equal(images.resize(picture, size, "nearest"), wanted)
    with pytest.raises(ImageError, match="int64"):
        images.resize(labels, (4, 4))


@pytest.mark.parametrize(
    ("array", "shape", "method", "expected"),
    [
        (np.zeros(3), (2, 2), "bicubic", "(3,)"),
        (np.zeros((2, 2)), (0, 2), "bicubic", "0 x 2"),
        (np.zeros((2, 2)), (2, 2, 2), "bicubic", "(2, 2, 2)"),
        (np.zeros((2, 2)), (2, 2), "antialias", "antialias"),
        (np.full((2, 2), np.nan), (3, 3), "bicubic", "4 values"),
    ],
)
def test_resize_refuses(array, shape, method, expected):
    with pytest.raises(ValueError) as error:
        images.resize(array, shape, method)
    assert expected in str(error.value) and "\n" not in str(error.value)


# --- Arrange and save -----------------------------------------------------------------------------------------------


def test_grid_by_hand():
    sheet = images.grid([np.zeros((2, 2, 3), np.uint8)] * 3, columns=2, gap=1)
    assert sheet.shape == (5, 5, 3)
    wanted = np.array([[0, 0, 255, 0, 0]] * 2 + [[255] * 5] + [[0, 0, 255, 255, 255]] * 2)
    assert np.array_equal(sheet, np.stack([wanted] * 3, axis=-1))


def test_grid_of_arrays_and_sizes():
    assert images.grid(np.zeros((9, 4, 5), np.uint8), gap=0).shape == (12, 15, 3)
    assert images.grid(np.zeros((10, 4, 5, 3), np.uint8), gap=0).shape == (12, 20, 3)
    mixed = images.grid([np.zeros((1, 1), np.uint8), np.zeros((3, 3), np.uint8)], gap=0)
    assert mixed[1, 1, 0] == 0 and mixed[0, 0, 0] == 255  # the small one is in the middle of its cell
    with pytest.raises(ImageError, match="no pictures"):
        images.grid([])


def test_png_is_exact(cat):
    content = images.encode_png(cat)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), cat)
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert np.array_equal(images.load(images.encode_png(grey))[:, :, 0], grey)


def test_save(cat, tmp_path):
    for ending in (".png", ".tif", ".bmp"):
        path = images.save(cat, tmp_path / "new" / f"cat{ending}")
        assert np.array_equal(images.load(path), cat)
    for ending in (".jpg", ".webp", ".JPG"):
        assert images.load(images.save(cat, tmp_path / f"cat{ending}")).shape == cat.shape
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".part")]
    with pytest.raises(ImageError, match=r"cat\.xyz"):
        images.save(cat, tmp_path / "cat.xyz")


def test_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "cat.png"
    path.write_bytes(b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ImageError, match="No space left"):
        images.save(noise(3, 3), path)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["cat.png"]


def test_saving_under_a_file_is_one_sentence(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(ImageError, match="choose another") as error:
        images.save(noise(3, 3), tmp_path / "file" / "cat.png")
    assert re.search(r"cannot be written", one_sentence(error))


def test_importing_stays_light():
    code = (
        "import sys, helpers.images, helpers.runtime.progress\n"
        "print([name for name in ('matplotlib', 'tensorflow', 'pandas', 'skimage', 'sklearn') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_the_lectures_elephants(course_data):
    path = course_data / "photos" / "creative_commons_elephant.jpg"
    loaded = images.load(path)
    assert np.array_equal(loaded, np.asarray(Image.open(path).convert("RGB")))
    assert images.prepare(path).shape == (224, 224, 3)
