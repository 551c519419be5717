"""Folders of photos: every layout, every odd file, fair splits, and pixels prepared the course's way."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import datasets, images
from helpers.datasets import ImageSet, Split, from_folder, stratified_sample
from helpers.datasets.splits import stratified_split
from helpers.files import MissingError


def picture(path: Path, colour: int = 0, size: tuple[int, int] = (12, 9)) -> Path:
    """A photo of one colour: which one it is can be read from its pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (colour, 100, 200)).save(path)
    return path


def fill(root: Path, **counts: int) -> Path:
    """`fill(root, cats=3)` makes root/cats/0.png ... with colours 0, 1, 2; "__" in a name is a folder's end."""
    for name, count in counts.items():
        for number in range(count):
            picture(root.joinpath(*name.split("__"), f"{number}.png"), number)
    return root


def counts(found: ImageSet) -> list[list[int]]:
    return [np.bincount(part.labels, minlength=len(found.class_names)).tolist() for part in parts(found)]


def parts(found: ImageSet) -> tuple[Split, Split, Split]:
    return found.train, found.validation, found.test


# --- Layouts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folders", "expected", "words"),
    [
        ({"cats": 10, "dogs": 5}, [[6, 3], [2, 1], [2, 1]], "split by class"),
        (
            {
                **{"train__cats": 4, "train__dogs": 3, "validation__cats": 2, "validation__dogs": 2},
                **{"test__cats": 1, "test__dogs": 5},
            },
            [[4, 3], [2, 2], [1, 5]],
            "",
        ),
        (
            {"Train__cats": 4, "Train__dogs": 3, "val__cats": 4, "val__dogs": 2},
            [[4, 3], [2, 1], [2, 1]],
            "no test folder",
        ),
        (
            {"train__cats": 8, "train__dogs": 4, "test__cats": 2, "test__dogs": 2},
            [[6, 3], [2, 1], [2, 2]],
            "taken from",
        ),
        ({"train__cats": 10, "train__dogs": 5}, [[6, 3], [2, 1], [2, 1]], "of train were split"),
        ({"cats": 1, "dogs": 1}, [[1, 1], [0, 0], [0, 0]], "split by class"),
        ({"a": 3, "b": 3, "test": 3}, [[1, 1, 1], [1, 1, 1], [1, 1, 1]], "split by class"),
    ],
    ids=["flat", "three parts", "no test", "no validation", "train only", "two photos", "a class called test"],
)
def test_layouts(tmp_path, folders, expected, words):
    found = from_folder(fill(tmp_path, **folders))
    assert counts(found) == expected
    assert words in found.note
    every = [path for part in parts(found) for path in part.paths]
    assert len(set(every)) == len(every) == sum(folders.values())  # nothing lost, nothing twice
    for part in parts(found):
        for path, label in zip(part.paths, part.labels, strict=True):
            assert found.class_names[label] == path.parent.name
        assert part.images(8).shape == (len(part), 8, 8, 3)


def test_class_names_are_in_alphabetical_order_also_beyond_ascii(tmp_path):
    found = from_folder(fill(tmp_path, **{"žába": 2, "Ärzte": 2, "猫": 2, "dog with space": 2}))
    assert found.class_names == ("dog with space", "Ärzte", "žába", "猫")
    assert found.train.images(8).shape == (8, 8, 8, 3)


def test_hidden_other_and_nested_files(tmp_path):
    fill(tmp_path, cats=2, dogs=2, cats__deeper=1)
    picture(tmp_path / "cats" / ".hidden.png")
    picture(tmp_path / ".ipynb_checkpoints" / "0.png")
    picture(tmp_path / "__MACOSX" / "cats" / "0.png")
    (tmp_path / "dogs" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "dogs" / "notes.txt").write_text("about dogs")
    (tmp_path / "dogs" / "phone.HEIC").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    found = from_folder(tmp_path)
    assert found.class_names == ("cats", "dogs")
    assert np.sum(counts(found), axis=0).tolist() == [3, 2]
    assert "2 other files were left out (.heic, .txt)" in found.note


def test_extensions_of_every_kind_and_case(tmp_path):
    for number, name in enumerate(("a.JPG", "b.jpeg", "c.PnG", "d.webp", "e.gif", "f.bmp", "g.tif", "h.TIFF")):
        picture(tmp_path / "one" / name, number)
    fill(tmp_path, two=8)
    assert np.sum(counts(from_folder(tmp_path)), axis=0).tolist() == [8, 8]


# --- What is refused --------------------------------------------------------------------------------------------------


def nothing(root: Path) -> None:
    pass


def only_text(root: Path) -> None:
    (root / "cats").mkdir()
    (root / "cats" / "a.txt").write_text("x")


def loose(root: Path) -> None:
    picture(root / "a.png")


def one_class(root: Path) -> None:
    fill(root, cats=3)


def one_folder_too_high(root: Path) -> None:
    fill(root, photos__cats=3, photos__dogs=3)


def class_missing_in_a_part(root: Path) -> None:
    fill(root, train__cats=2, train__dogs=2, validation__cats=2)


def empty_part(root: Path) -> None:
    fill(root, train__cats=2, train__dogs=2)
    (root / "test").mkdir()


def not_a_picture(root: Path) -> None:
    fill(root, cats=2, dogs=2)
    (root / "cats" / "bad.jpg").write_text("not a picture")


def empty_file(root: Path) -> None:
    fill(root, cats=2, dogs=2)
    (root / "cats" / "bad.png").write_bytes(b"")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (nothing, "holds no photos"),
        (only_text, "holds no photos"),
        (loose, "lie in no class folder"),
        (one_class, "only one class, 'cats'; two or more are needed, one folder of photos each"),
        (one_folder_too_high, r"only one class, 'photos'; two or more are needed; perhaps you mean .*photos\."),
        (class_missing_in_a_part, "the folders train and validation hold different classes: dogs is only in one"),
        (empty_part, "test holds no photos"),
        (not_a_picture, r"bad\.jpg cannot be read; delete it, or .* skip_unreadable=True"),
        (empty_file, r"bad\.png cannot be read"),
    ],
)
def test_bad_folders_are_one_sentence(tmp_path, make, words):
    make(tmp_path)
    with pytest.raises(ValueError, match=words) as caught:
        from_folder(tmp_path)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match="There is no folder"):
        from_folder(tmp_path / "absent")


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.5, 0.5, 0.5), (0, 0.5, 0.5), (1.5, -0.5, 0)])
def test_bad_fractions(tmp_path, fractions):
    with pytest.raises(ValueError, match="three shares"):
        from_folder(fill(tmp_path, a=2, b=2), fractions=fractions)


def test_a_photo_cut_short_is_named_when_it_is_read(tmp_path):
    fill(tmp_path, train__cats=1, train__dogs=1, validation__cats=2, validation__dogs=2)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8))
    noise.save(tmp_path / "whole.jpg")
    (tmp_path / "train" / "cats" / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:5000])
    found = from_folder(tmp_path)  # its beginning is sound
    with pytest.raises(images.ImageError, match=r"cut\.jpg"):
        found.train.images(32)


def test_unreadable_photos_are_left_out_on_request(tmp_path):
    fill(tmp_path, cats=3, dogs=3)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8))
    noise.save(tmp_path / "whole.jpg")
    (tmp_path / "cats" / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:5000])
    (tmp_path / "dogs" / "bad.png").write_text("not a picture")
    found = from_folder(tmp_path, skip_unreadable=True)
    assert counts(found) == [[1, 1]] * 3
    assert "2 photos that cannot be read were left out (cut.jpg, bad.png)" in found.note


def test_a_class_of_which_nothing_can_be_read(tmp_path):
    fill(tmp_path, cats=2)
    (tmp_path / "dogs").mkdir()
    (tmp_path / "dogs" / "bad.png").write_text("not a picture")
    with pytest.raises(ValueError, match=r"None of the 1 photos in .*dogs can be read"):
        from_folder(tmp_path, skip_unreadable=True)


# --- Pixels -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def some_photos(tmp_path) -> ImageSet:
    random = np.random.default_rng(0)
    for number in range(40):
        height, width = random.integers(20, 60, 2)
        path = tmp_path / ("a", "b")[number % 2] / f"{number:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(random.integers(0, 255, (height, width, 3), np.uint8)).save(path)
    return from_folder(tmp_path)


def test_photos_are_prepared_the_courses_way(some_photos):
    stack = some_photos.train.images(16)
    assert stack.dtype == np.uint8
    for row, path in enumerate(some_photos.train.paths):
        np.testing.assert_array_equal(stack[row], images.prepare(path, 16))


@pytest.mark.parametrize("batch", [1, 5, 24, 1000])
def test_batches_are_the_same_photos_in_the_same_order(some_photos, batch):
    part = some_photos.train
    found = list(part.batches(16, batch))
    assert all(len(stack) == len(labels) <= batch for stack, labels in found)
    np.testing.assert_array_equal(np.concatenate([stack for stack, _ in found]), part.images(16))
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in found]), part.labels)


def test_batches_read_only_what_is_asked_for(some_photos, monkeypatch):
    read = []
    genuine = images.prepare
    monkeypatch.setattr(images, "prepare", lambda path, size: read.append(path) or genuine(path, size))
    next(iter(some_photos.train.batches(16, 4)))
    assert len(read) == 4


def test_reading_in_threads_leaves_the_warning_filters_alone(some_photos):
    before = list(warnings.filters)
    some_photos.train.images(16)
    list(some_photos.train.batches(16, 3))
    assert list(warnings.filters) == before


def test_impossible_sizes(some_photos):
    with pytest.raises(ValueError, match="size is 0 x 0, expected at least 1 x 1 pixels"):
        some_photos.train.images(0)
    with pytest.raises(ValueError, match="batch 0 must be 1 or more"):
        next(some_photos.train.batches(8, 0))


def test_take_keeps_the_shares_of_the_classes():
    part = Split(np.array([0] * 30 + [1] * 10), pixels=np.arange(40, dtype=np.uint8).reshape(40, 1, 1, 1).repeat(3, 3))
    taken = part.take(8, seed=1)
    assert np.bincount(taken.labels).tolist() == [6, 2]
    chosen = taken.images(1)[:, 0, 0, 0]
    assert (np.diff(chosen.astype(int)) > 0).all()  # the same order, nothing twice
    assert (part.take(8, seed=1).images(1) == taken.images(1)).all()
    assert (part.take(8, seed=2).images(1) != taken.images(1)).any()
    assert len(part.take(0)) == 0 and len(part.take(40)) == 40
    with pytest.raises(ValueError, match="Cannot take 41 of 40"):
        part.take(41)


def test_a_split_needs_one_label_per_photo():
    pixels = np.zeros((2, 4, 4, 3), np.uint8)
    for arguments in ({}, {"pixels": pixels, "paths": (Path("a"), Path("b"))}):
        with pytest.raises(ValueError, match="exactly one"):
            Split(np.zeros(2, np.int64), **arguments)
    with pytest.raises(ValueError, match="2 photos and 3 labels"):
        Split(np.zeros(3, np.int64), pixels=pixels)


# --- Splitting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fractions", [(1.0,), (0.5, 0.5), (0.6, 0.2, 0.2), (0.1, 0.0, 0.9)])
def test_stratified_split_divides_every_class(fractions):
    labels = np.random.default_rng(0).integers(0, 3, 500)
    found = stratified_split(labels, fractions, seed=4)
    assert np.array_equal(np.sort(np.concatenate(found)), np.arange(500))
    for rows, fraction in zip(found, fractions, strict=True):
        assert (np.diff(rows) > 0).all()
        wanted = np.bincount(labels) * fraction
        assert (abs(np.bincount(labels[rows], minlength=3) - wanted) <= 1).all()


def test_small_classes_stay_in_the_first_part():
    found = stratified_split(np.array([0, 1, 1, 2, 2, 2]), (0.4, 0.3, 0.3), seed=0)
    assert np.bincount(np.array([0, 1, 1, 2, 2, 2])[found[0]]).tolist() == [1, 1, 1]


def test_nothing_can_be_split_and_taken():
    assert [len(part) for part in stratified_split(np.zeros(0, int), (0.5, 0.5), 0)] == [0, 0]
    assert len(stratified_sample(np.zeros(0, int), 0, 0)) == 0


# --- Cats and dogs ----------------------------------------------------------------------------------------------------


def test_the_lectures_own_cats_and_dogs_are_preferred(course_data, monkeypatch, tmp_path):
    fill(tmp_path / "cats_and_dogs_filtered", train__cats=1, train__dogs=1, validation__cats=2, validation__dogs=2)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    found = datasets.cats_vs_dogs()
    assert found.class_names == ("cats", "dogs")
    assert counts(found) == [[1000, 1000], [500, 500], [500, 500]]
    assert "lecture's own subset" in found.note
    assert found.test.take(6).images(32).std() > 20


def test_the_downloaded_cats_and_dogs_get_a_test_part(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.delenv("COURSE_DATA", raising=False)
    folder = tmp_path / "cats_and_dogs_filtered"
    fill(folder, train__cats=6, train__dogs=6, validation__cats=10, validation__dogs=10)
    (folder / "vectorize.py").write_text("# lies in the archive")
    found = datasets.images("cats_vs_dogs", seed=3)
    assert counts(found) == [[6, 6], [5, 5], [5, 5]]
    assert not set(found.validation.paths) & set(found.test.paths)
    assert "no test folder" in found.note and "TensorFlow" in found.note
    other = datasets.images("cats_vs_dogs", seed=4)
    assert set(other.test.paths) != set(found.test.paths) and other.train.paths == found.train.paths


def test_without_cats_and_dogs_there_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.delenv("COURSE_DATA", raising=False)
    with pytest.raises(MissingError, match=r"68\.6 MB.*`python3 course.py download cats_vs_dogs`.*'critters'"):
        datasets.images("cats_vs_dogs")


# --- One call for all -------------------------------------------------------------------------------------------------


def test_critters_in_three_parts_that_share_nothing():
    found = datasets.images("critters", seed=5, size_hint=32, train=6, validation=4, test=8)
    assert found.class_names == ("cat", "dog") and found.name == "critters"
    assert counts(found) == [[3, 3], [2, 2], [4, 4]]
    stacks = [part.images(32) for part in parts(found)]
    assert [stack.shape for stack in stacks] == [(6, 32, 32, 3), (4, 32, 32, 3), (8, 32, 32, 3)]
    assert len({stack.tobytes() for part in stacks for stack in part}) == 18
    np.testing.assert_array_equal(found.train.images(32), datasets.critters(6, 15, 32).images)
    assert found.train.images(64).shape == (6, 64, 64, 3)
    stacks[0][:] = 0
    assert found.train.images(32).any()  # a caller may change what it got


def test_masks_follow_the_critters_that_are_taken():
    test = datasets.images("critters", size_hint=32, train=2, validation=2, test=8).test.take(4, seed=2)
    assert len(test.drawn) == 4
    np.testing.assert_array_equal(test.drawn.images, test.images(32))
    np.testing.assert_array_equal(test.drawn.labels, test.labels)


def test_a_shortcut_can_hold_in_training_and_not_in_the_test():
    options = {"train": 8, "validation": 4, "test": 8, "shortcut": "snow", "strength": 1.0, "test_strength": -1.0}
    found = datasets.images("critters", size_hint=32, **options)
    np.testing.assert_array_equal(found.train.drawn.shortcut_present, found.train.labels == 1)
    np.testing.assert_array_equal(found.test.drawn.shortcut_present, found.test.labels == 0)


def test_your_own_folder_by_name(tmp_path):
    found = datasets.images("folder", seed=2, path=fill(tmp_path, a=5, b=5), fractions=(0.2, 0.4, 0.4))
    assert counts(found) == [[1, 1], [2, 2], [2, 2]]


def test_your_own_folder_in_the_name_or_the_environment(tmp_path, monkeypatch):
    root = fill(tmp_path / "mine", a=5, b=5, c=5)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("COURSE_FOLDER", str(root))
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    ways = {
        "in the name": lambda: datasets.images(f"folder:{root}"),
        "in a search folder": lambda: datasets.images("folder:mine"),
        "in the environment": lambda: datasets.images("folder"),
    }
    for name, way in ways.items():
        assert way().class_names == ("a", "b", "c"), name
    fill(elsewhere / "mine", x=3, y=3)
    assert datasets.images("folder:mine").class_names == ("x", "y"), "from here goes first"
    with pytest.raises(ValueError, match="no folder nowhere"):
        datasets.images("folder:nowhere")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: datasets.images("dogs"), "choose one of critters, cats_vs_dogs, folder"),
        (lambda: datasets.images("folder"), "needs a path: write 'folder:my_photos'"),
        (lambda: datasets.images("cats_vs_dogs", train=5), "has no option 'train'"),
    ],
)
def test_unknown_names_and_options(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_photos_that_vanish_are_named(tmp_path):
    found = from_folder(fill(tmp_path, a=2, b=2))
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(images.ImageError, match=r"[01]\.png is not there"):
        found.train.images(8)
