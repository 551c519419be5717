"""Forward passes by both engines, in one process and in turns: each method beside TensorFlow's compiled floor.

`python -m benchmarks.forward` prints, and writes to results/forward.md, the floor in milliseconds and the ratios of
the course's own functions to it, with LiteRT's files made and with LiteRT switched off. The floor is one compiled
function of TensorFlow that returns what the method needs as numpy. Ratios are medians of ratios to the floors just
before and after, so they hold on a busy machine, too; the milliseconds do not.

`photos FOLDER` times the extraction of all photos in a folder at 160 pixels instead, by both engines, in new cache
folders: photos a second, reading included, and the peak of memory (of both so far, for the second one).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks import floors, tables
from helpers import attribution, backbones, datasets, transfer
from helpers.activations import layer_maps, relu_layers
from helpers.backbones import Network, compile_once, forward
from helpers.runtime import keras

ROUNDS = 25
NETWORKS = ("efficientnet_lite0", "squeezenet")


@contextlib.contextmanager
def tensorflow_alone() -> Iterator[None]:
    """LiteRT switched off."""
    os.environ["COURSE_ENGINE"] = "tensorflow"
    try:
        yield
    finally:
        del os.environ["COURSE_ENGINE"]


def switched_off(function: Callable[[], object]) -> Callable[[], object]:
    """The function as it is without LiteRT."""

    def call() -> object:
        with tensorflow_alone():
            return function()

    return call


def floor(network: Network, outputs: object, batch: np.ndarray, times: int = 1) -> Callable[[], object]:
    """TensorFlow's compiled function of these outputs, so many times."""
    model = keras().Model(network.model.inputs[0], outputs)
    call = compile_once(lambda pictures: keras().tree.flatten(model(pictures, training=False)), network.signature)
    return lambda: [[one.numpy() for one in call(batch)] for _ in range(times)]


def methods(network: Network, photo: np.ndarray) -> Iterator[tuple[str, Callable, Callable]]:
    """(what, the course's function, its floor)."""
    picture = network.prepare(photo)
    one, eight = picture[None].astype(np.float32), np.repeat(picture[None].astype(np.float32), 8, axis=0)
    maps = [network.output_of(layer.name) for layer in relu_layers(network)]
    yield "scores of a photo", lambda: network.scores(picture), floor(network, network.logits, one)
    yield "`predict_top`", lambda: network.predict_top(photo), floor(network, network.logits, one)
    yield "`layer_maps`, all", lambda: layer_maps(network, picture), floor(network, maps, one)
    occlude = floor(network, network.logits, eight, 22)  # 169 places and the photo itself
    yield "occlusion, 169 places", lambda: attribution.occlusion(network, picture, 0), occlude
    mask = floor(network, network.logits, eight, 8)
    yield "Score-CAM, 64 channels", lambda: attribution.score_cam(network, picture, 0, channels=64), mask
    parts = attribution.superpixels(picture)
    sample = floor(network, network.logits, eight, 19)  # of 150 samples; the last batch is smaller
    yield "LIME, 150 samples", lambda: attribution.lime(network, picture, 0, parts, 150), sample


def rows() -> Iterator[list[object]]:
    """A row per network and method."""
    photo = datasets.photo("chelsea").array
    for name in NETWORKS:
        network = backbones.load(name)
        forward.make_files(network)
        for what, function, least in methods(network, photo):
            rounds = ROUNDS if what[0] in "s`" else ROUNDS // 5
            found = floors.compare({"LiteRT": function, "TensorFlow": switched_off(function)}, least, rounds)
            ratios = [f"{found.ratios[engine]:.2f}" for engine in ("LiteRT", "TensorFlow")]
            yield [name, what, f"{found.floor:.1f}", *ratios, f"{found.noise:.2f}"]
            print(name, what, found, flush=True)


def extraction(folder: Path, size: int = 160) -> list[object]:
    """Photos, seconds and photos a second of one engine, and the peak of memory so far in MB."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    network = backbones.load("efficientnet_lite0")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["COURSE_CACHE"] = cache
        forward.engine(network, ["pool"], False, len(paths))
        began = time.perf_counter()
        whole = transfer.extract(network, paths, "pool", size)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return [network.engine, len(whole), f"{seconds:.1f}", f"{len(whole) / seconds:.0f}", f"{peak:.0f}"]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="*", metavar="photos FOLDER", help="time the extraction of a folder's photos")
    known = parser.parse_args()
    began = time.monotonic()
    if known.photos:
        folder, found = Path(known.photos[-1]), []
        for switch in (contextlib.nullcontext, tensorflow_alone):
            with switch():
                found.append(extraction(folder))
        titles = ["engine", "photos", "seconds", "photos a second", "peak, MB"]
        minutes = (time.monotonic() - began) / 60
        made = tables.made("python -m benchmarks.forward photos FOLDER", minutes)
        tables.write("forward_photos", "# Extraction of many photos, 160 pixels", made, tables.table(titles, found))
        return
    titles = ["network", "what", "floor, ms", "with LiteRT", "TensorFlow alone", "floor over floor"]
    table = tables.table(titles, rows())
    minutes = (time.monotonic() - began) / 60
    tables.write("forward", "# Forward passes", tables.made("python -m benchmarks.forward", minutes), table)


if __name__ == "__main__":
    main()
