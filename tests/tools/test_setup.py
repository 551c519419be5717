"""course.py sets up a real .venv here, in a small copy of the project with a stand-in for uv that installs nothing."""

import ast
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import course

ROOT = Path(course.__file__).resolve().parent
posix_only = pytest.mark.skipif(os.name == "nt", reason="the stand-in for uv is a script with a #! line")

STAND_IN = """#!{python}
import os, pathlib, signal, subprocess, sys, time
here = pathlib.Path.cwd()
with open(here / "log.txt", "a", errors="backslashreplace") as log:
    log.write(" ".join(sys.argv[1:]).replace("\\n", " ") + "\\n")
mode = os.environ.get("STAND_IN", "")
if sys.argv[1] == "venv":
    if mode == "kill at once":
        (here / ".venv" / "half").mkdir()
        os.kill(os.getppid(), signal.SIGKILL)
    sys.exit(subprocess.call([sys.executable, "-m", "venv", "--without-pip", sys.argv[-1]]))
(packages,) = (here / ".venv" / "lib").glob("python*/site-packages")
info = packages / "tiny_one-1.0.dist-info"
if not mode and not info.exists():  # as installers do: what the list of installed packages names is left alone
    (packages / "tiny").mkdir(exist_ok=True)
    (packages / "tiny" / "__init__.py").write_text("")
    info.mkdir()
    (info / "RECORD").write_text("tiny/__init__.py,,0\\ntiny_one-1.0.dist-info/RECORD,,\\n")
(here / "stamp_during.txt").write_text((here / ".venv" / "course-stamp.txt").read_text())
if mode == "kill":
    os.kill(os.getppid(), signal.SIGKILL)
elif mode == "interrupt":
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(0.2)
elif mode:
    sys.exit(mode)
"""

TOOL = """
import sys
print("tool:", *sys.argv[1:])
print("prefix:", sys.prefix)
sys.exit(7 if "fail" in sys.argv else 0)
"""


class Project:
    """A small copy of the project in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.environment = folder / ".venv"
        (folder / "tools").mkdir(parents=True)
        (folder / "tests").mkdir()
        (folder / "bin").mkdir()
        shutil.copy(ROOT / "course.py", folder)
        for name in (*course.LISTS, "pyproject.toml", "tools/__init__.py"):
            (folder / name).write_text("")
        for name in ("doctor", "site", "test"):
            (folder / "tools" / f"{name}.py").write_text(TOOL)
        uv = folder / "bin" / "uv"
        uv.write_text(STAND_IN.format(python=sys.executable))
        uv.chmod(0o755)

    def run(self, *arguments: str, mode: str = "") -> subprocess.CompletedProcess:
        """Run course.py with the stand-in first on the path."""
        path = os.pathsep.join([str(self.folder / "bin"), os.environ.get("PATH", "")])
        variables = {**os.environ, "PATH": path, "STAND_IN": mode}
        command = [sys.executable, "course.py", *arguments]
        # A job in the background starts with interrupts switched off, and its children inherit that.
        hear = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)} if os.name == "posix" else {}
        options = {"cwd": self.folder, "env": variables, "capture_output": True, "text": True, "timeout": 120}
        return subprocess.run(command, **options, **hear)

    def calls(self) -> list[str]:
        """What the stand-in was asked for: 'venv' or the lists that were installed."""
        lines = (self.folder / "log.txt").read_text().splitlines()
        return ["venv" if line.startswith("venv") else line.partition("--compile-bytecode ")[2] for line in lines]

    def forget(self) -> None:
        """Empty the log."""
        (self.folder / "log.txt").write_text("")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "the course")


COURSE_LISTS = "-r requirements.txt -e ."
SITE_LISTS = "-r requirements.txt -r tools/requirements.txt -e ."
TEST_LISTS = "-r requirements.txt -r tools/requirements.txt -r tests/requirements.txt -e ."


@posix_only
def test_first_run_sets_up_and_hands_over(project: Project):
    result = project.run("doctor", "--some", "option")
    assert result.returncode == 0, result.stderr
    assert project.calls() == ["venv", COURSE_LISTS]
    assert "tool: --some option" in result.stdout
    assert f"prefix: {project.environment}" in result.stdout


@posix_only
def test_second_run_installs_nothing(project: Project):
    project.run("doctor")
    project.forget()
    result = project.run("doctor")
    assert result.returncode == 0 and project.calls() == []
    assert result.stdout.startswith("tool:")


@posix_only
def test_status_of_the_tool_is_passed_on(project: Project):
    assert project.run("doctor", "fail").returncode == 7


@posix_only
def test_stamp_is_written_last(project: Project):
    project.run("doctor")
    assert (project.folder / "stamp_during.txt").read_text() == course.UNFINISHED
    assert course.UNFINISHED not in (project.environment / "course-stamp.txt").read_text()


@posix_only
@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_a_changed_list_is_installed_again(project: Project, name: str):
    project.run("doctor")
    project.forget()
    (project.folder / name).write_text("# changed\n")
    assert project.run("doctor").returncode == 0
    assert project.calls() == [COURSE_LISTS]


@posix_only
def test_tests_bring_their_own_list_once(project: Project):
    project.run("doctor")
    project.forget()
    assert project.run("test").returncode == 0
    assert project.calls() == [TEST_LISTS]
    project.forget()
    project.run("test")
    project.run("doctor")
    assert project.calls() == []


@posix_only
def test_pages_and_slides_bring_their_own_list_once(project: Project):
    for command in ("doctor", "site", "doctor", "site", "test", "site"):
        assert project.run(command).returncode == 0
    assert project.calls() == ["venv", COURSE_LISTS, SITE_LISTS, TEST_LISTS]


def test_what_a_student_starts_needs_nothing_of_the_instructors_list():
    """Commands that install the first list only are imported where the second list's packages are out of reach."""
    hidden = ("voila", "sphinx", "sphinx_revealjs", "jupytext", "nbconvert", "nbclient", "nbformat", "latex2mathml")
    commands = [name for name in course.COMMANDS if name not in course.NEEDS]
    assert commands == ["lab", "wheels", "download", "doctor"]
    code = f"import sys; sys.modules.update(dict.fromkeys({hidden})); import tools.{', tools.'.join(commands)}"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_students_homework_needs_the_first_list_only():
    """What JupyterLab brings is there: nbformat, nbclient."""
    assert [course.lists_for("homework", words) for words in ([], ["start", "h06"], ["check", "a.ipynb"])] == [1, 1, 1]
    assert course.lists_for("homework", ["grade", "start"]) == course.lists_for("site", []) == 2
    assert course.lists_for("lab", ["start"]) == 1
    hidden = ("voila", "sphinx", "jupytext", "nbgrader", "latex2mathml")
    code = f"import sys; sys.modules.update(dict.fromkeys({hidden})); from tools.homework import __main__, students"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@posix_only
def test_a_list_changed_and_changed_back_is_installed_both_times(project: Project):
    project.run("test")
    project.forget()
    (project.folder / "requirements.txt").write_text("# changed\n")
    project.run("doctor")
    (project.folder / "requirements.txt").write_text("")
    project.run("doctor")
    project.run("test")
    assert project.calls() == [COURSE_LISTS, COURSE_LISTS, TEST_LISTS]


@posix_only
@pytest.mark.parametrize("mode", ["kill at once", "kill", "interrupt", "some failure"])
def test_an_unfinished_installation_is_never_taken_for_whole(project: Project, mode: str):
    first = project.run("doctor", mode=mode)
    assert first.returncode != 0 and "tool:" not in first.stdout
    project.forget()
    second = project.run("doctor")
    assert second.returncode == 0, second.stderr
    assert "did not finish" in second.stdout
    assert project.calls() == ["venv", COURSE_LISTS]


@posix_only
def test_an_interrupt_is_one_sentence(project: Project):
    result = project.run("doctor", mode="interrupt")
    assert result.returncode == 130
    assert result.stderr.strip() == "course.py: interrupted; run the same command to start again."


@posix_only
@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("error: Failed to fetch\n  Caused by: dns error: failed to lookup address", "connect to the network"),
        ("NewConnectionError: [Errno -3] Temporary failure in name resolution", "connect to the network"),
        ("ReadTimeoutError: Read timed out.", "connect to the network"),
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full"),
        ("No solution found when resolving dependencies", "the lines above say why"),
    ],
)
def test_a_failed_installation_says_why(project: Project, said: str, sentence: str):
    result = project.run("doctor", mode=said)
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("course.py: ") and sentence in last
    assert said.splitlines()[0] in result.stderr
    assert "Traceback" not in result.stderr


@posix_only
def test_a_missing_file_is_one_sentence(project: Project):
    (project.folder / "requirements.txt").unlink()
    result = project.run("doctor")
    assert result.returncode == 1 and "Traceback" not in result.stderr
    assert "requirements.txt" in result.stderr.splitlines()[-1]


def remove_python(environment: Path) -> None:
    for python in (environment / "bin").glob("python*"):
        python.unlink()


def replace_python(environment: Path) -> None:
    remove_python(environment)
    (environment / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (environment / "bin" / "python").chmod(0o755)


def lose_settings(environment: Path) -> None:
    (environment / "pyvenv.cfg").unlink()


def become_a_file(environment: Path) -> None:
    shutil.rmtree(environment)
    environment.write_text("")


def become_a_dangling_link(environment: Path) -> None:
    shutil.rmtree(environment)
    environment.symlink_to(environment.parent / "nowhere")


@posix_only
@pytest.mark.parametrize(
    "damage", [remove_python, replace_python, lose_settings, become_a_file, become_a_dangling_link]
)
def test_a_broken_environment_is_made_again(project: Project, damage):
    project.run("doctor")
    project.forget()
    damage(project.environment)
    result = project.run("doctor")
    assert result.returncode == 0, result.stderr
    assert project.calls() == ["venv", COURSE_LISTS]
    assert "does not work" in result.stdout and "tool:" in result.stdout


def packages(environment: Path) -> Path:
    (folder,) = environment.glob("lib/python*/site-packages")
    return folder


def lose_a_package(environment: Path) -> None:
    shutil.rmtree(packages(environment) / "tiny")


def uninstall_a_package(environment: Path) -> None:
    lose_a_package(environment)
    shutil.rmtree(packages(environment) / "tiny_one-1.0.dist-info")


def lose_a_list(environment: Path) -> None:
    lose_a_package(environment)
    (packages(environment) / "tiny_one-1.0.dist-info" / "RECORD").unlink()


def note_a_package(environment: Path) -> None:
    """As a command does that could not import it."""
    with (environment / "course-stamp.txt").open("a") as stamp:
        stamp.write("\ndamaged Tiny.One")


@posix_only
def test_a_damaged_package_is_installed_again(project: Project):
    project.run("doctor")
    for damage in (lose_a_package, uninstall_a_package, lose_a_list, note_a_package):
        project.forget()
        damage(project.environment)
        result = project.run("doctor")
        assert result.returncode == 0, result.stderr
        assert project.calls() == [COURSE_LISTS], damage
        assert "The environment in .venv is damaged (" in result.stdout and "iny" in result.stdout.splitlines()[0]
        assert (packages(project.environment) / "tiny" / "__init__.py").exists()
    project.forget()
    assert project.run("doctor").stdout.startswith("tool:") and project.calls() == []


@posix_only
def test_more_and_newer_packages_are_no_damage(project: Project):
    project.run("doctor")
    project.forget()
    info = packages(project.environment) / "tiny_one-1.0.dist-info"
    info.rename(info.with_name("tiny_one-1.1.dist-info"))
    (packages(project.environment) / "own").mkdir()
    assert project.run("doctor").returncode == 0 and project.calls() == []


def write_nonsense(stamp: Path) -> None:
    stamp.write_bytes(b"\xff\xfe\x00\x80")


def become_a_folder(stamp: Path) -> None:
    stamp.unlink()
    (stamp / "inside").mkdir(parents=True)


@posix_only
def test_a_damaged_stamp_is_written_anew(project: Project):
    project.run("doctor")
    for damage in (write_nonsense, become_a_folder):
        project.forget()
        damage(project.environment / "course-stamp.txt")
        assert project.run("doctor").returncode == 0
        assert project.run("doctor").returncode == 0 and project.calls() == [COURSE_LISTS]


@posix_only
@pytest.mark.parametrize("content", ["folder", "file"])
def test_an_environment_of_somebody_else_is_not_deleted(project: Project, content: str):
    precious = project.environment / "precious" if content == "folder" else project.environment
    if content == "folder":
        project.environment.mkdir()
    precious.write_text("mine")
    result = project.run("doctor")
    assert result.returncode == 1 and precious.read_text() == "mine"
    assert len(result.stderr.splitlines()) == 1 and "was left alone: rename it or delete it" in result.stderr


@posix_only
def test_an_environment_of_somebody_else_that_works_is_used_and_later_not_deleted(project: Project):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(project.environment)], check=True)
    assert project.run("doctor").returncode == 0 and project.calls() == [COURSE_LISTS]
    replace_python(project.environment)
    result = project.run("doctor")
    assert result.returncode == 1 and "was not made by course.py" in result.stderr
    assert (project.environment / "pyvenv.cfg").exists()


@pytest.mark.parametrize(("answer", "deleted"), [("y", True), ("YES", True), ("n", False), ("", False), (None, False)])
def test_somebody_who_sits_here_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer, deleted: bool):
    def reply(question: str) -> str:
        assert "Delete it? [y/N]" in question
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", reply)
    monkeypatch.setattr(course.sys, "stdin", SimpleNamespace(isatty=lambda: True))
    if deleted:
        course.ask_to_delete(tmp_path / ".venv")
    else:
        with pytest.raises(course.Stop, match="was left alone"):
            course.ask_to_delete(tmp_path / ".venv")


@pytest.mark.skipif(os.pathsep != ":", reason="no folder can have this name")
def test_a_folder_that_venv_refuses_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(course.shutil, "which", lambda name: None)
    for name, words in (
        ("a:b", "a:b' has a ':' in its name"),
        (os.fsdecode(b"caf\xe9"), "has a letter that is no UTF-8"),
    ):
        (tmp_path / name).mkdir()
        with pytest.raises(course.Stop, match=words):
            course.create(tmp_path / name / ".venv")
        assert list((tmp_path / name).iterdir()) == []


@posix_only
@pytest.mark.parametrize("name", ["a\nb", "\u8ab2 \u7a0b"])
def test_odd_names_of_the_folder_work(tmp_path: Path, name: str):
    project = Project(tmp_path / name)
    for _ in range(2):
        result = project.run("doctor")
        assert result.returncode == 0, result.stderr
    assert project.calls() == ["venv", COURSE_LISTS]


# ---- Ctrl-C ----------------------------------------------------------------------------------------------------------

PATIENT = """
import sys, time
from tools.common import start
def main(arguments):
    print("at work", flush=True)
    try:
        time.sleep(30)
    finally:
        print("Task exception was never retrieved", file=sys.stderr)
        {last}
if __name__ == "__main__":
    {before}
    start(main)
"""
LINE = "\ncourse.py: interrupted.\n"
# (what the command does before it starts, what it makes of the interruption, after how many seconds; None: at work)
INTERRUPTED = {
    **{f"after {seconds} s": ("pass", "pass", seconds) for seconds in (0, 0.1, 0.2, 0.4)},
    "while it imports": ("print('at work', flush=True); time.sleep(30)", "pass", None),
    "at work": ("pass", "pass", None),
    "turned into another error": ("pass", "raise RuntimeError('half a task')", None),
    "turned into an import error": ("pass", "raise ImportError('half a module')", None),
}


@pytest.fixture(scope="module")
def patient(tmp_path_factory) -> Project:
    """A project with the real start of the commands."""
    project = Project(tmp_path_factory.mktemp("patient") / "course")
    project.run("doctor")
    for name in ("__init__", "common", "environment", "interrupts"):
        shutil.copy(ROOT / "tools" / f"{name}.py", project.folder / "tools")
    (project.folder / "helpers").symlink_to(ROOT / "helpers")
    return project


@posix_only
@pytest.mark.parametrize("case", INTERRUPTED)
def test_an_interrupt_is_one_line_at_every_moment(patient: Project, case: str):
    """Before the first line of course.py it is Python's own, so it is held back here until then."""
    before, last, seconds = INTERRUPTED[case]
    (patient.folder / "tools" / "doctor.py").write_text(PATIENT.format(before=before, last=last))

    def ready() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])

    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "course.py", "doctor"]
    path = {**os.environ, "PATH": os.pathsep.join([str(patient.folder / "bin"), os.environ["PATH"]])}
    process = subprocess.Popen(command, cwd=patient.folder, preexec_fn=ready, env=path, **pipes)
    if seconds is None:
        assert process.stdout.readline() == "at work\n"
    else:
        time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said in (LINE, "\ncourse.py: interrupted; run the same command to start again.\n")


@posix_only
def test_a_moved_project_is_installed_again(project: Project):
    project.run("doctor")
    moved = project.folder.rename(project.folder.with_name("moved"))
    project.folder, project.environment = moved, moved / ".venv"
    project.forget()
    result = project.run("doctor")
    assert result.returncode == 0, result.stderr
    assert project.calls() == [COURSE_LISTS]


@posix_only
def test_two_at_the_same_time_do_not_meet(project: Project):
    import fcntl

    with open(project.folder / ".venv.lock", "a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = project.run("doctor")
    assert result.returncode == 1
    assert "another course.py" in result.stderr
    assert not project.environment.exists()
    assert project.run("doctor").returncode == 0  # the lock ends with its holder


@posix_only
def test_other_packages_do_not_leak_in(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text("raise SystemExit('the wrong tools')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONHOME", "")
    assert project.run("doctor").returncode == 0


@posix_only
def test_a_stopped_tool_leaves_no_process(project: Project):
    project.run("doctor")
    (project.folder / "tools" / "doctor.py").write_text("import time\nprint('up', flush=True)\ntime.sleep(60)\n")
    process = subprocess.Popen([sys.executable, "course.py", "doctor"], cwd=project.folder, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == -signal.SIGTERM
    assert process.stdout.read() == b""  # ends only when nobody holds the pipe any more


# ---- sentences that need no environment ----------------------------------------------------------------------------


def test_no_room_is_one_sentence_and_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(course.shutil, "disk_usage", lambda folder: SimpleNamespace(free=5e8))
    with pytest.raises(course.Stop, match=r"4 GB .* has 0\.5 GB free"):
        course.create(tmp_path / ".venv")
    assert list(tmp_path.iterdir()) == []


def test_a_python_without_venv_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(course.shutil, "which", lambda name: None)
    monkeypatch.setattr(course.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(course.Stop, match="apt install python3-venv"):
        course.create(tmp_path / ".venv")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path):
    with pytest.raises(course.Stop, match="cannot be written"), course.one_at_a_time(tmp_path / "missing" / "lock"):
        pass


@pytest.mark.parametrize(("version", "word"), [((3, 10), "old"), ((3, 6), "old"), ((3, 14), "new")])
def test_an_unfit_python_is_one_sentence(version: tuple, word: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(course.shutil, "which", lambda name: None)
    with pytest.raises(course.Stop, match=f"{version[0]}.{version[1]}, too {word} .*install Python 3.12"):
        course.check_python(version)


def test_a_fit_python_that_is_installed_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(course.shutil, "which", lambda name: "found" if name == "python3.12" else None)
    with pytest.raises(course.Stop, match=r"run `python3\.12 course\.py` instead"):
        course.check_python((3, 9))


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_fit_pythons_pass(version: tuple):
    course.check_python(version)


@pytest.mark.parametrize(
    ("system", "machine", "is_64_bit", "sentence"),
    [
        ("Darwin", "x86_64", True, "Intel processor.*Colab"),
        ("Windows", "ARM64", True, "Windows on ARM.*Colab"),
        ("Windows", "x86", False, "64-bit Python"),
    ],
)
def test_a_computer_without_tensorflow_is_one_sentence(system: str, machine: str, is_64_bit: bool, sentence: str):
    with pytest.raises(course.Stop, match=sentence):
        course.check_platform(system, machine, is_64_bit)


@pytest.mark.parametrize(("system", "machine"), [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64")])
def test_fit_computers_pass(system: str, machine: str):
    course.check_platform(system, machine, True)


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture):
    assert course.main(["lap"]) == 1
    assert capsys.readouterr().err == "course.py: there is no command 'lap': did you mean 'lab'?\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture):
    assert course.main(["--help"]) == 0
    assert course.main([]) == 2
    shown = capsys.readouterr().out
    assert all(f"\n  {name} " in shown for name in course.COMMANDS)


def test_every_command_has_its_file():
    for name in course.COMMANDS:
        file, folder = ROOT / "tools" / f"{name}.py", ROOT / "tools" / name / "__main__.py"
        tree = ast.parse((file if file.exists() else folder).read_text(encoding="utf-8"))
        assert "main" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_old_pythons_can_read_course_py_and_need_nothing_installed():
    """Of its own it imports tools/here.py, late, which needs `packaging` and does without."""
    allowed = {"course.py": {"tools"}, "tools/here.py": {"packaging"}}
    for name, more in allowed.items():
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 7))
        imported = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
        imported += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names) | more


def test_windows_keeps_its_python_elsewhere(monkeypatch: pytest.MonkeyPatch):
    environment = Path(".venv")
    monkeypatch.setattr(course.os, "name", "nt")
    found = course.python_of(environment)
    monkeypatch.undo()
    assert found.as_posix() == ".venv/Scripts/python.exe"
