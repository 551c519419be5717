"""Explorers of single units without a front end: what they say is what the functions compute, errors in sight."""

import numpy as np
import pytest

from helpers import activations, backbones, datasets
from helpers.activations.gratings import GREY, HUES, angles, grating_answers
from helpers.widgets import grating_explorer, part_explorer
from tests.widgets.test_activations_explorers import every_value


@pytest.fixture(scope="module")
def network():
    return backbones.load("squeezenet")


@pytest.fixture(scope="module")
def drawn():
    return datasets.critters(4, 40, 96)


def test_stripes_explorer_names_the_favourite(network):
    explorer = grating_explorer(network, ["conv1_relu", "fire3_expand3x3_relu"])
    explorer.controls["channel"].value = 7
    own = grating_answers(network, "conv1_relu", size=96, wavelength=4)[..., 7]
    angle, colour = np.unravel_index(own.argmax(), own.shape)
    assert f"most to {(*HUES, GREY)[colour]} stripes of {angles()[angle]:.0f} degrees" in explorer.frame.caption
    # The yellowest cell of the table is the favourite's: its row and column behind the stripes at the edges.
    table = explorer.frame.picture[:, 416 + 12 :].astype(int)
    cell = 416 / 17
    middle = table[round((angle + 1.5) * cell), round((colour + 1.5) * cell)]
    assert middle[0] > 200 and middle[2] < 90
    assert explorer.controls["channel"].max == 63


def test_stripes_explorer_takes_every_value(network):
    assert every_value(grating_explorer(network, ["conv1_relu", "fire3_expand3x3_relu"])) >= 8


def test_part_explorer_shows_the_best_channel_and_its_overlap(network, drawn):
    explorer = part_explorer(network, drawn, ["fire4_concat", "fire9_concat"])
    maps = activations.maps_on_grid(network, drawn.images, "fire4_concat")
    scores = activations.part_scores(maps, activations.small_masks(drawn.ears), 0.05)
    best = activations.best_channel(scores)
    assert f"channel {best}: overlap with the ears (IoU) {scores.by_photo(best)[0]:.2f} here" in explorer.frame.caption
    explorer.controls["best"].value = False
    explorer.controls["channel"].value, explorer.controls["photo"].value = 3, 2
    assert f"fire4_concat, channel 3: overlap with the ears (IoU) {scores.by_photo(3)[2]:.2f}" in explorer.frame.caption


def test_part_explorer_frames_the_ears(network, drawn):
    explorer = part_explorer(network, drawn, ["fire4_concat"])
    white = (explorer.frame.picture == 255).all(axis=-1)
    ears = np.kron(drawn.ears[0], np.ones((4, 4), bool))[:416, :416]
    rows, columns = np.nonzero(ears)
    assert white.sum() > 200
    near = white[max(rows.min() * 416 // 384 - 20, 0) : rows.max() * 416 // 384 + 20]
    assert near.sum() > 0.9 * white.sum() and columns.size


def test_part_explorer_takes_every_value(network, drawn):
    explorer = part_explorer(network, drawn, ["fire4_concat", "fire9_concat"])
    explorer.controls["best"].value = False
    assert every_value(explorer) >= 8


def test_no_picture_is_refused_in_one_sentence(network, drawn):
    with pytest.raises(ValueError, match="there is no picture; give a dozen"):
        part_explorer(network, drawn.take([]))
