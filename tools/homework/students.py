"""`homework start` and `homework check`: a copy of one's own, and what its visible checks say.

Needs the first list of packages only.
"""

import argparse
import hashlib
import os
import re
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from tools import books, common
from tools.common import Stop, choose, write

HANDED_OUT = common.NOTEBOOKS / "homework"
OWN = common.ROOT / "my_homework"  # ignored by git; no update touches it
SECONDS = 180  # as at grading
LINE = re.compile(r"^([✓✗–]) (\S+) of (\S+)  (.+)$", re.M)


class Checked(NamedTuple):
    """What the checks of one question said: a mark, points earned, points offered and a reason each."""

    question: str
    lines: list[tuple[str, float, float, str]]


def begin(options: list[str]) -> int:
    """Copy assignments into my_homework/; with --again a fresh copy, and what was there keeps a number."""
    parser = argparse.ArgumentParser(prog="course.py homework start", description=begin.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as h06; without one the assignments are listed")
    parser.add_argument("--again", action="store_true", help="put a fresh copy there; the old one keeps a number")
    choice = parser.parse_args(options)
    if not choice.names:
        for name in handed_out():
            print(f"{name:<24}{'in my_homework' if (OWN / f'{name}.ipynb').exists() else ''}".rstrip())
        print("`course.py homework start h06` copies one of them into my_homework/.")
        return 0
    for name in choose(map(_padded, choice.names), handed_out(), "assignment"):
        copy, text = OWN / f"{name}.ipynb", (HANDED_OUT / f"{name}.ipynb").read_text(encoding="utf-8")
        if copy.exists() and not choice.again:
            raise Stop(f"{shown(copy)} is there and was left alone: open it, or add --again for a fresh copy.")
        if copy.exists():
            kept = next(path for n in range(1, 1000) if not (path := OWN / f"{name}_{n}.ipynb").exists())
            os.replace(copy, kept)
            print(f"What was there is now {shown(kept)}.")
        write(copy, text.replace("](../", "](../notebooks/"))  # links lead to the same notebooks from here
        print(
            f"Open {shown(copy)} (`python3 course.py lab`), and run `python3 course.py homework check {name}` any time."
        )
    return 0


def check(options: list[str]) -> int:
    """Run one's own notebook and print a receipt; 0 when all visible checks give their points."""
    if len(options) != 1 or options[0].startswith("-"):
        raise Stop("`homework check` needs one file, such as my_homework/h06_grad_cam.ipynb, or h06 alone.")
    path = own_file(options[0])
    book = books.read(path, with_outputs=False)
    name = assignment_of(book, path)
    book, remarks = restored(book, books.read(HANDED_OUT / f"{name}.ipynb", with_outputs=False))
    print(f"{shown(path)} runs, at most {SECONDS // 60} minutes ...", flush=True)
    began = time.monotonic()
    remarks += run(book, path.parent)
    seconds = time.monotonic() - began
    for remark in remarks:
        print(f"! {remark}")
    asked = [said_by(cell) for cell in book.cells if is_check(cell)]
    silent = [question for question, lines in asked if not lines]
    for question, lines in asked:
        print(f"\n{question}")
        shown_lines = [f"  {sign} {earned:g} of {offered:g}  {text}" for sign, earned, offered, text in lines]
        print("\n".join(shown_lines or ["  ✗ its checks did not run: see the lines with ! above"]))
    marks = [line for _, lines in asked for line in lines]
    right = sum(line[0] == "✓" for line in marks)
    points = f"{sum(line[1] for line in marks):g} of {sum(line[2] for line in marks):g} points"
    total = book.metadata.get("course", {}).get("points")
    left = f", and {len(silent)} of {len(asked)} questions not checked" if silent else ""
    print(f"\nReceipt: {name}, visible checks {right} of {len(marks)} ({points}){left}; hidden checks not run.")
    print(f"All visible ones right does not mean all {total:g} points: hidden checks and prose are graded later.")
    hashed = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    print(f"{datetime.now():%Y-%m-%d %H:%M}, {seconds:.0f} s, file {path.name}, sha256 {hashed}")
    return int(right < len(marks) or not marks or bool(silent))


def handed_out() -> list[str]:
    """The names of all assignments, in order."""
    names = sorted(path.stem for path in HANDED_OUT.glob("h[0-9]*.ipynb"))
    if not names:
        raise Stop("notebooks/homework holds no assignment yet.")
    return names


def shown(path: Path) -> str:
    """A path as it can be typed in the course's folder."""
    return str(path.relative_to(common.ROOT)) if common.ROOT in path.parents else str(path)


def own_file(word: str) -> Path:
    """The file that is meant: a path, a name inside my_homework/, or the assignment's name alone."""
    named = Path(os.path.expanduser(word))
    short = _padded(named.name)
    for path in (named, OWN / named, OWN / f"{named.name}.ipynb", *sorted(OWN.glob(f"{short}_*.ipynb"))[:1]):
        if path.is_file():
            return path.resolve()
    begin_first = any(name.startswith(f"{short}_") for name in handed_out())
    hint = f"run `homework start {short}` first" if begin_first else "name the file with its folder"
    raise Stop(f"there is no notebook {word!r}, nor one of this name in my_homework/: {hint}.")


def _padded(word: str) -> str:
    """h06 for 6, 06 and h6."""
    number = re.fullmatch(r"h?0?(\d{1,2})", word)
    return f"h{int(number[1]):02}" if number else word


def assignment_of(book: NotebookNode, path: Path) -> str:
    """Which assignment a notebook is a copy of, by its own mark or else by its name."""
    mark = str(books.facts_of(book).get("assignment", "")) or path.stem.partition("_")[0]
    return choose([mark], handed_out(), "assignment")[0]


def mark(cell: NotebookNode, name: str) -> object:
    """One of nbgrader's marks of a cell; None where it has none."""
    own = cell.metadata.get("nbgrader")
    return own.get(name) if isinstance(own, dict) else None


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell holds checks that a program runs."""
    return cell.cell_type == "code" and bool(mark(cell, "grade"))


def restored(book: NotebookNode, original: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """The notebook with all cells that are not the student's as handed out, and a sentence for each change."""
    name = original.metadata.course.assignment
    handed = {mark(cell, "grade_id"): cell for cell in original.cells if mark(cell, "grade_id")}
    count = Counter(mark(cell, "grade_id") for cell in book.cells)
    remarks = [f"the cell {one} stands there {count[one]} times: keep one." for one in handed if count[one] > 1]
    for cell in book.cells:
        first = handed.get(mark(cell, "grade_id"))
        if first is not None and not is_own(first) and cell.source != first.source:
            remarks.append(f"the cell {mark(cell, 'grade_id')} was changed; here it ran as it was handed out.")
            cell.source = first.source
    at = 0
    for one, cell in handed.items():
        if not count[one]:
            remarks.append(
                f"the cell {one} is missing: `homework start {name} --again` makes a fresh copy to paste from."
            )
            if not is_own(cell):
                book.cells.insert(at, cell)
        at = next((place + 1 for place, other in enumerate(book.cells) if mark(other, "grade_id") == one), at)
    book.metadata.course = original.metadata.course
    return book, remarks


def is_own(cell: NotebookNode) -> bool:
    """Whether a student may write in a cell."""
    return bool(mark(cell, "solution")) or "own" in cell.metadata.get("tags", [])


def run(book: NotebookNode, folder: Path) -> list[str]:
    """Run all cells in place, whatever stops in between, within the time; return what went wrong, a sentence each."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    said, end = [], time.monotonic() + SECONDS
    settings = {"resources": {"metadata": {"path": str(folder)}}, "kernel_name": "python3", "allow_errors": True}
    quiet = ["--IPKernelApp.log_level=ERROR"]
    client = NotebookClient(
        book, store_widget_state=False, shutdown_kernel="immediate", extra_arguments=quiet, **settings
    )
    with client.setup_kernel():
        for at, cell in enumerate(book.cells):
            client.timeout = max(1, int(end - time.monotonic()))
            show(f"cell {at + 1} of {len(book.cells)}")
            try:
                client.execute_cell(cell, at)
            except CellTimeoutError:
                said.append(f"{_place(cell, at)} was stopped: a notebook has {SECONDS} s, at grading, too.")
                break
            except DeadKernelError:
                said.append(f"Python ended in {_place(cell, at)}, most often for want of memory.")
                break
            for output in cell.get("outputs", []):
                if output.output_type == "error":
                    said.append(f"{_place(cell, at)} stops with {output.ename}: {books.one_line(output.evalue)}")
    show("")
    return said


def _place(cell: NotebookNode, at: int) -> str:
    """Which cell it is, as one finds it on the screen: by its first line."""
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"the cell that begins with `{first[:50]}`" if first else f"cell {at + 1}"


def show(text: str) -> None:
    """A line that the next one replaces, on a terminal only."""
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text}", end="", flush=True)


def said_by(cell: NotebookNode) -> Checked:
    """What a cell of checks printed when it ran."""
    text = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    lines = [(line[1], float(line[2]), float(line[3]), line[4]) for line in LINE.finditer(text)]
    name = re.search(r"Question\(\s*[\"'](.+?)[\"']", cell.source)
    return Checked(name[1] if name else str(mark(cell, "grade_id")), lines)
