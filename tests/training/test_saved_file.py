"""Saved networks that would fill the memory are refused before anything is built; honest ones pass."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest

from helpers.runtime import keras
from helpers.training import saved_file


def functional():
    layers = keras().layers
    inputs = keras().Input((8, 8, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3)(inputs))
    x = layers.Reshape((36, 4))(layers.SeparableConv2D(4, 1)(x))
    x = layers.GRU(3)(layers.MultiHeadAttention(2, 4)(x, x))
    return keras().Model(inputs, layers.Dense(2)(x))


def sequential():
    layers = keras().layers
    words = layers.Embedding(20, 3)
    return keras().Sequential([keras().Input((4,), dtype="int32"), words, layers.Flatten(), layers.Dense(5)])


def nested():
    return keras().Sequential([keras().Input((8, 8, 3)), functional(), keras().layers.Dropout(0.5)])


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("saved") / "network.keras"
    sequential().save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("course.json", json.dumps({"name": "mine"}))
    return path.read_bytes()


def changed(data: bytes, packing: int = zipfile.ZIP_STORED, **parts) -> bytes:
    """The same archive with other parts: a part's new content, a function of the old one, or None to leave it out."""
    stream = io.BytesIO()
    names = {"config": "config.json", "weights": "model.weights.h5", "notes": "course.json"}
    new = {names[name]: value for name, value in parts.items()}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", packing) as archive:
        for name in old.namelist():
            value = new.get(name, old.read(name))
            value = value(old.read(name)) if callable(value) else value
            if value is not None:
                archive.writestr(name, value)
    return stream.getvalue()


def h5(make) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        make(file)
    return stream.getvalue()


def doubled(data: bytes) -> bytes:
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("config.json", "{}")
    return stream.getvalue()


HOSTILE = {
    "notes of 200 MB": lambda d: changed(d, zipfile.ZIP_DEFLATED, notes=bytes(2_000_000)),
    "packed weights": lambda d: changed(d, zipfile.ZIP_DEFLATED, weights=bytes(30_000_000)),
    "a shape of 3 GB": lambda d: changed(d, weights=h5(lambda f: f.create_dataset("a", (750_000_000,), "f4"))),
    "another file's values": lambda d: changed(
        d, weights=h5(lambda f: f.__setitem__("a", h5py.ExternalLink("/etc/hostname", "/a")))
    ),
    "weights that are none": lambda d: changed(d, weights=b"none"),
    "cut weights": lambda d: changed(d, weights=lambda old: old[:-1]),
    "no weights": lambda d: changed(d, weights=None),
    "no configuration": lambda d: changed(d, config=None),
    "a configuration that is none": lambda d: changed(d, config=b"[1, 2]"),
    "a configuration that is no text": lambda d: changed(d, config=b"\xff\xfe{"),
    "a bottomless configuration": lambda d: changed(d, config=b"[" * 1_000_000),
    "a long configuration": lambda d: changed(
        d, config=json.dumps({"config": {"layers": [{"class_name": "InputLayer"}] * 11_000}})
    ),
    "two configurations": doubled,
    "a thousand parts": lambda d: _with_parts(d, 1_100),
    "cut": lambda d: d[:-40],
    "no archive": lambda d: b"<html>",
    "empty": lambda d: b"",
}


def _with_parts(data: bytes, count: int) -> bytes:
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as archive:
        for number in range(count):
            archive.writestr(f"assets/{number}", "")
    return stream.getvalue()


@pytest.mark.parametrize("make", [functional, sequential, nested])
def test_honest_networks_pass_and_are_built_within_their_bound(make, tmp_path):
    model = make()
    model.save(tmp_path / "network.keras")
    numbers = saved_file.check(tmp_path / "network.keras").numbers
    seeds = sum(np.prod(v.shape) for v in model.variables) - model.count_params()
    assert model.count_params() <= numbers <= model.count_params() + seeds + 10
    with saved_file.at_most(numbers):
        again = keras().models.load_model(tmp_path / "network.keras")
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_archive_packed_anew_passes(saved, tmp_path):
    (tmp_path / "network.keras").write_bytes(changed(saved, zipfile.ZIP_DEFLATED))
    assert saved_file.check(tmp_path / "network.keras").numbers == 20 * 3 + 12 * 5 + 5


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_and_damaged_files_are_one_sentence(case, saved, tmp_path):
    path = tmp_path / "network.keras"
    path.write_bytes(HOSTILE[case](saved))
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"^network\.keras .*save (it|the network) again$") as caught:
        saved_file.check(path)
    assert tracemalloc.get_traced_memory()[1] < 40_000_000
    tracemalloc.stop()
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


def test_no_file_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"network\.keras cannot be read: No such file"):
        saved_file.check(tmp_path / "network.keras")


def many_units(config: bytes) -> bytes:
    return config.replace(b'"units": 5', b'"units": 3000000')


def many_words(config: bytes) -> bytes:
    return config.replace(b'"input_dim": 20', b'"input_dim": 9000000')


@pytest.mark.parametrize("change", [many_units, many_words])
def test_a_network_larger_than_its_file_is_not_built(change, saved, tmp_path):
    path = tmp_path / "network.keras"
    path.write_bytes(changed(saved, config=change))
    assert path.read_bytes() != saved
    numbers = saved_file.check(path).numbers
    with (
        pytest.raises(ValueError, match=r"would have more weights than the file holds \(125 numbers\)") as caught,
        saved_file.at_most(numbers),
    ):
        keras().models.load_model(path)
    assert "\n" not in str(caught.value)
    assert keras().layers.Dense(20_000)(np.ones((1, 2))).shape == (1, 20_000)  # only inside


def test_other_errors_pass_through():
    with pytest.raises(KeyError), saved_file.at_most(1):
        raise KeyError("x")
