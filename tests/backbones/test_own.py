"""Networks as students build them: each becomes one plain graph, about which every method tells the truth."""

import random
import threading

import numpy as np
import pytest

from helpers import activations, backbones, feature_visualization, training, transfer
from helpers.activations import effective_receptive_field, receptive_field
from helpers.attribution import (
    class_activation_map,
    class_score,
    grad_cam,
    guided_backprop,
    input_gradient,
    integrated_gradients,
    lime,
    logits,
    occlusion,
    rule_gradient,
    saliency,
    smooth_grad,
)
from helpers.attribution.sanity import cascade, randomised
from helpers.attribution.targets import last_maps
from helpers.backbones import Network, as_network, batch_norm, graph, layers
from helpers.datasets.photo_collection import Collection
from helpers.images import transform
from helpers.runtime import keras, tensorflow
from helpers.transfer import features
from tests import small_networks

SIZE = 12


def picture(channels: int = 3, height: int = SIZE, width: int = SIZE, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, (height, width, channels)).astype(np.float32)


def base(name: str = "base", size: int = SIZE):
    """Two convolutions; the second one's batch normalisation and ReLU end it."""
    k = keras()
    k.utils.set_random_seed(1)
    inputs = k.Input((size, size, 3))
    x = k.layers.Conv2D(4, 3, activation="relu", name="first")(inputs)
    x = k.layers.BatchNormalization(name="norm")(k.layers.Conv2D(5, 3, strides=2, name="second")(x))
    return k.Model(inputs, k.layers.ReLU(name="end")(x), name=name)


def model(head, body=None, scale=True, size: int = SIZE):
    """A Keras model: 1/255, the body, an average over places, the head; returns (model, average before the head)."""
    k = keras()
    inputs = k.Input((size, size, 3))
    x = k.layers.Rescaling(1 / 255)(inputs) if scale else inputs
    x = (body or base())(x)
    average = k.layers.GlobalAveragePooling2D(name="average")(x)
    return k.Model(inputs, head(average)), k.Model(inputs, average)


def dense(units: int = 3, **options):
    keras().utils.set_random_seed(2)
    return keras().layers.Dense(units, name="scores", **options)


def own_softmax():
    class Mine(keras().layers.Layer):
        def call(self, x):
            return keras().ops.exp(x) / keras().ops.sum(keras().ops.exp(x), axis=-1, keepdims=True)

    return Mine(name="mine")


def softmax(z: np.ndarray) -> np.ndarray:
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


SOFTMAXES = {
    "by name": lambda x: dense(activation="softmax")(x),
    "tf.nn.softmax": lambda x: dense(activation=tensorflow().nn.softmax)(x),
    "a layer as activation": lambda x: dense(activation=keras().layers.Softmax())(x),
    "lambda as activation": lambda x: dense(activation=lambda z: tensorflow().nn.softmax(z))(x),
    "layers.Softmax": lambda x: keras().layers.Softmax()(dense()(x)),
    "layers.Activation": lambda x: keras().layers.Activation("softmax")(dense()(x)),
    "Lambda": lambda x: keras().layers.Lambda(lambda z: tensorflow().nn.softmax(z))(dense()(x)),
    "keras.ops": lambda x: keras().ops.softmax(dense()(x)),
    "an own layer": lambda x: own_softmax()(dense()(x)),
    "behind a Reshape": lambda x: keras().layers.Reshape((3,))(
        dense(activation="softmax")(keras().layers.Reshape((1, 1, 5))(x))
    ),
    "in a classifier inside": lambda x: _classifier_inside()(x),
    "dropout and identity behind it": lambda x: keras().layers.Activation("linear")(dense(activation="softmax")(x)),
}


def _classifier_inside():
    inputs = keras().Input((5,))
    return keras().Model(inputs, dense(activation="softmax")(inputs), name="classifier")


@pytest.mark.parametrize("head", SOFTMAXES)
def test_logits_are_the_values_before_the_softmax_however_it_is_written(head):
    whole, average = model(SOFTMAXES[head])
    kernel, bias = whole.get_weights()[-2:]
    photo = picture()
    expected = np.asarray(average(photo[None])) @ kernel + bias  # the dense layer by hand
    network = as_network(whole, ["a", "b", "c"])
    np.testing.assert_allclose(logits(network, photo), expected, atol=1e-5)
    np.testing.assert_allclose(network.probabilities(photo), softmax(expected), atol=1e-6)
    np.testing.assert_allclose(logits(transfer.clone(network), photo), expected, atol=1e-5)


def test_logits_of_a_randomised_copy_are_logits():
    whole, average = model(SOFTMAXES["by name"])
    made, photo = randomised(as_network(whole), "scores", seed=0), picture()
    kernel, bias = made.layer("scores").get_weights()
    np.testing.assert_allclose(logits(made, photo), np.asarray(average(photo[None])) @ kernel + bias, atol=1e-5)


@pytest.mark.parametrize("head", ["by name", "Lambda", "an own layer", "in a classifier inside", "tf.nn.softmax"])
def test_saved_logits_are_logits(head, tmp_path):
    whole, average = model(SOFTMAXES[head])
    network, photo = as_network(whole), picture()
    again = training.load(training.save(network, tmp_path / "mine.keras"))
    kernel, bias = whole.get_weights()[-2:]
    np.testing.assert_allclose(logits(again, photo), np.asarray(average(photo[None])) @ kernel + bias, atol=1e-5)
    np.testing.assert_allclose(grad_cam(again, photo, 1), grad_cam(network, photo, 1), atol=1e-6)


def test_a_softmax_out_of_reach_is_refused():
    k = keras()
    members = [k.Model(m.inputs[0], m.outputs[0], name=f"member{i}") for i, m in enumerate([_whole(), _whole()])]
    inputs = k.Input((SIZE, SIZE, 3))
    with pytest.raises(ValueError, match="sum to 1, so a softmax is hidden in its layer 'mean'"):
        as_network(k.Model(inputs, k.layers.Average(name="mean")([member(inputs) for member in members])))


def _whole(**options):
    return model(lambda x: dense(activation="softmax", **options)(x))[0]


def test_many_sigmoids_are_independent():
    whole, average = model(lambda x: dense(activation="sigmoid")(x))
    photo, network = picture(), as_network(whole)
    z = np.asarray(average(photo[None])) @ whole.get_weights()[-2] + whole.get_weights()[-1]
    np.testing.assert_allclose(network.probabilities(photo), sigmoid(z), atol=1e-6)
    for number in range(3):
        np.testing.assert_allclose(
            class_score(network, photo, number, probability=True), sigmoid(z)[:, number], atol=1e-6
        )
        # d p / d x = p (1 - p) d z / d x
        slope = sigmoid(z)[0, number] * (1 - sigmoid(z)[0, number])
        np.testing.assert_allclose(
            input_gradient(network, photo, number, after_softmax=True),
            input_gradient(network, photo, number) * slope,
            atol=1e-7,
        )


def test_scores_without_a_softmax_are_no_probabilities():
    whole, _ = model(lambda x: dense()(x))
    whole.layers[-1].set_weights([4 * w for w in whole.layers[-1].get_weights()])
    photo, network = picture(), as_network(whole)
    z = np.asarray(whole(photo[None]))
    np.testing.assert_allclose(logits(network, photo), z, atol=1e-5)
    np.testing.assert_allclose(network.probabilities(photo), softmax(z), atol=1e-6)


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_output_has_two_classes(activation):
    whole, average = model(lambda x: dense(1, activation=activation)(x))
    network, photo = as_network(whole, ["cats", "dogs"]), picture()
    z = float((np.asarray(average(photo[None])) @ whole.get_weights()[-2] + whole.get_weights()[-1])[0, 0])
    np.testing.assert_allclose(network.probabilities(photo), [[1 - sigmoid(z), sigmoid(z)]], atol=1e-6)
    top = dict(network.predict_top(np.full((40, 40, 3), 200, np.uint8)))
    share = network.probabilities(network.prepare(np.full((40, 40, 3), 200, np.uint8)))[0]
    assert top == {"cats": pytest.approx(share[0]), "dogs": pytest.approx(share[1])}
    for number, expected in enumerate((-z, z)):
        np.testing.assert_allclose(class_score(network, photo, number), [expected], atol=1e-5)


# Names -----------------------------------------------------------------------------------------------------------


def test_names_are_found_as_they_are_written():
    network = as_network(_whole(), ["house_cat", "Guinea_Pig", "polar bear"])
    for number, spelt in enumerate(["house_cat", "guinea pig", "Polar_Bear"]):
        assert network.class_index(spelt) == number
    twice = as_network(_whole(), ["crane", "cat", "crane"])
    assert [twice.class_label(i) for i in range(3)] == ["crane (0)", "cat", "crane (2)"]
    for label, number in (("crane (2)", 2), ("cat", 1), (2.0, 2), (np.int64(0), 0)):
        assert twice.class_index(label) == number
    with pytest.raises(ValueError, match="means two classes; say which by its number: 0 or 2"):
        twice.class_index("crane")
    for label, _ in twice.predict_top(picture().astype(np.uint8)):
        assert grad_cam(twice, picture(), label).shape == (4, 4)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (None, ["class 0", "class 1", "class 2"]),
        ([7, 8, 9], ["7", "8", "9"]),
        ({"b": 1, "a": 0, "c": 2}, ["a", "b", "c"]),
        ({2: "c", 0: "a", 1: "b"}, ["a", "b", "c"]),
        (np.array(["a", "b", "c"]), ["a", "b", "c"]),
    ],
)
def test_class_names_as_they_come(names, expected):
    network = as_network(_whole(), names)
    assert network.class_names == expected
    assert len(network.predict_top(picture().astype(np.uint8), 5)) == 3, "all classes where there are fewer than k"


@pytest.mark.parametrize(
    ("names", "message"),
    [(["cat", "dog"], "2 class names .cat, dog. for 3 classes"), ({"a": 0, "b": 2, "c": 3}, "need the numbers 0 to 2")],
)
def test_wrong_class_names_are_refused_at_once(names, message):
    with pytest.raises(ValueError, match=message):
        as_network(_whole(), names)


# Graphs ----------------------------------------------------------------------------------------------------------


def added(with_layers: bool):
    """A residual block with its sum written as layers or as operators, then an average and a dense layer."""
    k, layers = keras(), keras().layers
    k.utils.set_random_seed(3)
    inputs = k.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(4, 3, padding="same", name="one")(layers.Rescaling(1 / 255)(inputs))
    y = layers.Conv2D(4, 1, name="two")(x)
    if with_layers:
        z = layers.ReLU(name="sum")(layers.Add()([x, y]))
        z = layers.Concatenate(name="both")([z, layers.Conv2D(2, 1, name="three")(z)])
    else:
        z = k.ops.relu(x + y)
        z = k.ops.concatenate([z, layers.Conv2D(2, 1, name="three")(z)], axis=-1)
    average = layers.GlobalAveragePooling2D()(z)
    return k.Model(inputs, dense(activation="softmax")(average)), k.Model(inputs, z)


@pytest.mark.parametrize("with_layers", [True, False])
def test_grad_cam_of_sums_written_as_operators_is_the_closed_form(with_layers):
    whole, maps_model = added(with_layers)
    network, photo = as_network(whole), picture()
    maps, kernel = np.asarray(maps_model(photo[None]))[0], whole.get_weights()[-2]
    expected = np.einsum("ijk,k->ij", maps, kernel[:, 1]) / maps[..., 0].size  # average + dense: CAM / (H W)
    np.testing.assert_allclose(grad_cam(network, photo, 1, relu=None), expected, atol=1e-6)
    roles = {layer.role for layer in activations.map_layers(network)}
    assert {"after ReLU", "add", "concatenate"} <= roles
    field = receptive_field(network, last_maps(network))
    assert field.size == (3, 3)


def pooled_base():
    k = keras()
    inner = base()
    return k.Model(inner.inputs[0], k.layers.GlobalAveragePooling2D()(inner.outputs[0]), name="base")


def test_a_base_with_its_pooling_inside_is_explained_at_its_maps():
    k = keras()
    inputs, inner = k.Input((SIZE, SIZE, 3)), pooled_base()
    x = k.layers.Rescaling(1 / 255)(inputs)
    whole = k.Model(inputs, dense(activation="softmax")(inner(x, training=False)))
    network, photo = as_network(whole), picture()
    assert last_maps(network) == "end"
    maps = np.asarray(k.Model(inner.inputs[0], inner.get_layer("end").output)(photo[None] / 255))[0]
    expected = np.einsum("ijk,k->ij", maps, whole.get_weights()[-2][:, 2]) / maps[..., 0].size
    np.testing.assert_allclose(grad_cam(network, photo, 2, relu=None), expected, atol=1e-6)
    np.testing.assert_allclose(class_activation_map(network, photo, 2), expected * maps[..., 0].size, atol=1e-5)
    np.testing.assert_allclose(activations.layer_maps(network, photo, "end"), maps, atol=1e-5)
    np.testing.assert_allclose(
        transfer.extract(network, photo, "base", cache=False), maps.mean((0, 1))[None], atol=1e-5
    )
    assert len(inner.get_layer("end")._inbound_nodes) == 1, "the student's own model stays as it is"


@pytest.mark.parametrize("kind", ["mlp", "rows of patches", "two towers"])
def test_where_no_maps_are_the_last_ones_grad_cam_says_so(kind):
    k, layers = keras(), keras().layers
    inputs = k.Input((16, 16, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    if kind == "mlp":
        x = layers.Dense(4, activation="relu")(layers.Flatten()(x))
    elif kind == "rows of patches":
        x = layers.Reshape((16, 8))(layers.Conv2D(8, 4, strides=4, name="patches")(x))
        x = layers.GlobalAveragePooling1D()(layers.Add()([x, layers.MultiHeadAttention(2, 4)(x, x)]))
    else:
        towers = [layers.Conv2D(4, 3, name=name)(x) for name in ("left", "right")]
        x = layers.Concatenate()([layers.GlobalAveragePooling2D()(tower) for tower in towers])
    network = as_network(k.Model(inputs, layers.Dense(3, activation="softmax")(x)))
    with pytest.raises(ValueError, match="name a layer"):
        grad_cam(network, picture(height=16, width=16))
    assert saliency(network, picture(height=16, width=16)).shape == (16, 16)
    if kind == "two towers":
        assert grad_cam(network, picture(height=16, width=16), layer="left").shape == (14, 14)


def test_the_last_maps_have_more_than_one_place():
    """MobileNet's and MobileNetV3's classifiers are convolutions on a single place."""
    k = keras()
    old = k.applications.MobileNet(weights=None, alpha=0.25, input_shape=(64, 64, 3))
    network = as_network(old)
    assert last_maps(network) == "conv_pw_13_relu"
    small = k.applications.MobileNetV3Small(weights=None, input_shape=(64, 64, 3))
    shape = as_network(small).shapes([last_maps(as_network(small))])[0]
    assert shape[0] > 1


RELUS = {
    "layer": lambda: keras().layers.ReLU(),
    "name": lambda: "relu",
    "a layer as activation": lambda: keras().layers.ReLU(),
    "lambda": lambda: lambda x: tensorflow().nn.relu(x),
    "max": lambda: lambda x: tensorflow().maximum(x, 0.0),
    "Lambda": lambda: keras().layers.Lambda(lambda x: tensorflow().nn.relu(x)),
    "keras.ops": lambda: keras().ops.relu,
    "own block": lambda: None,
}


def two_convolutions(relu: str):
    k, layers = keras(), keras().layers
    k.utils.set_random_seed(4)
    first, second = layers.Conv2D(4, 3, name="first"), layers.Conv2D(4, 3, name="second")
    inputs = k.Input((SIZE, SIZE, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    if relu == "own block":

        class Block(layers.Layer):
            def __init__(self, convolution, **options):
                super().__init__(**options)
                self.steps = [convolution, layers.ReLU()]

            def call(self, x):
                for step in self.steps:
                    x = step(x)
                return x

        x = Block(second)(Block(first)(x))
    elif relu in ("layer", "Lambda", "keras.ops"):
        x = RELUS[relu]()(second(RELUS[relu]()(first(x))))
    else:
        first.activation = second.activation = keras().activations.get(RELUS[relu]())
        x = second(first(x))
    return k.Model(inputs, dense(activation="softmax")(layers.GlobalAveragePooling2D()(x)))


@pytest.mark.parametrize("relu", [name for name in RELUS if name != "layer"])
def test_backward_rules_reach_every_relu(relu):
    written, usual = two_convolutions(relu), two_convolutions("layer")
    written.set_weights(usual.get_weights())
    photo = picture()
    np.testing.assert_allclose(
        guided_backprop(as_network(written), photo, 1), guided_backprop(as_network(usual), photo, 1), atol=1e-8
    )
    np.testing.assert_allclose(
        rule_gradient(as_network(written), photo, 1, "deconvnet"),
        rule_gradient(as_network(usual), photo, 1, "deconvnet"),
        atol=1e-8,
    )
    if relu != "own block":
        assert activations.map_layers(as_network(written), layers.AFTER_RELU)


def test_a_relu_that_no_rule_reaches_is_named():
    class Hidden(keras().layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.convolution = keras().layers.Conv2D(4, 3)

        def call(self, x):
            return tensorflow().nn.relu(self.convolution(x))

    k = keras()
    inputs = k.Input((SIZE, SIZE, 3))
    x = k.layers.GlobalAveragePooling2D()(Hidden(name="block")(inputs))
    network = as_network(k.Model(inputs, dense(activation="softmax")(x)))
    with pytest.raises(ValueError, match=r"layer 'block' \(class Hidden\).*no backward rule reaches it"):
        guided_backprop(network, picture())


def test_what_cannot_be_looked_into_says_so():
    k, layers = keras(), keras().layers
    one, two = k.Input((SIZE, SIZE, 3)), k.Input((4,))
    both = layers.Concatenate()([layers.GlobalAveragePooling2D()(one), two])

    class Mine(k.Model):
        def call(self, x):
            return x

    cases = {
        "has 2 inputs": k.Model([one, two], layers.Dense(2)(both)),
        "class of its own": Mine(),
        "does not know its input yet": k.Sequential([layers.Flatten(), layers.Dense(2)]),
        r"input of .* has the shape \(4,\)": k.Model(two, layers.Dense(2)(two)),
        r"input of .* has the shape \(3, 12, 12\)": k.Sequential(
            [k.Input((3, 12, 12)), layers.Flatten(), layers.Dense(2)]
        ),
        "is no Keras model": "mine.keras",
    }
    for message, given in cases.items():
        with pytest.raises(ValueError, match=message) as caught:
            as_network(given)
        assert "\n" not in str(caught.value)


def test_several_outputs_named_and_numbered_and_in_a_dict():
    k, layers = keras(), keras().layers
    inputs = k.Input((SIZE, SIZE, 3), name="photo")
    x = layers.GlobalAveragePooling2D()(base()(inputs))
    kind, age = dense(activation="softmax")(x), layers.Dense(1, name="age")(x)
    photo = picture()
    listed = as_network(k.Model(inputs, [age, kind]), ["a", "b", "c"], output="scores")
    named = as_network(k.Model({"photo": inputs}, {"age": age, "kind": kind}), ["a", "b", "c"], output=1)
    expected = np.asarray(k.Model(inputs, kind)(photo[None]))
    for network in (listed, named):
        np.testing.assert_allclose(network.probabilities(photo), expected, atol=1e-6)
        assert transfer.clone(network).output == 1
        np.testing.assert_allclose(transfer.clone(network).probabilities(photo), expected, atol=1e-6)
        for method in (saliency, grad_cam, guided_backprop):
            assert np.isfinite(method(network, photo, "b")).all()
        assert occlusion(network, photo, "b", 6, 6).drops.shape == (2, 2)
    with pytest.raises(ValueError, match="no output 'colour'; it has 2, counted from 0, named"):
        as_network(k.Model(inputs, [age, kind]), output="colour")


def test_a_base_of_ones_own_gets_a_head():
    for inner in (base(), pooled_base()):
        new = transfer.attach_head(inner, ["cat", "dog"], hidden=0)
        assert new.logits.shape == (None, 1) and new.class_names == ["cat", "dog"]
        assert transfer.attach_head(as_network(inner), ["cat", "dog"], hidden=0).layer("new_logits").kernel.shape == (
            5,
            1,
        )
    whole = as_network(_whole())
    assert features.before_classifier(whole) == "average"
    with pytest.raises(ValueError, match="give two or more different names"):
        transfer.attach_head(inner, "cat")


def test_a_layer_called_twice_is_two_layers_with_one_kernel():
    k = keras()
    inputs, shared = k.Input((SIZE, SIZE, 3)), keras().layers.Conv2D(3, 3, padding="same", name="again")
    x = shared(shared(inputs))
    whole = k.Model(inputs, dense(activation="softmax")(k.layers.GlobalAveragePooling2D()(x)))
    network, photo = as_network(whole), picture()
    once = np.asarray(shared(photo[None]))
    np.testing.assert_allclose(activations.layer_maps(network, photo, "again"), once[0], rtol=1e-4)
    np.testing.assert_allclose(
        activations.layer_maps(network, photo, "again_2"), np.asarray(shared(once))[0], rtol=1e-4
    )
    assert network.model.count_params() == whole.count_params()
    copied = transfer.clone(network)
    np.testing.assert_allclose(copied.probabilities(photo), network.probabilities(photo), atol=1e-6)


def test_bottlenecks_are_what_every_path_passes():
    whole, _ = added(with_layers=True)
    passed = [graph.call_of(tensor).operation.name for tensor in graph.bottlenecks(whole.outputs[0])]
    assert "sum" in passed and "both" in passed and "one" in passed
    assert "two" not in passed and "three" not in passed


# Sizes and pictures ----------------------------------------------------------------------------------------------


def fixed(height: int, width: int, channels: int = 3):
    k = keras()
    k.utils.set_random_seed(5)
    inputs = k.Input((height, width, channels))
    x = k.layers.Conv2D(4, 3, activation="relu", name="maps")(k.layers.Rescaling(1 / 255)(inputs))
    return as_network(k.Model(inputs, dense(activation="softmax")(k.layers.GlobalAveragePooling2D()(x))))


def test_input_shape_is_the_size_of_prepared_pictures():
    photo = np.random.default_rng(0).integers(0, 256, (80, 100, 3), np.uint8)
    for sides in ((96, 96), (64, 80)):
        network = backbones.load("mobilenet", weights=None, input_shape=(*sides, 3), alpha=0.25)
        assert network.sides == sides and network.prepare(photo).shape == (*sides, 3)
        assert len(network.predict_top(photo, 2)) == 2


def test_networks_that_are_not_square():
    network, photo = fixed(40, 64), np.random.default_rng(0).integers(0, 256, (90, 100, 3), np.uint8)
    seen = network.prepare(photo)
    assert seen.shape == (40, 64, 3)
    # As `images.prepare`: the picture shrinks until 256/224 of the sides just fit, and the middle is cut out.
    top, left, bottom, right = transform.seen_box(90, 100, (40, 64))
    assert right - left == pytest.approx(100 * 64 / 73) and (bottom - top) / (right - left) == pytest.approx(
        40 / 64, abs=0.02
    )
    assert (top + bottom) / 2 == pytest.approx(45, abs=1) and (left + right) / 2 == pytest.approx(50, abs=1)
    for method in (saliency, guided_backprop):
        assert method(network, seen).shape[:2] == (40, 64)
    assert grad_cam(network, seen).shape == (38, 62)
    assert transfer.extract(network, seen, "maps", average=True, cache=False).shape == (1, 4)
    assert lime(network, seen, 1, samples=10, segments=np.arange(40 * 64).reshape(40, 64) // 640).heat.shape == (40, 64)


@pytest.mark.parametrize("given", ["(28, 28)", "(28, 28, 1)", "(28, 28, 3)"])
def test_grey_networks_take_digits_as_they_come(given):
    network, digit = fixed(28, 28, 1), picture(1, 28, 28)
    shaped = {"(28, 28)": digit[..., 0], "(28, 28, 1)": digit, "(28, 28, 3)": np.repeat(digit, 3, axis=-1)}[given]
    expected = np.asarray(network.model(digit[None]))
    np.testing.assert_allclose(network.probabilities(shaped), expected, atol=1e-6)
    batch = np.stack([shaped, shaped])
    assert network.probabilities(batch).shape == (2, 3)
    assert saliency(network, shaped).shape == (28, 28) and saliency(network, batch).shape == (2, 28, 28)
    assert grad_cam(network, shaped).shape == (26, 26)
    gradients = integrated_gradients(network, shaped, 0, 64)
    assert gradients.shape == (28, 28, 1)
    grey = np.full((28, 28, 1), 127.5, np.float32)
    gap = class_score(network, shaped, 0) - class_score(network, grey, 0)
    np.testing.assert_allclose(gradients.sum(), gap, rtol=0.05, atol=1e-4)  # completeness
    assert smooth_grad(network, shaped, samples=2).shape == (28, 28, 1)
    assert occlusion(network, shaped, 0, 14, 14).drops.shape == (2, 2)
    assert network.prepare(np.zeros((50, 50, 3), np.uint8)).shape == (28, 28, 1)
    assert network.predict_top(shaped.round().astype(np.uint8))


METHODS = (saliency, grad_cam, guided_backprop, occlusion, lime, logits, smooth_grad, integrated_gradients)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((20, 30, 3)), "20 x 30 pixels, and .* takes 28 x 28 only; network.prepare"),
        (np.zeros((3, 28, 28)), "puts the channels last"),
        ("photo.jpg", "'photo.jpg' is the name of a file"),
        ([np.zeros((28, 28, 3)), np.zeros((20, 28, 3))], "no array of numbers"),
        (None, "no array of numbers|shape"),
        (np.zeros((28, 28)), r"shape \(28, 28\), expected \(height, width, 3\)"),
    ],
    ids=["size", "channels first", "path", "two sizes", "None", "grey"],
)
def test_pictures_that_do_not_fit_give_one_sentence(method, bad, message):
    with pytest.raises(ValueError, match=message) as caught:
        method(_fixed_28(), bad)
    assert "\n" not in str(caught.value)


def _fixed_28(made: list = []) -> Network:  # noqa: B006  one network for all of these tests
    if not made:
        made.append(fixed(28, 28))
    return made[0]


# One network for everything --------------------------------------------------------------------------------------


def every_method():
    """Public methods on one network, with results to compare."""
    photo, batch = picture(), np.stack([picture(), picture(seed=1)])
    return {
        "maps of two layers": lambda n: list(activations.layer_maps(n, batch, ["conv1", "relu2"]).values()),
        "maps of one": lambda n: activations.layer_maps(n, photo, "relu2"),
        "class activation map": lambda n: class_activation_map(n, batch, 1),
        "summary": lambda n: activations.summarise(n, batch, ["relu2"])["relu2"].largest,
        "features": lambda n: transfer.extract(n, batch, ["relu2", "conv1"], cache=False)["relu2"],
        "mean features": lambda n: transfer.extract(n, batch, "relu2", average=True, cache=False),
        "features_of": lambda n: n.features_of(batch, "relu2"),
        "grad_cam": lambda n: grad_cam(n, batch, 0),
        "grad_cam below": lambda n: grad_cam(n, batch, 0, "conv1"),
        "saliency": lambda n: saliency(n, photo, 1),
        "guided": lambda n: guided_backprop(n, photo, 1),
        "deconvnet of a unit": lambda n: rule_gradient(n, photo, rule="deconvnet", layer="relu2", unit=2),
        "logits": lambda n: logits(n, batch),
        "probabilities": lambda n: n.probabilities(batch),
        "effective field": lambda n: effective_receptive_field(n, "relu2", photo),
        "map layers": lambda n: np.array([layer.shape for layer in activations.map_layers(n)]),
        "circuit": lambda n: np.array(
            [c.strength for c in feature_visualization.strongest_inputs(n, "conv2", 1, photos=batch)]
        ),
    }


@pytest.fixture(scope="module")
def fresh() -> dict:
    """What each method says about a network that was asked nothing else."""
    return {name: method(small_networks.convnet(size=SIZE)) for name, method in every_method().items()}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_methods_in_any_order_on_one_network_are_those_on_a_fresh_one(seed, fresh):
    methods = list(every_method().items())
    random.Random(seed).shuffle(methods)
    one = small_networks.convnet(size=SIZE)
    for name, method in [*methods, *methods[::-1]]:
        found, expected = method(one), fresh[name]
        pairs = zip(found, expected, strict=True) if isinstance(found, list) else [(found, expected)]
        for one_network, alone in pairs:
            np.testing.assert_allclose(one_network, alone, atol=1e-6, err_msg=name)


def _build_a(network, *key):
    return lambda: ("a", *key)


def _build_b(network, *key):
    return lambda: ("b", *key)


def test_compiled_functions_are_kept_by_their_builder_and_bounded():
    network = small_networks.convnet()
    assert network.compiled(_build_a, "maps", 3)() == ("a", "maps", 3)
    assert network.compiled(_build_b, "maps", 3)() == ("b", "maps", 3)
    first = network.compiled(_build_a, "maps", 3)
    for number in range(40):
        network.compiled(_build_b, number)
    assert network.compiled(_build_a, "maps", 3) is first, "many functions of one kind push out none of another"
    kept = [key[0] for build, key in network._compiled if build is _build_b and len(key) == 1]
    assert kept == list(range(40))[-len(kept) :] and 4 <= len(kept) <= 6


def test_the_sanity_check_leaves_the_network_to_others():
    """Another thread that asks the network in the middle of it gets the network's own answer."""
    network, photo = small_networks.convnet(size=SIZE), picture()
    expected, heard = logits(network, photo), []

    def method(asked, shown):
        thread = threading.Thread(target=lambda: heard.append(logits(network, photo)))
        thread.start()
        thread.join(60)
        return grad_cam(asked, shown, 0)

    maps, _ = cascade(network, photo, {"Grad-CAM": method}, ["z", "conv2"])
    assert len(heard) == 3 and not np.array_equal(maps["Grad-CAM"][0], maps["Grad-CAM"][2])
    for found in heard:
        np.testing.assert_array_equal(found, expected)


# Features that are kept ------------------------------------------------------------------------------------------


def preprocessed(how):
    k = keras()
    k.utils.set_random_seed(6)
    inputs = k.Input((SIZE, SIZE, 3))
    x = k.layers.Conv2D(3, 3, name="maps")(how(inputs))
    return as_network(k.Model(inputs, x))


def _times(factor):
    return lambda x: x * factor


def _own_scale(factor):
    class Scale(keras().layers.Layer):
        def __init__(self):
            super().__init__(name="scale")
            self.factor = factor

        def call(self, x):
            return x * self.factor

    return Scale()


PAIRS = {
    "subtracted constant": (lambda x: x / 127.5 - 1, lambda x: x / 127.5 - 0.5),
    "divisor": (lambda x: x / 255, lambda x: x / 2),
    "Rescaling": (lambda x: keras().layers.Rescaling(1 / 255)(x), lambda x: keras().layers.Rescaling(1 / 2)(x)),
    "code of a Lambda": (
        lambda x: keras().layers.Lambda(lambda t: t / 255)(x),
        lambda x: keras().layers.Lambda(lambda t: t / 2)(x),
    ),
    "closure of a Lambda": (
        lambda x: keras().layers.Lambda(_times(2.0))(x),
        lambda x: keras().layers.Lambda(_times(3.0))(x),
    ),
    "attribute of an own layer": (lambda x: _own_scale(2.0)(x), lambda x: _own_scale(3.0)(x)),
    "order of arguments": (lambda x: x - 2 * keras().ops.flip(x, 1), lambda x: 2 * keras().ops.flip(x, 1) - x),
    "argument of a function": (lambda x: keras().ops.flip(x, 1), lambda x: keras().ops.flip(x, 2)),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_features_of_another_preprocessing_are_never_old_ones(pair, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    photos = np.stack([picture(), picture(seed=1)])
    first, second = (preprocessed(how) for how in PAIRS[pair])
    np.testing.assert_array_equal(first.layer("maps").kernel, second.layer("maps").kernel)
    transfer.extract(first, photos, "maps")
    np.testing.assert_allclose(
        transfer.extract(second, photos, "maps"), np.asarray(second.model(photos)), rtol=1e-4, atol=1e-4
    )
    again = preprocessed(PAIRS[pair][0])
    assert features.fingerprint(again, "maps") == features.fingerprint(first, "maps"), "the same is found again"


# Saved -----------------------------------------------------------------------------------------------------------


class Twice(keras().layers.Layer):
    def call(self, x):
        return 2 * x


def test_own_code_in_a_file_is_asked_for(tmp_path, capsys):
    k = keras()
    inputs = k.Input((SIZE, SIZE, 3))
    x = k.layers.Conv2D(3, 3, name="maps")(Twice(name="twice")(inputs))
    network = as_network(k.Model(inputs, dense(activation="softmax")(k.layers.GlobalAveragePooling2D()(x))))
    path = training.save(network, tmp_path / "mine.keras")
    assert "own=[Twice]" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"layer class or a function of your own \(Twice\)"):
        training.load(path)
    np.testing.assert_allclose(
        training.load(path, own=[Twice]).probabilities(picture()), network.probabilities(picture())
    )


def test_a_lambda_in_a_file_is_code(tmp_path, capsys):
    k = keras()
    inputs = k.Input((SIZE, SIZE, 3))
    x = k.layers.Lambda(lambda t: t * 2, name="double", output_shape=(SIZE, SIZE, 3))(inputs)
    x = k.layers.GlobalAveragePooling2D()(k.layers.Conv2D(3, 3)(x))
    network = as_network(k.Model(inputs, dense(activation="softmax")(x)))
    path = training.save(network, tmp_path / "mine.keras")
    assert "trusted=True" in capsys.readouterr().out
    with pytest.raises(ValueError, match="holds a Lambda layer, which is code"):
        training.load(path)
    found = training.load(path, trusted=True).probabilities(picture())
    np.testing.assert_allclose(found, network.probabilities(picture()), atol=1e-6)
    np.testing.assert_allclose(transfer.clone(network).probabilities(picture()), found, atol=1e-6)


def test_the_older_format_is_no_damage(tmp_path):
    path = tmp_path / "mine.h5"
    _whole().save(path)
    with pytest.raises(
        ValueError, match=r"mine.h5 was not written by training.save; open it with keras.models.load_model"
    ):
        training.load(path)


def test_the_small_network_of_augmentation_is_a_network_too():
    small = training.small_convnet(32, 2)
    network = as_network(small, ["cat", "dog"])
    assert network.sides == (32, 32) and last_maps(network)


# Kept wrappers ---------------------------------------------------------------------------------------------------


def test_a_model_that_grew_is_looked_at_anew():
    k = keras()
    grows = k.Sequential([k.Input((SIZE, SIZE, 3)), k.layers.Conv2D(3, 3, activation="relu", name="one")])
    assert [layer.name for layer in activations.map_layers(grows)] == ["one"]
    grows.add(k.layers.Conv2D(4, 3, activation="relu", name="two"))
    assert [layer.name for layer in activations.map_layers(grows)] == ["one", "two"]
    assert as_network(grows) is as_network(grows)


def test_a_base_that_two_models_share_has_each_model_s_own_field():
    k = keras()
    shared = base(size=SIZE)
    plain = k.Model(shared.inputs[0], shared.outputs[0])
    inputs = k.Input((SIZE, SIZE, 3))
    wider = k.Model(inputs, shared(k.layers.Conv2D(3, 3, padding="same", name="before")(inputs)))
    assert receptive_field(plain, "end").size == (5, 5)  # two 3x3 convolutions in a row
    assert receptive_field(wider, "base").size == (7, 7)  # and one before them
    assert receptive_field(plain, "end").size == (5, 5)


def test_a_tail_leaves_the_folding_of_batch_normalisation_on():
    """A cut adds calls to the layers behind it, which are no part of the network's own graph."""
    network = as_network(base())
    pairs = [(a.name, b.name) for a, b in batch_norm._pairs(network.model)]
    transfer.head_from(network, "first")
    assert [(a.name, b.name) for a, b in batch_norm._pairs(network.model)] == pairs == [("second", "norm")]


def test_search_for_patches_goes_through_a_nested_base():
    k = keras()
    inputs = k.Input((SIZE, SIZE, 3))
    nested = k.Model(inputs, base()(k.layers.Rescaling(1 / 255)(inputs)))
    pictures = np.stack([picture(seed=s) for s in range(3)])
    collection = Collection(pictures.astype(np.uint8), ["a", "b", "c"], np.arange(3))
    found = activations.top_activations(nested, collection, ["end"], cache=False)
    maps = np.asarray(nested(pictures.astype(np.uint8).astype(np.float32)))
    assert activations.top_k(found, "end", 1, 1)[0].value == pytest.approx(maps[..., 1].max(), rel=1e-4)
