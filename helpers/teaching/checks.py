"""Claims measured where they are made: the notebook's own, a slide's, and a student's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from helpers.teaching import verdicts
from helpers.teaching.verdicts import CANNOT_TELL, FAILS, HOLDS, Asked

_TICK, _CROSS, _DASH = "✓", "✗", "–"
_MARKS = {HOLDS: _TICK, FAILS: _CROSS, CANNOT_TELL: _DASH}
_CLAIM_MIME = "application/vnd.course.slide-claim+json"


class Claims:
    """What a notebook claims, and the choices (network, data, photo, seed) for which it does.

    For these choices a claim that does not hold stops the notebook. For others nobody claimed it: then a line says what
    was measured and whether it would hold, and nothing is raised.
    """

    def __init__(self, **choices: Sequence[Any]) -> None:
        """Each choice is a list: what was chosen, then one or more values that the claims were made for.

        For example `Claims(NETWORK=[NETWORK, "efficientnet_lite0"], SEED=[SEED, 0])`; `Claims()` is for what holds
        for every choice (a shape, an identity). Raises ValueError for a choice without such a value.
        """
        for name, values in choices.items():
            if isinstance(values, str) or len(values) < 2:
                raise ValueError(f"{name} is {values!r}; give a list: the choice, then what the claims were made for")
        self._choices = choices
        self._others = {name: values for name, values in choices.items() if values[0] not in values[1:]}

    @property
    def apply(self) -> bool:
        """Whether every choice is one that the claims were made for."""
        return not self._others

    def check(self, condition: Any, claim: str, value: Any = None) -> None:
        """Print a tick, the claim and the number behind it; a claim that does not hold stops the notebook.

        condition: anything with a truth value. value: the measured number (or any object) to show beside the claim.
        Raises AssertionError with the claim and the number when the condition is false where the claim was made.
        """
        if not self.apply:
            self._report(f'"{claim}"', f"would {'' if bool(condition) else 'not '}hold", value)
            return
        shown = f"{claim}{_in_brackets(value)}"
        if not bool(condition):
            raise AssertionError(f"{_CROSS} this does not hold here: {shown}")
        print(f"{_TICK} {shown}")

    def slide_claim(
        self,
        lecture: str,
        claim: str,
        measured: Any,
        verdict: str,
        number: Any = None,
        *,
        above: float | None = None,
        below: float | None = None,
        within: float | None = None,
        over: str = "",
        differs: str = "",
        on_vgg16: bool = False,
    ) -> None:
        """Compare what a slide claims, in our words, with what was just measured, and record it for the claims ledger.

        lecture: which text, for example "004". measured: the effect with its 95 % interval, (value, low, high), or True
        or False for an exact fact (`verdicts.derive` says when it holds). above, below, within: the boundary, or the
        margin of a claim of equality. over: what the interval is over, for example "5 seeds". verdict: what this page
        states. number: the figure to show, else the effect. differs: what is not as on the slide, beside the choices.
        on_vgg16: measured on VGG16. Raises AssertionError only when the opposite was measured where the verdict was
        stated; ValueError for an unknown verdict, no boundary, or an interval over nothing.
        """
        if verdict not in verdicts.VERDICTS:
            raise ValueError(f"verdict is {verdict!r}, expected one of {', '.join(map(repr, verdicts.VERDICTS))}")
        asked = Asked(above, below, within)
        found = verdicts.derive(measured, asked)
        interval, number = _described(measured, asked, over, number)
        shown = ", ".join(text for text in (number, interval, f"asked: {asked}" if str(asked) else "") if text)
        if not self.apply:
            outcome = {HOLDS: "holds here", FAILS: "does not hold here", CANNOT_TELL: "cannot be told here"}[found]
            self._report(f'slide ({lecture}), "{claim}",', outcome, shown)
            return
        line = f"slide ({lecture}): {claim} - {{}} ({shown})"
        if verdicts.opposite(verdict, found, on_vgg16):
            raise AssertionError(f"{_CROSS} " + line.format(f"the text says '{verdict}', measured: {found}"))
        kept = verdicts.recorded(verdict, found, on_vgg16)
        note = "" if kept == verdict else f", though the page says '{verdict}': the interval moved a little"
        record = {"lecture": lecture, "claim": claim, "verdict": kept, "number": number, "interval": interval}
        record |= {"asked": str(asked), "differs": self._differs(differs)}
        _show(f"{_MARKS[found]} " + line.format(kept + note), record)

    def _differs(self, more: str) -> str:
        """The choices that the claims were made for, but the seed, and what else is not as on the slide."""
        chosen = [str(values[0]) for name, values in self._choices.items() if name != "SEED"]
        return ", ".join([*chosen, *([more] if more else [])])

    def _report(self, what: str, outcome: str, value: Any) -> None:
        """Say what was measured with these choices, how the claim would come out, and for which it was made."""
        made = " and ".join(f"{name} = {' or '.join(map(repr, values[1:]))}" for name, values in self._others.items())
        measured = f"measured {_plain(value)}: " if _plain(value) else ""
        print(f"{_DASH} {measured}{what} {outcome} (not claimed for this choice, only for {made})")


def exercise(answer: Any, correct: Any, hint: str = "", tolerance: float = 1e-3) -> None:
    """Mark a student's answer: a tick, a cross with the hint, or a dash. Never raises, whatever the answer is.

    answer: a number, string, array or None for "not tried yet". correct: the expected value, or a function that takes
    the answer and says whether it is right. tolerance: relative, for numbers and arrays.
    """
    if answer is None or answer is Ellipsis:
        print(f"{_DASH} not answered yet. {hint}".rstrip())
        return
    try:
        right = bool(correct(answer)) if callable(correct) else _equal(answer, correct, tolerance)
    except Exception:  # a wrong answer may have any type or shape: it is wrong, not an error
        right = False
    print(f"{_TICK} right" if right else f"{_CROSS} not yet. {hint}".rstrip())


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


def _described(measured: Any, asked: Asked, over: str, number: Any) -> tuple[str, str]:
    """The texts of an interval and of the figure that decides."""
    if isinstance(measured, bool | np.bool_):
        return "exact", _plain(number)
    if not over:
        raise ValueError("the interval is over nothing; say over what, for example over='5 seeds'")
    sign = "+" if asked.within is not None or 0 in asked else ""
    value, low, high = (f"{'+' if sign and one >= 0 else ''}{_plain(float(one))}" for one in measured)
    return f"{low} to {high}, {over}", value if number is None else _plain(number)


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
        display({"text/plain": line, _CLAIM_MIME: record}, raw=True)
