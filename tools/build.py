"""`course.py build`: notebooks/*.ipynb from notebooks/source/*.py, the same bytes from the same source every time."""

import argparse
import hashlib
import json
import re
import sys
from pathlib import Path

from tools import books, common
from tools.common import start, write

# What jupytext and Jupyter would fill in from the machine at hand is fixed here instead.
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def main(arguments: list[str]) -> int:
    """Write all notebooks, or with --check only say which of them differ from their source (status 1)."""
    parser = argparse.ArgumentParser(prog="course.py build", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a notebook is not up to date")
    check = parser.parse_args(arguments).check
    wanted, broken = {}, []
    for source in sources():
        try:
            wanted[target(source)] = notebook_text(source)
        except (ValueError, OSError) as error:  # of jupytext, and of a file that is no text
            broken.append(target(source))
            print(f"course.py: {source.name} cannot be read ({books.one_line(str(error))}): mend it.", file=sys.stderr)
    stale = [path for path, text in wanted.items() if not path.is_file() or text_of(path) != text]
    left = leftovers({*wanted, *broken})
    for path in stale:
        if not check:
            write(path, wanted[path])
        print(f"{'differs from its source' if check else 'written'}: {path.name}")
    for path in left:
        print(f"{'has no source any more' if check else 'removed'}: {path.name}")
        if not check:
            path.unlink()
    if check and (stale or left):
        print("Edit notebooks/source/*.py, then run `python3 course.py build`.")
        return 1
    print(f"{len(wanted)} notebooks, {len(wanted) - len(stale)} were up to date.")
    return 1 if broken else 0


def text_of(path: Path) -> str:
    """The text of a file, with a mark for what is no text."""
    return path.read_text(encoding="utf-8", errors="replace")


def sources() -> list[Path]:
    """All notebook sources in order."""
    return sorted(common.SOURCES.glob("*.py"))


def target(source: Path) -> Path:
    """Where the notebook of a source goes."""
    return common.NOTEBOOKS / f"{source.stem}.ipynb"


def notebook_text(source: Path) -> str:
    """The notebook of a source as JSON text: no outputs, no widget state, and cell ids that depend on the text only."""
    import jupytext

    book = jupytext.read(source, fmt="py:percent")
    seen: dict[str, int] = {}
    cells = []
    for cell in book.cells:
        seen[cell.source] = seen.get(cell.source, 0) + 1
        # The id follows the text, not the place: a cell that is put in front leaves the ids behind it alone.
        text = f"{source.stem}\n{cell.cell_type}\n{seen[cell.source]}\n{cell.source}"
        ready = {"cell_type": cell.cell_type, "id": hashlib.sha256(text.encode()).hexdigest()[:12]}
        ready["metadata"] = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
        ready["metadata"].setdefault("slideshow", {"slide_type": slide_type(cell.cell_type, cell.source)})
        ready["source"] = cell.source.splitlines(keepends=True)
        if cell.cell_type == "code":
            ready.update(execution_count=None, outputs=[])
        cells.append(ready)
    # The name marks the notebook as generated: only such a notebook is ever removed.
    metadata = {**METADATA, "course": {"source": f"source/{source.name}"}}
    book = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def slide_type(kind: str, text: str) -> str:
    """Where a cell goes whose source does not say: headings start slides, setup is on none, the rest goes on below."""
    if kind == "markdown":
        heading = re.match(r"#+ ", text)
        return ("slide" if len(heading[0]) <= 3 else "subslide") if heading else "-"
    lines = [line for line in text.splitlines() if line.strip()]
    return "skip" if all(re.match(r"(import|from) |[A-Z_]+ = |#", line) for line in lines) else "-"


def leftovers(wanted: set[Path]) -> list[Path]:
    """Generated notebooks whose source is gone; a student's own notebooks and copies of ours are none."""
    found = []
    for path in sorted(common.NOTEBOOKS.glob("*.ipynb")):
        if path in wanted:
            continue
        try:
            mark = json.loads(path.read_text(encoding="utf-8"))["metadata"]["course"]["source"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):  # no notebook of ours, or none at all
            continue
        if mark == f"source/{path.stem}.py":
            found.append(path)
    return found


if __name__ == "__main__":
    start(main)
