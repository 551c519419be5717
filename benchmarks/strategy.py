"""The slides' strategy table, measured: little or much data, a similar or a different task; writes strategy.md.

Run in the course's folder: `python3 -m benchmarks.strategy` (about ten minutes on two idle cores). Real photos, the
task that is similar to ImageNet, are measured where they are (COURSE_DATA, or `python3 course.py download
cats_vs_dogs`).
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from benchmarks.tables import effect, made, paired, store, table
from helpers import backbones, datasets, training, transfer
from helpers.datasets import ImageSet, Split, stratified_sample
from helpers.files import MissingError
from helpers.transfer import extract

SIZE, TEST, LITTLE, MUCH = 96, 300, 40, 600
HEAD_STEPS, TUNED_STEPS, BATCH = 120, 80, 20
STAGES = {"probe, early (block 3)": "block3_add", "probe, middle (block 11)": "block11_add"}
STAGES |= {"probe, last maps": "head_relu"}
MANY = "many blocks tuned (8 of 16)"
TUNED = {"last block tuned": "block16_expand", MANY: "block9_expand"}
BASE_WAY = "probe, last maps"
KINDS = {"photos": "similar (real photos)", "critters": "drawn animals", "digits": "different (digits)"}
# What the slides advise in each cell, as names of the ways above.
ADVICE = {
    ("photos", LITTLE): ("probe, last maps",),
    ("photos", MUCH): ("last block tuned",),
    ("digits", LITTLE): ("probe, early (block 3)", "probe, middle (block 11)"),
    ("digits", MUCH): (MANY,),
}


def main() -> None:
    """Measure every cell for every seed and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2, help="number of seeds")
    seeds, began = range(parser.parse_args().seeds), time.perf_counter()
    network = backbones.load("efficientnet_lite0")
    results: dict[tuple[str, int], dict[str, list[np.ndarray]]] = {}
    for seed in seeds:
        for task in KINDS:
            data = pictures_of(task, seed)
            for count in (LITTLE, MUCH) if data else ():
                for way, right in cell(network, data, count, seed).items():
                    results.setdefault((task, count), {}).setdefault(way, []).append(right)
                    print(f"seed {seed}, {task}, {count} labels, {way}: {right.mean():.3f}", flush=True)
    command = f"python3 -m benchmarks.strategy --seeds {len(seeds)}"
    made_on = made(command, (time.perf_counter() - began) / 60)
    store("strategy", made_on, *report(results, len(seeds)), seeds=seeds, effects=effects(results))


def effects(results: dict) -> dict[str, dict]:
    """What claims take from the study: each way minus the probe on the last maps, cell by cell."""
    differs, found = f"efficientnet_lite0 at {SIZE} px, {TUNED_STEPS} steps of tuning", {}
    for (task, count), ways in results.items():
        base = np.concatenate(ways[BASE_WAY])
        for way in ways.keys() - {BASE_WAY}:
            gain = training.paired_interval(base, np.concatenate(ways[way]))
            over = f"{len(base)} test pictures of {len(ways[way])} seeds"
            found[f"{cell_name(task, count)}: {way} minus {BASE_WAY}"] = effect(gain, over, differs)
    return found


def cell_name(task: str, count: int) -> str:
    """A cell of the table in words."""
    return f"{KINDS[task]}, {'little' if count == LITTLE else 'much'} data: {count} labels"


def pictures_of(task: str, seed: int) -> ImageSet | None:
    """The data of one task with MUCH training and TEST test pictures; None for photos that are not here."""
    if task == "critters":
        return datasets.images("critters", seed=seed, train=MUCH, validation=2, test=TEST)
    if task == "digits":
        (x, y), (x_test, y_test) = datasets.mnist(seed)
        train = _as_photos(x, y, stratified_sample(y, MUCH, seed))
        names = tuple(str(digit) for digit in range(10))
        return ImageSet(
            "digits", names, train, train, _as_photos(x_test, y_test, stratified_sample(y_test, TEST, seed))
        )
    try:
        whole = datasets.images("cats_vs_dogs")
    except MissingError as error:
        print(error)
        return None
    train, test = whole.train.take(MUCH, seed), whole.test.take(min(TEST, len(whole.test)), seed)
    return ImageSet(whole.name, whole.class_names, train, train, test)


def _as_photos(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> Split:
    """Dark digits on white paper."""
    return Split(y[rows], pixels=np.repeat(255 - x[rows][..., None], 3, axis=-1))


def cell(network: Any, data: ImageSet, count: int, seed: int) -> dict[str, np.ndarray]:
    """Which test pictures are named rightly, bool `(n,)`, by all ways with `count` labels."""
    train = data.train.take(count, seed)
    labels = train.labels, data.test.labels
    layers = list(STAGES.values())
    seen = [extract(network, part, layers, SIZE, average=True) for part in (train, data.test)]
    found = {}
    for way, layer in STAGES.items():
        known, asked = ((features[layer], answer) for features, answer in zip(seen, labels, strict=True))
        found[way] = transfer.correct(transfer.logistic_regression(), known, asked)
    new = transfer.attach_head(transfer.clone(network), data.class_names, seed=seed)
    transfer.unfreeze_from(new, transfer.head_start(new))
    head = transfer.compiled(transfer.head_from(new, "pool"))
    training.fit(head, (seen[0]["head_relu"], train.labels), None, _epochs(HEAD_STEPS, count), BATCH, seed)
    trained = new.model.get_weights()
    for way, start in TUNED.items():
        new.model.set_weights(trained)
        found[way] = tuned(new, start, train, data.test, seed)
    return found


def tuned(new: Any, start: str, train: Split, test: Split, seed: int) -> np.ndarray:
    """Go on from the trained head; which test pictures are named rightly."""
    transfer.unfreeze_from(new, start)
    at = transfer.frozen_boundary(new, start)
    part = transfer.compiled(transfer.head_from(new, at), 1e-4)
    inputs = [transfer.inputs_at(new, photos, at, SIZE) for photos in (train, test)]
    training.fit(part, (inputs[0], train.labels), None, _epochs(TUNED_STEPS, len(train)), BATCH, seed)
    return transfer.predict(part, inputs[1]).argmax(axis=1) == test.labels


def _epochs(steps: int, count: int) -> int:
    """As many epochs as give about so many steps, so that little data is trained as long as much."""
    return max(1, round(steps / -(-count // BATCH)))


def report(results: dict, seeds: int) -> list:
    """One table for each cell."""
    parts = [
        f"**The strategy table, {seeds} seeds, pictures at {SIZE} px, {TEST} test pictures for each seed.** Accuracy "
        "above chance (0.5 for two classes, 0.1 for ten digits), for each seed and their mean, and the difference to "
        "the linear probe on the last maps on the same test pictures of all seeds, with its 95 % interval. That "
        "interval says what other test pictures might have changed; other training runs may differ by more, as the "
        "seeds show. Compare within a cell only. Probes: logistic regression on the averaged maps. Tuned: a head of "
        f"256 units first ({HEAD_STEPS} steps of {BATCH} pictures), then {TUNED_STEPS} steps with Adam at 0.0001. "
        "Small pictures, few seeds and few steps keep it short: longer training may change the tuned rows. ← marks "
        "what the slides advise."
    ]
    for (task, count), ways in results.items():
        chance = 0.1 if task == "digits" else 0.5
        base = np.concatenate(ways[BASE_WAY])
        rows = []
        for way, answers in ways.items():
            mark = " ←" if way in ADVICE.get((task, count), ()) else ""
            each = ", ".join(f"{right.mean() - chance:.3f}" for right in answers)
            middle = np.mean([right.mean() for right in answers]) - chance
            compared = "" if way == BASE_WAY else paired(base, np.concatenate(answers))
            rows.append([way + mark, each, f"{middle:.3f}", compared])
        parts += [
            f"**{cell_name(task, count)}**",
            table(("way", "above chance, each seed", "mean", "minus the last maps' probe"), rows),
        ]
    return parts


if __name__ == "__main__":
    main()
