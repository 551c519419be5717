"""How long an explorer lives: as long as somebody can see or name it.

ipywidgets keeps every open widget for ever, with all that its callbacks can reach. So callbacks hold an explorer
weakly, and an explorer that nobody holds closes its widgets. What keeps it is a name, or the cell that shows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import ipywidgets

from helpers import memory

PAUSE = 0.2  # seconds after which memory is given back: once for all explorers that end together


class Run(NamedTuple):
    """One run of a cell: which cell, and which of its runs; the cell is empty while no cell runs, as in a callback."""

    cell: str
    number: str


# cell -> (its last run, what that one shows). This is what keeps an explorer for which there is no name.
_shown: dict[str, tuple[Run, list[Any]]] = {}
_ended: list[None] = []  # one entry for each explorer that ended since memory was given back


def present_run() -> Run | None:
    """The run of a cell that goes on; None outside a kernel. A cell is known by its id, or else by its text."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if not hasattr(shell, "get_parent"):
        return None
    message = shell.get_parent() or {}
    cell = message.get("metadata", {}).get("cellId") or message.get("content", {}).get("code", "")
    return Run(cell, message.get("header", {}).get("msg_id", "") if cell else "")


def keep_shown(explorer: Any) -> None:
    """Keep an explorer for the cell that shows it now, and close what an earlier run of that cell has shown."""
    run = present_run()
    if run is None:
        return
    last, before = _shown.get(run.cell, (run, []))
    gone = [] if run == last else before
    _shown[run.cell] = run, [explorer, *(before if run == last else [])]
    for old in gone:
        if not any(old is other for _, shown in _shown.values() for other in shown):
            old.close()


def forget(explorer: Any) -> None:
    """Keep an explorer no more."""
    for cell, (run, shown) in list(_shown.items()):
        left = [other for other in shown if other is not explorer]
        _shown[cell] = run, left
        if not left:
            del _shown[cell]


def weakly(method: Callable) -> Callable:
    """A callback that calls a method but does not keep its object; nothing happens when that is gone."""
    reference = weakref.WeakMethod(method)

    def call(*arguments: Any) -> Any:
        found = reference()
        return None if found is None else found(*arguments)

    return call


def end(widget: ipywidgets.Widget) -> None:
    """Close an explorer's widget with all that belongs to it, and forget their callbacks."""
    for part in list(_parts(widget)):
        part.unobserve_all()
        part.close()
    _ended.append(None)
    _plan()


def give_back_soon() -> None:
    """Give the memory of explorers that ended back to the system: in a moment, or at once where no event loop runs."""
    if not _plan():
        _give_back()


def _parts(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _parts(child)
    for name in ("layout", "style"):
        part = getattr(widget, name, None)
        if isinstance(part, ipywidgets.Widget):
            yield part


def _plan() -> bool:
    """Whether memory will be given back a little later."""
    with contextlib.suppress(RuntimeError):
        asyncio.get_running_loop().call_later(PAUSE, _give_back)
        return True
    return False


def _give_back() -> None:
    if _ended:
        _ended.clear()
        memory.free()
