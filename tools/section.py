"""One section of a notebook that runs by itself: its cells, and before them what gives the names that they use."""

import copy
import difflib
import re

import nbformat

from tools.common import Stop
from tools.deck import FENCED
from tools.reruns import needed

HEADING = re.compile(r"^(#{2,6})\s+(.+?)\s*$", re.M)
Place = tuple[int, int, int, str]  # number of the cell, where in its text, level, words


def only(book: nbformat.NotebookNode, wanted: str) -> nbformat.NotebookNode:
    """A copy with the section of this heading alone; code that it needs from before is there, on no slide.

    wanted: the heading, or a part of it in any case; of several the first. Raises Stop for a heading that is not there.
    """
    places = headings(book)
    first = found(places, wanted)
    end = next((place for place in places if place[:2] > first[:2] and place[2] <= first[2]), None)
    inside = [copy.deepcopy(cell) for cell in book.cells[first[0] : end[0] + 1 if end else None]]
    if end:  # what reads the last picture stands before the next heading, in the same cell
        inside[-1].source = inside[-1].source[: end[1]].strip()
    if end is None or end[0] > first[0]:
        inside[0].source = inside[0].source[first[1] :]
    else:
        inside[0].source = book.cells[first[0]].source[first[1] : end[1]].strip()
    inside[0].metadata["slideshow"] = {"slide_type": "slide"}
    last = first[0] + len(inside)
    code = [at for at in range(first[0], last) if book.cells[at].cell_type == "code"]
    cells = [copy.deepcopy(book.cells[at]) for at in needed(book, *code) if at < first[0]]
    for cell in cells:
        cell.metadata["slideshow"] = {"slide_type": "skip"}
    cells += [cell for cell in inside if cell.source.strip()]
    return nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(book.metadata))


def headings(book: nbformat.NotebookNode) -> list[Place]:
    """The headings below the title, in order; a # in a block of code is none."""
    return [
        (at, match.start(), len(match[1]), match[2])
        for at, cell in enumerate(book.cells)
        if cell.cell_type == "markdown"
        for match in HEADING.finditer(FENCED.sub(lambda block: " " * len(block[0]), cell.source))
    ]


def found(places: list[Place], wanted: str) -> Place:
    """The first heading with these words: exactly, else at its beginning, else anywhere in it."""
    words = wanted.strip().lower()
    tests = (lambda text: text == words, lambda text: text.startswith(words), lambda text: words in text)
    for test in tests:
        for place in places:
            if words and test(place[3].lower()):
                return place
    known = [place[3] for place in places]
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.4) or known
    raise Stop(f"there is no section {wanted!r}: choose one of {'; '.join(near)}.")
