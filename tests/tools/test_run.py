"""tools/run.py, tools/pages.py and tools/ledger.py on small notebooks of their own, in real kernels."""

import base64
import re
from pathlib import Path

import nbformat
import pytest

from tools import common, ledger, pages, run

PNG = base64.b64encode(b"a picture").decode()

FINE = [
    ("markdown", "# A fine one\nSee [the other](02_fails.ipynb#Part), [a card](../data/x.md), [a paper](https://x.org).\n\n"
     "$$\\frac{1}{Z} \\sum_{i} x_i$$\n\nInside: $\\alpha_k$."),
    ("code", "import os\nprint(os.path.basename(os.getcwd()))\n6 * 7"),
    ("markdown", "## Part one\n```\n# no heading\n```"),
    ("code", "from helpers.teaching import Claims\nClaims(NETWORK=['small', 'small']).slide_claim("
     "'004', 'a | b', (0.925, 0.5, 1), 'holds', above=0, over='9 seeds')"),
    ("markdown", "## Part two"),
    ("code", "Claims().slide_claim('001', 'c', False, 'does not hold here', 3)"),
]  # fmt: skip
FAILS = [
    ("markdown", "# One that fails"),
    ("code", "print('before')"),
    ("code", "def divide(a):\n    return a / 0\ndivide(1)"),
    ("code", "print('never')"),
]
DIES = [("markdown", "# One whose kernel dies"), ("code", "import os\nos._exit(1)")]


def notebook(cells: list[tuple[str, str]]) -> nbformat.NotebookNode:
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    return nbformat.v4.new_notebook(cells=[make[kind](text) for kind, text in cells])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose folders are the test's own."""
    for name, place in {"ROOT": ".", "NOTEBOOKS": "notebooks", "SOURCES": "notebooks/source"}.items():
        monkeypatch.setattr(common, name, tmp_path / place)
    monkeypatch.setattr(common, "EXECUTED", tmp_path / "build" / "executed")
    monkeypatch.setattr(common, "PAGES", tmp_path / "build" / "html")
    monkeypatch.setattr(common, "SITE", tmp_path / "build" / "site")
    monkeypatch.setattr(common, "BUILD", tmp_path / "build")
    (tmp_path / "notebooks" / "source").mkdir(parents=True)
    return tmp_path


def put(project: Path, **notebooks: list[tuple[str, str]]) -> None:
    for name, cells in notebooks.items():
        nbformat.write(notebook(cells), project / "notebooks" / f"{name.strip('_')}.ipynb")


def html(project: Path, name: str) -> str:
    return (project / "build" / "html" / f"{name}.html").read_text(encoding="utf-8")


def test_all_run_though_one_fails(project: Path, capsys: pytest.CaptureFixture):
    put(project, _01_dies=DIES, _02_fails=FAILS, _03_fine=FINE)
    assert run.main([]) == 1
    shown = capsys.readouterr()
    assert re.search(r"\[2/3\] 02_fails \.\.\. FAILED after \d+\.\d s", shown.out)
    assert re.search(r"\[3/3\] 03_fine \.\.\. \d+\.\d s", shown.out)
    assert "1 of 3 notebooks ran through" in shown.out
    assert "kernel died" in shown.err
    assert "divide(1)" in shown.err and "ZeroDivisionError: division by zero" in shown.err
    failed, fine = html(project, "02_fails"), html(project, "03_fine")
    assert "before" in failed and "ZeroDivisionError" in failed
    assert "notebooks" in fine and "42" in fine  # the folder it ran in, the last line's value
    index = html(project, "index")
    assert "One that fails" in index and "failed" in index and "03_fine.html" in index


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are not run, for tests of what happens before and after."""
    monkeypatch.setattr(run, "execute", lambda book: (None, "It broke." if len(book.cells) == len(FAILS) else ""))


def test_a_page_fetches_nothing_and_links_work(project: Path, no_kernel: None):
    put(project, _03_fine=FINE)
    assert run.main(["03"]) == 0
    page = html(project, "03_fine")
    assert not re.search(r"""<script|<link|@import|url\(|src=["']?(?!data:)""", page)
    assert 'href="02_fails.html#Part"' in page and 'href="https://x.org"' in page
    assert 'href="../../notebooks/../data/x.md"' in page


def test_formulas_are_drawn_by_the_browser_itself(project: Path, no_kernel: None):
    put(project, _03_fine=FINE)
    run.main([])
    page = html(project, "03_fine")
    assert page.count("<math") == 2 and "<mfrac>" in page and "<msub>" in page
    assert "frac{" not in page and "$" not in page.split("<body>")[1]


def test_an_unknown_name_names_the_nearest(project: Path):
    put(project, _03_fine=FINE)
    with pytest.raises(common.Stop, match=r"no notebook '03_fin': the nearest are 03_fine"):
        run.main(["03_fin"])


def test_no_notebooks_is_one_sentence(project: Path):
    with pytest.raises(common.Stop, match=r"course\.py build"):
        run.main([])


def test_an_unknown_option_is_one_sentence(project: Path):
    with pytest.raises(common.Stop, match="no option '--fast'"):
        run.main(["--fast"])


@pytest.mark.parametrize("word", ["06", "06_grad_cam", "06_grad_cam.ipynb", "notebooks/source/06_grad_cam.py"])
def test_a_notebook_has_many_names(word: str):
    assert common.choose([word], ["00_start", "06_grad_cam"], "notebook") == ["06_grad_cam"]


def output(data: dict, **more) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", data=data, **more)


def test_widgets_give_way_to_their_picture_or_a_note():
    book = notebook([("markdown", "# Widgets"), ("code", "x")])
    book.metadata["widgets"] = {"state": {}}
    view = {"model_id": "1", "version_major": 2, "version_minor": 0}
    book.cells[1].outputs = [
        output({pages.WIDGET: view, "image/png": PNG}, metadata={"image/png": {"alt": "two cats"}}),
        output({pages.WIDGET: view, "text/plain": "IntSlider(value=0)"}),
        output({pages.WIDGET: view, "text/plain": "  0%|          | 0/10 [00:00<?, ?it/s]"}),
    ]
    page = pages.page(book, "widgets")
    assert f"data:image/png;base64,{PNG}" in page and 'alt="two cats"' in page
    assert page.count("interactive control") == 1
    assert "IntSlider" not in page and "it/s" not in page and "<script" not in page
    assert pages.WIDGET in book.cells[1].outputs[0].data  # the notebook itself is left as it was


def test_finished_bars_and_tensorflows_own_lines_are_left_out():
    book = notebook([("code", "x")])
    bar = "<div><progress max='2' value='2'></progress></div>"
    chatter = "E0000 00:00:1.2 util.cc:131] oneDNN\n"
    book.cells[0].outputs = [
        output({"text/html": bar, "text/plain": "training: done, 30 in 2 min 5 s"}),
        output({"text/html": bar, "text/plain": "sweeping: stopped, 1 of 2 in 0.6 s"}),
        nbformat.v4.new_output("stream", name="stderr", text=chatter),
        nbformat.v4.new_output("stream", name="stderr", text=f"{chatter}Experiment 7: careful\n"),
    ]
    left = pages.for_paper(book).cells[0].outputs
    assert [one.get("text", one.get("data", {}).get("text/plain")) for one in left] == [
        "sweeping: stopped, 1 of 2 in 0.6 s",
        "Experiment 7: careful\n",
    ]


def test_words_and_brackets_in_formulas():
    assert "<mi>ReLU</mi>" in pages.formula(r"\mathrm{ReLU}(x)", block=True)
    matrix = pages.formula(r"\begin{pmatrix}x\\1\end{pmatrix} = F", block=True)
    assert '<mrow><mo form="prefix">' in matrix and matrix.count("<mrow>") == matrix.count("</mrow>")


def test_latex_outputs_are_drawn():
    book = notebook([("code", "x")])
    book.cells[0].outputs = [output({"text/latex": "$\\displaystyle \\frac{a}{b}$", "text/plain": "<Math>"})]
    assert "<mfrac>" in pages.page(book, "latex")


def test_dark_and_light_colours_are_in_the_page():
    assert "prefers-color-scheme: dark" in pages.page(notebook([("markdown", "# T & U")]), "t")
    assert "<title>T &amp; U</title>" in pages.page(notebook([("markdown", "# T & U")]), "t")


def test_ledger_runs_what_is_old_and_collects_claims(project: Path, capsys: pytest.CaptureFixture):
    put(project, _03_fine=FINE)
    assert ledger.main([]) == 0
    rows = [line for line in (project / "docs" / "claims.md").read_text().splitlines() if line.startswith("| 0")]
    assert rows == [
        "| 001 | c | does not hold here | 3 | exact |  |  | [03_fine](../notebooks/03_fine.ipynb), Part two |",
        "| 004 | a \\| b | holds | +0.925 | +0.500 to +1.000, 9 seeds | above 0 | small "
        "| [03_fine](../notebooks/03_fine.ipynb), Part one |",
    ]
    assert "[1/1] 03_fine" in capsys.readouterr().out
    assert ledger.main([]) == 0
    again = capsys.readouterr().out
    assert "03_fine ..." not in again and "2 claims: " in again
    assert "1 are exact; 1 rest on a 95 % interval" in (project / "docs" / "claims.md").read_text()


def test_ledger_is_left_alone_when_a_notebook_fails(project: Path, no_kernel: None):
    put(project, _02_fails=FAILS)
    with pytest.raises(common.Stop, match="left as it is"):
        ledger.main([])
    assert not (project / "docs").exists()


def test_peak_memory_of_this_process_is_plausible():
    import os
    import sys

    found = run.peak_megabytes(os.getpid())
    assert (found is None) != sys.platform.startswith("linux")
    assert found is None or 10 < found < 100_000
    assert run.peak_megabytes(None) is None
