"""The three ways a notebook marks a claim."""

import numpy as np
import pytest

from helpers.checks import check, exercise, seal, sealed, slide_claim


def test_check_ticks_or_raises_with_the_number(capsys):
    check(np.float32(2) > 1, "two is more than one", 2.0)
    assert capsys.readouterr().out == "✓ two is more than one (2.000)\n"
    with pytest.raises(AssertionError, match=r"does not hold here: one is more than two \(1\)"):
        check(False, "one is more than two", 1)
    check(False, "only for another network", 0.5, when=False)
    assert capsys.readouterr().out.startswith("· not claimed for this choice")


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
    ],
)
def test_slide_claim_raises_only_when_the_stated_verdict_is_wrong(holds, verdict, on_vgg16, raises, capsys):
    if raises:
        with pytest.raises(AssertionError, match="the text says"):
            slide_claim("004", "maps get sparser", holds, verdict, 0.9, on_vgg16)
    else:
        slide_claim("004", "maps get sparser", holds, verdict, 0.9, on_vgg16)
        assert verdict in capsys.readouterr().out


def test_slide_claim_refuses_unknown_verdicts():
    with pytest.raises(ValueError, match=r"'maybe'.*'holds'"):
        slide_claim("004", "maps get sparser", True, "maybe", 0.9)


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
    printed = capsys.readouterr().out
    assert printed.startswith("✓" if right else "✗") and (right or "Count again." in printed)


def test_a_sealed_answer_is_found_right_without_standing_there(capsys):
    for answer, right in ((" Stored", True), ("batch", False), (None, False), (3, False)):
        exercise(answer, sealed(seal("stored")))
        assert capsys.readouterr().out.startswith("✓" if right else "✗")
    # The sum of "true,false", with the system's own sha256sum.
    assert seal((True, False)) == seal([np.True_, np.False_]) == "e7bca5bac75a"
