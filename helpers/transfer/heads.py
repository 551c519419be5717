"""A new head on a pretrained base, and which layers may learn: the network stays one flat graph.

A nested model hides its layers from everything that wants to look at them; here every layer can still be tapped.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any, NamedTuple

import numpy as np

from helpers.backbones import Network, as_network, graph
from helpers.runtime import keras
from helpers.transfer.features import before_classifier

_HEAD = ("new_pool", "new_flatten", "new_hidden", "new_dropout", "new_logits", "new_probabilities")
# MobileNet names a block's two halves conv_dw_3 and conv_pw_3; both are block 3.
_BLOCK = re.compile(r"(?:conv\d+_block|block_?|fire|mixed)\d+|conv_(?:dw|pw)_(\d+)", re.IGNORECASE)


class Counts(NamedTuple):
    """Numbers of parameters that training changes, and that it leaves alone."""

    trainable: int
    frozen: int


class Part(NamedTuple):
    """One layer with weights: how many parameters it has, how many of them would learn, whether it is normalisation."""

    name: str
    parameters: int
    learning: int
    normalisation: bool


def attach_head(
    network: Network | Any,
    class_names: list[str] | tuple[str, ...],
    layer: str | None = None,
    hidden: int = 256,
    dropout: float = 0.5,
    pooling: str = "average",
    seed: int = 0,
    strategy: Any = None,
) -> Network:
    """Return a network for new classes: the base up to `layer`, then dense (ReLU), dropout, and the new scores.

    network: a Network, or any Keras model that `as_network` takes.
    layer: None for the features before the classifier. A layer of maps is pooled ("average"), or laid out in one row
    ("flatten", as on the slides; the base must have a fixed input size). hidden: units of the dense layer, 0 leaves it
    out. Two classes get one sigmoid output, the probability of the second, so `logits` has the shape (n, 1); more get a
    softmax. The weights of the head are drawn with `seed`. The base's layers are shared with `network`, not copied:
    what training does to them, it does to both (`copied` makes an independent one). Nothing is frozen yet.
    strategy: a `tf.distribute` strategy; then the base is copied, because its variables must be made in the strategy's
    scope. Raises ValueError for fewer than two classes, an unknown layer or pooling, or a dropout rate out of range.
    """
    network = as_network(network)
    names = [class_names] if isinstance(class_names, str) else [str(name) for name in class_names]
    if len(names) < 2 or len(set(names)) < len(names):
        raise ValueError(f"the classes are {names}; give two or more different names")
    if not 0 <= dropout < 1 or hidden < 0:
        raise ValueError(f"dropout is {dropout} and hidden is {hidden}; give a rate from 0 to below 1, and 0 or more")
    if pooling not in ("average", "flatten"):
        raise ValueError(f"pooling is {pooling!r}, expected 'average' or 'flatten'")
    layer = layer or before_classifier(network)
    with scope(strategy):
        base = clone(network) if strategy is not None else network
        keras().utils.set_random_seed(seed)
        logits = _head(base.layer(layer).output, len(names), hidden, dropout, pooling, seed)
        activation = "sigmoid" if len(names) == 2 else "softmax"
        outputs = keras().layers.Activation(activation, name="new_probabilities", dtype="float32")(logits)
        model = keras().Model(base.model.inputs[0], outputs, name=f"{_word(network.name)}_new")
    return _like(base, model, logits, names)


def _head(x: Any, classes: int, hidden: int, dropout: float, pooling: str, seed: int) -> Any:
    layers = keras().layers
    if len(x.shape) == 4:
        if pooling == "flatten" and None in x.shape[1:]:
            raise ValueError("pooling='flatten' needs a base of fixed size; load it with input_shape=(150, 150, 3)")
        average = pooling == "average"
        x = (layers.GlobalAveragePooling2D(name="new_pool") if average else layers.Flatten(name="new_flatten"))(x)
    if hidden:
        x = layers.Dense(hidden, activation="relu", name="new_hidden")(x)
    if dropout:
        x = layers.Dropout(dropout, seed=seed, name="new_dropout")(x)
    return layers.Dense(1 if classes == 2 else classes, name="new_logits")(x)


def clone(network: Network) -> Network:
    """Return the same network with weights of its own: training the copy leaves the original as it is.

    Raises ValueError, with the layer's name, where a layer of one's own cannot be made a second time.
    """
    made: dict[tuple, Any] = {}
    try:
        model = keras().models.clone_model(network.model, clone_function=lambda layer: graph.second(layer, made))
    except (TypeError, ValueError, NotImplementedError) as error:
        own = [layer.name for layer in network.model.layers if graph.is_own(layer)]
        which = f"its layer {own[0]!r} is of a class of your own, which needs get_config()" if own else str(error)[:120]
        raise ValueError(f"{network.name} cannot be copied: {which.splitlines()[0]}") from None
    model.set_weights(network.model.get_weights())
    for layer, original in zip(model.layers, network.model.layers, strict=True):
        layer.trainable = original.trainable
    return _like(network, model, _logits_in(model, network), network.class_names)


def _logits_in(model: Any, network: Network) -> Any:
    """The Keras tensor in another model with the same layers that is the network's logits in its own."""
    if network.logits is None:
        return None
    call = graph.call_of(network.logits)
    if not any(call.operation is operation for operation in network.model.operations):
        return graph.before_squashing(model.outputs[network.output])[0]
    here = next(one for one in graph.calls(model) if one.operation.name == call.operation.name)
    return here.outputs[0]


def _like(network: Network, model: Any, logits: Any, class_names: list[str]) -> Network:
    """A Network around another model of the same base; slide names of layers it lacks are dropped."""
    here = {operation.name for operation in model.operations}
    slide_layers = {slide: layer for slide, layer in network._slide_layers.items() if layer in here}
    ends = {inner: layer for inner, layer in network._ends.items() if layer in here}
    colour = tuple(float(value) for value in np.broadcast_to(network.mean_colour, 3))
    output = network.output if len(model.outputs) > network.output else 0
    return Network(network.name, model, logits, network.input_size, class_names, slide_layers, colour, output, ends)


def head_start(network: Network) -> str:
    """The first layer that `attach_head` added. Raises ValueError for a network without a new head."""
    for layer in network.model.layers:
        if layer.name in _HEAD:
            return layer.name
    raise ValueError(f"{network.name} has no new head; make one with attach_head(network, class_names)")


def head_from(network: Network, after: str) -> Any:
    """Return the part of the network behind a layer as a `keras.Model` of its own, with the same weights.

    Its input is that layer's output, its output the network's. Training it trains the network. Asked twice, the same
    model is returned. Raises ValueError for an unknown layer, or when another path leads around it.
    """
    network.layer(after)
    try:
        return network.compiled(_tail, after)
    except ValueError:
        raise ValueError(f"the network cannot be cut at {after!r}: another path leads around that layer") from None


def _tail(network: Network, after: str) -> Any:
    outputs = network.model.outputs[network.output]
    return keras().Model(network.output_of(after), outputs, name=f"after_{_word(after)}")


def unfreeze_from(network: Network, layer_name: str) -> Counts:
    """Make a layer and all later ones trainable, freeze the earlier ones; return the numbers of parameters.

    `layer.trainable = reached and not a BatchNormalization`: batch normalisation stays frozen, so it keeps using the
    statistics of the pretraining, which a few small batches would spoil. `head_start(network)` freezes the whole base.
    A model that was compiled before must be compiled again. Raises ValueError for an unknown layer.
    """
    layer_name = network.layer(layer_name).name
    normalisation, reached = keras().layers.BatchNormalization, False
    for layer in network.model.layers:
        reached = reached or layer.name == layer_name
        layer.trainable = reached and not isinstance(layer, normalisation)
    return parameter_counts(network)


def parameter_counts(network: Network | Any) -> Counts:
    """Trainable and frozen parameters of a Network or a keras.Model."""
    model = getattr(network, "model", network)
    trainable = _size(model.trainable_weights)
    return Counts(trainable, _size(model.weights) - trainable)


def trainable_parameters(network: Network, layer_name: str, thaw_normalisation: bool = False) -> list[Part]:
    """What `unfreeze_from(network, layer_name)` would let learn, layer by layer, without changing anything.

    thaw_normalisation: as on the slides, without the exception for batch normalisation; then its scale and shift learn,
    too (its two stored averages never do: they move by themselves). Raises ValueError for an unknown layer.
    """
    layer_name = network.layer(layer_name).name
    found, reached = [], False
    for layer in network.model.layers:
        reached = reached or layer.name == layer_name
        normalisation = isinstance(layer, keras().layers.BatchNormalization)
        stored = 2 * layer.moving_mean.shape[0] if normalisation else 0
        learns = reached and (thaw_normalisation or not normalisation)
        if size := _size(layer.weights):
            found.append(Part(layer.name, size, size - stored if learns else 0, normalisation))
    return found


def _size(weights: list[Any]) -> int:
    return int(sum(np.prod(weight.shape) for weight in weights))


def blocks(network: Network) -> list[str]:
    """The first layer with weights of each block of the base, first block first; what stands before them is the stem.

    Raises ValueError for a network whose layers are not named by block.
    """
    first: dict[str, str] = {}
    for layer in network.model.layers:
        found = _BLOCK.match(layer.name)
        if found and layer.weights and layer.name not in _HEAD:
            first.setdefault(found[1] or found[0], layer.name)
    if not first:
        raise ValueError(f"the layers of {network.name} are not named by block; name the layer to unfreeze from")
    return list(first.values())


def frozen_boundary(network: Network, layer_name: str) -> str | None:
    """The last layer before `layer_name` that all paths from the picture lead through; None for the picture itself.

    What lies up to the boundary is frozen when the network is unfrozen from `layer_name` on. Mostly it is the layer
    just before; where a skip connection leads around that, an earlier one. Raises ValueError for an unknown layer.
    """
    operations = network.model.operations
    number = {operation.name: place for place, operation in enumerate(operations)}
    end = number[network.layer(layer_name).name]
    passed = [graph.call_of(one).operation.name for one in graph.bottlenecks(network.model.outputs[network.output])]
    places = [number[name] for name in passed if number[name] < end]
    if not places or not any(getattr(one, "weights", []) for one in operations[: places[-1] + 1]):
        return None
    return operations[places[-1]].name


def scope(strategy: Any) -> Any:
    """The scope of a `tf.distribute` strategy, in which its variables are made; nothing for None."""
    return contextlib.nullcontext() if strategy is None else strategy.scope()


def _word(name: str) -> str:
    """A name that Keras accepts for a model."""
    return re.sub(r"\W", "_", name)
