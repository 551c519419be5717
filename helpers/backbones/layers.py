"""Which layers of a network have maps, and the part of each: after a ReLU, before one, projection, sum, pooling."""

from __future__ import annotations

from typing import Any, NamedTuple

from helpers.backbones import graph
from helpers.backbones.network import Network, kind_of
from helpers.backbones.own import as_network

AFTER_RELU, BEFORE_RELU, PROJECTION, NORMALISED = "after ReLU", "before ReLU", "projection", "before normalisation"
_LOOKED_THROUGH = ("BatchNormalization", "ReLU", "Activation")


class MapLayer(NamedTuple):
    """A layer with maps: its name, its role, and (rows, columns, channels) at the network's usual input size.

    role: "after ReLU"; "before ReLU" (a convolution or batch normalisation that feeds one); "projection" (one that does
    not); "before normalisation"; or what the layer does: "add", "concatenate", "max pooling", "average pooling",
    "activation" (another than ReLU), "own layer" (of a class that a student wrote).
    """

    name: str
    role: str
    shape: tuple[int, int, int]


def map_layers(network: Network | Any, *roles: str) -> list[MapLayer]:
    """Return the layers with maps that have one of the roles, in order; all of them when no role is named.

    Raises ValueError in one sentence for a network without any (no convolution).
    """
    found = as_network(network).compiled(_map_layers)
    return [layer for layer in found if not roles or layer.role in roles]


def relu_layers(network: Network | Any) -> list[MapLayer]:
    """The layers worth a view by themselves: what comes out of the ReLUs, or all layers where there is no ReLU."""
    return map_layers(network, AFTER_RELU) or map_layers(network)


def map_layer(network: Network | Any, name: str) -> MapLayer:
    """The layer of that name. Raises ValueError, with the nearest names, when it is unknown or has no maps."""
    network = as_network(network)
    known, own = {layer.name: layer for layer in map_layers(network)}, network.layer(name).name
    if own in known:
        return known[own]
    shape = network.shapes([own])[0]
    if len(shape) != 3:
        raise ValueError(f"layer {name!r} has no maps; choose one before the pooling, such as {[*known][-1]!r}")
    return MapLayer(own, "other", shape)


def _map_layers(network: Network) -> list[MapLayer]:
    calls = [call for call in graph.calls(network.model) if _role(call) and len(call.outputs[0].shape) == 4]
    calls = [call for call in calls if kind_of(call.operation) not in ("softmax", "dense")]
    if not calls:
        raise ValueError(f"{network.name} has no layer with maps; it needs a convolution")
    readers = graph.readers(network.model)
    roles = [_following(call, readers) if _role(call) == "linear" else _role(call) for call in calls]
    names = [call.operation.name for call in calls]
    return [MapLayer(*row) for row in zip(names, roles, network.shapes(names), strict=True)]


def _role(call: graph.Call) -> str:
    """A layer's role by itself; "linear" where it depends on what follows; empty for layers nobody looks at."""
    kind, does = type(call.operation).__name__, graph.does(call)
    if kind == "ReLU" or does == "relu":
        return AFTER_RELU
    if kind == "BatchNormalization" or kind.endswith("Conv2D"):
        curved = does is None and callable(getattr(call.operation, "activation", None))
        return "activation" if curved or does not in (None, "linear") else "linear"
    return kind_of(call.operation)


def _following(call: graph.Call, readers: dict[int, list[graph.Call]]) -> str:
    """The role of a linear layer: what its outputs lead to within this network."""
    after = readers.get(id(call.outputs[0]), [])
    if after and all(type(one.operation).__name__ == "BatchNormalization" for one in after):
        return NORMALISED
    return BEFORE_RELU if after and all(_role(one) == AFTER_RELU for one in after) else PROJECTION


def fed_by(network: Network | Any, name: str) -> str:
    """The kind of the nearest layer before a layer of maps that has a kernel or joins branches, such as "convolution".

    "picture" where there is none. Raises as `map_layer` does.
    """
    network = as_network(network)
    call = graph.call_of(network.output_of(map_layer(network, name).name))
    while type(call.operation).__name__ in _LOOKED_THROUGH or not kind_of(call.operation):
        if not call.inputs:
            return "picture"
        call = graph.call_of(call.inputs[0])
    return kind_of(call.operation)
