"""Every explorer in JupyterLab in a browser: keys alone are enough, the picture follows, and it can be looked at."""

import base64
from pathlib import Path

import numpy as np
from playwright.sync_api import expect

from helpers import images
from tests.browser.accessibility import assert_none
from tests.browser.gallery import EXPLORERS, IDLE, PICTURE, fingerprint_of, name_of, pixels_of, words_of, write

SLOW = 120_000  # milliseconds; a busy machine is no failure
KEYS = {"slider": "ArrowRight", "menu": "ArrowDown"}
SIZES = ((900, "JupyterLab Light"), (640, "JupyterLab Dark"), (390, "JupyterLab Light"))  # 640 is 1280 at 200 %
CONTROLS = ".noUi-handle:visible, select:visible"


def key_for(control) -> str:
    return KEYS["menu" if control.evaluate("element => element.tagName") == "SELECT" else "slider"]


def opposite(key: str) -> str:
    return {"ArrowRight": "ArrowLeft", "ArrowDown": "ArrowUp"}[key]


def shown(cell) -> tuple:
    """The picture, its words and its call: what a control must change one of."""
    return fingerprint_of(cell), words_of(cell), tuple(cell.locator("code").all_inner_texts())


def move(page, cell, control) -> bool:
    """Press a key on a control until something changes, forwards and then backwards for a control at its end."""
    before, key = shown(cell), key_for(control)
    for pressed in (key, opposite(key), opposite(key)):
        control.focus()
        page.keyboard.press(pressed)
        for _ in range(60):
            if shown(cell) != before:
                settle(page, cell)
                return True
            page.wait_for_timeout(50)
    return False


def settle(page, cell) -> None:
    """Wait until nothing changes any more: the rest of an answer must not pass for the next one."""
    before = None
    while (now := shown(cell)) != before:
        before = now
        page.wait_for_timeout(100)


def test_every_explorer(page, lab, open_notebook, picture_of):
    """One kernel for all of them: each that starts TensorFlow anew would cost ten seconds."""
    names = list(EXPLORERS)
    write(lab.notebooks, names)
    panel = open_notebook("gallery")
    page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    cells = {name: panel.locator(".jp-CodeCell").nth(number) for number, name in enumerate(names, 1)}
    for name, cell in cells.items():
        cell.locator(PICTURE).first.wait_for(timeout=SLOW)
        assert panel.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0, name
        follows_the_keyboard(page, name, cell)
        picture_of(f"explorer_{name}")
    gives_picture_and_code(page, cells["grad_cam"])
    takes_own_photos(page, cells["tour"])
    picture_of("explorer_own_photo")
    stops_and_starts(page, cells["school"])
    work_ends_with_its_output(page, cells["school"], names.index("school") + 1)
    for width, theme in SIZES:
        page.set_viewport_size({"width": width, "height": 1000})
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        page.evaluate("() => { const s = window.jupyterapp.shell; s.collapseLeft(); s.collapseRight(); }")
        for at, (name, cell) in enumerate(cells.items()):
            cell.scroll_into_view_if_needed()
            page.wait_for_timeout(150)
            picture_of(f"explorer_{name}_{width}")
            output = cell.locator(".jp-OutputArea-output").first
            overflow = output.evaluate("element => element.scrollWidth - element.clientWidth")
            assert overflow <= 1, f"{name} is {overflow} pixels wider than the page of {width}"
            if theme.endswith("Dark") or at % 2 == (width == 390):  # each one dark, and light in one of two widths
                assert_none(page, ".explorer", f"{name}, {theme}, {width} pixels wide", cell)
    says_when_the_kernel_is_new(page, cells["grad_cam"])


def follows_the_keyboard(page, name, cell) -> None:
    cell.scroll_into_view_if_needed()
    assert len(words_of(cell)) > 10, f"{name}: the picture has no words"
    controls = cell.locator(CONTROLS)
    assert controls.count(), f"{name} has nothing that a key could move"
    moving = [one for one in controls.all() if name_of(one) not in IDLE.get(name, ())]
    still = [name_of(one) for one in moving if not move(page, cell, one)]
    assert not still, f"{name}: nothing changed under {still}"
    assert cell.locator("[role=alert]").count() == 0, f"{name}: {cell.locator('[role=alert]').all_inner_texts()}"


def gives_picture_and_code(page, cell) -> None:
    """The saved file is the picture that is shown, and the clipboard holds the call."""
    cell.scroll_into_view_if_needed()
    with page.expect_download() as download:
        cell.get_by_role("button", name="Save picture").press("Enter")
    saved = images.load(Path(download.value.path()).read_bytes())
    np.testing.assert_array_equal(saved, images.load(base64.b64decode(pixels_of(cell).split(",")[1])))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell.get_by_role("button", name="Copy code").press("Enter")
    expect(cell.get_by_role("button", name="Copied")).to_be_visible()
    call, state = page.evaluate("() => navigator.clipboard.readText()").splitlines()
    assert call.startswith("grad_cam(network, picture, ") and state.startswith("grad_cam_explorer(network).at(")
    # The page mixes photo and map itself, and comes to the kernel's picture: JPEG and a byte for each place apart.
    opened = f"__import__('base64').b64encode({state}.png).decode()"
    expected = images.load(base64.b64decode(of_kernel(page, opened).strip("'")))
    differences = np.abs(saved.astype(int) - expected)
    assert differences.mean() < 1.5 and np.quantile(differences, 0.999) < 16


def takes_own_photos(page, cell) -> None:
    """By the file button, in more than one part, and by a drop."""
    cell.scroll_into_view_if_needed()
    noise = np.random.default_rng(0).integers(0, 256, (1800, 2400, 3), np.uint8)  # 13 MB
    cell.locator("input[type=file]").set_input_files(
        {"name": "own.png", "mimeType": "image/png", "buffer": images.encode_png(noise)}
    )
    expect(cell.locator("[aria-label^='(your photo)']")).to_be_visible(timeout=SLOW)
    expect(
        cell.get_by_role("status").filter(has_text="own.png: 2048 x 1536 pixels; it had 2400 x 1800")
    ).to_be_visible()
    before = pixels_of(cell)
    cell.locator(".photo-drop").evaluate(
        """async (zone, bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "second.png", { type: "image/png" }));
            zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        list(images.encode_png(np.full((60, 80, 3), (200, 30, 30), np.uint8))),
    )
    expect(cell.get_by_role("status").filter(has_text="second.png: 80 x 60 pixels")).to_be_visible(timeout=SLOW)
    settle(page, cell)
    assert pixels_of(cell) != before
    refuses_what_is_no_photo(cell)


def refuses_what_is_no_photo(cell) -> None:
    """One sentence for each, only the last one is seen, and a photo takes it away."""
    drop = """async (zone, size) => {
        const data = new DataTransfer();
        if (size >= 0) data.items.add(new File([new Uint8Array(size)], "film.mp4"));
        zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    alert = cell.locator("[role=alert]")
    for size, words in ((0, "film.mp4 is empty"), (100_000_001, "larger than 100 MB"), (-1, "That was no file")):
        cell.locator(".photo-drop").evaluate(drop, size)
        expect(alert).to_contain_text(words, timeout=SLOW)
        expect(alert).to_have_count(1)
    cell.get_by_label("Photo", exact=True).select_option("coffee")
    expect(alert).to_have_count(0, timeout=SLOW)


def of_kernel(page, expression: str) -> str:
    """What an expression of Python is in the notebook's kernel."""
    ask = """async expression => {
        const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        const asked = kernel.requestExecute({ code: "import threading", user_expressions: { it: expression } });
        return (await asked.done).content.user_expressions.it.data["text/plain"];
    }"""
    return page.evaluate(ask, expression)


def work_ends_with_its_output(page, cell, number) -> None:
    """Running the cell again ends the work that its output began, and so does clearing the output."""
    working = "sum('_work' in thread.name for thread in threading.enumerate())"
    command = """async ([number, name]) => {
        window.jupyterapp.shell.currentWidget.content.activeCellIndex = number;
        await window.jupyterapp.commands.execute(name);
    }"""
    for again in ("notebook:run-cell", "notebook:clear-cell-output"):
        cell.get_by_label("Model").select_option("gated")
        cell.get_by_role("button", name="Start").press("Enter")
        expect(cell).to_contain_text("step", timeout=SLOW)
        assert of_kernel(page, working) == "1"
        page.evaluate(command, [number, again])
        for _ in range(200):
            page.wait_for_timeout(100)
            if of_kernel(page, working) == "0":
                break
        else:
            raise AssertionError(f"the work goes on after {again}")
    page.evaluate(command, [number, "notebook:run-cell"])  # it has more to show below
    cell.locator(PICTURE).first.wait_for(timeout=SLOW)


def stops_and_starts(page, cell) -> None:
    cell.scroll_into_view_if_needed()
    cell.get_by_label("Model").select_option("shared + heads")
    cell.get_by_role("button", name="Start").press("Enter")
    expect(cell).to_contain_text("step", timeout=SLOW)
    expect(cell.get_by_role("button", name="Stop")).to_be_focused()  # Start is off while the work goes on
    page.keyboard.press("Enter")
    expect(cell).to_contain_text("stopped", timeout=SLOW)
    expect(cell.get_by_role("button", name="Start")).to_be_focused()
    cell.get_by_label("Model").select_option("one for all")
    cell.get_by_role("button", name="Start").press("Enter")
    expect(cell).to_contain_text("done", timeout=SLOW)
    assert words_of(cell).startswith("one for all, ")


def says_when_the_kernel_is_new(page, cell) -> None:
    """Controls and picture of an old kernel are dead: the reader is told what to do."""
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(cell.get_by_role("status").filter(has_text="run the cell again")).to_be_visible(timeout=SLOW)


def test_a_long_answer_can_be_stopped(page, lab, open_notebook):
    """A sign while the kernel works, a button that interrupts it, and the explorer goes on."""
    write(lab.notebooks, ["waits"])
    panel = open_notebook("gallery")
    page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    cell = panel.locator(".jp-CodeCell").nth(1)
    expect(cell.locator("[aria-label='waited for 0']")).to_be_visible(timeout=SLOW)
    cell.get_by_role("slider", name="Wait").press("ArrowRight")
    expect(cell.get_by_role("status")).to_contain_text("working", timeout=SLOW)
    cell.get_by_role("button", name="Stop this").click(timeout=SLOW)
    expect(cell.get_by_role("alert")).to_contain_text("it was stopped", timeout=SLOW)
    expect(cell.get_by_role("status").filter(has_text="working")).to_have_count(0)
    cell.get_by_role("slider").press("ArrowLeft")
    expect(cell.get_by_role("alert")).to_have_count(0, timeout=SLOW)
