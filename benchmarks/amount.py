"""What a photo is worth: few and many, remixed and new, from scratch and from a trained base; stored.

Run in the course's folder: `python3 -m benchmarks.amount` (about five minutes a seed on two idle cores). The
results so far are stored after every seed but the first. Every training from
scratch takes the same number of steps, so that remixed and new photos cost the same.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks import tables
from helpers import backbones, datasets, training, transfer

SIZE, FEATURE_SIZE, STEPS, BATCH, TEST = 64, 96, 360, 20, 480
PLAIN, REMIXED = (20, 60, 240, 480, 960), (60, 240, 960)
LABELS = (20, 60, 120, 240)
MILD = {"rotation": 15, "width_shift": 0.1, "height_shift": 0.1, "shear": 0.1, "zoom": 0.15, "fill_mode": "reflect"}
Runs = dict[str, list[tuple[float, float, float]]]  # accuracy on the training and the test photos, processor seconds


def main() -> None:
    """Train every network for every seed and store what it reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, 2 or more")
    seeds, began, runs = range(parser.parse_args().seeds), time.perf_counter(), {}
    network = backbones.load("efficientnet_lite0")
    for seed in seeds:
        data = datasets.images("critters", seed=seed, train=max(PLAIN), test=TEST)
        for count in PLAIN:
            runs.setdefault(f"scratch, {count}", []).append(from_scratch(data, count, None, seed))
        for count in REMIXED:
            change = training.pipeline(**MILD, seed=seed)
            runs.setdefault(f"scratch, {count} remixed", []).append(from_scratch(data, count, change, seed))
        for count in LABELS:
            runs.setdefault(f"trained base, {count}", []).append(from_base(network, data, count, seed))
        print(f"seed {seed}:", {name: round(found[-1][1], 3) for name, found in runs.items()}, flush=True)
        if seed:
            command, measures = (
                f"python3 -m benchmarks.amount --seeds {seed + 1}",
                (training.pipeline, training.small_convnet),
            )
            made = tables.made(command, (time.perf_counter() - began) / 60)
            effects = effects_of(runs)
            tables.store("amount", made, *report(runs), measures=measures, seeds=range(seed + 1), effects=effects)


def from_scratch(data: datasets.ImageSet, count: int, change: object, seed: int) -> tuple[float, float, float]:
    """The small convnet on `count` photos, with or without augmentation."""
    known, asked = data.train.take(count, seed), data.test
    parts = [(part.images(SIZE), part.labels) for part in (known, asked)]
    model, began = training.small_convnet(SIZE, 2, 0.0, change, seed), time.process_time()
    random, order = np.random.default_rng(seed), []
    for _ in range(STEPS):
        order = order if len(order) >= BATCH else [*order, *random.permutation(count)]
        rows, order = order[:BATCH], order[BATCH:]
        model.train_on_batch(parts[0][0][rows].astype("float32"), parts[0][1][rows])
    spent = time.process_time() - began
    return (*(training.accuracy(model, *part) for part in parts), spent)


def from_base(network: backbones.Network, data: datasets.ImageSet, count: int, seed: int) -> tuple[float, float, float]:
    """Logistic regression on the features of the trained base; the seconds hold those of the features."""
    known, asked, layer = data.train.take(count, seed), data.test, network.vgg_equivalent("fc2")
    began = time.process_time()
    seen = network.features_of(known.images(FEATURE_SIZE), layer)
    model = transfer.logistic_regression().fit(transfer.flatten(seen), known.labels)
    spent = time.process_time() - began
    new = transfer.flatten(network.features_of(asked.images(FEATURE_SIZE), layer))
    parts = ((transfer.flatten(seen), known.labels), (new, asked.labels))
    return (*(float(model.score(*part)) for part in parts), spent)


def effects_of(runs: Runs) -> dict[str, dict]:
    """What claims take from the study."""
    test, gap = ({name: column(one, at) for name, one in runs.items()} for at in ("test", "gap"))
    differs = f"drawn animals, a small convnet at {SIZE} px, {STEPS} steps of {BATCH}"
    found = {f"{name}: test": tables.over_seeds(one, differs) for name, one in test.items()}
    found |= {f"{name}: gap": tables.over_seeds(one, differs) for name, one in gap.items()}
    pairs = [(f"scratch, {few}", "scratch, 960") for few in (60, 240)]
    found |= {f"{few}: gap minus {many}": tables.over_seeds(gap[few] - gap[many], differs) for few, many in pairs}
    pairs = [("scratch, 480", "scratch, 240 remixed"), ("scratch, 960", "scratch, 240 remixed")]
    pairs += [("scratch, 240 remixed", "scratch, 240"), ("scratch, 960 remixed", "scratch, 960")]
    pairs += [(f"trained base, {count}", f"scratch, {count}") for count in LABELS if count in PLAIN]
    pairs += [("trained base, 20", "scratch, 240"), ("trained base, 60", "scratch, 960 remixed")]
    found |= {f"{one}: test minus {two}": tables.over_seeds(test[one] - test[two], differs) for one, two in pairs}
    spent = training.ratio_interval(
        column(runs["trained base, 240"], "seconds"), column(runs["scratch, 240 remixed"], "seconds")
    )
    found["processor seconds, scratch 240 remixed over trained base 240"] = tables.effect(
        spent, f"{len(test['scratch, 240'])} seeds", differs
    )
    return found


def column(found: list[tuple[float, float, float]], which: str) -> np.ndarray:
    """Test accuracies, gaps (training minus test) or processor seconds of one way, over the seeds."""
    known, new, seconds = np.array(found).T
    return {"training": known, "test": new, "gap": known - new, "seconds": seconds}[which]


def report(runs: Runs) -> list:
    """One line for each way."""
    text = (
        f"**Critters, {TEST} new test photos for each of {len(next(iter(runs.values())))} seeds.** From scratch: the "
        f"small convnet at {SIZE} px, {STEPS} steps of {BATCH} photos whatever their number. Remixed: each photo "
        f"changed at random each time it is used. Trained base: logistic regression on features at {FEATURE_SIZE} px. "
        "Mean ± standard deviation over the seeds; processor seconds of all cores."
    )
    columns = ("training", "test", "gap")
    rows = [
        [name, *(tables.spread(column(one, which)) for which in columns), f"{column(one, 'seconds').mean():.1f}"]
        for name, one in runs.items()
    ]
    return [text, tables.table(("photos", *columns, "processor seconds"), rows)]


if __name__ == "__main__":
    main()
