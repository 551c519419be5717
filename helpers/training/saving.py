"""A network of your own in one file, and back: layers, weights, class names, and which layer plays which part."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helpers.backbones import Network, graph
from helpers.files import disk
from helpers.runtime import keras
from helpers.training import saved_file

_HDF5 = b"\x89HDF\r\n\x1a\n"  # the first bytes of Keras's older format
_OTHER = "{} was not written by training.save; open it with keras.models.load_model and give the model to as_network"


def save(network: Network, path: str | Path) -> Path:
    """Write the network to one `.keras` file, whole or not at all, and return the path.

    Keras alone can open it too (`keras.models.load_model`). Code of your own (a Lambda, a layer class) is not in the
    file; what `load` will need for it is printed. Raises ValueError for a name that ends otherwise.
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"the file is named {path.name!r}; end the name in .keras")
    path.parent.mkdir(parents=True, exist_ok=True)
    notes = {
        "name": network.name,
        "logits": None if network.logits is None else graph.call_of(network.logits).operation.name,
        "output": network.output,
        "ends": network._ends,
        "input_size": network.input_size,
        "class_names": list(network.class_names),
        "slide_layers": network._slide_layers,
        "mean_colour": [float(value) for value in np.broadcast_to(network.mean_colour, 3)],
    }
    with disk.workplace(path.parent, "saving-") as folder:
        unfinished = folder / "network.keras"
        network.model.save(unfinished)
        with zipfile.ZipFile(unfinished, "a") as archive:
            archive.writestr(saved_file.NOTES, json.dumps(notes))
        os.replace(unfinished, path)
    for note in dict.fromkeys(_needed(network)):
        print(note)
    return path


def _needed(network: Network) -> Iterator[str]:
    """A sentence for each kind of code that the file does not hold."""
    for operation in network.model.operations:
        name = type(operation).__name__
        function = getattr(operation, "activation", None)
        if callable(function) and not getattr(function, "__module__", "").startswith("keras."):
            what, argument = "has an activation of your own; make it a function with a name", "own=[that function]"
        elif name == "Lambda":
            what, argument = "is a Lambda", "trusted=True"
        elif graph.is_own(operation) and not type(operation).__module__.startswith("helpers."):
            what, argument = f"is of your own class {name}", f"own=[{name}]"
        else:
            continue
        yield f"The layer {operation.name!r} {what}; load the file with training.load(path, {argument})."


def load(path: str | Path, trusted: bool = False, own: Sequence[Any] = ()) -> Network:
    """Return the network that `save` wrote.

    trusted: run the code of Lambda layers that the file holds; do so for your own files only. own: layer classes and
    activation functions of yours that it needs. Raises ValueError, one sentence, for a missing, damaged or other file,
    and for one that needs code that is not given.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no file {path}; save a network first with training.save(network, {path.name!r})")
    if not zipfile.is_zipfile(path) and path.read_bytes()[:8] == _HDF5:
        raise ValueError(_OTHER.format(path.name))
    config, notes, numbers = saved_file.check(path)  # before anything is built from it
    if notes is None:
        raise ValueError(_OTHER.format(path.name))
    if not trusted and '"class_name": "Lambda"' in config:
        raise ValueError(
            f"{path.name} holds a Lambda layer, which is code; if the file is your own, load it with "
            f"training.load({path.name!r}, trusted=True)"
        )
    with saved_file.at_most(numbers):
        model = _model(path, trusted, own)
    try:
        return _network(model, notes)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise saved_file.damaged(path, error) from None


def _model(path: Path, trusted: bool, own: Sequence[Any]) -> Any:
    """The Keras model in a file. Raises ValueError in one sentence."""
    import helpers.training.augmentation  # noqa: F401  its layer must be known to Keras before a file that holds it is opened

    try:
        known = {one.__name__: one for one in own}
        return keras().models.load_model(path, custom_objects=known, compile=False, safe_mode=not trusted)
    except TypeError as error:
        found = re.search(r"Could not locate (?:class|function) '(\w+)'", str(error))
        name = found[1] if found else "MyLayer"
        raise ValueError(
            f"{path.name} needs a layer class or a function of your own ({name}); run the cell that defines it, then "
            f"training.load({path.name!r}, own=[{name}])"
        ) from None
    except NotImplementedError:
        raise ValueError(
            f"{path.name} holds a Lambda layer that cannot be made again; give it output_shape, and keras.ops inside"
        ) from None
    except Exception as error:  # Keras raises many kinds for what is damaged
        raise saved_file.damaged(path, error) from None


def _network(model: Any, notes: dict[str, Any]) -> Network:
    output, logits = notes.get("output", 0), None
    if notes["logits"] is not None:
        calls = {call.operation.name: call for call in graph.calls(model)}
        logits = calls[notes["logits"]].outputs[0]
        if logits is model.outputs[output]:  # a softmax in the same layer
            logits = graph.before_squashing(logits)[0]
    size = notes["input_size"]
    size = size if isinstance(size, int) else tuple(size)
    parts = (size, notes["class_names"], notes["slide_layers"], tuple(notes["mean_colour"]))
    return Network(notes["name"], model, logits, *parts, output, notes.get("ends"))
