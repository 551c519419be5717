"""Augmentation against arrays worked out by hand, scipy.ndimage, scikit-image, and the lecture's own old generator."""

import numpy as np
import pytest
from scipy import ndimage

from helpers import training
from helpers.images import ImageError
from helpers.training import augmentation

GRID = np.arange(9, dtype=np.float32).reshape(3, 3)
ROW = np.array([[1, 2, 3, 4]], np.float32)
# scipy's names for the same fillings.
IN_SCIPY = {"nearest": "nearest", "reflect": "reflect", "wrap": "grid-wrap", "constant": "grid-constant"}
IDENTITY = {
    "rotation": 0, "width_shift": 0, "height_shift": 0, "shear": 0, "zoom": 0, "horizontal_flip": False,
}  # fmt: skip


def photos(count=8, height=20, width=30, channels=3, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, 256, (count, height, width, channels)).astype(dtype)


def smooth_photo(height=40, width=60):
    y, x = np.mgrid[:height, :width]
    return np.stack([np.sin(x / 9) + np.cos(y / 7), x / width, y / height], -1).astype(np.float32)


# each transform by hand


@pytest.mark.parametrize("quarters", [0, 1, 2, 3, -1])
def test_rotation_by_quarter_turns_is_counter_clockwise(quarters):
    np.testing.assert_allclose(training.apply_one(GRID, rotation=90 * quarters), np.rot90(GRID, quarters), atol=2e-6)


@pytest.mark.parametrize(
    ("fill_mode", "right", "left"),
    [
        ("nearest", [1, 1, 2, 3], [2, 3, 4, 4]),
        ("reflect", [1, 1, 2, 3], [2, 3, 4, 4]),
        ("wrap", [4, 1, 2, 3], [2, 3, 4, 1]),
        ("constant", [0, 1, 2, 3], [2, 3, 4, 0]),
    ],
)
def test_shift_by_one_pixel(fill_mode, right, left):
    assert training.apply_one(ROW, width_shift=0.25, fill_mode=fill_mode).tolist() == [right]
    assert training.apply_one(ROW, width_shift=-0.25, fill_mode=fill_mode).tolist() == [left]
    down = training.apply_one(ROW.T, height_shift=0.25, fill_mode=fill_mode)
    assert down[:, 0].tolist() == right


@pytest.mark.parametrize(
    ("fill_mode", "shifted"),
    [
        ("nearest", [1, 1, 1, 1]),
        ("reflect", [4, 4, 3, 2]),  # 4 3 2 1 | 1 2 3 4 seen five to the left: ... 4 | 4 3 2 [1] ...
        ("wrap", [4, 1, 2, 3]),  # further away than one whole picture
        ("constant", [0, 0, 0, 0]),
    ],
)
def test_shift_by_more_than_the_picture(fill_mode, shifted):
    # Five pixels to the right, by a map of its own: shifts of the pipeline end at one picture.
    five = np.array([[[1, 0, -5], [0, 1, 0], [0, 0, 1]]], np.float32)
    seen = augmentation.warp(ROW.reshape(1, 1, 4, 1), five, fill_mode)
    assert np.asarray(seen).ravel().tolist() == shifted


@pytest.mark.parametrize(
    ("fill_mode", "half"),
    [
        ("nearest", [1, 1.5, 2.5, 3.5]),
        ("reflect", [1, 1.5, 2.5, 3.5]),
        ("wrap", [2.5, 1.5, 2.5, 3.5]),
        ("constant", [0.5, 1.5, 2.5, 3.5]),
    ],
)
def test_shift_by_half_a_pixel_is_the_mean_of_two(fill_mode, half):
    np.testing.assert_allclose(training.apply_one(ROW, width_shift=0.125, fill_mode=fill_mode), [half])


def test_flips():
    np.testing.assert_array_equal(training.apply_one(GRID, horizontal_flip=True), GRID[:, ::-1])
    np.testing.assert_array_equal(training.apply_one(GRID, vertical_flip=True), GRID[::-1])


def test_shear_by_one_leans_the_top_to_the_right():
    # One pixel per row about the middle row: the top row moves right by one, the bottom row left by one.
    expected = [[0, 0, 1], [3, 4, 5], [7, 8, 8]]
    np.testing.assert_allclose(training.apply_one(GRID, shear=1), expected, atol=1e-6)


def test_zoom_two_spreads_the_middle():
    np.testing.assert_allclose(training.apply_one([[0, 4, 8, 12]], zoom=2), [[3, 5, 7, 9]], atol=1e-6)


def test_zoom_one_half_shows_every_second_pixel_and_the_filling():
    row = np.array([[1, 2, 3, 4, 5]], np.float32)
    assert training.apply_one(row, zoom=0.5, fill_mode="constant").tolist() == [[0, 1, 3, 5, 0]]
    assert training.apply_one(row, zoom=0.5, fill_mode="wrap").tolist() == [[4, 1, 3, 5, 2]]


def test_brightness_is_added_and_cut_off():
    picture = np.array([[0, 100, 250]], np.uint8)
    np.testing.assert_array_equal(training.apply_one(picture, brightness=0.1), [[26, 126, 255]])
    np.testing.assert_array_equal(training.apply_one(picture, brightness=-1.0), [[0, 0, 0]])


@pytest.mark.parametrize(("place", "first"), [((0, 0), 0), ((1, 0), 3), ((0, 1), 18), ((1, 1), 21), ((0.5, 0.5), 10.5)])
def test_patch_shows_that_window(place, first):
    # Half of a 6x6 picture is 3x3; enlarged by two, the mean of each 2x2 block is a pixel of the window.
    picture = np.arange(36, dtype=np.float32).reshape(6, 6)
    seen = training.apply_one(picture, patch=0.5, patch_at=place, fill_mode="nearest")
    window = first + np.array([[0, 1, 2], [6, 7, 8], [12, 13, 14]])
    inner = seen.reshape(3, 2, 3, 2).mean(axis=(1, 3))[1, 1]
    assert inner == pytest.approx(window[1, 1], abs=1e-5)
    assert seen.min() >= 0 and seen.max() <= 35


# against other libraries


@pytest.mark.parametrize("fill_mode", training.FILL_MODES)
def test_warp_equals_scipy_for_any_map(fill_mode):
    rng = np.random.default_rng(1)
    pictures = rng.random((4, 9, 13, 2)).astype(np.float32)
    maps = np.tile(np.eye(3), (4, 1, 1))
    maps[:, :2] += rng.normal(0, 1, (4, 2, 3)) * [0.7, 0.7, 12]  # also far outside
    seen = np.asarray(augmentation.warp(pictures, maps, fill_mode))
    for picture, here, found in zip(pictures, maps, seen, strict=True):
        matrix = here[:2, :2][::-1, ::-1]  # scipy counts rows first
        for channel in range(2):
            expected = ndimage.affine_transform(
                picture[..., channel], matrix, here[:2, 2][::-1], order=1, mode=IN_SCIPY[fill_mode]
            )
            np.testing.assert_allclose(found[..., channel], expected, atol=2e-5)


def test_rotation_equals_scikit_image():
    from skimage.transform import rotate

    picture = smooth_photo(41, 41)
    found = training.apply_one(picture, rotation=23, fill_mode="constant")
    # Away from the edge, where the two treat the border pixel in their own ways.
    np.testing.assert_allclose(found[4:-4, 4:-4], rotate(picture, 23, order=1)[4:-4, 4:-4], atol=2e-5)


def test_order_is_zoom_shear_rotation_shift():
    values = {"zoom": 1.3, "shear": 0.2, "rotation": 30, "width_shift": 0.1, "height_shift": -0.05}
    at_once = training.apply_one(smooth_photo(), **values, fill_mode="reflect")
    steps = smooth_photo()
    for name, value in values.items():
        steps = training.apply_one(steps, **{name: value}, fill_mode="reflect")
    middle = (slice(12, 28), slice(18, 42))  # five resamplings and four fillings differ near the edge
    assert np.abs(at_once - steps)[middle].max() < 0.05


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_old_generator_of_the_lecture_agrees():
    generator = pytest.importorskip("keras.src.legacy.preprocessing.image").ImageDataGenerator(fill_mode="nearest")
    # Its zoom is the inverse of a magnification. Border pixels are treated in another way, hence the tolerance.
    picture = smooth_photo(41, 41)
    turned = generator.apply_transform(picture, {"theta": 30})
    np.testing.assert_allclose(training.apply_one(picture, rotation=30), turned, atol=0.03)
    nearer = generator.apply_transform(picture, {"zx": 0.8, "zy": 0.8})
    np.testing.assert_allclose(training.apply_one(picture, zoom=1.25)[2:-2, 2:-2], nearer[2:-2, 2:-2], atol=0.03)


# the random layer


def test_identity_at_inference_and_float32():
    change = training.pipeline(brightness=0.3, patch=0.5)
    for pictures in (photos(), photos(dtype=np.float32), photos(channels=1)):
        for seen in (change(pictures), change(pictures, training=False)):
            assert seen.dtype == "float32"
            np.testing.assert_array_equal(np.asarray(seen), pictures)


def test_training_changes_every_picture_and_keeps_shape_and_range():
    pictures = photos()
    seen = np.asarray(training.pipeline(brightness=0.2)(pictures, training=True))
    assert seen.shape == pictures.shape and seen.dtype == np.float32
    assert seen.min() >= 0 and seen.max() <= 255
    assert (np.abs(seen - pictures).mean(axis=(1, 2, 3)) > 1).all()


def test_uint8_and_float_give_the_same():
    first, second = (
        training.pipeline(seed=3)(photos(dtype=kind), training=True).numpy() for kind in (np.uint8, np.float32)
    )
    np.testing.assert_array_equal(first, second)


def test_one_picture_without_a_batch():
    seen = training.pipeline()(photos()[0], training=True)
    assert seen.shape == (20, 30, 3)


def test_same_seed_same_sequence_other_seed_another():
    def twice(seed):
        change = training.pipeline(seed=seed)
        return [np.asarray(change(photos(), training=True)) for _ in range(2)]

    first, again, other = twice(5), twice(5), twice(6)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[0], first[1]), "every call draws anew"


def test_values_are_drawn_independently_and_within_their_ranges():
    layer = training.pipeline(
        rotation=40,
        width_shift=0.2,
        height_shift=0.1,
        shear=0.3,
        zoom=0.25,
        vertical_flip=True,
        brightness=0.5,
        patch=0.6,
    )
    values, added = layer.draw(2000)
    values = {name: np.asarray(value) for name, value in values.items()}
    limits = {"rotation": 40, "width_shift": 0.2, "height_shift": 0.1, "shear": 0.3}
    for name, limit in limits.items():
        assert 0.98 * limit < np.abs(values[name]).max() <= limit
        assert abs(values[name].mean()) < 0.06 * limit
    assert 0.75 <= values["zoom"].min() < 0.76 and 1.24 < values["zoom"].max() <= 1.25
    assert set(values["across"]) == set(values["down"]) == {-1.0, 1.0}
    assert abs(values["across"].mean()) < 0.08
    assert 0.98 * 127.5 < np.abs(added).max() <= 127.5
    np.testing.assert_allclose(values.pop("patch"), 0.6)
    together = np.corrcoef([*values.values(), np.asarray(added)])
    assert np.abs(together - np.eye(len(together))).max() < 0.1, "no value follows another one"


def test_only_what_is_switched_on_happens():
    flips = training.pipeline(**{**IDENTITY, "horizontal_flip": True}, seed=1)
    pictures = photos(40)
    seen = np.asarray(flips(pictures, training=True))
    mirrored = (seen == pictures[:, :, ::-1]).all(axis=(1, 2, 3))
    same = (seen == pictures).all(axis=(1, 2, 3))
    assert (mirrored ^ same).all() and 8 < mirrored.sum() < 32
    np.testing.assert_array_equal(np.asarray(training.pipeline(**IDENTITY)(pictures, training=True)), pictures)


def test_in_tf_data():
    tf = pytest.importorskip("tensorflow")
    change = training.pipeline(seed=0)
    batches = tf.data.Dataset.from_tensor_slices(photos(10)).batch(4).map(lambda x: change(x, training=True))
    seen = [batch.numpy() for batch in batches]
    assert [batch.shape for batch in seen] == [(4, 20, 30, 3), (4, 20, 30, 3), (2, 20, 30, 3)]
    assert not np.array_equal(seen[0], photos(10)[:4])
    assert not np.array_equal(seen[0], next(iter(batches)).numpy()), "the second epoch sees other variants"


def test_in_a_model_that_is_saved_and_loaded(tmp_path):
    keras = augmentation.keras
    inputs = keras.Input((20, 30, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(training.pipeline(patch=0.7, brightness=0.1, seed=2)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2)(pooled))
    before = model.predict(photos(), verbose=0)
    np.testing.assert_array_equal(before, model.predict(photos(), verbose=0))
    assert not np.allclose(before, model(photos(dtype=np.float32), training=True))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(photos(), verbose=0), before, rtol=1e-6)
    layer = again.get_layer("augmentation")
    assert layer.patch == 0.7 and layer.rotation == 40 and layer.fill_mode == "nearest" and layer.brightness == 0.1


def test_variants_are_viewable_and_different():
    picture = photos()[0]
    seen = training.variants(picture, 6, training.pipeline())
    assert seen.shape == (6, 20, 30, 3) and seen.dtype == np.uint8
    assert len({one.tobytes() for one in seen}) == 6


# apply_one keeps what it is given; bad values are refused


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3)])
def test_apply_one_keeps_shape_and_type(shape):
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    seen = training.apply_one(picture, rotation=10, zoom=1.2)
    assert seen.shape == shape and seen.dtype == np.uint8
    np.testing.assert_array_equal(training.apply_one(picture), picture)
    assert training.apply_one(picture.astype(float)).dtype == np.float32


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"rotation": 200}, "rotation is 200"),
        ({"rotation": -1}, "rotation is -1"),
        ({"width_shift": 2}, "width_shift is 2"),
        ({"zoom": 1}, "zoom is 1"),
        ({"shear": "0.2"}, "shear is '0.2'"),
        ({"patch": 0}, "patch is 0"),
        ({"brightness": 3}, "brightness is 3"),
        ({"fill_mode": "mirror"}, "nearest, reflect, wrap, constant"),
        ({"height_shift": float("nan")}, "height_shift is nan"),
    ],
)
def test_pipeline_refuses(values, word):
    with pytest.raises(ValueError, match=word):
        training.pipeline(**values)


@pytest.mark.parametrize("values", [{"zoom": 0}, {"patch": -1}, {"rotation": float("inf")}, {"fill_mode": "black"}])
def test_apply_one_refuses_values(values):
    with pytest.raises(ValueError):
        training.apply_one(GRID, **values)


def test_apply_one_refuses_a_batch():
    with pytest.raises(ImageError, match="give one picture"):
        training.apply_one(photos())


# --- Shapes and ranges that are easily mixed up


def plain(layer, digits):
    return np.asarray(layer(digits, training=True))


@pytest.mark.parametrize("shape", [(8, 28, 28), (28, 28), (5, 12, 20), (1, 9, 30)])
def test_digits_without_channels_equal_those_with_one(shape):
    digits = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    with_channel = digits[..., None] if len(shape) == 3 else digits[None, ..., None]
    found = plain(training.pipeline(seed=3, brightness=0.2), digits)
    wanted = plain(training.pipeline(seed=3, brightness=0.2), with_channel)
    assert found.shape == shape
    np.testing.assert_array_equal(found, wanted.reshape(shape))


def test_digits_are_never_mixed_with_each_other():
    digits = np.arange(1, 9, dtype=np.uint8)[:, None, None] * np.ones((8, 28, 28), np.uint8)
    for digit, changed in zip(digits, plain(training.pipeline(), digits), strict=True):
        np.testing.assert_allclose(changed, digit, atol=1e-4)


@pytest.mark.parametrize("shape", [(4, 16, 5), (2, 4, 16, 16, 3), (9,), (), (6, 3, 28, 28), (2, 9, 9, 2, 2)])
def test_shapes_without_a_plain_meaning_are_one_sentence(shape):
    for in_training in (True, False):
        with pytest.raises(ImageError, match=r"shape|channels first") as caught:
            training.pipeline()(np.zeros(shape, np.float32), training=in_training)
        assert "\n" not in str(caught.value)


def test_variants_of_grey_and_of_what_is_no_picture():
    grey = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    assert training.variants(grey, 3, training.pipeline(seed=1)).shape == (3, 28, 28)
    still = training.pipeline(**IDENTITY)
    np.testing.assert_array_equal(training.variants(grey, 2, still), np.stack([grey, grey]))
    np.testing.assert_array_equal(training.variants(grey.astype(float), 2, still), np.stack([grey, grey]))
    for wrong, words in ((photos(2), "one picture"), (grey / 255, "255 first"), (grey / 127.5 - 1, "0..255")):
        with pytest.raises(ImageError, match=words):
            training.variants(wrong, 2, still)


def test_fractions_are_refused_where_the_brightness_would_make_them_black_or_white():
    fractions = photos(4, dtype=np.float32) / 255
    layer = training.pipeline(brightness=0.3)
    for call in (
        lambda: layer(fractions, training=True),
        lambda: training.apply_one(fractions[0], brightness=0.2),
        lambda: training.variants(fractions[0], 2, layer),
    ):
        with pytest.raises(ImageError, match="multiply it by 255 first"):
            call()
    import tensorflow as tf

    with pytest.raises(tf.errors.InvalidArgumentError, match="multiply them by 255 first"):
        next(iter(tf.data.Dataset.from_tensors(fractions).map(lambda x: layer(x, training=True))))
    turned = np.asarray(training.pipeline(seed=2)(fractions, training=True))  # without it any range will do
    full = np.asarray(training.pipeline(seed=2)(fractions * 255, training=True))
    np.testing.assert_allclose(turned * 255, full, atol=1e-3)
