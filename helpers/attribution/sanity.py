"""Sanity checks: does a map depend on what the network has learned?

Adebayo et al.: Sanity Checks for Saliency Maps, NeurIPS 2018: randomise the weights from the top down; a map that stays
the same shows the photo and the architecture, not the network's knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.backbones import Network
from helpers.runtime import keras, tensorflow
from helpers.transfer import clone


def randomised(
    network: Network, down_to: str | None = None, seed: int = 0, calibrate: np.ndarray | None = None
) -> Network:
    """Return a copy whose weights are random from the top down to the layer `down_to` (with it); None: all of them.

    The values inside each weight array are shuffled, so that their distribution stays. calibrate: pictures (n, height,
    width, 3) on which the statistics of batch normalisation are measured anew; without that, activations of a
    randomised network die out or explode. Draws with `seed`. Raises ValueError for an unknown layer.
    """
    made = clone(network)
    _randomise(made, down_to, seed, calibrate)
    return made


def _randomise(made: Network, down_to: str | None, seed: int, calibrate: np.ndarray | None) -> None:
    """What `randomised` does, in place."""
    if down_to is not None:
        made.layer(down_to)
    keras().utils.set_random_seed(seed)
    numbers = np.random.default_rng(seed)
    for layer in reversed(made.model.layers):
        if layer.weights and not _normalises(layer):
            layer.set_weights([numbers.permutation(w.ravel()).reshape(w.shape) for w in layer.get_weights()])
        if layer.name == down_to:
            break
    if calibrate is not None:
        _recalibrate(made, calibrate)


def _recalibrate(network: Network, pictures: np.ndarray) -> None:
    """Set the moving statistics of every batch normalisation to those of one batch of pictures, in place."""
    layers = [layer for layer in network.model.layers if _normalises(layer)]
    kept = [(layer.momentum, layer.trainable) for layer in layers]
    for layer in layers:
        layer.momentum, layer.trainable = 0.0, True
    network.compiled(_batch_statistics)(network.batch(pictures))
    for layer, (momentum, trainable) in zip(layers, kept, strict=True):
        layer.momentum, layer.trainable = momentum, trainable


def _batch_statistics(network: Network) -> Callable:
    """The network in training mode, in which batch normalisation takes note of a batch's statistics."""
    model = network.model
    return tensorflow().function(lambda batch: model(batch, training=True))


def cascade(
    network: Network,
    picture: np.ndarray,
    methods: dict[str, Callable[[Network, np.ndarray], np.ndarray]],
    layers: Sequence[str],
    calibrate: np.ndarray | None = None,
    seed: int = 0,
) -> tuple[dict[str, list[np.ndarray]], dict[str, list[float]]]:
    """Randomise from the top down to each of `layers` and draw the methods' maps anew: (maps, likeness to the first).

    methods: name -> function (network, picture) -> map. The first map of each is the intact network's. The likeness is
    `similarity`. `calibrate` and `seed` as in `randomised`. Give the class in the methods: a randomised network
    has another most probable one. All of it happens on one copy, so whoever asks the network meanwhile
    gets right answers.
    """
    made, start = clone(network), network.model.get_weights()
    maps: dict[str, list[np.ndarray]] = {name: [method(made, picture)] for name, method in methods.items()}
    for layer in layers:
        made.model.set_weights(start)
        _randomise(made, layer, seed, calibrate)
        for name, method in methods.items():
            maps[name].append(method(made, picture))
    return maps, {name: [similarity(found[0], one) for one in found] for name, found in maps.items()}


def similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Rank correlation (Spearman) of two maps' values, -1..1; a constant map, which says nothing, gives 0."""
    from scipy.stats import spearmanr

    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(np.ravel(first), np.ravel(second)).statistic)


def edges(picture: np.ndarray) -> np.ndarray:
    """An edge detector as a map, the rival that knows no network: Sobel on the grey values, float32 (height, width)."""
    from scipy.ndimage import sobel

    grey = np.asarray(picture, np.float32).mean(axis=-1)
    return np.hypot(sobel(grey, axis=0), sobel(grey, axis=1))


def from_the_top(network: Network, count: int) -> list[str]:
    """Names of `count` layers with weights, evenly from the last to the first, for `cascade`."""
    names = [la.name for la in reversed(network.model.layers) if la.weights and not _normalises(la)]
    places = np.unique(np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int))
    return [names[place] for place in places]


def _normalises(layer: Any) -> bool:
    return isinstance(layer, keras().layers.BatchNormalization)
