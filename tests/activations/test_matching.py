"""The blind quiz: a judge of colours only, cards as they should be, and kernels that look like what they want."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers import activations
from helpers.activations import matching
from helpers.backbones import Network
from helpers.datasets.photo_collection import Collection
from helpers.runtime import keras

COLOURS = np.random.default_rng(0).integers(0, 256, (8, 3))


@pytest.fixture(scope="module")
def found():
    k = keras()
    k.utils.set_random_seed(0)
    inputs = k.Input((24, 24, 3))
    x = k.layers.Conv2D(6, 5, name="one")(inputs)
    x = k.layers.ReLU(name="one_relu")(x)
    x = k.layers.Add(name="sum")([x, k.layers.Conv2D(6, 3, padding="same", activation="relu", name="two")(x)])
    model = k.Model(inputs, x)
    kernel = np.repeat(np.random.default_rng(1).normal(size=(5, 5, 1, 6)), 3, axis=2)
    model.get_layer("one").set_weights([kernel - kernel.mean(axis=(0, 1)), np.zeros(6)])
    pictures = np.random.default_rng(2).integers(0, 256, (40, 24, 24, 1)).astype(np.uint8).repeat(3, axis=-1)
    collection = Collection(pictures, tuple(map(str, range(40))), np.arange(40))
    network = Network("small", model, None, 24)
    return activations.top_activations(network, collection, ["one_relu", "two", "sum"], cache=False)


def judge():
    """A network that sees the mean colour of a picture."""
    colour = lambda pictures, layer, photos: np.asarray(pictures).mean(axis=(1, 2))  # noqa: E731
    return SimpleNamespace(vgg_equivalent=lambda name: "colour", features_of=colour)


def solid(order):
    return np.broadcast_to(COLOURS[order][:, None, None, None], (8, 1, 4, 4, 3)).astype(np.uint8)


def test_a_judge_lays_each_piece_to_the_card_that_looks_alike():
    swapped = np.array([1, 0, *range(2, 8)])
    made = {matching.KINDS[0]: solid(np.arange(8)), "kernel": solid(swapped), "new piece": solid(np.arange(8))}
    right = matching.matched(made, judge())
    assert right[matching.KINDS[0]].all()
    assert right["kernel"].tolist() == [False, False, *[True] * 6]


def test_what_is_left_over_stays_out():
    made = {matching.KINDS[0]: solid(np.arange(8)), "new piece": solid(np.arange(8))}
    assert len(matching.matched(made, judge(), group=3)[matching.KINDS[0]]) == 6


def test_a_kernel_on_pixels_looks_like_what_excites_it(found):
    """Of 40 pictures of noise the strongest piece of each is nearest to the kernel itself."""
    likeness = matching.kernel_likeness(found, "one_relu", list(range(6)))
    assert likeness.shape == (6,) and likeness.min() > 0.4


def test_cards_hold_pieces_of_other_photos_and_the_units_kernel(found):
    units = matching.matchable(found, "one_relu", 4)
    made = matching.cards(found, "one_relu", units, side=20)
    assert [made[kind].shape for kind in made] == [(4, n, 20, 20, 3) for n in (3, 1, 1, 1)]
    own = matching.kernel_of(found.network, "one_relu").sum(axis=2)[..., units[0]]
    drawn = made["kernel"][0, 0, 2::4, 2::4, 0].astype(float) - 127.5
    assert np.corrcoef(drawn.ravel(), own.ravel())[0, 1] > 0.99


def test_what_has_no_kernel_or_too_few_units_is_refused(found):
    with pytest.raises(ValueError, match="'sum' does not come from one convolution"):
        matching.kernel_of(found.network, "sum")
    with pytest.raises(ValueError, match="9 were asked for"):
        matching.matchable(found, "one_relu", 9)
