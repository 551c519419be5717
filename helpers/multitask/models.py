"""The four networks, of ordinary Keras layers; whatever belongs to one task lies in a tensor whose axis 0 is the task.

Caruana 1997 (hard sharing: shared layers, a head for each task); Duong et al. 2015 (soft sharing: networks of their
own, pulled together); the gate is the lecture's: a sigmoid of the task's embedding times a layer of the features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.datasets.tables import places
from helpers.runtime import keras as quiet_keras

_WIDTHS = (64, 32)  # of the two hidden layers, the same in all models, so that only the sharing differs


def one_for_all(columns: int, widths: tuple[int, ...] = _WIDTHS, seed: int = 0) -> Any:
    """Return a keras.Model from features `(rows, columns)` to predictions `(rows,)`; it never hears of tasks.

    Layers: shared_1, shared_2 ... (ReLU) and output.
    """
    features = _inputs(columns)[0]
    return _model(features, _dense(1, "output", seed, len(widths))(_shared(features, widths, seed)), "one_for_all")


def shared_with_heads(shared: Any, tasks: int) -> Any:
    """Return a keras.Model from (features, task) to predictions `(rows,)`: the shared layers, and a head per task.

    shared: a model of `one_for_all`, whose hidden layers are copied; every head starts as its output. All heads lie in
    the one tensor of the layer "heads", `(tasks, last width + 1)`, the last column being the heads' intercepts.
    """
    keras = quiet_keras()
    widths = [layer.units for layer in shared.layers if layer.name.startswith("shared_")]
    features, task = _inputs(shared.input_shape[-1])
    with_one = keras.ops.pad(_shared(features, widths, 0), [[0, 0], [0, 1]], constant_values=1.0)
    head = keras.layers.Embedding(tasks, widths[-1] + 1, name="heads")(task)
    model = _model([features, task], keras.layers.Dot(axes=1, name="output")([with_one, head]), "heads")
    start_from(model, shared)
    return model


def gated(columns: int, tasks: int, embedding: int = 32, width: int = 32, seed: int = 0) -> Any:
    """Return a keras.Model from (features, task) to predictions `(rows,)`: the task opens and closes gates.

    Layers: gate `(tasks, embedding)`, sigmoid, student (Dense), gated (the product of the two), shared_2 and output.
    """
    keras = quiet_keras()
    features, task = _inputs(columns)
    start = keras.initializers.RandomUniform(-0.05, 0.05, seed=_seed(seed, 3))
    gate = keras.layers.Embedding(tasks, embedding, name="gate", embeddings_initializer=start)(task)
    opened = keras.layers.Activation("sigmoid", name="sigmoid")(gate)
    product = keras.layers.Multiply(name="gated")([opened, _dense(embedding, "student", seed, 0)(features)])
    hidden = _dense(width, "shared_2", seed, 1, "relu")(product)
    return _model([features, task], _dense(1, "output", seed, 2)(hidden), "gated")


def per_task(columns: int, tasks: int, widths: tuple[int, ...] = _WIDTHS, seed: int = 0) -> Any:
    """Return one keras.Model that is a stack of separate networks, one per task, all of the shape of `one_for_all`.

    Input `(places, tasks, columns)`, the first place holding one row of every task and so on (see `cube`); output
    `(places, tasks)`. Layers own_1, own_2 ..., own_output; kernels `(tasks, in, out)`, biases `(tasks, out)`. No
    weight of one task touches a row of another, so training the stack is training the networks one by one.
    """
    keras = quiet_keras()
    hidden = cube_input = keras.Input((tasks, columns), name="cube")
    names = [*(f"own_{number + 1}" for number in range(len(widths))), "own_output"]
    for name, width in zip(names, [*widths, 1], strict=True):
        activation = None if name == "own_output" else "relu"
        hidden = keras.layers.EinsumDense("pti,tio->pto", (tasks, width), activation, "to", name=name)(hidden)
    model = _model(cube_input, hidden, "per_task", (tasks,))
    # Keras would take the axis of the tasks for a part of each unit's fan-in and start far too small.
    random = np.random.default_rng([seed, 0])
    for name in names:
        kernel = model.get_layer(name).kernel
        limit = np.sqrt(6 / sum(kernel.shape[1:]))
        kernel.assign(random.uniform(-limit, limit, kernel.shape))
    return model


def start_from(model: Any, shared: Any, weights: list[np.ndarray] | None = None) -> None:
    """Give a model of `shared_with_heads` or `per_task` the weights of a `one_for_all` of the same widths.

    Every head, or every task's own network, becomes a copy of the one for all. weights: other weights of `shared` than
    those it has now, in the order of its `get_weights()`.
    """
    names = [layer.name for layer in shared.layers if layer.weights]
    weights = shared.get_weights() if weights is None else weights
    for name, kernel, bias in zip(names, weights[::2], weights[1::2], strict=True):
        if model.name == "per_task":
            own = model.get_layer(name.replace("shared_", "own_").replace("output", "own_output"))
            own.kernel.assign(np.broadcast_to(kernel, own.kernel.shape))
            own.bias.assign(np.broadcast_to(bias, own.bias.shape))
        elif name == "output":
            table = model.get_layer("heads").embeddings
            table.assign(np.broadcast_to(np.append(kernel[:, 0], bias), table.shape))
        else:
            model.get_layer(name).set_weights([kernel, bias])


def cube(values: np.ndarray, task: np.ndarray, tasks: int) -> np.ndarray:
    """Lay rows `(rows, ...)` out as float32 `(places, tasks, ...)`, each task's rows in their order; the rest is zero.

    places is the size of the largest task. `places_of(task)` tells where each row went.
    """
    place = places_of(task)
    laid = np.zeros((int(place.max(initial=0)) + 1, tasks, *np.shape(values)[1:]), np.float32)
    laid[place, task] = values
    return laid


def places_of(task: np.ndarray) -> np.ndarray:
    """int64 `(rows,)`: the how-manieth row of its task each row is, from 0."""
    return places(task, np.arange(len(task)))


def _inputs(columns: int) -> tuple[Any, Any]:
    keras = quiet_keras()
    return keras.Input((columns,), name="features"), keras.Input((), dtype="int32", name="task")


def _model(inputs: Any, output: Any, name: str, shape: tuple[int, ...] = ()) -> Any:
    keras = quiet_keras()
    return keras.Model(inputs, keras.layers.Reshape(shape, name="prediction")(output), name=name)


def _shared(tensor: Any, widths: Sequence[int], seed: int) -> Any:
    for number, width in enumerate(widths):
        tensor = _dense(width, f"shared_{number + 1}", seed, number, "relu")(tensor)
    return tensor


def _dense(units: int, name: str, seed: int, number: int, activation: str | None = None) -> Any:
    keras = quiet_keras()
    start = keras.initializers.GlorotUniform(seed=_seed(seed, number))
    return keras.layers.Dense(units, activation, name=name, kernel_initializer=start)


def _seed(seed: int, number: int) -> int:
    """A seed of its own for each layer, so that no two layers start with the same numbers."""
    return int(np.random.default_rng([seed, number]).integers(2**31))
