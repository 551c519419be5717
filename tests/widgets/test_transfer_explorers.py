"""The explorers of transfer learning, without a front end."""

import io

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from helpers import backbones, transfer
from helpers.datasets import stratified_sample
from helpers.transfer import heads
from helpers.widgets import transfer as explorers


def made_features(classes: int = 2, train: int = 40, test: int = 30):
    """An early stage of noise, and a last stage that holds the class."""
    rng = np.random.default_rng(0)
    labels = {"train": np.arange(train) % classes, "test": np.arange(test) % classes}
    features = {
        part: {
            "early": rng.normal(size=(len(found), 4)).astype(np.float32),
            "last": (rng.normal(size=(len(found), 6)) + 3 * np.eye(6)[found]).astype(np.float32),
        }
        for part, found in labels.items()
    }
    return features, labels


@pytest.fixture(scope="module")
def network():
    return transfer.attach_head(backbones.load("efficientnet_lite0", weights=None), ["cat", "dog"])


def values_of(control):
    """Every value that a control can take."""
    options = getattr(control, "options", None)
    return [True, False] if options is None else [v[1] if isinstance(v, tuple) else v for v in options]


def try_everything(explorer, most=8):
    """Set each control to its values, of very many only to both ends and some between: each draws a plot."""
    seen = set()
    for control in explorer.controls.values():
        values = values_of(control)
        for value in values if len(values) <= most else [*values[:2], values[len(values) // 2], *values[-2:]]:
            control.value = value
            assert explorer.error.value == "", explorer.error.value
            seen.add(explorer.png)
    return seen


def test_stage_explorer_takes_every_value():
    features, labels = made_features()
    explorer = explorers.stage_explorer(features, labels, ["cat", "dog"])
    assert values_of(explorer.controls["count"]) == [4, 10, 20, 40]
    assert len(try_everything(explorer)) >= 7
    assert all(control.description and control.tooltip for control in explorer.controls.values())
    for name, value in (("show", explorers.MAP), ("stage", "early"), ("count", 4)):
        before = explorer.png
        explorer.controls[name].value = value
        assert explorer.png != before, name


def test_stage_explorer_tells_what_scikit_learn_finds():
    """The accuracy in the caption is that of five fits made here by hand."""
    features, labels = made_features()
    explorer = explorers.stage_explorer(features, labels, ["cat", "dog"], seed=3)
    explorer.controls["count"].value = 20
    shares = []
    for seed in range(3, 8):
        rows = stratified_sample(labels["train"], 20, seed)
        scale = StandardScaler().fit(features["train"]["last"][rows])
        model = LogisticRegression(C=0.01, max_iter=2000)
        model.fit(scale.transform(features["train"]["last"][rows]), labels["train"][rows])
        shares.append((model.predict(scale.transform(features["test"]["last"])) == labels["test"]).mean())
    words = explorer.frame.caption
    assert f"last, 20 labels: accuracy {np.mean(shares):.3f}" in words
    assert f"gave {min(shares):.3f} to {max(shares):.3f}" in words
    assert explorer.frame.caption.startswith("last, 20 labels") and "few_labels" in explorer.frame.code


def test_the_confusion_matrix_is_the_mean_over_the_draws():
    guesses, labels = np.array([[0, 0, 1, 1], [0, 1, 1, 1]]), np.array([0, 0, 1, 1])
    np.testing.assert_array_equal(explorers._matrix(guesses, labels, 2), [[1.5, 0.5], [0, 2]])


def test_stage_explorer_with_ten_classes_and_few_photos():
    features, labels = made_features(classes=6, train=24, test=12)
    explorer = explorers.stage_explorer(features, labels, list("abcdef"))
    assert values_of(explorer.controls["count"]) == [20, 24]
    try_everything(explorer)


def test_stage_explorer_shows_trouble_as_a_sentence(monkeypatch):
    features, labels = made_features()
    explorer = explorers.stage_explorer(features, labels, ["cat", "dog"])
    monkeypatch.setattr(
        explorers, "few_labels", lambda *a: (_ for _ in ()).throw(ValueError("no such photos; take others"))
    )
    explorer.controls["count"].value = 4
    assert "no such photos; take others" in explorer.error.value
    del features["test"]["early"]
    with pytest.raises(ValueError, match="same ones"):
        explorers.stage_explorer(features, labels, ["cat", "dog"])


def test_stage_explorer_has_a_strip_for_pages_without_a_kernel():
    bundle, notes = explorers.stage_explorer(*made_features(), ["cat", "dog"])._repr_mimebundle_()
    assert bundle["image/png"] and "last, 40 labels" in notes["image/png"]["alt"]


RUNS = {
    0: {"accuracy": [0.5, 0.8], "val_accuracy": [0.6, 0.7], "loss": [1, 0.5], "val_loss": [1, 0.8]},
    3: {"accuracy": [0.7, 0.9], "val_accuracy": [0.8, 0.9], "loss": [0.5, 0.2], "val_loss": [0.5, 0.4]},
}


def test_unfreezing_explorer_takes_every_value_and_touches_nothing(network):
    before = [layer.trainable for layer in network.model.layers]
    explorer = explorers.unfreezing_explorer(network, RUNS)
    assert len(try_everything(explorer)) >= 7  # 5 of 18 depths, thawed, curves
    assert [layer.trainable for layer in network.model.layers] == before
    assert all(control.description and control.tooltip for control in explorer.controls.values())


def test_unfreezing_explorer_counts_as_counted_by_hand(network):
    explorer = explorers.unfreezing_explorer(network)
    head = 1280 * 256 + 256 + 256 + 1
    block = 192 * 1152 + 9 * 1152 + 1152 * 320 + 320 * 1280  # the last block, and the convolution behind it
    for blocks, learns in ((0, head), (1, head + block)):
        explorer.controls["blocks"].value = blocks
        assert f"{learns:,} of" in explorer.frame.caption
    explorer.controls["thaw"].value = True
    scale_and_shift = 2 * (1152 + 1152 + 320 + 1280)
    assert f"{head + block + scale_and_shift:,} of" in explorer.frame.caption
    assert "averages" in explorer.frame.caption
    explorer.controls["blocks"].value = 17
    counts = transfer.parameter_counts(transfer.clone(network))
    assert f"of {sum(counts):,}" in explorer.frame.caption


def test_unfreezing_explorer_says_when_a_training_was_not_made(network):
    explorer = explorers.unfreezing_explorer(network, RUNS)
    explorer.controls["show"].value = explorers.CURVES
    explorer.controls["blocks"].value = 3
    assert "no such training" not in explorer.frame.caption
    explorer.controls["blocks"].value = 9
    assert "no such training was made here, the nearest is: 3 blocks" in explorer.frame.caption


def test_unfreezing_explorer_refuses_what_it_cannot_show(network):
    with pytest.raises(ValueError, match="new head"):
        explorers.unfreezing_explorer(backbones.load("efficientnet_lite0", weights=None))
    with pytest.raises(ValueError, match="0 to 17"):
        explorers.unfreezing_explorer(network, {40: RUNS[0]})


def test_the_picture_of_what_learns_has_ink():
    parts = [heads.Part("a", 100, 0, False), heads.Part("b", 40, 0, True), heads.Part("c", 900, 900, False)]
    picture = explorers._learning_picture(parts, "three layers")
    shown = np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB")).reshape(-1, 3)
    assert (shown == (0, 0x72, 0xB2)).all(axis=1).sum() > 1000 and "1 of them learn" in picture.alt
