"""Notebooks with other parameters, executed to the end whatever fails: which cells raise.

For tests/notebooks/test_changes.py and test_answers.py; all of them run with `course.py test --slow`.
"""

import contextlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat

from tools import build, common, reruns, run
from tools.hygiene import source

Failure = tuple[int, str, str]  # the cell's number, its first line, the error


def changed(name: str, values: dict[str, object]) -> nbformat.NotebookNode:
    """The notebook of a source with other values in its parameters cell; KeyError for a parameter that it lacks."""
    book = nbformat.from_dict(json.loads(build.notebook_text(common.SOURCES / f"{name}.py")))
    for cell in book.cells:
        cell.source = "".join(cell.source)
    cell = next(cell for cell in book.cells if "parameters" in cell.metadata.get("tags", []))
    for parameter, value in values.items():
        line = f"{parameter} = {value!r}"
        cell.source, found = re.subn(rf"^{parameter} = .*$", lambda _, line=line: line, cell.source, flags=re.M)
        if not found:
            raise KeyError(f"{name} has no parameter {parameter}")
    return book


def failures(book: nbformat.NotebookNode, backwards: bool = False) -> list[Failure]:
    """Execute all code cells in one kernel, with `backwards` then once more from last to first; return what raised."""
    from nbclient import NotebookClient

    client = NotebookClient(
        book,
        timeout=run.CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(common.NOTEBOOKS)}},
        allow_errors=True,
        store_widget_state=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    code = [at for at, cell in enumerate(book.cells) if cell.cell_type == "code"]
    found: list[Failure] = []
    with client.setup_kernel():
        for at in code + (code[::-1] if backwards else []):
            client.execute_cell(book.cells[at], at)
            found += raised(at, book.cells[at])
    return found


def raised(at: int, cell: nbformat.NotebookNode) -> Iterator[Failure]:
    """What an executed cell raised."""
    for output in cell.outputs:
        if output.output_type == "error":
            yield at, cell.source.split("\n")[0], f"{output.ename}: {output.evalue}"


def said_by(book: dict[str, Any], at: int) -> str:
    """What a cell prints when it runs, in this process, after those cells only whose names it needs."""
    names: dict[str, Any] = {}
    for number in reruns.needed(book, at):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(source(book["cells"][number]), f"cell {number}", "exec"), names)
    return said.getvalue()


def own_folder(root: Path, photos: int, classes: Iterable[str]) -> str:
    """Make a folder of so many drawn photos in each class, the third ones as negatives; return its value for DATA."""
    from PIL import Image

    from helpers import datasets

    drawn = datasets.critters(2 * photos, seed=77, size=128)  # half of them cats
    for k, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        for number, row in enumerate((drawn.labels == k % 2).nonzero()[0]):
            picture = drawn.images[row] if k < 2 else 255 - drawn.images[row]
            Image.fromarray(picture).save(root / name / f"photo {number}.jpg", quality=90)
    return f"folder:{root}"
