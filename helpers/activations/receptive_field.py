"""The receptive field: which pixels of the picture a unit of a layer can see.

Computed from the graph itself (kernel, stride, dilation, padding, branches). Araujo, Norris and Sim: Computing
Receptive Fields of Convolutional Neural Networks, Distill 2019.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from helpers.backbones import Network, as_network, graph

WHOLE = 10**9  # size of the field of a unit that sees the whole picture, whatever its size

_WINDOWS = ("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D")
_WHOLE = ("GlobalAveragePooling2D", "GlobalMaxPooling2D", "MultiHeadAttention")
_ENLARGING = ("UpSampling2D", "Conv2DTranspose")


class Field(NamedTuple):
    """The receptive field of a layer's units, in pixels, (vertical, horizontal).

    size: pixels a unit sees; WHOLE where it sees every pixel. stride: pixels from one unit to the next. start: the
    first pixel that unit 0 sees; negative where its field begins in the padding. grid: rows and columns of units.
    """

    size: tuple[int, int]
    stride: tuple[int, int]
    start: tuple[int, int]
    grid: tuple[int, int]

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """(top, left, bottom, right) that the unit at (row, column) sees; bottom and right lie just outside.

        The box may reach over the picture's edge, into the padding. Raises ValueError for a unit outside the grid.
        """
        if not (0 <= row < self.grid[0] and 0 <= column < self.grid[1]):
            raise ValueError(
                f"unit ({row}, {column}) does not exist; the layer has {self.grid[0]} x {self.grid[1]} units"
            )
        top, left = self.start[0] + row * self.stride[0], self.start[1] + column * self.stride[1]
        return top, left, top + self.size[0], left + self.size[1]

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """(vertical, horizontal) middle of what the unit sees, in pixels from the picture's upper left corner.

        Meaningless where the field is the whole picture, whatever its size. Raises ValueError as `box` does.
        """
        top, left, bottom, right = self.box(row, column)
        return (top + bottom) / 2, (left + right) / 2

    @property
    def middle(self) -> tuple[int, int]:
        """(row, column) of the unit in the middle of the layer."""
        return self.grid[0] // 2, self.grid[1] // 2


def receptive_field(network: Network | Any, layer: str, input_size: int | tuple[int, int] | None = None) -> Field:
    """Return the receptive field of a layer's units on a picture of `input_size` pixels (height, width).

    network: a Network or a keras.Model. With "same" padding and a stride of 2 the start depends on the input's size
    (an even side is padded on its far end only), so the size matters; None takes the network's usual one.
    Where branches meet, the field reaches from the first pixel to the last one that any branch sees. Raises ValueError
    for an unknown layer, and for one behind a layer that enlarges maps, such as UpSampling2D.
    """
    network = as_network(network)
    return _field(network, layer, input_size, {})


def receptive_fields(network: Network | Any, input_size: int | tuple[int, int] | None = None) -> dict[str, Field]:
    """The receptive field of every layer worth looking at, in order: layer name -> Field."""
    network = as_network(network)
    done: dict[int, list] = {}
    return {layer.name: _field(network, layer.name, input_size, done) for layer in network.layers}


def field_of(tensor: Any, sides: tuple[int, int], done: dict[int, list]) -> Field:
    """The receptive field of a Keras tensor of a plain graph on a picture of `sides` (height, width).

    done: what is known of other tensors of the graph; an empty dict at first. Raises ValueError behind a layer that
    enlarges maps.
    """
    axes = _trace(tensor, [(1, 1, 0, side) for side in sides], done)
    return Field(*(tuple(axis[i] for axis in axes) for i in range(4)))


def _field(network: Network, layer: str, input_size: int | tuple[int, int] | None, done: dict[int, list]) -> Field:
    fixed = network.model.inputs[0].shape[1:3]
    size = input_size or tuple(side or usual for side, usual in zip(fixed, network.sides, strict=True))
    return field_of(network.output_of(layer), (size, size) if isinstance(size, int) else size, done)


def _trace(tensor: Any, picture: list[tuple], done: dict[int, list]) -> list[tuple]:
    """(size, stride, start, units) per axis of a Keras tensor, from its producer's inputs backwards."""
    if id(tensor) in done:
        return done[id(tensor)]
    operation, sources, *_ = graph.call_of(tensor)
    branches = [_trace(source, picture, done) for source in sources]
    if not sources:
        result = picture
    else:
        fields = [_union([branch[axis] for branch in branches]) for axis in (0, 1)]
        if len(tensor.shape) != 4:  # rows and columns are gone: what is left saw all of them
            fields = [(WHOLE, stride, 0, 1) for _, stride, _, _ in fields]
        result = [_through(operation, axis, field) for axis, field in enumerate(fields)]
    done[id(tensor)] = result
    return result


def _union(fields: list[tuple]) -> tuple:
    """Where branches meet: from the earliest first pixel to the latest last one."""
    start = min(field[2] for field in fields)
    end = max(field[2] + field[0] for field in fields)
    return (min(end - start, WHOLE), max(field[1] for field in fields), start, max(field[3] for field in fields))


def _through(operation: Any, axis: int, field: tuple) -> tuple:
    """What one layer does to the field along one axis."""
    size, stride, start, units = field
    kind = type(operation).__name__
    if kind in _ENLARGING:
        raise ValueError(
            f"the field behind {operation.name!r} is not known: {kind} enlarges maps; ask for one before it"
        )
    if kind in _WHOLE:
        return WHOLE, stride, 0, 1
    if kind == "ZeroPadding2D":
        before, after = operation.padding[axis]
        return size, stride, start - before * stride, units + before + after
    if kind == "Cropping2D":
        before, after = operation.cropping[axis]
        return size, stride, start + before * stride, units - before - after
    if kind == "Resizing":  # counted in pixels of the resized picture from here on
        return size, stride, start, (operation.height, operation.width)[axis]
    if kind not in _WINDOWS:
        return field
    return _window(operation, axis, field)


def _window(operation: Any, axis: int, field: tuple) -> tuple:
    """A convolution or pooling window: it widens the field, and its stride spreads the units."""
    size, stride, start, units = field
    window = getattr(operation, "kernel_size", None) or operation.pool_size
    reach = (window[axis] - 1) * getattr(operation, "dilation_rate", (1, 1))[axis]
    step = operation.strides[axis]
    if operation.padding == "same":
        out = -(-units // step)
        padding = max((out - 1) * step + reach + 1 - units, 0) // 2  # TensorFlow pads the far end by the odd one
    else:
        out, padding = (units - reach - 1) // step + 1, 0
    return min(size + reach * stride, WHOLE), stride * step, start - padding * stride, out
