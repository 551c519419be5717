"""`course.py warm [NAME ...]`: run before a lecture what it will show, so that nothing is computed for the first time.

The shipped networks get their files for LiteRT, which passes photos on quicker than TensorFlow. Then each notebook runs
once through; features of photos, unpacked weights and executed notebooks stay on the disk. What has not changed since
(cells, helpers, packages) is not run again. All of it may be deleted: it is then made again.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from tools import books, common, run
from tools.common import choose, start

LIMIT = 2_000_000_000  # bytes of stored features; the least recently used go first


def main(arguments: list[str]) -> int:
    """Run what is not warm, then keep the stored features within their limit; 1 when a notebook failed."""
    parser = argparse.ArgumentParser(prog="course.py warm", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="notebooks, such as 06; all where none is named")
    parser.add_argument("--clear", action="store_true", help="delete what was stored; downloads stay")
    known = parser.parse_args(arguments)
    if known.clear:
        print(f"Deleted {clear() / 1e6:.0f} MB. Downloaded data and weights are kept.")
        return 0
    names = choose(known.names, run.notebook_names(), "notebook")
    common.check_room()
    if not size_of(forward_folder()) or not all(map(is_warm, names)):
        make_files()
    failed = run.run_all(names, is_warm, "warm")
    removed = keep_within(run.features_folder(), LIMIT)
    stored = sum(size_of(folder) for folder in folders())
    print(f"Stored: {stored / 1e6:.0f} MB{f', {removed / 1e6:.0f} MB of old features deleted' if removed else ''}.")
    return 1 if failed else 0


def forward_folder() -> Path:
    """Where helpers.backbones.forward keeps LiteRT's files."""
    return run.features_folder().with_name("forward")


def make_files() -> None:
    """Make LiteRT's files of the shipped networks, in a process of its own: TensorFlow would stay in this one."""
    code = "from helpers import backbones; from helpers.backbones import choose, forward\n"
    code += "for name in choose.PACKAGED: forward.make_files(backbones.load(name))"
    print("Files of the networks for LiteRT ... ", end="", flush=True)
    done = subprocess.run([sys.executable, "-c", code], cwd=common.ROOT, capture_output=True, text=True)
    print("there" if done.returncode == 0 else f"FAILED: {(done.stderr.strip().splitlines() or [''])[-1]}", flush=True)


def folders() -> list[Path]:
    """All folders whose files the course can make again by itself."""
    return [run.features_folder(), forward_folder(), common.EXECUTED, common.PAGES, common.SITE, common.SLIDES]


def is_warm(name: str) -> bool:
    """Whether the notebook ran as it is now, and the features that it used are still on the disk."""
    if not run.is_fresh(name):
        return False
    features = books.facts_of(run.executed(name)).get("features", [])
    return isinstance(features, list) and all((run.features_folder() / str(file)).exists() for file in features)


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder; 0 where it is not there."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def keep_within(folder: Path, limit: int) -> int:
    """Delete the `.npy` files not used for longest until the rest fits the limit; return the bytes deleted."""
    files = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in folder.glob("*.npy"))
    over, removed = sum(size for _, size, _ in files) - limit, 0
    for _, size, path in files:
        if removed >= over:
            break
        path.unlink(missing_ok=True)
        removed += size
    return removed


def clear() -> int:
    """Delete everything that can be made again; return the bytes deleted."""
    stored = sum(size_of(folder) for folder in folders())
    for folder in folders():
        shutil.rmtree(folder, ignore_errors=True)
    return stored


if __name__ == "__main__":
    start(main)
