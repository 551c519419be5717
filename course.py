#!/usr/bin/env python3
"""Set up the course's environment in .venv, then hand the command to tools/ inside it.

Only the standard library is used here, and only what Python 3.6 understands, so that an old Python can still say that
it is too old. Everything else lives in tools/, one file a command, and runs inside the environment.
"""

import contextlib
import difflib
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST, NEWEST = (3, 11), (3, 13)
GIGABYTES_NEEDED = 4
REQUIREMENTS = ("requirements.txt", "pyproject.toml")
TEST_REQUIREMENTS = "tests/requirements.txt"
UNFINISHED = "unfinished"

COMMANDS = {
    "lab": "open JupyterLab on the first notebook (options are passed on: --no-browser --port 8899)",
    "slides": "show a notebook as live slides with working explorers (NAME --port 8899 --no-browser)",
    "site": "make pages in build/site that open from a stick (--slides NAME: static slides of one notebook)",
    "warm": "run before a lecture what it will show, so that it answers at once (NAMES, --clear)",
    "wheels": "gather all packages in a folder; `lab --wheels DIR` installs from there with no network",
    "test": "run all tests and all notebooks (options are passed on to pytest)",
    "run": "execute notebooks and write readable pages to build/html (names choose some of them)",
    "build": "generate notebooks/*.ipynb from notebooks/source/*.py",
    "download": "bring a data set or the weights of a network",
    "doctor": "show versions, memory, what is here and what is missing",
    "ledger": "collect what the notebooks measured about the slides into docs/claims.md",
}

# What installers say (pip and uv, several systems) when the cause is not in the lists themselves.
NO_SPACE = ("no space left", "os error 28", "errno 28", "not enough space", "disk quota exceeded")
NO_NETWORK = (
    "failed to establish a new connection",
    "name resolution",
    "name or service not known",
    "getaddrinfo",
    "network is unreachable",
    "connection refused",
    "error sending request",
    "dns error",
    "timed out",
    "client error (connect)",
    "cannot connect to proxy",
    "connection broken",
    "network connectivity is disabled",
)


class Stop(Exception):
    """What went wrong and what to do, in one sentence; the program prints it and ends with status 1."""


def main(arguments):
    """Run one command line (a list of str, without the program's name) and return the exit status."""
    command = arguments[0] if arguments else "--help"
    try:
        if command in ("-h", "--help", "help"):
            print(usage())
            return 0 if arguments else 2
        if command not in COMMANDS:
            near = difflib.get_close_matches(command, COMMANDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "choose one of " + ", ".join(COMMANDS) + "."
            raise Stop(f"there is no command {command!r}: {hint}")
        check_python(sys.version_info[:2])
        check_platform(platform.system(), platform.machine(), sys.maxsize > 2**32)
        options, wheels = take_wheels(arguments[1:])
        python = prepare(with_tests=command == "test", wheels=wheels)
        return hand_over([str(python), "-m", "tools." + command, *options])
    except Stop as reason:
        print(f"course.py: {reason}", file=sys.stderr)
        return 1
    except OSError as error:  # a file that cannot be read or written, a disk that fills up meanwhile
        print(f"course.py: {error}: mend this, then run the same command again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ncourse.py: interrupted; run the same command to start again.", file=sys.stderr)
        return 130


def usage():
    """The help text."""
    lines = ["usage: python3 course.py COMMAND [OPTIONS]", ""]
    return "\n".join(lines + [f"  {name:<10}{text}" for name, text in COMMANDS.items()])


def say(text):
    """One line on the standard output, at once."""
    print(text, flush=True)


# ---- is this computer fit for it? ------------------------------------------------------------------------------------


def check_python(version):
    """Raise Stop for a Python (major, minor) that is too old or too new, and name a fitting one where there is one."""
    if OLDEST <= tuple(version) <= NEWEST:
        return
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    found = [name for name in names if shutil.which(name)]
    if found:
        advice = f"run `{found[0]} course.py` instead"
    else:
        advice = "install Python 3.12 and run this command with it, for example `python3.12 course.py lab`"
    age = "old" if tuple(version) < OLDEST else "new"
    raise Stop(
        f"this is Python {version[0]}.{version[1]}, too {age} for the course's TensorFlow, "
        f"which needs 3.11, 3.12 or 3.13: {advice}."
    )


def check_platform(system, machine, is_64_bit):
    """Raise Stop where TensorFlow publishes no package, instead of letting the installer fail in its own words."""
    elsewhere = "open the notebooks in Colab or Binder, or use a Linux machine"
    if not is_64_bit:
        raise Stop("this Python is a 32-bit program and TensorFlow needs 64 bits: install a 64-bit Python.")
    if system == "Darwin" and machine == "x86_64":
        raise Stop(
            f"TensorFlow has no package for a Mac with an Intel processor: {elsewhere} "
            "(on a Mac with an M processor, install a Python made for arm64)."
        )
    if system == "Windows" and machine.upper() == "ARM64":
        raise Stop(f"TensorFlow has no package for Windows on ARM: {elsewhere}.")


def check_space(folder):
    """Raise Stop when the disk that holds `folder` has no room for the environment."""
    free = shutil.disk_usage(str(folder)).free / 1e9
    if free < GIGABYTES_NEEDED:
        raise Stop(
            f"the environment needs about {GIGABYTES_NEEDED} GB and the disk of {folder} has {free:.1f} GB free: "
            "make room, then run the same command again."
        )


def take_wheels(options):
    """Split `--wheels DIR` off the options; return the others and the folder, None where it is not asked for."""
    words = [part for word in options for part in (word.split("=", 1) if word.startswith("--wheels=") else [word])]
    if "--wheels" not in words:
        return options, None
    at = words.index("--wheels")
    folder = Path(words[at + 1]).expanduser().resolve() if at + 1 < len(words) else None
    if folder is None or not list(folder.glob("*.whl")):
        raise Stop(
            f"--wheels needs a folder that `course.py wheels DIR` has filled, and {folder or 'nothing'} is none."
        )
    made_for = folder / "made-for.txt"
    here = f"Python {sys.version_info[0]}.{sys.version_info[1]}, {platform.system()} {platform.machine()}"
    there = made_for.read_text(encoding="utf-8").strip() if made_for.exists() else here
    if there != here:
        raise Stop(f"the packages in {folder} are for {there}, and this is {here}: use that Python, or the network.")
    return words[:at] + words[at + 2 :], folder


# ---- the environment -------------------------------------------------------------------------------------------------


def prepare(with_tests=False, wheels=None):
    """Return the Python of a complete environment; make, repair or update the environment first where needed."""
    environment = ROOT / ".venv"
    if not is_complete(environment, with_tests):
        with one_at_a_time(ROOT / ".venv.lock"):
            why = why_rebuild(environment)
            if why:
                say(why)
                create(environment, wheels)
            install(environment, with_tests, wheels)
    return python_of(environment)


def python_of(environment):
    """The environment's Python."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def read_stamp(environment):
    """The lines of the file that says what was installed; none where nothing was."""
    try:
        return (environment / "course-stamp.txt").read_text(encoding="utf-8").split("\n")
    except OSError:
        return []


def write_stamp(environment, lines):
    """Replace the stamp in one step."""
    part = environment / "course-stamp.part"
    part.write_text("\n".join(lines), encoding="utf-8")
    os.replace(str(part), str(environment / "course-stamp.txt"))


def fingerprint(version, with_tests):
    """A short sum over what decides the installation: the lists, Python's version and the project's own place."""
    total = hashlib.sha256(f"{version} {ROOT} {with_tests}".encode())
    for name in REQUIREMENTS + ((TEST_REQUIREMENTS,) if with_tests else ()):
        total.update((ROOT / name).read_bytes())
    return total.hexdigest()[:16]


def version_of(environment):
    """'3.12' for a Python that starts and really belongs to this environment, else None."""
    show = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.prefix)"
    command = [str(python_of(environment)), "-c", show]
    try:
        answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, env=child_env())
    except (OSError, subprocess.SubprocessError):
        return None
    lines = answer.stdout.decode(errors="replace").splitlines()
    if answer.returncode or len(lines) != 2 or Path(lines[1]).resolve() != environment.resolve():
        return None
    return lines[0]


def is_complete(environment, with_tests):
    """True when the stamp says that exactly this was installed and the environment's Python still starts."""
    lines = read_stamp(environment)
    version = version_of(environment) if lines else None
    return version is not None and fingerprint(version, with_tests) in lines


def why_rebuild(environment):
    """Why the environment must be made from scratch; '' when it can be kept and only brought up to date."""
    if not os.path.lexists(str(environment)):
        return "Making the environment in .venv, once: about 3 GB, one to ten minutes."
    if UNFINISHED in read_stamp(environment):
        return "The last installation did not finish: making the environment in .venv again."
    version = version_of(environment)
    if version is None or not OLDEST <= tuple(int(part) for part in version.split(".")) <= NEWEST:
        return "The environment in .venv does not work: making it again."
    return ""


def create(environment, wheels=None):
    """Make an empty environment in place of whatever is there; it counts as unfinished until `install` ends."""
    uv = shutil.which("uv")
    if not uv and not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Stop(
            "this Python lacks its modules `venv` and `ensurepip`: install them "
            "(Debian and Ubuntu: `sudo apt install python3-venv`) or install uv, then run the same command again."
        )
    try:
        if environment.is_symlink() or environment.is_file():
            environment.unlink()
        elif environment.exists():
            shutil.rmtree(str(environment))
    except OSError as error:
        raise Stop(f".venv cannot be removed ({error}): close what uses it, delete it by hand and run again.") from None
    check_space(environment.parent)
    base = getattr(sys, "_base_executable", None) or sys.executable  # .venv may be the Python that runs this
    make = [uv, "venv", "--quiet", "--allow-existing", "--seed", "--python", base] if uv else [base, "-m", "venv"]
    environment.mkdir()
    write_stamp(environment, [UNFINISHED])  # first of all, so that a half-made environment is known as one
    run_installer([*make, *(from_folder(wheels) if uv else []), str(environment)], wheels)


def install(environment, with_tests, wheels=None):
    """Install all lists and the project itself; the stamp is written last, and only when everything went well."""
    write_stamp(environment, [UNFINISHED])
    python, uv = str(python_of(environment)), shutil.which("uv")
    # Without --compile-bytecode uv leaves the compiling to the first imports, where it would be felt.
    tool = [uv, "pip", "install", "--python", python, "--compile-bytecode"] if uv else [python, "-m", "pip", "install"]
    lists = ["-r", "requirements.txt"] + (["-r", TEST_REQUIREMENTS] if with_tests else [])
    say(f"Installing the packages with {'uv' if uv else 'pip'} ...")
    run_installer([*tool, *from_folder(wheels), *lists, "-e", "."], wheels)
    version = version_of(environment)
    if version is None:
        raise Stop("the environment in .venv does not start after its installation: delete .venv and run again.")
    write_stamp(environment, [fingerprint(version, tests) for tests in ((False, True) if with_tests else (False,))])
    say("The environment is ready.")


def from_folder(wheels):
    """The installer's options for a folder of packages and no network; none without a folder."""
    return ["--no-index", "--find-links", str(wheels)] if wheels else []


def run_installer(command, wheels=None):
    """Run venv, pip or uv with their own progress on the screen; Stop with the likely cause when it fails."""
    said, variables = [], child_env()
    if wheels:  # settings of this machine that name a server would be asked first, and waited for
        variables = {name: value for name, value in variables.items() if not name.startswith(("PIP_", "UV_"))}
        variables.update(PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1", PIP_FIND_LINKS=wheels.as_uri(), PIP_USER="0")
        variables.update(UV_NO_CONFIG="1", UV_OFFLINE="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    try:
        process = subprocess.Popen(command, cwd=str(ROOT), env=variables, stderr=subprocess.PIPE)
    except OSError as error:
        raise Stop(f"{command[0]} does not start ({error}): repair it, then run the same command again.") from None
    with process:
        for raw in process.stderr:
            said.append(raw.decode(errors="replace"))
            sys.stderr.write(said[-1])
            sys.stderr.flush()
    if process.returncode and wheels:
        raise Stop(f"{wheels} does not hold all packages (see above): fill it again with `course.py wheels DIR`.")
    if process.returncode:
        raise Stop(likely_cause("".join(said).lower()))


def likely_cause(said):
    """One sentence for a failed installation, from what the installer printed (lower case)."""
    if any(words in said for words in NO_SPACE):
        return "the disk is full, so the packages were not installed: make room, then run the same command again."
    if any(words in said for words in NO_NETWORK):
        return "the packages could not be fetched: connect to the network, then run the same command again."
    return "the environment could not be installed; the lines above say why, and the same command tries again."


@contextlib.contextmanager
def one_at_a_time(path):
    """Hold a lock on a file while the environment changes; the system frees it when this program ends, however."""
    try:
        handle = open(str(path), "a")  # noqa: SIM115 -- closed below, on every way out
    except OSError as error:
        raise Stop(f"this folder cannot be written to ({error}): copy the course to a folder of your own.") from None
    try:
        try:
            if os.name == "nt":
                import msvcrt

                msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Stop(
                "another course.py is setting up the environment: wait until it is done, then run again."
            ) from None
        yield
    finally:
        handle.close()


# ---- over to tools/ --------------------------------------------------------------------------------------------------


def child_env():
    """The environment variables for what runs in .venv, without those that would mix in another Python's packages."""
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    # PIP_USER would send the packages elsewhere; UTF-8 lets Windows print ticks and formulas; the last one keeps a
    # warning of the debugger out of the first cell of every notebook.
    variables.update(
        PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PYTHONUTF8="1", PYDEVD_DISABLE_FILE_VALIDATION="1"
    )
    variables.pop("PYTHONSAFEPATH", None)
    return variables


def hand_over(command):
    """Run a command of the environment from the project's folder and return its exit status."""
    if os.name != "nt":  # become the command, so that signals and the terminal reach it directly
        os.chdir(str(ROOT))
        os.execve(command[0], command, child_env())
    return subprocess.call(command, cwd=str(ROOT), env=child_env())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
