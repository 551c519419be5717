"""Which network: `load("efficientnet_lite0")` and others, one input convention, layers and logits within reach."""

from __future__ import annotations

from typing import Any, NamedTuple

from helpers.backbones import efficientnet_lite0, keras_applications, squeezenet
from helpers.backbones.forward import compile_once
from helpers.backbones.keras_applications import FAMILIES
from helpers.backbones.network import Layer, Network
from helpers.backbones.own import as_network
from helpers.backbones.packaged import imagenet_names, package_folder
from helpers.runtime import keras

__all__ = [
    "DOWNLOADS",
    "NAMES",
    "Layer",
    "Network",
    "as_network",
    "available",
    "compile_once",
    "download",
    "load",
]

PACKAGED = {"efficientnet_lite0": efficientnet_lite0, "squeezenet": squeezenet}
NAMES = (*PACKAGED, *FAMILIES)
DOWNLOADS = tuple(name + part for name in FAMILIES for part in ("", "-no-top"))


class Availability(NamedTuple):
    """One row of what is here: a network, whether its weights are on this machine, and how to bring them."""

    name: str
    here: bool
    size: str
    command: str
    meanwhile: str


def load(
    name: str = "efficientnet_lite0",
    weights: str | None = "imagenet",
    include_top: bool = True,
    input_shape: tuple[int, int, int] | None = None,
    seed: int = 0,
    **options: Any,
) -> Network:
    """Load a network: RGB pictures 0..255 go in, preprocessing is inside, class probabilities come out.

    name: one of NAMES. weights: "imagenet", or None for random ones drawn with `seed`. include_top: with the
    classifier (softmax out) or only the convolutional base (its last maps out). input_shape: (height, width, 3) to fix
    it; otherwise any size goes. options: go to `keras.applications`, for example alpha=0.25 for "mobilenet".
    Raises ValueError for an unknown name or weights, MissingError in one sentence when the weights are not here.
    """
    if name not in NAMES:
        raise ValueError(f"there is no network {name!r}; choose one of {', '.join(NAMES)}")
    if weights not in ("imagenet", None):
        raise ValueError(f"weights is {weights!r}, expected 'imagenet' or None (random weights)")
    if weights is None:
        keras().utils.set_random_seed(seed)
    packaged = PACKAGED.get(name)
    if packaged and options:
        raise ValueError(f"{name} has no option {', '.join(options)}; only the keras.applications networks have some")
    if packaged:
        inputs, outputs = packaged.build(include_top, input_shape)
        size, vgg_equivalent, mean = packaged.INPUT_SIZE, packaged.VGG_EQUIVALENT, packaged.MEAN_COLOUR
    else:
        inputs, outputs = keras_applications.build(name, include_top, weights, input_shape, **options)
        size, vgg_equivalent, mean = (
            FAMILIES[name].input_size,
            FAMILIES[name].vgg_equivalent,
            FAMILIES[name].mean_colour,
        )
    network = _network(name, inputs, outputs, include_top, size, vgg_equivalent, mean)
    if packaged and weights:
        packaged.load_weights(network.model)
    return network


def _network(name: str, inputs: Any, outputs: Any, include_top: bool, size: int, vgg_equivalent: dict, mean: tuple):
    """Put the softmax on (with the top) and gather what is known about the network."""
    if not include_top:
        model = keras().Model(inputs, outputs, name=name)
        return Network(name, model, None, size, None, _present(vgg_equivalent, model), mean)
    probabilities = keras().layers.Softmax(name="probabilities", dtype="float32")(outputs)
    model = keras().Model(inputs, probabilities, name=name)
    names = imagenet_names() if outputs.shape[-1] == 1000 else None
    return Network(name, model, outputs, size, names, _present(vgg_equivalent, model), mean)


def _present(vgg_equivalent: dict[str, str], model: Any) -> dict[str, str]:
    """Only the parts whose layers this model has (no classifier layers without the top), by their names here."""
    here = {layer.name: layer.name for layer in model.layers}
    for layer in reversed(model.layers):
        here[f"first {type(layer).__name__}"] = layer.name
    return {slide: here[layer] for slide, layer in vgg_equivalent.items() if layer in here}


def available() -> list[Availability]:
    """A row per network: is it here, its size, the command that brings it, what to use meanwhile."""
    rows = []
    for name, module in PACKAGED.items():
        here = package_folder(module.PACKAGE) is not None
        rows.append(Availability(name, here, f"{module.SIZE / 1e6:.0f} MB", "python3 course.py lab", "weights=None"))
    for label in DOWNLOADS:
        name, top = label.removesuffix("-no-top"), not label.endswith("-no-top")
        size, command = FAMILIES[name].megabytes[0 if top else 1], f"python3 course.py download {label}"
        here = keras_applications.is_here(name, top)
        rows.append(Availability(label, here, f"{size} MB", command, "efficientnet_lite0"))
    return rows


def download(label: str) -> str:
    """Bring the ImageNet weights of a network: "vgg16", "vgg16-no-top" (the base alone), "mobilenet:0.25" (alpha).

    Returns the file's path as text. Raises ValueError for an unknown name, DownloadError when it cannot be brought.
    """
    name, _, alpha = label.removesuffix("-no-top").partition(":")
    if name in PACKAGED:
        return f"{name} comes with requirements.txt; nothing to download"
    if name not in FAMILIES:
        raise ValueError(f"there are no weights named {label!r}; choose one of {', '.join(DOWNLOADS)}")
    try:
        width = float(alpha or 1.0)
    except ValueError:
        raise ValueError(
            f"the width {alpha!r} of {label!r} is not a number; expected one as in mobilenet:0.25"
        ) from None
    return str(keras_applications.download(name, not label.endswith("-no-top"), width))
