"""ReLU's backward rule, three ways: plain backpropagation, the deconvnet, and guided backpropagation.

Zeiler and Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014 (deconvnet). Springenberg et al.:
Striving for Simplicity, ICLR Workshop 2015, figure 1 (guided backpropagation).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import images
from helpers.attribution.cam import grad_cam
from helpers.attribution.gradients import compile_gradient, gradient_function
from helpers.attribution.targets import class_numbers, class_scores, maps_of
from helpers.backbones import Network, graph
from helpers.backbones.functions import relu_ceiling
from helpers.quiet import keras, tensorflow

RULES = ("plain", "deconvnet", "guided")
# The least gradient that passes, the input from which on it passes, and whether a ceiling closes: three numbers a rule.
_LIMITS = {
    "plain": (-np.inf, 0.0, 1.0),
    "deconvnet": (0.0, -np.inf, 0.0),
    "guided": (0.0, 0.0, 1.0),
}


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
    open_ = (forward > 0) & (forward < (np.inf if maximum is None else maximum))
    passes = {"plain": open_, "deconvnet": upstream > 0, "guided": open_ & (upstream > 0)}[rule]
    return np.where(passes, upstream, 0.0)


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
        found = _of_unit(network, batch, layer, unit, rule)
    elif unit is not None:
        raise ValueError("unit needs a layer: name the layer whose unit is meant")
    else:
        classes = class_numbers(network, batch, class_)
        found = _of_class(network, batch, classes, rule)
    return found[0] if network.is_one(pictures) else found


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
    return found[0] if network.is_one(pictures) else found


class _Chosen:
    """A rule that is chosen anew at every call: one compiled function serves all three.

    While a function is traced, `given` holds what decides: a rule's three `_LIMITS` as tensors.
    """

    given: tuple[Any, Any, Any] | None = None
    used = False


def ruled(model: Any, rule: str | _Chosen, needed: bool = True) -> Any:
    """Return a model with the same weights whose ReLUs follow another backward rule; `model` stays as it is.

    Every layer gets a twin around the same weights; ReLU layers, and layers with a ReLU as their activation, get one
    with the rule, also inside layers of one's own. Raises ValueError when there is no ReLU in it and one is `needed`.
    """
    if isinstance(rule, str):
        _check_rule(rule)
    replaced: list[str] = []

    def second(operation: Any) -> Any:
        made = _with_rule(operation, rule)
        if made is not None:
            replaced.append(operation.name)
            return made
        return graph.deep_twin(operation, second) if graph.parts(operation) else graph.twin(operation)

    again = keras().models.clone_model(model, clone_function=second, recursive=True)
    if needed and not replaced:
        raise ValueError(f"{model.name} has no ReLU, so a rule would change nothing; use input_gradient()")
    return again


def _with_rule(operation: Any, rule: str | _Chosen) -> Any:
    """A twin of a layer with the rule at its ReLU; None for a layer without one."""
    if type(operation).__name__ == "ReLU":
        if float(operation.negative_slope or 0) or operation.threshold:
            return None  # a leaky one has no closed side for a rule to speak of
        function = _relu_with_rule(rule, operation.max_value)
        return keras().layers.Activation(function, name=operation.name, dtype=operation.dtype_policy)
    if callable(getattr(operation, "activation", None)):
        ceiling = relu_ceiling(operation.activation)
        if ceiling is None:
            return None
        return graph.twin(operation, activation=_relu_with_rule(rule, None if np.isinf(ceiling) else ceiling))
    return _function_with_rule(operation, rule)


def _function_with_rule(operation: Any, rule: str | _Chosen) -> Any:
    """The same for `keras.ops.relu`, a Lambda, or a layer of one's own without weights that is a ReLU; else None."""
    kind = type(operation).__name__
    plain = not getattr(operation, "weights", []) and not graph.parts(operation)
    if not plain or not (kind in ("Lambda", "Relu", "Relu6") or graph.is_own(operation)):
        return None
    ceiling = relu_ceiling(operation)
    if ceiling is None:
        return None
    function = _relu_with_rule(rule, None if np.isinf(ceiling) else ceiling)
    return keras().layers.Activation(function, name=operation.name)


def _relu_with_rule(rule: str | _Chosen, maximum: float | None) -> Callable:
    """A ReLU that looks like any other on the way forward."""
    tf = tensorflow()

    @tf.custom_gradient
    def relu(x):
        limit = x.dtype.max if maximum is None else tf.cast(maximum, x.dtype)
        y = tf.clip_by_value(x, tf.zeros((), x.dtype), limit)

        def backward(upstream):
            if isinstance(rule, _Chosen):
                rule.used = True
            limits = rule.given if isinstance(rule, _Chosen) else _LIMITS[rule]
            least, lowest, closes = (tf.cast(one, x.dtype) for one in limits)
            passes = x > lowest
            if maximum is not None:
                passes &= x < limit / closes  # divided by 0: no ceiling
            return tf.where(passes, tf.maximum(upstream, least), tf.zeros_like(upstream))

        return y, backward

    return relu


def _of_class(network: Network, batch: np.ndarray, classes: np.ndarray, rule: str) -> np.ndarray:
    """The rule's gradient of one class score per picture."""
    if rule == "plain":
        return gradient_function(network)(batch, classes, np.float32(0)).numpy()
    return network.compiled(_compile_of_class)(batch, classes, _limits(rule)).numpy()


def _of_unit(network: Network, batch: np.ndarray, layer: str, unit: Any, rule: str) -> np.ndarray:
    """The rule's gradient of one unit: at a fixed place, or at its channel's strongest one."""
    place = _checked_unit(layer, unit, maps_of(network, batch[:1], layer).shape[1:])
    return network.compiled(_compile_of_unit, layer)(batch, np.array(place, np.int32), _limits(rule)).numpy()


def _limits(rule: str) -> np.ndarray:
    return np.array(_LIMITS[rule], np.float32)


def _compile_of_class(network: Network) -> Callable:
    """Compiled: pictures, class numbers and a rule's limits in, gradients of the class scores out."""
    return _compile_ruled(network, network.logits, class_scores, needed=True)


def _compile_of_unit(network: Network, layer: str) -> Callable:
    """Compiled: pictures, (channel, flat place or -1) and a rule's limits in, gradients of that unit out."""
    tf = tensorflow()

    def score(outputs, numbers):
        channel = tf.cast(tf.gather(outputs, numbers[0], axis=-1), tf.float32)
        flat = tf.reshape(channel, (tf.shape(channel)[0], -1))
        return tf.cond(numbers[1] < 0, lambda: tf.reduce_max(flat, axis=1), lambda: flat[:, tf.maximum(numbers[1], 0)])

    # Where there is no ReLU below, all rules are the plain one.
    return _compile_ruled(network, network.output_of(layer), score, needed=False)


def _compile_ruled(network: Network, output: Any, score: Callable, needed: bool) -> Callable:
    """The compiled gradient of score(output, numbers) by a rule that is given with each call as its `_LIMITS`."""
    chosen = _Chosen()

    def with_limits(outputs, numbers, limits):
        chosen.given = limits[0], limits[1], limits[2]  # the way back is written down right after this
        return score(outputs, numbers)

    model = ruled(keras().Model(network.model.inputs[0], output), chosen, needed=False)
    function = compile_gradient(network, model, with_limits, ((3,), "float32"))
    missed = [operation.name for operation in function.graph.get_operations() if operation.type in ("Relu", "Relu6")]
    if missed:
        scopes = [re.sub(r"_\d+$", "", part) for part in missed[0].split("/")] + missed[0].split("/")
        layer = next((la for la in network.model.layers if la.name in scopes), None)
        where = missed[0] if layer is None else f"{layer.name!r} (class {type(layer).__name__})"
        raise ValueError(
            f"the layer {where} of {network.name} applies a ReLU in its own code, where no backward rule reaches it; "
            f"make it a layer, such as layers.ReLU()"
        )
    if needed and not chosen.used:
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
