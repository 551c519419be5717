"""What tells most about a unit: pieces of photos that excite it, its kernel, or its map? A quiz with a blind judge.

Each unit gets a card of one kind. A new piece of a photo that excites one of some units has to be laid to its card. The
judge is another network, which compares how the pictures look and knows nothing else; chance is one in the number of
units.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers import images
from helpers.activations.maps import layer_maps
from helpers.activations.top_patches import TopActivations, patches, top_k
from helpers.backbones import Network, graph

_CARD = 3  # pieces of photos on a card; the next one is the new piece
KINDS = ("pieces of photos", "kernel", "map of a photo")


def matchable(found: TopActivations, layer: str, count: int) -> list[int]:
    """The first channels of a searched layer that four photos or more excite. Raises ValueError if they are fewer."""
    good = [c for c in range(len(found.answers[layer])) if len(top_k(found, layer, c, _CARD + 1)) == _CARD + 1]
    if len(good) < count:
        raise ValueError(f"{len(good)} channels of {layer!r} are excited by {_CARD + 1} photos; {count} were asked for")
    return good[:count]


def kernel_of(network: Network, layer: str) -> np.ndarray:
    """The kernels of the convolution behind a layer, float32 (rows, columns, inputs, channels).

    Raises ValueError where none comes before it in a line.
    """
    call = graph.call_of(network.output_of(layer))
    while not hasattr(call.operation, "kernel"):
        if len(call.inputs) != 1:
            raise ValueError(f"{layer!r} does not come from one convolution")
        call = graph.call_of(call.inputs[0])
    return np.asarray(call.operation.kernel)


def cards(found: TopActivations, layer: str, channels: list[int], side: int = 64) -> dict[str, np.ndarray]:
    """Cards of every kind, and the new pieces: name -> uint8 (channels, pictures of a card, side, side, 3).

    "pieces of photos": the three that excite the unit most, each from another photo; "new piece": the fourth. "kernel":
    summed over the channels that it reads, grey is zero. "map of a photo": the unit's own, of the strongest photo.
    """
    pieces = np.stack([patches(found, layer, channel, _CARD + 1, side, values=False) for channel in channels])
    kernels = kernel_of(found.network, layer).sum(axis=2)
    made: dict[str, list] = {kind: [] for kind in KINDS[1:]}
    for channel in channels:
        photo = found.collection.pictures[top_k(found, layer, channel, 1)[0].picture]
        one = layer_maps(found.network, photo, layer)[..., channel]
        kernel = kernels[..., channel]
        made["kernel"].append(_grey(kernel / (2 * np.abs(kernel).max()) + 0.5, side))
        made["map of a photo"].append(_grey(one / one.max(), side))
    return {
        KINDS[0]: pieces[:, :_CARD],
        **{kind: np.stack(one)[:, None] for kind, one in made.items()},
        "new piece": pieces[:, _CARD:],
    }


def matched(made: dict[str, np.ndarray], judge: Network | Any, group: int = 8) -> dict[str, np.ndarray]:
    """Which new pieces a judge lays to the right card of its group: kind of card -> bool (channels,).

    judge: a network; pictures are alike where the features before its classifier point the same way, measured from the
    mean of their kind. group: units among which each piece is laid; what is left over when channels are divided into
    groups stays out.
    """
    count = len(made["new piece"]) // group * group
    layer, features = judge.vgg_equivalent("fc2"), {}
    for kind, pictures in made.items():
        flat = pictures[:count].reshape(-1, *pictures.shape[2:]).astype(np.float32)
        rows = np.asarray(judge.features_of(flat, layer, photos=len(flat))).reshape(count, pictures.shape[1], -1)
        rows = rows.mean(axis=1)
        rows -= rows.mean(axis=0)
        features[kind] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    new = features.pop("new piece").reshape(-1, group, features[KINDS[0]].shape[-1])
    alike = {kind: new @ rows.reshape(new.shape).swapaxes(1, 2) for kind, rows in features.items()}
    return {kind: (one.argmax(axis=2) == np.arange(group)).ravel() for kind, one in alike.items()}


def kernel_likeness(found: TopActivations, layer: str, channels: list[int], count: int = 4) -> np.ndarray:
    """How much each unit's kernel looks like what excites it, more than like what excites other units: (channels,).

    The correlation of the kernel, summed over the channels that it reads, with the mean of the strongest pieces of
    photos, grey and as small as the kernel, minus its mean correlation with those of the other units.
    """
    kernels = kernel_of(found.network, layer).sum(axis=2)[..., channels]
    shape = kernels.shape[:2]
    means = []
    for channel in channels:
        pieces = patches(found, layer, channel, count, 16 * max(shape), values=False)
        means.append(np.mean([images.resize(piece, shape).mean(axis=-1) for piece in pieces], axis=0).ravel())
    alike = np.corrcoef(kernels.reshape(-1, len(channels)).T, np.stack(means))[: len(channels), len(channels) :]
    own = np.diag(alike)
    return own - (alike.sum(axis=1) - own) / (len(channels) - 1)


def _grey(values: np.ndarray, side: int) -> np.ndarray:
    picture = np.repeat((255 * np.clip(values, 0, 1)).round().astype(np.uint8)[..., None], 3, axis=-1)
    return images.resize(picture, (side, side), "nearest")
