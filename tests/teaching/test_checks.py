"""The three ways a notebook marks a claim, and the choices for which it makes it."""

import numpy as np
import pytest

from helpers.teaching import Claims, exercise

AS_MADE = {"NETWORK": ["lite", "lite"], "SEED": [0, 0]}
ELSEWHERE = {"NETWORK": ["squeeze", "lite"], "SEED": [1, 0]}


@pytest.mark.parametrize("claims", [Claims(), Claims(**AS_MADE), Claims(DATA=["school", "exam", "school"])])
def test_check_ticks_or_raises_with_the_number(claims, capsys):
    assert claims.apply
    claims.check(np.float32(2) > 1, "two is more than one", 2.0)
    assert capsys.readouterr().out == "✓ two is more than one (2.000)\n"
    with pytest.raises(AssertionError, match=r"does not hold here: one is more than two \(1\)"):
        claims.check(False, "one is more than two", 1)


@pytest.mark.parametrize(("true", "would"), [(True, "would hold"), (np.False_, "would not hold")])
def test_a_claim_made_for_other_choices_is_reported_with_what_was_measured(true, would, capsys):
    claims = Claims(**ELSEWHERE)
    assert not claims.apply
    claims.check(true, "it sees an espresso", ["missile", 0.296])
    claims.check(true, "it is so")
    elsewhere = "(not claimed for this choice, only for NETWORK = 'lite' and SEED = 0)"
    assert capsys.readouterr().out.splitlines() == [
        f'– measured missile, 0.296: "it sees an espresso" {would} {elsewhere}',
        f'– "it is so" {would} {elsewhere}',
    ]


def test_only_the_choices_that_differ_are_named(capsys):
    Claims(NETWORK=["lite", "lite"], DATA=["chem97", "exam", "school"]).check(False, "less", 2)
    assert capsys.readouterr().out == (
        "– measured 2: \"less\" would not hold (not claimed for this choice, only for DATA = 'exam' or 'school')\n"
    )


@pytest.mark.parametrize("choice", [["lite"], "lite", []])
def test_a_choice_without_what_the_claims_were_made_for_is_refused(choice):
    with pytest.raises(ValueError, match="give a list: the choice, then what the claims were made for"):
        Claims(NETWORK=choice)


@pytest.mark.parametrize(
    ("holds", "verdict", "on_vgg16", "raises"),
    [
        (True, "holds", False, False),
        (False, "holds", False, True),
        (False, "does not hold here", False, False),
        (True, "does not hold here", False, True),
        (True, "holds for VGG16 only", True, False),
        (False, "holds for VGG16 only", False, False),
        (True, "holds for VGG16 only", False, True),
        (False, "holds for VGG16 only", True, True),
        (True, "cannot tell", False, False),
        (False, "cannot tell", False, False),
    ],
)
def test_slide_claim_raises_only_when_the_opposite_was_measured(holds, verdict, on_vgg16, raises, capsys):
    if raises:
        with pytest.raises(AssertionError, match="the text says"):
            Claims().slide_claim("004", "maps get sparser", holds, verdict, 0.9, on_vgg16=on_vgg16)
    else:
        Claims().slide_claim("004", "maps get sparser", holds, verdict, 0.9, on_vgg16=on_vgg16)
        assert verdict in capsys.readouterr().out
    Claims(SEED=[1, 0]).slide_claim("004", "maps get sparser", holds, verdict, 0.9, on_vgg16=on_vgg16)
    assert capsys.readouterr().out == (
        f'– measured 0.900, exact: slide (004), "maps get sparser", {"holds" if holds else "does not hold"} here '
        "(not claimed for this choice, only for SEED = 0)\n"
    )


@pytest.mark.parametrize(
    ("stated", "measured", "line"),
    [
        ("holds", (0.1, 0.02, 0.18), "✓ slide (002): it helps - holds (+0.100, +0.020 to +0.180, 5 seeds, asked"),
        ("cannot tell", (0.1, -0.02, 0.22), "– slide (002): it helps - cannot tell (+0.100, -0.020 to +0.220, 5 seeds"),
        ("holds", (0.1, -0.02, 0.22), "– slide (002): it helps - cannot tell, though the page says 'holds'"),
        ("cannot tell", (0.1, 0.02, 0.18), "✓ slide (002): it helps - holds, though the page says 'cannot tell'"),
        ("cannot tell", (-0.1, -0.18, -0.02), "✗ slide (002): it helps - does not hold here, though the page says"),
        ("does not hold here", (-0.1, -0.2, 0.01), "– slide (002): it helps - cannot tell, though"),
    ],
)  # fmt: skip
def test_a_change_that_is_no_opposite_is_a_note(stated, measured, line, capsys):
    Claims().slide_claim("002", "it helps", measured, stated, above=0, over="5 seeds")
    assert capsys.readouterr().out.startswith(line)
    Claims(SEED=[1, 0]).slide_claim("002", "it helps", measured, stated, above=0, over="5 seeds")
    outcome = {"✓": "holds here", "✗": "does not hold here", "–": "cannot be told here"}[line[0]]
    assert f'slide (002), "it helps", {outcome} (not claimed' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stated", "measured"), [("holds", (-0.1, -0.18, -0.02)), ("does not hold here", (0.1, 0.02, 0.18))]
)
def test_the_opposite_verdict_stops_the_notebook(stated, measured):
    with pytest.raises(AssertionError, match=f"the text says '{stated}', measured: "):
        Claims().slide_claim("002", "it helps", measured, stated, above=0, over="5 seeds")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((True, "maybe", 0.9), r"'maybe'.*'holds'"),
        (((0.1, 0.0, 0.2), "holds"), "the interval is over nothing"),
        (((0.1, 0.0, 0.2), "holds", None, {"above": None, "over": "9 photos"}), "asks for nothing; give one of"),
        (((0.1, 0.0, 0.2), "holds", None, {"below": 1, "over": "9 photos"}), "above 0, below 1; give one of"),
        ((0.9, "holds"), r"measured is 0\.9; give \(value, low, high\)"),
        (((0.1, 0.3, 0.2), "holds"), r"give \(value, low, high\)"),
        (((0.1, float("nan"), 0.2), "holds"), r"give \(value, low, high\)"),
        ((True, "holds", 3, {}), "True is no effect, so it cannot lie above 0"),
        (((0.1, 0.0, 0.2), "holds", None, {"above": None, "within": 0}), "the margin is 0; it must be greater"),
    ],
)
def test_slide_claim_refuses_what_cannot_be_judged(arguments, sentence):
    measured, verdict, number, more = (*arguments, None, None)[:4] if len(arguments) < 4 else arguments
    bare = isinstance(measured, bool) and more is None
    with pytest.raises(ValueError, match=sentence):
        Claims().slide_claim(
            "004", "sparser", measured, verdict, number, **({} if bare else {"above": 0} | (more or {}))
        )


@pytest.mark.parametrize(
    ("answer", "correct", "right"),
    [
        (14_714_688, 14_714_688, True),
        (0.3334, 1 / 3, True),
        (0.34, 1 / 3, False),
        (None, 3, False),
        ("Block5_conv1 ", "block5_conv1", True),
        (3, "three", False),
        ("three", 3, False),
        (np.eye(2), [[1, 0], [0, 1]], True),
        (np.eye(3), [[1, 0], [0, 1]], False),
        ([1, 2], lambda a: len(a) == 2, True),
        (5, lambda a: len(a) == 2, False),
    ],
)
def test_exercise_marks_and_never_raises(answer, correct, right, capsys):
    exercise(answer, correct, hint="Count again.")
    printed, unanswered = capsys.readouterr().out, "– not answered yet. Count again.\n"
    assert printed == unanswered if answer is None else printed.startswith("✓" if right else "✗")
    assert right or "Count again." in printed
