"""Zip files that must not be unpacked, and what a good one becomes."""

from __future__ import annotations

import io
import shutil
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from helpers.files import DownloadError, disk
from helpers.files.archives import unpack


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return stream.getvalue()


def special(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3  # Unix: the mode counts
    entry.external_attr = mode << 16
    return entry


def locked() -> bytes:
    data = bytearray(zipped(("a.txt", b"secret")))
    for start in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[start] |= 1
    return bytes(data)


def lying() -> bytes:
    """An entry of 50,000 zeros that claims to hold 10 bytes."""
    data = bytearray(zipped(("a.txt", bytes(50_000))))
    for start in (data.index(b"PK\x03\x04") + 22, data.index(b"PK\x01\x02") + 24):
        data[start : start + 4] = struct.pack("<I", 10)
    return bytes(data)


def misnamed() -> bytes:
    """A name that is said to be UTF-8 and is not."""
    return zipped(("\u00fcber", b"1")).replace("\u00fc".encode(), b"\xff\xff")


def flipped() -> bytes:
    data = bytearray(zipped(("a.txt", b"hello" * 100), packing=zipfile.ZIP_STORED))
    data[60] ^= 255
    return bytes(data)


GOOD = zipped(("photos/", b""), ("photos/a.txt", b"hello"), ("photos/deep/ü.txt", b"world"))
BAD = [
    ("up", zipped(("../a.txt", b"")), "leads outside"),
    ("up, later", zipped(("a/../../b.txt", b"")), "leads outside"),
    ("from the root", zipped(("/a.txt", b"")), "leads outside"),
    ("a drive", zipped(("C:/a.txt", b"")), "leads outside"),
    ("Windows' slashes", zipped(("..\\a.txt", b"")), "leads outside"),
    ("no name", zipped(("./", b"")), "leads outside"),
    ("a link", zipped((special("a", stat.S_IFLNK | 0o777), b"/etc/hostname")), "is a link"),
    ("a pipe", zipped((special("a", stat.S_IFIFO | 0o666), b"")), "is a link or a device"),
    ("twice, for some disks", zipped(("a.txt", b"1"), ("A.txt", b"2")), "in it twice"),
    ("twice, by the dot", zipped(("a.txt", b"1"), ("./a.txt", b"2")), "in it twice"),
    ("twice, by slashes", zipped(("d/a", b"1"), ("d//a", b"2")), "in it twice"),
    ("twice, by both", zipped(("d/a", b"1"), ("./d/./a", b"2")), "in it twice"),
    ("twice, on Windows", zipped(("d/a", b"1"), ("d/a. ", b"2")), "in it twice"),
    ("twice, on a Mac", zipped(("\u00fc", b"1"), ("u\u0308", b"2")), "in it twice"),
    ("a file and a folder of one name", zipped(("a", b"1"), ("a/", b"")), "in it twice"),
    ("folders without end", zipped(("d/" * 1500 + "a", b"1")), "lies 1500 folders deep, more than 50"),
    ("empty folders without end", zipped(("d/" * 1500, b"")), "folders deep"),
    ("a name too long for a disk", zipped(("n" * 300, b"1")), "Cannot unpack"),
    ("a name that is no text", misnamed(), "not a sound zip file"),
    ("a file and a folder", zipped(("a", b"1"), ("a/b", b"2")), "Cannot unpack"),
    ("a password", locked(), "locked with a password"),
    ("a rare packing", zipped(("a.txt", b"1"), packing=zipfile.ZIP_LZMA), "packed in a rare way"),
    ("too much", zipped(("a.txt", bytes(2_000_000))), "would fill 2,000,000 bytes"),
    ("too much in all", zipped(*((f"{i}.txt", bytes(600_000)) for i in range(2))), "would fill 1,200,000 bytes"),
    ("more than it claims", lying(), "not a sound zip file"),
    ("a flipped bit", flipped(), "not a sound zip file"),
    ("cut", GOOD[:-30], "not a sound zip file"),
    ("no zip", b"<html>please log in</html>", "not a sound zip file"),
    ("nothing", b"", "not a sound zip file"),
]


def test_a_good_file_is_unpacked_with_its_folders(tmp_path):
    (tmp_path / "file.zip").write_bytes(GOOD)
    folder = unpack(tmp_path / "file.zip", tmp_path / "new" / "out")
    assert (folder / "photos" / "a.txt").read_bytes() == b"hello"
    assert (folder / "photos" / "deep" / "ü.txt").read_bytes() == b"world"
    assert [entry.name for entry in folder.parent.iterdir()] == ["out"]


@pytest.mark.parametrize(("data", "words"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_file_is_refused_and_leaves_nothing(tmp_path, data, words):
    inner = tmp_path / "deep" / "inner"
    inner.mkdir(parents=True)
    archive = inner / "file.zip"
    archive.write_bytes(data)
    with pytest.raises(DownloadError, match=words) as caught:
        unpack(archive, inner / "out", max_bytes=1_000_000)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == [archive]
    assert not (inner / "out").exists()


def test_a_folder_that_exists_is_not_touched(tmp_path):
    (tmp_path / "file.zip").write_bytes(GOOD)
    (tmp_path / "out").mkdir()
    with pytest.raises(DownloadError, match="exists already"):
        unpack(tmp_path / "file.zip", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_room_is_checked_first(tmp_path, monkeypatch):
    (tmp_path / "file.zip").write_bytes(GOOD)
    full = type(shutil.disk_usage(tmp_path))(1000, 1000, 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(DownloadError, match="No room"):
        unpack(tmp_path / "file.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_archive(tmp_path):
    with pytest.raises(DownloadError, match="Cannot unpack"):
        unpack(tmp_path / "absent.zip", tmp_path / "out")
    assert list(Path(tmp_path).iterdir()) == []


def test_what_a_killed_program_left_goes_with_the_next_one(tmp_path):
    """A working folder that nobody holds; one that is held by a running program stays."""
    (tmp_path / "file.zip").write_bytes(GOOD)
    (tmp_path / ".unpack-killed").mkdir()
    (tmp_path / ".unpack-killed.lock").touch()
    with disk.workplace(tmp_path, ".unpack-") as running:
        unpack(tmp_path / "file.zip", tmp_path / "out")
        assert running.is_dir()
    assert {path.name for path in tmp_path.iterdir()} == {"file.zip", "out"}
