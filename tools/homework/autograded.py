"""The notebook that graders look at: the student's answers in the assignment's order, with what the checks said."""

from __future__ import annotations

import copy
import re

import nbformat
from nbformat import NotebookNode

from tools import pages
from tools.homework import source
from tools.homework.grader import Result
from tools.homework.notebooks import Cell
from tools.homework.repair import Work

FORMULA = re.compile(
    r"(?P<code>```.*?```|`[^`]*`)|\$\$(?P<block>.+?)\$\$|(?<!\\)\$(?=\S)(?P<inline>[^$]+?)(?<=\S)\$(?!\d)", re.DOTALL
)


def notebook(
    student: NotebookNode, work: Work, results: list[Result], stopped: dict[str, str], rubrics: dict[str, str]
) -> NotebookNode:
    """The students' edition with a student's answers, their outputs as handed in, and the lines of the checks.

    rubrics: what the key says of an answer in prose, by grade_id. Nothing of a hidden check stands in it. The course's
    own formulas are MathML already: the formgrader would fetch MathJax from the net. A student's stay as typed.
    """
    said = {result.name: result for result in results}
    made = copy.deepcopy(student)
    made.cells = _own(work, "")
    for original in copy.deepcopy(student.cells):
        if original.cell_type == "code":
            original.outputs, original.execution_count = [], None
        elif not source.mark(original, "solution"):
            original.source = with_formulas(original.source)
        answer = work.answers.get(original.id)
        if source.mark(original, "solution"):
            original.source = harmless(answer.text, original.cell_type) if answer else ""
            if answer and original.cell_type == "code":
                original.outputs = [nbformat.from_dict(output) for output in answer.outputs]
        if original.id in stopped:
            original.outputs.append(_text(f"When it was graded, this cell stopped: {stopped[original.id]}"))
        if original.id in said:
            original.outputs = [_text("\n".join(_summary(said[original.id])))]
        if original.id in rubrics:
            rubric = with_formulas(f"**For who gives the points:** {rubrics[original.id]}")
            made.cells.append(nbformat.v4.new_markdown_cell(rubric))
        made.cells += [original, *_own(work, original.id)]
    return made


def _summary(result: Result) -> list[str]:
    return [*result.lines, f"{result.points:g} of {result.of:g} points"]


def _text(text: str) -> NotebookNode:
    return nbformat.v4.new_output("stream", name="stdout", text=text + "\n")


def _own(work: Work, after: str) -> list[NotebookNode]:
    return [_plain(cell) for cell in work.extras.get(after, [])]


def _plain(cell: Cell) -> NotebookNode:
    if cell.kind == "markdown":
        return nbformat.v4.new_markdown_cell(harmless(cell.text, "markdown"))
    return nbformat.v4.new_code_cell(cell.text, outputs=[nbformat.from_dict(output) for output in cell.outputs])


def harmless(text: str, kind: str) -> str:
    """Prose in which no tag, entity or address is left that could run in a grader's browser; code as it is.

    The formgrader shows prose as its Markdown says, HTML included, with the grader's own rights.
    """
    if kind != "markdown":
        return text
    text = re.sub(r"<(?=[A-Za-z/!?])", "< ", text.expandtabs(4))
    text = re.sub(r"&(?=[#\w])", "& ", text)
    return re.sub(r"(?i)(script|data|file|blob)\s*:", r"\1 :", text)


def with_formulas(text: str) -> str:
    """Markdown in which what stands between dollar signs is MathML; code is left alone."""

    def drawn(match: re.Match[str]) -> str:
        if match["code"]:
            return match["code"]
        return pages.formula(match["block"] or match["inline"], block=bool(match["block"]))

    return FORMULA.sub(drawn, text)


def rubrics_of(grader: NotebookNode) -> dict[str, str]:
    """What the key says of each answer in prose that gives points, by grade_id."""
    prose = [cell for cell in grader.cells if cell.cell_type == "markdown" and source.mark(cell, "points")]
    return {cell.id: "\n".join(source.regions(cell.source, source.SOLUTION)) for cell in prose}
