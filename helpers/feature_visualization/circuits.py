"""Circuits: which units of the layer below make a unit what it is, by its weights.

Olah, Cammarata, Schubert, Goh, Petrov and Carter: Zoom In: An Introduction to Circuits, Distill 2020.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from helpers.activations.maps import check_channel
from helpers.backbones import Network, graph
from helpers.runtime import tensorflow

_CONVOLUTIONS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Dense")
_BEFORE_A_UNIT = ("ReLU", "Activation", "BatchNormalization", "Dropout", "Softmax", "GlobalAveragePooling2D")
_KEEP_CHANNELS = ("MaxPooling2D", "AveragePooling2D", "ZeroPadding2D", "Dropout", "SpatialDropout2D")
_KEEP_CHANNELS += ("GlobalAveragePooling2D", "GlobalMaxPooling2D", "Cropping2D")


class Connection(NamedTuple):
    """One input of a unit.

    layer, channel: where it comes from. weight: the sum of its kernel, batch norm of the unit's side included: above 0
    it excites. kernel: float32 (rows, columns). strength: the kernel's Euclidean norm, times the input's standard
    deviation over the photos where photos are given; connections are sorted by it.
    """

    layer: str
    channel: int
    weight: float
    kernel: np.ndarray
    strength: float


def strongest_inputs(
    network: Network, layer: str, channel: int, count: int = 4, photos: np.ndarray | None = None
) -> list[Connection]:
    """The strongest inputs of a channel one layer down, strongest first.

    layer: a convolution or dense layer, or the batch norm or ReLU after one. photos: (n, height, width, 3); a large
    weight from a channel that never changes does nothing, so with photos each kernel counts by how much its input
    varies on them. Raises ValueError for an unknown layer, one without a single convolution behind it, or a channel
    that does not exist.
    """
    kernels, sources = weights_into(network, layer, channel)
    spread = np.ones(len(sources))
    if photos is not None:
        convolution, _ = _convolution(network, layer)
        below = _values(network, convolution, photos)
        spread = below.reshape(-1, below.shape[-1]).std(axis=0)[_used(convolution, channel)]
    strength = np.sqrt((kernels**2).sum(axis=(0, 1))) * spread
    return [
        Connection(*sources[i], float(kernels[:, :, i].sum()), kernels[:, :, i], float(strength[i]))
        for i in np.argsort(-strength)[:count]
    ]


def weights_into(network: Network, layer: str, channel: int) -> tuple[np.ndarray, list[tuple[str, int]]]:
    """The kernels of a channel, float32 (rows, columns, inputs), and where each input comes from: (layer, channel).

    The scale of a batch norm behind the convolution is multiplied in; a depthwise channel has one input.
    """
    convolution, scale = _convolution(network, layer)
    check_channel(channel, convolution.outputs[0].shape[-1], f"layer {layer!r}")
    kernels = _kernels(convolution.operation, channel) * (1.0 if scale is None else scale[channel])
    sources = _sources(convolution.inputs[0])
    return kernels.astype(np.float32), [sources[i] for i in _used(convolution, channel)]


def contributions(network: Network, layer: str, channel: int, pictures: np.ndarray) -> np.ndarray:
    """What each input adds to the channel's value before its ReLU, mean over places: float32 (n, inputs).

    In the order of `weights_into`. Their sum and the bias are the convolution's own output (times the batch norm's
    scale, before its shift). Raises ValueError as `weights_into` does, and for a dense layer.
    """
    kernels, _ = weights_into(network, layer, channel)
    convolution, _ = _convolution(network, layer)
    if type(convolution.operation).__name__ == "Dense":
        raise ValueError(f"layer {layer!r} is dense and has no places; multiply its weights by its input instead")
    below = _values(network, convolution, pictures)[..., _used(convolution, channel)]
    layer = convolution.operation
    each = tensorflow().nn.depthwise_conv2d(below, kernels[..., None], (1, *layer.strides, 1), layer.padding.upper())
    return each.numpy().mean(axis=(1, 2))


def before_relu(network: Network, layer: str) -> str:
    """The name of the layer whose output goes into this ReLU or activation: there no unit is dead.

    A layer that is no activation is returned as it is; so is a convolution with its ReLU inside (VGG16), where only a
    start from noise helps. Raises ValueError for an unknown layer.
    """
    found = graph.call_of(network.output_of(layer))
    if type(found.operation).__name__ not in ("ReLU", "Activation"):
        return layer
    return graph.call_of(found.inputs[0]).operation.name


def _convolution(network: Network, layer: str) -> tuple[graph.Call, np.ndarray | None]:
    """The convolution behind a layer, and the scale per channel of the batch norms between them (None without)."""
    call, scale = graph.call_of(network.output_of(layer)), None
    while type(call.operation).__name__ in _BEFORE_A_UNIT:
        norm = call.operation
        if type(norm).__name__ == "BatchNormalization":
            gamma = 1.0 if norm.gamma is None else np.asarray(norm.gamma)
            own = gamma / np.sqrt(np.asarray(norm.moving_variance) + norm.epsilon)
            scale = own if scale is None else scale * own
        call = graph.call_of(call.inputs[0])
    found = call.operation
    if type(found).__name__ not in _CONVOLUTIONS or getattr(found, "groups", 1) > 1:
        raise ValueError(
            f"layer {layer!r} has no single convolution behind it ({type(found).__name__} {found.name!r}); "
            f"choose a convolution, or the batch norm or ReLU after one"
        )
    return call, scale


def _kernels(convolution: Any, channel: int) -> np.ndarray:
    """The kernels of one channel: (rows, columns, inputs)."""
    kind = type(convolution).__name__
    if kind == "Dense":
        return np.asarray(convolution.kernel)[None, None, :, channel]
    if kind == "Conv2D":
        return np.asarray(convolution.kernel)[..., channel]
    if kind == "DepthwiseConv2D":
        kernel, times = np.asarray(convolution.kernel), convolution.depth_multiplier
        return kernel[:, :, channel // times, channel % times][..., None]
    depthwise, pointwise = (np.asarray(weight) for weight in convolution.get_weights()[:2])
    return np.einsum("rcim,im->rci", depthwise, pointwise[0, 0, :, channel].reshape(depthwise.shape[2:]))


def _used(convolution: graph.Call, channel: int) -> np.ndarray:
    """The numbers of the input channels that one channel is made of."""
    if type(convolution.operation).__name__ == "DepthwiseConv2D":
        return np.array([channel // convolution.operation.depth_multiplier])
    return np.arange(convolution.inputs[0].shape[-1])


def _sources(tensor: Any) -> list[tuple[str, int]]:
    """For each channel of a tensor the layer it comes from and its channel there, through pooling and concatenation."""
    layer, inputs, *_ = graph.call_of(tensor)
    kind = type(layer).__name__
    if kind in _KEEP_CHANNELS:
        return _sources(inputs[0])
    if kind == "Concatenate":
        return [source for one in inputs for source in _sources(one)]
    return [(layer.name, number) for number in range(tensor.shape[-1])]


def _values(network: Network, convolution: graph.Call, pictures: np.ndarray) -> np.ndarray:
    """What goes into a convolution for a batch of pictures, as float32."""
    below = graph.call_of(convolution.inputs[0]).operation.name
    return np.concatenate([network.features_of(one, below) for one in network.batch(pictures)])
