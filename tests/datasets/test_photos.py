"""The sample pictures are those of the packages, and nothing needs a network or a heavy import."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers import datasets
from helpers.datasets import Photo
from helpers.datasets.photos import KINDS
from helpers.files import MissingError

# Our name -> the function of skimage.data. logo and horse are transparent, phantom is scaled, stereo gives three.
SKIMAGE = {
    "astronaut": "astronaut", "brick": "brick", "camera": "camera", "cell": "cell", "checkerboard": "checkerboard",
    "chelsea": "chelsea", "clock": "clock", "coffee": "coffee", "coins": "coins", "colorwheel": "colorwheel",
    "grass": "grass", "gravel": "gravel", "hubble": "hubble_deep_field", "immunohistochemistry": "immunohistochemistry",
    "microaneurysms": "microaneurysms", "moon": "moon", "page": "page", "retina": "retina", "rocket": "rocket",
    "text": "text",
}  # fmt: skip


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_, **__):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def rgb(array: np.ndarray) -> np.ndarray:
    return np.repeat(array[:, :, None], 3, axis=2) if array.ndim == 2 else array


def test_all_pictures_load_without_a_network(no_network):
    found = datasets.photos()
    assert len(found) == 26
    for name, photo in found.items():
        array = photo.array
        assert array.dtype == np.uint8 and array.ndim == 3 and array.shape[2] == 3, name
        assert min(array.shape[:2]) >= 100 and np.ptp(array) > 50, name
        assert photo.name == name and photo.subject and photo.licence and photo.source


@pytest.mark.parametrize(("ours", "theirs"), SKIMAGE.items())
def test_pixels_are_those_of_scikit_image(ours, theirs):
    import skimage.data

    np.testing.assert_array_equal(datasets.photo(ours).array, rgb(getattr(skimage.data, theirs)()))


def test_the_left_motorcycle():
    import skimage.data

    np.testing.assert_array_equal(datasets.photo("stereo_motorcycle").array, skimage.data.stereo_motorcycle()[0])


@pytest.mark.parametrize("name", ["china", "flower"])
def test_pixels_are_those_of_scikit_learn(name):
    from sklearn.datasets import load_sample_image

    np.testing.assert_array_equal(datasets.photo(name).array, load_sample_image(f"{name}.jpg"))


def test_transparent_drawings_lie_on_white():
    assert (datasets.photo("horse").array[0, 0] == 255).all()
    assert (datasets.photo("logo").array[0, 0] == 255).all()


def test_pictures_the_packages_call_grey_are_grey():
    for photo in datasets.photos().values():
        array = photo.array.astype(int)
        grey = (array[:, :, 0] == array[:, :, 1]).all() and (array[:, :, 1] == array[:, :, 2]).all()
        assert grey == ("(grey)" in photo.subject or photo.name == "horse"), photo.name


def test_every_access_reads_a_new_array():
    photo = datasets.photo("chelsea")
    changed = photo.array
    changed[:] = 0
    assert photo.array.any()


def test_kinds_divide_the_pictures():
    parts = [set(datasets.photos(kind)) for kind in KINDS]
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(datasets.photos())
    assert {"chelsea", "coffee", "china"} <= parts[0]
    assert "retina" in parts[0] and "immunohistochemistry" in parts[1] and "checkerboard" in parts[2]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: datasets.photo("dog"), r"no sample picture 'dog'; choose one of astronaut, .*text\."),
        (lambda: datasets.photos("video"), "no kind of picture 'video'"),
    ],
)
def test_unknown_names_are_answered_with_the_known_ones(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_missing_package_and_a_missing_file(monkeypatch, tmp_path):
    gone = Photo("x", "a thing", "photo", "CC0", "nobody", "scikit-image", tmp_path / "x.png")
    with pytest.raises(MissingError, match="'x' is not in the installed scikit-image"):
        gone.array  # noqa: B018
    monkeypatch.setattr(sys.modules["helpers.datasets.photos"], "find_spec", lambda _: None)
    with pytest.raises(MissingError, match="scikit-image is not installed"):
        datasets.photos()


def test_importing_the_data_sets_imports_nothing_heavy():
    heavy = {"tensorflow", "keras", "pandas", "sklearn", "skimage", "scipy", "matplotlib", "requests", "tqdm"}
    code = f"import sys, helpers.datasets as d; d.photos(); d.available(); print({heavy} & set(sys.modules))"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "set()"
