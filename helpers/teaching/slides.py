"""Ties the notebooks to the slides: which layer plays which part here, and what differs."""

from __future__ import annotations

from typing import Any

from helpers.activations import receptive_field
from helpers.activations.receptive_field import WHOLE
from helpers.backbones import Network
from helpers.backbones.keras_applications import FAMILIES

# VGG16's layers on the slides: part, stride, receptive field, share of the base's 14,714,688 parameters up to there.
VGG16_PARTS = {
    "block1_conv1": ("first convolution", 1, 3, 1_792 / 14_714_688),
    "block2_conv1": ("a texture layer", 2, 10, 112_576 / 14_714_688),
    "block3_conv1": ("a pattern layer", 4, 24, 555_328 / 14_714_688),
    "block4_conv1": ("a part-of-object layer", 8, 60, 2_915_648 / 14_714_688),
    "block5_conv1": ("first layer to unfreeze", 16, 132, 9_995_072 / 14_714_688),
    "block5_conv3": ("last maps", 16, 196, 1.0),
    "fc2": ("features before the classifier", None, None, None),
}

# What the slides of a notebook use, beside the network.
SLIDES_USE = {
    "01_augmentation": "cats and dogs, 2000 photos",
    "02_feature_extraction": "VGG16 without its classifier, at 150 px, on 2000 photos of cats and dogs",
    "03_fine_tuning": "VGG16, its last block unfrozen, on 2000 photos of cats and dogs",
    "04_activations": "a small convnet trained on cats and dogs, then VGG16",
    "05_filters": "VGG16, AlexNet and ResNet",
    "06_grad_cam": "VGG16 and the photo of African elephants",
    "07_rivals": "pictures out of the papers on saliency, guided backpropagation, occlusion and LIME",
    "08_honest_maps": "VGG16 and the photo of African elephants, and the snow behind the wolf out of the paper on LIME",
    "09_deepdream": "an Inception network and a photo of a sky",
}

# What of it can be had: the network (some slides name none), the photos of cats and dogs, a photo like theirs.
_SLIDES_NETWORK = {name: "vgg16" for name in SLIDES_USE} | {
    "01_augmentation": None,
    "07_rivals": None,
    "09_deepdream": "inception_v3",
}
_WITH_DATA = ("01_augmentation", "02_feature_extraction", "03_fine_tuning", "04_activations")
_OWN_PHOTO = {"06_grad_cam": "of elephants", "08_honest_maps": "of elephants", "09_deepdream": "of a sky"}
# Notebook 1 is not about layers, 7 and 8 need no table of them, and the slides of 9 name none of VGG16's.
_WITHOUT_TABLE = ("01_augmentation", "07_rivals", "08_honest_maps", "09_deepdream")
_CATS_VS_DOGS_MEGABYTES = 69

_DATA_HERE = {
    "critters": "drawn cat and dog faces on real photos, where we know which pixels decide",
    "mnist": "handwritten digits",
    "cats_vs_dogs": "2000 + 1000 real photos of cats and dogs",
    "folder": "your own folder of photos",
    "photos": "the sample photos of scikit-image and scikit-learn",
}
_INSTALLED = ("efficientnet_lite0", "squeezenet"), ("critters", "photos", "mnist")


def box(notebook: str, network: Network, data: str = "photos") -> str:
    """Return, as Markdown, the box that says what the slides use, what runs here, and how to bring the slides' own.

    notebook: its name, such as "06_grad_cam". data: the value of the notebook's DATA parameter, or "photos".
    Raises ValueError for a notebook without a box.
    """
    if notebook not in SLIDES_USE:
        raise ValueError(f"there is no box for {notebook!r}; notebooks with one: {', '.join(SLIDES_USE)}")
    data = data.partition(":")[0]  # "folder:my_photos" is a folder
    installed = network.name in _INSTALLED[0] and data in _INSTALLED[1]
    lines = [
        f"> **The slides use** {SLIDES_USE[notebook]}.  ",
        f"> **Here runs** `{network.name}` ({network.model.count_params():,} parameters) on "
        f"{_DATA_HERE.get(data, data)}{': everything comes with the installation' if installed else ''}.  ",
        *_slides_own(notebook, network.name, data),
        "> **Numbers differ** from the slides'. Where an *order* differs, the text says so.",
        "",
        "",
    ]
    no_table = network.name == "vgg16" or notebook in _WITHOUT_TABLE
    return "\n".join(lines) + ("" if no_table else layer_table(network))


def _slides_own(notebook: str, network: str, data: str) -> list[str]:
    """The line that says how to run what the slides use, as far as that is not running already."""
    wanted, own = [], _SLIDES_NETWORK[notebook]
    if own not in (None, network):
        megabytes = FAMILIES[own].megabytes[0]
        wanted.append(f'`python3 course.py download {own}` ({megabytes} MB), `NETWORK = "{own}"`')
    if notebook in _WITH_DATA and data != "cats_vs_dogs":
        size = _CATS_VS_DOGS_MEGABYTES
        wanted.append(f'`python3 course.py download cats_vs_dogs` ({size} MB), `DATA = "cats_vs_dogs"`')
    if notebook in _OWN_PHOTO:
        wanted.append(f"the path of a photo {_OWN_PHOTO[notebook]} for `PHOTO`")
    if not wanted:
        return []
    return [f"> **To run the slides' own,** bring it and change the parameters cell above: {'; '.join(wanted)}.  "]


def layer_table(network: Network) -> str:
    """Return, as Markdown, which layer of this network plays the part of each VGG16 layer named on the slides.

    Columns: the part, and for both networks the layer, its stride and receptive field in pixels, and the share of the
    base's parameters that lie up to it.
    """
    rows = [
        f"| part | VGG16 (slides) | stride | sees | weights so far | {network.name} | stride | sees | weights so far |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for slide, (part, stride, sees, share) in VGG16_PARTS.items():
        try:
            layer = network.vgg_equivalent(slide)
        except ValueError:
            continue
        there = f"`{slide}` | {stride or '-'} | {f'{sees} px' if sees else 'all'} | {_percent(share)}"
        rows.append(f"| {part} | {there} | {_row(network, layer, slide)} |")
    return "\n".join(rows)


def share_up_to(network: Network, layer: str) -> float:
    """The share (0..1) of the base's parameters that lie in the layers up to and with this one."""
    layers = [la for la in network.model.layers if not _is_classifier(network, la)]
    index = [la.name for la in network.model.layers].index(network.layer(layer).name)
    before = {id(la) for la in network.model.layers[: index + 1]}
    total = sum(la.count_params() for la in layers)
    return sum(la.count_params() for la in layers if id(la) in before) / total


def _row(network: Network, layer: str, slide: str) -> str:
    field = receptive_field(network, layer)
    whole = field.size[0] >= WHOLE
    share = None if slide == "fc2" else share_up_to(network, layer)
    sees = "all" if whole else f"{field.size[0]} px"
    return f"`{layer}` | {'-' if whole else field.stride[0]} | {sees} | {_percent(share)}"


def _is_classifier(network: Network, layer: Any) -> bool:
    """Dense layers, and SqueezeNet's conv10 with one map per class."""
    classes = len(network.class_names)
    return type(layer).__name__ == "Dense" or (classes > 0 and getattr(layer, "filters", None) == classes)


def _percent(share: float | None) -> str:
    if share is None:
        return "-"
    return f"{share:.1%}" if share >= 0.0005 else "< 0.1%"
