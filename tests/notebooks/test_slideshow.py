"""Every notebook can be shown as slides: each cell has its place, the title starts, no explorer is left out."""

import json
from pathlib import Path

import pytest

from tools import build, hygiene


@pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem)
def test_notebook_can_be_shown_as_slides(path: Path):
    assert hygiene.slideshow(json.loads(build.notebook_text(path))) == []


def book(*cells: tuple[str, str, str | None]) -> dict:
    """A notebook of (kind, slide type, text); None leaves the metadata empty."""
    made = [
        {"cell_type": kind, "source": text, "metadata": {"slideshow": {"slide_type": place}} if place else {}}
        for kind, place, text in cells
    ]
    return {"cells": made, "metadata": {}}


GOOD = [("markdown", "slide", "# Title"), *[("markdown", "slide", "## Part")] * 3]


def test_good_slides_have_no_problems():
    shown = [("code", "-", "grad_cam_explorer(network)"), ("code", "skip", "from helpers.widgets import x_explorer")]
    assert hygiene.slideshow(book(*GOOD, *shown)) == []


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([*GOOD, ("code", None, "x = 1")], "cell 4: slide type None"),
        ([*GOOD, ("code", "page", "x = 1")], "cell 4: slide type 'page'"),
        ([("markdown", "-", "# Title"), *GOOD], "cell 0: the title"),
        ([*GOOD, ("code", "skip", "x = 1\ngrad_cam_explorer(network)")], "cell 4: an explorer that is on no slide"),
        (GOOD[:2], "2 slides, at least 4"),
    ],
)
def test_bad_slides_are_found(cells: list, said: str):
    found = hygiene.slideshow(book(*cells))
    assert len(found) == 1 and said in found[0]
