"""A Keras model of your own as a `Network`, so that everything in the course can look into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from helpers.backbones import graph
from helpers.backbones.network import Network
from helpers.runtime import arguments, keras


def as_network(
    model: Any,
    class_names: Sequence[str] | Mapping | None = None,
    output: int | str = 0,
    mean_colour: tuple[float, float, float] = (127.5, 127.5, 127.5),
) -> Network:
    """Wrap any Keras model of your own, so that every method of the course can explain it; a Network stays itself.

    model: functional or Sequential, with models inside it or not; it takes pictures 0..255, RGB or grey, so its
    preprocessing must be inside. class_names: one per class, or a dict name -> number or number -> name; None gives
    "class 0" and so on. A single output is one sigmoid, the probability of the second of two classes. output: which
    one to explain, of a model with several: its number or its name. mean_colour: the RGB colour that its preprocessing
    turns into zero. A softmax or sigmoid at the end is left out of the logits; scores without one count as logits. An
    output that is no vector is a base without a classifier. The weights are shared, and the model stays as it is; asked
    for again without class names, the same Network is returned, with what is compiled for it.
    Raises ValueError, in one sentence, for a model without a graph, with two inputs or no picture as its input, for an
    output that does not exist, for another number of names than classes, and for probabilities without logits.
    """
    if isinstance(model, Network):
        return model
    _check(model)
    if class_names is not None or output != 0:
        return _wrapped(model, class_names, output, mean_colour)
    state = [id(tensor) for tensor in model.outputs], tuple(mean_colour)
    kept = model.__dict__.get("_course_network")
    if kept is None or kept[0] != state:
        kept = (state, _wrapped(model, None, 0, mean_colour))
        object.__setattr__(model, "_course_network", kept)  # past Keras, which would take it for a part of the model
    return kept[1]


def _wrapped(model: Any, class_names: Any, output: int | str, mean_colour: Any) -> Network:
    number = _output_number(model, output)
    shape = tuple(model.outputs[number].shape)
    if len(shape) != 2 and class_names is not None:
        raise ValueError(
            f"output {output!r} has the shape {shape}, expected (pictures, classes), as class names are given"
        )
    flat, ends = graph.standard(model)
    logits = None
    if len(shape) == 2:
        flat, logits = _with_scores(flat, number)
    network = Network(model.name, flat, logits, 224, class_names, None, mean_colour, number, ends)
    _refuse_hidden_softmax(network)
    return network


def _with_scores(model: Any, number: int) -> tuple[Any, Any]:
    """The model with the scores before its softmax as a tensor of its own graph, and that tensor."""
    outputs = list(model.outputs)
    logits, kind = graph.before_squashing(outputs[number])
    operation = graph.call_of(logits).operation
    if kind is None or any(operation is one for one in model.operations):
        return model, logits
    others = {one.name for one in model.operations} - {graph.call_of(outputs[number]).operation.name}
    if operation.name in others:
        operation.name = f"{operation.name}_scores"
    outputs[number] = keras().layers.Activation(kind, name=f"{operation.name}_{kind}", dtype="float32")(logits)
    return keras().Model(model.inputs[0], outputs[0] if len(outputs) == 1 else outputs, name=model.name), logits


def _check(model: Any) -> None:
    """Raise ValueError for what is no model of pictures with a graph."""
    if not isinstance(model, keras().Model):
        raise ValueError(
            f"{arguments.shown(model)} is no Keras model; give a keras.Model, or the network that backbones.load or "
            f"training.load returns"
        )
    if isinstance(model, keras().Sequential) and not graph.is_graph(model):
        raise ValueError(
            f"the Sequential model {model.name!r} does not know its input yet; begin it with "
            f"keras.Input((height, width, 3))"
        )
    if not graph.is_graph(model):
        raise ValueError(
            f"{model.name!r} is a class of its own ({type(model).__name__}), of which Keras keeps no graph; "
            f"build it with keras.Model(inputs, outputs) or keras.Sequential"
        )
    if len(model.inputs) != 1:
        raise ValueError(f"{model.name!r} has {len(model.inputs)} inputs; the course's methods need one, the picture")
    shape = tuple(model.inputs[0].shape)
    if len(shape) != 4 or shape[-1] not in (1, 3):
        raise ValueError(
            f"the input of {model.name!r} has the shape {shape[1:]}; the course's methods need (height, width, 3), or "
            f"(height, width, 1) for grey pictures, channels last"
        )


def _output_number(model: Any, output: int | str) -> int:
    names, count = list(getattr(model, "output_names", [])), len(model.outputs)
    if isinstance(output, str) and output in names:
        return names.index(output)
    if not isinstance(output, int | np.integer) or isinstance(output, bool) or not 0 <= output < count:
        known = f", named {', '.join(names)}" if names else ""
        raise ValueError(f"the model has no output {output!r}; it has {count}, counted from 0{known}")
    return int(output)


def _refuse_hidden_softmax(network: Network) -> None:
    """Raise ValueError where probabilities come out of a layer in which the scores cannot be reached."""
    if network.logits is None or network.squashing is not None or network.logits.shape[-1] == 1:
        return
    model = keras().Model(network.model.inputs[0], network.logits)
    shape = (2, *network.sides, model.inputs[0].shape[-1])
    noise = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    found = np.asarray(model(noise, training=False), np.float64)
    if (found >= 0).all() and np.allclose(found.sum(axis=1), 1, atol=1e-3):
        last = graph.call_of(network.logits).operation.name
        raise ValueError(
            f"the scores of {network.name!r} sum to 1, so a softmax is hidden in its layer {last!r} where the values "
            f"before it cannot be reached; end the model in Dense(classes) and layers.Softmax()"
        )
