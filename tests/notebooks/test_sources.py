"""Every notebook keeps the rules of tools/hygiene.py and equals what its source generates."""

import json
from pathlib import Path

import pytest

from tools import build, hygiene
from tools.common import NOTEBOOKS

SOURCES = build.sources()
STORED = sorted(NOTEBOOKS.rglob("*.ipynb"))
STORED = [path for path in STORED if ".ipynb_checkpoints" not in path.parts]


def test_there_are_notebooks():
    assert SOURCES, "notebooks/source holds no notebook"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_source_keeps_the_rules(path: Path):
    assert hygiene.problems(json.loads(build.notebook_text(path))) == []


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_notebook_stores_no_outputs(path: Path):
    assert hygiene.stored(json.loads(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_notebook_equals_its_source(path: Path):
    notebook = build.target(path)
    assert notebook.exists(), f"{notebook.name} is missing: run `python3 course.py build`"
    same = notebook.read_text(encoding="utf-8") == build.notebook_text(path)
    assert same, f"{notebook.name} differs from source/{path.name}: run `python3 course.py build`, edit the source only"


def test_no_notebook_outlives_its_source():
    assert build.leftovers({build.target(path) for path in SOURCES}) == []


# ---- the checker itself, on bad examples ---------------------------------------------------------------------------

HEADER = "# Title\nOne sentence. About 2 minutes.\n\n*You will*\n- see\n- do\n- say\n\n**Set up**"
FOOTER = "*You have*\n- seen\n- done\n- said"


def notebook(*cells: tuple[str, str], header: str = HEADER, footer: str = FOOTER) -> dict:
    """A notebook whose first and last cells are in order, with (kind, text) cells in between."""
    kinds = [("markdown", header), ("code", "x = 1"), *cells, ("markdown", footer)]
    made = [{"cell_type": kind, "source": text, "metadata": {}} for kind, text in kinds]
    return {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_a_good_notebook_has_no_problems():
    good = notebook(
        (
            "markdown",
            "See [a paper](https://example.org).\n![two cats](cats.png)\n$x_i^2$, $$\\frac{a}{b}$$\n\n**Draw**",
        ),
        ("code", "y = 2\nlearning_rate = 0.1\njetty = 'projet'\nratio = a / b"),
    )
    assert hygiene.problems(good) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("open('/home/ann/cat.png')", "absolute path"),
        ("open('/tmp/cat.png')", "absolute path"),
        ("open('~/cat.png')", "absolute path"),
        (r"open('C:\cats\cat.png')", "absolute path"),
        ("get('https://example.org')", "web address"),
        ("get('www.example.org')", "web address"),
        ("draw(colours='jet')", "jet"),
        ("plt.cm.jet(x)", "jet"),
        ("model.fit_generator(g)", "fit_generator"),
        ("Adam(lr=0.1)", "lr="),
        ("Adam(lr = 0.1)", "lr ="),
        ("ImageDataGenerator()", "ImageDataGenerator"),
        ("K.gradients(a, b)", "K.gradients"),
        ("keras.optimizers.legacy.Adam()", "optimizers.legacy"),
        ("from keras.preprocessing.image import load_img", "preprocessing.image"),
        ("history['val_acc']", "val_acc"),
        ("np.product(shape)", "np.product"),
        ("\n".join("x = 1" for _ in range(13)), "13 lines"),
    ],
)
def test_bad_code_is_found(text: str, said: str):
    found = hygiene.problems(notebook(("markdown", "**Caption**"), ("code", text)))
    assert len(found) == 1 and said in found[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("![](cat.png)", "alt text"),
        ("![ ](cat.png)", "alt text"),
        ("<img src='cat.png'>", "alt text"),
        ("<img src='cat.png' alt=''>", "alt text"),
        ("look into /home/ann/course", "absolute path"),
        (r"$\nosuchcommand{x}$", "formula"),
    ],
)
def test_bad_markdown_is_found(text: str, said: str):
    found = hygiene.problems(notebook(("markdown", text)))
    assert len(found) == 1 and said in found[0]


def test_twelve_lines_are_allowed():
    assert hygiene.problems(notebook(("markdown", "**Caption**"), ("code", "\n".join(["x = 1"] * 12)))) == []


@pytest.mark.parametrize("above", ["no caption", "**Think!** What comes?", "a **bold** word"])
def test_code_needs_a_caption(above: str):
    found = hygiene.problems(notebook(("markdown", above), ("code", "x = 1")))
    assert len(found) == 1 and "caption" in found[0]


def test_code_after_code_needs_a_caption():
    found = hygiene.problems(notebook(("code", "x = 1")))
    assert len(found) == 1 and "caption" in found[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("# Title", "Title", "title"),
        ("2 minutes", "a while", "minutes"),
        ("You will", "We will", "You will"),
        ("- say\n", "", "3 goals"),
        ("- say\n", "- say\n- more\n", "3 goals"),
    ],
)
def test_a_bad_header_is_found(old: str, new: str, said: str):
    found = hygiene.problems(notebook(header=HEADER.replace(old, new)))
    assert len(found) == 1 and said in found[0]


def test_a_missing_end_is_found():
    found = hygiene.problems(notebook(footer="Good bye"))
    assert len(found) == 1 and "You have" in found[0]


def test_stored_results_are_found():
    book = notebook()
    book["cells"][1].update(outputs=[{"output_type": "stream"}], execution_count=3)
    book["metadata"]["widgets"] = {}
    assert [text.split(": ")[-1] for text in hygiene.stored(book)] == [
        "stored outputs",
        "an execution count",
        "stored widget state",
    ]
