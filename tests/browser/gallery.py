"""Every explorer of the course, as the cells of one notebook: for browser tests and measurements."""

from pathlib import Path

SETUP = """
import numpy as np
from helpers import backbones, datasets, activations, transfer
from helpers.widgets import *
network = backbones.load("efficientnet_lite0")
"""

# Two stages of made-up features: the first is noise, the second holds the class.
STAGES = """
random, parts = np.random.default_rng(0), {"train": 90, "test": 60}
labels = {part: np.arange(count) % 2 for part, count in parts.items()}
features = {part: {"early": random.normal(size=(len(y), 4)), "last": 3 * np.eye(6)[y] + random.normal(size=(len(y), 6))}
            for part, y in labels.items()}
stage_explorer(features, labels, ["cat", "dog"])
"""
UNFREEZING = """
history = {"accuracy": [0.5, 0.8], "loss": [0.9, 0.5], "val_accuracy": [0.5, 0.7], "val_loss": [0.9, 0.6]}
unfreezing_explorer(transfer.attach_head(network, ["cat", "dog"]), {0: history, 2: history})
"""
PATCHES = """
names = ("coffee", "camera", "chelsea", "rocket", "page")
pictures = np.stack([network.prepare(datasets.photo(name).array) for name in names])
from helpers.datasets.photo_collection import Collection
collection = Collection(pictures, names, np.arange(len(names)))
layers = [network.vgg_equivalent(name) for name in ("block1_conv1", "block3_conv1")]
patches_explorer(activations.top_activations(network, collection, layers, cache=False))
"""
CAMERA = """
explorers = [camera_explorer(network)]
explorers[0]
"""

# name -> the cell that shows it.
EXPLORERS = {
    "tour": "tour_explorer(network)",
    "augmentation": "augmentation_explorer(network)",
    "stage": STAGES,
    "unfreezing": UNFREEZING,
    "race": "optimizer_race()",
    "one_kernel": "one_kernel_explorer()",
    "signal": "signal_explorer()",
    "dead_relu": "dead_relu_explorer()",
    "blocks": "block_explorer()",
    "activations": "activation_explorer(network)",
    "field": "field_explorer(network)",
    "patches": PATCHES,
    "stripes": "grating_explorer(network)",
    "part": "part_explorer(network, datasets.critters(4, 40, 224))",
    "ascent": "ascent_explorer(network)",
    "grad_cam": "grad_cam_explorer(network)",
    "methods": "methods_explorer(network)",
    "occlusion": "occlusion_explorer(network)",
    "rules": "rules_explorer(network)",
    "lime": "lime_explorer(network)",
    "dream": "dream_studio(network)",
    "camera": CAMERA,
    "school": 'school_explorer(datasets.schools("exam"))',
}


# Answers for the first value at once, then only after a minute.
WAITS = """
import time
import ipywidgets
def draw(minutes):
    for _ in range(60 * minutes):
        time.sleep(1)
    return Frame(np.full((90, 160, 3), 99, "uint8"), f"waited for {minutes}")
Explorer({"minutes": ipywidgets.IntSlider(0, 0, 1, description="Wait", tooltip="Minutes")}, draw, title="Waits")
"""
# The picture of an explorer, which has its words as a name.
PICTURE = ".explorer-picture[aria-label]"
# Their Start begins work of seconds; all others draw at once.
LONG = ("ascent", "lime", "dream", "school")
# Controls that act in another view than the one that is shown first.
IDLE = {"activations": ("Order",), "ascent": ("Blur", "Decay"), "part": ("Channel",), "camera": ("Channel",)}


def name_of(control) -> str:
    """The words before a control."""
    return control.evaluate("e => e.closest('.widget-inline-hbox')?.querySelector('.widget-label')?.innerText ?? ''")


def words_of(place) -> str:
    """What the picture shows, as a screen reader is told it."""
    return place.locator(PICTURE).first.get_attribute("aria-label")


def pixels_of(place) -> str:
    """The pixels of the picture that is shown, as the data address of a PNG."""
    return place.locator(PICTURE).first.evaluate("canvas => canvas.toDataURL()")


def fingerprint_of(place) -> int:
    """A number made from all pixels, for asking often whether the picture changed: making a PNG takes far longer."""
    return place.locator(PICTURE).first.evaluate("""canvas => {
        const { width, height } = canvas;
        const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
        return new Uint32Array(pixels.buffer).reduce((sum, pixel) => (Math.imul(sum, 31) + pixel) | 0, width);
    }""")


def write(folder: Path, names: list[str], more: str = "") -> Path:
    """Write a notebook with a cell for each of these explorers, the setup (and `more`) first; return its path."""
    import nbformat.v4 as v4
    from nbformat import write as save

    cells = [v4.new_code_cell(SETUP + more), *(v4.new_code_cell(EXPLORERS.get(name, WAITS)) for name in names)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    path = folder / "gallery.ipynb"
    save(v4.new_notebook(cells=cells, metadata=kernel), path)
    return path
