"""Critters from scratch, from features and fine-tuned, over several seeds; stored for notebook 3.

Run in the course's folder: `python3 -m benchmarks.transfer` (about 15 minutes on two idle cores).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.tables import between, made, over_seeds, spread, store, table
from helpers import backbones, datasets, training, transfer
from helpers.transfer import extract

SIZE, TRAIN, TEST = 96, 240, 480
SCRATCH, HEAD, AUGMENTED, TUNED = 60, 30, 15, 8  # epochs
MILD = {"rotation": 15, "width_shift": 0.1, "height_shift": 0.1, "shear": 0.1, "zoom": 0.15, "fill_mode": "reflect"}
STEPS = (  # compared with each other, the later one minus the earlier one
    ("from scratch", "from scratch, augmented"),
    ("from scratch, augmented", "features, dense head"),
    ("features, dense head", "features, logistic regression"),
    ("features, dense head", "frozen base, augmented"),
    ("features, dense head", "fine-tuned, last block"),
    ("features, dense head", "fine-tuned, last three blocks"),
    ("features, dense head", "fine-tuned, last seven blocks"),
    ("features, dense head", "fine-tuned, all layers"),
    ("fine-tuned, last block", "fine-tuned, all layers"),
)
Answers = tuple[float, float, int, float]  # accuracy on training and test photos, parameters that learned, seconds


def main() -> None:
    """Run every way of learning for every seed and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, 2 or more")
    seeds, began = range(parser.parse_args().seeds), time.perf_counter()
    results: dict[str, list[Answers]] = {}
    for seed in seeds:
        for name, way in ways(seed).items():
            start = time.perf_counter()
            train, test, parameters = way()
            results.setdefault(name, []).append((train, test, parameters, time.perf_counter() - start))
            print(f"seed {seed}, {name}: train {train:.3f}, test {test:.3f}", flush=True)
    command = f"python3 -m benchmarks.transfer --seeds {len(seeds)}"
    store(
        "transfer",
        made(command, (time.perf_counter() - began) / 60),
        *report(results, len(seeds)),
        seeds=seeds,
        effects=effects(results),
    )


def effects(results: dict[str, list[Answers]]) -> dict[str, dict]:
    """What claims take from the study: each step's difference of test accuracy."""
    differs = f"drawn animals, {TRAIN} photos, {SIZE} px, {TUNED} epochs of tuning without augmentation"
    alone = {
        f"{name}: test": over_seeds(
            [test for _, test, *_ in results[name]], f"drawn animals, {TRAIN} photos, {SIZE} px"
        )
        for name in ("from scratch", "from scratch, augmented")
    }
    return alone | {
        f"{second}: test minus {first}": over_seeds(
            [b[1] - a[1] for a, b in zip(results[first], results[second], strict=True)], differs
        )
        for first, second in STEPS
    }


def ways(seed: int) -> dict[str, Callable[[], tuple[float, float, int]]]:
    """The ways of learning on one seed's photos; each gives accuracies on training and test photos, and parameters."""
    data = datasets.images("critters", seed=seed, train=TRAIN, test=TEST)
    network = backbones.load("efficientnet_lite0")
    pictures = {name: getattr(data, name).images(SIZE) for name in ("train", "validation", "test")}
    labels = {name: getattr(data, name).labels for name in pictures}
    parts = {name: (pictures[name], labels[name]) for name in pictures}
    features = {name: extract(network, getattr(data, name), size=SIZE) for name in pictures}
    known = {name: (features[name], labels[name]) for name in pictures}
    headed = _head(network, data, known, seed)
    trained = headed.model.get_weights()
    blocks = transfer.blocks(headed)

    def tuned(start: str) -> tuple[float, float, int]:
        new = transfer.attach_head(transfer.clone(network), data.class_names, seed=seed)
        new.model.set_weights(trained)
        transfer.fine_tune(new, start, data.train, data.validation, TUNED, size=SIZE, seed=seed)
        return _both(new, parts) + (transfer.parameter_counts(new).trainable,)

    return {
        "from scratch": lambda: _scratch(parts, None, seed),
        "from scratch, augmented": lambda: _scratch(parts, training.pipeline(**MILD, seed=seed), seed),
        "features, logistic regression": lambda: _logistic(known),
        "features, dense head": lambda: _both(_head(network, data, known, seed), parts) + (328_193,),
        "frozen base, augmented": lambda: _augmented(network, data, parts, seed),
        "fine-tuned, last block": lambda: tuned(blocks[-1]),
        "fine-tuned, last three blocks": lambda: tuned(blocks[-3]),
        "fine-tuned, last seven blocks": lambda: tuned(blocks[-7]),
        "fine-tuned, all layers": lambda: tuned("stem_conv"),
    }


def _both(model: Any, parts: dict) -> tuple[float, float]:
    return tuple(transfer.accuracy(model, *parts[name]) for name in ("train", "test"))


def _scratch(parts: dict, change: Any, seed: int) -> tuple[float, float, int]:
    model = training.small_convnet(SIZE, 2, 0.0, change, seed)
    training.fit(model, parts["train"], parts["validation"], SCRATCH, seed=seed)
    return (*(training.accuracy(model, *parts[name]) for name in ("train", "test")), model.count_params())


def _logistic(known: dict) -> tuple[float, float, int]:
    model = transfer.logistic_regression()
    scores = (transfer.correct(model, known["train"], known[name]).mean() for name in ("train", "test"))
    return (*map(float, scores), known["train"][0].shape[1] + 1)


def _head(network: Any, data: Any, known: dict, seed: int) -> Any:
    """A network whose new head has learned on the features."""
    new = transfer.attach_head(transfer.clone(network), data.class_names, seed=seed)
    transfer.unfreeze_from(new, transfer.head_start(new))
    part = transfer.compiled(transfer.head_from(new, network.vgg_equivalent("fc2")))
    training.fit(part, known["train"], known["validation"], HEAD, seed=seed)
    return new


def _augmented(network: Any, data: Any, parts: dict, seed: int) -> tuple[float, float, int]:
    new = transfer.attach_head(transfer.clone(network), data.class_names, seed=seed)
    counts = transfer.unfreeze_from(new, transfer.head_start(new))
    change = training.pipeline(**MILD, seed=seed)
    transfer.train(new, parts["train"], None, AUGMENTED, augmentation=change, seed=seed)
    return (*_both(new, parts), counts.trainable)


def report(results: dict[str, list[Answers]], seeds: int) -> list[str]:
    """The results, and the steps from one way to the next, as markdown."""
    text = (
        f"**Critters, {TRAIN} training photos and {TEST} test photos at {SIZE} px, {seeds} seeds.** Every seed draws "
        f"new photos, new first weights and a new order. Mean ± standard deviation over the seeds. Epochs: {SCRATCH} "
        f"from scratch, {HEAD} for the head, {AUGMENTED} with the frozen base and augmentation, {TUNED} more for "
        "fine-tuning (Adam, 0.0001), which goes on from the trained head. The seconds of the features' and the "
        "fine-tuned rows leave out the features and the head that they start from."
    )
    rows = [
        [name, f"{runs[0][2]:,}", spread([r[0] for r in runs]), spread([r[1] for r in runs])]
        + [f"{np.mean([r[3] for r in runs]):.0f}"]
        for name, runs in results.items()
    ]
    titles = ("way", "parameters that learn", "training photos", "test photos", "seconds")
    steps = [
        [second, first, between([b[1] - a[1] for a, b in zip(results[first], results[second], strict=True)])]
        for first, second in STEPS
    ]
    compared = (
        "**Which steps are outside the noise?** Differences of test accuracy on the same seeds and photos, mean and "
        "95 % interval over the seeds (Student's t)."
    )
    return [text, table(titles, rows), compared, table(("way", "compared with", "difference"), steps)]


if __name__ == "__main__":
    main()
