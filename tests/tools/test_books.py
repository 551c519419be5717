"""tools/books.py: what a notebook's file may be, what is filled in, and that a bad one stops only itself."""

import copy
import json
import os
import random
from pathlib import Path

import nbformat
import pytest

import helpers.teaching
from tools import books, build, common, frames, ledger, pages, reference, run, site, slides, warm
from tools.live import on_site


@pytest.fixture(autouse=True)
def no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """`warm` makes no files of networks here, which takes 20 s and has its own test."""
    monkeypatch.setattr(warm, "make_files", lambda: None)


GOOD = {
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# A title\n", "Text."]},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {"tags": ["x"]},
            "source": "print('ä')",
            "execution_count": 1,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["ä\n"]}],
        },
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def text(**changes) -> str:
    """The good notebook as JSON, its keys changed; None takes one away."""
    book = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return json.dumps(book, ensure_ascii=False, indent=1)


def code(**changes) -> str:
    """The good notebook with its code cell changed."""
    cell = {key: value for key, value in {**GOOD["cells"][1], **changes}.items() if value is not None}
    return text(cells=[GOOD["cells"][0], cell])


MERGE = text().replace(' "nbformat": 4', '<<<<<<< HEAD\n "nbformat": 4,\n=======\n "nbformat": 4\n>>>>>>> theirs', 1)
BAD = {
    "merge": (MERGE, "the mark of an unfinished merge"),
    "empty": ("", "it is empty"),
    "blank": (" \n", "it is empty"),
    "list": ("[]", "no list of cells"),
    "null": ("null", "no list of cells"),
    "cut": (text()[:200], "no JSON from line"),
    "words": ("see 01_one.ipynb", "no JSON from line 1"),
    "no cells": (text(cells=None), "no list of cells"),
    "cells no list": (text(cells={"a": 1}), "no list of cells"),
    "cell no object": (text(cells=["x"]), "a cell is of the type 'x'"),
    "unknown cell": (code(cell_type="chart"), "a cell is of the type 'chart'"),
    "no cell type": (code(cell_type=None), "a cell is of the type None"),
    "source a number": (code(source=5), "5"),
    "Latin-1": (text().encode("latin-1"), "not UTF-8, from byte"),
    "UTF-16": (text().encode("utf-16"), "not UTF-8, from byte 0"),
    "bytes": (bytes(range(256)), "not UTF-8"),
    "nested": ("[" * 100_000, "nested too deeply"),
    "future": (text(nbformat=99), "99"),
    "format a word": (text(nbformat="four"), "four"),
}
# Where one meaning only is left, it works.
FORGIVEN = {
    "BOM": b"\xef\xbb\xbf" + text().encode(),
    "no format": text(nbformat=None, nbformat_minor=None),
    "older": text(nbformat_minor=2),
    "no metadata": text(metadata=None),
    "metadata a list": text(metadata=[]),
    "kernel a word": text(metadata={"kernelspec": "python3"}),
    "no ids": code(id=None),
    "equal ids": code(id="a"),
    "id a number": code(id=7),
    "no cell metadata": code(metadata=None),
    "no outputs": code(outputs=None),
    "no count": code(execution_count=None),
    "tags a word": code(metadata={"tags": "x", "slideshow": None}),
    "no stream name": code(outputs=[{"output_type": "stream", "text": "ä\n"}]),
    "no output metadata": code(outputs=[{"output_type": "display_data", "data": {"text/plain": "ä"}}]),
}
# Damage in outputs, which running the notebook makes anew.
BAD_OUTPUTS = {
    "unknown output": code(outputs=[{"output_type": "hologram"}]),
    "output a number": code(outputs=[5]),
    "outputs an object": code(outputs={"a": 1}),
    "stream a number": code(outputs=[{"output_type": "stream", "name": "stdout", "text": 5}]),
    "no output type": code(outputs=[{"text": "ä"}]),
    "data a list": code(outputs=[{"output_type": "display_data", "metadata": {}, "data": ["x"]}]),
}


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a good notebook, `02_good`; running one only copies what its cells print."""
    for name, place in {"ROOT": ".", "NOTEBOOKS": "notebooks", "SOURCES": "notebooks/source", "BUILD": "build"}.items():
        monkeypatch.setattr(common, name, tmp_path / place)
    for name, place in {"EXECUTED": "executed", "PAGES": "html", "SITE": "site", "SLIDES": "slides"}.items():
        monkeypatch.setattr(common, name, tmp_path / "build" / place)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(run, "execute", lambda book: (None, ""))
    monkeypatch.setattr(reference, "rooms", lambda: {"teaching": helpers.teaching})  # one room is quick
    monkeypatch.setattr(on_site, "built", lambda folder: False)  # its models take 20 s
    put(tmp_path / "notebooks" / "02_good.ipynb", text())
    return tmp_path


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_notebook_is_one_sentence(project: Path, kind: str):
    content, words = BAD[kind]
    path = put(project / "notebooks" / "01_bad.ipynb", content)
    with pytest.raises(books.Unreadable) as caught:
        books.read(path)
    said = str(caught.value)
    assert said.startswith(f"{Path('notebooks') / '01_bad.ipynb'} is no readable notebook (")
    assert words in said and "\n" not in said and said.endswith("mend it, or move it out of notebooks/.")


@pytest.mark.parametrize("kind", FORGIVEN)
def test_what_has_one_meaning_is_filled_in(tmp_path: Path, kind: str):
    book = books.read(put(tmp_path / "x.ipynb", FORGIVEN[kind]))
    nbformat.validate(book)
    assert [cell.source for cell in book.cells] == ["# A title\nText.", "print('ä')"]
    assert len({cell.id for cell in book.cells}) == 2


@pytest.mark.parametrize("kind", BAD_OUTPUTS)
def test_damaged_outputs_hinder_nobody_who_makes_them_anew(tmp_path: Path, kind: str):
    path = put(tmp_path / "x.ipynb", BAD_OUTPUTS[kind])
    assert books.read(path, with_outputs=False).cells[1].outputs == []
    with pytest.raises(books.Unreadable):
        books.read(path)


def test_a_notebook_of_format_3_is_read(tmp_path: Path):
    cells = [{"cell_type": "code", "language": "python", "input": ["1 + 1"], "outputs": [], "collapsed": False}]
    old = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}
    assert books.read(put(tmp_path / "x.ipynb", json.dumps(old))).cells[0].source == "1 + 1"


@pytest.mark.skipif(os.name == "nt", reason="pipes and links that lead nowhere")
def test_what_is_no_file_is_one_sentence(tmp_path: Path):
    (tmp_path / "folder.ipynb").mkdir()
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "nowhere")
    for name in ("folder", "pipe", "link"):
        with pytest.raises(books.Unreadable):
            books.read(tmp_path / f"{name}.ipynb")


@pytest.mark.parametrize("kind", ["merge", "empty", "list", "Latin-1", "no cell type", "unknown cell"])
def test_run_warm_site_and_ledger_go_on_without_it(project: Path, kind: str, capsys: pytest.CaptureFixture):
    put(project / "notebooks" / "01_bad.ipynb", BAD[kind][0])
    for command in (run, warm, site):
        assert command.main([]) == 1
        shown = capsys.readouterr()
        assert "[1/2] 01_bad ... FAILED, not run" in shown.out and "[2/2] 02_good ... " in shown.out
        assert shown.err.count("is no readable notebook") == 1 and "Traceback" not in shown.err
    assert "A title" in (common.PAGES / "index.html").read_text() and (common.SITE / "02_good.html").exists()
    with pytest.raises(common.Stop, match="left as it is"):
        ledger.main([])
    with pytest.raises(books.Unreadable):
        slides.prepared("01_bad")
    assert slides.prepared("02_good").exists()


@pytest.mark.parametrize("kind", ["merge", "list", "bytes", "unknown output", "stream a number"])
def test_a_damaged_executed_notebook_is_made_again_and_stops_no_other(
    project: Path, kind: str, capsys: pytest.CaptureFixture
):
    put(project / "notebooks" / "01_other.ipynb", text())
    assert run.main([]) == 0
    content = BAD[kind][0] if kind in BAD else BAD_OUTPUTS[kind]
    damaged = put(common.EXECUTED / "01_other.ipynb", content)
    assert run.main(["02"]) == 0  # the other one, and the list of both
    assert not run.is_fresh("01_other") and not warm.is_warm("01_other") and run.is_fresh("02_good")
    assert site.main(["02"]) == 0
    assert not (common.SITE / "01_other.html").exists()
    assert ledger.main([]) == 0 and run.is_fresh("01_other")
    put(damaged, content)
    assert site.main(["--slides", "01"]) == 0 and site.main([]) == 0
    assert (common.SITE / "01_other.html").exists()
    assert "Traceback" not in capsys.readouterr().err


ODD = [
    {"image/png": "no picture"},
    {"image/png": 5, "text/plain": "five"},
    {"image/svg+xml": 5},
    {"text/html": None},
    {"text/html": ["<b>", "bold</b>"]},
    {"text/latex": 5},
    {"text/markdown": {"a": 1}},
    {"text/plain": "\ud83d"},
    {"application/json": [1, {"a": None}]},
    {pages.WIDGET: 5},
    {frames.MIME: None, "text/plain": "explorer"},
    {frames.MIME: {"title": 5, "frames": [{}]}},
    {frames.MIME: {"title": "", "frames": []}},
    {ledger.CLAIM: {"lecture": 1}},
    {},
]


@pytest.mark.filterwarnings("ignore:Your element with mimetype")
def test_whatever_a_cell_shows_becomes_a_page(project: Path, monkeypatch: pytest.MonkeyPatch):
    def execute(book):
        for data in ODD:
            output = {"output_type": "display_data", "data": data, "metadata": {"image/png": 5, "text/html": {}}}
            cell = nbformat.v4.new_code_cell("show()")
            cell.outputs = [nbformat.from_dict(output)]
            book.cells.append(cell)
        return None, ""

    monkeypatch.setattr(run, "execute", execute)
    assert run.main([]) == site.main([]) == site.main(["--slides", "02"]) == 0
    for page in (common.PAGES / "02_good.html", common.SITE / "02_good.html"):
        text = page.read_text()
        assert "five" in text and "bold</b>" in text and "explorer" in text
    assert run.is_fresh("02_good") and list(ledger.claims_of("02_good")) == []


FACTS = [[], {"key": [], "failed": 0}, {"features": 5}, {"features": [None, {}]}, {"megabytes": "<b>"}]


@pytest.mark.parametrize("facts", FACTS)
def test_odd_notes_in_an_executed_notebook_stop_nothing(project: Path, facts: object):
    assert run.main([]) == 0
    path = common.EXECUTED / "02_good.ipynb"
    book = json.loads(path.read_text())
    if isinstance(facts, dict):
        facts = {**book["metadata"]["course"], **facts}
    book["metadata"]["course"] = facts
    put(path, json.dumps(book))
    run.is_fresh("02_good"), warm.is_warm("02_good")
    run.write_index()
    assert "<b>" not in (common.PAGES / "index.html").read_text()
    assert warm.main([]) == 0 and site.main([]) == 0


def test_one_source_that_is_no_text_stops_no_other(project: Path, capsys: pytest.CaptureFixture):
    for name in ("01_bad", "03_fine"):
        put(common.SOURCES / f"{name}.py", "# %%\nx = 'ä'\n".encode("latin-1" if name == "01_bad" else "utf-8"))
    put(project / "notebooks" / "03_fine.ipynb", b"\xff\xfe")
    assert build.main([]) == 1
    assert "01_bad.py cannot be read" in capsys.readouterr().err
    assert books.read(project / "notebooks" / "03_fine.ipynb").cells[0].source == "x = 'ä'"


def damaged(pick: random.Random) -> bytes:
    """The good notebook with something in it changed: a value, a key, some bytes."""
    book = copy.deepcopy(GOOD)
    text_cell, code_cell = book["cells"]
    places = [book, book["metadata"], text_cell, code_cell, code_cell["metadata"], *code_cell["outputs"]]
    there = pick.choice(places)
    key = pick.choice([*there, "other"])
    there[key] = pick.choice([None, 5, -1.5, "", "x", [], {}, [None], {"a": []}, True, "\ud83d", "</script>"])
    if pick.random() < 0.3:
        there.pop(key)
    content = json.dumps(book).encode()
    if pick.random() < 0.4:
        at = pick.randrange(len(content))
        content = content[:at] + pick.choice([b"", b"\x00", b"\xff", b"{", b'"', content[:at]]) + content[at + 1 :]
    return content


def test_two_hundred_damaged_files_are_read_or_are_one_sentence(project: Path):
    pick, read = random.Random(0), 0
    for _ in range(200):
        path = put(project / "notebooks" / "02_good.ipynb", damaged(pick))
        try:
            nbformat.validate(nbformat.from_dict({**books.read(path), "metadata": {}}))
            read += 1
        except books.Unreadable as reason:
            assert len(str(reason)) < 400 and "\n" not in str(reason)
            continue
        slides.prepared("02_good")
        if read % 10 == 0:  # a page takes a quarter of a second
            run.run_one("02_good")
    assert 50 < read < 190  # neither all nor none
