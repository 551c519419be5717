"""The doctor's report and the download command's names: robust against modules and rows of any shape."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from helpers import doctor
from tools import download
from tools.common import Stop


def stand_in(monkeypatch: pytest.MonkeyPatch, rows) -> str:
    module = ModuleType("stand_in_for_datasets")
    module.available = lambda: rows
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


def test_report_names_the_computer_the_packages_and_what_is_here():
    text = doctor.report()
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in text
    assert "tensorflow 2." in text and "keras 3." in text and "cores" in text and "GB" in text
    assert "networks that are here: efficientnet_lite0" in text
    assert "photos" in text and "cannot be listed" not in text


def test_missing_rows_give_size_command_and_stand_in(monkeypatch: pytest.MonkeyPatch):
    here = SimpleNamespace(name="critters", here=True, size="", command="", meanwhile="")
    gone = {"name": "school", "here": False, "size": "41 kB", "command": "bring school", "meanwhile": "exam"}
    text = doctor.inventory("data", stand_in(monkeypatch, [here, gone]))
    assert text.splitlines() == [
        "data that are here: critters",
        "data that are not here:",
        "  school      41 kB  bring school; meanwhile: exam",
    ]


def test_a_brief_inventory_has_two_lines(monkeypatch):
    here = {"name": "exam", "here": True}
    gone = [{"name": name, "here": False, "size": "1 MB", "command": "c", "meanwhile": "exam"} for name in ("a", "b")]
    text = doctor.inventory("data", stand_in(monkeypatch, [here, *gone]), brief=True)
    assert text.splitlines() == ["data that are here: exam", "data that are not here: a, b"]


def test_an_ill_module_is_reported_and_does_not_stop_the_report():
    assert "cannot be listed (ModuleNotFoundError" in doctor.inventory("data", "helpers.no_such_module")


def test_rows_without_fields_are_shown(monkeypatch: pytest.MonkeyPatch):
    assert "x" in doctor.inventory("data", stand_in(monkeypatch, [{"name": "x", "here": False}]))


def test_a_missing_package_is_named():
    assert doctor.version("no-such-package-anywhere") == "MISSING"


def test_cores_and_memory_are_plausible():
    free, whole = doctor.memory_gigabytes()
    assert doctor.cores() >= 1
    assert whole is None or 0 < whole < 10_000
    assert free is None or 0 < free <= whole


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
    from helpers.downloads import DownloadError

    def fail(name: str):
        raise DownloadError("the server did not answer")

    monkeypatch.setattr(datasets, "download", fail)
    with pytest.raises(Stop, match=r"^school: the server did not answer$"):
        download.main(["school"])
