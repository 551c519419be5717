"""A handed-in file as the cells in it, however damaged: what can be read is read, what was wrong is said."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

LARGEST = 60_000_000  # bytes of a notebook
_MOST_CELLS, _MOST_TEXT, _MOST_OUTPUTS = 2_000, 300_000, 50
_SAFE = ("text/plain", "image/png", "image/jpeg")  # outputs that a page may show; others could hold a program
_MARKS = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( .*)?\r?$", re.M)


class Unreadable(Exception):
    """Why a file is no notebook, as the end of a sentence that begins with its name."""


class Cell(NamedTuple):
    """One cell, with the marks that an assignment gave it."""

    kind: str  # code, markdown or raw
    text: str
    grade_id: str = ""
    id: str = ""
    outputs: tuple[dict, ...] = ()


class Notebook(NamedTuple):
    """The cells of a file, what its head says of the assignment, and what was wrong with the file."""

    cells: list[Cell]
    course: dict[str, Any]
    notes: list[str]


def read(data: bytes) -> Notebook:
    """The notebook in these bytes. Raises Unreadable where there is none."""
    if len(data) > LARGEST:
        raise Unreadable(f"has {len(data) / 1e6:.0f} MB, more than the {LARGEST / 1e6:.0f} that a notebook may have")
    text = _decoded(data)
    book, notes = _parsed(text)
    cells = book.get("cells")
    if cells is None and isinstance(book.get("worksheets"), list):
        notes.append("it has the format of an older Jupyter")
        sheets = [sheet.get("cells") for sheet in book["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise Unreadable("is not a notebook")
    found = [_cell(cell) for cell in cells[:_MOST_CELLS] if isinstance(cell, dict)]
    if not found:
        raise Unreadable("is a notebook without cells")
    head = book.get("metadata")
    course = head.get("course") if isinstance(head, dict) else None
    return Notebook(found, course if isinstance(course, dict) else {}, notes)


def _decoded(data: bytes) -> str:
    for start, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig"), (b"", "latin-1")):
        if data.startswith(start):
            try:
                return data.decode(name)
            except UnicodeError:
                continue
    raise Unreadable("is not a notebook")


def _parsed(text: str) -> tuple[dict, list[str]]:
    """The JSON of a notebook, mended where it can be, and what had to be mended."""
    if isinstance(book := _json(text), dict):
        return book, []
    if _MARKS.search(text):
        for upper in (True, False):
            if isinstance(book := _json(sides(text, upper)), dict):
                which = "upper" if upper else "lower"
                return book, [f"it holds marks of a merge; the {which} side of each was read"]
        text = sides(text, True)
    cells = _whole_cells(text)
    if not cells:
        raise Unreadable("is not a notebook")
    return {"cells": cells}, [f"it is damaged; its first {len(cells)} cells could be read"]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def sides(text: str, upper: bool) -> str:
    """A text with the marks of a merge resolved to its upper or its lower sides."""
    kept, where = [], "both"
    for line in text.splitlines(keepends=True):
        mark = _MARKS.match(line.rstrip("\n"))
        if mark:
            where = {"<": "upper", "|": "neither", "=": "lower" if where != "both" else "both", ">": "both"}[line[0]]
        elif where in ("both", "upper" if upper else "lower"):
            kept.append(line)
    return "".join(kept)


def has_marks(text: str) -> bool:
    """Whether a text holds all three marks of a merge."""
    return {mark[1][0] for mark in _MARKS.finditer(text)} >= set("<=>")


def _whole_cells(text: str) -> list[dict]:
    """The cells that are whole in a file that was cut off or is damaged behind them."""
    found = re.search(r'"cells"\s*:\s*\[', text)
    cells, at, decoder = [], found.end() if found else len(text), json.JSONDecoder()
    while len(cells) < _MOST_CELLS:
        rest = re.compile(r"[\s,]*").match(text, at)
        try:
            cell, at = decoder.raw_decode(text, rest.end())
        except (ValueError, RecursionError):
            return cells
        if isinstance(cell, dict):
            cells.append(cell)
    return cells


def _cell(raw: dict) -> Cell:
    kind = raw.get("cell_type")
    text = _text(raw.get("source", raw.get("input", "")))[:_MOST_TEXT]
    if kind == "heading":  # of older formats
        kind, text = "markdown", f"# {text}"
    head = raw.get("metadata")
    marks = head.get("nbgrader") if isinstance(head, dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else ""
    outputs = raw.get("outputs")
    return Cell(
        kind if kind in ("code", "markdown") else "raw",
        text,
        grade_id if isinstance(grade_id, str) else "",
        raw.get("id") if isinstance(raw.get("id"), str) else "",
        tuple(_outputs(outputs if isinstance(outputs, list) else [])),
    )


def _text(source: Any) -> str:
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def _outputs(raw: list) -> list[dict]:
    """What a cell showed when it was handed in, pictures and plain text only."""
    found = []
    for output in [output for output in raw if isinstance(output, dict)][:_MOST_OUTPUTS]:
        data = output.get("data", output)
        shown = {kind: _text(data.get(kind)) for kind in _SAFE} if isinstance(data, dict) else {}
        shown |= {
            f"image/{old}": _text(data.get(old)) for old in ("png", "jpeg") if isinstance(data, dict) and old in data
        }
        shown = {kind: text for kind, text in shown.items() if text and (kind == "text/plain" or _is_picture(text))}
        text = _text(output.get("text")) or _text(output.get("evalue"))
        if shown:
            found.append({"output_type": "display_data", "metadata": {}, "data": shown})
        elif text:
            found.append({"output_type": "stream", "name": "stdout", "text": text[:20_000]})
    return found


def _is_picture(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9+/=\s]+", text) is not None
