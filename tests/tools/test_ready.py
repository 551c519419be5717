"""`course.py ready`: the run-sheet's notebooks, and one line for each thing that is missing, with what to do."""

import os
import re

import pytest

from helpers.runtime import doctor
from tools import common, ready, slides, warm
from tools.common import Stop

SHEET = """### Lecture 000: A

About things. Open before: live slides of notebooks 4 and
6; static slides of 3; pages of 0, 5.

| slide topic | notebook, section | min |
|---|---|---|
| one | [4](../notebooks/04_activations.ipynb) *A*, [6](../notebooks/06_grad_cam.ipynb) *B* | 2 |
| two | [0](../notebooks/00_start_here.ipynb) *C* | 3 |

### Lecture 001: B

Open before: slides of notebook 7, pages of 2.

| one | [7](../notebooks/07_rivals.ipynb) *A* | 2 |

### Every link

[9](../notebooks/09_deepdream.ipynb)
"""


@pytest.fixture
def fine(monkeypatch, tmp_path):
    """A computer on which everything is here."""
    monkeypatch.setattr(ready, "guide", lambda: SHEET)
    monkeypatch.setattr(warm, "is_warm", lambda name: True)
    monkeypatch.setattr(warm, "size_of", lambda folder: 1)
    monkeypatch.setattr(doctor, "damaged_packages", list)
    monkeypatch.setattr(doctor, "memory_gigabytes", lambda: (4.0, 8.0))
    monkeypatch.setattr(common, "SITE", tmp_path / "site")
    monkeypatch.setattr(common, "EXECUTED", tmp_path / "executed")
    monkeypatch.setattr(slides, "running", lambda name: None)
    monkeypatch.setattr(ready.webbrowser, "get", lambda: None)
    (tmp_path / "site").mkdir()
    for name in ("00_start_here", "04_activations", "06_grad_cam"):
        (tmp_path / "site" / f"{name}.html").write_text("page")
    return monkeypatch


def said(capsys) -> dict[str, str]:
    """Each line's words by what it is about."""
    lines = capsys.readouterr().out.splitlines()
    return {re.sub(r"^(ok|MISSING)\s+", r"\1 ", line).split(": ")[0]: line for line in lines}


def test_the_notebooks_of_a_run_sheet():
    assert ready.of_guide("000", SHEET) == (
        ["00_start_here", "04_activations", "06_grad_cam"],
        ["04_activations", "06_grad_cam"],
    )
    assert ready.of_guide("001", SHEET) == (["07_rivals"], ["07_rivals"])
    with pytest.raises(Stop, match="no run-sheet for lecture '7': choose one of 000, 001"):
        ready.of_guide("7", SHEET)


def test_every_lecture_of_the_guide_names_what_is_shown_live():
    lectures = {name: ready.of_guide(name, ready.guide()) for name in ("000", "001", "002", "003", "004")}
    assert lectures["000"].live == ["04_activations", "06_grad_cam"]
    assert lectures["004"].live == ["06_grad_cam", "10_multi_task"]
    known = {path.stem for path in common.NOTEBOOKS.glob("*.ipynb")}
    for lecture in lectures.values():
        assert lecture.live and set(lecture.notebooks) <= known


def test_where_all_is_here_the_status_is_zero(fine, capsys):
    assert ready.main(["000"]) == 0
    lines = said(capsys)
    assert "MISSING" not in " ".join(lines) and "everything is here" in lines["Lecture 000"]
    assert "4.0 GB free, 3.0 needed for 2 live notebooks" in lines["ok memory"]


def test_each_thing_that_is_missing_is_said_with_what_to_do(fine, capsys, tmp_path):
    fine.setattr(warm, "is_warm", lambda name: name != "06_grad_cam")
    fine.setattr(warm, "size_of", lambda folder: 0)
    fine.setattr(doctor, "damaged_packages", lambda: ["keras"])
    fine.setattr(doctor, "memory_gigabytes", lambda: (1.0, 8.0))
    (tmp_path / "site" / "04_activations.html").unlink()
    fine.setattr(ready.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 2e8})())

    def none():
        raise Stop("no port from 8870 to 8919 is free: name one with --port.")

    def no_browser():
        raise ready.webbrowser.Error

    fine.setattr(slides, "free_port", none)
    fine.setattr(ready.webbrowser, "get", no_browser)
    assert ready.main(["000"]) == 1
    lines = said(capsys)
    assert "06_grad_cam not; `python3 course.py warm 06`" in lines["MISSING notebooks are warm"]
    assert "04_activations not; `python3 course.py site 04`" in lines["MISSING pages to fall back on"]
    assert "`python3 course.py warm 04 06`" in lines["MISSING networks' quick files"]
    assert "keras damaged; `python3 course.py doctor`" in lines["MISSING packages"]
    assert "1.0 GB free, 3.0 needed" in lines["MISSING memory"] and "0.2 GB free" in lines["MISSING disk"]
    assert "name one with --port" in lines["MISSING a port for slides"] and "none" in lines["MISSING a browser"]
    assert "8 of these before you begin" in lines["Lecture 000"]


def test_a_page_that_is_older_than_the_last_run_is_missing(fine, tmp_path):
    (tmp_path / "executed").mkdir()
    ran, page = tmp_path / "executed" / "04_activations.ipynb", tmp_path / "site" / "04_activations.html"
    ran.write_text("{}")
    for moment, old in ((page.stat().st_mtime + 5, True), (page.stat().st_mtime - 5, False)):
        os.utime(ran, (moment, moment))
        assert ready.is_old_page("04_activations") is old


def test_a_camera_is_looked_for_and_never_missed(monkeypatch, tmp_path):
    monkeypatch.setattr(ready, "CAMERAS", tmp_path)
    monkeypatch.setattr(ready.sys, "platform", "linux")
    assert ready.camera() == ("a camera", True, "none; the camera explorer shows a drawn film instead")
    (tmp_path / "video0").touch()
    assert ready.camera().words == "video0"
    monkeypatch.setattr(ready.sys, "platform", "darwin")
    assert "only the browser knows" in ready.camera().words
