"""What the dean reads: each notebook's outcomes as its own first page states them, and one version everywhere."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import helpers

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "notebooks" / "source").glob("[0-9]*.py"))
SYLLABUS = (ROOT / "docs" / "syllabus.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_outcomes_are_the_notebooks_own(source: Path):
    block = source.read_text(encoding="utf-8").split("**You will**")[1].split("# %%")[0]
    outcomes = [text.rstrip(",.") for text in re.findall(r"^# \d\. (.*)$", block, re.M)]
    (row,) = [line for line in SYLLABUS.splitlines() if f"(../notebooks/{source.stem}.ipynb)" in line]
    assert len(outcomes) == 3 and row.split(" | ")[1] == "; ".join(outcomes)


def test_the_homework_is_the_readmes():
    """The README's table says which notebooks an assignment belongs to; the syllabus says it from the other side."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pairs = re.findall(r"\| (h\d\d) [a-zA-Z-]+(?: [a-z]+)? \| ([\d and]+)", readme)
    belongs = {(name, int(number)) for name, words in pairs for number in re.findall(r"\d+", words)}
    rows = re.findall(r"^\| \[(\d+) .*\| (h\d\d|) \|$", SYLLABUS, re.M)
    assert {(name, int(number)) for number, name in rows if name} == belongs
    assert len(rows) == len(SOURCES) and len(belongs) >= 12


def test_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    values = yaml.safe_load((ROOT / "deploy" / "zero-to-jupyterhub.yaml").read_text(encoding="utf-8"))
    released = re.findall(r"^## (\d+\.\d+\.\d+), ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    versions = {project["version"], helpers.__version__, citation["version"], values["singleuser"]["image"]["tag"]}
    assert versions == {released[0]}
    assert f"Version {released[0]};" in SYLLABUS


def test_the_citation_has_what_its_format_asks_for():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["license"] == "MIT" and re.fullmatch(r"\d{4}-\d\d-\d\d", citation["date-released"])
