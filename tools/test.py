"""`course.py test`: the whole suite in one pytest run, unit tests, widgets, browser and, through nbval, every notebook.

What is run and how (folders, nbval in lax mode, the time limit of a cell) stands in pyproject.toml, so that plain
`pytest` does the same. Files or options given here go to pytest.
"""

import os
import subprocess
import sys

from tools.common import ROOT, start


def main(arguments: list[str]) -> int:
    """Run pytest from the project's folder and return its status; `arguments` are pytest's own."""
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    return subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment)


if __name__ == "__main__":
    start(main)
