"""What stands before a resizing layer stays in ascent and dreams: against the network's own gradient from Keras."""

import numpy as np
import pytest

from helpers.backbones import Network
from helpers.feature_visualization import ascend, channel, gradient_of, kernels
from helpers.runtime import keras, tensorflow

SIZE = 24


def layer(kind, *args, **options):
    return getattr(keras().layers, kind)(*args, **options)


def resize(size=SIZE):
    return layer("Resizing", size, size)


def rescale():
    return layer("Rescaling", 1 / 50, -2.5)


def inside(*steps):
    return keras().Sequential(list(steps))


ENTRANCES = {
    "rescaling, resizing": lambda: [rescale(), resize()],
    "flip, rescaling, resizing": lambda: [layer("RandomFlip", "horizontal"), rescale(), resize()],
    "normalization, resizing": lambda: [
        layer("Normalization", mean=[100.0, 120.0, 130.0], variance=[3e3, 3.5e3, 4e3]),
        resize(),
    ],
    "resizing, rescaling": lambda: [resize(), rescale()],
    "operations, resizing": lambda: [lambda x: keras().ops.flip(x, axis=-1) / 50 - 2.5, resize()],
    "lambda, resizing": lambda: [layer("Lambda", lambda x: x / 50 - 2.5), resize()],
    "centre crop": lambda: [rescale(), layer("CenterCrop", 20, 20)],
    "centre crop, resizing": lambda: [rescale(), layer("CenterCrop", 20, 20), resize()],
    "cropping, resizing": lambda: [rescale(), layer("Cropping2D", 2), resize()],
    "padding": lambda: [rescale(), layer("ZeroPadding2D", 2)],
    "padding, resizing": lambda: [rescale(), layer("ZeroPadding2D", 2), resize()],
    "resizing, padding": lambda: [rescale(), resize(), layer("ZeroPadding2D", 2)],
    "two resizings": lambda: [rescale(), resize(36), resize()],
    "resizing, centre crop": lambda: [rescale(), resize(36), layer("CenterCrop", SIZE, SIZE)],
    "inside a model": lambda: [inside(rescale(), resize())],
    "a model, resizing": lambda: [inside(rescale()), resize()],
}


def network(name, size=None, usual=SIZE, resizing=True):
    k = keras()
    k.utils.set_random_seed(0)
    inputs = x = k.Input((size, size, 3))
    for step in ENTRANCES[name]():
        x = step(x) if resizing or type(step).__name__ != "Resizing" else x
    x = layer("Conv2D", 4, 3, padding="same", name="conv")(x)
    x = layer("ReLU", name="relu")(x)
    z = layer("Dense", 3, name="z")(layer("GlobalAveragePooling2D")(x))
    return Network(name, k.Model(inputs, layer("Softmax")(z)), z, usual, ["a", "b", "c"])


def own_gradients(one, shown):
    """The network's own d mean(A_1) / d I and d mean(A^2) / d I, for a picture (height, width, 3)."""
    tf, model = tensorflow(), keras().Model(one.model.inputs[0], one.layer("relu").output)
    pictures = tf.constant(shown[None])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(pictures)
        maps = model(pictures, training=False)
        means = tf.reduce_mean(maps[..., 1]), tf.reduce_mean(maps**2)
    return [tape.gradient(mean, pictures).numpy()[0] for mean in means]


def climbed_gradients(one, shown):
    """The same as one plain step of ascent, and as what the dream climbs."""
    step_size = 1e4
    moved = ascend(one, channel("relu", 1), start=shown, steps=1, step_size=step_size, normalise=False).pictures[0]
    return (moved - shown) / step_size, gradient_of(one, "relu")(shown)


def agree(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert np.abs(other).max() > 0
        np.testing.assert_allclose(one, other, atol=2e-3 * np.abs(other).max())


def picture(size):
    return np.random.default_rng(0).uniform(110, 140, (size, size, 3)).astype(np.float32)


@pytest.mark.parametrize("size", [None, SIZE])
@pytest.mark.parametrize("name", ENTRANCES)
def test_the_gradient_is_the_networks_own_at_its_own_size(name, size):
    one, shown = network(name, size), picture(SIZE)
    agree(climbed_gradients(one, shown), own_gradients(one, shown))


@pytest.mark.parametrize("name", ["rescaling, resizing", "padding, resizing", "two resizings", "resizing, centre crop"])
def test_also_where_the_network_takes_another_size_than_it_resizes_to(name):
    one, shown = network(name, 30, 30), picture(30)
    agree(climbed_gradients(one, shown), own_gradients(one, shown))


@pytest.mark.parametrize("name", ["rescaling, resizing", "normalization, resizing", "resizing, padding"])
def test_at_other_sizes_only_the_resizing_is_left_out(name):
    """The same weights in a network that never had the layer: its own gradient on the larger picture."""
    shown = picture(40)
    agree(climbed_gradients(network(name), shown), own_gradients(network(name, resizing=False), shown))


def test_half_precision_through_the_resizing():
    keras().mixed_precision.set_global_policy("mixed_float16")
    try:
        one = network("resizing, rescaling", 30, 30)
    finally:
        keras().mixed_precision.set_global_policy("float32")
    for size in (30, 40):
        assert np.abs(gradient_of(one, "relu")(picture(size))).max() > 0


def test_finite_differences_through_the_preprocessing():
    one, shown = network("normalization, resizing"), picture(SIZE)
    direction = np.random.default_rng(1).normal(size=shown.shape).astype(np.float32)
    ahead, behind = (
        float((one.features_of(shown + step * direction, "relu") ** 2).mean(dtype=np.float64)) for step in (0.5, -0.5)
    )
    slope = float((gradient_of(one, "relu")(shown) * direction).sum())
    assert slope == pytest.approx(ahead - behind, rel=0.02)


@pytest.mark.parametrize("name", ["rescaling, resizing", "resizing, centre crop", "two resizings"])
def test_kernels_are_measured_with_the_scale_of_the_preprocessing(name):
    one = network(name)
    stored = np.asarray(one.layer("conv").kernel).transpose(3, 0, 1, 2) / 50
    np.testing.assert_allclose(kernels(one), stored, atol=1e-6)
