"""The augmentation explorer without a front end: every slider to both ends, and the picture is the function's own."""

import io

import numpy as np
import pytest
from PIL import Image

from helpers import datasets, images, training
from helpers.widgets import augmentation_explorer
from helpers.widgets.augmentation import RANGES, _neutral
from tests.small_networks import convnet


@pytest.fixture(scope="module")
def network():
    return convnet(size=48)


def test_every_control_to_both_ends(network):
    explorer = augmentation_explorer(network, "coffee", ["coffee", "page"])
    first, seen = explorer.png, set()
    for name, (least, neutral, greatest, _) in RANGES.items():
        for value in (least, greatest, neutral):
            explorer.controls[name].value = value
            assert explorer.error.value == "", (name, value, explorer.error.value)
            seen.add(explorer.png)
    # A whole patch changes nothing, and half a turn is the same either way.
    assert explorer.png == first and len(seen) == 1 + 2 * len(RANGES) - 2
    for name in ("horizontal_flip", "vertical_flip"):
        explorer.controls[name].value = True
        assert explorer.png not in seen
        explorer.controls[name].value = False
    explorer.controls["zoom"].value = 0.5
    fillings = set()
    for mode in training.FILL_MODES:
        explorer.controls["fill_mode"].value = mode
        fillings.add(explorer.png)
    assert len(fillings) == len(training.FILL_MODES)
    assert all(control.description and control.tooltip for control in explorer.controls.values())


def test_it_shows_what_the_function_gives_and_what_the_network_says(network):
    explorer = augmentation_explorer(network, "coffee", ["coffee"])
    explorer.controls["rotation"].value = 90
    photo = network.prepare(datasets.photo("coffee").array)
    turned = training.apply_one(photo, rotation=90)
    shown = np.asarray(Image.open(io.BytesIO(explorer.png)))
    np.testing.assert_array_equal(shown, images.resize(turned, (448, 448)))
    before = network.probabilities(photo).max()
    assert f"{before:.2f} unchanged" in explorer.frame.caption
    assert "rotation=90.0)" in explorer.frame.code and _neutral("zoom") == 1
