"""The box and the table that tie the notebooks to the slides."""

import pytest

from helpers import backbones
from helpers.activations import receptive_field
from helpers.backbones.keras_applications import FAMILIES
from helpers.teaching import slides
from tools import common


def test_vgg16_column_is_what_the_graph_says():
    vgg = backbones.load("vgg16", weights=None, include_top=False, input_shape=(224, 224, 3))
    for layer, (_, stride, sees, share) in slides.VGG16_PARTS.items():
        if stride is None:
            continue
        field = receptive_field(vgg, layer)
        assert (field.stride[0], field.size[0]) == (stride, sees), layer
        assert slides.share_up_to(vgg, layer) == pytest.approx(share), layer


@pytest.mark.parametrize("name", ["efficientnet_lite0", "squeezenet"])
def test_table_names_layers_that_exist(name):
    network = backbones.load(name, weights=None)
    rows = [line.split(" | ") for line in slides.layer_table(network).splitlines()[2:]]
    assert len(rows) == len(slides.VGG16_PARTS)
    for row in rows:
        network.layer(row[5].strip("` |"))
    shares = [row[8] for row in rows[:-1]]
    assert shares[-1].startswith("100.0%")


def test_every_network_has_the_parts_that_the_notebooks_ask_for():
    parts = {f"block{number}_conv1" for number in range(1, 6)} | {"block5_conv3", "predictions"}
    for name, family in FAMILIES.items():
        assert parts <= set(family.vgg_equivalent), name
    network = backbones.load("mobilenet", weights=None, alpha=0.25)
    strides = [
        receptive_field(network, network.vgg_equivalent(f"block{number}_conv1")).stride[0] for number in range(1, 6)
    ]
    assert strides == [2, 2, 4, 8, 32]


def test_box():
    network = backbones.load("squeezenet", weights=None)
    text = slides.box("06_grad_cam", network)
    assert "African elephants" in text and "1,235,496" in text and "| last maps | `block5_conv3` | 16 | 196 px" in text
    with pytest.raises(ValueError, match="no box for '09_more'"):
        slides.box("09_more", network)


@pytest.mark.parametrize("notebook", slides.SLIDES_USE)
def test_box_names_only_what_the_notebook_can_use(notebook):
    """DATA where the notebook has that parameter, VGG16 where the slides use it, and nothing that runs already."""
    source = (common.SOURCES / f"{notebook}.py").read_text(encoding="utf-8")
    cell = source.partition('tags=["parameters"]')[2].partition("# %%")[0]
    network = backbones.load("squeezenet", weights=None)
    text = slides.box(notebook, network, "critters")
    for word in ("DATA", "PHOTO"):
        assert f"{word} = " in cell or word not in text
    assert ("cats_vs_dogs" in text) == ("DATA = " in cell)
    assert ("vgg16" in text) == ("VGG16" in slides.SLIDES_USE[notebook])
    network.name = "vgg16"
    assert "download vgg16" not in slides.box(notebook, network, "cats_vs_dogs")
    assert "download cats_vs_dogs" not in slides.box(notebook, network, "cats_vs_dogs")


def test_box_says_what_is_installed_only_of_what_is():
    network = backbones.load("mobilenet", weights=None, alpha=0.25)
    assert "comes with the installation" not in slides.box("05_filters", network)
    packaged = backbones.load("squeezenet", weights=None)
    assert "comes with the installation" in slides.box("05_filters", packaged)
    assert "comes with the installation" not in slides.box("04_activations", packaged, "cats_vs_dogs")


@pytest.mark.parametrize(
    ("data", "words"), [("folder:my_photos", "your own folder of photos"), ("mnist", "handwritten digits")]
)
def test_box_says_which_data_run_here(data, words):
    network = backbones.load("squeezenet", weights=None)
    text = slides.box("02_feature_extraction", network, data)
    assert f"parameters) on {words}" in text and "my_photos" not in text
