"""Every explorer in a real kernel, moved by the messages that a page sends: the picture follows, the memory stays."""

import queue
import time

import pytest
from jupyter_client.manager import start_new_kernel

from tests.browser.gallery import EXPLORERS, IDLE, LONG, SETUP

SLOW = 120  # seconds; a busy machine is no failure
SMALL = SETUP.replace("efficientnet_lite0", "squeezenet")  # the smallest network there is: compiled in no time
CHANGES, MOST = 100, 50  # moves of one control, and megabytes that the kernel may grow meanwhile


class Kernel:
    """A kernel and its widgets' states, as a page would hold them: comm -> traits."""

    def __init__(self) -> None:
        self.manager, self.client = start_new_kernel(kernel_name="python3")
        self.states: dict[str, dict] = {}
        self.said = ""

    def run(self, code: str) -> None:
        """Run a cell to its end."""
        self.until_idle(self.client.execute(code, store_history=False))

    def value(self, expression: str) -> str:
        """What an expression is in the kernel."""
        number = self.client.execute("", user_expressions={"it": expression}, store_history=False)
        while (reply := self.client.get_shell_msg(timeout=SLOW))["parent_header"]["msg_id"] != number:
            pass
        return reply["content"]["user_expressions"]["it"]["data"]["text/plain"]

    def send(self, comm: str, data: dict) -> None:
        """A message from the page to a widget."""
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        self.client.shell_channel.send(message)

    def set(self, comm: str, **traits) -> None:
        """What a page sends when somebody moves a control."""
        self.states[comm] |= traits
        self.send(comm, {"method": "update", "state": traits, "buffer_paths": []})

    def click(self, comm: str) -> None:
        """What a page sends when somebody presses a button."""
        self.send(comm, {"method": "custom", "content": {"event": "click"}})

    def take(self, message: dict) -> None:
        """Keep what a message says about widgets, and what should not be said at all."""
        kind, content = message["msg_type"], message["content"]
        if kind == "error" or (kind == "stream" and "Traceback" in content["text"]):
            self.said += content.get("text") or "\n".join(content["traceback"])
        if kind == "comm_open" or (kind == "comm_msg" and content["data"].get("method") == "update"):
            state = self.states.setdefault(content["comm_id"], {})
            state.update(content["data"]["state"])
            for path, buffer in zip(content["data"].get("buffer_paths", ()), message["buffers"], strict=True):
                place = state
                for step in path[:-1]:
                    place = place[step]
                place[path[-1]] = bytes(buffer)

    def until_idle(self, number: str) -> None:
        end = time.monotonic() + SLOW
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=SLOW)
            self.take(message)
            mine = message["parent_header"].get("msg_id") == number
            if mine and message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                assert not self.said, self.said
                return
        raise AssertionError("the kernel is still busy")

    def until(self, holds, what: str) -> None:
        """Take messages until something holds."""
        end = time.monotonic() + SLOW
        while not holds():
            assert time.monotonic() < end, what
            try:
                self.take(self.client.get_iopub_msg(timeout=1))
            except queue.Empty:
                continue
        assert not self.said, self.said


class Page:
    """One explorer's widgets: what its cell has opened."""

    def __init__(self, kernel: Kernel, name: str) -> None:
        before = set(kernel.states)
        code = EXPLORERS[name].strip().replace("attach_head(network", "attach_head(backbones.load(ANY, None)")
        *lines, last = code.splitlines()
        kernel.run("\n".join([*lines, f"explorer = {last}"]))
        self.kernel, self.comms = kernel, [comm for comm in kernel.states if comm not in before]

    def controls(self) -> list[str]:
        """What can be moved, in the order in which it was made."""
        return [comm for comm in self.comms if "description" in self[comm] and _other(self[comm]) is not None]

    def __getitem__(self, comm: str) -> dict:
        return self.kernel.states[comm]

    def button(self, words: str) -> str:
        """The button with these words on it."""
        return next(comm for comm in self.comms if self[comm].get("description") == words)

    def words(self) -> list[str]:
        """All that is written, without how long it took, and what is drawn."""
        texts = [self[comm]["value"] for comm in self.comms if self[comm].get("_model_name") == "HTMLModel"]
        frame = self.frame()
        return [*texts, frame["caption"], frame["code"], str((frame["parts"], frame["width"], frame["height"]))]

    def frame(self) -> dict:
        """What the page was told to draw last."""
        return next(self[comm]["frame"] for comm in self.comms if "frame" in self[comm])

    def picture(self) -> str:
        """What is drawn: photos by their sums, heat maps by their bytes."""
        return self.words()[-1]

    def says(self, *words: str) -> bool:
        """Whether one of these words can be read."""
        return any(word in text for text in self.words() for word in words)


def _other(state: dict) -> dict | None:
    """The traits of a neighbouring value, None for what is no control or cannot move."""
    kind, value = state["_model_name"], state.get("value")
    if "_options_labels" in state:
        count, index = len(state["_options_labels"]), state["index"]
        if isinstance(index, list | tuple):
            return {"index": [(index[0] + 1) % count]}
        return {"index": (index + 1) % count} if count > 1 else None
    if kind in ("IntSliderModel", "FloatSliderModel", "BoundedIntTextModel"):
        step = state["step"] if value + state["step"] <= state["max"] else -state["step"]
        return {"value": value + step} if value + step >= state["min"] else None
    return {"value": not value} if kind == "CheckboxModel" else None


@pytest.fixture(scope="module")
def kernel():
    started = Kernel()
    started.run("ANY = 'efficientnet_lite0'\n" + SMALL)
    yield started
    started.client.stop_channels()
    started.manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("name", EXPLORERS)
def test_messages_move_the_explorer(kernel, name):
    page = Page(kernel, name)
    first = page.picture()
    idle = IDLE.get(name, ()) if name != "camera" else ("Layer", "Channel", "Opacity")  # none acts on "what it says"
    for comm in page.controls():
        moved, before = _other(page[comm]), page.words()
        words = page[comm]["description"]
        if moved is None or words in idle:
            continue
        kernel.set(comm, **moved)
        kernel.until(lambda before=before: page.words() != before, f"nothing changed under {words}")
        kernel.run("")  # the rest of the drawing, or it would pass for an answer to the next control
        assert not page.says('role="alert"'), (words, page.words())
    if name in LONG:
        starts_and_stops(kernel, page)
    else:
        assert page.picture() != first
    kernel.run("explorer.box.close()")


def starts_and_stops(kernel: Kernel, page: Page) -> None:
    """Start, a picture or a step of the work, Stop, and the page can start again."""
    kernel.click(page.button("Start"))
    kernel.until(lambda: page.says("step ", "done"), "the work does not begin")
    kernel.click(page.button("Stop"))
    kernel.until(lambda: page.says("stopped", "done"), "the work does not stop")
    kernel.until(lambda: not page[page.button("Start")]["disabled"], "Start cannot be pressed again")
    assert not page.says('role="alert"'), page.words()


def test_a_page_that_is_gone_ends_the_work(kernel):
    page = Page(kernel, "ascent")
    kernel.click(page.button("Start"))
    kernel.until(lambda: page.says("step "), "the work does not begin")
    shown = next(comm for comm in page.comms if "Save picture" in page[comm].get("_esm", ""))
    kernel.send(shown, {"method": "custom", "content": {"event": "gone"}})
    kernel.until(lambda: page.says("stopped"), "the work goes on")
    assert kernel.value("explorer.wait(20)") == "True"


def test_many_changes_leave_memory_flat(kernel):
    page = Page(kernel, "grad_cam")
    slider = next(comm for comm in page.controls() if page[comm]["description"] == "Opacity")
    megabytes, before = "__import__('psutil').Process().memory_info().rss / 1e6", 0.0
    for number in range(CHANGES + 20):
        if number == 20:
            before = float(kernel.value(megabytes))
        shown = page.picture()
        kernel.set(slider, value=(number % 19 + 1) / 20)
        kernel.until(lambda shown=shown: page.picture() != shown, "the picture does not follow")
    assert float(kernel.value(megabytes)) - before < MOST


TINY = """
import gc
from helpers.backbones import as_network
from helpers.backbones import Network
from helpers.runtime import keras
layers = keras().layers

def shown(words):
    inputs = keras().Input((48, 48, 3))
    maps = layers.Conv2D(4, 3, activation="relu")(inputs)
    scores = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(maps))
    return grad_cam_explorer(as_network(keras().Model(inputs, scores), words))

def alive():
    gc.collect()
    return sum(isinstance(one, Network) and one.class_names == ["again", "and again"] for one in gc.get_objects())
"""


def test_a_cell_that_runs_again_keeps_one_network(kernel):
    kernel.run(TINY)
    cell = "shown(['again', 'and again'])"
    for _ in range(4):  # with a history, which keeps the explorers themselves
        kernel.until_idle(kernel.client.execute(cell, store_history=True))
    assert kernel.value("alive()") == "1"
    kernel.until_idle(kernel.client.execute(f"display({cell})", store_history=True))
    assert kernel.value("alive()") == "2"  # another cell: both are on the page
    kernel.run("import ipywidgets; ipywidgets.Widget.close_all()")
    assert kernel.value("alive()") == "0"
