"""Pictures that a network paints slowly, and whether the other network can name them: `python -m benchmarks.painted`.

Stored for notebooks 5 and 9, the pictures beside the table: classes, filters and dreams. Twenty classes, chosen before
any was seen, are painted by each network in the same way; the other network is shown each picture and ten names, the
right one and nine of the others drawn with a seed, and takes the likeliest. By chance a tenth would be right. What is
painted is kept in build/painted, so that a run goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from benchmarks import tables
from helpers import backbones, datasets, images, training
from helpers.feature_visualization import SLOWLY, class_images, dream, filter_patterns
from helpers.teaching import studies

NETWORKS = ("squeezenet", "efficientnet_lite0")
CLASSES = (
    *("flamingo", "bell pepper", "dalmatian", "volcano", "monarch", "espresso", "zebra", "lemon", "Egyptian cat"),
    *("goldfish", "strawberry", "peacock", "king penguin", "African elephant", "tiger", "jellyfish", "school bus"),
    *("castle", "pineapple", "daisy"),
)
SIDE, STEPS, AT_ONCE, CHOICES = 192, 400, 5, 10
FILTERS = {  # numbers written down before they were painted
    "fire4_expand3x3": (3, 9, 20, 41, 77, 100),
    "fire6_expand3x3": (5, 11, 30, 52, 80, 99),
    "fire8_expand3x3": (2, 14, 33, 60, 90, 121),
}
DREAMT, LAYERS = ("chelsea", "coffee", "flower"), {"fire8_concat": 1.0, "fire5_concat": 0.3}
KEPT = tables.ROOT / "build" / "painted"


def main() -> None:
    """Paint what is not kept yet, ask the other network, and store pictures and answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--painters", nargs="+", default=NETWORKS, choices=NETWORKS)
    asked = parser.parse_args()
    began, rows, effects = time.process_time(), [], {}
    networks = {name: backbones.load(name) for name in NETWORKS}
    for name in asked.painters:
        painter, (witness,) = networks[name], [networks[other] for other in NETWORKS if other != name]
        shown = [images.deprocess(picture) for picture in painted(painter)]
        save(f"painted_classes_{name}", shown, 5)
        right, first = blind_test(witness, shown)
        effects[name] = tables.effect(
            (right.mean(), *training.share_interval(right.mean(), len(right))), f"{len(right)} painted classes"
        )
        missed = ", ".join(word for word, found in zip(CLASSES, right, strict=True) if not found) or "none"
        rows.append([name, witness.name, tables.share(right), f"{first.sum()} of {len(first)}", missed])
    filters(networks["squeezenet"])
    dreams(networks["squeezenet"])
    tables.store(
        "painted",
        tables.made(
            f"python3 -m benchmarks.painted --painters {' '.join(asked.painters)}", (time.process_time() - began) / 60
        ),
        f"**Can the other network name what was painted?** {len(CLASSES)} classes, {STEPS} steps each; "
        f"{CHOICES} names to choose from, so that 0.1 is chance. What an earlier run painted is not in the minutes.",
        tables.table(("painter", "witness", "named (95 % interval)", "first of all 1000 names", "not named"), rows),
        measures=(class_images, filter_patterns, dream),
        seeds=(0,),
        effects=effects,
    )


def painted(network: backbones.Network) -> np.ndarray:
    """The twenty classes, some at once: float32 (20, SIDE, SIDE, 3)."""
    found = []
    for first in range(0, len(CLASSES), AT_ONCE):
        some = CLASSES[first : first + AT_ONCE]
        make = lambda some=some: class_images(network, some, SIDE, STEPS, **SLOWLY).pictures  # noqa: E731
        found.append(kept(f"{network.name}_{first}", make))
    return np.concatenate(found)


def blind_test(witness: backbones.Network, shown: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """For each picture whether the right name of ten, and of all thousand, is the likeliest one."""
    rng, numbers = np.random.default_rng(0), np.array([witness.class_index(name) for name in CLASSES])
    shares = np.concatenate([witness.probabilities(witness.prepare(picture)) for picture in shown])
    right = []
    for at, share in enumerate(shares):
        others = rng.choice(np.delete(numbers, at), CHOICES - 1, replace=False)
        right.append(share[numbers[at]] > share[others].max())
    return np.array(right), shares.argmax(axis=1) == numbers


def filters(network: backbones.Network) -> None:
    """Six filters of each of three layers."""
    shown = []
    for layer, channels in FILTERS.items():
        make = lambda layer=layer, channels=channels: filter_patterns(network, layer, channels, 160, 150, **SLOWLY)  # noqa: E731
        shown += [images.deprocess(pattern) for pattern in kept(layer, make)]
    save("painted_filters", shown, 6)


def dreams(network: backbones.Network) -> None:
    """Photos above their dreams."""
    photos = [images.resize(images.prepare(datasets.photo(name).array, 300), (320, 320)) for name in DREAMT]
    shown = [kept(f"dream_{at}", lambda photo=photo: dream(network, photo, LAYERS)) for at, photo in enumerate(photos)]
    save("painted_dreams", [*photos, *shown], len(photos))


def kept(name: str, make) -> np.ndarray:
    """An array that was made before, or is made now."""
    path = KEPT / f"{name}.npy"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, make())
    return np.load(path)


def save(name: str, tiles: list[np.ndarray], columns: int) -> Path:
    """A sheet as JPEG, where notebooks find it."""
    return images.save(images.grid(tiles, columns, gap=4), studies.RESULTS / f"{name}.jpg")


if __name__ == "__main__":
    main()
