"""`homework feedback`: one page for each student, and zips that Moodle and Canvas take back."""

from __future__ import annotations

import argparse
import csv
import html
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from tools import pages
from tools.common import write
from tools.homework import deadlines, gradebook, kept, notebooks, reading, records, source, submissions
from tools.homework.grade import lateness
from tools.homework.gradebook import Line
from tools.homework.kept import Kept

STYLE = "<style>.answer{white-space:pre-wrap} img{max-width:100%} li.lost{font-weight:600}</style>"


def feedback(options: list[str]) -> int:
    """Write the pages of one assignment, or of all that were graded, and the zips."""
    parser = argparse.ArgumentParser(prog="course.py homework feedback", description=__doc__.splitlines()[0])
    parser.add_argument("assignment", nargs="?", default="", help="such as h06; none: all that were graded")
    parser.add_argument("--records", default="", help="where grades and names are kept")
    wanted = parser.parse_args(options)
    folder = records.folder(wanted.records)
    for name in kept.assignments(folder, wanted.assignment):
        everyone = kept.everyone(folder, name)
        written = write_pages(folder, name, everyone)
        zips = [place.name for place in write_zips(folder / "feedback", name, everyone, written)]
        print(f"{name}: {len(written)} pages in {folder / 'feedback' / name}; {', '.join(zips) or 'no zip'} beside it.")
    return 0


def write_pages(folder: Path, name: str, everyone: list[Kept]) -> dict[str, Path]:
    """Write a page for each student; return where it lies."""
    rules, bank, written = deadlines.read(folder / "deadlines.csv"), comments(folder), {}
    with gradebook.opened(folder) as book:
        for one in everyone:
            if one.failed and not one.results:
                continue
            share = lateness(rules, one)
            off = gradebook.take_off(book, name, one.student, share.share)
            lines = gradebook.lines(book, name, one.student)
            body = page(
                one,
                reading.editions_of(folder, name, one.year).student,
                lines,
                (off, share.reason),
                bank,
                shown(folder, one),
            )
            place = folder / "feedback" / name / f"{one.student}.html"
            write(place, pages.shell(f"{name}: feedback for {one.name or one.student}", body))
            written[one.student] = place
    return written


def shown(folder: Path, one: Kept) -> dict[str, notebooks.Cell]:
    """A student's cells as they were graded, by grade_id."""
    place = kept.notebook_path(folder, one.assignment, one.student, "autograded")
    return {cell.grade_id: cell for cell in notebooks.read(place.read_bytes()).cells if cell.grade_id}


def comments(folder: Path) -> dict[str, str]:
    """The bank of comments, `comments.csv` with the columns code and text: `#code` in a comment stands for the text."""
    path = folder / "comments.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {(row.get("code") or "").strip("# "): row.get("text") or "" for row in csv.DictReader(file)}


def spelled_out(comment: str, bank: dict[str, str]) -> str:
    """A comment with the texts of the bank in place of their codes."""
    return re.sub(r"#([\w-]+)", lambda found: bank.get(found[1], found[0]), comment)


# ---- the page --------------------------------------------------------------------------------------------------------


def page(
    one: Kept, student: NotebookNode, lines: list[Line], late: tuple[float, str], bank: dict[str, str], cells: dict
) -> str:
    """The body of one student's page: what was reached, why, what was wrong with the file, and the answers."""
    title = html.escape(str(student.metadata.course.title))
    parts = [STYLE, f"<h1>{title}</h1>", f"<p>For {html.escape(one.name or one.student)}. Graded was "
             f"{html.escape(one.path)}, receipt {one.receipt}.</p>", _table(student, lines, late)]  # fmt: skip
    said = [*one.notes, *(f"The cell {name} stopped: {why}" for name, why in one.stopped.items())]
    if said:
        items = "".join(f"<li>{html.escape(text[:1].upper() + text[1:])}.</li>" for text in said)
        parts.append(f"<h2>What was found in the notebook</h2>\n<ul>{items}</ul>")
    return "\n".join([*parts, *_questions(one, student, lines, bank, cells)])


def _questions(
    one: Kept, student: NotebookNode, lines: list[Line], bank: dict[str, str], cells: dict[str, notebooks.Cell]
) -> Iterator[str]:
    """The questions in the assignment's order: under each heading the answer, the points, the reasons, the comment."""
    by_name, results, last = {line.question: line for line in lines}, {one.name: one for one in one.results}, ""
    for name in [cell.id for cell in student.cells]:
        line = by_name.get(name)
        is_answer = name in cells and _is_answer(student, name)
        if not is_answer and (line is None or not (line.of or line.comment)):
            continue
        if (words := heading(student, name)) != last:
            yield f"<h2>{html.escape(words)}</h2>"
            last = words
        if is_answer:
            yield _answer(name, cells[name], student)
        if line is not None and line.of:
            yield f"<p>{_points(line)}</p>"
        if name in results:
            yield _checks(results[name].lines)
        if line is not None and line.comment:
            yield f"<p>Comment: {html.escape(spelled_out(line.comment, bank))}</p>"


def _table(student: NotebookNode, lines: list[Line], late: tuple[float, str]) -> str:
    rows = [(heading(student, line.question), "" if line.points is None else f"{line.points:g}", f"{line.of:g}")
            for line in lines if line.of]  # fmt: skip
    off, reason = late
    if reason:
        rows.append((f"Late: {reason}", f"-{off:g}", ""))
    reached = max(0.0, sum(line.points or 0 for line in lines) - off)
    rows.append(("Together", f"{reached:g}", f"{sum(line.of for line in lines):g}"))
    open_ones = sum(line.points is None for line in lines)
    note = f"<p>{open_ones} of the answers have still to be read.</p>" if open_ones else ""
    body = "".join(f"<tr><th scope='row'>{html.escape(words)}</th><td>{points}</td><td>{of}</td></tr>"
                   for words, points, of in rows)  # fmt: skip
    head = "<tr><th scope='col'>question</th><th scope='col'>points</th><th scope='col'>of</th></tr>"
    return f"<table><caption>Points</caption><thead>{head}</thead><tbody>{body}</tbody></table>{note}"


def _points(line: Line) -> str:
    if line.points is None:
        return f"Still to be read, {line.of:g} points."
    return f"{line.points:g} of {line.of:g} points{', given by hand' if line.by_hand else ''}."


def _checks(lines: list[str]) -> str:
    kinds = {"✗": " class='lost'"}
    return f"<ul>{''.join(f'<li{kinds.get(line[:1], str())}>{html.escape(line)}</li>' for line in lines)}</ul>"


def heading(student: NotebookNode, name: str) -> str:
    """The heading that a cell stands under in the assignment."""
    last = name
    for cell in student.cells:
        found = re.findall(r"^#+ (.+)$", cell.source, re.M) if cell.cell_type == "markdown" else []
        last = found[-1] if found else last
        if cell.id == name:
            break
    return last


def _is_answer(student: NotebookNode, name: str) -> bool:
    return any(cell.id == name and source.mark(cell, "solution") for cell in student.cells)


def _answer(name: str, cell: notebooks.Cell, student: NotebookNode) -> str:
    """An answer as it was handed in, with its pictures; nothing of it is run."""
    words = html.escape(heading(student, name))
    text = html.escape(cell.text) if cell.text.strip() else "(nothing)"
    tag = "code" if cell.kind == "code" else "span"
    parts = ["<h3>Your answer</h3>", f"<pre class='answer'><{tag}>{text}</{tag}></pre>"]
    for number, output in enumerate(cell.outputs, start=1):
        data: dict[str, Any] = output.get("data", {})
        for kind in ("image/png", "image/jpeg"):
            if kind in data:
                alternative = f"Picture {number} that your cell for {words} showed"
                packed = re.sub(r"\s", "", data[kind])
                parts.append(f"<img alt='{html.escape(alternative)}' src='data:{kind};base64,{packed}'>")
    return "\n".join(parts)


# ---- zips ------------------------------------------------------------------------------------------------------------


def write_zips(folder: Path, name: str, everyone: list[Kept], written: dict[str, Path]) -> list[Path]:
    """Write the pages under the names that Moodle and Canvas gave the submissions, so that they find their students."""
    found = []
    for system in ("moodle", "canvas"):
        archive, count = io.BytesIO(), 0
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
            for one in everyone:
                if one.student in written and submissions.system(one.place) == system:
                    zipped.writestr(name_for(one), written[one.student].read_bytes())
                    count += 1
        if count:
            write(folder / f"{name}_{system}.zip", archive.getvalue())
            found.append(folder / f"{name}_{system}.zip")
    return found


def name_for(one: Kept) -> str:
    """The name of a page in a zip, from what the system called the submission: a folder, or how a file begins."""
    if submissions.system(one.place) == "canvas":
        return f"{re.sub(r'[.][^.]*$', '', one.place)}.html"
    return f"{one.place}/feedback.html" if f"{one.place}/" in one.path else f"{one.place}feedback.html"
