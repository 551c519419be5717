"""One section of a notebook by itself: its slides, what it needs from before, and nothing else."""

import nbformat
import pytest

from tools import books, common, section, slides
from tools.common import Stop
from tools.reruns import needed


def book(*cells: tuple[str, str, str]) -> nbformat.NotebookNode:
    make = {"m": nbformat.v4.new_markdown_cell, "c": nbformat.v4.new_code_cell}
    made = [make[kind](text, metadata={"slideshow": {"slide_type": place}}) for kind, place, text in cells]
    return nbformat.v4.new_notebook(cells=made)


BOOK = book(
    ("m", "slide", "# 1 Title"),
    ("c", "skip", "import math\nimport os"),
    ("c", "skip", "slow = 1 / 0"),
    ("c", "-", "side = math.sqrt(4)"),
    ("m", "slide", "## First\n\nText.\n\n```\n## no heading\n```"),
    ("c", "-", "print(slow)"),
    ("m", "slide", "It is slow.\n\n## How large?\n\n**Draw it.**"),
    ("c", "-", "area = side**2"),
    ("m", "subslide", "### Larger still"),
    ("c", "-", "print(area + side)"),
    ("m", "slide", "It is large.\n\n## The end\n\nBye."),
    ("c", "-", "print(slow)"),
)


def texts(found: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in found.cells]


def test_a_section_has_its_cells_and_what_they_need_and_nothing_slow():
    found = section.only(BOOK, "How large?")
    assert texts(found) == [
        "import math\nimport os",
        "side = math.sqrt(4)",
        "## How large?\n\n**Draw it.**",
        "area = side**2",
        "### Larger still",
        "print(area + side)",
        "It is large.",
    ]
    kinds = [cell.metadata.slideshow.slide_type for cell in found.cells]
    assert kinds[:3] == ["skip", "skip", "slide"]
    assert [cell.metadata.slideshow.slide_type for cell in BOOK.cells[:4]] == [
        "slide",
        "skip",
        "skip",
        "-",
    ]  # untouched


def test_it_runs_by_itself():
    names: dict = {}
    for cell in section.only(BOOK, "How large?").cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    assert names["area"] == 4.0 and "slow" not in names


def test_a_part_of_a_section_and_the_last_one():
    assert texts(section.only(BOOK, "larger"))[2:] == [
        "area = side**2",
        "### Larger still",
        "print(area + side)",
        "It is large.",
    ]
    assert texts(section.only(BOOK, "the END"))[-2:] == ["## The end\n\nBye.", "print(slow)"]


def test_a_section_between_two_headings_of_one_cell():
    two = book(("m", "slide", "## One\n\na\n\n## Two\n\nb"), ("c", "-", "1"))
    assert texts(section.only(two, "One")) == ["## One\n\na"]
    assert texts(section.only(two, "Two")) == ["## Two\n\nb", "1"]


def test_an_unknown_section_names_those_that_are_like_it():
    with pytest.raises(Stop, match=r"no section 'How smal': choose one of How large\?"):
        section.only(BOOK, "How smal")
    with pytest.raises(Stop, match="no section ' '"):
        section.only(BOOK, " ")


def test_no_name_is_missing_in_a_section_from_the_middle_of_each_notebook():
    """Each of its cells has all the cells that it needs."""
    for path in sorted(common.NOTEBOOKS.glob("*.ipynb")):
        whole = books.read(path, with_outputs=False)
        places = section.headings(whole)
        first = section.found(places, places[len(places) // 2][3])
        have = {cell.source for cell in section.only(whole, first[3]).cells if cell.cell_type == "code"}
        code = [at for at, cell in enumerate(whole.cells) if at >= first[0] and cell.source in have]
        assert {whole.cells[at].source for at in needed(whole, *code)} == have, f"{path.stem}, {first[3]}"


def test_the_slides_begin_with_the_section(monkeypatch, tmp_path):
    monkeypatch.setattr(common, "SLIDES", tmp_path)
    nbformat.write(BOOK, tmp_path / "tiny.ipynb")
    made = nbformat.read(slides.prepared("tiny", tmp_path / "tiny.ipynb", "How large?"), 4)
    shown = [cell for cell in made.cells if cell.metadata.deck["shown"]]
    assert "How large?" in shown[0].source and shown[0].metadata.deck["open"].startswith("<section><section>")
    assert made.metadata.deck["title"] == "1 Title" and "1 / 0" not in "".join(cell.source for cell in made.cells)
