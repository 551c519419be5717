"""tools/warm.py: what is warm is not run again, what grows is cut back, what was downloaded is never deleted."""

import os
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from helpers.files import array_cache
from tools import common, run, warm


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one notebook, which leaves one feature file each time it runs; no kernel is started."""
    monkeypatch.setattr(common, "ROOT", tmp_path)
    monkeypatch.setattr(common, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(common, "EXECUTED", tmp_path / "build" / "executed")
    monkeypatch.setattr(common, "PAGES", tmp_path / "build" / "html")
    monkeypatch.setattr(common, "SITE", tmp_path / "build" / "site")
    monkeypatch.setattr(common, "BUILD", tmp_path / "build")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "notebooks").mkdir()
    put(tmp_path, "x = 1")
    run.features_folder().mkdir(parents=True)

    def execute(book):
        feature(tmp_path, "used", 1000)
        return None, "It broke." if "break" in book.cells[0].source else ""

    def make_files():
        warm.forward_folder().mkdir(exist_ok=True)
        (warm.forward_folder() / f"made{len(list(warm.forward_folder().iterdir()))}.tflite").write_bytes(b"x" * 10)

    monkeypatch.setattr(run, "execute", execute)
    monkeypatch.setattr(warm, "make_files", make_files)
    return tmp_path


def put(project: Path, code: str) -> None:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code, id="one")])
    nbformat.write(book, project / "notebooks" / "01_one.ipynb")


def feature(project: Path, name: str, size: int, age: int = 0) -> Path:
    path = project / "cache" / "features" / f"{name}.npy"
    path.write_bytes(b"x" * size)
    if age:
        os.utime(path, (path.stat().st_atime - age, path.stat().st_mtime - age))
    return path


def test_a_second_time_nothing_runs(project: Path, capsys: pytest.CaptureFixture):
    assert warm.main([]) == 0
    assert re.search(r"01_one \.\.\. \d+\.\d s", capsys.readouterr().out)
    assert warm.main(["01"]) == 0
    assert "01_one ... warm\n" in capsys.readouterr().out


def test_the_networks_files_are_looked_after_when_something_is_cold(project: Path):
    warm.main([])
    warm.main([])
    assert warm.size_of(warm.forward_folder()) == 10, "a second time nothing is made"
    put(project, "x = 2")
    warm.main([])
    assert warm.size_of(warm.forward_folder()) == 20
    warm.main(["--clear"])
    assert not warm.forward_folder().exists()


@pytest.mark.slow
def test_the_shipped_networks_get_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    warm.make_files()
    assert capsys.readouterr().out == "Files of the networks for LiteRT ... there\n"
    assert len(list(warm.forward_folder().glob("*.tflite"))) == 4, "scores and maps of two networks"


def test_a_changed_notebook_runs_again(project: Path, capsys: pytest.CaptureFixture):
    warm.main([])
    put(project, "x = 2")
    warm.main([])
    assert len(re.findall(r"01_one \.\.\. \d+\.\d s", capsys.readouterr().out)) == 2


def test_deleted_features_make_it_cold(project: Path):
    warm.main([])
    assert warm.is_warm("01_one")
    feature(project, "used", 1).unlink()
    assert run.is_fresh("01_one") and not warm.is_warm("01_one")


def test_a_failing_notebook_stays_cold(project: Path, capsys: pytest.CaptureFixture):
    put(project, "break")
    assert warm.main([]) == 1
    assert "It broke." in capsys.readouterr().err and not warm.is_warm("01_one")


def test_the_oldest_features_go_first(project: Path):
    files = [feature(project, name, 100, age) for name, age in (("new", 0), ("oldest", 300), ("older", 200))]
    assert warm.keep_within(run.features_folder(), 300) == 0
    assert warm.keep_within(run.features_folder(), 250) == 100
    assert [path.exists() for path in files] == [True, False, True]
    assert warm.keep_within(run.features_folder(), 0) == 200


def test_use_counts_as_new(project: Path):
    """The arrays' own reader renews the date, so that what a lecture uses is deleted last."""
    writer = array_cache.Writer(run.features_folder())
    writer.write(np.ones((4, 4)), 4)
    path = run.features_folder() / "array.npy"
    writer.finish(path)
    os.utime(path, (0, 0))
    newer = feature(project, "newer", path.stat().st_size, age=60)
    assert array_cache.read(path) is not None
    warm.keep_within(run.features_folder(), path.stat().st_size)
    assert path.exists() and not newer.exists()


def test_clear_keeps_downloads(project: Path, capsys: pytest.CaptureFixture):
    warm.main([])
    weights = project / "cache" / "weights.h5"
    weights.write_bytes(b"precious")
    assert warm.main(["--clear"]) == 0
    assert "Deleted" in capsys.readouterr().out
    assert weights.exists() and (project / "notebooks" / "01_one.ipynb").exists()
    assert not run.features_folder().exists() and not common.EXECUTED.exists()
    assert warm.main(["--clear"]) == 0
