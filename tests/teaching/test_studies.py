"""Stored studies: shown with their command, read as texts, and old ones named."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import tables
from helpers import teaching, training
from helpers.files import MissingError
from helpers.teaching import studies


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(studies, "RESULTS", tmp_path)
    return tmp_path


def test_a_stored_study_is_shown_and_read(results: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", [tables.__file__])
    rows = tables.table(("run", "test"), [("a", 0.5), ("b", 2)])
    effects = {"gain": tables.over_seeds([0.1, 0.3], "small"), "loss": tables.effect((1, 0, 2), "9 photos")}
    tables.store(
        "study", "Made on a day.", "Text.", rows, "More.", measures=[training.fit], seeds=range(2), effects=effects
    )
    kept = json.loads((results / "study.json").read_text())
    assert kept["seeds"] == [0, 1] and {"tensorflow", "keras", "python"} <= set(kept["versions"])
    gain = teaching.stored_effect("study", "gain")
    # Mean 0.2, standard error 0.1, t with one degree of freedom 12.706.
    assert gain["measured"] == pytest.approx([0.2, 0.2 - 1.2706, 0.2 + 1.2706], abs=1e-4)
    assert (gain["over"], gain["differs"]) == ("2 seeds", "small")
    with pytest.raises(KeyError, match="it has 'gain', 'loss'"):
        teaching.stored_effect("study", "win")
    shown = teaching.stored_table("study").data
    assert shown.split("\n\n") == [
        "Made on a day.", "Text.", "| run | test |\n| --- | --- |\n| a | 0.5 |\n| b | 2 |", "More.\n",
    ]  # fmt: skip
    assert teaching.stored_rows("study") == {"a": {"test": "0.5"}, "b": {"test": "2"}}
    with pytest.raises(MissingError, match=r"benchmarks\.nothing"):
        teaching.stored_table("nothing")


def test_what_changed_since_is_named(results: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", [tables.__file__])
    path = tables.store("study", "Made.", "Text.", measures=[training.fit])
    assert tables.ages() == {"study": "as measured"}
    kept = json.loads(path.read_text())
    assert list(kept["measures"]) == ["benchmarks/tables.py", "helpers.training.convnet.fit"]
    path.write_text(
        json.dumps(kept | {"measures": {**kept["measures"], "helpers.training.convnet.fit": "0", "gone.py": "1"}})
    )
    assert tables.ages() == {"study": "helpers.training.convnet.fit, gone.py changed since"}
    path.write_text(json.dumps(kept | {"measures": {}}))
    assert tables.ages() == {"study": "not known"}


def test_what_notebooks_show_is_stored():
    for name in ("augmentation", "shortcut", "strategy", "transfer", "transfer_photos"):
        assert f"benchmarks.{name}" in teaching.stored_table(name).data and teaching.stored_rows(name)
    assert {"plain", "dropout 0.5", "augmentation", "the slide's ranges"} <= set(teaching.stored_rows("augmentation"))


def test_stored_pictures_are_there_and_a_missing_one_is_named():
    for name in ("painted_classes_squeezenet", "painted_filters", "painted_dreams"):
        assert teaching.stored_picture(name).shape[1] > 700
    with pytest.raises(MissingError, match=r"'nothing'.*painted_filters"):
        teaching.stored_picture("nothing")
    assert sum(path.stat().st_size for path in studies.RESULTS.glob("*.jpg")) < 2_000_000


def test_the_table_of_augmentation_by_hand():
    from benchmarks import augmentation

    runs = {"plain": [(1.0, 0.5, 0.5), (1.0, 0.7, 0.7)], "augmentation": [(0.9, 0.8, 0.8), (0.9, 0.8, 0.8)]}
    _, found = augmentation.critters_part(runs, 2)
    # Gains 0.3 and 0.1: mean 0.2, standard error 0.1, t with one degree of freedom 12.706.
    gain = f"{0.2:+.3f} ({0.2 - 1.2706:+.3f} to {0.2 + 1.2706:+.3f})"
    shares = ["0.900 ± 0.000", "0.800 ± 0.000", "0.800 ± 0.000", "0.100 ± 0.000"]
    assert found["rows"][1] == ["augmentation", "60", *shares, gain]
    assert found["rows"][0][-1] == "" and np.array(found["rows"]).shape == (2, len(found["heads"]))
