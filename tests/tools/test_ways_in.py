"""What other places read: Binder, dev containers, GitHub. They name what the course names, and what is there."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml

import course
from tools.common import ROOT

PYTHONS = [f"3.{minor}" for minor in range(course.OLDEST[1], course.NEWEST[1] + 1)]


def test_binder_installs_the_courses_list_and_the_course():
    folder = ROOT / ".binder"
    lines = [line for line in (folder / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert [(folder / line.removeprefix("-r ")).resolve() for line in lines] == [ROOT / "requirements.txt"]
    assert (folder / "runtime.txt").read_text().strip().removeprefix("python-") in PYTHONS
    assert "--editable ." in (folder / "postBuild").read_text()
    (named,) = re.findall(r'JUPYTER_CONFIG_PATH="\$PWD/([^"]+)"', (folder / "start").read_text())
    assert (ROOT / named / "labconfig" / "page_config.json").is_file()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such mark on files")
@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_binder_can_run_its_scripts(name: str):
    assert os.access(ROOT / ".binder" / name, os.X_OK)


def test_the_dev_container_has_a_fitting_python_and_installs_the_course():
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text()
    settings = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))
    assert re.search(r"python:(3\.\d+)-", settings["image"])[1] in PYTHONS
    assert "requirements.txt" in settings["postCreateCommand"] and settings["forwardPorts"] == [8888]


def test_the_workflow_tries_every_system_with_every_python():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())["jobs"]
    matrix = jobs["everywhere"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS and {name.split("-")[0] for name in matrix["os"]} == {
        "ubuntu",
        "windows",
        "macos",
    }
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    words = [word for command in commands if command.startswith("python course.py") for word in command.split()[2:]]
    assert all(word in course.COMMANDS or (ROOT / word).exists() for word in words)
    assert "notebooks/00_start_here.ipynb" in words


def test_the_documented_resolution_covers_the_workflows_matrix():
    """The page's loop names each Python, and each system of the matrix by uv's word for it."""
    page = (ROOT / "docs" / "environments.md").read_text(encoding="utf-8")
    loop = re.search(r"for python in (.*?); do.*?for system in (.*?); do", page, re.S)
    assert loop[1].split() == PYTHONS and loop[2].split() == [
        "x86_64-manylinux_2_28",
        "windows",
        "aarch64-apple-darwin",
    ]


def test_the_folder_holds_only_what_must_lie_there():
    """At the top: what somebody opens first, and what programs look for nowhere else."""
    shown = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "THIRD_PARTY.md", "CITATION.cff", "course.py"}
    shown |= {"pyproject.toml", "requirements.txt", "environment.yml"}
    folders = {"helpers", "notebooks", "tests", "tools", "docs", "data", "deploy", "benchmarks", "instructor"}
    made = {"build", "dist", "my_homework"}
    found = {path.name for path in Path(ROOT).iterdir() if not path.name.startswith(".")}
    assert {name for name in found if not name.endswith((".egg-info", "__pycache__"))} <= shown | folders | made
