"""Live slides in a browser: the explorer works by key, answers wait, a key shows code, nothing is fetched outside."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.tiny import write
from tools import slides

SLOW = 120_000  # milliseconds; a busy machine is no failure


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of the tiny notebook's live slides, served by Voilà as `course.py slides` does."""
    folder = tmp_path_factory.mktemp("slides")
    path = write(folder / "00_greys.ipynb")
    (kept, slides.SLIDES) = slides.SLIDES, folder / "served"
    try:
        prepared = slides.prepared("00_greys", path)
    finally:
        slides.SLIDES = kept
    port = slides.free_port()
    ours = str(Path(slides.__file__).parent / "jupyter")
    private = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **private, "JUPYTER_PATH": ours, "IPYTHONDIR": str(folder / "ipython")}
    log = folder / "voila.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "voila", str(prepared), *slides.options(port, quiet=True)],
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_for(f"{address}voila/static/voila.js", process, log)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    """Wait until the server answers; asking for the slides themselves would start a kernel."""
    end = time.monotonic() + 90
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"Voilà did not start:\n{log.read_text()}")


def test_live_slides(page, served, picture_of):
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(served, wait_until="commit")
    page.locator("body[data-deck=ready]").wait_for(timeout=SLOW)
    expect(page.locator("h1")).to_be_visible()
    picture_of("slides_title")

    # The answer waits: the question first, then with one key the caption and the explorer.
    image = page.locator("img[alt^='grey of level']")
    image.wait_for(state="attached", timeout=SLOW)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".think")).to_be_visible()
    assert page.locator(".fragment.visible").count() == 0
    page.keyboard.press("ArrowRight")
    assert page.locator(".fragment.visible").count() == 2
    expect(page.locator(".fragment", has_text="Move it.")).to_be_visible()
    expect(image).to_have_attribute("alt", "grey of level 100")

    # Arrow keys move the slider that has the focus, and not the slides; Escape gives them back.
    before, place = image.get_attribute("src"), page.evaluate("deck.getIndices()")
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    expect(image).to_have_attribute("alt", "grey of level 101", timeout=SLOW)
    assert image.get_attribute("src") != before and page.evaluate("deck.getIndices()") == place
    picture_of("slides_explorer")
    page.keyboard.press("Escape")

    # The key for the code.
    code = page.locator(".code", has_text="def draw")
    expect(code).to_be_hidden()
    page.keyboard.press("c")
    expect(code).to_be_visible()
    picture_of("slides_code")
    page.keyboard.press("c")
    expect(code).to_be_hidden()

    # What reads the picture comes after it; then the last slide.
    page.keyboard.press("ArrowRight")
    expect(page.locator(".fragment", has_text="It is grey.")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".output pre", has_text="done")).to_be_visible()
    assert page.evaluate("deck.isLastSlide()")
    assert page.locator("math").count() == 2

    # A reload runs the notebook again, stays on its slide, and its explorer works too; the kernel before has ended.
    page.goto(served + "#/1")
    page.reload(wait_until="commit")
    page.locator("body[data-deck=ready]").wait_for(timeout=SLOW)
    image.wait_for(state="attached", timeout=SLOW)
    page.keyboard.press("ArrowRight")
    expect(image).to_be_visible()
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(image).to_have_attribute("alt", "grey of level 99", timeout=SLOW)
    assert not said, said
