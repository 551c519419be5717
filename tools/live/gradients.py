"""Gradients written in plain operations, because LiteRT's converter knows none of TensorFlow's own for these four.

ReLU, ReLU6, max pooling and depthwise convolution, put in place with `gradient_override_map` while tracing. Equal to
TensorFlow's up to rounding (test). The ReLUs' incoming gradient loses its negative part where a picture of the graph's
collection `GUIDED` is 1: guided backpropagation (Springenberg et al.: Striving for Simplicity, 2015, section 3.4).
"""

from __future__ import annotations

from typing import Any

GUIDED = "course_guided"
KINDS = ("Relu", "Relu6", "MaxPool", "DepthwiseConv2dNative")


def overrides() -> dict[str, str]:
    """For `gradient_override_map`: each operation and the name of its plain gradient, registered at the first call."""
    import tensorflow as tf

    try:
        for kind, gradient in zip(KINDS, (_relu, _relu6, _max_pool, _depthwise), strict=True):
            tf.RegisterGradient(f"Course{kind}")(gradient)
    except KeyError:  # they are there since the last call
        pass
    return {kind: f"Course{kind}" for kind in KINDS}


def _relu(operation: Any, incoming: Any) -> Any:
    """The incoming gradient where the output is above zero."""
    import tensorflow as tf

    return _guided(operation, incoming) * tf.cast(operation.outputs[0] > 0, tf.float32)


def _relu6(operation: Any, incoming: Any) -> Any:
    """The incoming gradient where the output lies between 0 and 6."""
    import tensorflow as tf

    output = operation.outputs[0]
    return _guided(operation, incoming) * tf.cast(output > 0, tf.float32) * tf.cast(output < 6, tf.float32)


def _guided(operation: Any, incoming: Any) -> Any:
    """The incoming gradient, without its negative part where guided backpropagation is asked for."""
    import tensorflow as tf

    (share,) = operation.graph.get_collection(GUIDED)
    return incoming + share * (tf.nn.relu(incoming) - incoming)


def _max_pool(operation: Any, incoming: Any) -> Any:
    """Each output's gradient goes to the first place of its window that equals the maximum."""
    import tensorflow as tf

    x, y = operation.inputs[0], operation.outputs[0]
    (_, high, wide, _), (_, down, right, _) = operation.get_attr("ksize"), operation.get_attr("strides")
    if operation.get_attr("padding") != b"VALID":
        raise NotImplementedError("max pooling with padding")
    _, rows, columns, _ = y.shape
    free, gradient = tf.ones_like(y), 0.0
    for row in range(high):
        for column in range(wide):
            ends = row + (rows - 1) * down + 1, column + (columns - 1) * right + 1
            own = x[:, row : ends[0] : down, column : ends[1] : right, :]
            first = tf.cast(tf.equal(own, y), tf.float32) * free
            free = free - first
            spread = _zeros_between(incoming * first, down, right)
            gradient += tf.pad(spread, [[0, 0], [row, x.shape[1] - ends[0]], [column, x.shape[2] - ends[1]], [0, 0]])
    return gradient


def _depthwise(operation: Any, incoming: Any) -> list[Any]:
    """A depthwise convolution with the kernel turned by 180 degrees, over the gradient with zeros between."""
    import tensorflow as tf

    x, kernel = operation.inputs
    _, down, right, _ = operation.get_attr("strides")
    spread, pads = _zeros_between(incoming, down, right), [[0, 0]]
    for axis in (1, 2):
        size, reach, step = kernel.shape[axis - 1], x.shape[axis], (down, right)[axis - 1]
        missing = max((incoming.shape[axis] - 1) * step + size - reach, 0)
        before = missing // 2 if operation.get_attr("padding") == b"SAME" else 0
        first = size - 1 - before
        pads.append([first, reach + size - 1 - first - spread.shape[axis]])
    turned = tf.reverse(kernel, [0, 1])
    return [tf.nn.depthwise_conv2d(tf.pad(spread, [*pads, [0, 0]]), turned, [1, 1, 1, 1], "VALID"), None]


def _zeros_between(maps: Any, down: int, right: int) -> Any:
    """Maps with `down - 1` rows and `right - 1` columns of zeros between the places."""
    import tensorflow as tf

    _, rows, columns, channels = maps.shape
    if down > 1:
        lines = tf.reshape(maps, (rows, 1, columns * channels))
        lines = tf.concat([lines, tf.zeros((rows, down - 1, columns * channels))], axis=1)
        maps = tf.reshape(lines, (1, rows * down, columns, channels))[:, : (rows - 1) * down + 1]
        rows = (rows - 1) * down + 1
    if right > 1:
        places = tf.reshape(maps, (rows * columns, 1, channels))
        places = tf.concat([places, tf.zeros((rows * columns, right - 1, channels))], axis=1)
        maps = tf.reshape(places, (1, rows, columns * right, channels))[:, :, : (columns - 1) * right + 1]
    return maps
