"""Five famous networks as short builders, with random weights: `vgg16()` is a keras.Model that can be trained.

To count and draw one, `outline(vgg16)` builds it without giving values to its 138 million weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.architectures.blocks import bottleneck, conv, inception, plain
from helpers.backbones import graph
from helpers.runtime import keras

# LeNet-5's table I: which of the six maps each of the sixteen maps of C3 reads, 60 in all.
C3_READS = [[i, (i + 1) % 6, (i + 2) % 6] for i in range(6)]
C3_READS += [[i, (i + 1) % 6, (i + 2) % 6, (i + 3) % 6] for i in range(6)]
C3_READS += [[i, (i + 1) % 6, (i + 3) % 6, (i + 4) % 6] for i in range(3)] + [[0, 1, 2, 3, 4, 5]]

# GoogLeNet's nine inception blocks, the last two numbers of a name are the stage's; see `blocks.inception` for widths.
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
RESNET50_STAGES = ((3, 256, 1), (4, 512, 2), (6, 1024, 2), (3, 2048, 2))  # blocks, channels, stride of the first


def lenet5() -> Any:
    """LeNet-5 for digits of 32 x 32 pixels (LeCun, Bottou, Bengio, Haffner 1998): 60,000 weights.

    Each map of S2 and S4 has one factor and one bias; C3 reads the maps of `C3_READS`. The output compares F6 with ten
    fixed codes of +1 and -1: since all are equally long, the nearest is the one with the largest product. The paper's
    codes are drawn digits, here they are random.
    """
    layers = keras().layers
    inputs = keras().Input((32, 32, 1), name="digits")
    x = layers.Conv2D(6, 5, activation="tanh", name="C1")(inputs)
    x = _subsampling(x, "S2")
    read = [keras().ops.take(x, maps, axis=-1) for maps in C3_READS]
    maps = [layers.Conv2D(1, 5, activation="tanh", name=f"C3_{i}")(part) for i, part in enumerate(read, start=1)]
    x = _subsampling(layers.Concatenate(name="C3")(maps), "S4")
    x = layers.Flatten()(layers.Conv2D(120, 5, activation="tanh", name="C5")(x))
    x = layers.Dense(84, activation="tanh", name="F6")(x)
    codes = np.random.default_rng(0).choice([-1.0, 1.0], (84, 10)).astype(np.float32)
    return keras().Model(inputs, keras().ops.matmul(x, codes), name="LeNet-5")


def alexnet() -> Any:
    """AlexNet for 224 pixels on one processor (Krizhevsky 2014, "One weird trick"), as torchvision has it."""
    layers = keras().layers
    inputs = keras().Input((224, 224, 3), name="pictures")
    x = conv(layers.ZeroPadding2D(2)(inputs), 64, 11, 4, padding="valid", name="conv1")
    x = conv(layers.MaxPooling2D(3, 2)(x), 192, 5, name="conv2")
    x = conv(layers.MaxPooling2D(3, 2)(x), 384, 3, name="conv3")
    x = conv(conv(x, 256, 3, name="conv4"), 256, 3, name="conv5")
    x = layers.Flatten()(layers.MaxPooling2D(3, 2)(x))
    for name in ("fc6", "fc7"):
        x = layers.Dense(4096, activation="relu", name=name)(layers.Dropout(0.5)(x))
    return keras().Model(inputs, layers.Dense(1000, name="fc8")(x), name="AlexNet")


def vgg16() -> Any:
    """VGG16 (Simonyan and Zisserman 2014): 3x3 convolutions only, 13 of them, and three dense layers."""
    layers = keras().layers
    inputs = x = keras().Input((224, 224, 3), name="pictures")
    for times, channels in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        x = layers.MaxPooling2D()(plain(x, channels, 3, times))
    x = layers.Flatten()(x)
    for name in ("fc1", "fc2"):
        x = layers.Dropout(0.5)(layers.Dense(4096, activation="relu", name=name)(x))
    return keras().Model(inputs, layers.Dense(1000, name="predictions")(x), name="VGG16")


def googlenet() -> Any:
    """GoogLeNet (Szegedy et al. 2014) with the paper's true 5x5 kernels; torchvision has 3x3 in their place.

    Left out are the two helping classifiers, which are there in training only, and the normalisation of brightness,
    which has no weights.
    """
    layers = keras().layers
    inputs = keras().Input((224, 224, 3), name="pictures")
    x = layers.MaxPooling2D(3, 2, "same")(conv(inputs, 64, 7, 2, name="conv1"))
    x = conv(conv(x, 64, 1, name="conv2_reduce"), 192, 3, name="conv2")
    for name, widths in INCEPTIONS.items():
        if name in ("3a", "4a", "5a"):
            x = layers.MaxPooling2D(3, 2, "same")(x)
        x = inception(x, widths)
    x = layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(x))
    return keras().Model(inputs, layers.Dense(1000, name="predictions")(x), name="GoogLeNet")


def resnet50() -> Any:
    """ResNet-50 (He et al. 2015), first form: the stride is in the first 1x1 convolution of a stage, as in Keras."""
    layers = keras().layers
    inputs = keras().Input((224, 224, 3), name="pictures")
    x = conv(layers.ZeroPadding2D(3)(inputs), 64, 7, 2, norm=True, padding="valid", name="conv1")
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    for blocks, channels, stride in RESNET50_STAGES:
        for number in range(blocks):
            x = bottleneck(x, channels, stride=stride if number == 0 else 1)
    x = layers.GlobalAveragePooling2D()(x)
    return keras().Model(inputs, layers.Dense(1000, name="predictions")(x), name="ResNet-50")


FAMOUS = {"LeNet-5": lenet5, "AlexNet": alexnet, "VGG16": vgg16, "GoogLeNet": googlenet, "ResNet-50": resnet50}


def outline(build: Callable[[], Any]) -> Any:
    """The model that a builder makes, with weights that have shapes but no values, to be counted and drawn.

    For example `outline(vgg16)`: a tenth of a second and no memory, where `vgg16()` takes half a gigabyte.
    """
    return graph.unallocated(build)


def _subsampling(x: Any, name: str) -> Any:
    """The mean of 2x2 values times one factor, plus one bias, for each map."""
    layers = keras().layers
    x = layers.AveragePooling2D(2, name=f"{name}_mean")(x)
    return layers.DepthwiseConv2D(1, activation="tanh", name=name)(x)
