"""The commands of course.py, one file each. They run inside the environment, from the project's folder."""

import sys

if sys.argv[:1] == ["-m"]:  # `python -m tools.NAME`, as course.py starts it: the command and its imports come next
    from tools import environment, interrupts

    interrupts.end_at_once()
    sys.excepthook = environment.explain
