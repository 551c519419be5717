"""Gradient ascent and DeepDream beside their floor, warm and interleaved: `python -m benchmarks.ascent`.

The floor of a step is one compiled function, on the same network and picture, that returns as numpy the objective's
value and gradient (forward and backward). A step is timed whole: gradient, division by its size, update, clip. Floor
over floor, from every other call, is the noise. DeepDream is timed on a photo of 600 x 400 pixels, 4 octaves of 20
steps, with the layers and rates of notebook 9. Writes benchmarks/results/ascent.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.floors import compare, seconds
from benchmarks.tables import made, table, write
from helpers import backbones, datasets, images
from helpers.feature_visualization import Regularisers, ascend, channel, dream, gradient_of, logit, octave_shapes
from helpers.feature_visualization.objectives import Objective
from helpers.runtime import keras, tensorflow

STEPS = 5  # of one timed climb; its floor is as many calls
CASES = (
    ("efficientnet_lite0", "block9_expand", 160),
    ("efficientnet_lite0", "class", 224),
    ("squeezenet", "fire4_expand3x3", 160),
    ("squeezenet", "class", 227),
)


def floor_of_ascent(network, layer: str | None, size: int) -> Callable[[], object]:
    """The least that a step needs: the objective and its gradient, compiled, as numpy."""
    tf = tensorflow()
    output = network.logits if layer is None else network.layer(layer).output
    model = keras().Model(network.model.inputs[0], output)
    picture = np.full((1, size, size, 3), 120, np.float32)

    @tf.function(input_signature=[tf.TensorSpec((1, size, size, 3), tf.float32)])
    def both(pictures):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            value = tf.reduce_mean(model(pictures, training=False)[..., 3])
        return value, tape.gradient(value, pictures)

    return lambda: [[tensor.numpy() for tensor in both(picture)] for _ in range(STEPS)]


def main(rounds: int = 30) -> None:
    """Measure steps on pixels, with all regularisers of pixels, on waves; and DeepDream; and write the tables."""
    start, rows = time.monotonic(), []
    everything = Regularisers(decay=0.01, blur=0.7, clip_norm=0.2, total_variation=0.1, jitter=8)
    for name, what, size in CASES:
        network = backbones.load(name)
        layer = None if what == "class" else what
        objective: Objective = logit(3) if layer is None else channel(layer, 3)
        floor = floor_of_ascent(network, layer, size)
        ways = {"pixels": {}, "all on pixels": {"regularisers": everything}, "waves": {"fourier": True}}
        functions = {
            way: lambda network=network, objective=objective, size=size, options=options: ascend(
                network, objective, size, STEPS, start="grey", **options
            )
            for way, options in ways.items()
        }
        found = compare(functions, floor, rounds)
        shown = [f"{found.ratios[way]:.2f}" for way in ways]
        rows.append([name, what, size, f"{found.floor / STEPS:.1f}", *shown, f"{found.noise:.2f}"])
        print(rows[-1], flush=True)
    titles = ["network", "objective", "pixels", "floor, ms", "step", "with regularisers", "waves", "floor / floor"]
    dreamt = dreams()
    write(
        "ascent",
        "# Gradient ascent and DeepDream beside their floor",
        made("python -m benchmarks.ascent", (time.monotonic() - start) / 60),
        f"Medians over {rounds} rounds of floor and method in turn, warm; ratios to the floor of {STEPS} steps.",
        table(titles, rows),
        dreamt,
    )


def dreams(repeats: int = 3) -> str:
    """Seconds of a dream of 600 x 400 pixels, beside the seconds of its gradients alone."""
    network = backbones.load("efficientnet_lite0")
    photo = images.resize(datasets.photo("coffee").array, (400, 600))
    layers = {"block7_add": 1.0, "block10_add": 1.0}
    dream(network, photo, layers, steps=1)
    slope_of = gradient_of(network, layers)
    shapes = octave_shapes((400, 600), 4, 1.4)

    def floor() -> None:
        for shape in shapes:
            picture = np.full((*shape, 3), 120, np.float32)
            for _ in range(20):
                slope_of(picture)

    whole = [seconds(lambda: dream(network, photo, layers)) for _ in range(repeats)]
    alone = [seconds(floor) for _ in range(repeats)]
    rows = [[f"{min(whole):.2f}", f"{min(alone):.2f}", f"{min(whole) / min(alone):.2f}"]]
    return table(["DeepDream 600 x 400, 4 x 20 steps, s", "its gradients alone, s", "ratio"], rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
