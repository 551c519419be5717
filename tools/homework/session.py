"""One student's process as the grader sees it: cells are run there, names are called there, values come back."""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from helpers.teaching import homework
from tools.homework import values
from tools.homework.sandbox import Box, Ended

_GRACE = 3.0  # seconds between an interruption in the process and its end
_START = 60.0  # seconds in which a process must answer for the first time


class Times(NamedTuple):
    """Seconds that one student's notebook may take."""

    notebook: float = 180
    cell: float = 90
    call: float = 30
    calls: float = 240  # all of them together

    @classmethod
    def of(cls, notebook: float) -> Times:
        """The times in the same proportions for another length of the whole notebook."""
        return cls(*(seconds * notebook / 180 for seconds in cls()))


class Step(NamedTuple):
    """A cell to run, or with no text the place of a cell of checks."""

    name: str
    text: str = ""


class Unusable(Exception):
    """An answer that cannot be fetched; the text says why."""


class Session:
    """A student's process, started once more, without the cell that ended it, where it ends."""

    def __init__(
        self, steps: list[Step], start: Callable[[], Box], times: Times | None = None, restarts: int = 3
    ) -> None:
        """steps: the notebook, in order. start: makes a box."""
        self.steps, self.times, self.restarts = steps, times or Times(), restarts
        self.stopped: dict[str, str] = {}  # what stopped a cell, by its name
        self.there: dict[int, dict] = {}  # what has a name there, too, by its id here
        self.generation = self.timeouts = 0
        self._start, self._left_out, self._spent, self._kept = start, set(), 0.0, []
        self._box: Box | None = None

    def run(self) -> None:
        """Run the notebook; what stops is noted. Afterwards calls are answered, or each says why not."""
        while self._box is None and self.restarts >= 0:
            self._box = self._start()
            try:
                self._ask({"do": "pin", "at": ""}, _START)
            except Ended as reason:
                raise RuntimeError(f"the student's process did not start: {reason}") from None
            until = time.monotonic() + self.times.notebook
            self.generation += 1
            for step in self.steps:
                try:
                    self._do(step, until)
                except (Ended, values.Refused) as reason:
                    self.stopped[step.name] = str(reason)
                    self._left_out.add(step.name)
                    self._lose()
                    break

    def _do(self, step: Step, until: float) -> None:
        if not step.text:
            self._ask({"do": "pin", "at": step.name}, 10)
            return
        seconds = min(self.times.cell, until - time.monotonic())
        if step.name in self._left_out:
            return
        if seconds <= 0:
            self.stopped[step.name] = f"the notebook had run {self.times.notebook:.0f} s, and this was not run any more"
            return
        answer, _ = self._ask({"do": "run", "source": step.text}, seconds)
        if "error" in answer:
            name, said = _error(answer)
            late = name == "TimeoutError" and "too long" in said
            self.stopped[step.name] = f"it ran longer than {seconds:.0f} s" if late else f"{name}: {said}"

    def call(self, target: dict, arguments: tuple, settings: dict) -> Any:
        """What a function of the student gives, with the helpers barred that are barred here; it may raise anything."""
        blobs: list[bytes] = []
        packed = {
            "arguments": values.pack(list(arguments), self._named, blobs),
            "settings": values.pack(settings, self._named, blobs),
        }
        return self._value({"do": "call", "target": target, **packed, "barred": list(homework.barred())}, blobs)

    def get(self, target: dict) -> Any:
        """The value that a name, or an attribute, stands for in the student's process."""
        return self._value({"do": "get", "target": target}, [])

    def close(self) -> None:
        """End the process."""
        self._lose()

    def _value(self, message: dict, blobs: list[bytes]) -> Any:
        self.run()
        seconds = min(self.times.call / 2 ** min(self.timeouts, 4), self.times.calls - self._spent)
        if self._box is None or seconds <= 0:
            raise Ended("its process had ended too often, or had used its time, and was not asked any more")
        began = time.monotonic()
        try:
            answer, blobs = self._ask(message, seconds, blobs)
        except (Ended, values.Refused) as reason:
            self._lose()
            raise Ended(str(reason)) from None
        finally:
            self._spent += time.monotonic() - began
        if "error" in answer:
            name, said = _error(answer)
            self.timeouts += name == "TimeoutError"
            raise type(name, (Exception,), {})(said)
        return values.unpack(answer.get("value"), blobs, self._held)

    def _held(self, kind: str, inner: Any) -> Handle:
        if kind != "held" or not isinstance(inner, int):
            raise values.Refused("a value of a kind that nobody writes")
        return Handle(self, {"held": inner}, self.generation)

    def _named(self, value: Any) -> dict:
        """What stands for something that is no data on its way to the student."""
        if isinstance(value, Handle):
            return value._there()
        if not hasattr(value, "homework_recipe"):
            if id(value) in self.there:
                return self.there[id(value)]
            raise values.Refused(
                f"a check hands over a {type(value).__name__}: give it a name in a locked cell, or use homework.given"
            )
        self._kept.append(value)  # its id is not given again
        path, arguments, settings = value.homework_recipe
        blobs: list[bytes] = []
        parts = {
            "arguments": values.pack(list(arguments), self._named, blobs),
            "settings": values.pack(dict(settings), self._named, blobs),
        }
        if blobs:
            raise values.Refused("homework.given takes no arrays where answers run in a process of their own")
        return {"recipe": {"path": path, "id": id(value), **parts}}

    def _ask(self, message: dict, seconds: float, blobs: list[bytes] | None = None) -> tuple[dict, list[bytes]]:
        until = time.monotonic() + seconds + _GRACE
        self._box.send(values.frame({**message, "seconds": seconds}, blobs or []), until)
        return values.unframe(lambda count: self._box.receive(count, until))

    def _lose(self) -> None:
        if self._box is not None:
            self._box.close()
            self._box = None
            self.restarts -= 1


def _error(answer: dict) -> tuple[str, str]:
    """The name of an error that Python knows, and what it says."""
    try:
        name, said = answer["error"]
    except (TypeError, ValueError):
        name, said = "", ""
    kind = getattr(builtins, str(name), None)
    known = isinstance(kind, type) and issubclass(kind, BaseException)
    return (str(name) if known else "Exception"), str(said)[:300]


class Handle:
    """Something of the student's that is no data: it can be called and asked for attributes, which happens there."""

    def __init__(self, session: Session, target: dict, generation: int = 0) -> None:
        """target: where it is found. generation: of the process that holds it; 0 for what has a name."""
        self._session, self._target, self._generation = session, target, generation

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        return self._session.call(self._there(), arguments, settings)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._session.get({"attribute": [self._there(), name]})

    def __repr__(self) -> str:
        return "an object"

    def _there(self) -> dict:
        if self._generation not in (0, self._session.generation):
            raise Ended("the process that held it has ended")
        return self._target
