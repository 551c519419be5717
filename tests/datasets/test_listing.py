"""What is taken for a photo, a class and a part of a folder, and what is said about all that is left out."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from helpers import images
from helpers.datasets import ImageSet, from_folder
from helpers.datasets.listing import part_of
from helpers.datasets.repeated import repeated
from helpers.images import photo_files


def picture(path: Path, colour: int = 0, kind: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 9), (colour, 100, 200)).save(path, kind)
    return path


def fill(root: Path, *classes: str, count: int = 3) -> Path:
    """Photos that all differ: root/CLASS/0.png ...; a class may be a path."""
    for row, name in enumerate(classes):
        for number in range(count):
            picture(root / name / f"{number}.png", 20 * row + number)
    return root


def total(found: ImageSet) -> list[int]:
    parts = (found.train, found.validation, found.test)
    return sum(np.bincount(part.labels, minlength=len(found.class_names)) for part in parts).tolist()


# --- Photos -----------------------------------------------------------------------------------------------------------

WRITTEN = {
    **{".jfif": "JPEG", ".jpe": "JPEG", ".JPG": "JPEG", ".png": "PNG", ".webp": "WEBP", ".gif": "GIF", ".bmp": "BMP"},
    **{".dib": "BMP", ".tif": "TIFF", ".ppm": "PPM", ".pgm": "PPM", ".ico": "ICO", ".jp2": "JPEG2000"},
    **{".j2k": "JPEG2000", ".avif": "AVIF", "": "JPEG", ".image": "PNG", ".jpg_large": "WEBP"},
}


@pytest.mark.parametrize("ending", WRITTEN)
def test_what_load_reads_is_a_photo_of_its_class(tmp_path, ending):
    if ending == ".avif" and not features.check("avif"):
        pytest.skip("this Pillow cannot write AVIF")
    fill(tmp_path, "cats")
    for number in range(3):
        path = picture(tmp_path / "dogs" / f"{number}{ending}", number, WRITTEN[ending])
        assert images.load(path).shape[2] == 3
    assert total(from_folder(tmp_path)) == [3, 3]


@pytest.mark.parametrize("ending", [".heic", ".CR2", ".nef", ".jxl"])
def test_a_class_of_photos_that_are_not_read_here_never_vanishes(tmp_path, ending, monkeypatch):
    monkeypatch.setattr(photo_files, "reads_heic", lambda: False)
    fill(tmp_path, "cats", "dogs")
    (tmp_path / "birds").mkdir()
    (tmp_path / "birds" / f"IMG_1{ending}").write_bytes(b"\0\0\0\x18ftypheic" + bytes(60))
    with pytest.raises(
        ValueError, match=rf"birds are not of a kind that is read here \({ending.lower()}\); convert them"
    ):
        from_folder(tmp_path)
    picture(tmp_path / "birds" / "one.png")
    found = from_folder(tmp_path)
    assert (
        found.class_names == ("birds", "cats", "dogs")
        and f"1 other files were left out ({ending.lower()})" in found.note
    )


def test_heic_is_a_photo_where_the_package_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(photo_files, "reads_heic", lambda: True)
    assert ".heic" in photo_files.extensions() and ".heic" not in photo_files.unreadable_extensions()
    assert photo_files.kind_of(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(60)) == "HEIC"
    monkeypatch.setattr(photo_files, "reads_heic", lambda: False)
    assert ".heic" not in photo_files.extensions() and ".heic" in photo_files.unreadable_extensions()


def test_empty_folders_and_loose_photos_are_named(tmp_path):
    fill(tmp_path, "cats", "dogs")
    (tmp_path / "birds").mkdir()
    picture(tmp_path / "group.png")
    found = from_folder(tmp_path)
    assert found.class_names == ("cats", "dogs")
    assert "no photo is in it: birds." in found.note and "Not used: 1 photos in no class folder." in found.note


def test_linked_folders_are_followed_once(tmp_path):
    root = fill(tmp_path / "set", "cats", "dogs")
    fill(tmp_path / "elsewhere", "more", "wolves")
    os.symlink(tmp_path / "elsewhere" / "more", root / "cats" / "more")
    os.symlink(tmp_path / "elsewhere" / "wolves", root / "wolves")
    os.symlink(root / "cats", root / "cats" / "loop")
    os.symlink(root, root / "dogs" / "all")
    os.symlink("/", root / "dogs" / "disk")
    found = from_folder(root)
    assert found.class_names == ("cats", "dogs", "wolves") and total(found) == [6, 3, 3]


@pytest.mark.parametrize("name", ["pipe.jpg", "pipe"])
def test_a_pipe_does_not_hang_the_folder(tmp_path, name):
    fill(tmp_path, "cats", "dogs")
    os.mkfifo(tmp_path / "cats" / name)
    if name == "pipe":
        assert "1 other files were left out (pipe)" in from_folder(tmp_path).note
        return
    with pytest.raises(images.ImageError, match=r"pipe\.jpg cannot be read.*it is a device, not a file"):
        from_folder(tmp_path)
    assert total(from_folder(tmp_path, skip_unreadable=True)) == [3, 3]


def test_a_dangling_link_says_where_it_points(tmp_path):
    fill(tmp_path, "cats", "dogs")
    os.symlink(tmp_path / "gone.png", tmp_path / "cats" / "link.png")
    for call in (lambda: from_folder(tmp_path), lambda: images.load(tmp_path / "cats" / "link.png")):
        with pytest.raises(images.ImageError, match=r"is a link to .*gone\.png, which is not there") as caught:
            call()
        assert "nearest" not in str(caught.value)


REFUSED_BY_LOAD = {
    "tga.jpg": "TGA",
    "pcx.png": "PCX",
    "eps.jpg": "EPS",
    "sgi.bmp": "SGI",
    "msp.jpg": "MSP",
    "icns.png": "ICNS",
    "dds.jpg": "DDS",
    "qoi.png": "QOI",
}


@pytest.mark.parametrize("name", REFUSED_BY_LOAD)
def test_what_load_refuses_the_folder_refuses_with_the_same_reason(tmp_path, name):
    fill(tmp_path, "cats", "dogs")
    kind = REFUSED_BY_LOAD[name]
    mode = "1" if kind == "MSP" else "RGB"
    path = tmp_path / "cats" / name
    with path.open("wb") as file:
        Image.new(mode, (32, 32)).save(file, kind)
    with pytest.raises(images.ImageError) as by_load:
        images.load(path)
    with pytest.raises(images.ImageError) as by_folder:
        from_folder(tmp_path)
    assert str(by_load.value).removeprefix(str(path)) in str(by_folder.value)


def test_every_error_of_the_system_is_one_sentence(tmp_path, monkeypatch):
    for wrong in ("~nobody-at-all/photos", "x" * 5000, "a\0b"):
        with pytest.raises(ValueError, match=r"^There is no folder .*; give the folder") as caught:
            from_folder(wrong)
        assert len(str(caught.value)) < 300
    fill(tmp_path, "cats", "dogs")
    genuine = Path.open

    def closed(self, *arguments, **options):
        if self.name == "1.png":
            raise PermissionError(13, "Permission denied")
        return genuine(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(images.ImageError, match=r"1\.png cannot be read.*may not be read by you"):
        from_folder(tmp_path)
    monkeypatch.undo()
    walk = os.scandir

    def shut(path):
        if str(path).endswith("dogs"):
            raise PermissionError(13, "Permission denied", str(path))
        return walk(path)

    monkeypatch.setattr(os, "scandir", shut)
    with pytest.raises(ValueError, match=r"The folder .*dogs cannot be read \(Permission denied\); make it readable"):
        from_folder(tmp_path)


def test_no_warning_reaches_the_student(tmp_path):
    """Pillow warns of pictures over 89 million pixels, and of palettes whose transparency is given in bytes."""
    fill(tmp_path, "cats", "dogs")
    for number in range(20):
        Image.new("P", (30, 30)).save(tmp_path / "cats" / f"odd{number}.png", transparency=b"\0\1\2")
    header = b"IHDR" + struct.pack(">IIBBBBB", 10_000, 9_500, 1, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    rows = zlib.compress(bytes(9_500 * 1_251))
    data = struct.pack(">I", len(rows)) + b"IDAT" + rows + struct.pack(">I", zlib.crc32(b"IDAT" + rows))
    (tmp_path / "dogs" / "large.png").write_bytes(content + data)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = from_folder(tmp_path)
        for part in (found.train, found.validation, found.test):
            part.images(8)


# --- Parts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        (("training_set/training_set", "test_set/test_set"), ("train", "test")),
        (("seg_train/seg_train", "seg_test/seg_test"), ("train", "test")),
        (("Training", "Validierung", "Test"), ("train", "validation", "test")),
        (("trainingsdaten", "Prüfung"), ("train", "test")),
        (("Trainingsbilder", "Validierungsbilder", "Testbilder"), ("train", "validation", "test")),
        (("train", "dev", "test"), ("train", "validation", "test")),
        (("train", "dev", "eval"), ("train", "validation", "test")),
        (("train", "eval", "test"), ("train", "validation", "test")),
        (("train", "eval"), ("train", "test")),
        (("train2017", "val2017"), ("train", "validation")),
        (("1_train", "2_valid", "3_test"), ("train", "validation", "test")),
        (("animals-train", "animals-val"), ("train", "validation")),
    ],
)
def test_parts_by_many_names(tmp_path, folders, parts):
    for row, folder in enumerate(folders):
        for number, name in enumerate(("cats", "dogs")):
            for photo in range(4):
                picture(tmp_path / folder / name / f"{photo}.png", 40 * row + 20 * number + photo)
    found = from_folder(tmp_path)
    assert found.class_names == ("cats", "dogs")
    for part, folder in zip(parts, folders, strict=True):
        kept = {path.relative_to(tmp_path).parts[0] for path in getattr(found, part).paths}
        assert kept == {Path(folder).parts[0]}


def test_words_that_mean_a_part_and_words_that_do_not():
    assert part_of("Pru\u0308fung") == part_of("Pr\u00fcfung") == ("test", ())  # as macOS and as others write it
    assert part_of("seg_train") == ("train", ("seg",)) and part_of("test_images") == ("test", ())
    for name in ("constrained", "strain", "contest", "cats", "validity", "testudo", "train_test", "set"):
        assert part_of(name) is None


def test_a_class_may_be_called_train(tmp_path):
    assert from_folder(fill(tmp_path, "bus", "car", "train")).class_names == ("bus", "car", "train")


@pytest.mark.parametrize(
    ("folders", "words"),
    [
        (
            ("one/cats", "one/dogs", "two/cats", "two/dogs"),
            r"one, two in .* hold the same folders \(cats, dogs\), so they",
        ),
        (
            ("cats/train", "cats/test", "dogs/train", "dogs/test"),
            r"which look like parts; put the class folders inside",
        ),
        (("images", "annotations"), "look like photos and what belongs to them"),
        (("train", "test"), "lie in no class folder"),
        (
            ("train/cats", "train/dogs", "val/cats", "val/dogs", "dev/cats", "dev/dogs"),
            "dev and val may both be the part",
        ),
        (("train/cats", "train/dogs", "test/cats", "test/dogs", "test/birds"), "birds is only in one"),
    ],
)
def test_folders_that_are_no_classes(tmp_path, folders, words):
    with pytest.raises(ValueError, match=words) as caught:
        from_folder(fill(tmp_path, *folders))
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_classes_inside_known_parts_may_be_divided_alike(tmp_path):
    inner = [f"{name}/{side}" for name in ("cats", "dogs") for side in ("front", "back")]
    found = from_folder(fill(tmp_path, *(f"{part}/{name}" for part in ("train", "test") for name in inner)))
    assert found.class_names == ("cats", "dogs")


def test_a_folder_beside_the_parts_is_named(tmp_path):
    fill(tmp_path, "train/cats", "train/dogs", "test/cats", "test/dogs", "extra/cats")
    assert "Not used: the folder extra." in from_folder(tmp_path).note


# --- The same photo twice ---------------------------------------------------------------------------------------------


def test_photos_of_the_test_that_are_in_the_training_part_are_counted_and_named(tmp_path):
    fill(tmp_path, "train/cats", "train/dogs", "test/cats", "test/dogs")
    assert "byte for byte" not in from_folder(tmp_path).note
    content = (tmp_path / "train" / "cats" / "1.png").read_bytes()
    (tmp_path / "test" / "cats" / "copy.png").write_bytes(content)
    (tmp_path / "test" / "dogs" / "copy.png").write_bytes(content)
    (tmp_path / "train" / "cats" / "again.png").write_bytes(content)  # twice in one part: no harm to the test
    note = from_folder(tmp_path, fractions=(1, 0, 0)).note
    assert "2 photos of validation or test are in an earlier part, too, byte for byte" in note
    assert "cats/copy.png" in note and "1 photo is in two classes" in note and "dogs/copy.png" in note


def test_only_files_of_equal_size_are_read(tmp_path, monkeypatch):
    sizes = {"a": b"12", "b": b"13", "c": b"12", "d": b"123", "e": b""}
    files = {}
    for name, content in sizes.items():
        files[name] = tmp_path / name
        files[name].write_bytes(content)
    read, genuine = [], Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **k: (read.append(self.name), genuine(self, *a, **k))[1])
    found = repeated(
        {"train": [(files[name], 0) for name in "abde"], "test": [(files["c"], 0), (tmp_path / "gone", 0)]}
    )
    assert [[path.name for _, path, _ in group] for group in found] == [["a", "c"]]
    assert sorted(read) == ["a", "b", "c"]


def test_too_few_photos_are_said(tmp_path):
    fill(tmp_path, "cats", "dogs", count=2)
    note = from_folder(tmp_path).note
    assert "Too few photos: validation holds no photo, test holds no photo; five or more" in note
    fill(tmp_path, "cats", count=9)
    assert "validation holds no dogs" in from_folder(tmp_path).note
    fill(tmp_path, "dogs", count=9)
    assert "Too few" not in from_folder(tmp_path).note
