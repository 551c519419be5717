"""What about a computer would trouble the course, each as one sentence with what to do; nothing is changed here."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

_LITTLE, _BROWSER = 8.5, 2.0  # GB: of a computer that is sold with 8; what must be free for a notebook and a browser
_FEW = 2  # cores
_LONGEST = 260  # letters of a path on Windows, where long ones are not allowed
_OURS = 150  # letters of the longest path of a package, counted from the course's folder
_SYNCED = ("onedrive", "dropbox", "google drive", "googledrive", "icloud", "mobile documents")
_RUNTIMES = ("vcruntime140.dll", "vcruntime140_1.dll", "msvcp140.dll")


class Machine(NamedTuple):
    """What is known of a computer.

    system: as `platform.system()`. folder: the course's. memory, free: GB. cores: that may be used. avx: whether the
    processor has these instructions, None where nobody says. runtimes: the files of Microsoft's VC++ runtime that are
    missing. long_paths: whether Windows allows paths of more than 260 letters.
    """

    system: str
    folder: str
    memory: float
    free: float
    cores: int
    avx: bool | None = None
    runtimes: tuple[str, ...] = ()
    long_paths: bool = True


def advice(machine: Machine) -> list[str]:
    """One sentence for each thing that would trouble the course on this computer; none where all is well."""
    windows, words = machine.system == "Windows", []
    if machine.avx is False:
        words.append(
            "The processor has no AVX instructions, which TensorFlow's packages need: it would end with 'illegal "
            "instruction'; use another computer, Colab or Binder, or the pages of `python3 course.py site`."
        )
    if machine.runtimes:
        words.append(
            f"Microsoft's VC++ runtime is not whole ({', '.join(machine.runtimes)} missing), and TensorFlow would say "
            "'DLL load failed': install 'Visual C++ Redistributable 2015-2022 (x64)' from Microsoft, then try again."
        )
    if synced := _synced(machine.folder):
        words.append(
            f"The course lies in a folder that {synced} copies to a server, which would carry gigabytes and lock files "
            "while they are written: move it to a folder outside, such as one named course in your home."
        )
    if windows and not machine.long_paths and len(machine.folder) + _OURS > _LONGEST:
        words.append(
            f"The course's folder has a path of {len(machine.folder)} letters, and with the packages' own it would "
            f"pass Windows' limit of {_LONGEST}: move it to a short one, such as C:\\course, or allow long paths."
        )
    if machine.free < _BROWSER:
        words.append(
            f"{machine.free:.1f} GB of memory are free, and a notebook beside a browser needs {_BROWSER:.0f}: close "
            "other programs and tabs, and shut kernels down that you do not need."
        )
    elif machine.memory < _LITTLE:
        words.append(
            f"{machine.memory:.1f} GB of memory are enough for one notebook at a time: shut its kernel down before you "
            "open the next one."
        )
    if machine.cores <= _FEW:
        words.append(
            f"With {machine.cores} cores the times in the notebooks hold for a quick processor only: count twice as "
            "long on a slow one, and run `python3 course.py warm` overnight, after which explorers answer sooner."
        )
    return words


def _synced(folder: str) -> str:
    """The service whose folder this is, as it is written in the path; empty for none."""
    for part in folder.replace("\\", "/").split("/"):
        if any(part.lower().startswith(name) for name in _SYNCED):
            return part
    return ""


def this_machine(folder: Path, free: float, memory: float, cores: int) -> Machine:
    """What can be found out of this computer without starting TensorFlow; memory in GB, as the caller knows it."""
    system = platform.system()
    windows = system == "Windows"
    return Machine(
        system,
        str(folder),
        memory,
        free,
        cores,
        has_avx(system, platform.machine()),
        missing_runtimes() if windows else (),
        long_paths() if windows else True,
    )


def has_avx(system: str, processor: str, cpuinfo: Path = Path("/proc/cpuinfo")) -> bool | None:
    """Whether the processor has AVX, as the system tells it; None where it does not, or where none is needed (ARM)."""
    if processor.lower() not in ("x86_64", "amd64"):
        return None
    try:
        if system == "Linux":
            flags = [line for line in cpuinfo.read_text().splitlines() if line.startswith("flags")]
            return "avx" in flags[0].split(":")[1].split() if flags else None
        if system == "Darwin":
            asked = ["sysctl", "-n", "machdep.cpu.features"]
            return "AVX1.0" in subprocess.run(asked, capture_output=True, text=True, timeout=5).stdout.split()
        return bool(ctypes.windll.kernel32.IsProcessorFeaturePresent(39))  # PF_AVX_INSTRUCTIONS_AVAILABLE
    except (OSError, AttributeError, subprocess.SubprocessError):
        return None


def missing_runtimes(folders: list[Path] | None = None) -> tuple[str, ...]:
    """The files of the VC++ runtime that Windows does not have; Python brings some of them itself."""
    system = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
    folders = folders or [system, Path(sys.base_prefix)]
    return tuple(name for name in _RUNTIMES if not any((folder / name).is_file() for folder in folders))


def long_paths() -> bool:
    """Whether Windows allows paths of more than 260 letters; True where that cannot be read."""
    try:
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SYSTEM\CurrentControlSet\Control\FileSystem") as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except (ImportError, OSError):
        return True
