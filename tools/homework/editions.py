"""Three editions of an assignment: what students get, what graders run, and a key to read."""

import copy
import hashlib
import json
import re

import nbformat
from nbformat import NotebookNode

from tools.homework import source, variants

CODE_STUB, TEXT_STUB = "...  # your code here", "*Your answer here.*"


def grader(book: NotebookNode, secret: str = "", year: str = "") -> NotebookNode:
    """The source with its solutions and hidden tests, nbgrader's marks around them, and the values of this year."""
    made = copy.deepcopy(book)
    variants.draw(made, secret, year)
    return _signed(made, "grader", student(book, secret, year).metadata.course.sum)


def key(book: NotebookNode, secret: str = "", year: str = "") -> NotebookNode:
    """The solutions and rubrics to read, without hidden tests, so that these serve another year."""
    made = copy.deepcopy(book)
    variants.draw(made, secret, year)
    for cell in made.cells:
        text = re.sub(
            r"^[^\n]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*\n", "", cell.source, flags=re.M | re.S
        )
        cell.source = re.sub(r"^[^\n]*### (BEGIN|END) SOLUTION[^\n]*\n?", "", text, flags=re.M).rstrip("\n")
    return _signed(made, "key", "")


def student(book: NotebookNode, secret: str = "", year: str = "") -> NotebookNode:
    """The notebook that is handed out: stubs in place of solutions, no hidden tests; by nbgrader's own steps."""
    from nbgrader import preprocessors as steps

    made = copy.deepcopy(book)
    variants.draw(made, secret, year)
    clear = steps.ClearSolutions(code_stub={"python": CODE_STUB}, text_stub=TEXT_STUB)
    for step in (
        steps.LockCells(),
        clear,
        steps.CheckCellMetadata(),
        steps.ClearHiddenTests(),
        steps.ComputeChecksums(),
    ):
        made, _ = step.preprocess(made, {})
    for cell in made.cells:
        if source.tagged(cell, source.OWN):
            cell.metadata.editable = True  # put back at grading, but a student's own data belong here
    text = json.dumps([[cell.id, cell.cell_type, cell.source] for cell in made.cells])
    return _signed(made, "student", hashlib.sha256(text.encode()).hexdigest()[:12])


def text(book: NotebookNode) -> str:
    """A notebook as the text of a file, the same every time, without outputs."""
    made = copy.deepcopy(book)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.validate(made)
    return nbformat.writes(made).rstrip("\n") + "\n"


def _signed(book: NotebookNode, edition: str, total: str) -> NotebookNode:
    """Note which edition this is, the sum of the students' one that belongs to it, and the marked cells in order.

    A damaged or renamed file still says what it was made from.
    """
    cells = [source.mark(cell, "grade_id") for cell in book.cells if "nbgrader" in cell.metadata]
    book.metadata.course.update(edition=edition, sum=total, cells=cells)
    return book
