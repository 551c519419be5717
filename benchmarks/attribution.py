"""Attribution methods beside their floors, warm and interleaved: `python -m benchmarks.attribution`.

Writes docs/benchmarks.md. The floor of a method is one compiled function, on the same network and picture, that returns
as numpy every network tensor the method needs: for Grad-CAM the activations and d logit / d activations, for saliency
the input gradient, for occlusion the batched logits. A method is timed from a prepared picture to its map at layer
resolution. Floor over floor, from the same triples, is the noise.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import attribution, backbones, datasets
from helpers.attribution.rules import ruled
from helpers.attribution.targets import scoring_model
from helpers.backbones import Network
from helpers.quiet import keras, tensorflow
from helpers.receptive_field import receptive_field
from tools.common import ROOT, write

PAIRS = 60
LONG_PAIRS = 10  # for methods that ask the network a hundred times
NETWORKS = {
    "efficientnet_lite0": ("imagenet", ("head_relu", "block3_add")),
    "squeezenet": ("imagenet", ("fire9_concat", "fire3_concat")),
    "mobilenet_v2": (None, ("out_relu",)),
    "vgg16": (None, ("block5_conv3",)),
}
PATCH, STRIDE, BATCH, SAMPLES = 32, 16, 16, 200


def floor_of_grad_cam(network: Network, layer: str, picture: np.ndarray, class_: int) -> Callable[[], object]:
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


def floor_of_gradient(model: Any, picture: np.ndarray, class_: int, batch: int = 1, calls: int = 1) -> Callable:
    """The least that a gradient method needs: the score and the gradient of a batch, so many times.

    Without the score TensorFlow would leave out the forward pass of the deconvnet, whose way back does not depend on it
    where all sizes are known beforehand.
    """
    tf = tensorflow()
    pictures = np.repeat(picture[None].astype(np.float32), batch, axis=0)

    @tf.function(input_signature=[tf.TensorSpec(pictures.shape, tf.float32)])
    def gradient(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            score = tf.reduce_sum(model(inputs, training=False)[:, class_])
        return score, tape.gradient(score, inputs)

    return lambda: [[tensor.numpy() for tensor in gradient(pictures)] for _ in range(calls)]


def floor_of_logits(model: Any, picture: np.ndarray, pictures: int) -> Callable:
    """The least that a perturbation method needs: the logits of so many pictures, in batches."""
    tf = tensorflow()
    batch = np.repeat(picture[None].astype(np.float32), BATCH, axis=0)

    @tf.function(input_signature=[tf.TensorSpec((None, *picture.shape), tf.float32)])
    def logits(inputs):
        return model(inputs, training=False)

    sizes = [min(BATCH, pictures - first) for first in range(0, pictures, BATCH)]
    return lambda: [logits(batch[:size]).numpy() for size in sizes]


def seconds(function: Callable[[], object]) -> float:
    """One call's time."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare(
    method: Callable[[], object], floor: Callable[[], object], pairs: int = PAIRS
) -> tuple[float, float, float]:
    """(floor in milliseconds, median ratio method / floor, median ratio floor / floor) over interleaved triples."""
    for _ in range(min(10, pairs // 4 + 1)):
        method(), floor()
    ratios, noise, floors = [], [], []
    for _ in range(pairs):
        first, own, second = seconds(floor), seconds(method), seconds(floor)
        floors.append(min(first, second))
        ratios.append(own / statistics.fmean((first, second)))
        noise.append(second / first)
    return statistics.median(floors) * 1000, statistics.median(ratios), statistics.median(noise)


def cases(network: Network, layers: tuple[str, ...], picture: np.ndarray, class_: int, long: bool):
    """(name, method, floor, is it long) of every method on one network."""
    model, ask = scoring_model(network), (network, picture, class_)
    for layer in layers:
        floor = floor_of_grad_cam(network, layer, picture, class_)
        for name in ("grad_cam", "hires_cam", "layer_cam", "grad_cam_plus_plus"):
            if name == "grad_cam" or layer == layers[0]:
                yield f"{name}, {layer}", lambda n=name, at=layer: getattr(attribution, n)(*ask, at), floor, False
    gradient = floor_of_gradient(model, picture, class_)
    for name in ("saliency", "gradient_times_input"):
        yield name, lambda n=name: getattr(attribution, n)(*ask), gradient, False
    for rule in ("guided", "deconvnet"):
        floor = floor_of_gradient(ruled(model, rule), picture, class_)
        yield f"rule_gradient, {rule}", lambda r=rule: attribution.rule_gradient(*ask, r), floor, False
    if not long:
        return
    smooth = floor_of_gradient(model, picture, class_, 5, 5)
    yield "smooth_grad, 25 samples", lambda: attribution.smooth_grad(*ask), smooth, True
    path = floor_of_gradient(model, picture, class_, 4, 8)
    yield "integrated_gradients, 32 steps", lambda: attribution.integrated_gradients(*ask), path, True
    places = attribution.occlusion(*ask, PATCH, STRIDE).drops.size
    swept = floor_of_logits(model, picture, places + 1)
    name = f"occlusion, {PATCH} px every {STRIDE}, {places} places"
    yield name, lambda: attribution.occlusion(*ask, PATCH, STRIDE), swept, True
    parts = attribution.superpixels(picture)
    sampled = floor_of_logits(model, picture, SAMPLES)
    name = f"lime, {SAMPLES} samples, superpixels given"
    yield name, lambda: attribution.lime(*ask, parts, SAMPLES), sampled, True


def skipping(network: Network, picture: np.ndarray) -> list[str]:
    """Would it pay to compute again only what a cover can reach? The best that any cut could give, as table rows.

    Up to the cut only a crop (the cover and the field around it) is computed, behind it everything; pasting the crop's
    maps into the photo's own costs extra and is left out.
    """
    model, rows = scoring_model(network), []
    batch = np.repeat(picture[None].astype(np.float32), BATCH, axis=0)
    whole = _median(_compiled(model), batch)
    for cut in [layer.name for layer in network.layers if layer.kind == "add"]:
        field = receptive_field(network, cut).size[0]
        crop = -(-(PATCH + 2 * field) // 32) * 32
        if crop >= picture.shape[0]:
            break
        front = _compiled(network.features(cut))
        tail = _compiled(keras().Model(network.layer(cut).output, network.logits))
        again = _median(front, np.ascontiguousarray(batch[:, :crop, :crop])) / whole
        rest = _median(tail, front(batch)) / whole
        rows.append(f"| {cut} | {field} | {crop} | {again:.2f} | {rest:.2f} | {again + rest:.2f} |")
    return rows


def _median(function: Callable, inputs: np.ndarray) -> float:
    """The median time of nine calls, after two."""
    function(inputs), function(inputs)
    return statistics.median(seconds(lambda: function(inputs)) for _ in range(9))


def _compiled(model: Any) -> Callable:
    """A compiled call that returns numpy, warm after the first use."""
    function = tensorflow().function(lambda x: model(x, training=False), reduce_retracing=True)

    def call(inputs: np.ndarray) -> np.ndarray:
        return function(tensorflow().convert_to_tensor(inputs)).numpy()

    return call


def memory_over(calls: int, method: Callable[[], object]) -> float:
    """By how many MB the process grew over so many calls, after as many for warming up."""
    import resource

    for _ in range(calls // 2):
        method()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(calls):
        method()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"triples per quick method (default {PAIRS})")
    chosen = parser.parse_args()
    rows = ["| network | method | floor, ms | method / floor | floor / floor |", "|---|---|---|---|---|"]
    grown, cut_rows = 0.0, []
    for name in chosen.networks:
        weights, layers = NETWORKS[name]
        network = backbones.load(name, weights=weights)
        picture = network.prepare(datasets.photo("coffee").array)
        class_ = int(network.probabilities(picture).argmax())
        long = name == "efficientnet_lite0"
        for what, method, floor, is_long in cases(network, layers, picture, class_, long):
            pairs = min(chosen.pairs, LONG_PAIRS) if is_long else chosen.pairs
            milliseconds, ratio, noise = compare(method, floor, pairs)
            rows.append(f"| {name} | {what} | {milliseconds:.1f} | {ratio:.2f} | {noise:.2f} |")
            print(rows[-1], flush=True)
        if long:
            grown = memory_over(200, lambda n=network, p=picture: attribution.grad_cam(n, p))
            cut_rows = skipping(network, picture)
            print(f"memory: {grown:+.1f} MB over 200 calls", *cut_rows, sep="\n", flush=True)
    head = f"# Benchmarks\n\n`python -m benchmarks.attribution`, {datetime.date.today()}, {os.cpu_count()} cores, "
    head += f"{platform.machine()}, Python {platform.python_version()}, TensorFlow {tensorflow().__version__}. "
    head += (
        f"Medians over {chosen.pairs} interleaved triples (floor, method, floor), {LONG_PAIRS} for the methods that "
    )
    head += "ask the network a hundred times; warm. MobileNetV2 and VGG16 have random weights.\n\n"
    page = head + "\n".join(rows) + "\n"
    if cut_rows:
        page += f"\nThe process's peak memory grew by {grown:.1f} MB over 200 calls of Grad-CAM.\n\n## Skipping\n\n"
        page += f"Occlusion with a cover of {PATCH} px: up to the cut only what the cover can reach is computed again, "
        page += "behind it everything. Shares of the time of the whole network, at best (pasting is not counted).\n\n"
        page += "| cut after | field, px | crop, px | crop | rest | sum |\n|---|---|---|---|---|---|\n"
        page += "\n".join(cut_rows) + "\n"
    write(ROOT / "docs" / "benchmarks.md", page)


if __name__ == "__main__":
    main()
