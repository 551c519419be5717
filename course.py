#!/usr/bin/env python3
"""Set up the course's environment in .venv, then hand the command to tools/ inside it.

Only the standard library is used here, and only what Python 3.6 understands, so that an old Python can still say that
it is too old. Everything else lives in tools/, one file a command, and runs inside the environment.
"""

import _signal  # `signal` itself imports a good deal first

if __name__ == "__main__" and hasattr(_signal, "pthread_sigmask"):
    # Ctrl-C waits until `prepare`, or after the hand-over tools/, can say it in one line.
    _signal.pthread_sigmask(_signal.SIG_BLOCK, [_signal.SIGINT])

import contextlib
import difflib
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST, NEWEST = (3, 11), (3, 13)
GIGABYTES_NEEDED = 4
# A student needs the first list only; each next one is installed on top of those before it, for these commands.
LISTS = ("requirements.txt", "tools/requirements.txt", "tests/requirements.txt")
STUDENT, INSTRUCTOR, TESTER = 1, 2, 3  # how many of the lists
NEEDS = {
    **dict.fromkeys(("slides", "site", "warm", "ready", "run", "build", "ledger", "homework"), INSTRUCTOR),
    "test": TESTER,
}
STUDENTS_HOMEWORK = ("start", "check", "-h", "--help")  # commands of `homework` that need no more than the first
UNFINISHED = "unfinished"
ADOPTED = "made by somebody else"  # a .venv that was here before; it is never deleted without asking

COMMANDS = {
    "lab": "open JupyterLab on the first notebook (options are passed on: --no-browser --port 8899)",
    "slides": "show a notebook as live slides with working explorers (NAME --port 8899 --no-browser)",
    "site": "make pages in build/site that open from a stick (--slides NAME: static slides of one notebook)",
    "warm": "run before a lecture what it will show, so that it answers at once (NAMES, --clear)",
    "ready": "say whether everything for a lecture (such as 000) is here, and what to do if not",
    "wheels": "gather all packages in a folder; `lab --wheels DIR` installs from there with no network",
    "test": "run all tests and all notebooks (options are passed on to pytest)",
    "run": "execute notebooks and write readable pages to build/html (names choose some of them)",
    "build": "generate notebooks/*.ipynb from notebooks/source/*.py",
    "download": "bring a data set or the weights of a network",
    "doctor": "show versions, memory, what is here and what is missing",
    "homework": "start NAME, check FILE; for instructors new, build, test, release, grade, look, feedback, export",
    "ledger": "collect what the notebooks measured about the slides into docs/claims.md",
}

# Variables by which a machine is known that serves its notebooks to somebody elsewhere.
HOSTS = {
    "Binder": ("BINDER_SERVICE_HOST", "BINDER_REPO_URL"),
    "Colab": ("COLAB_RELEASE_TAG", "COLAB_BACKEND_VERSION"),
    "a JupyterHub": ("JUPYTERHUB_USER", "JUPYTERHUB_API_TOKEN"),
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
NOT_THERE = ("no matching distribution", "could not find a version", "no solution found", "was not found in the")
BROKEN_PACKAGE = ("badzipfile", "is invalid", "invalid wheel", "not a zip file", "failed to unzip", "failed to read")


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
        options, here = take_here(arguments[1:])
        options, wheels = take_wheels(options)
        lists = lists_for(command, options)
        if use_this_python(lists, here):
            return hand_over([sys.executable, "-m", "tools." + command, *options], PYTHONPATH=str(ROOT))
        return hand_over([str(prepare(lists, wheels)), "-m", "tools." + command, *options])
    except Stop as reason:
        print(f"course.py: {reason}", file=sys.stderr)
        return 1
    except OSError as error:  # a file that cannot be read or written, a disk that fills up meanwhile
        print(f"course.py: {error}: mend this, then run the same command again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ncourse.py: interrupted; run the same command to start again.", file=sys.stderr)
        return 130


def lists_for(command, options):
    """How many of the lists a command line needs."""
    if command == "homework" and (not options or options[0] in STUDENTS_HOMEWORK):
        return STUDENT
    return NEEDS.get(command, STUDENT)


def usage():
    """The help text."""
    lines = ["usage: python3 course.py COMMAND [OPTIONS]", ""]
    lines += [f"  {name:<10}{text}" for name, text in COMMANDS.items()]
    return "\n".join([*lines, "", "  --here    run in this Python, which has the packages, instead of making .venv"])


def say(text):
    """One line on the standard output, at once."""
    print(text, flush=True)


def hold_interrupts(held):
    """Hold Ctrl-C back, or let it through, also one that came meanwhile; Windows has no such thing."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK if held else signal.SIG_UNBLOCK, [signal.SIGINT])


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
    folder = full_path(words[at + 1]) if at + 1 < len(words) else None
    if folder is None or not list(folder.glob("*.whl")):
        raise Stop(
            f"--wheels needs a folder that `course.py wheels DIR` has filled, and {folder or 'nothing'} is none."
        )
    here = f"Python {sys.version_info[0]}.{sys.version_info[1]}, {platform.system()} {platform.machine()}"
    there = read_text(folder / "made-for.txt").strip()
    if there != here and re.match(r"Python \d+\.\d+, ", there):  # anything else is no such note, or a damaged one
        raise Stop(f"the packages in {folder} are for {there}, and this is {here}: use that Python, or the network.")
    return words[:at] + words[at + 2 :], folder


def take_here(options):
    """Split `--here` off the options; return the others and whether it was there."""
    return [word for word in options if word != "--here"], "--here" in options


def full_path(name):
    """The whole path that a name stands for; `~nobody` is a name like others where there is no such user."""
    try:
        return Path(name).expanduser().resolve()
    except (RuntimeError, OSError):
        return Path(os.path.abspath(name))


def read_text(path):
    """The text of a small file, '' when there is none; what is no UTF-8 in it becomes question marks."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


# ---- an environment that somebody else has made ----------------------------------------------------------------------


def hosted(variables):
    """What serves this machine's notebooks to somebody elsewhere, by the environment's variables; '' for nothing."""
    return next((place for place, names in HOSTS.items() if any(name in variables for name in names)), "")


def use_this_python(lists, asked):
    """True when the command runs in the Python that runs this: `--here`, or on a hub, Binder or Colab, where it can."""
    place = hosted(os.environ)
    if not asked and not place:
        return False
    sys.path.insert(0, str(ROOT))
    from tools import here

    try:
        return here.fits([ROOT / name for name in LISTS[:lists]], asked, place)
    except here.Unfit as reason:
        raise Stop(str(reason)) from None


# ---- the environment -------------------------------------------------------------------------------------------------


def prepare(lists=STUDENT, wheels=None):
    """Return the Python of an environment with so many lists; make, repair or update it first where needed."""
    environment = ROOT / ".venv"
    if not is_complete(environment, lists):
        hold_interrupts(False)  # work of minutes; what comes before waits for tools/, where nothing swallows it
        with one_at_a_time(ROOT / ".venv.lock"):
            why = why_rebuild(environment)
            if why:
                say(why)
                create(environment, wheels)
            else:
                forget_damaged(environment)
            install(environment, lists, wheels)
    return python_of(environment)


def python_of(environment):
    """The environment's Python."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def read_stamp(environment):
    """The lines of the file that says what was installed; none where nothing was."""
    return read_text(environment / "course-stamp.txt").splitlines()


def write_stamp(environment, lines):
    """Replace the stamp in one step."""
    part, stamp = environment / "course-stamp.part", environment / "course-stamp.txt"
    part.write_text("\n".join(lines), encoding="utf-8")
    if stamp.is_dir():  # damage
        shutil.rmtree(str(stamp))
    os.replace(str(part), str(stamp))


def fingerprint(version, lists):
    """A short sum over what decides the installation: the lists, Python's version and the project's own place."""
    total = hashlib.sha256(f"{version} {ROOT} {lists}".encode("utf-8", "surrogateescape"))
    for name in ("pyproject.toml", *LISTS[:lists]):
        total.update((ROOT / name).read_bytes())
    return total.hexdigest()[:16]


def site_packages(environment):
    """The folders of the environment that hold its packages: one, if all is well."""
    return list(environment.glob("Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages"))


def installed(environment):
    """What lies in the environment's folder of packages, names without versions."""
    names = [name for folder in site_packages(environment) for name in os.listdir(str(folder))]
    names = [re.sub(r"-[^-]*\.dist-info$", ".dist-info", name) for name in names]
    return {name for name in names if name != "__pycache__" and not name.startswith("~")}


def damage(environment):
    """What the stamp says is there and is not, and the packages that a command found damaged; two sets of names."""
    lines, here = read_stamp(environment), installed(environment)
    lost = {line[4:] for line in lines if line.startswith("has ")} - here
    return lost, {line[8:] for line in lines if line.startswith("damaged ")}


def forget_damaged(environment):
    """Take damaged packages off the list of those installed, so that the installer brings them again, whole."""
    lost, broken = damage(environment)
    if lost or broken:
        names = sorted({name.replace(".dist-info", "") for name in lost} | broken)
        say(f"The environment in .venv is damaged ({', '.join(names[:5])}): installing these packages again.")
    for folder in [info for packages in site_packages(environment) for info in packages.glob("*.dist-info")]:
        own = {re.split("[/,]", line, maxsplit=1)[0] for line in read_text(folder / "RECORD").splitlines()}
        if not own or own & lost or plain_name(folder.name.split("-")[0]) in {plain_name(name) for name in broken}:
            shutil.rmtree(str(folder))


def plain_name(package):
    """A package's name as all its spellings have it: Scikit-Learn and scikit_learn are one."""
    return re.sub("[-_.]+", "_", package).lower()


def version_of(environment):
    """'3.12' for a Python that starts and really belongs to this environment, else None."""
    show = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.prefix)"
    command = [str(python_of(environment)), "-c", show]
    try:
        answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, env=child_env())
    except (OSError, subprocess.SubprocessError):
        return None
    version, _, prefix = os.fsdecode(answer.stdout).replace("\r\n", "\n").partition("\n")
    if answer.returncode or not prefix or Path(prefix[:-1]).resolve() != environment.resolve():
        return None
    return version


def is_complete(environment, lists):
    """True when the stamp says that exactly this was installed and the environment's Python still starts."""
    lines = read_stamp(environment)
    version = version_of(environment) if lines else None
    return version is not None and fingerprint(version, lists) in lines and not any(damage(environment))


def why_rebuild(environment):
    """Why the environment must be made from scratch; '' when it can be kept and only brought up to date."""
    if not os.path.lexists(str(environment)):
        return "Making the environment in .venv, once: about 3 GB, one to ten minutes."
    lines = read_stamp(environment)
    if UNFINISHED in lines and ADOPTED not in lines:
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
    odd = odd_letters(str(environment), uv)
    if odd:
        raise Stop(
            f"the folder {str(environment.parent)!r} has {odd} in its name, with which Python makes no environment: "
            "rename the folder, then run the same command again."
        )
    if not is_ours(environment):
        ask_to_delete(environment)
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


def odd_letters(path, uv):
    """What in a path keeps Python from making an environment there; '' where nothing does."""
    if not uv and os.pathsep in path:
        return f"a {os.pathsep!r}"
    try:
        path.encode("utf-8")
    except UnicodeError:
        return "a letter that is no UTF-8"
    return ""


def is_ours(environment):
    """True when nothing is lost that somebody else made: no environment, an empty one, a link, or one of ours."""
    if environment.is_symlink() or not environment.exists():
        return True
    if environment.is_file():
        return environment.stat().st_size == 0
    stamps = [environment / "course-stamp.txt", environment / "course-stamp.part"]
    ours = any(stamp.exists() for stamp in stamps) or not any(environment.iterdir())
    return ours and ADOPTED not in read_stamp(environment)


def ask_to_delete(environment):
    """Stop unless somebody sits here who agrees to delete an environment that this program has not made."""
    answer = ""
    if sys.stdin is not None and sys.stdin.isatty():
        with contextlib.suppress(EOFError):
            answer = input(f"{environment} was not made by course.py and cannot be used. Delete it? [y/N] ")
    if answer.strip().lower() not in ("y", "yes"):
        raise Stop(
            f"{environment} was not made by course.py and cannot be used, so it was left alone: "
            "rename it or delete it, then run the same command again."
        )


def install(environment, lists, wheels=None):
    """Install so many lists and the project itself; the stamp is written last, and only when everything went well."""
    adopted = [] if is_ours(environment) else [ADOPTED]
    write_stamp(environment, [UNFINISHED, *adopted])
    python, uv = str(python_of(environment)), shutil.which("uv")
    # Without --compile-bytecode uv leaves the compiling to the first imports, where it would be felt.
    tool = [uv, "pip", "install", "--python", python, "--compile-bytecode"] if uv else [python, "-m", "pip", "install"]
    named = [word for name in LISTS[:lists] for word in ("-r", name)]
    say(f"Installing the packages with {'uv' if uv else 'pip'} ...")
    run_installer([*tool, *from_folder(wheels), *named, "-e", "."], wheels)
    version = version_of(environment)
    if version is None:
        raise Stop("the environment in .venv does not start after its installation: delete .venv and run again.")
    sums = [fingerprint(version, count) for count in range(1, lists + 1)]
    write_stamp(environment, [*sums, *adopted, *sorted(f"has {name}" for name in installed(environment))])
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
    if process.returncode:
        raise Stop(likely_cause("".join(said).lower(), wheels))


def likely_cause(said, wheels=None):
    """One sentence for a failed installation, from what the installer printed (lower case)."""
    if any(words in said for words in NO_SPACE):
        return "the disk is full, so the packages were not installed: make room, then run the same command again."
    if wheels and any(words in said for words in BROKEN_PACKAGE):
        return f"a package in {wheels} is damaged (see above): copy that folder again, then run the same command."
    if wheels and any(words in said for words in NOT_THERE):
        return (
            f"{wheels} does not hold all packages (see above): fill it again with `course.py wheels DIR`; "
            "slides, pages and tests need its options --slides and --tests."
        )
    if not wheels and any(words in said for words in NO_NETWORK):
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


def hand_over(command, **more):
    """Run a command of the environment, with more variables, from the project's folder; return its exit status."""
    variables = dict(child_env(), **more)
    if os.name != "nt":  # become the command, so that signals and the terminal reach it directly
        os.chdir(str(ROOT))
        hold_interrupts(True)
        os.execve(command[0], command, variables)
    return subprocess.call(command, cwd=str(ROOT), env=variables)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
