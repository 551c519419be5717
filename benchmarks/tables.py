"""What the studies share: spreads, intervals, tables with date and command, written whole or not at all.

`python -m benchmarks.tables` says which stored studies are older than what they measured.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from importlib import metadata
from pathlib import Path

import numpy as np

from helpers import training
from helpers.images.transform import write_whole
from helpers.teaching import studies

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
Table = dict[str, list]


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation over the seeds."""
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


def between(differences: Sequence[float]) -> str:
    """Mean of paired differences over the seeds, its 95 % interval (Student), and whether that leaves out 0."""
    middle, low, high = training.mean_interval(differences)
    return f"{middle:+.3f} ({low:+.3f} to {high:+.3f}), {verdict(low, high)}"


def paired(first: np.ndarray, second: np.ndarray) -> str:
    """Second minus first accuracy on the same photos, its 95 % interval, and whether that leaves out 0."""
    middle, low, high = training.paired_interval(first, second)
    return f"{middle:+.3f} ({low:+.3f} to {high:+.3f}), {verdict(low, high)}"


def share(right: np.ndarray) -> str:
    """A share of right answers with its 95 % interval (Wilson)."""
    low, high = training.share_interval(float(np.mean(right)), len(right))
    return f"{np.mean(right):.3f} ({low:.3f} to {high:.3f})"


def verdict(low: float, high: float) -> str:
    """What an interval of a difference says."""
    return "better" if low > 0 else "worse" if high < 0 else "within the noise"


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table of texts, as studies are stored."""
    return {"heads": list(titles), "rows": [[str(cell) for cell in row] for row in rows]}


def made(command: str, minutes: float) -> str:
    """When, how and on what a table was made."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return f"Made on {date.today()} with `{command}` ({machine}, {minutes:.0f} minutes)."


def write(name: str, *parts: str | Table) -> Path:
    """Write benchmarks/results/NAME.md, for readers of the repository, and print it."""
    text = "\n\n".join(studies.markdown(part) for part in parts) + "\n"
    print(text)
    return _written(RESULTS / f"{name}.md", text)


def effect(measured: Sequence[float], over: str, differs: str = "") -> dict[str, object]:
    """An effect as a claim takes it: (value, low, high), over what, and what is not as on the slide."""
    value, low, high = (float(one) for one in measured)
    return {"measured": [value, low, high], "over": over, "differs": differs}


def over_seeds(values: Sequence[float], differs: str = "") -> dict[str, object]:
    """The mean of a result over the seeds with its 95 % interval (Student), as a claim takes it."""
    return effect(training.mean_interval(values), f"{len(values)} seeds", differs)


def versions() -> dict[str, str]:
    """What computed the numbers."""
    packages = ("tensorflow", "keras", "numpy", "scikit-learn")
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in packages}}


def store(
    name: str,
    made: str,
    *parts: str | Table,
    measures: Iterable[Callable] = (),
    seeds: Iterable[int] = (),
    effects: dict[str, dict] | None = None,
) -> Path:
    """Store a study that notebooks show inside the package, as JSON, and print it.

    measures: the functions that it tests, beside its own script; `python -m benchmarks.tables` says what has changed.
    seeds: those it was run with. effects: what claims take from it, each made by `effect` or `over_seeds`.
    """
    print("\n\n".join(studies.markdown(part) for part in (made, *parts)))
    names = [f"{function.__module__}.{function.__qualname__}" for function in measures]
    script = Path(sys.argv[0]).resolve().relative_to(ROOT).as_posix()
    sums = {what: sum_of(what) for what in (script, *names)}
    study = {"made": made, "seeds": list(seeds), "versions": versions(), "measures": sums}
    study |= {"effects": effects or {}, "parts": parts}
    return _written(studies.RESULTS / f"{name}.json", json.dumps(study, indent=1, ensure_ascii=False) + "\n")


def sum_of(what: str) -> str:
    """The first digits of a sum over a script's or a function's source, "" when it is gone."""
    if what.endswith(".py"):
        path = ROOT / what
        source = path.read_text(encoding="utf-8") if path.is_file() else ""
    else:
        module, _, name = what.rpartition(".")
        found = getattr(importlib.import_module(module), name, None) if importlib.util.find_spec(module) else None
        source = inspect.getsource(found) if found else ""
    return hashlib.sha256(source.encode()).hexdigest()[:12] if source else ""


def ages() -> dict[str, str]:
    """For each stored study what has changed since it was measured."""
    found = {}
    for path in sorted(studies.RESULTS.glob("*.json")):
        sums = json.loads(path.read_text(encoding="utf-8"))["measures"]
        changed = [what for what, kept in sums.items() if sum_of(what) != kept]
        found[path.stem] = ", ".join(changed) + " changed since" if changed else "as measured" if sums else "not known"
    return found


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(path, text.encode())


if __name__ == "__main__":
    print("\n".join(f"{name}: {age}" for name, age in ages().items()))
