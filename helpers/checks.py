"""Claims measured where they are made: the notebook's own, a slide's, and a student's answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

TICK, CROSS = "✓", "✗"
VERDICTS = ("holds", "holds for VGG16 only", "does not hold here")
CLAIM_MIME = "application/vnd.course.slide-claim+json"


def check(condition: Any, claim: str, value: Any = None, when: bool = True) -> None:
    """Print a tick, the claim and the number behind it; a claim that does not hold stops the notebook.

    condition: anything with a truth value. value: the measured number (or any object) to show beside the claim.
    when: False where the claim was not made for the chosen network or data; then the number is shown without a tick
    and nothing is raised. Raises AssertionError with the claim and the number when the condition is false.
    """
    shown = f"{claim}{_in_brackets(value)}"
    if not when:
        print(f"· not claimed for this choice: {shown}")
        return
    if not bool(condition):
        raise AssertionError(f"{CROSS} this does not hold here: {shown}")
    print(f"{TICK} {shown}")


def slide_claim(
    lecture: str, claim: str, holds: Any, verdict: str, number: Any, on_vgg16: bool = False, when: bool = True
) -> None:
    """Compare what a slide claims, in our words, with what was just measured, and record it for the claims ledger.

    lecture: which text, for example "004". holds: what the measurement says. verdict: what this page states, one of
    "holds", "holds for VGG16 only", "does not hold here". number: the measured figure that decides. on_vgg16: the
    measurement was made on VGG16. when: False where the verdict was stated for another network or other data than the
    chosen ones; the measurement is then shown and nothing is raised.
    Raises AssertionError only when the measured verdict differs from the stated one; ValueError for an unknown verdict.
    """
    if verdict not in VERDICTS:
        raise ValueError(f"verdict is {verdict!r}, expected one of {', '.join(map(repr, VERDICTS))}")
    expected = {"holds": True, "does not hold here": False, "holds for VGG16 only": on_vgg16}[verdict]
    measured = "holds" if bool(holds) else "does not hold here"
    line = f"slide ({lecture}): {claim} - {{}}{_in_brackets(number)}"
    if not when:
        print("· " + line.format(f"{measured} with this choice"))
        return
    if bool(holds) != expected:
        raise AssertionError(f"{CROSS} " + line.format(f"the text says '{verdict}', measured: {measured}"))
    record = {"lecture": lecture, "claim": claim, "verdict": verdict, "number": _plain(number)}
    _show(f"{TICK if bool(holds) else CROSS} " + line.format(verdict), record)


def exercise(answer: Any, correct: Any, hint: str = "", tolerance: float = 1e-3) -> None:
    """Mark a student's answer: a tick, or a cross with the hint. Never raises, whatever the answer is.

    answer: a number, string, array or None for "not tried yet". correct: the expected value, or a function that takes
    the answer and says whether it is right. tolerance: relative, for numbers and arrays.
    """
    if answer is None or answer is Ellipsis:
        print(f"{CROSS} not answered yet. {hint}".rstrip())
        return
    try:
        right = bool(correct(answer)) if callable(correct) else _equal(answer, correct, tolerance)
    except Exception:  # a wrong answer may have any type or shape: it is wrong, not an error
        right = False
    print(f"{TICK} right" if right else f"{CROSS} not yet. {hint}".rstrip())


def sealed(code: str) -> Callable[[Any], bool]:
    """Return a test for `exercise` that knows the right answer only by its seal, so that no cell gives it away.

    code: what `seal(answer)` returns.
    """
    return lambda answer: seal(answer) == code


def seal(answer: Any) -> str:
    """The first twelve digits of a sum (sha256) over an answer: a text, a number, or a list of these in order."""
    parts = answer if isinstance(answer, tuple | list) else [answer]
    text = ",".join(str(part).strip().lower() for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _equal(answer: Any, correct: Any, tolerance: float) -> bool:
    """Whether two values agree: text ignoring case and outer blanks, numbers and arrays within the tolerance."""
    if isinstance(correct, str):
        return isinstance(answer, str) and answer.strip().lower() == correct.strip().lower()
    answer, correct = np.asarray(answer, dtype=float), np.asarray(correct, dtype=float)
    return answer.shape == correct.shape and bool(np.allclose(answer, correct, rtol=tolerance, atol=tolerance))


def _plain(value: Any) -> str:
    """A short text for a number, array or anything else."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_ | int | np.integer | str):
        return str(value)
    if isinstance(value, float | np.floating):
        return f"{value:.3g}" if value and abs(value) < 0.01 else f"{value:.3f}"
    if isinstance(value, tuple | list | np.ndarray):
        return ", ".join(_plain(v) for v in value)
    return str(value)


def _in_brackets(value: Any) -> str:
    text = _plain(value)
    return f" ({text})" if text else ""


def _show(line: str, record: dict[str, str]) -> None:
    """Print the line; in a notebook carry the record beside it, where the claims ledger finds it."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        get_ipython = None
    if get_ipython is None or get_ipython() is None:
        print(line)
    else:
        display({"text/plain": line, CLAIM_MIME: record}, raw=True)
