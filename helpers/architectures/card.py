"""The card of a network, read off its graph: weights, multiply-adds, depth, receptive field, memory of activations."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from helpers.activations.receptive_field import WHOLE, Field, field_of
from helpers.backbones import Network, graph
from helpers.runtime import arguments, keras

# Layers that only hand values on, in another order, with a rim or beside others: they keep no new ones.
_HANDING_ON = ("InputLayer", "Flatten", "Reshape", "Permute", "Dropout", "Identity", "Concatenate", "Take", "Squeeze")
_HANDING_ON += ("ZeroPadding2D", "Cropping2D", "SpatialDropout2D", "ExpandDims", "Cast", "GetItem", "Transpose")
_CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D")
_CONVOLUTIONS += ("SeparableConv2D",)
_TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
_KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")
_NO_PRODUCTS = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization", "PReLU")
_NO_PRODUCTS += ("Normalization", "Embedding")  # one product for each value at most; tables of costs leave them out


class LayerCost(NamedTuple):
    """One call of a layer: shape without the batch; values: how many new ones it makes for one picture.

    reads: places in the card's `layers` of those it reads. window: side of its kernel or pooling, 0 without.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    values: int
    reads: tuple[int, ...]
    window: int


class Card(NamedTuple):
    """What a network costs and sees. One multiply-add is a product and its addition; biases are not counted.

    parameters: weights that are learned; statistics of normalisations are counted apart. depth: the most layers with
    products (convolution, dense) on a way through. field: of the last maps, None where there is none. activations:
    values that the layers make for one picture, which training keeps; four bytes each.
    """

    name: str
    sides: tuple[int, ...]
    parameters: int
    statistics: int
    multiply_adds: int
    depth: int
    field: Field | None
    activations: int
    layers: tuple[LayerCost, ...]

    @property
    def megabytes(self) -> float:
        """Memory of the activations of one picture as float32, in MB (a million bytes)."""
        return 4 * self.activations / 1e6

    @property
    def sees(self) -> str:
        """The receptive field of the last maps in words."""
        if self.field is None:
            return "-"
        return "the whole picture" if max(self.field.size) >= WHOLE else f"{self.field.size[0]} px"

    def row(self) -> dict[str, Any]:
        """The numbers by their names, for `training.table`."""
        return {
            "input": " x ".join(map(str, self.sides)),
            "parameters": self.parameters,
            "multiply-adds": self.multiply_adds,
            "depth": self.depth,
            "last maps see": self.sees,
            "stride": "-" if self.field is None else str(self.field.stride[0]),
            "activations, MB": f"{self.megabytes:.2f}",
        }

    def _repr_markdown_(self) -> str:
        return f"**{self.name}**\n\n| | |\n|---|---:|\n" + "\n".join(
            f"| {name} | {value:,} |" if isinstance(value, int) else f"| {name} | {value} |"
            for name, value in self.row().items()
        )


def model_card(model: Any, input_size: int | tuple[int, int] | None = None) -> Card:
    """The card of any Keras model with one input and a graph, from the graph alone: nothing is computed.

    model: a keras.Model, functional or Sequential, models inside it laid open, or a Network. input_size: side, or
    (height, width), where the model insists on none. Raises ValueError, in one sentence, for what has no graph, more
    than one input, no size, or a layer with weights whose products cannot be read off, such as attention, recurrent
    layers and those of one's own.
    """
    plain = _plain(model.model if isinstance(model, Network) else model)
    shapes = _shapes(plain, input_size)
    calls = graph.way(*plain.outputs)
    place = {id(output): number for number, call in enumerate(calls) for output in call.outputs}
    layers = tuple(_cost(call, shapes, place) for call in calls)
    sides = shapes[id(plain.inputs[0])]
    weights, statistics = _weights(plain)
    return Card(
        getattr(model, "name", plain.name),
        sides[:-1] or sides,
        weights - statistics,
        statistics,
        sum(layer.multiply_adds for layer in layers),
        _depth(layers),
        _last_field(calls, sides),
        sum(layer.values for layer in layers),
        layers,
    )


def _plain(model: Any) -> Any:
    """The model as one flat graph. Raises ValueError where there is none."""
    if not isinstance(model, keras().Model):
        raise ValueError(
            f"{arguments.shown(model)} is no Keras model; give a keras.Model or what backbones.load returns"
        )
    if not graph.is_graph(model):
        raise ValueError(
            f"{model.name!r} ({type(model).__name__}) has no graph to read: build it with "
            f"keras.Model(inputs, outputs), or begin a Sequential with keras.Input(shape)"
        )
    if len(model.inputs) != 1:
        raise ValueError(f"{model.name!r} has {len(model.inputs)} inputs; a card is made for models with one")
    return graph.standard(model)[0]


def _shapes(model: Any, input_size: Any) -> dict[int, tuple[int, ...]]:
    """id of each tensor of the graph -> its shape without the batch, for pictures of that size."""
    fixed = tuple(model.inputs[0].shape[1:])
    if input_size is not None and len(fixed) == 3:
        asked = arguments.sides("input_size", input_size)
        if any(side not in (None, own) for side, own in zip(fixed, asked, strict=False)):
            raise ValueError(f"{model.name!r} takes {fixed[0]} x {fixed[1]} pixels only; leave input_size out")
        fixed = (*asked, fixed[-1])
    if None in fixed:
        raise ValueError(f"{model.name!r} takes any size, {fixed}; say for which: model_card(model, input_size=224)")
    calls = graph.way(*model.outputs)
    if all(None not in output.shape[1:] for call in calls for output in call.outputs):
        return {id(output): tuple(output.shape[1:]) for call in calls for output in call.outputs}
    made: dict[int, list] = {}

    def call(operation: Any, *given: Any, **options: Any) -> Any:
        found = operation.compute_output_spec(*given, **options)
        made[id(operation)] = keras().tree.flatten(found)
        return found

    picture = keras().KerasTensor((1, *fixed), dtype="float32")
    graph.run(model, picture, call)
    found = {id(model.inputs[0]): fixed}
    for step in calls:
        if id(step.operation) in made:
            for tensor, spec in zip(step.outputs, made[id(step.operation)], strict=True):
                found[id(tensor)] = tuple(spec.shape[1:])
    return found


def _cost(call: graph.Call, shapes: dict[int, tuple[int, ...]], place: dict[int, int]) -> LayerCost:
    operation = call.operation
    kind, shape = type(operation).__name__, shapes[id(call.outputs[0])]
    read = [shapes[id(tensor)] for tensor in call.inputs]
    window = getattr(operation, "kernel_size", None) or getattr(operation, "pool_size", None) or (0,)
    handed_on = kind in _HANDING_ON
    return LayerCost(
        operation.name,
        kind,
        shape,
        operation.count_params() if hasattr(operation, "count_params") else 0,
        _multiply_adds(operation, kind, shape, read),
        0 if handed_on else sum(math.prod(shapes[id(output)]) for output in call.outputs),
        tuple(place[id(tensor)] for tensor in call.inputs),
        max(window),
    )


def _multiply_adds(operation: Any, kind: str, shape: tuple[int, ...], read: list[tuple[int, ...]]) -> int:
    """Products of a layer for one picture. Raises ValueError where they cannot be read off."""
    kernels = [math.prod(getattr(operation, name).shape) for name in _KERNELS if hasattr(operation, name)]
    if getattr(operation, "data_format", None) == "channels_first":
        raise ValueError(f"layer {operation.name!r} has its channels first; a card needs them last, as in all of Keras")
    if kind in _CONVOLUTIONS or kind == "Dense":
        return sum(kernels) * math.prod(shape[:-1])
    if kind in _TRANSPOSED:
        return sum(kernels) * math.prod(read[0][:-1])
    if kind == "Matmul":
        return math.prod(shape) * read[0][-1]
    if getattr(operation, "weights", None) and kind not in _NO_PRODUCTS:
        raise ValueError(
            f"the multiply-adds of layer {operation.name!r} ({kind}) cannot be read off its graph; a card counts "
            f"convolutions, dense layers and products of matrices"
        )
    return 0


def _weights(model: Any) -> tuple[int, int]:
    """How many weights there are in all, and how many of them no gradient changes: running means, counts, seeds."""
    every = {id(weight): weight for layer in model.layers for weight in layer.weights}  # shared ones count once
    learned = {id(weight) for layer in model.layers for weight in layer.trainable_weights}
    frozen = ("kernel", "bias", "gamma", "beta", "embeddings", *_KERNELS)  # of a layer that was told not to learn
    statistics = [one for key, one in every.items() if key not in learned and one.name not in frozen]
    return tuple(sum(math.prod(one.shape) for one in part) for part in (every.values(), statistics))


def _depth(layers: tuple[LayerCost, ...]) -> int:
    deepest: list[int] = []
    for layer in layers:
        deepest.append(max((deepest[i] for i in layer.reads), default=0) + (layer.multiply_adds > 0))
    return max(deepest)


def _last_field(calls: list[graph.Call], sides: tuple[int, ...]) -> Field | None:
    """The field of the last maps; None without maps, or where it is not known."""
    maps = [call.outputs[0] for call in calls if len(call.outputs[0].shape) == 4][1:]
    if len(sides) != 3 or not maps:
        return None
    try:
        done: dict[int, list] = {}
        fields = [field_of(one, sides[:2], done) for one in maps]
    except ValueError:  # behind a layer that enlarges maps
        return None
    spread = [field for field in fields if max(field.grid) > 1] or fields
    if max(spread[-1].size) >= WHOLE:
        return spread[-1]
    return [field for field in fields if max(field.size) < WHOLE][-1]  # not those behind a global pooling
