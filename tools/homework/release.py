"""`homework release DIR`: the students' edition of the whole course, as the next commit of a repository of its own."""

import argparse
import os
import re
import shutil
import subprocess
import tempfile
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

from nbformat import NotebookNode

from tools import common
from tools.common import Stop, write
from tools.homework import editions, leaks, places, records, source

# What students do not get. Patterns of paths below the course's folder; what is kept wins.
LEFT_OUT = (
    "instructor/*",
    "docs/instructor_guide.md",
    "notebooks/homework/*",  # made anew, with the values of the year
    "tools/homework/*",
    "tests/tools/homework/*",
    "tests/tools/test_guide.py",
    "tests/notebooks/test_answers.py",
    # These start a hub that serves a release.
    "tests/deploy/hub.py",
    "tests/browser/test_hub.py",
    "benchmarks/hub.py",
)
KEPT = ("tools/homework/__init__.py", "tools/homework/__main__.py", "tools/homework/students.py")
KEPT += ("tests/tools/homework/test_students.py",)
CUT = re.compile(r"<!-- instructors -->.*?<!-- /instructors -->\n?", re.S)
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


def release(options: list[str]) -> int:
    """Write the students' edition, look for leaks and dead links in it and in its history, and commit it."""
    parser = argparse.ArgumentParser(prog="course.py homework release", description=release.__doc__)
    parser.add_argument("folder", metavar="DIR", help="a new folder, or one that an earlier release has made")
    parser.add_argument("--year", default="", help="draw the values of this class and year, for example 2027-b")
    parser.add_argument("--records", default="", metavar="DIR", help="where the secret of these values lies")
    choice = parser.parse_args(options)
    folder = Path(os.path.expanduser(choice.folder)).resolve()
    check_place(folder)
    secret = records.secret(records.folder(choice.records)) if choice.year else ""
    books = {path.stem: editions.grader(source.read(path), secret, choice.year) for path in source.paths()}
    if (folder / ".git").exists() and (found := leaks.in_history(folder, books.values())):
        raise Stop(
            "an earlier release holds this, so begin a new repository in a new folder:\n" + "\n".join(found[:20])
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".release-") as made:
        tree = Path(made) / "course"
        fill(tree, books)
        if found := leaks.in_folder(tree, books.values()) + dead_links(tree):
            raise Stop(f"nothing was released, since {len(found)} places must be mended:\n" + "\n".join(found[:20]))
        said = commit(folder, tree, f"Course, {date.today():%d %B %Y}")
    print(f"{said}: {folder}, {len(books)} assignments{f' of {choice.year}' if choice.year else ''}, no leak found.")
    return 0


def check_place(folder: Path) -> None:
    """Stop for a folder in which a release would destroy something."""
    if common.ROOT in [folder, *folder.parents]:
        raise Stop(f"{folder} lies inside the course: name a folder outside it.")
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if git(folder, "config", "course.release", fails=True).strip() != "yes":
        raise Stop(f"{folder} is not empty and no earlier release: name a new folder.")
    if git(folder, "status", "--porcelain").strip():
        raise Stop(f"{folder} holds changes that are not committed: commit or remove them, then release again.")


def fill(tree: Path, books: dict[str, NotebookNode]) -> None:
    """Write the students' edition into a new folder: the course's files that git knows, cut, and the assignments."""
    if not (common.ROOT / ".git").exists():
        raise Stop("a release takes the files that git knows, and this folder is no clone of the course: clone it.")
    address = places.address()
    for name in git(common.ROOT, "ls-files", "-z").split("\0"):
        path = common.ROOT / name
        if not name or not path.is_file() or is_left_out(name):
            continue
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            first = places.badges(address) if name == "README.md" else ""
            write(tree / name, first + CUT.sub("", path.read_text(encoding="utf-8")))
        else:
            shutil.copy(path, tree / name)
    for stem, book in books.items():
        write(tree / "notebooks" / "homework" / f"{stem}.ipynb", editions.text(editions.student(book)))
    if name := places.on_github(address):
        for path in sorted(tree.glob("notebooks/[0-9]*.ipynb")):
            write(tree / places.FOLDER / path.name, places.colab_edition(path.read_text(encoding="utf-8"), name))


def is_left_out(name: str) -> bool:
    """Whether students do not get the file with this path below the course's folder."""
    return name not in KEPT and any(fnmatch(name, pattern) for pattern in LEFT_OUT)


def dead_links(tree: Path) -> list[str]:
    """Links of pages, notebooks and their sources that lead to no file of this folder, one sentence each."""
    found = []
    for path in sorted([*tree.rglob("*.md"), *tree.rglob("*.ipynb"), *tree.glob("notebooks/source/*.py")]):
        base = tree / "notebooks" if path.suffix == ".py" else path.parent
        dead = [target for target in LINK.findall(path.read_text(encoding="utf-8")) if not (base / target).exists()]
        found += [f"{path.relative_to(tree)} links to {target}, which is not there" for target in dead]
    return found


def commit(folder: Path, tree: Path, message: str) -> str:
    """Put a folder's files in place of those of the repository, and commit them; return what was done."""
    if not (folder / ".git").exists():
        folder.mkdir(exist_ok=True)
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "config", "course.release", "yes")
    for name in git(folder, "ls-files", "-z").split("\0"):
        (folder / name).unlink(missing_ok=True) if name else None
    shutil.copytree(tree, folder, dirs_exist_ok=True)
    git(folder, "add", "--all")
    if not git(folder, "status", "--porcelain").strip():
        return "nothing has changed since the last release"
    who = (
        []
        if git(folder, "config", "user.email", fails=True)
        else ["-c", "user.name=Course", "-c", "user.email=course@localhost"]
    )
    git(folder, *who, "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", message)
    return f"released, commit {git(folder, 'rev-parse', '--short', 'HEAD').strip()}"


def git(folder: Path, *words: str, fails: bool = False) -> str:
    """What git prints in a folder; Stop with its own words where it fails and may not."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, encoding="utf-8", errors="replace"
        )
    except OSError as error:
        raise Stop(f"git does not start ({error.strerror}): install it, then run the same command again.") from None
    if answer.returncode and not fails:
        raise Stop(f"git {words[0]} failed in {folder}: {' '.join(answer.stderr.split())[:200]}")
    return answer.stdout if not answer.returncode else ""
