"""The explorers on networks that students build: any last layer, one sigmoid, shared names, no names, no square."""

import json
from functools import cache

import numpy as np
import pytest

from helpers import attribution, datasets
from helpers.backbones import as_network
from helpers.runtime import keras
from helpers.widgets import (
    activation_explorer,
    ascent_explorer,
    augmentation_explorer,
    dream_studio,
    field_explorer,
    grad_cam_explorer,
    lime_explorer,
    methods_explorer,
    occlusion_explorer,
    rules_explorer,
    tour_explorer,
)

ASKING = (grad_cam_explorer, methods_explorer, occlusion_explorer, rules_explorer, lime_explorer)
PHOTOS = ["coffee", "moon"]


@cache  # explorers leave a network as it is; what is compiled for one test serves the next
def ended_by(end, outputs=3, activation="softmax", sides=(48, 48), names=("a", "b", "c")):
    """Two convolutions, then `end`, global average, dense."""
    layers = keras().layers
    keras().utils.set_random_seed(3)
    inputs = keras().Input((*sides, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(4, 3, activation="relu", name="first")(x)
    x = layers.Conv2D(5, 3, activation="relu", name="second")(x)
    x = layers.GlobalAveragePooling2D()(end(x))
    x = layers.Dense(outputs, activation=activation)(x)
    return as_network(keras().Model(inputs, x), names)


def nested(x):
    inputs = keras().Input(x.shape[1:])
    inner = keras().layers.Conv2D(6, 3, activation="relu", name="inner")(inputs)
    return keras().Model(inputs, keras().layers.MaxPooling2D(name="inner_pool")(inner), name="base")(x)


ENDS = {
    "max pooling": lambda x: keras().layers.MaxPooling2D(name="last")(x),
    "average pooling": lambda x: keras().layers.AveragePooling2D(2, name="last")(x),
    "batch norm": lambda x: keras().layers.BatchNormalization(name="last")(x),
    "dropout": lambda x: keras().layers.Dropout(0.5, name="last")(x),
    "product": lambda x: x * 2.0,
    "nested base": nested,
}


@pytest.mark.parametrize("end", ENDS)
def test_grad_cam_explorer_begins_with_the_maps_that_grad_cam_takes(end):
    network = ended_by(ENDS[end])
    explorer = grad_cam_explorer(network, "coffee", PHOTOS)
    layer = explorer.controls["layer"]
    assert explorer.error.value == ""
    picture, class_ = network.prepare(_photo("coffee")), explorer.controls["class_"].value
    first, usual = (attribution.grad_cam(network, picture, class_, name) for name in (layer.value, None))
    np.testing.assert_array_equal(first, usual)
    order = [operation.name for operation in network.model.operations]
    assert list(layer.options) == sorted(layer.options, key=order.index)
    for name in layer.options:
        layer.value = name
        assert explorer.error.value == "", (name, explorer.error.value)


def _photo(name):
    return datasets.photo(name).array


@pytest.mark.parametrize("make", ASKING)
def test_one_sigmoid_offers_both_classes_with_probabilities_that_sum_to_one(make):
    network = ended_by(ENDS["dropout"], 1, "sigmoid", names=("cat", "dog"))
    menu = make(network, "coffee", PHOTOS).controls["class_"]
    shares = {label.split(" (")[0]: float(label.split("(")[1].rstrip(")")) for label, _ in menu.options}
    by_hand = float(network.model(network.prepare(_photo("coffee"))[None].astype("float32"))[0, 0])
    assert shares == {"dog": round(by_hand, 2), "cat": round(1 - by_hand, 2)}
    assert {number for _, number in menu.options} == {0, 1}
    assert menu.value == int(by_hand > 0.5)


def test_explorers_of_one_sigmoid_name_both_classes():
    network = ended_by(ENDS["dropout"], 1, "sigmoid", names=("cat", "dog"))
    network._slide_layers = {"block1_conv1": "first", "block3_conv1": "second"}
    tour = tour_explorer(network, "coffee", PHOTOS)
    tour.controls["step"].value = "what it names"
    assert "cat" in tour.frame.caption and "dog" in tour.frame.caption
    tour.controls["step"].value = "where it looks"
    assert tour.error.value == ""
    best = ("cat", "dog")[int(network.probabilities(network.prepare(_photo("coffee")))[0].argmax())]
    assert augmentation_explorer(network, "coffee", PHOTOS).frame.caption.startswith(f"coffee: {best} ")
    climb = ascent_explorer(network)
    assert set(climb.controls["class_"].options) == {"cat", "dog"}


def shared():
    return ended_by(ENDS["dropout"], names=("crane", "maillot", "crane"))


@pytest.mark.parametrize("make", ASKING)
def test_classes_of_one_name_are_told_apart_by_their_number(make):
    network = shared()
    explorer = make(network, "coffee", PHOTOS)
    menu = explorer.controls["class_"]
    for label, number in menu.options:
        words = {0: "crane (0)", 1: "maillot", 2: "crane (2)"}[number]
        assert label.startswith(words + " (")
        menu.value = number
        assert explorer.error.value == "" and words in explorer.frame.caption


def test_the_copied_call_gives_the_class_on_show():
    network = shared()
    explorer = grad_cam_explorer(network, "coffee", PHOTOS)
    picture = network.prepare(_photo("coffee"))
    names = {"grad_cam": attribution.grad_cam, "network": network, "picture": picture}
    for _, number in explorer.controls["class_"].options:
        explorer.controls["class_"].value = number
        found = eval(explorer.frame.code, names)
        np.testing.assert_array_equal(found, attribution.grad_cam(network, picture, number))


def test_the_tour_goes_on_where_two_classes_share_the_first_name():
    network = shared()
    network._slide_layers = {"block1_conv1": "first", "block3_conv1": "second"}
    tour = tour_explorer(network, "coffee", PHOTOS)
    for step in tour.controls["step"].options:
        tour.controls["step"].value = step
        assert tour.error.value == "", (step, tour.error.value)
    best = int(network.probabilities(network.prepare(_photo("coffee")))[0].argmax())
    assert f"Grad-CAM of {('crane (0)', 'maillot', 'crane (2)')[best]}" in tour.frame.caption


def test_names_with_quotation_marks_make_a_call_that_runs():
    network = ended_by(ENDS["dropout"], names=('the "big" one', "it's", "back\\slash"))
    explorer = grad_cam_explorer(network, "coffee", PHOTOS)
    picture = network.prepare(_photo("coffee"))
    names = {"grad_cam": attribution.grad_cam, "network": network, "picture": picture}
    for _, number in explorer.controls["class_"].options:
        explorer.controls["class_"].value = number
        assert json.dumps(network.class_names[number]) in explorer.frame.code
        assert eval(explorer.frame.code, names).shape == (44, 44)


def test_classes_without_names_have_numbers():
    network = ended_by(ENDS["dropout"], names=())
    for make in (*ASKING, augmentation_explorer):
        assert "class " in make(network, "coffee", PHOTOS).frame.caption
    labels = [label for label, _ in grad_cam_explorer(network, "coffee", PHOTOS).controls["class_"].options]
    assert sorted(label.rsplit(" (", 1)[0] for label in labels) == ["class 0", "class 1", "class 2"]


ALL = (*ASKING, activation_explorer, field_explorer, augmentation_explorer)


@pytest.mark.parametrize("make", ALL)
def test_a_network_that_is_not_square_is_shown_in_its_own_proportions(make):
    network = ended_by(ENDS["max pooling"], sides=(40, 64))
    explorer = make(network, "coffee", PHOTOS)
    assert explorer.error.value == ""
    if make is field_explorer:
        explorer.controls["used"].value = True
        assert explorer.error.value == ""
    elif make is not activation_explorer and make is not methods_explorer:
        height, width = explorer.frame.picture.shape[:2]
        beside = 100 if make is grad_cam_explorer else 0  # the colour bar
        assert (height, width - beside) == (280, 448)  # 40 : 64


def test_dreams_and_ascents_of_a_nested_base():
    network = ended_by(nested, sides=(None, None))
    assert dream_studio(network, "coffee", PHOTOS).error.value == ""
    assert ascent_explorer(network).error.value == ""


def fresh():
    return ended_by.__wrapped__(nested, sides=(None, None))


def started(make, network, **values):
    explorer = make(network)
    for name, value in values.items():
        explorer.controls[name].value = value
    explorer.start.click()
    return explorer


def test_two_jobs_on_one_network_do_not_disturb_each_other():
    """Both compile and run at once, and each gives the picture that it gives alone."""
    work = (
        lambda network: started(ascent_explorer, network, steps=12, number=1),
        lambda network: started(lime_explorer, network, samples=60, count=8),
        lambda network: started(dream_studio, network, steps=4, octaves=1, side=128),
    )
    alone = []
    for begin in work:
        explorer = begin(fresh())
        assert explorer.wait(120) and explorer.error.value == ""
        alone.append(explorer.frame)
    network = fresh()
    together = [begin(network) for begin in work]
    for explorer, frame in zip(together, alone, strict=True):
        assert explorer.wait(120) and explorer.error.value == "" and explorer.time_left.value == "done"
        assert explorer.frame.caption == frame.caption
        np.testing.assert_allclose(explorer.frame.picture.astype(int), frame.picture.astype(int), atol=2)
