"""Explorers of where a network looks."""

from __future__ import annotations

from collections.abc import Iterable

import ipywidgets

from helpers import images
from helpers.attribution import grad_cam
from helpers.attribution.cam import last_maps
from helpers.backbones import Network
from helpers.widgets.base import Explorer, Frame
from helpers.widgets.photos import PhotoChoice

SHOWN = 448  # pixels of the picture in the page; the network sees the same part at its own size


def grad_cam_explorer(network: Network, photo: str = "chelsea", photos: Iterable[str] | None = None) -> Explorer:
    """Grad-CAM of any class at any layer, over a sample photo or the reader's own.

    photo: the first one shown. photos: names from `datasets.photos()`, None for all. Raises ValueError when the network
    has no classifier.
    """
    if network.logits is None:
        raise ValueError(f"{network.name} was loaded without its classifier, so no class has a score to explain")
    choice = PhotoChoice(photos, photo)
    kinds = ("relu", "activation", "add", "concatenate", "convolution")
    layers = [layer.name for layer in network.layers if layer.kind in kinds and len(layer.shape) == 3]
    prediction = ipywidgets.Dropdown(description="Class", tooltip="Which class to explain: the five most probable")
    layer = ipywidgets.Dropdown(options=layers, value=last_maps(network), description="Layer", tooltip="Whose maps")
    opacity = ipywidgets.FloatSlider(
        value=0.55, min=0, max=1, step=0.05, description="Opacity", tooltip="0: photo only, 1: heat map only"
    )

    def new_photo(_=None) -> None:
        top = network.predict_top(choice.array(choice.menu.value), 5)
        prediction.options = [(f"{name} ({share:.2f})", network.class_names.index(name)) for name, share in top]
        prediction.value = prediction.options[0][1]

    def draw(photo: str, class_: int, layer: str, opacity: float) -> Frame:
        array = choice.array(photo)
        picture = network.prepare(array)
        heat = grad_cam(network, picture, class_, layer)
        name = network.class_names[class_]
        shown = images.overlay(images.prepare(array, SHOWN), heat, opacity)
        rows, columns = heat.shape
        caption = f"{photo}: Grad-CAM of {name} at {layer}, {rows} x {columns} places, maximum {heat.max():.3g}"
        return Frame(shown, caption, f'grad_cam(network, picture, "{name}", layer="{layer}")')

    choice.menu.observe(new_photo, "value")
    new_photo()
    controls = {"photo": choice, "class_": prediction, "layer": layer, "opacity": opacity}
    middle = layers[len(layers) // 2]
    strip = [{"opacity": 0.0}, *({"class_": value} for _, value in prediction.options[:3]), {"layer": middle}]
    return Explorer(controls, draw, strip, "Grad-CAM explorer")
