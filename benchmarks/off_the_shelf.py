"""Features off the shelf against hand-crafted ones on five tasks: `python -m benchmarks.off_the_shelf`.

Stored for notebook 13. The same probe sees the default network's features or histograms of oriented gradients (HOG) of
the same pictures.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from benchmarks import tables
from helpers import backbones, datasets, images, transfer

SIDE, TRAIN, TEST = 96, 120, 200
Part = tuple[np.ndarray, np.ndarray]
TEXTURES = ("brick", "grass", "gravel")


def main() -> None:
    """Measure all tasks and store them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    began, network = time.time(), backbones.load()
    rows, gains = [], {}
    for name, task in TASKS.items():
        found = np.array([accuracies(network, *task(seed)) for seed in range(asked.seeds)])
        gains[name] = found[:, 0] - found[:, 1]
        means = [f"{one:.3f}" for one in found.mean(axis=0)]
        rows.append([name, *means, tables.between(gains[name])])
        print(rows[-1], flush=True)
    effects = {name: tables.over_seeds(gain, f"{network.name}, one HOG") for name, gain in gains.items()}
    worst = min(effects, key=lambda name: effects[name]["measured"][0])
    tables.store(
        "off_the_shelf",
        tables.made(f"python3 -m benchmarks.off_the_shelf --seeds {asked.seeds}", (time.time() - began) / 60),
        f"**Learned features against HOG.** {TRAIN} pictures of {SIDE} px to learn from, {TEST} to test with, "
        f"{asked.seeds} seeds. The same logistic regression on both.",
        tables.table(("task", "learned features", "HOG", "difference (95 % interval)"), rows),
        measures=(transfer.hog, transfer.logistic_regression),
        seeds=range(asked.seeds),
        effects=effects | {"the least of five": effects[worst]},
    )


def accuracies(network: backbones.Network, train: Part, test: Part) -> tuple[float, float]:
    """Test accuracy with learned features, and with HOG."""
    layer = network.vgg_equivalent("fc2")
    ways = (
        lambda pictures: network.features_of(pictures.astype(np.float32), layer, photos=len(train[0]) + len(test[0])),
        lambda pictures: transfer.hog(pictures, SIDE),
    )
    parts = [[(way(pictures), labels) for pictures, labels in (train, test)] for way in ways]
    return tuple(float(transfer.correct(transfer.logistic_regression(), *one).mean()) for one in parts)


def cats_and_dogs(seed: int) -> tuple[Part, Part]:
    """Drawn cats and dogs."""
    parts = [datasets.critters(count, 2 * seed + start, SIDE) for count, start in ((TRAIN, 5000), (TEST, 5001))]
    return tuple((part.images, part.labels) for part in parts)


def eight_animals(seed: int) -> tuple[Part, Part]:
    """Which of eight drawn animals."""
    parts = [datasets.animals(count, 2 * seed + start, SIDE) for count, start in ((TRAIN, 6000), (TEST, 6001))]
    return tuple((part.images(SIDE), np.asarray(part.labels)) for part in parts)


def digits(seed: int) -> tuple[Part, Part]:
    """Handwritten digits, as white on black photos."""
    (x, y), (x_test, y_test) = datasets.mnist(seed)
    large = lambda part: np.stack([images.resize(np.repeat(one[..., None], 3, -1), (SIDE, SIDE)) for one in part])  # noqa: E731
    return (large(x[:TRAIN]), y[:TRAIN]), (large(x_test[:TEST]), y_test[:TEST])


def textures(seed: int) -> tuple[Part, Part]:
    """Brick, grass or gravel, each part from another half of the photo, at any angle and light."""
    rng, halves = np.random.default_rng(seed), []
    for half, count in ((0, TRAIN), (1, TEST)):
        labels = rng.integers(0, 3, count)
        halves.append((np.stack([_texture(TEXTURES[label], half, rng) for label in labels]), labels))
    return tuple(halves)


def _texture(name: str, half: int, rng: np.random.Generator) -> np.ndarray:
    photo = datasets.photo(name).array
    photo = photo[:, : photo.shape[1] // 2] if half == 0 else photo[:, photo.shape[1] // 2 :]
    top, left = (int(rng.integers(0, side - SIDE)) for side in photo.shape[:2])
    crop = np.rot90(photo[top : top + SIDE, left : left + SIDE], int(rng.integers(4)))
    return np.clip(crop * rng.uniform(0.6, 1.2), 0, 255).astype(np.uint8)


def which_way_is_up(seed: int) -> tuple[Part, Part]:
    """By how many quarter turns a piece of a photo was turned; the test's photos are others."""
    rng, photos = np.random.default_rng(seed), list(datasets.photos().values())
    order, parts = rng.permutation(len(photos)), []
    for chosen, count in ((order[::2], TRAIN), (order[1::2], TEST)):
        labels = rng.integers(0, 4, count)
        parts.append((np.stack([_turned(photos[rng.choice(chosen)].array, turn, rng) for turn in labels]), labels))
    return tuple(parts)


def _turned(photo: np.ndarray, turns: int, rng: np.random.Generator) -> np.ndarray:
    side = int(min(photo.shape[:2]) * rng.uniform(0.5, 0.9))
    top, left = (int(rng.integers(0, length - side + 1)) for length in photo.shape[:2])
    square = images.resize(photo[top : top + side, left : left + side], (SIDE, SIDE))
    return np.rot90(square, turns).copy()


TASKS: dict[str, Callable[[int], tuple[Part, Part]]] = {
    "drawn cats and dogs": cats_and_dogs,
    "eight drawn animals": eight_animals,
    "handwritten digits": digits,
    "brick, grass, gravel": textures,
    "which way is up": which_way_is_up,
}


if __name__ == "__main__":
    main()
