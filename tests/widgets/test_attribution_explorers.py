"""The explorers of notebooks 6 and 7 without a front end: they show what the functions give, at every setting."""

import io

import numpy as np
import pytest
from PIL import Image

from helpers import attribution, datasets, images
from helpers.widgets import lime_explorer, methods_explorer, occlusion_explorer, rules_explorer
from helpers.widgets.attribution import ALONE, CLASS, SHOWN
from tests.small_networks import convnet

PHOTOS = ["chelsea", "moon"]
EXPLORERS = {
    "methods": methods_explorer,
    "occlusion": occlusion_explorer,
    "rules": rules_explorer,
    "lime": lime_explorer,
}


@pytest.fixture(scope="module")
def network():
    return convnet(size=48)


def shown(explorer):
    return np.asarray(Image.open(io.BytesIO(explorer.png)))


def values_of(control):
    """Some values of every kind of control, extremes included."""
    options = [one[1] if isinstance(one, tuple) else one for one in getattr(control, "options", ())]
    if type(control).__name__ == "SelectMultiple":
        return [(options[0],), ("saliency", "deconvnet"), ("guided backprop", "Layer-CAM", "gradient x input")]
    if options:
        return options if len(options) < 7 else [options[0], options[len(options) // 2], options[-1]]
    return [control.min, (control.min + control.max) // 2, control.max]


@pytest.mark.parametrize("kind", EXPLORERS)
def test_every_control_changes_the_picture_and_nothing_fails(network, kind):
    explorer = EXPLORERS[kind](network, "chelsea", PHOTOS)
    for name, control in explorer.controls.items():
        seen = set()
        for value in values_of(control):
            control.value = value
            assert explorer.error.value == "", (name, value, explorer.error.value)
            seen.add((explorer.png, explorer.frame.caption))
        quiet = kind == "lime" and name not in ("photo", "count")  # these speak after Start
        quiet |= kind == "rules" and name in ("class_", "unit")  # the class only from a class, the unit only from one
        assert quiet or len(seen) > 1, name
        assert control.description and control.tooltip


CALLS = ("cover", "heat_of", "lime", "rule_gradient", "superpixels")


@pytest.mark.parametrize("kind", EXPLORERS)
def test_the_copied_call_gives_what_is_shown(network, kind):
    explorer = EXPLORERS[kind](network, "chelsea", PHOTOS)
    if kind == "lime":
        explorer.controls["samples"].value = 20
        explorer.begin()
        assert explorer.wait(60)
    elif kind == "methods":
        explorer.controls["methods"].value = ("saliency",)
    picture = network.prepare(datasets.photo("chelsea").array)
    names = {name: getattr(attribution, name) for name in CALLS}
    found = eval(explorer.frame.code, names | {"network": network, "picture": picture})
    large = images.prepare(datasets.photo("chelsea").array, ALONE if kind == "methods" else SHOWN)
    expected = {
        "occlusion": lambda: images.resize(np.rint(found).clip(0, 255).astype(np.uint8), large.shape[:2], "nearest"),
        "rules": lambda: images.resize(images.deprocess(found), large.shape[:2], "nearest"),
        "lime": lambda: images.overlay(large, found.heat, signed=True),
        "methods": lambda: images.overlay(large, np.minimum(found, np.quantile(found, 0.995))),
    }[kind]()
    np.testing.assert_array_equal(shown(explorer)[:, : expected.shape[1]], expected)  # beside it, a colour bar


@pytest.mark.parametrize("kind", EXPLORERS)
def test_page_without_a_kernel(network, kind):
    bundle, metadata = EXPLORERS[kind](network, "chelsea", PHOTOS)._repr_mimebundle_()
    assert bundle["image/png"] and "chelsea" in metadata["image/png"]["alt"]


def test_cover_by_hand_shows_the_function(network):
    explorer = occlusion_explorer(network, "chelsea", PHOTOS)
    for name, value in (("row", 20), ("column", 30), ("size", 16), ("fill", "white")):
        explorer.controls[name].value = value
    picture = network.prepare(datasets.photo("chelsea").array)
    covered = attribution.cover(network, picture, 12, 22, 16, "white")
    np.testing.assert_array_equal(shown(explorer), images.resize(covered.astype(np.uint8), (SHOWN, SHOWN), "nearest"))
    now = network.probabilities(covered)[0, explorer.controls["class_"].value]
    assert f"{now:.3f} under a cover of 16 x 16 pixels (white)" in explorer.frame.caption


def test_rules_show_the_function(network):
    explorer = rules_explorer(network, "chelsea", PHOTOS)
    picture = network.prepare(datasets.photo("chelsea").array)
    expected = images.deprocess(attribution.guided_backprop(network, picture))
    np.testing.assert_array_equal(shown(explorer), images.resize(expected, (SHOWN, SHOWN), "nearest"))
    explorer.controls["start"].value = "conv1"
    explorer.controls["unit"].value = explorer.controls["unit"].max
    assert explorer.controls["unit"].max == 5 and "channel 5 of conv1" in explorer.frame.caption
    explorer.controls["start"].value = CLASS
    assert explorer.controls["unit"].max == 0 and explorer.error.value == ""


def test_methods_need_a_choice_and_remember_their_maps(network, monkeypatch):
    explorer = methods_explorer(network, "chelsea", PHOTOS)
    explorer.controls["methods"].value = ()
    assert "no method is chosen" in explorer.error.value
    explorer.controls["methods"].value = ("Grad-CAM",)
    assert explorer.error.value == ""
    monkeypatch.setattr(attribution, "heat_of", lambda *_: pytest.fail("computed again"))
    explorer.controls["opacity"].value = 0.2
    assert explorer.error.value == ""


def test_lime_runs_and_stops(network):
    explorer = lime_explorer(network, "chelsea", PHOTOS)
    explorer.controls["count"].value, explorer.controls["samples"].value = 8, 40
    outlines = explorer.png
    explorer.begin()
    assert explorer.wait(120) and explorer.error.value == ""
    assert explorer.png != outlines and "LIME of" in explorer.frame.caption
    picture = network.prepare(datasets.photo("chelsea").array)
    class_ = explorer.controls["class_"].value
    found = attribution.lime(network, picture, class_, attribution.superpixels(picture, 8), 40)
    over = images.overlay(images.prepare(datasets.photo("chelsea").array, SHOWN), found.heat, signed=True)
    np.testing.assert_array_equal(shown(explorer)[:, :SHOWN], over)
    explorer.controls["samples"].value = 1000
    explorer.begin()
    explorer.end()
    assert explorer.wait(60) and "stopped" in explorer.time_left.value
