"""The board: what the noise of the measurement may explain is a tie."""

from tests.tools.homework.handed_in import kept_with
from tools.homework import board


def test_who_cannot_be_told_apart_shares_a_place():
    """200 photos: Wilson's interval of .90 is .850 to .934, of .86 .805 to .901, of .70 .633 to .759."""
    found = board.entries(
        {"heron-1": (0.70, 200), "crane-2": (0.90, 200), "robin-3": (0.86, 200), "wren-4": (0.69, 200)}
    )
    assert [(entry.pseudonym, entry.place) for entry in found] == [
        ("crane-2", 1), ("robin-3", 1), ("heron-1", 3), ("wren-4", 3),
    ]  # fmt: skip
    assert abs(found[0].low - 0.850) < 0.001 and abs(found[0].high - 0.934) < 0.001
    shown = board.text(found)
    assert shown.count("(tie)") == 4 and "| 3 (tie) | heron-1 | 70.0% |" in shown


def test_more_photos_tell_apart_what_few_do_not():
    few, many = ({"a": (0.90, count), "b": (0.86, count)} for count in (200, 20_000))
    assert [entry.place for entry in board.entries(few)] == [1, 1]
    assert [entry.place for entry in board.entries(many)] == [1, 2]
    assert board.entries({}) == []


def test_the_board_reads_what_checks_noted_and_names_nobody():
    everyone = [
        kept_with("anna", [["accuracy", 0.9, 200]]),
        kept_with("ben", []),
        kept_with("cy", [["other", 0.5, 10]]),
    ]
    names = {"anna": "heron-1", "ben": "crane-2", "cy": "robin-3"}
    assert board.measured(everyone, names, "accuracy") == {"heron-1": (0.9, 200)}
    assert set(board.measured(everyone, names)) == {"heron-1", "robin-3"}
