"""Damaged notebooks: what is left of the work is found, what was wrong is named."""

import json

import pytest

from tests.tools.homework import handed_in
from tools.homework import editions, notebooks, repair, source

BOOK = source.read(handed_in.TOY)
GRADER, STUDENT = editions.grader(BOOK), editions.student(BOOK)


def worked(text: str | bytes) -> repair.Work:
    return repair.put_in_order(notebooks.read(text.encode() if isinstance(text, str) else text), GRADER, STUDENT)


def result(work: repair.Work) -> object:
    """What the answer gives for -1 and 2 with the scale 3, the cells run in the order that was found."""
    names: dict = {}
    for step in work.steps:
        if step.text:
            exec(step.text, names)
    return names["scaled_relu"](names["np"].array([-1.0, 2.0])).tolist()


def test_a_notebook_that_is_whole_needs_no_note():
    work = worked(json.dumps(handed_in.answered()))
    assert work.notes == [] and result(work) == [0, 6]
    assert [step.name for step in work.steps] == ["set_up", "numbers", "relu", "relu_check", "relu_check (names)"]
    assert work.answers["why"].text == "It means that the pattern is not there."
    assert not any("HIDDEN" in step.text or "drawn" in step.text for step in work.steps)


@pytest.mark.parametrize("kind", handed_in.DAMAGED)
def test_damage_is_named_and_the_work_is_found(kind: str):
    damage, words, points = handed_in.DAMAGED[kind]
    work = worked(damage(handed_in.answered()))
    assert any(words in note for note in work.notes), work.notes
    if points:
        assert result(work) == [0, 6]
    assert "pattern" in work.answers["why"].text


def test_the_assignment_is_found_by_marks_and_without_them_by_texts():
    known = {"h00": STUDENT}
    book = handed_in.answered()
    assert repair.assignment_of(notebooks.read(json.dumps(book).encode()), known) == "h00"
    del book["metadata"]["course"]
    assert repair.assignment_of(notebooks.read(json.dumps(book).encode()), known) == "h00"
    assert repair.assignment_of(notebooks.read(handed_in.marks_lost(book).encode()), known) == "h00"
    other = {"cells": [{"cell_type": "code", "metadata": {}, "source": "print(1)", "outputs": []}], "metadata": {}}
    assert repair.assignment_of(notebooks.read(json.dumps(other).encode()), known) == ""


@pytest.mark.parametrize(
    "damage",
    [
        lambda book: handed_in.cell(book, "relu").update(cell_type="markdown"),
        lambda book: handed_in.cell(book, "relu").update(
            source=f"<<<<<<< mine\n{handed_in.RIGHT}\n=======\ndef scaled_relu(values:\n>>>>>>> theirs\n"
        ),
        lambda book: handed_in.cell(book, "numbers").update(source="SCALE = 1\nSEED = 0"),
        lambda book: book["cells"].insert(0, {"cell_type": "code", "metadata": {}, "source": "1/", "outputs": []}),
        lambda book: book["cells"].append({"cell_type": "code", "metadata": [], "source": 7, "outputs": "none"}),
        lambda book: book["cells"].append("no cell at all"),
    ],
    ids=["turned into text", "merge within the cell", "values changed", "own cell in front", "strange cell", "no cell"],
)
def test_more_kinds_of_damage_cost_nothing(damage):
    book = handed_in.answered()
    damage(book)
    work = worked(json.dumps(book))
    steps = [step for step in work.steps if not step.name.startswith("own cell")]
    assert result(work._replace(steps=steps)) == [0, 6]


def test_an_answer_in_a_cell_of_the_students_own_runs_behind_the_one_it_follows():
    book = handed_in.answered("def scaled_relu(values):\n    ...  # your code here")
    own = {"cell_type": "code", "id": "own", "metadata": {}, "source": handed_in.RIGHT, "outputs": []}
    book["cells"].append(own)
    assert result(worked(json.dumps(book))) == [0, 6]


def test_without_its_answer_the_rest_counts():
    book = handed_in.answered()
    del book["cells"][handed_in.at(book, "relu")]
    work = worked(json.dumps(book))
    assert "the answer relu was deleted" in work.notes and "why" in work.answers


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not a notebook"),
        (b"\x89PNG\r\n", "is not a notebook"),
        (b"[1, 2]", "is not a notebook"),
        (b'{"cells": 3}', "is not a notebook"),
        (b'{"cells": []}', "without cells"),
        (b'{"cells": ' + b"[" * 100_000, "is not a notebook"),
        (b" " * (notebooks.LARGEST + 1), "more than the 60"),
    ],
)
def test_what_is_no_notebook_is_said(data: bytes, said: str):
    with pytest.raises(notebooks.Unreadable, match=said):
        notebooks.read(data)


def test_text_in_other_codes_is_read():
    text = json.dumps(handed_in.answered(prose="Größe"), ensure_ascii=False)
    for code in ("utf-8-sig", "utf-16"):
        assert worked(text.encode(code)).answers["why"].text == "Größe"


def test_outputs_keep_pictures_and_words_and_no_programs():
    outputs = [
        {"output_type": "display_data", "data": {"text/html": "<script>", "image/png": "aGk=", "text/plain": "fig"}},
        {"output_type": "display_data", "data": {"image/png": "x' onerror='alert(1)"}},
        {"output_type": "display_data", "data": {"application/javascript": "alert(1)", "image/svg+xml": "<svg/>"}},
        {"output_type": "stream", "name": "stdout", "text": ["a\n", "b"]},
    ]
    kept = notebooks._outputs(outputs)
    assert [one.get("data", one.get("text")) for one in kept] == [{"text/plain": "fig", "image/png": "aGk="}, "a\nb"]
