"""tools/build.py on small sources of its own: the same bytes every time, ids that follow the text, no other losses."""

import json
from pathlib import Path

import nbformat
import pytest

from tools import build, common

SOURCE = """# %% [markdown] slideshow={"slide_type": "slide"}
# # Title
# A formula, $x_i$.

# %% tags=["parameters"]
SEED = 0


def double(x):
    return 2 * x


# %%
double(SEED)

# %%
double(SEED)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """notebooks/ with one source."""
    monkeypatch.setattr(common, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(common, "SOURCES", tmp_path / "source")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "01_one.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def read(folder: Path, name: str = "01_one") -> nbformat.NotebookNode:
    book = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    nbformat.validate(book)
    return book


def test_cells_text_and_metadata_are_kept(folder: Path):
    assert build.main([]) == 0
    book = read(folder)
    assert [cell.cell_type for cell in book.cells] == ["markdown", "code", "code", "code"]
    assert book.cells[0].source == "# Title\nA formula, $x_i$."
    assert book.cells[1].source == "SEED = 0\n\n\ndef double(x):\n    return 2 * x"
    assert book.cells[0].metadata == {"slideshow": {"slide_type": "slide"}}
    assert book.cells[1].metadata.tags == ["parameters"]
    assert book.metadata.kernelspec.name == "python3"
    assert all(cell.outputs == [] and cell.execution_count is None for cell in book.cells[1:])


@pytest.mark.parametrize(
    ("kind", "text", "place"),
    [
        ("markdown", "# Title", "slide"),
        ("markdown", "## Part", "slide"),
        ("markdown", "### Detail", "subslide"),
        ("markdown", "It is red.", "-"),
        ("code", "import os\nfrom a import b", "skip"),
        ("code", "SEED = 0", "skip"),
        ("code", "plots.photos([x])", "-"),
    ],
)
def test_cells_without_a_place_on_the_slides_get_one(kind: str, text: str, place: str):
    assert build.slide_type(kind, text) == place


def test_a_second_build_changes_nothing(folder: Path, capsys: pytest.CaptureFixture):
    build.main([])
    first = (folder / "01_one.ipynb").read_bytes()
    capsys.readouterr()
    (folder / "01_one.ipynb").unlink()
    build.main([])
    assert (folder / "01_one.ipynb").read_bytes() == first
    build.main([])
    assert "1 notebooks, 1 were up to date" in capsys.readouterr().out


def test_ids_are_unique_and_follow_the_text(folder: Path):
    build.main([])
    before = [cell.id for cell in read(folder).cells]
    assert len(set(before)) == 4
    (folder / "source" / "01_one.py").write_text("# %%\nnew = 1\n\n" + SOURCE, encoding="utf-8")
    build.main([])
    assert [cell.id for cell in read(folder).cells][1:] == before


def test_check_writes_nothing_and_fails_when_stale(folder: Path, capsys: pytest.CaptureFixture):
    assert build.main(["--check"]) == 1
    assert not (folder / "01_one.ipynb").exists()
    build.main([])
    assert build.main(["--check"]) == 0
    book = json.loads((folder / "01_one.ipynb").read_text(encoding="utf-8"))
    book["cells"][1]["source"] = ["SEED = 1"]
    (folder / "01_one.ipynb").write_text(json.dumps(book), encoding="utf-8")
    assert build.main(["--check"]) == 1
    assert "differs from its source: 01_one.ipynb" in capsys.readouterr().out


def test_only_generated_notebooks_without_source_are_removed(folder: Path):
    build.main([])
    own = nbformat.writes(nbformat.v4.new_notebook())
    (folder / "my_notes.ipynb").write_text(own, encoding="utf-8")
    (folder / "cut.ipynb").write_text("{", encoding="utf-8")
    (folder / "01_one-Copy1.ipynb").write_bytes((folder / "01_one.ipynb").read_bytes())
    (folder / "source" / "01_one.py").rename(folder / "source" / "02_two.py")
    assert build.main([]) == 0
    left = sorted(path.name for path in folder.glob("*.ipynb"))
    assert left == ["01_one-Copy1.ipynb", "02_two.ipynb", "cut.ipynb", "my_notes.ipynb"]
