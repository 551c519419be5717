"""The rules that every notebook keeps, as functions that return one sentence for each breach."""

import re
from collections.abc import Iterator
from typing import Any

LONGEST_CELL, FEWEST_SLIDES = 12, 4
SLIDE_TYPES = ("slide", "subslide", "fragment", "-", "skip", "notes")
GOALS = 3

ABSOLUTE_PATH = re.compile(r"(?<![\w.:/~-])(/(home|root|Users|tmp|mnt|content|var|opt|usr|work|data)/|~/|[A-Za-z]:\\)")
WEB_ADDRESS = re.compile(r"\b(https?|ftp)://|\bwww\.\w", re.I)
JET = re.compile(r"""["']jet(_r)?["']|\.jet\b|COLORMAP_JET""")
GONE = re.compile(
    r"\b(fit_generator|evaluate_generator|predict_generator|predict_classes|ImageDataGenerator|optimizers\.legacy"
    r"|K\.(gradients|function|set_learning_phase)|backend\.gradients|set_learning_phase|preprocessing\.image"
    r"|nb_epoch|samples_per_epoch|val_acc|tf\.(Session|placeholder)|get_cmap|ANTIALIAS|np\.(product|float|int))\b"
    r"|\blr\s*="
)
EXPLORER = re.compile(r"^\w*(_explorer|Explorer)\(", re.M)
CAPTION = re.compile(r"^\*\*[^*].*\*\*$", re.M)
LIST_ITEM = re.compile(r"\s*([-*+]|\d+\.)\s+\S")
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+?)\$(?!\d)", re.S)


def problems(book: dict[str, Any]) -> list[str]:
    """All breaches in a notebook (nbformat's dictionaries), in the order of its cells, then of its whole."""
    cells = book["cells"]
    found = [f"cell {at}: {text}" for at, cell in enumerate(cells) for text in _in_cell(cell)]
    found += [f"cell {at}: {text}" for at, cell in enumerate(cells) for text in _in_place(cells, at, cell)]
    return found + list(_in_header(cells)) + stored(book)


def stored(book: dict[str, Any]) -> list[str]:
    """What a notebook must not carry: outputs, execution counts, widget state."""
    found = [f"cell {at}: stored outputs" for at, cell in enumerate(book["cells"]) if cell.get("outputs")]
    found += [f"cell {at}: an execution count" for at, c in enumerate(book["cells"]) if c.get("execution_count")]
    return found + (["stored widget state"] if "widgets" in book.get("metadata", {}) else [])


def slideshow(book: dict[str, Any]) -> list[str]:
    """What keeps a notebook from being shown as slides: cells without a place, no first slide, an explorer left out."""
    found, slides = [], 0
    for at, cell in enumerate(book["cells"]):
        kind = cell["metadata"].get("slideshow", {}).get("slide_type")
        slides += kind == "slide"
        if kind not in SLIDE_TYPES:
            found.append(f"cell {at}: slide type {kind!r}, which is none of {', '.join(SLIDE_TYPES)}")
        if at == 0 and kind != "slide":
            found.append("cell 0: the title is not on a slide of its own")
        if kind == "skip" and cell["cell_type"] == "code" and EXPLORER.search(source(cell)):
            found.append(f"cell {at}: an explorer that is on no slide")
    return found + ([] if slides >= FEWEST_SLIDES else [f"{slides} slides, at least {FEWEST_SLIDES} are needed"])


def _in_cell(cell: dict[str, Any]) -> Iterator[str]:
    """Breaches that one cell shows by itself."""
    text = source(cell)
    if match := ABSOLUTE_PATH.search(text):
        yield f"an absolute path ({match[0]}...)"
    if cell["cell_type"] == "markdown":
        yield from _in_markdown(text)
    if cell["cell_type"] == "code":
        if WEB_ADDRESS.search(text):
            yield "a web address in code"
        if JET.search(text):
            yield "the colour map jet"
        if match := GONE.search(text):
            yield f"a name that is gone from today's packages ({match[0].strip()})"
        if (lines := len(text.strip("\n").split("\n"))) > LONGEST_CELL:
            yield f"{lines} lines of code, at most {LONGEST_CELL} are read at once"


def _in_markdown(text: str) -> Iterator[str]:
    """Pictures without a description, and formulas that the pages cannot draw."""
    if re.search(r"!\[\s*\]\(", text):
        yield "a picture without alt text"
    for tag in re.findall(r"<img\b[^>]*>", text, re.I):
        if not re.search(r"""\balt\s*=\s*(["'])\s*[^"'\s]""", tag):
            yield "a picture without alt text"
    for block, inline in FORMULA.findall(re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.S)):
        if not drawable(block or inline):
            yield f"a formula that the pages cannot draw ({(block or inline).strip()[:40]})"


def drawable(latex: str) -> bool:
    """True when the converter of the pages understands all of a formula."""
    from latex2mathml.converter import convert

    try:
        return "\\" not in re.sub(r"<mo[^>]*>(\\|&#x0*5[cC];)</mo>", "", convert(latex.strip()))
    except Exception:  # the converter raises many kinds
        return False


def _in_place(cells: list[dict[str, Any]], at: int, cell: dict[str, Any]) -> Iterator[str]:
    """Breaches that show between a cell and the one above it."""
    if cell["cell_type"] != "code":
        return
    above = cells[at - 1] if at else None
    if above is None or above["cell_type"] != "markdown" or not CAPTION.search(source(above)):
        yield "code without a bold caption on a line of its own in the markdown above it"


def _in_header(cells: list[dict[str, Any]]) -> Iterator[str]:
    """The header's parts: a title, measured minutes, three goals; and the same three at the end."""
    first = source(cells[0]) if cells and cells[0]["cell_type"] == "markdown" else ""
    if not re.search(r"^# \S", first, re.M):
        yield "the first cell has no title"
    if not re.search(r"\d+\s*(s\b|seconds?|min(utes?)?\b)", first):
        yield "the first cell does not say how many minutes the notebook takes"
    for words in ("You will", "You have"):
        texts = [source(cell) for cell in cells if words in source(cell)]
        if not texts:
            yield f"no part that says '{words}'"
        elif not any(goals_after(text, words) == GOALS for text in texts):
            yield f"'{words}' is not followed by {GOALS} goals"


def goals_after(text: str, words: str) -> int:
    """How many list items directly follow the line with these words."""
    count = 0
    for line in text[text.index(words) :].split("\n")[1:]:
        if LIST_ITEM.match(line) or LIST_ITEM.match(line.lstrip("\"'f ")):
            count += 1
        elif count and line.strip() and not line.startswith((" ", "\t")):
            break
    return count


def source(cell: dict[str, Any]) -> str:
    """A cell's text, which files keep as a list of lines."""
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)
