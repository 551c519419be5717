"""What gradient ascent may maximise: a channel, one unit, a layer, a class score, and weighted sums of these.

    2 * channel("block5_add", 3) - unit("block5_add", 7) + 0.1 * logit("flamingo")

An objective knows no network; `climb` finds its layers, and says in one sentence what does not exist.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from helpers.activations.maps import check_channel
from helpers.attribution.targets import class_probabilities, class_scores
from helpers.backbones import Network, compile_once
from helpers.backbones.batch_norm import fold_batch_norm
from helpers.feature_visualization.entrance import resizing_left_out, sizes_left_out
from helpers.runtime import arguments, keras, tensorflow

_CENTRE = -1  # stands for the middle row or column of a layer's maps


class _Term(NamedTuple):
    """One part of an objective: kind is channel, unit, layer, logit or probability; which is a channel or a class."""

    kind: str
    layer: str | None = None
    which: int | str = 0
    row: int = _CENTRE
    column: int = _CENTRE


@dataclass(frozen=True)
class Objective:
    """A weighted sum of terms; objectives can be added, subtracted and multiplied by numbers."""

    terms: tuple[tuple[float, _Term], ...]

    def __add__(self, other: Objective) -> Objective:
        return Objective(self.terms + other.terms) if isinstance(other, Objective) else NotImplemented

    def __radd__(self, other: Any) -> Objective:  # the 0 that sum() starts with
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __mul__(self, factor: float) -> Objective:
        factor = arguments.number("the factor of an objective", factor)
        return Objective(tuple((factor * weight, term) for weight, term in self.terms))

    __rmul__ = __mul__

    def __neg__(self) -> Objective:
        return self * -1.0

    def __sub__(self, other: Objective) -> Objective:
        return self + -other


def channel(layer: str, number: int) -> Objective:
    """The mean over all places of one channel of a layer (of a layer without maps: that unit's value)."""
    return _one("channel", layer, arguments.whole("the channel", number, floats=True))


def unit(layer: str, number: int, row: int = _CENTRE, column: int = _CENTRE) -> Objective:
    """The value of one channel at one place of a layer's maps; the middle if no row and column are given."""
    place = (arguments.whole(*one, _CENTRE, floats=True) for one in (("row", row), ("column", column)))
    return _one("unit", layer, arguments.whole("the channel", number, floats=True), *place)


def whole_layer(layer: str) -> Objective:
    """The mean of the squares of everything in a layer: DeepDream's objective."""
    return _one("layer", layer)


def logit(class_: str | int) -> Objective:
    """The score of a class before the softmax; for a network with one sigmoid output, -z for class 0 and z for 1."""
    return _one("logit", None, _class(class_))


def probability(class_: str | int) -> Objective:
    """The probability of a class, after the softmax (or sigmoid)."""
    return _one("probability", None, _class(class_))


def _one(kind: str, layer: str | None, *which: Any) -> Objective:
    if kind not in ("logit", "probability"):
        arguments.made_by("the layer", layer, str, "its name; network.layers lists them")
    return Objective(((1.0, _Term(kind, layer, *which)),))


def _class(class_: str | int) -> str | int:
    return class_ if isinstance(class_, str) else arguments.whole("the class", class_, floats=True)


def gradient_of(network: Network, objectives: Sequence[Objective], size: tuple[int, int]) -> Callable:
    """The function from pictures (n, height, width, 3) of a size to the objectives' values (n,) and gradients.

    All objectives must have the same kinds and layers in the same order; channels, places, classes and weights may
    differ. Compiled once for these kinds and layers and kept on the network, for every picture size. Raises ValueError
    for another structure, an unknown layer or class, and a channel or place that does not exist.
    """
    structures = {tuple((term.kind, term.layer) for _, term in one.terms) for one in objectives}
    if len(structures) != 1 or not objectives[0].terms:
        raise ValueError(
            f"the {len(objectives)} objectives do not have the same kinds and layers; climb them one by one"
        )
    structure = structures.pop()
    check_size(network, [layer for _, layer in structure], size)
    which = np.array([[_number(network, term, size) for _, term in one.terms] for one in objectives], np.int32)
    places = np.array([[(term.row, term.column) for _, term in one.terms] for one in objectives], np.int32)
    weights = np.array([[weight for weight, _ in one.terms] for one in objectives], np.float32)
    call = network.compiled(_compile, structure)

    def gradient(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with one_sentence(network, size):
            values, slopes = call(pictures, which, places, weights)
        return values.numpy(), slopes.numpy()

    return gradient


def map_model(network: Network, layers: Sequence[str | None], sizes: bool = True) -> Callable:
    """A function from pictures of any size to a list of tensors, the layers' outputs; None stands for the logits.

    For maps a resizing layer at the entrance (VGG16 with its classifier has one) is left out, so that they belong to
    the picture as it is; a fixed input size is no limit to them either. Pictures of the network's own size get its own
    maps in any case. sizes: False leaves out whatever brings the picture to one size.
    """
    outputs = [network.logits if name is None else network.output_of(name) for name in layers]
    model, instead = keras().Model(network.model.inputs[0], outputs), {}
    if all(len(output.shape) == 4 for output in outputs):
        own = tuple(side or usual for side, usual in zip(model.inputs[0].shape[1:3], network.sides, strict=True))
        instead = resizing_left_out(model, own) if sizes else sizes_left_out(model)
    call = fold_batch_norm(
        model, instead
    )  # which leaves out the check of the input's size: convolutions do not need it
    return lambda pictures: tensorflow().nest.flatten(call(pictures))


def check_size(network: Network, layers: Sequence[str | None], size: tuple[int, int]) -> None:
    """Raise ValueError if scores (None) do not exist, or what is asked lies behind a classifier of another size."""
    if None in layers and network.logits is None:
        raise ValueError(f"{network.name} was loaded without its classifier, so no class has a score to climb")
    fixed = _fixed(network, layers)
    if fixed not in (None, tuple(size)):
        raise ValueError(
            f"the classifier of {network.name} takes {fixed[0]} x {fixed[1]} pixels only, not {size[0]} x {size[1]}; "
            f"give size={fixed[0]}, or a layer with maps"
        )


@contextlib.contextmanager
def one_sentence(network: Network, size: Sequence[int]) -> Iterator[None]:
    """Whatever TensorFlow says of a picture size that does not go through the network becomes one ValueError."""
    try:
        yield
    except (ValueError, tensorflow().errors.InvalidArgumentError) as error:
        if isinstance(error, ValueError) and "\n" not in str(error):
            raise  # a sentence already
        height, width = (side or network.input_size for side in network.model.inputs[0].shape[1:3])
        raise ValueError(
            f"{network.name} cannot take pictures of {size[0]} x {size[1]} pixels up to what is asked; "
            f"its own size is {height} x {width}"
        ) from None


def fixed_size(network: Network) -> tuple[int, int] | None:
    """(height, width) that the classifier insists on, or None if it takes pictures of any size."""
    height, width = network.model.inputs[0].shape[1:3]
    flat = any(isinstance(layer, keras().layers.Flatten) for layer in network.model.layers)
    return (height, width) if flat and height and width else None


def _fixed(network: Network, layers: Sequence[str | None]) -> tuple[int, int] | None:
    """The same where scores or units without maps are asked; maps take pictures of any size."""
    maps = all(name is not None and len(network.output_of(name).shape) == 4 for name in layers)
    return None if maps else fixed_size(network)


def _number(network: Network, term: _Term, size: tuple[int, int]) -> int:
    """The channel's or class's number, after a check that it and its place exist."""
    if term.layer is None:
        return network.class_index(term.which)
    shape = network.output_of(term.layer).shape
    if term.kind == "unit" and len(shape) != 4:
        raise ValueError(f"layer {term.layer!r} has no maps, so no place in them; use channel() instead of unit()")
    check_channel(term.which, shape[-1], f"layer {term.layer!r}")
    if (term.row, term.column) != (_CENTRE, _CENTRE):
        with one_sentence(network, size):
            maps = map_model(network, [term.layer])(tensorflow().zeros((1, *size, 3)))[0]
        rows, columns = maps.shape[1:3]
        if term.row >= rows or term.column >= columns:
            raise ValueError(
                f"place ({term.row}, {term.column}) does not exist; layer {term.layer!r} has {rows} x {columns} places"
            )
    return int(term.which)


def _compile(network: Network, structure: tuple[tuple[str, str | None], ...]) -> Callable:
    """Compiled: the weighted sum of the terms for each picture, and its gradient."""
    tf = tensorflow()
    layers = list(dict.fromkeys(layer for _, layer in structure))
    outputs_of = map_model(network, layers)
    # Gradients of a float16 network vanish below 6e-8, so they are computed at 1024 times their size.
    scale = 1024.0 if any(layer.compute_dtype == "float16" for layer in network.model.layers) else 1.0

    def call(pictures, which, places, weights):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            outputs = [tf.cast(output, tf.float32) for output in outputs_of(pictures)]
            tensors = dict(zip(layers, outputs, strict=True))
            parts = [
                weights[:, at] * _value(network, kind, tensors[layer], which[:, at], places[:, at])
                for at, (kind, layer) in enumerate(structure)
            ]
            values = tf.add_n(parts)
            total = tf.reduce_sum(values) * scale  # pictures do not touch each other's value
        return values, tape.gradient(total, pictures) / scale

    count, size = len(structure), _fixed(network, layers) or (None, None)
    signature = [tf.TensorSpec((None, *size, 3)), tf.TensorSpec((None, count), tf.int32)]
    return compile_once(call, *signature, tf.TensorSpec((None, count, 2), tf.int32), tf.TensorSpec((None, count)))


def _value(network: Network, kind: str, tensor: Any, which: Any, place: Any) -> Any:
    """The value (n,) of one term for each picture."""
    tf = tensorflow()
    if kind == "logit":
        return class_scores(tensor, which)
    if kind == "probability":
        return class_probabilities(network, tensor, which)
    if kind == "layer":
        return tf.reduce_mean(tf.reshape(tensor, (tf.shape(tensor)[0], -1)) ** 2, axis=1)
    if kind == "unit":
        place = tf.where(place < 0, tf.shape(tensor)[1:3] // 2, place)
        return tf.gather_nd(tensor, tf.concat([place, which[:, None]], axis=1), batch_dims=1)
    if len(tensor.shape) == 4:
        tensor = tf.reduce_mean(tensor, axis=(1, 2))
    return tf.gather(tensor, which, axis=1, batch_dims=1)
