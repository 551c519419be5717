"""tools/site.py and tools/frames.py on small notebooks: what runs again, what the pages hold, where links lead."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from tools import common, frames, run, site

FIRST = [
    ("markdown", "# 0 Start\n\nOne sentence.\n\n*Lecture. **About 1.5 minutes** on two cores.*\n\n"
     "See [one](01_one.ipynb#Part), [words](../docs/words.md#x), [code](../helpers/x.py), [gone](09_gone.ipynb)."),
    ("markdown", "**Think!** What comes?"),
    ("code", "print(6 * 7)"),
    ("markdown", "## Which slide is where?\n\n| lecture | notebook |\n|---|---|\n| 000 | [one](01_one.ipynb) |"),
]  # fmt: skip
SECOND = [("markdown", "# 1 One"), ("code", "1 + 1")]


def notebook(cells: list[tuple[str, str]]) -> nbformat.NotebookNode:
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    made = [make[kind](text, id=f"c{at}") for at, (kind, text) in enumerate(cells)]
    return nbformat.v4.new_notebook(cells=made)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two notebooks and one document; kernels are not started, `42` is the output of every cell."""
    for name, place in {"ROOT": ".", "NOTEBOOKS": "notebooks", "SOURCES": "notebooks/source"}.items():
        monkeypatch.setattr(common, name, (tmp_path / place).resolve())
    monkeypatch.setattr(common, "EXECUTED", tmp_path / "build" / "executed")
    monkeypatch.setattr(common, "PAGES", tmp_path / "build" / "html")
    monkeypatch.setattr(common, "SITE", tmp_path / "build" / "site")
    monkeypatch.setattr(common, "BUILD", tmp_path / "build")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    for folder in ("notebooks", "docs", "helpers"):
        (tmp_path / folder).mkdir()
    (tmp_path / "docs" / "words.md").write_text("# Words\n\nBack to [one](../notebooks/01_one.ipynb).")
    (tmp_path / "helpers" / "x.py").write_text("X = 1\n")
    put(tmp_path, "00_start_here", FIRST)
    put(tmp_path, "01_one", SECOND)

    def execute(book):
        for cell in book.cells:
            if cell.cell_type == "code":
                cell.outputs = [nbformat.v4.new_output("stream", text="42")]
        return 1.0, "It broke." if "break" in str(book.cells[-1].source) else ""

    monkeypatch.setattr(run, "execute", execute)
    return tmp_path


def put(project: Path, name: str, cells: list[tuple[str, str]]) -> None:
    nbformat.write(notebook(cells), project / "notebooks" / f"{name}.ipynb")


def html(project: Path, name: str) -> str:
    return (project / "build" / "site" / f"{name}.html").read_text(encoding="utf-8")


def test_index_and_way_through(project: Path):
    assert site.main([]) == 0
    index, first, second = html(project, "index"), html(project, "00_start_here"), html(project, "01_one")
    assert "One sentence." in index and "about 1.5 minutes" in index
    assert index.index("00_start_here.html") < index.index("01_one.html")
    assert "Which slide is where?" in index and "<td>000</td>" in index
    assert 'href="01_one.html" rel="next"' in first and 'rel="prev"' not in first
    assert 'href="00_start_here.html" rel="prev"' in second and 'href="index.html"' in second


def test_the_index_says_what_this_is_and_shows_a_picture_of_each_notebook(project: Path):
    (project / "README.md").write_text("# The course\n\nWhat it is, and for **whom**.\n\n## Two commands\n\nNot here.")
    (project / "docs" / "gallery").mkdir()
    Image.new("RGB", (4, 2)).save(project / "docs" / "gallery" / "01_one.jpg")
    (project / "docs" / "glossary.md").write_text("# Glossary\n")
    site.main([])
    index = html(project, "index")
    assert "<h1>The course</h1>" in index and "for <strong>whom</strong>" in index and "Not here" not in index
    assert index.count("<img") == 1 and index.index("<img") < index.index("1 One")
    assert 'href="docs-glossary.html">Glossary' in index
    assert 'href="docs-glossary.html">glossary</a>' in html(project, "01_one").split("<main>")[0]


def test_the_notebooks_own_way_is_left_to_the_page(project: Path):
    way = "[← 0 Start](00_start_here.ipynb) · [glossary](../docs/words.md) · [2 Two →](02_two.ipynb)"
    put(
        project,
        "01_one",
        [("markdown", f"# 1 One: what is it?\n\nA sentence.\n\n{way}\n\nSee `docs/words.md` and `x.md`.")],
    )
    site.main([])
    top, body = html(project, "01_one").split("<main>")
    assert "← 0 Start</a>" in top and "rel=" not in body.split("</main>")[0] and "2 Two" not in body
    assert '<a href="docs-words.html"><code>docs/words.md</code></a>' in body and "<code>x.md</code>" in body
    assert 'rel="next">1 One →</a>' in html(project, "00_start_here")  # the words before the colon


def test_short_cells_of_tables_stay_on_one_line(project: Path):
    put(
        project,
        "01_one",
        [("markdown", "# 1 One\n\n| a | b |\n|---|---|\n| 0.85 ± 0.02 | a long text that may wrap |")],
    )
    site.main([])
    assert "<td>0.85&nbsp;±&nbsp;0.02</td>" in html(project, "01_one")
    assert "<td>a long text that may wrap</td>" in html(project, "01_one")


def test_links_lead_to_pages_of_the_site_or_nowhere(project: Path):
    site.main([])
    first = html(project, "00_start_here")
    assert 'href="01_one.html#Part"' in first and 'href="docs-words.html#x"' in first
    assert not re.search(r'href="[^"]*(x\.py|09_gone)', first) and "[" not in first.split("<main>")[1][:900]
    assert 'href="01_one.html"' in html(project, "docs-words")


def test_pages_fetch_nothing(project: Path):
    site.main([])
    for path in (project / "build" / "site").glob("*.html"):
        assert not re.search(r"""<link|@import|url\(|<script src|src=["']?(?!data:)""", path.read_text())


def test_a_second_run_touches_only_what_changed(project: Path, capsys: pytest.CaptureFixture):
    site.main([])
    before = {path: path.stat().st_mtime_ns for path in (project / "build").rglob("*") if path.is_file()}
    capsys.readouterr()
    site.main([])
    said = capsys.readouterr().out
    assert said.count("as before") == 2 and "4 pages, 0 of them changed" in said
    assert before == {path: path.stat().st_mtime_ns for path in (project / "build").rglob("*") if path.is_file()}
    put(project, "01_one", [("markdown", "# 1 One"), ("code", "1 + 2")])
    site.main([])
    said = capsys.readouterr().out
    assert said.count("as before") == 1 and "1 of them changed" in said


@pytest.mark.parametrize("changed", ["helpers", "data"])
def test_helpers_and_data_count_too(project: Path, changed: str, monkeypatch: pytest.MonkeyPatch):
    site.main([])
    assert run.is_fresh("01_one")
    if changed == "helpers":
        (project / "helpers" / "x.py").write_text("X = 2\n")
    else:
        monkeypatch.setenv("COURSE_DATA", "elsewhere")
    assert not run.is_fresh("01_one")


def test_a_failing_notebook_is_said_and_runs_again(project: Path, capsys: pytest.CaptureFixture):
    put(project, "01_one", [("markdown", "# 1 One"), ("code", "break")])
    assert site.main([]) == 1
    assert "It broke." in capsys.readouterr().err and "a cell failed" in html(project, "index")
    assert not run.is_fresh("01_one") and run.is_fresh("00_start_here")


def test_pages_of_removed_notebooks_go(project: Path):
    site.main([])
    (project / "notebooks" / "01_one.ipynb").unlink()
    site.main([])
    assert not (project / "build" / "site" / "01_one.html").exists()


def test_static_slides(project: Path):
    assert site.main(["--slides", "00"]) == 0
    page = (project / "build" / "site" / "slides" / "00_start_here.html").read_text(encoding="utf-8")
    assert page.count("<section>") == page.count("</section>") > 1 and "42" in page
    assert not re.search(r"<link|@import|<script src", page)


def test_print_and_dark_styles_are_there(project: Path):
    site.main([])
    page = html(project, "index")
    assert "@media print" in page and "prefers-color-scheme: dark" in page and 'lang="en"' in page


# ---- explorers as frames ------------------------------------------------------------------------------------------


def explorer(strip: list[dict], run_=None):
    import ipywidgets

    from helpers.widgets import Explorer, Frame, LiveExplorer

    def draw(level):
        return Frame(np.full((12, 20, 3), level, "uint8"), f"grey of <{level}>", f"draw({level})")

    controls = {"level": ipywidgets.IntSlider(9, 0, 255, description="Level")}
    if run_:
        return LiveExplorer(controls, lambda report, level: draw(level), draw, strip, "Slow greys")
    return Explorer(controls, draw, strip, "Greys")


@pytest.mark.parametrize("live", [False, True], ids=["quick", "live"])
def test_an_explorer_carries_its_frames(live: bool):
    shown = explorer([{"level": 0}, {"level": 200}], live)
    draw = shown.draw
    shown_too, _ = frames.bundle(shown)
    made = shown_too[frames.MIME]["frames"]
    assert [frame["label"] for frame in made] == ["Level 0", "Level 200"]
    assert [frame["caption"] for frame in made] == ["grey of <0>", "grey of <200>"]
    assert (made[0]["width"], made[0]["height"]) == (20, 12)
    assert shown.draw is draw and "image/png" in shown_too
    import base64
    import io

    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(made[1]["source"].partition(",")[2]))).convert("RGB"))
    assert np.abs(pixels.astype(int) - 200).max() <= 3


def test_an_explorer_without_a_strip_stays_a_picture():
    shown_too, _ = frames.bundle(explorer([]))
    assert frames.MIME not in shown_too and "image/png" in shown_too


def test_a_stepper_shows_the_first_frame_and_describes_all():
    shown_too, _ = frames.bundle(explorer([{"level": v} for v in (0, 100, 200)]))
    page = frames.stepper(shown_too[frames.MIME])
    assert page.count("<img") == 3 and page.count(" hidden ") == 2
    assert 'alt="grey of &lt;100&gt;"' in page and 'max="2"' in page
    assert page.count("aria-label") >= 4


def test_kernels_get_frames_through_the_startup_cell():
    book = notebook([
        ("code", "import numpy as np, ipywidgets\nfrom helpers.widgets import Explorer, Frame"),
        ("code", "draw = lambda v: Frame(np.full((4, 4, 3), v, 'uint8'), f'{v}')\n"
         "Explorer({'v': ipywidgets.IntSlider(1)}, draw, [{'v': 1}, {'v': 2}], 'T')"),
    ])  # fmt: skip
    assert run.execute(book)[1] == ""
    assert len(book.cells) == 2 and book.cells[0].source.startswith("import numpy")
    assert book.cells[1].outputs[-1].data[frames.MIME]["title"] == "T"
    assert [cell.execution_count for cell in book.cells] == [1, 2]
    body = site.body_of(book, "t")
    assert body.count('class="frame"') == 2 and "<img" in body
