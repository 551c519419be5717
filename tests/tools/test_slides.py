"""tools/deck.py and tools/slides.py: what is on which slide, what waits for a key, and what Voilà is given."""

import json
import socket

import nbformat
import pytest

from tools import common, deck, slides
from tools.common import Stop


def cell(kind: str, place: str, text: str, **metadata) -> nbformat.NotebookNode:
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}[kind]
    return make(text, metadata={"slideshow": {"slide_type": place}, **metadata})


def prepared(*cells: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return deck.prepare(nbformat.v4.new_notebook(cells=list(cells))).cells


TITLE = cell("markdown", "slide", "# Title\n\nA [link](01_one.ipynb), a formula $x_i$.")
QUESTION = cell("markdown", "slide", "## Part\n\n**Think!** What comes?\n\n**Draw it.**")
PICTURE = cell("code", "-", "draw()")
LONG = "many words " * 60


def test_sections_are_balanced_and_nested():
    cells = prepared(TITLE, QUESTION, PICTURE, cell("markdown", "subslide", "### More"), cell("markdown", "-", "Text"))
    page = "".join(part.metadata.deck["open"] + part.metadata.deck["close"] for part in cells)
    assert page.count("<section>") == page.count("</section>") == 5  # two stacks with one and two slides
    assert page.count("<div") == page.count("</div>") == 3


def test_what_follows_a_question_waits_for_a_key_together_with_its_caption():
    _, question, caption, picture = prepared(TITLE, QUESTION, PICTURE)
    assert question.metadata.deck["step"] == 0 and 'class="think"' in question.source
    assert caption.metadata.deck["step"] == picture.metadata.deck["step"] == 1
    assert "Draw it." in caption.source


def test_without_a_question_nothing_waits():
    cells = prepared(TITLE, cell("markdown", "slide", "## Part\n\n**Draw it.**"), PICTURE)
    assert [part.metadata.deck["step"] for part in cells] == [0, 0, 0, 0]


def test_a_sentence_that_reads_a_picture_stays_with_it_and_comes_after_it():
    reading = cell("markdown", "slide", "It is red.\n\n## Next part")
    cells = prepared(TITLE, QUESTION, PICTURE, reading)
    sentence, following = cells[-2:]
    assert "It is red" in sentence.source and sentence.metadata.deck["step"] == 2
    assert sentence.metadata.deck["open"] == "" and following.metadata.deck["open"].count("<section>") == 2


def test_a_sentence_about_a_picture_that_is_not_shown_is_not_shown():
    cells = prepared(TITLE, cell("code", "skip", "draw()"), cell("markdown", "slide", "It is red.\n\n## Next part"))
    assert [part.metadata.deck["shown"] for part in cells] == [True, False, False, True]


def test_a_picture_below_a_long_text_gets_a_slide_of_its_own():
    long = cell("markdown", "slide", f"## Part\n\n{LONG}\n\n**Draw it.**")
    _, text, caption, picture = prepared(TITLE, long, PICTURE)
    assert caption.metadata.deck["open"] == '<section><div class="fit">'
    assert text.metadata.deck["close"] == "</div></section>"
    assert picture.metadata.deck["open"] == ""


def test_a_second_picture_gets_a_slide_of_its_own_with_its_caption():
    chart, another = (cell("code", "-", f"plots.bars({name})") for name in "xy")
    caption = cell("markdown", "skip", "**The numbers.**")
    *_, first, picture, skipped, second, after = prepared(TITLE, QUESTION, chart, caption, another, PICTURE)
    assert second.metadata.deck["open"].startswith("<section>") and "The numbers." in second.metadata.deck["open"]
    assert [part.metadata.deck["open"] for part in (first, picture, after)] == ["", "", ""]
    assert second.metadata.deck["step"] == 0 and not skipped.metadata.deck["shown"]
    *_, shown, last = prepared(TITLE, QUESTION, chart, cell("markdown", "-", "**The numbers.**"), another)
    assert shown.metadata.deck["open"].startswith("<section>") and last.metadata.deck["open"] == ""


def test_you_will_is_no_caption():
    (title,) = prepared(cell("markdown", "slide", f"# Title\n\n{LONG}\n\n**You will**\n\n1. see."))
    assert "You will" in title.source


def test_skipped_code_still_runs_and_says_what_it_does():
    caption, setup = prepared(cell("markdown", "skip", "**Set up.**"), cell("code", "skip", "x = 1"))
    assert setup.source == "x = 1" and not setup.metadata.deck["shown"]
    assert setup.metadata.deck["now"] == caption.metadata.deck["now"] == "Set up."


def test_text_is_html_without_links_that_lead_nowhere():
    (title,) = prepared(TITLE)
    assert "A link, a formula" in title.source and "<math" in title.source and "01_one" not in title.source


def test_a_comment_in_a_block_of_code_is_no_heading():
    text = cell("markdown", "slide", "Write this:\n\n```\n# a comment\n```\n\nand run it.")
    (whole,) = prepared(TITLE, text)[1:]
    assert "a comment" in whole.source and "and run it" in whole.source and whole.metadata.deck["shown"]


def test_the_way_through_the_notebooks_is_on_no_slide():
    way = "[← 1 One](01_one.ipynb) · [contents](00_start.ipynb) · [3 Three →](03_three.ipynb)"
    (title,) = prepared(cell("markdown", "slide", f"# Two\n\n{way}\n\nSee [one](01_one.ipynb)."))
    assert "contents" not in title.source and "See one." in title.source


def test_a_tag_shows_the_code_from_the_start():
    _, hidden = prepared(TITLE, PICTURE)
    _, shown = prepared(TITLE, cell("code", "-", "draw()", tags=["show-input"]))
    assert '<div class="code">' in hidden.metadata.deck["code"]
    assert '<div class="code always">' in shown.metadata.deck["code"]


def test_the_head_fetches_nothing():
    head = deck.head()
    assert "reveal.js 5" in head and "startDeck" in head
    assert "src=" not in head.split("<script>")[0] and "<link" not in head and "@import" not in head
    assert head.count("<script>") == head.count("</script>") == 2


def test_the_notebook_for_voila(tmp_path, monkeypatch):
    monkeypatch.setattr(common, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(common, "SLIDES", tmp_path / "slides")
    nbformat.write(nbformat.v4.new_notebook(cells=[TITLE, QUESTION, PICTURE]), tmp_path / "01_one.ipynb")
    book = json.loads(slides.prepared("01_one").read_text(encoding="utf-8"))
    assert "os.chdir" in "".join(book["cells"][0]["source"]) and not book["cells"][0]["metadata"]["deck"]["shown"]
    assert book["metadata"]["deck"]["title"] == "Title" and len(book["cells"]) == 5


def test_an_unknown_notebook_is_one_sentence():
    with pytest.raises(Stop, match="no notebook 'nothing_like_it'"):
        slides.main(["nothing_like_it"])


def test_a_port_in_use_is_passed_over_and_an_asked_one_is_refused(monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))  # not the usual ports, on which a test beside this one may serve
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setattr(slides, "FIRST_PORT", port)
        assert port < slides.free_port() < port + slides.PORTS
        with pytest.raises(Stop, match=f"port {port} cannot be used"):
            slides.main(["00", "--port", str(port)])


def test_options_for_voila():
    options = slides.options(8899, quiet=True)
    assert {"--template=course", "--port=8899", "--no-browser", "--Voila.ip=127.0.0.1"} <= set(options)
    assert "--no-browser" not in slides.options(8899, quiet=False)
