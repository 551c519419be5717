"""Heads, freezing and unfreezing, training at the boundary: counts, numbers and statistics that must hold exactly."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from helpers import backbones, training, transfer
from helpers.attribution import grad_cam
from helpers.backbones import Network
from helpers.datasets import Split
from helpers.runtime import keras
from helpers.transfer import heads


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def residual_network(seed: int = 0, size: int | None = None) -> Network:
    """A stem and two blocks with batch normalisation; a skip leads around the second block."""
    k = keras()
    k.utils.set_random_seed(seed)
    inputs = k.Input((size, size, 3), name="image")
    x = k.layers.Rescaling(1 / 128, offset=-1, name="preprocess")(inputs)
    x = k.layers.Conv2D(4, 3, padding="same", name="stem_conv")(x)
    skip = x = _block(x, "block1")
    x = _block(x, "block2")
    x = k.layers.Add(name="block2_add")([skip, x])
    x = k.layers.GlobalAveragePooling2D(name="pool")(x)
    scores = k.layers.Dense(3, name="logits")(x)
    model = k.Model(inputs, k.layers.Softmax(name="probabilities")(scores))
    slides = {"block5_conv1": "block2_conv", "block5_conv3": "block2_add", "fc2": "pool", "predictions": "logits"}
    return Network("residual", model, scores, 16, ["a", "b", "c"], slides, (1.0, 2.0, 3.0))


def _block(x, name):
    layers = keras().layers
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def split(count: int = 24, seed: int = 0) -> Split:
    """Dark pictures are class 0, bright ones class 1."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    pictures = rng.integers(0, 128, (count, 16, 16, 3)) + 127 * labels[:, None, None, None]
    return Split(labels.astype(np.int64), pixels=pictures.astype(np.uint8))


# Counted by hand: stem 3*3*3*4 + 4, each block 3*3*4*4 + 4 * 4, new dense 4*8 + 8, new scores 8 + 1.
STEM, CONV, NORM, NEW = 112, 144, 16, 49


def new_network(**options) -> Network:
    return transfer.attach_head(residual_network(), ["cat", "dog"], hidden=8, **options)


class Tuned(NamedTuple):
    """A network whose last block and head were trained, and what it was before."""

    network: Network
    data: Split
    history: dict
    weights: dict
    statistics: dict


@pytest.fixture(scope="module")
def tuned() -> Tuned:
    new, data = new_network(), split()
    before = transfer.weights(new), transfer.batch_norm_statistics(new)
    history = transfer.fine_tune(new, "block2_conv", data, split(8, seed=1), 30, 1e-2, size=16)
    return Tuned(new, data, history, *before)


def test_two_classes_get_one_sigmoid_and_more_a_softmax():
    two = new_network()
    assert two.logits.shape == (None, 1) and two.class_names == ["cat", "dog"]
    pictures = split(6).pixels
    z = keras().Model(two.model.inputs[0], two.logits)(pictures.astype(np.float32)).numpy()[:, 0]
    expected = 1 / (1 + np.exp(-z.astype(np.float64)))
    np.testing.assert_allclose(transfer.predict(two, pictures), np.stack([1 - expected, expected], 1), atol=1e-6)
    four = transfer.attach_head(residual_network(), list("wxyz"))
    assert four.logits.shape == (None, 4)
    np.testing.assert_allclose(transfer.predict(four, pictures).sum(axis=1), 1, rtol=1e-5)


def test_a_head_keeps_the_parts_of_the_base():
    new = new_network()
    assert new.vgg_equivalent("block5_conv1") == "block2_conv" and new.input_size == 16
    with pytest.raises(ValueError, match="predictions"):
        new.vgg_equivalent("predictions")  # the old classifier is gone
    np.testing.assert_array_equal(new.mean_colour, [1, 2, 3])
    assert not any(hasattr(layer, "layers") for layer in new.model.layers), "one flat graph"


def test_heads_on_maps_pool_or_flatten():
    base = residual_network(size=16)
    flat = transfer.attach_head(base, ["a", "b"], "block2_add", hidden=0, pooling="flatten")
    assert flat.layer("new_logits").kernel.shape == (16 * 16 * 4, 1)
    pooled = transfer.attach_head(residual_network(), ["a", "b"], "block2_add", hidden=0, dropout=0)
    assert pooled.layer("new_logits").kernel.shape == (4, 1)
    assert [layer.name for layer in pooled.model.layers][-3:] == ["new_pool", "new_logits", "new_probabilities"]
    with pytest.raises(ValueError, match="fixed size"):
        transfer.attach_head(residual_network(), ["a", "b"], "block2_add", pooling="flatten")


BAD_HEADS = {
    "one class": (dict(class_names=["cat"]), "two or more"),
    "twice the same": (dict(class_names=["cat", "cat"]), "different"),
    "dropout": (dict(class_names=["a", "b"], dropout=1.0), "dropout"),
    "hidden": (dict(class_names=["a", "b"], hidden=-1), "hidden is -1"),
    "pooling": (dict(class_names=["a", "b"], pooling="mean"), "average"),
    "layer": (dict(class_names=["a", "b"], layer="block9"), "nearest"),
}


@pytest.mark.parametrize(("options", "words"), BAD_HEADS.values(), ids=BAD_HEADS)
def test_bad_heads_are_refused(options, words):
    with pytest.raises(ValueError, match=words) as caught:
        transfer.attach_head(residual_network(), **options)
    assert "\n" not in str(caught.value)


def test_more_classes_than_photos_can_be_trained():
    names = [f"class {number}" for number in range(10)]
    new = transfer.attach_head(residual_network(), names)
    history = transfer.fine_tune(new, "block2_conv", split(2), split(2), epochs=1, size=16)
    assert len(history["loss"]) == 1 and transfer.predict(new, split(2).pixels).shape == (2, 10)


def test_trainable_counts_are_those_counted_by_hand():
    new = new_network()
    whole = STEM + 2 * (CONV + NORM) + NEW
    expected = {
        transfer.head_start(new): NEW,
        "block2_conv": NEW + CONV,
        "block1_conv": NEW + 2 * CONV,
        "stem_conv": NEW + 2 * CONV + STEM,
        "image": NEW + 2 * CONV + STEM,
    }
    for layer, trainable in expected.items():
        assert transfer.unfreeze_from(new, layer) == (trainable, whole - trainable)
        assert transfer.parameter_counts(new.model) == (trainable, whole - trainable)


@pytest.mark.parametrize("start", ["image", "stem_conv", "block1_conv", "block2_conv", "new_hidden"])
def test_what_would_learn_is_what_learns_and_nothing_is_touched(start):
    new = new_network()
    flags = [layer.trainable for layer in new.model.layers]
    told = heads.trainable_parameters(new, start)
    assert [layer.trainable for layer in new.model.layers] == flags
    assert {part.name: part.parameters for part in told if part.normalisation} == {"block1_bn": 16, "block2_bn": 16}
    counts = transfer.unfreeze_from(new, start)
    assert sum(part.learning for part in told) == counts.trainable
    assert sum(part.parameters for part in told) == sum(counts)


def test_the_slides_loop_would_thaw_half_of_each_normalisation():
    """By hand: of mean, variance, scale and shift (4 values each), scale and shift learn; the averages move anyway."""
    ours, slides = (heads.trainable_parameters(new_network(), "block1_conv", thaw) for thaw in (False, True))
    assert sum(part.learning for part in slides) - sum(part.learning for part in ours) == 2 * NORM // 2
    with pytest.raises(ValueError, match="nearest"):
        heads.trainable_parameters(new_network(), "block9")


def test_no_batch_normalisation_is_ever_unfrozen():
    new = new_network()
    transfer.unfreeze_from(new, "image")
    frozen = [layer.name for layer in new.model.layers if not layer.trainable]
    assert frozen == ["block1_bn", "block2_bn"]


def test_the_slides_numbers():
    base = backbones.load("vgg16", weights=None, include_top=False, input_shape=(150, 150, 3))
    assert base.model.output_shape == (None, 4, 4, 512)
    assert sum(transfer.parameter_counts(base)) == 14_714_688
    assert transfer.unfreeze_from(base, "block5_conv1") == (7_079_424, 14_714_688 - 7_079_424)
    assert transfer.blocks(base) == [f"block{number}_conv1" for number in range(1, 6)]
    assert transfer.frozen_boundary(base, "block5_conv1") == "block4_pool"


def test_the_default_networks_last_block():
    network = backbones.load("efficientnet_lite0", weights=None)
    new = transfer.attach_head(network, ["cat", "dog"])
    assert transfer.blocks(new)[-1] == new.vgg_equivalent("block5_conv1") == "block16_expand"
    # By hand: expand 192 * 1152, depthwise 9 * 1152, project 1152 * 320, head 320 * 1280, dense 1280 * 256 + 256, 257.
    by_hand = 192 * 1152 + 9 * 1152 + 1152 * 320 + 320 * 1280 + 1280 * 256 + 256 + 257
    assert transfer.unfreeze_from(new, "block16_expand").trainable == by_hand
    assert transfer.frozen_boundary(new, "block16_expand") == "block15_add"


def test_boundaries_lie_where_all_paths_meet():
    new = new_network()
    assert transfer.frozen_boundary(new, "block1_conv") == "stem_conv"
    assert transfer.frozen_boundary(new, "block2_conv") == "block1_relu"
    assert transfer.frozen_boundary(new, "block2_bn") == "block1_relu"  # the skip leads around block2_conv
    assert transfer.frozen_boundary(new, "block2_add") == "block1_relu"
    assert transfer.frozen_boundary(new, "pool") == "block2_add"
    assert transfer.frozen_boundary(new, "stem_conv") is None
    assert transfer.frozen_boundary(new, "image") is None
    with pytest.raises(ValueError, match="nearest"):
        transfer.frozen_boundary(new, "block3_conv")


@pytest.mark.parametrize("name", ["squeezenet", "mobilenet_v2"])
def test_blocks_can_be_cut_in_real_networks(name):
    network = backbones.load(name, weights=None)
    new = transfer.attach_head(network, ["cat", "dog"], hidden=0)
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    whole = np.asarray(new.model(pictures))
    for start in transfer.blocks(new)[-2:]:
        at = transfer.frozen_boundary(new, start)
        (maps,) = keras().tree.flatten(new.features([at])(pictures))
        np.testing.assert_allclose(np.asarray(transfer.head_from(new, at)(maps)), whole, atol=1e-5)


def test_a_layer_that_is_bypassed_is_no_place_to_cut():
    with pytest.raises(ValueError, match="cut"):
        transfer.head_from(new_network(), "block2_relu")


def test_training_the_tail_trains_the_whole(tuned):
    new, data, history, *_ = tuned
    features = new.features_of(data.pixels, "block1_relu")
    part = transfer.head_from(new, "block1_relu")
    np.testing.assert_allclose(transfer.predict(part, features), transfer.predict(new, data.pixels), atol=1e-5)
    change = transfer.weight_change(tuned.weights, new)
    assert change["stem_conv"] == change["block1_conv"] == 0
    assert change["block2_conv"] > 0.01 and change["new_hidden"] > 0.01
    assert history["loss"][-1] < history["loss"][0] and transfer.accuracy(new, data.pixels, data.labels) == 1


def test_statistics_do_not_move_when_unfrozen_our_way(tuned):
    """Those of the second block went through the training. That they move otherwise: see the test of `compiled`."""
    for name, rows in transfer.batch_norm_statistics(tuned.network).items():
        np.testing.assert_array_equal(rows, tuned.statistics[name])


def test_training_at_the_boundary_equals_training_the_whole():
    """Without dropout both ways see the same numbers in the same order, so their weights agree."""
    data, validation = split(), split(8, seed=1)
    at_boundary, whole = new_network(dropout=0), new_network(dropout=0)
    first = transfer.fine_tune(at_boundary, "block2_conv", data, validation, 3, size=16)
    transfer.unfreeze_from(whole, "block2_conv")
    transfer.compiled(whole, 1e-4)
    parts = (data.pixels, data.labels), (validation.pixels, validation.labels)
    second = training.fit(whole.model, *parts, epochs=3, batch_size=20, seed=0)
    np.testing.assert_allclose(first["loss"], second["loss"], rtol=1e-4)
    for name, values in transfer.weights(whole).items():
        np.testing.assert_allclose(transfer.weights(at_boundary)[name], values, atol=1e-5)


def test_a_head_shares_the_base_and_a_copy_does_not():
    network = residual_network()
    shared = transfer.attach_head(network, ["a", "b"])
    independent = transfer.attach_head(transfer.clone(network), ["a", "b"])
    picture = split(1).pixels
    old = network.probabilities(picture)
    independent.layer("stem_conv").kernel.assign_add(np.ones((3, 3, 3, 4), np.float32))
    np.testing.assert_array_equal(network.probabilities(picture), old)
    shared.layer("stem_conv").kernel.assign_add(np.ones((3, 3, 3, 4), np.float32))
    assert (network.probabilities(picture) != old).any()


def test_a_copy_predicts_the_same():
    network = residual_network()
    network.layer("stem_conv").trainable = False
    twin = transfer.clone(network)
    pictures = split(4).pixels
    np.testing.assert_allclose(twin.probabilities(pictures), network.probabilities(pictures), atol=1e-6)
    assert twin.logits.shape == (None, 3) and not twin.layer("stem_conv").trainable


def test_the_same_seed_gives_the_same_head():
    first, second, third = (new_network(seed=seed) for seed in (3, 3, 4))
    kernels = [network.layer("new_hidden").kernel.numpy() for network in (first, second, third)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert (kernels[0] != kernels[2]).any()


def test_optimizers_by_the_slides_names():
    new = new_network()
    assert type(transfer.compiled(new, 1e-5, "rmsprop").optimizer).__name__ == "RMSprop"
    assert float(new.model.optimizer.learning_rate) == pytest.approx(1e-5)
    with pytest.raises(ValueError, match="sgd"):
        transfer.compiled(new, optimizer="sgd")


def test_compiled_again_is_like_new_and_keeps_its_step():
    """A second training from the same weights must give the same numbers as the first, without a new trace."""
    data = split()
    parts = (data.pixels, data.labels), (data.pixels, data.labels)
    new = new_network()
    start, statistics = new.model.get_weights(), transfer.batch_norm_statistics(new)
    first = transfer.train(new, *parts, epochs=3)
    assert all((rows != statistics[name]).any() for name, rows in transfer.batch_norm_statistics(new).items()), (
        "all may learn"
    )
    step, optimizer = new.model.train_function, new.model.optimizer
    new.model.set_weights(start)
    second = transfer.train(new, *parts, epochs=3)
    assert new.model.train_function is step and new.model.optimizer is optimizer
    np.testing.assert_allclose(second["loss"], first["loss"], rtol=1e-5)
    transfer.compiled(new, 1e-2)
    assert float(new.model.optimizer.learning_rate) == pytest.approx(1e-2)
    assert int(new.model.optimizer.iterations) == 0
    transfer.unfreeze_from(new, "block2_conv")  # other weights learn: nothing is kept
    transfer.compiled(new, 1e-2)
    assert new.model.optimizer is not optimizer


def test_training_with_augmentation_trains_the_flat_network():
    data = split()
    new = new_network()
    transfer.unfreeze_from(new, transfer.head_start(new))
    before = transfer.weights(new)
    flips = training.pipeline(0, 0, 0, 0, 0, horizontal_flip=True, seed=0)
    history = transfer.train(new, (data.pixels, data.labels), None, 20, 1e-2, augmentation=flips)
    change = transfer.weight_change(before, new)
    assert change["stem_conv"] == change["block2_conv"] == 0 < change["new_hidden"]
    assert history["loss"][-1] < history["loss"][0]
    assert all(not hasattr(layer, "layers") for layer in new.model.layers)


def test_the_tuned_network_explained_saved_and_loaded(tuned, tmp_path):
    new, data = tuned.network, tuned.data
    maps = grad_cam(new, data.pixels[:3], "dog", relu=None)
    assert maps.shape == (3, 16, 16) and np.abs(maps).max() > 0
    # One sigmoid: the score of class 0 is minus that of class 1, so the maps without ReLU are each other's negative.
    np.testing.assert_allclose(grad_cam(new, data.pixels[:3], "cat", relu=None), -maps, atol=1e-6)
    again = training.load(training.save(new, tmp_path / "mine.keras"))
    assert list(tmp_path.iterdir()) == [tmp_path / "mine.keras"]
    np.testing.assert_allclose(grad_cam(again, data.pixels[:3], "dog", relu=None), maps, atol=1e-6)
    np.testing.assert_allclose(transfer.predict(again, data.pixels), transfer.predict(new, data.pixels), atol=1e-6)
    assert (again.name, again.class_names, again.input_size) == (new.name, new.class_names, new.input_size)
    assert again.vgg_equivalent("block5_conv3") == "block2_add"
    assert keras().models.load_model(tmp_path / "mine.keras").count_params() == new.model.count_params()


def test_a_base_with_a_bgr_flip_survives_saving(tmp_path):
    network = backbones.load("squeezenet", weights=None)
    new = transfer.attach_head(network, ["cat", "dog"], hidden=0)
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    transfer.head_from(new, "fire8_concat")  # a cut adds nodes to the graph, which must not be saved
    again = training.load(training.save(new, tmp_path / "mine.keras"))
    np.testing.assert_allclose(np.asarray(again.model(pictures)), np.asarray(new.model(pictures)), atol=1e-6)


def test_bad_files_give_one_sentence(tmp_path):
    new = new_network()
    with pytest.raises(ValueError, match="keras"):
        training.save(new, tmp_path / "mine.h5")
    with pytest.raises(ValueError, match="no file"):
        training.load(tmp_path / "gone.keras")
    (tmp_path / "text.keras").write_text("hello")
    with pytest.raises(ValueError, match="damaged"):
        training.load(tmp_path / "text.keras")
    whole = training.save(new, tmp_path / "mine.keras").read_bytes()
    (tmp_path / "cut.keras").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="damaged"):
        training.load(tmp_path / "cut.keras")
    new.model.save(tmp_path / "plain.keras")
    with pytest.raises(ValueError, match="load_model"):
        training.load(tmp_path / "plain.keras")


DISTRIBUTED = """
import numpy as np, sys
from pathlib import Path
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
sys.path.insert(0, sys.argv[1])
from test_fine_tuning import residual_network, split
from helpers import training, training, transfer

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
data, base = split(), residual_network()
new = transfer.attach_head(base, ["cat", "dog"], hidden=8, dropout=0, strategy=strategy)
alone = transfer.attach_head(residual_network(), ["cat", "dog"], hidden=8, dropout=0)
histories = []
for network, way in ((new, strategy), (alone, None)):
    print(transfer.unfreeze_from(network, "block2_conv").trainable)
    model = transfer.compiled(network, 1e-2, strategy=way)
    histories.append(training.fit(model, (data.images(16), data.labels), None, epochs=5, batch_size=24, seed=0))
np.testing.assert_allclose(histories[0]["loss"], histories[1]["loss"], rtol=1e-3)
kernel = new.layer("block2_conv").kernel.value
assert len(kernel.values) == 2, kernel
np.testing.assert_array_equal(kernel.values[0].numpy(), kernel.values[1].numpy())
again = training.load(training.save(new, Path(sys.argv[2]) / "mine.keras"))
np.testing.assert_allclose(transfer.predict(again, data.pixels), transfer.predict(new, data.pixels), atol=1e-6)
print("two devices agree")
"""


def test_two_devices_train_as_one(tmp_path):
    """In a process of its own: devices must be set before TensorFlow starts."""
    folder = Path(__file__).resolve().parent
    run = subprocess.run(
        [sys.executable, "-c", DISTRIBUTED, str(folder), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=folder.parents[1],
        env={**os.environ, "COURSE_CACHE": str(tmp_path / "cache")},
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "two devices agree" in run.stdout and run.stdout.count(str(NEW + CONV)) == 2
