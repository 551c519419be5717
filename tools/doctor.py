"""`course.py doctor`: versions, cores, memory, what is here, what is missing and the command that brings it."""

from tools import environment
from tools.common import start


def main(arguments: list[str]) -> int:
    """Print the report of `helpers.runtime.doctor`, which a notebook can show too."""
    from helpers.runtime import report
    from helpers.runtime.doctor import damaged_packages

    damaged = damaged_packages()
    environment.note(damaged)  # the next command installs them anew
    print(report(damaged=damaged))
    return 0


if __name__ == "__main__":
    start(main)
