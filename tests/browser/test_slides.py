"""Live slides in a browser: the explorer works by key, answers wait, a key shows code, nothing is fetched outside."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import assert_none
from tests.browser.gallery import pixels_of
from tests.tools.slides_server import kernel_of, serving

SLOW = 120_000  # milliseconds; a busy machine is no failure


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """The tiny notebook's live slides, served as `course.py slides` does."""
    with serving(tmp_path_factory.mktemp("slides")) as served:
        yield served


@pytest.fixture
def served(show):
    """The address with its token."""
    return f"http://127.0.0.1:{show.port}/?token={show.token}"


def test_live_slides(page, served, picture_of):
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(served, wait_until="commit")
    page.locator("body[data-deck=ready]").wait_for(timeout=SLOW)
    expect(page.locator("h1")).to_be_visible()
    picture_of("slides_title")

    # The answer waits: the question first, then with one key the caption and the explorer.
    image = page.locator("canvas[aria-label^='grey of level']")
    image.wait_for(state="attached", timeout=SLOW)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".think")).to_be_visible()
    assert page.locator(".fragment.visible").count() == 0
    page.keyboard.press("ArrowRight")
    assert page.locator(".fragment.visible").count() == 2
    expect(page.locator(".fragment", has_text="Move it.")).to_be_visible()
    expect(image).to_have_attribute("aria-label", "grey of level 100")

    # Arrow keys move the slider that has the focus, and not the slides; Escape gives them back.
    before, place = pixels_of(page), page.evaluate("deck.getIndices()")
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    expect(image).to_have_attribute("aria-label", "grey of level 101", timeout=SLOW)
    assert pixels_of(page) != before and page.evaluate("deck.getIndices()") == place
    assert_none(page, "", "live slides")
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

    # A reload stays on its slide and on its kernel: the level is the one that the slider was moved to.
    page.goto(served + "#/1")
    page.reload(wait_until="commit")
    page.locator("body[data-deck=ready]").wait_for(timeout=SLOW)
    image.wait_for(state="attached", timeout=SLOW)
    page.keyboard.press("ArrowRight")
    expect(image).to_be_visible()
    expect(image).to_have_attribute("aria-label", "grey of level 101", timeout=SLOW)
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowLeft")
    expect(image).to_have_attribute("aria-label", "grey of level 100", timeout=SLOW)
    assert not said, said


def test_a_second_window_shows_the_same_kernel(page, served, show):
    said = []
    second = page.context.browser.new_page()  # of another browser, as it were: no cookie is shared
    images = []
    for window in (page, second):
        window.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        window.goto(served + "#/1", wait_until="commit")
        window.locator("body[data-deck=ready]").wait_for(timeout=SLOW)
        images.append(window.locator("canvas[aria-label^='grey of level']"))
        images[-1].wait_for(state="attached", timeout=SLOW)
        window.keyboard.press("ArrowRight")
    level = int(images[0].get_attribute("aria-label").split()[-1])
    expect(images[1]).to_have_attribute("aria-label", f"grey of level {level}", timeout=SLOW)
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    for image in images:
        expect(image).to_have_attribute("aria-label", f"grey of level {level + 1}", timeout=SLOW)

    # The window that goes leaves the other its kernel.
    kernel = kernel_of(show.page())
    second.close()
    page.keyboard.press("ArrowRight")
    expect(images[0]).to_have_attribute("aria-label", f"grey of level {level + 2}", timeout=SLOW)
    assert show.kernels() == 1 and kernel_of(show.page()) == kernel
    assert not said, said


def test_a_page_of_another_site_gets_nothing(page, served, show):
    """With the token even, which it cannot know: the browser itself says where the request comes from."""
    kernel = kernel_of(show.page())
    page.goto("data:text/html,<p>Look!</p>")  # an origin of its own
    socket = f"ws://127.0.0.1:{show.port}/api/kernels/{kernel}/channels?token={show.token}"
    opens = (
        "(to) => new Promise(end => { const s = new WebSocket(to); s.onopen = () => end('open'); s.onerror = end; })"
    )
    assert page.evaluate(opens, socket) != "open"
    with page.expect_response(served) as answer:
        page.evaluate("(to) => { location.href = to; }", served)
    assert answer.value.status == 403
