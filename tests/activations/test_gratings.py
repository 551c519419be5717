"""Gratings: what they look like, and answers of units that are known by hand."""

import numpy as np
import pytest

from helpers.activations.gratings import (
    GREY,
    HUES,
    angles,
    grating,
    grating_answers,
    orientation_selectivity,
    phase_modulation,
)
from helpers.backbones import Network
from helpers.runtime import keras


def detector(kernel, squared=False):
    """A network of one convolution with this kernel `(rows, columns, 3)`, then a ReLU, or a square (a complex cell)."""
    k = keras()
    inputs = k.Input((None, None, 3))
    maps = k.layers.Conv2D(1, kernel.shape[:2], use_bias=False, name="conv")(inputs)
    seen = k.layers.Activation(k.ops.square if squared else "relu", name="answer")(maps)
    scores = k.layers.Dense(2)(k.layers.GlobalAveragePooling2D()(seen))
    model = k.Model(inputs, scores)
    model.get_layer("conv").set_weights([kernel[..., None].astype(np.float32)])
    return Network("detector", model, scores, 64, ["a", "b"])


def test_stripes_stand_upright_at_0_and_lie_flat_at_90():
    upright, flat = grating(0, size=32), grating(90, size=32)
    assert np.ptp(upright[:, 0, 0]) == 0 and np.ptp(upright[0, :, 0]) > 150
    assert np.abs(flat.astype(int) - upright.transpose(1, 0, 2)).max() <= 1


def test_stripes_of_45_degrees_rise_to_the_right():
    picture = grating(45, size=32, wavelength=8)[..., 0].astype(int)
    rising = np.abs(np.diff([picture[20 - at, 8 + at] for at in range(8)])).max()
    falling = np.abs(np.diff([picture[8 + at, 8 + at] for at in range(8)])).max()
    assert rising <= 2 and falling > 20


def test_a_whole_wave_on_is_the_same_picture_and_half_a_wave_on_the_negative():
    first = grating(30, phase=0).astype(int)
    assert np.abs(first - grating(30, phase=360)).max() <= 1
    assert np.abs(first + grating(30, phase=180) - 255).max() <= 1


@pytest.mark.parametrize("colour", HUES)
def test_coloured_stripes_are_as_bright_as_the_grey_between_them(colour):
    luminance = grating(0, colour, 64, 16) @ np.array([0.299, 0.587, 0.114])
    assert np.ptp(luminance) < 2 and np.ptp(grating(0, colour, 64, 16).reshape(-1, 3), axis=0).max() == 100


def test_selectivity_of_known_answers():
    assert orientation_selectivity(np.ones((16, 1)))[0] == pytest.approx(0, abs=1e-12)
    assert orientation_selectivity(np.eye(16)[:, :1])[0] == pytest.approx(1)
    assert orientation_selectivity(np.array([[2.0], [1], [0], [1]]))[0] == pytest.approx(0.5)  # (2 - 0) / 4
    assert np.isnan(orientation_selectivity(np.zeros((16, 1)))[0])


def test_an_edge_detector_answers_to_upright_stripes_in_black_and_white():
    answers = grating_answers(detector(np.tile([[[-1.0], [0], [1]]], (3, 1, 3))), "answer", size=48)
    direction, colour = np.unravel_index(answers[..., 0].argmax(), answers.shape[:2])
    assert angles()[direction] == 0 and (*HUES, GREY)[colour] == GREY


def test_a_blue_minus_yellow_detector_answers_to_blue():
    kernel = np.tile(np.array([-0.5, -0.5, 1.0]), (3, 3, 1))
    answers = grating_answers(detector(kernel), "answer", wavelength=16)
    assert (*HUES, GREY)[answers[..., 0].max(axis=0).argmax()] == "blue"


def test_a_rectified_edge_minds_the_place_and_a_constant_answer_does_not():
    edge = np.tile([[[-1.0], [0], [1]]], (3, 1, 3))
    # Half a sine: mean 1 / pi, first harmonic 1 / 2, so the ratio is pi / 2; eight phases come near.
    assert phase_modulation(detector(edge), "answer")[0] == pytest.approx(np.pi / 2, abs=0.1)
    # A squared sine has all its swing at the second harmonic.
    assert phase_modulation(detector(edge, squared=True), "answer")[0] == pytest.approx(0, abs=0.05)


def test_bad_stripes_are_refused_in_one_sentence():
    with pytest.raises(ValueError, match="wavelength is 1; stripes need 2 pixels"):
        grating(0, wavelength=1)
    with pytest.raises(ValueError, match="colour is 'pink'; choose 'black and white' or one of red"):
        grating(0, "pink")
    with pytest.raises(ValueError, match="least answer is -1"):
        orientation_selectivity(np.array([[-1.0], [1.0]]))
