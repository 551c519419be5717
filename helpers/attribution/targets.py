"""What a map explains: the score of a class before the softmax, or one unit of a layer; on any network, built once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from helpers.backbones import Network, compile_model, compile_once
from helpers.quiet import keras, tensorflow

SQUASHING = ("softmax", "sigmoid")


def class_numbers(network: Network, batch: np.ndarray, class_: Any) -> np.ndarray:
    """One class number per picture of the batch, from names, numbers, one for all, or None for the most probable.

    Raises ValueError for an unknown class, another number of classes than pictures, or a network without a classifier.
    """
    needs_classifier(network)
    if class_ is None:
        scores = logits(network, batch)
        return (scores.argmax(axis=1) if scores.shape[1] > 1 else scores[:, 0] > 0).astype(np.int32)
    names = [class_] * len(batch) if isinstance(class_, str | int | np.integer) else list(class_)
    if len(names) != len(batch):
        raise ValueError(f"{len(names)} classes for {len(batch)} pictures; give one class, or one per picture")
    return np.array([class_number(network, name) for name in names], dtype=np.int32)


def class_number(network: Network, class_: str | int) -> int:
    """The number of one class, also on a network whose classes have no names. Raises ValueError as `class_index`."""
    needs_classifier(network)
    classes = max(int(network.logits.shape[-1]), 2)
    if network.class_names or not isinstance(class_, int | np.integer):
        return network.class_index(class_)
    if not 0 <= class_ < classes:
        raise ValueError(f"class {class_} does not exist; {network.name} has classes 0 to {classes - 1}")
    return int(class_)


def needs_classifier(network: Network) -> None:
    """Raise ValueError for a network that has no scores to explain."""
    if network.logits is None:
        raise ValueError(f"{network.name} was loaded without its classifier, so no class has a score to explain")


def class_scores(logits: Any, classes: Any) -> Any:
    """The logit of each picture's class, a tensor (n,), inside a compiled function; -z for class 0 of a sigmoid."""
    tf = tensorflow()
    logits = tf.cast(logits, tf.float32)
    if logits.shape[-1] == 1:
        return tf.where(classes == 1, logits[:, 0], -logits[:, 0])
    return tf.gather(logits, classes, axis=1, batch_dims=1)


def class_probabilities(logits: Any, classes: Any) -> Any:
    """The probability of each picture's class, a tensor (n,), inside a compiled function."""
    tf = tensorflow()
    logits = tf.cast(logits, tf.float32)
    if logits.shape[-1] == 1:
        return tf.sigmoid(class_scores(logits, classes))
    return tf.gather(tf.nn.softmax(logits), classes, axis=1, batch_dims=1)


def logits(network: Network, pictures: np.ndarray) -> np.ndarray:
    """The values before the softmax (or sigmoid), float32 (n, classes); also of a network with several outputs."""
    needs_classifier(network)
    if network.logits_inside:
        return network.scores(pictures)[0]
    function = network.compiled("logits", lambda: compile_model(scoring_model(network)))
    return function(network.batch(pictures)).numpy().astype(np.float32)


def class_score(network: Network, pictures: np.ndarray, class_: Any = None, probability: bool = False) -> np.ndarray:
    """The score of one class per picture, float32 (n,): its logit, or its probability.

    pictures: (height, width, 3) or a batch of them, RGB 0..255. class_: as in `grad_cam`. Raises ValueError alike.
    """
    batch = network.batch(pictures)
    return scorer(network, probability)(batch, class_numbers(network, batch, class_))


def scorer(network: Network, probability: bool = False) -> Callable:
    """A function (pictures, class numbers) -> scores, float32 (n,), that perturbation methods call again and again."""
    needs_classifier(network)
    pick = class_probabilities if probability else class_scores
    return lambda pictures, classes: pick(logits(network, pictures), classes).numpy()


def scoring_model(network: Network) -> Any:
    """A `keras.Model` from the picture to the logits alone, whatever other outputs the network has."""
    return keras().Model(network.model.inputs[0], network.logits)


def picture_spec(network: Network) -> Any:
    """The signature of a batch of pictures for this network."""
    return tensorflow().TensorSpec((None, *network.model.inputs[0].shape[1:]), "float32")


def last_maps(network: Network) -> str:
    """The layer that plays the part of the slides' last maps, or else the last layer with maps (rows and columns)."""
    try:
        return network.on_slide("block5_conv3")
    except ValueError:
        with_maps = [layer.name for layer in network.model.layers if len(output_of(layer).shape) == 4]
    inputs = {tensor._keras_history.operation.name for tensor in network.model.inputs}
    with_maps = [name for name in with_maps if name not in inputs]  # the picture itself is one
    if not with_maps:
        raise ValueError(f"{network.name} has no layer with maps; Grad-CAM needs a convolution")
    return with_maps[-1]


def maps_layer(network: Network, layer: str | None) -> str:
    """A layer's name, checked to have maps (rows, columns, channels); None for the last ones.

    Raises ValueError with the nearest names for an unknown layer, and says what to do for one inside a nested model.
    """
    layer = layer or last_maps(network)
    if len(layer_output(network, layer).shape) != 4:
        raise ValueError(f"layer {layer!r} has no maps; choose one before the pooling, such as {last_maps(network)!r}")
    return layer


def layer_output(network: Network, layer: str) -> Any:
    """The Keras tensor that a layer puts out. Raises ValueError as `maps_layer`."""
    here = [one.name for one in network.model.layers]
    if layer not in here:
        for nested in network.model.layers:
            if hasattr(nested, "layers") and layer in [inner.name for inner in nested.layers]:
                raise ValueError(
                    f"layer {layer!r} lies inside the nested model {nested.name!r}, out of reach; use {nested.name!r} "
                    f"itself, or build the head on the base's own tensors with transfer.attach_head(base, class_names)"
                )
    return _output_in(network.model, network.layer(layer))


def maps_of(network: Network, batch: np.ndarray, layer: Any) -> np.ndarray:
    """A layer's output for a batch, float32 (n, ...), also of a nested model and in mixed precision.

    layer: its name, or its output, a Keras tensor.
    """
    tf, name = tensorflow(), layer if isinstance(layer, str) else layer._keras_history.operation.name

    def build() -> Callable:
        output = layer_output(network, layer) if isinstance(layer, str) else layer
        model = keras().Model(network.model.inputs[0], output)
        return compile_once(
            lambda pictures: tf.cast(model(pictures, training=False), tf.float32), picture_spec(network)
        )

    return network.compiled(("maps", name), build)(network.batch(batch)).numpy()


def _output_in(model: Any, layer: Any) -> Any:
    """A layer's output in this model's graph; a nested model's own `output` belongs to its inner graph."""
    if not hasattr(layer, "layers"):
        return output_of(layer)
    for node in layer._inbound_nodes:
        try:
            keras().Model(model.inputs[0], node.output_tensors[0])
        except ValueError:  # a call in some other model
            continue
        return node.output_tensors[0]
    raise ValueError(f"the nested model {layer.name!r} is not connected; build the head on its own tensors instead")


def output_of(layer: Any) -> Any:
    """A layer's output, the first one where it has several."""
    return layer.output[0] if isinstance(layer.output, list | tuple) else layer.output


def as_network(
    model: Any,
    class_names: Sequence[str] = (),
    output: int = 0,
    mean_colour: tuple[float, float, float] = (127.5, 127.5, 127.5),
) -> Network:
    """Wrap any Keras model of your own, so that every method of the course can explain it.

    model: functional or Sequential; it takes RGB pictures 0..255, so its preprocessing must be inside. output: which
    one to explain, of a model with several. mean_colour: the RGB colour that its preprocessing turns into zero.
    A softmax or sigmoid at the end is left out of the logits; the weights are shared, and the model stays as it is.
    Raises ValueError for an output that does not exist or is no vector of class scores.
    """
    if not 0 <= output < len(model.outputs):
        raise ValueError(f"the model has no output {output}; it has {len(model.outputs)}, counted from 0")
    tensor = model.outputs[output]
    if len(tensor.shape) != 2:
        raise ValueError(f"output {output} has the shape {tuple(tensor.shape)}, expected (pictures, classes)")
    size = model.inputs[0].shape[1] or 224
    name = getattr(model, "name", "your model")
    return Network(name, model, before_squashing(tensor), size, list(class_names), {}, mean_colour)


def before_squashing(tensor: Any) -> Any:
    """The Keras tensor before the softmax or sigmoid that made `tensor`; the tensor itself where there is none."""
    operation, node, _ = tensor._keras_history
    before = operation._inbound_nodes[node].input_tensors[0]
    if type(operation).__name__ == "Softmax":
        return before
    activation = getattr(getattr(operation, "activation", None), "__name__", "")
    if activation not in SQUASHING:
        return tensor
    if type(operation).__name__ == "Activation":
        return before
    return twin(operation, activation=keras().activations.linear)(before)


def twin(operation: Any, **changed: Any) -> Any:
    """A second layer with the same weights and settings but for what is `changed`; the first one stays untouched.

    `keras.models.clone_model` would make new weights, and setting the attribute would change everybody's layer.
    """
    made = object.__new__(type(operation))
    made.__dict__.update(operation.__dict__, _inbound_nodes=[], _outbound_nodes=[], **changed)
    return made
