"""Forward passes by both engines, in one process and in turns: each method beside TensorFlow's compiled floor.

`python -m benchmarks.forward` prints, and writes to results/forward.md, the floor in milliseconds and the ratios of
the course's own functions to it, with LiteRT's files made and with LiteRT switched off. The floor is one compiled
function of TensorFlow that returns what the method needs as numpy. Ratios are medians of ratios to the floors just
before and after, so they hold on a busy machine, too; the milliseconds do not.

`photos FOLDER` times the extraction of all photos in a folder at 160 pixels instead, by both engines, in new cache
folders: photos a second, reading included, and the peak of memory (of both so far, for the second one).

`photos FOLDER --many 25000` takes the folder's photos again and again under new names until there are so many, plants
five broken files among them, and times LiteRT alone, with the reading of the folder, which leaves the broken ones out.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
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


def extraction(paths: Sequence[Path], size: int = 160) -> list[object]:
    """Photos, seconds and photos a second of one engine, and the peak of memory so far in MB."""
    network = backbones.load("efficientnet_lite0")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["COURSE_CACHE"] = cache
        forward.engine(network, ["pool"], False, len(paths))
        began = time.perf_counter()
        whole = transfer.extract(network, paths, "pool", size)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return [network.engine, len(whole), f"{seconds:.1f}", f"{len(whole) / seconds:.0f}", f"{peak:.0f}"]


def many(paths: Sequence[Path], count: int, folder: Path) -> tuple[Sequence[Path], str]:
    """So many photos in a folder, copies of a few, with five broken files among them, as the course reads them.

    The second value is what the course says of the folder.
    """
    for number in range(count):
        source = paths[number % len(paths)]
        target = folder / ("cats" if number % 2 else "dogs") / f"{number:06}{source.suffix}"
        target.parent.mkdir(exist_ok=True)
        shutil.copy(source, target)
    whole = paths[0].read_bytes()
    for number, content in enumerate((b"", b"no photo", whole[: len(whole) // 2], whole[:20], bytes(5000))):
        (folder / "cats" / f"broken_{number}.jpg").write_bytes(content)
    data = datasets.from_folder(folder, fractions=(1, 0, 0), skip_unreadable=True)
    return data.train.paths, data.note


def photos(folder: Path, count: int) -> None:
    """Time the extraction of a folder's photos by both engines, or of very many by LiteRT, and write the table."""
    began, found, note = time.monotonic(), [], ""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    with tempfile.TemporaryDirectory() as made:
        if count:
            paths, note = many(paths, count, Path(made))
            note = f"The folder was read in {time.monotonic() - began:.0f} s. {note}"
        for switch in (contextlib.nullcontext,) if count else (contextlib.nullcontext, tensorflow_alone):
            with switch():
                found.append(extraction(paths))
    titles = ["engine", "photos", "seconds", "photos a second", "peak, MB"]
    command = f"python -m benchmarks.forward photos FOLDER{f' --many {count}' if count else ''}"
    made_on = tables.made(command, (time.monotonic() - began) / 60)
    name = "forward_many_photos" if count else "forward_photos"
    parts = [tables.table(titles, found), *([note] if note else [])]
    tables.write(name, "# Extraction of many photos, 160 pixels", made_on, *parts)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="*", metavar="photos FOLDER", help="time the extraction of a folder's photos")
    parser.add_argument("--many", type=int, default=0, help="so many photos, of the folder's under new names")
    known = parser.parse_args()
    if known.photos:
        return photos(Path(known.photos[-1]), known.many)
    began = time.monotonic()
    titles = ["network", "what", "floor, ms", "with LiteRT", "TensorFlow alone", "floor over floor"]
    table = tables.table(titles, rows())
    minutes = (time.monotonic() - began) / 60
    tables.write("forward", "# Forward passes", tables.made("python -m benchmarks.forward", minutes), table)


if __name__ == "__main__":
    main()
