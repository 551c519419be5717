"""Where commands write: one setting moves it all, and a place that cannot be written to is said before work begins."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import common, ledger, pages, run, site, slides, warm
from tools.common import Stop

COMMANDS = {
    "run": (run, []),
    "warm": (warm, []),
    "site": (site, []),
    "static slides": (site, ["--slides", "01"]),
    "slides": (slides, ["01", "--no-browser"]),
    "ledger": (ledger, []),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one notebook, which is never run: whoever begins to work fails."""
    for name, place in {"ROOT": ".", "NOTEBOOKS": "notebooks", "SOURCES": "notebooks/source"}.items():
        monkeypatch.setattr(common, name, tmp_path / place)
    build_in(tmp_path / "build", monkeypatch)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "notebooks").mkdir()
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    nbformat.write(book, tmp_path / "notebooks" / "01_one.ipynb")
    monkeypatch.setattr(run, "execute", lambda book: pytest.fail("work began"))
    monkeypatch.setattr(slides, "serve", lambda name, words: pytest.fail("work began"))
    return tmp_path


def build_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "BUILD", folder)
    for name, place in {"EXECUTED": "executed", "PAGES": "html", "SITE": "site", "SLIDES": "slides"}.items():
        monkeypatch.setattr(common, name, folder / place)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("where", ["build", "cache"])
def test_a_place_that_cannot_be_written_to_is_said_before_work_begins(project: Path, command: str, where: str):
    (project / where).write_text("a file where the folder should be")  # root may write to any folder
    module, arguments = COMMANDS[command]
    with pytest.raises(Stop, match=r"cannot be written \(.*\): .*set COURSE_CACHE to a folder of your own") as caught:
        module.main(arguments)
    assert "\n" not in str(caught.value) and str(project / where) in str(caught.value)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_said_before_work_begins(project: Path, command: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**12, 10**12, 5_000_000))
    module, arguments = COMMANDS[command]
    with pytest.raises(Stop, match=r"has 5 MB left, and this may need \d+: make room, or set COURSE_CACHE"):
        module.main(arguments)


def test_a_disk_that_fills_meanwhile_is_one_sentence(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run, "execute", lambda book: (None, ""))

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Stop, match=r"01_one.ipynb cannot be written \(No space left on device\): make room"):
        run.main([])
    assert list((project / "build" / "executed").iterdir()) == []


def test_a_file_of_the_course_itself_has_another_remedy(project: Path):
    (project / "notebooks" / "folder").write_text("")
    with pytest.raises(Stop, match="part of the course itself"):
        common.write(project / "notebooks" / "folder" / "x.ipynb", "")


def test_the_ledger_of_a_read_only_project_goes_to_the_build_folder(project: Path, monkeypatch: pytest.MonkeyPatch):
    (project / "docs").write_text("no folder")
    monkeypatch.setattr(run, "execute", lambda book: (None, ""))
    assert ledger.main([]) == 0
    assert (project / "build" / "claims.md").read_text().startswith("# What the slides claim")


@pytest.mark.parametrize("setting", ["whole path", "relative path", "none"])
def test_one_setting_moves_everything(tmp_path: Path, setting: str):
    variables = {name: value for name, value in os.environ.items() if name != "COURSE_CACHE"}
    cache = {"whole path": str(tmp_path / "mein Ordner ü"), "relative path": "here", "none": None}[setting]
    if cache:
        variables["COURSE_CACHE"] = cache
    code = (
        "import os; from tools import common, run, warm; "
        + ("common.check_room(0); " if cache else "")
        + "print(*warm.folders(), os.environ.get('COURSE_CACHE', ''), sep='\\n')"
    )
    command = [sys.executable, "-c", f"import sys; {code}"]
    variables |= {"PYTHONPATH": str(common.ROOT), "PYTHONUTF8": "1"}
    said = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=True).stdout
    *folders, left = said.splitlines()
    if cache is None:
        assert [Path(folder).parts[-2] for folder in folders] == 2 * ["cache"] + 4 * ["build"] and left == ""
        assert all(common.ROOT in Path(folder).parents for folder in folders)
        return
    assert all(Path(folder).is_relative_to(tmp_path / cache) for folder in folders)
    assert left == str(tmp_path / cache)  # for notebooks, which run in another folder


def test_a_setting_that_names_nobody_is_one_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COURSE_CACHE", "~nobody-of-this-name/x")
    assert common.build_folder() == common.ROOT / "build"
    with pytest.raises(Stop, match="COURSE_CACHE names no folder"):
        common.check_room()


def test_links_of_pages_lead_to_the_project_from_wherever_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(common, "NOTEBOOKS", tmp_path / "course" / "notebooks")
    for build, way in (("course/build", "../../notebooks"), ("mine/build", "../../../course/notebooks")):
        build_in(tmp_path / build, monkeypatch)
        assert pages.page_of("../data/x.md") == f"{way}/../data/x.md"
