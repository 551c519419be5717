"""The lecture's small two-class convnet, trained: loaded where an earlier run kept it, else trained in seconds."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from helpers import disk, saving, training
from helpers.backbones.network import Network
from helpers.downloads import cache_folder
from helpers.labels import class_numbers

_VERSION = 1  # to be changed with what training does


def small_network(data: Any, size: int = 64, epochs: int = 15, seed: int = 0, cache: bool = True) -> Network:
    """Return `training.small_convnet`, trained on a data set's training photos at `size` pixels.

    data: an `ImageSet`. The network is kept in the cache folder under a sum of the photos, their labels and the
    settings, so other photos never bring it back. Its probabilities are its only output: it has no logits tensor.
    """
    pictures, labels = data.train.images(size), class_numbers(data.train.labels, data.class_names)
    model = training.small_convnet(size, len(data.class_names), seed=seed)
    total = hashlib.sha256(np.ascontiguousarray(pictures))
    total.update(np.ascontiguousarray(labels))
    total.update(f"{_VERSION} {size} {epochs} {seed} {[layer.get_config() for layer in model.layers]}".encode())
    path = cache_folder() / "networks" / f"small_convnet-{total.hexdigest()[:32]}.keras"
    if cache and os.path.lexists(path):
        stored = _stored(path, model)
        if stored is not None:
            return stored
    training.fit(model, (pictures, labels), None, epochs, seed=seed, label="Training the small convnet")
    network = Network("small_convnet", model, None, size, list(data.class_names))
    if cache:
        with contextlib.suppress(OSError):  # without room on the disk it is trained again the next time
            saving.save(network, path)
    return network


def _stored(path: Path, model: Any) -> Network | None:
    """The network in a file, None when it is damaged in any way: then it is removed, and trained anew."""
    with contextlib.suppress(Exception):  # Keras, h5py and zipfile raise many kinds for what a changed byte does
        network = saving.load(path)
        shapes = [[weight.shape for weight in one.weights] for one in (network.model, model)]
        if shapes[0] == shapes[1] and all(np.isfinite(weight).all() for weight in network.model.get_weights()):
            return network
    with contextlib.suppress(OSError):
        disk.remove(path)
    return None
