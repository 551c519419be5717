"""Mutants: places are drawn once, hints stay whole, a test that looks kills what one that looks away lets live."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import mutants
from tools.common import ROOT

CODE = "def twice(number: int | None) -> int | None:\n    return number * 2 + 1 - 1\n"
LOOKS = "from helpers.room import module\n\n\ndef test_it():\n    assert module.twice(3) == 6\n"
LOOKS_AWAY = "from helpers.room import module\n\n\ndef test_it():\n    assert module.twice(3) is not None\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one module, the current folder."""
    monkeypatch.chdir(tmp_path)
    path = Path("helpers/room/module.py")
    for name, text in ((path, CODE), ("pyproject.toml", '[tool.pytest.ini_options]\npythonpath = ["."]\n')):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    Path("tests/room").mkdir(parents=True)
    return path


def test_no_change_in_type_hints_and_one_change_at_a_place(module: Path):
    everything = list(mutants.all_mutants([module]))
    assert {mutant.line for mutant in everything} == {2}
    places = {mutant.column for mutant in everything}
    assert {CODE.splitlines()[1][column] for column in places} == set("*+-2") | {"1"}
    drawn = mutants.sample(everything, 4, seed=1)
    assert drawn == mutants.sample(everything[::-1], 4, seed=1) != mutants.sample(everything, 4, seed=2)
    assert len({mutant.column for mutant in drawn}) == 4
    assert len(mutants.sample(everything, 100)) == len(places)


@pytest.mark.parametrize(("test", "survived"), [(LOOKS, 0), (LOOKS_AWAY, 2)])
def test_who_looks_kills(module: Path, test: str, survived: int):
    """In a process of its own, which forks before anything has threads. 3 * 2 + 1 - 1 with other signs is never 6."""
    Path("tests/room/test_module.py").write_text(test)
    script = f"""
from pathlib import Path
from benchmarks import mutants
for operator in ("core/ReplaceBinaryOperator_Mul_Add", "core/ReplaceBinaryOperator_Add_Sub"):
    print(mutants.fate(Path.cwd(), mutants.Mutant({str(module)!r}, 2, 0, operator, 0)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)})
    fates = done.stdout.split("\n")[:2]
    assert fates == (["survived"] * 2 if survived else ["killed by tests/room/test_module.py"] * 2), done.stderr
    assert module.read_text() == CODE


def test_the_mirror_is_tried_first_and_what_names_the_module_where_there_is_none():
    assert mutants.tests_of("helpers/attribution/lime.py")[0] == "tests/attribution/test_lime.py"
    assert "heads" in (ROOT / mutants.tests_of("helpers/transfer/heads.py")[0]).read_text()


@pytest.mark.slow
def test_the_rooms_kill_most():
    """The whole sample, hours, in a process of its own; the command's status says whether enough were killed."""
    assert subprocess.run([sys.executable, "-m", "benchmarks.mutants"], cwd=ROOT).returncode == 0
