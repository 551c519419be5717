"""Activations against hand computation, NumPy and SciPy; roles of layers; every kind of network; errors."""

import numpy as np
import pytest

from helpers import activations, backbones, datasets, transfer
from helpers.activations import PROJECTION
from helpers.activations.maps import as_batch, is_signed, reduced
from helpers.backbones import Network, layers
from helpers.backbones.layers import AFTER_RELU, BEFORE_RELU, NORMALISED
from helpers.runtime import keras


@pytest.fixture(scope="module")
def lite():
    return backbones.load("efficientnet_lite0")


@pytest.fixture(scope="module")
def photo(lite):
    return lite.prepare(datasets.photo("chelsea").array)


def toy(channels_last=3, size=6):
    """Known weights: channel 0 is the red value minus 100, channel 1 is always negative, channel 2 is the mean."""
    k = keras()
    inputs = k.Input((size, size, channels_last))
    x = k.layers.Conv2D(3, 1, name="conv")(inputs)
    x = k.layers.ReLU(name="relu")(x)
    x = k.layers.MaxPooling2D(2, name="pool")(x)
    model = k.Model(inputs, k.layers.Conv2D(1, 1, name="last")(x), name="toy")
    kernel = np.zeros((1, 1, channels_last, 3), np.float32)
    kernel[0, 0, 0, 0], kernel[0, 0, :, 2] = 1, 1 / channels_last
    model.get_layer("conv").set_weights([kernel, np.array([-100, -1, 0], np.float32)])
    return Network("toy", model, None, size)


def picture(seed=0, shape=(6, 6, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def test_maps_by_hand():
    x = picture().astype(np.float32)
    maps = activations.layer_maps(toy(), x, "relu")
    np.testing.assert_allclose(maps[..., 0], np.maximum(x[..., 0] - 100, 0), atol=1e-3)
    assert not maps[..., 1].any()
    np.testing.assert_allclose(maps[..., 2], x.mean(axis=-1), atol=1e-3)
    blocks = activations.layer_maps(toy(), x, "pool")
    np.testing.assert_allclose(blocks[1, 2, 0], maps[2:4, 4:6, 0].max(), atol=1e-3)


def test_batch_and_single_and_dict_agree():
    network, batch = toy(), np.stack([picture(0), picture(1)])
    both = activations.layer_maps(network, batch, ["relu", "pool"])
    assert both["relu"].shape == (2, 6, 6, 3) and both["pool"].shape == (2, 3, 3, 3)
    np.testing.assert_allclose(activations.layer_maps(network, batch[1], "pool"), both["pool"][1], atol=1e-4)
    assert list(activations.layer_maps(network, batch[0])) == ["relu"]  # what comes out of the ReLUs


def test_compiled_once_and_kept_on_the_network():
    network = toy()
    activations.layer_maps(network, picture(), "relu")
    kept = dict(network._compiled)
    activations.layer_maps(network, np.stack([picture(1)] * 3), "relu")
    assert network._compiled == kept


def test_a_plain_keras_model_keeps_its_functions_too():
    model = toy().model
    first = backbones.as_network(model)
    activations.layer_maps(model, picture(), "relu")
    kept = dict(first._compiled)
    activations.layer_maps(model, picture(), "relu")
    assert backbones.as_network(model) is first and first._compiled == kept


def test_maps_equal_another_way_through_keras(lite, photo):
    """The maps of three layers by an eager call of a model made here."""
    names = ["stem_relu", "block3_add", "head_relu"]
    model = keras().Model(lite.model.inputs[0], [lite.layer(name).output for name in names])
    expected = model(photo[None].astype(np.float32), training=False)
    found = activations.layer_maps(lite, photo, names)
    for name, want in zip(names, expected, strict=True):
        np.testing.assert_allclose(found[name], want.numpy()[0], atol=2e-3)


def test_depthwise_by_scipy(lite, photo):
    """A depthwise convolution reads its own channel alone: SciPy's correlation of that channel gives the map."""
    from scipy.signal import correlate2d

    maps = activations.layer_maps(lite, photo, ["stem_relu", "block1_depthwise"])
    kernel = lite.layer("block1_depthwise").get_weights()[0]
    for k in (0, 5, 31):
        expected = correlate2d(maps["stem_relu"][..., k], kernel[:, :, k, 0], "same")
        np.testing.assert_allclose(maps["block1_depthwise"][..., k], expected, atol=1e-3)


# --- Roles ------------------------------------------------------------------------------------------------------------


ROLES = {
    "stem_conv": NORMALISED,
    "stem_bn": BEFORE_RELU,
    "stem_relu": AFTER_RELU,
    "block2_project_bn": PROJECTION,
    "block3_add": "add",
    "block9_project_bn": PROJECTION,
}


def test_roles_in_the_default_network(lite, photo):
    """The shapes are those of the maps; only what comes out of a ReLU has no negative number."""
    found = activations.layer_maps(lite, photo, list(ROLES))
    for layer, role in ROLES.items():
        assert layers.map_layer(lite, layer) == (layer, role, found[layer].shape)
        assert is_signed(found[layer]) is (role != AFTER_RELU)


def test_role_counts_of_the_default_network(lite):
    """16 blocks: block 1 has no expansion; skips in the repeats 2..n of each stage, 1 + 1 + 2 + 2 + 3."""
    counts = {role: len(activations.map_layers(lite, role)) for role in (AFTER_RELU, PROJECTION, "add")}
    assert counts == {AFTER_RELU: 1 + 15 + 16 + 1, PROJECTION: 16, "add": 9}


def test_roles_in_vgg16_and_squeezenet():
    vgg = backbones.load("vgg16", weights=None, include_top=False)
    assert len(activations.map_layers(vgg, AFTER_RELU)) == 13 and len(activations.map_layers(vgg, "max pooling")) == 5
    squeezenet = backbones.load("squeezenet", weights=None)
    assert len(activations.map_layers(squeezenet, "concatenate")) == 8
    assert len(activations.map_layers(squeezenet, BEFORE_RELU)) == len(activations.relu_layers(squeezenet)) == 26


def test_what_feeds_a_relu(lite):
    kinds = ["convolution", "depthwise convolution", "convolution", "depthwise convolution"]
    names = ["stem_relu", "block1_depthwise_relu", "block2_expand_relu", "block2_depthwise_relu"]
    assert [activations.fed_by(lite, name) for name in names] == kinds
    assert activations.fed_by(toy(), "relu") == "convolution" and activations.fed_by(toy(), "pool") == "max pooling"


# --- Summaries --------------------------------------------------------------------------------------------------------


def test_summary_by_numpy():
    network, photos = toy(), np.stack([picture(seed) for seed in range(11)])  # two batches, the second one short
    found = activations.summarise(network, photos, ["relu", "last"])
    maps = activations.layer_maps(network, photos, "relu")
    one = found["relu"]
    assert one.zeros == pytest.approx((maps == 0).mean()) and one.negative == 0
    assert one.mean == pytest.approx(maps.mean(), rel=1e-4) and one.size == 6 * 6 * 3
    assert one.dead == (1,) and one.blank == pytest.approx((maps.max(axis=(1, 2)) <= 0).mean())
    np.testing.assert_allclose(one.largest, maps.max(axis=(1, 2)), rtol=1e-4)
    last = activations.layer_maps(network, photos, "last")
    assert found["last"].negative == pytest.approx((last < 0).mean())


def test_places_of_maxima():
    network, photos = toy(), np.stack([picture(seed) for seed in range(3)])
    ((start, (part,)),) = reduced(network, photos, ["relu"])
    maps = activations.layer_maps(network, photos, "relu")
    rows, columns = part["place"] // 6, part["place"] % 6
    assert start == 0 and tuple(part["shape"]) == (6, 6)
    for n, k in ((0, 0), (1, 2), (2, 0)):
        assert maps[n, rows[n, k], columns[n, k], k] == maps[n, ..., k].max()


def test_summary_takes_photos_of_any_size(lite):
    photos = [datasets.photo(name).array for name in ("coffee", "camera")]
    found = activations.summarise(lite, photos, ["stem_relu"])["stem_relu"]
    maps = activations.layer_maps(lite, np.stack([lite.prepare(photo) for photo in photos]), "stem_relu")
    assert found.zeros == pytest.approx((maps == 0).mean(), abs=1e-4)


# --- Choosing and drawing ---------------------------------------------------------------------------------------------


def test_channels_in_order_and_by_strength():
    maps = np.zeros((2, 2, 5), np.float32) + np.array([3, -9, 0, 5, 1])
    assert list(activations.choose_channels(maps, 3, "strength")) == [1, 3, 0]
    assert list(activations.choose_channels(maps)) == [0, 1, 2, 3, 4]
    maps[0, 0, 2], maps[1, 1, 4] = 9, 4
    assert list(activations.choose_channels(maps, 2, "contrast")) == [2, 4]
    wide = activations.choose_channels(np.zeros((1, 1, 1280)))
    assert len(wide) == 64 and wide[0] == 0 and wide[-1] == 1279 and len(set(wide)) == 64


def test_large_maps_are_thinned_out(lite, photo):
    whole = activations.layer_maps(lite, photo, ["stem_relu", "head_relu"])
    thin = activations.layer_maps(lite, photo, ["stem_relu", "head_relu"], most=40)
    assert whole["stem_relu"].shape[:2] == (112, 112) and thin["stem_relu"].shape == (38, 38, 32)
    np.testing.assert_array_equal(thin["stem_relu"], whole["stem_relu"][::3, ::3])
    np.testing.assert_array_equal(thin["head_relu"], whole["head_relu"])


def test_drawn_maps():
    from matplotlib import colormaps

    maps = np.zeros((2, 3, 2), np.float32)
    maps[0, 0, 0], maps[1, 2, 1] = 4, 2
    one = activations.draw_map(maps[..., 0], side=30)
    assert one.shape == (20, 30, 3)
    assert tuple(one[3, 3]) == colormaps["viridis"](1.0, bytes=True)[:3]
    assert tuple(one[15, 15]) == colormaps["viridis"](0.0, bytes=True)[:3]
    shared = activations.draw_channels(maps, side=30, shared=True)
    own = activations.draw_channels(maps, side=30)
    assert shared.shape == own.shape == (20, 62, 3) and not np.array_equal(shared, own)
    wide = activations.draw_channels(maps, side=30, margin=5)
    assert (wide[:, :5] == 255).all() and (wide[:, -5:] == 255).all()
    np.testing.assert_array_equal(wide[:, 5:-5], own)
    signed = activations.draw_map(np.array([[-1.0, 1.0]]), 20, signed=True)
    assert signed[0, 0, 2] > signed[0, 0, 0] and signed[0, -1, 0] > signed[0, -1, 2]  # blue, red


# --- Every kind of network --------------------------------------------------------------------------------------------


def first_and_last(network, photo):
    """The maps of the first and the last view, after comparing them, and their zeros, with an eager call of Keras."""
    network = backbones.as_network(network)
    names = [activations.relu_layers(network)[place].name for place in (0, -1)]
    batch = as_batch(network, photo)
    model = keras().Model(network.model.inputs[0], [network.layer(name).output for name in names])
    expected = [np.asarray(maps, np.float32) for maps in keras().tree.flatten(model(batch, training=False))]
    maps = activations.layer_maps(network, photo, names)
    found = activations.summarise(network, batch, names[:1])[names[0]]
    for name, want in zip(names, expected, strict=True):
        assert maps[name].dtype == np.float32
        np.testing.assert_allclose(maps[name], want[0], rtol=1e-2, atol=2e-3)
    assert found.zeros == pytest.approx((expected[0] == 0).mean(), abs=1e-3)
    assert found.mean == pytest.approx(expected[0].mean(), rel=1e-2, abs=1e-4)
    return maps


@pytest.mark.parametrize("name", ["squeezenet", "mobilenet_v2"])
def test_other_backbones(name, photo):
    first_and_last(backbones.load(name, weights=None), photo)


def test_mobilenet_with_real_weights(course_data, photo, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(course_data))
    first_and_last(backbones.load("mobilenet", alpha=0.25), photo)


def test_vgg16_with_top_and_any_photo():
    network = backbones.load("vgg16", weights=None, include_top=False)
    maps = first_and_last(network, picture(shape=(50, 70, 3)))
    assert maps["block1_conv1"].shape == (50, 70, 64)  # a base takes any size


def test_flat_fine_tuned_network(lite, photo):
    new = transfer.attach_head(lite, ["cat", "dog"])
    maps = first_and_last(new, photo)
    np.testing.assert_allclose(maps["stem_relu"], activations.layer_maps(lite, photo, "stem_relu"), atol=1e-4)
    assert layers.map_layer(new, "head_bn").role == BEFORE_RELU


def test_sequential_of_fixed_size_resizes():
    k = keras()
    model = k.Sequential([k.Input((32, 48, 3)), k.layers.Conv2D(4, 3, activation="relu", name="c"), k.layers.Flatten()])
    first_and_last(model, picture(shape=(80, 80, 3)))
    steps = np.tile(np.arange(96, dtype=np.float32)[:, None, None], (1, 96, 3))  # 16 rows are lost above and below
    batch = as_batch(backbones.as_network(model), steps)
    np.testing.assert_allclose(batch, np.tile((np.arange(32) * 2 + 16.5)[:, None, None], (1, 1, 48, 3)), atol=0.5)


def test_layers_of_a_nested_base_are_those_of_the_base(photo):
    k = keras()
    base = backbones.load("squeezenet", weights=None, include_top=False).model
    inputs = k.Input((64, 64, 3))
    halved = k.layers.Rescaling(0.5)(inputs)
    nested = k.Model(inputs, k.layers.GlobalAveragePooling2D()(base(halved)))
    assert [la.name for la in activations.map_layers(nested)] == [la.name for la in activations.map_layers(base)]
    seen = np.asarray(as_batch(backbones.as_network(nested), photo)) / 2
    expected = np.asarray(k.Model(base.inputs[0], base.get_layer("fire2_concat").output)(seen))[0]
    np.testing.assert_allclose(activations.layer_maps(nested, photo, "fire2_concat"), expected, rtol=1e-4, atol=1e-4)
    first_and_last(nested, photo)


def test_two_outputs():
    k = keras()
    inputs = k.Input((None, None, 3))
    x = k.layers.Conv2D(4, 3, activation="relu", name="shared")(inputs)
    pooled = k.layers.GlobalAveragePooling2D()(x)
    first_and_last(k.Model(inputs, [k.layers.Dense(2)(pooled), k.layers.Dense(1)(pooled)]), picture(shape=(20, 30, 3)))


def test_mixed_precision():
    k = keras()
    k.mixed_precision.set_global_policy("mixed_float16")
    try:
        inputs = k.Input((None, None, 3))
        x = k.layers.Conv2D(4, 3, activation="relu", name="c")(inputs)
        model = k.Model(inputs, k.layers.GlobalAveragePooling2D(dtype="float32")(x))
    finally:
        k.mixed_precision.set_global_policy("float32")
    first_and_last(model, picture(shape=(40, 40, 3)))


def test_grey_pictures_and_grey_netfirst_and_last():
    grey = picture(shape=(6, 6))
    colour = activations.layer_maps(toy(), np.repeat(grey[..., None], 3, -1), "relu")
    np.testing.assert_allclose(activations.layer_maps(toy(), grey, "relu"), colour)
    one = activations.layer_maps(toy(channels_last=1), grey, "relu")
    np.testing.assert_allclose(one[..., 2], grey, atol=1e-3)


def test_no_relu_at_all():
    k = keras()
    inputs = k.Input((8, 8, 3))
    model = k.Model(inputs, k.layers.Conv2D(2, 3, activation="gelu", name="c")(inputs))
    assert [layer.role for layer in activations.relu_layers(model)] == ["activation"]


def no_convolution():
    k = keras()
    inputs = k.Input((4, 4, 3))
    return Network("dense", k.Model(inputs, k.layers.Dense(2)(k.layers.Flatten()(inputs))), None, 4)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda n, p: activations.layer_maps(n, p, "head"), r"no layer 'head'; the nearest are head_"),
        (lambda n, p: activations.layer_maps(n, p, "logits"), "layer 'logits' has no maps; choose one before the pool"),
        (lambda n, p: activations.layer_maps(n, np.full((9, 9, 3), np.nan), "stem_relu"), "NaN or infinite"),
        (lambda n, p: activations.layer_maps(n, p[..., :2], "stem_relu"), r"shape \(224, 224, 2\)"),
        (lambda n, p: activations.channel_map(np.zeros((2, 2, 32)), 32, "stem_relu"), "stem_relu has channels 0 to 31"),
        (lambda n, p: activations.channel_map(np.zeros((2, 2, 32)), -1), "channel -1 does not exist"),
        (lambda n, p: activations.choose_channels(np.zeros((2, 2, 3)), order="size"), "order is 'size'"),
        (lambda n, p: activations.map_layers(no_convolution()), "dense has no layer with maps; it needs a conv"),
        (lambda n, p: activations.summarise(n, []), "no photos to measure"),
    ],
)
def test_bad_input_gives_one_sentence(lite, photo, call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call(lite, photo)
    assert "\n" not in str(caught.value)
