"""Which layers of a network have maps, and the part of each: after a ReLU, before one, projection, sum, pooling."""

from __future__ import annotations

from typing import Any, NamedTuple

from helpers.backbones.network import KINDS, Network
from helpers.quiet import keras

AFTER_RELU, BEFORE_RELU, PROJECTION, NORMALISED = "after ReLU", "before ReLU", "projection", "before normalisation"
_RELUS = ("relu", "relu6")


class MapLayer(NamedTuple):
    """A layer with maps: its name, its role, and (rows, columns, channels) at the network's usual input size.

    role: "after ReLU"; "before ReLU" (a convolution or batch normalisation that feeds one); "projection" (one that does
    not); "before normalisation"; or what the layer does: "add", "concatenate", "max pooling", "average pooling",
    "activation" (another than ReLU).
    """

    name: str
    role: str
    shape: tuple[int, int, int]


def map_layers(network: Network | Any, *roles: str) -> list[MapLayer]:
    """Return the layers with maps that have one of the roles, in order; all of them when no role is named.

    Raises ValueError in one sentence for a network without any (no convolution, or all of them in a model inside).
    """
    network = as_network(network)
    found = network.compiled("map layers", lambda: _map_layers(network))
    return [layer for layer in found if not roles or layer.role in roles]


def views(network: Network | Any) -> list[MapLayer]:
    """The layers worth a view by themselves: what comes out of the ReLUs, or all layers where there is no ReLU."""
    return map_layers(network, AFTER_RELU) or map_layers(network)


def map_layer(network: Network | Any, name: str) -> MapLayer:
    """The layer of that name. Raises ValueError, with the nearest names, when it is unknown or has no maps."""
    network = as_network(network)
    known = map_layers(network)
    for layer in known:
        if layer.name == name:
            return layer
    inside = [inner.name for inner in _inner_models(network.model) if any(la.name == name for la in inner.layers)]
    if inside:
        raise ValueError(_inside(network, inside[0]))
    shape = network.layer(name).output.shape  # raises for an unknown name
    if len(shape) != 4:
        raise ValueError(f"layer {name!r} has no maps; choose one before the pooling, such as {known[-1].name!r}")
    return MapLayer(name, "other", (*_sides(network, [network.layer(name)])[0][:2], shape[-1]))


def as_network(network: Network | Any) -> Network:
    """The Network itself, or one around a keras.Model, which keeps its compiled functions from call to call."""
    if isinstance(network, Network):
        return network
    if not hasattr(network, "_course_network"):
        side = next((side for side in network.inputs[0].shape[1:3] if side), 224)
        network._course_network = Network(network.name, network, None, side)
    return network._course_network


def _map_layers(network: Network) -> list[MapLayer]:
    found = [layer for layer in network.model.layers if _role(layer) and len(layer.output.shape) == 4]
    found = [layer for layer in found if type(layer).__name__ not in ("Softmax", "Dense")]
    if not found:
        inner = _inner_models(network.model)
        if inner:
            raise ValueError(_inside(network, inner[0].name))
        raise ValueError(f"{network.name} has no layer with maps; it needs a convolution")
    own = {id(layer) for layer in network.model.layers}
    roles = [_following(layer, own) if _role(layer) == "linear" else _role(layer) for layer in found]
    shapes = _sides(network, found)
    return [MapLayer(*row) for row in zip([la.name for la in found], roles, shapes, strict=True)]


def _sides(network: Network, layers: list) -> list[tuple]:
    """(rows, columns, channels) of layers at the network's usual input size."""
    inputs = network.model.inputs[0]
    probe = keras().Model(inputs, [layer.output for layer in layers])
    size = [side or network.input_size for side in inputs.shape[1:3]]
    shapes = probe.compute_output_shape((1, *size, inputs.shape[-1]))
    shapes = [shapes] if isinstance(shapes, tuple) and not isinstance(shapes[0], tuple) else shapes
    return [tuple(shape[1:]) for shape in shapes]


def _role(layer: Any) -> str:
    """A layer's role by itself; "linear" where it depends on what follows; empty for layers nobody looks at."""
    kind = type(layer).__name__
    if kind == "ReLU" or getattr(getattr(layer, "activation", None), "__name__", "") in _RELUS:
        return AFTER_RELU
    if kind == "BatchNormalization" or kind.endswith("Conv2D"):
        return (
            "linear" if getattr(getattr(layer, "activation", None), "__name__", "linear") == "linear" else "activation"
        )
    return KINDS.get(kind, "")


def _following(layer: Any, own: set[int]) -> str:
    """The role of a linear layer: what its outputs lead to within this network."""
    after = [node.operation for node in layer._outbound_nodes if id(node.operation) in own]
    if after and all(type(one).__name__ == "BatchNormalization" for one in after):
        return NORMALISED
    return BEFORE_RELU if after and all(_role(one) == AFTER_RELU for one in after) else PROJECTION


def _inner_models(model: Any) -> list:
    return [layer for layer in model.layers if isinstance(layer, keras().Model)]


def _inside(network: Network, inner: str) -> str:
    return (
        f"the layers of {network.name} lie in a model inside it, {inner!r}, where they cannot be tapped; build it flat "
        f"with heads.attach_head, or look into the inner model alone: network.layer({inner!r})"
    )


def fed_by(network: Network | Any, name: str) -> str:
    """The kind of the nearest layer before a layer of maps that has a kernel or joins branches, such as "convolution".

    "picture" where there is none. Raises as `map_layer` does.
    """
    network = as_network(network)
    operation = network.layer(map_layer(network, name).name)
    skipped = ("BatchNormalization", "ReLU", "Activation")
    while type(operation).__name__ in skipped or type(operation).__name__ not in KINDS:
        sources = operation._inbound_nodes[0].input_tensors
        if not sources:
            return "picture"
        operation = sources[0]._keras_history.operation
    return KINDS[type(operation).__name__]
