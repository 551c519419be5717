"""Forward passes: both engines say the same, a changed network is never answered for by an old file."""

import os
import stat
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import backbones, images, transfer
from helpers.activations import layer_maps
from helpers.backbones import Network, as_network, forward, graph, state
from helpers.datasets import photo
from tests import small_networks

SIZES = [(224, 224), (160, 160), (97, 131)]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of its own, and both engines allowed."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COURSE_ENGINE", raising=False)
    if forward.blocked():
        pytest.skip("LiteRT is not installed here")
    return tmp_path / "cache" / "forward"


def own(seed: int = 1, size: int = 48) -> Network:
    """A student's network of common layers, large enough for LiteRT: 25 million multiplications."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((size, size, 3)),
            layers.Rescaling(1 / 127.5, -1, name="rescaling"),
            layers.Conv2D(16, 3, padding="same", name="conv1"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu1"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(name="pooled"),
            layers.Dropout(0.5, name="dropout"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(3, activation="softmax", name="classes"),
        ]
    )
    return as_network(model)


def noise(network: Network, count: int = 2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, (count, *network.sides, 3)).astype(np.float32)


def eager(network: Network, pictures: np.ndarray) -> np.ndarray:
    """The probabilities by Keras itself, operation by operation: nothing compiled, nothing kept."""
    return np.asarray(network.model(pictures, training=False))


def far(found: np.ndarray, right: np.ndarray) -> float:
    """The largest difference as a share of the largest value."""
    return float(np.abs(found - right).max() / np.abs(right).max())


def both(network: Network, names: tuple[str, ...], pictures: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each output by LiteRT and by TensorFlow."""
    asked = network.compiled(forward.Pass, False, *names)
    asked.make()
    found = asked.by_litert(pictures, None)
    assert found is not None, asked.reason
    return list(zip(found, asked(pictures), strict=True))


# --- equal answers ----------------------------------------------------------------------------------------------------


# A ReLU with a ceiling of 6 leaves the rounding of the hundreds before it, and makes the largest value small.
@pytest.mark.parametrize(("name", "of_maps"), [("efficientnet_lite0", 1e-4), ("squeezenet", 1e-5)])
def test_shipped_networks_answer_alike_at_every_size(name, of_maps):
    network = backbones.load(name)
    for sides in SIZES:
        pictures = np.stack([images.prepare(photo(one).array, sides) for one in ("chelsea", "coffee")])
        for names in ((), tuple(forward._shown(network))):
            worst = max(far(found, right) for found, right in both(network, names, network.batch(pictures)))
            assert worst < (of_maps if names else 1e-5), (sides, names[:1])


@pytest.mark.parametrize("count", [1, 2, 7, 32, 33])
def test_each_picture_of_a_batch_is_answered_by_itself(count):
    network = backbones.load("squeezenet")
    pictures = np.random.default_rng(count).uniform(0, 255, (count, 64, 48, 3)).astype(np.float32)
    for found, right in both(network, (), pictures):
        assert found.shape == right.shape and far(found, right) < 1e-5
    asked = network.compiled(forward.Pass, False)
    np.testing.assert_array_equal(asked.by_litert(pictures[-1:], None)[0], asked.by_litert(pictures, None)[0][-1:])


SMALL = {
    "worked example": lambda: small_networks.worked_example()[0],
    "linear": lambda: small_networks.linear()[0],
    "tanh": small_networks.smooth,
    "one sigmoid": lambda: small_networks.smooth(outputs=1),
    "convnet": small_networks.convnet,
    "relu with a ceiling": lambda: small_networks.convnet(maximum=2.0),
    "a student's": own,
}


@pytest.mark.parametrize("make", SMALL.values(), ids=SMALL)
def test_small_networks_answer_alike(make, monkeypatch):
    monkeypatch.setattr(forward, "_LEAST", 0)
    network = make()
    for names in ((), tuple(forward._shown(network))):
        for found, right in both(network, names, noise(network, 3)):
            assert found.shape == right.shape and far(found, right) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", list(backbones.choose.FAMILIES))
def test_families_answer_alike_or_say_why_not(name):
    network = backbones.load(name, weights=None, input_shape=(96, 128, 3), include_top=False)
    asked = network.compiled(forward.Pass, False, *[network.model.operations[-1].name])
    asked.make()
    found, pictures = asked.by_litert(noise(network), None), noise(network)
    assert found or asked.reason in ("its weights are many",) or asked.reason.startswith("LiteRT answers otherwise")
    assert not found or far(found[0], asked(pictures)[0]) < 1e-4


# --- never stale ------------------------------------------------------------------------------------------------------


def train(network: Network, **options) -> None:
    network.model.compile("sgd", "sparse_categorical_crossentropy", **options)
    network.model.fit(noise(network, 4), np.arange(4) % 3, verbose=0)


def step_by_hand(network: Network) -> None:
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network.model(noise(network), training=False)[:, 0])
    variables = network.model.trainable_variables
    keras.optimizers.Adam(0.1).apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))


def one_number(network: Network) -> None:
    kernel, bias = network.layer(_kernels(network)[-1]).get_weights()
    bias[0] += 3
    network.layer(_kernels(network)[-1]).set_weights([kernel, bias])


def load_file(network: Network, folder) -> None:
    other = transfer.clone(network)
    for weight in other.model.trainable_weights:
        weight.assign(weight * 0.7)
    other.model.save_weights(folder / "other.weights.h5")
    network.model.load_weights(folder / "other.weights.h5")


def learn_a_new_head(network: Network) -> None:
    new = transfer.attach_head(network, ["a", "b", "c"], hidden=0)
    transfer.unfreeze_from(new, _kernels(network)[-2])
    train(new)


def thaw_and_train(network: Network) -> None:
    network.model.trainable = True
    train(network)


def bigger_epsilon(network: Network) -> None:
    for layer in network.model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.epsilon = 0.5


def other_statistics(network: Network) -> None:
    for layer in network.model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_variance.assign(layer.moving_variance * 4)


def scatter(network: Network) -> None:
    bias = network.layer(_kernels(network)[-1]).bias.value
    bias.scatter_nd_update([[1]], [5.0])


def _kernels(network: Network) -> list[str]:
    return [one.name for one in network.model.layers if type(one).__name__ in ("Conv2D", "Dense")]


WAYS = {
    "training": lambda network, _: train(network),
    "training with XLA": lambda network, _: train(network, jit_compile=True),
    "a step of one's own": lambda network, _: step_by_hand(network),
    "set_weights": lambda network, _: network.model.set_weights([w * 0.9 for w in network.model.get_weights()]),
    "assign": lambda network, _: network.layer(_kernels(network)[0]).kernel.assign(
        -network.layer(_kernels(network)[0]).kernel
    ),
    "assign_add": lambda network, _: network.layer(_kernels(network)[-1]).bias.value.assign_add(
        [1.0, *[0.0] * 999][: n_of(network)]
    ),
    "one number": lambda network, _: one_number(network),
    "scattered numbers": lambda network, _: scatter(network),
    "a part of a variable": lambda network, _: (
        network.layer(_kernels(network)[0])
        .kernel.value[..., 0]
        .assign(network.layer(_kernels(network)[0]).kernel.value[..., 0] * 2 + 1)
    ),
    "loading": load_file,
    "thawed and trained": lambda network, _: thaw_and_train(network),
    "trained with another head": lambda network, _: learn_a_new_head(network),
    "batch normalisation's statistics": lambda network, _: other_statistics(network),
    "batch normalisation's epsilon": lambda network, _: bigger_epsilon(network),
    "an activation": lambda network, _: setattr(network.layer("relu1"), "max_value", 0.1),
}
NOTHING = {
    "a layer made trainable": lambda network: setattr(network.model.layers[2], "trainable", False),
    "another model around it": lambda network: network.features(_kernels(network)[0]),
}


def n_of(network: Network) -> int:
    return len(network.class_names)


@pytest.mark.parametrize("change", WAYS.values(), ids=WAYS)
def test_a_changed_network_gives_its_new_answer(change, tmp_path):
    network = own()
    forward.make_files(network)
    pictures = noise(network)
    before, maps = network.probabilities(pictures), layer_maps(network, pictures[0])
    assert network.engine == "LiteRT" and far(before, eager(network, pictures)) < 1e-5
    change(network, tmp_path)
    after = eager(network, pictures)
    assert far(before, after) > 1e-4, "the change is one"
    for _ in range(3):
        assert far(network.probabilities(pictures), after) < 1e-5
    now = np.asarray(network.features(list(maps))(pictures[:1])[-1])[0]
    assert far(layer_maps(network, pictures[0])[list(maps)[-1]], now) < 1e-5


@pytest.mark.parametrize("change", NOTHING.values(), ids=NOTHING)
def test_what_changes_no_answer_changes_no_engine(change):
    network = own()
    forward.make_files(network)
    pictures = noise(network)
    before = network.probabilities(pictures)
    change(network)
    for _ in range(3):
        np.testing.assert_allclose(network.probabilities(pictures), before, atol=1e-6)
    assert network.engine == "LiteRT"


def test_another_dropout_gives_the_same_answer():
    network = own()
    forward.make_files(network)
    before = network.probabilities(noise(network))
    network.layer("dropout").rate = 0.9
    for _ in range(3):
        np.testing.assert_allclose(network.probabilities(noise(network)), before, atol=1e-6)


SHIPPED = ["training", "set_weights", "assign", "one number", "loading"]


def test_shipped_network_changed_in_many_ways(tmp_path, monkeypatch):
    network = backbones.load("squeezenet", input_shape=(64, 64, 3))
    forward.make_files(network, maps=False)
    pictures = noise(network, 1)
    original = network.model.get_weights()
    for name in SHIPPED:
        assert far(network.probabilities(pictures), eager(network, pictures)) < 1e-5
        if name == "training":
            network.model.compile("sgd", "sparse_categorical_crossentropy")
            network.model.fit(pictures, np.zeros(1), verbose=0)
        else:
            WAYS[name](network, tmp_path)
        for _ in range(3):
            assert far(network.probabilities(pictures), eager(network, pictures)) < 1e-5, name
    network.model.set_weights(original)
    monkeypatch.setattr(forward, "_converted", lambda *_: pytest.fail("converted again"))
    forward.make_files(network, maps=False)  # as when an explorer opens: the file is there
    for _ in range(2):
        assert far(network.probabilities(pictures), eager(network, pictures)) < 1e-5
    assert network.engine == "LiteRT", "as it was, and at rest: its file is right again"


def test_in_training_no_file_is_made_and_every_answer_is_the_new_one(cache):
    network, seen = own(), []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            found = network.probabilities(noise(network))
            seen.append((far(found, eager(network, noise(network))), network.engine))

    network.model.compile("sgd", "sparse_categorical_crossentropy")
    network.model.fit(noise(network, 4), np.arange(4) % 3, epochs=4, verbose=0, callbacks=[Look()])
    assert len(seen) == 4 and all(error < 1e-5 and engine.startswith("TensorFlow") for error, engine in seen)
    assert not cache.exists()


def test_what_changes_during_the_conversion_is_thrown_away(cache, monkeypatch):
    network, convert = own(), forward._converted

    def slow(*arguments):
        one_number(network)
        return convert(*arguments)

    monkeypatch.setattr(forward, "_converted", slow)
    forward.make_files(network, maps=False)
    assert not list(cache.glob("*")) if cache.exists() else True
    assert far(network.probabilities(noise(network)), eager(network, noise(network))) < 1e-5
    assert network.engine.startswith("TensorFlow")


def test_a_held_weight_never_changes():
    """What the whole check rests on: a variable that changes gets new memory while its old value is held."""
    variable = tf.Variable(np.arange(6, dtype=np.float32))
    for change in (variable.assign_add, variable.assign_sub, variable.assign):
        (held,) = state.read_weights([variable])
        assert np.shares_memory(state._array(held), state._array(state.read_weights([variable])[0]))
        before = held.numpy()
        change(np.ones(6, np.float32))
        np.testing.assert_array_equal(held.numpy(), before)
        assert not np.shares_memory(state._array(held), state._array(state.read_weights([variable])[0]))


def test_weights_are_still_read_at_once():
    """A private operation of TensorFlow: where it is gone, `read_weights` takes six times as long."""
    variables = [tf.Variable([1.0, 2.0]), tf.Variable([[3.0]])]
    assert [one.numpy().tolist() for one in state._read_at_once(variables)] == [[1, 2], [[3]]]


def test_weights_are_read_one_by_one_where_they_cannot_be_read_at_once(monkeypatch):
    def gone(variables):
        raise AttributeError("gone")

    monkeypatch.setattr(state, "_read_at_once", gone)
    network = own()
    forward.make_files(network, maps=False)
    network.probabilities(noise(network))
    assert network.engine == "LiteRT"


# --- who answers ------------------------------------------------------------------------------------------------------


def test_what_is_looked_at_makes_no_file_and_uses_one(cache):
    network, pictures = own(), noise(own())
    network.probabilities(pictures)
    assert network.engine == "TensorFlow: its file has not been made" and not cache.exists()
    forward.make_files(network)
    network.probabilities(pictures)
    assert network.engine == "LiteRT"
    again = own()  # the same numbers in another network: the file is found
    again.probabilities(pictures)
    assert again.engine == "LiteRT"
    other = own(seed=2)
    other.probabilities(pictures)
    assert other.engine.startswith("TensorFlow")


def test_what_is_stored_goes_by_the_number_of_photos_alone(cache):
    network = own()
    forward.make_files(network)
    pictures = np.random.default_rng(0).integers(0, 256, (100, 48, 48, 3), dtype=np.uint8)
    few = transfer.extract(network, pictures[:99], "pool")
    assert network.engine.startswith("TensorFlow: fewer than 100")
    many = transfer.extract(network, pictures, "pool")
    assert network.engine == "LiteRT" and far(many[:99], few) < 1e-5
    assert len(list(cache.glob("*.tflite"))) == 3, "scores, maps, and the layer that was asked for"


def test_features_of_one_engine_are_not_taken_for_those_of_the_other(monkeypatch):
    network, pictures = own(), np.zeros((120, 48, 48, 3), np.uint8)
    transfer.extract(network, pictures, "pool")
    monkeypatch.setenv("COURSE_ENGINE", "tensorflow")
    transfer.extract(network, pictures, "pool")
    assert network.engine == "TensorFlow: COURSE_ENGINE asks for it"


UNFIT = {
    "code of its own": lambda: keras.layers.Lambda(lambda x: x * 1.01),
    "numbers other than float32": lambda: keras.layers.Conv2D(16, 3, padding="same", dtype="float16"),
}


@pytest.mark.parametrize("why", UNFIT)
def test_what_is_not_for_litert_says_why(why):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    first = [keras.Input((48, 48, 3)), layers.Conv2D(32, 3, padding="same"), layers.Conv2D(64, 3, padding="same")]
    model = keras.Sequential([*first, UNFIT[why](), layers.GlobalAveragePooling2D(), layers.Dense(3)])
    network = as_network(model)
    forward.make_files(network)
    network.scores(noise(network))
    assert network.engine == f"TensorFlow: {network.compiled(forward.Pass, False).reason}" and why in network.engine


def test_a_small_network_is_left_alone(cache):
    network = small_networks.convnet()
    forward.make_files(network)
    network.scores(noise(network))
    assert network.engine == "TensorFlow: so small that it is as quick" and not cache.exists()


def test_another_answer_means_tensorflow_and_the_reason_is_kept(cache, monkeypatch):
    network = own()
    monkeypatch.setattr(forward, "_TOLERANCE", -1)
    forward.make_files(network, maps=False)
    monkeypatch.setattr(forward, "_converted", lambda *_: pytest.fail("tried again"))
    again = own()
    forward.make_files(again, maps=False)
    for one in (network, again):
        one.scores(noise(one))
        assert one.engine.startswith("TensorFlow: LiteRT answers otherwise, by ")
    assert forward.engine(again, (), False, 1000) == "TensorFlow"


def test_a_size_with_no_place_left_is_answered_as_before(monkeypatch):
    network = backbones.load("squeezenet")
    forward.make_files(network, maps=False)
    found = [network.scores(np.zeros((1, 5, 5, 3), np.float32))[0]]  # smaller than its kernels
    monkeypatch.setenv("COURSE_ENGINE", "tensorflow")
    found.append(network.scores(np.zeros((1, 5, 5, 3), np.float32))[0])
    np.testing.assert_array_equal(*found)


def test_threads_may_ask_together():
    network = own()
    forward.make_files(network, maps=False)
    pictures = noise(network, 8)
    right, found = eager(network, pictures), [None] * 8

    def ask(number: int) -> None:
        for _ in range(20):
            found[number] = network.probabilities(pictures[number])

    asking = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert far(np.concatenate(found), right) < 1e-5 and network.engine == "LiteRT"


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [b"", b"x", None], ids=["empty", "one byte", "a changed byte"])
def test_a_damaged_file_is_not_used_and_made_again(cache, damage):
    network = own()
    forward.make_files(network, maps=False)
    (path,) = cache.glob("*.tflite")
    whole = path.read_bytes()
    path.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:] if damage is None else damage)
    again = own()
    again.scores(noise(again))
    assert again.engine == "TensorFlow: its file has not been made"
    forward.make_files(again, maps=False)
    again.scores(noise(again))
    assert again.engine == "LiteRT"


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be made read-only there")
def test_a_cache_that_cannot_be_written_changes_no_answer(tmp_path, monkeypatch, capfd):
    pictures = np.random.default_rng(0).integers(0, 256, (100, 48, 48, 3), dtype=np.uint8)
    kept = transfer.extract(own(), pictures, "pool", cache=False)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file"))
    network = own()
    np.testing.assert_array_equal(transfer.extract(network, pictures, "pool", cache=False), kept)
    assert network.engine == "LiteRT"
    assert far(network.probabilities(noise(network)), eager(network, noise(network))) < 1e-5
    assert network.engine.startswith("TensorFlow"), "nobody asked for a file of the scores"
    assert capfd.readouterr() == ("", "")


def test_a_read_only_cache_is_used(cache, tmp_path):
    forward.make_files(own(), maps=False)
    (path,) = cache.glob("*.tflite")
    path.chmod(stat.S_IRUSR)
    cache.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        network = own()
        network.scores(noise(network))
        assert network.engine == "LiteRT"
    finally:
        cache.chmod(stat.S_IRWXU)


def test_an_interrupted_conversion_leaves_nothing(cache, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(forward.array_cache.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        forward.make_files(own(), maps=False)
    assert list(cache.iterdir()) == []


def test_a_conversion_leaves_no_notice_and_no_file_elsewhere(tmp_path):
    code = (
        "import helpers; import numpy as np; from helpers import backbones;"
        "from helpers.backbones import forward;"
        "n = backbones.load('squeezenet', weights=None); forward.make_files(n); n.scores(np.zeros((227, 227, 3)));"
        "print(n.engine)"
    )
    (tmp_path / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp"), "COURSE_CACHE": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("LiteRT\n", "")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_sum_tells_settings_constants_and_weights_apart():
    steps = {
        name: graph.way(make().logits) for name, make in {"one": own, "same": own, "other": lambda: own(2)}.items()
    }
    sums = {name: state.fingerprint(step) for name, step in steps.items()}
    assert sums["one"] == sums["same"] != sums["other"]
