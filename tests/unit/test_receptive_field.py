"""Receptive fields against published numbers and against the support of real gradients."""

import numpy as np
import pytest

from helpers import backbones
from helpers.quiet import keras, tensorflow
from helpers.receptive_field import WHOLE, growth, receptive_field


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
    """First and last pixel with a gradient, of a model with positive weights: the field found by trying."""
    tf = tensorflow()
    part = keras().Model(model.inputs[0], model.get_layer(layer).output)
    picture = tf.Variable(np.random.default_rng(0).uniform(1, 2, (1, *size, 3)).astype(np.float32))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(part(picture)[0, unit[0], unit[1]])
    seen = np.abs(tape.gradient(value, picture).numpy()[0]).sum(axis=-1) > 0
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
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
    fields = growth(network)
    assert fields["stem_conv"].size == (3, 3) and fields["stem_conv"].start == (0, 0)  # even side: padded far end only
    sizes = [field.size[0] for field in fields.values()]
    assert sizes == sorted(sizes) and sizes[-1] == WHOLE
    assert fields["block10_project"].size[0] > 224 >= fields["block9_project"].size[0]


def test_unit_outside_the_grid(vgg):
    with pytest.raises(ValueError, match=r"unit \(14, 0\) does not exist; the layer has 14 x 14 units"):
        receptive_field(vgg, "block5_conv3").box(14, 0)
