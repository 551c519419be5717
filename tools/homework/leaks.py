"""Is anything of the keys in what students hold? Solutions, hidden tests, numbers; in files and in git's history."""

import functools
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from nbformat import NotebookNode

from tools import common
from tools.homework import editions, source, trial

LONG = 40  # letters of a line, blanks not counted, that nobody writes twice by chance
MARK = re.compile(r"^\s*(#\s*)?### (BEGIN|END) (SOLUTION|HIDDEN TESTS)", re.M)
DIGITS = 5  # of a number of the key that is looked for everywhere; in its own assignment four are enough
TAUGHT = ("helpers", "notebooks/source", "benchmarks", "tests")
FEW = 8  # numbers of an answer; more are a picture


def in_folder(folder: Path, books: Iterable[NotebookNode]) -> list[str]:
    """Where files of a folder hold something of the keys of these assignments (grader's editions), a sentence each."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".git" not in path.parts]
    texts = {str(path.relative_to(folder)): text_of(path) for path in files}
    return [f"{name}: {text}" for name, text in in_texts(texts, books)]


def in_history(folder: Path, books: Iterable[NotebookNode]) -> list[str]:
    """The same for all that a repository has ever held, its messages included."""
    command = ["git", "-C", str(folder), "log", "--all", "--patch", "--text", "--format=%B", "--no-color"]
    said = subprocess.run(command, capture_output=True, check=True).stdout.decode("utf-8", "replace")
    lines = "\n".join(line[1:] if line[:1] in "+- " else line for line in said.split("\n"))
    return [text for _, text in in_texts({"history": lines}, books)]


def in_texts(texts: dict[str, str], books: Iterable[NotebookNode]) -> Iterator[tuple[str, str]]:
    """The names of texts that hold something of the keys, and what."""
    squeezed = {name: squeeze(text) for name, text in texts.items()}
    for name, text in texts.items():
        if MARK.search(plain(text)):
            yield name, "it holds a mark of a solution or of hidden tests"
    for book in books:
        for what, secret in secrets_of(book):
            for name in (name for name, text in squeezed.items() if secret in text):
                yield name, f"it holds {what} of {book.metadata.course.assignment}: {secret[:60]}"


def secrets_of(book: NotebookNode) -> list[tuple[str, str]]:
    """What must not be found, squeezed: whole regions, and long lines or sentences that the students' edition lacks.

    A solution may share a line with other code of the course (a network is loaded everywhere), never a whole region.
    """
    given, taught = squeeze("\n".join(cell.source for cell in editions.student(book).cells)), lectures()
    found = []
    for cell in book.cells:
        for kind, name in ((source.SOLUTION, "a solution"), (source.HIDDEN, "a hidden test")):
            for region in source.regions(cell.source, kind):
                lines = [squeeze(line.partition("  # ")[0]).rstrip(",") for line in parts_of(region, cell.cell_type)]
                lines = [line for line in lines if kind == source.HIDDEN or line not in taught]
                long = [part for part in [squeeze(region), *lines] if len(part) >= LONG and part not in given]
                found += [(f"{name} ({source.mark(cell, 'grade_id')})", part) for part in long]
    return list(dict.fromkeys(found))


def parts_of(region: str, kind: str) -> list[str]:
    """The lines of code, or the sentences of prose."""
    return region.splitlines() if kind == "code" else re.split(r"(?<=[.!?:;])\s|\n\s*\n|\|", region)


@functools.cache
def lectures() -> str:
    """The code that students hold anyway, squeezed: `helpers`, lectures, benchmarks, tests."""
    paths = [path for room in TAUGHT for path in sorted((common.ROOT / room).rglob("*.py"))]
    return "\n".join(squeeze(text_of(path)) for path in paths if "homework" not in path.parts)


def numbers_of(book: NotebookNode) -> list[str]:
    """Numbers that the key's answers come to when it runs, from four digits on."""
    names: dict = {}
    trial.run(book, names)
    values = [names[name] for name in source.answer_names(book) if name in names]
    return sorted({text for value in values for text in written(value)})


def written(value: object) -> Iterator[str]:
    """How the few numbers in a value are written, cut to five digits; none for what holds other things, or many."""
    try:
        flat = np.ravel(np.asarray(list(value.values()) if isinstance(value, dict) else value, dtype=float))
    except (TypeError, ValueError):
        return
    for number in flat[np.isfinite(flat)] if flat.size <= FEW else ():
        if digits_of(f"{number:.{DIGITS}g}") >= DIGITS - 1:
            yield f"{abs(number):.{DIGITS}g}"


def digits_of(text: str) -> int:
    """How many digits of a written number tell something."""
    return len(re.sub(r"\D", "", text.partition("e")[0]).strip("0"))


def numbers_in(text: str, numbers: Iterable[str], digits: int = DIGITS) -> list[str]:
    """Those of the key's numbers that stand in a text with so many digits."""
    there = {f"{float(one):.{DIGITS}g}" for one in re.findall(r"(?<![\w.])\d+\.?\d*(?![\w.]*\d)", text)}
    return [one for one in numbers if one in there and digits_of(one) >= digits]


def text_of(path: Path) -> str:
    """The text of a file; of what is no text, the letters that can be read in it."""
    return path.read_bytes().decode("utf-8", "replace")


def plain(text: str) -> str:
    """Code as it is typed, where a notebook's file keeps it as quoted lines."""
    return re.sub(
        r'^\s*"(.*?)(\\n)?",?$', lambda line: line[1].replace('\\"', '"').replace("\\\\", "\\"), text, flags=re.M
    )


def squeeze(text: str) -> str:
    """A text without blanks and line ends, as a notebook's file and a percent file have it in common."""
    return re.sub(r"\s+", "", plain(text))
