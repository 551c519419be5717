"""Lecture 003's networks on its 4000 digits: four scalings with two optimizers, and fc, cnn1 and cnn2.

Run in the course's folder: `python3 -m benchmarks.training` (about ten minutes on two idle cores).
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from benchmarks.tables import between, made, over_seeds, spread, store, table
from helpers import datasets, runtime
from helpers.training import digit_networks

SCALING_EPOCHS, EPOCHS, BATCH = 2, 10, 128
NETWORKS = {
    "fc": digit_networks.dense_only,
    "cnn1": digit_networks.cnn1,
    "cnn2": digit_networks.cnn2,
}


def main() -> None:
    """Train all networks for every seed and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds")
    seeds, began = range(parser.parse_args().seeds), time.perf_counter()
    scaled = {seed: scalings(seed) for seed in seeds}
    by_scaling = scaling_trial(scaled)
    by_network = network_trial(scaled)
    command = f"python3 -m benchmarks.training --seeds {len(seeds)}"
    differences = differences_of(by_scaling, by_network)
    store(
        "training",
        made(command, (time.perf_counter() - began) / 60),
        *report(by_scaling, by_network, differences),
        measures=(digit_networks.cnn1, digit_networks.cnn2, digit_networks.train),
        seeds=seeds,
        effects={name: over_seeds(one) for name, one in differences.items()},
    )


def scalings(seed: int) -> dict[str, tuple]:
    """The digits in four scales: name -> ((rows, labels), (test rows, labels)), rows float32 (n, 28, 28, 1)."""
    (x, y), (x_test, y_test) = datasets.mnist(seed)
    x, x_test = (part[..., None].astype("float32") for part in (x, x_test))
    made_of = {
        "raw": (0, 1),
        "divided by 255": (0, 255),
        "centred": (x.mean(axis=0), 255),
        "standardised": (x.mean(axis=0), x.std(axis=0) + 1),
    }
    return {name: (((x - less) / over, y), ((x_test - less) / over, y_test)) for name, (less, over) in made_of.items()}


def scaling_trial(scaled: dict[int, dict]) -> dict[tuple[str, str], list[float]]:
    """Test accuracy of cnn1 after two epochs, (optimizer, scaling) -> one number a seed."""
    keras, found = runtime.keras(), {}
    for name in ("Adam", "SGD"):
        model = digit_networks.cnn1()
        optimizer = keras.optimizers.Adam(1e-3) if name == "Adam" else keras.optimizers.SGD(1e-2)
        model.compile(optimizer, model.loss, metrics=["accuracy"], jit_compile=False)
        for seed, ways in scaled.items():
            begin = digit_networks.cnn1(seed).get_weights()
            for scaling, data in ways.items():
                history = digit_networks.train(model, begin, *data, SCALING_EPOCHS, seed, BATCH)
                found.setdefault((name, scaling), []).append(history["val_accuracy"][-1])
                print(f"seed {seed}, {name}, {scaling}: {history['val_accuracy'][-1]:.3f}", flush=True)
    return found


def network_trial(scaled: dict[int, dict]) -> dict[str, list[list[float]]]:
    """Test accuracy of each network, name -> for each seed one number an epoch, on standardised digits."""
    found: dict[str, list[list[float]]] = {}
    for name, build in NETWORKS.items():
        model = build()
        for seed, ways in scaled.items():
            begin = build(seed).get_weights()
            history = digit_networks.train(model, begin, *ways["standardised"], EPOCHS, seed, BATCH)
            found.setdefault(name, []).append(history["val_accuracy"])
            print(f"seed {seed}, {name}: {history['val_accuracy'][-1]:.3f}", flush=True)
    return found


def differences_of(by_scaling: dict, by_network: dict) -> dict[str, np.ndarray]:
    """What the claims ask: test accuracies, or one minus another, a number for each seed."""
    at_end = {name: np.array(runs)[:, -1] for name, runs in by_network.items()}
    return {
        "raw, Adam": np.array(by_scaling["Adam", "raw"]),
        "raw, SGD": np.array(by_scaling["SGD", "raw"]),
        "standardised minus raw, Adam": np.subtract(by_scaling["Adam", "standardised"], by_scaling["Adam", "raw"]),
        "standardised minus raw, SGD": np.subtract(by_scaling["SGD", "standardised"], by_scaling["SGD", "raw"]),
        "cnn1 minus fc": at_end["cnn1"] - at_end["fc"],
        "cnn2 minus cnn1": at_end["cnn2"] - at_end["cnn1"],
    }


def report(by_scaling: dict, by_network: dict, differences: dict) -> list:
    """The accuracies, then the differences with their intervals."""
    scalings = list(dict.fromkeys(scaling for _, scaling in by_scaling))
    cells = {name: [spread(by_scaling[name, scaling]) for scaling in scalings] for name in ("Adam", "SGD")}
    curves = [
        (name, *(f"{value:.3f}" for value in np.mean(runs, axis=0)), spread(np.array(runs)[:, -1]))
        for name, runs in by_network.items()
    ]
    paired = [(name, between(one)) for name, one in differences.items() if " minus " in name]
    return [
        f"cnn1, test accuracy after {SCALING_EPOCHS} epochs (Adam 0.001, SGD 0.01; mean and standard deviation):",
        table(("optimizer", *scalings), [(name, *values) for name, values in cells.items()]),
        "Test accuracy by epoch, mean over the seeds; standardised digits, Adam:",
        table(("network", *(f"epoch {n}" for n in range(1, EPOCHS + 1)), f"after {EPOCHS}"), curves),
        table(("test accuracy", "difference and its 95 % interval"), paired),
    ]


if __name__ == "__main__":
    main()
