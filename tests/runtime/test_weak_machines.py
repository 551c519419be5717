"""Computers that students have, simulated: one sentence each, with what to do, and none where all is well."""

import re
from pathlib import Path

import pytest

from helpers import runtime
from helpers.runtime import weak_machines
from helpers.runtime.weak_machines import Machine, advice, has_avx, missing_runtimes

GOOD = Machine("Linux", "/home/ada/course", 16.0, 9.0, 8, True)
WEAK = {
    "no AVX": (GOOD._replace(avx=False), "no AVX instructions"),
    "no VC++ runtime": (
        GOOD._replace(system="Windows", runtimes=("msvcp140.dll",)),
        "msvcp140.dll missing.*Visual C\\+\\+ Redistributable",
    ),
    "OneDrive": (
        GOOD._replace(folder=r"C:\Users\Ada\OneDrive - School\course"),
        "OneDrive - School copies to a server",
    ),
    "iCloud": (GOOD._replace(folder="/Users/ada/Library/Mobile Documents/course"), "Mobile Documents copies"),
    "long path": (
        GOOD._replace(system="Windows", folder="C:\\" + 120 * "x", long_paths=False),
        "a path of 123 letters.*limit of 260",
    ),
    "8 GB": (GOOD._replace(memory=7.8), "7.8 GB of memory are enough for one notebook at a time"),
    "full memory": (GOOD._replace(free=1.4), "1.4 GB of memory are free.*close"),
    "two cores": (GOOD._replace(cores=2), "With 2 cores"),
}


def test_a_good_computer_is_told_nothing():
    assert advice(GOOD) == []
    assert advice(GOOD._replace(avx=None)) == []  # nobody knows


@pytest.mark.parametrize("name", WEAK)
def test_each_weakness_is_one_sentence(name):
    machine, words = WEAK[name]
    (said,) = advice(machine)
    assert re.search(words, said) and said.endswith(".") and "\n" not in said


def test_a_long_path_matters_on_windows_alone_and_only_where_it_is_too_long():
    long = "C:\\" + 120 * "x"
    assert advice(GOOD._replace(folder=long, long_paths=False)) == []
    assert advice(GOOD._replace(system="Windows", folder=long)) == []
    assert advice(GOOD._replace(system="Windows", folder="C:\\course", long_paths=False)) == []
    assert len(advice(GOOD._replace(system="Windows", folder="C:\\" + 108 * "x", long_paths=False))) == 1  # 111 + 150
    assert advice(GOOD._replace(system="Windows", folder="C:\\" + 107 * "x", long_paths=False)) == []  # 260 just fit


def test_a_folder_that_only_sounds_like_a_synced_one_is_left_alone():
    assert advice(GOOD._replace(folder="/home/ada/my onedrive notes")) == []


def test_avx_is_read_from_the_processors_flags(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    for flags, expected in (("fpu sse4_2 avx avx2", True), ("fpu sse4_2", False), ("avx512f", False)):
        cpuinfo.write_text(f"processor : 0\nflags\t\t: {flags}\n")
        assert has_avx("Linux", "x86_64", cpuinfo) is expected
    cpuinfo.write_text("processor : 0\n")
    assert has_avx("Linux", "x86_64", cpuinfo) is None
    assert has_avx("Linux", "aarch64", cpuinfo) is None
    assert has_avx("Linux", "x86_64", tmp_path / "none") is None
    assert has_avx("Windows", "AMD64") is None  # there is no Windows here to ask


def test_missing_files_of_the_runtime_are_named(tmp_path):
    system, python = tmp_path / "System32", tmp_path / "Python"
    for folder, names in ((system, ["msvcp140.dll"]), (python, ["vcruntime140.dll"])):
        folder.mkdir()
        for name in names:
            (folder / name).touch()
    assert missing_runtimes([system, python]) == ("vcruntime140_1.dll",)
    (python / "vcruntime140_1.dll").touch()
    assert missing_runtimes([system, python]) == ()


def test_the_report_holds_the_sentences(monkeypatch):
    def weak(folder: Path, *_: float) -> Machine:
        return GOOD._replace(folder=str(folder), avx=False)

    monkeypatch.setattr(weak_machines, "this_machine", weak)
    assert "no AVX instructions" in runtime.report()
