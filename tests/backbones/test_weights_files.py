"""Weights files that are cut, changed or something else: noticed before use, one sentence, brought anew."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from helpers import backbones
from helpers.backbones import keras_applications
from helpers.files import DownloadError, MissingError, hdf5
from tests import misbehaving_server

QUARTER = "mobilenet_2_5_224_tf_no_top.h5"


@pytest.fixture(autouse=True)
def models(tmp_path, monkeypatch) -> Path:
    """An empty cache of Keras."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("COURSE_DATA", "")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    (tmp_path / "keras" / "models").mkdir(parents=True)
    return tmp_path / "keras" / "models"


@pytest.fixture
def real(course_data) -> bytes:
    return (course_data / "keras_home" / "models" / QUARTER).read_bytes()


@pytest.fixture
def serve(monkeypatch):
    """`serve(content, kind)`: whatever is asked of Keras's host comes from this computer."""
    running = []

    def start(content: bytes, kind: str = "good"):
        server = misbehaving_server.MisbehavingServer(content).__enter__()
        running.append(server)
        monkeypatch.setattr(keras_applications, "_HOST", server.url(kind) + "?")
        return server

    monkeypatch.setattr(misbehaving_server, "BEHAVIOURS", _Answers(misbehaving_server.BEHAVIOURS))
    yield start
    for server in running:
        server.__exit__()


class _Answers(dict):
    """The behaviours, found under an address with a question mark, too."""

    def __getitem__(self, kind: str):
        return super().__getitem__(kind.partition("?")[0].strip("/"))


PAGE = b"<html>please log in first</html>"
DAMAGES = {
    "a page": lambda data: PAGE,
    "empty": lambda data: b"",
    "the signature only": lambda data: data[:8],
    "cut in the head": lambda data: data[:40],
    "cut in the middle": lambda data: data[: len(data) // 2],
    "a byte short": lambda data: data[:-1],
    "a byte long": lambda data: data + b"\0",
    "an unknown version": lambda data: data[:8] + b"\x09" + data[9:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_not_here_and_is_brought_anew(damage, real, models, serve):
    """MobileNet's sum is not known, so this is what its parts tell."""
    file, whole = models / QUARTER, models / "mobilenet_1_0_224_tf_no_top.h5"
    for path in (file, whole):
        path.write_bytes(DAMAGES[damage](real))
    assert not keras_applications.is_here("mobilenet", include_top=False)
    command = r"python3 course\.py download mobilenet:0\.25-no-top"
    with pytest.raises(
        MissingError, match=f"the weights file .*{QUARTER} is damaged: .*; bring it anew with: {command}"
    ):
        backbones.load("mobilenet", alpha=0.25, include_top=False)
    server = serve(real)
    assert backbones.download("mobilenet:0.25-no-top") == str(file) and file.read_bytes() == real
    assert keras_applications.weights_path("mobilenet", False, alpha=0.25) == str(file)
    backbones.download("mobilenet:0.25-no-top")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (PAGE, "good", "it is not an HDF5 file"),
        (None, "part_unasked", "the connection broke"),
        (None, "part_of_nothing", "another part of the file"),
        (None, "shorter", r"it has 1,071,431 bytes and should have 1,071,432"),
        (bytes(30_000_000), "good", "no more than 14.3 MB are expected"),
    ],
)
def test_what_is_not_the_file_is_not_kept(content, kind, words, real, models, serve):
    serve(content or real, kind)
    with pytest.raises(DownloadError, match=words):
        backbones.download("mobilenet:0.25-no-top")
    assert not (models / QUARTER).exists()


@pytest.mark.parametrize("label", [label for label in backbones.DOWNLOADS if not label.startswith("mobilenet")])
def test_a_known_sum_is_checked_of_a_file_that_is_here(label, models, monkeypatch, serve):
    """A sound HDF5 file of other values: only the sum tells."""
    name, top = label.removesuffix("-no-top"), not label.endswith("-no-top")
    path = models / Path(keras_applications._file(name, top, None, 1.0)).name
    _write(path, np.zeros(3, "f4"))
    wrong = path.read_bytes()
    with pytest.raises(
        MissingError, match=rf"md5 sum is not Keras's; bring it anew with: python3 course\.py download {label}$"
    ):
        backbones.load(name, include_top=top)
    _write(path, np.ones(3, "f4"))
    right = path.read_bytes()
    sums = (hashlib.md5(right).hexdigest(),) * 2
    monkeypatch.setitem(keras_applications.FAMILIES, name, keras_applications.FAMILIES[name]._replace(md5=sums))
    path.write_bytes(wrong)
    serve(right)
    backbones.download(label)
    assert path.read_bytes() == right and keras_applications.weights_path(name, top) == str(path)


def _write(path: Path, array: np.ndarray) -> None:
    with h5py.File(path, "w") as file:
        file["array"] = array


def test_a_whole_file_wins_over_a_damaged_one(real, models, tmp_path, monkeypatch):
    second = tmp_path / "data" / "keras_home" / "models"
    second.mkdir(parents=True)
    (models / QUARTER).write_bytes(real[:1000])
    (second / QUARTER).write_bytes(real)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    assert keras_applications.weights_path("mobilenet", False, alpha=0.25) == str(second / QUARTER)


def test_a_file_that_changes_is_looked_at_again(real, models):
    file = models / QUARTER
    file.write_bytes(real)
    assert keras_applications.weights_problem(file) is None
    file.write_bytes(real[:-1])
    assert "should have" in keras_applications.weights_problem(file)


def _rename(file: h5py.File) -> None:
    file["conv1"].move(next(iter(file["conv1"])), "other")


def _infinite(file: h5py.File) -> None:
    file["conv1"].visititems(
        lambda _, item: item.write_direct(np.full(item.shape, np.inf, "f4")) if hasattr(item, "dtype") else None
    )


@pytest.mark.parametrize(
    ("change", "words"), [(_rename, "its arrays are not those of mobilenet"), (_infinite, "not numbers")]
)
def test_what_only_loading_shows_is_the_same_sentence(change, words, real, models):
    (models / QUARTER).write_bytes(real)
    with h5py.File(models / QUARTER, "r+") as file:
        change(file)
    with pytest.raises(MissingError, match=f"is damaged: .*{words}.*download mobilenet:0.25-no-top") as caught:
        backbones.load("mobilenet", alpha=0.25, include_top=False, input_shape=(32, 32, 3))
    assert "\n" not in str(caught.value)


def test_options_that_do_not_fit_are_not_called_damage(course_data, models):
    shutil.copy(course_data / "keras_home" / "models" / "mobilenet_2_5_224_tf.h5", models)
    with pytest.raises(ValueError, match=r"do not fit mobilenet.* with {'classes': 10}; use weights=None"):
        backbones.load("mobilenet", alpha=0.25, classes=10)


def test_a_width_that_is_no_number_is_one_sentence():
    with pytest.raises(ValueError, match=r"'wide' of 'mobilenet:wide' is not a number"):
        backbones.download("mobilenet:wide")


# --- HDF5 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["earliest", "v108", "v110", "latest"])
def test_every_layout_of_the_format_is_known(version, tmp_path):
    with h5py.File(tmp_path / "file.h5", "w", libver=(version, version if version != "earliest" else "latest")) as file:
        file["deep/array"] = np.zeros((3, 4))
        file["scalar"] = np.float32(1)
    assert hdf5.problem(tmp_path / "file.h5") == (None, 13)
    assert hdf5.problem((tmp_path / "file.h5").read_bytes()) == (None, 13)


HOSTILE = {
    "a shape of 3 GB": lambda f: f.create_dataset("a", (750_000_000,), "f4"),
    "many large shapes": lambda f: [f.create_dataset(f"{i}", (100,), "f8") for i in range(500)],
    "another file": lambda f: f.__setitem__("a", h5py.ExternalLink("/etc/hostname", "/a")),
    "a soft link": lambda f: f.__setitem__("a", h5py.SoftLink("/b")),
    "values in another file": lambda f: f.create_dataset("a", (8,), "u1", external=[("/etc/hostname", 0, 8)]),
    "texts": lambda f: f.create_dataset("a", data=["x", "y"]),
    "packed zeros": lambda f: f.create_dataset("a", data=np.zeros(10**6), compression="gzip", chunks=True),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_files_that_claim_more_than_they_hold_are_refused(case, tmp_path):
    with h5py.File(tmp_path / "file.h5", "w") as file:
        HOSTILE[case](file)
    reason, _ = hdf5.problem(tmp_path / "file.h5")
    assert reason and "\n" not in reason


def test_a_group_that_holds_itself_ends(tmp_path):
    with h5py.File(tmp_path / "file.h5", "w") as file:
        file["group/a"] = np.zeros(3)
        file["group/again"] = file["group"]
    assert hdf5.problem(tmp_path / "file.h5") == (None, 3)
