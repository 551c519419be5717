"""A real hub with two system users: each runs notebook 0 through the proxy, and neither sees the other's home."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.gallery import PICTURE, words_of
from tests.browser.lab import CHROMIUM_OPTIONS, READY
from tests.deploy import hub as hubs

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(hubs.why_not()), reason=hubs.why_not())]
SLOW = 240_000  # milliseconds; a busy machine is no failure

# Run in a student's kernel; prints what happened as JSON.
LOOKS = """
import json, os, sys, pathlib, helpers
from helpers.files import cache_folder
def tried(what):
    try:
        what()
    except OSError as error:
        return type(error).__name__
    return "done"
print(json.dumps({{
    "other's home": tried(lambda: os.listdir({other!r})),
    "other's kernels": tried(lambda: os.listdir({other!r} + "/.run")),
    "environment": tried(lambda: pathlib.Path(helpers.__file__).open("a")),
    "new package": tried(lambda: (pathlib.Path(helpers.__file__).parents[1] / "mine.py").open("x")),
    "own home": tried(lambda: (pathlib.Path.home() / "mine.txt").write_text("x")),
    "python": sys.prefix, "helpers": helpers.__file__, "cache": str(cache_folder()),
}}))
"""
RUN = """async code => {
    const future = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({ code });
    let text = '';
    future.onIOPub = message => { text += message.content.text ?? ''; };
    await future.done;
    return text;
}"""


@pytest.fixture(scope="module")
def hub():
    made = hubs.Hub(2)
    yield made
    made.stop()


def log_in(page, hub, student):
    """Log in at the hub's own page and wait for the notebook that it opens, its kernel idle."""
    page.goto(hub.address)
    page.fill("#username_input", student)
    page.fill("#password_input", hub.password)
    page.click("#login_submit")
    page.wait_for_url("**/lab/tree/course/notebooks/00_start_here.ipynb*", timeout=SLOW)
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext", timeout=SLOW)
    page.evaluate(READY)
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


@pytest.fixture
def new_page(chromium):
    """A function that opens a page of another person: nothing of the others' cookies."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_OPTIONS)
        yield lambda: browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        browser.close()


def test_two_students(hub, new_page):
    pages = {student: new_page() for student in hub.students}
    panels = {student: log_in(page, hub, student) for student, page in pages.items()}
    for page in pages.values():
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    for student, page in pages.items():
        runs_and_follows(page, panels[student])
        other = next(one for one in hub.students if one != student)
        seen = json.loads(page.evaluate(RUN, LOOKS.format(other=str(hub.home(other)))))
        assert {name: seen[name] for name in list(seen)[:5]} == {
            "other's home": "PermissionError",
            "other's kernels": "PermissionError",
            "environment": "PermissionError",
            "new package": "PermissionError",
            "own home": "done",
        }
        assert seen["python"] == str(hub.place / "env") and seen["helpers"].startswith(seen["python"])
        said = page.evaluate(RUN, "!cd ~/course && python3 course.py doctor && ls -a")
        assert "This is a JupyterHub: the command runs in its Python" in said and ".venv" not in said.split()
        assert page.goto(f"{hub.address}/user/{other}/lab").status == 403
        assert seen["cache"] == str(hub.home(student) / "course-cache")


def runs_and_follows(page, panel):
    """Every cell ran, and the explorer's picture follows the slider."""
    explorer = panel.locator(".explorer")
    explorer.locator(PICTURE).wait_for(timeout=SLOW)
    last = panel.locator(".jp-CodeCell").last.locator(".jp-OutputArea-output")
    expect(last).to_contain_text("You have", timeout=SLOW)
    assert panel.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    before, handle = words_of(explorer), explorer.locator(".noUi-handle").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(explorer.locator(PICTURE)).not_to_have_attribute("aria-label", before, timeout=SLOW)


def test_what_is_new_comes_and_a_students_work_stays(hub):
    """What the start page asks for at each login, after a release: new files arrive, what a student changed is kept."""
    student = hub.students[0]
    hub.serve(student)
    hub.pull(student)
    course = hub.home(student) / "course"
    mine, theirs = course / "notebooks" / "00_start_here.ipynb", course / "notebooks" / "01_augmentation.ipynb"
    assert not (course / "instructor").exists()
    mine.write_text("my own cells\n")
    (course / "my_notes.txt").write_text("my notes\n")
    hub.release({name: "a new edition\n" for name in ("new.txt", *(f"notebooks/{one.name}" for one in (mine, theirs)))})
    hub.pull(student)
    assert (course / "new.txt").read_text() == theirs.read_text() == "a new edition\n"
    assert mine.read_text() == "my own cells\n" and (course / "my_notes.txt").read_text() == "my notes\n"
