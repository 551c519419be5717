"""tools/homework/release.py and leaks.py: what students get holds no answer, and a leak that is planted is found."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import common
from tools.common import ROOT, Stop
from tools.homework import editions, leaks, release, source

HERE = Path(__file__).parent
TOY = HERE / "h00_toy.py"
# Of the students' edition's own tests: what needs neither networks nor notebooks, in seconds.
QUICK = ("tests/notebooks/test_links.py", "tests/notebooks/test_sources.py", "tests/tools/homework")
QUICK += ("tests/tools/test_glossary.py",)


@pytest.fixture(scope="module")
def toy():
    return editions.grader(source.read(TOY))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The students' edition of the course as it stands."""
    folder = tmp_path_factory.mktemp("released") / "course"
    assert release.release([str(folder)]) == 0
    return folder


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts}


# ---- leaks ---------------------------------------------------------------------------------------------------------

RUBRIC = "Because a negative value means that the pattern is not there."
HIDDEN = """    mistakes={
        "The scale is missing.": np.maximum(drawn, 0), "Negative values stay.": SCALE * drawn}"""
CELL = json.dumps({"cells": [{"source": ["x\n", "  ### END HIDDEN TESTS\n"]}]}, indent=1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("notes.md", "return SCALE * np.maximum(values, 0)", ""),  # so short that two may write it
        ("notes.md", RUBRIC.replace("pattern is", "pattern  \nis"), "a solution (why)"),
        ("a/b.py", HIDDEN, "a hidden test (relu_check)"),
        ("a.txt", "x = 1\n### BEGIN SOLUTION\n", "a mark of a solution"),
        ("b.ipynb", CELL, "a mark of a solution"),
        ("c.py", "text = 'where ### BEGIN SOLUTION stands'", ""),  # code that speaks of marks
    ],
)
def test_what_is_planted_is_found(tmp_path: Path, toy, name: str, text: str, said: str):
    common.write(tmp_path / name, text)
    found = leaks.in_folder(tmp_path, [toy])
    assert bool(found) == bool(said) and all(said in line and line.startswith(name) for line in found)


def test_the_key_and_the_grader_s_edition_leak_and_the_student_s_does_not(tmp_path: Path, toy):
    book = source.read(TOY)
    for name, edition in (("student", editions.student), ("key", editions.key), ("grader", editions.grader)):
        common.write(tmp_path / name / "h00.ipynb", editions.text(edition(book)))
    assert leaks.in_folder(tmp_path / "student", [toy]) == []
    assert leaks.in_folder(tmp_path / "key", [toy]) != [] != leaks.in_folder(tmp_path / "grader", [toy])


def test_a_leak_in_the_metadata_is_found(tmp_path: Path, toy):
    book = editions.student(source.read(TOY))
    book.metadata.course.rubric = RUBRIC
    common.write(tmp_path / "h00.ipynb", editions.text(book))
    assert "a solution (why)" in leaks.in_folder(tmp_path, [toy])[0]


def test_a_leak_that_was_removed_is_found_in_the_history(tmp_path: Path, toy):
    release.git(tmp_path, "init", "--quiet")
    for text in (RUBRIC, "nothing"):
        common.write(tmp_path / "notes.md", text)
        release.git(tmp_path, "add", "--all")
        release.git(tmp_path, "-c", "user.name=a", "-c", "user.email=a", "commit", "--quiet", "--message", "notes")
    assert leaks.in_folder(tmp_path, [toy]) == []
    assert "a solution (why) of h00" in leaks.in_history(tmp_path, [toy])[0]


def test_numbers_of_the_key_are_found(toy):
    book = copy.deepcopy(toy)
    answer = next(cell for cell in book.cells if source.mark(cell, "grade_id") == "relu")
    answer.source += "\nratio, share, many = 12 / 7, [0.25, -1234.5678], np.arange(100) / 7"
    assert leaks.numbers_of(book) == ["1.7143", "1234.6"]
    numbers = ["1.7143", "1234.6", "2049"]
    assert leaks.numbers_in("It is 1.71429, or 1234.57 (x1234.6), in 2049 steps", numbers) == ["1.7143", "1234.6"]
    assert leaks.numbers_in("It is 11.7143 or 1234.6.8, in 2049 steps", numbers, digits=4) == ["2049"]


# ---- the students' edition of this course --------------------------------------------------------------------------


def test_students_get_everything_but_the_answers(released: Path):
    names = names_in(released)
    assert not [name for name in names if name.startswith("instructor") or name.endswith("instructor_guide.md")]
    assert {"tools/homework/students.py", "course.py", "helpers/__init__.py", "notebooks/06_grad_cam.ipynb"} <= names
    handed = {path.name for path in (released / "notebooks" / "homework").iterdir()}
    assert handed == {f"{path.stem}.ipynb" for path in source.paths()}
    assert os.access(released / ".ci" / "run", os.X_OK) == os.access(ROOT / ".ci" / "run", os.X_OK)


def test_nothing_of_the_keys_is_in_it(released: Path):
    books = [editions.grader(source.read(path)) for path in source.paths()]
    assert leaks.in_folder(released, books) == leaks.in_history(released, books) == []
    readme = (released / "README.md").read_text(encoding="utf-8")
    assert "homework start" in readme and "homework grade" not in readme and "instructor/" not in readme


def test_no_link_of_it_is_dead(released: Path, tmp_path: Path):
    assert release.dead_links(released) == []
    common.write(tmp_path / "a.md", "[b](b.md) [c](https://example.org) [d](#d) [a](a.md#top)")
    assert release.dead_links(tmp_path) == ["a.md links to b.md, which is not there"]


def test_its_quick_tests_pass_there(released: Path):
    environment = {**os.environ, "PYTHONPATH": str(released), "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *QUICK]
    ran = subprocess.run(command, cwd=released, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-2000:]


@pytest.mark.slow
def test_all_its_tests_pass_there(released: Path):
    environment = {**os.environ, "PYTHONPATH": str(released)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadfile"]
    ran = subprocess.run(command, cwd=released, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-4000:]


@pytest.mark.slow
@pytest.mark.parametrize("path", source.paths(), ids=lambda path: path.stem)
def test_no_number_of_a_key_is_in_it(released: Path, path: Path):
    book = editions.grader(source.read(path))
    numbers = leaks.numbers_of(book)
    own = "\n".join(cell.source for cell in editions.student(book).cells)
    assert leaks.numbers_in(own, numbers, digits=4) == []
    pages = [page for kind in ("md", "ipynb", "py", "json") for page in released.rglob(f"*.{kind}")]
    assert [page.name for page in pages if leaks.numbers_in(leaks.text_of(page), numbers)] == []


# ---- one commit after the other ------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of a few files with the toy as its only assignment."""
    root = tmp_path / "course"
    texts = {
        "README.md": "# A\n<!-- instructors -->\nsecret\n<!-- /instructors -->\nb\n",
        "pyproject.toml": '[tool.course]\nstudents-edition = "https://github.com/ann/course"\n',
        "instructor/homework/h00_toy.py": TOY.read_text(encoding="utf-8"),
        "tools/homework/grade.py": "",
        "tools/homework/students.py": "",
    }
    for name, text in texts.items():
        common.write(root / name, text)
    release.git(root, "init", "--quiet")
    release.git(root, "add", "--all")
    monkeypatch.setattr(common, "ROOT", root)
    monkeypatch.setattr(source, "FOLDER", root / "instructor" / "homework")
    return root


def test_each_release_is_one_commit(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    folder = tmp_path / "out"
    assert release.release([str(folder)]) == release.release([str(folder)]) == 0
    assert "nothing has changed" in capsys.readouterr().out
    assert names_in(folder) == {
        "README.md", "pyproject.toml", "tools/homework/students.py", "notebooks/homework/h00_toy.ipynb",
    }  # fmt: skip
    common.write(small / "new.md", "new")
    (small / "tools" / "homework" / "students.py").unlink()
    release.git(small, "add", "--all")
    records = str(tmp_path / "records")
    assert release.release([str(folder), "--year", "2027", "--records", records]) == 0
    assert len(release.git(folder, "log", "--format=%h").split()) == 2
    assert names_in(folder) == {"README.md", "pyproject.toml", "new.md", "notebooks/homework/h00_toy.ipynb"}
    book = json.loads((folder / "notebooks" / "homework" / "h00_toy.ipynb").read_text(encoding="utf-8"))
    assert book["metadata"]["course"]["year"] == "2027"
    secret = (tmp_path / "records" / "secret.txt").read_text(encoding="utf-8").strip()
    assert secret not in release.git(folder, "log", "--all", "--patch")


def test_the_readme_names_the_address_and_nothing_of_the_instructors(small: Path, tmp_path: Path):
    release.release([str(tmp_path / "out")])
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "secret" not in readme and readme.endswith("\n\n# A\nb\n")
    assert (
        "https://mybinder.org/v2/gh/ann/course/main" in readme and "git clone https://github.com/ann/course" in readme
    )


def test_an_edition_on_github_has_notebooks_for_colab(small: Path, tmp_path: Path):
    book = {"cells": [{"cell_type": "markdown", "source": ["# [A](../README.md)"], "id": "a", "metadata": {}}]}
    common.write(small / "notebooks" / "00_start_here.ipynb", json.dumps(book | {"nbformat": 4, "nbformat_minor": 5}))
    common.write(small / "requirements.txt", "numpy>=2\n")
    release.git(small, "add", "--all")
    release.release([str(tmp_path / "out")])
    made = json.loads((tmp_path / "out" / "deploy" / "colab" / "00_start_here.ipynb").read_text(encoding="utf-8"))
    assert [cell["cell_type"] for cell in made["cells"]] == ["markdown", "markdown", "code"]
    assert "https://github.com/ann/course/blob/main/README.md" in made["cells"][0]["source"][0]
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "colab.research.google.com/github/ann/course/blob/main/deploy/colab/00_start_here.ipynb" in readme


def test_nothing_is_written_where_something_leaks(small: Path, tmp_path: Path):
    common.write(small / "notes.md", RUBRIC)
    release.git(small, "add", "--all")
    with pytest.raises(Stop, match=r"nothing was released, since 1 places must be mended:\nnotes.md: it holds"):
        release.release([str(tmp_path / "out")])
    assert not (tmp_path / "out").exists() and sorted(path.name for path in tmp_path.iterdir()) == ["course"]


def test_a_repository_that_ever_held_an_answer_is_given_up(small: Path, tmp_path: Path):
    folder = tmp_path / "out"
    release.release([str(folder)])
    for text in (RUBRIC, "nothing"):
        common.write(folder / "notes.md", text)
        release.git(folder, "add", "--all")
        release.git(folder, "-c", "user.name=a", "-c", "user.email=a", "commit", "--quiet", "--message", "notes")
    with pytest.raises(Stop, match="an earlier release holds this, so begin a new repository"):
        release.release([str(folder)])


def test_a_folder_of_somebody_else_is_left_alone(small: Path, tmp_path: Path):
    common.write(tmp_path / "theirs" / "a.txt", "mine")
    with pytest.raises(Stop, match="is not empty and no earlier release"):
        release.release([str(tmp_path / "theirs")])
    with pytest.raises(Stop, match="lies inside the course"):
        release.release([str(small / "out")])
    release.release([str(tmp_path / "out")])
    common.write(tmp_path / "out" / "a.txt", "not committed")
    with pytest.raises(Stop, match="holds changes that are not committed"):
        release.release([str(tmp_path / "out")])
