"""`homework look`: open nbgrader's formgrader on the records, to read answers and give points by hand."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tools.common import Stop
from tools.homework import records


def look(options: list[str]) -> int:
    """Start JupyterLab in the folder of records, or in an assistant's; other options are passed on to it."""
    parser = argparse.ArgumentParser(prog="course.py homework look", description=__doc__.splitlines()[0])
    parser.add_argument("--records", default="", help="the records, or the folder that an assistant got")
    wanted, passed = parser.parse_known_args(options)
    folder = records.folder(wanted.records)
    if not (folder / "gradebook.db").is_file():
        raise Stop(f"{folder} holds no gradebook: `course.py homework grade FOLDER` makes one.")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", *passed]
    if "--no-browser" not in passed:
        command.append("--LabApp.default_url=/formgrader/gradebook")
    return subprocess.call(command, cwd=folder, env={**os.environ, "PATH": search_path()})


def search_path() -> str:
    """The folders that programs are looked for in, this environment's first: nbgrader calls alembic by its name."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
