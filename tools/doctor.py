"""`course.py doctor`: versions, cores, memory, what is here, what is missing and the command that brings it."""

from tools.common import start


def main(arguments: list[str]) -> int:
    """Print the report of `helpers.doctor`, which a notebook can show too."""
    from helpers.doctor import report

    print(report())
    return 0


if __name__ == "__main__":
    start(main)
