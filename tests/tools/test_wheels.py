"""course.py wheels and lab --wheels: a tiny list is gathered and installed, with every server out of reach."""

import os
import platform
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import course
from tools import wheels
from tools.common import Stop

HERE = f"Python {sys.version_info[0]}.{sys.version_info[1]}, {platform.system()} {platform.machine()}"
# Nothing answers on port 9 of this machine: an installer that asked there would fail.
UNREACHABLE = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_EXTRA_INDEX_URL": "http://127.0.0.1:9/more"}
UNREACHABLE |= {"UV_INDEX_URL": "http://127.0.0.1:9/simple", "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}

# A project that is installed editable without any build package, which could not be fetched.
PROJECT = """[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny-course"
version = "1.0"
"""
BACKEND = """import zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "tiny_course-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as file:
        file.writestr("tiny_course-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny-course\\nVersion: 1.0\\n")
        file.writestr("tiny_course-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        file.writestr("tiny_course-1.0.dist-info/RECORD", "")
    return name
def get_requires_for_build_editable(config_settings=None):
    return []
"""  # noqa: E501


def put_wheel(folder: Path, name: str) -> None:
    """A package of one line, as a wheel."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "VALUE = 42\n")
        file.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{name}-1.0.dist-info/RECORD", "")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course whose only package is `tinypackage`; pip installs, and no server answers."""
    (tmp_path / "requirements.txt").write_text("tinypackage==1.0\n")
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "backend.py").write_text(BACKEND)
    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(course.shutil, "which", lambda name: None)
    for name, value in UNREACHABLE.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def test_a_list_is_gathered_and_installed_with_no_network(project: Path, monkeypatch: pytest.MonkeyPatch):
    put_wheel(project / "elsewhere", "tinypackage")
    stick = project / "stick"
    course.create(project / ".venv", stick)
    python = str(course.python_of(project / ".venv"))
    with monkeypatch.context() as gathering:
        gathering.setenv("PIP_NO_INDEX", "1")
        gathering.setenv("PIP_FIND_LINKS", str(project / "elsewhere"))
        wheels.gather(stick, [str(project / "requirements.txt")], [], python)
    assert [path.name for path in stick.glob("*.whl")] == ["tinypackage-1.0-py3-none-any.whl"]
    course.install(project / ".venv", course.STUDENT, stick)
    shown = subprocess.run(
        [python, "-c", "import tinypackage; print(tinypackage.VALUE)"], capture_output=True, text=True
    )
    assert shown.stdout.strip() == "42"
    assert course.is_complete(project / ".venv", course.STUDENT)
    # What is missing on the stick is said as that, and not as a missing network.
    (project / "requirements.txt").write_text("tinypackage==1.0\nothertinypackage==1.0\n")
    with pytest.raises(course.Stop, match=r"stick does not hold all packages .*course\.py wheels DIR"):
        course.install(project / ".venv", course.STUDENT, stick)


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (["--wheels", "{}"], []),
        (["--no-browser", "--wheels={}", "--port", "8899"], ["--no-browser", "--port", "8899"]),
    ],
)
def test_the_folder_is_taken_from_the_options(tmp_path: Path, options: list[str], left: list[str]):
    put_wheel(tmp_path / "a stick", "tinypackage")
    (tmp_path / "a stick" / "made-for.txt").write_text(HERE + "\n")
    options = [word.format(tmp_path / "a stick") for word in options]
    assert course.take_wheels(options) == (left, tmp_path / "a stick")


def test_other_options_pass():
    assert course.take_wheels(["--port=8899", "06"]) == (["--port=8899", "06"], None)


@pytest.mark.parametrize("options", [["--wheels"], ["--wheels", "nowhere"], ["--wheels="]])
def test_a_folder_without_packages_is_one_sentence(options: list[str], tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(course.Stop, match=r"--wheels needs a folder that `course\.py wheels DIR` has filled"):
        course.take_wheels(options)


@pytest.mark.parametrize("note", [b"\xff\xfe\x00", b"", b"half a no", "Python\u2028".encode()])
def test_a_damaged_note_is_passed_over(tmp_path: Path, note: bytes):
    put_wheel(tmp_path, "tinypackage")
    (tmp_path / "made-for.txt").write_bytes(note)
    assert course.take_wheels(["--wheels", str(tmp_path)]) == ([], tmp_path)


def test_a_user_that_is_not_there_is_one_sentence():
    with pytest.raises(course.Stop, match=r"--wheels needs a folder .*~no-such-user/stick is none"):
        course.take_wheels(["--wheels", "~no-such-user/stick"])
    with pytest.raises(Stop, match="there is no home folder for '~no-such-user/stick'"):
        wheels.main(["~no-such-user/stick"])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("ERROR: No matching distribution found for keras", "stick does not hold all packages"),
        ("No solution found when resolving: Because keras was not found in the provided links", "does not hold all"),
        ("ERROR: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: Wheel 'keras' located at stick/keras.whl is invalid.", "a package in .*stick is damaged"),
        ("zipfile.BadZipFile: Bad CRC-32 for file", "a package in .*stick is damaged"),
        ("PermissionError: [Errno 13] Permission denied", "the lines above say why"),
        ("Connection timed out", "the lines above say why"),
    ],
)
def test_the_real_reason_is_named(said: str, words: str):
    assert re.search(words, course.likely_cause(said.lower(), Path("/media/stick")))


def test_packages_for_another_computer_are_one_sentence(tmp_path: Path):
    put_wheel(tmp_path, "tinypackage")
    (tmp_path / "made-for.txt").write_text("Python 2.7, Plan9 pdp11\n")
    with pytest.raises(course.Stop, match="are for Python 2.7, Plan9 pdp11, and this is " + HERE):
        course.take_wheels(["--wheels", str(tmp_path)])


def test_both_sides_name_the_computer_alike():
    assert wheels.made_for() == HERE


def test_a_python_without_pip_is_one_sentence(tmp_path: Path):
    bare = tmp_path / ("python.bat" if os.name == "nt" else "python")
    bare.write_text("@exit /b 1\n" if os.name == "nt" else "#!/bin/sh\nexit 1\n")
    bare.chmod(0o755)
    with pytest.raises(Stop, match="has no pip"):
        wheels.gather(tmp_path, [], [], str(bare))
