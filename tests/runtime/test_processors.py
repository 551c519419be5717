"""How many threads compute: fake trees of control groups, the setting, and what TensorFlow and LiteRT make of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.runtime import processors


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("COURSE_THREADS", raising=False)
    monkeypatch.setattr(processors, "cores", lambda: 8)


def tree(root: Path, groups: str, **files: str) -> Path:
    """A file system with the groups of this process and their files, "__" standing for a slash in names."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name.replace("__", "/").replace("cpu_max", "cpu.max")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(path.name.replace("cpu_cfs", "cpu.cfs")).write_text(text)
    return root


CASES = {
    "no groups at all": ("", {}, 8),
    "second version, no limit": ("0::/\n", {"cpu_max": "max 100000\n"}, 8),
    "second version, two processors": ("0::/\n", {"cpu_max": "200000 100000\n"}, 2),
    "second version, one and a half": ("0::/\n", {"cpu_max": "150000 100000\n"}, 2),
    "second version, a tenth": ("0::/\n", {"cpu_max": "10000 100000\n"}, 1),
    "second version, its own group": ("0::/a/b\n", {"a__b__cpu_max": "300000 100000\n"}, 3),
    "second version, the group above": (
        "0::/a/b\n",
        {"a__cpu_max": "100000 100000\n", "a__b__cpu_max": "300000 100000\n"},
        1,
    ),
    "second version, another's group": ("0::/a\n", {"b__cpu_max": "100000 100000\n"}, 8),
    "first version, no limit": ("1:cpu:/\n", {"cpu__cpu_cfs_quota_us": "-1", "cpu__cpu_cfs_period_us": "100000"}, 8),
    "first version, two processors": (
        "1:cpu:/docker/x\n",
        {"cpu__cpu_cfs_quota_us": "200000", "cpu__cpu_cfs_period_us": "100000"},
        2,
    ),
    "first version, two controllers": (
        "4:cpu,cpuacct:/\n",
        {"cpu,cpuacct__cpu_cfs_quota_us": "50000", "cpu,cpuacct__cpu_cfs_period_us": "50000"},
        1,
    ),
    "first version, memory only": ("4:memory:/\n", {"memory__cpu_max": "100000 100000\n"}, 8),
    "more than there is": ("0::/\n", {"cpu_max": "6400000 100000\n"}, 8),
    "damaged": ("0::/\n", {"cpu_max": "many\n"}, 8),
}


@pytest.mark.parametrize(("groups", "files", "threads"), CASES.values(), ids=CASES)
def test_the_quota_counts(tmp_path: Path, groups: str, files: dict[str, str], threads: int):
    assert processors.threads(tree(tmp_path, groups, **files)) == threads


def test_the_setting_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COURSE_THREADS", "3")
    assert processors.threads(tree(tmp_path, "0::/\n", cpu_max="100000 100000")) == 3


@pytest.mark.parametrize("wrong", ["0", "-1", "two", "1.5"])
def test_a_wrong_setting_is_named(wrong: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COURSE_THREADS", wrong)
    with pytest.raises(ValueError, match=f"COURSE_THREADS is '{wrong}', expected a whole number from 1"):
        processors.threads()


def test_both_engines_follow():
    code = (
        "import helpers, tensorflow as tf; from helpers.backbones import forward\n"
        "from ai_edge_litert import interpreter\n"
        "def opened(**given): print(tf.config.threading.get_intra_op_parallelism_threads(), given['num_threads'])\n"
        "interpreter.Interpreter = opened\n"
        "forward._opened(b'', ())"
    )
    environment = os.environ | {"COURSE_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "1 1"
