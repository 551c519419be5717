"""Long work in an explorer without a front end: it grows, stops, fails in sight, and a second one ends the first."""

import io
import threading
import time

import ipywidgets
import numpy as np
import pytest
from PIL import Image

from helpers.runtime import Stopped
from helpers.widgets import Frame, LiveExplorer, lifetime, live_explorer


def grey(value: int, words: str) -> Frame:
    return Frame(np.full((4, 4, 3), value, np.uint8), words)


def explorer(run, title="work", subject=None):
    steps = ipywidgets.IntSlider(20, 1, 500, description="Steps", tooltip="How many")
    first = lambda steps: grey(1, f"first {steps}")  # noqa: E731
    return LiveExplorer({"steps": steps}, run, first, [{"steps": 2}], title, subject)


def slow(report, steps):
    for step in range(steps):
        time.sleep(0.02)
        report(step + 1, steps, np.full((4, 4, 3), 50 + step % 100, np.uint8))
    return grey(200, f"done {steps}")


def test_nothing_runs_before_start():
    live = explorer(lambda report, steps: pytest.fail("ran"), "nothing")
    assert "first 20" in live.frame.caption and not live.running and live.stop.disabled
    live.controls["steps"].value = 30
    assert "first 30" in live.frame.caption


def test_picture_grows_and_the_end_is_shown():
    seen = []
    live = explorer(slow, "grows")
    live.picture.observe(lambda change: seen.append(change["new"]["caption"]), "frame")
    live.start.click()
    assert live.start.disabled and not live.stop.disabled
    assert live.wait(20)
    assert "done 20" in live.frame.caption and live.bar.value == 1 and live.time_left.value == "done"
    assert any("step" in words for words in seen)
    assert not live.start.disabled and live.stop.disabled


def test_stop_ends_the_work_and_another_start_works():
    live = explorer(slow, "stops")
    live.controls["steps"].value = 500
    live.start.click()
    time.sleep(0.1)
    live.controls["steps"].value = 3  # moving a control while work goes on does not disturb it
    assert live.running
    live.stop.click()
    assert live.wait(5) and "stopped" in live.time_left.value
    assert "stops, step" in live.frame.caption and isinstance(live.frame.shown, np.ndarray)  # whole, not a preview
    live.start.click()
    assert live.wait(20) and "done 3" in live.frame.caption


def test_an_error_in_the_thread_is_a_sentence_in_the_explorer():
    def breaks(report, steps):
        raise ValueError(f"{steps} steps are too many; take 5")

    live = explorer(breaks, "breaks")
    live.start.click()
    assert live.wait(5)
    assert "20 steps are too many; take 5" in live.error.value and not live.start.disabled


def test_running_the_cell_again_or_closing_it_ends_the_work():
    first = explorer(slow, "again")
    first.controls["steps"].value = 500
    first.start.click()
    second = explorer(slow, "again")
    assert first.wait(5)
    second.controls["steps"].value = 500
    second.start.click()
    second.box.close()
    assert second.wait(5)
    assert not [t for t in threading.enumerate() if "_work" in t.name]


def test_strip_shows_finished_pictures():
    live = explorer(slow, "strip")
    _, metadata = live._repr_mimebundle_()
    assert "done 2" in metadata["image/png"]["alt"]
    assert "first" in live.frame.caption  # the page itself still waits for Start


class Subject:
    """Something to work on, such as a network."""


def started(live):
    live.controls["steps"].value = 500
    live.start.click()
    return live


def test_the_same_explorer_on_another_network_leaves_the_first_one_alone():
    first, second = Subject(), Subject()
    on_first = started(explorer(slow, "same title", first))
    on_second = started(explorer(slow, "same title", second))
    time.sleep(0.1)
    assert on_first.running and on_second.running
    again = explorer(slow, "same title", first)
    assert on_first.wait(5) and on_second.running and not again.running
    on_second.close()
    assert on_second.wait(5)


def test_in_a_kernel_the_cell_decides_whether_an_explorer_replaces_another(monkeypatch):
    run = lifetime.Run("cell", "1")
    monkeypatch.setattr(lifetime, "present_run", lambda: run)
    subject = Subject()
    one, two = (started(explorer(slow, "cells", subject)) for _ in range(2))  # a loop in one cell
    run = lifetime.Run("another cell", "2")
    three = started(explorer(slow, "cells", subject))
    time.sleep(0.1)
    assert one.running and two.running and three.running
    run = lifetime.Run("cell", "3")
    explorer(slow, "cells", subject)
    assert one.wait(5) and two.wait(5) and three.running
    three.end()
    assert three.wait(5)


def test_a_closed_explorer_ends_its_work_and_keeps_nothing():
    live = started(explorer(slow, "closes"))
    live.close()
    assert live.wait(5) and live.frame is None and live.closed
    live.begin()
    assert live.wait(5) and live.frame is None


def test_running_work_sends_few_and_small_pictures(monkeypatch):
    """1000 steps of 20 ms, each with a picture of 1.4 MB: 20 s, so at most 80 times words and 40 small pictures."""
    clock, sent = iter(np.arange(0, 1000, 0.02)), []
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)

    def run(report, steps):
        for step in range(1000):
            report(step + 1, 1000, noise)
        return grey(7, "done")

    live = explorer(run, "small")
    live.picture.observe(lambda change: sent.append((change["new"], list(live.picture.photos.values()))), "frame")
    told = []
    live.time_left.observe(lambda change: told.append(change["new"]), "value")
    monkeypatch.setattr(live_explorer.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(live_explorer.time, "sleep", lambda _: None)
    live._work({"steps": 1})
    previews = [pieces[0] for frame, pieces in sent if "step " in frame["caption"]]
    assert 20 <= len(previews) <= 40 and 40 <= len(told) <= 81
    # Noise is what JPEG packs worst: a byte for each pixel and more. The whole picture as PNG has 1.4 MB.
    assert max(map(len, previews)) < 200_000
    preview = Image.open(io.BytesIO(previews[0]))
    assert preview.format == "JPEG" and max(preview.size) == live_explorer.PREVIEW
    assert (sent[1][0]["width"], sent[1][0]["height"]) == (800, 600)
    assert (live.frame.picture == 7).all() and sent[-1][0]["caption"] == "done"


def test_stop_is_heard_at_the_very_next_step():
    live = explorer(slow, "next step")
    live.end()
    with pytest.raises(Stopped):
        live._report(1, 2)
