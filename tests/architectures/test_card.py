"""Cards: numbers of famous networks from their papers and other tables, small ones by hand, and what is refused."""

import math

import numpy as np
import pytest

from helpers.architectures import FAMOUS, block_model, lenet5, model_card, outline
from helpers.architectures.famous import C3_READS, INCEPTIONS
from helpers.backbones import as_network, graph
from helpers.runtime import keras

# Weights, multiply-adds, layers with products on the longest way, and field and stride of the last maps. AlexNet and
# VGG16: torchvision's table; ResNet-50: Keras's form without its convolutions' biases; fields: Araujo et al. 2019.
# LeNet-5: 117,600 + 1,176 + 150,000 + 400 + 48,000 + 10,080 + 840. GoogLeNet's weights: Caffe's model zoo; its field
# 27 before the blocks, then 4 for each block and 2 for each pooling, times the stride: 64 + 16 + 320 + 32 + 256.
KNOWN = {
    "LeNet-5": (60_000, 328_096, 7, 32, 4),
    "AlexNet": (61_100_840, 714_188_480, 8, 195, 32),
    "VGG16": (138_357_544, 15_470_264_320, 16, 212, 32),
    "GoogLeNet": (6_998_552, 1_582_671_872, 22, 715, 32),
    "ResNet-50": (25_557_032, 3_857_973_248, 50, 483, 32),
}
# From the tables of torchvision, timm and the papers: weights that learn, multiply-adds, field.
APPLICATIONS = {
    "ResNet50": (25_583_592, 3_857_973_248, "483 px"),  # 26,560 biases of convolutions more than the paper's
    "MobileNetV2": (3_504_872, 300_774_272, "491 px"),
    "MobileNet": (4_231_976, 568_740_352, "315 px"),
    "DenseNet121": (7_978_856, 2_834_161_664, "2071 px"),
}


@pytest.fixture(scope="module")
def cards():
    return {name: model_card(outline(build)) for name, build in FAMOUS.items()}


@pytest.mark.parametrize("name", KNOWN)
def test_famous_networks_have_their_known_numbers(cards, name):
    card = cards[name]
    found = card.parameters, card.multiply_adds, card.depth, card.field.size[0], card.field.stride[0]
    assert found == KNOWN[name]


@pytest.mark.parametrize("name", APPLICATIONS)
def test_networks_of_keras_have_the_published_numbers(name):
    card = model_card(graph.unallocated(lambda: getattr(keras().applications, name)(weights=None)))
    assert (card.parameters, card.multiply_adds, card.sees) == APPLICATIONS[name]


def test_lenets_connections_are_the_papers(cards):
    """Each unit's links and its bias: C1 to F6 as in the paper's text, and 840 to the outputs."""
    assert sum(map(len, C3_READS)) == 60 and sorted(map(len, C3_READS)) == [3] * 6 + [4] * 9 + [6]
    assert len({tuple(sorted(maps)) for maps in C3_READS}) == 16
    layers = {layer.name: layer for layer in cards["LeNet-5"].layers}
    assert [layers[name].parameters for name in ("C1", "S2", "S4", "C5", "F6")] == [156, 12, 32, 48_120, 10_164]
    c3 = [layer for name, layer in layers.items() if name.startswith("C3_")]
    assert sum(layer.parameters for layer in c3) == 1516
    linked = [layers["C1"], *c3, layers["C5"], layers["F6"]]
    links = sum(layer.multiply_adds + math.prod(layer.shape) for layer in linked)
    links += sum(math.prod(layers[name].shape) * 5 for name in ("S2", "S4"))  # four values and a bias each
    assert links + layers["F6"].shape[0] * 10 == 340_908


def test_lenet_works_and_reads_what_its_table_says():
    model = lenet5()
    digit = np.random.default_rng(0).normal(size=(2, 32, 32, 1)).astype(np.float32)
    assert np.asarray(model(digit)).shape == (2, 10)
    third = model.get_layer("C3_3")
    assert third.kernel.shape == (5, 5, 3, 1) and C3_READS[2] == [2, 3, 4]


def test_googlenets_widths_add_up_to_the_next_blocks_inputs(cards):
    """The paper's table 1, column "output size"."""
    outputs = [one + three + five + pooled for one, _, three, _, five, pooled in INCEPTIONS.values()]
    assert outputs == [256, 480, 512, 512, 512, 528, 832, 832, 1024]
    products = 112**2 * 64 * 147 + 56**2 * (64 * 64 + 192 * 9 * 64) + 1024 * 1000
    for name, inputs, row in zip(INCEPTIONS, [192, *outputs], INCEPTIONS.values(), strict=False):
        one, to_three, three, to_five, five, pooled = row
        products += {"3": 28, "4": 14, "5": 7}[name[0]] ** 2 * (
            inputs * (one + to_three + to_five + pooled) + 9 * to_three * three + 25 * to_five * five
        )
    assert products == cards["GoogLeNet"].multiply_adds
    assert sum(layer.kind == "Conv2D" and layer.window == 5 for layer in cards["GoogLeNet"].layers) == 9


def test_a_small_network_by_hand():
    k = keras()
    inputs = k.Input((10, 12, 3))
    x = k.layers.Conv2D(4, 3, 2, "same", groups=1)(inputs)  # 5 x 6 places, 27 products for each of 4 maps
    x = k.layers.BatchNormalization()(x)
    y = k.layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)  # 9 for each value
    x = k.layers.Add()([x, k.layers.ReLU()(y)])
    x = k.layers.SeparableConv2D(6, (3, 1))(x)  # 3 x 6 places; 3 for each of 4, then 4 for each of 6
    x = k.layers.Dense(2)(k.layers.Flatten()(x))
    card = model_card(k.Model(inputs, x))
    assert card.multiply_adds == 30 * 27 * 4 + 30 * 4 * 9 + 18 * (3 * 4 + 4 * 6) + 108 * 2
    assert card.parameters == (27 * 4 + 4) + 8 + 36 + (12 + 24 + 6) + (216 + 2) and card.statistics == 8
    assert card.activations == 5 * 30 * 4 + 18 * 6 + 2 and card.megabytes == pytest.approx(4 * 710 / 1e6)
    assert card.depth == 4 and card.field.size == (11, 7) and card.field.stride == (2, 2)


def test_a_network_counts_as_its_model_and_frozen_weights_stay_weights():
    k = keras()
    model = k.Sequential([k.Input((8, 8, 3)), k.layers.Conv2D(5, 3), k.layers.GlobalMaxPooling2D(), k.layers.Dense(2)])
    learned = model_card(model)
    assert learned == model_card(as_network(model))._replace(name=learned.name, layers=learned.layers)
    model.layers[0].trainable = False
    assert model_card(model).parameters == learned.parameters == 140 + 12


def test_models_inside_are_laid_open_and_layers_called_twice_cost_twice():
    k = keras()
    inner = k.Sequential([k.Input((8, 8, 4)), k.layers.Conv2D(4, 3, padding="same", use_bias=False)])
    inputs = k.Input((8, 8, 4))
    card = model_card(k.Model(inputs, inner(inner(inputs)) + inputs))
    assert (card.parameters, card.multiply_adds) == (144, 2 * 64 * 144)
    assert card.depth == 2 and card.field.size == (5, 5)


def test_a_network_of_any_size_is_counted_for_the_size_asked_for():
    k = keras()
    inputs = k.Input((None, None, 3))
    x = k.layers.Conv2D(8, 3, 2)(inputs)
    model = k.Model(inputs, k.layers.Dense(2)(k.layers.GlobalAveragePooling2D()(x * 2.0)))
    assert model_card(model, 21).multiply_adds == 100 * 27 * 8 + 16
    assert model_card(model, (21, 11)).multiply_adds == 50 * 27 * 8 + 16


def test_upsampling_and_transposed_convolutions_count_without_a_field():
    k = keras()
    inputs = k.Input((4, 4, 2))
    card = model_card(k.Model(inputs, k.layers.Conv2DTranspose(3, 2, 2, use_bias=False)(inputs)))
    assert (card.multiply_adds, card.field, card.sees) == (16 * 4 * 2 * 3, None, "-")


def _two_inputs():
    k = keras()
    one, two = k.Input((4, 4, 3)), k.Input((4, 4, 3))
    return k.Model([one, two], k.layers.Add()([one, two]))


def _own_layer():
    k = keras()

    class Own(k.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(shape=(shape[-1],), name="scale")

        def call(self, x):
            return x * self.scale

    inputs = k.Input((4, 4, 3))
    return k.Model(inputs, Own(name="mine")(inputs))


REFUSED = {
    "no model": (lambda: "vgg16", "'vgg16' is no Keras model"),
    "two inputs": (_two_inputs, "has 2 inputs"),
    "own layer": (_own_layer, r"multiply-adds of layer 'mine' \(Own\) cannot be read off"),
    "recurrent": (lambda: keras().Sequential([keras().Input((5, 3)), keras().layers.LSTM(2)]), "cannot be read off"),
    "no input": (lambda: keras().Sequential([keras().layers.Dense(2)]), "begin a Sequential with keras.Input"),
    "any size": (
        lambda: keras().Sequential([keras().Input((None, None, 3)), keras().layers.Conv2D(2, 3)]),
        "say for which",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_card_is_refused_in_one_sentence(name):
    make, words = REFUSED[name]
    with pytest.raises(ValueError, match=words) as caught:
        model_card(make())
    assert "\n" not in str(caught.value)


def test_another_size_than_a_networks_own_is_refused():
    with pytest.raises(ValueError, match="takes 14 x 14 pixels only"):
        model_card(outline(lambda: block_model("two 3x3", 4, 4, 14)), 28)


def test_an_outline_holds_no_values_and_nothing_gets_them_later():
    k = keras()
    model = outline(lambda: k.Sequential([k.Input((4,)), k.layers.Dense(3)]))
    with k.StatelessScope():
        pass
    assert model.layers[0].kernel._value is None and model.count_params() == 15
