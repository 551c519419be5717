"""tools/live/on_site.py and bundle.py: what the site says of the page that sees, and what happens without npm."""

import re
import shutil

import pytest

from tools import common
from tools.common import Stop
from tools.live import build, bundle, on_site


def test_each_link_leads_to_an_explorer_of_the_page_and_from_a_notebook():
    views = set(re.findall(r'^  name: "([\w-]+)"', (bundle.SOURCES / "views.js").read_text(encoding="utf-8"), re.M))
    assert {place for links in on_site.EXPLORERS.values() for place in links.values()} == views
    assert all((common.SOURCES / f"{name}.py").is_file() for name in on_site.EXPLORERS)
    assert "[DeepDream](live.html#deepdream)" in on_site.note("09_deepdream") and not on_site.note("10_multi_task")


def test_where_the_page_cannot_be_built_the_site_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path, capsys):
    def build_nothing(folder):
        raise Stop("npm could not fetch its engine (ENOTFOUND)")

    monkeypatch.setattr(build, "build", build_nothing)
    assert on_site.built(tmp_path) is False
    assert "left out: npm could not fetch its engine (ENOTFOUND)" in capsys.readouterr().out


def test_without_npm_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(Stop, match=re.escape("install Node.js")):
        bundle.node()


def test_npms_packages_are_pinned_exactly():
    for packages in (bundle.PACKAGES, common.ROOT / "tests" / "browser" / "package.json"):
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in bundle.wanted(packages).values())
