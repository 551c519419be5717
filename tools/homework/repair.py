"""From a student's cells to what is run: each answer in its place, everything else as it was handed out.

Notebooks come back with cells copied, split, deleted, moved, changed or without their marks. What work is left counts,
and what was wrong is named.
"""

from __future__ import annotations

import ast
import difflib
from collections import defaultdict
from typing import NamedTuple

from nbformat import NotebookNode

from tools.homework import checks, notebooks, source
from tools.homework.notebooks import Cell, Notebook
from tools.homework.session import Step


class Work(NamedTuple):
    """A student's notebook, put in order."""

    steps: list[Step]  # what the student's process runs
    answers: dict[str, Cell]  # by grade_id; of an answer that is missing there is none
    extras: dict[str, list[Cell]]  # the student's own cells, by the id of the cell they follow ('' for none)
    notes: list[str]


def assignment_of(book: Notebook, known: dict[str, NotebookNode]) -> str:
    """The assignment that a notebook belongs to, by its own marks, else by its texts; '' for none.

    known: the students' editions by name.
    """
    named = book.course.get("assignment")
    if isinstance(named, str) and named in known:
        return named
    best, most = "", 0.0
    for name, edition in known.items():
        marks = {source.mark(cell, "grade_id") for cell in edition.cells if "nbgrader" in cell.metadata}
        texts = {_squeezed(cell.source) for cell in edition.cells if len(cell.source) > 40}
        shared = len(marks & {cell.grade_id for cell in book.cells}) / max(1, len(marks))
        alike = len(texts & {_squeezed(cell.text) for cell in book.cells}) / max(1, len(texts))
        if max(shared, alike) > max(most, 0.2):
            best, most = name, max(shared, alike)
    return best


def put_in_order(book: Notebook, grader: NotebookNode, student: NotebookNode) -> Work:
    """Match a student's cells with those of an assignment. grader, student: its two editions."""
    notes = [*book.notes, *_old(book, grader)]
    places = _matched(book, student, notes)
    by_place: dict[str, list[Cell]] = defaultdict(list)
    extras: dict[str, list[Cell]] = defaultdict(list)
    last = ""
    for cell, place in zip(book.cells, places, strict=True):
        if place:
            by_place[place].append(cell)
            last = place
        else:
            extras[last].append(cell)
    notes += _moved([place for place in places if place], [cell.id for cell in student.cells])
    steps, answers = _own_steps("", extras), {}
    for original, handed_out in zip(grader.cells, student.cells, strict=True):
        name, mine = original.id, by_place[original.id]
        if source.mark(original, "solution"):
            answer = _answer(name, mine, original, handed_out, extras[name], notes)
            if answer is not None:
                answers[name] = answer
                steps += [Step(name, answer.text)] * (original.cell_type == "code")
        else:
            notes += _changed(name, mine, handed_out)
            steps += _given_steps(original, mine)
        steps += _own_steps(name, extras)
    return Work([step for step in steps if step.text or _is_pin(step, grader)], answers, dict(extras), notes)


def _is_pin(step: Step, grader: NotebookNode) -> bool:
    return any(cell.id == step.name and source.is_check(cell) for cell in grader.cells)


def _old(book: Notebook, grader: NotebookNode) -> list[str]:
    own, now = book.course.get("sum"), grader.metadata.course.get("sum")
    return ["it was made from another edition of the assignment"] if own and own != now else []


# ---- which cell is which ---------------------------------------------------------------------------------------------


def _matched(book: Notebook, student: NotebookNode, notes: list[str]) -> list[str]:
    """For each cell of a student the id of the one it came from, '' for the student's own."""
    ids = {cell.id: cell for cell in student.cells}
    places = [cell.grade_id if cell.grade_id in ids else "" for cell in book.cells]
    marked = {name for name, cell in ids.items() if "nbgrader" in cell.metadata}
    if not marked & set(places):
        notes.append("its cells have lost their marks (by Colab, for instance) and were matched by their texts")
    taken = set(places)
    for at, cell in enumerate(book.cells):  # plain cells keep Jupyter's own id
        if not places[at] and cell.id in ids and cell.id not in taken and _same_kind(cell, ids[cell.id]):
            places[at] = cell.id
            taken.add(cell.id)
    _aligned(book, student, places, taken)
    for test in (_same_text, _gives_its_names):
        for name, original in ids.items():
            free = [at for at, place in enumerate(places) if not place and name not in taken]
            for at in [at for at in free if test(book.cells[at], original)][:1]:
                places[at] = name
                taken.add(name)
    _between(book, student, places)
    return places


def _aligned(book: Notebook, student: NotebookNode, places: list[str], taken: set[str]) -> None:
    """Match cells whose texts are still the same, in order: of two that read alike each finds its own."""
    mine = [_squeezed(cell.text) for cell in book.cells]
    theirs = [_squeezed(cell.source) for cell in student.cells]
    for block in difflib.SequenceMatcher(None, theirs, mine, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            name = student.cells[block.a + step].id
            if not places[block.b + step] and name not in taken:
                places[block.b + step] = name
                taken.add(name)


def _same_kind(cell: Cell, original: NotebookNode) -> bool:
    return cell.kind == original.cell_type or bool(source.mark(original, "solution"))


def _same_text(cell: Cell, original: NotebookNode) -> bool:
    return _squeezed(cell.text) == _squeezed(original.source)


def _gives_its_names(cell: Cell, original: NotebookNode) -> bool:
    if cell.kind != "code" or original.cell_type != "code" or not source.mark(original, "solution"):
        return False
    return bool(_given(cell.text) & _given(original.source))


def _between(book: Notebook, student: NotebookNode, places: list[str]) -> None:
    """Match prose, and answers in code, that stand where one is missing: behind the cell it followed."""
    order = [cell.id for cell in student.cells]
    for at, original in enumerate(student.cells):
        before = order[at - 1] if at else ""
        if original.id in places or not source.mark(original, "solution") or before not in places:
            continue
        follows = len(places) - places[::-1].index(before)
        if follows < len(places) and not places[follows] and book.cells[follows].kind == original.cell_type:
            places[follows] = original.id


def _moved(places: list[str], order: list[str]) -> list[str]:
    """A note on cells that do not stand in the order of the assignment: those outside the longest run that does."""
    numbers = [order.index(place) for place in dict.fromkeys(places)]
    runs: list[list[int]] = []
    for number in numbers:
        before = max((run for run in runs if run[-1] < number), key=len, default=[])
        runs.append([*before, number])
    kept = set(max(runs, key=len, default=[]))
    moved = [order[number] for number in numbers if number not in kept]
    return [f"cells were moved and stand in their places again: {', '.join(moved)}"] if moved else []


# ---- what is made of a cell ------------------------------------------------------------------------------------------


def _answer(
    name: str, mine: list[Cell], original: NotebookNode, handed_out: NotebookNode, extras: list[Cell], notes: list[str]
) -> Cell | None:
    """The one answer in a student's cells that came from this place; None where there is none."""
    if not mine:
        notes.append(f"the answer {name} was deleted")
        return None
    written = [cell for cell in mine if _squeezed(cell.text) != _squeezed(handed_out.source)] or mine[-1:]
    if len(mine) > 1:
        notes.append(f"the answer {name} is there {len(mine)} times; what was written into them counts in that order")
    if not any(cell.text.strip() for cell in written) and any(cell.outputs for cell in written):
        notes.append(f"the answer {name} holds outputs and nothing that was written")
    outputs = tuple(output for cell in written for output in cell.outputs)
    if original.cell_type != "code":
        return Cell("markdown", "\n\n".join(cell.text for cell in written), name, name, outputs)
    if any(cell.kind != "code" for cell in written):
        notes.append(f"the answer {name} had been turned into text and was run as code")
    texts = [_one_side(name, cell.text, notes) for cell in written]
    text = _joined(texts)
    while extras and not _compiles(extras[0].text) and _compiles(f"{text}\n{extras[0].text}"):
        text = f"{text}\n{extras.pop(0).text}"
        notes.append(f"the answer {name} had been split and was put together")
    return Cell("code", text + _other_name(name, text, original, notes), name, name, outputs)


def _joined(texts: list[str]) -> str:
    """Several cells as one: one after the other, or as the halves of one, or those that can be run."""
    for text in ("\n\n".join(texts), "\n".join(texts)):
        if _compiles(text):
            return text
    return "\n\n".join([text for text in texts if _compiles(text)] or texts[-1:])


def _one_side(name: str, text: str, notes: list[str]) -> str:
    if not notebooks.has_marks(text):
        return text
    notes.append(f"the answer {name} holds marks of a merge; one side of it was run")
    upper, lower = notebooks.sides(text, True), notebooks.sides(text, False)
    return upper if _compiles(upper) or not _compiles(lower) else lower


def _other_name(name: str, text: str, original: NotebookNode, notes: list[str]) -> str:
    """A line that gives a renamed function its name again; '' where none was renamed."""
    wanted, there = _functions(original.source), _functions(text)
    lacking = [function for function in wanted if function not in _given(text)]
    strange = [function for function in there if function not in wanted]
    fitting = [function for function in strange if lacking and there[function] == wanted[lacking[0]]]
    if len(lacking) != 1 or len(fitting) != 1:
        return ""
    notes.append(f"in {name} the function {lacking[0]} had been renamed {fitting[0]}")
    return f"\n\n{lacking[0]} = {fitting[0]}"


def _given_steps(original: NotebookNode, mine: list[Cell]) -> list[Step]:
    """What is run of a cell that was handed out: the grader's own; a plain one as the student left it."""
    if original.cell_type != "code":
        return []
    if source.is_check(original):
        (check,) = checks.of(NotebookNode(cells=[original]))
        return [Step(original.id), Step(f"{original.id} (names)", checks.definitions(check.seen))]
    plain = not source.mark(original, "locked") and not source.tagged(original, source.OWN)
    if plain and mine and not source.tagged(original, source.VARIANT):
        return [Step(original.id, "\n\n".join(cell.text for cell in mine if cell.kind == "code"))]
    return [Step(original.id, original.source)]


def _changed(name: str, mine: list[Cell], handed_out: NotebookNode) -> list[str]:
    if not source.mark(handed_out, "locked"):
        return []
    if not mine:
        return [f"the cell {name} was deleted and put back"]
    if any(_squeezed(cell.text) != _squeezed(handed_out.source) for cell in mine):
        return [f"the cell {name} was changed and put back"]
    return []


def _own_steps(name: str, extras: dict[str, list[Cell]]) -> list[Step]:
    cells = [cell for cell in extras[name] if cell.kind == "code"]
    return [Step(f"own cell {at + 1} after {name or 'the top'}", cell.text) for at, cell in enumerate(cells)]


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _tree(text: str) -> ast.Module | None:
    """A cell without its magics as Python reads it; None where it cannot."""
    try:
        lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in text.splitlines()]
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _body(text: str) -> list[ast.stmt]:
    return getattr(_tree(text), "body", [])


def _compiles(text: str) -> bool:
    return _tree(text) is not None


def _given(text: str) -> set[str]:
    lines = [line for line in _body(text) if not isinstance(line, ast.Import | ast.ImportFrom)]
    return {name for line in lines for name in source.bound(line)}


def _functions(text: str) -> dict[str, int]:
    """The functions of a cell, and how many arguments each takes."""
    return {line.name: len(line.args.args) for line in _body(text) if isinstance(line, ast.FunctionDef)}
