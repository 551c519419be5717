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
]
LINK = re.compile(r"\]\(([^)#\s]+)")


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
