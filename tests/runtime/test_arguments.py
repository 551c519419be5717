"""Shared checks of arguments: what is taken as it is meant, and one sentence for the rest."""

import numpy as np
import pytest

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


def test_tasks():
    for value in ([0, 2, 1], [0.0, 2.0, 1.0], np.array([[0], [2], [1]]), (0, 2, 1)):
        found = arguments.task_numbers(value)
        assert found.dtype == np.int64 and found.tolist() == [0, 2, 1]
    assert arguments.task_numbers([]).tolist() == [] and arguments.task_numbers([-3], negative=True).tolist() == [-3]
    for value in ([0.7], [-1], [np.nan], [np.inf], ["a"], [None], np.zeros((2, 2)), [[0], [1, 2]], 5, None):
        with pytest.raises(ValueError, match=r"^the tasks ") as caught:
            arguments.task_numbers(value)
        assert "\n" not in str(caught.value)
