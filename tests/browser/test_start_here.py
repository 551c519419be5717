"""Notebook 00 in JupyterLab in a browser: every cell runs, and the explorer's picture follows key and mouse."""

from playwright.sync_api import expect

from tests.browser.gallery import PICTURE, words_of

SLOW = 180_000  # milliseconds; a busy machine is no failure


def test_start_here_runs_and_its_explorer_follows(page, open_notebook, picture_of):
    panel = open_notebook("00_start_here")
    page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    explorer = panel.locator(".explorer")
    explorer.locator(PICTURE).wait_for(timeout=SLOW)
    last = panel.locator(".jp-CodeCell").last.locator(".jp-OutputArea-output")
    expect(last).to_contain_text("You have", timeout=SLOW)
    assert panel.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert panel.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    explorer.scroll_into_view_if_needed()
    picture_of("00_start_here")

    before, handle = words_of(explorer), explorer.locator(".noUi-handle").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(explorer.locator(PICTURE)).not_to_have_attribute("aria-label", before, timeout=SLOW)

    track, knob = explorer.locator(".noUi-target").first.bounding_box(), handle.bounding_box()
    page.mouse.move(knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"], track["y"] + track["height"] / 2, steps=5)
    page.mouse.up()
    expect(explorer.locator("canvas[aria-label*='Grad-CAM of espresso']")).to_be_visible(timeout=SLOW)

    explorer.get_by_label("Photo", exact=True).select_option("rocket")
    expect(explorer.locator("canvas[aria-label^='rocket: Grad-CAM of']")).to_be_visible(timeout=SLOW)
    picture_of("00_start_here_rocket")
