"""How to fine-tune: head first, high or low layers, few or all with augmentation; stored for notebook 3.

Run in the course's folder: `python3 -m benchmarks.tuning` (about ten minutes on two idle cores). The results so far are
stored after every seed but the first.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import tables
from helpers import backbones, datasets, training, transfer

SIZE, TRAIN, TEST, RATE = 64, 120, 360, 1e-4
HEAD, FIRST, ALONE, AUGMENTED = 30, 3, 4, 6  # epochs
MILD = {"rotation": 15, "width_shift": 0.1, "height_shift": 0.1, "shear": 0.1, "zoom": 0.15, "fill_mode": "reflect"}
DIFFERS = f"drawn animals, {TRAIN} photos at {SIZE} px, efficientnet_lite0, Adam"
STEPS = f"{AUGMENTED * TRAIN // 20} steps for 10,000"
KEPT, CHANGE = "old classes kept", "change of the last maps"


def main() -> None:
    """Tune in every way for every seed and store what it reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds, 2 or more")
    seeds, began, found = range(parser.parse_args().seeds), time.perf_counter(), {}
    for seed in seeds:
        for name, value in one_seed(seed).items():
            found.setdefault(name, []).append(value)
            print(f"seed {seed}, {name}: {value:.3f}", flush=True)
        if seed:
            command = f"python3 -m benchmarks.tuning --seeds {seed + 1}"
            made = tables.made(command, (time.perf_counter() - began) / 60)
            measures = (transfer.train, transfer.attach_head, transfer.unfreeze_from)
            effects = effects_of(found)
            tables.store("tuning", made, *report(found), measures=measures, seeds=range(seed + 1), effects=effects)


def one_seed(seed: int) -> dict[str, float]:
    """Every way on one seed's photos: test accuracies, old classes kept, and how much the features changed."""
    data = datasets.images("critters", seed=seed, train=TRAIN, validation=2, test=TEST)
    known, asked = [(part.images(SIZE), part.labels) for part in (data.train, data.test)]
    base = transfer.clone(backbones.load("efficientnet_lite0"))
    new = transfer.attach_head(base, data.class_names, seed=seed)
    fresh, layer = new.model.get_weights(), base.vgg_equivalent("fc2")
    transfer.unfreeze_from(new, transfer.head_start(new))
    head = transfer.compiled(transfer.head_from(new, layer))
    training.fit(head, (base.features_of(known[0], layer), known[1]), None, HEAD, seed=seed)
    trained = new.model.get_weights()
    photos = np.stack([base.prepare(one.array) for one in datasets.photos().values()])
    usual = transfer.predict(base, photos, 8).argmax(axis=1)
    maps = base.features_of(asked[0], base.vgg_equivalent("block5_conv3"))

    def run(start: list, choose: Callable, epochs: int, rate: float = RATE, change: Any = None) -> dict[str, float]:
        new.model.set_weights(start)
        choose(new)
        transfer.train(new, known, None, epochs, rate, augmentation=change, seed=seed)
        now = base.features_of(asked[0], base.vgg_equivalent("block5_conv3"))
        return {
            "test": transfer.accuracy(new, *asked),
            KEPT: float((transfer.predict(base, photos, 8).argmax(axis=1) == usual).mean()),
            CHANGE: float(np.linalg.norm(now - maps) / np.linalg.norm(maps)),
        }

    found = {"head alone: test": transfer.accuracy(new, *asked)}
    for name, options in ways(fresh, trained, seed).items():
        found |= {f"{name}: {what}": value for what, value in run(*options).items()}
    return found


def ways(fresh: list, trained: list, seed: int) -> dict[str, tuple]:
    """Name -> weights to start from, what may learn, epochs, rate, augmentation."""
    found = {
        f"all open, {head} head, rate {rate:g}": (start, everything, FIRST, rate)
        for head, start in (("fresh", fresh), ("trained", trained))
        for rate in (1e-4, 1e-3)
    }
    found["first three blocks"] = (trained, first_three, ALONE)
    found["last three blocks"] = (trained, from_block(-3), ALONE)
    for name, choose in (("last block", from_block(-1)), ("all layers", everything)):
        found[f"{name}, augmented"] = (trained, choose, AUGMENTED, RATE, training.pipeline(**MILD, seed=seed))
    return found


def everything(network: Any) -> None:
    """All layers learn, but batch normalisation."""
    transfer.unfreeze_from(network, next(layer.name for layer in network.model.layers if layer.weights))


def from_block(number: int) -> Callable[[Any], Any]:
    """The blocks from this one on learn, and the head."""
    return lambda network: transfer.unfreeze_from(network, transfer.blocks(network)[number])


def first_three(network: Any) -> None:
    """The first three blocks learn, and the head; what stands before and between is frozen."""
    starts, learns = transfer.blocks(network), False
    transfer.unfreeze_from(network, starts[0])
    head = transfer.head_start(network)
    for layer in network.model.layers:
        learns = (learns or layer.name in (starts[0], head)) and layer.name != starts[3]
        layer.trainable = layer.trainable and learns


def effects_of(found: dict[str, list[float]]) -> dict[str, dict]:
    """What claims take from the study."""
    values = {name: np.array(one) for name, one in found.items()}
    pairs = [(f"all open, trained head, rate {r}", f"all open, fresh head, rate {r}") for r in ("0.0001", "0.001")]
    pairs += [("last three blocks", "first three blocks"), ("all layers, augmented", "last block, augmented")]
    pairs += [("all layers, augmented", "head alone"), ("last block, augmented", "head alone")]
    effects = {}
    for one, two in pairs:
        differs = f"{DIFFERS}, {STEPS}" if "augmented" in one else DIFFERS
        gain = values[f"{one}: test"] - values[f"{two}: test"]
        effects[f"{one}: test minus {two}"] = tables.over_seeds(gain, differs)
    for one, two in pairs[:2]:
        kept = values[f"{one}: {KEPT}"] - values[f"{two}: {KEPT}"]
        effects[f"{one}: {KEPT} minus {two}"] = tables.over_seeds(kept, DIFFERS)
    for name in ("last three blocks", "last block, augmented"):
        effects[f"{name}: {CHANGE}"] = tables.over_seeds(values[f"{name}: {CHANGE}"], DIFFERS)
    return effects


def report(found: dict[str, list[float]]) -> list:
    """One line for each way."""
    count = len(found["head alone: test"])
    text = (
        f"**Critters, {TRAIN} training photos and {TEST} test photos at {SIZE} px, {count} seeds.** Every way starts "
        f"from the same head ({HEAD} epochs), or from a fresh one, and goes on with Adam at {RATE:g}, if nothing else "
        f"is said: {FIRST} epochs with all open, {ALONE} for three blocks, {AUGMENTED} with augmentation. Mean ± "
        "standard deviation over the seeds. Old classes kept: of 29 sample photos, asked of the old classifier. The "
        "last column: the length of the change of the last maps over their length."
    )
    names = dict.fromkeys(name.rpartition(": ")[0] for name in found)
    columns = ("test", KEPT, CHANGE)
    rows = [
        [name, *(tables.spread(found[f"{name}: {c}"]) if f"{name}: {c}" in found else "" for c in columns)]
        for name in names
    ]
    return [text, tables.table(("way", *columns), rows)]


if __name__ == "__main__":
    main()
