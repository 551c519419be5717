"""The networks as files for the page: forward with the maps of every layer, and gradients of whatever is asked for.

Both take one picture, RGB 0..255, `(1, height, width, 3)`. The gradients' objective is a sum that serves all explorers:

    sum over layers of (mean over places of A) . channels + squares * mean(A**2)  +  logits . classes

With a one in `classes` it is a class score (saliency, Grad-CAM at any layer), with a one in `channels` a filter's mean
(ascent), with a one in `squares` a layer's energy (DeepDream). Nothing built is committed: files lie in the cache
folder under a sum of all that they depend on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helpers import activations, backbones
from helpers.backbones import layers
from helpers.files import cache_folder
from tools import common
from tools.live import gradients

NETWORKS = ("squeezenet", "efficientnet_lite0")
SIDE = 224  # of the pictures in the page


class Files(NamedTuple):
    """The two files of a network, and what the page has to know of it (see `facts`)."""

    forward: bytes
    gradients: bytes
    facts: dict[str, Any]


def files(name: str) -> Files:
    """Make the files of a network, or take them from the cache folder, where their content's sum is their name."""
    network = backbones.load(name)
    parts = [name, SIDE, [hashlib.sha256(np.ascontiguousarray(one)).hexdigest() for one in network.model.get_weights()]]
    sources = [Path(__file__).read_text("utf-8"), Path(gradients.__file__).read_text("utf-8")]
    key = hashlib.sha256(json.dumps([parts, sources, _version()]).encode()).hexdigest()[:16]
    folder = cache_folder() / "live"
    made = [
        _kept(folder / f"{name}-{kind}-{key}.tflite", lambda make=make: converted(make(network)))
        for kind, make in (("forward", forward), ("gradients", objective))
    ]
    return Files(*made, facts(name, network))


def shown(network: Any) -> list[str]:
    """The layers whose maps the page shows: those that the notebooks' explorers offer first."""
    return [
        layer.name for layer in layers.map_layers(network) if layer.role not in (layers.NORMALISED, layers.BEFORE_RELU)
    ]


def facts(name: str, network: Any) -> dict[str, Any]:
    """The layers with size and receptive field, and the classes, as the page reads them."""
    named = []
    shapes = [one.shape for one in _outputs(network)[1:]]
    for layer, shape in zip(shown(network), shapes, strict=True):
        field = activations.receptive_field(network, layer, SIDE)
        named.append({"name": layer, "shape": list(shape[1:]), "field": field._asdict()})
    return {"name": name, "layers": named, "classes": list(network.class_names)}


def forward(network: Any) -> Any:
    """A compiled function: a picture in, probabilities and the maps of all shown layers out."""
    import keras
    import tensorflow as tf

    model = keras.Model(network.model.inputs[0], [network.logits, *map(network.output_of, shown(network))])

    @tf.function(input_signature=[tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32, name="picture")])
    def call(picture):
        logits, *maps = model(picture, training=False)
        return [tf.nn.softmax(logits), *maps]

    return call.get_concrete_function()


def objective(network: Any) -> Any:
    """A compiled function: picture, channels, squares, classes, guided in; logits and gradients out.

    The gradients are those with respect to the picture and to the maps of all shown layers.
    """
    import keras
    import tensorflow as tf

    model = keras.Model(network.model.inputs[0], [network.logits, *map(network.output_of, shown(network))])
    widths = [shape[-1] for shape in (one.shape for one in _outputs(network)[1:])]
    sizes = {"channels": sum(widths), "squares": len(widths), "classes": network.logits.shape[-1], "guided": 1}
    signature = [tf.TensorSpec((1, SIDE, SIDE, 3), tf.float32, name="picture")]
    signature += [tf.TensorSpec((1, size), tf.float32, name=name) for name, size in sizes.items()]

    @tf.function(input_signature=signature)
    def call(picture, channels, squares, classes, guided):
        graph = tf.compat.v1.get_default_graph()
        graph.add_to_collection(gradients.GUIDED, tf.reshape(guided, (1, 1, 1, 1)))
        with graph.gradient_override_map(gradients.overrides()):
            logits, *maps = model(picture, training=False)
        wanted, first = tf.reduce_sum(logits * classes), 0
        for at, (layer, width) in enumerate(zip(maps, widths, strict=True)):
            own = channels[:, first : first + width]
            wanted += tf.reduce_sum(tf.reduce_mean(layer, (1, 2)) * own)
            wanted += squares[0, at] * tf.reduce_mean(layer * layer)
            first += width
        return [logits, *tf.gradients(wanted, [picture, *maps])]

    return call.get_concrete_function()


def converted(function: Any, half: bool = True) -> bytes:
    """LiteRT's model of a compiled function; half: weights kept as float16, which the engine takes up as float32."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], function)
    if half:
        converter.optimizations, converter.target_spec.supported_types = [tf.lite.Optimize.DEFAULT], [tf.float16]
    return converter.convert()


def _outputs(network: Any) -> list[Any]:
    """Symbolic logits and maps at the page's size."""
    import keras

    model = keras.Model(network.model.inputs[0], [network.logits, *map(network.output_of, shown(network))])
    return model.compute_output_spec(keras.KerasTensor((1, SIDE, SIDE, 3)))


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of a file, made where it is not there; a cache that cannot be written is done without."""
    if path.is_file():
        return path.read_bytes()
    content = make()
    with contextlib.suppress(OSError):
        common.write(path, content)
    return content


def _version() -> str:
    import tensorflow as tf

    return tf.__version__
