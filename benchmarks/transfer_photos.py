"""The lecture's own job: 2000 / 1000 / 1000 photos of cats and dogs; stored for notebook 2.

Run in the course's folder, with COURSE_DATA naming the folder that holds `cats_and_dogs_small`, or after
`python3 course.py download cats_vs_dogs`: `python3 -m benchmarks.transfer_photos` (about ten minutes on two cores).
The features are computed in an empty cache, so that the seconds are those of a first run. Other work on the machine
makes them longer, so the processor's own seconds and the load stand beside them.
"""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks.tables import effect, made, paired, share, store, table
from helpers import backbones, datasets, training, transfer
from helpers.datasets import stratified_sample
from helpers.files.downloads import search_folders
from helpers.transfer import extract

SIZE, LABELS, DRAWS = 224, 100, 10
EPOCHS = {"head": 15, "tuned": 5}
NAMES = ("train", "validation", "test")
HEAD = "features once, dense head (256, dropout 0.5)"


def main() -> None:
    """Measure every way and write the tables."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COURSE_DATA"] = os.pathsep.join(map(str, search_folders()))  # the usual cache still holds photos
        os.environ["COURSE_CACHE"] = folder
        data = datasets.images("cats_vs_dogs")
        network = backbones.load("efficientnet_lite0")
        ways, features, load = whole_job(network, data)
        hundred = with_few_labels(network, data, features)
    command = "python3 -m benchmarks.transfer_photos"
    made_on, parts = made(command, (time.perf_counter() - began) / 60), report(data, ways, hundred, load)
    store("transfer_photos", made_on, *parts, seeds=[0], effects=effects(ways, hundred))


def effects(ways: dict, hundred: dict) -> dict[str, dict]:
    """What claims take from the study: each way minus the dense head, each kind of features minus the learned ones."""
    head, learned = ways[HEAD][0], hundred["learned features"].mean(axis=0)
    found = {f"{name}: minus the dense head": training.paired_interval(head, one[0]) for name, one in ways.items()}
    found |= {
        f"{kind}: minus learned features": training.mean_interval(answers.mean(axis=0) - learned, (-1, 1))
        for kind, answers in hundred.items()
    }
    differs = "efficientnet_lite0, photos of cats and dogs"
    return {name: effect(gain, f"{len(head)} test photos", differs) for name, gain in found.items()}


class Watch:
    """Seconds of the clock and of the processor (all its cores together) since the start, added up over the parts."""

    def __init__(self, before: tuple[float, float] = (0.0, 0.0)) -> None:
        self.before, self.began = before, (time.perf_counter(), time.process_time())

    def read(self) -> tuple[float, float]:
        now = time.perf_counter(), time.process_time()
        return tuple(old + end - start for old, end, start in zip(self.before, now, self.began, strict=True))


def whole_job(network: Any, data: Any) -> tuple[dict, dict[str, np.ndarray], float]:
    """Features once and a head, then fine-tuning.

    Returns name -> (which test photos are right, seconds from the start), the features, and the machine's load (the
    average over the last minute when the head was ready; one program on one core is 1).
    """
    labels = {name: getattr(data, name).labels for name in NAMES}
    watch = Watch()
    features = {name: extract(network, getattr(data, name), size=SIZE) for name in ("train", "test")}
    known, asked = ((features[name], labels[name]) for name in ("train", "test"))
    for_features, ways = watch.read(), {}
    watch = Watch(for_features)
    answers = transfer.correct(transfer.logistic_regression(), known, asked)
    ways["features once, logistic regression"] = (answers, watch.read())
    watch = Watch(for_features)
    new = transfer.attach_head(network, data.class_names)
    transfer.unfreeze_from(new, transfer.head_start(new))
    head = transfer.compiled(transfer.head_from(new, network.vgg_equivalent("fc2")))
    training.fit(head, known, None, EPOCHS["head"])
    answers = transfer.predict(head, features["test"]).argmax(axis=1) == labels["test"]
    with_head, load = watch.read(), os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    ways[HEAD] = (answers, with_head)
    trained = new.model.get_weights()
    for name, back, optimizer, rate in (
        ("last block, RMSprop 0.00001 (slide)", -1, "rmsprop", 1e-5),
        ("last block, Adam 0.0001", -1, "adam", 1e-4),
        ("last three blocks, Adam 0.00001", -3, "adam", 1e-5),
    ):
        watch = Watch(with_head)
        answers = tuned(network, data, trained, back, optimizer, rate)
        ways[f"fine-tuned, {name}"] = (answers, watch.read())
        print(name, answers.mean(), flush=True)
    return ways, features, load


def tuned(network: Any, data: Any, trained: list, back: int, optimizer: str, rate: float) -> np.ndarray:
    """Go on from the trained head, with the last blocks unfrozen; which test photos are right."""
    new = transfer.attach_head(transfer.clone(network), data.class_names)
    new.model.set_weights(trained)
    start = transfer.blocks(new)[back]
    transfer.fine_tune(new, start, data.train, data.validation, EPOCHS["tuned"], rate, optimizer, SIZE)
    at = transfer.frozen_boundary(new, start)
    inputs = extract(new, data.test, at, SIZE)
    return transfer.predict(transfer.head_from(new, at), inputs).argmax(axis=1) == data.test.labels


def with_few_labels(network: Any, data: Any, features: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Features of six kinds, logistic regression on 100 labels: which test photos are right, bool (draws, photos)."""
    labels = {name: getattr(data, name).labels for name in ("train", "test")}
    rows = sorted({row for seed in range(DRAWS) for row in stratified_sample(labels["train"], LABELS, seed)})
    part = {"train": data.train.at(rows), "test": data.test}
    pictures = {name: photos.images(SIZE) for name, photos in part.items()}
    untrained = transfer.random_network("efficientnet_lite0", pictures["train"][:64], 0)
    layers = {"random weights": (untrained, "pool"), "class scores": (network, "logits")}
    kinds = {
        "pixels": {name: transfer.pixels(batch) for name, batch in pictures.items()},
        "colour histogram": {name: transfer.colour_histogram(batch) for name, batch in pictures.items()},
        "HOG": {name: transfer.hog(batch) for name, batch in pictures.items()},
        "learned features": {"train": features["train"][rows], "test": features["test"]},
    }
    for kind, (which, layer) in layers.items():
        kinds[kind] = {name: extract(which, photos, layer, SIZE) for name, photos in part.items()}
    place = {row: number for number, row in enumerate(rows)}
    answers = {}
    for kind, known in kinds.items():
        draws = []
        for seed in range(DRAWS):
            chosen = [place[row] for row in stratified_sample(labels["train"], LABELS, seed)]
            train = known["train"][chosen], part["train"].labels[chosen]
            draws.append(transfer.correct(transfer.logistic_regression(), train, (known["test"], labels["test"])))
        answers[kind] = np.array(draws)
    return answers


def report(data: Any, ways: dict, hundred: dict, load: float) -> list[str]:
    """Both tables as markdown."""
    head = ways[HEAD][0]
    text = (
        f"**Cats and dogs, {len(data.train)} / {len(data.validation)} / {len(data.test)} photos at {SIZE} px, default "
        f"network.** {data.note} Share of the test photos named rightly, with its 95 % interval; seconds from an empty "
        "cache to the answers on the test photos, by the clock and of the processor (all cores added up; "
        f"{os.cpu_count()} cores; the load, this run included, was {load:.1f} while the first two rows were made); the "
        "last column compares the same photos. On the slides: about 97 %, fine-tuned VGG16."
    )
    rows = [
        [name, share(right), *(f"{part:.0f}" for part in seconds), "" if right is head else paired(head, right)]
        for name, (right, seconds) in ways.items()
    ]
    titles = ("way", "test photos", "seconds", "processor seconds", "minus the dense head")
    learned = hundred["learned features"].mean(axis=0)
    text_few = (
        f"**{LABELS} labels.** Logistic regression, {DRAWS} draws of {LABELS} training photos: mean and standard "
        "deviation over the draws, lowest draw; the last column: 95 % interval over the test photos."
    )
    few = []
    for kind, answers in hundred.items():
        scores = answers.mean(axis=1)
        middle, low, high = training.mean_interval(answers.mean(axis=0) - learned)
        gap = "" if kind == "learned features" else f"{middle:+.3f} ({low:+.3f} to {high:+.3f})"
        few.append([kind, f"{scores.mean():.3f} ± {scores.std(ddof=1):.3f}", f"{scores.min():.3f}", gap])
    few_titles = ("features", "test photos", "lowest", "minus learned features")
    return [text, table(titles, rows), text_few, table(few_titles, few)]


if __name__ == "__main__":
    main()
