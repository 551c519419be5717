"""Runs Sphinx on the site's sources: well-kept theme, search that works from a file, nothing fetched from elsewhere."""

import hashlib
import inspect
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools import common, pages, site_extension
from tools.common import Stop, write

STATIC = Path(__file__).resolve().parent / "templates" / "site"
FURTHER = ("genindex", "py-modindex", "search", "live")  # pages that are made of no source here
EXTENSIONS = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "sphinx_copybutton", "tools.site_extension"]
SETTINGS = {
    "extensions": EXTENSIONS,
    "language": "en",
    "html_theme": "furo",
    "html_static_path": [str(STATIC)],
    "html_css_files": ["course.css"],
    "html_js_files": [("stepper.js", {"defer": "defer"})],
    "html_math_renderer": "mathml",
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_sphinx": False,
    "html_show_copyright": False,
    "html_show_search_summary": False,  # it is fetched from the pages, which a browser refuses to files
    "pygments_style": pages.LIGHT,
    "pygments_dark_style": pages.DARK,
    "smartquotes": False,
    "nb_execution_mode": "off",
    "nb_render_markdown_format": "myst",
    "myst_enable_extensions": ["dollarmath", "amsmath"],
    "myst_all_links_external": True,  # where they lead is decided when the page is written
    "autodoc_preserve_defaults": True,
    "add_module_names": False,
    "copybutton_selector": "div.cell_input pre",
    "suppress_warnings": ["myst.header", "mystnb.unknown_mime_type", "config.cache"],
}


def build(
    sources: dict[str, str],
    folder: Path,
    finished: Callable[[str, str], str],
    terms: dict[str, str],
    titles: dict[str, str],
) -> int:
    """Write what changed of the sources and have Sphinx bring the pages up to date; return how many it wrote.

    `finished` gets a page's name and its HTML and returns that with the site's links; `terms` are the glossary's with
    their addresses, for the pages that `titles` names. Raises Stop when Sphinx cannot build.
    """
    home = common.BUILD / "sphinx"
    place(sources, home / "source")
    written: set[str] = set()

    def page(app: Any, name: str, template: str, context: dict[str, Any], tree: Any) -> None:
        if tree is not None:
            written.add(name)
            context["body"] = finished(name, context["body"])

    def resolved(app: Any, tree: Any, name: str) -> None:
        if name in titles:
            site_extension.link_terms(tree, terms)

    title = sources["index.md"].removeprefix("# ").partition("\n")[0]
    settings = {**SETTINGS, "project": title, "html_title": title, "course_state": state(sources, terms)}
    run(home, folder, settings, {"html-page-context": page, "doctree-resolved": resolved})
    return len(written)


def run(home: Path, folder: Path, settings: dict[str, Any], listeners: dict[str, Callable]) -> None:
    """Build the sources in home/source into a folder; its warnings go to standard error, each line once."""
    from sphinx.application import Sphinx
    from sphinx.errors import SphinxError
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    warnings = io.StringIO()
    try:
        with patch_docutils(None), docutils_namespace():
            places = (home / "source", None, folder, home / "doctrees")
            app = Sphinx(*places, "html", settings, status=None, warning=warnings)
            for event, listener in listeners.items():
                app.connect(event, listener)
            app.build()
    except SphinxError as error:
        raise Stop(f"the pages could not be made ({error}): delete {home} and run the same command again.") from None
    finally:
        forget_signatures()
    if said := re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue()).strip():
        print("\n" + "\n".join(dict.fromkeys(said.splitlines())), file=sys.stderr)


def forget_signatures() -> None:
    """Take out what autodoc wrote into the functions of `helpers`: Keras would take a default's text for its value."""
    modules = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] == "helpers"]
    for thing in [thing for module in modules for thing in vars(module).values()]:
        for one in (thing, *(vars(thing).values() if inspect.isclass(thing) else ())):
            function = getattr(one, "__func__", one)
            if inspect.isfunction(function):
                vars(function).pop("__signature__", None)


def place(sources: dict[str, str], folder: Path) -> None:
    """Write the sources that changed into a folder, and remove what is none of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in sources:
            path.unlink()
    for name, text in sources.items():
        write_if_changed(folder / name, text)


def state(sources: dict[str, str], terms: dict[str, str]) -> str:
    """A short sum over what every page depends on: the names of all pages, the terms, the code that makes pages."""
    total = hashlib.sha256(repr([sorted(sources), sorted(terms.items())]).encode())
    folders = (Path(__file__).parent.glob("*.py"), STATIC.iterdir(), (common.ROOT / "helpers").rglob("*.py"))
    for path in (path for files in folders for path in sorted(files)):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def tidy(folder: Path, sources: set[str], pictures: set[Path]) -> None:
    """Remove pages and pictures that are no longer part of the site."""
    names = {Path(name).stem for name in sources} | set(FURTHER)
    for path in folder.glob("*.html"):
        if path.stem not in names:
            path.unlink()
    for path in (folder / "pictures").glob("*"):
        if path not in pictures:
            path.unlink()


def write_if_changed(path: Path, text: str) -> int:
    """Write a file unless it already holds this text; 1 when it was written, else 0."""
    if path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text:
        return 0
    write(path, text)
    return 1
