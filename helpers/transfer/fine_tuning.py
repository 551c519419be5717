"""Transfer learning: train a new head, then the end of the base, at the price of what really learns.

A base that is frozen up to some layer answers the same to a photo every time; its answers at that boundary are computed
once (`features`), and only what lies behind the boundary is trained on them. Heads and freezing stand in `heads`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers import training
from helpers.backbones import Network, graph
from helpers.datasets.labels import class_numbers
from helpers.runtime import keras
from helpers.runtime.memory import free
from helpers.transfer.features import extract
from helpers.transfer.heads import (
    frozen_boundary,
    head_from,
    scope,
    unfreeze_from,
)


def compiled(model: Any, learning_rate: float = 1e-3, optimizer: str = "adam", strategy: Any = None) -> Any:
    """Compile a Network's model, or a tail of it, for whole-number labels, and return the model.

    optimizer: "adam" or "rmsprop" (the slides'). Cross-entropy and accuracy, for one sigmoid output or for a softmax.
    A model that was compiled alike before, and learns the same weights, keeps its traced training step; its optimizer
    starts anew. Raises ValueError for another optimizer.
    """
    chosen = {"adam": "Adam", "rmsprop": "RMSprop"}.get(optimizer)
    if chosen is None:
        raise ValueError(f"the optimizer is {optimizer!r}, expected 'adam' or 'rmsprop'")
    model = getattr(model, "model", model)
    kind = getattr(keras().optimizers, chosen)
    for layer in model.layers:
        graph.restart_dropout(layer)
    if strategy is None and _restarted(model, kind, learning_rate):
        return model
    one = model.outputs[0].shape[-1] == 1
    with scope(strategy):
        model.compile(
            kind(learning_rate),
            "binary_crossentropy" if one else "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=False,  # XLA is 5 to 10 times slower on a processor
        )
    return model


def _restarted(model: Any, kind: type, learning_rate: float) -> bool:
    """Set the optimizer of a model that was compiled alike to its beginning; False where it must be compiled."""
    optimizer = getattr(model, "optimizer", None)
    if type(optimizer) is not kind or not graph.trains(optimizer, model):
        return False
    for variable in optimizer.variables:
        variable.assign(np.zeros(variable.shape, variable.dtype))
    optimizer.learning_rate = learning_rate
    return True


def fine_tune(
    network: Network,
    layer_name: str,
    train: Any,
    validation: Any,
    epochs: int,
    learning_rate: float = 1e-4,
    optimizer: str = "adam",
    size: int | None = None,
    batch_size: int = 20,
    seed: int = 0,
) -> dict[str, list[float]]:
    """Unfreeze from a layer on, train it and all that follows, and return the history (see `training.fit`).

    train and validation: a `Split` each. What lies before the layer is frozen, so its answers to the photos (at `size`
    pixels) are computed once and kept; only the rest is trained on them, and it costs only that. This is the same
    training as that of the whole network, without augmentation: the frozen part has no dropout at work and its batch
    normalisation uses fixed statistics. Raises ValueError for an unknown layer.
    """
    unfreeze_from(network, layer_name)
    at = frozen_boundary(network, layer_name)
    part = compiled(network.model if at is None else head_from(network, at), learning_rate, optimizer)
    inputs = [inputs_at(network, photos, at, size) for photos in (train, validation)]
    label = f"Training from {layer_name} on"
    sets = [(x, photos.labels) for x, photos in zip(inputs, (train, validation), strict=True)]
    history = training.fit(part, *sets, epochs, batch_size, seed, label, validation_batch=batch_size)
    free()
    return history


def train(
    network: Network,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray] | None,
    epochs: int,
    learning_rate: float = 1e-3,
    optimizer: str = "adam",
    augmentation: Any = None,
    batch_size: int = 20,
    seed: int = 0,
) -> dict[str, list[float]]:
    """Train whatever is trainable, end to end: every photo goes through the whole network in every epoch.

    train and validation: (pictures, labels). augmentation: what `training.pipeline` returns; the training pictures
    are then changed anew in every epoch, the validation pictures never. Returns the history (see `training.fit`).
    """
    model = network.model
    if augmentation is not None:
        model = _with_augmentation(network, augmentation, train[0].shape[1])
    model, sets = compiled(model, learning_rate, optimizer), (train, validation)
    history = training.fit(model, *sets, epochs, batch_size, seed, validation_batch=batch_size)
    free()
    return history


def inputs_at(network: Network, photos: Any, at: str | None, size: int | None = None) -> np.ndarray:
    """What enters the part behind the layer `at` for every photo of a Split: features, or for None the pictures."""
    size = size or network.input_size
    return photos.images(size) if at is None else extract(network, photos, at, size)


def _with_augmentation(network: Network, augmentation: Any, size: int) -> Any:
    """Return a `keras.Model` that augments pictures in training and then asks the network, whose weights it trains.

    For training only: it holds the network as one layer; the network itself stays flat.
    """
    pictures = keras().Input((size, size, 3), name="pictures")
    return keras().Model(pictures, network.model(augmentation(pictures)), name="with_augmentation")


def predict(model: Network | Any, inputs: np.ndarray, batch_size: int = 32) -> np.ndarray:
    """Return the probability of every class, float32 `(n, classes)`, also for one sigmoid output.

    model: a Network, or a tail of one with the features it takes as inputs. At inference: no dropout.
    """
    if isinstance(model, Network):
        starts = range(0, len(inputs), batch_size)
        found = np.concatenate([model.probabilities(inputs[start : start + batch_size]) for start in starts])
    else:
        found = model.predict(inputs, batch_size=batch_size, verbose=0)
    return np.hstack([1 - found, found]) if found.shape[1] == 1 else found


def accuracy(model: Network | Any, inputs: np.ndarray, labels: np.ndarray) -> float:
    """Share of inputs that are classified rightly, at inference."""
    found = predict(model, inputs)
    return float((found.argmax(axis=1) == class_numbers(labels, found.shape[1])).mean())


def batch_norm_statistics(network: Network) -> dict[str, np.ndarray]:
    """The moving mean and variance of every batch normalisation layer, one row each, to see whether they moved."""
    found = [layer for layer in network.model.layers if isinstance(layer, keras().layers.BatchNormalization)]
    return {layer.name: np.stack([layer.moving_mean.numpy(), layer.moving_variance.numpy()]) for layer in found}


def weights(network: Network) -> dict[str, np.ndarray]:
    """A copy of every layer's trainable kind of weights, in one row per layer; batch normalisation is left out."""
    normalisation = keras().layers.BatchNormalization
    found = [layer for layer in network.model.layers if layer.weights and not isinstance(layer, normalisation)]
    return {layer.name: np.concatenate([np.ravel(w) for w in layer.get_weights()]) for layer in found}


def weight_change(before: dict[str, np.ndarray], network: Network) -> dict[str, float]:
    """How far each layer's weights moved since `weights(network)`: the length of the move over their length then."""
    now = weights(network)
    moved = {name: np.linalg.norm(now[name] - old) for name, old in before.items() if name in now}
    return {name: float(length / (np.linalg.norm(before[name]) or 1.0)) for name, length in moved.items()}
