"""The strip: some settings of an explorer as one still picture, for pages without a kernel.

Drawn with Pillow, not with matplotlib: it is made each time an explorer's cell runs, and has to be there at once.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from helpers import images

WIDTH, SHOWN = 1000, 800  # pixels of the whole strip, and its width on a page: sharp on fine screens, too
GAP, _LETTERS, _LINE = 12, 18, 22  # pixels between two pictures, of the letters (14 on the page), from line to line
_WIDE = 1.25  # pictures broader than this stand two in a row: plots have words that must be read


def static_preview(pictures: Sequence[np.ndarray], titles: Sequence[str]) -> np.ndarray:
    """Pictures side by side, each as large as its column and with its title above: uint8 (height, width, 3).

    pictures: uint8 (height, width, 3), all about as wide as high, or all wide. titles: one for each, "" for none.
    """
    height, width = pictures[0].shape[:2]
    count = len(pictures)
    columns = min(count, 2) if width > _WIDE * height else count if count <= 5 else -(-count // 2)
    column = (WIDTH - (columns - 1) * GAP) // columns
    cells = [within(picture, column) for picture in pictures]
    words = [_lines(title, column) for title in titles]
    above = max(map(len, words)) * _LINE + (6 if any(words) else 0)
    step = above + max(map(len, cells)) + GAP
    sheet = Image.new("RGB", (WIDTH, -(-count // columns) * step - GAP), "white")
    pen = ImageDraw.Draw(sheet)
    for number, (cell, lines) in enumerate(zip(cells, words, strict=True)):
        left, top = number % columns * (column + GAP), number // columns * step + above
        for at, line in enumerate(reversed(lines), 1):
            pen.text((left + column / 2, top - 4 - at * _LINE), line, fill="black", font=font(), anchor="ma")
        sheet.paste(Image.fromarray(cell), (left + (column - cell.shape[1]) // 2, top))
    return np.asarray(sheet)


def within(picture: np.ndarray, longest: int, method: str = "bicubic") -> np.ndarray:
    """The picture with a longer side of so many pixels."""
    return images.resize(picture, fitted(*picture.shape[:2], longest), method)


def fitted(height: int, width: int, longest: int) -> tuple[int, int]:
    """Height and width in the same proportion, the longer one of so many pixels."""
    scale = longest / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _lines(title: str, width: int) -> list[str]:
    """A title in lines that fit so many pixels; a word too long for a line is broken."""
    letters = max(len(title), 1)
    while any(font().getlength(line) > width - 4 for line in textwrap.wrap(title, letters)):
        letters -= 1
    return textwrap.wrap(title, letters)


@cache
def font() -> Any:
    """The letters of words in pictures."""
    return ImageFont.load_default(_LETTERS)
