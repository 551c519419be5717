"""Checks of homework: what earns points, what is said of the rest, and what is barred meanwhile."""

import numpy as np
import pytest

from helpers import images
from helpers.teaching import homework


def test_an_answer_that_is_equal_earns_the_points(capsys):
    question = homework.Question("1.", points=5)
    question.equal(2, "the sum", lambda: [1, 2.0000001], np.array([1, 2]))
    question.equal(1, "the name", lambda: " Conv1 ", "conv1")
    question.equal(2, "both", lambda: {"a": 1, "b": [2, 3]}, {"a": 1, "b": np.array([2, 3])})
    assert question.score() == 5
    assert "5 of 5 points" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda: None, "not answered yet"),
        (lambda: ..., "not answered yet"),
        (lambda: 1 / 0, "stopped with ZeroDivisionError"),
        (lambda: np.zeros((2, 3)), "its shape is (2, 3), expected (3,)"),
        (lambda: "three", "'three' is not made of numbers"),
        (lambda: np.array([7.0, 8, 0]), "is not right at 33% of its places"),
    ],
)
def test_a_wrong_answer_is_told_why_and_not_the_right_one(answer, said):
    question = homework.Question("1.", points=2)
    question.equal(2, "the values", answer, np.array([7.0, 8, 9.25]))
    assert question.score() == 0
    assert said in question.lines[0] and "9.25" not in question.lines[0]


def test_a_usual_mistake_is_named():
    question = homework.Question("1.", points=3)
    mistakes = {"The square is missing.": lambda: 3, "A broken test.": lambda: 1 / 0}
    turned = {"The sign is turned.": lambda found: found == -4}
    question.equal(1, "the square", lambda: 3, 9, mistakes=mistakes)
    question.equal(1, "no NaN", lambda: [np.nan, 2.1], [1, 2], mistakes={"Zero by zero.": [np.nan, 2.1]})
    question.holds(1, "positive", lambda: -4, lambda found: found > 0, turned)
    named = [line.split(". ")[-1] for line in question.lines]
    assert named == ["The square is missing.", "Zero by zero.", "The sign is turned."]


def test_a_check_that_reckons_with_an_untouched_answer_says_that_there_is_none(capsys):
    question = homework.Question("1", points=4)
    unanswered, nothing = ..., None
    for reckons in (lambda: nothing + 1, lambda: unanswered[0], lambda: nothing.sum(), lambda: list(nothing)):
        question.equal(1, "its sum", reckons, 3)
    question.equal(1, "a real mistake", lambda: "text" + 1, 3)
    assert [line[0] for line in question.lines] == ["–"] * 4 + ["✗"] and question.earned == 0
    assert all("not answered yet" in line for line in question.lines[:4])


def test_points_that_only_grading_gives_are_announced(capsys):
    question = homework.Question("2. The gate", points=4)
    question.holds(1, "a number", lambda: 3, lambda found: found == 3)
    question.score()
    assert "3 more are for checks that only grading runs" in capsys.readouterr().out


def test_a_barred_helper_refuses_every_name_it_was_imported_under_and_comes_back():
    imported, picture = images.prepare, np.zeros((8, 8, 3), np.uint8)
    question = homework.Question("1.", points=2, without=["images.prepare"])
    question.equal(1, "by the helper", lambda: imported(picture, 8), np.zeros((8, 8, 3)))
    question.equal(1, "by hand", lambda: np.zeros((8, 8, 3)), lambda: imported(picture, 8))  # the check may use it
    assert "images.prepare is the answer to this question" in question.lines[0]
    assert question.earned == 1
    assert imported(picture, 8).shape == (8, 8, 3)


def test_what_is_given_carries_its_recipe():
    made = homework.given("training.small_convnet", 32, 3)
    assert made.homework_recipe == ("training.small_convnet", (32, 3), {})


def test_where_checks_are_unseen_an_answer_hands_nothing_on():
    def tells():
        raise KeyError("the secret 4711")

    question = homework.Question("1.", points=3)
    with homework.unseen():
        question.equal(1, "stops", tells, 1)
        question.equal(1, "says", lambda: "the secret 4711", "conv1")
        question.equal(1, "counts", lambda: 4711, 1, mistakes={"A usual one.": 4711})
    assert not any("4711" in line for line in question.lines)
    assert "stopped with KeyError" in question.lines[0]
    assert question.lines[2].endswith("A usual one.")


def test_where_checks_are_unseen_a_barred_helper_is_still_named():
    question = homework.Question("1.", points=1, without=["images.prepare"])
    with homework.unseen():
        question.equal(1, "by the helper", lambda: images.prepare(np.zeros((8, 8, 3), np.uint8), 8), 0)
    assert "images.prepare is the answer to this question; write it yourself" in question.lines[0]


def test_a_share_for_the_board_is_kept_or_it_is_said_why_not():
    question = homework.Question("1.", points=1)
    question.note("accuracy", lambda: np.float32(0.75), 200)
    question.note("accuracy", lambda: 1.5, 200)
    question.note("accuracy", lambda: 1 / 0, 200)
    assert question.notes == [("accuracy", 0.75, 200)] and question.earned == 0
    assert "no share" in question.lines[1] and "ZeroDivisionError" in question.lines[2]
