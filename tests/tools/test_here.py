"""`--here` and hubs: a command runs in the Python that is there, where that has the packages; nothing is installed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import course
from tools import here

ROOT = Path(course.__file__).resolve().parent


@pytest.fixture
def run(tmp_path: Path):
    """A function that runs a copy of course.py whose one list has this line; its tool prints where it ran."""
    for name in ("tools", "tests"):
        (tmp_path / name).mkdir()
    for name in ("course.py", "tools/here.py"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    for name in (*course.LISTS, "pyproject.toml", "tools/__init__.py"):
        (tmp_path / name).write_text("")
    tool = "import os, sys; print('prefix', sys.prefix, 'options', sys.argv[1:], 'path', os.environ['PYTHONPATH'])"
    (tmp_path / "tools" / "doctor.py").write_text(tool)
    hosts = {name for names in course.HOSTS.values() for name in names}
    # No installer: a course.py that wanted an environment of its own would stop.
    variables = {name: value for name, value in os.environ.items() if name not in hosts} | {"PATH": "/nowhere"}

    def started(line: str, *options: str, **more: str) -> subprocess.CompletedProcess:
        (tmp_path / "requirements.txt").write_text(line + "\n")
        command = [sys.executable, "course.py", "doctor", *options]
        return subprocess.run(command, cwd=tmp_path, env=variables | more, capture_output=True, text=True, timeout=120)

    return started


def test_here_runs_in_this_python_and_makes_nothing(run, tmp_path: Path):
    result = run("pytest>=1,<100", "--here", "--more")
    assert result.stdout == f"prefix {sys.prefix} options ['--more'] path {tmp_path}\n"
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("no_such_package>=1,<2", "no_such_package is missing"),
        ("pytest>=1,<2", f"pytest is {pytest.__version__}, not <2,>=1"),
    ],
)
def test_here_says_what_is_missing_and_installs_nothing(run, tmp_path: Path, line: str, words: str):
    result = run(line, "--here")
    assert result.returncode == 1 and f"cannot run this ({words}), and nothing is installed there" in result.stderr
    assert result.stderr.count("\n") == 1 and not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("place", course.HOSTS)
def test_a_hub_is_noticed_and_said(run, tmp_path: Path, place: str):
    result = run("pytest>=1,<100", **{course.HOSTS[place][0]: "x"})
    said, ran = result.stdout.splitlines()
    assert said == f"This is {place}: the command runs in its Python in {sys.prefix}, and makes no environment."
    assert ran.startswith(f"prefix {sys.prefix} ") and not (tmp_path / ".venv").exists()


def test_a_hub_whose_python_lacks_something_gets_an_environment_as_ever(run):
    result = run("no_such_package>=1,<2", JUPYTERHUB_USER="ann")
    assert result.stdout.splitlines()[:2] == [
        f"This is a JupyterHub, but its Python in {sys.prefix} cannot run this (no_such_package is missing).",
        "Making the environment in .venv, once: about 3 GB, one to ten minutes.",
    ]


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("# words\n\npytest>=1 # more words\n", []),
        ('no_such_package>=1; sys_platform == "no system"\n', []),
        ("PyTest<1\nno_such_package\n", [f"PyTest is {pytest.__version__}, not <1", "no_such_package is missing"]),
    ],
)
def test_what_a_list_lacks(tmp_path: Path, text: str, lacking: list[str]):
    (tmp_path / "list.txt").write_text(text)
    assert here.lacks([tmp_path / "list.txt"]) == lacking


def test_without_packaging_there_is_no_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "packaging.requirements", None)
    assert here.lacks([]) == ["tensorflow is missing"]
