"""`course.py test`: the whole suite in one pytest run, unit tests, widgets, browser and, through nbval, every notebook.

`course.py test --slow [NAME ...]` runs what takes hours instead (tests marked `slow`, all or those whose name holds one
of these words); what passed before is left out while nothing that it depends on has changed.

`course.py test --newest [OPTIONS]` runs the suite, or what the options choose, with the newest packages beyond the
ceilings of our lists, in an environment of its own (build/newest).

What is run and how (folders, nbval in lax mode, the time limit of a cell) stands in pyproject.toml, so that plain
`pytest` does the same, one test after the other; with no options here, two at a time, each file in one process. Files
or options given here go to pytest.
"""

import os
import subprocess
import sys

from tools import newest
from tools.common import ROOT, start

# In the order of the folders: by default files with few tests come last, and those are the browser's, minutes each.
TWO_AT_A_TIME = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


def main(arguments: list[str]) -> int:
    """Run pytest from the project's folder and return its status; without our own two options they are pytest's."""
    python = sys.executable
    if "--newest" in arguments:
        arguments = [word for word in arguments if word != "--newest"]
        python = str(newest.prepare())
    if "--slow" in arguments:
        names = [word for word in arguments if not word.startswith("-")]
        options = [word for word in arguments if word.startswith("-") and word != "--slow"]
        arguments = ["tests", "-m", "slow", *(["-k", " or ".join(names)] if names else []), *options]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ}
    if not arguments:  # a thread each: two networks that both compute on two cores cost an eighth more
        arguments, environment = TWO_AT_A_TIME, {"COURSE_THREADS": "1", **environment}
    return subprocess.call([python, "-m", "pytest", *arguments], cwd=ROOT, env=environment)


if __name__ == "__main__":
    start(main)
