"""Notebook 06 in JupyterLab in a browser: it runs, and the explorer's picture follows its controls."""

from playwright.sync_api import expect

SLOW = 180_000  # milliseconds; a busy machine is no failure


def test_explorer_follows_keys_and_mouse(page, open_notebook, picture_of):
    panel = open_notebook("06_grad_cam")
    page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    explorer = panel.locator(".widget-box").filter(has=page.locator("img[alt*='Grad-CAM of']")).first
    explorer.wait_for(timeout=SLOW)
    assert panel.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert panel.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    explorer.scroll_into_view_if_needed()
    image = explorer.locator("img")
    picture_of("06_grad_cam")

    before = image.get_attribute("src")
    handle = explorer.locator(".noUi-handle").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(image).not_to_have_attribute("src", before, timeout=SLOW)

    before = image.get_attribute("src")
    track = explorer.locator(".noUi-target").first.bounding_box()
    knob = handle.bounding_box()
    page.mouse.move(knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"] * 0.1, track["y"] + track["height"] / 2, steps=5)
    page.mouse.up()
    expect(image).not_to_have_attribute("src", before, timeout=SLOW)

    explorer.get_by_label("Photo", exact=True).select_option("coffee")
    expect(explorer.get_by_label("Class")).to_contain_text("espresso", timeout=SLOW)
    expect(explorer).to_contain_text("coffee: Grad-CAM of espresso at head_relu, 7 x 7 places", timeout=SLOW)
    picture_of("06_grad_cam_coffee")
