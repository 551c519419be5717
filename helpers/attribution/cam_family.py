"""The relatives of Grad-CAM: class activation maps in closed form, HiRes-CAM, Layer-CAM, Grad-CAM++ and Score-CAM.

All weigh the maps A_k of one layer and add them up; they differ in the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers import images
from helpers.attribution.cam import activations_and_gradients
from helpers.attribution.targets import asking, class_numbers, maps_layer, needs_classifier, one_or_all
from helpers.backbones import Network, graph
from helpers.runtime import Report

# Between the average and the scores only what changes nothing at work; an activation there bends the sum.
_NOTHING = ("Dropout", "SpatialDropout1D", "AlphaDropout", "GaussianDropout", "GaussianNoise", "Identity")


def hires_cam(network: Network, pictures: np.ndarray, class_: Any = None, layer: str | None = None) -> np.ndarray:
    """HiRes-CAM: ReLU of the sum over k of (d score / d A_k) A_k, place by place, with no mean over places.

    Draelos and Carin: Use HiResCAM instead of Grad-CAM for faithful explanations, 2020, equation 3. Arguments, shapes
    and errors as in `grad_cam`.
    """
    activations, gradients = activations_and_gradients(network, pictures, class_, layer)
    return one_or_all(network, np.maximum((activations * gradients).sum(axis=-1), 0), pictures)


def layer_cam(network: Network, pictures: np.ndarray, class_: Any = None, layer: str | None = None) -> np.ndarray:
    """Layer-CAM: ReLU of the sum over k of ReLU(d score / d A_k) A_k: only gradients that speak for the class.

    Jiang et al.: LayerCAM: Exploring Hierarchical Class Activation Maps for Localization, IEEE TIP 2021, equation 6.
    Arguments, shapes and errors as in `grad_cam`.
    """
    activations, gradients = activations_and_gradients(network, pictures, class_, layer)
    return one_or_all(network, np.maximum((activations * np.maximum(gradients, 0)).sum(axis=-1), 0), pictures)


def grad_cam_plus_plus(
    network: Network, pictures: np.ndarray, class_: Any = None, layer: str | None = None
) -> np.ndarray:
    """Grad-CAM++: the positive gradients are averaged with weights that favour small objects.

    Chattopadhyay et al.: Grad-CAM++, WACV 2018, equations 10 and 19, for the exponential of the score, whose second
    and third derivatives are powers of the gradient G: weight = G^2 / (2 G^2 + G^3 * sum over places of A), and 0 where
    G is 0. Arguments, shapes and errors as in `grad_cam`.
    """
    activations, gradients = activations_and_gradients(network, pictures, class_, layer)
    squares = gradients**2
    below = 2 * squares + squares * gradients * activations.sum(axis=(1, 2), keepdims=True)
    weights = np.divide(squares, below, out=np.zeros_like(below), where=below != 0)
    alpha = (weights * np.maximum(gradients, 0)).sum(axis=(1, 2))
    return one_or_all(network, np.maximum((activations * alpha[:, None, None]).sum(axis=-1), 0), pictures)


def score_cam(
    network: Network,
    picture: np.ndarray,
    class_: str | int | None = None,
    layer: str | None = None,
    channels: int | None = 64,
    batch: int = 8,
    report: Report | None = None,
) -> np.ndarray:
    """Score-CAM: no gradient; each map, enlarged and scaled to 0..1, is a mask, and its weight what the class gains.

    Wang et al.: Score-CAM, CVPR Workshops 2020, equations 4 to 6: weights = softmax over channels of the score of
    picture x mask; masked pixels take the network's mean colour. picture: one (height, width, 3). channels: only the
    ones with the largest spread of activations, None for all (one forward pass each). Returns float32 (rows, columns).
    Raises ValueError as `grad_cam`; `report` is called after every batch.
    """
    picture, scores = asking(network, picture, class_, "Score-CAM", batch)
    activations = network.features_of(picture, maps_layer(network, layer))[0]
    order = np.argsort(np.ptp(activations, axis=(0, 1)))[::-1][: channels or None]

    def masked(some: np.ndarray) -> np.ndarray:
        return np.stack([_masked(network, picture, activations[..., k]) for k in some])

    gains = scores(order, masked, report)
    weights = np.exp(gains - gains.max())
    return np.maximum(activations[..., order] @ (weights / weights.sum()), 0).astype(np.float32)


def class_activation_map(
    network: Network, pictures: np.ndarray, class_: str | int | Sequence[str | int] | None = None
) -> np.ndarray:
    """The class activation map, read off the weights with no gradient: sum over k of w_kc A_k; mean + bias = score.

    Zhou et al.: Learning Deep Features for Discriminative Localization, CVPR 2016, equation 2. It needs a network whose
    maps are averaged over all places and then weighted by one dense layer with no activation between, or whose last
    convolution has one map per class (SqueezeNet). Returns float32 (rows, columns), or (n, rows, columns) for a batch;
    negative values stay. Raises ValueError, with what to use instead, for a network with another head.
    """
    batch = network.batch(pictures)
    needs_classifier(network)
    maps, kernel = _closed_form(network)
    activations = network.features_of(batch, maps)
    classes = class_numbers(network, batch, class_)
    if kernel is None:
        heat = np.take_along_axis(activations, classes[:, None, None, None], axis=-1)[..., 0]
    else:
        weights = np.asarray(kernel, np.float32)
        column = weights[:, classes] if weights.shape[1] > 1 else weights * np.where(classes == 1, 1, -1)
        heat = np.einsum("nijk,kn->nij", activations, column, optimize=True)
    return one_or_all(network, heat.astype(np.float32), pictures)


def _closed_form(network: Network) -> tuple[str, Any]:
    """(The layer of the maps that are averaged, dense kernel or None), or ValueError."""
    call, kernel = graph.call_of(network.logits), None
    if type(call.operation).__name__ == "Dense" and graph.does(call) == "linear":
        kernel, call = call.operation.kernel, graph.call_of(call.inputs[0])
    while type(call.operation).__name__ in _NOTHING or _is_linear(call):
        call = graph.call_of(call.inputs[0])
    if type(call.operation).__name__ == "GlobalAveragePooling2D":
        return graph.call_of(call.inputs[0]).operation.name, kernel
    raise ValueError(
        f"{network.name} does not end in a global average and one dense layer with nothing between them but dropout "
        f"(here comes {call.operation.name!r}; VGG16 has three dense layers, which mix the places), so its class "
        f"activation map has no closed form; grad_cam() works on any head"
    )


def _is_linear(call: graph.Call) -> bool:
    return type(call.operation).__name__ == "Activation" and graph.does(call) == "linear"


def _masked(network: Network, picture: np.ndarray, activation: np.ndarray) -> np.ndarray:
    """The picture where a map is high, the network's mean colour where it is low."""
    low, spread = activation.min(), np.ptp(activation)
    mask = (activation - low) / spread if spread > 0 else np.zeros_like(activation)
    mask = images.resize(mask, picture.shape[:2], "bilinear")[..., None]
    return mask * picture + (1 - mask) * network.mean_colour
