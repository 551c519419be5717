"""The notebook that graders look at: the student's answers in the assignment's order, with what the checks said."""

from __future__ import annotations

import copy

import nbformat
from nbformat import NotebookNode

from tools.homework import source
from tools.homework.grader import Result
from tools.homework.notebooks import Cell
from tools.homework.repair import Work


def notebook(student: NotebookNode, work: Work, results: list[Result], stopped: dict[str, str]) -> NotebookNode:
    """The students' edition with a student's answers, their outputs as handed in, and the lines of the checks.

    Nothing of a hidden check stands in it.
    """
    said = {result.name: result for result in results}
    made = copy.deepcopy(student)
    made.cells = _own(work, "")
    for original in copy.deepcopy(student.cells):
        if original.cell_type == "code":
            original.outputs, original.execution_count = [], None
        answer = work.answers.get(original.id)
        if source.mark(original, "solution"):
            original.source = answer.text if answer else ""
            if answer and original.cell_type == "code":
                original.outputs = [nbformat.from_dict(output) for output in answer.outputs]
        if original.id in stopped:
            original.outputs.append(_text(f"When it was graded, this cell stopped: {stopped[original.id]}"))
        if original.id in said:
            original.outputs = [_text("\n".join(_summary(said[original.id])))]
        made.cells += [original, *_own(work, original.id)]
    return made


def _summary(result: Result) -> list[str]:
    return [*result.lines, f"{result.points:g} of {result.of:g} points"]


def _text(text: str) -> NotebookNode:
    return nbformat.v4.new_output("stream", name="stdout", text=text + "\n")


def _own(work: Work, after: str) -> list[NotebookNode]:
    return [_plain(cell) for cell in work.extras.get(after, [])]


def _plain(cell: Cell) -> NotebookNode:
    if cell.kind == "code":
        return nbformat.v4.new_code_cell(cell.text, outputs=[nbformat.from_dict(output) for output in cell.outputs])
    return nbformat.v4.new_markdown_cell(cell.text) if cell.kind == "markdown" else nbformat.v4.new_raw_cell(cell.text)
