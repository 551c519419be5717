"""One list of packages: bounded on both sides, the same for pip, conda and Binder, and complete."""

import ast
import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import course
from tools.common import ROOT

# Imported from packages that a listed one brings and cannot do without.
BROUGHT = {"IPython": "ipykernel", "jupyter_core": "jupyterlab", "pygments": "nbconvert", "packaging": "tensorflow"}
BROUGHT |= {
    "jupyter_client": "ipykernel",
    "networkx": "scikit-image",
    "h5py": "keras",
    "jsonschema": "nbformat",
    "psutil": "ipykernel",
    "sqlalchemy": "nbgrader",
    "threadpoolctl": "scikit-learn",
    "tornado": "jupyterlab",
    "traitlets": "ipywidgets",
    "urllib3": "requests",
    "yaml": "jupytext",
}
OPTIONAL = {"pillow_heif"}  # read where it is there; the sentence says so where it is not
OURS = {"helpers", "tools", "course", "tests", "benchmarks"}


def requirements(name: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


COURSE, TOOLS, TESTS = (requirements(name) for name in course.LISTS)
PEERS = {
    "tf_keras_vis",
    "xplique",
    "tf_explain",
    "lime",
}  # benchmarks/requirements.txt
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("requirement", COURSE + TOOLS + TESTS, ids=lambda requirement: requirement.name)
def test_every_line_is_bounded_and_met(requirement: Requirement):
    operators = {part.operator for part in requirement.specifier}
    assert operators in ({">=", "<"}, {"=="})
    assert importlib.metadata.version(requirement.name) in requirement.specifier


def test_no_package_is_named_twice():
    names = [requirement.name.lower().replace("_", "-") for requirement in COURSE + TOOLS + TESTS]
    assert len(names) == len(set(names))


def test_conda_and_binder_read_the_same_lists():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    packages = environment["dependencies"]
    assert environment["channels"] == ["conda-forge"]
    assert {"pip": ["-r requirements.txt", "-e ."]} in packages and "pip" in packages
    pythons = [re.fullmatch(r"python=(\d+\.\d+)", name) for name in packages if isinstance(name, str)]
    (python,) = [found[1] for found in pythons if found]
    assert python in SpecifierSet(PROJECT["project"]["requires-python"])


def test_pythons_agree():
    fit = SpecifierSet(PROJECT["project"]["requires-python"])
    for minor in range(8, 18):
        assert (f"3.{minor}" in fit) == (course.OLDEST <= (3, minor) <= course.NEWEST)


def test_the_project_reads_the_same_list_and_installs_helpers_only():
    assert PROJECT["tool"]["setuptools"]["dynamic"]["dependencies"]["file"] == ["requirements.txt"]
    assert PROJECT["tool"]["setuptools"]["packages"]["find"]["include"] == ["helpers*"]


def imported(folders: list[str]) -> set[str]:
    """The outermost names that the Python files of these folders import."""
    names = set()
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            if isinstance(node, ast.Import):
                names |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - OURS - OPTIONAL


@pytest.mark.parametrize(
    ("folders", "lists"),
    [
        (["helpers", "notebooks/source"], COURSE),
        (["tools"], COURSE + TOOLS),
        (["tests"], COURSE + TOOLS + TESTS),
        (["benchmarks"], COURSE + TOOLS + TESTS),
    ],
    ids=["course", "tools", "tests", "benchmarks"],
)
def test_everything_imported_is_listed(folders: list[str], lists: list[Requirement]):
    listed = {requirement.name.lower().replace("_", "-") for requirement in lists}
    assert {BROUGHT[name] for name in BROUGHT} <= {requirement.name for requirement in COURSE + TOOLS}
    packages = importlib.metadata.packages_distributions()
    missing = {
        name
        for name in imported(folders) - set(BROUGHT) - (PEERS if folders == ["benchmarks"] else set())
        if not listed & {package.lower().replace("_", "-") for package in packages.get(name, [])}
    }
    assert missing == set()


def test_files_of_the_environment_are_ignored_by_git():
    ignored = Path(ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".venv/", ".venv.lock", "build/", "data/cache/"} <= set(ignored)
