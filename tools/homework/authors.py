"""`homework new` and `homework build`: a skeleton to fill, and the notebooks that students get."""

import argparse
import re
from pathlib import Path

from nbformat import NotebookNode

from tools import common
from tools.common import Stop, write
from tools.homework import editions, records, source

HANDED_OUT = common.NOTEBOOKS / "homework"
SKELETON = Path(__file__).with_name("skeleton.py.txt")
# What nbgrader needs to make the same students' edition by itself.
NBGRADER_CONFIG = f"""c = get_config()  # noqa: F821
c.ClearSolutions.code_stub = {{"python": "{editions.CODE_STUB}"}}
c.ClearSolutions.text_stub = "{editions.TEXT_STUB}"
"""


def new(options: list[str]) -> int:
    """Write the skeleton of an assignment and its variants; nothing that is there is overwritten."""
    name, *more = options or [""]
    found = re.fullmatch(r"(h\d\d)_([a-z0-9_]+)", name)
    if not found or more:
        raise Stop(f"`homework new` needs one name such as h12_my_topic, not {' '.join(options)!r}.")
    if taken := [path.name for path in source.paths() if path.stem.partition("_")[0] == found[1]]:
        raise Stop(f"{taken[0]} has this number already: choose another one.")
    words = {"hNN": found[1], "TITLE": found[2].replace("_", " ").capitalize(), "NUMBER": str(int(found[1][1:]))}
    for part in re.split(r"^=+ ", SKELETON.read_text(encoding="utf-8"), flags=re.M)[1:]:
        ending, _, text = part.partition("\n")
        for word, value in words.items():
            text = text.replace(word, value)
        write(source.FOLDER / f"{name}{ending.strip()}", text.strip("\n") + "\n")
    print(f"written: {source.FOLDER / name}.py and its variants. Fill them, then `course.py homework test {found[1]}`.")
    return 0


def build(options: list[str]) -> int:
    """Write the students' notebooks; or keys to read, or nbgrader's own layout, into a folder that is named."""
    parser = argparse.ArgumentParser(prog="course.py homework build", description=build.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="assignments such as h06; all without one")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a notebook is not up to date")
    parser.add_argument("--key", metavar="DIR", help="write keys to read, without hidden tests, into a folder")
    parser.add_argument("--nbgrader", metavar="DIR", help="write source/hNN/hNN.ipynb for a course of nbgrader")
    parser.add_argument("--year", default="", help="with --key or --nbgrader: the values of this class and year")
    parser.add_argument("--records", default="", metavar="DIR", help="where the secret of these values lies")
    choice = parser.parse_args(options)
    sources = [source.find(name) for name in choice.names] or source.paths()
    if choice.year and not (choice.key or choice.nbgrader):
        raise Stop("--year goes with --key or --nbgrader; `homework release DIR --year NAME` writes what students get.")
    drawn = (records.secret(records.folder(choice.records)), choice.year) if choice.year else ()
    books = {path: source.read(path) for path in sources}
    if choice.nbgrader:
        return in_nbgraders_layout([editions.grader(book, *drawn) for book in books.values()], Path(choice.nbgrader))
    if choice.key:
        wanted = {
            Path(choice.key) / f"{path.stem}_key.ipynb": editions.key(book, *drawn) for path, book in books.items()
        }
    else:
        wanted = {target(path): editions.student(book) for path, book in books.items()}
    left = [] if choice.names or choice.key else leftovers(sources)
    stale = [path for path, book in wanted.items() if not is_same(path, editions.text(book))]
    for path in stale:
        if not choice.check:
            write(path, editions.text(wanted[path]))
        print(f"{'differs from its source' if choice.check else 'written'}: {path.name}")
    for path in left:
        print(f"{'has no source any more' if choice.check else 'removed'}: {path.name}")
        if not choice.check:
            path.unlink()
    print(f"{len(wanted)} assignments, {len(wanted) - len(stale)} were up to date.")
    return int(choice.check and bool(stale or left))


def target(path: Path) -> Path:
    """Where the students' edition of a source goes."""
    return HANDED_OUT / f"{path.stem}.ipynb"


def leftovers(sources: list[Path]) -> list[Path]:
    """Generated notebooks whose source is gone; what somebody else put there is none."""
    others = sorted(set(HANDED_OUT.glob("h[0-9]*.ipynb")) - {target(path) for path in sources})
    return [path for path in others if '"edition": "student"' in path.read_text(encoding="utf-8", errors="replace")]


def is_same(path: Path, text: str) -> bool:
    """Whether a file holds this text already."""
    return path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text


def in_nbgraders_layout(books: list[NotebookNode], folder: Path) -> int:
    """Write each assignment where nbgrader looks for it, and the settings with which its stubs are ours."""
    for book in books:
        name = source.assignment(book).name
        write(folder / "source" / name / f"{name}.ipynb", editions.text(book))
        print(f"written: source/{name}/{name}.ipynb")
    settings = folder / "nbgrader_config.py"
    if settings.exists():
        print(f"{settings} is yours and was left alone; it needs:\n{NBGRADER_CONFIG}")
    else:
        write(settings, NBGRADER_CONFIG)
    return 0
