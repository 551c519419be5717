"""Grad-CAM: which places of a layer's maps raise the score of a class.

Selvaraju et al.: Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, ICCV 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from helpers.attribution.targets import (
    class_numbers,
    class_scores,
    maps_layer,
    needs_classifier,
    one_or_all,
)
from helpers.backbones import Network, compile_once
from helpers.runtime import keras, tensorflow


def grad_cam(
    network: Network,
    pictures: np.ndarray,
    class_: str | int | Sequence[str | int] | None = None,
    layer: str | None = None,
    relu: str | None = "after",
) -> np.ndarray:
    """Return the Grad-CAM heat map of a class at the resolution of a layer (equations 1 and 2 of the paper).

    pictures: one (height, width, 3) or a batch (n, height, width, 3), RGB 0..255, as the network takes them
    (`network.prepare(photo)`). class_: a name, a number, one of these per picture, or None for the most probable class.
    layer: None for the last maps. relu: "after" the sum over channels (the paper), "inside" it (lecture 004), or None.
    Returns float32 (rows, columns), or (n, rows, columns) for a batch; not normalised, so maps can be compared.
    Raises ValueError for an unknown class or layer, a layer without maps, or a network without a classifier.
    """
    activations, gradients = activations_and_gradients(network, pictures, class_, layer)
    return one_or_all(network, weighted_map(activations, gradients, relu), pictures)


def weighted_map(activations: np.ndarray, gradients: np.ndarray, relu: str | None = "after") -> np.ndarray:
    """Sum the channels of `activations`, each weighted by the mean of its gradient.

    Both are (n, rows, columns, channels); the result is float32 (n, rows, columns):
    alpha_k = mean over places of d score / d A_k, map = ReLU(sum over k of alpha_k A_k).
    Raises ValueError when `relu` is not "after", "inside" or None.
    """
    if relu not in ("after", "inside", None):
        raise ValueError(f"relu is {relu!r}, expected 'after' (the paper), 'inside' (lecture 004) or None")
    alpha = gradients.mean(axis=(1, 2))
    if relu == "inside":
        return np.maximum(activations * alpha[:, None, None, :], 0).sum(axis=-1)
    maps = np.einsum("nijk,nk->nij", activations, alpha, optimize=True)
    return np.maximum(maps, 0) if relu == "after" else maps


def activations_and_gradients(
    network: Network,
    pictures: np.ndarray,
    class_: str | int | Sequence[str | int] | None = None,
    layer: str | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return a layer's activations A and the gradient of the class score with respect to them.

    Both are float32 (n, rows, columns, channels). The score is the logit, the value before the softmax: the gradient
    of a probability near 1 vanishes. A network with one sigmoid output has no logit for class 0; -z stands for it.
    Raises as `grad_cam` does.
    """
    batch = network.batch(pictures)
    needs_classifier(network)
    layer = maps_layer(network, layer)
    classes = class_numbers(network, batch, class_)
    function = network.compiled(_compile, layer)
    activations, gradients = function(batch, classes)
    return activations.numpy(), gradients.numpy()


def _compile(network: Network, layer: str) -> Callable:
    """One compiled function for a layer: pictures and class numbers in, activations and gradients out."""
    tf = tensorflow()
    model = keras().Model(network.model.inputs[0], [network.output_of(layer), network.logits])

    def call(pictures, classes):
        activations, logits = model(pictures, training=False)
        score = tf.reduce_sum(class_scores(logits, classes))  # pictures do not touch each other's score
        # Not a tape: it would also write down the way from this layer back to the pixels, which nobody asks for.
        gradients = tf.gradients(score, activations, unconnected_gradients="zero")[0]
        return tf.cast(activations, tf.float32), tf.cast(gradients, tf.float32)

    return compile_once(call, network.signature, tf.TensorSpec((None,), tf.int32))
