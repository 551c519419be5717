"""What Keras keeps private is used in one file only, and is still what that file takes it for."""

import re
from pathlib import Path

import numpy as np

import helpers
from helpers.backbones import graph
from helpers.runtime import keras

PRIVATE = (
    *("_keras_history", "_inbound_nodes", "_outbound_nodes", "_nodes_by_depth", "_run_through_graph", "_functional"),
    *("_inputs_struct", "_outputs_struct", "_call_context_args", "_trainable_variables", "_initial_seed", "_tracker"),
)


def test_only_one_file_uses_what_keras_keeps_private():
    folder = Path(helpers.__file__).parent
    words = re.compile("|".join(rf"\b{name}\b" for name in PRIVATE) + r"|object\.__new__")
    users = [path.relative_to(folder) for path in folder.rglob("*.py") if words.search(path.read_text("utf-8"))]
    assert users == [Path("backbones/graph.py")]


def test_keras_still_has_what_is_used():
    k = keras()
    inputs, layer, optimizer = k.Input((4,)), k.layers.Dense(2), k.optimizers.Adam()
    outputs = layer(inputs)
    model = k.Model(inputs, outputs)
    optimizer.build(model.trainable_variables)
    holders = [outputs, layer, layer, model, model, k.Sequential([k.Input((4,)), k.layers.Dense(2)])]
    holders += [model, model, k.layers.Dropout(0.5), optimizer, k.random.SeedGenerator(3), layer]
    gone = [name for name, holder in zip(PRIVATE, holders, strict=True) if not hasattr(holder, name)]
    sentence = f"Keras {k.__version__} has no {', '.join(gone)} any more; mend helpers/backbones/graph.py"
    assert not gone, sentence
    assert graph.call_of(outputs).operation is layer and graph.call_of(outputs).inputs[0] is inputs
    assert [call.operation for call in graph.calls(model)] == model.operations
    assert graph.trains(optimizer, model) and not graph.trains(optimizer, holders[5])


def test_a_twin_shares_the_weights_and_nothing_else():
    k = keras()
    inputs, layer = k.Input((4,)), k.layers.Dense(2, activation="relu")
    outputs = layer(inputs)
    twin = graph.twin(layer, activation=k.activations.linear)
    np.testing.assert_array_equal(twin.kernel, layer.kernel)
    assert twin.kernel is layer.kernel and layer.activation is k.activations.relu
    twin(inputs)
    assert len(layer._inbound_nodes) == 1 and graph.call_of(outputs).operation is layer
