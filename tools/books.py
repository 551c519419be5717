"""Notebooks from files that may be anything: half merged, cut short, saved by another program, of another kind."""

import json
import re
import warnings
from pathlib import Path
from typing import Any

import nbformat

from tools import common
from tools.common import Stop

MERGE = re.compile(r"^(<{7}|>{7})( |$)", re.M)
# What Jupyter fills in itself where another program left it out.
OF_OUTPUT = {
    "stream": {"name": "stdout"},
    "display_data": {"metadata": {}},
    "execute_result": {"metadata": {}, "execution_count": None},
}


class Unreadable(Stop):
    """A file that is no notebook; the sentence says what it is and what to do."""


def read(path: Path, with_outputs: bool = True) -> nbformat.NotebookNode:
    """The notebook in a file, in format 4 and valid; raises Unreadable.

    What was left out and has one meaning only (metadata, ids, outputs) is filled in. Without outputs, damaged ones do
    no harm: whoever runs the notebook makes them anew.
    """
    try:
        return checked(raw(text_of(path)), with_outputs)
    except ValueError as error:
        raise Unreadable(f"{place(path)} is no readable notebook ({error}): {remedy(path)}") from None


def raw(text: str) -> dict[str, Any]:
    """The JSON object in a text; ValueError says what is there instead."""
    if not text.strip():
        raise ValueError("it is empty")
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("its brackets are nested too deeply") from None
    except ValueError as error:
        if mark := MERGE.search(text):
            line = text.count("\n", 0, mark.start()) + 1
            raise ValueError(f"line {line} is the mark of an unfinished merge") from None
        raise ValueError(f"it is no JSON from line {getattr(error, 'lineno', 1)} on") from None
    if not isinstance(found, dict) or not isinstance(found.get("cells", found.get("worksheets")), list):
        raise ValueError("it has no list of cells")
    return found


def checked(book: dict[str, Any], with_outputs: bool) -> nbformat.NotebookNode:
    """The notebook in an object, complete and valid; ValueError says what is wrong."""
    major = book.setdefault("nbformat", 4)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of nbformat, about what is filled in here
            if major != 4:
                book = nbformat.convert(nbformat.reads(json.dumps(book), as_version=nbformat.NO_CONVERT), 4)
            metadata = book.get("metadata") if isinstance(book.get("metadata"), dict) else {}
            book = {"cells": [filled(cell, with_outputs) for cell in book["cells"]], "metadata": metadata}
            book = nbformat.v4.reads(json.dumps({**book, "nbformat": 4, "nbformat_minor": 5}))  # joins split lines
            _, book = nbformat.validator.normalize(book, strip_invalid_metadata=True)
            nbformat.validate(book)
    except nbformat.ValidationError as error:
        raise ValueError(one_line(error.message)) from None
    except Exception as error:  # nbformat's converters fail in many ways on what no program of theirs has written
        raise ValueError(one_line(f"{type(error).__name__}: {error}")) from None
    return book


def filled(cell: Any, with_outputs: bool) -> dict[str, Any]:
    """A cell with what may be left out; ValueError for one that cannot be understood."""
    kinds = ("code", "markdown", "raw")
    if not isinstance(cell, dict) or cell.get("cell_type") not in kinds:
        kind = cell.get("cell_type") if isinstance(cell, dict) else cell
        raise ValueError(f"a cell is of the type {one_line(repr(kind))}, which is none of {', '.join(kinds)}")
    cell = {"source": "", "metadata": {}, **cell}
    if not re.fullmatch(r"[\w-]{1,64}", str(cell.get("id", "")), re.A) or not isinstance(cell.get("id"), str):
        cell.pop("id", None)
    metadata = cell["metadata"] if isinstance(cell["metadata"], dict) else {}
    fitting = {"slideshow": dict, "tags": list}
    cell["metadata"] = {key: value for key, value in metadata.items() if isinstance(value, fitting.get(key, object))}
    if cell["cell_type"] != "code":
        return {key: value for key, value in cell.items() if key not in ("outputs", "execution_count")}
    cell = {"outputs": [], "execution_count": None, **cell}
    if not with_outputs:
        return {**cell, "outputs": [], "execution_count": None}
    if isinstance(cell["outputs"], list):
        cell["outputs"] = [showable(output) if isinstance(output, dict) else output for output in cell["outputs"]]
    return cell


def showable(output: dict[str, Any]) -> dict[str, Any]:
    """An output with what may be left out, and without what no page can show: a picture that is a number."""
    output = {**OF_OUTPUT.get(str(output.get("output_type")), {}), **output}
    data, metadata = output.get("data"), output.get("metadata")
    if isinstance(data, dict):
        output["data"] = {kind: value for kind, value in data.items() if is_json(kind) or is_text(value)}
    if isinstance(metadata, dict):
        odd = [kind for kind, value in metadata.items() if "/" in kind and not isinstance(value, dict)]
        output["metadata"] = {kind: value for kind, value in metadata.items() if kind not in odd}
    return output


def is_json(kind: str) -> bool:
    """Whether a kind of output holds any values, not only text."""
    return kind == "application/json" or kind.endswith("+json")


def is_text(value: Any) -> bool:
    """Whether a value is text, or the lines of one."""
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(line, str) for line in value))


def text_of(path: Path) -> str:
    """The text of a file; ValueError says why there is none."""
    try:
        if path.exists() and not path.is_file():
            raise ValueError("it is no file")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from None
    except UnicodeDecodeError as error:
        raise ValueError(f"its text is not UTF-8, from byte {error.start} on") from None


def facts_of(book: nbformat.NotebookNode) -> dict[str, Any]:
    """What `run` noted in an executed notebook; empty where nothing of that kind is there."""
    facts = book.metadata.get("course")
    return facts if isinstance(facts, dict) else {}


def place(path: Path) -> str:
    """A path as short as it can be said."""
    return str(path.relative_to(common.ROOT)) if common.ROOT in path.parents else str(path)


def remedy(path: Path) -> str:
    """What to do about a notebook that cannot be read."""
    if path.parent == common.EXECUTED:
        return "`course.py run` makes it again."
    if (common.SOURCES / f"{path.stem}.py").exists():
        return "`python3 course.py build` makes it again from its source."
    return "mend it, or move it out of notebooks/."


def one_line(text: str, letters: int = 160) -> str:
    """A text without line ends, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= letters else text[: letters - 4] + " ..."
