"""What augmentation and dropout do for a small convnet, over several seeds; stored for notebook 1.

Run in the course's folder: `python3 -m benchmarks.augmentation` (about 20 minutes on two idle cores, 48 on busy ones).
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from benchmarks import tables
from benchmarks.tables import spread
from helpers import datasets, training

SIZE, EPOCHS, LONG = 64, 60, 150
MILD = {"rotation": 15, "width_shift": 0.1, "height_shift": 0.1, "shear": 0.1, "zoom": 0.15, "fill_mode": "reflect"}
OFF = {"rotation": 0, "width_shift": 0, "height_shift": 0, "shear": 0, "zoom": 0, "horizontal_flip": False}
RUNS: dict[str, tuple[int, float, dict | None]] = {  # name: epochs, dropout, augmentation
    "plain": (EPOCHS, 0.0, None),
    "dropout 0.5": (EPOCHS, 0.5, None),
    "augmentation": (EPOCHS, 0.0, MILD),
    "augmentation and dropout 0.5": (EPOCHS, 0.5, MILD),
    "the slide's ranges": (EPOCHS, 0.0, {}),
    "the slide's ranges, longer": (LONG, 0.0, {}),
}
DIGITS: dict[str, dict | None] = {
    "plain": None,
    "rotation 10, shifts 0.1": {**OFF, "rotation": 10, "width_shift": 0.1, "height_shift": 0.1},
    "the same and both flips (slide)": {
        **OFF, "rotation": 10, "width_shift": 0.1, "height_shift": 0.1, "horizontal_flip": True, "vertical_flip": True,
    },
    "rotation 180": {**OFF, "rotation": 180},
}  # fmt: skip


def main() -> None:
    """Run all three studies for every seed and write their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, 2 or more")
    seeds = range(parser.parse_args().seeds)
    began = time.perf_counter()
    critters: dict[str, list] = {name: [] for name in RUNS}
    digits: dict[str, list] = {name: [] for name in DIGITS}
    estimates = []
    for seed in seeds:
        data = datasets.images("critters", seed=seed)
        parts = [(part.images(SIZE), part.labels) for part in (data.train, data.validation, data.test)]
        for name, (epochs, dropout, ranges) in RUNS.items():
            model, scores = critters_run(parts, epochs, dropout, ranges, seed, f"seed {seed}, {name}")
            critters[name].append(scores)
            if name == "augmentation":
                estimates.append(augmented_estimate(model, *parts[1], seed))
        for name, ranges in DIGITS.items():
            digits[name].append(digits_run(ranges, seed, f"seed {seed}, digits, {name}"))
    made = tables.made(f"python3 -m benchmarks.augmentation --seeds {len(seeds)}", (time.perf_counter() - began) / 60)
    parts = [*critters_part(critters, len(seeds)), *validation_part(estimates), *digits_part(digits, len(seeds))]
    tables.store(
        "augmentation",
        made,
        *parts,
        measures=(training.pipeline, training.small_convnet, training.fit),
        seeds=seeds,
        effects=effects(critters, estimates, digits),
    )


def effects(critters: dict, estimates: list, digits: dict) -> dict[str, dict]:
    """What claims take from the study."""
    what = f"{EPOCHS} epochs, 240 photos, a small convnet at {SIZE} px"
    found, (seen, _, plain) = {}, np.array(critters["plain"]).T
    gap = seen - plain
    for name, scores in critters.items():
        known, _, new = np.array(scores).T
        found[f"{name}: gap"] = tables.over_seeds(known - new, what)
        if name != "plain":
            found[f"{name}: test minus plain"] = tables.over_seeds(new - plain, what)
            found[f"{name}: gap minus plain"] = tables.over_seeds(known - new - gap, what)
    off = [np.mean(many) - true for true, many in estimates]
    what = "a small convnet, drawn animals, the ranges of its own training"
    found["validation photos augmented minus as they are"] = tables.over_seeds(off, what)
    for name, scores in list(digits.items())[1:]:
        gain = np.array(scores)[:, 0] - np.array(digits["plain"])[:, 0]
        found[f"digits, {name}: validation minus plain"] = tables.over_seeds(gain, "1000 digits, 30 epochs")
    return found


def critters_run(parts: list, epochs: int, dropout: float, ranges: dict | None, seed: int, label: str) -> tuple:
    """Train once; return the model and its accuracy on the three parts as they are."""
    change = None if ranges is None else training.pipeline(**ranges, seed=seed)
    model = training.small_convnet(SIZE, 2, dropout, change, seed)
    training.fit(model, *parts[:2], epochs, seed=seed, label=label)
    return model, [training.accuracy(model, *part) for part in parts]


def augmented_estimate(model: Any, pictures: np.ndarray, labels: np.ndarray, seed: int) -> tuple[float, list[float]]:
    """The accuracy on the validation photos, and what one would believe after augmenting them, twenty times."""
    change = training.pipeline(**MILD, seed=100 + seed)
    believed = [training.accuracy(model, np.asarray(change(pictures, training=True)), labels) for _ in range(20)]
    return training.accuracy(model, pictures, labels), believed


def digits_run(ranges: dict | None, seed: int, label: str) -> list[float]:
    """Train on 1000 digits; accuracy on 1000 others: all, the sixes and nines; sixes called nine when upside down."""
    (x, y), (x_validation, y_validation) = datasets.mnist(seed)
    change = None if ranges is None else training.pipeline(**ranges, fill_mode="constant", seed=seed)
    model = training.small_convnet(28, 10, 0.0, change, seed, filters=(16, 32), channels=1)
    training.fit(model, (x[:1000, ..., None], y[:1000]), None, 30, batch_size=50, seed=seed, label=label)
    named = training.probabilities(model, x_validation[..., None]).argmax(axis=1)
    sixes = x_validation[y_validation == 6][:, ::-1, ::-1, None]
    turned = training.probabilities(model, sixes).argmax(axis=1)
    both = np.isin(y_validation, (6, 9))
    right = named == y_validation
    return [float(right.mean()), float(right[both].mean()), float((turned == 9).mean())]


def critters_part(critters: dict, seeds: int) -> list:
    """What each way brings on photos that are new."""
    text = (
        f"**Critters, 240 training photos at {SIZE} px, {seeds} seeds.** Every seed draws new photos, new first "
        "weights and a new order. Mean ± standard deviation over the seeds; the last column compares the same seeds "
        "and gives a 95 % interval (Student's t)."
    )
    base, rows = np.array(critters["plain"]), []
    for name, scores in critters.items():
        found = np.array(scores)
        compared = "" if name == "plain" else between(found[:, 2] - base[:, 2])
        shares = [spread(found[:, column]) for column in range(3)]
        rows.append([name, RUNS[name][0], *shares, spread(found[:, 0] - found[:, 2]), compared])
    return [
        text,
        tables.table(("run", "epochs", "training photos", "validation", "test", "gap", "test minus plain"), rows),
    ]


def validation_part(estimates: list) -> list:
    """What augmenting the validation photos does to the estimate."""
    true = np.array([one for one, _ in estimates])
    believed = np.array([many for _, many in estimates])
    text = (
        "**Validation photos augmented, too.** The network trained with augmentation; 120 validation photos as they "
        "are, and twenty times augmented with the ranges of the training."
    )
    rows = [
        [seed, *(f"{value:.3f}" for value in (one, many.mean(), many.min(), many.max()))]
        for seed, (one, many) in enumerate(zip(true, believed, strict=True))
    ]
    heads = ("seed", "as they are", "augmented, mean", "lowest", "highest")
    return [text, tables.table(heads, rows), f"Augmented minus as they are: {between(believed.mean(axis=1) - true)}."]


def digits_part(digits: dict, seeds: int) -> list:
    """Transforms that keep a digit's class, and such that do not."""
    text = (
        f"**Digits, 1000 for training, 1000 others for validation, 30 epochs, {seeds} seeds.** The last column: sixes "
        "turned by 180 degrees that are called nine."
    )
    base, rows = np.array(digits["plain"]), []
    for name, scores in digits.items():
        found = np.array(scores)
        compared = "" if name == "plain" else between(found[:, 0] - base[:, 0])
        rows.append([name, spread(found[:, 0]), spread(found[:, 1]), compared, spread(found[:, 2])])
    heads = ("run", "validation", "sixes and nines", "validation minus plain", "turned sixes called nine")
    return [text, tables.table(heads, rows)]


def between(differences: np.ndarray) -> str:
    """Mean of paired differences with its 95 % interval."""
    middle, low, high = training.mean_interval(differences)
    return f"{middle:+.3f} ({low:+.3f} to {high:+.3f})"


if __name__ == "__main__":
    main()
