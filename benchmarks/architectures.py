"""Tricks of famous networks on trial: `python -m benchmarks.architectures`; stored for notebook 13.

Small networks on digits that differ in one thing each, with the same budget of multiply-adds and of epochs, over seeds
that draw digits, weights and order.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks import tables
from helpers import training
from helpers.architectures import blocks, trials
from helpers.architectures.card import model_card
from helpers.backbones import graph

REFERENCE, CHANNELS = "two 3x3", 24
DEPTHS = (10, 20, 30)
HEADS = ("trial", "against", "parameters", "multiply-adds", "accuracy", "difference", "low", "high", "verdict")


def main() -> None:
    """Run all trials and store them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=10)
    asked = parser.parse_args()
    began = time.time()
    seeds = range(asked.seeds)
    rows = [*of_blocks(seeds, asked.epochs), *of_norm(seeds, asked.epochs), *of_skip(seeds, asked.epochs)]
    command = f"python3 -m benchmarks.architectures --seeds {asked.seeds} --epochs {asked.epochs}"
    tables.store(
        "architectures",
        tables.made(command, (time.time() - began) / 60),
        f"**Tricks on trial.** {trials.LABELLED} digits to learn from, the other 4000 to test with, {asked.seeds} seeds, "
        f"{asked.epochs} epochs of Adam. Blocks are as wide as the budget of multiply-adds of two 3x3 with {CHANNELS} "
        f"channels lets them be. Accuracy: mean over the seeds; difference: its mean on the same seeds with the 95 % "
        f"interval (Student).",
        tables.table(HEADS, rows),
        measures=(trials.block_network, trials.deep_network, trials.try_out, blocks.conv, model_card),
    )


def of_blocks(seeds: range, epochs: int) -> list[list]:
    """Each block against two 3x3 convolutions."""
    budget = model_card(graph.unallocated(lambda: trials.block_network(REFERENCE, CHANNELS))).multiply_adds
    found = {}
    for name in blocks.BLOCKS:
        width = trials.widest(name, budget)
        found[name] = run(f"{name}, {width} channels", lambda: trials.block_network(name, width), seeds, epochs)  # noqa: B023
    rows = [row(REFERENCE, "", found[REFERENCE], None)]
    return rows + [row(n, REFERENCE, r, found[REFERENCE]) for n, r in found.items() if n != REFERENCE] + [
        row("residual bottleneck", "bottleneck", found["residual bottleneck"], found["bottleneck"])
    ]


def of_norm(seeds: range, epochs: int) -> list[list]:
    """Batch normalisation against none, at a usual rate and at ten times that."""
    rows = []
    for rate in (1e-3, 1e-2):
        found = [
            run(f"batch norm {norm}, {rate}", lambda: trials.block_network(REFERENCE, CHANNELS, norm), seeds, epochs, rate)  # noqa: B023
            for norm in (False, True)
        ]
        rows.append(row(f"batch norm, rate {rate:g}", "none", found[1], found[0]))
    return rows


def of_skip(seeds: range, epochs: int) -> list[list]:
    """The sum around each pair of convolutions, at three depths, with batch normalisation and without."""
    rows, plain = [], {}
    for norm in (True, False):
        words = "batch norm" if norm else "no batch norm"
        for depth in DEPTHS:
            found = [
                run(f"{depth} layers, skip {skip}, {words}", lambda: trials.deep_network(depth, skip, norm), seeds, epochs)  # noqa: B023
                for skip in (False, True)
            ]
            plain[norm, depth] = found[0]
            rows.append(row(f"skip, {depth} layers, {words}", "no skip", found[1], found[0]))
        deep, shallow = plain[norm, DEPTHS[-1]], plain[norm, DEPTHS[0]]
        rows.append(row(f"plain, {DEPTHS[-1]} layers, {words}", f"plain, {DEPTHS[0]} layers", deep, shallow))
    return rows


def run(words: str, build, seeds: range, epochs: int, rate: float = 1e-3) -> list[trials.Result]:
    """The same network with several seeds."""
    began = time.process_time()
    found = [trials.try_out(build, seed, epochs, rate) for seed in seeds]
    print(words, [round(one.accuracy, 3) for one in found], f"{time.process_time() - began:.0f} s", flush=True)
    return found


def row(name: str, against: str, found: list[trials.Result], reference: list[trials.Result] | None) -> list:
    """A line of the table."""
    cells = [name, against, f"{found[0].parameters:,}", f"{found[0].multiply_adds:,}"]
    cells.append(f"{np.mean([one.accuracy for one in found]):.3f}")
    if reference is None:
        return [*cells, "", "", "", ""]
    gains = [one.accuracy - other.accuracy for one, other in zip(found, reference, strict=True)]
    middle, low, high = training.mean_interval(gains, (-1, 1))
    return [*cells, f"{middle:+.4f}", f"{low:+.4f}", f"{high:+.4f}", tables.verdict(low, high)]


if __name__ == "__main__":
    main()
