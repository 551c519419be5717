"""How long an explorer lives: as long as somebody can see or name it.

ipywidgets keeps every open widget for ever, with all that its callbacks can reach. So callbacks hold an explorer
weakly, and an explorer that nobody holds closes its widgets. What keeps it is a name, or the cell that shows it.
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import ipywidgets

from helpers.runtime import memory

_PAUSE = 0.2  # seconds after which memory is given back: once for all explorers that end together


class Run(NamedTuple):
    """One run of a cell: which cell, and which of its runs; the cell is empty while no cell runs, as in a callback."""

    cell: str
    number: str


_shown: list[tuple[Run, Any]] = []  # what the last run of each cell shows; this keeps explorers that have no name
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
    """Keep an explorer for the cell that shows it now, and close what only an earlier run of that cell has shown."""
    run = present_run()
    if run is None:
        return
    gone = [old for shown_in, old in _shown if shown_in.cell == run.cell and shown_in != run]
    _shown[:] = [(shown_in, old) for shown_in, old in _shown if shown_in.cell != run.cell or shown_in == run]
    _shown.append((run, explorer))
    for old in gone:
        if not any(old is other for _, other in _shown):
            old.close()


def forget(explorer: Any) -> None:
    """Keep an explorer no more."""
    _shown[:] = [(run, other) for run, other in _shown if other is not explorer]


def weakly(method: Callable) -> Callable:
    """A callback that calls a method but does not keep its object; nothing happens when that is gone."""
    reference = weakref.WeakMethod(method)

    def call(*_: Any) -> None:
        if (found := reference()) is not None:
            found()

    return call


def end(widget: ipywidgets.Widget) -> None:
    """Close an explorer's widget with all that belongs to it, and forget their callbacks."""
    for part in list(_parts(widget)):
        part.unobserve_all()
        part.close()
    _ended.append(None)
    give_back(at_once=False)  # it may be a collection of garbage that ends it


def give_back(at_once: bool = True) -> None:
    """Give the memory of explorers that ended back to the system: in a moment, or at once where no event loop runs."""
    try:
        asyncio.get_running_loop().call_later(_PAUSE, _give_back)
    except RuntimeError:
        if at_once:
            _give_back()


def _parts(widget: ipywidgets.Widget) -> Iterator[ipywidgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _parts(child)
    for name in ("layout", "style"):
        part = getattr(widget, name, None)
        if isinstance(part, ipywidgets.Widget):
            yield part


def _give_back() -> None:
    if _ended:
        _ended.clear()
        memory.free()
