"""Assignments as they are written: one percent file with nbgrader's own marks, `instructor/homework/hNN_name.py`."""

import ast
import hashlib
import re
import symtable
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from tools import build, common
from tools.common import Stop, choose

FOLDER = common.ROOT / "instructor" / "homework"
DEFAULTS = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
SOLUTION, HIDDEN = "SOLUTION", "HIDDEN TESTS"
VARIANT, OWN = "variant", "own"  # tags: values that are drawn for a class, and what a student may replace
DRAWN = re.compile(r"(\w+) = (.+?)  # (?:one of (.+)|from (-?\d+) to (-?\d+))")


class Assignment(NamedTuple):
    """What the head of a source says."""

    name: str
    title: str
    points: float
    minutes: int


class Variant(NamedTuple):
    """A cell that stands in for an answer of the key, and what the checks must say of it."""

    cell: str  # the grade_id of the answer
    text: str
    right: str  # in which form it is right; '' for a mistake
    loses: float
    says: str
    line: int


def paths() -> list[Path]:
    """All sources of the course, in order."""
    return sorted(path for path in FOLDER.glob("h[0-9]*.py") if not path.stem.endswith("_variants"))


def find(word: str) -> Path:
    """The source for a name such as `h06`, or for a path; Stop names the nearest where there is none."""
    if word.endswith(".py") and Path(word).is_file():
        return Path(word).resolve()
    names = [path.stem for path in paths()]
    if not names:
        raise Stop(f"{FOLDER} holds no assignment: `course.py homework new h12_my_topic` writes one.")
    return FOLDER / f"{choose([word], names, 'assignment')[0]}.py"


def read(path: Path) -> NotebookNode:
    """The notebook of a source with nbgrader's metadata in full; Stop says all that is wrong with it."""
    book = parsed(path)
    book.metadata = NotebookNode({**build.METADATA, "course": book.metadata.get("course", {})})
    book.nbformat, book.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in book.cells:
        cell.metadata.pop("lines_to_next_cell", None)
        if "nbgrader" in cell.metadata:
            complete(cell)
        seen[cell.source] += 1
        text = f"{path.stem}\n{cell.cell_type}\n{seen[cell.source]}\n{cell.source}"
        cell.id = mark(cell, "grade_id") or hashlib.sha256(text.encode()).hexdigest()[:12]
    if found := problems(book, path.stem):
        raise Stop(f"{path.name}: {'; '.join(found)}.")
    return book


def parsed(path: Path) -> NotebookNode:
    """What jupytext reads in a percent file."""
    import jupytext

    try:
        return jupytext.read(path, fmt="py:percent")
    except (ValueError, OSError) as error:  # of jupytext, and of a file that is no text
        raise Stop(f"{path.name} cannot be read ({' '.join(str(error).split())[:160]}): mend it.") from None


def complete(cell: NotebookNode) -> None:
    """Fill in what a source may leave out of nbgrader's metadata.

    A cell of checks is locked; prose is graded, with 0 points where no others are named (nbgrader wants it so).
    """
    own = {**DEFAULTS, **cell.metadata.nbgrader}
    if own["solution"] and cell.cell_type == "markdown":
        own["grade"] = True
    if own["grade"]:
        own["locked"] = own["locked"] or not own["solution"]
        own.setdefault("points", 0)
    cell.metadata.nbgrader = NotebookNode({**own, "cell_type": cell.cell_type})


def assignment(book: NotebookNode) -> Assignment:
    """What the head of an assignment's notebook says."""
    head = book.metadata.course
    return Assignment(head.assignment, head.title, head.points, head.minutes)


def mark(cell: NotebookNode, name: str) -> object:
    """One of nbgrader's marks of a cell; None where it has none."""
    return cell.metadata.get("nbgrader", {}).get(name)


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell holds checks that a program runs."""
    return cell.cell_type == "code" and bool(mark(cell, "grade"))


def tagged(cell: NotebookNode, tag: str) -> bool:
    """Whether a cell has a tag."""
    return tag in cell.metadata.get("tags", [])


def answer_names(book: NotebookNode) -> list[str]:
    """The names that the solution cells give at the first level of the notebook, in order."""
    names: list[str] = []
    for cell in book.cells:
        if cell.cell_type == "code" and mark(cell, "solution"):
            names += [name for line in ast.parse(cell.source).body for name in bound(line)]
    return list(dict.fromkeys(names))


def bound(line: ast.stmt) -> list[str]:
    """The names that one statement of the first level gives: a function, a class, variables; no imports."""
    given = symtable.symtable(ast.unparse(line), "line", "exec").get_symbols()
    return [one.get_name() for one in given if one.is_assigned() and not one.is_imported()]


def regions(text: str, name: str) -> list[str]:
    """The texts between the marks of this name; ValueError where a mark has no partner."""
    found, inside = [], None
    for line in text.splitlines():
        if f"BEGIN {name}" in line or f"END {name}" in line:
            if ("BEGIN" in line) != (inside is None):
                raise ValueError(f"a mark of a region of {name.lower()} has no partner")
            if inside is not None:
                found.append("\n".join(inside))
            inside = [] if inside is None else None
        elif inside is not None:
            inside.append(line)
    if inside is not None:
        raise ValueError(f"a region of {name.lower()} has no end")
    return found


def variants_of(path: Path) -> list[Variant]:
    """What stands beside a source in `..._variants.py`, if anything; Stop for a cell that says too little."""
    beside = path.with_name(f"{path.stem}_variants.py")
    found = []
    for cell in parsed(beside).cells if beside.is_file() else []:
        says, name = cell.metadata.get("variant"), mark(cell, "grade_id")
        if cell.cell_type != "code" or (not says and not name):
            continue
        if not name or not isinstance(says, dict) or not says.get("right", says.get("loses")):
            raise Stop(f"{beside.name}: the cell {cell.source[:40]!r} needs a grade_id, and a variant that says "
                       'in which form it is "right", or what it "loses".')  # fmt: skip
        line = beside.read_text(encoding="utf-8").partition(cell.source)[0].count("\n") + 1
        found.append(
            Variant(name, cell.source, says.get("right", ""), says.get("loses", 0), says.get("says", ""), line)
        )
    return found


def problems(book: NotebookNode, stem: str) -> list[str]:
    """All that is wrong with an assignment, one sentence without its full stop each."""
    head = book.metadata.course
    lacking = [name for name in Assignment._fields[1:] if name not in head]
    if "assignment" not in head or lacking:
        return [f"its head lacks `course: {{assignment, title, points, minutes}}` below `jupyter:` ({head})"]
    found = [] if stem.startswith(f"{head.assignment}_") else [f"its head says {head.assignment}, its name {stem}"]
    names = Counter(mark(cell, "grade_id") for cell in book.cells if "nbgrader" in cell.metadata)
    found += [f"the grade_id {name!r} is given to {count} cells" for name, count in names.items() if name and count > 1]
    total = sum(mark(cell, "points") or 0 for cell in book.cells)
    if total != head.points:
        found.append(f"the points of its cells come to {total:g}, and its head says {head.points:g}")
    for at, cell in enumerate(book.cells):
        where = f"cell {at + 1} ({mark(cell, 'grade_id') or cell.source[:30]!r})"
        found += [f"{where}: {text}" for text in in_cell(cell)]
    if not any(mark(cell, "grade_id") == "declaration" and mark(cell, "solution") for cell in book.cells):
        found.append('no prose cell {"grade_id": "declaration", "solution": true} asks for the use of generative AI')
    return found


def in_cell(cell: NotebookNode) -> Iterator[str]:
    """What is wrong with one cell."""
    name, own = mark(cell, "grade_id"), cell.metadata.get("nbgrader", {})
    if own and not re.fullmatch(r"[\w-]{1,64}", str(name or ""), re.A):
        yield "a marked cell needs a grade_id of letters, digits and _"
    try:
        solutions, hidden = regions(cell.source, SOLUTION), regions(cell.source, HIDDEN)
    except ValueError as error:
        yield str(error)
        return
    if bool(solutions) != bool(own.get("solution")):
        yield "a solution needs the mark solution and a region ### BEGIN SOLUTION ... ### END SOLUTION, both"
    if hidden and not is_check(cell):
        yield "hidden tests stand in a cell of checks only (grade, no solution)"
    if cell.cell_type == "code":
        yield from in_code(cell)
    elif own and (link := re.search(r"\]\((?![a-z]+:|#)[^)]*\)", cell.source)):
        yield f"{link[0][1:]} leads to a file: a link stands in a cell without marks, where `start` can turn it"
    elif own.get("grade") and not own.get("solution") and not own.get("task"):
        yield "graded prose needs the mark solution, too"


def in_code(cell: NotebookNode) -> Iterator[str]:
    """What is wrong with a cell of code."""
    try:
        lines = ast.parse(cell.source).body
    except SyntaxError as error:
        yield f"line {error.lineno} is no Python ({error.msg})"
        return
    if tagged(cell, VARIANT):
        bad = [line for line in cell.source.splitlines() if not DRAWN.fullmatch(line)]
        yield from (f"{line!r} is no `NAME = value  # one of a, b, c`, nor `# from a to b`" for line in bad)
    if not is_check(cell):
        return
    if not lines or not ast.unparse(lines[-1]).endswith(".score()"):
        yield "the last line of a cell of checks is `question.score()`"
    for call in (node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)):
        points = {word.arg: word.value for word in call.keywords}.get("points")
        named = points.value if isinstance(points, ast.Constant) else mark(cell, "points")
        if ast.unparse(call.func).endswith("Question") and named != mark(cell, "points"):
            yield f"its Question has {named:g} points, its mark {mark(cell, 'points'):g}"
