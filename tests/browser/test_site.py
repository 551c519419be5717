"""The site and static slides, opened as files with the network switched off: nothing is fetched, frames move by key."""

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.accessibility import assert_none
from tests.browser.lab import CHROMIUM_OPTIONS, ROOT
from tests.browser.tiny import write
from tools import common, reference, site


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A site of the tiny notebook, executed in a real kernel."""
    root = tmp_path_factory.mktemp("course")
    places = {"ROOT": root, "NOTEBOOKS": root / "notebooks", "SOURCES": root / "notebooks" / "source"}
    places |= {"BUILD": root / "build", "EXECUTED": root / "build" / "executed", "PAGES": root / "build" / "html"}
    places["SITE"] = root / "build" / "site"
    with pytest.MonkeyPatch.context() as patch:
        for name, place in places.items():
            patch.setattr(common, name, place)
        patch.setattr(site.on_site, "built", lambda folder: False)  # it has tests of its own
        (root / "notebooks").mkdir()
        write(root / "notebooks" / "00_greys.ipynb")
        shutil.copytree(ROOT / "docs", root / "docs")
        (root / "README.md").write_text("# A course\n\nThe [glossary](docs/glossary.md).\n")
        assert site.main([]) == 0 and site.main(["--slides", "00"]) == 0
    return root / "build" / "site"


@pytest.fixture(scope="module")
def browser(chromium):
    """One browser for all tests; each gets a window with settings of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def page(browser, request):
    """A narrow page for the dark scheme, a wide one for the light; no network, and every request is written down."""
    size = {"width": 1280 if request.param == "light" else 390, "height": 900}
    window = browser.new_context(viewport=size, color_scheme=request.param, offline=True)
    page, trouble = window.new_page(), []
    page.scheme = request.param
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("request", lambda asked: asked.url.startswith(("file:", "data:")) or trouble.append(asked.url))
    yield page
    window.close()
    assert not trouble, trouble


def test_a_page_of_the_site(page, folder, picture_of):
    page.goto((folder / "index.html").as_uri())
    picture_of(f"site_index_{page.scheme}")
    page.locator("ol.notebooks a").click()
    images = page.locator("article img")
    expect(images).to_have_count(3)
    assert all(images.nth(at).get_attribute("alt").startswith("grey of level") for at in range(3))
    expect(page.get_by_text("grey of level 0")).to_be_visible()
    page.get_by_role("slider", name="Greys: setting").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("img[alt='grey of level 100']")).to_be_visible()
    expect(page.locator("img[alt='grey of level 0']")).to_be_hidden()
    page.get_by_role("button", name="Greys: the next setting").click()
    expect(page.locator("output")).to_have_text("Level 255")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (page.scheme == "dark")
    picture_of(f"site_page_{page.scheme}")


def test_every_page_fits_a_phone_fetches_nothing_and_is_open_to_everybody(page, folder):
    for path in sorted(folder.glob("*.html")):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path.name
        assert_none(page, "", f"{path.name}, {page.scheme}")


def test_search_works_from_a_file(page, folder, picture_of):
    page.goto((folder / "search.html").as_uri() + "?q=receptive+field")
    found = page.locator("#search-results li a")
    expect(found.filter(has_text="receptive_field").first).to_be_visible()
    picture_of(f"site_search_{page.scheme}")
    page.goto((folder / "search.html").as_uri() + "?q=logits")  # a word of the glossary
    page.locator("#search-results li a", has_text="Glossary").first.click()
    expect(page.locator("article h1")).to_contain_text("Glossary")


@pytest.mark.parametrize("page", ["light"], indirect=True)
def test_every_public_name_has_its_place_in_the_reference(page, folder):
    for room, module in reference.rooms().items():
        page.goto((folder / f"reference-{room}.html").as_uri())
        places = page.evaluate("[...document.querySelectorAll('dt[id]')].map((place) => place.id)")
        missing = {f"helpers.{room}.{name}" for name in module.__all__} - set(places)
        assert not missing


def test_every_link_on_the_site_leads_somewhere(folder):
    places = {
        path.name: set(re.findall(r'id="([^"]+)"', path.read_text(encoding="utf-8"))) for path in folder.glob("*.html")
    }
    for path in folder.glob("*.html"):
        links = re.findall(r'<a [^>]*href="(?![a-z]+:)([^"#?]*)#?([^"]*)"', path.read_text(encoding="utf-8"))
        for address, section in links:
            there = address or path.name
            assert (folder / there).exists(), (path.name, address)
            assert not section or there not in places or section in places[there], (path.name, address, section)


def test_printed_all_frames_show(page, folder, picture_of):
    page.goto((folder / "00_greys.html").as_uri())
    page.emulate_media(media="print")
    for level in (0, 100, 255):
        expect(page.locator(f"img[alt='grey of level {level}']")).to_be_visible()
    expect(page.locator(".sidebar-drawer")).to_be_hidden()
    expect(page.get_by_role("slider")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")
    picture_of(f"site_print_{page.scheme}")


@pytest.mark.parametrize("page", ["light"], indirect=True)  # slides have one scheme
def test_static_slides(page, folder, picture_of):
    page.goto((folder / "slides" / "00_greys.html").as_uri())
    page.locator("body[data-deck=ready]").wait_for()
    page.keyboard.press("ArrowRight")
    assert page.locator(".fragment.visible").count() == 0
    page.keyboard.press("ArrowRight")
    expect(page.locator("img[alt='grey of level 0']")).to_be_visible()
    page.get_by_role("slider", name="Greys: setting").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("img[alt='grey of level 100']")).to_be_visible()
    assert_none(page, "", "static slides")
    picture_of(f"static_slides_{page.scheme}")
