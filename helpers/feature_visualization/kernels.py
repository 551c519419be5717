"""The kernels of the first convolution as pictures, and which filters of a layer are alike.

Krizhevsky, Sutskever and Hinton: ImageNet Classification with Deep Convolutional Neural Networks, 2012, figure 3.
"""

from __future__ import annotations

import numpy as np

from helpers import images
from helpers.activations import receptive_field
from helpers.backbones import Network, as_network, graph
from helpers.feature_visualization.objectives import map_model
from helpers.runtime import keras, tensorflow


def kernels(network: Network, layer: str | None = None) -> np.ndarray:
    """The kernels of the first convolution as the picture meets them: float32 (filters, rows, columns, 3), RGB.

    Measured, not read: the gradient of the middle unit, before any ReLU, with respect to the picture, so the order of
    the colours and the scale of the preprocessing are in it (per step of 0..255). layer: None for the first
    convolution; a later one is right only if everything up to it is linear. Raises ValueError for an unknown layer, one
    that is no convolution, or a network without convolutions.
    """
    tf, network = tensorflow(), as_network(network)
    known = [one.name for one in network.model.layers if isinstance(one, keras().layers.Conv2D)]
    if not known:
        raise ValueError(f"{network.name} has no convolution, so there are no kernels to look at")
    convolution = network.layer(layer or known[0])
    if convolution.name not in known:
        raise ValueError(f"layer {convolution.name!r} is no convolution; the first is {known[0]!r}")
    below = graph.call_of(graph.call_of(network.output_of(convolution.name)).inputs[0]).operation.name
    below_of = map_model(network, [below], sizes=False)
    field = receptive_field(network, convolution.name)
    middle = [
        -(-(2 * size - start) // stride)
        for size, start, stride in zip(field.size, field.start, field.stride, strict=True)
    ]
    top, left = (s + m * step for s, m, step in zip(field.start, middle, field.stride, strict=True))
    count = convolution.filters
    pictures = tf.constant(np.tile(network.mean_colour, (count, 4 * field.size[0], 4 * field.size[1], 1)))
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        linear = convolution.convolution_op(below_of(pictures)[0], convolution.kernel)
        own = tf.gather(tf.cast(linear[:, middle[0], middle[1]], tf.float32), np.arange(count), axis=1, batch_dims=1)
        total = tf.reduce_sum(own)
    slope = tape.gradient(total, pictures).numpy()
    return slope[:, top : top + field.size[0], left : left + field.size[1]]


def kernel_pictures(kernels: np.ndarray, scale: str = "own", side: int = 44) -> np.ndarray:
    """Kernels (n, rows, columns, 3) as uint8 pictures (n, side, side, 3): zero is mid grey, more is brighter.

    scale: "own" stretches each kernel by its own largest weight, "all" every kernel by the largest of all, so that weak
    ones look weak. A kernel of zeros is grey. Raises ValueError for another scale.
    """
    if scale not in ("own", "all"):
        raise ValueError(f"scale is {scale!r}, expected 'own' (each alone) or 'all' (one for all)")
    largest = np.abs(kernels).max(axis=(1, 2, 3), keepdims=True)
    if scale == "all":
        largest = np.full_like(largest, largest.max(initial=0))
    shares = np.divide(kernels, largest, out=np.zeros_like(kernels), where=largest > 0)
    pictures = np.round(127.5 + 127.5 * shares).astype(np.uint8)
    return np.stack([images.resize(picture, (side, side), "nearest") for picture in pictures])


def zero_kernels(kernels: np.ndarray, share: float = 1e-3) -> np.ndarray:
    """Which kernels (n, rows, columns, 3) are zero: their largest weight is below `share` of the largest of all."""
    largest = np.abs(kernels).max(axis=(1, 2, 3))
    return largest < share * largest.max(initial=0)


def activation_correlation(network: Network, layer: str, photos: np.ndarray) -> np.ndarray:
    """The correlation of every two channels of a layer over all places of all photos: float64 (channels, channels).

    photos: (n, height, width, 3), taken one by one. A channel that never changes has no correlation: 0, and 0 with
    itself. Raises ValueError for an unknown layer.
    """
    count, total, products = 0, 0.0, 0.0
    network = as_network(network)
    for photo in network.batch(photos):
        values = network.features_of(photo, layer).astype(np.float64)
        values = values.reshape(-1, values.shape[-1])
        count += len(values)
        total = total + values.sum(axis=0)
        products = products + values.T @ values
    covariance = products / count - np.outer(total, total) / count**2
    spread = np.sqrt(np.diag(covariance).clip(0))
    spread[spread < 1e-6 * spread.max(initial=0)] = 0
    scale = np.outer(spread, spread)
    return np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0).clip(-1, 1)


def most_alike(correlation: np.ndarray, count: int = 4) -> list[tuple[int, int, float]]:
    """The pairs of different channels with the largest correlation, as (channel, channel, correlation), best first."""
    rows, columns = np.triu_indices(len(correlation), 1)
    order = np.argsort(-correlation[rows, columns])[:count]
    return [(int(rows[i]), int(columns[i]), float(correlation[rows[i], columns[i]])) for i in order]
