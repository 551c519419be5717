"""Folded batch normalisations: the numbers of Keras's own call, on every kind of network, and weights that move on."""

import numpy as np
import pytest

from helpers import backbones
from helpers.backbones.batch_norm import _pairs, fold_batch_norm
from helpers.runtime import keras, tensorflow


def picture(size=64, seed=0):
    return np.random.default_rng(seed).uniform(0, 255, (1, size, size, 3)).astype(np.float32)


def shaken(model, seed=1):
    """The model with random statistics, so that its normalisations do something."""
    numbers = np.random.default_rng(seed)
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            layer.set_weights([numbers.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return model


def agrees(model, given):
    expected = tensorflow().nest.flatten(model(given, training=False))
    found = tensorflow().nest.flatten(fold_batch_norm(model)(tensorflow().constant(given)))
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-3, atol=1e-4 * float(np.abs(one).max()))


@pytest.mark.parametrize("name", ["efficientnet_lite0", "mobilenet", "resnet50"])
def test_same_numbers_as_kerass_call(name):
    options = {"alpha": 0.25} if name == "mobilenet" else {}
    base = shaken(backbones.load(name, weights=None, include_top=False, **options).model)
    assert len(_pairs(base)) == sum(type(layer).__name__ == "BatchNormalization" for layer in base.layers)
    agrees(base, picture())


def small(scale=True, centre=True, bias=True, multiplier=2):
    k = keras()
    inputs = k.Input((None, None, 3))
    x = k.layers.Conv2D(4, 3, use_bias=bias, bias_initializer="normal", name="conv")(inputs)
    x = k.layers.BatchNormalization(scale=scale, center=centre, name="bn")(x)
    x = k.layers.DepthwiseConv2D(3, depth_multiplier=multiplier, strides=2, padding="same", name="deep")(x)
    x = k.layers.BatchNormalization(name="deep_bn")(x)
    return shaken(k.Model(inputs, k.layers.Dropout(0.5)(k.layers.ReLU(6.0)(x))))


@pytest.mark.parametrize(("scale", "centre", "bias"), [(True, True, True), (False, True, False), (True, False, True)])
def test_every_kind_of_normalisation(scale, centre, bias):
    model = small(scale, centre, bias)
    assert len(_pairs(model)) == 2
    agrees(model, picture(21))


def test_what_is_to_be_seen_is_not_folded():
    model = small()
    seen = keras().Model(model.inputs[0], [model.get_layer("conv").output, model.outputs[0]])
    assert [convolution.name for convolution, _ in _pairs(seen)] == ["deep"]
    agrees(seen, picture(16))


def test_a_convolution_with_two_readers_or_an_activation_is_not_folded():
    k = keras()
    inputs = k.Input((None, None, 3))
    two = k.layers.Conv2D(4, 3)(inputs)
    x = k.layers.Add()([k.layers.BatchNormalization()(two), two])
    own = k.layers.Conv2D(4, 3, activation="relu")(x)
    model = shaken(k.Model(inputs, k.layers.BatchNormalization()(own)))
    assert _pairs(model) == []
    agrees(model, picture(16))


def test_half_precision_is_left_alone():
    k = keras()
    k.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = small()
    finally:
        k.mixed_precision.set_global_policy("float32")
    assert _pairs(model) == []
    agrees(model, picture(16))


def test_new_weights_are_followed():
    model, tf = small(), tensorflow()
    call = tf.function(fold_batch_norm(model)).get_concrete_function(tf.TensorSpec((None, None, None, 3)))
    given = tf.constant(picture(16))
    before = call(given).numpy()
    shaken(model, seed=7)
    np.testing.assert_allclose(call(given), model(given, training=False), rtol=1e-4, atol=1e-3)
    assert np.abs(call(given) - before).max() > 1e-3
