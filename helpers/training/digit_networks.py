"""The Keras networks of lecture 003 for 28 x 28 digits, and a way to train one again without compiling it anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import runtime

_SHAPE, _CLASSES = (28, 28, 1), 10


def dense_only(seed: int = 0) -> Any:
    """One dense layer: ten rigid templates, 7,850 weights."""
    layers = runtime.keras().layers
    return _model("fc", seed, lambda: [layers.Flatten(), *_classes()])


def cnn1(seed: int = 0) -> Any:
    """The lecture's cnn1: 32 kernels of 3 x 3, then the classes; 251,210 weights."""
    layers = runtime.keras().layers
    return _model("cnn1", seed, lambda: [_convolution(32), layers.Activation("relu"), layers.Flatten(), *_classes()])


def gap_of_cnn2() -> list[Any]:
    """What belongs where cnn2's slide says "here is your code": a block of 16 kernels and the second pooling."""
    layers = runtime.keras().layers
    return [*_block(16), layers.MaxPooling2D()]


def cnn2(seed: int = 0, gap: Callable[[], list[Any]] = gap_of_cnn2) -> Any:
    """The lecture's cnn2: 36,314 weights with batch norm's moving statistics. gap: the layers of the slide's gap."""
    layers = runtime.keras().layers

    def stack() -> list[Any]:
        top = [layers.Dense(40), layers.BatchNormalization(), layers.Dropout(0.3, seed=seed), layers.Activation("relu")]
        return [*_block(8), *_block(8), layers.MaxPooling2D(), *_block(16), *gap(), layers.Flatten(), *top, *_classes()]

    return _model("cnn2", seed, stack)


def train(
    model: Any, begin: list[np.ndarray], data: tuple, test: tuple, epochs: int, seed: int = 0, batch: int = 100
) -> dict[str, list[float]]:
    """Train a compiled model from the weights `begin` on, whatever it has learned before, and return its history.

    begin: of a network of the same layers (`get_weights()`). data, test: (rows, labels). The optimizer begins anew,
    too; what was compiled stays, which saves a second or two a run.
    """
    runtime.keras().utils.set_random_seed(seed)
    model.set_weights(begin)
    for variable in model.optimizer.variables:
        if "learning_rate" not in variable.path:
            variable.assign(np.zeros(variable.shape))
    settings = {"validation_data": test, "validation_batch_size": 500, "verbose": 0}
    return model.fit(*data, batch_size=batch, epochs=epochs, **settings).history


def _classes() -> list[Any]:
    return [runtime.keras().layers.Dense(_CLASSES), runtime.keras().layers.Activation("softmax")]


def _convolution(filters: int) -> Any:
    return runtime.keras().layers.Conv2D(filters, 3, padding="same")


def _block(filters: int) -> list[Any]:
    layers = runtime.keras().layers
    return [_convolution(filters), layers.BatchNormalization(), layers.Activation("relu")]


def _model(name: str, seed: int, stack: Callable[[], list[Any]]) -> Any:
    """A compiled classifier of these layers, drawn with the seed; Adam and cross-entropy as on the slides."""
    keras = runtime.keras()
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input(_SHAPE), *stack()], name=name)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model
