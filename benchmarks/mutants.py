"""Would the tests notice a mistake? Small changes to the code (mutants), each against the tests of its room.

    COURSE_DATA=... python -m benchmarks.mutants [--count 300] [--seed 0] [--rooms attribution ...]

A fixed sample of places in all rooms, one change at each, is drawn with a seed; Cosmic Ray makes the changes. A mutant
is tried in a copy of the project by its mirrored test file, or by those that name its module; if these pass, by the
others of its room. It is killed when a test fails or takes far too long. What was tried is kept in build/mutants.json
and not tried again while the module and its room's tests stay the same.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("activations", "attribution", "feature_visualization", "multitask", "transfer")
COPIED = ("helpers", "tests", "tools", "notebooks", "benchmarks", "docs")
OURS = {"helpers", "tests", "tools", "course"}
LIMIT, WAIT = 240, 900  # seconds: of the processors, and by the clock, for one test file
GOAL = 0.85
KEPT = ROOT / "build" / "mutants.json"


@dataclass(frozen=True)
class Mutant:
    """One change: the operator of Cosmic Ray, and which of the operator's places in the file it takes."""

    path: str
    line: int
    column: int
    operator: str
    occurrence: int


def all_mutants(paths: Iterable[Path]) -> Iterator[Mutant]:
    """Every change that Cosmic Ray knows for these files, but none in type hints: they change nothing that runs."""
    from cosmic_ray.commands.init import init
    from cosmic_ray.work_db import WorkDB, use_db

    paths = list(paths)
    hints = {str(path): set(_hints(path)) for path in paths}
    with tempfile.TemporaryDirectory() as folder, use_db(f"{folder}/work.sqlite", WorkDB.Mode.create) as work:
        init(paths, work, {})
        for item in work.work_items:
            (made,) = item.mutations
            path = Path(made.module_path)
            if made.start_pos not in hints[str(path)]:
                path = path.relative_to(ROOT) if path.is_absolute() else path
                yield Mutant(path.as_posix(), *made.start_pos, made.operator_name, made.occurrence)


def _hints(path: Path) -> Iterator[tuple[int, int]]:
    """All positions (line, column) inside annotations."""
    source = path.read_text(encoding="utf-8")
    lengths = [len(line) for line in source.splitlines()]
    for node in ast.walk(ast.parse(source)):
        for hint in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if hint is not None:
                for line in range(hint.lineno, hint.end_lineno + 1):
                    first = hint.col_offset if line == hint.lineno else 0
                    last = hint.end_col_offset if line == hint.end_lineno else lengths[line - 1]
                    yield from ((line, column) for column in range(first, last))


def sample(mutants: Iterable[Mutant], count: int, seed: int = 0) -> list[Mutant]:
    """Draw places without return, and one of the changes at each."""
    places: dict[tuple, list[Mutant]] = {}
    for mutant in mutants:
        places.setdefault((mutant.path, mutant.line, mutant.column), []).append(mutant)
    draw = random.Random(seed)
    chosen = draw.sample(sorted(places), min(count, len(places)))
    return [draw.choice(sorted(places[place], key=str)) for place in sorted(chosen)]


def drawn(count: int = 300, seed: int = 0) -> list[Mutant]:
    """The sample of the five rooms of lecture methods."""
    modules = [file for room in ROOMS for file in sorted((ROOT / "helpers" / room).glob("[!_]*.py"))]
    return sample(all_mutants(modules), count, seed)


def changed(source: str, mutant: Mutant) -> str:
    """The source with the mutant's change."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    return mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence)


def tests_of(path: str, root: Path = ROOT) -> list[str]:
    """The test files of a module's room: its mirror first, else those that name it, then the others."""
    room, name = Path(path).parent.name, Path(path).stem
    everything = sorted((root / "tests" / room).glob("test_*.py"))
    mirror = [file for file in everything if file.stem == f"test_{name}"]
    first = mirror or [file for file in everything if name in file.read_text(encoding="utf-8")]
    return [str(file.relative_to(root)) for file in [*first, *(file for file in everything if file not in first)]]


def copy_of_project(folder: Path) -> Path:
    """A copy to change: code, tests and pages; data and environment stay where they are."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ROOT.glob("*.*"):
        if file.is_file():
            shutil.copy2(file, folder)
    (folder / "data").symlink_to(ROOT / "data")
    return folder


def run_tests(project: Path, name: str) -> str:
    """Run a test file in a child of this process, which has loaded TensorFlow: "passed", "failed" or "too slow"."""
    child = os.fork()
    if not child:
        _become_pytest(project, name)
    _, status, _usage = os.wait4(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM, signal.SIGKILL):
        return "too slow"
    return "passed" if status == 0 else "failed"


def _become_pytest(project: Path, name: str) -> None:
    """Leave this process to pytest, with the project's copy in place of the project. Does not return."""
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT + 1))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(WAIT)
        os.chdir(project)
        for module in [module for module in sys.modules if module.split(".")[0] in OURS]:
            del sys.modules[module]
        sys.path[:] = [str(project), *(place for place in sys.path if Path(place or ".").resolve() != ROOT)]
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nowhere, number)
        import pytest

        status = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", name]))
    finally:
        os._exit(status)


def fate(project: Path, mutant: Mutant) -> str:
    """Return "killed by FILE", "too slow in FILE" or "survived" of a mutant in a copy of the project."""
    file = project / mutant.path
    source = file.read_text(encoding="utf-8")
    file.write_text(changed(source, mutant), encoding="utf-8")
    try:
        for name in tests_of(mutant.path, project):
            answer = run_tests(project, name)
            if answer != "passed":
                return f"{'killed by' if answer == 'failed' else 'too slow in'} {name}"
        return "survived"
    finally:
        file.write_text(source, encoding="utf-8")


def shown(mutant: Mutant) -> str:
    """`path:line: old line -> new line`."""
    source = (ROOT / mutant.path).read_text(encoding="utf-8")
    pairs = zip(source.splitlines(), changed(source, mutant).splitlines(), strict=False)
    old, new = next(((old, new) for old, new in pairs if old != new), ("", ""))
    return f"{mutant.path}:{mutant.line}: `{old.strip()}` -> `{new.strip()}`"


def key(mutant: Mutant) -> str:
    """A mutant's name in the store: itself, its module and the tests of its room."""
    files = [ROOT / mutant.path, *(ROOT / name for name in tests_of(mutant.path))]
    return hashlib.sha256(repr(mutant).encode() + b"".join(file.read_bytes() for file in files)).hexdigest()


def try_all(mutants: list[Mutant], workers: int) -> dict[Mutant, str]:
    """Try mutants, so many at a time, each worker in a copy of its own; what is found is stored at once."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    found = {mutant: kept[key(mutant)] for mutant in mutants if key(mutant) in kept}
    with tempfile.TemporaryDirectory() as folder:
        context = multiprocessing.get_context("fork")
        numbers = context.Queue()
        for number in range(workers):
            numbers.put(number)
        with context.Pool(workers, _begin, (Path(folder), numbers)) as pool:
            rest = [mutant for mutant in mutants if mutant not in found]
            for mutant, answer in pool.imap_unordered(_try, rest):
                found[mutant] = kept[key(mutant)] = answer
                KEPT.parent.mkdir(exist_ok=True)
                KEPT.write_text(json.dumps(kept), encoding="utf-8")
                print(f"{len(found)}/{len(mutants)} {answer}: {shown(mutant)}", flush=True)
    return found


def _begin(folder: Path, numbers: multiprocessing.Queue) -> None:
    """A worker's copy, and everything heavy loaded once: its children, which run the tests, find it there."""
    global _PROJECT
    _PROJECT = copy_of_project(folder / str(numbers.get()))
    for name in ("tensorflow", "keras", "matplotlib.pyplot", "skimage", "sklearn.linear_model", "pytest"):
        importlib.import_module(name)  # never helpers: it makes TensorFlow's first tensor, and a fork after that hangs


def _try(mutant: Mutant) -> tuple[Mutant, str]:
    return mutant, fate(_PROJECT, mutant)


def main() -> int:
    """Draw, try and write the table with the survivors; status 1 when fewer than GOAL of all are killed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rooms", nargs="+", default=list(ROOMS), choices=ROOMS)
    chosen = parser.parse_args()
    start = time.monotonic()
    sampled = drawn(chosen.count, chosen.seed)
    found = try_all([mutant for mutant in sampled if Path(mutant.path).parent.name in chosen.rooms], chosen.workers)
    from benchmarks import tables  # not before: it loads helpers, see `_begin`
    from helpers import training

    rows = []
    for room in [*chosen.rooms, "all"]:
        fates = [answer for mutant, answer in found.items() if room in ("all", Path(mutant.path).parent.name)]
        killed, slow = (sum(answer.startswith(word) for answer in fates) for word in ("killed", "too slow"))
        share = (killed + slow) / max(len(fates), 1)
        low, high = training.share_interval(share, max(len(fates), 1))
        rows.append([room, len(fates), killed, slow, fates.count("survived"), f"{share:.2f} ({low:.2f} to {high:.2f})"])
    survivors = sorted(shown(mutant) for mutant, answer in found.items() if answer == "survived")
    tables.write(
        "mutants",
        "# Small mistakes that the tests notice",
        tables.made(
            f"python -m benchmarks.mutants --count {chosen.count} --seed {chosen.seed}", (time.monotonic() - start) / 60
        ),
        tables.table(["room", "places", "killed", "too slow", "survived", "share killed (95 %)"], rows),
        "Survivors:",
        "\n".join(f"- {line}" for line in survivors),
    )
    return int(share < GOAL)


if __name__ == "__main__":
    raise SystemExit(main())
