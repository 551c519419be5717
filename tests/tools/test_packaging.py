"""The package installed without the project around it: from a folder and from a zip, used from another folder."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import course
from tools.common import ROOT

# Run from another folder, with no project in sight: a stored study, its age and effect, an explorer's page files.
LOOK = """
import pathlib, sys
import helpers
from helpers import files, teaching
from helpers.teaching import studies
print(pathlib.Path(helpers.__file__).parents[1])
print(files.cache_folder())
print(len(list(studies.RESULTS.glob("*.json"))), len(teaching.stored_table("strategy").data) > 500)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that git knows: what a clone or a downloaded zip holds."""
    folder = tmp_path_factory.mktemp("clone") / "course-main"
    names = subprocess.run(["git", "ls-files", "-z", "*"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if name.startswith(("helpers/", "pyproject.toml", "requirements.txt", "LICENSE")) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module", params=["folder", "zip"])
def wheel(request, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that pip makes of the project."""
    source, made = project, tmp_path_factory.mktemp("wheel")
    if request.param == "zip":
        source = Path(shutil.make_archive(str(made / "course"), "zip", project.parent, project.name))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(made), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, env=course.child_env(), cwd=made)
    if done.returncode and any(words in (done.stdout + done.stderr).lower() for words in course.NO_NETWORK):
        pytest.skip("to make a wheel pip fetches setuptools, and there is no network")
    assert done.returncode == 0, done.stderr
    (path,) = made.glob("*.whl")
    return path


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path, project: Path):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == {path.relative_to(project).as_posix() for path in (project / "helpers").rglob("*") if path.is_file()}
    assert any(name.startswith("helpers/teaching/results/") for name in held)


def test_it_works_from_another_folder(wheel: Path, tmp_path: Path):
    packages, home = tmp_path / "packages", tmp_path / "home"
    zipfile.ZipFile(wheel).extractall(packages)
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COURSE_")}
    variables = kept | {"PYTHONPATH": str(packages), "HOME": str(home), "USERPROFILE": str(home)}
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=tmp_path, env=variables, capture_output=True, text=True)
    studies = len(list((ROOT / "helpers" / "teaching" / "results").glob("*.json")))
    assert done.stdout.splitlines() == [str(packages), str(home / ".cache" / "course-helpers"), f"{studies} True"]
