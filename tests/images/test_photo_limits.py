"""Small files that claim to be huge, and files of kinds that are not read: one sentence, before anything is decoded."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile, features

from helpers import images
from helpers.images import ImageError, loading, photo_files, photo_limits


def encoded(picture, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(stream, kind, **options)
    return stream.getvalue()


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def webp(side: int) -> bytes:
    """34 bytes: a lossless WebP of one colour (RFC 9649, section 3: no transforms, five codes of one symbol)."""
    bits = [0, 0, 0] + [1, 0, 0, 0] * 5
    stream = sum(bit << place for place, bit in enumerate(bits)).to_bytes(4, "little")
    body = b"\x2f" + struct.pack("<I", side - 1 | side - 1 << 14) + stream
    body += b"\0" * (14 - len(body))
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBPVP8L" + struct.pack("<I", len(body)) + body


def png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def icon(picture: bytes) -> bytes:
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 0, 0, 0, 0, 1, 32, len(picture), 22) + picture


def tiff(size: tuple[int, int], tile: tuple[int, int], data: bytes) -> bytes:
    """A tiled RGB picture, deflate (TIFF 6.0, sections 2 and 15)."""
    tags = ((256, size[0]), (257, size[1]), (258, 8), (259, 8), (262, 2), (277, 3), (322, tile[0]), (323, tile[1]))
    tags = (*tags, (324, 8), (325, len(data)))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(tags)) + entries + bytes(4)


def resized_j2k(content: bytes, side: int) -> bytes:
    """A JPEG 2000 codestream whose header claims another size (ITU-T T.800, section A.5.1: Xsiz, Ysiz, tiles)."""
    at = content.index(b"\xff\x51") + 6
    return content[:at] + struct.pack(">II8xII", side, side, side, side) + content[at + 24 :]


def with_scans(count: int, size: int = 64) -> bytes:
    """A progressive JPEG whose second scan is there `count` times."""
    content = encoded(Image.new("L", (size, size), 128), "JPEG", progressive=True)
    starts = [at for at in range(len(content) - 1) if content[at : at + 2] == b"\xff\xda"]
    return content[: starts[1]] + content[starts[1] : starts[2]] * count + content[starts[2] :]


DATA = struct.pack(">I4sI", 0, b"IDAT", zlib.crc32(b"IDAT"))  # of a PNG: none
BOMBS = {
    "WebP of 34 bytes": (lambda: webp(10_900), "119 million pixels"),
    "WebP with a canvas": (lambda: b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\x3f\0" * 2, "268 million"),
    "JPEG 2000": (lambda: resized_j2k(encoded(noise(8, 8), "JPEG2000", no_jp2=True), 10_900), "119 million pixels"),
    "TIFF tile": (lambda: tiff((100, 100), (26_000, 26_000), zlib.compress(bytes(99))), "676 million"),
    "TIFF": (lambda: tiff((10_900, 10_900), (16, 16), zlib.compress(bytes(99))), "119 million"),
    "icon of PNG": (lambda: icon(png(13_000, 13_000) + DATA), "169 million"),
    "icon of BMP": (
        lambda: icon(struct.pack("<IiiHHIIiiII", 40, 13_000, 26_000, 1, 32, 0, 0, 0, 0, 0, 0)),
        "too many pixels",
    ),
    "PPM of text": (lambda: b"P3 4000 4000 255\n" + b"1 " * 99, "16 million pixels"),
    "PGM of other numbers": (lambda: b"P5 2000 2000 254\n" + b"1" * 99, "4 million pixels"),
    "PPM without a header": (lambda: b"P6 " + b" " * 2000 + b"9 9 255\n" + bytes(243), "without a size"),
    "6000 scans": (lambda: with_scans(6000), "JPEG of 6005 scans"),
    "PNG": (lambda: png(20_000, 20_000) + DATA, "400 million"),
}


@pytest.mark.parametrize(("make", "words"), BOMBS.values(), ids=BOMBS)
def test_a_photo_bomb_is_one_sentence_and_is_not_decoded(make, words, monkeypatch, tmp_path):
    def never(*_):
        raise AssertionError("decoded")

    content = make()
    assert len(content) < 400_000
    monkeypatch.setattr(ImageFile.ImageFile, "load", never)
    (tmp_path / "bomb").write_bytes(content)
    for call in (lambda: images.load(content), lambda: loading.check_file(tmp_path / "bomb")):
        with pytest.raises(ImageError) as caught:
            call()
        text = str(caught.value)
        assert words in text and text.endswith(".") and "\n" not in text and "; " in text


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow cannot write AVIF")
def test_avif_is_limited_as_webp_is():
    content = encoded(Image.new("RGBA", (500, 401)), "AVIF")
    with pytest.raises(ImageError, match=r"0\.201 million pixels .* 0\.2 million"):
        images.load(content, max_pixels=100_000)
    assert images.load(content, max_pixels=101_000).shape[2] == 3


def test_small_ones_of_the_same_making_are_read():
    assert images.load(webp(20)).shape == (20, 20, 3)
    assert images.load(tiff((16, 16), (16, 16), zlib.compress(bytes(768)))).tolist() == np.zeros((16, 16, 3)).tolist()
    assert images.load(icon(encoded(noise(9, 9), "PNG"))).tolist() == noise(9, 9).tolist()
    assert images.load(with_scans(50)).shape == (64, 64, 3)


def test_scans_are_counted_as_the_decoder_reads_them():
    def scans(content):
        file = io.BytesIO(content)
        return photo_limits._jpeg_scans(photo_files.opened(file, "JPEG"), file)

    baseline = encoded(noise(64, 64), "JPEG")
    progressive = encoded(noise(64, 64), "JPEG", progressive=True)
    assert scans(baseline) == 1 and scans(baseline + b"\xff\xda" * 9) == 1
    assert scans(progressive) == progressive.count(b"\xff\xda") > 5
    first = baseline.index(b"\xff\xda")  # a first scan of one component: more must follow
    apart = baseline[: first + 4] + b"\x01" + baseline[first + 5 :] + b"\xff\xda\0\x08"
    assert scans(apart) == 2


def test_more_scans_leave_less_room():
    content = encoded(noise(300, 300), "JPEG", progressive=True)
    with pytest.raises(ImageError, match=r"0\.09 million pixels .* 0\.08 million"):
        images.load(content, max_pixels=20_000)
    assert images.load(encoded(noise(300, 300), "JPEG"), max_pixels=20_000).shape[0] < 300


def test_a_large_jpeg_2000_is_read_smaller():
    picture = np.repeat(np.repeat(noise(8, 8), 32, axis=0), 32, axis=1)
    loaded = images.load(encoded(picture, "JPEG2000"), max_pixels=256 * 256 // 4)
    assert loaded.shape == (128, 128, 3)
    assert np.abs(loaded[8::16, 8::16].astype(int) - noise(8, 8)).max() <= 8
    assert photo_limits.j2k_halvings(io.BytesIO(bytes(13_000_000)), (10, 10), 100) == 1


def test_code_blocks_of_jpeg_2000():
    blocks = {side: encoded(noise(64, 64), "JPEG2000", codeblock_size=(side, side)) for side in (4, 16, 64)}
    assert {side: photo_limits._j2k_block(io.BytesIO(content)) for side, content in blocks.items()} == {
        side: side * side for side in blocks
    }
    with pytest.raises(ImageError, match="too many small blocks"):
        images.load(blocks[4], max_pixels=4096)
    assert images.load(blocks[64], max_pixels=4096).shape == (64, 64, 3)


# --- Numbers of PGM, PPM and PBM --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"P2 3 1 4\n0 2 4\n", [[0, 128, 255]]),
        (b"P2\n# by hand\n3 1\n4\n0 # black\n2 4", [[0, 128, 255]]),
        (b"P5 3 1 10\n\0\x05\x0a", [[0, 128, 255]]),
        (b"P5 2 1 1000\n\0\0\x03\xe8", [[0, 255]]),
        (b"P1 4 1\n0 1\n10", [[255, 0, 0, 255]]),
    ],
)
def test_grey_numbers_by_hand(content, wanted):
    assert images.load(content)[:, :, 0].tolist() == wanted


def test_text_and_other_largest_values_equal_pillow():
    picture = noise(5, 7)
    numbers = b" ".join(str(value).encode() for value in picture.ravel())
    assert images.load(b"P3 7 5 255\n" + numbers).tolist() == picture.tolist()
    for content in (b"P3 7 5 300\n" + numbers, b"P6 7 5 254\n" + picture.clip(max=254).tobytes()):
        wanted = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)
        assert np.abs(images.load(content) - wanted).max() <= 1


@pytest.mark.parametrize("content", [b"P2 3 1 4\n0 2", b"P2 3 1 4\n0 2 9", b"P2 3 1 4\n0 x 2", b"P3 9 9 255\n-1 " * 99])
def test_wrong_numbers_are_one_sentence(content):
    with pytest.raises(ImageError, match="cut short or damaged"):
        images.load(content)
    assert images.load(b"P5 # a comment\n 1 1\n255\n9").tolist() == [[[57] * 3]]


# --- Kinds that are not read ------------------------------------------------------------------------------------------


def float_tiff(bits: int, samples: int = 1) -> bytes:
    """A TIFF of floating-point numbers (tag 339 is 3) of so many bits: sound, but unknown to Pillow beyond 32."""
    tags = ((256, 2), (257, 2), (258, bits), (259, 1), (262, 1), (273, 8), (277, samples), (278, 2))
    data = bytes(bits // 2 * samples)
    tags = (*tags, (279, len(data)), (339, 3))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(tags)) + entries + bytes(4)


def raw_tiff(tags: dict[int, int]) -> bytes:
    """A small sound picture, with the tags that raw photos of cameras have."""
    from PIL import TiffImagePlugin

    more = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        more[tag] = value
    return encoded(noise(4, 4), "TIFF", tiffinfo=more)


KINDS = {
    "CR2": (b"II*\0\x10\0\0\0CR\2\0" + bytes(200), "raw photo, which cannot be read here; export it as a JPEG"),
    "CR3": (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(99), "raw photo"),
    "RAF": (b"FUJIFILMCCD-RAW 0201" + bytes(99), "raw photo"),
    "DNG": (raw_tiff({50706: b"\1\4\0\0"}), "raw photo"),
    "NEF": (raw_tiff({254: 1, 330: 8}), "raw photo"),
    "float 64": (float_tiff(64), "of a kind that is not read here (unknown pixel mode), or damaged; save it again"),
    "float 16": (float_tiff(16), "tifffile.imread"),
    "float RGB": (float_tiff(32, 3), "of a kind that is not read here"),
    "JPEG XL": (b"\xff\x0a" + bytes(99), "JPEG XL"),
    "NumPy": (b"\x93NUMPY\1\0" + bytes(99), "np.load"),
    "damaged codestream": (b"\xff\x4f\xff\x51" + bytes(9), "cut short or damaged"),
}


@pytest.mark.parametrize(("content", "words"), KINDS.values(), ids=KINDS)
def test_sound_files_of_other_kinds_are_not_called_cut_short(content, words):
    with pytest.raises(ImageError) as caught:
        images.load(content)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_float_tiff_of_32_bits_is_read():
    assert images.load(float_tiff(32)).tolist() == np.zeros((2, 2, 3)).tolist()


@pytest.mark.parametrize("brand", [b"heic", b"mif1"])
def test_heic_says_what_to_install(brand, monkeypatch):
    monkeypatch.setattr(photo_files, "reads_heic", lambda: False)
    with pytest.raises(ImageError, match="convert it to JPEG, or install the package pillow-heif"):
        images.load(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(60))


def test_heic_is_read_where_the_package_is_installed():
    heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    heif.from_pillow(Image.new("RGB", (64, 48), (200, 100, 50))).save(stream, quality=95)
    assert np.abs(images.load(stream.getvalue()).astype(int) - (200, 100, 50)).max() < 8


def test_damaged_tiffs_print_nothing(capfd):
    compressed = encoded(noise(40, 40), "TIFF", compression="tiff_lzw")
    for place in range(60, len(compressed) - 200, 97):
        broken = compressed[:place] + b"\xff\xff\xff" + compressed[place + 3 :]
        try:
            images.load(broken)
        except ImageError:
            continue
    assert capfd.readouterr().err == ""
