"""What a cell of checks is to the grader: which names in it are the student's, and where its hidden part begins."""

from __future__ import annotations

import ast
from typing import NamedTuple

from nbformat import NotebookNode

from tools.homework import source


class Check(NamedTuple):
    """A cell of checks in two parts, either of which may be empty."""

    name: str
    points: float
    seen: str  # what students have, before the first hidden line
    rest: str  # the hidden part, and what follows it
    asked: tuple[str, ...]  # names in it that are the student's


def of(book: NotebookNode) -> list[Check]:
    """The cells of checks of the grader's edition, in order."""
    names = students_names(book)
    found = []
    for cell in book.cells:
        if source.is_check(cell):
            asked = tuple(name for name in names if name in _words(ast.parse(cell.source)))
            marks = source.mark(cell, "grade_id"), float(source.mark(cell, "points") or 0)
            found.append(Check(*marks, *_parts(cell.source), asked))
    return found


def _parts(text: str) -> tuple[str, str]:
    """The visible lines before the first hidden one, and the rest, at the same line numbers; marks are left out."""
    lines = text.splitlines()
    marks = [at for at, line in enumerate(lines) if "BEGIN HIDDEN TESTS" in line or "END HIDDEN TESTS" in line]
    begin = marks[0] if marks else len(lines)
    if begin < len(lines) and lines[begin][:1].isspace():  # within a loop or a function: all of it is hidden
        begin = 0
    kept = ["" if at in marks else line for at, line in enumerate(lines)]
    return "\n".join(kept[:begin]), "\n".join([""] * begin + kept[begin:])


def students_names(book: NotebookNode) -> list[str]:
    """The names that answers give, and those that other cells make from these, in order; imports are nobody's."""
    names = dict.fromkeys(name for name in source.answer_names(book) if name not in _imported(book))
    for cell in book.cells:
        if cell.cell_type == "code" and not source.mark(cell, "grade"):
            for line in ast.parse(_plain(cell.source)).body:
                if _words(line) & names.keys():
                    names.update(dict.fromkeys(_given(line)))
    return list(names)


def names_there(book: NotebookNode) -> set[str]:
    """The names that a student's process has, too, if all goes well: those of all cells without their hidden parts."""
    texts = [_parts(cell.source)[0] if source.is_check(cell) else cell.source for cell in book.cells
             if cell.cell_type == "code"]  # fmt: skip
    return {name for text in texts for line in ast.parse(_plain(text)).body for name in source.bound(line)}


def _given(line: ast.stmt) -> list[str]:
    """The names that a statement gives, or whose objects it may change: `x = ...`, `x[0] = ...`, `x.append(...)`."""
    if isinstance(line, ast.Import | ast.ImportFrom):
        return []
    changed = [node.value for node in ast.walk(line) if isinstance(node, ast.Subscript | ast.Attribute)
               and isinstance(node.ctx, ast.Store)]  # fmt: skip
    if isinstance(line, ast.Expr) and isinstance(line.value, ast.Call) and isinstance(line.value.func, ast.Attribute):
        changed.append(line.value.func.value)
    return source.bound(line) + [node.id for node in changed if isinstance(node, ast.Name)]


def _imported(book: NotebookNode) -> set[str]:
    cells = [ast.parse(_plain(cell.source)) for cell in book.cells if cell.cell_type == "code"]
    lines = [line for cell in cells for line in ast.walk(cell) if isinstance(line, ast.Import | ast.ImportFrom)]
    return {name for line in lines for name in source.bound(line)}


def _words(line: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(line) if isinstance(node, ast.Name)}


def _plain(text: str) -> str:
    """A cell without its magics."""
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in text.splitlines())


def definitions(text: str) -> str:
    """The visible part of a cell of checks with the checks themselves left out: what later cells may use of it."""
    tree = ast.parse(text)
    tree.body = [line for line in tree.body if not isinstance(line, ast.Expr)]
    return ast.unparse(tree)
