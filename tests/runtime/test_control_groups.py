"""Limits of memory in fake trees of control groups; those of processors' time: test_processors.py."""

import math
from pathlib import Path

import psutil
import pytest

from helpers.runtime import control_groups, doctor

GB = 10**9


def tree(root: Path, groups: str, files: dict[str, str]) -> Path:
    """A file system with the groups of this process and their files."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


CASES = {
    "no groups": ("", {}, (math.inf, math.inf)),
    "second version, no limit": ("0::/\n", {"memory.max": "max\n", "memory.current": "5\n"}, (math.inf, math.inf)),
    "second version": ("0::/\n", {"memory.max": f"{2 * GB}\n", "memory.current": f"{GB}\n"}, (GB, 2 * GB)),
    "second version, a hub's unit": (
        "0::/system.slice/jupyter-ann.service\n",
        {
            "memory.max": "max",
            "system.slice/memory.max": f"{9 * GB}",
            "system.slice/memory.current": f"{3 * GB}",
            "system.slice/jupyter-ann.service/memory.max": f"{2 * GB}",
            "system.slice/jupyter-ann.service/memory.current": f"{GB}",
        },
        (GB, 2 * GB),
    ),
    "the group above is nearly full": (
        "0::/a/b\n",
        {
            "a/memory.max": f"{4 * GB}",
            "a/memory.current": f"{3.5 * GB:.0f}",
            "a/b/memory.max": f"{2 * GB}",
            "a/b/memory.current": f"{GB}",
        },
        (0.5 * GB, 4 * GB),
    ),
    "files that are kept count as free": (
        "0::/\n",
        {"memory.max": f"{2 * GB}", "memory.current": f"{2 * GB}", "memory.stat": f"anon 7\ninactive_file {GB}\n"},
        (GB, 2 * GB),
    ),
    "first version": (
        "5:cpu,cpuacct:/\n4:memory:/docker/x\n",
        {
            "memory/memory.limit_in_bytes": f"{3 * GB}",
            "memory/memory.usage_in_bytes": f"{2 * GB}",
            "memory/memory.stat": f"inactive_file 1\ntotal_inactive_file {GB // 2}\n",
        },
        (1.5 * GB, 3 * GB),
    ),
    "used more than allowed": ("0::/\n", {"memory.max": f"{GB}", "memory.current": f"{2 * GB}"}, (0, GB)),
    "damaged": ("0::/\n", {"memory.max": "much", "memory.current": "1"}, (math.inf, math.inf)),
}


@pytest.mark.parametrize(("groups", "files", "expected"), CASES.values(), ids=CASES)
def test_memory(tmp_path: Path, groups: str, files: dict[str, str], expected: tuple[float, float]):
    assert control_groups.memory(tree(tmp_path, groups, files)) == expected


def test_the_doctor_says_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    root = tree(tmp_path, "0::/\n", {"memory.max": "1500000", "memory.current": "500000"})
    assert doctor.memory_gigabytes(root) == (0.001, 0.0015)
    monkeypatch.setattr(doctor, "cores", lambda: 8)
    monkeypatch.setattr(control_groups, "processors", lambda: 1.5)
    assert "8 cores (a quota leaves the time of 1.5), " in doctor.computer()


def test_a_limit_above_what_there_is_changes_nothing(tmp_path: Path):
    """The first version says 2**63 less a page for no limit."""
    groups = {"memory/memory.limit_in_bytes": "9223372036854771712", "memory/memory.usage_in_bytes": "1"}
    assert doctor.memory_gigabytes(tree(tmp_path, "3:memory:/\n", groups))[1] == psutil.virtual_memory().total / 1e9
