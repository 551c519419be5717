"""`course.py site`: the executed notebooks as a site in build/site that opens from a USB stick, with no network.

Notebooks that changed since they last ran (cells, helpers, packages) run first; a second run writes only what changed.
`site --slides NAME`: one notebook as static reveal.js slides in build/site/slides.
"""

import argparse
import copy
import html
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from string import Template

import nbformat

from tools import common, deck, frames, pages, run
from tools.common import Stop, choose, start, write

TEMPLATES = Path(__file__).resolve().parent / "templates"
MAP_HEADING = "## Which slide is where?"
START = "00_start_here"


def main(arguments: list[str]) -> int:
    """Bring the site, or one notebook's static slides, up to date; 1 when a notebook failed."""
    parser = argparse.ArgumentParser(prog="course.py site", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="run only these; pages of others stay as they are")
    parser.add_argument("--slides", metavar="NAME", help="static slides of this notebook instead of the site")
    known = parser.parse_args(arguments)
    folder = common.ROOT / "build" / "site"
    if known.slides is not None:
        return slides(choose([known.slides], run.notebook_names(), "notebook")[0], folder)
    names = choose(known.names, run.notebook_names(), "notebook")
    failed = bring_up_to_date(names)
    present = [name for name in run.notebook_names() if (common.EXECUTED / f"{name}.ipynb").exists()]
    site = Site(present, folder)
    changed = site.build()
    print(f"{len(site.written)} pages, {changed} of them changed. Open {folder / 'index.html'}")
    if failed:
        print("Failed, and shown up to the failing cell: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


def bring_up_to_date(names: list[str]) -> list[str]:
    """Run the notebooks that changed since they last ran; return the names of those that failed."""
    failed = []
    for number, name in enumerate(names, start=1):
        print(f"[{number}/{len(names)}] {name} ... ", end="", flush=True)
        if run.is_fresh(name):
            print("as before", flush=True)
            continue
        seconds, _, trouble = run.run_one(name)
        print(f"{'FAILED after ' if trouble else ''}{seconds:.1f} s", flush=True)
        if trouble:
            failed.append(name)
            print(run.plain(trouble), file=sys.stderr, flush=True)
    return failed


class Site:
    """All pages of the site; documents that the notebooks link to (glossary, cards) become pages too."""

    def __init__(self, names: list[str], folder: Path) -> None:
        self.names, self.folder = names, folder
        self.books = {name: nbformat.read(common.EXECUTED / f"{name}.ipynb", as_version=4) for name in names}
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
        body = pages.links(body_of(self.books[name], name), self.target(common.NOTEBOOKS / f"{name}.ipynb"))
        at = self.names.index(name)
        before, after = self.names[max(0, at - 1) : at], self.names[at + 1 : at + 2]
        return page(self.titles[name], body, self.way(before, after))

    def document(self, path: Path) -> str:
        """The page of a Markdown document."""
        text = path.read_text(encoding="utf-8")
        title = next((line[2:].strip() for line in text.splitlines() if line.startswith("# ")), path.stem)
        body = with_pictures(pages.markdown_to_html(text), path.parent)
        return page(title, pages.links(body, self.target(path)), self.way([], []))

    def way(self, before: list[str], after: list[str]) -> str:
        """The links to the page before, to the contents and to the next page."""
        link = '<a href="{0}.html" rel="{1}">{2}</a>'.format
        parts = [link(name, "prev", "← " + html.escape(self.titles[name])) for name in before] or ["<span></span>"]
        parts.append('<a href="index.html">contents</a>')
        parts += [link(name, "next", html.escape(self.titles[name]) + " →") for name in after] or ["<span></span>"]
        return f'<nav class="way" aria-label="pages">{"".join(parts)}</nav>'

    def index(self) -> str:
        """The contents: every notebook with its sentence and minutes, then which slide is where."""
        rows = []
        for name, book in self.books.items():
            sentence, minutes = about(book)
            facts = book.metadata.get("course", {})
            failed = " <span class='failed'>a cell failed</span>" if facts.get("failed") else ""
            rows.append(
                f'<li><a href="{name}.html">{html.escape(self.titles[name])}</a> '
                f'<span class="minutes">{html.escape(minutes)}</span>{failed}<br>{html.escape(sentence)}</li>'
            )
        body = f'<h1>Transfer learning, and what a network has learned</h1>\n<ol class="notebooks">{"".join(rows)}</ol>'
        cells = self.books[START].cells if START in self.books else []
        for cell in cells:
            if MAP_HEADING in cell.source:
                lecture_map = pages.markdown_to_html(cell.source[cell.source.index(MAP_HEADING) :])
                body += pages.links(lecture_map, self.target(common.NOTEBOOKS / f"{START}.ipynb"))
        return page("Contents", body, "")


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
    """The HTML of an executed notebook: explorers as steppers, **Think!** in a box."""
    paper = pages.for_paper(with_steppers(book))
    body, _ = pages.Exporter().from_notebook_node(paper, {"metadata": {"path": str(common.NOTEBOOKS), "name": name}})
    return body.replace("<p><strong>Think!</strong>", '<p class="think"><strong>Think!</strong>')


def with_steppers(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy in which explorers that brought frames are steppers through them."""
    book = copy.deepcopy(book)
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if frames.MIME in output.get("data", {}):
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
    minutes = re.search(r"(about|nearly|under)?\s*\d+(\s*to\s*\d+)?\s*(minutes?|seconds?)", text, re.I)
    return sentence, minutes[0].strip().lower() if minutes else ""


def slides(name: str, folder: Path) -> int:
    """Write the static slides of one notebook."""
    if bring_up_to_date([name]):
        raise Stop(f"{name} fails, so no slides were made of it: the lines above say why.")
    book = nbformat.read(common.EXECUTED / f"{name}.ipynb", as_version=4)
    outputs = {}
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
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return 0
    write(path, text)
    return 1


if __name__ == "__main__":
    start(main)
