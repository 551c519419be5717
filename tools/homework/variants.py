"""Another variant for each class and year: values drawn from a secret that only the instructor has."""

import ast
import hashlib
import hmac
import re
from typing import Any

from nbformat import NotebookNode

from tools.homework.source import DRAWN, VARIANT, tagged


def draw(book: NotebookNode, secret: str = "", year: str = "") -> None:
    """Put drawn values, or without a secret the source's own, into the cells tagged `variant`; in place.

    What may be drawn is no longer said there, so that the students' and the grader's edition read the same.
    """
    for cell in book.cells:
        if cell.cell_type == "code" and tagged(cell, VARIANT):
            lines = [(line, DRAWN.fullmatch(line)) for line in cell.source.splitlines()]
            drawn = (f"{found[1]} = {_value(found, secret, year, book)}" if found else line for line, found in lines)
            cell.source = "\n".join(drawn)
    if secret:
        book.metadata.course.year = year


def _value(line: re.Match, secret: str, year: str, book: NotebookNode) -> str:
    if not secret:
        return line[2]
    message = f"{year}\n{book.metadata.course.assignment}\n{line[1]}"
    number = int.from_bytes(hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest())
    several = choices(line)
    return repr(several[number % len(several)])


def choices(line: re.Match) -> Any:
    """What a line of a cell tagged `variant` may be, as a list or a range."""
    return ast.literal_eval(f"[{line[3]}]") if line[3] else range(int(line[4]), int(line[5]) + 1)
