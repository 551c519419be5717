"""The small convnet, its training loop, intervals and stored tables."""

import numpy as np
import pytest

from helpers import training
from helpers.training import convnet


def dots(count=60, size=16, seed=0):
    """Two classes that a convnet tells apart at once: a bright left or a bright right half."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    pictures = rng.integers(0, 80, (count, size, size, 3))
    pictures[labels == 0, :, : size // 2] += 150
    pictures[labels == 1, :, size // 2 :] += 150
    return pictures.astype(np.uint8), labels


def small(**options):
    return training.small_convnet(16, filters=(4, 8), **options)


def test_small_convnet_has_the_counted_parameters():
    model = training.small_convnet(64)
    # 3x3 kernels with biases, four poolings leave 4x4 maps of 64 channels.
    convolutions = sum(9 * a * b + b for a, b in ((3, 16), (16, 32), (32, 64), (64, 64)))
    assert model.count_params() == convolutions + (4 * 4 * 64 * 64 + 64) + (64 * 2 + 2)
    assert model.input_shape == (None, 64, 64, 3) and model.output_shape == (None, 2)
    assert not [layer.name for layer in model.layers if "dropout" in layer.name or "augmentation" in layer.name]
    assert model.jit_compile is False


def test_layers_lie_in_one_flat_model():
    from helpers import training

    model = small(dropout=0.5, augmentation=training.pipeline(), channels=3)
    names = [layer.name for layer in model.layers]
    assert names[:3] == ["pictures", "augmentation", "rescaling"] and "dropout" in names
    assert not [layer for layer in model.layers if hasattr(layer, "layers")]


def test_same_seed_same_weights_and_probabilities_sum_to_one():
    pictures, _ = dots()
    first, again, other = (small(seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.get_weights()[0], again.get_weights()[0])
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])
    np.testing.assert_allclose(training.probabilities(first, pictures).sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"input_size": 8}, "16 pixels"),
        ({"classes": 1}, "2 or more"),
        ({"dropout": 1.0}, "below 1"),
        ({"dropout": -1}, "0"),
    ],
)
def test_small_convnet_refuses(values, word):
    with pytest.raises(ValueError, match=word):
        training.small_convnet(**values)


def test_fit_learns_and_returns_a_plain_history(capsys):
    model = small()
    history = training.fit(model, dots(), dots(20, seed=1), 6, batch_size=10, label="Dots")
    assert type(history) is dict
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
    assert all(len(values) == 6 and type(values[0]) is float for values in history.values())
    assert history["val_accuracy"][-1] == 1.0
    assert training.accuracy(model, *dots(20, seed=1)) == 1.0
    assert "Dots: done, 6 epochs" in capsys.readouterr().err


def test_fit_is_repeatable():
    first, again = (training.fit(small(dropout=0.3), dots(), None, 2, seed=4) for _ in range(2))
    assert set(first) == {"loss", "accuracy", "seconds"}
    np.testing.assert_allclose(first["loss"], again["loss"], rtol=1e-4)


def test_fit_tells_where_an_error_stopped_it(capsys):
    from helpers.runtime import keras

    class Fail(keras().callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        training.fit(small(), dots(), None, 3, callbacks=(Fail(),))
    assert "stopped" in capsys.readouterr().err


def test_fit_refuses():
    pictures, labels = dots(10)
    with pytest.raises(ValueError, match="epochs is 0"):
        training.fit(small(), (pictures, labels), None, 0)
    with pytest.raises(ValueError, match="train holds 10 photos and 9 labels"):
        training.fit(small(), (pictures, labels[:9]), None, 1)
    with pytest.raises(ValueError, match="validation holds 0 photos"):
        training.fit(small(), (pictures, labels), (pictures[:0], labels[:0]), 1)


def test_pictures_per_second_takes_the_median_of_all_calls_but_the_first(monkeypatch):
    calls = []
    seconds = lambda step, number, repeat: [step() or time for time in (1.0, 2.0, 4.0, 8.0)[:repeat]]  # noqa: E731
    monkeypatch.setattr(convnet.timeit, "repeat", seconds)
    assert training.pictures_per_second(lambda: calls.append(1), 20, repeats=4) == pytest.approx(20 / 3)
    assert len(calls) == 5


def test_table_rounds_as_sentences_do():
    rows = {"head": {"learn": 1337985, "test": 77 / 80}, "forest": {"test": np.float64(0.5), "seconds": 2.0}}
    table = training.table(rows)
    assert list(table.columns) == ["learn", "test", "seconds"] and list(table.index) == ["head", "forest"]
    assert table.loc["head"].tolist() == ["1,337,985", f"{77 / 80:.3f}", ""]
    assert table.loc["forest"].tolist() == ["", "0.500", "2.000"]


def test_fractions_with_a_changing_brightness_are_refused_before_the_training():
    from helpers import training

    pictures, labels = dots(10)
    model = small(augmentation=training.pipeline(brightness=0.2))
    with pytest.raises(ValueError, match=r"The training set's values are .*multiply it by 255 first"):
        training.fit(model, (pictures / 255, labels), None, 1)
