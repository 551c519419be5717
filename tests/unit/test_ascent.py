"""Gradient ascent and DeepDream against closed forms on a linear network, and their behaviour on a real one."""

import numpy as np
import pytest

from helpers import backbones
from helpers.ascent import ascent_step, filter_patterns
from helpers.backbones.network import Network
from helpers.deepdream import dream, dream_step, octave_shapes
from helpers.quiet import keras


@pytest.fixture(scope="module")
def linear():
    """Two 1x1 filters on centred pixels: channel 0 = red - green, channel 1 = blue / 10."""
    k = keras()
    inputs = k.Input((None, None, 3), name="image")
    x = k.layers.Rescaling(1.0, -127.5, name="preprocess")(inputs)
    model = k.Model(inputs, k.layers.Conv2D(2, 1, use_bias=False, name="maps")(x))
    kernel = np.array([[1, 0], [-1, 0], [0, 0.1]], np.float32).reshape(1, 1, 3, 2)
    model.get_layer("maps").set_weights([kernel])
    return Network("linear", model)


def test_step_has_the_chosen_length_and_stays_in_range():
    pictures = np.full((2, 4, 4, 3), 100, np.float32)
    gradients = np.random.default_rng(0).normal(size=pictures.shape).astype(np.float32)
    gradients[1] = 0
    moved = ascent_step(pictures, gradients, 5.0)
    assert np.sqrt(np.mean((moved[0] - pictures[0]) ** 2)) == pytest.approx(5.0, rel=1e-5)
    np.testing.assert_array_equal(moved[1], pictures[1])  # a dead unit has no direction
    assert ascent_step(pictures, gradients * 1e9, 1e4).max() <= 255


def test_ascent_on_a_linear_filter_goes_to_the_corner_of_the_colour_cube(linear):
    """Its gradient is (+, -, 0) at every pixel, so red must end at 255, green at 0, and blue stay as it began."""
    pictures = filter_patterns(linear, "maps", [0, 1], size=40, steps=40, rate=10, contrast=3, seed=0)
    assert pictures.shape == (2, 8, 8, 3)
    assert (pictures[0, ..., 0] == 255).all() and (pictures[0, ..., 1] == 0).all()
    assert pictures[0, ..., 2].mean() == pytest.approx(127.5, abs=3)
    assert (pictures[1, ..., 2] == 255).all()


def test_same_seed_same_picture(linear):
    one, same, other = (filter_patterns(linear, "maps", [0], size=40, steps=1, seed=s) for s in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0


def test_a_filter_likes_its_own_pattern_best():
    network = backbones.load("squeezenet")
    channels = [3, 10, 40]
    pictures = filter_patterns(network, "fire4_expand3x3", channels, size=96, steps=25, seed=0)
    answers = network.features_of(pictures, "fire4_expand3x3").mean(axis=(1, 2))[:, channels]
    assert answers.argmax(axis=0).tolist() == [0, 1, 2]


def test_dream_gradient_is_activation_times_derivative(linear):
    """d mean(A^2) / d I = 2 / N * A * dA/dI: for the linear filters it can be written down."""
    picture = np.random.default_rng(0).uniform(0, 255, (40, 40, 3)).astype(np.float32)
    dream(linear, picture, "maps", octaves=1, steps=1, jitter=0)
    slope = linear._compiled["dream gradient", ("maps", 1.0)](picture[None]).numpy()[0]
    centred = picture - 127.5
    first = centred[..., 0] - centred[..., 1]
    expected = np.stack([first, -first, centred[..., 2] * 0.01], axis=-1) * 2 / (40 * 40 * 2)
    np.testing.assert_allclose(slope, expected, rtol=1e-4, atol=1e-6)


def test_dream_step_moves_by_the_rate_on_average():
    picture, slope = np.full((4, 4, 3), 100, np.float32), np.random.default_rng(1).normal(size=(4, 4, 3))
    assert np.abs(dream_step(picture, slope, 3.0) - picture).mean() == pytest.approx(3.0, rel=1e-5)
    np.testing.assert_array_equal(dream_step(picture, np.zeros_like(slope), 3.0), picture)


def test_octaves_grow_to_the_photo():
    assert octave_shapes((140, 280), 3, 2.0) == [(35, 70), (70, 140), (140, 280)]


def test_no_steps_give_the_photo_back_because_lost_detail_returns(linear):
    photo = np.random.default_rng(2).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    returned = dream(linear, photo, "maps", octaves=3, octave_scale=1.4, steps=0)
    assert returned.dtype == np.uint8 and np.abs(returned.astype(int) - photo).max() <= 1


def test_dream_raises_what_it_is_asked_to_raise():
    network = backbones.load("squeezenet")
    from helpers import datasets, images

    photo = images.prepare(datasets.photo("coffee").array, 96)
    dreamt = dream(network, photo, "fire5_concat", octaves=2, steps=5)
    before, after = ((network.features_of(p, "fire5_concat") ** 2).mean() for p in (photo, dreamt))
    assert after > 1.5 * before


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda n, p: filter_patterns(n, "maps", [2]), r"channels are \[2\]; layer 'maps' has channels 0 to 1"),
        (lambda n, p: filter_patterns(n, "maps", []), "layer 'maps' has channels 0 to 1"),
        (lambda n, p: filter_patterns(n, "map", [0]), "no layer 'map'; the nearest are maps"),
        (lambda n, p: filter_patterns(n, "maps", [0], size=32), "size is 32, expected more than 32"),
        (lambda n, p: dream(n, p, "map"), "no layer 'map'; the nearest are maps"),
        (lambda n, p: dream(n, p, "maps", octaves=9), "smallest octave would be .* take fewer octaves"),
        (lambda n, p: dream(n, p, "maps", octaves=0), "octaves is 0"),
        (lambda n, p: dream(n, p * np.nan, "maps"), "NaN or infinite"),
    ],
)
def test_bad_input_gives_one_sentence(linear, call, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        call(linear, np.zeros((64, 64, 3), np.float32))
    assert "\n" not in str(caught.value)
