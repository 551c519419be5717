"""What a map explains: the score of a class before the softmax, or one unit of a layer; on any network, built once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.backbones import Network, graph
from helpers.backbones.forward import MANY
from helpers.runtime import Report, keras, tensorflow

_NAME_ONE = "Grad-CAM needs the maps of a convolution; name a layer that has them: layer='...'"


def class_numbers(network: Network, batch: np.ndarray, class_: Any) -> np.ndarray:
    """One class number per picture of the batch, from names, numbers, one for all, or None for the most probable.

    Raises ValueError for an unknown class, another number of classes than pictures, or a network without a classifier.
    """
    needs_classifier(network)
    if class_ is None:
        scores = logits(network, batch)
        return (scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0] > 0).astype(np.int32)
    names = [class_] * len(batch) if isinstance(class_, str) or np.ndim(class_) == 0 else list(class_)
    if len(names) != len(batch):
        raise ValueError(f"{len(names)} classes for {len(batch)} pictures; give one class, or one per picture")
    return np.array([network.class_index(name) for name in names], dtype=np.int32)


def needs_classifier(network: Network) -> None:
    """Raise ValueError for a network that has no scores to explain."""
    if network.logits is None:
        why = f"{network.name} was loaded without its classifier, so no class has a score to explain"
        raise ValueError(f"{why}; load it with its top")


def class_scores(logits: Any, classes: Any) -> Any:
    """The logit of each picture's class, a tensor (n,), inside a compiled function; -z for class 0 of a sigmoid."""
    tf = tensorflow()
    logits = tf.cast(logits, tf.float32)
    if logits.shape[-1] == 1:
        return tf.where(classes == 1, logits[:, 0], -logits[:, 0])
    return tf.gather(logits, classes, axis=1, batch_dims=1)


def class_probabilities(network: Network, logits: Any, classes: Any) -> Any:
    """The probability of each picture's class, a tensor (n,), inside a compiled function."""
    tf = tensorflow()
    if logits.shape[-1] == 1 or network.squashing == "sigmoid":
        return tf.sigmoid(class_scores(logits, classes))
    return tf.gather(tf.nn.softmax(tf.cast(logits, tf.float32)), classes, axis=1, batch_dims=1)


def logits(network: Network, pictures: np.ndarray) -> np.ndarray:
    """The values before the softmax (or sigmoid), float32 (n, outputs); also of a network with several outputs."""
    needs_classifier(network)
    return network.scores(pictures)[0]


def class_score(network: Network, pictures: np.ndarray, class_: Any = None, probability: bool = False) -> np.ndarray:
    """The score of one class per picture, float32 (n,): its logit, or its probability.

    pictures: (height, width, 3) or a batch of them, RGB 0..255. class_: as in `grad_cam`. Raises ValueError alike.
    """
    batch = network.batch(pictures)
    return _scores(network, batch, class_numbers(network, batch, class_), probability)


def _scores(
    network: Network, batch: np.ndarray, classes: np.ndarray, probability: bool, photos: int | None = None
) -> np.ndarray:
    found, shares = network.scores(batch, photos)
    if not probability and found.shape[1] == 1:
        return np.where(classes == 1, found[:, 0], -found[:, 0])
    return (shares if probability else found)[np.arange(len(batch)), classes]


def asking(
    network: Network, picture: np.ndarray, class_: Any, method: str, batch: int, probability: bool = False
) -> tuple[np.ndarray, Callable[..., np.ndarray]]:
    """The picture, float32 (height, width, 3), and the function that asks for the class's score of variants of it.

    That function is (items, draw, report=None) -> scores (items,): draw(some items) makes a picture for each, and
    `batch` of them are asked at a time. Raises ValueError for several pictures, in the name of the method that asks,
    and for an unknown class.
    """
    pictures = network.batch(picture)
    if len(pictures) != 1:
        raise ValueError(f"{method} takes one picture at a time, and got {len(pictures)}")
    classes = class_numbers(network, pictures, class_)

    def scores(items: Sequence[Any], draw: Callable, report: Report | None = None) -> np.ndarray:
        found, photos = [], len(items) if len(items) >= MANY else None
        for first in range(0, len(items), batch):
            some = items[first : first + batch]
            found.append(_scores(network, draw(some), np.repeat(classes, len(some)), probability, photos))
            if report is not None:
                report(first + len(some), len(items), None)
        return np.concatenate(found)

    return pictures[0], scores


def one_or_all(network: Network, found: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    """What was found for a batch; for one picture, that picture's alone."""
    return found[0] if network.is_one(pictures) else found


def scoring_model(network: Network) -> Any:
    """A `keras.Model` from the picture to the logits alone, whatever other outputs the network has."""
    return keras().Model(network.model.inputs[0], network.logits)


def last_maps(network: Network) -> str:
    """The layer that plays the part of the slides' last maps, or else the last maps that the score has to pass through.

    These have more than one place and come out of something learned; where branches meet only as vectors, they are the
    maps before the branches part. Raises ValueError for a network without such maps, and for one that turns them into
    rows of patches and works on: there no layer's maps are the last.
    """
    try:
        return network.vgg_equivalent("block5_conv3")
    except ValueError:
        return network.compiled(_last_maps)


def _last_maps(network: Network) -> str:
    end = network.logits if network.logits is not None else network.model.outputs[network.output]
    steps = graph.way(end)
    passed = [graph.call_of(tensor) for tensor in graph.bottlenecks(end) if len(tensor.shape) == 4]
    names = [
        call.operation.name for call in passed if any(is_learned(one.operation) for one in graph.way(call.outputs[0]))
    ]
    shapes = network.shapes(names)
    names = [name for name, shape in zip(names, shapes, strict=True) if shape[0] * shape[1] > 1]
    if not names:
        raise ValueError(f"{network.name} has no maps that all of its score comes from; {_NAME_ONE}")
    behind = steps[[call.operation.name for call in steps].index(names[-1]) + 1 :]
    rows = [call.operation for call in behind if len(call.outputs[0].shape) == 3]
    rows = [operation for operation in rows if getattr(operation, "weights", [])]
    if rows:
        raise ValueError(
            f"behind {names[-1]!r}, {network.name} works on rows of patches ({rows[0].name!r}), so no maps are the "
            f"last; {_NAME_ONE}"
        )
    return names[-1]


def is_learned(operation: Any) -> bool:
    """Whether an operation holds weights of its own, other than the means and deviations of the pictures."""
    return bool(getattr(operation, "weights", ())) and not isinstance(operation, keras().layers.Normalization)


def maps_layer(network: Network, layer: str | None) -> str:
    """A layer's name, checked to have maps (rows, columns, channels); None for the last ones.

    Raises ValueError with the nearest names for an unknown layer.
    """
    layer = layer or last_maps(network)
    if len(network.output_of(layer).shape) != 4:
        raise ValueError(f"layer {layer!r} has no maps; choose one before the pooling, such as {last_maps(network)!r}")
    return layer
