"""Ascent and dreams on networks of other kinds: downloaded, with a new head, saved and loaded, with two outputs."""

import numpy as np
import pytest

from helpers import backbones, training, transfer
from helpers.backbones import Network
from helpers.feature_visualization import ascend, channel, class_images, dream, logit
from helpers.files import MissingError
from helpers.runtime import keras


def test_mobilenet_of_a_quarter_width(course_data):
    try:
        network = backbones.load("mobilenet", alpha=0.25)
    except MissingError as missing:
        pytest.skip(str(missing))
    climb = ascend(network, logit("flamingo") + 0.1 * channel("conv_pw_5_relu", 3), (96, 128), steps=10)
    assert climb.pictures.shape == (1, 96, 128, 3) and climb.values[-1] > climb.values[0]
    photo = np.random.default_rng(0).uniform(0, 255, (64, 90, 3))
    assert dream(network, photo, "conv_pw_5_relu", octaves=2, steps=2).shape == (64, 90, 3)


@pytest.mark.parametrize(("pooling", "shape"), [("average", None), ("flatten", (96, 96, 3))])
def test_a_network_with_a_new_head_also_saved_and_loaded(tmp_path, pooling, shape):
    base = backbones.load("squeezenet", weights=None, include_top=False, input_shape=shape)
    own = transfer.attach_head(base, ["cat", "dog"], hidden=8, pooling=pooling)
    loaded = training.load(training.save(own, tmp_path / "own.keras"))
    climbs = [class_images(one, ["cat", "dog"], 96, steps=3, start="noise") for one in (own, loaded)]
    assert not climbs[0].dead.any() and climbs[0].pictures.shape == (2, 96, 96, 3)
    np.testing.assert_allclose(climbs[0].pictures, climbs[1].pictures, atol=0.5)
    assert climbs[0].values[0, 0] == pytest.approx(-climbs[0].values[0, 1], abs=0.1)  # one output: -z and z
    assert ascend(own, channel("fire2_concat", 1), (64, 80), steps=1).pictures.shape == (1, 64, 80, 3)
    photo = np.random.default_rng(0).uniform(0, 255, (60, 90, 3))
    assert dream(loaded, photo, "fire2_concat", octaves=1, steps=1).shape == (60, 90, 3)


def test_a_network_with_two_outputs():
    base = backbones.load("squeezenet", weights=None, include_top=False)
    own = transfer.attach_head(base, ["cat", "dog", "bird"], hidden=8)
    model = keras().Model(own.model.inputs[0], [own.model.outputs[0], own.layer("fire2_concat").output])
    both = Network("two outputs", model, own.logits, 96, own.class_names)
    climb = class_images(both, ["bird"], 96, steps=3)
    assert climb.pictures.shape == (1, 96, 96, 3) and not climb.dead.any()
    assert dream(both, climb.pictures[0], "fire3_concat", octaves=1, steps=1).shape == (96, 96, 3)
