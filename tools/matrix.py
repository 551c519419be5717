"""Notebooks with other parameters, executed to the end whatever fails: which cells raise, and what they printed.

Used by tests/notebooks/test_changes.py; `course.py test --slow` runs all of it.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

from tools import build, common

Failure = tuple[int, str, str]  # the cell's number, its first line, and the error


def changed(name: str, values: dict[str, object]) -> nbformat.NotebookNode:
    """The notebook of a source with other values in its parameters cell; KeyError for a parameter that it lacks."""
    book = nbformat.from_dict(json.loads(build.notebook_text(common.SOURCES / f"{name}.py")))
    cell = next((one for one in book.cells if "parameters" in one.metadata.get("tags", [])))
    cell.source = "".join(cell.source)
    for parameter, value in values.items():
        cell.source, found = re.subn(rf"(?m)^{parameter} = .*$", lambda _, p=parameter, v=value: f"{p} = {v!r}", cell.source)
        if not found:
            raise KeyError(f"{name} has no parameter {parameter}")
    return book


def failures(book: nbformat.NotebookNode, backwards: bool = False) -> list[Failure]:
    """Execute all code cells in one kernel, with `backwards` then once more from last to first; return what raised."""
    from nbclient import NotebookClient

    for cell in book.cells:
        cell.source = "".join(cell.source)
    client = NotebookClient(
        book,
        timeout=600,
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
            found += _raised(at, book.cells[at])
    return found


def _raised(at: int, cell: nbformat.NotebookNode) -> Iterable[Failure]:
    for output in cell.outputs:
        if output.output_type == "error":
            yield at, cell.source.split("\n")[0], f"{output.ename}: {output.evalue}"


def folder(root: Path, photos: int, classes: Iterable[str]) -> str:
    """Make an own folder of so many drawn photos a class; return its value for DATA."""
    from PIL import Image

    from helpers import datasets

    root.mkdir(parents=True, exist_ok=True)
    drawn = datasets.critters(2 * photos * 2, 77, 128)
    for k, name in enumerate(classes):
        (root / name).mkdir(exist_ok=True)
        for number, row in enumerate([i for i, label in enumerate(drawn.labels) if label == k % 2][:photos]):
            picture = drawn.images[row]
            Image.fromarray(picture if k < 2 else 255 - picture).save(root / name / f"photo {number}.jpg", quality=90)
    return f"folder:{root}"
