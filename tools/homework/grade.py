"""`homework grade [FOLDER]`: grade what students handed in; what was graded and has not changed is kept.

Without FOLDER what lies in the records is graded anew where it is asked for: --failed, --question NAME, --again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from tools.common import Stop, write
from tools.homework import (
    autograded,
    deadlines,
    editions,
    gradebook,
    kept,
    marks,
    reading,
    records,
    sandbox,
    source,
    submissions,
    worker,
)
from tools.homework.grader import Graded
from tools.homework.kept import Kept
from tools.homework.reading import Edition, Item
from tools.homework.session import Times
from tools.homework.submissions import File


def grade(options: list[str]) -> int:
    """Grade a folder, a zip, or what the records hold, and print a table; 1 where a submission could not be graded."""
    wanted = _options(options)
    folder = records.folder(wanted.records)
    for place in wanted.marks:
        marks.take(folder, Path(place))
    if wanted.marks or wanted.late:
        late(folder)
        return 0
    sandbox.check(wanted.trust)
    files, refused = _files(folder, wanted)
    items, more = reading.read(folder, files, wanted.assignment, wanted.year)
    if not items:
        raise Stop(f"nothing of it can be graded. {' '.join(refused + more)}")
    settings = worker.Settings(times=Times.of(wanted.seconds), trust=wanted.trust, workers=wanted.workers)
    todo = [item for item in items if _is_due(folder, item, wanted)]
    print(f"{len(items)} submissions, {len(items) - len(todo)} graded before and unchanged.")
    books = {item.kept.assignment: reading.editions_of(folder, item.kept.assignment, item.kept.year) for item in items}
    with gradebook.opened(folder) as book:
        for edition in books.values():
            gradebook.enter_assignment(book, edition.student)
        for item in _graded(folder, todo, books, settings, wanted.question):
            _keep(folder, book, item, books[item.kept.assignment])
    late(folder)
    everyone = [_before(folder, item) or item.kept for item in items]
    print(table(everyone))
    print("\n".join(refused + more))
    return int(any(one.failed for one in everyone))


def _options(options: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="course.py homework grade", description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="", help="a folder or a zip of submissions; none: the records'")
    parser.add_argument("--records", default="", help="where grades, names and the secret are kept")
    parser.add_argument("--assignment", default="", help="grade only this one, such as h06")
    parser.add_argument("--year", default="", help="the year of the release, where the notebooks do not say")
    parser.add_argument("--failed", action="store_true", help="only those that could not be graded last time")
    parser.add_argument("--question", default="", help="only this cell of checks, by its grade_id, for all")
    parser.add_argument("--again", action="store_true", help="all of it, graded before or not")
    parser.add_argument("--late", action="store_true", help="only compute anew what lateness takes off")
    parser.add_argument("--marks", nargs="+", default=[], help="take in points given by hand: CSV files, or folders")
    parser.add_argument("--workers", type=int, default=2, help="how many at a time")
    parser.add_argument("--seconds", type=float, default=180, help="how long a student's notebook may run")
    parser.add_argument("--trust", action="store_true", help="run students' code without a box")
    wanted = parser.parse_args(options)
    if wanted.workers < 1 or wanted.seconds <= 0:
        raise Stop(f"--workers {wanted.workers} --seconds {wanted.seconds:g}: both are more than 0.")
    return wanted


# ---- what there is to grade ------------------------------------------------------------------------------------------


def _files(folder: Path, wanted: argparse.Namespace) -> tuple[list[File], list[str]]:
    """The files to grade and sentences on those left out: from a folder, or once more from the records."""
    if wanted.folder:
        return submissions.read(Path(wanted.folder).expanduser())
    if not (wanted.failed or wanted.question or wanted.again):
        raise Stop("name a folder or a zip of submissions; --failed, --question NAME and --again need none.")
    names = kept.assignments(folder, wanted.assignment)
    return [kept.file_of(folder, one) for name in names for one in kept.everyone(folder, name)], []


def _is_due(folder: Path, item: Item, wanted: argparse.Namespace) -> bool:
    before = _before(folder, item)
    if wanted.failed:
        return before is not None and bool(before.failed)
    return wanted.again or bool(wanted.question) or before is None or before.sum != item.kept.sum or bool(before.failed)


# ---- grading ---------------------------------------------------------------------------------------------------------


def _graded(
    folder: Path, todo: list[Item], books: dict[str, Edition], settings: worker.Settings, question: str
) -> Iterator[Item]:
    """Grade with a bar; yield the items with what they came to."""
    checks = {cell.id for edition in books.values() for cell in edition.grader.cells if source.is_check(cell)}
    if question and question not in checks:
        raise Stop(f"there is no cell of checks {question!r}: there are {', '.join(sorted(checks))}.")
    by_job = {(item.kept.assignment, item.kept.student): item for item in todo}
    jobs = [worker.Job(*names, item.work.steps, _only(folder, item, question)) for names, item in by_job.items()]
    texts = {name: editions.text(edition.grader) for name, edition in books.items()}
    with tqdm(total=len(jobs), unit="submission", disable=not jobs) as bar:
        for job, graded in worker.grade(jobs, texts, settings):
            item = by_job[job.assignment, job.student]
            bar.set_postfix_str(job.student)
            bar.update()
            if isinstance(graded, Graded):
                item.kept.results, item.kept.stopped = graded.results, graded.stopped
            else:
                item.kept.failed = graded
            yield item


def _only(folder: Path, item: Item, question: str) -> str:
    """The one question to grade, where the others' points are those of this very file."""
    before = _before(folder, item)
    return question if before is not None and before.receipt == item.kept.receipt and before.results else ""


def _before(folder: Path, item: Item) -> Kept | None:
    return kept.load(kept.path(folder, item.kept.assignment, item.kept.student))


def _keep(folder: Path, book: object, item: Item, edition: Edition) -> None:
    """Write down a graded submission: its record, the file, the notebook for graders, the gradebook."""
    one, before = item.kept, _before(folder, item)
    order = [cell.id for cell in edition.grader.cells if source.is_check(cell)]
    if 0 < len(one.results) < len(order):  # of one question that was graded anew; the others stay as they were
        new = {result.name for result in one.results}
        one.results += [result for result in before.results if result.name not in new and result.name in order]
        one.results.sort(key=lambda result: order.index(result.name))
        one.sum = before.sum
    one.points |= {result.name: result.points for result in one.results}
    write(kept.notebook_path(folder, one.assignment, one.student), item.file.data)
    rubrics = autograded.rubrics_of(edition.grader)
    made = autograded.notebook(edition.student, item.work, one.results, one.stopped, rubrics)
    write(kept.notebook_path(folder, one.assignment, one.student, "autograded"), editions.nbformat.writes(made))
    changed = before is not None and before.receipt != one.receipt
    gradebook.enter(book, one.assignment, one.student, one.handed_in(), one.points, changed, one.name)
    kept.save(folder, one)


def late(folder: Path) -> None:
    """Compute anew what lateness takes off, for all that was graded."""
    rules = deadlines.read(folder / "deadlines.csv")
    with gradebook.opened(folder) as book:
        for name in kept.assignments(folder):
            for one in kept.everyone(folder, name):
                if not one.failed or one.results:
                    gradebook.take_off(book, name, one.student, lateness(rules, one).share)


def lateness(rules: dict, one: Kept) -> deadlines.Lateness:
    """What lateness takes off for one submission; its student is named as in our table, or by the system's number."""
    name = one.student if (one.assignment, one.student) in rules else one.id
    return deadlines.lateness(deadlines.rule(rules, one.assignment, name), one.handed_in())


def table(everyone: list[Kept]) -> str:
    """A line for each submission: what the checks came to, and what was wrong."""
    rows = []
    for one in everyone:
        points = f"{sum(result.points for result in one.results):g} of {sum(result.of for result in one.results):g}"
        said = [
            *one.notes,
            *(f"{name}: {why}" for name, why in one.stopped.items()),
            *([one.failed] * bool(one.failed)),
        ]
        rows.append(f"  {one.assignment}  {one.student:<28} {points:>10}  {'; '.join(said)}".rstrip())
    return "\n".join(rows)
