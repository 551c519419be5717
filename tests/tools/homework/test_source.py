"""tools/homework/source.py and editions.py on the toy: what is wrong is said, and who gets what."""

import copy
import json
from pathlib import Path

import nbformat
import pytest

from tools.common import Stop
from tools.homework import authors, editions, records, source, variants

TOY = Path(__file__).with_name("h00_toy.py")
TEXT = TOY.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def toy() -> nbformat.NotebookNode:
    return source.read(TOY)


def cell_of(book: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    return next(cell for cell in book.cells if source.mark(cell, "grade_id") == name)


def test_what_the_source_leaves_out_is_filled_in(toy):
    assert source.assignment(toy) == source.Assignment("h00", "A toy", 6, 10)
    check, declaration = cell_of(toy, "relu_check"), cell_of(toy, "declaration")
    assert check.metadata.nbgrader == {
        "grade_id": "relu_check", "grade": True, "solution": False, "locked": True, "task": False, "points": 4,
        "schema_version": 3, "cell_type": "code",
    }  # fmt: skip
    assert declaration.metadata.nbgrader.grade and declaration.metadata.nbgrader.points == 0
    assert check.id == "relu_check" and source.is_check(check) and not source.is_check(declaration)
    assert source.answer_names(toy) == ["scaled_relu"]


def test_names_of_answers_are_those_of_the_first_level(toy):
    book = copy.deepcopy(toy)
    text = "import os\nfrom a import b as c\nx, (y, *z) = 1, (2, 3)\nw = [inner for inner in z]\nclass K:\n    part = 1"
    cell_of(book, "relu").source = text + "\nfor k in z:\n    last: int = k\nd[1] = e.f = 2"
    assert source.answer_names(book) == ["x", "y", "z", "w", "K", "k", "last"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points: 6", "points: 7", "come to 6, and its head says 7"),
        ("assignment: h00", "assignment: h01", "its head says h01, its name h00_toy"),
        ("title: A toy, ", "", "head lacks"),
        ('"grade_id": "why"', '"grade_id": "relu"', "'relu' is given to 2 cells"),
        ('"grade_id": "relu"', '"grade_id": "the relu"', "grade_id of letters"),
        ("relu.score()", "print(relu.score())", "last line of a cell of checks"),
        ('"The scaled ReLU", points=4', '"The scaled ReLU", points=3', "last line"),
        ('"1. The scaled ReLU", points=4', '"1. The scaled ReLU", points=3', "its Question has 3 points, its mark 4"),
        ("    ### END SOLUTION", "", "a region of solution has no end"),
        ('{"grade_id": "relu", "solution": true}', '{"grade_id": "relu"}', "needs the mark solution and a region"),
        ("### END HIDDEN TESTS", "### BEGIN HIDDEN TESTS", "no partner"),
        ('"grade": true, "locked": true, "points": 4', '"locked": true', "hidden tests stand in a cell of checks"),
        ('"grade_id": "declaration"', '"grade_id": "end"', "asks for the use of generative AI"),
        ("SCALE = 3  # one of 3, 5, 7", "SCALE = 3", "'SCALE = 3' is no `NAME = value"),
        ("    return SCALE *", "    return SCALE * *", "is no Python"),
        ("#   course:", "#   other:", "head lacks"),
        ("Return `SCALE`", "[Return](../a.ipynb) `SCALE`", "(../a.ipynb) leads to a file"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_source_is_one_sentence(tmp_path: Path, old: str, new: str, said: str):
    text = TEXT.replace('"1. The scaled ReLU"', '"The scaled ReLU"') if old.startswith('"The') else TEXT
    assert old in text
    if said == "last line":
        text, said = text.replace("relu.score()", "relu"), "the last line of a cell of checks is `question.score()`"
    (tmp_path / TOY.name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Stop) as stopped:
        source.read(tmp_path / TOY.name)
    assert said in str(stopped.value) and str(stopped.value).startswith("h00_toy.py: ")


def test_a_variant_that_says_nothing_is_named(tmp_path: Path):
    (tmp_path / TOY.name).write_text(TEXT, encoding="utf-8")
    beside = tmp_path / "h00_toy_variants.py"
    beside.write_text('# %% nbgrader={"grade_id": "relu"}\nx = 1\n', encoding="utf-8")
    with pytest.raises(Stop, match="needs a grade_id, and a variant"):
        source.variants_of(tmp_path / TOY.name)


# ---- editions ------------------------------------------------------------------------------------------------------


def test_students_get_no_solution_and_no_hidden_test(toy):
    text = editions.text(editions.student(toy))
    for hidden in ("np.maximum", "BEGIN", "default_rng", "scale is missing", "pattern is not there", "one of 3"):
        assert hidden not in text
    assert cell_of(editions.student(toy), "relu").source == "def scaled_relu(values):\n    ...  # your code here"
    assert "zero stays zero" in text and text == editions.text(editions.student(copy.deepcopy(toy)))


def test_graders_get_everything_and_keys_are_to_read(toy):
    grader, key = editions.grader(toy), editions.key(toy)
    assert "BEGIN HIDDEN TESTS" in cell_of(grader, "relu_check").source
    assert cell_of(key, "relu").source == "def scaled_relu(values):\n    return SCALE * np.maximum(values, 0)"
    assert "default_rng" not in cell_of(key, "relu_check").source
    assert cell_of(key, "relu_check").source.endswith("relu.score()")
    assert cell_of(key, "why").source.startswith("Because a negative value")


def test_editions_know_what_they_are(toy):
    student, grader = editions.student(toy).metadata.course, editions.grader(toy).metadata.course
    assert (student.assignment, student.edition, grader.edition) == ("h00", "student", "grader")
    assert student.sum == grader.sum and len(student.sum) == 12
    assert student.cells == ["set_up", "numbers", "relu_text", "relu", "relu_check", "why", "declaration"]
    other = copy.deepcopy(toy)
    cell_of(other, "relu_text").source += " Try it."
    assert editions.student(other).metadata.course.sum != student.sum


def test_the_sum_tells_nothing_of_what_is_hidden(toy):
    other = copy.deepcopy(toy)
    cell_of(other, "relu").source = cell_of(other, "relu").source.replace("np.maximum(values, 0)", "values")
    check = cell_of(other, "relu_check")
    check.source = check.source.replace("SEED + 1", "SEED + 2")
    assert editions.student(other) == editions.student(toy)


# ---- another variant for each class --------------------------------------------------------------------------------


def numbers(toy: nbformat.NotebookNode, secret: str, year: str) -> tuple[int, int]:
    """SCALE and SEED as they are drawn."""
    made = copy.deepcopy(toy)
    variants.draw(made, secret, year)
    scale, seed = cell_of(made, "numbers").source.splitlines()
    return int(scale.removeprefix("SCALE = ")), int(seed.removeprefix("SEED = "))


def test_values_are_drawn_from_the_secret(toy):
    drawn = {year: numbers(toy, "secret", year) for year in map(str, range(2000, 2300))}
    scales, seeds = zip(*drawn.values(), strict=True)
    assert {scale: 70 < scales.count(scale) < 130 for scale in scales} == {3: True, 5: True, 7: True}  # a third each
    assert 0 <= min(seeds) < 30 and 970 < max(seeds) <= 999
    again = [edition(toy, "secret", "2007") for edition in (editions.student, editions.grader, editions.key)]
    assert {cell_of(book, "numbers").source for book in again} == {"SCALE = {}\nSEED = {}".format(*drawn["2007"])}
    others = [numbers(toy, "another", year)[1] for year in drawn]
    assert sum(seed == other for seed, other in zip(seeds, others, strict=True)) < 10


def test_without_a_secret_the_source_s_own_values_stand(toy):
    assert cell_of(editions.student(toy), "numbers").source == "SCALE = 3\nSEED = 0"
    assert "year" not in editions.student(toy).metadata.course
    assert editions.student(toy, "secret", "2027 b").metadata.course.year == "2027 b"


@pytest.mark.parametrize(
    ("line", "several"),
    [
        ('PHOTO = "cat"  # one of "cat", "rocket"', ["cat", "rocket"]),
        ("SIZE = (3, 4)  # one of (3, 4), (5, 6)", [(3, 4), (5, 6)]),
        ("SEED = 1  # from -1 to 2", [-1, 0, 1, 2]),
    ],
)
def test_what_a_line_may_be(line: str, several: list):
    assert list(variants.choices(source.DRAWN.fullmatch(line))) == several


def test_the_secret_lies_outside_the_course_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = records.folder(str(tmp_path / "kept"))
    secret = records.secret(folder)
    assert len(secret) == 32 and records.secret(folder) == secret
    assert (folder / "secret.txt").stat().st_mode & 0o077 == 0
    with pytest.raises(Stop, match="lies inside the course, which is published"):
        records.folder(str(source.FOLDER))
    monkeypatch.setenv("COURSE_RECORDS", str(tmp_path / "named"))
    assert records.folder() == tmp_path / "named"


# ---- the notebooks of the course -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", source.paths(), ids=lambda path: path.stem)
def test_what_is_handed_out_equals_its_source(path: Path):
    same = authors.is_same(authors.target(path), editions.text(editions.student(source.read(path))))
    assert same, f"{path.stem}.ipynb differs from its source: run `python3 course.py homework build`"


@pytest.mark.parametrize("path", source.paths(), ids=lambda path: path.stem)
def test_variants_name_answers_that_are_there(path: Path):
    answers = {source.mark(cell, "grade_id") for cell in source.read(path).cells if source.mark(cell, "solution")}
    assert {variant.cell for variant in source.variants_of(path)} <= answers


def test_no_assignment_outlives_its_source():
    assert authors.leftovers(source.paths()) == []


def test_build_writes_keys_and_nbgraders_layout(tmp_path: Path):
    assert authors.build([str(TOY), "--key", str(tmp_path / "keys")]) == 0
    assert "np.maximum" in (tmp_path / "keys" / "h00_toy_key.ipynb").read_text(encoding="utf-8")
    drawn = ["--key", str(tmp_path / "drawn"), "--year", "2027", "--records", str(tmp_path / "records")]
    assert authors.build([str(TOY), *drawn]) == 0
    assert '"year": "2027"' in (tmp_path / "drawn" / "h00_toy_key.ipynb").read_text(encoding="utf-8")
    with pytest.raises(Stop, match="--year goes with --key or --nbgrader"):
        authors.build([str(TOY), "--year", "2027"])
    assert authors.build([str(TOY), "--nbgrader", str(tmp_path / "course")]) == 0
    book = json.loads((tmp_path / "course" / "source" / "h00" / "h00.ipynb").read_text(encoding="utf-8"))
    assert any("BEGIN HIDDEN TESTS" in "".join(cell["source"]) for cell in book["cells"])
    assert editions.CODE_STUB in (tmp_path / "course" / "nbgrader_config.py").read_text(encoding="utf-8")
