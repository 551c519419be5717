"""Every assignment of the course: the key gets all points, an untouched stub none, each mistake loses what it should.

In the suite one of them in full; that all stubs run to the end is nbval's, on notebooks/homework.
"""

from pathlib import Path

import pytest

from tools.homework import editions, source, trial

IN_FULL = "h07_deepdream"
SECRET = "a secret of the tests"


def wrong(path: Path) -> list[str]:
    return [f"{row.what}: {row.wrong}" for row in trial.tried(path) if row.wrong]


def test_one_assignment_in_full():
    assert wrong(source.FOLDER / f"{IN_FULL}.py") == []


@pytest.mark.slow
@pytest.mark.parametrize("path", source.paths(), ids=lambda path: path.stem)
def test_homework_in_full(path: Path):
    assert wrong(path) == []


@pytest.mark.slow
@pytest.mark.parametrize("year", ["2027", "2028"])
@pytest.mark.parametrize("path", source.paths(), ids=lambda path: path.stem)
def test_homework_keys_get_all_points_with_other_values(path: Path, year: str):
    got, error = trial.run(editions.grader(source.read(path), SECRET, year), {})
    points = {source.mark(cell, "grade_id"): source.mark(cell, "points") for cell in source.read(path).cells}
    assert error == "" and {name: ran.points for name, ran in got.items()} == {name: points[name] for name in got}


@pytest.mark.parametrize("path", source.paths(), ids=lambda path: path.stem)
def test_homework_has_twenty_points_and_enough_variants(path: Path):
    """Three right forms and five mistakes for each function that a student writes for 3 points or more."""
    book, variants, few = source.read(path), source.variants_of(path), []
    assert source.assignment(book).points == 20
    for cell in filter(trial.is_answer, book.cells):
        check = trial.check_of(book, source.mark(cell, "grade_id"))
        if check is not None and source.mark(check, "points") >= 3 and "def " in cell.source:
            mine = [variant for variant in variants if trial.check_of(book, variant.cell) is check]
            rights = sum(bool(variant.right) for variant in mine)
            if rights < 3 or len(mine) - rights < 5:
                few.append(f"{source.mark(cell, 'grade_id')}: {rights} right, {len(mine) - rights} wrong")
    assert few == []
