"""The page that sees, as a file with the network switched off: its numbers are Python's, its explorers answer."""

import base64
import functools
import http.server
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from helpers import activations, attribution, backbones, datasets, images
from tests.browser.accessibility import assert_none
from tests.browser.lab import CHROMIUM_OPTIONS, ROOT
from tools import frames
from tools.live import build, bundle, models, on_site
from tools.sphinx_build import STATIC

PHOTOS = ("chelsea", "coffee", "rocket")
ASK = """async ([photo, layer, wanted]) => {
    const { engine, facts } = window.live, network = facts.networks[0];
    const numbers = (text) => new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
    const plain = (found) => Array.from(found);
    const picture = numbers(photo), forward = await engine.forward(network, picture, [layer]);
    const back = await engine.gradients(network, picture, { classes: wanted }, { layers: [layer] });
    return [forward.probabilities, forward.maps[0], back.picture, back.maps[0]].map(plain);
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    """The page with the smaller network alone."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "NETWORKS", ("squeezenet",))
        build.build(folder)
    return Path(folder, build.PAGE).as_uri()


@pytest.fixture
def opened(chromium, address):
    """The page with no network, when it has said what the first photo shows; it asks for files beside it alone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_OPTIONS)
        page, trouble = browser.new_context(offline=True).new_page(), []
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(("file:", "blob:", "data:")) or trouble.append(asked.url))
        page.goto(address)
        expect(page.locator(".explorer-caption")).to_contain_text("%", timeout=120_000)
        yield page
        browser.close()
    assert not trouble, trouble


@pytest.fixture
def picture_of(opened):
    """A function that keeps a screenshot under build/screenshots, to be looked at."""
    return lambda name: opened.screenshot(path=ROOT / "build" / "screenshots" / f"{name}.png")


@pytest.fixture(scope="module")
def network():
    return backbones.load("squeezenet")


def question(network, name: str) -> tuple[np.ndarray, list]:
    """A photo as the network takes it, and what the page is asked about it: maps, gradients of the likeliest class."""
    photo = images.prepare(datasets.photo(name).array, models.SIDE)[None].astype(np.float32)
    layer = models.shown(network).index("fire9_concat")
    best = int(network.probabilities(photo)[0].argmax())
    return photo, [base64.b64encode(photo.tobytes()).decode(), layer, best]


def check(network, photo: np.ndarray, best: int, answer: list) -> None:
    """The page's weights are rounded to float16: numbers within 1e-2 of the largest, saliency alike at .97."""
    probabilities, maps, gradient, gradients = map(np.array, answer)
    right = network.probabilities(photo)[0]
    assert np.abs(probabilities - right).max() <= 1e-2 * right.max()
    mine = activations.layer_maps(network, photo, ["fire9_concat"])["fire9_concat"].ravel()
    assert np.abs(maps - mine).max() <= 1e-2 * mine.max()
    saliency = np.abs(gradient.reshape(-1, 3)).max(axis=1)
    assert np.corrcoef(saliency, attribution.saliency(network, photo, best).ravel())[0, 1] >= 0.97
    heat = np.maximum(maps.reshape(13, 13, 512) @ gradients.reshape(13, 13, 512).mean(axis=(0, 1)), 0)
    expected = attribution.grad_cam(network, photo, best, "fire9_concat").reshape(13, 13)
    assert np.abs(heat - expected).max() <= 0.03 * expected.max()


def test_the_numbers_are_those_of_python(opened, network):
    for name in PHOTOS:
        photo, asked = question(network, name)
        check(network, photo, asked[2], opened.evaluate(ASK, asked))


def test_the_numbers_in_firefox(address, network):
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if not firefox:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no Firefox, and CI must run this: apt-get install firefox-esr")
        pytest.skip("there is no Firefox on this machine; on Debian: apt install firefox-esr")
    folder = bundle.fetched(ROOT / "tests" / "browser" / "package.json")
    photo, asked = question(network, PHOTOS[0])
    command = [bundle.node(), ROOT / "tests" / "browser" / "firefox.mjs", firefox, address]
    environment = os.environ | {"NODE_PATH": str(folder / "node_modules")}
    call = f"({ASK})({json.dumps(asked)})"
    done = subprocess.run(command, input=call, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["errors"] == []
    check(network, photo, asked[2], said["answer"])


def test_each_explorer_answers_and_the_caption_says_what(opened, picture_of):
    caption, status = opened.locator(".explorer-caption"), opened.locator(".explorer-status")
    said = {"What it says": caption.text_content()}
    for button in opened.locator("#views button").all()[1:]:
        before = caption.text_content()
        button.click()
        expect(caption).not_to_have_text(before, timeout=60_000)
        said[button.text_content()] = caption.text_content()
        picture_of(f"live_{button.get_attribute('value')}")
    assert len(said) == 8 and "squeezenet" in said["What it says"].lower()
    assert "13 x 13 places" in said["Grad-CAM"] and "sees" in said["Receptive field"]
    expect(status).to_have_text("")


def test_every_view_is_open_to_everybody(opened):
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)
        for button in opened.locator("#views button").all():
            button.click()
            assert_none(opened, "", f"{button.text_content()}, {scheme}")


def test_a_notebooks_explorer_comes_alive_in_its_place(opened, address):
    dot = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACADs="
    frame = {"label": "a", "caption": "b", "code": "", "source": dot, "width": 1, "height": 1}
    shown = frames.stepper({"title": "Grad-CAM explorer", "frames": [frame]}, on_site.address("Grad-CAM explorer"))
    script = (STATIC / "stepper.js").read_text(encoding="utf-8")
    place = Path(address.removeprefix("file://")).with_name("page.html")
    place.write_text(f"<!doctype html><title>A page</title>{shown}<script>{script}</script>", encoding="utf-8")
    opened.goto(place.as_uri())
    opened.get_by_role("button", name="Make it alive").press("Enter")
    page = opened.frame_locator("iframe")
    expect(page.locator(".explorer-caption")).to_contain_text("13 x 13 places", timeout=120_000)
    expect(page.locator("#views")).to_be_hidden()
    expect(opened.locator(".frame")).to_be_hidden()


def test_dreams_step_and_stop_and_classes_are_chosen_by_name(opened):
    caption = opened.locator(".explorer-caption")
    opened.get_by_role("button", name="DeepDream").click()
    opened.get_by_role("button", name="Dream", exact=True).click()
    expect(caption).to_contain_text("step 2", timeout=60_000)
    opened.get_by_role("button", name="Stop", exact=True).click()
    expect(opened.locator("#stop")).to_be_hidden()
    opened.get_by_role("button", name="Grad-CAM").click()
    opened.get_by_label("class").fill("tabby")
    opened.get_by_label("class").press("Enter")
    expect(caption).to_contain_text("Grad-CAM of tabby", timeout=60_000)
    opened.get_by_label("class").fill("no such thing")
    opened.get_by_label("class").press("Enter")
    expect(opened.locator(".explorer-status")).to_contain_text("No class is called no such thing")


def test_a_broken_photo_is_refused_in_one_sentence_and_an_own_one_is_seen(opened, tmp_path):
    opened.locator("#file").set_input_files(
        {"name": "<b>bad</b>.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )
    expect(opened.locator(".explorer-status")).to_have_text(
        "<b>bad</b>.jpg is no picture that this browser can read: take a JPEG or PNG."
    )
    place = datasets.photo("coffee").path
    opened.locator("#file").set_input_files(place)
    expect(opened.locator(".explorer-caption")).to_contain_text("espresso", timeout=60_000)


def test_served_a_second_visit_needs_no_network(chromium, address):
    folder = Path(address.removeprefix("file://")).parent
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_OPTIONS)
        page = browser.new_page()
        for offline in (False, False, True):  # the worker is there from the second visit on
            page.context.set_offline(offline)
            page.goto(f"http://127.0.0.1:{server.server_port}/{build.PAGE}")
            expect(page.locator(".explorer-caption")).to_contain_text("%", timeout=120_000)
            page.wait_for_function("navigator.serviceWorker.ready")
        browser.close()
        server.shutdown()


def test_without_a_camera_a_drawn_film_is_seen(opened):
    opened.get_by_role("button", name="Camera").click()
    expect(opened.locator(".explorer-status")).to_contain_text("no camera", timeout=20_000)
    canvas = opened.locator("#picture canvas")
    first = int(canvas.get_attribute("data-frame"))
    expect(canvas).not_to_have_attribute("data-frame", str(first + 1), timeout=20_000)
    opened.get_by_role("button", name="Stop the camera").click()
