"""The box that a student's code runs in: bubblewrap around it, and a watcher beside it.

Inside there is no network, a process tree of its own, this course read-only without `instructor/`, its history and the
records, and an empty home in memory. The watcher ends the whole tree for too much memory, too many files or processes.

What this is worth: it holds back what a student's program does by mistake and what a curious student tries. It shares
the kernel with this computer, so it is no wall against somebody who breaks kernels; strangers' code that is graded for
a public belongs into a virtual machine or a container of its own, without the names and the gradebook on it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from helpers.files import downloads
from tools.common import ROOT, Stop

HOME = "/tmp/student"
_BASE_USER = 61_000  # where root starts boxes they run as users nobody else has, one a box
_PASSED = ("COURSE_ENGINE", "LANG", "TF_CPP_MIN_LOG_LEVEL", "PYTHONHASHSEED")
_SERVE = "import sys; from tools.homework import player; sys.exit(player.main(sys.argv[1:]))"
_CODE = ("helpers", "tools/__init__.py", *(f"tools/homework/{name}.py" for name in ("__init__", "player", "values")))


class Limits(NamedTuple):
    """What one student's processes may use."""

    memory: int = 3_000_000_000  # bytes, of all its processes together
    processes: int = 50
    threads: int = 128 + 4 * (os.cpu_count() or 1)  # and processes together; libraries start some for each core
    disk: int = 1_000_000_000  # bytes in its home, which is memory
    files: int = 20_000  # in its home


class Ended(Exception):
    """The student's process is gone; the text says why."""


def available() -> bool:
    """Whether bubblewrap is here and makes a box."""
    if not shutil.which("bwrap"):
        return False
    return subprocess.run([*_walls(Limits(), 0), "true"], capture_output=True).returncode == 0


def check(trust: bool) -> None:
    """Stop where no box can be made, unless the code is trusted."""
    if not hasattr(os, "fork"):
        raise Stop("homework is graded on Linux or macOS: on Windows, use the Windows Subsystem for Linux.")
    if not trust and not available():
        raise Stop(
            "students' code is not run without a box, and bubblewrap (bwrap) makes none here: install it (Debian and "
            "Ubuntu: sudo apt install bubblewrap), or write --trust where you would run this code yourself."
        )


class Box:
    """One running player and the two pipes to it."""

    def __init__(self, number: int = 0, limits: Limits | None = None, trust: bool = False) -> None:
        """number: of the worker; no two boxes with one number run at once. trust: no walls, only the watcher."""
        self.limits, self.reason = limits or Limits(), ""
        to_box, self._out = os.pipe()
        self._in, from_box = os.pipe()
        walls = [] if trust else _walls(self.limits, number)
        serve = [sys.executable, "-c", _SERVE, str(to_box), str(from_box), self._resources(trust)]
        environment = _environment(trust)
        self._process = subprocess.Popen(
            [*walls, *serve],
            pass_fds=(to_box, from_box),
            env=environment,
            cwd=None if not trust else environment["HOME"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_box)
        os.close(from_box)
        os.set_blocking(self._out, False)
        self._trusted_home = environment["HOME"] if trust else ""
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _resources(self, trust: bool) -> str:
        return json.dumps(
            {
                # Without a box those of the user's other programs would count.
                **({} if trust else {"RLIMIT_NPROC": self.limits.threads}),
                "RLIMIT_DATA": self.limits.memory + 2_000_000_000,  # libraries reserve more than they use
                "RLIMIT_FSIZE": self.limits.disk,
                "RLIMIT_CORE": 0,
            }
        )

    def send(self, data: bytes, until: float) -> None:
        """Write a frame; Ended when the box is gone or does not read. until: of time.monotonic()."""
        rest = memoryview(data)
        while rest:
            if not select.select([], [self._out], [], max(0, until - time.monotonic()))[1]:
                self.close("it ran too long and was stopped")
            try:
                rest = rest[os.write(self._out, rest) :]
            except OSError:
                self.close("its process ended")

    def receive(self, count: int, until: float) -> bytes:
        """Read exactly so many bytes; Ended when the box is gone or does not answer in time."""
        parts = []
        while count:
            if not select.select([self._in], [], [], max(0, until - time.monotonic()))[0]:
                self.close("it ran too long and was stopped")
            part = os.read(self._in, min(count, 1 << 20))
            if not part:
                self.close("its process ended")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def close(self, reason: str = "") -> None:
        """End the whole tree; with a reason raise Ended, with the watcher's own where it had one."""
        if self._process.poll() is None:
            self._kill()
        self._process.wait()
        self._watcher.join()
        for pipe in (self._in, self._out):
            with contextlib.suppress(OSError):
                os.close(pipe)
        if self._trusted_home:
            shutil.rmtree(self._trusted_home, ignore_errors=True)
        if reason:
            raise Ended(self.reason or reason)

    def _kill(self) -> None:
        """End the box. The first process in it dies with bubblewrap, and the kernel ends the whole tree with that."""
        tree = self._tree()
        for process in [self._process, *tree]:
            with contextlib.suppress(psutil.Error, OSError):
                process.kill()

    def _tree(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            return psutil.Process(self._process.pid).children(recursive=True)
        return []

    def _watch(self) -> None:
        while self._process.poll() is None and not self.reason:
            self.reason = _excess(self._tree(), self.limits)
            if self.reason:
                self._kill()
            time.sleep(0.1)


def _excess(tree: list[psutil.Process], limits: Limits) -> str:
    """Which limit a tree of processes is over, in words; empty where none."""
    if len(tree) > limits.processes:
        return f"it started more than {limits.processes} processes and was stopped"
    if _memory(tree, exact=False) > limits.memory and _memory(tree, exact=True) > limits.memory:
        return f"it used more than {limits.memory / 1e9:g} GB of memory and was stopped"
    with contextlib.suppress(OSError, IndexError):
        home = os.statvfs(f"/proc/{tree[-1].pid}/root{HOME}")
        if home.f_files - home.f_ffree > limits.files and home.f_blocks * home.f_frsize < 1.1 * limits.disk:
            return f"it wrote more than {limits.files} files and was stopped"
    return ""


def _memory(tree: list[psutil.Process], exact: bool) -> int:
    """The bytes that processes hold of their own; exactly, or counting what copies of one process share for each."""
    total = 0
    for process in tree:
        with contextlib.suppress(psutil.Error):
            used = process.memory_full_info() if exact else process.memory_info()
            total += used.pss if exact else used.rss - used.shared
    return total


def _environment(trust: bool) -> dict[str, str]:
    """What the player's process is told: nothing of the instructor's."""
    import tempfile

    home = tempfile.mkdtemp(prefix="student-") if trust else HOME
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    data = os.pathsep.join(map(str, _data()))
    return {
        **passed,
        **({"COURSE_DATA": data} if data else {}),
        "COURSE_CACHE": f"{home}/cache",
        "COURSE_THREADS": os.environ.get("COURSE_THREADS", "") or "1",
        "HOME": home,
        "TMPDIR": home,
        "USER": "student",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "MPLBACKEND": "Agg",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": os.environ.get("COURSE_THREADS", "") or "1",
    }


def _data() -> list[Path]:
    """The folders of COURSE_DATA that exist."""
    cache = downloads.cache_folder()
    return [folder.resolve() for folder in downloads.search_folders() if folder != cache and folder.is_dir()]


def _walls(limits: Limits, number: int) -> list[str]:
    """The command in front of the player's: bubblewrap, and a user of its own where root starts it."""
    size = str(limits.disk)
    root = os.geteuid() == 0
    words = ["bwrap", "--die-with-parent", "--new-session"]
    words += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"] if root else ["--unshare-all"]
    words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"] if root else []
    words += [
        *_system(),
        *_shown([Path(sys.base_prefix), Path(sys.prefix), *(ROOT / name for name in _CODE), *_data()]),
    ]
    words += ["--proc", "/proc", "--dev", "/dev", "--size", str(limits.disk // 4), "--perms", "1777"]
    words += ["--tmpfs", "/dev/shm", "--perms", "1777", "--size", size, "--tmpfs", HOME]
    words += _converted()
    words += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME, "--hostname", "student"]
    user = str(_BASE_USER + number)
    drop = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs", "--bounding-set", "-all"]
    return [*words, *(drop + ["--inh-caps", "-all"] if root else ["--cap-drop", "ALL"])]


def _converted() -> list[str]:
    """Networks that were converted on this computer, in the box's own cache, so that each box need not do it again."""
    files = sorted((downloads.cache_folder() / "forward").glob("*.tflite"))
    words = [word for name in ("cache", "cache/forward") for word in ("--perms", "0777", "--dir", f"{HOME}/{name}")]
    return words + [
        word for path in files for word in ("--ro-bind", str(path.resolve()), f"{HOME}/cache/forward/{path.name}")
    ]


def _system() -> list[str]:
    """Python and the system's libraries, read-only."""
    words = []
    for place in ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(place):
            words += ["--symlink", os.readlink(place), place]
        elif os.path.isdir(place):
            words += ["--ro-bind", place, place]
    for place in ("/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives", "/etc/localtime"):
        words += ["--ro-bind-try", place, place]
    return words


def _shown(places: list[Path]) -> list[str]:
    """Files and folders at their own places, read-only; the folders above hold nothing else, and all may look there."""
    places = [place for place in dict.fromkeys(places) if Path("/usr") not in [place, *place.parents]]
    above = dict.fromkeys(folder for place in places for folder in reversed(place.parents[:-1]))
    words = [word for folder in above for word in ("--perms", "0755", "--dir", str(folder))]
    return words + [word for place in places for word in ("--ro-bind", os.path.realpath(place), str(place))]
