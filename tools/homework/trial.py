"""`homework test hNN`: the key gets all points, an untouched stub none, and every mistake loses what it should."""

import ast
import contextlib
import copy
import io
import linecache
import os
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np
from nbformat import NotebookNode

from tools.common import Stop
from tools.homework import editions, source
from tools.homework.source import Variant

Names = dict[str, Any]


class Ran(NamedTuple):
    """What a cell of checks came to, and what it printed."""

    points: float
    said: str


class Row(NamedTuple):
    """One line of the table: what was tried, what it got, what is wrong with that ('' for nothing), the time."""

    what: str
    points: str
    wrong: str
    seconds: float


def test(options: list[str]) -> int:
    """Try the assignments that are named, or all, and print a table; 1 when something is not as it should be."""
    if any(word.startswith("-") for word in options):
        raise Stop(f"`homework test` takes names of assignments only, not {' '.join(options)!r}.")
    os.environ.setdefault("MPLBACKEND", "agg")
    failed = 0
    for path in [source.find(word) for word in options] or source.paths():
        print(f"\n{path.stem}", flush=True)
        began = time.monotonic()
        rows = []
        for row in tried(path):
            rows.append(row)
            print(f"  {'✗' if row.wrong else '✓'} {row.points:>10}  {row.seconds:5.1f} s  {row.what}", flush=True)
            if row.wrong:
                print("      " + row.wrong.replace("\n", "\n      "), flush=True)
        wrong = sum(bool(row.wrong) for row in rows)
        failed += wrong
        print(f"  {len(rows)} tried, {wrong} not as they should, {time.monotonic() - began:.0f} s in all.")
    return int(failed > 0)


def tried(path: Path) -> Iterator[Row]:
    """Try the key, the stub and all variants of a source, one Row after the other."""
    book = editions.grader(source.read(path))
    variants = source.variants_of(path)
    answers = [source.mark(cell, "grade_id") for cell in book.cells if is_answer(cell)]
    if strange := [variant.cell for variant in variants if variant.cell not in answers]:
        raise Stop(f"{path.stem}_variants.py: {strange[0]!r} is none of the answers {', '.join(answers)}.")
    began, before = time.monotonic(), {}
    got, error = run(book, {}, before)
    yield key_row(book, got, error, time.monotonic() - began)
    began = time.monotonic()
    stub, stub_error = run(with_stubs(book), {})
    yield stub_row(book, stub, stub_error, time.monotonic() - began)
    if error:
        return
    for variant in variants:
        began = time.monotonic()
        ran, variant_error = with_variant(book, variant, before[variant.cell])
        yield variant_row(book, variant, ran, variant_error, time.monotonic() - began)


def key_row(book: NotebookNode, got: dict[str, Ran], error: str, seconds: float) -> Row:
    """How the key fared."""
    checks = {
        source.mark(cell, "grade_id"): source.mark(cell, "points") for cell in book.cells if source.is_check(cell)
    }
    lost = [f"{name} gets {ran.points:g} of {checks[name]:g}:\n{ran.said}" for name, ran in got.items()
            if ran.points != checks[name]]  # fmt: skip
    total = f"{sum(ran.points for ran in got.values()):g} of {sum(checks.values()):g}"
    return Row("the key", total, "\n".join([error] * bool(error) + lost), seconds)


def stub_row(book: NotebookNode, got: dict[str, Ran], error: str, seconds: float) -> Row:
    """How the untouched stub fared."""
    gained = [f"{name} gives {ran.points:g} points for nothing:\n{ran.said}" for name, ran in got.items() if ran.points]
    total = f"{sum(ran.points for ran in got.values()):g}"
    return Row("the untouched stub", total, "\n".join([error] * bool(error) + gained), seconds)


def variant_row(book: NotebookNode, variant: Variant, ran: Ran | None, error: str, seconds: float) -> Row:
    """How a variant fared: all points, or as many less as it says, with its words."""
    what = f"{variant.cell}, line {variant.line}: {variant.right or variant.says or 'a mistake'}"
    if ran is None:
        return Row(what, "-", error or "no cell of checks follows this answer", seconds)
    offered = source.mark(check_of(book, variant.cell), "points")
    lost, wrong = offered - ran.points, []
    if abs(lost - variant.loses) > 1e-9:
        wrong.append(f"it loses {lost:g} points and should lose {variant.loses:g}:\n{ran.said}")
    if variant.says and variant.says.lower() not in ran.said.lower():
        wrong.append(f"no check says {variant.says!r}:\n{ran.said}")
    return Row(what, f"{ran.points:g} of {offered:g}", "\n".join(wrong), seconds)


# ---- running cells in this process -----------------------------------------------------------------------------------


def run(book: NotebookNode, names: Names, before: dict[str, Names] | None = None) -> tuple[dict[str, Ran], str]:
    """Run all cells of code; return what the checks came to, and the first error as text.

    before: gets a copy of the names as they were before each answer, by its grade_id.
    """
    got, errors = {}, ""
    for cell in book.cells:
        if cell.cell_type != "code":
            continue
        name = source.mark(cell, "grade_id") or cell.id
        if before is not None and is_answer(cell):
            before[name] = copied(names)
        value, said, error = run_cell(cell.source, names, name)
        errors = errors or error
        if source.is_check(cell):
            got[name] = Ran(0 if error else value, said)
    return got, errors


def with_variant(book: NotebookNode, variant: Variant, names: Names) -> tuple[Ran | None, str]:
    """Run a variant in place of its answer, and what comes behind it up to the answer's checks."""
    names, at = copied(names), [source.mark(cell, "grade_id") for cell in book.cells].index(variant.cell)
    check = check_of(book, variant.cell)
    cells = [cell for cell in book.cells[at + 1 :] if cell.cell_type == "code"]
    _, _, error = run_cell(variant.text, names, f"variant {variant.cell}")
    for cell in cells[: cells.index(check) + 1] if check else []:
        value, said, wrong = run_cell(cell.source, names, cell.id)
        error = error or wrong
    return (Ran(value or 0, said + error), error) if check else (None, error)


def run_cell(text: str, names: Names, name: str) -> tuple[Any, str, str]:
    """Run one cell; return the value of its last line, what it printed, and its error as text."""
    place = f"<cell {name}>"
    linecache.cache[place] = (
        len(text),
        None,
        text.splitlines(keepends=True),
        place,
    )  # TensorFlow reads functions' text
    value, said = None, io.StringIO()
    names.setdefault("__name__", "__main__")
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):  # the latter: progress
        try:
            lines = ast.parse(text)
            last = lines.body.pop() if lines.body and isinstance(lines.body[-1], ast.Expr) else None
            exec(compile(lines, place, "exec"), names)
            if last:
                value = eval(compile(ast.Expression(last.value), place, "eval"), names)
        except Exception as error:
            short = "".join(traceback.format_exception(error, limit=-2)).strip()
            return None, said.getvalue(), f"{place} stops:\n{short}"
    return value, said.getvalue(), ""


def copied(names: Names) -> Names:
    """The names of a notebook, so that another cell may give them anew: arrays, lists and dicts are copied as well.

    Functions of the notebook see the copy. Objects such as networks are shared; answers that change one in place belong
    into a function that makes it.
    """
    made: Names = {}
    for name, value in names.items():
        if isinstance(value, FunctionType) and value.__globals__ is names:
            made[name] = FunctionType(value.__code__, made, value.__name__, value.__defaults__, value.__closure__)
            made[name].__kwdefaults__ = value.__kwdefaults__
        else:
            made[name] = copy.copy(value) if isinstance(value, np.ndarray | list | dict | set) else value
    return made


# ---- cells -----------------------------------------------------------------------------------------------------------


def is_answer(cell: NotebookNode) -> bool:
    """Whether a student answers in this cell, in code."""
    return cell.cell_type == "code" and bool(source.mark(cell, "solution"))


def check_of(book: NotebookNode, answer: str) -> NotebookNode | None:
    """The first cell of checks behind an answer."""
    at = [source.mark(cell, "grade_id") for cell in book.cells].index(answer)
    return next((cell for cell in book.cells[at + 1 :] if source.is_check(cell)), None)


def with_stubs(book: NotebookNode) -> NotebookNode:
    """The grader's edition with the students' untouched answers."""
    made, stubs = copy.deepcopy(book), {cell.id: cell.source for cell in editions.student(book).cells}
    for cell in made.cells:
        if is_answer(cell):
            cell.source = stubs[cell.id]
    return made
