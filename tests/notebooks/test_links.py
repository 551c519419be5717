"""Links between the notebooks, from the README and from the docs lead to files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *sorted((ROOT / "notebooks" / "source").glob("*.py")),
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "data").glob("*.md")),
    *sorted((ROOT / "instructor").glob("*.md")),
    *sorted((ROOT / "notebooks" / "homework").glob("*.ipynb")),
]
LINK = re.compile(r"\]\(([^)#\s]+)")
NUMBERED = re.compile(r"\[(?:← )?(?:[Nn]otebook )?(\d+)(?: [^\]]*)?\]\((?:\.\./)?(?:notebooks/)?(\d\d)_\w+\.ipynb\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    folder = ROOT / "notebooks" if page.suffix == ".py" else page.parent
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    missing = [target for target in targets if not (folder / target).exists()]
    assert not missing, f"{page.name} links to what is not there: {missing}"


def test_the_start_page_and_the_readme_lead_to_every_notebook():
    start = (ROOT / "notebooks" / "source" / "00_start_here.py").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for source in (ROOT / "notebooks" / "source").glob("[0-9]*.py"):
        assert f"notebooks/{source.stem}.ipynb" in readme
        assert source.stem == "00_start_here" or f"({source.stem}.ipynb)" in start


def test_a_link_that_says_a_number_leads_to_the_notebook_with_that_number():
    found = [(page.name, *pair) for page in PAGES for pair in NUMBERED.findall(page.read_text(encoding="utf-8"))]
    assert len(found) > 150
    assert [(page, says, leads) for page, says, leads in found if int(says) != int(leads)] == []


def test_each_notebook_leads_to_the_one_before_it_and_the_one_after_it():
    sources = sorted((ROOT / "notebooks" / "source").glob("[0-9]*.py"))
    for at, source in enumerate(sources):
        text = source.read_text(encoding="utf-8")
        assert re.search(rf"^# # {int(source.stem[:2])} ", text, re.M), f"{source.stem} has another number in its title"
        before = [f"{other.stem}.ipynb" for other in sources[max(0, at - 1) : at]]
        after = [f"{other.stem}.ipynb" for other in sources[at + 1 : at + 2]]
        assert re.findall(r"\[← [^\]]*\]\((\S+)\)", text) == before, source.stem
        assert re.findall(r"\[[^\]]* →\]\((\S+)\)", text) == after, source.stem
