"""Explorers of what makes a good base: remixed or new photos, place kept or thrown away, four questions on filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from ipywidgets import SelectionSlider

from helpers import images, plots, teaching, training, transfer
from helpers.datasets import Split
from helpers.transfer import filter_banks
from helpers.widgets.explorer import Explorer, Frame, menu

PLAIN, REMIXED = "as they are", "remixed"
SEEN, ACCURACY = "what the network sees", "accuracy"
FILTERS, ANSWERS = "the filters", "their answers to a picture"
CONFUSION = "confusion matrix"
MEAN, ALL = "the mean", "all places"
_KEEP = {MEAN: 1, "2 x 2 fields": 2, "3 x 3 fields": 3, ALL: None}
_STORED = (60, 240, 960)  # photos that the stored study trained with, plain and remixed
_TILES = 12


def remix_explorer(photos: Split, change: Any, seed: int = 0, size: int = 96) -> Explorer:
    """Augmented copies of few photos against newly drawn ones at equal cost: what the network sees, and what it learns.

    photos: a `Split` with 960 photos or more. change: what `training.pipeline` returns. The accuracies are those of
    the stored study, equal steps for all. Raises ValueError for fewer photos.
    """
    if len(photos) < max(_STORED):
        raise ValueError(f"there are {len(photos)} photos; give {max(_STORED)} or more")
    many = "How many different photos there are"
    controls = {
        "count": menu("Photos", _STORED, many, _STORED[1], SelectionSlider, continuous_update=False),
        "way": menu("Used", [PLAIN, REMIXED], "As they are, or changed at random each time"),
        "show": menu("Show", [SEEN, ACCURACY], "Twelve pictures of two epochs, or the stored study"),
    }

    def draw(count: int, way: str, show: str) -> Frame:
        known, name = photos.take(count, seed), _run(count, way)
        value, low, high = teaching.stored_effect("amount", f"{name}: test")["measured"]
        caption = f"{count} photos {way}: {value:.3f} of new photos named rightly, {low:.3f} to {high:.3f}"
        code = 'teaching.stored_table("amount")'
        if show == SEEN:
            pictures = remixed_sheet(known, change if way == REMIXED else None, size)
            titles = [f"photo {k + 1}, epoch {epoch}" for epoch in (1, 2) for k in range(_TILES // 2)]
            picture = plots.photos(pictures, titles, columns=_TILES // 2)
            code = "change(pictures, training=True)" if way == REMIXED else "pictures"
            return Frame(picture.pixels(), f"{caption}; shown: the first {_TILES // 2} in two epochs", code)
        values = {f"{n} {w}": _run(n, w) for n in _STORED for w in (PLAIN, REMIXED)}
        found = {text: teaching.stored_effect("amount", f"{run}: test")["measured"] for text, run in values.items()}
        halves = [ends[2] - ends[0] for ends in found.values()]
        picture = plots.dots(list(found), [ends[0] for ends in found.values()], caption, errors=halves)
        return Frame(picture.pixels(), caption, code)

    strip = [{"count": 60}, {"count": 240, "way": REMIXED}, {"count": 960}, {"show": ACCURACY}]
    return Explorer(controls, draw, strip, "Remixed or new?")


def _run(count: int, way: str) -> str:
    return f"scratch, {count}{' remixed' if way == REMIXED else ''}"


def remixed_sheet(photos: Split, change: Any = None, size: int = 96) -> np.ndarray:
    """The first six photos as a network sees them in two epochs, uint8 `(12, size, size, 3)`; change None: plain."""
    first = photos.at(range(_TILES // 2)).images(size)
    epochs = [first if change is None else np.asarray(change(first, training=True)) for _ in range(2)]
    return np.concatenate(epochs).clip(0, 255).astype(np.uint8)


def place_explorer(
    maps: Mapping[str, Mapping[str, Mapping[str, np.ndarray]]],
    labels: Mapping[str, Mapping[str, np.ndarray]],
    class_names: Mapping[str, Sequence[str]],
    beside: Mapping[str, float] | None = None,
) -> Explorer:
    """The same maps with their places kept or thrown away: one probe, every stage, several tasks.

    maps: task -> "train" and "test" -> stage -> `(n, height, width, channels)`, the early stages first, the same for
    each task. labels and class_names: for each task. beside: the accuracy of pixels, task -> share. Fields finer than a
    stage's maps are all its places.
    """
    stages = list(next(iter(maps.values()))["train"])
    numbered = [(f"{number} of {len(stages)}: {name}", name) for number, name in enumerate(stages, 1)]
    controls = {
        "task": menu("Task", list(maps), "What is to be named"),
        "stage": menu("Maps of", numbered, "The layer whose maps are used, early ones first", stages[0]),
        "keep": menu("Keep", list(_KEEP), "What is kept of the places"),
        "show": menu("Show", [ACCURACY, CONFUSION], "All stages, or one confusion matrix"),
    }

    @cache
    def guesses(task: str, stage: str, keep: str) -> np.ndarray:
        parts = [kept(maps[task][part][stage], _KEEP[keep]) for part in ("train", "test")]
        return transfer.few_labels(
            (parts[0], labels[task]["train"]), (parts[1], labels[task]["test"]), len(parts[0]), draws=1
        )[0]

    def draw(task: str, stage: str, keep: str, show: str) -> Frame:
        truth, pixels = labels[task]["test"], (beside or {}).get(task)
        said = guesses(task, stage, keep)
        share = float((said == truth).mean())
        low, high = training.share_interval(share, len(truth))
        caption = f"{task}, {stage}, {keep}: {share:.3f} named rightly, {low:.3f} to {high:.3f}"
        caption += f"; pixels {pixels:.3f}" if pixels is not None else ""
        code = f"evidence.kept(maps, {_KEEP[keep]})"
        if show == CONFUSION:
            matrix = np.zeros((len(class_names[task]),) * 2, int)
            np.add.at(matrix, (truth, said), 1)
            return Frame(plots.confusion(matrix, class_names[task], f"{stage}, {keep}").pixels(), caption, code)
        shown = dict.fromkeys((MEAN, keep))
        series = {one: [float((guesses(task, at, one) == truth).mean()) for at in stages] for one in shown}
        picture = plots.lines(
            range(1, len(stages) + 1), series, caption, "stage", "test accuracy", {"pixels": pixels} if pixels else None
        )
        return Frame(picture.pixels(), caption, code)

    first, last = next(iter(maps)), list(maps)[-1]
    strip = [{"task": first}, {"task": first, "keep": "3 x 3 fields"}, {"task": last, "keep": "3 x 3 fields"}]
    strip += [{"task": last, "stage": stages[-1]}]
    return Explorer(controls, draw, strip, "Place kept or thrown away")


def kept(maps: np.ndarray, grid: int | None) -> np.ndarray:
    """Maps `(n, height, width, channels)` as rows: means in grid x grid fields, all places for None or finer fields."""
    if grid is None or grid >= min(maps.shape[1:3]):
        return transfer.flatten(maps)
    return transfer.flatten(filter_banks.grid_means(maps, grid))


def bank_explorer(banks: Mapping[str, np.ndarray], tasks: Mapping[str, tuple]) -> Explorer:
    """Four questions on first-layer filters: many or few pictures, many classes or two, no labels, or mathematics.

    banks: name -> filters `(side, side, n)`. tasks: name -> (pictures, labels, new pictures, their labels), grey
    pictures `(n, height, width)`. The same probe for every bank: `filter_banks.responses` and logistic regression.
    """
    names, first = list(banks), next(iter(banks))
    controls = {
        "bank": menu("Filters", names, "Where the filters come from"),
        "task": menu("Task", list(tasks), "What the probe is to name"),
        "show": menu("Show", [FILTERS, ANSWERS, ACCURACY], "The filters, what they answer, or what they are worth"),
    }

    @cache
    def right(bank: str, task: str) -> np.ndarray:
        known, labels, asked, truth = tasks[task]
        seen = [filter_banks.responses(part, banks[bank]) for part in (known, asked)]
        return transfer.correct(transfer.logistic_regression(), (seen[0], labels), (seen[1], truth))

    def draw(bank: str, task: str, show: str) -> Frame:
        answers = right(bank, task)
        low, high = training.share_interval(answers.mean(), len(answers))
        caption = f"{bank}, {task}: {answers.mean():.3f} named rightly, {low:.3f} to {high:.3f}"
        if bank != first:
            gain, low, high = training.paired_interval(right(first, task), answers)
            caption += f"; minus {first}: {gain:+.3f} ({low:+.3f} to {high:+.3f})"
        code = "filter_banks.responses(pictures, bank)"
        if show == ACCURACY:
            picture = plots.dots(names, [float(right(name, task).mean()) for name in names], caption)
        elif show == ANSWERS:
            picture = plots.photos(answer_tiles(tasks[task][0][0], banks[bank]), columns=6, title=caption)
        else:
            picture = plots.photos(filter_tiles(banks[bank]), columns=8, title=caption)
        return Frame(picture.pixels(), caption, code)

    shown = [first, names[1 % len(names)], names[-1]]
    strip = [*({"bank": name} for name in shown), {"bank": first, "show": ACCURACY}]
    return Explorer(controls, draw, strip, "Four questions")


def filter_tiles(bank: np.ndarray) -> list[np.ndarray]:
    """Each filter as a grey picture, uint8 `(side * 8, side * 8, 3)`: 0 is mid-grey, one scale for the bank."""
    limit = np.abs(bank).max() or 1.0
    tiles = (127.5 + 127.5 * np.moveaxis(bank, -1, 0) / limit).astype(np.uint8)
    return [np.repeat(np.kron(tile, np.ones((8, 8), np.uint8))[..., None], 3, axis=-1) for tile in tiles]


def answer_tiles(picture: np.ndarray, bank: np.ndarray) -> list[np.ndarray]:
    """A grey picture, then the rectified answers of the bank's first eleven filters to it, on one scale."""
    maps = filter_banks.answers(picture, bank[..., :11])
    limit = maps.max() or 1.0
    shown = [np.asarray(picture, float), *(255 * maps[..., k] / limit for k in range(maps.shape[-1]))]
    grey = [np.repeat(one.clip(0, 255).astype(np.uint8)[..., None], 3, axis=-1) for one in shown]
    return [images.resize(one, (96, 96)) for one in grey]
