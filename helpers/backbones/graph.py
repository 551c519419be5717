"""Surgery on Keras graphs, in one place: everything here that Keras keeps private is used in this file only.

A graph is made of operations (layers are operations that may have weights), each called once or more; every call is a
node with the tensors that go in and come out. `standard` turns what students build into one plain graph: nested models
are laid open, operators such as `a + b` become layers, and the scores before the softmax are a tensor of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from helpers.backbones.functions import is_keras_function, known_as, relu_ceiling
from helpers.runtime import keras

# Functions of `keras.ops` used without a layer -> the layer that does the same, from the operation.
_AS_LAYER: dict[str, Callable[[Any], Any]] = {
    "Add": lambda operation: keras().layers.Add(),
    "Multiply": lambda operation: keras().layers.Multiply(),
    "Subtract": lambda operation: keras().layers.Subtract(),
    "Maximum": lambda operation: keras().layers.Maximum(),
    "Concatenate": lambda operation: keras().layers.Concatenate(axis=operation.axis),
    "Relu": lambda operation: keras().layers.ReLU(),
    "Relu6": lambda operation: keras().layers.ReLU(6.0),
    "Softmax": lambda operation: keras().layers.Softmax(axis=operation.axis),
    "Sigmoid": lambda operation: keras().layers.Activation("sigmoid"),
}
_RESHAPING = ("Reshape", "Flatten", "Squeeze", "Identity", "Dropout", "Activation", "Cast")
SQUASHING = ("softmax", "sigmoid", "log_softmax")


class Call(NamedTuple):
    """One call of an operation in a graph: the tensors that go in, and those that come out."""

    operation: Any
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    arguments: Any  # Keras's record of everything that was given, constants too


def call_of(tensor: Any) -> Call:
    """The call that made a Keras tensor."""
    operation, node, _ = tensor._keras_history
    return _call(operation._inbound_nodes[node])


def way(*tensors: Any) -> list[Call]:
    """All calls that lead to some tensors, each after those it reads from."""
    found: list[Call] = []
    seen: set[int] = set()
    waiting = [(tensor, False) for tensor in reversed(tensors)]
    while waiting:
        tensor, ready = waiting.pop()
        call = call_of(tensor)
        if id(call.outputs[0]) in seen:
            continue
        if ready:
            seen.add(id(call.outputs[0]))
            found.append(call)
        else:
            waiting.append((tensor, True))
            waiting += [(source, False) for source in reversed(call.inputs)]
    return found


def calls(model: Any) -> list[Call]:
    """The calls of a model's own graph, in order; calls of the same layers in other models are none of them."""
    mine = {id(node) for nodes in model._nodes_by_depth.values() for node in nodes}
    return [_call(n) for operation in model.operations for n in operation._inbound_nodes if id(n) in mine]


def readers(model: Any) -> dict[int, list[Call]]:
    """Who reads each tensor in a model's own graph: id of a tensor -> calls."""
    found: dict[int, list[Call]] = {}
    for call in calls(model):
        for tensor in call.inputs:
            found.setdefault(id(tensor), []).append(call)
    return found


def bottlenecks(tensor: Any) -> list[Any]:
    """The tensors, first to last, that everything on the way to `tensor` has to pass through, itself included."""
    steps = way(tensor)
    last_reader: dict[int, int] = {}
    for place, step in enumerate(steps):
        for source in step.inputs:
            last_reader[id(source)] = place
    found, open_until = [], -1
    for place, step in enumerate(steps):
        outputs = [output for output in step.outputs if id(output) in last_reader or output is tensor]
        if open_until <= place and len(outputs) == 1:
            found.append(outputs[0])
        open_until = max([open_until, *(last_reader.get(id(output), place) for output in outputs)])
    return found


def twin(operation: Any, **changed: Any) -> Any:
    """A second layer with the same weights and settings but for what is `changed`; the first one stays untouched.

    `keras.models.clone_model` would make new weights, and setting the attribute would change everybody's layer.
    """
    made = object.__new__(type(operation))
    made.__dict__.update(operation.__dict__, _inbound_nodes=[], _outbound_nodes=[], **changed)
    return made


def deep_twin(layer: Any, second: Callable[[Any], Any]) -> Any:
    """A twin of a layer of one's own whose inner layers are replaced by what `second` makes of them.

    Inner layers are found where they stand: as attributes, or in lists, tuples and dicts of them.
    """
    kept = keras().layers.Layer

    def changed(value: Any) -> Any:
        if isinstance(value, kept):
            return second(value)
        if isinstance(value, list | tuple) and any(isinstance(one, kept) for one in value):
            return [changed(one) for one in value]
        if isinstance(value, dict) and any(isinstance(one, kept) for one in value.values()):
            return {name: changed(one) for name, one in value.items()}
        return value

    made = twin(layer)
    private = ("_inbound_nodes", "_outbound_nodes", "_layers", "_tracker")
    made.__dict__.update({k: changed(v) for k, v in layer.__dict__.items() if k not in private})
    return made


def second(layer: Any, made: dict[tuple, Any]) -> Any:
    """A layer like this one with weights of its own, for `keras.models.clone_model`; `made` is kept between calls.

    Layers that share weights share those of the copy, too; what has no variables needs none, and an activation of one's
    own, which no configuration can hold, is passed on.
    """
    key = tuple(id(variable) for variable in getattr(layer, "variables", []))
    if not key:
        return twin(layer)
    if key in made:
        return twin(made[key], name=layer.name)
    config, function = layer.get_config(), getattr(layer, "activation", None)
    own = callable(function) and not is_keras_function(function)
    made[key] = type(layer).from_config(config | {"activation": None} if own else config)
    if own:
        made[key].activation = function
    return made[key]


def parts(layer: Any) -> list[Any]:
    """The layers that lie directly inside a layer of one's own."""
    return list(getattr(layer, "_layers", []))


def takes_training(operation: Any) -> bool:
    """Whether a layer does something else in training, which it is told as an argument of its call."""
    return "training" in getattr(operation, "_call_context_args", {})


def is_graph(operation: Any) -> bool:
    """Whether an operation is a model with a graph of its own, functional or Sequential."""
    return _graph(operation) is not None


def run(model: Any, inputs: Any, call: Callable) -> Any:
    """Follow a model's graph with `call(operation, *arguments)` in place of each operation: the model's outputs."""
    return _graph(model)._run_through_graph(inputs, call_fn=call)


def standard(model: Any) -> tuple[Any, dict[str, str]]:
    """The same network as one plain graph around the same weights, and which of its layers ends each nested model.

    Laid open are nested models; functions such as `a + b` become layers; a layer called twice becomes two; the input is
    one float32 tensor. A model that is all this already is returned as it is. `model` itself never changes.
    """
    graph = _graph(model)
    if _is_plain(model):
        return graph, {}
    first = graph.inputs[0]
    pictures = keras().Input(batch_shape=first.shape, dtype="float32", name="image")
    names, ends = {"image"}, {}

    def call(operation: Any, *arguments: Any, **options: Any) -> Any:
        if is_graph(operation):
            found = _nested(operation, arguments, options, call)
            ends[operation.name] = keras().tree.flatten(found)[0]._keras_history.operation.name
            return found
        layer, tensors = _as_layer(operation, arguments, options)
        function = _known_activation(operation)
        made = layer or (twin(operation) if function is None else twin(operation, activation=function))
        made.name = _free(operation.name, names)
        names.add(made.name)
        if layer is not None:
            return made(tensors if len(tensors) > 1 else tensors[0])
        return made(*arguments, **options)

    outputs = keras().tree.flatten(run(model, pictures, call))
    made = keras().Model(pictures, outputs[0] if len(outputs) == 1 else outputs, name=model.name)
    return made, ends


def _nested(inner: Any, arguments: tuple, options: dict, call: Callable) -> Any:
    """What a nested model puts out, its layers called one by one; `training=False` at its call holds for each."""
    if options.get("training") is None:
        return run(inner, arguments, call)

    def told(operation: Any, *inputs: Any, **settings: Any) -> Any:
        listens = is_graph(operation) or takes_training(operation)
        own = {"training": options["training"]} if listens and settings.get("training") is None else {}
        return call(operation, *inputs, **(settings | own))

    return run(inner, arguments, told)


def _as_layer(operation: Any, arguments: tuple, options: dict) -> tuple[Any, list[Any]]:
    """The layer that does what a function of `keras.ops` or a Lambda does to tensors, and these; None for others."""
    given = [one for one in keras().tree.flatten((arguments, options)) if one is not None]
    tensors = [one for one in given if hasattr(one, "_keras_history")]
    if len(tensors) < len(given) or len({len(tensor.shape) for tensor in tensors}) != 1:
        return None, tensors
    if _is_function(operation):
        return _known_layer(operation, len(tensors[0].shape)) if len(tensors) == 1 else None, tensors
    if isinstance(operation, keras().layers.Layer) or type(operation).__name__ not in _AS_LAYER:
        return None, tensors
    return _AS_LAYER[type(operation).__name__](operation), tensors


def _known_layer(operation: Any, rank: int) -> Any:
    """Keras's own layer for a Lambda or a layer of one's own that is a well-known function; None for any other."""
    kind = known_as(operation, rank)
    if kind == "relu":
        ceiling = relu_ceiling(operation, rank)
        return keras().layers.ReLU(None if np.isinf(ceiling) else ceiling)
    return None if kind in (None, "linear") else keras().layers.Activation(kind)


def _known_activation(operation: Any) -> Any:
    """Keras's own function that does what a layer's activation does, where that is another one's; else None."""
    function = getattr(operation, "activation", None)
    if not callable(function) or is_keras_function(function):
        return None
    kind = known_as(function)
    if kind == "relu":
        return {np.inf: keras().activations.relu, 6.0: keras().activations.relu6}.get(relu_ceiling(function))
    return None if kind is None else getattr(keras().activations, kind)


def _is_function(operation: Any) -> bool:
    """Whether an operation is a Lambda or a layer of one's own that has neither weights nor layers inside."""
    plain = not getattr(operation, "variables", []) and not parts(operation)
    return plain and (type(operation).__name__ == "Lambda" or is_own(operation))


def _is_plain(model: Any) -> bool:
    """Whether `standard` would change nothing."""
    graph = _graph(model)
    called = calls(graph)
    one_in = hasattr(graph._inputs_struct, "shape") and graph.inputs[0].dtype == "float32"
    one_out = hasattr(graph._outputs_struct, "shape") or isinstance(graph._outputs_struct, list)
    shared = len({id(call.operation) for call in called}) < len(called)
    return one_in and one_out and not shared and not any(_is_changed(call) for call in called)


def _is_changed(call: Call) -> bool:
    """Whether `standard` would make something else of a call."""
    operation = call.operation
    if is_graph(operation) or _known_activation(operation) is not None:
        return True
    return _as_layer(operation, call.arguments.args, call.arguments.kwargs)[0] is not None


def _free(name: str, taken: set[str]) -> str:
    """The name itself, or with the first number that makes it new."""
    if name not in taken:
        return name
    return next(f"{name}_{number}" for number in range(2, len(taken) + 3) if f"{name}_{number}" not in taken)


def before_squashing(tensor: Any) -> tuple[Any, str | None]:
    """The tensor before the softmax or sigmoid that made `tensor`, and that function's name; itself and None without.

    What only lays values out differently behind the function (Reshape, Flatten ...) is done to the scores, too.
    """
    call, behind, kind = _squashed(tensor)
    if kind is None:
        return tensor, None
    if has_own_activation(call.operation):
        scores = twin(call.operation, activation=keras().activations.linear)(*call.inputs)
    else:
        scores = call.inputs[0]
    for step in reversed(behind):
        scores = twin(step.operation)(scores)
    return scores, kind


def squashing(tensor: Any) -> str | None:
    """ "softmax", "sigmoid" or "log_softmax" if a tensor comes out of that, else None.

    The function is known by what it does, so a Lambda, a layer of one's own or `tf.nn.softmax` are seen as well.
    """
    return _squashed(tensor)[2]


def _squashed(tensor: Any) -> tuple[Call, list[Call], str | None]:
    """The call that squashes, those behind it that only lay values out differently, and what the function is."""
    behind: list[Call] = []
    while True:
        call = call_of(tensor)
        kind = does(call)
        if kind in SQUASHING:
            break
        if type(call.operation).__name__ not in _RESHAPING or len(call.inputs) != 1 or kind not in (None, "linear"):
            return call, [], None
        behind.append(call)
        tensor = call.inputs[0]
    if behind and any(side != 1 for side in call.outputs[0].shape[1:-1]):
        return call, [], None  # softmaxes at many places have no scores in common
    return call, behind, kind


def has_own_activation(operation: Any) -> bool:
    """Whether a layer does something of its own before its activation, as a convolution does."""
    return callable(getattr(operation, "activation", None)) and type(operation).__name__ != "Activation"


def does(call: Call) -> str | None:
    """The name of the function that a call applies at its end (see `known_as`); None for any other."""
    operation = call.operation
    if callable(getattr(operation, "activation", None)):
        return known_as(operation.activation)
    squashing = type(operation).__name__ in ("Softmax", "Sigmoid", "LogSoftmax")
    if len(call.inputs) != 1 or not (squashing or _is_function(operation)):
        return None
    return known_as(operation, len(call.inputs[0].shape))


def is_own(operation: Any) -> bool:
    """Whether a layer's class is a student's own, not one of Keras."""
    return not type(operation).__module__.startswith("keras.")


def constants(call: Call) -> Iterator[Any]:
    """What was given to an operation besides tensors: `127.5` of `x / 127.5`."""
    values = (call.arguments.args, sorted(call.arguments.kwargs.items()))
    return (value for value in keras().tree.flatten(values) if not hasattr(value, "_keras_history"))


def _call(node: Any) -> Call:
    return Call(node.operation, tuple(node.input_tensors), tuple(node.output_tensors), node.arguments)


def _graph(model: Any) -> Any:
    """The functional model in or behind a model; None where Keras keeps no graph."""
    if isinstance(model, keras().Sequential):
        return getattr(model, "_functional", None)
    return model if isinstance(model, keras().Model) and hasattr(model, "_nodes_by_depth") else None


def trains(optimizer: Any, model: Any) -> bool:
    """Whether an optimizer was made for just the weights that a model learns now."""
    known = [id(variable) for variable in getattr(optimizer, "_trainable_variables", [])]
    return optimizer.built and known == [id(variable) for variable in model.trainable_variables]


def restart_dropout(layer: Any) -> None:
    """Dropout with a seed counts on from training to training; from here on it draws what it drew at first."""
    generator = getattr(layer, "seed_generator", None)
    seed = getattr(generator, "_initial_seed", None)
    if isinstance(seed, int):
        generator.state.assign(np.array([seed, 0], dtype=generator.state.dtype))


def unallocated(build: Callable[[], Any]) -> Any:
    """The model that `build()` makes, with weights that have shapes but no values: VGG16 in a tenth of a second.

    It can be counted and drawn; it answers nothing. Build it again for a network that works.
    """
    from keras.src.backend.common import global_state

    waiting = list(global_state.get_global_attribute("uninitialized_variables") or [])
    try:
        with keras().StatelessScope(initialize_variables=False):
            return build()
    finally:  # the end of any other scope would give all of them values, half a gigabyte for VGG16
        global_state.set_global_attribute("uninitialized_variables", waiting)
