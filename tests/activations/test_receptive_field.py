"""Receptive fields against published numbers and against the support of real gradients."""

import numpy as np
import pytest

from helpers import backbones
from helpers.activations import (
    draw_box,
    effective_receptive_field,
    effective_size,
    in_picture,
    on_photo,
    receptive_field,
    receptive_fields,
    visible_box,
)
from helpers.activations.receptive_field import WHOLE
from helpers.images.transform import seen_box
from helpers.runtime import keras, tensorflow


@pytest.fixture(scope="module")
def vgg():
    return backbones.load("vgg16", weights=None, include_top=False)


@pytest.mark.parametrize(
    ("layer", "size", "stride"),
    [
        ("block1_conv1", 3, 1),
        ("block1_pool", 6, 2),
        ("block2_conv2", 14, 2),
        ("block3_conv3", 40, 4),
        ("block4_conv3", 92, 8),
        ("block5_conv3", 196, 16),
        ("block5_pool", 212, 32),
    ],
)
def test_vgg16_published_numbers(vgg, layer, size, stride):
    field = receptive_field(vgg, layer)
    assert field.size == (size, size) and field.stride == (stride, stride)


def test_vgg16_boxes(vgg):
    field = receptive_field(vgg, "block5_conv3")
    assert field.grid == (14, 14)
    for i in (0, 3, 13):  # cell i covers rows 16 i - 90 to 16 i + 105
        assert field.box(i, 0)[0::2] == (16 * i - 90, 16 * i + 106)


def test_resnet50_published_numbers():
    network = backbones.load("resnet50", weights=None, include_top=False)
    for stage, size in zip((2, 3, 4, 5), (35, 99, 291, 483), strict=True):
        last = max(
            layer.name for layer in network.layers if layer.name.startswith(f"conv{stage}_") and "_out" in layer.name
        )
        assert receptive_field(network, last).size == (size, size)


def gradient_support(model, layer, unit, size):
    """First and last pixel with a gradient, of a model with positive weights, found by trying; None without one."""
    tf = tensorflow()
    part = keras().Model(model.inputs[0], model.get_layer(layer).output)
    picture = tf.Variable(np.random.default_rng(0).uniform(1, 2, (1, *size, 3)).astype(np.float32))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(part(picture)[0, unit[0], unit[1]])
    seen = np.abs(tape.gradient(value, picture).numpy()[0]).sum(axis=-1) > 0
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not seen.any():
        return None
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


def small_model(padding):
    """Two branches, a dilated and a strided convolution, average pooling, explicit padding; all weights positive."""
    k = keras()
    x = inputs = k.Input((None, None, 3))
    x = k.layers.Conv2D(4, 3, strides=2, padding=padding, kernel_initializer="ones", name="strided")(x)
    x = k.layers.ZeroPadding2D(((1, 2), (0, 1)), name="padded")(x)
    one = k.layers.Conv2D(4, 3, dilation_rate=2, padding="same", kernel_initializer="ones", name="dilated")(x)
    two = k.layers.DepthwiseConv2D((5, 1), padding="same", depthwise_initializer="ones", name="tall")(x)
    x = k.layers.Add(name="sum")([one, two])
    x = k.layers.AveragePooling2D(2, padding=padding, name="pooled")(x)
    x = k.layers.Conv2D(2, 3, strides=(2, 1), padding=padding, kernel_initializer="ones", name="last")(x)
    return k.Model(inputs, x)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("size", [(64, 48), (65, 51), (67, 50)])
@pytest.mark.parametrize("layer", ["strided", "dilated", "sum", "pooled", "last"])
def test_fields_equal_gradient_support(padding, size, layer):
    model = small_model(padding)
    field = receptive_field(model, layer, size)
    part = keras().Model(model.inputs[0], model.get_layer(layer).output)
    assert field.grid == tuple(part.compute_output_shape((1, *size, 3))[1:3])
    middle = (field.grid[0] // 2, field.grid[1] // 2)
    assert gradient_support(model, layer, middle, size) == field.box(*middle)
    for unit in ((0, 0), (field.grid[0] - 1, field.grid[1] - 1)):
        top, left, bottom, right = field.box(*unit)
        clipped = (max(top, 0), max(left, 0), min(bottom, size[0]), min(right, size[1]))
        seen = gradient_support(model, layer, unit, size)
        if layer == "strided":
            assert seen == clipped
        else:  # dilated taps lie 4 pixels apart: at the edge the outermost one may fall into the padding
            assert np.abs(np.subtract(seen, clipped)).max() < 4
            assert seen[:2] >= clipped[:2] and seen[2] <= clipped[2] and seen[3] <= clipped[3]


def test_growth_of_the_default_network():
    network = backbones.load("efficientnet_lite0", weights=None)
    fields = receptive_fields(network)
    assert fields["stem_conv"].size == (3, 3) and fields["stem_conv"].start == (0, 0)  # even side: padded far end only
    sizes = [field.size[0] for field in fields.values()]
    assert sizes == sorted(sizes) and sizes[-1] == WHOLE
    assert fields["block10_project"].size[0] > 224 >= fields["block9_project"].size[0]


def test_unit_outside_the_grid(vgg):
    with pytest.raises(ValueError, match=r"unit \(14, 0\) does not exist; the layer has 14 x 14 units"):
        receptive_field(vgg, "block5_conv3").box(14, 0)


def random_model(rng):
    """Two to four random stages: convolution, depthwise, pooling or padding, with dilation or a second branch."""
    k = keras()
    x = inputs = k.Input((None, None, 3))

    def window(x):
        kind, size = rng.choice(["conv", "depthwise", "average", "separable"]), tuple(rng.integers(1, 5, 2).tolist())
        padding = str(rng.choice(["same", "valid"]))
        step = int(rng.integers(1, 3))
        if kind == "average":
            return k.layers.AveragePooling2D(size, step, padding)(x)
        if kind == "depthwise":
            return k.layers.DepthwiseConv2D(size, step, padding, depthwise_initializer="ones", use_bias=False)(x)
        if kind == "separable":
            ones = {"depthwise_initializer": "ones", "pointwise_initializer": "ones"}
            return k.layers.SeparableConv2D(2, size, step, padding, use_bias=False, **ones)(x)
        dilation = tuple(rng.integers(1, 3, 2).tolist()) if step == 1 else (1, 1)
        options = {"dilation_rate": dilation, "kernel_initializer": "ones", "use_bias": False}
        return k.layers.Conv2D(2, size, step, padding, **options)(x)

    for _ in range(rng.integers(2, 5)):
        if rng.random() < 0.3:
            x = k.layers.ZeroPadding2D(tuple(map(tuple, rng.integers(0, 3, (2, 2)).tolist())))(x)
        x = window(x)
        if rng.random() < 0.5:  # a branch that keeps the size beside one that does not look around
            options = {"padding": "same", "kernel_initializer": "ones", "dilation_rate": int(rng.integers(1, 3))}
            x = k.layers.Concatenate()([k.layers.Conv2D(2, int(rng.integers(2, 5)), **options)(x), x])
    return k.Model(inputs, k.layers.ReLU(name="last")(x))


@pytest.mark.parametrize("seed", range(8))
def test_fields_of_random_networks_equal_gradient_support(seed):
    rng = np.random.default_rng(seed)
    model = random_model(rng)
    size = tuple(rng.integers(110, 150, 2).tolist())
    field = receptive_field(model, "last", size)
    assert field.grid == model(np.zeros((1, *size, 3), np.float32)).shape[1:3]
    inside = 0
    for row, column in [(0, 0), field.middle, (field.grid[0] - 1, field.grid[1] - 1), (field.grid[0] // 3, 1)]:
        top, left, bottom, right = field.box(row, column)
        found = gradient_support(model, "last", (row, column), size)
        if found is None:  # a corner that sees nothing but padding
            continue
        if top >= 0 and left >= 0 and bottom <= size[0] and right <= size[1]:
            assert found == (top, left, bottom, right)
            inside += 1
        assert found[0] >= top and found[1] >= left and found[2] <= bottom and found[3] <= right
    assert inside >= 1


def test_start_depends_on_the_size_with_same_padding():
    """A 3x3 stride 2 "same" convolution pads one pixel in all on an even side (at its end), two on an odd one."""
    network = backbones.load("efficientnet_lite0", weights=None)
    assert receptive_field(network, "stem_conv", 224).start == (0, 0)
    assert receptive_field(network, "stem_conv", (225, 224)).start == (-1, 0)


def test_centre_and_middle():
    network = backbones.load("vgg16", weights=None, include_top=False)
    field = receptive_field(network, "block5_conv3")
    assert field.middle == (7, 7)
    assert field.centre(0, 3) == (-90 + 98, 48 - 90 + 98)  # half of 196 behind the start


def test_nested_model_and_its_flat_twin():
    k = keras()
    base = backbones.load("squeezenet", weights=None, include_top=False).model
    inputs = k.Input((None, None, 3))
    x = k.layers.ZeroPadding2D(1)(inputs)
    x = k.layers.Conv2D(2, 3, strides=2, name="after")(base(x))
    nested = k.Model(inputs, x)
    flat = receptive_field(base, "fire9_concat", 66)
    assert receptive_field(nested, base.name, 64) == flat._replace(start=(flat.start[0] - 1, flat.start[1] - 1))
    after = receptive_field(nested, "after", 64)
    assert after.size[0] == flat.size[0] + 2 * flat.stride[0] and after.stride[0] == 2 * flat.stride[0]


def test_whole_picture_and_enlarging_layers():
    k = keras()
    inputs = k.Input((8, 8, 3))
    x = k.layers.Conv2D(2, 3, name="c")(inputs)
    small = k.Model(inputs, k.layers.Dense(2, name="d")(k.layers.Flatten()(x)))
    assert receptive_field(small, "d").size == (WHOLE, WHOLE) and receptive_field(small, "d").grid == (1, 1)
    pointwise = k.Model(inputs, k.layers.Dense(2, name="p")(x))  # on maps, a dense layer is a 1x1 convolution
    assert receptive_field(pointwise, "p").size == (3, 3)
    large = k.Model(inputs, k.layers.UpSampling2D(name="up")(x))
    with pytest.raises(ValueError, match="UpSampling2D enlarges maps"):
        receptive_field(large, "up")


# --- The effective field ----------------------------------------------------------------------------------------------


def stack(depth, kernel=3):
    k = keras()
    x = inputs = k.Input((None, None, 3))
    for number in range(depth):
        options = {"padding": "same", "kernel_initializer": "ones", "use_bias": False, "name": f"c{number}"}
        x = k.layers.Conv2D(1, kernel, **options)(x)
    return k.Model(inputs, x)


def test_effective_field_of_a_linear_stack_in_closed_form():
    """n convolutions of ones: the gradient is the n-fold convolution of a box with itself (Luo et al., section 2.1)."""
    expected = np.ones(1)
    for _ in range(5):
        expected = np.convolve(expected, np.ones(3))
    heat = effective_receptive_field(stack(5), "c4", np.zeros((31, 41, 3)))
    field = receptive_field(stack(5), "c4", (31, 41))
    top, left, bottom, right = field.box(*field.middle)
    assert (bottom - top, right - left) == (11, 11) and heat.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(
        heat[top:bottom, left:right], np.outer(expected, expected) / expected.sum() ** 2, rtol=1e-4
    )
    assert not heat[:top].any() and not heat[:, right:].any()


def test_effective_size_of_a_gaussian_and_of_a_plain_square():
    rows, columns = np.mgrid[:101, :141] + 0.5
    gaussian = np.exp(-((rows - 50.5) ** 2) / (2 * 8**2) - (columns - 70.5) ** 2 / (2 * 12**2))
    height, width = effective_size(gaussian, (50.5, 70.5))
    assert height == pytest.approx(4 * 8, abs=1.5) and width == pytest.approx(4 * 12, abs=1.5)
    square = np.zeros((50, 50))
    square[10:30, 10:30] = 1
    assert effective_size(square, (20, 20), 1.0) == (20, 20)
    assert effective_size(square, (20, 20), 0.5) == (10, 10)
    assert effective_size(np.zeros((5, 5)), (2.5, 2.5)) == (0, 0)


def test_part_of_a_field_inside_the_picture():
    assert in_picture((20, 30), (50, 70), (100, 140, 3)) == (20, 30)
    assert in_picture((229, 10), (127.5, 2), (224, 224, 3)) == (224 - 13, 7)
    assert in_picture((10, 0), (-20, 5), (8, 8)) == (0, 0)


def test_effective_grows_like_a_root_and_the_theoretical_one_straight():
    """The variance of n boxes of 3 is n * 2/3, so four times the depth gives twice the effective size."""
    sizes = [
        effective_size(effective_receptive_field(stack(n), f"c{n - 1}", np.zeros((81, 81, 3))), (40.5, 40.5))[0]
        for n in (8, 32)
    ]
    assert sizes[1] / sizes[0] == pytest.approx(2, rel=0.15)


def test_effective_field_of_one_unit_and_channel_by_finite_differences():
    k = keras()
    k.utils.set_random_seed(3)
    x = inputs = k.Input((12, 12, 3))
    for number in range(2):
        x = k.layers.Conv2D(3, 3, activation="tanh", name=f"c{number}")(x)
    model = k.Model(inputs, x)
    picture = np.random.default_rng(0).uniform(-1, 1, (12, 12, 3)).astype(np.float32)
    heat = effective_receptive_field(model, "c1", picture, (2, 5), 1)
    expected = np.zeros((12, 12))
    for place in np.ndindex(12, 12, 3):
        moved = np.stack([picture, picture])
        moved[(0, *place)] += 0.01
        moved[(1, *place)] -= 0.01
        up, down = model(moved).numpy()[:, 2, 5, 1]
        expected[place[:2]] += abs(up - down) / 0.02
    np.testing.assert_allclose(heat, expected / expected.sum(), atol=2e-4)


def test_what_is_seen_inside_the_picture():
    field = receptive_field(backbones.load("vgg16", weights=None, include_top=False), "block5_conv3")
    assert visible_box(field, (0, 7), (224, 224)) == (0, 22, 106, 218)
    assert visible_box(field, (0, 7), (100, 100), (20, 40)) == (0, 99, 18, 100)  # centre (8, 120), cut, never empty
    assert visible_box(field, (0, 3), (100, 100)) == (0, 0, 100, 100)


def test_rectangles_land_where_they_should():
    photo = np.full((100, 200, 3), 200, np.uint8)
    drawn = on_photo(photo, [(0, 0, 224, 224)], 224, 200)
    _, left, _, right = seen_box(100, 200)
    edge = np.flatnonzero((drawn[50] == 0).all(axis=-1))  # the dark rim
    assert abs(edge[0] - left) <= 1 and abs(edge[-1] + 1 - right) <= 1
    assert tuple(drawn[2, 2]) == (166, 166, 166) and tuple(drawn[50, 100]) == (200, 200, 200)  # outside dimmed
    lined = draw_box(photo, [(10, 20, 40, 60)])
    changed = np.argwhere((lined != photo).any(axis=-1))
    assert changed.min(axis=0).tolist() == [10, 20] and changed.max(axis=0).tolist() == [39, 59]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: effective_receptive_field(m, "c9", np.zeros((9, 9, 3))), "no layer 'c9'; the nearest are c"),
        (lambda m: effective_receptive_field(m, "c0", np.zeros((9, 9, 3)), (9, 0)), r"unit \(9, 0\) does not exist"),
        (lambda m: effective_receptive_field(m, "c0", np.zeros((9, 9, 3)), (1, 1), 1), "channel 1 does not exist"),
        (lambda m: effective_receptive_field(m, "c0", np.full((9, 9, 3), np.nan)), "NaN"),
        (lambda m: effective_size(np.ones((3, 3)), (1, 1), 0), "the share is 0"),
        (lambda m: effective_size(np.full((3, 3), np.nan), (1, 1)), "the map holds NaN"),
        (lambda m: effective_receptive_field(m, "c0", np.zeros((9, 9, 3)), 7), "unit is 7, expected .row, column."),
        (
            lambda m: effective_receptive_field(m, "c0", np.zeros((9, 9, 3)), (0.5, 1)),
            "row is 0.5, expected at least 0",
        ),
    ],
)
def test_bad_input_gives_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call(stack(1))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "last", "size"), [("mobilenet", "conv_pw_13", 315), ("inception_v3", "mixed10", 1311)]
)
def test_numbers_of_araujo_and_others(name, last, size):
    """Table of A. Araujo, W. Norris and J. Sim, Distill 2019: field and stride of the last maps."""
    field = receptive_field(backbones.load(name, weights=None, include_top=False), last)
    assert field.size == (size, size) and field.stride == (32, 32)


def several_networks():
    k = keras()
    sequential = k.Sequential([k.Input((12, 12, 3)), k.layers.Conv2D(2, 3, name="c"), k.layers.Flatten()])
    inputs = k.Input((None, None, 3))
    x = k.layers.Conv2D(2, 3, name="c")(inputs)
    two = k.Model(inputs, [k.layers.ReLU()(x), k.layers.GlobalAveragePooling2D()(x)])
    k.mixed_precision.set_global_policy("mixed_float16")
    try:
        inputs = k.Input((None, None, 3))
        mixed = k.Model(inputs, k.layers.Conv2D(2, 3, name="c")(inputs))
    finally:
        k.mixed_precision.set_global_policy("float32")
    inputs = k.Input((12, 12, 1))
    grey = k.Model(inputs, k.layers.Conv2D(2, 3, name="c")(inputs))
    return {"sequential": sequential, "two outputs": two, "mixed precision": mixed, "grey": grey}


@pytest.mark.parametrize("kind", ["sequential", "two outputs", "mixed precision", "grey"])
def test_effective_field_on_every_kind_of_network(kind):
    network = several_networks()[kind]
    pictures = np.random.default_rng(0).integers(0, 256, (2, 12, 12, 3)).astype(np.uint8)
    heat = effective_receptive_field(network, "c", pictures, (4, 6))
    assert (heat[4:7, 6:9] > 0).all() and heat[4:7, 6:9].sum() == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(
        effective_receptive_field(network, "c", pictures[0], (4, 6)), heat, atol=1e-3
    )  # linear: any photo
