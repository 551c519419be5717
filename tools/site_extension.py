"""What the site adds to Sphinx: formulas as MathML, docstrings of plain sentences, links from code and from terms."""

import ast
import html
import re
from collections.abc import Callable
from typing import Any

import nbformat
from docutils import nodes

from tools import pages, reference

# A name in coloured code, such as `images.prepare`: spans of names with dots between them.
NAME = r'<span class="n\w?">(\w+)</span>'
CHAIN = re.compile(rf'{NAME}(?:<span class="o">\.</span>{NAME})*')
SHORT_CELL = re.compile(r"(?<=<td>)[^<]{1,14}(?=</td>)|(?<=<td><p>)[^<]{1,14}(?=</p></td>)")  # stays on one line
NAMED = re.compile(r'<code[^>]*>(?:<span class="pre">)?([\w./-]+\.md)(?:</span>)?</code>(?![^<]*</a>)')
TERM = re.compile(r'<a id="([\w-]+)"></a>\*\*(.+?)\*\*')
NO_TERM = (nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.math, nodes.raw)
Target = Callable[[str], str | None]


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (inline_formula, None), (block_formula, None))
    app.add_config_value("course_state", "", "env")
    app.connect("autodoc-process-docstring", reference.docstring)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def inline_formula(writer: Any, node: nodes.Node) -> None:
    """A formula inside a sentence."""
    writer.body.append(pages.formula(node.astext(), block=False))
    raise nodes.SkipNode


def block_formula(writer: Any, node: nodes.Node) -> None:
    """A formula on a line of its own."""
    writer.body.append(f'<div class="formula">{pages.formula(node.astext(), block=True)}</div>')
    raise nodes.SkipNode


def finished(body: str, here: Target, root: Target, code: str, known: dict[str, str]) -> str:
    """The HTML of a page: links lead to pages of the site or are words, documents named as code and helpers are links.

    `here` says where links lead that are relative to the page's file, `root` to the project's folder; `code` is what
    the page imports by, `known` where each public name of the helpers stands.
    """
    # a wide table scrolls on a phone, and who has no mouse must reach it
    body = body.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')

    def document(match: re.Match[str]) -> str:
        there = root(match[1])
        return f'<a href="{html.escape(there)}">{match[0]}</a>' if there else match[0]

    body = NAMED.sub(document, pages.links(body, here))
    body = with_names(body, imported(code), known)
    body = pages.EMPTY_HEAD.sub(r"<td\1></td>", body)
    body = SHORT_CELL.sub(lambda cell: cell[0].replace(" ", "&nbsp;"), body)
    return body.replace("<p><strong>Think!</strong>", '<p class="think"><strong>Think!</strong>')


def code_of(book: nbformat.NotebookNode) -> str:
    """The code of a notebook without lines that only IPython understands."""
    text = "\n".join(cell.source for cell in book.cells if cell.cell_type == "code")
    return re.sub(r"^[ \t]*[%!].*$", "", text, flags=re.M)


def imported(code: str) -> dict[str, str]:
    """What each name that is imported from `helpers` stands for: {"images": "helpers.images"}."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return {}
    froms = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level)
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in froms
        if node.module.split(".")[0] == "helpers"
        for alias in node.names
    }


def with_names(body: str, names: dict[str, str], known: dict[str, str]) -> str:
    """HTML in which coloured names of the helpers lead to the reference."""

    def point(match: re.Match[str]) -> str:
        words = re.findall(NAME, match[0])
        parts = match[0].split('<span class="o">.</span>')
        full = [names.get(words[0], ""), *words[1:]]
        for count in range(len(words), 0, -1):
            there = known.get(".".join(full[:count]))
            if there:
                dot = '<span class="o">.</span>'
                rest = "".join(dot + part for part in parts[count:])
                return f'<a class="helper" href="{there}">{dot.join(parts[:count])}</a>{rest}'
        return match[0]

    return CHAIN.sub(point, body) if names else body


def terms_of(glossary: str) -> dict[str, str]:
    """The glossary's terms, in small letters, with the name of their place on its page."""
    return {term.lower(): place for place, term in TERM.findall(glossary)}


def link_terms(tree: nodes.document, terms: dict[str, str]) -> None:
    """Link each term's first mention in running text to its address in the glossary; the longest term wins."""
    left = dict(terms)
    if not left:
        return
    words = "|".join(re.escape(term) for term in sorted(left, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w-])({words})(?:e?s)?(?![\w-])", re.I)
    for text in list(tree.findall(nodes.Text)):
        if not left or is_within(text, NO_TERM):
            continue
        parts, at = [], 0
        for match in pattern.finditer(text.astext()):
            if there := left.pop(match[1].lower(), None):
                word = nodes.reference("", match[0], refuri=there, internal=True, classes=["term"])
                parts += [nodes.Text(text.astext()[at : match.start()]), word]
                at = match.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text.astext()[at:])])


def is_within(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    """Whether a node stands inside one of these kinds."""
    while node := node.parent:
        if isinstance(node, kinds):
            return True
    return False
