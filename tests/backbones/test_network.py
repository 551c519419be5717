"""The networks: right pictures in, right classes out, everything freed."""

import gc
import importlib
import os
import shutil
import subprocess
import sys
import weakref
from unittest.mock import MagicMock

import numpy as np
import pytest

from helpers import backbones, images
from helpers.backbones import keras_applications
from helpers.files import MissingError
from helpers.runtime import keras

FAMILIES = list(keras_applications.FAMILIES)


@pytest.fixture(scope="module")
def lite():
    return backbones.load("efficientnet_lite0")


@pytest.fixture(scope="module")
def squeeze():
    return backbones.load("squeezenet")


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    """Each of Keras's networks in turn, without its classifier; one is built for all tests of it."""
    return backbones.load(request.param, weights=None, include_top=False)


@pytest.fixture
def noise():
    return np.random.default_rng(0).uniform(0, 255, (2, 96, 128, 3)).astype(np.float32)


def test_elephants(lite, course_data):
    photo = images.load(course_data / "photos" / "creative_commons_elephant.jpg")
    name, probability = lite.predict_top(photo, 3)[0]
    assert name == "African elephant" and probability >= 0.85


@pytest.mark.parametrize(("network", "least"), [("lite", 22), ("squeeze", 18)])
def test_imagenet_photos(network, least, course_data, request):
    """34 ImageNet photos named by their class: published top-1 accuracies are 75 % and 58 %."""
    network = request.getfixturevalue(network)
    files = sorted((course_data / "photos" / "imagenet_samples").glob("*.JPEG"))
    wanted = [" ".join(file.stem.split("_")[1:]) for file in files]
    assert len(files) == 34
    right = [network.predict_top(images.load(f), 1)[0][0] == w for f, w in zip(files, wanted, strict=True)]
    assert sum(right) >= least


def test_parameters_and_shapes(lite, squeeze):
    assert lite.model.count_params() == 4_694_024  # values in the package's file, its counters of batches apart
    assert squeeze.model.count_params() == 1_235_496  # Iandola et al.'s model in torchvision: the same number
    shapes = {layer.name: layer.shape for layer in lite.layers}
    assert shapes["stem_conv"] == (112, 112, 32) and shapes["block3_expand"] == (56, 56, 144)
    assert shapes["head_relu"] == (7, 7, 1280) and shapes["pool"] == (1280,)
    shapes = {layer.name: layer.shape for layer in squeeze.layers}
    assert shapes["conv1"] == (113, 113, 64) and shapes["conv10"] == (13, 13, 1000)


def test_any_size_batch_or_single(lite, noise):
    both = lite.probabilities(noise)
    np.testing.assert_allclose(lite.probabilities(noise[1]), both[1:], atol=1e-5)
    np.testing.assert_allclose(both.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("network", ["lite", "squeeze"])
def test_compiled_and_eager_agree(network, noise, request):
    network = request.getfixturevalue(network)
    np.testing.assert_allclose(network.probabilities(noise), np.asarray(network.model(noise)), atol=1e-4)


def test_logits_are_scores_before_the_softmax(lite, noise):
    logits = np.asarray(keras().Model(lite.model.inputs[0], lite.logits)(noise))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(lite.probabilities(noise), expected, atol=1e-5)


def test_squeezenet_logits_are_means_of_its_class_maps(squeeze, noise):
    model = keras().Model(squeeze.model.inputs[0], [squeeze.layer("conv10").output, squeeze.logits])
    maps, logits = (np.asarray(a) for a in model(noise))
    np.testing.assert_allclose(np.maximum(maps, 0).mean(axis=(1, 2)), logits, rtol=1e-4, atol=1e-5)


def test_functions_are_compiled_once(noise, monkeypatch):
    network = backbones.load("squeezenet", weights=None)
    for size in (64, 96, 80):
        network.probabilities(noise[:, :size, :size])
    network.features_of(noise, "fire2_concat")
    monkeypatch.setattr(backbones.forward, "compile_once", None)  # a second compilation would fail
    assert network.features_of(noise, "fire2_concat").shape == (2, 23, 31, 128)
    assert network.probabilities(noise[0]).shape == (1, 1000)


def test_preprocessing_equals_kerass_own(family, noise):
    """Our layers up to "preprocess" against `keras.applications.<module>.preprocess_input`."""
    ours = family.features_of(noise, "preprocess")
    module = getattr(keras().applications, {"resnet50": "resnet"}.get(family.name, family.name))
    np.testing.assert_allclose(ours, module.preprocess_input(noise.copy()), atol=1e-4)
    assert not any(isinstance(layer, keras().Model) for layer in family.model.layers), "the graph must be flat"


def test_first_layer_of_the_slides(family):
    assert family.layer(family.vgg_equivalent("block1_conv1")).__class__.__name__ == "Conv2D"


def test_mean_colour_becomes_zero(family):
    _mean_colour_becomes_zero(family)


@pytest.mark.parametrize("network", ["lite", "squeeze"])
def test_mean_colour_of_our_own_becomes_zero(network, request):
    _mean_colour_becomes_zero(request.getfixturevalue(network))


def _mean_colour_becomes_zero(network):
    grey = np.broadcast_to(network.mean_colour, (1, 40, 40, 3))
    assert np.abs(network.features_of(grey, "preprocess")).max() < 1e-4


class _Asked(Exception):
    """Carries what Keras would have downloaded."""


@pytest.mark.parametrize("name", FAMILIES)
def test_files_and_sums_are_those_that_keras_asks_for(name, monkeypatch):
    """Keras is stopped at the moment it would download, and says which address and sum it wanted.

    Stand-ins take the place of the layers: only the way to the address is asked for.
    """

    def stop(file, origin=None, file_hash=None, **_):
        raise _Asked(origin, file_hash or "")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", stop)
    function = getattr(keras().applications, keras_applications.FAMILIES[name].function)
    module = importlib.import_module(function.__module__)
    for builder in ("layers", "Functional", "CustomScaleLayer"):
        if hasattr(module, builder):
            monkeypatch.setattr(module, builder, MagicMock())
    for include_top in (True, False):
        with pytest.raises(_Asked) as asked:
            function(include_top=include_top, weights="imagenet")
        file = keras_applications._file(name, include_top, None, 1.0)
        assert asked.value.args == (
            keras_applications._HOST + file,
            keras_applications.FAMILIES[name].md5[0 if include_top else 1],
        )


def test_mobilenet_from_kerass_cache_predicts_as_keras_does(course_data, tmp_path):
    """Keras writes into KERAS_HOME and reads it once, so: a copy, and a process of its own."""
    shutil.copytree(course_data / "keras_home", tmp_path / "keras")
    program = """
import numpy as np, keras
from helpers import backbones, images
photo = images.load(PHOTO)
network = backbones.load("mobilenet", alpha=0.25)
own = keras.applications.MobileNet(alpha=0.25, weights="imagenet")
x = network.prepare(photo)[None].astype("float32")
expected = own(keras.applications.mobilenet.preprocess_input(x.copy())).numpy()
np.testing.assert_allclose(network.probabilities(x), expected, atol=1e-5)
base = backbones.load("mobilenet", alpha=0.25, include_top=False)
assert base.model(x).shape == (1, 7, 7, 256) and not base.class_names
decoded = keras.applications.mobilenet.decode_predictions(expected, top=5)[0]
assert [n for n, _ in network.predict_top(photo)] == [d[1].replace("_", " ") for d in decoded]
"""
    photo = str(course_data / "photos" / "creative_commons_elephant.jpg")
    environment = {**os.environ, "KERAS_HOME": str(tmp_path / "keras"), "COURSE_DATA": ""}
    subprocess.run([sys.executable, "-c", program.replace("PHOTO", repr(photo))], check=True, env=environment)


def test_class_names_equal_kerass(course_data, lite):
    import json

    index = json.loads((course_data / "keras_home" / "models" / "imagenet_class_index.json").read_text())
    assert [name.replace("_", " ") for _, name in (index[str(i)] for i in range(1000))] == [
        name.replace("_", " ") for name in lite.class_names
    ]


def test_slide_layers(lite, squeeze):
    for network in (lite, squeeze):
        for slide in ("block1_conv1", "block2_conv1", "block3_conv1", "block4_conv1", "block5_conv1", "block5_conv3"):
            network.layer(network.vgg_equivalent(slide))
    vgg = backbones.load("vgg16", weights=None, include_top=False, input_shape=(150, 150, 3))
    assert vgg.vgg_equivalent("block5_conv1") == "block5_conv1"
    assert vgg.model.output_shape == (None, 4, 4, 512) and vgg.model.count_params() == 14_714_688  # lecture 002


def test_vgg_with_its_classifier_takes_any_size(noise):
    network = backbones.load("vgg16", weights=None)
    assert network.probabilities(noise).shape == (2, 1000)


def test_saved_and_loaded(squeeze, noise, tmp_path):
    squeeze.model.save(tmp_path / "network.keras")
    loaded = keras().models.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(np.asarray(loaded(noise)), squeeze.probabilities(noise), atol=1e-5)


BAD = {
    "unknown network": (lambda n: backbones.load("resnet5"), ValueError, "no network 'resnet5'; choose one of"),
    "unknown weights": (lambda n: backbones.load("vgg16", weights="noisy"), ValueError, "'noisy', expected 'imagenet'"),
    "option": (lambda n: backbones.load("squeezenet", alpha=2), ValueError, "squeezenet has no option alpha"),
    "alpha": (lambda n: backbones.load("mobilenet", alpha=0.3), ValueError, "alpha is 0.3; ImageNet weights"),
    "absent": (lambda n: backbones.load("vgg16"), MissingError, "553 MB.*python3 course.py download vgg16; meanwhile"),
    "two classes": (
        lambda n: n.class_index("crane"),
        ValueError,
        "means two classes; say which by its number: 134 or 5",
    ),
    "swimsuit": (lambda n: n.class_index("maillot"), ValueError, "two classes"),
    "no class": (lambda n: n.class_index("elefant"), ValueError, "no class 'elefant'; the nearest are .*elephant"),
    "number": (lambda n: n.class_index(1000), ValueError, "class 1000 does not exist; .* 0 to 999"),
    "no layer": (lambda n: n.features(["block99_add"]), ValueError, "no layer 'block99_add'; the nearest are block"),
    "no slide layer": (
        lambda n: n.vgg_equivalent("block9_conv1"),
        ValueError,
        "'block9_conv1'; known slide layers: block1",
    ),
    "k": (lambda n: n.predict_top(np.zeros((32, 32, 3), np.uint8), 0), ValueError, "k is 0, expected 1 to 1000"),
    "shape": (lambda n: n.probabilities(np.zeros((32, 32))), ValueError, r"shape \(32, 32\), expected"),
    "NaN": (lambda n: n.probabilities(np.full((32, 32, 3), np.nan)), ValueError, "NaN or infinite"),
    "download": (lambda n: backbones.download("vgg17"), ValueError, "no weights named 'vgg17'; choose one of"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gives_one_sentence(case, lite, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("COURSE_DATA", "")
    call, error, sentence = BAD[case]
    with pytest.raises(error, match=sentence) as caught:
        call(lite)
    assert "\n" not in str(caught.value)


def test_a_base_does_not_predict(noise):
    base = backbones.load("squeezenet", weights=None, include_top=False)
    with pytest.raises(ValueError, match="without its classifier; load it with include_top=True"):
        base.probabilities(noise)


def test_ambiguous_names_work_by_number(lite):
    assert lite.class_index(517) == 517 and lite.class_index("African_elephant") == 386


def test_random_weights_follow_the_seed(noise):
    one, same, other = (
        backbones.load("mobilenet", weights=None, alpha=0.25, seed=s).model.get_weights()[0] for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0


def test_nothing_outlives_del(noise):
    network = backbones.load("efficientnet_lite0")
    network.probabilities(noise)
    network.features_of(noise, "block3_add")
    dead = [weakref.ref(network), weakref.ref(network.model), weakref.ref(network.model.layers[2].kernel)]
    del network
    gc.collect()
    assert [reference() for reference in dead] == [None, None, None]


def test_rounds_leave_memory_flat():
    """A process of its own; the first two rounds fill TensorFlow's own pools, the next two may add 12 MB at most.

    The weights alone are 19 MB a round.
    """
    program = """
import gc, numpy as np
from helpers import backbones
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6
x, seen = np.zeros((1, 64, 64, 3), "float32"), []
for _ in range(4):
    network = backbones.load("efficientnet_lite0"); network.features_of(x, "block3_add")
    del network; gc.collect(); seen.append(resident())
print(seen); assert seen[-1] - seen[1] < 12, seen
"""
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("reads the process's memory from /proc, which only Linux has")
    subprocess.run([sys.executable, "-c", program], check=True)
