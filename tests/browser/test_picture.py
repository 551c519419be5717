"""picture.js alone, in a page without a notebook: it draws what Python's scenes are, and the newest frame wins."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import helpers.widgets.scene as scenes
from helpers import images
from helpers.widgets.scene import Part, Scene, beside, packed, with_bar
from tests.browser.accessibility import assert_none

SCRIPT = (Path(scenes.__file__).parent / "picture.js").read_text(encoding="utf-8")
# What bytes become on their way: in the page they are typed arrays.
TAKE = """const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const take = ([frame, pieces]) => [
        { ...frame, parts: frame.parts.map(part => ({ ...part, colours: part.colours && bytes(part.colours) })) },
        Object.fromEntries(Object.entries(pieces).map(([key, text]) => [key, bytes(text)])),
    ];"""
RANDOM = np.random.default_rng(0)
PHOTO = images.resize(RANDOM.integers(0, 256, (7, 9, 3), dtype=np.uint8), (120, 160))
MAPS = RANDOM.normal(size=(6, 8, 3))


@pytest.fixture
def picture(page):
    """A page with an empty picture in it."""
    page.set_content("<html lang=en><title>One picture</title><main><h1>One</h1><div id=place></div></main>")
    page.evaluate(f"() => {{ {SCRIPT}\n{TAKE} window.take = take; window.picture = makePicture(place); }}")
    return page


def frame_of(scene: Scene, caption: str = "a picture") -> list:
    """A frame and its pieces, as a page without a kernel might keep them: text alone."""
    told, photos, maps = packed(scene, {})
    for part in told["parts"]:
        if "colours" in part:
            part["colours"] = base64.b64encode(part["colours"]).decode()
    pieces = {key: base64.b64encode(data).decode() for key, data in (photos | maps).items()}
    return [told | {"caption": caption, "code": "f()", "state": "g().at()", "took": "1 ms"}, pieces]


def drawn(page) -> np.ndarray:
    """The pixels of the canvas."""
    data = page.locator(".explorer-picture").evaluate("canvas => canvas.toDataURL()").split(",")[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).astype(int)


def show(page, scene: Scene, caption: str = "a picture") -> np.ndarray:
    page.evaluate("frame => picture.show(...take(frame))", frame_of(scene, caption))
    return drawn(page)


def test_photos_and_squares_are_drawn_exactly(picture):
    photo, heat = Part(PHOTO, quality=None), Part(heat=MAPS[..., 0], size=(120, 160), smooth=False, signed=True)
    enlarged = Part(PHOTO[:20, :20], size=(60, 60), smooth=False, quality=None)
    scene = beside([photo], [heat, enlarged])
    np.testing.assert_array_equal(show(picture, scene), scene.pixels())


@pytest.mark.parametrize("signed", [False, True])
def test_a_heat_map_over_a_photo_is_pythons(picture, signed):
    """Each place is a byte in the page: a map may lie one colour beside, which is up to 6 levels, and rarely more."""
    scene = with_bar(Scene((Part(PHOTO, MAPS[..., 0], opacity=0.6, signed=signed, quality=None),)))
    differences = np.abs(show(picture, scene) - scene.pixels())
    assert differences.mean() < 1 and differences.max() <= 8


def test_opacity_and_channel_move_without_a_new_frame(picture):
    follows = {"opacity": "opacity", "channel": "which"}
    part = Part(PHOTO, MAPS, opacity=0.5, channel=0, follows=follows, quality=None)
    show(picture, Scene((part,)))
    picture.evaluate("() => { picture.set('opacity', 0.2); picture.set('which', 2); picture.set('another', 7); }")
    expected = part._replace(opacity=0.2, channel=2).pixels()
    assert np.abs(drawn(picture) - expected).max() <= 4
    assert picture.locator(".explorer-picture").get_attribute("data-frame") == "3"
    picture.evaluate("() => picture.set('opacity', 0)")
    np.testing.assert_array_equal(drawn(picture), PHOTO)  # the photo alone keeps its colours
    picture.evaluate("() => picture.set('opacity', 0.2)")
    # A late answer for an older value of the control does not move the picture back.
    assert np.abs(show(picture, Scene((part,))) - expected).max() <= 4


def test_the_newest_of_many_frames_wins_and_none_waits_in_a_queue(picture):
    frames = [frame_of(Scene((Part(np.roll(PHOTO, 3 * k, 1), quality=None),)), f"photo {k}") for k in range(40)]
    picture.evaluate("async frames => { await Promise.all(frames.map(one => picture.show(...take(one)))); }", frames)
    canvas = picture.locator(".explorer-picture")
    picture.wait_for_function("() => place.querySelector('canvas').getAttribute('aria-label') === 'photo 39'")
    np.testing.assert_array_equal(drawn(picture), np.roll(PHOTO, 3 * 39, 1))
    assert int(canvas.get_attribute("data-frame")) <= 3


def test_a_broken_photo_leaves_the_last_picture(picture):
    before = show(picture, Scene((Part(PHOTO, quality=None),)), "whole")
    frame, pieces = frame_of(Scene((Part(PHOTO[::-1]),)), "broken")
    broken = [frame, dict.fromkeys(pieces, base64.b64encode(b"no photo").decode())]
    picture.evaluate("frame => picture.show(...take(frame))", broken)
    np.testing.assert_array_equal(drawn(picture), before)
    np.testing.assert_array_equal(show(picture, Scene((Part(PHOTO // 2, quality=None),))), PHOTO // 2)


def test_it_has_words_and_nothing_is_wrong_for_screen_readers(picture):
    show(picture, Scene((Part(PHOTO),)), 'a "photo" <b>')
    assert picture.get_by_role("img", name='a "photo" <b>').count() == 1
    assert picture.locator("[aria-live=polite]").inner_text() == 'a "photo" <b>'
    assert picture.locator("code").inner_text() == "f()"
    assert_none(picture, "", "one picture")
    picture.evaluate("() => { picture.say('working ... ', 'Stop', () => { window.stopped = true; }); }")
    picture.get_by_role("button", name="Stop").click()
    assert picture.evaluate("() => window.stopped")


def test_words_are_written_on_their_part_and_nowhere_else(picture):
    grey = np.full((120, 240, 3), 128, np.uint8)
    shown = show(picture, beside([Part(grey, quality=None, label="espresso 0.94")], [Part(grey, quality=None)]))
    changed = (shown != 128).any(axis=2)
    assert changed[:30, :160].any() and not changed[30:, :240].any() and not changed[:, 248:].any()
    assert shown[:30, :160].max() > 250 and shown[:30, :160].min() < 60  # white, with a dark edge
    long = show(picture, Scene((Part(grey, quality=None, label="a name that is much longer than its picture " * 3),)))
    assert long.shape[1] == 240 and (long[:30, 200:232] != 128).any() and (long[:30, 236:] == 128).all()  # squeezed
