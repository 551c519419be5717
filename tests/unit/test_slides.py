"""The box and the table that tie the notebooks to the slides."""

import pytest

from helpers import backbones, slides
from helpers.receptive_field import receptive_field


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


def test_box(monkeypatch):
    network = backbones.load("squeezenet", weights=None)
    text = slides.box("06_grad_cam", network)
    assert "African elephants" in text and "1,235,496" in text and "| last maps | `block5_conv3` | 16 | 196 px" in text
    with pytest.raises(ValueError, match="no box for '09_more'"):
        slides.box("09_more", network)
