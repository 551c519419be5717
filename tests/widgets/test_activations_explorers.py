"""Explorers of maps, fields and patches without a front end: every control, every kind of value, errors in sight."""

import io

import numpy as np
import pytest
from PIL import Image

from helpers import activations, backbones, datasets, images
from helpers.activations import choose_channels, draw_channels, draw_map, layer_maps, receptive_field
from helpers.datasets.photo_collection import Collection
from helpers.runtime import keras
from helpers.widgets import activation_explorer, field_explorer, patches_explorer
from helpers.widgets.activations import MANY
from helpers.widgets.photos import PhotoDrop


@pytest.fixture(scope="module")
def network():
    return backbones.load("squeezenet")


@pytest.fixture(scope="module")
def found(network):
    names = ["coffee", "camera", "chelsea", "rocket", "page"]
    pictures = np.stack([network.prepare(datasets.photo(name).array) for name in names])
    collection = Collection(pictures, tuple(names), np.arange(len(names)))
    return activations.top_activations(
        network, collection, ["conv1_relu", "fire4_expand3x3_relu", "fire9_concat"], cache=False
    )


def shown(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.png)))


def every_value(explorer, few=5):
    """Set each control to some of its values, the extremes among them; return the number of different pictures."""
    seen = {explorer.png}
    for control in explorer.controls.values():
        options = getattr(control, "options", None)
        if options is not None:
            values = [option[1] if isinstance(option, tuple) else option for option in options]
        elif hasattr(control, "max"):
            values = np.linspace(control.min, control.max, few).round().astype(int).tolist()
        else:
            values = [True, False]
        step = max(1, len(values) // few)
        for value in [*values[::step], values[-1], values[0]]:
            control.value = value
            assert explorer.error.value == "", explorer.error.value
            seen.add(explorer.png)
    assert all(control.description and control.tooltip for control in explorer.controls.values())
    return len(seen)


def test_one_channel_is_what_the_function_computes(network):
    explorer = activation_explorer(network, "coffee", ["coffee", "rocket"])
    explorer.controls["layer"].value = "fire3_squeeze_relu"
    explorer.controls["channel"].value = 7
    maps = layer_maps(network, network.prepare(datasets.photo("coffee").array), "fire3_squeeze_relu")
    expected = draw_map(maps[..., 7], 448)
    np.testing.assert_array_equal(shown(explorer)[:448, 232 : 232 + 448], expected)
    words = explorer.frame.caption
    assert "coffee: fire3_squeeze_relu" in words and "channel 7 of 16" in words and f"{maps[..., 7].max():.3g}" in words


def test_many_channels_with_the_chosen_one_marked(network):
    explorer = activation_explorer(network, "coffee")
    explorer.controls["view"].value = MANY
    explorer.controls["channel"].value = 9
    maps = layer_maps(network, network.prepare(datasets.photo("coffee").array), "conv1_relu")
    sheet = draw_channels(maps, choose_channels(maps), 56)
    got = shown(explorer)[: sheet.shape[0], 232:]
    changed = np.argwhere((got != sheet).any(axis=-1))
    assert changed.min(axis=0).tolist() == [58, 58] and changed.max(axis=0).tolist() == [113, 113]


def test_activation_explorer_takes_every_value(network):
    assert every_value(activation_explorer(network, "chelsea", ["chelsea", "camera", "text"])) > 15


def test_a_layer_with_fewer_channels_keeps_the_slider_in_range(network):
    explorer = activation_explorer(network, "coffee", ["coffee"])
    explorer.controls["layer"].value = "fire2_expand3x3_relu"
    explorer.controls["channel"].value = 63
    explorer.controls["layer"].value = "fire2_squeeze_relu"
    assert explorer.controls["channel"].max == 15 and explorer.controls["channel"].value == 15
    assert explorer.error.value == "" and "channel 15 of 16" in explorer.frame.caption


def test_own_photo_twice_is_computed_twice(network):
    explorer = activation_explorer(network, "coffee", ["coffee", "rocket"])
    (upload,) = (part for part in explorer.panel.children if isinstance(part, PhotoDrop))
    for grey in (40, 200):
        upload.content = b""
        upload.content = images.encode_png(np.full((30, 50, 3), grey, np.uint8))
        maps = layer_maps(network, np.full((224, 224, 3), grey, np.uint8), "conv1_relu")
        np.testing.assert_array_equal(shown(explorer)[:448, 232 : 232 + 448], draw_map(maps[..., 0], 448))
        assert explorer.frame.caption.startswith("(your photo): conv1_relu")


def test_field_explorer_shows_the_box_in_numbers(network):
    explorer = field_explorer(network, "rocket", ["rocket", "coffee"])
    explorer.controls["layer"].value = "fire4_expand3x3"
    explorer.controls["row"].value, explorer.controls["column"].value = 3, 20
    field = receptive_field(network, "fire4_expand3x3")
    top, left, bottom, right = field.box(3, 20)
    assert f"rows {top} to {bottom - 1}, columns {left} to {right - 1}" in explorer.frame.caption
    before = explorer.png
    explorer.controls["used"].value = True
    assert explorer.png != before and "of the gradient" in explorer.frame.caption and not explorer.error.value


def test_field_explorer_takes_every_value(network):
    assert every_value(field_explorer(network, "chelsea", ["chelsea", "page"]), 4) > 10


def test_patches_explorer_shows_what_the_function_cuts(found):
    explorer = patches_explorer(found)
    explorer.controls["layer"].value = "conv1_relu"
    explorer.controls["channel"].value = 12
    np.testing.assert_array_equal(shown(explorer), images.grid(activations.patches(found, "conv1_relu", 12, 9, 160), 3))
    assert activations.titles(found, "conv1_relu", 12)[0] in explorer.frame.caption


def test_patches_explorer_takes_every_value(found):
    assert every_value(patches_explorer(found, {"fire9_concat": (120.0, 120.0)})) >= 8


def test_strips_say_what_they_show(network, found):
    for explorer in (
        activation_explorer(network, "coffee"),
        field_explorer(network, "coffee"),
        patches_explorer(found),
    ):
        _, metadata = explorer._repr_mimebundle_()
        assert explorer.title in metadata["image/png"]["alt"] and "conv1" in metadata["image/png"]["alt"]


def test_a_network_without_maps_is_one_sentence():
    k = keras()
    inputs = k.Input((4, 4, 3))
    dense = k.Model(inputs, k.layers.Dense(2)(k.layers.Flatten()(inputs)))
    for explorer in (activation_explorer, field_explorer):
        with pytest.raises(ValueError, match="no layer with maps"):
            explorer(dense)
