"""Submissions of the toy assignment: right, wrong, damaged in twelve ways, hostile in eight."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from tools.common import ROOT
from tools.homework import editions, kept, sandbox, source
from tools.homework.grader import Result

TOY = Path(__file__).with_name("h00_toy.py")
RIGHT = "def scaled_relu(values):\n    return SCALE * np.maximum(values, 0)"
UNSCALED = "def scaled_relu(values):\n    return np.maximum(values, 0)"  # loses the 2 points of the hidden check


def needs_a_box() -> None:
    """Skip the test where bubblewrap makes no box; with CI set that is a failure."""
    if sandbox.available():
        return
    if os.environ.get("CI"):
        pytest.fail("bubblewrap makes no box here, and CI is set")
    pytest.skip("bubblewrap makes no box here")


def toy() -> editions.NotebookNode:
    """The toy as its students get it."""
    return editions.student(source.read(TOY))


def answered(code: str = RIGHT, prose: str = "It means that the pattern is not there.") -> dict:
    """The toy with answers, as the JSON of a file."""
    book = toy()
    for cell in book.cells:
        cell.source = {"relu": code, "why": prose}.get(cell.id, cell.source)
    made = json.loads(editions.text(book))
    for one in made["cells"]:
        one["source"] = "".join(one["source"])
    return made


def at(book: dict, name: str) -> int:
    """The place of a cell."""
    return next(
        place
        for place, cell in enumerate(book["cells"])
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name
    )


def cell(book: dict, name: str) -> dict:
    """A cell by its grade_id."""
    return book["cells"][at(book, name)]


def kept_with(student: str, notes: list) -> kept.Kept:
    """A record as grading leaves it."""
    made = kept.Kept(student, student.title(), "", student, f"{student}.ipynb", "2026-11-30 12:00:00", False, "h00")
    made.results = [Result("relu_check", 2.0, 4.0, ["✓ 2 of 2  it"], notes)]
    return made


# ---- twelve kinds of damage, each with a right answer in it ----------------------------------------------------------


def copied(book: dict) -> str:
    """The answer was copied, and the copy was solved."""
    first = cell(book, "relu")
    book["cells"].insert(
        at(book, "relu"), {**first, "id": "other", "source": "def scaled_relu(values):\n    ...  # your code here"}
    )
    return json.dumps(book)


def split(book: dict) -> str:
    """The answer was split between its lines; the second half has no mark."""
    cell(book, "relu")["source"] = "def scaled_relu(values):\n    factor = SCALE"
    rest = {"cell_type": "code", "id": "half", "metadata": {}, "outputs": [], "execution_count": None,
            "source": "    return factor * np.maximum(values, 0)"}  # fmt: skip
    book["cells"].insert(at(book, "relu") + 1, rest)
    return json.dumps(book)


def deleted(book: dict) -> str:
    """The cell of checks and the imports were deleted."""
    del book["cells"][at(book, "relu_check")]
    del book["cells"][at(book, "set_up")]
    return json.dumps(book)


def moved(book: dict) -> str:
    """The values that the answer needs stand at the end, below an error of their own making."""
    book["cells"].append(book["cells"].pop(at(book, "numbers")))
    return json.dumps(book)


def locked_edited(book: dict) -> str:
    """The checks were made easier."""
    cell(book, "relu_check")["source"] = "homework.Question('1.', points=4).score = lambda: 4\n4"
    return json.dumps(book)


def outputs_only(book: dict) -> str:
    """The code is gone, its outputs are there: nothing is left to count."""
    cell(book, "relu")["source"] = ""
    cell(book, "relu")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "✓ 4 of 4 points"}]
    return json.dumps(book)


def old_edition(book: dict) -> str:
    """It was made from last year's notebook, where a cell had another name and another was not there."""
    book["metadata"]["course"]["sum"] = "0123456789ab"
    cell(book, "relu_text")["metadata"]["nbgrader"]["grade_id"] = "relu_words"
    return json.dumps(book)


def merged(book: dict) -> str:
    """Git wrote marks of a merge into the file."""
    text = json.dumps(book, indent=1)
    line = next(line for line in text.splitlines(keepends=True) if "np.maximum" in line)
    return text.replace(line, f"<<<<<<< HEAD\n{line}=======\n{line.replace('maximum', 'minimum')}>>>>>>> theirs\n")


def marks_lost(book: dict) -> str:
    """Another program kept the texts of the cells and nothing else."""
    for one in book["cells"]:
        one["metadata"], one["id"] = {"id": "a1b2"}, f"new-{len(one['source'])}"
    book["metadata"] = {"colab": {"provenance": []}}
    return json.dumps(book)


def renamed(book: dict) -> str:
    """The function got another name."""
    cell(book, "relu")["source"] = RIGHT.replace("scaled_relu", "my_relu")
    return json.dumps(book)


def truncated(book: dict) -> str:
    """The upload broke off within the last cell."""
    text = json.dumps(book)
    return text[: text.index("Declaration")]


def older_format(book: dict) -> str:
    """It was saved in the format of 2014."""
    node = nbformat.convert(nbformat.from_dict(book), 3)
    return nbformat.writes(node, version=3)


# The words that the notes must hold, and the points of the four that the toy's checks give.
DAMAGED: dict[str, tuple[Callable[[dict], str], str, float]] = {
    "copied": (copied, "there 2 times", 4),
    "split": (split, "had been split", 4),
    "deleted": (deleted, "set_up was deleted and put back", 4),
    "moved": (moved, "moved and stand in their places again: numbers", 4),
    "locked_edited": (locked_edited, "relu_check was changed and put back", 4),
    "outputs_only": (outputs_only, "holds outputs and nothing that was written", 0),
    "old_edition": (old_edition, "another edition", 4),
    "merged": (merged, "the upper side of each was read", 4),
    "marks_lost": (marks_lost, "lost their marks", 4),
    "renamed": (renamed, "scaled_relu had been renamed my_relu", 4),
    "truncated": (truncated, "it is damaged; its first", 4),
    "older_format": (older_format, "older Jupyter", 4),
}

# ---- eight hostile ones; what is right below the attack still counts ------------------------------------------------

_SEARCH = """import os
found = []
for root in ("/work", "/root", "/home", "/srv", "/tmp", "/opt"):
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name != "site-packages"]
        found += [name for name in folders + files if name in {names!r}]
if found:
    raise RuntimeError(f"FOUND {{found}}")
"""
_DELETE = f"""import shutil
for place in ({str(ROOT)!r}, "/usr", "/tmp", "."):
    shutil.rmtree(place, ignore_errors=True)
"""
_FORGE = r"""import os, signal
for number in range(3, 64):
    try:
        os.write(number, b"\x00\x00\x00\x02\x00\x00\x00\x00{}")
    except OSError:
        pass
for number in range(1000):
    print("x" * 10_000)
os.kill(os.getppid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""
HOSTILE: dict[str, str] = {
    "endless": "while True:\n    pass",
    "fork_bomb": "import os\nwhile True:\n    os.fork()",
    "memory": "hoard = []\nwhile True:\n    hoard.append(bytearray(200_000_000))",
    "network": "import socket\nsocket.create_connection(('127.0.0.1', PORT), timeout=3).send(b'here')",
    "deletes": _DELETE,
    "reads": _SEARCH.format(names={"instructor", "gradebook.db", "secret.txt", TOY.name, ".git", "graded"}),
    "writes": "import os\nfor number in range(100):\n    open(f'big{number}', 'wb').write(bytes(100_000_000))",
    "forges": _FORGE,
}


def hostile(kind: str, port: int) -> str:
    """A notebook with an attack in a cell of its own, in front of a right answer."""
    book = answered()
    attack = {"cell_type": "code", "id": "attack", "metadata": {}, "outputs": [], "execution_count": None,
              "source": HOSTILE[kind].replace("PORT", str(port))}  # fmt: skip
    book["cells"].insert(at(book, "relu"), attack)
    return json.dumps(book)


def write_class(folder: Path, port: int) -> dict[str, float]:
    """Thirty submissions in a zip of Moodle's and one of Canvas's; return the points that each must get, by student."""
    made = {f"right{number}": (json.dumps(answered()), 4.0) for number in range(5)}
    made |= {f"wrong{number}": (json.dumps(answered(UNSCALED)), 2.0) for number in range(4)}
    made["stub"] = (editions.text(toy()), 0.0)
    made |= {kind: (damage(answered()), points) for kind, (damage, _, points) in DAMAGED.items()}
    made |= {kind: (hostile(kind, port), 4.0) for kind in HOSTILE}
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "moodle.zip", "w") as moodle, zipfile.ZipFile(folder / "canvas.zip", "w") as canvas:
        for number, (student, (text, _)) in enumerate(made.items(), start=101):
            name = student.replace("_", "")
            if number % 2:
                moodle.writestr(f"{name}_{number}_assignsubmission_file_/Notebook ({number}).ipynb", text)
            else:
                canvas.writestr(f"{name}_LATE_{number}_{9000 + number}_final.ipynb", text)
    names = {student: student.replace("_", "") for student in made}
    return {
        names[student] if number % 2 else f"{names[student]}_{number}": points
        for number, (student, (_, points)) in enumerate(made.items(), start=101)
    }


def copy_toy(folder: Path) -> None:
    """Put the toy where sources lie."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(TOY, folder)
