"""The strongest answers against a plain search in NumPy, patches cut by hand, the cache, and every kind of network."""

import numpy as np
import pytest

from helpers import activations, backbones, datasets, images, transfer
from helpers.activations import layer_maps, maps, top_patches
from helpers.backbones import Network
from helpers.datasets.photo_collection import Collection
from helpers.runtime import keras


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))


def small(seed=0, size=24):
    k = keras()
    k.utils.set_random_seed(seed)
    inputs = k.Input((size, size, 3))
    x = k.layers.Rescaling(1 / 128, offset=-1)(inputs)
    x = k.layers.Conv2D(5, 3, activation="relu", name="one")(x)
    x = k.layers.MaxPooling2D(2, name="pool")(x)
    x = k.layers.Conv2D(7, 3, activation="relu", name="two")(x)
    return Network("small", k.Model(inputs, x), None, size)


def collection(count=50, size=24, sources=20):
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 256, (count, size, size, 3)).astype(np.uint8)
    return Collection(pictures, tuple(f"p{n}" for n in range(count)), np.arange(count) % sources)


def by_search(network, pictures, layer, channel):
    """(value, picture, row, column) of the strongest unit of each source, best first, by plain NumPy."""
    maps = layer_maps(network, pictures.pictures, layer)[..., channel]
    best = {}
    for number, one in enumerate(maps):
        row, column = np.unravel_index(one.argmax(), one.shape)
        entry = (float(one.max()), number, int(row), int(column))
        source = int(pictures.sources[number])
        if source not in best or entry[0] > best[source][0]:
            best[source] = entry
    return sorted((entry for entry in best.values() if entry[0] > 0), reverse=True)


def test_strongest_equal_a_plain_search():
    network, pictures = small(), collection()
    found = activations.top_activations(network, pictures, cache=False)
    for layer, channels in (("one", 5), ("two", 7)):
        for channel in range(channels):
            expected = by_search(network, pictures, layer, channel)
            got = activations.top_k(found, layer, channel)
            assert [hit.picture for hit in got] == [row[1] for row in expected[:9]]
            assert [hit.unit for hit in got] == [row[2:] for row in expected[:9]]
            np.testing.assert_allclose([hit.value for hit in got], [row[0] for row in expected[:9]], rtol=1e-4)


def test_a_source_is_there_once():
    pictures = collection(sources=4)
    found = activations.top_activations(small(), pictures, cache=False)
    assert len(activations.top_k(found, "one", 2, 9)) <= 4
    assert len({int(pictures.sources[hit.picture]) for hit in activations.top_k(found, "one", 2, 9)}) <= 4


def test_a_ceiling_does_not_decide():
    """Behind ReLU6 all three pictures give 6; the order is that of the numbers before it."""
    k = keras()
    inputs = k.Input((4, 4, 3))
    x = k.layers.Conv2D(1, 1, kernel_initializer="ones", name="sum")(inputs)
    network = Network("capped", k.Model(inputs, k.layers.ReLU(6.0, name="relu")(x)), None, 4)
    pictures = np.stack([np.full((4, 4, 3), value, np.uint8) for value in (50, 200, 100)])
    pictures[1, 2, 3] = 250
    found = activations.top_activations(network, Collection(pictures, ("a", "b", "c"), np.arange(3)), cache=False)
    got = activations.top_k(found, "relu", 0)
    assert activations.titles(found, "relu", 0) == ["b", "c", "a"]
    assert got[0].value == 750 and got[0].unit == (2, 3)


def test_patch_is_cut_to_the_receptive_field():
    network, pictures = small(), collection()
    found = activations.top_activations(network, pictures, cache=False)
    hit = activations.top_k(found, "one", 3, 1)[0]
    row, column = hit.unit  # a valid 3x3 convolution: unit (r, c) sees rows r to r + 2
    expected = pictures.pictures[hit.picture][row : row + 3, column : column + 3]
    (patch,) = activations.patches(found, "one", 3, 1, side=30, values=False)
    np.testing.assert_array_equal(patch[5::10, 5::10], expected)
    (written,) = activations.patches(found, "one", 3, 1, side=90)
    assert (written[-20:, :20] != activations.patches(found, "one", 3, 1, 90, values=False)[0][-20:, :20]).any()


def test_patch_at_the_edge_is_grey_outside():
    k = keras()
    inputs = k.Input((20, 20, 3))
    x = k.layers.Conv2D(1, 5, padding="same", kernel_initializer="ones", activation="relu", name="c")(inputs)
    picture = np.zeros((1, 20, 20, 3), np.uint8)
    picture[0, 0, 0] = 255  # the first unit that sees it is (0, 0), whose field begins two pixels outside
    network = Network("edge", k.Model(inputs, x), None, 20)
    found = activations.top_activations(network, Collection(picture, ("p",), np.zeros(1, int)), cache=False)
    (patch,) = activations.patches(found, "c", 0, 1, side=50, values=False)
    assert activations.top_k(found, "c", 0)[0].unit == (0, 0)
    assert (patch[:20] == 128).all() and (patch[:, :20] == 128).all() and (patch[25, 25] == 255).all()


def test_stored_answers_are_used_and_follow_weights_and_pictures(monkeypatch):
    network, pictures = small(), collection(12)
    first = activations.top_activations(network, pictures)
    shown = []
    original = maps.reduced
    monkeypatch.setattr(top_patches, "reduced", lambda *a: shown.append(1) or original(*a))
    again = activations.top_activations(network, pictures)
    assert not shown
    for layer in first.answers:
        np.testing.assert_array_equal(first.answers[layer], again.answers[layer])
    activations.top_activations(network, pictures._replace(pictures=pictures.pictures[::-1].copy()))
    activations.top_activations(small(seed=1), pictures)
    activations.top_activations(network, pictures, ["one"])
    assert len(shown) == 3


def test_damaged_file_is_made_anew(tmp_path, capsys):
    network, pictures = small(), collection(12)
    first = activations.top_activations(network, pictures)
    (file,) = (tmp_path / "cache" / "features").glob("*.npy")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 255
    file.write_bytes(data)
    again = activations.top_activations(network, pictures)
    assert "damaged" in capsys.readouterr().out
    np.testing.assert_array_equal(first.answers["two"], again.answers["two"])


def test_a_channel_that_nothing_excites_has_no_hits():
    network = small()
    kernel, bias = network.layer("one").get_weights()
    bias[2] = -1e6
    network.layer("one").set_weights([kernel, bias])
    found = activations.top_activations(network, collection(8), ["one"], cache=False)
    assert [activations.top_k(found, "one", k) == [] for k in range(5)] == [False, False, True, False, False]
    assert activations.patches(found, "one", 2) == []


def test_collection_holds_photos_parts_critters_and_own_photos():
    own = datasets.images("critters", seed=3, size_hint=48, train=6, validation=2, test=2).train
    found = datasets.photo_collection(32, crops=2, critters=3, data=own, seed=5)
    photos = len(datasets.photos())
    assert found.pictures.shape == (photos * 3 + 3 + 6, 32, 32, 3) and len(found.names) == len(found.sources)
    assert len(set(found.sources)) == photos + 3 + 6 and found.names[1].endswith(", part 1")
    again = datasets.photo_collection(32, crops=2, critters=3, data=own, seed=5)
    np.testing.assert_array_equal(found.pictures, again.pictures)
    with pytest.raises(ValueError, match="crops is -1"):
        datasets.photo_collection(crops=-1)


def few(size=64):
    names = ("coffee", "camera", "chelsea")
    pictures = [images.prepare(datasets.photo(name).array, size) for name in names]
    return Collection(np.stack(pictures), names, np.arange(3))


@pytest.mark.parametrize("name", ["efficientnet_lite0", "squeezenet"])
def test_backbones_and_their_fine_tuned_copies(name):
    network = backbones.load(name)
    layer = network.vgg_equivalent("block3_conv1") + "_relu"
    found = activations.top_activations(network, few(), [layer], cache=False)
    new = activations.top_activations(transfer.attach_head(network, ["cat", "dog"]), few(), [layer], cache=False)
    np.testing.assert_allclose(new.answers[layer], found.answers[layer], rtol=1e-3, atol=1e-3)
    shown = top_patches.photos_with_box(found, layer, 1, side=96)
    assert [picture.shape for picture in shown] == [(96, 96, 3)] * len(activations.top_k(found, layer, 1))


def test_mobilenet_with_real_weights_equals_a_plain_search(course_data, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(course_data))
    network, pictures = backbones.load("mobilenet", alpha=0.25), few()
    found = activations.top_activations(network, pictures, ["conv_pw_5_relu"], cache=False)
    for channel in (0, 7):
        expected = by_search(network, pictures, "conv_pw_5_bn", channel)  # before the ceiling of its ReLU6
        got = activations.top_k(found, "conv_pw_5_relu", channel)
        assert [(hit.picture, *hit.unit) for hit in got] == [row[1:] for row in expected]
        np.testing.assert_allclose([hit.value for hit in got], [row[0] for row in expected], rtol=1e-3)


def test_vgg16_base():
    """By hand: `block2_conv1` sees 10 x 10 pixels with a stride of 2, and begins 4 pixels before its first one."""
    network, pictures = backbones.load("vgg16", weights=None, include_top=False), few()
    found = activations.top_activations(network, pictures, ["block2_conv1"], cache=False)
    hit = activations.top_k(found, "block2_conv1", 0)[0]
    value, *where = by_search(network, pictures, "block2_conv1", 0)[0]
    assert [hit.picture, *hit.unit] == where and hit.value == pytest.approx(value, rel=1e-4)
    top, left = (2 * place - 4 for place in hit.unit)
    cut = np.full((10, 10, 3), 128, np.uint8)
    rows, columns = (np.arange(start, start + 10) for start in (top, left))
    tall, wide = ((places >= 0) & (places < 64) for places in (rows, columns))
    cut[np.ix_(tall, wide)] = pictures.pictures[hit.picture][np.ix_(rows[tall], columns[wide])]
    (patch,) = activations.patches(found, "block2_conv1", 0, 1, 100, values=False)
    np.testing.assert_array_equal(patch[5::10, 5::10], cut)


def sequential():
    k = keras()
    return k.Sequential(
        [
            k.Input((24, 24, 3)),
            k.layers.Conv2D(5, 3, activation="relu", name="one"),
            k.layers.MaxPooling2D(2),
            k.layers.Conv2D(7, 3, activation="relu", name="two"),
            k.layers.Flatten(),
            k.layers.Dense(2, activation="softmax"),
        ]
    )


def two_outputs():
    k, inner = keras(), small().model
    pooled = k.layers.GlobalAveragePooling2D()(inner.outputs[0])
    return k.Model(inner.inputs, [k.layers.Dense(2, name="a")(pooled), k.layers.Dense(1, name="b")(pooled)])


def mixed_precision():
    k = keras()
    k.mixed_precision.set_global_policy("mixed_float16")
    try:
        return small()
    finally:
        k.mixed_precision.set_global_policy("float32")


def grey_network():
    k = keras()
    inputs = k.Input((24, 24, 1))
    x = k.layers.Conv2D(5, 3, activation="relu", name="one")(inputs)
    return k.Model(inputs, k.layers.Conv2D(7, 3, activation="relu", name="two")(x))


@pytest.mark.parametrize("build", [sequential, two_outputs, mixed_precision, grey_network])
def test_every_kind_of_network_equals_a_plain_search(build):
    network, pictures = build(), collection(18, sources=6)
    found = activations.top_activations(network, pictures)
    for layer, channel in (("one", 1), ("two", 6)):
        expected = by_search(network, pictures, layer, channel)
        got = activations.top_k(found, layer, channel)
        np.testing.assert_allclose([hit.value for hit in got], [row[0] for row in expected[:9]], rtol=1e-4)
        maps = layer_maps(network, pictures.pictures, layer)[..., channel]
        there = [maps[hit.picture][hit.unit] for hit in got]  # in half precision two answers may be equal
        np.testing.assert_allclose(there, [hit.value for hit in got], rtol=1e-4)
        assert len(activations.patches(found, layer, channel, 3)) == min(3, len(got))
    again = activations.top_activations(network, pictures)  # from the disk
    np.testing.assert_array_equal(again.answers["two"], found.answers["two"])


def test_a_nested_base_is_searched_as_the_base_itself():
    k, base = keras(), small().model
    inputs = k.Input((24, 24, 3))
    nested = k.Model(inputs, k.layers.GlobalAveragePooling2D()(base(inputs)))
    inside = activations.top_activations(base, collection(4), ["one"], cache=False)
    found = activations.top_activations(nested, collection(4), ["one"], cache=False)
    assert len(inside.answers["one"]) == 5
    np.testing.assert_allclose(found.answers["one"], inside.answers["one"], rtol=1e-5)


@pytest.mark.parametrize("axes", [3, 4])
def test_grey_pictures_are_taken_as_colour_ones(axes):
    grey = collection(8).pictures[..., :1]
    alike = Collection(np.repeat(grey, 3, axis=-1), tuple("abcdefgh"), np.arange(8))
    given = alike._replace(pictures=grey if axes == 4 else grey[..., 0])
    expected = activations.top_activations(small(), alike, cache=False)
    found = activations.top_activations(small(), given, cache=False)
    np.testing.assert_array_equal(found.answers["two"], expected.answers["two"])
    np.testing.assert_array_equal(activations.patches(found, "one", 2)[0], activations.patches(expected, "one", 2)[0])


def spot_network(*sides, resizing=False):
    """One channel, the sum of 3 x 3 pixels: it answers most where the bright spot is."""
    k = keras()
    inputs = k.Input((*sides, 3))
    x = k.layers.Resizing(20, 20, name="resize")(inputs) if resizing else inputs
    x = k.layers.Conv2D(1, 3, kernel_initializer="ones", activation="relu", name="sum")(x)
    return Network("spot", k.Model(inputs, x), None, 20)


def test_pictures_that_are_not_square():
    pictures = np.zeros((2, 10, 30, 3), np.uint8)
    pictures[0, 4:7, 20:23], pictures[1, 1:4, 3:6] = 255, 200
    found = activations.top_activations(
        spot_network(None, None), Collection(pictures, ("a", "b"), np.arange(2)), cache=False
    )
    assert [hit.unit for hit in activations.top_k(found, "sum", 0)] == [(4, 20), (1, 3)]
    assert (activations.patches(found, "sum", 0, 1, 30, values=False)[0] == 255).all()
    (shown,) = top_patches.photos_with_box(found, "sum", 0, 1, side=90)
    assert shown.shape == (30, 90, 3)
    drawn = np.argwhere((shown.astype(int).max(axis=-1) - shown.min(axis=-1)) > 60)  # the coloured frame
    assert drawn.min(axis=0).tolist() >= [11, 59] and drawn.max(axis=0).tolist() <= [21, 69]


@pytest.mark.parametrize(("sides", "resizing"), [((20, 20), False), ((None, None), True)])
def test_a_network_that_insists_on_a_size(sides, resizing):
    """Of 40 x 60 pixels 10 are lost on the left and right, then half of each side: (12, 30) goes to (6, 10)."""
    pictures = np.zeros((1, 40, 60, 3), np.uint8)
    pictures[0, 12:18, 30:36] = 255
    network = spot_network(*sides, resizing=resizing)
    found = activations.top_activations(network, Collection(pictures, ("a",), np.zeros(1, int)), cache=False)
    assert activations.top_k(found, "sum", 0)[0].unit == (6, 10)
    assert activations.patches(found, "sum", 0, 1, 30, values=False)[0][12:18, 12:18].min() > 250
    assert top_patches.photos_with_box(found, "sum", 0, 1, side=40)[0].shape == (40, 40, 3)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda f: activations.top_k(f, "thre", 0), "no layer 'thre'; the nearest are"),
        (lambda f: activations.top_k(f, "pool", 0), "layer 'pool' was not searched; searched were one, two"),
        (lambda f: activations.top_k(f, "two", 7), "channel 7 does not exist; two has channels 0 to 6"),
        (lambda f: activations.top_k(f, "two", 0, 17), "give 1 to 16"),
        (
            lambda f: activations.top_activations(f.network, f.collection, ["oen"]),
            "no layer 'oen'; the nearest are one",
        ),
    ],
)
def test_bad_input_gives_one_sentence(call, sentence):
    found = activations.top_activations(small(), collection(4), cache=False)
    with pytest.raises(ValueError, match=sentence) as caught:
        call(found)
    assert "\n" not in str(caught.value)
