"""Long work in an explorer without a front end: it grows, stops, fails in sight, and a second one ends the first."""

import threading
import time

import ipywidgets
import numpy as np
import pytest

from helpers.widgets import Frame, LiveExplorer


def grey(value: int, words: str) -> Frame:
    return Frame(np.full((4, 4, 3), value, np.uint8), words)


def explorer(run, title="work"):
    steps = ipywidgets.IntSlider(20, 1, 500, description="Steps", tooltip="How many")
    return LiveExplorer({"steps": steps}, run, lambda steps: grey(1, f"first {steps}"), [{"steps": 2}], title)


def slow(report, steps):
    for step in range(steps):
        time.sleep(0.02)
        report(step + 1, steps, np.full((4, 4, 3), 50 + step % 100, np.uint8))
    return grey(200, f"done {steps}")


def test_nothing_runs_before_start():
    live = explorer(lambda report, steps: pytest.fail("ran"), "nothing")
    assert "first 20" in live.image.value and not live.running and live.stop.disabled
    live.controls["steps"].value = 30
    assert "first 30" in live.image.value


def test_picture_grows_and_the_end_is_shown():
    seen = []
    live = explorer(slow, "grows")
    live.image.observe(lambda change: seen.append(live.caption.value), "value")
    live.start.click()
    assert live.start.disabled and not live.stop.disabled
    assert live.wait(20)
    assert "done 20" in live.caption.value and live.bar.value == 1 and live.time_left.value == "done"
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
    live.start.click()
    assert live.wait(20) and "done 3" in live.caption.value


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
    assert "first" in live.image.value  # the page itself still waits for Start
