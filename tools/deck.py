"""From a notebook to slides: which cell is on which slide, what is hidden until a key is pressed, and the page's head.

`prepare` serves both kinds of slides: live ones, where Voilà fills in the outputs, and static ones of an executed
notebook. What a slide is stands in the cells' slideshow metadata; what stands between is decided here.
"""

import copy
import html
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import nbformat

from tools.common import Stop
from tools.pages import LIGHT, links, markdown_to_html

TEMPLATES = Path(__file__).resolve().parent / "templates"
HEADING = re.compile(r"^#{1,6}\s", re.M)
THINK = re.compile(r"^\*\*Think!\*\*", re.M)
CAPTION = re.compile(r"^\*\*[^*\n].*[.?!:)$]\*\*$", re.M)  # a sentence; "You will" is none
DRAWS = re.compile(r"^(\s*display\()?\s*(plots\.\w+|\w+_explorer|\w+_studio|photo_map)\(", re.M)
FENCED = re.compile(r"^```.*?^```", re.M | re.S)
# A line of links alone: the way through the notebooks, which leads nowhere from a slide.
WAY = re.compile(r"^\[[^\]\n]*\]\(\w+\.ipynb\)( · \[[^\]\n]*\]\([\w./]+\.(ipynb|md)\))*\n?$", re.M)
LONG_TEXT = 330  # letters; a longer text and a picture do not fit one slide, so the picture gets its own
Target = Callable[[str], str | None]


def no_link(address: str) -> None:
    """Relative links of live slides lead nowhere: only their words are shown."""


def prepare(book: nbformat.NotebookNode, target: Target = no_link) -> nbformat.NotebookNode:
    """A copy whose cells carry, as `metadata.deck`, the HTML before and after them and whether they are on a slide.

    Markdown cells hold HTML afterwards. Code cells keep their text, also those on no slide: later ones need them.
    `target` says where a relative link leads, None for nowhere. After a **Think!** everything is a fragment, or on a
    slide further down, so that the answer waits for a key. A second picture gets a slide of its own, with its caption.
    """
    cells = [part for cell in book.cells for part in _split(copy.deepcopy(cell))]
    deck = Deck()
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        draws(cell, after)
        deck.add(cell, target)
    deck.end()
    prepared = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(book.metadata))
    prepared.metadata.pop("widgets", None)
    return prepared


def draws(cell: nbformat.NotebookNode, after: nbformat.NotebookNode | None) -> None:
    """Note on a cell whether it, or the code below this caption, draws a picture."""
    shower = after if cell.metadata.get("caption") and after is not None else cell
    if shower.cell_type == "code" and slide_type(shower) not in ("skip", "notes") and DRAWS.search(shower.source):
        cell.metadata["draws"] = True


class Deck:
    """Opens and closes slides while the cells go by. A stack is reveal.js's column of slides below each other."""

    def __init__(self) -> None:
        self.cells: list[nbformat.NotebookNode] = []
        self.letters, self.steps, self.asked, self.pictured, self.drawn, self.now = 0, 0, False, False, False, ""

    def add(self, cell: nbformat.NotebookNode, target: Target) -> None:
        """Put the next cell where its metadata says, or on the slide below where this one is full."""
        kind = slide_type(cell)
        shown = kind not in ("skip", "notes") and (self.pictured or not cell.metadata.get("after"))
        if cell.cell_type == "markdown" and (captions := CAPTION.findall(cell.source)):
            self.now = captions[-1].strip("* ")
        cell.metadata["deck"] = {**nowhere(self.now), "shown": shown}
        if cell.cell_type == "markdown":
            text, cell.source = cell.source, text_html(cell.source, target)
        elif shown:
            cell.metadata.deck["code"] = code_html(cell)
        if cell.cell_type == "code":
            self.pictured = shown  # a sentence that reads a picture goes with it
        if not shown:
            return
        if not self.cells or kind == "slide":
            self._start(cell, stack=True)
        elif kind == "subslide" or self._is_full(cell):
            self._start(cell, stack=False)
            if cell.cell_type == "code" and self.now:  # its caption is on no slide, but a picture alone says little
                cell.metadata.deck["open"] += text_html(f"**{self.now}**", target)
        elif kind == "fragment" or self.asked or cell.metadata.get("after"):
            # A caption and its picture come with one key.
            self.steps += not (cell.cell_type == "code" and self.cells[-1].metadata.get("caption"))
            cell.metadata.deck["step"] = self.steps
        self.cells.append(cell)
        self.drawn |= cell.cell_type == "code" and bool(cell.metadata.get("draws"))
        if cell.cell_type == "markdown":
            self.letters += len(text) + 200 * text.count("|---") + 60 * text.count("$$")
            self.asked |= bool(THINK.search(text))

    def end(self) -> None:
        """Close the last slide."""
        if self.cells:
            self.cells[-1].metadata.deck["close"] += "</div></section></section>"

    def _is_full(self, cell: nbformat.NotebookNode) -> bool:
        """Whether this cell belongs on the slide below: a picture under a long text, or a second picture."""
        caption = cell.metadata.get("caption")
        if caption and self.letters > LONG_TEXT:
            return True
        under_its_caption = bool(self.cells) and self.cells[-1].metadata.get("caption")
        return self.drawn and bool(cell.metadata.get("draws")) and not (cell.cell_type == "code" and under_its_caption)

    def _start(self, cell: nbformat.NotebookNode, stack: bool) -> None:
        first = not self.cells
        if not first:
            self.cells[-1].metadata.deck["close"] += "</div></section>" + ("</section>" if stack else "")
        cell.metadata.deck["open"] = ("<section>" if stack or first else "") + '<section><div class="fit">'
        self.letters, self.steps, self.asked, self.drawn = 0, 0, False, False


def nowhere(now: str) -> dict:
    """The metadata of a cell that is on no slide; `now` is said while it runs."""
    return {"open": "", "close": "", "shown": False, "code": "", "step": 0, "now": now}


def slide_type(cell: nbformat.NotebookNode) -> str:
    """The cell's slide type; '-' (goes on) where none is given."""
    return cell.metadata.get("slideshow", {}).get("slide_type") or "-"


def _split(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """A markdown cell in up to three: what reads the picture above, the text, and the caption of the code below."""
    if cell.cell_type != "markdown" or slide_type(cell) in ("skip", "notes"):
        return [cell]
    parts = []
    text = cell.source
    heading = HEADING.search(_without_code(text))
    if heading and text[: heading.start()].strip() and slide_type(cell) in ("slide", "subslide"):
        before = _part(text[: heading.start()], "-")
        before.metadata["after"] = True
        parts.append(before)
        text = text[heading.start() :]
    captions = list(CAPTION.finditer(_without_code(text)))
    at = captions[-1].start() if captions and not THINK.match(captions[-1][0]) else len(text)
    if text[:at].strip():
        parts.append(_part(text[:at], slide_type(cell)))
    if text[at:].strip():
        caption = _part(text[at:], "-" if text[:at].strip() else slide_type(cell))
        caption.metadata["caption"] = True
        parts.append(caption)
    return parts


def _without_code(text: str) -> str:
    """The text with as many spaces in place of its blocks of code, in which # is no heading."""
    return FENCED.sub(lambda block: " " * len(block[0]), text)


def _part(text: str, kind: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(text.strip(), metadata={"slideshow": {"slide_type": kind}})


def text_html(text: str, target: Target) -> str:
    """Markdown as HTML; the paragraph that begins with **Think!** stands in a box."""
    page = links(markdown_to_html(WAY.sub("", text)), target)
    return page.replace("<p><strong>Think!</strong>", '<p class="think"><strong>Think!</strong>')


def code_html(cell: nbformat.NotebookNode) -> str:
    """A code cell in colours; the class says whether it is shown from the start (tag `show-input`) or with the key."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    kind = "code always" if "show-input" in (cell.metadata.get("tags") or []) else "code"
    return f'<div class="{kind}">{highlight(cell.source, PythonLexer(), HtmlFormatter())}</div>'


def head() -> str:
    """Style sheets and reveal.js, written into the page: nothing is fetched."""
    from pygments.formatters import HtmlFormatter

    folder = reveal_folder()
    styles = [(folder / "reveal.css").read_text(encoding="utf-8"), (TEMPLATES / "deck.css").read_text(encoding="utf-8")]
    styles.append(HtmlFormatter(style=LIGHT).get_style_defs(".highlight"))
    script = re.sub(r"//# sourceMappingURL=\S+", "", (folder / "reveal.js").read_text(encoding="utf-8"))
    own = (TEMPLATES / "deck.js").read_text(encoding="utf-8")
    style = "\n".join(styles).replace("</style", r"<\/style")
    return f"<style>\n{style}\n</style>\n<script>{closed(script)}</script>\n<script>{closed(own)}</script>"


def closed(script: str) -> str:
    """JavaScript that cannot end its own script element."""
    return re.sub(r"</(script)", r"<\\/\1", script, flags=re.I)


def reveal_folder() -> Path:
    """The folder of reveal.js inside the package that carries it."""
    found = find_spec("sphinx_revealjs")
    folder = Path(found.origin).parent / "_static" / "revealjs" / "dist" if found and found.origin else None
    if folder is None or not (folder / "reveal.js").exists():
        raise Stop(
            "reveal.js is not here: run `python3 course.py lab` once, which installs the package that carries it."
        )
    return folder


def static_page(book: nbformat.NotebookNode, title: str, body_of: dict[str, str]) -> str:
    """A prepared notebook as one HTML file; `body_of` gives the HTML of a code cell's outputs by the cell's id."""
    parts = []
    for cell in book.cells:
        deck = cell.metadata.deck
        if not deck["shown"]:
            continue
        inside = cell.source if cell.cell_type == "markdown" else deck["code"] + body_of.get(cell.id, "")
        step = f' fragment" data-fragment-index="{deck["step"]}' if deck["step"] else ""
        parts.append(f'{deck["open"]}<div class="{cell.cell_type}-part{step}">{inside}</div>{deck["close"]}')
    shell = (TEMPLATES / "deck.html").read_text(encoding="utf-8")
    for name, value in {"TITLE": html.escape(title), "HEAD": head(), "SLIDES": "\n".join(parts)}.items():
        shell = shell.replace(f"<!-- {name} -->", value)
    return shell
