"""How hard are the critters? Calibration study over three seeds; prints its tables and writes docs/critters.md.

Run from the project's folder: `python benchmarks/critters.py` (about fifteen minutes on two idle cores).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from helpers import backbones
from helpers.datasets import Critters, critters
from helpers.runtime import keras, tensorflow

TRAIN, VALIDATION, TEST = 240, 120, 600
SEEDS = (0, 1, 2)
REPORT = Path(__file__).resolve().parents[1] / "docs" / "critters.md"
Row = tuple[str, list[float], list[float]]  # name, train accuracies, test accuracies


def small_convnet(size: int = 96, dropout: float = 0.0):
    """The lectures' four blocks of convolution and pooling, narrow enough to train in half a minute on two cores."""
    layers = keras().layers
    pictures = keras().Input((size, size, 3))
    maps = layers.Rescaling(1 / 127.5, offset=-1)(pictures)
    for filters in (16, 32, 64, 64):
        maps = layers.Conv2D(filters, 3, padding="same", activation="relu")(maps)
        maps = layers.MaxPooling2D()(maps)
    hidden = layers.Dense(64, activation="relu")(layers.Dropout(dropout)(layers.Flatten()(maps)))
    return keras().Model(pictures, layers.Dense(1, activation="sigmoid")(hidden))


def augmentation():
    """Mirror, turn by up to 20 degrees, shift by up to 10 %, zoom by up to 15 %; mirrored fill."""
    layers = keras().layers
    return keras().Sequential(
        [
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(20 / 360, fill_mode="reflect"),
            layers.RandomTranslation(0.10, 0.10, fill_mode="reflect"),
            layers.RandomZoom((-0.15, 0.15), fill_mode="reflect"),
        ]
    )


def train(model, data: Critters, seed: int, epochs: int, rate: float = 1e-3, augmented: bool = False) -> None:
    """Train a model in place, with Adam in batches of 20."""
    tf = tensorflow()
    model.compile(keras().optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    batches = tf.data.Dataset.from_tensor_slices((data.images.astype(np.float32), data.labels))
    batches = batches.shuffle(len(data), seed=seed).batch(20)
    if augmented:
        change = augmentation()
        batches = batches.map(lambda x, y: (change(x, training=True), y), num_parallel_calls=2)
    model.fit(batches.prefetch(2), epochs=epochs, shuffle=False, verbose=0)  # the data set shuffles, each epoch anew


def accuracy(model, data: Critters) -> float:
    """Share of right answers at the threshold one half."""
    says_dog = model.predict(data.images.astype(np.float32), verbose=0)[:, 0] > 0.5
    return float(np.mean(says_dog == data.labels))


def from_scratch(parts: dict[str, Critters], seed: int, epochs: int, augmented=False, dropout=0.0):
    """Train the small convnet; return its accuracy on the training and on the test pictures."""
    keras().utils.set_random_seed(seed)
    model = small_convnet(parts["train"].size, dropout)
    train(model, parts["train"], seed, epochs, augmented=augmented)
    return accuracy(model, parts["train"]), accuracy(model, parts["test"])


def pooled_features(network, data: Critters, side: int) -> np.ndarray:
    """Return the network's pooled features of the pictures, resized (bicubic) to `side` pixels, `(n, channels)`."""
    pictures = data.images
    if side != data.size:
        resized = (Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC) for picture in pictures)
        pictures = np.stack([np.asarray(picture) for picture in resized])
    pieces = range(0, len(pictures), 50)
    return np.concatenate([network.features_of(pictures[start : start + 50], "pool") for start in pieces])


def fitted(features: dict[str, np.ndarray], parts: dict[str, Critters]):
    """Fit a logistic regression on standardised features, its C chosen on the validation pictures."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    models = [make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=2000)) for c in 10.0 ** np.arange(-4, 2)]
    for model in models:
        model.fit(features["train"], parts["train"].labels)
    return max(models, key=lambda model: model.score(features["validation"], parts["validation"].labels))


def probe(parts: dict[str, Critters], feature: Callable[[Critters], np.ndarray]) -> tuple[float, float]:
    """Return train and test accuracy of a logistic regression on any features of the pictures."""
    features = {name: feature(data) for name, data in parts.items()}
    model = fitted(features, parts)
    return tuple(float(model.score(features[name], parts[name].labels)) for name in ("train", "test"))


def pixels(data: Critters) -> np.ndarray:
    """Every fourth pixel in each direction, as one row per picture."""
    return data.images[:, ::4, ::4].reshape(len(data), -1) / 255.0


def colour_histogram(data: Critters) -> np.ndarray:
    """Counts of 4 x 4 x 4 colours, as one row of 64 per picture."""
    bins = data.images.astype(int) // 64
    codes = (bins * [16, 4, 1]).sum(axis=-1).reshape(len(data), -1)
    return np.stack([np.bincount(code, minlength=64) for code in codes]).astype(float)


def fine_tuned(parts: dict[str, Critters], seed: int) -> tuple[float, float]:
    """Fit a head on frozen pooled features, then train the last seven blocks too, batch normalisation frozen."""
    keras().utils.set_random_seed(seed)
    network = backbones.load("efficientnet_lite0")
    layers = keras().layers
    score = layers.Dense(1, activation="sigmoid")(layers.Dropout(0.3)(network.layer("pool").output))
    model = keras().Model(network.model.inputs[0], score)
    base = model.layers[:-2]
    for layer in base:
        layer.trainable = False
    train(model, parts["train"], seed, epochs=15)
    reached = False
    for layer in base:
        reached = reached or layer.name.startswith("block10_")
        layer.trainable = reached and not isinstance(layer, layers.BatchNormalization)
    train(model, parts["train"], seed, epochs=12, rate=1e-4, augmented=True)
    return accuracy(model, parts["train"]), accuracy(model, parts["test"])


def difficulty_rows(network, seeds: tuple[int, ...]) -> list[Row]:
    """Measure every way of learning on the same pictures, over all seeds."""
    ways: dict[str, Callable] = {
        "colour histogram, logistic regression": lambda parts, seed: probe(parts, colour_histogram),
        "pixels, logistic regression": lambda parts, seed: probe(parts, pixels),
        "small convnet from scratch, 25 epochs": lambda parts, seed: from_scratch(parts, seed, 25),
        "the same with augmentation, 40 epochs": lambda parts, seed: from_scratch(parts, seed, 40, True),
        "... and dropout 0.5, 40 epochs": lambda parts, seed: from_scratch(parts, seed, 40, True, 0.5),
    }
    for side in (96, 128, 160, 224):
        ways[f"linear probe on pooled features, {side} px"] = lambda parts, seed, side=side: probe(
            parts, lambda data: pooled_features(network, data, side)
        )
    ways["fine-tuned from block 10 on, 96 px"] = fine_tuned
    results: dict[str, list] = {name: [] for name in ways}
    for seed in seeds:
        parts = {name: critters(n, 10 * seed + place) for place, (name, n) in enumerate(sizes().items(), start=1)}
        for name, way in ways.items():
            results[name].append(way(parts, seed))
            print(f"seed {seed}: {name}: train {results[name][-1][0]:.3f}, test {results[name][-1][1]:.3f}", flush=True)
    return [(name, *map(list, zip(*found, strict=True))) for name, found in results.items()]


def sizes() -> dict[str, int]:
    """How many pictures each part has."""
    return {"train": TRAIN, "validation": VALIDATION, "test": TEST}


def shortcut_lines(network, seeds: tuple[int, ...]) -> list[str]:
    """Train where the shortcut is perfect; test where it helps, says nothing, or misleads."""
    lines = []
    for shortcut in ("snow", "corner"):
        scores: dict[str, list] = {"small convnet from scratch": [], "linear probe, 160 px": []}
        for seed in seeds:
            draw = partial(critters, size=96, shortcut=shortcut)
            parts = {"train": draw(TRAIN, 10 * seed + 1001), "validation": draw(VALIDATION, 10 * seed + 1002)}
            tests = [draw(TEST // 2, 10 * seed + 1003, strength=strength) for strength in (1.0, 0.0, -1.0)]
            keras().utils.set_random_seed(seed)
            model = small_convnet()
            train(model, parts["train"], seed, epochs=12)
            scores["small convnet from scratch"].append([accuracy(model, data) for data in tests])
            model = fitted({name: pooled_features(network, data, 160) for name, data in parts.items()}, parts)
            found = [float(model.score(pooled_features(network, data, 160), data.labels)) for data in tests]
            scores["linear probe, 160 px"].append(found)
        for name, table in scores.items():
            cells = " | ".join(f"{np.mean(column):.3f} ({spread(column)})" for column in zip(*table, strict=True))
            lines.append(f"| {shortcut} | {name} | {cells} |")
            print(lines[-1], flush=True)
    return lines


def spread(values) -> str:
    """Lowest and highest of the seeds."""
    return f"{min(values):.3f} to {max(values):.3f}"


def speed_line() -> str:
    """Say how long drawing takes, in processor time: it uses one core, and other programs do not count."""
    seconds = []
    for n, size in ((600, 96), (100, 224)):
        started = time.process_time()
        critters(n, 0, size)
        seconds.append(f"{n} pictures of {size} px in {time.process_time() - started:.1f} s")
    return ", ".join(seconds)


def report(rows: list[Row], shortcuts: list[str], speed: str, seeds: tuple[int, ...]) -> str:
    """Put everything into one page of markdown."""
    data = critters(1000, 77)
    shares = [f"{100 * data.ears[data.labels == label].mean():.1f} %" for label in (0, 1)]
    table = [
        f"| {name} | {np.mean(train_scores):.3f} | {np.mean(test_scores):.3f} ({spread(test_scores)}) |"
        for name, train_scores, test_scores in rows
    ]
    return "\n".join(
        [
            "# How hard are the critters?",
            "",
            f"Measured on {date.today().isoformat()} with `python benchmarks/critters.py`, two cores, no GPU. "
            f"{TRAIN} training, {VALIDATION} validation and {TEST} test pictures of 96 px, {len(seeds)} seeds "
            "(new pictures and new weights each). Validation pictures choose the C of the logistic regressions. "
            "Test accuracy: mean, and lowest to highest seed; one seed's standard error is about 0.01 to 0.02.",
            "",
            "| way of learning | train | test |",
            "|---|---|---|",
            *table,
            "",
            "Probe sizes above 96 px are the 96 px pictures, enlarged (bicubic) before they enter the network.",
            "",
            "## Planted shortcuts",
            "",
            f"Trained on {TRAIN} pictures in which the shortcut gives the class away (strength 1), tested on "
            f"{TEST // 2} pictures each where it helps (1), says nothing (0) and misleads (-1, the conflict set). "
            "Test accuracy: mean, and lowest to highest seed.",
            "",
            "| shortcut | network | strength 1 | strength 0 | strength -1 |",
            "|---|---|---|---|---|",
            *shortcuts,
            "",
            "## Drawing",
            "",
            f"{speed} of processor time. The ears cover {shares[0]} of a cat's picture and {shares[1]} of a dog's "
            "(1000 pictures).",
            "",
        ]
    )


def main() -> None:
    """Run the study and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many seeds (default 3)")
    parser.add_argument("--no-write", action="store_true", help="print only, leave docs/critters.md as it is")
    chosen = parser.parse_args()
    seeds = tuple(range(chosen.seeds))
    network = backbones.load("efficientnet_lite0")
    rows = difficulty_rows(network, seeds)
    page = report(rows, shortcut_lines(network, seeds), speed_line(), seeds)
    print(page)
    if not chosen.no_write:
        draft = REPORT.with_suffix(".part")
        draft.write_text(page, encoding="utf-8")
        draft.replace(REPORT)


if __name__ == "__main__":
    main()
