"""What the studies share: spreads, intervals, markdown tables with date and command, written whole or not at all."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from helpers import training, transfer
from helpers.images.transform import write_whole
from helpers.training import convnet


def spread(values: Sequence[float]) -> str:
    """Mean and standard deviation over the seeds."""
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


def between(differences: Sequence[float]) -> str:
    """Mean of paired differences over the seeds, its 95 % interval (Student), and whether that leaves out 0."""
    middle, low, high = transfer.mean_interval(differences)
    return f"{middle:+.3f} ({low:+.3f} to {high:+.3f}), {verdict(low, high)}"


def paired(first: np.ndarray, second: np.ndarray) -> str:
    """Second minus first accuracy on the same photos, its 95 % interval, and whether that leaves out 0."""
    middle, low, high = transfer.paired_interval(first, second)
    return f"{middle:+.3f} ({low:+.3f} to {high:+.3f}), {verdict(low, high)}"


def share(right: np.ndarray) -> str:
    """A share of right answers with its 95 % interval (Wilson)."""
    low, high = training.interval(float(np.mean(right)), len(right))
    return f"{np.mean(right):.3f} ({low:.3f} to {high:.3f})"


def verdict(low: float, high: float) -> str:
    """What an interval of a difference says."""
    return "better" if low > 0 else "worse" if high < 0 else "within the noise"


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def made(command: str, minutes: float) -> str:
    """When, how and on what a table was made."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return f"Made on {date.today()} with `{command}` ({machine}, {minutes:.0f} minutes)."


def write(name: str, *parts: str) -> Path:
    """Write benchmarks/results/NAME.md and print it."""
    text = "\n\n".join(parts) + "\n"
    convnet.RESULTS.mkdir(parents=True, exist_ok=True)
    print(text)
    return write_whole(convnet.RESULTS / f"{name}.md", text.encode())
