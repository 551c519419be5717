"""Grad-CAM beside its floor, warm and interleaved: `python -m benchmarks.attribution`; writes docs/benchmarks.md.

The floor of a method is one compiled function, on the same network and picture, that returns as numpy every network
tensor the method needs: for Grad-CAM the activations and d logit / d activations. The method is timed from a prepared
picture to its map at layer resolution. Floor over floor, from every other pair, is the noise.
"""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np

from helpers import backbones, datasets
from helpers.attribution import grad_cam
from helpers.quiet import keras, tensorflow
from tools.common import ROOT, write

PAIRS = 60


def floor_of_grad_cam(network, layer: str, picture: np.ndarray, class_: int) -> Callable[[], object]:
    """The least that Grad-CAM needs: activations and gradients, compiled, as numpy."""
    tf = tensorflow()
    model = keras().Model(network.model.inputs[0], [network.layer(layer).output, network.logits])
    batch = picture[None].astype(np.float32)

    @tf.function(input_signature=[tf.TensorSpec((1, *picture.shape), tf.float32)])
    def both(pictures):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            activations, logits = model(pictures, training=False)
            score = logits[0, class_]
        return activations, tape.gradient(score, activations)

    return lambda: [tensor.numpy() for tensor in both(batch)]


def seconds(function: Callable[[], object]) -> float:
    """One call's time."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(
    method: Callable[[], object], floor: Callable[[], object], pairs: int = PAIRS
) -> tuple[float, float, float]:
    """(floor in milliseconds, median ratio method / floor, median ratio floor / floor) over interleaved pairs."""
    for _ in range(10):
        method(), floor()
    ratios, noise, floors = [], [], []
    for _ in range(pairs):
        first, own, second = seconds(floor), seconds(method), seconds(floor)
        floors.append(min(first, second))
        ratios.append(own / statistics.fmean((first, second)))
        noise.append(second / first)
    return statistics.median(floors) * 1000, statistics.median(ratios), statistics.median(noise)


def main() -> None:
    """Measure the default networks at their last maps and at an early layer, and write the table."""
    rows = ["| network | layer | floor, ms | Grad-CAM / floor | floor / floor |", "|---|---|---|---|---|"]
    for name, layers in (
        ("efficientnet_lite0", ("head_relu", "block3_add")),
        ("squeezenet", ("fire9_concat", "fire3_concat")),
    ):
        network = backbones.load(name)
        picture = network.prepare(datasets.photo("coffee").array)
        class_ = int(network.probabilities(picture).argmax())
        for layer in layers:
            floor = floor_of_grad_cam(network, layer, picture, class_)
            milliseconds, ratio, noise = compare(
                lambda n=network, p=picture, at=layer, c=class_: grad_cam(n, p, c, at), floor
            )
            rows.append(f"| {name} | {layer} | {milliseconds:.1f} | {ratio:.2f} | {noise:.2f} |")
            print(rows[-1])
    head = f"# Benchmarks\n\n`python -m benchmarks.attribution`, {datetime.date.today()}, {os.cpu_count()} cores, "
    head += f"{platform.machine()}, Python {platform.python_version()}, TensorFlow {tensorflow().__version__}. "
    head += f"Medians over {PAIRS} interleaved triples (floor, method, floor), warm.\n\n"
    write(ROOT / "docs" / "benchmarks.md", head + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
