"""Checks of homework: points for each, with a reason, and never the answer itself."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from types import FunctionType
from typing import Any

import numpy as np

_TICK, _CROSS, _DASH = "✓", "✗", "–"
_barred: ContextVar[tuple[str, ...]] = ContextVar("barred", default=())
_unseen: ContextVar[bool] = ContextVar("unseen", default=False)


class Question:
    """The checks of one question: each prints a line with its points and a reason, `score` says what they come to.

    An answer is a function without arguments, so that what stops in it costs its points and nothing else.
    """

    def __init__(self, name: str, points: float, without: Sequence[str] = ()) -> None:
        """points: those of all checks, the hidden ones too. without: functions of `helpers` that are the answer.

        They are named from `helpers` on, such as "attribution.grad_cam", and raise one sentence while an answer runs.
        """
        self.name, self.points, self.without = name, points, tuple(without)
        self.lines: list[str] = []
        self.notes: list[tuple[str, float, int]] = []
        self.earned = self.offered = 0.0

    def equal(
        self,
        points: float,
        what: str,
        answer: Callable[[], Any],
        expected: Any,
        within: float = 1e-6,
        mistakes: Mapping[str, Any] | None = None,
    ) -> None:
        """Give the points when the answer is as expected: a number, an array, a list or dict of them, a text.

        expected: the value, or a function without arguments that gives it. within: of the largest expected value.
        mistakes: a sentence for each usual mistake, and the value (or function) that it leads to.
        """

        def agrees(other: Any) -> Callable[[Any], bool]:
            return lambda found: not _difference(found, _value(other), within)

        known = {sentence: agrees(wrong) for sentence, wrong in (mistakes or {}).items()}
        self._mark(points, what, answer, lambda found: _difference(found, _value(expected), within), known)

    def holds(
        self,
        points: float,
        what: str,
        answer: Callable[[], Any],
        test: Callable[[Any], Any],
        mistakes: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> None:
        """Give the points when `test(answer)` is true. mistakes: a sentence for each, and a test of the answer."""
        self._mark(
            points, what, answer, lambda found: "" if bool(test(found)) else "this does not hold", mistakes or {}
        )

    def note(self, name: str, share: Callable[[], float], count: int) -> None:
        """Keep a share, 0 to 1, measured on so many photos, for a board of results; it gives no points.

        What stops, or is no share, is said and not kept.
        """
        try:
            with without(*self.without):
                value = float(share())
            if not 0 <= value <= 1:
                raise ValueError("it is no share from 0 to 1")
        except Exception as error:
            self._say(_DASH, 0, 0, f"{name}: not measured; {_stopped(error, self.without)}")
        else:
            self.notes.append((name, value, count))
            self._say(_DASH, 0, 0, f"{name}: {value:.3f} on {count}")

    def score(self) -> float:
        """Print what the checks came to and return the points; the last line of a cell of checks."""
        print(f"{self.name}: {self.earned:g} of {self.offered:g} points")
        if self.offered < self.points:
            print(f"{_DASH} {self.points - self.offered:g} more are for checks that only grading runs.")
        return self.earned

    def _mark(self, points: float, what: str, answer: Callable, wrong: Callable, mistakes: Mapping) -> None:
        self.offered += points
        try:
            with without(*self.without):
                found = answer()
            if found is None or found is Ellipsis:
                return self._say(_DASH, 0, points, f"{what}: not answered yet")
            reason = wrong(found)
            named = next((sentence for sentence, test in mistakes.items() if reason and _true(test, found)), "")
        except Exception as error:  # an answer may do anything: it costs its points, never the other checks
            if _empty(error):
                return self._say(_DASH, 0, points, f"{what}: not answered yet, or a function of yours returns nothing")
            return self._say(_CROSS, 0, points, f"{what}: {_stopped(error, self.without)}")
        if reason:
            return self._say(_CROSS, 0, points, f"{what}: {reason}. {named}".strip())
        return self._say(_TICK, points, points, f"{what}")

    def _say(self, mark: str, earned: float, points: float, text: str) -> None:
        self.earned += earned
        self.lines.append(f"{mark} {earned:g} of {points:g}  {text}")
        print(self.lines[-1])


def given(path: str, *arguments: Any, **settings: Any) -> Any:
    """What a function of `helpers` makes, such as `given("backbones.load", "squeezenet")`, for a hidden check.

    Where answers run in a process of their own, what was made is not sent there but made once more from its recipe.
    """
    made = _function(path)(*arguments, **settings)
    object.__setattr__(made, "homework_recipe", (path, arguments, settings))  # a frozen one takes it, too
    return made


def barred() -> tuple[str, ...]:
    """The functions of `helpers` that the answer which runs just now may not call."""
    return _barred.get()


@contextlib.contextmanager
def unseen() -> Iterator[None]:
    """Lines say nothing meanwhile that an answer made up: it could hand on what a hidden check gave it."""
    token = _unseen.set(True)
    try:
        yield
    finally:
        _unseen.reset(token)


@contextlib.contextmanager
def without(*paths: str) -> Iterator[None]:
    """Functions of `helpers` raise one sentence meanwhile, under whatever name somebody imported them."""
    token, kept = _barred.set(paths), []
    try:
        for path in paths:
            function = inspect.unwrap(_function(path))
            kept.append((function, function.__code__))
            function.__code__ = _refusing(path, function)
        yield
    finally:
        for function, code in reversed(kept):
            function.__code__ = code
        _barred.reset(token)


def _refusal(path: str) -> str:
    """What a function says that is barred."""
    return f"{path} is the answer to this question; write it yourself"


def _refusing(path: str, function: FunctionType) -> Any:
    """The code of a function that names what is barred; it takes whatever the function takes."""
    if function.__code__.co_freevars:
        raise ValueError(f"{path} is a function made inside another; name the one that is public")
    made: dict[str, Any] = {}
    sentence = _refusal(path)
    exec(f"def refuse(*arguments, **settings):\n    raise PermissionError({sentence!r})", made)
    return made["refuse"].__code__


def _function(path: str) -> Any:
    """A function of `helpers` by its dotted name."""
    room, _, name = path.rpartition(".")
    return getattr(importlib.import_module(f"helpers.{room}"), name)


def _value(given: Any) -> Any:
    return given() if isinstance(given, FunctionType) else given


def _true(test: Callable, found: Any) -> bool:
    with contextlib.suppress(Exception):  # a test of a mistake need not fit an answer that is wrong in another way
        return bool(test(found))
    return False


def _difference(found: Any, expected: Any, within: float) -> str:
    """In which way two values differ, in words that do not tell the expected one; empty where they agree."""
    if isinstance(expected, str):
        same = isinstance(found, str) and found.strip().lower() == expected.strip().lower()
        return "" if same else f"{_shown(found)} is not it"
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping) or set(found) != set(expected):
            return f"expected a dict with the keys {', '.join(map(str, expected))}"
        reasons = ((key, _difference(found[key], expected[key], within)) for key in expected)
        return next((f"at {key!r}: {reason}" for key, reason in reasons if reason), "")
    try:
        right, mine = np.asarray(expected, dtype=float), np.asarray(found, dtype=float)
    except (ValueError, TypeError):
        return f"{_shown(found)} is not made of numbers"
    if mine.shape != right.shape:
        return f"its shape is {mine.shape}, expected {right.shape}"
    limit = within * (np.nanmax(np.abs(right), initial=0) or 1)
    if np.allclose(mine, right, rtol=0, atol=limit, equal_nan=True):
        return ""
    allowed = f"(allowed: {within:g} of the largest value)"
    if mine.ndim == 0:
        return f"{_shown(found)} is not right {allowed}"
    share = 1 - np.isclose(mine, right, rtol=0, atol=limit, equal_nan=True).mean()
    return f"{_shown(found)} is not right at {share:.0%} of its places {allowed}"


def _empty(error: Exception) -> bool:
    """Whether a check stopped because it reckoned with the nothing that an untouched answer gives."""
    return isinstance(error, TypeError | AttributeError) and any(n in str(error) for n in ("NoneType", "ellipsis"))


def _stopped(error: Exception, barred: Sequence[str]) -> str:
    """What an answer stopped with; where checks are unseen, without words that it chose itself, ours alone."""
    if not _unseen.get() or str(error) in map(_refusal, barred):
        return f"stopped with {type(error).__name__}: {error}"
    known = next(kind.__name__ for kind in type(error).__mro__ if hasattr(builtins, kind.__name__))
    return f"stopped with {known}"


def _shown(value: Any) -> str:
    if _unseen.get():
        return "the answer"
    if isinstance(value, float | int | np.number):
        return f"{float(value):.6g}"
    if hasattr(value, "shape"):
        return f"an array {tuple(value.shape)}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
