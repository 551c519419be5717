"""Small networks whose maps can be computed by hand, shared by the attribution tests."""

import numpy as np

from helpers.backbones import Network
from helpers.runtime import keras


def worked_example():
    """(network, picture): 4x4 input 0..15, a 3x3 convolution of ones with two maps (bias -50 and -75), ReLU, dense."""
    k = keras()
    inputs = k.Input((4, 4, 3), name="image")
    grey = k.layers.Conv2D(1, 1, use_bias=False, name="first_channel")(inputs)
    maps = k.layers.Conv2D(2, 3, name="conv")(grey)
    relu = k.layers.ReLU(name="relu")(maps)
    flat = k.layers.Flatten()(k.layers.Permute((3, 1, 2))(relu))
    scores = k.layers.ReLU(name="scores")(k.layers.Dense(4, use_bias=False, name="dense")(flat))
    model = k.Model(inputs, scores)
    model.get_layer("first_channel").set_weights([np.array([1, 0, 0], np.float32).reshape(1, 1, 3, 1)])
    model.get_layer("conv").set_weights([np.ones((3, 3, 1, 2), np.float32), np.array([-50, -75], np.float32)])
    weights = np.repeat(np.array([1, 1, 1, 1, 1, -1, -1, -1], np.float32)[:, None], 4, axis=1)
    model.get_layer("dense").set_weights([weights])
    picture = np.zeros((4, 4, 3), np.float32)
    picture[..., 0] = np.arange(16).reshape(4, 4)
    return Network("worked example", model, model.output, 4, ["a", "b", "c", "d"]), picture


def linear(size: int = 6, seed: int = 0, mean_colour=(10.0, 20.0, 30.0)):
    """(network, picture, weights (size, size, 3, 2), bias (2,)): z = sum of w (x - mean colour) + bias, two classes."""
    k, numbers = keras(), np.random.default_rng(seed)
    inputs = k.Input((size, size, 3))
    centred = k.layers.Rescaling(1.0, offset=[-value for value in mean_colour])(inputs)
    z = k.layers.Dense(2, name="z")(k.layers.Flatten()(centred))
    model = k.Model(inputs, k.layers.Softmax()(z))
    weights = numbers.normal(size=(size, size, 3, 2)).astype(np.float32)
    bias = np.array([0.5, -0.25], np.float32)
    model.get_layer("z").set_weights([weights.reshape(-1, 2), bias])
    picture = numbers.uniform(0, 255, (size, size, 3)).astype(np.float32)
    return Network("linear", model, z, size, ["cat", "dog"], None, mean_colour), picture, weights, bias


def smooth(outputs: int = 2, seed: int = 3, size: int = 8):
    """A small convnet with tanh, so that finite differences are exact; one output is a sigmoid."""
    k = keras()
    k.utils.set_random_seed(seed)
    inputs = k.Input((size, size, 3))
    x = k.layers.Rescaling(1 / 127.5, -1)(inputs)
    x = k.layers.Conv2D(4, 3, activation="tanh", name="maps")(x)
    z = k.layers.Dense(outputs, name="z")(k.layers.Dense(5, activation="tanh")(k.layers.Flatten()(x)))
    probabilities = k.layers.Activation("sigmoid" if outputs == 1 else "softmax")(z)
    names = ["cat", "dog", "bird", "fish"][: max(outputs, 2)]
    return Network("smooth", k.Model(inputs, probabilities), z, size, names)


def convnet(seed: int = 5, size: int = 16, maximum: float | None = None):
    """Convolution with a fused ReLU, convolution and a ReLU layer, global average, dense: a usual two-class network."""
    k = keras()
    k.utils.set_random_seed(seed)
    inputs = k.Input((size, size, 3))
    x = k.layers.Rescaling(1 / 127.5, -1)(inputs)
    x = k.layers.Conv2D(6, 3, padding="same", activation="relu", name="conv1")(x)
    x = k.layers.Conv2D(6, 3, strides=2, padding="same", name="conv2")(x)
    x = k.layers.ReLU(maximum, name="relu2")(x)
    z = k.layers.Dense(2, name="z")(k.layers.GlobalAveragePooling2D(name="pool")(x))
    return Network("convnet", k.Model(inputs, k.layers.Softmax()(z)), z, size, ["cat", "dog"])


def photo(size: int = 16, seed: int = 0) -> np.ndarray:
    """A picture of noise, float32 0..255."""
    return np.random.default_rng(seed).uniform(0, 255, (size, size, 3)).astype(np.float32)
