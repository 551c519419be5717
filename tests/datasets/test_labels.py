"""Labels: every form that is plainly meant, one sentence for every other, and no training on nonsense."""

import numpy as np
import pytest

from helpers import datasets, training, transfer
from helpers.datasets.labels import class_numbers
from helpers.datasets.splits import stratified_split
from helpers.transfer.classifiers import few_labels

PLAIN = [0, 2, 1, 2]


@pytest.mark.parametrize(
    "labels",
    [
        PLAIN,
        tuple(PLAIN),
        np.array(PLAIN, np.uint8),
        np.array(PLAIN, np.float32),
        np.array(PLAIN, object),
        np.array(PLAIN)[:, None],
        np.eye(3)[PLAIN],
        np.eye(3, dtype=bool)[PLAIN],
        ["cat", "rat", "dog", "rat"],
        np.array(["cat", "rat", "dog", "rat"], object),
    ],
)
def test_what_is_plainly_meant_becomes_whole_numbers(labels):
    found = class_numbers(labels, ("cat", "dog", "rat"))
    assert found.dtype == np.int64 and found.tolist() == PLAIN


def test_columns_of_tables_and_bools():
    import pandas as pd

    assert class_numbers(pd.Series(PLAIN), 3).tolist() == PLAIN
    assert class_numbers(pd.Series(["dog", "cat"]), ["cat", "dog"]).tolist() == [1, 0]
    assert class_numbers([True, False], 2).tolist() == [1, 0]
    assert class_numbers([], 2).tolist() == []


REFUSED = {
    "1..3": ([1, 2, 3], 3, "must be 0 to 2; these are 1 to 3: subtract 1."),
    "1 and 2": ([1, 2, 1], 2, "must be 0 to 1; these are 1 to 2: subtract 1."),
    "-1 and 1": ([-1, 1], 2, "must be 0 to 1; these are -1 to 1: use (labels + 1) // 2."),
    "too large": ([0, 7], 3, "must be 0 to 2; these are 0 to 7."),
    "halves": ([0, 0.5], 2, "0.5 is among them"),
    "NaN": ([0, np.nan], 2, "nan is among them"),
    "names": (["cat", "dog"], 2, "these are names such as 'cat'"),
    "another name": (["cat", "cow"], ("cat", "dog"), "these are names such as 'cow'"),
    "None": ([None, 1], 2, "None is among them"),
    "shares": ([[0.3, 0.7]], 2, "not a single 1 in each row"),
    "several": ([[1, 1], [0, 1]], 2, "not a single 1 in each row"),
    "none": ([[0, 0], [0, 1]], 2, "not a single 1 in each row"),
    "too wide": (np.eye(4), 3, "these are 0 to 3"),
    "lengths": ([[0], [0, 1]], 2, "several lengths"),
    "a number": (3, 2, "have the shape ()"),
}


@pytest.mark.parametrize(("labels", "classes", "words"), REFUSED.values(), ids=REFUSED)
def test_everything_else_is_one_sentence(labels, classes, words):
    with pytest.raises(ValueError) as caught:
        class_numbers(labels, classes)
    text = str(caught.value)
    assert words in text and text.startswith("The labels") and text.endswith(".") and "\n" not in text


def sigmoid(loss="binary_crossentropy"):
    from helpers.runtime import keras

    keras().utils.set_random_seed(0)
    model = keras().Sequential([keras().Input((4,)), keras().layers.Dense(1, activation="sigmoid")])
    model.compile("adam", loss)
    return model


@pytest.mark.parametrize("labels", [[1, 2] * 4, [-1, 1] * 4, ["cat", "dog"] * 4])
def test_a_sigmoid_never_trains_to_a_loss_below_zero(labels):
    from helpers.runtime import keras

    x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    for loss in ("binary_crossentropy", keras().losses.BinaryCrossentropy()):
        with pytest.raises(ValueError, match="The training labels must be 0 to 1"):
            training.fit(sigmoid(loss), (x, labels), None, 1)
        with pytest.raises(ValueError, match="The validation labels must be 0 to 1"):
            training.fit(sigmoid(loss), (x, [0, 1] * 4), (x, labels), 1)


def test_all_plain_forms_train_alike():
    x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    numbers = np.array([0, 1] * 4)
    wanted = training.fit(sigmoid(), (x, numbers), (x, numbers), 2)
    for labels in (numbers.tolist(), np.eye(2)[numbers]):  # what else is plain: the first test of this file
        found = training.fit(sigmoid(), (x, labels), (x, labels), 2)
        np.testing.assert_allclose(found["loss"] + found["val_loss"], wanted["loss"] + wanted["val_loss"], rtol=1e-5)


def test_other_losses_keep_their_targets():
    x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    assert training.fit(sigmoid("mse"), (x, np.linspace(-2, 5, 8)), None, 1)["loss"][0] > 0


def test_accuracy_of_columns_and_of_one_sigmoid():
    model = sigmoid()
    model.set_weights([np.array([[1.0], [0], [0], [0]]), np.zeros(1)])
    x = np.array([[-1, 0, 0, 0], [1, 0, 0, 0], [2, 0, 0, 0]], np.float32)
    for labels in ([0, 1, 0], np.array([[0], [1], [0]]), np.eye(2)[[0, 1, 0]]):
        assert training.accuracy(model, x, labels) == pytest.approx(2 / 3)
        assert transfer.accuracy(model, x, labels) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="these are 1 to 2"):
        training.accuracy(model, x, [1, 2, 1])


def test_splits_and_sets_take_lists_and_refuse_numbers_without_a_name():
    pixels = np.zeros((3, 4, 4, 3), np.uint8)
    part = datasets.Split([0, 1.0, True], pixels=pixels)
    assert part.labels.dtype == np.int64 and part.at([2, 0]).labels.tolist() == [1, 0]
    assert datasets.Split(np.eye(3), pixels=pixels).labels.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="whole numbers"):
        datasets.Split(["a", "b", "c"], pixels=pixels)
    wrong = datasets.Split([1, 2, 3], pixels=pixels, name="mine")
    with pytest.raises(ValueError, match=r"The labels of mine must be 0 to 2; these are 1 to 3: subtract 1\."):
        datasets.ImageSet("own", ("a", "b", "c"), wrong, part, part)
    assert [rows.tolist() for rows in stratified_split([0, 1, 0, 1], (0.5, 0.5), 0)] == [
        rows.tolist() for rows in stratified_split(np.array([0, 1, 0, 1]), (0.5, 0.5), 0)
    ]


def test_probes_take_names_lists_and_rows_and_refuse_other_classes():
    rng = np.random.default_rng(0)
    numbers = np.arange(40) % 2
    features = numbers[:, None] * 6 + rng.normal(size=(40, 3))
    names = np.array(["cat", "dog"], object)[numbers]
    for labels in (numbers.tolist(), numbers[:, None], np.eye(2)[numbers], names, names.tolist()):
        assert transfer.correct(transfer.logistic_regression(), (features, labels), (features, labels)).mean() == 1
        assert few_labels((features, labels), (features, labels), 10, draws=1).shape == (1, 40)
    for known, asked in ((numbers, names), (numbers + 5, numbers)):
        with pytest.raises(ValueError, match="none of the test labels"):
            transfer.correct(transfer.logistic_regression(), (features, known), (features, asked))
    with pytest.raises(ValueError, match="test holds 40 photos and 39 labels"):
        transfer.correct(transfer.logistic_regression(), (features, numbers), (features, numbers[:39]))
