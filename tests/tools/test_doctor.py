"""The doctor's report and the download command's names: robust against modules that fail."""

import importlib.metadata
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import course
from helpers import runtime
from helpers.runtime import doctor
from tools import download, environment
from tools.common import Stop


def stand_in(monkeypatch: pytest.MonkeyPatch, rows) -> str:
    module = ModuleType("stand_in_for_datasets")
    module.available = lambda: rows
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


def test_report_names_the_computer_the_packages_and_what_is_here():
    text = runtime.report()
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in text
    assert "tensorflow 2." in text and "keras 3." in text and "cores" in text and "GB" in text
    assert "networks that are here: efficientnet_lite0" in text
    assert "photos" in text and "cannot be listed" not in text


def test_missing_rows_give_size_command_and_stand_in(monkeypatch: pytest.MonkeyPatch):
    here = SimpleNamespace(name="critters", here=True, size="", command="", meanwhile="")
    gone = SimpleNamespace(name="school", here=False, size="41 kB", command="bring school", meanwhile="exam")
    text = doctor.inventory("data", stand_in(monkeypatch, [here, gone]))
    assert text.splitlines() == [
        "data that are here: critters",
        "data that are not here:",
        "  school      41 kB  bring school; meanwhile: exam",
    ]


def test_a_brief_inventory_has_two_lines(monkeypatch):
    here, *gone = (SimpleNamespace(name=name, here=name == "exam") for name in ("exam", "a", "b"))
    text = doctor.inventory("data", stand_in(monkeypatch, [here, *gone]), brief=True)
    assert text.splitlines() == ["data that are here: exam", "data that are not here: a, b"]


def test_an_ill_module_is_reported_and_does_not_stop_the_report():
    assert "cannot be listed (ModuleNotFoundError" in doctor.inventory("data", "helpers.no_such_module")


def test_a_missing_package_is_named():
    assert doctor.version("no-such-package-anywhere") == "MISSING"


@pytest.fixture
def one_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package in two files, the only one that is seen."""
    info = tmp_path / "tiny_one-1.0.dist-info"
    info.mkdir()
    (tmp_path / "tiny.py").write_text("x = 1\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-one\nVersion: 1.0\n")
    (info / "INSTALLER").write_text("pip\n")
    (info / "RECORD").write_text("tiny.py,sha256=x,6\ntiny_one-1.0.dist-info/RECORD,,\n__pycache__/tiny.pyc,,5\n")
    found = list(importlib.metadata.distributions(path=[str(tmp_path)]))
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: found)
    monkeypatch.setattr(doctor, "_requirements", lambda: ["numpy>=2"])
    return tmp_path


PACKAGE_DAMAGES = {
    "a file is gone": lambda folder: (folder / "tiny.py").unlink(),
    "a file is cut": lambda folder: (folder / "tiny.py").write_text("x"),
    "the list is gone": lambda folder: (folder / "tiny_one-1.0.dist-info" / "RECORD").unlink(),
    "the list is empty": lambda folder: (folder / "tiny_one-1.0.dist-info" / "RECORD").write_text(""),
}


@pytest.mark.parametrize("damage", PACKAGE_DAMAGES)
def test_a_damaged_package_is_noticed(one_package: Path, damage: str):
    assert doctor.damaged_packages() == []
    PACKAGE_DAMAGES[damage](one_package)
    assert doctor.damaged_packages() == ["tiny-one"]
    assert "DAMAGED packages: tiny-one; `python3 course.py doctor`" in runtime.report()


def test_a_package_that_is_asked_for_and_not_there_is_noticed(one_package: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "_requirements", lambda: ["numpy>=2", "no_such_package>=1,<2"])
    assert doctor.damaged_packages() == ["no_such_package"]


def test_the_course_asks_for_what_is_in_its_list():
    assert any(line.startswith("tensorflow") for line in doctor._requirements())


def test_what_a_damaged_package_breaks_is_one_sentence(
    one_package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    """The names go into the stamp, from which course.py takes them at the next start."""
    (one_package / "course-stamp.txt").write_text("0123456789abcdef")
    monkeypatch.setattr(environment.sys, "prefix", str(one_package))
    error = ModuleNotFoundError("No module named 'tiny'")
    environment.explain(ModuleNotFoundError, error, None)
    assert "No module named 'tiny'" in capsys.readouterr().err  # nothing is damaged: an error as ever
    (one_package / "tiny.py").unlink()
    environment.explain(ModuleNotFoundError, error, None)
    said = capsys.readouterr().err
    assert said.startswith("course.py: packages of the environment are damaged (tiny-one), ") and said.count("\n") == 1
    assert course.read_stamp(one_package) == ["0123456789abcdef", "damaged tiny-one"]
    assert course.damage(one_package) == (set(), {"tiny-one"})


def test_cores_and_memory_are_plausible():
    free, whole = doctor.memory_gigabytes()
    assert doctor.cores() >= 1
    assert 0 < free <= whole < 10_000


@pytest.mark.parametrize("name", ["school", "vgg16", "vgg16-no-top", "mobilenet:0.25"])
def test_known_names_pass(name: str):
    download.check_name(name, ["school"], ["vgg16", "vgg16-no-top", "mobilenet", "mobilenet-no-top"])


@pytest.mark.parametrize("name", ["vgg61", "schools:2", "nothing"])
def test_unknown_names_are_one_sentence(name: str):
    with pytest.raises(Stop, match=f"nothing named '{name}' to download"):
        download.check_name(name, ["school"], ["vgg16", "mobilenet"])


def test_download_lists_what_there_is(capsys: pytest.CaptureFixture):
    assert download.main([]) == 2
    shown = capsys.readouterr().out
    assert "cats_vs_dogs" in shown and "vgg16" in shown


def test_a_failed_download_is_one_sentence(monkeypatch: pytest.MonkeyPatch):
    from helpers import datasets
    from helpers.files import DownloadError

    def fail(name: str):
        raise DownloadError("the server did not answer")

    monkeypatch.setattr(datasets, "download", fail)
    with pytest.raises(Stop, match=r"^school: the server did not answer$"):
        download.main(["school"])
