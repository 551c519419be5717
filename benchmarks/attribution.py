"""Attribution methods beside their floors and beside four public libraries: `python -m benchmarks.attribution`.

Writes docs/benchmarks.md. Each method is timed from a prepared picture to its map at layer resolution, warm, between
two calls of its floor (benchmarks/floors.py). The libraries need an environment of their own, see
benchmarks/requirements.txt; without them their columns are left out.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import os
import platform
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.floors import BATCH, compare, floor_of_grad_cam, floor_of_gradient, floor_of_logits, seconds
from benchmarks.peers import Peers, installed, peers
from benchmarks.tables import table
from helpers import attribution, backbones, datasets, images
from helpers.activations import receptive_field
from helpers.attribution.guided_backprop import ruled
from helpers.attribution.targets import scoring_model
from helpers.backbones import Network
from helpers.runtime import keras, tensorflow
from tools.common import ROOT, write

ROUNDS, FEW = 50, 10  # FEW: for methods that ask the network a hundred times, and for the libraries


class Setting(NamedTuple):
    """One network: its weights, the layers to look at, and how much work the slow methods get."""

    weights: str | None
    layers: tuple[str, ...]
    stride: int = 16
    perturbations: int = 200
    rounds: int = FEW


NETWORKS = {
    "efficientnet_lite0": Setting("imagenet", ("head_relu", "block3_add")),
    "squeezenet": Setting("imagenet", ("fire9_concat", "fire3_concat")),
    "mobilenet_v2": Setting(None, ("out_relu",)),
    "vgg16": Setting(None, ("block5_conv3",), stride=48, perturbations=50, rounds=3),
}
PATCH, SAMPLES, STEPS = 32, 25, 32


class Case(NamedTuple):
    """One method on one network: what it is called here and in `peers`, the call, its floor, and whether it is slow."""

    title: str
    name: str
    method: Callable[[], Any]
    floor: Callable[[], object]
    slow: bool = False


def cases(network: Network, setting: Setting, picture: np.ndarray, class_: int):
    """Every method on one network, as a `Case`."""
    model, ask = scoring_model(network), (network, picture, class_)
    for layer in setting.layers:
        floor = floor_of_grad_cam(network, layer, picture, class_)
        for name in ("grad_cam", "hires_cam", "layer_cam", "grad_cam_plus_plus"):
            if name == "grad_cam" or layer == setting.layers[0]:
                known = name if layer == setting.layers[0] else ""  # the libraries are asked at the first layer only
                yield Case(f"{name}, {layer}", known, lambda n=name, at=layer: getattr(attribution, n)(*ask, at), floor)
    gradient = floor_of_gradient(model, picture, class_)
    for name in ("saliency", "gradient_times_input"):
        yield Case(name, name, lambda n=name: getattr(attribution, n)(*ask), gradient)
    for rule in ("guided", "deconvnet"):
        floor = floor_of_gradient(ruled(model, rule), picture, class_)
        yield Case(f"rule_gradient, {rule}", rule, lambda r=rule: attribution.rule_gradient(*ask, r), floor)
    yield from slow_cases(network, setting, picture, class_)


def slow_cases(network: Network, setting: Setting, picture: np.ndarray, class_: int):
    """The methods that ask the network many times."""
    model, ask = scoring_model(network), (network, picture, class_)
    smooth = floor_of_gradient(model, picture, class_, 5, SAMPLES // 5)
    name = f"smooth_grad, {SAMPLES} samples"
    yield Case(name, "smooth_grad", lambda: attribution.smooth_grad(*ask, samples=SAMPLES), smooth, True)
    path = floor_of_gradient(model, picture, class_, 4, STEPS // 4)
    name = f"integrated_gradients, {STEPS} steps"
    yield Case(name, "integrated_gradients", lambda: attribution.integrated_gradients(*ask, steps=STEPS), path, True)
    places = attribution.occlusion(*ask, PATCH, setting.stride).drops.size
    swept = floor_of_logits(model, picture, places + 1)
    name = f"occlusion, {PATCH} px every {setting.stride}, {places} places"
    yield Case(name, "occlusion", lambda: attribution.occlusion(*ask, PATCH, setting.stride), swept, True)
    parts, count = attribution.superpixels(picture), setting.perturbations
    sampled = floor_of_logits(model, picture, count)
    name = f"lime, {count} samples, superpixels given"
    yield Case(name, "lime", lambda: attribution.lime(*ask, parts, count), sampled, True)


def skipping(network: Network, picture: np.ndarray) -> list[list[object]]:
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
        rows.append([cut, field, crop, f"{again:.2f}", f"{rest:.2f}", f"{again + rest:.2f}"])
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
    for _ in range(calls):
        method()
    before = resident()
    for _ in range(calls):
        method()
    return resident() - before


def resident() -> float:
    """The process's memory now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def agreement(found: Any, picture: np.ndarray, theirs: dict[str, Callable]) -> dict[str, str]:
    """Library -> Pearson correlation of its map with ours, per pixel of the picture; of two ways to reduce our colours
    to one number (largest absolute value, sum with sign) the one that agrees better, as libraries use either.
    """
    own = [as_map(getattr(found, "heat", found), picture, how).ravel() for how in ("max", "sum")]
    said = {library: as_map(call(), picture, "max").ravel() for library, call in theirs.items()}
    return {name: likeness(own, values) for name, values in said.items()}


def likeness(own: list[np.ndarray], values: np.ndarray) -> str:
    """The best correlation in words; a map that is not finite, or the same everywhere, has none."""
    if not np.isfinite(values).all():
        return "NaN"
    return f"{max(np.corrcoef(one, values)[0, 1] for one in own):.2f}" if np.ptp(values) > 0 else "constant"


def as_map(values: Any, picture: np.ndarray, how: str) -> np.ndarray:
    """Any library's answer -> (height, width): without batch, colours reduced, resized to the picture."""
    values = np.squeeze(np.asarray(getattr(values, "map", values), dtype=np.float32))
    if values.ndim == 3:
        values = attribution.to_map(values, how)
    return images.resize(values, picture.shape[:2], method="bilinear")


def measure(name: str, rounds: int) -> tuple[list[list[str]], list[list[str]], list[str]]:
    """The rows of one network: times, agreement with the libraries, and what else is worth a sentence."""
    setting, times, alike, more = NETWORKS[name], [], [], []
    network = backbones.load(name, weights=setting.weights)
    picture = network.prepare(datasets.photo("coffee").array)
    class_ = int(network.probabilities(picture).argmax())
    settings = {"samples": SAMPLES, "steps": STEPS, "patch": PATCH, "stride": setting.stride}
    settings |= {"segments": attribution.superpixels(picture), "perturbations": setting.perturbations}
    theirs: Peers = peers(scoring_model(network), setting.layers[0], picture, class_, settings)
    for case in cases(network, setting, picture, class_):
        own = compare({"": case.method}, case.floor, min(rounds, setting.rounds) if case.slow else rounds)
        other = theirs.get(case.name, {})
        timed = compare(other, case.floor, 3 if case.slow else min(rounds, setting.rounds)).ratios if other else {}
        shown = [f"{timed[library]:.2f}" if library in timed else "" for library in installed()]
        times.append([name, case.title, f"{own.floor:.1f}", f"{own.ratios['']:.2f}", f"{own.noise:.2f}", *shown])
        print(times[-1], flush=True)
        if other and setting.weights:
            same = agreement(case.method(), picture, other)
            alike.append([name, case.title, *(same.get(library, "") for library in installed())])
            print(alike[-1], flush=True)
    if name == "efficientnet_lite0":
        for method in (attribution.grad_cam, attribution.saliency):
            grown = memory_over(200, lambda m=method: m(network, picture))
            more.append(f"Memory grew by {grown:+.1f} MB over 200 calls of {method.__name__}.")
        more.append(SKIPPING + table(CUT_TITLES, skipping(network, picture)))
    return times, alike, more


HEAD = """# Benchmarks

`python -m benchmarks.attribution`, {made}. Medians over {rounds} rounds of floor and method in turn, {few} for the
methods that ask the network many times (3 on VGG16 and for the libraries), warm. MobileNetV2 and VGG16 have random
weights. A library's column is its time over the same floor; its explainer is built once, outside the clock.

"""
CUT_TITLES = ["cut after", "field, px", "crop, px", "crop", "rest", "sum"]
SKIPPING = f"""## Skipping what a cover cannot reach

Occlusion with a cover of {PATCH} px: up to the cut only what the cover can reach is computed again, behind it all.
Shares of the time of the whole network, at best: pasting the crop's maps into the photo's own is not counted.

"""


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds per quick method (default {ROUNDS})")
    chosen = parser.parse_args()
    times, alike, more = [], [], []
    for name in chosen.networks:
        for whole, part in zip((times, alike, more), measure(name, chosen.rounds), strict=True):
            whole.extend(part)
    libraries = [f"{library} {importlib.metadata.version(library)}" for library in installed()]
    page = HEAD.format(
        made=f"{datetime.date.today()}, {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, TensorFlow {tensorflow().__version__}",
        rounds=chosen.rounds,
        few=FEW,
    )
    page += table(["network", "method", "floor, ms", "method / floor", "floor / floor", *libraries], times) + "\n"
    if alike and libraries:
        page += "\n## Do they say the same?\n\nPearson correlation of each library's map with ours. Defaults "
        page += "differ: noise, baseline (black or grey), fill, patch, absolute values or signs.\n\n"
        page += table(["network", "method", *libraries], alike) + "\n"
    page += "".join(f"\n{text}\n" for text in more)
    write(ROOT / "docs" / "benchmarks.md", page)


if __name__ == "__main__":
    main()
