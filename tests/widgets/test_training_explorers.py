"""Explorers of training: every control changes what is said, and the values are those of the functions below."""

import numpy as np
import pytest

from helpers.training import dead_relu, one_kernel
from helpers.training.signals import signals
from helpers.widgets import dead_relu_explorer, one_kernel_explorer, optimizer_race, signal_explorer

CHANGES = {
    one_kernel_explorer: {"left": 1.0, "middle": 0.5, "right": 2.0, "turned": True, "bias": -1.0, "angle": 30},
    signal_explorer: {"scale": 0.5, "depth": 8, "activation": "tanh", "batch_norm": True},
    dead_relu_explorer: {"w1": 0.5, "w2": 0.4, "bias": 3.0, "x1": 4.0, "x2": 0.0, "batch_norm": True},
    optimizer_race: {"surface": "saddle", "runners": ("Adam",), "rate": 0.1, "step": 7},
}


@pytest.mark.parametrize("make", CHANGES, ids=lambda one: one.__name__)
def test_every_control_changes_the_frame(make):
    explorer = make()
    assert explorer.error.value == "" and set(CHANGES[make]) == set(explorer.controls)
    for name, value in CHANGES[make].items():
        before = explorer.frame
        explorer.controls[name].value = value
        assert (
            explorer.error.value == "" and explorer.frame.code + explorer.frame.caption != before.code + before.caption
        )
    explorer.close()


def test_the_signal_explorer_says_what_the_function_finds():
    explorer = signal_explorer()
    explorer.controls["scale"].value = 0.5
    found = signals(0.5, 20)
    assert f"spread {found.spread[0]:.2g} to {found.spread[-1]:.2g}" in explorer.frame.caption
    explorer.close()


def test_the_dead_relu_comes_to_life():
    explorer = dead_relu_explorer()
    assert "It is dead" in explorer.frame.caption and "(0.00, 0.00)" in explorer.frame.caption
    explorer.controls["batch_norm"].value = True
    alive = dead_relu.unit(dead_relu.cloud(0, 4), (0.1, -0.1), 0.0, True).alive
    assert f"{alive:.0%} of the points" in explorer.frame.caption
    explorer.close()


def test_the_one_kernel_explorer_marks_its_kernel():
    explorer = one_kernel_explorer()
    assert "told apart: 100%" in explorer.frame.caption
    explorer.controls["turned"].value = True
    answer = one_kernel.answer(one_kernel.bar(90), np.tile([-1.0, 2, -1], (3, 1)).T)
    assert f"Answer {answer:.2f}" in explorer.frame.caption and "told apart: 50%" in explorer.frame.caption
    explorer.close()
