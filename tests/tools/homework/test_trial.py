"""tools/homework/trial.py: what is not as it should be is found; and a new skeleton passes."""

from pathlib import Path

import pytest

from tools.common import Stop
from tools.homework import authors, source, trial

TOY = Path(__file__).with_name("h00_toy.py")
TEXT = TOY.read_text(encoding="utf-8")
VARIANTS = TOY.with_name("h00_toy_variants.py").read_text(encoding="utf-8")


def rows(folder: Path, text: str = TEXT, variants: str = VARIANTS) -> dict[str, trial.Row]:
    (folder / TOY.name).write_text(text, encoding="utf-8")
    (folder / "h00_toy_variants.py").write_text(variants, encoding="utf-8")
    return {row.what: row for row in trial.tried(folder / TOY.name)}


def test_the_toy_is_as_it_should_be(tmp_path: Path):
    found = rows(tmp_path)
    assert [(row.points, row.wrong) for row in found.values()] == [
        ("4 of 4", ""), ("0", ""), ("4 of 4", ""), ("2 of 4", ""), ("1 of 4", ""),
    ]  # fmt: skip
    assert list(found)[:2] == ["the key", "the untouched stub"]


@pytest.mark.parametrize(
    ("old", "new", "what", "said"),
    [
        ("return SCALE * np", "return 2 * np", "the key", "relu_check gets 2 of 4"),
        ("return SCALE * np.maximum", "return 1 / 0 * np.maximum", "the key", "stopped with ZeroDivisionError"),
        ("np.maximum(values, 0)", "np.maximum(valus, 0)", "the key", "NameError"),
        (
            'lambda: scaled_relu(np.zeros(3)), np.zeros(3)',
            "lambda: np.zeros(3), np.zeros(3)",
            "the untouched stub",
            "relu_check gives 1 points for nothing",
        ),
        (
            "relu = homework.Question",
            "scaled_relu(np.ones(3)).sum()\nrelu = homework.Question",
            "the untouched stub",
            "'NoneType' object has no attribute 'sum'",
        ),
    ],
)  # fmt: skip
def test_a_key_that_loses_and_a_stub_that_gains_or_stops(tmp_path: Path, old: str, new: str, what: str, said: str):
    assert old in TEXT
    assert said in rows(tmp_path, TEXT.replace(old, new))[what].wrong


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"loses": 2', '"loses": 1', "it loses 2 points and should lose 1"),
        ("scale is missing", "factor is lost", "no check says 'factor is lost'"),
        ("max(value, 0)", "max(value, 1)", "it loses 3 points and should lose 0"),
        ("for value in", "for valu in", "NameError"),
    ],
)
def test_a_variant_that_is_not_what_it_says(tmp_path: Path, old: str, new: str, said: str):
    assert old in VARIANTS
    wrong = [row.wrong for row in rows(tmp_path, variants=VARIANTS.replace(old, new)).values() if row.wrong]
    assert len(wrong) == 1 and said in wrong[0]


def test_a_variant_of_no_answer_is_one_sentence(tmp_path: Path):
    with pytest.raises(Stop, match="'rely' is none of the answers relu"):
        rows(tmp_path, variants=VARIANTS.replace('"relu"', '"rely"'))


def test_each_variant_begins_with_the_key_s_own_names(tmp_path: Path):
    """What a variant changes in place, or gives a name that another function uses, is gone for the next one."""
    names = {"numbers": [1, 2]}
    trial.run_cell("def twice(x):\n    return factor * x\nfactor = 2", names, "first")
    copy = trial.copied(names)
    trial.run_cell("factor = 3\nnumbers.append(3)\nthree = twice(1)", copy, "second")
    assert copy["three"] == 3 and copy["numbers"] == [1, 2, 3]
    assert names["numbers"] == [1, 2] and names["twice"](1) == 2


def test_test_prints_a_table_and_fails_with_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert trial.test([str(TOY)]) == 0
    said = capsys.readouterr().out
    assert "5 tried, 0 not as they should" in said and "relu, line 10: scale is missing" in said
    rows(tmp_path, TEXT.replace("return SCALE * np", "return 2 * np"))
    assert trial.test([str(tmp_path / TOY.name)]) == 1
    assert "✗ 0 of 2  on other values" in capsys.readouterr().out


def test_a_new_skeleton_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    monkeypatch.setattr(source, "FOLDER", tmp_path)
    assert authors.new(["h12_my_topic"]) == 0
    assert trial.test(["h12"]) == 0
    assert "4 tried, 0 not as they should" in capsys.readouterr().out
    assert source.assignment(source.read(tmp_path / "h12_my_topic.py")) == source.Assignment("h12", "My topic", 20, 70)
    with pytest.raises(Stop, match="has this number already"):
        authors.new(["h12_other"])
    with pytest.raises(Stop, match="needs one name such as"):
        authors.new(["12 other"])
