"""Progress in a log, in a terminal (a real pseudo-terminal) and in a notebook (a real kernel)."""

import os
import subprocess
import sys
import threading

import pytest

from helpers.runtime import Progress, progress, track


class Clock:
    """A clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.now = 100.0
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


class Log:
    """What was written to standard error, which is no terminal under pytest."""

    def __init__(self, capture: pytest.CaptureFixture[str]):
        self.capture, self.text = capture, ""

    def getvalue(self) -> str:
        self.text += self.capture.readouterr().err
        return self.text


@pytest.fixture
def log(capsys) -> Log:
    return Log(capsys)


def test_items_pass_through(log):
    assert list(track("abc", "Letters")) == ["a", "b", "c"]
    assert list(track((number for number in range(4)), "Unknown length")) == [0, 1, 2, 3]
    assert list(track([], "Nothing")) == []


def test_log_by_hand(clock, log):
    for _ in track(range(4), "Photos"):
        clock.now += 2.5
    assert log.getvalue().splitlines() == [
        "Photos: 0 of 4",
        "Photos: 1 of 4, 00:07 left",
        "Photos: 3 of 4, 00:02 left",
        "Photos: done, 4 in 10.0 s",
    ]


def test_named_units_have_a_rate_of_what_was_not_skipped(clock, log):
    with Progress("Lite", 1000, "photos") as bar:
        bar.skip(500)
        clock.now += 2.5
        bar.update(250)
        clock.now += 2.5
        bar.update(250)
    lines = log.getvalue().splitlines()
    assert "Lite: 750 photos of 1000 photos, 00:02 left, 100 photos a second" in lines
    assert lines[-1] == "Lite: done, 1000 photos in 5.0 s, 100 photos a second"


@pytest.mark.parametrize("total", [3, 10, 1000, 68_606_236])
@pytest.mark.parametrize("seconds", [0.0, 5.0, 4000.0])
def test_a_log_has_few_lines(clock, log, total, seconds):
    pieces = min(total, 1000)
    with Progress("Work", total, "B") as bar:
        for number in range(pieces):
            clock.now += seconds / pieces
            bar.update(total * (number + 1) // pieces - total * number // pieces)
    lines = log.getvalue().splitlines()
    assert 2 <= len(lines) <= 12
    assert "\r" not in log.getvalue() and "done" in lines[-1]


def test_a_log_of_unknown_length_has_few_lines(clock, log):
    with Progress("Work") as bar:
        for _ in range(3600):
            clock.now += 1
            bar.update()
    lines = log.getvalue().splitlines()
    assert lines[0] == "Work: 0" and lines[-1] == "Work: done, 3600 in 60 min 0 s"
    assert 4 <= len(lines) <= 13


def test_bytes_are_shown_in_powers_of_a_thousand(clock, log):
    with Progress("Download", 68_606_236, "B") as bar:
        clock.now += 2
        bar.update(34_303_118)
        clock.now += 2
        bar.update(34_303_118)
    assert log.getvalue().splitlines() == [
        "Download: 0 B of 68.6 MB",
        "Download: 34.3 MB of 68.6 MB, 00:02 left",
        "Download: done, 68.6 MB in 4.0 s",
    ]


def test_an_error_says_where_it_stopped_and_goes_on(clock, log):
    with pytest.raises(KeyError), Progress("Work", 10, "photos") as bar:
        bar.update(3)
        raise KeyError
    assert log.getvalue().splitlines()[-1] == "Work: stopped, 3 photos of 10 photos in 0.0 s"


def test_leaving_a_loop_early_closes_it(log):
    for item in track(range(10), "Work"):
        if item == 2:
            break
    assert "stopped, 2 of 10" in log.getvalue()


def test_more_than_the_total_and_nothing_at_all(clock, log):
    with Progress("More", 2) as bar:
        clock.now += 2
        bar.update(5)
    with Progress("None", 0):
        pass
    assert "More: done, 5 in 2.0 s" in log.getvalue() and "None: done, 0" in log.getvalue()


def test_threads_lose_nothing(log):
    with Progress("Work", 4000) as bar:
        jobs = [threading.Thread(target=lambda: [bar.update() for _ in range(1000)]) for _ in range(4)]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
    assert bar.done == 4000


@pytest.mark.parametrize("stream", [None, "closed"])
def test_no_place_to_write_does_not_stop_the_work(monkeypatch, stream):
    if stream == "closed":
        stream = open(os.devnull, "w")  # noqa: SIM115
        stream.close()
        stream.isatty = lambda: False
    monkeypatch.setattr(sys, "stderr", stream)
    assert list(track(range(3), "Wörk")) == [0, 1, 2]


def test_update_after_the_end_is_harmless(log):
    with Progress("Work", 2) as bar:
        bar.update()
    bar.update()
    assert bar.done == 2


CODE = "from helpers.runtime import track\nfor _ in track(range(3), 'Photos'): pass"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are a thing of POSIX systems")
@pytest.mark.parametrize("columns", [80, 0])
def test_terminal(columns):
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", CODE], stderr=theirs, env=environment, check=True)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "\r" in shown and "Photos: 100%" in shown and "3/3" in shown


def test_a_dumb_terminal_gets_lines():
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert result.stderr.splitlines()[0] == "Photos: 0 of 3" and not result.stdout


def test_notebook():
    """One output for each bar, which shows the end; from a thread too; no widgets."""
    import nbformat
    from nbclient import NotebookClient

    cells = [
        "from helpers.runtime import Progress, track\nfor _ in track(range(5), 'A <b>'): pass",
        "import threading\njob = threading.Thread(target=lambda: list(track(range(7), 'B')))\njob.start(); job.join()",
        "with Progress('C', 9) as bar:\n    bar.update(4)\n    raise KeyError",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(book, timeout=120, kernel_name="python3", allow_errors=True).execute()
    first, second, third = (cell.outputs[0].data for cell in book.cells)
    assert first["text/plain"].startswith("A <b>: done, 5 in") and "&lt;b&gt;" in first["text/html"]
    assert 'max="5" value="5"' in first["text/html"] and 'aria-label="A &lt;b&gt;"' in first["text/html"]
    assert second["text/plain"].startswith("B: done, 7 in")
    assert third["text/plain"].startswith("C: stopped, 4 of 9 in") and 'max="9" value="4"' in third["text/html"]
    assert [len(cell.outputs) for cell in book.cells] == [1, 1, 2]
    assert "widgets" not in book.metadata
