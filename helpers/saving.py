"""A network of your own in one file, and back: layers, weights, class names, and which layer plays which part."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from pathlib import Path

from helpers.backbones.network import Network
from helpers.quiet import keras

_NOTES = "course.json"  # beside Keras's own files in the archive, which Keras leaves alone


def save(network: Network, path: str | Path) -> Path:
    """Write the network to one `.keras` file, whole or not at all, and return the path.

    Keras alone can open it too (`keras.models.load_model`). Raises ValueError for a name that ends otherwise.
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise ValueError(f"the file is named {path.name!r}; end the name in .keras")
    path.parent.mkdir(parents=True, exist_ok=True)
    notes = {
        "name": network.name,
        "logits": None if network.logits is None else network.logits._keras_history.operation.name,
        "input_size": network.input_size,
        "class_names": list(network.class_names),
        "slide_layers": network._slide_layers,
        "mean_colour": [float(value) for value in network.mean_colour],
    }
    with tempfile.TemporaryDirectory(prefix="saving-", dir=path.parent) as folder:
        unfinished = Path(folder) / "network.keras"
        network.model.save(unfinished)
        with zipfile.ZipFile(unfinished, "a") as archive:
            archive.writestr(_NOTES, json.dumps(notes))
        os.replace(unfinished, path)
    return path


def load(path: str | Path) -> Network:
    """Return the network that `save` wrote. Raises ValueError, one sentence, for a missing, damaged or other file."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no file {path}; save a network first with saving.save(network, {path.name!r})")
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:
                raise zipfile.BadZipFile
            notes = json.loads(archive.read(_NOTES))
        model = keras().models.load_model(path)
    except KeyError:
        raise ValueError(f"{path.name} was not written by saving.save; open it with keras.models.load_model") from None
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        if isinstance(error, OSError) and not isinstance(error, zipfile.BadZipFile) and error.errno is not None:
            raise
        raise ValueError(f"{path.name} is damaged or holds no network; save it again") from None
    logits = None if notes["logits"] is None else model.get_layer(notes["logits"]).output
    parts = (notes["input_size"], notes["class_names"], notes["slide_layers"], tuple(notes["mean_colour"]))
    return Network(notes["name"], model, logits, *parts)
