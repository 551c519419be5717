"""Explorers of transfer learning: which features and how many labels, and how much of the base may learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
from ipywidgets import Checkbox, SelectionSlider

from helpers import plots, training, transfer
from helpers.backbones import Network
from helpers.images.style import COLOURS
from helpers.plots.figure import chart
from helpers.transfer import heads
from helpers.transfer.classifiers import few_labels
from helpers.widgets.explorer import Explorer, Frame, menu

CONFUSION, MAP, CURVE = "confusion matrix", "map of the photos", "accuracy by labels"
PARAMETERS, CURVES = "parameters by layer", "learning curves"
_COUNTS = (4, 10, 20, 40, 80, 160, 320, 640, 1280)  # labels to choose from, as far as there are photos
_DRAWS = 5

_Labelled = Mapping[str, np.ndarray]


def stage_explorer(
    features: Mapping[str, Mapping[str, np.ndarray]], labels: _Labelled, class_names: Sequence[str], seed: int = 0
) -> Explorer:
    """Logistic regression on the features of a chosen stage with a chosen number of labels, answered at once.

    features: for "train" and "test" what `extract(network, photos, stages)` returns, stage -> `(n, ...)`, with the
    same stages in both, the first stage first. labels: for both the whole-number labels. Shown are the confusion
    matrix, the test photos in the plane (PCA of the stage) or the accuracy over the number of labels; the caption gives
    the accuracy with its 95 % interval. Every number is the mean over five draws of the labels.
    Raises ValueError where train and test have different stages.
    """
    stages = list(features["train"])
    if not stages or stages != list(features["test"]):
        raise ValueError(f"train has the stages {stages}, test {list(features['test'])}; give the same ones, in order")
    counts, last = _counts(labels["train"]), stages[-1]
    of, late = "The layer whose averaged maps are the features, early ones first", {"continuous_update": False}
    numbered = [(f"{number} of {len(stages)}: {name}", name) for number, name in enumerate(stages, 1)]
    many, middle = "How many training photos have a label", counts[len(counts) // 2]
    controls = {
        "stage": menu("Features of", numbered, of, last),
        "count": menu("Labels", counts, many, middle, SelectionSlider, **late),
        "show": menu("Show", [CONFUSION, MAP, CURVE], "What the picture shows"),
    }

    @cache
    def answers(stage: str, count: int) -> np.ndarray:
        """Guesses `(draws, test photos)`."""
        sets = [(features[part][stage], np.asarray(labels[part])) for part in ("train", "test")]
        return few_labels(*sets, count, _DRAWS, seed)

    @cache
    def plane(stage: str) -> np.ndarray:
        return transfer.project_2d(features["test"][stage], "PCA")

    def draw(stage: str, count: int, show: str) -> Frame:
        guesses = answers(stage, count)
        right = guesses == labels["test"]
        middle, low, high = training.mean_interval(right.mean(axis=0), (0, 1))
        of_draws = right.mean(axis=1)
        title = f"{stage}, {count} labels"
        caption = f"{title}: accuracy {middle:.3f}, 95 % interval {low:.3f} to {high:.3f} over {right.shape[1]} "
        caption += f"test photos; {_DRAWS} draws of the labels gave {of_draws.min():.3f} to {of_draws.max():.3f}"
        if show == CONFUSION:
            picture = plots.confusion(_matrix(guesses, labels["test"], len(class_names)), class_names, title)
        elif show == MAP:
            picture = _map(plane(stage), right, labels["test"], class_names, stage)
        else:
            picture = _curve(answers, stage, stages[-1], counts, labels["test"])
        code = f'transfer.few_labels((train["{stage}"], y_train), (test["{stage}"], y_test), {count}, {_DRAWS}, {seed})'
        return Frame(picture.pixels(), caption, code)

    settings = [(stages[len(stages) // 4], counts[-1]), (stages[3 * len(stages) // 4], counts[-1])]
    settings += [(last, counts[min(1, len(counts) - 1)]), (last, counts[-1])]
    strip = [{"stage": stage, "count": count} for stage, count in settings]
    explorer = Explorer(
        controls, draw, strip, "Stages and labels", f"stage_explorer(features, labels, class_names, {seed})"
    )
    explorer.view.layout.flex = "3 1 640px"  # the first picture is small, the others are not
    return explorer


def _counts(labels: np.ndarray) -> list[int]:
    """Numbers of labels to choose from: two of each class or more, up to all photos."""
    whole, classes = len(labels), len(np.unique(labels))
    return [count for count in _COUNTS if 2 * classes <= count < whole] + [whole]


def _matrix(guesses: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Counts of true class and guess, the mean over the draws."""
    from sklearn.metrics import confusion_matrix

    return np.mean([confusion_matrix(labels, draw, labels=range(classes)) for draw in guesses], axis=0).round(1)


def _map(points: np.ndarray, right: np.ndarray, labels: np.ndarray, names: Sequence[str], title: str) -> plots.Figure:
    """The photos in the plane, coloured by class; those that most draws name wrongly stand out."""
    wrong = right.mean(axis=0) < 0.5
    kinds = np.where(wrong, len(names), labels)
    return plots.scatter_2d(points, kinds, [*names, f"named wrongly ({int(wrong.sum())})"], title)


def _curve(answers: Callable, stage: str, last: str, counts: list[int], labels: np.ndarray) -> plots.Figure:
    """Accuracy over the number of labels, for a stage and for the last one."""
    shown = dict.fromkeys((stage, last))
    series = {name: [(answers(name, count) == labels).mean() for count in counts] for name in shown}
    guessing = {"guessing": np.bincount(labels).max() / len(labels)}
    title = f"{stage}: {series[stage][0]:.3f} with {counts[0]} labels, {series[stage][-1]:.3f} with {counts[-1]}"
    return plots.lines(counts, series, title, "labels", "test accuracy", guessing)


def unfreezing_explorer(network: Network, runs: Mapping[int, Mapping[str, list[float]]] | None = None) -> Explorer:
    """What learns when the last blocks of a network are unfrozen, layer by layer, and the curves of runs made here.

    network: with a new head (`transfer.attach_head`); nothing in it is changed. runs: number of unfrozen blocks ->
    history of that training (see `training.fit`); 0 is the head alone, one more than there are blocks is all layers.
    Raises ValueError for a network without a new head, or whose layers are not named by block.
    """
    starts = [transfer.head_start(network), *reversed(transfer.blocks(network)), network.model.layers[0].name]
    names = ["head alone", "1 block", *(f"{number} blocks" for number in range(2, len(starts) - 1)), "all layers"]
    runs = dict(runs or {})
    if odd := [number for number in runs if not 0 <= number < len(starts)]:
        raise ValueError(f"there is no training with {odd[0]} blocks; the numbers are 0 to {len(starts) - 1}")
    numbered, deep = [(name, number) for number, name in enumerate(names)], "How many of the last blocks may learn"
    thaw = "Let scale and shift of every batch normalisation learn; its stored averages then move, too"
    views = [PARAMETERS, CURVES] if runs else [PARAMETERS]
    controls = {
        "blocks": menu("Unfrozen", numbered, f"{deep}, beside the head", 1, SelectionSlider, continuous_update=False),
        "thaw": Checkbox(description="Thaw batch normalisation, too (the slide's loop)", tooltip=thaw, indent=False),
        "show": menu("Show", views, "The layers that learn, or the curves of a training"),
    }

    def draw(blocks: int, thaw: bool, show: str) -> Frame:
        parts = heads.trainable_parameters(network, starts[blocks], thaw)
        learn, whole = sum(part.learning for part in parts), sum(part.parameters for part in parts)
        caption = f"{names[blocks]}: {learn:,} of {whole:,} parameters learn ({learn / whole:.1%})"
        if any(part.normalisation and part.learning for part in parts):
            caption += "; the stored averages of the thawed layers move with every batch"
        code = f'transfer.unfreeze_from(network, "{starts[blocks]}")'
        if thaw:
            first = [layer.name for layer in network.model.layers].index(starts[blocks])
            code = f"for layer in network.model.layers[{first}:]: layer.trainable = True"
        if show == PARAMETERS:
            return Frame(_learning_picture(parts, caption.split(";")[0]).pixels(), caption, code)
        made = min(runs, key=lambda number: (abs(number - blocks), number))
        shown = {names[number]: runs[number] for number in sorted({min(runs), made})}
        first = names[0] if 0 in runs and made else None  # the tuned runs go on from the trained head
        note = "" if made == blocks else f"; no such training was made here, the nearest is: {names[made]}"
        title = f"{names[made]}, batch normalisation frozen"
        picture = plots.curves(shown, ["accuracy", "loss"], title, first=first, mark="unfrozen")
        return Frame(picture.pixels(), caption + note, code)

    last = len(starts) - 1
    strip = [{"blocks": 0}, {"blocks": 1}, {"blocks": min(3, last)}, {"blocks": last}]
    made = f"unfreezing_explorer(network{', runs' if runs else ''})"
    return Explorer(controls, draw, strip, "What learns", made)


def _learning_picture(parts: Sequence[heads.Part], title: str) -> plots.Figure:
    """One bar per layer with weights, as high as it has parameters: filled where it learns, hollow where frozen."""
    bare = "batch normalisation, frozen"
    states = ["learns" if part.learning else bare if part.normalisation else "frozen" for part in parts]
    looks = {"learns": {"color": COLOURS[0]}, "frozen": {"fill": False, "edgecolor": "#777777"}}
    looks[bare] = {"fill": False, "edgecolor": COLOURS[1], "hatch": "////"}
    labels = "layer, from the picture to the scores", "parameters"
    with chart(title, 3.8, *labels, legend=True, width=6.5) as (figure, place):  # in a strip its words stay readable
        for name, look in looks.items():
            at = [number for number, state in enumerate(states) if state == name]
            if at:
                place.bar(at, [parts[number].parameters for number in at], 0.8, label=name, **look)
        place.set_yscale("log")
        powers = [10**power for power in range(1, 9) if 10**power <= max(part.parameters for part in parts)]
        place.set_yticks(powers, [f"{power:,}" for power in powers])
        place.minorticks_off()  # between powers of ten: a third of the time, and no more to read
        place.set_xlim(-0.8, max(len(parts), 2) - 0.2)
    figure.alt = f"{title}; {len(parts)} layers with weights, {sum(part.learning > 0 for part in parts)} of them learn."
    return figure
