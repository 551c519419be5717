"""`course.py homework COMMAND`: hand out assignments, try them, write and grade them."""

import difflib
import importlib.util
from typing import NamedTuple

from tools.common import Stop, start


class Command(NamedTuple):
    """What a command says of itself, and the module whose function with this name takes its options."""

    module: str
    function: str
    text: str


# A module is imported when its command is given: students' need nothing but the first list of packages.
COMMANDS = {
    "start": Command("students", "begin", "copy assignments into my_homework/ (h06; --again puts a fresh copy there)"),
    "check": Command("students", "check", "run a notebook's visible checks and print a receipt (FILE)"),
    "new": Command("authors", "new", "write the skeleton of an assignment (h12_my_topic)"),
    "build": Command("authors", "build", "generate notebooks/homework/*.ipynb (--check; --key DIR; --nbgrader DIR)"),
    "test": Command("trial", "test", "key full, stub 0, every mistake loses what it should (h06)"),
    "release": Command("release", "release", "write the students' edition of the whole course (DIR; --year NAME)"),
    "grade": Command("grade", "grade", "grade a folder of submissions (FOLDER)"),
    "look": Command("formgrader", "look", "open nbgrader's formgrader on the records, to read answers (--records DIR)"),
    "feedback": Command("feedback", "feedback", "write one page of feedback for each student"),
    "export": Command(
        "export", "export", "write grades for the learning management system, and what finds similar work"
    ),
}


def main(arguments: list[str]) -> int:
    """Hand the options to the command that is named and return its status."""
    name, *options = arguments or ["--help"]
    if name in ("-h", "--help"):
        print("usage: python3 course.py homework COMMAND [OPTIONS]\n")
        print("\n".join(f"  {name:<10}{command.text}" for name, command in COMMANDS.items() if is_here(command)))
        return 0 if arguments else 2
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "choose one of " + ", ".join(COMMANDS) + "."
        raise Stop(f"there is no homework command {name!r}: {hint}")
    command = COMMANDS[name]
    if not is_here(command):
        raise Stop(f"`homework {name}` is a command of instructors, and this is the students' edition.")
    module = importlib.import_module(f"tools.homework.{command.module}")
    return getattr(module, command.function)(options)


def is_here(command: Command) -> bool:
    """Whether this edition of the course holds a command's module."""
    return importlib.util.find_spec(f"tools.homework.{command.module}") is not None


if __name__ == "__main__":
    start(main)
