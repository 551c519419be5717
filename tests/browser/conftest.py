"""A real JupyterLab server and a real browser, both shut down whatever happens."""

import os
import shutil
from pathlib import Path

import pytest

from tests.browser.lab import CHROMIUM_OPTIONS, ROOT, Lab, open_in_lab

PICTURES = ROOT / "build" / "screenshots"
INSIDE = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; without it a test is skipped, and under CI=true it fails."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    if os.environ.get("CI") == "true":
        pytest.fail("there is no Chromium, and CI must run the browser tests: apt-get install chromium")
    pytest.skip("there is no Chromium on this machine; on Debian and Ubuntu: apt install chromium")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture
def page(chromium):
    """A browser page that records page errors and requests to anywhere but this machine; both must stay empty."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_OPTIONS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        errors, outside = [], []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: request.url.startswith(INSIDE) or outside.append(request.url))
        yield page
        browser.close()
    assert not errors, errors
    assert not outside, f"requests left this machine: {outside}"


@pytest.fixture
def open_notebook(page, lab):
    """A function that opens a notebook in JupyterLab, waits for its kernel, and returns the notebook's panel."""
    return lambda name: open_in_lab(page, lab, name)


@pytest.fixture
def picture_of(page):
    """A function that keeps a screenshot under build/screenshots, to be looked at."""

    def keep(name: str) -> Path:
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.png"
        page.screenshot(path=str(path))
        return path

    return keep
