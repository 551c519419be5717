"""The entrance of a network: what the picture goes through before anything learned, and what of it belongs to a size.

Ascent and dreams draw pictures of many sizes. A layer that brings every picture to one size would show them all alike,
so it is left out for maps, where that changes nothing but the size; whatever else stands at the entrance stays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.attribution.targets import is_learned
from helpers.backbones import graph
from helpers.backbones.batch_norm import fold_batch_norm
from helpers.runtime import keras, tensorflow

_TO_ONE_SIZE = ("Resizing", "CenterCrop", "RandomCrop")  # whatever comes in, the same size goes out


def _entrance(model: Any) -> list[graph.Call]:
    """The calls that the picture goes through one after the other, up to a learned one or a branch."""
    readers, tensor, found = graph.readers(model), model.inputs[0], []
    while True:
        here = readers.get(id(tensor), [])
        if len(here) != 1 or is_learned(here[0].operation) or len(here[0].inputs) != 1 or len(here[0].outputs) != 1:
            return found
        found.append(here[0])
        tensor = here[0].outputs[0]


def resizing_left_out(model: Any, own: tuple[int, int]) -> dict[int, Callable]:
    """The one resizing layer at the entrance that maps may do without: its id, and what to call instead of it.

    own: (height, width) that the network usually takes; there everything stays the network's own, so a layer that
    changes that size works at it. None is left out where another layer at the entrance changes the size, too: cropping
    or padding before it, a centre crop behind it.
    """
    found = _to_one_size(model)
    if len(found) != 1 or type(found[0].operation).__name__ != "Resizing":
        return {}
    resizing, before = found[0].operation, found[0].inputs[0]
    target = (resizing.height, resizing.width)
    if not _keeps_size(model.inputs[0], before, target):
        return {}
    return {id(resizing): _as_it_is if own == target else _at_one_size(resizing, own)}


def sizes_left_out(model: Any) -> dict[int, Callable]:
    """All layers at the entrance that bring the picture to one size, each replaced by nothing."""
    return {id(node.operation): _as_it_is for node in _to_one_size(model)}


def _to_one_size(model: Any) -> list[graph.Call]:
    return [node for node in _entrance(model) if type(node.operation).__name__ in _TO_ONE_SIZE]


def _keeps_size(start: Any, end: Any, size: tuple[int, int]) -> bool:
    """Whether a picture of a size, put in at one Keras tensor, still has that size at another one."""
    if start is end:
        return True
    picture = tensorflow().zeros((1, *size, start.shape[-1]))
    return tuple(fold_batch_norm(keras().Model(start, end))(picture).shape[1:3]) == tuple(size)


def _at_one_size(layer: Any, size: tuple[int, int]) -> Callable:
    """The layer for pictures of that size, nothing for all others."""
    tf = tensorflow()

    def call(pictures: Any, **options: Any) -> Any:
        same = tf.cast(pictures, layer.compute_dtype)  # both ways out have one type
        if None not in pictures.shape[1:3]:
            return layer(pictures, **options) if tuple(pictures.shape[1:3]) == size else same
        at_home = tf.reduce_all(tf.shape(pictures)[1:3] == tf.constant(size))
        return tf.cond(at_home, lambda: layer(pictures, **options), lambda: same)

    return call


def _as_it_is(pictures: Any, **options: Any) -> Any:
    return pictures
