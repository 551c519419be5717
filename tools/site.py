"""`course.py site`: the executed notebooks as a site in build/site that opens from a USB stick, with no network.

Notebooks that changed since they last ran (cells, helpers, packages) run first; a second run writes only what changed.
`site --slides NAME`: one notebook as static reveal.js slides in build/site/slides.
"""

import argparse
import contextlib
import copy
import html
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from string import Template

import nbformat

from tools import books, common, deck, frames, pages, run
from tools.common import Stop, choose, start, write

NAMED = re.compile(r"<code>([\w./-]+\.md)</code>(?![^<]*</a>)")
SHORT_CELL = re.compile(r"(?<=<td>)[^<]{1,14}(?=</td>)")  # "0.85 ± 0.02" stays on one line
# What stands below the map; not the instructor's guide, which holds answers: the site is for everybody.
DOCUMENTS = {
    "glossary": "Glossary: every term in one sentence",
    "claims": "What the slides claim, and what was measured",
    "critters": "How hard are the drawn cats and dogs?",
}
TEMPLATES = Path(__file__).resolve().parent / "templates"
MAP_HEADING = "## Which slide is where?"
START = "00_start_here"
INDEX = Path("index.md")  # where the links of the contents page are taken to stand, below the project's folder
HOW = (
    "Every page is a notebook as it ran on one machine with two cores: text, code, pictures and numbers. Explorers "
    "step through a few settings here. To move every control, and to change the code, type "
    "<code>python3 course.py lab</code> in the course's folder; the time below is what a notebook then takes from top "
    "to bottom."
)


def main(arguments: list[str]) -> int:
    """Bring the site, or one notebook's static slides, up to date; 1 when a notebook failed."""
    parser = argparse.ArgumentParser(prog="course.py site", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="run only these; pages of others stay as they are")
    parser.add_argument("--slides", metavar="NAME", help="static slides of this notebook instead of the site")
    known = parser.parse_args(arguments)
    names = choose(known.names if known.slides is None else [known.slides], run.notebook_names(), "notebook")
    common.check_room()
    if known.slides is not None:
        return slides(names[0], common.SITE)
    failed = run.run_all(names, run.is_fresh)
    present = {name: book for name in run.notebook_names() if (book := run.executed(name))}
    site = Site(present, common.SITE)
    changed = site.build()
    print(f"{len(site.written)} pages, {changed} of them changed. Open {common.SITE / 'index.html'}")
    if failed:
        print("Failed, and shown up to the failing cell: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


class Site:
    """All pages of the site; documents that the notebooks link to (glossary, cards) become pages too."""

    def __init__(self, executed: dict[str, nbformat.NotebookNode], folder: Path) -> None:
        self.names, self.books, self.folder = list(executed), executed, folder
        self.titles = {name: pages.first_heading(book) or name for name, book in self.books.items()}
        self.documents: dict[Path, str] = {}  # file -> its page
        self.waiting: list[Path] = []
        self.written: set[Path] = set()

    def build(self) -> int:
        """Write what changed, remove pages that are no longer part of the site; return how many files changed."""
        changed = self._put("index.html", self.index())
        for name in self.names:
            changed += self._put(f"{name}.html", self.notebook(name))
        while self.waiting:
            path = self.waiting.pop()
            changed += self._put(self.documents[path], self.document(path))
        for path in self.folder.glob("*.html"):
            if path not in self.written:
                path.unlink()
                changed += 1
        return changed

    def _put(self, place: str, text: str) -> int:
        self.written.add(self.folder / place)
        return write_if_changed(self.folder / place, text)

    def target(self, of: Path) -> Callable[[str], str | None]:
        """Where relative links of a file lead: to pages of the site; None where nothing on the site fits."""

        def lead(address: str) -> str | None:
            place, hash_, section = address.partition("#")
            path = Path(os.path.normpath(of.parent / place))
            if path.suffix == ".ipynb":
                return f"{path.stem}.html{hash_}{section}" if path.stem in self.books else None
            if path.suffix != ".md" or not path.is_file() or common.ROOT not in path.parents:
                return None
            if path not in self.documents:
                self.documents[path] = "-".join(path.relative_to(common.ROOT).with_suffix("").parts) + ".html"
                self.waiting.append(path)
            return self.documents[path] + hash_ + section

        return lead

    def notebook(self, name: str) -> str:
        """The page of a notebook."""
        body = self.linked(body_of(self.books[name], name), common.NOTEBOOKS / f"{name}.ipynb")
        at = self.names.index(name)
        before, after = self.names[max(0, at - 1) : at], self.names[at + 1 : at + 2]
        return page(self.titles[name], body, self.way(before, after))

    def document(self, path: Path) -> str:
        """The page of a Markdown document."""
        text = path.read_text(encoding="utf-8", errors="replace")
        title = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), path.stem)
        body = with_pictures(pages.markdown_to_html(text), path.parent)
        return page(title, self.linked(body, path), self.way([], []))

    def linked(self, body: str, of: Path) -> str:
        """HTML of a file whose links lead to pages of the site; documents that it names as code are links, too."""
        here, root = self.target(of), self.target(common.ROOT / INDEX)

        def name(match: re.Match[str]) -> str:
            there = root(match[1])
            return f'<a href="{there}">{match[0]}</a>' if there else match[0]

        return SHORT_CELL.sub(lambda cell: cell[0].replace(" ", "&nbsp;"), NAMED.sub(name, pages.links(body, here)))

    def way(self, before: list[str], after: list[str]) -> str:
        """The links to the page before, to the contents and to the next page."""
        link = '<a href="{0}.html" rel="{1}">{2}</a>'.format
        short = {name: html.escape(self.titles[name].partition(":")[0]) for name in [*before, *after]}
        parts = [link(name, "prev", "← " + short[name]) for name in before] or ["<span></span>"]
        glossary = self.target(common.ROOT / INDEX)("docs/glossary.md")
        middle = ['<a href="index.html">contents</a>'] + [f'<a href="{glossary}">glossary</a>'] * bool(glossary)
        parts.append(f"<span>{' · '.join(middle)}</span>")
        parts += [link(name, "next", short[name] + " →") for name in after] or ["<span></span>"]
        return f'<nav class="way" aria-label="pages">{"".join(parts)}</nav>'

    def index(self) -> str:
        """The contents: what this is, every notebook with its sentence and minutes, then which slide is where."""
        rows, lead = [], self.target(common.ROOT / INDEX)
        for name, book in self.books.items():
            sentence, minutes = about(book)
            failed = " <span class='failed'>a cell failed</span>" if books.facts_of(book).get("failed") else ""
            rows.append(
                f'<li>{gallery(name)}<div><a href="{name}.html">{html.escape(self.titles[name])}</a> '
                f'<span class="minutes">{html.escape(minutes)}</span>{failed}<br>{html.escape(sentence)}</div></li>'
            )
        title, about_all = introduction()
        body = f"<h1>{html.escape(title)}</h1>\n{pages.links(about_all, lead)}\n<p>{HOW}</p>\n"
        body += f'<h2>Notebooks</h2>\n<ol class="notebooks">{"".join(rows)}</ol>'
        cells = self.books[START].cells if START in self.books else []
        for cell in cells:
            if MAP_HEADING in cell.source:
                lecture_map = pages.markdown_to_html(cell.source[cell.source.index(MAP_HEADING) :])
                body += pages.links(lecture_map, self.target(common.NOTEBOOKS / f"{START}.ipynb"))
        known = {name: lead(f"docs/{name}.md") for name in DOCUMENTS}
        listed = [f'<li><a href="{known[name]}">{DOCUMENTS[name]}</a></li>' for name in DOCUMENTS if known[name]]
        body += f"<h2>Beside the notebooks</h2><ul>{''.join(listed)}</ul>" if listed else ""
        return page("Contents", body, "")


def introduction() -> tuple[str, str]:
    """The README's title and, as HTML, what it says below it: what the course is, and for whom."""
    path = common.ROOT / "README.md"
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else "# Contents\n"
    title, _, rest = text.removeprefix("# ").partition("\n")
    return title.strip(), pages.markdown_to_html(rest.split("\n## ")[0])


def gallery(name: str) -> str:
    """The notebook's small picture on the contents page, '' where there is none; its words stand beside it."""
    path = common.ROOT / "docs" / "gallery" / f"{name}.jpg"
    return with_pictures(f'<img src="{path.name}" alt="" loading="lazy">', path.parent) if path.exists() else ""


def page(title: str, body: str, way: str) -> str:
    """A whole page of the site; nothing in it is fetched from elsewhere."""
    text = pages.shell(title, body)
    style = (TEMPLATES / "site.css").read_text(encoding="utf-8")
    text = text.replace("</style>", f"\n{style}\n</style>", 1)
    text = text.replace("<main>", f"{way}\n<main>", 1)
    script = (TEMPLATES / "stepper.js").read_text(encoding="utf-8") if 'class="stepper"' in body else ""
    end = f"{way}\n<script>\n{script}</script>" if script else way
    return text.replace("</main>", f"</main>\n{end}", 1) if end else text


def body_of(book: nbformat.NotebookNode, name: str) -> str:
    """The HTML of an executed notebook: explorers as steppers, **Think!** in a box, no way on: the page has its own."""
    paper = pages.for_paper(with_steppers(book))
    for cell in paper.cells[:1]:
        cell.source = deck.WAY.sub("", cell.source)
    body, _ = pages.Exporter().from_notebook_node(paper, {"metadata": {"path": str(common.NOTEBOOKS), "name": name}})
    return body.replace("<p><strong>Think!</strong>", '<p class="think"><strong>Think!</strong>')


def with_steppers(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy in which explorers that brought frames are steppers through them."""
    book = copy.deepcopy(book)
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if frames.MIME in output.get("data", {}):
                # Frames of another shape than ours leave the explorer as the picture that it also is.
                with contextlib.suppress(LookupError, TypeError, ValueError, AttributeError):
                    output["data"] = {"text/html": frames.stepper(output["data"][frames.MIME])}
                    output["metadata"] = {}
    return book


def with_pictures(body: str, folder: Path) -> str:
    """HTML with the pictures of a folder written into it."""
    import base64
    import mimetypes

    def inside(match: re.Match[str]) -> str:
        path = folder / html.unescape(match[1])
        if match[1].startswith("data:") or not path.is_file():
            return match[0]
        kind = mimetypes.guess_type(path.name)[0] or "image/png"
        return f'src="data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"'

    return re.sub(r'src="([^"]*)"', inside, body)


def about(book: nbformat.NotebookNode) -> tuple[str, str]:
    """The sentence under a notebook's title, and how many minutes it says it takes."""
    text = book.cells[0].source if book.cells else ""
    plain = [re.sub(r"[*`]", "", part).strip() for part in text.split("\n\n")]
    sentence = next((part for part in plain[1:] if part), "")
    minutes = re.search(r"(about|nearly|under)?\s*\d+(\.\d+)?(\s*to\s*\d+)?\s*(minutes?|seconds?)", text, re.I)
    return sentence, minutes[0].strip().lower() if minutes else ""


def slides(name: str, folder: Path) -> int:
    """Write the static slides of one notebook."""
    if run.run_all([name], run.is_fresh):
        raise Stop(f"{name} fails, so no slides were made of it: the lines above say why.")
    book, outputs = run.executed(name), {}
    for cell in with_steppers(book).cells:
        if cell.cell_type == "code" and deck.slide_type(cell) not in ("skip", "notes"):
            outputs[cell.id] = output_of(cell)
    text = deck.static_page(deck.prepare(book), pages.first_heading(book) or name, outputs)
    stepper = Template("<script>\n$script</script>\n</body>")
    script = stepper.substitute(script=(TEMPLATES / "stepper.js").read_text(encoding="utf-8"))
    changed = write_if_changed(folder / "slides" / f"{name}.html", text.replace("</body>", script))
    print(f"{'Written' if changed else 'As before'}: {folder / 'slides' / f'{name}.html'}")
    return 0


def output_of(cell: nbformat.NotebookNode) -> str:
    """The HTML of one executed cell's outputs."""
    book = pages.for_paper(nbformat.v4.new_notebook(cells=[cell]))
    exporter = pages.Exporter()
    exporter.exclude_input = True
    return exporter.from_notebook_node(book)[0]


def write_if_changed(path: Path, text: str) -> int:
    """Write a file unless it already holds this text; 1 when it was written, else 0."""
    if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
        return 0
    write(path, text)
    return 1


if __name__ == "__main__":
    start(main)
