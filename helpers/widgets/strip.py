"""The strip: some settings of an explorer as one still picture, for pages without a kernel.

Drawn with Pillow, not with matplotlib: it is made each time an explorer's cell runs, and has to be there at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from helpers import images

WIDTH, SHOWN = 1000, 800  # pixels of the whole strip, and its width on a page: sharp on fine screens, too
GAP, LETTERS = 12, 18  # pixels between two pictures, and of the letters: 14 on the page
WIDE = 1.45  # pictures broader than this stand two in a row: plots have words that must be read


class Strip(NamedTuple):
    """A still picture, uint8 (height, width, 3), and what it shows in words."""

    picture: np.ndarray
    alt: str

    def png(self) -> bytes:
        """The bytes of a PNG file."""
        return images.encode_png(self.picture)


def still(pictures: Sequence[np.ndarray], titles: Sequence[str], alt: str) -> Strip:
    """Pictures side by side, each as large as its column and with its title above, black on white.

    pictures: uint8 (height, width, 3), all about as wide as high, or all wide. titles: one for each, "" for none.
    """
    height, width = pictures[0].shape[:2]
    count = len(pictures)
    columns = min(count, 2) if width > WIDE * height else count if count <= 5 else -(-count // 2)
    column = (WIDTH - (columns - 1) * GAP) // columns
    cells = [_fitted(picture, column) for picture in pictures]
    words = [_lines(title, column) for title in titles]
    rows = []
    for first in range(0, len(cells), columns):
        here = slice(first, first + columns)
        above = max(len(lines) for lines in words[here]) * round(LETTERS * 1.25) + (6 if any(words[here]) else 0)
        row = np.full((above + max(len(cell) for cell in cells[here]), WIDTH, 3), 255, np.uint8)
        for number, (cell, lines) in enumerate(zip(cells[here], words[here], strict=True)):
            left = number * (column + GAP)
            row[:above, left : left + column] = _written(lines, above, column)
            inset = left + (column - cell.shape[1]) // 2
            row[above : above + len(cell), inset : inset + cell.shape[1]] = cell
        rows += [row, np.full((GAP, WIDTH, 3), 255, np.uint8)]
    return Strip(np.vstack(rows[:-1]), alt)


def _fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """The picture as wide as its column, but no higher than that."""
    scale = side / max(picture.shape[:2])
    shape = tuple(max(1, round(edge * scale)) for edge in picture.shape[:2])
    return images.resize(picture, shape)


def _lines(title: str, width: int) -> list[str]:
    """A title in lines that fit so many pixels; a word too long for a line is broken."""
    lines, room = [""], width - 4
    for word in title.split():
        longer = f"{lines[-1]} {word}".strip()
        if _font().getlength(longer) <= room:
            lines[-1] = longer
            continue
        while _font().getlength(word) > room:
            fits = max(1, math.floor(len(word) * room / _font().getlength(word)) - 1)
            lines, word = [*lines, word[:fits]], word[fits:]
        lines.append(word)
    return [line for line in lines if line]


def _written(lines: list[str], height: int, width: int) -> np.ndarray:
    """Lines of text, centred, at the foot of a white piece of so many pixels."""
    sheet = Image.new("RGB", (width, height), "white")
    pen, step = ImageDraw.Draw(sheet), round(LETTERS * 1.25)
    top = height - len(lines) * step - 4
    for number, line in enumerate(lines):
        pen.text((width / 2, top + number * step), line, fill="black", font=_font(), anchor="ma")
    return np.asarray(sheet)


@cache
def _font() -> Any:
    return ImageFont.load_default(LETTERS)
