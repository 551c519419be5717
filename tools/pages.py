"""An executed notebook as one readable HTML file that opens with no network: pictures, formulas and colours inside."""

import copy
import html
import os
import re
from collections.abc import Callable
from pathlib import Path
from string import Template

import nbformat
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from tools import common, frames
from tools.common import NOTEBOOKS

TEMPLATES = Path(__file__).resolve().parent / "templates"
WIDGET = "application/vnd.jupyter.widget-view+json"
LINK = re.compile(r'<a(?P<before>\s(?:[^>]*?\s)?)href="(?P<address>[^"]*)"(?P<after>[^>]*)>(?P<words>.*?)</a>', re.S)
PROGRESS = re.compile(r"(Int|Float)Progress\(|\d+%\|")
FINISHED = re.compile(r": done, .* in [\d.]+ (s|min \d+ s)$")
WORD = re.compile(r'(<mi mathvariant="normal">\w</mi>){2,}')  # the converter spells ReLU and arg as single letters
# A matrix between brackets: a group of its own, in which the brackets grow with it.
MATRIX = re.compile(
    r"(<mo)>(&#x0*(?:28|5B|7B|7C);</mo><mtable>(?:(?!<mtable).)*?</mtable>)(<mo)>(&#x0*(?:29|5D|7D|7C);</mo>)"
)
CHATTER = re.compile(r"^(WARNING: All log messages before absl.*|[EWIF]\d{4} .*)\n?", re.M)  # of TensorFlow's C++ part
EMPTY_HEAD = re.compile(r"<th((?: [^>]*)?)>\s*</th>")  # of a table: pandas leaves the corner without a word
LIGHT, DARK = "a11y-high-contrast-light", "a11y-high-contrast-dark"  # of code: colours that can be read, 7 to 1
NOTE = "<p class='note'>An interactive control stands here: open the notebook in JupyterLab to use it.</p>"


def page(book: nbformat.NotebookNode, name: str) -> str:
    """The HTML text of a notebook; `name` is its file name without the ending."""
    body, _ = Exporter().from_notebook_node(for_paper(book), {"metadata": {"path": str(NOTEBOOKS), "name": name}})
    return shell(first_heading(book) or name, EMPTY_HEAD.sub(r"<td\1></td>", links(body)))


def shell(title: str, body: str) -> str:
    """A whole page around a body: the style sheet with light and dark colours, and no address that is fetched."""
    from pygments.formatters import HtmlFormatter

    light = HtmlFormatter(style=LIGHT).get_style_defs(".highlight")
    dark = HtmlFormatter(style=DARK).get_style_defs(".highlight")
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    style += f"\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}"
    template = Template((TEMPLATES / "page.html").read_text(encoding="utf-8"))
    return template.substitute(title=html.escape(title), style=style, body=body)


def first_heading(book: nbformat.NotebookNode) -> str:
    """The first heading of a notebook, '' where there is none."""
    found = (re.search(r"^#\s+(.+)$", cell.source, re.M) for cell in book.cells if cell.cell_type == "markdown")
    return next((match.group(1).strip() for match in found if match), "")


def for_paper(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy in which a widget is replaced by the picture it carries beside itself, or by a note.

    Progress bars that came to their end and TensorFlow's own log lines are left out.
    """
    book = copy.deepcopy(book)
    book.metadata.pop("widgets", None)
    for cell in book.cells:
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            data = output.get("data", {})
            if output.get("name") == "stderr":
                output["text"] = CHATTER.sub("", output["text"])
            if "<progress" in data.get("text/html", "") and FINISHED.search(data.get("text/plain", "")):
                data["text/html"] = ""
            data.pop(frames.MIME, None)
            if "text/latex" in data and "text/html" not in data:
                data["text/html"] = formula(data["text/latex"].strip("$ \n").removeprefix("\\displaystyle"), block=True)
            if data.pop(WIDGET, None) and set(data) <= {"text/plain"}:
                data["text/html"] = "" if PROGRESS.search(str(data.get("text/plain"))) else NOTE
        cell.outputs = [output for output in cell.outputs if not is_empty(output)]
    return book


def is_empty(output: nbformat.NotebookNode) -> bool:
    """Whether nothing of an output is left to show."""
    return output.get("data", {}).get("text/html") == "" or output.get("text") == ""


def links(body: str, target: Callable[[str], str | None] | None = None) -> str:
    """Point relative links where `target` says; None from it keeps the words and drops the link.

    Without `target`: links between notebooks lead to their pages, other relative links to the project's files.
    """

    def point(match: re.Match[str]) -> str:
        address = html.unescape(match["address"])
        if re.match(r"([a-z][a-z0-9+.-]*:|#|//)", address, re.I):
            return match[0]
        there = (target or page_of)(address)
        if there is None:
            return match["words"]
        return f'<a{match["before"]}href="{html.escape(there)}"{match["after"]}>{match["words"]}</a>'

    return LINK.sub(point, body)


def page_of(address: str) -> str:
    """Where a relative link of a notebook leads from a page in build/html."""
    notebook = re.fullmatch(r"(\w+)\.ipynb(#.*)?", address)
    if notebook:
        return f"{notebook[1]}.html{notebook[2] or ''}"
    try:
        way = Path(os.path.relpath(common.NOTEBOOKS, common.PAGES)).as_posix()
    except ValueError:  # on Windows the pages may lie on another drive
        way = common.NOTEBOOKS.as_uri()
    return f"{way}/{address}"


def formula(latex: str, block: bool) -> str:
    """A LaTeX formula as MathML, which browsers draw by themselves; what cannot be converted is shown as written."""
    from latex2mathml.converter import convert

    try:
        drawn = convert(latex.strip(), display="block" if block else "inline")
        drawn = WORD.sub(lambda letters: f"<mi>{re.sub('<[^>]*>', '', letters[0])}</mi>", drawn)
        return MATRIX.sub(r'<mrow>\1 form="prefix">\2\3 form="postfix">\4</mrow>', drawn)
    except Exception:  # the converter raises many kinds, and a page with one raw formula is still a page
        return f"<code>{html.escape(latex)}</code>"


class Renderer(IPythonRenderer):
    """Markdown with formulas turned into MathML."""

    def block_math(self, body: str) -> str:
        """A formula on a line of its own."""
        return formula(body, block=True)

    def inline_math(self, body: str) -> str:
        """A formula inside a sentence."""
        return formula(body, block=False)

    def latex_environment(self, name: str, body: str) -> str:
        """An environment such as align, without dollar signs around it."""
        return formula(rf"\begin{{{name}}}{body}\end{{{name}}}", block=True)


class Exporter(HTMLExporter):
    """nbconvert's body of a page, without the scripts that its full pages fetch."""

    def __init__(self) -> None:
        super().__init__(template_name="basic", embed_images=True)
        self.exclude_input_prompt = self.exclude_output_prompt = True

    def default_filters(self):
        """nbconvert's filters with our Markdown."""
        yield from super().default_filters()
        yield ("markdown2html", markdown_to_html)


def markdown_to_html(source: str) -> str:
    """Markdown as HTML, pictures next to the notebooks put inside."""
    renderer = Renderer(escape=False, attachments={}, embed_images=True, path=str(NOTEBOOKS), anchor_link_text="¶")
    return MarkdownWithMath(renderer=renderer).render(source)
