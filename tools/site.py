"""`course.py site`: the executed notebooks as a site in build/site that opens from a USB stick, with no network.

Notebooks that changed since they last ran (cells, helpers, packages) run first; a second run writes only what changed.
Beside them stands the page that sees, whose explorers work in the page itself.
`site --slides NAME`: one notebook as static reveal.js slides in build/site/slides.
"""

import argparse
import base64
import binascii
import contextlib
import copy
import hashlib
import html
import mimetypes
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from string import Template

import nbformat

from tools import books, common, deck, frames, pages, reference, run, site_extension, sphinx_build
from tools.common import Stop, choose, start
from tools.live import on_site

# What stands below the map; not the instructor's guide, which holds answers: the site is for everybody.
DOCUMENTS = {
    "glossary": "Glossary: every term in one sentence",
    "claims": "What the slides claim, and what was measured",
    "critters": "How hard are the drawn cats and dogs?",
}
MAP_HEADING = "## Which slide is where?"
START = "00_start_here"
INDEX = Path("index.md")  # where the links of the contents page are taken to stand, below the project's folder
HOW = (
    "Every page is a notebook as it ran on one machine with two cores: text, code, pictures and numbers. Explorers "
    "step through a few settings here. To move every control, and to change the code, type "
    "`python3 course.py lab` in the course's folder; the time below is what a notebook then takes from top "
    "to bottom."
)
DATA = re.compile(r"data:(image/[\w.+-]+);base64,([A-Za-z0-9+/=\s]+)")
LINKED, NAMED = re.compile(r"\]\(([^)\s]+\.md)[)#]"), re.compile(r"`([\w./-]+\.md)`")
PICTURE = re.compile(r'!\[(?P<alt>[^\]]*)\]\((?P<file>[^):]+)\)|(?P<tag><img [^>]*?src=")(?P<source>[^":]+)"')
LEXER = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}


def main(arguments: list[str]) -> int:
    """Bring the site, or one notebook's static slides, up to date; 1 when a notebook failed."""
    parser = argparse.ArgumentParser(prog="course.py site", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="run only these; pages of others stay as they are")
    parser.add_argument("--slides", metavar="NAME", help="static slides of this notebook instead of the site")
    parser.add_argument("--zip", action="store_true", help="gather the site in build/site.zip, for a web server")
    known = parser.parse_args(arguments)
    names = choose(known.names if known.slides is None else [known.slides], run.notebook_names(), "notebook")
    common.check_room()
    if known.slides is not None:
        return slides(names[0], common.SITE)
    failed = run.run_all(names, run.is_fresh)
    alive = on_site.built(common.SITE)
    present = {name: book for name in run.notebook_names() if (book := run.executed(name))}
    print("Pages ... ", end="", flush=True)
    site = Site(present, common.SITE, alive)
    changed = site.build()
    print(f"{len(site.sources)} pages, {changed} of them changed. Open {common.SITE / 'index.html'}")
    if known.zip:
        print(f"Gathered in {shutil.make_archive(str(common.SITE), 'zip', common.SITE)}")
    if failed:
        print("Failed, and shown up to the failing cell: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


class Site:
    """The sources of all pages; documents that the notebooks link to (glossary, cards) become pages too."""

    def __init__(self, executed: dict[str, nbformat.NotebookNode], folder: Path, alive: bool = False) -> None:
        self.books, self.folder, self.alive = executed, folder, alive
        self.titles = {name: pages.first_heading(book) or name for name, book in self.books.items()}
        self.documents: dict[Path, str] = {}  # file -> its page's name
        self.sources: dict[str, str] = {}  # file name -> what Sphinx reads
        self.pictures: set[Path] = set()
        self.codes = {name: site_extension.code_of(book) for name, book in executed.items()}
        reference.rooms()
        used = (full for code in self.codes.values() for full in site_extension.imported(code).values())
        self.modules = reference.whole_modules(used)
        self.known = reference.addresses(self.modules)

    def build(self) -> int:
        """Write the sources that changed, and have Sphinx make their pages; return how many pages it wrote."""
        for name, book in self.books.items():
            self.sources[f"{name}.ipynb"] = self.notebook(name, book)
        root = self.target(common.ROOT / INDEX)
        for name in DOCUMENTS:
            root(f"docs/{name}.md")
        read = 0
        while read < len(self.documents):  # a document may name another one
            path, name = list(self.documents.items())[read]
            self.sources[f"{name}.md"] = self.document(path)
            read += 1
        self.sources |= reference.pages(self.modules)
        self.sources["index.md"] = self.index()
        written = sphinx_build.build(self.sources, self.folder, self.finished, self.terms(), self.titles)
        sphinx_build.tidy(self.folder, set(self.sources), self.pictures)
        return written

    # ---- links -------------------------------------------------------------------------------------------------------

    def target(self, of: Path) -> Callable[[str], str | None]:
        """Where relative links of a file lead: to pages of the site; None where nothing on the site fits."""

        def lead(address: str) -> str | None:
            place, hash_, section = address.partition("#")
            path = Path(os.path.normpath(of.parent / place))
            if path.suffix == ".html":  # written by Sphinx or by the contents page
                return address
            if path.suffix == ".ipynb":
                section = re.sub(r"[^a-z0-9]+", "-", section.lower()).strip("-")  # as Sphinx names headings
                return f"{path.stem}.html{hash_}{section}" if path.stem in self.books else None
            if path.suffix != ".md" or not path.is_file() or common.ROOT not in path.parents:
                return None
            name = "-".join(path.relative_to(common.ROOT).with_suffix("").parts)
            return f"{self.documents.setdefault(path, name)}.html{hash_}{section}"

        return lead

    def finished(self, name: str, body: str) -> str:
        """The HTML of a page as Sphinx made it, with links of the site."""
        places = {page: path for path, page in self.documents.items()}
        of = common.NOTEBOOKS / f"{name}.ipynb" if name in self.books else places.get(name, common.ROOT / INDEX)
        code, root = self.codes.get(name, ""), self.target(common.ROOT / INDEX)
        return site_extension.finished(body, self.target(of), root, code, self.known)

    def terms(self) -> dict[str, str]:
        """The glossary's terms and their addresses."""
        path = common.ROOT / "docs" / "glossary.md"
        if path not in self.documents:
            return {}
        text = path.read_text(encoding="utf-8", errors="replace")
        return {term: f"{self.documents[path]}.html#{at}" for term, at in site_extension.terms_of(text).items()}

    # ---- sources -----------------------------------------------------------------------------------------------------

    def notebook(self, name: str, book: nbformat.NotebookNode) -> str:
        """What Sphinx reads of an executed notebook: explorers as steppers, pictures as files beside the pages."""
        paper = pages.for_paper(with_steppers(book, self.alive))
        paper.metadata = nbformat.from_dict(LEXER)
        for at, cell in enumerate(paper.cells):
            cell.metadata.clear()
            if cell.cell_type == "markdown":
                text = deck.WAY.sub("", cell.source) if at == 0 else cell.source  # the page has a way of its own
                cell.source = self.text(text, common.NOTEBOOKS / f"{name}.ipynb")
                cell.source += on_site.note(name) if at == 0 and self.alive else ""
            for output in cell.get("outputs", []):
                self.draw(output)
        return nbformat.writes(paper).encode("utf-8", "replace").decode() + "\n"  # half an emoji is a question mark

    def draw(self, output: nbformat.NotebookNode) -> None:
        """Turn an output's picture into a file, and keep its alternative text."""
        data, notes = output.get("data", {}), output.get("metadata", {})
        for kind in ("image/png", "image/jpeg"):
            if kind in data and "text/html" not in data:
                about = {"alt": "", **notes.get(kind, {})}
                words = "".join(
                    f' {key}="{html.escape(str(about[key]), quote=True)}"'
                    for key in ("alt", "width", "height")
                    if key in about
                )
                data["text/html"] = f'<img src="data:{kind};base64,{data[kind].strip()}"{words}>'
        if "image/svg+xml" in data and "text/html" not in data:
            data["text/html"] = data["image/svg+xml"]
        for kind in ("text/html", "text/markdown"):
            if kind in data:
                data[kind] = DATA.sub(self.kept, data[kind])
        for kind in [kind for kind in data if kind.startswith("image/")]:
            del data[kind]

    def kept(self, found: re.Match) -> str:
        """The address of a picture that stood in the page itself; what is no picture stays where it is."""
        try:
            return self.picture(base64.b64decode(found[2]), found[1])
        except binascii.Error:
            return found[0]

    def picture(self, content: bytes, kind: str) -> str:
        """Keep a picture beside the pages, once; return its address."""
        ending = {"image/jpeg": ".jpg", "image/webp": ".webp"}.get(kind) or mimetypes.guess_extension(kind) or ""
        path = self.folder / "pictures" / (hashlib.sha256(content).hexdigest()[:16] + ending)
        self.pictures.add(path)
        if not path.is_file():
            common.write(path, content)
        return f"pictures/{path.name}"

    def text(self, text: str, of: Path) -> str:
        """Markdown whose pictures stand beside the pages; the documents that it names become pages."""
        here, root = self.target(of), self.target(common.ROOT / INDEX)
        for lead, shape in ((here, LINKED), (root, NAMED)):
            for address in shape.findall(text):
                lead(address)

        def inside(match: re.Match[str]) -> str:
            path = of.parent / html.unescape(match["file"] or match["source"])
            if not path.is_file():
                return match[0]
            place = self.picture(path.read_bytes(), mimetypes.guess_type(path.name)[0] or "image/png")
            if match["tag"]:
                return f'{match["tag"]}{place}"'
            return f'<img src="{place}" alt="{html.escape(match["alt"], quote=True)}">'

        return PICTURE.sub(inside, text)

    def document(self, path: Path) -> str:
        """What Sphinx reads of a Markdown document."""
        text = path.read_text(encoding="utf-8", errors="replace")
        return self.text(text if re.search("^# ", text, re.M) else f"# {path.stem}\n\n{text}", path)

    def index(self) -> str:
        """The contents: what this is, every notebook with its sentence and minutes, then which slide is where."""
        title, about_all = introduction()
        rows = "".join(self.row(name, book) for name, book in self.books.items())
        parts = [
            f"# {title}",
            *[on_site.FIRST] * self.alive,
            self.text(about_all, common.ROOT / INDEX),
            HOW,
            "## Notebooks",
        ]
        parts.append(f'<ol class="notebooks">{rows}</ol>')
        for cell in self.books[START].cells if START in self.books else []:
            if MAP_HEADING in cell.source:
                lecture_map = cell.source[cell.source.index(MAP_HEADING) :].replace("](../", "](")
                parts.append(self.text(lecture_map, common.ROOT / INDEX))
        docs = {name: self.documents.get(common.ROOT / "docs" / f"{name}.md") for name in DOCUMENTS}
        listed = [f"- [{DOCUMENTS[name]}](docs/{name}.md)" for name, there in docs.items() if there]
        listed.append(f"- [Reference: every function of the helpers]({reference.PREFIX}.html)")
        parts += ["## Beside the notebooks", "\n".join(listed)]
        short = [f"{self.titles[name].partition(':')[0]} <{name}>" for name in self.books]
        parts.append(toctree("Notebooks", short))
        further = [name for name in self.documents.values() if name not in docs.values()]
        parts.append(toctree("Beside the notebooks", [name for name in docs.values() if name] + [reference.PREFIX]))
        parts += [toctree("Named in the notebooks", further)] * bool(further)
        return "\n\n".join(parts) + "\n"

    def row(self, name: str, book: nbformat.NotebookNode) -> str:
        """A notebook on the contents page: its small picture, title, minutes and sentence."""
        sentence, minutes = about(book)
        path = common.ROOT / "docs" / "gallery" / f"{name}.jpg"
        image = f'<img src="{self.picture(path.read_bytes(), "image/jpeg")}" alt="">' if path.exists() else ""
        failed = " <span class='failed'>a cell failed</span>" if books.facts_of(book).get("failed") else ""
        return (
            f'<li>{image}<div><a href="{name}.html">{html.escape(self.titles[name])}</a> '
            f'<span class="minutes">{html.escape(minutes)}</span>{failed}<br>{html.escape(sentence)}</div></li>'
        )


def toctree(caption: str, names: list[str]) -> str:
    """The sidebar's part with these pages."""
    lines = "\n".join(names)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n:maxdepth: 1\n\n{lines}\n```"


def introduction() -> tuple[str, str]:
    """The README's title and what it says below it: what the course is, and for whom."""
    path = common.ROOT / "README.md"
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else "# Contents\n"
    title, _, rest = text.removeprefix("# ").partition("\n")
    return title.strip(), rest.split("\n## ")[0].strip()


def with_steppers(book: nbformat.NotebookNode, alive: bool = False) -> nbformat.NotebookNode:
    """A copy in which explorers that brought frames are steppers through them; alive: the page that sees is there."""
    book = copy.deepcopy(book)
    for cell in book.cells:
        for output in cell.get("outputs", []):
            if frames.MIME in output.get("data", {}):
                # Frames of another shape than ours leave the explorer as the picture that it also is.
                with contextlib.suppress(LookupError, TypeError, ValueError, AttributeError):
                    found = output["data"][frames.MIME]
                    place = on_site.address(found["title"]) if alive else ""
                    output["data"] = {"text/html": frames.stepper(found, place)}
                    output["metadata"] = {}
    return book


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
    script = stepper.substitute(script=(sphinx_build.STATIC / "stepper.js").read_text(encoding="utf-8"))
    changed = sphinx_build.write_if_changed(folder / "slides" / f"{name}.html", text.replace("</body>", script))
    print(f"{'Written' if changed else 'As before'}: {folder / 'slides' / f'{name}.html'}")
    return 0


def output_of(cell: nbformat.NotebookNode) -> str:
    """The HTML of one executed cell's outputs."""
    book = pages.for_paper(nbformat.v4.new_notebook(cells=[cell]))
    exporter = pages.Exporter()
    exporter.exclude_input = True
    return exporter.from_notebook_node(book)[0]


if __name__ == "__main__":
    start(main)
