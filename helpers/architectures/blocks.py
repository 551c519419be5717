"""The blocks that famous networks are made of, each a function from a Keras tensor of maps to the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.runtime import keras

# Running means that follow within some tens of steps, as short trainings need them; Keras's 0.99 needs hundreds.
_NORM = {"momentum": 0.9, "epsilon": 1.001e-5}
_HE = {"kernel_initializer": "he_normal"}  # weights as large as ReLUs need (He et al. 2015: Delving Deep)


def conv(
    x: Any,
    channels: int,
    kernel: int,
    stride: int = 1,
    norm: bool = False,
    relu: bool = True,
    padding: str = "same",
    name: str | None = None,
) -> Any:
    """A convolution with ReLU; with `norm`, batch normalisation stands between them and takes over the bias."""
    layers = keras().layers
    if not norm:
        activation = "relu" if relu else None
        return layers.Conv2D(channels, kernel, stride, padding, **_HE, activation=activation, name=name)(x)
    x = layers.Conv2D(channels, kernel, stride, padding, **_HE, use_bias=False, name=name)(x)
    x = layers.BatchNormalization(**_NORM)(x)
    return layers.ReLU()(x) if relu else x


def plain(x: Any, channels: int, kernel: int = 3, times: int = 2, norm: bool = False, stride: int = 1) -> Any:
    """Some convolutions one after the other; the first has the stride. Two of 3x3 are VGG's (Simonyan 2014)."""
    for number in range(times):
        x = conv(x, channels, kernel, stride if number == 0 else 1, norm)
    return x


def residual(x: Any, channels: int, norm: bool = True, stride: int = 1) -> Any:
    """Two 3x3 convolutions whose result is added to what came in (He et al. 2015, figure 2).

    Where the shape changes, a 1x1 convolution brings what came in to the new shape.
    """
    made = conv(conv(x, channels, 3, stride, norm), channels, 3, norm=norm, relu=False)
    return _joined(x, made, channels, stride, norm)


def bottleneck(x: Any, channels: int, norm: bool = True, stride: int = 1, skip: bool = True) -> Any:
    """1x1 to a quarter of the channels, 3x3 there, 1x1 back, and the sum (He et al. 2015, figure 5 right)."""
    inner = max(channels // 4, 1)
    made = conv(conv(x, inner, 1, stride, norm), inner, 3, norm=norm)
    if not skip:
        return conv(made, channels, 1, norm=norm)
    return _joined(x, conv(made, channels, 1, norm=norm, relu=False), channels, stride, norm)


def inception(x: Any, widths: tuple[int, int, int, int, int, int], norm: bool = False) -> Any:
    """Four ways side by side: 1x1; 1x1 and 3x3; 1x1 and 5x5; pooling and 1x1 (Szegedy et al. 2014, figure 2b).

    widths: channels of the 1x1, before the 3x3, of the 3x3, before the 5x5, of the 5x5, behind the pooling.
    """
    layers, (one, before_three, three, before_five, five, pooled) = keras().layers, widths
    ways = [
        conv(x, one, 1, norm=norm),
        conv(conv(x, before_three, 1, norm=norm), three, 3, norm=norm),
        conv(conv(x, before_five, 1, norm=norm), five, 5, norm=norm),
        conv(layers.MaxPooling2D(3, 1, "same")(x), pooled, 1, norm=norm),
    ]
    return layers.Concatenate()(ways)


def inception_widths(channels: int) -> tuple[int, int, int, int, int, int]:
    """Widths for `channels` in all, in about the shares of GoogLeNet's first such block: 64, 96, 128, 16, 32, 32."""
    quarter, eighth, half = max(channels // 4, 1), max(channels // 8, 1), max(channels // 2, 1)
    pooled = max(channels - quarter - half - eighth, 1)
    return quarter, max(3 * channels // 8, 1), half, max(channels // 16, 1), eighth, pooled


def separable(x: Any, channels: int, times: int = 2, norm: bool = False, stride: int = 1) -> Any:
    """A 3x3 convolution within each channel, then a 1x1 across them (Howard et al. 2017: MobileNets, figure 3)."""
    layers = keras().layers
    for number in range(times):
        step = stride if number == 0 else 1
        x = layers.DepthwiseConv2D(3, step, "same", depthwise_initializer="he_normal", use_bias=not norm)(x)
        x = layers.BatchNormalization(**_NORM)(x) if norm else x
        x = conv(layers.ReLU()(x), channels, 1, norm=norm)
    return x


def _joined(x: Any, made: Any, channels: int, stride: int, norm: bool) -> Any:
    if stride != 1 or x.shape[-1] != channels:
        x = conv(x, channels, 1, stride, norm, relu=False)
    return keras().layers.ReLU()(keras().layers.Add()([x, made]))


# What an explorer or a trial offers: name -> function (maps, channels, batch normalisation, stride) -> maps.
BLOCKS = {
    "two 3x3": lambda x, channels, norm, stride: plain(x, channels, 3, 2, norm, stride),
    "one 5x5": lambda x, channels, norm, stride: plain(x, channels, 5, 1, norm, stride),
    "bottleneck": lambda x, channels, norm, stride: bottleneck(x, channels, norm, stride, skip=False),
    "residual": lambda x, channels, norm, stride: residual(x, channels, norm, stride),
    "residual bottleneck": lambda x, channels, norm, stride: bottleneck(x, channels, norm, stride),
    "inception": lambda x, channels, norm, stride: _strided(inception(x, inception_widths(channels), norm), stride),
    "depthwise separable": lambda x, channels, norm, stride: separable(x, channels, 2, norm, stride),
}


def _strided(x: Any, stride: int) -> Any:
    """An inception block keeps the side; a pooling behind it makes it smaller, as in GoogLeNet."""
    return x if stride == 1 else keras().layers.MaxPooling2D(3, stride, "same")(x)


def find(block: str) -> Callable:
    """The function of that name in BLOCKS. Raises ValueError for another name."""
    if block not in BLOCKS:
        raise ValueError(f"there is no block {block!r}; choose one of {', '.join(BLOCKS)}")
    return BLOCKS[block]


def block_model(
    block: str, channels_in: int, channels: int, side: int, times: int = 1, stride: int = 1, norm: bool = False
) -> Any:
    """A keras.Model of a block, or of several one after the other; the first has the stride.

    block: a name in BLOCKS. Maps (side, side, channels_in) go in, as many as `channels` come out. Raises ValueError for
    an unknown block.
    """
    make = find(block)
    inputs = x = keras().Input((side, side, channels_in), name="maps")
    for number in range(times):
        x = make(x, channels, norm, stride if number == 0 else 1)
    return keras().Model(inputs, x, name=block.replace(" ", "_"))
