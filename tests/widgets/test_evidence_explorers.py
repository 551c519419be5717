"""The explorers of what makes a good base, without a front end."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from helpers import teaching, training
from helpers.datasets import Split
from helpers.teaching import studies
from helpers.transfer import filter_banks
from helpers.widgets import evidence


def try_everything(explorer):
    """Set each control to all its values; the pictures that were seen."""
    seen = set()
    for control in explorer.controls.values():
        for value in control.options:
            control.value = value[1] if isinstance(value, tuple) else value
            assert explorer.error.value == "", explorer.error.value
            seen.add(explorer.png)
    return seen


def made_maps(count: int, seed: int):
    """Early maps in which the class is a place, so that their mean knows nothing; last maps of noise."""
    random, labels = np.random.default_rng(seed), np.arange(count) % 2
    early = random.normal(size=(count, 6, 6, 3)).astype(np.float32)
    early[labels == 1, :3] += 2
    early[labels == 0, 3:] += 2
    return {"early": early, "late": random.normal(size=(count, 2, 2, 5)).astype(np.float32)}, labels


@pytest.fixture
def places():
    parts = {"train": made_maps(40, 0), "test": made_maps(60, 1)}
    maps = {task: {part: found[0] for part, found in parts.items()} for task in ("digits", "animals")}
    labels = {task: {part: found[1] for part, found in parts.items()} for task in maps}
    names = {task: ["up", "down"] for task in maps}
    return evidence.place_explorer(maps, labels, names, {"digits": 0.75}), maps, labels


def test_place_explorer_takes_every_value(places):
    explorer, *_ = places
    assert len(try_everything(explorer)) >= 6
    assert all(control.description and control.tooltip for control in explorer.controls.values())
    assert len(explorer.stills()) == 4


def test_places_tell_what_their_mean_does_not(places):
    explorer, maps, labels = places
    explorer.controls["keep"].value = evidence.MEAN
    by_mean = float(explorer.frame.caption.split(": ")[1].split(" ")[0])
    explorer.controls["keep"].value = "2 x 2 fields"
    caption = explorer.frame.caption
    # By hand, with scikit-learn: the means of the four quarters.
    both = []
    for part in ("train", "test"):
        whole = maps["digits"][part]["early"]
        both.append(np.stack([whole[:, a : a + 3, b : b + 3].mean(axis=(1, 2)) for a in (0, 3) for b in (0, 3)], 1))
    rows = [one.reshape(len(one), -1) for one in both]
    scale = StandardScaler().fit(rows[0])
    model = LogisticRegression(C=0.01, max_iter=2000).fit(scale.transform(rows[0]), labels["digits"]["train"])
    share = (model.predict(scale.transform(rows[1])) == labels["digits"]["test"]).mean()
    assert share > 0.9 > by_mean + 0.15
    assert f"{share:.3f} named rightly" in caption and "pixels 0.750" in caption


def test_bank_explorer_takes_every_value_and_compares_with_the_first():
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    pictures = random.uniform(0, 60, (60, 12, 12))
    pictures[labels == 1, :, ::2] += 150
    pictures[labels == 0, ::2] += 150
    task = (pictures[:30], labels[:30], pictures[30:], labels[30:])
    banks = {"cosines": filter_banks.dct_bank(3, 4), "random": filter_banks.random_bank(0, 3, 4)}
    explorer = evidence.bank_explorer(banks, {"stripes": task})
    assert len(try_everything(explorer)) >= 4
    explorer.controls["bank"].value = "cosines"
    assert "cosines, stripes: 1.000 named rightly" in explorer.frame.caption
    explorer.controls["bank"].value = "random"
    assert "minus cosines: " in explorer.frame.caption
    tiles = evidence.filter_tiles(banks["cosines"])
    assert len(tiles) == 4 and tiles[0].shape == (24, 24, 3)
    shown = evidence.answer_tiles(pictures[0], banks["random"])
    assert len(shown) == 5 and max(tile.max() for tile in shown[1:]) >= 250


def test_remix_explorer_shows_changed_photos_and_the_stored_numbers(monkeypatch, tmp_path):
    names = [f"scratch, {n}{way}: test" for n in (60, 240, 960) for way in ("", " remixed")]
    effects = {
        name: {"measured": [0.5 + k / 100, 0.4, 0.7], "over": "5 seeds", "differs": ""} for k, name in enumerate(names)
    }
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    (tmp_path / "amount.json").write_text(studies.json.dumps({"effects": effects, "made": "", "parts": []}))
    pixels = np.random.default_rng(0).integers(0, 255, (960, 16, 16, 3), dtype=np.uint8)
    photos = Split(np.arange(960) % 2, pixels=pixels)
    change = training.pipeline(rotation=40, seed=0)
    explorer = evidence.remix_explorer(photos, change, size=16)
    assert len(try_everything(explorer)) >= 3
    explorer.controls["way"].value, explorer.controls["count"].value = evidence.REMIXED, 960
    assert "960 photos remixed: 0.550 of new photos" in explorer.frame.caption
    assert teaching.stored_effect("amount", names[-1])["measured"][0] == pytest.approx(0.55)
    plain, remixed = (evidence.remixed_sheet(photos, one, 16) for one in (None, change))
    np.testing.assert_array_equal(plain[:6], plain[6:])
    assert all((remixed[k] != remixed[k + 6]).any() for k in range(6))
    with pytest.raises(ValueError, match="there are 40 photos; give 960"):
        evidence.remix_explorer(photos.at(range(40)), change)
