"""Gradient ascent in input space: draw the picture that excites a unit most.

Erhan, Bengio, Courville and Vincent: Visualizing Higher-Layer Features of a Deep Network, 2009; Simonyan, Vedaldi and
Zisserman: Deep Inside Convolutional Networks, 2014.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from helpers.backbones import Network, compile_once
from helpers.progress import Progress
from helpers.quiet import tensorflow

BORDER = 16  # pixels: near the edge a unit sees padding, and ascent draws patterns that belong to it


def filter_patterns(
    network: Network,
    layer: str,
    channels: Sequence[int],
    size: int = 160,
    steps: int = 60,
    rate: float = 10.0,
    contrast: float = 10.0,
    seed: int = 0,
) -> np.ndarray:
    """Return, for each channel of a layer, a picture that this channel responds to strongly.

    Starting near the network's mean colour, each step moves every pixel along the gradient of the channel's mean
    activation, divided by its root mean square: I <- I + rate * g / rms(g). size: pixels of the square that is drawn;
    a border of 16 on each side is cut off. rate: in units of 0..255. contrast: standard deviation of the start's
    noise, in the same units. Returns float32 (channels, size - 32, size - 32, 3), 0..255. Raises ValueError for an
    unknown layer, a layer without maps, or a channel that does not exist.
    """
    channels = _checked(network, layer, channels)
    if size <= 2 * BORDER:
        raise ValueError(f"size is {size}, expected more than {2 * BORDER}: a border of {BORDER} pixels is cut off")
    noise = np.random.default_rng(seed).normal(0, contrast, (len(channels), size, size, 3))
    pictures = (network.mean_colour + noise).astype(np.float32)
    gradient = network.compiled(("channel gradient", layer), lambda: _compile(network, layer))
    with Progress(f"filters of {layer}", steps) as progress:
        for _ in range(steps):
            pictures = ascent_step(pictures, gradient(pictures, channels).numpy(), rate)
            progress.update()
    return pictures[:, BORDER:-BORDER, BORDER:-BORDER]


def ascent_step(pictures: np.ndarray, gradients: np.ndarray, rate: float) -> np.ndarray:
    """Move each picture (n, height, width, 3) by `rate` along its gradient of root mean square 1; stay in 0..255.

    A gradient that is zero everywhere (a dead unit) leaves its picture as it is.
    """
    size = np.sqrt(np.mean(gradients**2, axis=(1, 2, 3), keepdims=True))
    direction = np.divide(gradients, size, out=np.zeros_like(gradients), where=size > 0)
    return np.clip(pictures + rate * direction, 0, 255).astype(np.float32)


def _checked(network: Network, layer: str, channels: Sequence[int]) -> np.ndarray:
    """The channels as int32, after a check that the layer has maps and that many channels."""
    shape = network.layer(layer).output.shape
    if len(shape) != 4:
        raise ValueError(f"layer {layer!r} has no maps; choose one before the pooling")
    channels = np.atleast_1d(np.asarray(channels, dtype=np.int32))
    if len(channels) == 0 or channels.min() < 0 or channels.max() >= shape[-1]:
        raise ValueError(f"channels are {channels.tolist()}; layer {layer!r} has channels 0 to {shape[-1] - 1}")
    return channels


def _compile(network: Network, layer: str) -> Callable:
    """Compiled: the gradient of each picture's own channel mean, one trace for every size and number of pictures."""
    tf = tensorflow()
    model = network.features(layer)

    def gradient(pictures, channels):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            means = tf.reduce_mean(tf.cast(model(pictures, training=False), tf.float32), axis=(1, 2))
            objective = tf.reduce_sum(tf.gather(means, channels, axis=1, batch_dims=1))
        return tape.gradient(objective, pictures)

    return compile_once(gradient, tf.TensorSpec((None, None, None, 3)), tf.TensorSpec((None,), tf.int32))
