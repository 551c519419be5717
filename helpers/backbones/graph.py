"""Surgery on Keras graphs, in one place: everything here that Keras keeps private is used in this file only.

A graph is made of operations (layers are operations that may have weights), each called once or more; every call is a
node with the tensors that go in and come out. `standard` turns what students build into one plain graph: nested models
are laid open, operators such as `a + b` become layers, and the scores before the softmax are a tensor of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from helpers.quiet import keras, tensorflow

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
        operation, node, _ = tensor._keras_history
        key = id(operation._inbound_nodes[node])
        if ready:
            if key not in seen:
                seen.add(key)
                found.append(call_of(tensor))
        elif key not in seen:
            waiting.append((tensor, True))
            waiting += [(source, False) for source in reversed(call_of(tensor).inputs)]
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


def parts(layer: Any) -> list[Any]:
    """The layers that lie directly inside a layer of one's own."""
    return list(getattr(layer, "_layers", []))


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
        made = layer or twin(operation)
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
        listens = is_graph(operation) or "training" in getattr(operation, "_call_context_args", {})
        own = {"training": options["training"]} if listens and settings.get("training") is None else {}
        return call(operation, *inputs, **(settings | own))

    return run(inner, arguments, told)


def _as_layer(operation: Any, arguments: tuple, options: dict) -> tuple[Any, list[Any]]:
    """The layer that does what a function of `keras.ops` does, and the tensors it joins; None for anything else."""
    given = keras().tree.flatten((arguments, options))
    tensors = [one for one in given if hasattr(one, "_keras_history")]
    plain = len(tensors) == len(given) and len({len(tensor.shape) for tensor in tensors}) == 1
    if isinstance(operation, keras().layers.Layer) or not plain or type(operation).__name__ not in _AS_LAYER:
        return None, tensors
    return _AS_LAYER[type(operation).__name__](operation), tensors


def _is_plain(model: Any) -> bool:
    """Whether `standard` would change nothing."""
    graph, layer = _graph(model), keras().layers.Layer
    called = [call.operation for call in calls(graph)]
    one_in = hasattr(graph._inputs_struct, "shape") and graph.inputs[0].dtype == "float32"
    one_out = hasattr(graph._outputs_struct, "shape") or isinstance(graph._outputs_struct, list)
    functions = any(not isinstance(one, layer) and type(one).__name__ in _AS_LAYER for one in called)
    shared = len({id(one) for one in called}) < len(called)
    return one_in and one_out and not (functions or shared or any(is_graph(one) for one in called))


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
    if len(call.inputs) != 1 or getattr(operation, "weights", []) or parts(operation):
        return None
    own = type(operation).__name__ in ("Lambda", "Softmax", "Sigmoid", "LogSoftmax") or is_own(operation)
    return known_as(operation, len(call.inputs[0].shape)) if own else None


def is_own(operation: Any) -> bool:
    """Whether a layer's class is a student's own, not one of Keras."""
    return not type(operation).__module__.startswith("keras.")


def known_as(function: Any, rank: int = 2) -> str | None:
    """ "linear", "relu", "softmax", "sigmoid", "log_softmax" or "tanh" if a function of one array is that; else None.

    Known by name where it is Keras's own, else by what it does to numbers from -1000 to 1000; a ReLU may have a ceiling
    (`relu_ceiling`).
    """
    activations = keras().activations
    for name in ("linear", "relu", "softmax", "sigmoid", "log_softmax", "tanh"):
        if function is getattr(activations, name):
            return name
    if function is activations.relu6:
        return "relu"
    if getattr(function, "__module__", "").startswith("keras.") and hasattr(function, "__name__"):
        return None
    given, got = _tried(function, rank)
    if got is None or got.shape != given.shape:
        return None
    if relu_ceiling(function, rank) is not None:
        return "relu"
    for name in ("linear", "softmax", "sigmoid", "log_softmax", "tanh"):
        if np.allclose(got, np.asarray(getattr(activations, name)(given)), atol=1e-5):
            return name
    return None


def relu_ceiling(function: Any, rank: int = 2) -> float | None:
    """The value at which a ReLU saturates, infinity where it never does; None for a function that is no ReLU."""
    activations = keras().activations
    if function is activations.relu:
        return np.inf
    if function is activations.relu6:
        return 6.0
    given, got = _tried(function, rank)
    if got is None or got.shape != given.shape:
        return None
    ceiling = float(got.max())
    if ceiling <= 0 or not np.allclose(got, np.clip(given, 0, ceiling), atol=1e-5):
        return None
    return np.inf if ceiling == given.max() else ceiling


def _tried(function: Any, rank: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Numbers of all sizes, and what a function makes of them; None where it takes other things."""
    line = np.array([-1000.0, -30, -6.5, -3, -1, -0.3, -0.01, 0, 0.02, 0.4, 1, 2.5, 5, 7, 31, 1000], np.float32)
    given = np.random.default_rng(0).permutation(np.concatenate([line, line / 3])).reshape(*(2,) * (rank - 1), -1)
    try:
        return given, np.asarray(function(tensorflow().constant(given)), np.float32)
    except Exception:  # whatever a student's function raises: it is none of those that are known
        return given, None


def constants(call: Call) -> Iterator[Any]:
    """What was given to an operation besides tensors: `127.5` of `x / 127.5`."""
    values = (call.arguments.args, sorted(call.arguments.kwargs.items()))
    return (value for value in keras().tree.flatten(values) if not hasattr(value, "_keras_history"))


def described(value: Any) -> Any:
    """A value as text and numbers that differ when what it does differs: settings of a layer, code of a function."""
    if isinstance(value, keras().Operation):
        own = (
            [(k, described(v)) for k, v in sorted(vars(value).items()) if not k.startswith("_")]
            if is_own(value)
            else []
        )
        code = described(type(value).call) if is_own(value) else None
        inner = [described(one) for one in parts(value)]
        return type(value).__name__, _settings(value), own, code, inner
    if hasattr(value, "__code__"):
        code = value.__code__
        inside = [described(cell.cell_contents) for cell in value.__closure__ or ()]
        named = [described(value.__globals__[n]) for n in code.co_names if np.isscalar(value.__globals__.get(n))]
        return code.co_code, [described(one) for one in code.co_consts], inside, named, described(value.__defaults__)
    if hasattr(value, "co_code"):
        return value.co_code, [described(one) for one in value.co_consts]
    if isinstance(value, list | tuple):
        return [described(one) for one in value]
    if isinstance(value, dict):
        return [(str(name), described(one)) for name, one in sorted(value.items(), key=str)]
    if isinstance(value, np.ndarray) or hasattr(value, "numpy"):
        array = np.ascontiguousarray(value if isinstance(value, np.ndarray) else value.numpy())
        return array.shape, str(array.dtype), array.tobytes()
    return value if isinstance(value, int | float | str | bytes | None) else type(value).__name__


def _settings(operation: Any) -> Any:
    """An operation's configuration but for its name and whether it learns, which do not change what it answers."""
    try:
        config = dict(operation.get_config())
    except Exception:  # a class of a student's own without one: its attributes are described by themselves
        return None
    function = getattr(operation, "function", None) or getattr(operation, "activation", None)
    kept = {name: part for name, part in config.items() if name not in ("name", "trainable", "function")}
    return json.dumps(kept, sort_keys=True, default=str), described(function) if callable(function) else None


def _call(node: Any) -> Call:
    return Call(node.operation, tuple(node.input_tensors), tuple(node.output_tensors), node.arguments)


def _graph(model: Any) -> Any:
    """The functional model in or behind a model; None where Keras keeps no graph."""
    if isinstance(model, keras().Sequential):
        return getattr(model, "_functional", None)
    return model if isinstance(model, keras().Model) and hasattr(model, "_nodes_by_depth") else None


__all__ = [
    "SQUASHING",
    "Call",
    "before_squashing",
    "bottlenecks",
    "call_of",
    "calls",
    "constants",
    "deep_twin",
    "described",
    "does",
    "has_own_activation",
    "is_graph",
    "is_own",
    "known_as",
    "parts",
    "readers",
    "relu_ceiling",
    "run",
    "squashing",
    "standard",
    "twin",
    "way",
]
