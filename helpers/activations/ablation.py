"""What is lost when one channel of a layer is switched off, the rest left as it is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from helpers.backbones import Network, as_network
from helpers.runtime import keras, tensorflow


class Effects(NamedTuple):
    """What switching off each channel does to the network's answers.

    moved: float `(channels,)`, how far the probabilities move, the mean Kullback-Leibler divergence over the pictures
    in nats: 0 is nothing. flipped: float `(channels,)`, the share of pictures that get another first class.
    """

    moved: np.ndarray
    flipped: np.ndarray


def ablate_channels(network: Network | Any, layer: str, pictures: np.ndarray, channels: Any = None) -> Effects:
    """Set one channel after the other to its mean over all places and pictures, and ask again.

    pictures: `(n, height, width, 3)`. layer: one that everything behind it passes through. channels: their numbers,
    None for all. The mean is what the following layers are used to, where zero could be something new to them. Raises
    ValueError for an unknown layer or one that another path leads around.
    """
    network = as_network(network)
    try:
        rest = network.compiled(_rest, network.layer(layer).name)
    except ValueError:
        raise ValueError(f"the network cannot be cut at {layer!r}: another path leads around that layer") from None
    maps = network.features_of(pictures, layer)
    before = _log_probabilities(rest(maps).numpy())
    moved, flipped = [], []
    for channel in range(maps.shape[-1]) if channels is None else channels:
        changed = maps.copy()
        changed[..., channel] = maps[..., channel].mean()
        after = _log_probabilities(rest(changed).numpy())
        moved.append((np.exp(before) * (before - after)).sum(axis=-1).mean())
        flipped.append((before.argmax(axis=-1) != after.argmax(axis=-1)).mean())
    return Effects(np.array(moved), np.array(flipped))


def _rest(network: Network, layer: str) -> Any:
    """From a layer's output to the scores before the softmax, compiled once for any number of pictures."""
    tail = keras().Model(network.output_of(layer), network.logits)
    return tensorflow().function(lambda maps: tail(maps, training=False), reduce_retracing=True)


def _log_probabilities(logits: np.ndarray) -> np.ndarray:
    from scipy.special import log_softmax

    return log_softmax(logits.astype(float), axis=-1)
