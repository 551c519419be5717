"""Features: the right numbers, never stale ones, never half a file, whatever happens to the disk or the photos."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers import backbones, images, transfer
from helpers.backbones import Network
from helpers.datasets import Split, from_folder
from helpers.files import array_cache
from helpers.runtime import keras
from helpers.transfer import features


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "features"


@pytest.fixture
def network() -> Network:
    return small_network(seed=0)


def small_network(seed: int) -> Network:
    """A convolution and a dense layer: 300 times faster than a real network, and computable by hand."""
    k = keras()
    k.utils.set_random_seed(seed)
    inputs = k.Input((None, None, 3), name="image")
    maps = k.layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    pooled = k.layers.GlobalAveragePooling2D(name="pool")(maps)
    scores = k.layers.Dense(2, name="logits")(pooled)
    model = k.Model(inputs, k.layers.Softmax(name="probabilities")(scores))
    return Network("small", model, scores, 16, ["a", "b"], {"fc2": "pool"})


def photo_files(folder: Path, count: int, side: int = 40) -> list[Path]:
    rng = np.random.default_rng(count)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number}.png" for number in range(count)]
    for path in paths:
        Image.fromarray(rng.integers(0, 256, (side, side + 8, 3), dtype=np.uint8)).save(path)
    return paths


def by_hand(network: Network, pictures: np.ndarray) -> np.ndarray:
    """The pooled features of `small_network` in NumPy."""
    kernel, bias = (np.asarray(w, dtype=np.float64) for w in network.layer("conv").get_weights())
    windows = np.lib.stride_tricks.sliding_window_view(pictures.astype(np.float64), (3, 3), axis=(1, 2))
    maps = np.einsum("nijcab,abck->nijk", windows, kernel) + bias
    return np.maximum(maps, 0).mean(axis=(1, 2))


def test_features_are_those_of_the_prepared_photos(cache, network, tmp_path):
    paths = photo_files(tmp_path / "photos", 5)
    expected = by_hand(network, np.stack([images.prepare(path, 16) for path in paths]))
    for batch in (1, 2, 5, 99):
        found = transfer.extract(network, paths, "pool", batch=batch, cache=False)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    stored = transfer.extract(network, paths)  # "pool" is the layer before the classifier
    np.testing.assert_allclose(stored, expected, rtol=1e-4)
    np.testing.assert_array_equal(transfer.extract(network, Split(np.zeros(5, np.int64), paths=tuple(paths))), stored)
    assert len(list(cache.glob("*.npy"))) == 1 and not list(cache.glob("*.part"))


def test_pictures_of_another_size_are_resized_and_maps_averaged(cache, network):
    pictures = np.random.default_rng(0).integers(0, 256, (3, 24, 24, 3), dtype=np.uint8)
    small = np.stack([images.resize(picture, (16, 16)) for picture in pictures])
    maps = transfer.extract(network, pictures, "conv")
    assert maps.shape == (3, 14, 14, 4)
    averaged = transfer.extract(network, pictures, "conv", average=True)
    np.testing.assert_allclose(averaged, by_hand(network, small), rtol=1e-4)
    np.testing.assert_allclose(maps.mean(axis=(1, 2)), averaged, rtol=1e-5)


def test_several_layers_cost_one_pass(cache, network, monkeypatch):
    shown = count_passes(monkeypatch)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    both = transfer.extract(network, pictures, ["conv", "pool"])
    assert list(both) == ["conv", "pool"] and shown == [3]
    np.testing.assert_allclose(both["pool"], by_hand(network, pictures), rtol=1e-4)
    np.testing.assert_allclose(both["conv"].mean(axis=(1, 2)), both["pool"], rtol=1e-5)
    np.testing.assert_array_equal(transfer.extract(network, pictures, "pool"), both["pool"])
    assert shown == [3]


def count_passes(monkeypatch) -> list[int]:
    """How many pictures the network was shown, call by call."""
    shown: list[int] = []
    original = Network.features_of

    def counting(network, pictures, layers, average=False, photos=None):
        shown.append(len(pictures))
        return original(network, pictures, layers, average, photos)

    monkeypatch.setattr(Network, "features_of", counting)
    return shown


def test_the_second_time_the_network_is_not_asked(cache, network, tmp_path, monkeypatch):
    shown = count_passes(monkeypatch)
    paths = photo_files(tmp_path / "photos", 5)
    first = transfer.extract(network, paths, batch=2)
    assert shown == [2, 2, 1]
    np.testing.assert_array_equal(transfer.extract(network, paths, batch=3), first)
    assert shown == [2, 2, 1]


def change_a_photo(network, paths):
    Image.fromarray(np.zeros((40, 48, 3), np.uint8)).save(paths[2])
    return network, paths, {}


def change_one_weight_a_little(network, paths):
    kernel = network.layer("conv").kernel
    values = kernel.numpy()
    values[0, 0, 0, 0] = np.nextafter(values[0, 0, 0, 0], np.float32(9))
    kernel.assign(values)
    return network, paths, {}


CHANGES = {
    "a photo's content": change_a_photo,
    "one weight, by the smallest step": change_one_weight_a_little,
    "the order": lambda network, paths: (network, paths[::-1], {}),
    "one photo fewer": lambda network, paths: (network, paths[:-1], {}),
    "the layer": lambda network, paths: (network, paths, {"layer": "conv"}),
    "the size": lambda network, paths: (network, paths, {"size": 20}),
    "the network": lambda network, paths: (small_network(seed=1), paths, {}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changed_is_computed_again(cache, network, tmp_path, monkeypatch, change):
    shown = count_passes(monkeypatch)
    paths = photo_files(tmp_path / "photos", 4)
    transfer.extract(network, paths, "pool")
    changed, new_paths, options = change(network, paths)
    found = transfer.extract(changed, new_paths, **{"layer": "pool", **options})
    assert len(shown) == 2
    np.testing.assert_array_equal(
        found, transfer.extract(changed, new_paths, **{"layer": "pool", **options}, cache=False)
    )


def test_an_average_is_stored_on_its_own_but_for_a_layer_without_places(cache, network, tmp_path, monkeypatch):
    shown = count_passes(monkeypatch)
    paths = photo_files(tmp_path / "photos", 4)
    maps = transfer.extract(network, paths, "conv")
    averaged = transfer.extract(network, paths, "conv", average=True)
    np.testing.assert_allclose(averaged, maps.mean(axis=(1, 2)), rtol=1e-5)
    assert len(shown) == 2
    vectors = transfer.extract(network, paths, "pool")
    np.testing.assert_array_equal(transfer.extract(network, paths, "pool", average=True), vectors)
    assert len(shown) == 3


def test_same_content_under_another_name_is_the_same(cache, network, tmp_path, monkeypatch):
    shown = count_passes(monkeypatch)
    paths = photo_files(tmp_path / "photos", 3)
    transfer.extract(network, paths)
    moved = [path.rename(path.with_stem(f"new{path.stem}")) for path in paths]
    transfer.extract(network, moved)
    assert len(shown) == 1


def test_an_activation_is_part_of_the_fingerprint(network):
    k = keras()
    other = k.models.clone_model(network.model)
    other.set_weights(network.model.get_weights())
    twin = Network("small", other, None, 16)
    assert features.fingerprint(twin, "conv") == features.fingerprint(network, "conv")
    inputs = k.Input((None, None, 3))
    linear = k.Model(inputs, k.layers.Conv2D(4, 3, name="conv")(inputs))
    linear.set_weights(network.layer("conv").get_weights())
    assert features.fingerprint(Network("small", linear, None, 16), "conv") != features.fingerprint(network, "conv")


def test_training_the_head_keeps_the_bases_features(network):
    before = features.fingerprint(network, "pool")
    network.layer("logits").kernel.assign_add(np.ones((4, 2), np.float32))
    network.layer("conv").trainable = False
    assert features.fingerprint(network, "pool") == before


def truncate(path):
    path.write_bytes(path.read_bytes()[:-50])


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[150] ^= 1
    path.write_bytes(bytes(data))


DAMAGES = {
    "cut": truncate,
    "one bit": flip_a_bit,
    "empty": lambda path: path.write_bytes(b""),
    "no sum": lambda path: path.write_bytes(path.read_bytes()[:-39]),
    "other text": lambda path: path.write_text("hello " * 100),
    "header only": lambda path: path.write_bytes(path.read_bytes()[:128]),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_noticed_and_computed_again(cache, network, capsys, damage):
    pictures = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    first = transfer.extract(network, pictures)
    (stored,) = cache.glob("*.npy")
    damage(stored)
    np.testing.assert_array_equal(transfer.extract(network, pictures), first)
    assert "damaged" in capsys.readouterr().out
    np.testing.assert_array_equal(transfer.extract(network, pictures), first)
    assert "damaged" not in capsys.readouterr().out


def test_an_interrupted_run_leaves_nothing(cache, network, monkeypatch):
    def stop(self, path):
        raise KeyboardInterrupt

    monkeypatch.setattr(array_cache.Writer, "finish", stop)
    with pytest.raises(KeyboardInterrupt):
        transfer.extract(network, np.zeros((3, 16, 16, 3), np.uint8))
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("ending", [KeyboardInterrupt, MemoryError])
def test_an_interrupted_long_run_goes_on_from_its_blocks(cache, network, monkeypatch, ending):
    """50 photos in blocks of 16: two are finished when the run ends in the third."""
    monkeypatch.setattr(features, "_LONG", 40)
    monkeypatch.setattr(features, "_BLOCK", 4)
    pictures = np.random.default_rng(0).integers(0, 256, (50, 16, 16, 3), dtype=np.uint8)
    whole = transfer.extract(network, pictures, ["conv", "pool"], batch=4, cache=False)
    original, shown = Network.features_of, []

    def ends(network, batch, *arguments):
        shown.append(len(batch))
        if sum(shown) > 40 and ending is not None:
            raise ending
        return original(network, batch, *arguments)

    monkeypatch.setattr(Network, "features_of", ends)
    with pytest.raises(ending):
        transfer.extract(network, pictures, ["conv", "pool"], batch=4)
    assert len(list(cache.iterdir())) == 4, "two blocks of two layers, and nothing unfinished"
    ending = None
    shown.clear()
    found = transfer.extract(network, pictures, ["conv", "pool"], batch=4)
    assert sum(shown) == 18, "the third block and what is left"
    for name, array in whole.items():
        np.testing.assert_array_equal(found[name], array)
    assert len(list(cache.iterdir())) == 2, "the whole alone"


def test_a_photo_changed_between_two_tries_is_computed_again(cache, network, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "_LONG", 6)
    monkeypatch.setattr(features, "_BLOCK", 1)
    paths = photo_files(tmp_path / "photos", 8)
    monkeypatch.setattr(features.disk, "remove", lambda path: None)  # the first try's blocks stay
    transfer.extract(network, paths, batch=4)
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(paths[1])
    shown = count_passes(monkeypatch)
    found = transfer.extract(network, paths, batch=4)
    assert shown == [4], "the block of the changed photo"
    np.testing.assert_array_equal(found, transfer.extract(network, paths, batch=4, cache=False))


def test_a_full_disk_costs_the_cache_only(cache, network, monkeypatch, capsys):
    def full(self, data):
        raise OSError(28, "No space left on device")

    pictures = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    expected = transfer.extract(network, pictures, cache=False)
    monkeypatch.setattr(array_cache.Writer, "_put", full)
    np.testing.assert_array_equal(transfer.extract(network, pictures), expected)
    assert "No space left" in capsys.readouterr().out
    assert list(cache.iterdir()) == []


def test_a_cache_folder_that_cannot_be_made(network, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file"))
    assert transfer.extract(network, np.zeros((2, 16, 16, 3), np.uint8)).shape == (2, 4)
    assert "memory only" in capsys.readouterr().out


def test_the_oldest_features_go_when_room_is_needed(cache, network, monkeypatch):
    pictures = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3), dtype=np.uint8)
    transfer.extract(network, pictures[:4], "conv")
    size = next(cache.glob("*.npy")).stat().st_size
    monkeypatch.setattr(array_cache, "FOLDER_LIMIT", int(2.5 * size))
    for number, rows in enumerate((slice(0, 4), slice(1, 5), slice(2, 6))):
        transfer.extract(network, pictures[rows], "conv")
        newest = max(cache.glob("*.npy"), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (number + 1, number + 1))  # the clock's steps may be too coarse
    assert len(list(cache.glob("*.npy"))) == 2
    old = cache / "unfinished-1.part"
    old.write_bytes(b"x")
    array_cache.make_room(cache, set())
    assert not old.exists()


def test_large_features_stay_on_the_disk(cache, network, monkeypatch):
    monkeypatch.setattr(array_cache, "KEPT_IN_MEMORY", 10_000)
    found = transfer.extract(network, np.zeros((40, 16, 16, 3), np.uint8), "conv")
    assert isinstance(found, np.memmap) and not found.flags.writeable


def test_a_photo_changed_between_looking_and_reading_is_stored_as_what_was_read(cache, network, tmp_path, monkeypatch):
    paths = photo_files(tmp_path / "photos", 2)
    original = features._computed

    def changing(request, source):
        Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(paths[0])
        yield from original(request, source)

    monkeypatch.setattr(features, "_computed", changing)
    found = transfer.extract(network, paths)
    monkeypatch.setattr(features, "_computed", original)
    np.testing.assert_array_equal(transfer.extract(network, paths, cache=False), found)
    shown = count_passes(monkeypatch)
    transfer.extract(network, paths)
    assert shown == []  # found under the content that was read
    photo_files(tmp_path / "photos", 2)  # the first content again: nothing is stored for it
    transfer.extract(network, paths)
    assert shown == [2]


def broken(path: Path) -> Path:
    path.write_bytes(b"this is no photo")
    return path


BAD = {
    "nothing": (lambda folder: [], ValueError, "no photos"),
    "missing file": (lambda folder: [folder / "gone.png"], images.ImageError, "gone.png"),
    "no photo": (lambda folder: [broken(folder / "bad.jpg")], images.ImageError, "bad.jpg"),
    "grey stack": (lambda folder: np.zeros((4, 16, 16), np.uint8), ValueError, "shape"),
}


@pytest.mark.parametrize(("make", "error", "words"), BAD.values(), ids=BAD)
def test_bad_photos_give_one_sentence(cache, network, tmp_path, make, error, words):
    with pytest.raises(error, match=words) as caught:
        transfer.extract(network, make(tmp_path))
    assert "\n" not in str(caught.value)
    assert not cache.exists() or list(cache.iterdir()) == []


def test_a_corrupt_photo_in_the_middle_is_named(cache, network, tmp_path):
    paths = photo_files(tmp_path / "photos", 5)
    paths[3].write_bytes(paths[3].read_bytes()[:200])
    with pytest.raises(images.ImageError, match=r"3\.png"):
        transfer.extract(network, paths, batch=2)


def test_unknown_layer_and_wrong_size_are_refused(cache, network):
    pictures = np.zeros((1, 16, 16, 3), np.uint8)
    with pytest.raises(ValueError, match="nearest"):
        transfer.extract(network, pictures, "pol")
    fixed = backbones.load("mobilenet", weights=None, include_top=False, input_shape=(32, 32, 3), alpha=0.25)
    with pytest.raises(ValueError, match="32 x 32"):
        transfer.extract(fixed, pictures, size=64)


def test_two_photos_and_one_class_per_folder(cache, network, tmp_path):
    for name in ("cats", "dogs"):
        photo_files(tmp_path / "set" / name, 1)
    whole = from_folder(tmp_path / "set")
    assert transfer.extract(network, whole.train).shape[1] == 4


def test_memory_does_not_grow_with_the_number_of_photos(cache, network, monkeypatch):
    alive, most = [0], [0]
    original = features._resized

    def counted(picture, size):
        alive[0] += 1
        most[0] = max(most[0], alive[0])
        return original(picture, size)

    def releasing(network, pictures, layers, average=False, photos=None):
        alive[0] -= len(pictures)
        return np.zeros((1, len(pictures), 4), np.float32)

    monkeypatch.setattr(features, "_resized", counted)
    monkeypatch.setattr(Network, "features_of", releasing)
    transfer.extract(network, np.zeros((400, 16, 16, 3), np.uint8), batch=8)
    assert most[0] <= 24  # a batch in work, one waiting, one being read


def test_default_network_on_real_photos(cache, course_data):
    network = backbones.load("efficientnet_lite0")
    paths = sorted((course_data / "cats_and_dogs_small" / "test" / "cats").glob("*.jpg"))[:3]
    found = transfer.extract(network, paths)
    direct = network.features_of(np.stack([network.prepare(images.load(path)) for path in paths]), "pool")
    np.testing.assert_allclose(found, direct, atol=1e-4)
