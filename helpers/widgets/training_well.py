"""Explorers of notebook 11: one kernel set by hand, a signal in many layers, and a ReLU that may be dead."""

from __future__ import annotations

import numpy as np
from ipywidgets import Checkbox, SelectionSlider

from helpers.training import dead_relu, one_kernel
from helpers.training.deep_network import ACTIVATIONS
from helpers.training.signals import signals, signals_picture
from helpers.widgets.explorer import Explorer, Frame, menu, slider

_SCALES = (0.25, 0.5, 0.7, 0.9, 1.0, 1.1, 1.4, 2.0, 3.0)
_BATCH_NORM = "Standardise before the activation, over the batch"


def one_kernel_explorer() -> Explorer:
    """A network of one 3 x 3 kernel: a weight for each column, turned or not, a bias, and a bar of any angle."""
    weight = "The weight of this column of the kernel"
    controls = {
        "left": slider("Left", -1.0, -2, 2, weight, 0.5),
        "middle": slider("Middle", 2.0, -2, 2, weight, 0.5),
        "right": slider("Right", -1.0, -2, 2, weight, 0.5),
        "turned": Checkbox(description="Turned", tooltip="Take the three weights for the rows instead"),
        "bias": slider("Bias", 0.0, -4, 4, "Added to every value of the map, before the ReLU", 0.5),
        "angle": slider("Bar", 90, 0, 180, "The angle of the bar: 0 lies, 90 stands upright", 15),
    }

    def draw(left: float, middle: float, right: float, turned: bool, bias: float, angle: int) -> Frame:
        kernel = np.tile([left, middle, right], (3, 1))
        kernel = kernel.T if turned else kernel
        said = one_kernel.answer(one_kernel.bar(angle), kernel, bias)
        right_ones = one_kernel.best_accuracy(kernel, bias)
        caption = f"Answer {said:.2f} to a bar of {angle} degrees; upright and lying bars told apart: {right_ones:.0%}"
        code = f"one_kernel.activation_map(one_kernel.bar({angle}), kernel, {bias:g})"
        return Frame(one_kernel.one_kernel_picture(kernel, bias, angle).pixels(), caption, code)

    strip = [{"angle": 90}, {"angle": 0}, {"angle": 90, "turned": True}, {"angle": 45, "middle": 0.0, "right": 1.0}]
    return Explorer(controls, draw, strip, "One kernel")


def signal_explorer() -> Explorer:
    """Spread, dead share and gradient by layer: which scale of the weights, depth, activation, batch norm or not."""
    controls = {
        "scale": menu("Scale", _SCALES, "How large the weights begin; 1 is He's", 1.0, SelectionSlider),
        "depth": slider("Layers", 20, 2, 40, "How many hidden layers"),
        "activation": menu("Activation", list(ACTIVATIONS), "What stands behind each layer"),
        "batch_norm": Checkbox(description="Batch norm", tooltip=_BATCH_NORM),
    }

    def draw(scale: float, depth: int, activation: str, batch_norm: bool) -> Frame:
        found = signals(scale, depth, activation, batch_norm)
        caption = (
            f"Layer 1 to {depth}: spread {found.spread[0]:.2g} to {found.spread[-1]:.2g}, dead {found.dead[0]:.0%} to "
            f"{found.dead[-1]:.0%}, gradient {found.gradient[0]:.2g} to {found.gradient[-1]:.2g}"
        )
        code = f'signals({scale:g}, {depth}, "{activation}", {batch_norm})'
        return Frame(signals_picture({activation: found}).pixels(), caption, code)

    strip = [{"scale": 0.5}, {"scale": 1.0}, {"scale": 2.0}, {"scale": 0.5, "batch_norm": True}]
    return Explorer(controls, draw, strip, "Signal by depth")


def dead_relu_explorer() -> Explorer:
    """A cloud of data and the line of one ReLU: weights, bias, where the cloud lies, batch norm or not."""
    controls = {
        "w1": slider("w1", 0.1, -1, 1, "The first weight", 0.1),
        "w2": slider("w2", -0.1, -1, 1, "The second weight", 0.1),
        "bias": slider("Bias", 0.0, -3, 3, "Added to the weighted sum", 0.5),
        "x1": slider("Cloud x1", 0.0, -4, 4, "Where the middle of the cloud lies", 0.5),
        "x2": slider("Cloud x2", 4.0, -4, 4, "Where the middle of the cloud lies", 0.5),
        "batch_norm": Checkbox(description="Batch norm", tooltip=_BATCH_NORM),
    }

    def draw(w1: float, w2: float, bias: float, x1: float, x2: float, batch_norm: bool) -> Frame:
        points = dead_relu.cloud(x1, x2)
        one = dead_relu.unit(points, (w1, w2), bias, batch_norm)
        state = "It is dead" if not one.alive else f"{one.alive:.0%} of the points get through"
        caption = f"{state}; dy/dw, mean over the cloud: ({one.slope[0]:.2f}, {one.slope[1]:.2f})"
        code = f"dead_relu.unit(dead_relu.cloud({x1:g}, {x2:g}), ({w1:g}, {w2:g}), {bias:g}, {batch_norm})"
        return Frame(dead_relu.unit_picture(points, (w1, w2), one).pixels(), caption, code)

    strip = [{"x2": 0.0}, {"x2": 4.0}, {"x2": 4.0, "batch_norm": True}, {"x2": 4.0, "bias": 1.0}]
    return Explorer(controls, draw, strip, "Dead ReLU")
