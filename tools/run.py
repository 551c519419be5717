"""`course.py run [NAME ...]`: execute notebooks without a browser and write readable pages to build/html.

One kernel at a time, in the folder of the notebooks. A failing cell gives its traceback and exit status 1; the other
notebooks still run. The executed notebooks go to build/executed.
"""

import hashlib
import html
import json
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat

from tools import books, common, frames
from tools.common import ROOT, Stop, choose, start, write

CELL_SECONDS = 600


def main(arguments: list[str]) -> int:
    """Run the named notebooks, all where none is named, and return 1 when a cell of any of them failed."""
    if any(word in ("-h", "--help") for word in arguments):
        print("usage: course.py run [NAME ...]\n\n" + __doc__)
        return 0
    if options := [word for word in arguments if word.startswith("-")]:
        raise Stop(f"run has no option {options[0]!r}: give names of notebooks, or nothing for all of them.")
    names = choose(arguments, notebook_names(), "notebook")
    common.check_room()
    began = time.monotonic()
    failed = run_all(names)
    write_index()
    print(f"{len(names) - len(failed)} of {len(names)} notebooks ran through, {time.monotonic() - began:.0f} s in all.")
    print(f"Pages: {common.PAGES / 'index.html'}")
    if failed:
        print("Failed: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


def notebook_names() -> list[str]:
    """The names of all notebooks, in order."""
    names = sorted(path.stem for path in common.NOTEBOOKS.glob("*.ipynb"))
    if not names:
        raise Stop("there is no notebook in notebooks/: run `python3 course.py build` first.")
    return names


def run_all(names: list[str], is_done: Callable[[str], bool] | None = None, done: str = "as before") -> list[str]:
    """Execute notebooks one after the other, with a line for each, and return the names of those that failed.

    Those of which `is_done` is true are not run; their line says `done`. One that cannot be read has failed.
    """
    failed = []
    for number, name in enumerate(names, start=1):
        print(f"[{number}/{len(names)}] {name} ... ", end="", flush=True)
        if is_done and is_done(name):
            print(done, flush=True)
            continue
        try:
            seconds, megabytes, trouble = run_one(name)
        except books.Unreadable as reason:
            print("FAILED, not run", flush=True)
            failed.append(name)
            print(f"course.py: {reason}", file=sys.stderr, flush=True)
            continue
        memory = f", {megabytes:.0f} MB" if megabytes else ""
        print(f"{'FAILED after ' if trouble else ''}{seconds:.1f} s{memory}", flush=True)
        if trouble:
            failed.append(name)
            print(plain(trouble), file=sys.stderr, flush=True)
    return failed


def run_one(name: str) -> tuple[float, float | None, str]:
    """Execute one notebook and write it and its page; return seconds, peak megabytes (or None) and what went wrong."""
    from tools.pages import page

    book, key = source(name), key_of(name)
    began, clock = time.monotonic(), time.time()
    megabytes, trouble = execute(book)
    seconds = time.monotonic() - began
    facts = {
        "key": key,
        "seconds": round(seconds, 1),
        "megabytes": megabytes and round(megabytes),
        "failed": bool(trouble),
    }
    features = sorted(path.name for path in features_folder().glob("*.npy") if path.stat().st_mtime >= clock)
    book = books.checked(book, with_outputs=True)  # what is written can be read again
    book.metadata["course"] = {**books.facts_of(book), **facts, "features": features}
    write(common.EXECUTED / f"{name}.ipynb", nbformat.writes(book) + "\n")
    write(common.PAGES / f"{name}.html", page(book, name))
    return seconds, megabytes, trouble


def source(name: str) -> nbformat.NotebookNode:
    """A notebook as it stands in notebooks/, without outputs; raises Unreadable."""
    return books.read(common.NOTEBOOKS / f"{name}.ipynb", with_outputs=False)


def executed(name: str) -> nbformat.NotebookNode | None:
    """A notebook as it ran last; None where it never did, or where its file is damaged."""
    try:
        return books.read(common.EXECUTED / f"{name}.ipynb")
    except books.Unreadable:
        return None


def features_folder() -> Path:
    """Where helpers.transfer.features keeps what networks said about photos; a file that is used gets a new date."""
    from helpers.files import cache_folder

    return cache_folder() / "features"


def key_of(name: str) -> str:
    """A short sum over what a notebook's results depend on: its cells, the helpers, the packages, the data's place."""
    texts = [[cell.cell_type, cell.source, cell.metadata.get("tags")] for cell in source(name).cells]
    total = hashlib.sha256(json.dumps([texts, os.environ.get("COURSE_DATA", "")]).encode())
    code = sorted((common.ROOT / "helpers").rglob("*.py"))
    for path in [*code, Path(frames.__file__), *common.ROOT.glob("requirements.txt")]:
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def is_fresh(name: str) -> bool:
    """Whether build/executed holds this notebook as it is now, run through by the helpers as they are now."""
    book = executed(name)
    facts = books.facts_of(book) if book else {}
    try:
        return facts.get("failed") is False and facts.get("key") == key_of(name)
    except books.Unreadable:
        return False


def execute(book: nbformat.NotebookNode) -> tuple[float | None, str]:
    """Execute a notebook in place, in a fresh kernel; return its peak memory in megabytes and the error text, or ''."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    client = NotebookClient(
        book,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(common.NOTEBOOKS)}},
        store_widget_state=False,
        shutdown_kernel="immediate",  # asked to end amid a cell, a kernel prints what it thinks of it
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # else a warning about open ports at every start
    )
    trouble, megabytes = "", None
    book.cells.insert(0, nbformat.v4.new_code_cell(frames.startup(str(ROOT))))
    with client.setup_kernel():
        try:
            for at, cell in enumerate(book.cells):
                client.execute_cell(cell, at, store_history=at > 0)
        except CellExecutionError as error:
            trouble = str(error)
        except CellTimeoutError:
            trouble = f"A cell ran longer than {CELL_SECONDS} s and was stopped."
        except DeadKernelError:
            trouble = "The kernel died, most often for want of memory: close other programs and run again."
        finally:
            del book.cells[0]
        megabytes = peak_megabytes(getattr(client.km.provisioner, "pid", None))
    return megabytes, trouble


def peak_megabytes(process: int | None) -> float | None:
    """The largest memory that a running process has held so far, where the system tells (Linux), else None."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return None
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else None


def plain(text: str) -> str:
    """The text without terminal colours where nobody looks at a terminal."""
    return text if sys.stderr.isatty() else re.sub(r"\x1b\[[0-9;]*m", "", text)


def write_index() -> None:
    """A page with all executed notebooks: title, seconds, memory, and whether a cell failed."""
    from tools.pages import first_heading, shell

    rows = []
    for path in sorted(common.EXECUTED.glob("*.ipynb")):
        book = executed(path.stem)
        if book is None or not (common.PAGES / f"{path.stem}.html").exists():
            continue
        facts, stem = books.facts_of(book), html.escape(path.stem, quote=True)
        title = html.escape(first_heading(book) or path.stem)
        seconds = html.escape(f"{facts.get('seconds', '?')} s")
        state = "<span class='failed'>failed</span>" if facts.get("failed") else seconds
        memory = html.escape(f"{facts['megabytes']} MB") if facts.get("megabytes") else ""
        rows.append(f"<tr><td><a href='{stem}.html'>{title}</a></td><td>{state}</td><td>{memory}</td></tr>")
    head = "<tr><th>notebook</th><th>run time</th><th>peak memory</th></tr>"
    write(common.PAGES / "index.html", shell("Notebooks", f"<h1>Notebooks</h1>\n<table>{head}{''.join(rows)}</table>"))


if __name__ == "__main__":
    start(main)
