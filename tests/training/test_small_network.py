"""The small convnet: trained once, loaded after that, trained anew for other photos or from a damaged file."""

from unittest.mock import Mock

import numpy as np
import pytest

from helpers import datasets, training
from helpers.activations import layer_maps
from helpers.backbones import Network
from helpers.runtime import keras
from helpers.training import convnet


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "networks"


def photos(seed=0):
    return datasets.images("critters", seed=seed, train=8, validation=2, test=2, size_hint=32)


def test_trained_once_then_loaded(cache, monkeypatch):
    first = training.small_network(photos(), 32, 1)
    trained = []
    monkeypatch.setattr(convnet, "fit", lambda *a, **k: trained.append(1))
    again = training.small_network(photos(), 32, 1)
    assert not trained and again.class_names == ["cat", "dog"] and again.input_size == 32
    for one, other in zip(first.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [layer.name for layer in again.layers[:8]] == [
        f"{kind}{n}" for n in range(1, 5) for kind in ("conv", "pool")
    ]
    assert layer_maps(again, np.zeros((50, 50, 3), np.uint8), "pool4").shape == (2, 2, 64)
    for other in (photos(seed=1), photos()):
        training.small_network(other, 32, 2)
    assert len(trained) == 2 and len(list(cache.glob("*.keras"))) == 3


def test_damaged_file_is_trained_anew(cache):
    training.small_network(photos(), 32, 1)
    (file,) = cache.glob("*.keras")
    file.write_bytes(file.read_bytes()[:1000])
    again = training.small_network(photos(), 32, 1)
    assert again.class_names == ["cat", "dog"] and len(file.read_bytes()) > 1000


def test_without_the_cache_nothing_is_written(cache):
    training.small_network(photos(), 32, 1, cache=False)
    assert not cache.exists()


def folder(path):
    path.unlink()
    (path / "inside").mkdir(parents=True)


def other_network(path):
    keras().Sequential([keras().Input((4,)), keras().layers.Dense(1)]).save(path)


DAMAGES = [folder, other_network, lambda path: path.write_bytes(bytes(1000)), lambda path: path.write_bytes(b"")]


def test_whatever_the_damage_it_is_not_used_and_removed(cache, monkeypatch):
    model = training.small_convnet(32, 2)
    cache.mkdir(parents=True)
    path = training.save(Network("small_convnet", model, None, 32, ["cat", "dog"]), cache / "network.keras")
    sound = path.read_bytes()
    assert convnet._kept(path, model).class_names == ["cat", "dog"]
    for damage in DAMAGES:
        damage(path)
        assert convnet._kept(path, model) is None and not path.exists()
        path.write_bytes(sound)
    for error in (KeyError, TypeError, RecursionError):
        path.write_bytes(sound)
        monkeypatch.setattr(convnet.saving, "load", Mock(side_effect=error("many\nlines")))
        assert convnet._kept(path, model) is None and not path.exists()
