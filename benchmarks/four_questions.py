"""Lecture 001's four questions on first-layer filters: amount, classes, no labels, mathematics; stored for notebook 15.

Run in the course's folder: `python3 -m benchmarks.four_questions` (about three minutes on two idle cores).
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks import tables
from helpers import datasets, transfer
from helpers.datasets import stratified_sample
from helpers.transfer import filter_banks

SIDE, MANY, FEW, LABELS, TEST = 32, 400, 64, 240, 400
LEARNED = f"learned, {MANY} pictures, 8 classes"
FEWER, TWO = f"learned, {FEW} pictures, 8 classes", f"learned, {MANY} pictures, 2 classes"
UNSUPERVISED, GABOR, COSINE, RANDOM = "k-means, no labels", "Gabor", "cosines", "random"
MARGIN = 0.02


def main() -> None:
    """Make every bank for every seed, probe it on both tasks, and store the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, 2 or more")
    seeds, began = range(parser.parse_args().seeds), time.perf_counter()
    found: dict[tuple[str, str], list[float]] = {}
    for seed in seeds:
        made, asked = banks(seed), tasks(seed)
        for name, bank in made.items():
            for task, parts in asked.items():
                found.setdefault((task, name), []).append(probe(bank, *parts))
                print(f"seed {seed}, {task}, {name}: {found[task, name][-1]:.3f}", flush=True)
    text = tables.made(f"python3 -m benchmarks.four_questions --seeds {len(seeds)}", (time.perf_counter() - began) / 60)
    measures = (filter_banks.learned_bank, filter_banks.kmeans_bank, filter_banks.responses)
    tables.store("four_questions", text, *report(found), measures=measures, seeds=seeds, effects=effects(found))


def banks(seed: int) -> dict[str, np.ndarray]:
    """All banks of one seed; the learned ones and k-means see the same drawn animals."""
    part = datasets.animals(MANY, 100 + seed, SIDE)
    pictures, animals = filter_banks.grey(part.pixels), part.labels
    few = slice(0, FEW)
    return {
        LEARNED: filter_banks.learned_bank(pictures, animals, seed=seed),
        FEWER: filter_banks.learned_bank(pictures[few], animals[few], seed=seed),
        TWO: filter_banks.learned_bank(pictures, animals % 2, seed=seed),
        UNSUPERVISED: filter_banks.kmeans_bank(pictures, seed),
        GABOR: filter_banks.gabor_bank(),
        COSINE: filter_banks.dct_bank(),
        RANDOM: filter_banks.random_bank(seed),
    }


def tasks(seed: int) -> dict[str, tuple]:
    """Pictures and labels of two tasks: to learn from, and new ones."""
    (x, y), (x_new, y_new) = datasets.mnist(seed)
    known, asked = stratified_sample(y, LABELS, seed), stratified_sample(y_new, TEST, seed)
    digits = (framed(x[known]), y[known], framed(x_new[asked]), y_new[asked])
    whole = datasets.animals(LABELS + TEST, 200 + seed, SIDE)
    pictures, animals = filter_banks.grey(whole.pixels), whole.labels
    return {"digits": digits, "animals": (pictures[:LABELS], animals[:LABELS], pictures[LABELS:], animals[LABELS:])}


def framed(digits: np.ndarray) -> np.ndarray:
    """Digits of 28 pixels in the middle of 32."""
    return np.pad(digits.astype(np.float32), ((0, 0), (2, 2), (2, 2)))


def probe(bank: np.ndarray, known: np.ndarray, labels: np.ndarray, asked: np.ndarray, truth: np.ndarray) -> float:
    """The share of new pictures that logistic regression on the bank's answers names rightly."""
    seen = [filter_banks.responses(part, bank) for part in (known, asked)]
    return float(transfer.correct(transfer.logistic_regression(), (seen[0], labels), (seen[1], truth)).mean())


def effects(found: dict[tuple[str, str], list[float]]) -> dict[str, dict]:
    """What claims take from the study: differences of two banks on the same seeds."""
    pairs = {"amount": (LEARNED, FEWER), "classes": (LEARNED, TWO), "no labels": (UNSUPERVISED, LEARNED)}
    pairs |= {"mathematics": (GABOR, LEARNED), "cosines": (COSINE, LEARNED), "nobody": (RANDOM, LEARNED)}
    made = {}
    for task in ("digits", "animals"):
        differs = f"16 filters of 7 x 7, grey, learned on drawn animals, probed on {task}"
        for name, (one, two) in pairs.items():
            gain = np.array(found[task, one]) - np.array(found[task, two])
            made[f"{task}, {name}"] = tables.over_seeds(gain, differs)
    return made


def report(found: dict[tuple[str, str], list[float]]) -> list:
    """One line for each bank."""
    names = dict.fromkeys(name for _, name in found)
    base = {task: np.array(found[task, LEARNED]) for task in ("digits", "animals")}
    text = (
        f"**16 filters of 7 x 7, grey pictures of {SIDE} px, {len(found['digits', LEARNED])} seeds.** Learned banks "
        f"are the first filters of a small convnet after 400 steps of 20 pictures of eight drawn animals. The same "
        f"probe for all: both signs, rectified, means in 4 x 4 fields, logistic regression on {LABELS} labels, {TEST} "
        "new pictures. Mean ± standard deviation over the seeds; then the difference to the first row, 95 % interval."
    )
    rows = []
    for name in names:
        cells = []
        for task, known in base.items():
            gain = np.array(found[task, name]) - known
            cells += [tables.spread(found[task, name]), "" if name == LEARNED else tables.between(gain)]
        rows.append([name, *cells])
    heads = ("filters", "digits", "minus the first row", "animals", "minus the first row")
    return [text, tables.table(heads, rows)]


if __name__ == "__main__":
    main()
