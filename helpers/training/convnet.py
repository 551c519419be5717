"""The lecture's small convnet, a training loop with a progress bar, and measures."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import timeit
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from helpers import runtime
from helpers.backbones import Network
from helpers.datasets.labels import class_numbers
from helpers.files import cache_folder, disk
from helpers.images.loading import refuse_zero_to_one
from helpers.training import saving

_FILTERS = (16, 32, 64, 64)
_VERSION = 1  # of a kept network: to be changed with what training does


def small_convnet(
    input_size: int = 96,
    classes: int = 2,
    dropout: float = 0.0,
    augmentation: Any = None,
    seed: int = 0,
    filters: tuple[int, ...] = _FILTERS,
    channels: int = 3,
    learning_rate: float = 1e-3,
) -> Any:
    """Return a compiled convnet that is trained from scratch: convolution and pooling, again and again, then dense.

    Pictures `(input_size, input_size, channels)`, 0..255, go in; probabilities `(classes,)` come out. Each number in
    `filters` is a 3x3 convolution with ReLU and that many filters, followed by 2x2 max pooling; then flatten, dropout
    (the rate, 0 to below 1; 0 leaves the layer out) and dense 64. augmentation: what `training.pipeline` returns;
    it is the first layer and works in training only. The weights are drawn with `seed`. Adam, cross-entropy, accuracy.
    Raises ValueError for a size that the poolings use up, fewer than two classes, or a rate out of range.
    """
    if input_size < (least := 2 ** len(filters)):
        raise ValueError(f"input_size is {input_size}; {len(filters)} poolings need {least} pixels or more.")
    if classes < 2:
        raise ValueError(f"classes is {classes}; give 2 or more.")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is {dropout}; give a rate from 0 to below 1, for example 0.5.")
    keras = runtime.keras()
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    inputs = keras.Input((input_size, input_size, channels), name="pictures")
    x = inputs if augmentation is None else augmentation(inputs)
    x = layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(x)
    for number, width in enumerate(filters, start=1):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv{number}")(x)
        x = layers.MaxPooling2D(name=f"pool{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed, name="dropout")(x)
    x = layers.Dense(64, activation="relu", name="dense")(x)
    outputs = layers.Dense(classes, activation="softmax", name="probabilities")(x)
    model = keras.Model(inputs, outputs, name="small_convnet")
    return _compiled(model, learning_rate)


def _compiled(model: Any, learning_rate: float = 1e-3) -> Any:
    """Compile a classifier that puts out probabilities: Adam, cross-entropy on whole-number labels, accuracy."""
    model.compile(
        runtime.keras().optimizers.Adam(learning_rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,  # XLA is 5 to 10 times slower on a processor
    )
    return model


def fit(
    model: Any,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray] | None,
    epochs: int,
    batch_size: int = 20,
    seed: int = 0,
    label: str = "Training",
    callbacks: tuple = (),
    validation_batch: int = 120,
) -> dict[str, list[float]]:
    """Train a compiled model, show the epochs with a progress bar, and return its history.

    train and validation: (pictures, labels) as arrays. The order of the photos and dropout follow `seed`. The history
    is a plain dict with one number per epoch: loss, accuracy (while it learned, so with dropout and on augmented
    pictures), val_loss, val_accuracy (at the end of the epoch, on the pictures as they are), seconds.
    validation_batch: validation photos in memory at once; it changes no number.
    Labels of a classifier are made whole numbers from 0 on (see `labels.class_numbers`); those of a model with another
    loss stay as they are. Raises ValueError for no epoch, no photo, another number of labels than photos, or labels
    that are no numbers of classes.
    """
    if epochs < 1:
        raise ValueError(f"epochs is {epochs}; give 1 or more.")
    for name, part in (("train", train), ("validation", validation)):
        if part is not None and (len(part[0]) != len(part[1]) or not len(part[0])):
            raise ValueError(f"{name} holds {len(part[0])} photos and {len(part[1])} labels; give one label per photo.")
    if any(getattr(layer, "brightness", None) is not None for layer in getattr(model, "layers", ())):
        refuse_zero_to_one(train[0], "The training set")  # the augmentation would make them black or white
    train = (train[0], _known_labels(model, train[1], "The training labels"))
    if validation is not None:
        validation = (validation[0], _known_labels(model, validation[1], "The validation labels"))
    keras = runtime.keras()
    keras.utils.set_random_seed(seed)
    seconds: list[float] = []
    with runtime.Progress(label, epochs, "epochs") as shown:

        class Watch(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
                self.began = time.perf_counter()

            def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
                seconds.append(time.perf_counter() - self.began)
                shown.update()

        history = model.fit(
            *train,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=validation,
            validation_batch_size=validation_batch,
            callbacks=[Watch(), *callbacks],
            verbose=0,
        ).history
    return {**{key: [float(value) for value in values] for key, values in history.items()}, "seconds": seconds}


def _known_labels(model: Any, labels: Any, what: str = "The labels") -> Any:
    """Return the labels that a compiled classifier can learn, checked and as whole numbers from 0 on.

    A classifier is a model of one output whose loss is the cross-entropy of numbered classes (a softmax), or of one
    sigmoid, whose labels have the shape of its output `(n, 1)`. Labels of any other model are returned as they are.
    Raises ValueError as `labels.class_numbers` does.
    """
    loss, outputs = getattr(model, "loss", None), getattr(model, "outputs", None) or []
    name = str(loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", "")))
    if len(outputs) != 1 or len(outputs[0].shape) != 2:
        return labels
    columns = outputs[0].shape[-1]
    if columns is not None and name.startswith("sparse_categorical"):
        return class_numbers(labels, columns, what)
    return class_numbers(labels, 2, what) if columns == 1 and name.startswith("binary_cross") else labels


def small_network(data: Any, size: int = 64, epochs: int = 15, seed: int = 0, cache: bool = True) -> Network:
    """Return `small_convnet`, trained on a data set's training photos at `size` pixels.

    data: an `ImageSet`. The network is kept in the cache folder under a sum of the photos, their labels and the
    settings, so other photos never bring it back. Its probabilities are its only output: it has no logits tensor.
    """
    pictures, labels = data.train.images(size), class_numbers(data.train.labels, data.class_names)
    model = small_convnet(size, len(data.class_names), seed=seed)
    settings = f"{_VERSION} {size} {epochs} {seed} {[layer.get_config() for layer in model.layers]}"
    total = hashlib.sha256(pictures.tobytes() + labels.tobytes() + settings.encode())
    path = cache_folder() / "networks" / f"small_convnet-{total.hexdigest()[:32]}.keras"
    if cache and os.path.lexists(path) and (kept := _kept(path, model)) is not None:
        return kept
    fit(model, (pictures, labels), None, epochs, seed=seed, label="Training the small convnet")
    network = Network("small_convnet", model, None, size, list(data.class_names))
    if cache:
        with contextlib.suppress(OSError):  # without room on the disk it is trained again the next time
            saving.save(network, path)
    return network


def _kept(path: Path, model: Any) -> Network | None:
    """The network in a file, None when it is damaged in any way: then it is removed, and trained anew."""
    with contextlib.suppress(Exception):  # Keras, h5py and zipfile raise many kinds for what a changed byte does
        network = saving.load(path)
        shapes = [[weight.shape for weight in one.weights] for one in (network.model, model)]
        if shapes[0] == shapes[1] and all(np.isfinite(weight).all() for weight in network.model.get_weights()):
            return network
    with contextlib.suppress(OSError):
        disk.remove(path)
    return None


def accuracy(model: Any, pictures: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of photos that the model classifies rightly, at inference: no dropout, no augmentation.

    labels: as for `fit`.
    """
    found = probabilities(model, pictures)
    return float((found.argmax(axis=1) == class_numbers(labels, found.shape[1])).mean())


def probabilities(model: Any, pictures: np.ndarray, batch_size: int = 120) -> np.ndarray:
    """Return the probability of every class at inference, float32 `(n, classes)`, some pictures at a time.

    One sigmoid output, the probability of the second of two classes, gives two columns.
    """
    found = model.predict(pictures, batch_size=batch_size, verbose=0)
    return np.hstack([1 - found, found]) if found.shape[1] == 1 else found


def table(rows: Mapping[str, Mapping[str, Any]]) -> Any:
    """Return results as a pandas table of texts: a line for each name, a column for each key.

    A place is empty where a line has no such key. Whole numbers get commas. Other numbers get three decimals, rounded
    as f"{number:.3f}" does it in figures and sentences: pandas would write 0.962 for 0.9625, where a text says 0.963.
    """
    import pandas as pd

    def text(value: Any) -> str:
        if isinstance(value, int | np.integer) and not isinstance(value, bool):
            return f"{value:,}"
        return f"{value:.3f}" if isinstance(value, float | np.floating) else str(value)

    texts = [{key: text(value) for key, value in row.items()} for row in rows.values()]
    return pd.DataFrame(texts, index=list(rows)).fillna("")


def pictures_per_second(step: Callable[[], Any], pictures: int, repeats: int = 15) -> float:
    """Return how many pictures a step works through in a second, when it takes `pictures` at once.

    step: a function without arguments. The median of `repeats` calls, after one that may compile.
    """
    step()
    seconds = float(np.median(timeit.repeat(step, number=1, repeat=repeats)))
    return pictures / max(seconds, 1e-9)
