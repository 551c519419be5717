"""The camera in Chromium: a film as the camera, every view, keys, its end; without one a sentence and a drawn film."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

import helpers.widgets.camera as cameras
from helpers import datasets, images
from tests.browser.accessibility import assert_none
from tests.browser.gallery import PICTURE, words_of, write
from tests.browser.lab import CHROMIUM_OPTIONS, ROOT, open_in_lab

SLOW = 120_000
SCRIPT = (Path(cameras.__file__).parent / "camera.js").read_text(encoding="utf-8")
ASK = """async expression => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const asked = kernel.requestExecute({ code: "", user_expressions: { it: expression } });
    return (await asked.done).content.user_expressions.it.data["text/plain"];
}"""
COMMAND = """async ([cell, name]) => {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
    await window.jupyterapp.commands.execute(name);
}"""


def film(path: Path, photo: np.ndarray) -> Path:
    """A film of one photo that stands still, as a camera's file for Chromium (YUV4MPEG2, 4:2:0)."""
    height, width = photo.shape[:2]
    light, blue, red = Image.fromarray(photo).convert("YCbCr").split()
    small = [one.resize((width // 2, height // 2)).tobytes() for one in (blue, red)]
    frame = b"FRAME\n" + light.tobytes() + b"".join(small)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F20:1 Ip A1:1 C420jpeg\n".encode() + 20 * frame)
    return path


@pytest.fixture
def filmed(chromium, tmp_path):
    """A page whose camera sees a cup of coffee."""
    path = film(tmp_path / "coffee.y4m", images.prepare(datasets.photo("coffee").array, 448))
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    options = [*CHROMIUM_OPTIONS, *fake, f"--use-file-for-fake-video-capture={path}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=options)
        page, errors = browser.new_page(viewport={"width": 1280, "height": 1000}), []
        page.set_default_timeout(SLOW)
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        browser.close()
    assert not errors, errors


# A widget's model as anywidget hands it on, as far as it is used: what is sent is kept, what is set is told.
MODEL = """(sample) => {
    const state = { description: "Camera", tooltip: "t", sides: [60, 60], answered: "", ended: 0 }, told = {};
    state.sample = Uint8Array.from(sample);
    window.sent = [];
    window.change = (name, value) => { state[name] = value; told[`change:${name}`](); };
    const model = {
        get: (name) => state[name],
        on: (event, act) => (told[event] = act),
        send: (message, _, buffers = []) => window.sent.push([message, buffers.map((one) => [...new Uint8Array(one)])]),
    };
    window.end = new AbortController();
    render({ model, el: document.getElementById("place"), signal: window.end.signal });
}"""


def test_the_page_sends_one_picture_at_a_time(filmed, tmp_path):
    """The next one after the answer to the last, never two; keys; q ends; then nothing comes, whatever is answered."""
    page, view = tmp_path / "view.html", (Path(cameras.__file__).parent / "camera_view.js").read_text("utf-8")
    script = f"{SCRIPT}\n{view.replace('export default { render };', '')}"
    page.write_text(
        f"<div class=explorer><div id=place></div><button id=other>o</button></div><script>{script}</script>"
    )
    filmed.goto(page.as_uri())
    filmed.evaluate(MODEL, list(images.encode_png(np.full((40, 40, 3), 9, np.uint8))))
    filmed.get_by_role("button", name="Camera", exact=True).click()
    for count in (1, 2, 3):
        filmed.wait_for_function("count => sent.length === count", arg=count)
        message, (content,) = filmed.evaluate("sent.at(-1)")
        assert message["event"] == "frame" and message["number"].endswith(f" {count}")
        found, cup = images.load(bytes(content)), images.prepare(datasets.photo("coffee").array, 60)
        assert found.shape == (60, 60, 3)
        assert np.abs(found.astype(float).mean((0, 1)) - cup.mean((0, 1))).max() < 20
        filmed.evaluate("change('answered', 'another window 1')")
        filmed.wait_for_timeout(200)
        assert filmed.evaluate("sent.length") == count  # nothing else goes before the answer
        filmed.evaluate("number => change('answered', number)", message["number"])
    filmed.wait_for_function("sent.length === 4")
    filmed.locator("#other").press("e")
    assert filmed.evaluate("sent.at(-1)[0]") == {"event": "key", "key": "e"}
    filmed.locator("#other").press("Control+e")
    filmed.locator("#other").press("q")
    assert [message["event"] for message, _ in filmed.evaluate("sent.slice(4)")] == ["key", "ended"]
    filmed.evaluate("change('answered', sent[3][0].number)")
    filmed.wait_for_timeout(200)
    assert filmed.evaluate("sent.length") == 6
    expect(filmed.get_by_role("button", name="Camera", exact=True)).to_be_visible()


def test_the_camera_in_a_notebook(filmed, lab):
    """What it says is what the film shows; views, keys w, e and q; the output's end is the camera's."""
    path = write(lab.notebooks, ["camera"])
    panel = open_in_lab(filmed, lab, "gallery")
    filmed.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    cell = panel.locator(".jp-CodeCell").nth(1)
    cell.locator(PICTURE).wait_for(timeout=SLOW)
    assert "Egyptian cat" in words_of(cell)  # the sample
    filmed.evaluate(COMMAND, [1, "docmanager:save"])
    before = outputs(path)
    cell.get_by_role("button", name="Camera", exact=True).press("Enter")
    expect(cell.locator(f"{PICTURE}[aria-label^='espresso']")).to_be_visible(timeout=SLOW)
    expect(cell.locator(".camera-pace")).to_contain_text("a second", timeout=SLOW)
    shows_every_view(filmed, cell)
    filmed.evaluate(COMMAND, [1, "docmanager:save"])
    assert outputs(path) == before and "widgets" not in json.loads(path.read_text())["metadata"]

    cell.get_by_role("button", name="Stop the camera").press("q")
    stands_still(filmed, cell)
    cell.get_by_role("button", name="Camera", exact=True).press("Enter")
    expect(cell.get_by_role("button", name="Stop the camera")).to_be_visible(timeout=SLOW)
    filmed.evaluate(COMMAND, [1, "notebook:clear-cell-output"])
    filmed.wait_for_timeout(500)
    seen = filmed.evaluate(ASK, "[one.camera.heard for one in explorers]")
    filmed.wait_for_timeout(1000)
    assert filmed.evaluate(ASK, "[one.camera.heard for one in explorers]") == seen


def shows_every_view(page, cell) -> None:
    """Each with its words, and no error; keys go through the layers."""
    said = {}
    for view in ("what it says", "one channel", "activations", "Grad-CAM"):
        cell.get_by_role("button", name=view, exact=True).click()
        beginning = {"what it says": "espresso 0.", "Grad-CAM": "espresso 0."}.get(view, "block")
        expect(cell.locator(f"{PICTURE}[aria-label^='{beginning}']")).to_be_visible(timeout=SLOW)
        page.wait_for_timeout(400)
        said[view] = words_of(cell)
        keep(page, f"camera_{view.replace(' ', '_')}")
        if view == "activations":
            layer = said[view].split(":")[0]
            page.keyboard.press("e")
            expect(cell.locator(f"{PICTURE}[aria-label^='{layer}:']")).to_have_count(0, timeout=SLOW)
            page.keyboard.press("w")
            expect(cell.locator(f"{PICTURE}[aria-label^='{layer}:']")).to_be_visible(timeout=SLOW)
    assert "channel 0 of" in said["one channel"] and "channels; strongest" in said["activations"]
    assert "Grad-CAM at head_relu, 7 x 7" in said["Grad-CAM"] and said["what it says"].count(",") == 4
    assert cell.locator("[role=alert]").count() == 0
    for width, theme in ((1280, "JupyterLab Dark"), (390, "JupyterLab Light")):
        page.set_viewport_size({"width": width, "height": 1000})
        page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
        page.evaluate("() => { const s = window.jupyterapp.shell; s.collapseLeft(); s.collapseRight(); }")
        cell.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        keep(page, f"camera_{width}")
        assert_none(page, ".explorer", f"camera, {theme}, {width} pixels wide", cell)


def stands_still(page, cell) -> None:
    """The last picture stays, and no other comes."""
    expect(cell.get_by_role("button", name="Camera", exact=True)).to_be_visible()
    page.wait_for_timeout(1000)
    canvas = cell.locator(PICTURE)
    count = canvas.get_attribute("data-frame")
    page.wait_for_timeout(1000)
    assert canvas.get_attribute("data-frame") == count and words_of(cell).startswith("espresso")


def outputs(path: Path) -> list:
    """What the file keeps of the cells' outputs."""
    return [cell["outputs"] for cell in json.loads(path.read_text())["cells"]]


def keep(page, name: str) -> None:
    page.screenshot(path=ROOT / "build" / "screenshots" / f"{name}.png")


OPEN = """async (name) => {
    if (name === "insecure") Object.defineProperty(navigator, "mediaDevices", { value: undefined, configurable: true });
    else {
        const getUserMedia = async () => { throw new DOMException("no", name); };
        Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia }, configurable: true });
    }
    const sample = new OffscreenCanvas(40, 40), pen = sample.getContext("2d"), said = [];
    pen.fillStyle = "rgb(200, 30, 60)";
    pen.fillRect(0, 0, 40, 40);
    const camera = await openCamera(sample, (sentence) => said.push(sentence)), sizes = [];
    const shown = Object.assign(document.createElement("canvas"), { width: 20, height: 10 }).getContext("2d");
    drawMiddle(shown, ...camera.frame());
    camera.end();
    return [said, [...shown.getImageData(10, 5, 1, 1).data]];
}"""
REASONS = {
    "NotFoundError": "There is no camera here",
    "NotAllowedError": "The camera may not be used; the sign beside the page's address can allow it",
    "NotReadableError": "The camera cannot be read, perhaps another program has it",
    "OddError": "The camera does not work (OddError)",
    "insecure": "A camera needs a page over HTTPS or from this machine itself",
}


@pytest.mark.parametrize("name", REASONS)
def test_without_a_camera_one_sentence_and_a_film(page, name):
    page.add_script_tag(content=SCRIPT)
    said, colour = page.evaluate(OPEN, name)
    assert said == [f"{REASONS[name]}: this is a drawn film instead."]
    assert colour == [200, 30, 60, 255]


def test_the_middle_is_cut_to_the_shape_that_is_wanted(page):
    """Of a picture 60 wide and 20 high, in three colours, a square shows the middle third and nothing else."""
    page.add_script_tag(content=SCRIPT)
    found = page.evaluate("""() => {
        const make = (width, height) =>
            Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
        const wide = make(60, 20), square = make(10, 10);
        ["red", "lime", "blue"].forEach((colour, at) => {
            wide.fillStyle = colour;
            wide.fillRect(20 * at, 0, 20, 20);
        });
        drawMiddle(square, wide.canvas, 60, 20);
        return [1, 5, 8].map((x) => [...square.getImageData(x, 5, 1, 1).data.slice(0, 3)]);
    }""")
    assert found == [[0, 255, 0]] * 3
