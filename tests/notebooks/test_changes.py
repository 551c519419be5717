"""Notebooks with the changes that a student makes: another seed, network, photo, data set, an own folder, a rerun."""

import shutil
from pathlib import Path

import pytest

from tools import build, changes, run
from tools import test as command
from tools.common import ROOT, write

NAMES = {path.stem[:2]: path.stem for path in build.sources()}
WITH = {
    "NETWORK": [*(f"{number:02}" for number in range(10)), "14", "15"],
    "DATA": ["01", "02", "03", "04"],
    "PHOTO": ["00", "04", "06", "07", "08", "09"],
}
OWN = {3: ("cats", "dogs"), 7: ("big_cat", "Dog", "Zebra 2"), 20: ("house_cat", "Guinea_Pig")}
FEW = 40  # photos a class of the lecture's cats and dogs, of which there are thousands
MATRIX = {
    "seed": (sorted(NAMES), {"SEED": 1}),
    "squeezenet": (WITH["NETWORK"], {"NETWORK": "squeezenet"}),
    "lite0": (["09"], {"NETWORK": "efficientnet_lite0"}),  # the notebook that is shipped with SqueezeNet
    "photo": (WITH["PHOTO"], {"PHOTO": "rocket"}),
    "own photo": (WITH["PHOTO"], {"PHOTO": "own.png"}),
    "mnist": (WITH["DATA"], {"DATA": "mnist"}),
    "cats and dogs": (WITH["DATA"], {"DATA": "cats_vs_dogs"}),
    **{f"folder of {n}": (WITH["DATA"], {"DATA": n}) for n in OWN},
    **{table: (["10"], {"DATA": table}) for table in ("exam", "school", "chem97")},
    "exam and seed": (["10"], {"DATA": "exam", "SEED": 1}),
    "backwards": (sorted(NAMES), {}),
}
CASES = [(NAMES[number], change) for change, (numbers, _) in MATRIX.items() for number in numbers]


@pytest.fixture
def values(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The change's values for the parameters cell, with the folders and files that they name."""
    values = dict(MATRIX[request.param][1])
    if values.get("DATA") in OWN:
        values["DATA"] = changes.own_folder(tmp_path / "mine", values["DATA"], OWN[values["DATA"]])
    if "PHOTO" in values and values["PHOTO"].endswith(".png"):
        from helpers import datasets, images

        values["PHOTO"] = str(images.save(datasets.photo("rocket").array[:, 100:400], tmp_path / values["PHOTO"]))
    if values.get("DATA") == "cats_vs_dogs":
        lecture = request.getfixturevalue("course_data") / "cats_and_dogs_small"
        for folder in lecture.glob("*/*"):
            target = tmp_path / lecture.name / folder.relative_to(lecture)
            target.mkdir(parents=True)
            for photo in sorted(folder.iterdir())[:FEW]:
                shutil.copy(photo, target)
        monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    if values.get("DATA") == "school":
        request.getfixturevalue("course_data")
    return values


def test_the_matrix_knows_which_notebook_offers_what():
    for parameter, numbers in WITH.items():
        offer = [n for n, name in NAMES.items() if f"\n{parameter} = " in "\n" + parameters(name)]
        assert [n for n in offer if (n, parameter) != ("10", "DATA")] == numbers


def parameters(name: str) -> str:
    cells = changes.changed(name, {}).cells
    return next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))


def test_a_change_of_a_parameter_that_is_not_there_is_refused():
    assert 'NETWORK = "efficientnet_lite0"\n' in parameters(NAMES["02"])
    with pytest.raises(KeyError, match="02_feature_extraction has no parameter PHOTO"):
        changes.changed(NAMES["02"], {"PHOTO": "rocket"})


def test_slow_tests_are_chosen_by_words(monkeypatch: pytest.MonkeyPatch):
    called = []
    monkeypatch.setattr(command.subprocess, "call", lambda line, **_: called.append(line[3:]) or 0)
    command.main(["--slow", "10", "seed", "-x"])
    command.main(["--slow"])
    command.main(["tests/images", "-k", "seed"])
    command.main([])
    chosen = ["tests", "-m", "slow", "-k", "10 or seed", "-x"]
    assert called == [
        chosen,
        ["tests", "-m", "slow"],
        ["tests/images", "-k", "seed"],
        command.TWO_AT_A_TIME,
    ]


# A cell, known by some of its text, that used to fail or to talk nonsense with these values, and what it must say.
SAMPLE = [
    ("00", {"NETWORK": "squeezenet", "PHOTO": "rocket"}, "espresso =",
     '"the network sees an espresso" would not hold (not claimed for this choice, only for NETWORK = '),
    ("02", {"DATA": 3}, "changed[which,", "✓ only photo 1 has new features"),
    ("02", {"DATA": "mnist", "NETWORK": "squeezenet"}, "guessing =", "500 train, 250 validation, 500 test"),
    ("10", {"DATA": "exam", "SEED": 1}, "moving.moved[0] > 5", "hold (not claimed for this choice, only for SEED = 0)"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "values", "text", "said"), SAMPLE)
def test_a_cell_with_another_choice(number: str, values: dict[str, object], text: str, said: str, tmp_path: Path):
    """A sample of the matrix below, without what these cells do not need."""
    if values.get("DATA") in OWN:
        values = {**values, "DATA": changes.own_folder(tmp_path / "mine", values["DATA"], OWN[values["DATA"]])}
    book = changes.changed(NAMES[number], values)
    at = next(n for n, cell in enumerate(book.cells) if cell.cell_type == "code" and text in cell.source)
    assert said in changes.said_by(book, at)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "change", "values"), [(*case, case[1]) for case in CASES], indirect=["values"])
def test_the_notebook_runs_through_with(name: str, change: str, values: dict[str, object]):
    """Every cell runs; what passed is not run again while cells, helpers and packages stay the same."""
    passed, key = ROOT / "build" / "changes" / f"{name}, {change}.txt", run.key_of(name)
    if passed.exists() and passed.read_text(encoding="utf-8") == key:
        pytest.skip("passed before, with the same cells and helpers")
    assert changes.failures(changes.changed(name, values), backwards=change == "backwards") == []
    write(passed, key)
