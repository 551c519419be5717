"""Tricks of famous networks on trial: `python -m benchmarks.architectures`; stored for notebook 13.

Small networks on digits that differ in one thing each, with the same budget of multiply-adds and of epochs, over seeds
that draw digits, weights and order. What is done is kept in build/architectures.json, and a study that was stopped goes
on from there.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks import tables
from helpers.architectures import blocks, trials
from helpers.architectures.card import model_card
from helpers.backbones import graph

REFERENCE, CHANNELS = "two 3x3", 16
DEPTHS = (10, 20, 30)
KEPT = tables.ROOT / "build" / "architectures.json"
HEADS = ("trial", "against", "parameters", "multiply-adds", "accuracy", "difference (95 % interval)")
DIFFERS = "small networks on 1000 digits, not on ImageNet"


class Results(NamedTuple):
    """One network with several seeds."""

    accuracies: list[float]
    parameters: int
    multiply_adds: int


def main() -> None:
    """Run all trials and store them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--deep", type=int, default=3, help="seeds of the deep networks, which take longest")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--deep-epochs", type=int, default=5)
    asked = parser.parse_args()
    began = time.time()
    seeds = range(asked.seeds)
    pairs = [
        *of_blocks(seeds, asked.epochs),
        *of_norm(seeds, asked.epochs),
        *of_skip(range(asked.deep), asked.deep_epochs),
    ]
    command = f"python3 -m benchmarks.architectures --seeds {asked.seeds} --deep {asked.deep}"
    tables.store(
        "architectures",
        tables.made(command, (time.time() - began) / 60),
        f"**Tricks on trial.** {trials.LABELLED} digits to learn from, the other 4000 to test with, {asked.seeds} "
        f"seeds ({asked.deep} of deep networks), {asked.epochs} epochs ({asked.deep_epochs}) of Adam. Blocks are as "
        f"wide as the budget of multiply-adds lets them be, which is that of two 3x3 with {CHANNELS} channels. "
        f"Accuracy: mean over the seeds; difference: its mean on the same seeds with the 95 % interval (Student).",
        tables.table(HEADS, [row(*pair) for pair in pairs]),
        seeds=seeds,
        effects={f"{name}, {against}": effect(found, other) for name, against, found, other in pairs if other},
        measures=(trials.block_network, trials.deep_network, trials.try_out, blocks.conv, model_card),
    )


Pair = tuple[str, str, Results, Results | None]  # what, against what, and the results of both


def of_blocks(seeds: range, epochs: int) -> list[Pair]:
    """Each block against two 3x3 convolutions, and what the sum adds to a bottleneck."""
    budget = model_card(graph.unallocated(lambda: trials.block_network(REFERENCE, CHANNELS))).multiply_adds
    found = {}
    for name in blocks.BLOCKS:
        build = partial(trials.block_network, name, trials.widest(name, budget))
        found[name] = run(name, build, seeds, epochs)
    pairs: list[Pair] = [(REFERENCE, "", found[REFERENCE], None)]
    pairs += [(name, REFERENCE, one, found[REFERENCE]) for name, one in found.items() if name != REFERENCE]
    return [*pairs, ("residual bottleneck", "bottleneck", found["residual bottleneck"], found["bottleneck"])]


def of_norm(seeds: range, epochs: int) -> list[Pair]:
    """Batch normalisation against none, at a usual rate and at ten times that."""
    pairs: list[Pair] = []
    for rate in (3e-3, 3e-2):
        builds = {norm: partial(trials.block_network, REFERENCE, CHANNELS, norm) for norm in (False, True)}
        without, with_it = (run(f"batch norm {norm}", one, seeds, epochs, rate) for norm, one in builds.items())
        pairs.append((f"batch norm, rate {rate:g}", "none", with_it, without))
    return pairs


def of_skip(seeds: range, epochs: int) -> list[Pair]:
    """The sum around each pair of convolutions at three depths, with batch normalisation everywhere."""
    pairs, plain = [], {}
    for depth in DEPTHS:
        builds = {skip: partial(trials.deep_network, depth, skip, True) for skip in (False, True)}
        plain[depth], skipping = (run(f"{depth} layers, skip {s}", one, seeds, epochs) for s, one in builds.items())
        pairs.append((f"skip, {depth} layers", "no skip", skipping, plain[depth]))
    return [*pairs, ("plain, 30 layers", "10 layers", plain[30], plain[10])]


def run(words: str, build: Callable, seeds: range, epochs: int, rate: float = 3e-3) -> Results:
    """The same network with several seeds, or what was kept of it."""
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    key = f"{words}, seeds {list(seeds)}, {epochs} epochs, rate {rate:g}"
    if key not in kept:
        began, found = time.process_time(), trials.try_out(build, seeds, epochs, rate)
        kept[key] = [[one.accuracy for one in found], found[0].parameters, found[0].multiply_adds]
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps(kept, indent=1))
        print(key, np.round(kept[key][0], 3), f"{time.process_time() - began:.0f} s", flush=True)
    return Results(*kept[key])


def gains(found: Results, reference: Results) -> list[float]:
    """By how much accuracy differs, seed by seed."""
    return np.subtract(found.accuracies, reference.accuracies).tolist()


def effect(found: Results, reference: Results) -> dict:
    """The same as claims take it."""
    return tables.over_seeds(gains(found, reference), DIFFERS)


def row(name: str, against: str, found: Results, reference: Results | None) -> list:
    """A line of the table."""
    cells = [name, against, f"{found.parameters:,}", f"{found.multiply_adds:,}", f"{np.mean(found.accuracies):.3f}"]
    return [*cells, tables.between(gains(found, reference)) if reference else ""]


if __name__ == "__main__":
    main()
