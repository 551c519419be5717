"""How long explorers live: what is closed, replaced or dropped is freed with its network; what is shown stays."""

import gc
import types
import weakref

import ipywidgets
import numpy as np
import psutil
import pytest
from ipywidgets.widgets.widget import _instances as open_widgets

from helpers.backbones import as_network
from helpers.runtime import keras, memory
from helpers.widgets import (
    Explorer,
    Frame,
    activation_explorer,
    ascent_explorer,
    augmentation_explorer,
    camera_explorer,
    dream_studio,
    field_explorer,
    grad_cam_explorer,
    grating_explorer,
    lifetime,
    lime_explorer,
    methods_explorer,
    occlusion_explorer,
    rules_explorer,
)

EXPLORERS = (
    activation_explorer,
    ascent_explorer,
    augmentation_explorer,
    dream_studio,
    field_explorer,
    grad_cam_explorer,
    grating_explorer,
    lime_explorer,
    methods_explorer,
    occlusion_explorer,
    rules_explorer,
    camera_explorer,
)
MEGABYTE = 1_000_000


def network(extra: int = 0):
    """A network of two convolutions, made heavy by `extra` numbers that nothing reads."""
    layers = keras().layers
    inputs = keras().Input((48, 48, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="one")(inputs)
    x = layers.Conv2D(4, 3, activation="relu", name="two")(x)
    outputs = layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    made = as_network(keras().Model(inputs, outputs), ["a", "b", "c"])
    made.weight = np.ones(extra)
    return made


def closed(explorer):
    explorer.close()
    return explorer  # as the history of a notebook's answers keeps it


def all_closed(explorer):
    ipywidgets.Widget.close_all()
    return explorer


def dropped(_):
    return None


@pytest.mark.parametrize(
    ("end", "made"), [(closed, EXPLORERS), (all_closed, EXPLORERS[3:6]), (dropped, EXPLORERS[3:6])]
)
def test_explorers_that_ended_free_their_network(end, made):
    before, mine = len(open_widgets), network()
    kept = [end(make(mine)) for make in made]
    gone = weakref.ref(mine), weakref.ref(mine.model)
    del mine
    gc.collect()
    assert [reference() for reference in gone] == [None, None]
    assert len(open_widgets) <= before
    assert all(one is None or (one.closed and one.frame is None) for one in kept)


def test_five_reruns_of_a_cell_grow_by_less_than_one_network():
    """Each network weighs 40 MB: five that stayed would be 200 MB."""
    sizes = []
    for _ in range(6):
        explorer = occlusion_explorer(network(5 * MEGABYTE))
        assert not explorer.error.value
        memory.free()
        sizes.append(psutil.Process().memory_info().rss / MEGABYTE)
    assert sizes[-1] - sizes[0] < 20, sizes


def test_a_closed_explorer_says_so():
    explorer = grad_cam_explorer(network(), "coffee")
    explorer.close()
    explorer.close()
    explorer.update()
    assert "was closed" in explorer.error.value
    bundle, _ = explorer._repr_mimebundle_()
    assert list(bundle) == ["text/plain"] and "run the cell" in bundle["text/plain"]


class Kernel:
    """What IPython tells about the cell that runs."""

    def __init__(self, monkeypatch):
        self.message = {}
        shell = types.SimpleNamespace(get_parent=lambda: self.message)
        monkeypatch.setitem(lifetime.sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
        monkeypatch.setattr(lifetime, "_shown", [])

    def runs(self, cell: str, number: int, code: str = "") -> None:
        metadata = {"cellId": cell} if cell else {}
        self.message = {"header": {"msg_id": str(number)}, "metadata": metadata, "content": {"code": code or cell}}


@pytest.fixture
def kernel(monkeypatch):
    return Kernel(monkeypatch)


def greys():
    slider = ipywidgets.IntSlider(3, description="Grey")
    return Explorer({"grey": slider}, lambda grey: Frame(np.full((4, 4, 3), grey, np.uint8), "grey"), title="Greys")


def show(explorer):
    explorer._repr_mimebundle_()
    return weakref.ref(explorer)


def test_what_a_cell_shows_stays_without_a_name_until_the_cell_runs_again(kernel):
    kernel.runs("first", 1)
    one, two = show(greys()), show(greys())
    kernel.runs("second", 2)
    other = show(greys())
    gc.collect()
    assert not any(explorer().closed for explorer in (one, two, other))
    slider = one().controls["grey"]
    slider.value = 9
    assert one().frame.picture[0, 0, 0] == 9
    kernel.runs("first", 3)
    again = show(greys())
    gc.collect()
    assert one() is None and two() is None and not other().closed and not again().closed


def test_a_history_of_answers_keeps_no_network(kernel):
    answers, networks = [], []
    for number in range(3):
        kernel.runs("", number, "grad_cam_explorer(network)")
        mine = network()
        answers.append(grad_cam_explorer(mine))
        networks.append(weakref.ref(mine))
        del mine
        show(answers[-1])
    gc.collect()
    assert [reference() is None for reference in networks] == [True, True, False]
    assert [answer.closed for answer in answers] == [True, True, False]


def test_the_same_explorer_shown_again_lives_on(kernel):
    kernel.runs("first", 1)
    explorer = greys()
    show(explorer)
    kernel.runs("first", 2)
    show(explorer)
    kernel.runs("second", 3)
    show(explorer)
    kernel.runs("first", 4)
    show(greys())
    assert not explorer.closed  # the second cell still shows it
    kernel.runs("second", 5)
    show(greys())
    assert explorer.closed
