"""Shared checks of arguments: what is taken as it is meant, and one sentence for the rest."""

import numpy as np
import pytest
from PIL import Image

from helpers.images import ImageError
from helpers.runtime import arguments

NONSENSE = [None, "a", "", [], [1, 2], {}, {1}, np.nan, np.inf, -np.inf, np.ones(3), object(), b"x", 1j]


def test_whole_numbers():
    assert [arguments.whole("n", value) for value in (3, np.int64(3), np.uint8(3), np.array(3))] == [3] * 4
    assert [arguments.whole("n", value, floats=True) for value in (3.0, np.float32(3))] == [3] * 2
    for value in (*NONSENSE, True, np.True_, 3.0, 2.5, -1):
        with pytest.raises(ValueError, match=r"^n is .*, expected at least 0, a whole number$"):
            arguments.whole("n", value)
    with pytest.raises(ValueError, match=r"^n is 4, expected from 1 to 3, a whole number$"):
        arguments.whole("n", 4, 1, 3)


def test_numbers_and_shares():
    assert [arguments.number("x", value) for value in (2, 2.0, np.float32(2), np.array(2))] == [2.0] * 4
    assert arguments.number("x", 0, 0) == 0 and arguments.share("x", 0.5) == 0.5
    for value in (*NONSENSE, True):
        with pytest.raises(ValueError, match=r"^x is .*, expected a number$"):
            arguments.number("x", value)
    with pytest.raises(ValueError, match=r"^x is 0, expected a number, more than 0, at most 2$"):
        arguments.number("x", 0, 0, 2, above=True)
    for value in (*NONSENSE, True, 1, -0.1):
        with pytest.raises(ValueError, match=r"^x is .*, expected a share from 0 to less than 1$"):
            arguments.share("x", value)


def test_flags_functions_and_sides():
    assert [arguments.flag("f", value) for value in (True, np.False_, 1, 0)] == [True, False, True, False]
    assert arguments.function("f", None) is None and arguments.function("f", print) is print
    assert [arguments.sides("s", value) for value in (5, 5.0, (5, 6), [5, 6.0], np.array([5, 6]))] == [
        *[(5, 5)] * 2,
        *[(5, 6)] * 3,
    ]
    for value in NONSENSE[1:]:
        with pytest.raises(ValueError, match=r"^f is .*, expected True or False$"):
            arguments.flag("f", value)
        with pytest.raises(ValueError, match=r"^f is .*, expected a function or None$"):
            arguments.function("f", value)
    for value in (*(one for one in NONSENSE if not isinstance(one, list) or one == []), 2.5, (5, 0), (5, 5, 5)):
        with pytest.raises(ValueError, match=r"^s is .*, expected at least 1 x 1 pixels"):
            arguments.sides("s", value)


def test_generators():
    drawn = [arguments.generator(seed).integers(10**9) for seed in (3, np.int64(3), np.random.default_rng(3), None)]
    assert drawn[0] == drawn[1] == drawn[2] != drawn[3]
    for seed in (-1, 1.5, "a", True):
        with pytest.raises(ValueError, match=r"^seed is .*, expected at least 0, a whole number$"):
            arguments.generator(seed)


def test_a_long_value_is_cut_short():
    with pytest.raises(ValueError, match=r"^n is 'x+\\nx+\.\.\., expected at least 0, a whole number$") as caught:
        arguments.whole("n", "x" * 30 + "\n" + "x" * 3000)
    assert len(str(caught.value)) < 120


def test_pictures_keep_their_fractions():
    shown = np.random.default_rng(0).uniform(0, 255, (4, 5, 3))
    for value in (shown, shown[None], shown.tolist(), shown.astype(np.float32)):
        found = arguments.picture("photo", value)
        assert found.dtype == np.float32 and found.shape == (4, 5, 3)
        np.testing.assert_allclose(found, shown, atol=1e-3)
    grey = np.array([[0, 100], [200, 255]], np.uint8)
    for value in (grey, Image.fromarray(grey), grey[..., None]):
        np.testing.assert_array_equal(arguments.picture("photo", value), np.repeat(grey[..., None], 3, -1))
    np.testing.assert_array_equal(arguments.picture("photo", np.array([[[-10.0, 5, 265]]])), [[[0, 5, 255]]])


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.full((4, 5, 3), 0.5), "multiply it by 255 first"),
        (np.full((4, 5, 3), 0.5, np.float16), "multiply it by 255 first"),
        (np.linspace(-1, 1, 60).reshape(4, 5, 3), "values are -1..1, but a picture has 0..255"),
        (np.linspace(-123, 151, 60).reshape(4, 5, 3), "values are -123..151, but a picture has 0..255"),
        (np.full((2, 4, 5, 3), 9.0), "is a batch of pictures; take one of them"),
        (np.full((3, 4, 5), 9.0), "has its channels first"),
        (np.full((4, 5, 3), np.nan), "NaN or infinite"),
        (np.full((4, 5, 3), "a"), "not numbers"),
        ("no such photo.png", "is not there"),
    ],
)
def test_what_is_no_picture(value, sentence):
    with pytest.raises(ImageError, match=sentence):
        arguments.picture("photo", value)


def test_tasks():
    for value in ([0, 2, 1], [0.0, 2.0, 1.0], np.array([[0], [2], [1]]), (0, 2, 1)):
        found = arguments.task_numbers(value)
        assert found.dtype == np.int64 and found.tolist() == [0, 2, 1]
    assert arguments.task_numbers([]).tolist() == [] and arguments.task_numbers([-3], negative=True).tolist() == [-3]
    for value in ([0.7], [-1], [np.nan], [np.inf], ["a"], [None], np.zeros((2, 2)), [[0], [1, 2]], 5, None):
        with pytest.raises(ValueError, match=r"^the tasks ") as caught:
            arguments.task_numbers(value)
        assert "\n" not in str(caught.value)
