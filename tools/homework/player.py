"""The process in which one student's cells run: it does what the grader asks over two pipes, and knows no answers.

It is started inside the box of `sandbox` with the numbers of both pipes and its limits, and loads of this project only
`helpers` and `values`. Whatever a student's code does to it, it can send values, nothing else.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
from collections.abc import Callable
from typing import Any

from tools.homework import values


def main(arguments: list[str]) -> int:
    """Limit this process, then serve until the grader closes its end."""
    incoming, outgoing = (os.fdopen(int(number), mode) for number, mode in zip(arguments, ("rb", "wb"), strict=False))
    _limit(json.loads(arguments[2]))
    os.nice(15)  # whoever watches comes first
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    signal.signal(signal.SIGALRM, _too_long)
    player = Player()
    with contextlib.suppress(EOFError):
        while True:
            message, blobs = values.unframe(lambda count: _exactly(incoming, count))
            outgoing.write(player.answer(message, blobs))
            outgoing.flush()
    return 0


def _limit(limits: dict) -> None:
    import resource

    for name, most in limits.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(number, (most, most))


def _exactly(file: Any, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _too_long(*_: Any) -> None:
    raise TimeoutError("it ran too long and was stopped")


class Player:
    """The cells' names, what the grader holds on to, and the names as they were at each cell of checks."""

    def __init__(self) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        settings = Config()
        settings.HistoryManager.enabled = False
        InteractiveShell.enable_gui = lambda *_: None  # `%matplotlib inline` asks for a front end
        self.shell = InteractiveShell.instance(config=settings)
        self.held: list[Any] = []
        self.made: dict[int, Any] = {}
        self.pinned: dict[int, dict] = {}

    def answer(self, message: dict, blobs: list[bytes]) -> bytes:
        """Do what one message asks, within its seconds, and return the frame to send back."""
        own = os.getpid()
        try:
            signal.setitimer(signal.ITIMER_REAL, message["seconds"])
            return values.frame(*self._packed(getattr(self, f"do_{message['do']}")(message, blobs)))
        except BaseException as error:  # the student's code may raise anything at all
            return values.frame({"error": values.described(error)}, [])
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            if os.getpid() != own:  # a copy that a cell made of this process
                os._exit(0)

    def _packed(self, value: Any) -> tuple[dict, list[bytes]]:
        blobs: list[bytes] = []
        return {"value": values.pack(value, self._hold, blobs)}, blobs

    def _hold(self, value: Any) -> dict:
        self.held.append(value)
        return {"held": len(self.held) - 1}

    def do_run(self, message: dict, _: list[bytes]) -> None:
        """Run one cell as a notebook would, magics included; raise what stopped it."""
        done = self.shell.run_cell(message["source"], store_history=False, silent=True)
        error = done.error_before_exec or done.error_in_exec
        if error is not None:
            raise error

    def do_pin(self, message: dict, _: list[bytes]) -> None:
        """Keep the names as they are, for the cell of checks at this place."""
        self.pinned[message["at"]] = dict(self.shell.user_ns)

    def do_get(self, message: dict, blobs: list[bytes]) -> Any:
        """What a name, or an attribute of what is held, stands for."""
        return self._found(message["target"], blobs)

    def do_call(self, message: dict, blobs: list[bytes]) -> Any:
        """Call what a name stands for, with the helpers that are the answer barred."""
        from helpers.teaching import homework

        function, arguments, settings = (
            self._found(message[part], blobs) for part in ("target", "arguments", "settings")
        )
        with homework.without(*message["barred"]):
            return function(*arguments, **settings)

    def _found(self, packed: Any, blobs: list[bytes]) -> Any:
        return values.unpack(packed, blobs, lambda kind, inner: self._known(kind, inner, blobs))

    def _known(self, kind: str, inner: Any, blobs: list[bytes]) -> Any:
        """What the grader's own kinds of dict stand for here."""
        if kind == "held":
            return self.held[inner]
        if kind == "name":
            name, at = inner
            names = self.pinned.get(at, self.shell.user_ns)
            if name not in names:
                raise NameError(f"name {name!r} is not defined")
            return names[name]
        if kind == "attribute":
            owner, name = inner
            return getattr(self._found(owner, blobs), name)
        return self._make(inner, blobs)

    def _make(self, recipe: dict, blobs: list[bytes]) -> Any:
        """Make by its recipe what a check was given, once; only functions of `helpers` make anything."""
        if recipe["id"] not in self.made:
            arguments, settings = (self._found(recipe[part], blobs) for part in ("arguments", "settings"))
            self.made[recipe["id"]] = _helper(recipe["path"])(*arguments, **settings)
        return self.made[recipe["id"]]


def _helper(path: str) -> Callable:
    """A function of `helpers` by its dotted name."""
    room, *names = path.split(".")
    found = importlib.import_module(f"helpers.{room}")
    for name in names:
        found = getattr(found, name)
    return found
