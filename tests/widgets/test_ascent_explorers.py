"""The ascent explorer and the dream studio without a front end: every control, growth, Stop, errors, the strip."""

import io
import time

import ipywidgets
import keras
import numpy as np
import pytest
from PIL import Image

from helpers import backbones
from helpers.widgets import ascent_explorer, dream_studio
from helpers.widgets.ascent import CHANNEL, CLASS, UNIT
from helpers.widgets.deepdream import NOTHING


@pytest.fixture(scope="module")
def network():
    return backbones.load("squeezenet")


def finished(explorer, seconds=60):
    """Press Start, wait for the end, and give the picture's bytes."""
    explorer.start.click()
    assert explorer.wait(seconds)
    return explorer.png


def every_value(control):
    """Values of every kind that a control can be given, extremes among them."""
    if isinstance(control, ipywidgets.Checkbox):
        return [False, True]
    if isinstance(control, ipywidgets.Combobox):
        return list(control.options)[:2]
    if hasattr(control, "options"):
        options = [one[1] if isinstance(one, tuple) else one for one in control.options]
        return [options[0], options[-1], options[len(options) // 2]]
    return [control.min, min(control.max, 60), control.min + control.step]


def controls_of(explorer):
    """The ipywidgets controls by name, a photo choice as its menu."""
    return {name: getattr(control, "menu", control) for name, control in explorer.controls.items()}


def test_every_control_says_what_it_is(network):
    for explorer in (ascent_explorer(network), dream_studio(network)):
        for control in controls_of(explorer).values():
            assert control.description and control.tooltip


def test_ascent_quick_picture_takes_every_value(network):
    explorer = ascent_explorer(network)
    for name, control in controls_of(explorer).items():
        for value in every_value(control):
            control.value = value
            assert explorer.error.value == "" or name == "number", (name, value, explorer.error.value)
            if name == "number":
                control.value = 3
    assert "press Start" in explorer.frame.caption


def test_ascent_paints_what_is_chosen(network):
    explorer = ascent_explorer(network, "fire3_expand3x3")
    explorer.controls["steps"].value, explorer.controls["paint"].value = 5, False
    seen = {finished(explorer)}
    for name, value in (
        ("goal", UNIT),
        ("goal", CHANNEL),
        ("number", 7),
        ("paint", True),
        ("rotate", 10.0),
        ("zoom", 0.3),
        ("variation", 0.5),
        ("paint", False),
        ("blur", 0.0),
        ("decay", 0.2),
        ("jitter", 0),
        ("start", "grey"),
        ("goal", CLASS),
        ("class_", "dalmatian"),
    ):
        explorer.controls[name].value = value
        seen.add(finished(explorer))
        assert explorer.error.value == "", (name, value, explorer.error.value)
    assert len(seen) == 15 - 1  # back from unit to channel is the first picture again
    assert "class dalmatian" in explorer.frame.caption and 'logit("dalmatian")' in explorer.frame.code


def test_ascent_tells_of_a_dead_unit(network):
    grey = network.features_of(np.broadcast_to(network.mean_colour, (160, 160, 3)), "fire2_squeeze_relu")
    dead = int(grey[0].max(axis=(0, 1)).argmin())
    explorer = ascent_explorer(network, "fire2_squeeze_relu")
    explorer.controls["goal"].value, explorer.controls["start"].value = UNIT, "grey"
    explorer.controls["steps"].value, explorer.controls["number"].value = 2, dead
    finished(explorer)
    assert "the unit is dead there" in explorer.frame.caption


@pytest.mark.parametrize(
    ("name", "value", "goal", "sentence"),
    [("number", 999_999, CHANNEL, "has channels 0 to"), ("class_", "flamingoo", CLASS, "the nearest are flamingo")],
)
def test_ascent_errors_are_one_sentence(network, name, value, goal, sentence):
    explorer = ascent_explorer(network)
    explorer.controls["goal"].value = goal
    explorer.controls[name].value = value
    assert sentence in explorer.error.value and 'role="alert"' in explorer.error.value
    finished(explorer)
    assert sentence in explorer.error.value  # the work says the same


@pytest.mark.parametrize("make", [ascent_explorer, dream_studio])
def test_the_picture_grows_and_stop_ends_the_work(network, make):
    explorer = make(network)
    before = explorer.png
    explorer.controls["steps"].value = 60
    explorer.start.click()
    end = time.monotonic() + 60
    while explorer.png == before and time.monotonic() < end:
        time.sleep(0.02)
    assert explorer.png != before  # it grew while the work went on
    explorer.stop.click()
    assert explorer.wait(30) and "stopped" in explorer.time_left.value
    assert not explorer.start.disabled and explorer.stop.disabled


def test_studio_dreams_what_is_chosen(network):
    explorer = dream_studio(network, "coffee", ["coffee", "rocket"])
    control = controls_of(explorer)
    control["side"].value, control["steps"].value, control["octaves"].value = 128, 1, 1
    seen = {finished(explorer)}
    for name, value in (
        ("photo", "rocket"),
        ("second", NOTHING),
        ("layer", "fire3_concat"),
        ("guide", "coffee"),
        ("guide", NOTHING),
        ("step_size", 6.0),
        ("jitter", 0),
        ("steps", 2),
        ("octaves", 2),
        ("scale", 1.2),
        ("detail", False),
        ("side", 144),
    ):
        control[name].value = value
        seen.add(finished(explorer))
        assert explorer.error.value == "", (name, value, explorer.error.value)
    assert len(seen) == 13 - 1  # without the guide it is the picture before
    assert "rocket dreamt by fire3_concat" in explorer.frame.caption


def test_studio_quick_picture_takes_every_value(network):
    explorer = dream_studio(network, "coffee", ["coffee", "page"])
    for name, control in controls_of(explorer).items():
        kept = control.value
        for value in every_value(control):
            control.value = value
            assert explorer.error.value == "" or name in ("octaves", "side", "scale"), (name, explorer.error.value)
        control.value = kept
        assert explorer.error.value == ""


def test_too_many_octaves_is_one_sentence(network):
    explorer = dream_studio(network, "coffee", ["coffee"])
    control = controls_of(explorer)
    control["octaves"].value, control["scale"].value = 6, 2.0
    assert "take fewer octaves" in explorer.error.value
    finished(explorer)
    assert "take fewer octaves" in explorer.error.value


@pytest.mark.parametrize("make", [ascent_explorer, dream_studio])
def test_strip_names_what_differs_and_not_what_keeps_it_cheap(network, make):
    explorer = make(network)
    steps = explorer.controls["steps"].value
    bundle, metadata = explorer._repr_mimebundle_()
    assert bundle["image/png"] and explorer.title in metadata["image/png"]["alt"]
    assert "no gradient" not in metadata["image/png"]["alt"]
    assert explorer.values()["steps"] == steps


def test_explorers_need_layers_and_know_names(network):
    with pytest.raises(ValueError, match="no layer 'fire3'; the nearest are fire"):
        ascent_explorer(network, "fire3")
    with pytest.raises(ValueError, match="layer 'logits' has no maps"):
        ascent_explorer(network, "logits")


def test_a_class_is_painted_at_the_size_that_a_network_insists_on():
    """Without a Flatten too: an average over places hides that the input is fixed."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((40, 64, 3))
    maps = keras.layers.Conv2D(12, 3, activation="relu", name="maps")(inputs)
    outputs = keras.layers.Dense(2, activation="softmax")(keras.layers.GlobalAveragePooling2D()(maps))
    explorer = ascent_explorer(backbones.as_network(keras.Model(inputs, outputs), ["cats", "dogs"]))
    for goal in (CLASS, CHANNEL):
        explorer.controls["goal"].value, explorer.controls["steps"].value = goal, 1
        picture = Image.open(io.BytesIO(finished(explorer)))
        assert explorer.error.value == ""
        assert picture.width / picture.height == pytest.approx(64 / 40 if goal == CLASS else 1, rel=0.02)
