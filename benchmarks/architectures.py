"""Tricks of famous networks on trial: `python -m benchmarks.architectures`; stored for notebook 13.

Small networks on digits that differ in one thing each, with the same budget of multiply-adds and of epochs, over seeds
that draw digits, weights and order.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks import tables
from helpers.architectures import blocks, trials
from helpers.architectures.card import model_card
from helpers.backbones import graph

REFERENCE, CHANNELS = "two 3x3", 16
DEPTHS = {True: (10, 20, 30), False: (20,)}  # with batch normalisation and without
HEADS = ("trial", "against", "parameters", "multiply-adds", "accuracy", "difference (95 % interval)")
DIFFERS = "small networks on 1000 digits, not on ImageNet"
Results = list[trials.Result]


def main() -> None:
    """Run all trials and store them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--deep", type=int, default=3, help="seeds of the deep networks, which take longest")
    parser.add_argument("--epochs", type=int, default=10)
    asked = parser.parse_args()
    began = time.time()
    seeds = range(asked.seeds)
    pairs = [*of_blocks(seeds, asked.epochs), *of_norm(seeds, asked.epochs), *of_skip(range(asked.deep), asked.epochs)]
    command = f"python3 -m benchmarks.architectures --seeds {asked.seeds} --deep {asked.deep} --epochs {asked.epochs}"
    tables.store(
        "architectures",
        tables.made(command, (time.time() - began) / 60),
        f"**Tricks on trial.** {trials.LABELLED} digits to learn from, the other 4000 to test with, {asked.seeds} "
        f"seeds ({asked.deep} of deep networks), {asked.epochs} epochs of Adam. Blocks are as wide as the budget of "
        f"multiply-adds lets them be, which is that of two 3x3 with {CHANNELS} channels. Accuracy: mean over the "
        f"seeds; difference: its mean on the same seeds with the 95 % interval (Student).",
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
        builds = [partial(trials.block_network, REFERENCE, CHANNELS, norm) for norm in (False, True)]
        without, with_it = (run(f"batch norm, {rate:g}", build, seeds, epochs, rate) for build in builds)
        pairs.append((f"batch norm, rate {rate:g}", "none", with_it, without))
    return pairs


def of_skip(seeds: range, epochs: int) -> list[Pair]:
    """The sum around each pair of convolutions, with batch normalisation at three depths, and without at one."""
    pairs, plain = [], {}
    for norm, depths in DEPTHS.items():
        words = "batch norm" if norm else "no batch norm"
        for depth in depths:
            builds = [partial(trials.deep_network, depth, skip, norm) for skip in (False, True)]
            plain[norm, depth], skipping = (run(f"{depth} layers, {words}", build, seeds, epochs) for build in builds)
            pairs.append((f"skip, {depth} layers, {words}", "no skip", skipping, plain[norm, depth]))
    return [*pairs, ("plain, 30 layers, batch norm", "10 layers", plain[True, 30], plain[True, 10])]


def run(words: str, build: Callable, seeds: range, epochs: int, rate: float = 3e-3) -> Results:
    """The same network with several seeds."""
    began = time.process_time()
    found = trials.try_out(build, seeds, epochs, rate)
    print(words, [round(one.accuracy, 3) for one in found], f"{time.process_time() - began:.0f} s", flush=True)
    return found


def effect(found: Results, reference: Results) -> dict:
    """By how much accuracy differs, seed by seed."""
    return tables.over_seeds(
        [one.accuracy - other.accuracy for one, other in zip(found, reference, strict=True)], DIFFERS
    )


def row(name: str, against: str, found: Results, reference: Results | None) -> list:
    """A line of the table."""
    gains = [one.accuracy - other.accuracy for one, other in zip(found, reference or (), strict=bool(reference))]
    cells = [name, against, f"{found[0].parameters:,}", f"{found[0].multiply_adds:,}"]
    return [*cells, f"{np.mean([one.accuracy for one in found]):.3f}", tables.between(gains) if gains else ""]


if __name__ == "__main__":
    main()
