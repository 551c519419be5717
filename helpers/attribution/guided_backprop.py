"""ReLU's backward rule, three ways: plain backpropagation, the deconvnet, and guided backpropagation.

Zeiler and Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014 (deconvnet). Springenberg et al.:
Striving for Simplicity, ICLR Workshop 2015, figure 1 (guided backpropagation).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import images
from helpers.attribution.cam import grad_cam
from helpers.attribution.gradients import compile_gradient, input_gradient
from helpers.attribution.targets import class_numbers, class_scores, one_or_all
from helpers.backbones import Network, graph
from helpers.backbones.functions import relu_ceiling
from helpers.runtime import keras, tensorflow

# What passes a ReLU on the way back, of the gradient from above and where its input lay on the slope of the ReLU.
_PASSES: dict[str, Callable] = {
    "plain": lambda upstream, on_slope: on_slope,
    "deconvnet": lambda upstream, on_slope: upstream > 0,
    "guided": lambda upstream, on_slope: on_slope & (upstream > 0),
}
RULES = tuple(_PASSES)


def relu_backward(upstream: Any, forward: Any, rule: str = "plain", maximum: float | None = None) -> np.ndarray:
    """Return what flows back through one ReLU, float64, of the arrays' shape.

    upstream: the gradient that arrives from above. forward: what went into the ReLU. maximum: 6 for ReLU6, which
    passes nothing back where it is saturated. rule: "plain" passes the gradient where the input was positive (and below
    the maximum), "deconvnet" where the gradient is positive, whatever the input was, "guided" where both hold.
    Raises ValueError for another rule or arrays of different shapes.
    """
    _check_rule(rule)
    upstream, forward = np.asarray(upstream, np.float64), np.asarray(forward, np.float64)
    if upstream.shape != forward.shape:
        raise ValueError(f"the gradient has the shape {upstream.shape} and the input {forward.shape}; give equal ones")
    on_slope = (forward > 0) & (forward < (np.inf if maximum is None else maximum))
    return np.where(_PASSES[rule](upstream, on_slope), upstream, 0.0)


def rule_gradient(
    network: Network,
    pictures: np.ndarray,
    class_: Any = None,
    rule: str = "guided",
    layer: str | None = None,
    unit: int | tuple[int, int, int] | None = None,
) -> np.ndarray:
    """Return the gradient with respect to the pixels with another backward rule at every ReLU, of the pictures' shape.

    Of a class score by default. With `layer`, of that layer's `unit` instead: a channel (its strongest place), or
    (row, column, channel); then class_ must be None. The network itself is not changed: its graph is built a second
    time around the same weights. Raises ValueError for an unknown rule, class or layer, a unit out of range, or a
    network without any ReLU, where the rules would do nothing.
    """
    _check_rule(rule)
    batch = network.batch(pictures)
    if layer is not None:
        place = _checked_unit(layer, unit, network.features_of(batch[:1], layer).shape[1:])
        found = network.compiled(_compile, rule, layer)(batch, np.array(place, np.int32))
    elif unit is not None:
        raise ValueError("unit needs a layer: name the layer whose unit is meant")
    elif rule == "plain":
        return input_gradient(network, pictures, class_)
    else:
        found = network.compiled(_compile, rule, None)(batch, class_numbers(network, batch, class_))
    return one_or_all(network, found.numpy(), pictures)


def guided_backprop(network: Network, pictures: np.ndarray, class_: Any = None) -> np.ndarray:
    """Guided backpropagation of a class score, of the pictures' shape: `rule_gradient` with the rule "guided"."""
    return rule_gradient(network, pictures, class_, "guided")


def deconvnet(network: Network, pictures: np.ndarray, class_: Any = None) -> np.ndarray:
    """The deconvnet's backward pass of a class score, of the pictures' shape: `rule_gradient` with "deconvnet"."""
    return rule_gradient(network, pictures, class_, "deconvnet")


def guided_grad_cam(network: Network, pictures: np.ndarray, class_: Any = None, layer: str | None = None) -> np.ndarray:
    """Guided backpropagation times the enlarged Grad-CAM map, of the pictures' shape.

    Selvaraju et al., ICCV 2017, section 3.2: fine like the first, about one class like the second.
    """
    batch = network.batch(pictures)
    classes = class_numbers(network, batch, class_)
    heats = grad_cam(network, batch, classes, layer)
    large = np.stack([images.resize(heat, batch.shape[1:3], "bilinear") for heat in heats])
    found = guided_backprop(network, batch, classes) * large[..., None]
    return one_or_all(network, found, pictures)


def ruled(model: Any, rule: str, replaced: list[str] | None = None) -> Any:
    """Return a model with the same weights whose ReLUs follow another backward rule; `model` stays as it is.

    Every layer gets a twin around the same weights; ReLU layers, and layers with a ReLU as their activation, get one
    with the rule, also inside layers of one's own. `tf.gradients` follows the rule, a tape does not. replaced: a list
    that takes their names.
    """
    replaced = [] if replaced is None else replaced

    def second(operation: Any) -> Any:
        made = _with_rule(operation, rule)
        if made is not None:
            replaced.append(operation.name)
            return made
        return graph.deep_twin(operation, second) if graph.parts(operation) else graph.twin(operation)

    return keras().models.clone_model(model, clone_function=second, recursive=True)


def _with_rule(operation: Any, rule: str) -> Any:
    """A twin of a layer with the rule at its ReLU; None for a layer without one."""
    kind, function = type(operation).__name__, getattr(operation, "activation", None)
    if callable(function):
        ceiling = relu_ceiling(function)
        return None if ceiling is None else graph.twin(operation, activation=_relu_with_rule(rule, ceiling))
    if kind == "ReLU":
        leaky = operation.negative_slope or operation.threshold  # without a closed side for a rule to speak of
        ceiling = None if leaky else np.inf if operation.max_value is None else operation.max_value
    else:  # `keras.ops.relu`, a Lambda, or a layer of one's own may be a ReLU if they hold nothing
        plain = not getattr(operation, "weights", []) and not graph.parts(operation)
        known = plain and (kind in ("Lambda", "Relu", "Relu6") or graph.is_own(operation))
        ceiling = relu_ceiling(operation) if known else None
    if ceiling is None:
        return None
    dtype = getattr(operation, "dtype_policy", None)
    return keras().layers.Activation(_relu_with_rule(rule, ceiling), name=operation.name, dtype=dtype)


def _relu_with_rule(rule: str, ceiling: float) -> Callable:
    """A ReLU that looks like any other on the way forward.

    The rule is registered once under a name, which single operations then take for their gradient. A new
    `tf.custom_gradient` for each ReLU would be registered for ever, and with it every graph that it was made in.
    """
    tf, name = tensorflow(), f"ReLU up to {ceiling:g}, {rule}"

    def backward(operation, upstream):
        x = operation.inputs[0]
        on_slope = (x > 0) & (x < ceiling) if np.isfinite(ceiling) else x > 0
        return tf.where(_PASSES[rule](upstream, on_slope), upstream, tf.zeros_like(upstream))

    with contextlib.suppress(KeyError):  # registered before
        tf.RegisterGradient(name)(backward)

    def relu(x):
        with tf.compat.v1.get_default_graph().gradient_override_map({"Relu": name}):
            passed = tf.nn.relu(x)
        if not np.isfinite(ceiling):
            return passed
        return passed - tf.stop_gradient(passed - tf.minimum(passed, tf.cast(ceiling, x.dtype)))

    return relu


def _compile(network: Network, rule: str, layer: str | None) -> Callable:
    """Compiled: pictures and numbers in, gradients of what these mean out, by a rule.

    Numbers are classes, or with a layer (channel, flat place or -1 for its strongest one).
    """
    tf = tensorflow()

    def unit(outputs, numbers):
        channel = tf.cast(tf.gather(outputs, numbers[0], axis=-1), tf.float32)
        flat = tf.reshape(channel, (tf.shape(channel)[0], -1))
        return tf.cond(numbers[1] < 0, lambda: tf.reduce_max(flat, axis=1), lambda: flat[:, tf.maximum(numbers[1], 0)])

    output, score = (network.logits, class_scores) if layer is None else (network.output_of(layer), unit)
    replaced: list[str] = []
    model = ruled(keras().Model(network.model.inputs[0], output), rule, replaced)
    function = compile_gradient(network, model, score)
    relus = [operation for operation in function.graph.get_operations() if operation.type in ("Relu", "Relu6")]
    missed = [operation.name for operation in relus if "_gradient_op_type" not in operation.node_def.attr]
    if missed:
        scopes = [re.sub(r"_\d+$", "", part) for part in missed[0].split("/")] + missed[0].split("/")
        layer = next((la for la in network.model.layers if la.name in scopes), None)
        where = missed[0] if layer is None else f"{layer.name!r} (class {type(layer).__name__})"
        raise ValueError(
            f"the layer {where} of {network.name} applies a ReLU in its own code, where no backward rule reaches it; "
            f"make it a layer, such as layers.ReLU()"
        )
    if layer is None and not replaced:  # below a layer without a ReLU all rules are the plain one
        raise ValueError(f"{network.name} has no ReLU, so a rule would change nothing; use input_gradient()")
    return function


def _checked_unit(layer: str, unit: Any, shape: tuple[int, ...]) -> tuple[int, int]:
    """(channel, flat place or -1 for the strongest), or ValueError for a unit outside the layer."""
    if unit is None:
        raise ValueError(f"say which unit of {layer!r}: a channel from 0 to {shape[-1] - 1}, or (row, column, channel)")
    wanted = (unit,) if isinstance(unit, int | np.integer) else tuple(unit)
    limits = shape if len(wanted) == len(shape) else shape[-1:]
    if len(wanted) != len(limits) or not all(0 <= one < limit for one, limit in zip(wanted, limits, strict=True)):
        raise ValueError(f"unit {unit} is not in {layer!r}, whose output is {' x '.join(map(str, shape))} from 0 on")
    if len(wanted) == 1:
        return int(wanted[0]), -1
    return int(wanted[2]), int(wanted[0] * shape[1] + wanted[1])


def _check_rule(rule: str) -> None:
    if rule not in RULES:
        raise ValueError(f"rule is {rule!r}, expected one of {', '.join(map(repr, RULES))}")
