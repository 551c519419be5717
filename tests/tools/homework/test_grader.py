"""The grader and the box: a student's process answers calls, sees no check, and costs nobody but its student."""

import copy
import json
import socket
import types
from pathlib import Path

import pytest

from tests.tools.homework import handed_in
from tools.common import Stop
from tools.homework import checks, editions, grader, notebooks, repair, sandbox, source
from tools.homework.session import Step, Times

BOOK = source.read(handed_in.TOY)
GRADER, STUDENT = editions.grader(BOOK), editions.student(BOOK)
STUBBORN = """def scaled_relu(values):
    while True:
        try:
            while True: pass
        except BaseException: pass
"""
TIMES = Times(notebook=20, cell=4, call=2, calls=20)


@pytest.fixture(scope="module")
def key() -> grader.Key:
    handed_in.needs_a_box()
    return grader.Key(GRADER)


def graded(key: grader.Key, code: str, limits: sandbox.Limits | None = None) -> grader.Graded:
    """What the toy comes to with this answer."""
    work = repair.put_in_order(notebooks.read(json.dumps(handed_in.answered(code)).encode()), GRADER, STUDENT)
    return key.grade(work.steps, grader.box_of(7, limits), TIMES)


@pytest.mark.parametrize(
    ("code", "points", "said"),
    [
        (handed_in.RIGHT, 4, "✓ 2 of 2  on other values"),
        ("def scaled_relu(v):\n    return np.atleast_2d(SCALE * np.maximum(v, 0)).tolist()", 3, "its shape is"),
        (handed_in.UNSCALED, 2, "The scale is missing."),
        ("def scaled_relu(values):\n    return SCALE * values", 1, "Negative values stay."),
        ("def scaled_relu(values):\n    ...  # your code here", 0, "not answered yet"),
        ("def other(values):\n    return 1/0", 0, "stopped with ZeroDivisionError"),
        ("%matplotlib inline\nfrom matplotlib import pyplot\npyplot.plot([1, 2])\n" + handed_in.RIGHT, 4, "✓"),
        ("scaled_relu = type('Own', (), {'__call__': lambda self, v: SCALE * np.maximum(v, 0)})()", 4, "✓"),
        ("import tensorflow_of_my_own\n" + handed_in.RIGHT, 0, "name 'scaled_relu' is not defined"),
    ],
    ids=["key", "lists", "unscaled", "negative", "stub", "renamed and wrong", "magic", "object", "error above"],
)  # fmt: skip
def test_answers_get_their_points_with_reasons(key, code: str, points: float, said: str):
    (result,) = graded(key, code).results
    assert result.points == points
    assert any(said in line for line in result.lines), result.lines


def test_an_error_in_one_cell_does_not_stop_the_next(key):
    steps = [
        Step("a", "1/0"),
        Step("b", "import numpy as np\nSCALE = 3"),
        Step("c", handed_in.RIGHT),
        Step("relu_check"),
    ]
    done = key.grade(steps, grader.box_of(7), TIMES)
    assert done.results[0].points == 4 and done.stopped == {"a": "ZeroDivisionError: division by zero"}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def scaled_relu(values):\n    while True:\n        pass", "ran too long"),
        (STUBBORN, "ran too long"),
        ("def scaled_relu(values):\n    return np.zeros((100_000, 100_000), np.uint8) + 1", "MemoryError"),
        ("def scaled_relu(values):\n    return np.zeros(300_000_000, np.uint8)", "more than may cross"),
        ("def scaled_relu(values):\n    import os\n    os._exit(0)", "its process ended"),
        ("class Hostile:\n    def __array__(self, *_, **__): raise SystemExit\n    def __len__(self): return 10**18\n"
         "def scaled_relu(values):\n    return Hostile()", "not made of numbers"),
        ("def scaled_relu(values):\n    return 10**5000", "digits"),
        ("def scaled_relu(values):\n    raise SystemExit", "SystemExit"),
    ],
    ids=["endless", "stubborn", "huge", "too large to cross", "exits", "object", "long number", "SystemExit"],
)  # fmt: skip
def test_a_hostile_answer_costs_its_check_and_the_grader_goes_on(key, code: str, said: str):
    (result,) = graded(key, code).results
    assert result.points == 0 and said in " ".join(result.lines), result.lines
    assert graded(key, handed_in.RIGHT).results[0].points == 4


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        ("import os\nwhile True: os.fork()", "processes"),
        ("hoard = []\nwhile True: hoard.append(bytearray(50_000_000))", "memory"),
        ("for number in range(10_000): open(f'{number}', 'w').close()", "files"),
        ("open('big', 'wb').write(bytes(150_000_000))\nopen('more', 'wb').write(bytes(150_000_000))", "space left"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "process ended"),
        ("import os\nfor number in range(3, 40):\n    try: os.write(number, bytes(100))\n    except OSError: pass", ""),
    ],
    ids=["fork bomb", "memory", "files", "disk", "kills itself", "forges"],
)
def test_an_attack_is_stopped_and_named_and_the_rest_counts(key, attack: str, said: str):
    limits = sandbox.Limits(memory=600_000_000, disk=200_000_000, files=2_000)
    work = repair.put_in_order(notebooks.read(json.dumps(handed_in.answered()).encode()), GRADER, STUDENT)
    steps = [Step("attack", attack), *work.steps]
    done = key.grade(steps, grader.box_of(7, limits), TIMES)
    assert said in done.stopped.get("attack", ""), done.stopped
    assert done.results[0].points == 4


def test_in_the_box_there_is_no_network_no_key_and_nothing_to_write_on(key, tmp_path: Path):
    (tmp_path / "gradebook.db").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        looks = f"""
import os, socket
def scaled_relu(values):
    there = []
    try:
        socket.create_connection(("127.0.0.1", {port}), timeout=1)
        there.append("network")
    except OSError:
        pass
    for path in {[str(tmp_path), str(handed_in.TOY), str(sandbox.ROOT / "instructor"), str(sandbox.ROOT / ".git"),
                  str(sandbox.ROOT / "tests"), str(sandbox.ROOT / "tools/homework/grader.py"), "/etc/passwd"]!r}:
        there += [path] * os.path.exists(path)
    for folder in {[str(sandbox.ROOT), str(sandbox.ROOT / "helpers"), "/usr", "/", "/dev", "/tmp"]!r}:
        try:
            open(folder + "/written", "w").close()
            there.append(folder)
        except OSError:
            pass
    there += [name for name in os.environ if "RECORDS" in name or "SECRET" in name]
    for line in open("/proc/self/status"):
        there += [line] * (line.startswith(("CapEff", "CapBnd")) and int(line.split()[1], 16) > 0)
    there += ["a process outside"] * (len([name for name in os.listdir("/proc") if name.isdigit()]) > 4)
    return ",".join(there) or "nothing"
"""  # fmt: skip
        (result,) = graded(key, looks).results
        with pytest.raises(TimeoutError):
            server.accept()
    assert "'nothing' is not made of numbers" in result.lines[0], result.lines


def test_converted_networks_are_there_to_read_and_the_cache_is_the_boxs_own(key, tmp_path: Path, monkeypatch):
    (tmp_path / "forward").mkdir()
    (tmp_path / "forward/a.tflite").write_text("network")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    looks = """
from helpers.files import cache_folder
def scaled_relu(values):
    (cache_folder() / "forward/b.tflite").write_text("own")
    try:
        (cache_folder() / "forward/a.tflite").write_text("poison")
    except OSError:
        return (cache_folder() / "forward/a.tflite").read_text()
"""
    (result,) = graded(key, looks).results
    assert "'network' is not made of numbers" in result.lines[0], result.lines
    assert [path.name for path in (tmp_path / "forward").iterdir()] == ["a.tflite"]


def test_hidden_checks_are_nowhere_in_the_students_process_and_in_no_line(key):
    """An answer that tells all it sees: its source files, its callers, and the arguments of hidden calls."""
    spy = """
import gc, sys
seen = []
def scaled_relu(values):
    seen.append(np.shape(values))
    texts = [text for one in gc.get_objects() if isinstance(one, dict) for text in list(one.values())]
    told = [text for text in texts if isinstance(text, str) and "on other " + "values" in text]
    raise ValueError(f"{seen} {told[:1]} " + repr(values.tolist()))
"""
    (result,) = graded(key, spy).results
    shown = " ".join(result.lines)
    assert "[(3,)] [] [0.0, 0.0, 0.0]" in result.lines[0]  # what a visible check hands over is no secret
    assert result.lines[2] == "✗ 0 of 2  on other values: stopped with ValueError"
    assert "(4, 5)" not in shown


def test_barred_helpers_are_barred_where_the_answer_runs(key):
    code = "from helpers.teaching import homework\ndef scaled_relu(values):\n    return list(homework.barred())"
    lines = (
        "q = homework.Question('1.', 1, without=['images.prepare'])",
        "q.equal(1, 'it', lambda: scaled_relu(3)[0], 'images.prepare')",
        "q.score()",
    )
    other = copy.copy(key)
    other.checks = [checks.Check("relu_check", 1, "\n".join(lines), "", ("scaled_relu",))]
    done = other.grade([Step("a", code), Step("relu_check")], grader.box_of(7), TIMES)
    assert done.results[0].points == 1, done.results


def test_what_has_a_name_there_is_handed_over(key):
    """A locked cell's object goes by its name, and is the same one each time; a check's own function does not go."""
    code = "seen = []\ndef scaled_relu(values):\n    seen.append(values)\n    return len(set(map(id, seen)))"
    lines = (
        "q = homework.Question('1.', 3)",
        "q.equal(1, 'by name', lambda: scaled_relu(helper), 1)",
        "q.equal(1, 'again', lambda: scaled_relu(helper), 1)",
        "q.equal(1, 'no data', lambda: scaled_relu(lambda: 3), 1)",
        "q.equal(1, 'of a hidden part', lambda: scaled_relu(secret), 1)",
        "q.score()",
    )
    other, helper = copy.copy(key), object()
    other.checks = [checks.Check("relu_check", 3, "\n".join(lines), "", ("scaled_relu",))]
    other.names = {"relu_check": {**key.names["relu_check"], "helper": helper, "secret": object()}}
    other.there = {*key.there, "helper"}
    done = other.grade([Step("a", f"helper = object()\n{code}"), Step("relu_check")], grader.box_of(7), TIMES)
    assert done.results[0].points == 2
    assert "a check hands over a function: give it a name" in done.results[0].lines[2]
    assert "a check hands over a object: give it a name" in done.results[0].lines[3]


def test_a_hidden_part_may_use_what_an_earlier_one_made_also_alone(key):
    """Such an object is none of the student's process, whatever it is called there: it goes by its recipe."""
    stranger = types.SimpleNamespace(homework_recipe=("files.cache_folder", (), {}))
    code = "def scaled_relu(values):\n    return str(values)"
    lines = (
        "q = homework.Question('1.', 1)",
        "q.equal(1, 'it', lambda: scaled_relu(stranger), '/tmp/student/cache')",
        "q.score()",
    )
    other = copy.copy(key)
    other.checks = [checks.Check("relu_check", 1, "", "\n".join(lines), ("scaled_relu",))]
    other.names = {"relu_check": {**key.names["relu_check"], "stranger": stranger}}
    done = other.grade([Step("a", code), Step("relu_check")], grader.box_of(7), TIMES)
    assert done.results[0].points == 1, done.results


def test_without_a_box_strangers_code_is_not_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    with pytest.raises(Stop, match="apt install bubblewrap"):
        sandbox.check(trust=False)
    sandbox.check(trust=True)


def test_code_that_is_trusted_runs_without_a_box():
    key = grader.Key(GRADER)
    work = repair.put_in_order(notebooks.read(json.dumps(handed_in.answered()).encode()), GRADER, STUDENT)
    assert key.grade(work.steps, grader.box_of(0, trust=True), TIMES).results[0].points == 4


def test_a_box_that_does_not_start_blames_no_cell(key, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "_SERVE", "raise SystemExit")
    with pytest.raises(RuntimeError, match="the student's process did not start"):
        graded(key, handed_in.RIGHT)


def test_a_key_that_loses_points_grades_nobody():
    broken = editions.grader(BOOK)
    next(cell for cell in broken.cells if cell.id == "relu").source = handed_in.UNSCALED
    with pytest.raises(Stop, match="the key of h00 loses points in relu_check"):
        grader.Key(broken)


# ---- which names are the student's -----------------------------------------------------------------------------------


def book_of(*cells: tuple[str, dict]) -> editions.NotebookNode:
    made = [{"cell_type": "code", "source": text, "id": f"c{at}", "metadata": {"nbgrader": marks, "tags": []}}
            for at, (text, marks) in enumerate(cells)]  # fmt: skip
    return editions.nbformat.from_dict({"cells": made, "metadata": {}})


def test_what_other_cells_make_of_an_answer_is_the_students_too():
    book = book_of(
        ("import numpy as np\nphotos, kept = [], []", {"locked": True}),
        ("import math\ndef mine(x):\n    return math.sqrt(x)\nnumber = 3", {"solution": True}),
        ("maps = [mine(photo) for photo in photos]\nsize = len(photos)\nkept.append(number)", {"locked": True}),
        ("def shown():\n    return maps", {"locked": True}),
        ("q.equal(1, '', lambda: shown(), maps)", {"grade": True, "grade_id": "c4", "points": 1}),
    )  # fmt: skip
    assert set(checks.students_names(book)) >= {"mine", "number", "maps", "kept", "shown"}
    assert not {"np", "photos", "size", "math"} & set(checks.students_names(book))
    (check,) = checks.of(book)
    assert set(check.asked) == {"maps", "shown"}


def test_the_hidden_part_begins_where_the_mark_stands():
    (check,) = checks.of(GRADER)
    assert "nothing is below zero" in check.seen and "other values" not in check.seen
    assert check.rest.splitlines()[4].startswith("drawn = ")
    assert checks.definitions(check.seen) == "relu = homework.Question('1. The scaled ReLU', points=4)"
