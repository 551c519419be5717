"""What killed programs leave is removed, what running ones hold is not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from helpers.files import array_cache, disk

AT_WORK = """
import sys, time
from pathlib import Path
import numpy as np
from helpers.files import disk, array_cache as stored_arrays
folder = Path(sys.argv[1])
writer = stored_arrays.Writer(folder)
writer.write(np.zeros((2, 3)), 4)
with disk.workplace(folder, ".unpack-") as room:
    (room / "content").mkdir()
    (room / "content" / "half").write_bytes(b"x")
    print("at work", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def at_work(tmp_path):
    """A program that has begun an array and a folder in `tmp_path`."""
    program = subprocess.Popen([sys.executable, "-c", AT_WORK, str(tmp_path)], stdout=subprocess.PIPE)
    assert program.stdout.readline() == b"at work\n"
    yield program
    program.kill()
    program.communicate()


def kinds(folder: Path) -> list[str]:
    return sorted(path.name[:8] for path in folder.iterdir())


def test_what_is_held_stays_and_what_was_left_goes(at_work, tmp_path):
    disk.sweep(tmp_path)
    assert kinds(tmp_path) == [".unpack-", ".unpack-", "unfinish", "unfinish"]
    at_work.kill()
    at_work.wait()
    assert kinds(tmp_path) == [".unpack-", ".unpack-", "unfinish", "unfinish"]
    disk.sweep(tmp_path)
    assert kinds(tmp_path) == []


def test_every_command_removes_what_was_left(at_work, tmp_path, monkeypatch):
    from tools import common

    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    at_work.kill()
    at_work.wait()
    with pytest.raises(SystemExit) as ended:
        common.start(lambda arguments: 0)
    assert ended.value.code == 0 and kinds(tmp_path) == []


def test_a_folder_whose_program_was_killed_between_two_steps_goes(tmp_path):
    """Before the folder was made, and after its lock was removed."""
    (tmp_path / ".unpack-1.lock").touch()
    (tmp_path / ".unpack-2" / "inside").mkdir(parents=True)
    disk.sweep(tmp_path)
    assert kinds(tmp_path) == []


def test_where_locks_do_not_work_only_what_is_old_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "_lock", lambda file: None)
    for name, age in (("unfinished-new", 0), ("unfinished-old", 2 * disk.DAY)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    disk.sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["unfinished-new"]


def test_a_working_folder_goes_whatever_happens(tmp_path):
    with pytest.raises(KeyboardInterrupt), disk.workplace(tmp_path, ".unpack-") as room:
        (room / "content").write_text("x")
        raise KeyboardInterrupt
    assert kinds(tmp_path) == []


def test_one_at_a_time(tmp_path):
    """Eight threads add to one number that they read, wait with and write: none is lost."""
    number = tmp_path / "number"
    number.write_text("0")

    def add() -> None:
        with disk.alone(tmp_path / "number.lock", number, 60, "waiting") as exclusive:
            assert exclusive
            value = int(number.read_text())
            time.sleep(0.01)
            number.write_text(str(value + 1))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert number.read_text() == "8" and kinds(tmp_path) == ["number"]


def test_a_file_that_grows_is_waited_for(tmp_path):
    """Longer than the patience, because it grows."""
    watched, grown = tmp_path / "watched", threading.Event()

    def grow() -> None:
        with disk.alone(tmp_path / "watched.lock", watched, 1, "waiting"):
            grown.set()
            for size in range(8):
                watched.write_bytes(bytes(size))
                time.sleep(0.1)

    thread = threading.Thread(target=grow)
    thread.start()
    grown.wait()
    with disk.alone(tmp_path / "watched.lock", watched, 0.5, "waiting"):
        assert watched.stat().st_size == 7
    thread.join()


def test_a_folder_in_the_place_of_an_array_is_replaced(tmp_path, capsys):
    path = tmp_path / "array.npy"
    path.mkdir()
    assert array_cache.read(path) is None and "damaged" in capsys.readouterr().out
    (path / "inside").mkdir(parents=True)
    writer = array_cache.Writer(tmp_path)
    writer.write(np.ones((2, 2)), 2)
    writer.finish(path)
    np.testing.assert_array_equal(array_cache.read(path), np.ones((2, 2)))


def test_a_stored_array_that_cannot_be_touched_is_still_read(tmp_path, monkeypatch):
    """In a folder of somebody else the date cannot be renewed."""
    writer = array_cache.Writer(tmp_path)
    writer.write(np.ones((2, 2)), 2)
    writer.finish(tmp_path / "array.npy")

    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", refuse)
    np.testing.assert_array_equal(array_cache.read(tmp_path / "array.npy"), np.ones((2, 2)))
