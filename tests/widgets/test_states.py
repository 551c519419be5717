"""What is copied and what is described: every copied state opens the same picture, every description is JSON."""

import inspect
import json

import numpy as np
import pytest

import helpers.widgets
from helpers import activations, attribution, datasets, feature_visualization, multitask, training, transfer
from helpers.datasets.photo_collection import Collection
from helpers.training import surfaces
from helpers.widgets import LiveExplorer
from tests.small_networks import convnet


def collection(network):
    names = ("coffee", "chelsea")
    pictures = np.stack([network.prepare(datasets.photo(name).array) for name in names])
    return Collection(pictures, names, np.arange(2))


def few_features():
    random = np.random.default_rng(0)
    labels = {part: np.arange(count) % 2 for part, count in {"train": 40, "test": 30}.items()}
    features = {
        part: {stage: random.normal(size=(len(y), 3)) + y[:, None] for stage in ("early", "last")}
        for part, y in labels.items()
    }
    return features, labels, ["cat", "dog"]


@pytest.fixture(scope="module")
def names():
    """What a notebook would have: the explorers, and what their calls name."""
    network = convnet(size=48)
    features, labels, class_names = few_features()
    rooms = (activations, attribution, feature_visualization, training, transfer, helpers.widgets)
    known = {name: getattr(room, name) for room in rooms for name in room.__all__}
    photo = datasets.photo("coffee").array
    known |= {"network": network, "photo": photo, "picture": network.prepare(photo), "training": training}
    known |= {"features": features, "labels": labels, "class_names": class_names, "surfaces": surfaces}
    known |= {"tasks": datasets.schools("exam"), "transfer": transfer}
    known |= {
        "train": features["train"],
        "test": features["test"],
        "y_train": labels["train"],
        "y_test": labels["test"],
    }
    known["found"] = activations.top_activations(network, collection(network), ["conv1"], cache=False)
    return known


CALLS = {
    "activation_explorer(network)": {"view": "over the photo", "channel": 2},
    "field_explorer(network)": {"row": 3, "used": True},
    "patches_explorer(found)": {"channel": 1, "view": "whole pictures"},
    "grad_cam_explorer(network)": {"opacity": 0.25},
    "camera_explorer(network)": {"view": "one channel", "channel": 2},
    "methods_explorer(network)": {"methods": ("saliency", "Grad-CAM"), "opacity": 0.4},
    "occlusion_explorer(network)": {"row": 10, "size": 12, "fill": "white"},
    "rules_explorer(network)": {"start": "conv1", "unit": 3, "rule": "deconvnet"},
    "tour_explorer(network)": {"step": "what it names"},
    "augmentation_explorer(network)": {"rotation": 35.0, "horizontal_flip": True},
    "stage_explorer(features, labels, class_names, 0)": {"stage": "early", "count": 10, "show": "map of the photos"},
    "optimizer_race(200)": {"runners": ("SGD", "Adam"), "step": 12},
    "lime_explorer(network)": {"count": 8, "samples": 20, "seed": 2},
    "ascent_explorer(network)": {"steps": 3, "start": "grey", "paint": False},
    "dream_studio(network)": {"side": 128, "steps": 1, "octaves": 2},
    "school_explorer(tasks, 0)": {"schools": 5, "pupils": 4, "model": "ridge + indicator"},
}


def finished(explorer) -> np.ndarray:
    """The picture, of long work the one at its end."""
    if isinstance(explorer, LiveExplorer):
        explorer.begin()
        assert explorer.wait(60)
    assert not explorer.error.value, explorer.error.value
    return explorer.frame.picture


@pytest.mark.parametrize("call", CALLS)
def test_a_copied_state_opens_the_same_picture(names, call):
    explorer = eval(call, names)
    other = {} if "photo" not in explorer.controls else {"photo": "coffee"}
    explorer.at(**other, **CALLS[call])
    picture, state = finished(explorer), explorer.picture.frame["state"]
    assert state.startswith(f"{call}.at(")
    again = eval(state, names)
    assert again.values() == explorer.values()
    np.testing.assert_array_equal(finished(again), picture)


@pytest.mark.parametrize("call", [call for call in CALLS if "race" not in call])
def test_a_copied_call_runs(names, call):
    explorer = eval(call, names)
    explorer.at(**({} if "photo" not in explorer.controls else {"photo": "coffee"}), **CALLS[call])
    code = explorer.frame.code
    assert code and code == explorer.picture.frame["code"]
    if call.startswith("dream") or call.startswith("school"):
        assert inspect.isfunction(eval(code.split("(")[0], names | {"multitask": multitask}))
        return
    eval(code, names | {"top_patches": activations.top_patches, "receptive_field": activations.receptive_field})


@pytest.mark.parametrize("call", CALLS)
def test_a_description_is_json_and_says_what_can_be_chosen(names, call):
    explorer = eval(call, names)
    told = json.loads(json.dumps(explorer.description()))
    assert [one["name"] for one in told["controls"]] == list(explorer.controls)
    assert told["title"] == explorer.title and told["made"] == call and len(told["strip"]) >= 3
    for one in told["controls"]:
        control = explorer.controls[one["name"]]
        assert one["words"] and one["help"]
        if hasattr(control, "options"):
            assert [label for label, _ in one["options"]] == [
                str(option[0] if isinstance(option, tuple) else option) for option in control.options
            ]
        elif hasattr(control, "min"):
            assert one["range"] == [control.min, control.max, control.step]


def test_a_state_that_is_not_to_be_had_is_one_sentence(names):
    explorer = eval("grad_cam_explorer(network)", names)
    with pytest.raises(ValueError, match="no control 'colour'; there are photo, class_"):
        explorer.at(colour=3)
    with pytest.raises(ValueError, match=r"photo cannot be '\(your photo\)' here; choose it in the explorer"):
        explorer.at(photo="(your photo)")
