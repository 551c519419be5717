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

from helpers import arguments
from helpers.ascent.entrance import resizing_left_out, sizes_left_out
from helpers.ascent.folding import folded_call
from helpers.backbones import Network, compile_once
from helpers.quiet import keras, tensorflow

CENTRE = -1  # stands for the middle row or column of a layer's maps


class Term(NamedTuple):
    """One part of an objective: kind is channel, unit, layer, logit or probability; which is a channel or a class."""

    kind: str
    layer: str | None = None
    which: int | str = 0
    row: int = CENTRE
    column: int = CENTRE


@dataclass(frozen=True)
class Objective:
    """A weighted sum of terms; objectives can be added, subtracted and multiplied by numbers."""

    terms: tuple[tuple[float, Term], ...]

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
    return Objective(((1.0, Term("channel", _name(layer), _which(number))),))


def unit(layer: str, number: int, row: int = CENTRE, column: int = CENTRE) -> Objective:
    """The value of one channel at one place of a layer's maps; the middle if no row and column are given."""
    row, column = (arguments.whole(*one, CENTRE, floats=True) for one in (("row", row), ("column", column)))
    return Objective(((1.0, Term("unit", _name(layer), _which(number), row, column)),))


def whole_layer(layer: str) -> Objective:
    """The mean of the squares of everything in a layer: DeepDream's objective."""
    return Objective(((1.0, Term("layer", _name(layer))),))


def logit(class_: str | int) -> Objective:
    """The score of a class before the softmax; for a network with one sigmoid output, -z for class 0 and z for 1."""
    return Objective(((1.0, Term("logit", None, _class(class_))),))


def probability(class_: str | int) -> Objective:
    """The probability of a class, after the softmax (or sigmoid)."""
    return Objective(((1.0, Term("probability", None, _class(class_))),))


def _name(layer: str) -> str:
    return arguments.made_by("the layer", layer, str, "its name; network.layers lists them")


def _which(number: int) -> int:
    return arguments.whole("the channel", number, floats=True)


def _class(class_: str | int) -> str | int:
    if isinstance(class_, str):
        return class_
    return arguments.whole("the class", class_, floats=True)


class Resolved(NamedTuple):
    """Objectives of one structure as numbers: structure is (kind, layer) per term; the arrays have a row per picture:
    which (n, terms), places (n, terms, 2), weights (n, terms)."""

    structure: tuple[tuple[str, str | None], ...]
    which: np.ndarray
    places: np.ndarray
    weights: np.ndarray


def resolve(network: Network, objectives: Sequence[Objective], size: tuple[int, int]) -> Resolved:
    """Turn objectives into numbers for one network and pictures of a size (height, width).

    All objectives of one call must have the same kinds and layers in the same order; channels, places, classes and
    weights may differ. Raises ValueError for another structure, an unknown layer or class, and a channel or place that
    does not exist.
    """
    structures = {tuple((term.kind, term.layer) for _, term in one.terms) for one in objectives}
    if len(structures) != 1 or not objectives[0].terms:
        raise ValueError(
            f"the {len(objectives)} objectives do not have the same kinds and layers; climb them one by one"
        )
    structure = structures.pop()
    _check(network, structure, size)
    numbers = [[_number(network, term, size) for _, term in one.terms] for one in objectives]
    places = [[(term.row, term.column) for _, term in one.terms] for one in objectives]
    weights = [[weight for weight, _ in one.terms] for one in objectives]
    # With one sigmoid output class 0 has no logit of its own: its score is -z.
    if network.logits is not None and network.logits.shape[-1] == 1:
        for row, one in enumerate(objectives):
            for at, (_, term) in enumerate(one.terms):
                if term.kind == "logit" and numbers[row][at] == 0:
                    weights[row][at] *= -1.0
    return Resolved(structure, np.array(numbers, np.int32), np.array(places, np.int32), np.array(weights, np.float32))


def compiled(network: Network, structure: tuple, turned: bool = False) -> Callable:
    """The compiled objective of a structure, made once and kept on the network: one trace for every picture size.

    It takes pictures (n, height, width, 3), which, places, weights and, when `turned`, projective transforms (n, 8)
    through which the network sees the pictures; it returns the values (n,) and their gradients by the pictures.
    """
    return network.compiled(_compile, structure, turned)


def map_model(network: Network, layers: Sequence[str] = (), logits: bool = False, sizes: bool = True) -> Callable:
    """A function from pictures of any size to a list of tensors: the layers' outputs, then the logits if wanted.

    For maps a resizing layer at the entrance (VGG16 with its classifier has one) is left out, so that they belong to
    the picture as it is; a fixed input size is no limit to them either. Pictures of the network's own size get its own
    maps in any case. sizes: False leaves out whatever brings the picture to one size.
    """
    outputs = network.features(list(layers)).outputs if layers else []
    outputs = [*outputs, network.logits] if logits else outputs
    model, instead = keras().Model(network.model.inputs[0], outputs), {}
    if all(len(output.shape) == 4 for output in outputs):
        own = tuple(side or usual for side, usual in zip(model.inputs[0].shape[1:3], network.sides, strict=True))
        instead = resizing_left_out(model, own) if sizes else sizes_left_out(model)
    call = folded_call(model, instead)  # which leaves out the check of the input's size: convolutions do not need it
    return lambda pictures: tensorflow().nest.flatten(call(pictures))


def check_size(network: Network, layers: Sequence[str], logits: bool, size: tuple[int, int]) -> None:
    """Raise ValueError if scores or units without maps are asked of a classifier that takes another picture size."""
    behind = logits or any(len(network.output_of(name).shape) != 4 for name in layers)
    fixed = fixed_size(network)
    if behind and fixed is not None and fixed != tuple(size):
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


def output_shape(network: Network, layer: str) -> tuple[int | None, ...]:
    """The shape of a layer's output, None for what depends on the picture. Raises ValueError if unknown."""
    return tuple(network.layer(_name(layer)).output.shape)


def fixed_size(network: Network) -> tuple[int, int] | None:
    """(height, width) that the classifier insists on, or None if it takes pictures of any size."""
    height, width = network.model.inputs[0].shape[1:3]
    flat = any(type(layer).__name__ == "Flatten" for layer in network.model.layers)
    return (height, width) if flat and height and width else None


def _check(network: Network, structure: tuple, size: tuple[int, int]) -> None:
    """Raise ValueError if a layer or the classifier does not exist, or insists on another size."""
    needs_logits = any(layer is None for _, layer in structure)
    if needs_logits and network.logits is None:
        raise ValueError(f"{network.name} was loaded without its classifier, so no class has a score to climb")
    check_size(network, [layer for _, layer in structure if layer is not None], needs_logits, size)


def _number(network: Network, term: Term, size: tuple[int, int]) -> int:
    """The channel's or class's number, after a check that it and its place exist."""
    if term.layer is None:
        return network.class_index(term.which)
    shape = network.output_of(term.layer).shape
    if term.kind == "layer":
        return 0
    if term.kind == "unit" and len(shape) != 4:
        raise ValueError(f"layer {term.layer!r} has no maps, so no place in them; use channel() instead of unit()")
    if not 0 <= term.which < shape[-1]:
        raise ValueError(f"channel {term.which} does not exist; layer {term.layer!r} has channels 0 to {shape[-1] - 1}")
    if term.kind == "unit" and (term.row, term.column) != (CENTRE, CENTRE):
        rows, columns = _grid(network, term.layer, size)
        if not (CENTRE <= term.row < rows and CENTRE <= term.column < columns):
            raise ValueError(
                f"place ({term.row}, {term.column}) does not exist; layer {term.layer!r} has {rows} x {columns} places"
            )
    return int(term.which)


def _grid(network: Network, layer: str, size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of a layer's maps for pictures of a size."""
    tf, outputs = tensorflow(), map_model(network, [layer])
    with one_sentence(network, size):
        traced = tf.function(outputs).get_concrete_function(tf.TensorSpec((1, *size, 3)))
    return tuple(traced.structured_outputs[0].shape[1:3])


def _compile(network: Network, structure: tuple, turned: bool) -> Callable:
    """Compiled: the weighted sum of the terms for each picture, and its gradient."""
    tf = tensorflow()
    layers = list(dict.fromkeys(layer for _, layer in structure if layer is not None))
    with_logits = any(layer is None for _, layer in structure)
    outputs_of = map_model(network, layers, with_logits)
    scale = _loss_scale(network)

    def call(pictures, which, places, weights, *transforms):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            seen = _turned(tf, pictures, network.mean_colour, transforms[0]) if turned else pictures
            outputs = [tf.cast(output, tf.float32) for output in outputs_of(seen)]
            tensors = dict(zip([*layers, None], outputs, strict=False))
            parts = [
                weights[:, at] * _value(tf, kind, tensors[layer], which[:, at], places[:, at], network.squashing)
                for at, (kind, layer) in enumerate(structure)
            ]
            values = tf.add_n(parts)
            total = tf.reduce_sum(values) * scale  # pictures do not touch each other's value
        return values, tape.gradient(total, pictures) / scale

    count = len(structure)
    behind = with_logits or any(len(network.output_of(name).shape) != 4 for name in layers)
    size = (fixed_size(network) if behind else None) or (None, None)
    signature = [tf.TensorSpec((None, *size, 3)), tf.TensorSpec((None, count), tf.int32)]
    signature += [tf.TensorSpec((None, count, 2), tf.int32), tf.TensorSpec((None, count))]
    return compile_once(call, *signature, *([tf.TensorSpec((None, 8))] if turned else []))


def _value(tf: Any, kind: str, tensor: Any, which: Any, place: Any, squashing: str | None) -> Any:
    """The value (n,) of one term for each picture; squashing: what makes probabilities of this network's scores."""
    if kind == "layer":
        return tf.reduce_mean(tf.reshape(tensor, (tf.shape(tensor)[0], -1)) ** 2, axis=1)
    if kind == "unit":
        middle = tf.shape(tensor)[1:3] // 2
        place = tf.where(place < 0, middle, place)
        return tf.gather_nd(tensor, tf.concat([place, which[:, None]], axis=1), batch_dims=1)
    if kind == "probability":
        if tensor.shape[-1] == 1:
            chance = tf.sigmoid(tensor[:, 0])
            return tf.where(which == 1, chance, 1 - chance)
        tensor = tf.sigmoid(tensor) if squashing == "sigmoid" else tf.nn.softmax(tensor)
    if len(tensor.shape) == 4:
        tensor = tf.reduce_mean(tensor, axis=(1, 2))
    if tensor.shape[-1] == 1:
        return tensor[:, 0]
    return tf.gather(tensor, which, axis=1, batch_dims=1)


def _turned(tf: Any, pictures: Any, mean_colour: np.ndarray, transforms: Any) -> Any:
    """The pictures through projective transforms; what comes in from outside has the mean colour (zero, centred)."""
    centred = pictures - mean_colour
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=centred,
        transforms=transforms,
        output_shape=tf.shape(pictures)[1:3],
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
        fill_value=0.0,
    )
    return moved + mean_colour


def _loss_scale(network: Network) -> float:
    """Gradients of a float16 network vanish below 6e-8, so they are computed at 1024 times their size."""
    return 1024.0 if any(layer.compute_dtype == "float16" for layer in network.model.layers) else 1.0
