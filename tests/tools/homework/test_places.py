"""tools/homework/places.py: one address makes the badges and the notebooks that open in Colab by themselves."""

import json
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.tools.test_requirements import requirements
from tools import common
from tools.common import ROOT
from tools.homework import places

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
WHOLE = "https://github.com/ann/course/blob/main/"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/ann/course", "ann/course"),
        ("https://github.com/ann/course.git", "ann/course"),
        ("https://github.com/ann/a.b-c/", "ann/a.b-c"),
        ("https://gitlab.com/ann/course", ""),
        ("git@github.com:ann/course", ""),
        ("", ""),
    ],
)
def test_what_is_on_github(address: str, name: str):
    assert places.on_github(address) == name


def test_badges_lead_to_the_edition():
    text = places.badges("https://github.com/ann/course.git")
    links = set(re.findall(r"\((https://[^)]+)\)", text))
    assert {
        "https://mybinder.org/v2/gh/ann/course/main?urlpath=lab%2Ftree%2Fnotebooks%2F00_start_here.ipynb",
        "https://colab.research.google.com/github/ann/course/blob/main/deploy/colab/00_start_here.ipynb",
    } <= links
    assert "git clone https://github.com/ann/course.git" in text
    assert places.badges("") == "" and "badge" not in places.badges("https://example.org/course")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_colab_notebook_installs_first_and_leads_nowhere_in_vain(path: Path):
    """Every cell of ours is there, unchanged where it is code; each link is whole and its file is in the edition."""
    book = json.loads(places.colab_edition(path.read_text(encoding="utf-8"), "ann/course"))
    ours = json.loads(path.read_text(encoding="utf-8"))
    codes = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    assert codes[0] == places.set_up("ann/course")
    assert codes[1:] == ["".join(cell["source"]) for cell in ours["cells"] if cell["cell_type"] == "code"]
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"]) == len(ours["cells"]) + 2
    texts = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "markdown"]
    for link in [link for text in texts for link in re.findall(r"\]\(([^)#\s]+)", text)]:
        assert link.startswith("https://"), link
        if link.startswith(WHOLE):
            assert (ROOT / link.removeprefix(WHOLE)).exists(), link
        elif "colab.research" in link:
            assert Path(link).name in {other.name for other in NOTEBOOKS}


def test_the_set_up_asks_for_the_courses_list_without_jupyter():
    first, second = places.set_up("ann/course").replace(" \\\n", "").splitlines()
    asked = [Requirement(text) for text in re.findall(r'"([^"]+)"', first)]
    listed = {one.name: one.specifier for one in requirements("requirements.txt")}
    assert {one.name for one in asked} == set(listed) - {"jupyterlab", "ipykernel"}
    assert all(one.specifier == listed[one.name] and one.marker is None for one in asked)
    assert first.startswith("%pip install") and second.startswith("%pip install -q --no-deps https://github.com/ann/")


def test_what_only_another_system_needs_is_not_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    text = '# words\nnumpy>=2\nipykernel>=7\ncolorama>=1; sys_platform == "win32"\nfast>=1; sys_platform == "linux"\n'
    (tmp_path / "requirements.txt").write_text(text)
    monkeypatch.setattr(common, "ROOT", tmp_path)
    assert re.findall(r'"([^"]+)"', places.set_up("a/b")) == ["numpy>=2", "fast>=1"]
