"""The command: a folder of submissions becomes grades, feedback and exports, again and again without loss."""

import csv
import datetime
import json
import os
import re
import shutil
import socket
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from sqlalchemy import text

from tests.tools.homework import handed_in
from tools.common import ROOT, Stop
from tools.homework import (
    autograded,
    deadlines,
    editions,
    export,
    feedback,
    grade,
    gradebook,
    kept,
    marks,
    notebooks,
    pseudonyms,
    reading,
    repair,
    source,
    submissions,
    worker,
)

HIDDEN = ("default_rng", "drawn", "BEGIN HIDDEN", "SCALE * np.where", "normal(size")


@pytest.fixture
def toy_course(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy is the only assignment."""
    monkeypatch.setattr(source, "FOLDER", handed_in.TOY.parent)
    monkeypatch.setattr(reading, "_made", {})


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty gradebook, which nbgrader takes seconds to make."""
    folder = tmp_path_factory.mktemp("blank")
    with gradebook.opened(folder):
        return folder / "gradebook.db"


@pytest.fixture
def records(tmp_path: Path, toy_course: None, blank: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of records with an empty gradebook; what version others get, nbgrader need not look up again."""
    with gradebook.opened(blank.parent) as book:
        version = book.db.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: version)
    folder = tmp_path / "records"
    folder.mkdir()
    shutil.copy(blank, folder)
    return folder


def hand_in(folder: Path, **notebooks: dict | str) -> Path:
    folder.mkdir(exist_ok=True)
    for student, book in notebooks.items():
        (folder / f"{student}.ipynb").write_text(book if isinstance(book, str) else json.dumps(book))
    return folder


def points(records: Path, student: str) -> dict[str, float | None]:
    with gradebook.opened(records) as book:
        return {line.question: line.points for line in gradebook.lines(book, "h00", student)}


def run(records: Path, *options: object) -> int:
    return grade.grade([*map(str, options), "--records", str(records), "--workers", "1"])


def test_a_class_is_graded_kept_regraded_and_told(records: Path, tmp_path: Path, capsys):
    """One way through all commands, since each start of a grader takes its time."""
    handed_in.needs_a_box()
    folder = tmp_path / "submissions"
    secret = handed_in.answered(prose="A <script>alert(1)</script> reason.")
    hand_in(folder, anna=secret, ben=handed_in.answered(handed_in.UNSCALED, "*Your answer here.*"), cy="nothing")
    assert run(records, folder) == 0
    said = capsys.readouterr().out
    assert re.search(r"anna +4 of 4", said) and re.search(r"ben +2 of 4", said)
    assert "Nothing to grade for cy: cy.ipynb is not a notebook." in said
    assert points(records, "anna") == {"relu_check": 4, "why": None, "declaration": 0}
    assert points(records, "ben") == {"relu_check": 2, "why": 0, "declaration": 0}

    # what has not changed is kept, what is handed in anew is graded
    hand_in(folder, ben=handed_in.answered())
    assert run(records, folder) == 0
    assert "2 submissions, 1 graded before and unchanged." in capsys.readouterr().out
    assert points(records, "ben") == {"relu_check": 4, "why": None, "declaration": 0}

    # what failed is graded again by itself
    ben = kept.load(kept.path(records, "h00", "ben"))
    ben.failed, ben.results = "the grader's own process ended", []
    kept.save(records, ben)
    assert run(records, "--failed") == 0
    assert "2 submissions, 1 graded before" in capsys.readouterr().out
    assert kept.load(kept.path(records, "h00", "ben")).results[0].points == 4

    # points by hand win, through a table and under pseudonyms; one question is graded again for all
    names = pseudonyms.of(records, ["anna", "ben"])
    table = tmp_path / "marks.csv"
    table.write_text(
        f"assignment,student,question,points,comment\nh00,{names['anna']},why,1.5,#short\nh00,ben,relu_check,3,\n"
    )
    assert run(records, "--marks", table) == 0
    assert run(records, "--question", "relu_check") == 0
    assert points(records, "anna")["why"] == 1.5 and points(records, "ben")["relu_check"] == 3

    (records / "comments.csv").write_text("code,text\nshort,Say why in a whole sentence.\n")
    (records / "deadlines.csv").write_text("assignment,student,due,percent_a_day\nh00,*,2000-01-01,50\n")
    check_feedback(records)
    check_exports(records, tmp_path / "export", names)


def check_feedback(records: Path) -> None:
    assert feedback.feedback(["--records", str(records)]) == 0
    page = (records / "feedback/h00/anna.html").read_text(encoding="utf-8")
    assert "Say why in a whole sentence." in page and "given by hand" in page and "✓ 2 of 2  on other values" in page
    assert "<script>" not in page and "script&gt;alert(1)" in page
    assert re.search(r"Together</th><td>0</td><td>6</td>", page) and "taken off" in page
    assert 'lang="en"' in page and "scope='row'" in page
    for place in [*records.glob("feedback/h00/*"), *records.glob("autograded/**/*.ipynb")]:
        assert not [word for word in HIDDEN if word in place.read_text(encoding="utf-8")], place


def check_exports(records: Path, there: Path, names: dict[str, str]) -> None:
    options = ["--records", str(records), "--to", str(there)]
    for what in ("grades", "similar", "marks", "board"):
        assert export.export([what, *options]) == 0
    rows = list(csv.DictReader((there / "h00_grades.csv").open(encoding="utf-8")))
    assert [(row["student"], row["relu_check"], float(row["points"])) for row in rows] == [
        ("anna", "4.0", 0), ("ben", "3.0", 0),
    ]  # fmt: skip
    assert handed_in.RIGHT in (there / "h00_similar/students/anna/h00.py").read_text()
    assert "your code here" in (there / "h00_similar/base/h00.py").read_text()
    open_ones = list(csv.DictReader((there / "h00_marks.csv").open(encoding="utf-8")))
    assert [(row["student"], row["question"]) for row in open_ones] == [(names["ben"], "why")]
    assert export.export(["assistants", *options, "--among", "dora", "emil"]) == 0
    check_assistants(records, there, names)


def check_assistants(records: Path, there: Path, names: dict[str, str]) -> None:
    """Each student goes to one assistant, without a name; what the assistant gives comes back."""
    shares = {who: [path.name for path in (there / who / "autograded").iterdir()] for who in ("dora", "emil")}
    assert sorted(shares["dora"] + shares["emil"]) == sorted([names["anna"], names["ben"]])
    assert not [path for path in there.glob("[de]*/**/*") if path.is_file() and b"anna" in path.read_bytes()]
    (who,) = (who for who, share in shares.items() if names["ben"] in share)
    with gradebook.opened(there / who) as book:
        gradebook.mark(book, "h00", names["ben"], "why", 2, "Well said.")
    assert run(records, "--marks", there / who) == 0
    assert points(records, "ben")["why"] == 2 and points(records, "anna")["why"] == 1.5
    with pytest.raises(Stop, match="holds a gradebook already"):
        export.export(["assistants", "--records", str(records), "--to", str(there), "--among", "dora"])


@pytest.mark.slow
def test_thirty_submissions_and_the_hostile_ones_cost_nobody_else_anything(records: Path, tmp_path: Path, capsys):
    handed_in.needs_a_box()
    before = sorted((ROOT / "helpers").rglob("*.py"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        wanted = handed_in.write_class(tmp_path / "class", server.getsockname()[1])
        assert len(wanted) == 30
        status = grade.grade([str(tmp_path / "class"), "--records", str(records), "--seconds", "40"])
        with pytest.raises(TimeoutError):
            server.accept()
    said = capsys.readouterr().out
    everyone = {one.student: one for one in kept.everyone(records, "h00")}
    assert {name: sum(result.points for result in one.results) for name, one in everyone.items()} == wanted, said
    assert status == 0 and not [one for one in everyone.values() if one.failed]
    assert sorted((ROOT / "helpers").rglob("*.py")) == before
    assert not any("FOUND" in why for one in everyone.values() for why in one.stopped.values())
    stopped = {
        re.sub(r"_\d+$", "", name) for name, one in everyone.items() if "attack" in " ".join(one.stopped) or one.stopped
    }
    assert stopped >= {"endless", "forkbomb", "memory", "network", "writes", "forges"}
    for kind, (_, words, _) in handed_in.DAMAGED.items():
        (one,) = (one for name, one in everyone.items() if re.sub(r"_\d+$", "", name) == kind.replace("_", ""))
        assert any(words in note for note in one.notes), one.notes


@pytest.mark.parametrize(
    ("broken", "said"),
    [("import os\nos._exit(1)", "the grader's own process ended"), ("1 / 0", "the key of h00 stops")],
)
def test_where_the_grader_itself_fails_each_submission_says_so(toy_course: None, broken: str, said: str):
    book = editions.grader(source.read(handed_in.TOY))
    book.cells[1].source = broken
    jobs = [worker.Job("h00", student, []) for student in ("anna", "ben")]
    done = list(worker.grade(jobs, {"h00": editions.text(book)}, worker.Settings(trust=True, workers=1)))
    assert [job.student for job, _ in done] == ["anna", "ben"]
    assert all(said in graded for _, graded in done)


# ---- without running anything ----------------------------------------------------------------------------------------


def test_the_newest_readable_notebook_of_a_student_is_chosen(records: Path, tmp_path: Path):
    folder = tmp_path / "submissions/anna"
    folder.mkdir(parents=True)
    hand_in(folder, first=handed_in.answered(handed_in.UNSCALED), other={"cells": [{"source": "1"}]}, broken="{")
    for age, name in enumerate(("other", "broken", "first")):
        os.utime(folder / f"{name}.ipynb", (1_700_000_000 - age, 1_700_000_000 - age))
    items, said = reading.read(records, submissions.read(tmp_path / "submissions").files)
    assert [item.file.path for item in items] == ["anna/first.ipynb"]
    assert "of several files the newest was graded, anna/first.ipynb" in items[0].kept.notes
    assert len(said) == 2 and "anna/other.ipynb belongs to no assignment that is graded here." in said


def test_the_values_of_a_year_are_those_of_its_release(records: Path, tmp_path: Path):
    """A notebook with another class's values is run with this year's."""
    (records / "secret.txt").write_text("s" * 32)
    book = editions.student(source.read(handed_in.TOY), "s" * 32, "2027")
    folder = hand_in(tmp_path / "submissions", anna=editions.text(book))
    (item,), _ = reading.read(records, submissions.read(folder).files)
    assert item.kept.year == "2027" and item.kept.notes == []
    drawn = next(cell.source for cell in book.cells if cell.id == "numbers")
    assert drawn in [step.text for step in item.work.steps]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("assignment,student,question\n", "lacks the column 'points'"),
        ("assignment,student,question,points\nh00,anna,why,many\n", "line 2"),
        ("assignment,student,question,points\nh00,anna,why,1\nh00,anna,why,3\n", "3 points for why, which has 2"),
        ("assignment,student,question,points\nh00,anna,what,1\n", "no question 'what'"),
        ("assignment,student,question,points\nh00,dora,why,1\n", "by dora was graded"),
    ],
)  # fmt: skip
def test_a_table_of_marks_with_a_mistake_is_not_taken_in_at_all(records: Path, tmp_path: Path, text: str, said: str):
    with_anna(records)
    (tmp_path / "marks.csv").write_text(text)
    with pytest.raises(Stop, match=said):
        marks.take(records, tmp_path / "marks.csv")
    assert points(records, "anna")["why"] is None


def with_anna(records: Path) -> None:
    """Records in which one submission was graded."""
    made = handed_in.kept_with("anna", [])
    with gradebook.opened(records) as book:
        gradebook.enter_assignment(book, handed_in.toy())
        gradebook.enter(
            book, "h00", "anna", made.handed_in(), {"relu_check": 2.0, "why": None, "declaration": 0.0}, False
        )
    kept.save(records, made)


def test_nbgraders_own_reading_of_the_gradebook_agrees(records: Path):
    with_anna(records)
    with gradebook.opened(records) as book:
        gradebook.mark(book, "h00", "anna", "why", 1.5, "")
        assert gradebook.take_off(book, "h00", "anna", 0.1) == 0.35
        submission = book.find_submission("h00", "anna")
        assert (submission.score, submission.max_score, submission.late_submission_penalty) == (3.5, 6, 0.35)
        assert not submission.needs_manual_grade
        gradebook.enter(
            book, "h00", "anna", handed_in.kept_with("anna", []).handed_in(), {"relu_check": 4.0, "why": None}, True
        )
        assert book.find_submission("h00", "anna").score == 5.5  # by hand wins
        assert book.find_submission("h00", "anna").needs_manual_grade  # and wants a look at what is new


def test_an_extension_is_found_by_our_name_and_by_the_systems_number():
    rules = {("h00", "*"): deadlines.Rule(datetime.datetime(2026, 11, 1), 10)}
    one = handed_in.kept_with("anna", [])
    one.id = "4711"
    assert grade.lateness(rules, one).share == 1
    for name in ("anna", "4711"):
        own = {("h00", name): deadlines.Rule(datetime.datetime(2026, 11, 29), percent_a_day=float("nan"))}
        assert grade.lateness(rules | own, one).share == pytest.approx(0.2)


def test_a_question_that_is_new_since_is_added_and_one_that_is_gone_is_not_shown(records: Path):
    with_anna(records)
    student = handed_in.toy()
    why = next(cell for cell in student.cells if cell.id == "why")
    why.metadata.nbgrader["grade_id"] = why.id = "what"
    with gradebook.opened(records) as book:
        gradebook.enter_assignment(book, student)
        gradebook.enter(book, "h00", "anna", handed_in.kept_with("anna", []).handed_in(), {"what": 0.0}, True)
        order = [cell.id for cell in student.cells]
        assert [line.question for line in gradebook.lines(book, "h00", "anna", order)] == [
            "relu_check",
            "what",
            "declaration",
        ]
    assert points(records, "anna")["what"] == 0


def test_zips_of_feedback_carry_the_names_that_systems_gave(tmp_path: Path):
    one, two, three = (handed_in.kept_with(name, []) for name in ("anna", "ben", "cy"))
    one.place, two.place = "Anna Li_7_assignsubmission_file_", "benode_LATE_55_902_hw-1.ipynb"
    one.path, three.place = "all/Anna Li_7_assignsubmission_file_/a.ipynb", "Cy_8_assignsubmission_file_"
    three.path = "Cy_8_assignsubmission_file_c.ipynb"
    page = tmp_path / "page.html"
    page.write_text("<html>")
    zips = feedback.write_zips(tmp_path, "h00", [one, two, three], {name: page for name in ("anna", "ben", "cy")})
    names = [zipfile.ZipFile(place).namelist() for place in zips]
    assert names == [
        ["Anna Li_7_assignsubmission_file_/feedback.html", "Cy_8_assignsubmission_file_feedback.html"],
        ["benode_LATE_55_902_hw-1.html"],
    ]


def test_tables_for_systems_hold_the_columns_that_their_imports_ask_for(records: Path, tmp_path: Path):
    """Moodle's import of a grading worksheet wants these three names; Canvas numbers students in ID."""
    with_anna(records)
    for place, number in (
        ("Anna Li_7_assignsubmission_file_", "7"),
        ("annali_55_902_hw.ipynb", "55"),
        ("submission_3", "3"),
    ):
        one = handed_in.kept_with("anna", [])
        one.place, one.id = place, number
        kept.save(records, one)
        export.grades(records, tmp_path, "h00", [one])
    (moodle,) = csv.DictReader((tmp_path / "h00_moodle.csv").open(encoding="utf-8"))
    assert (moodle["Identifier"], float(moodle["Grade"]), moodle["Last modified (grade)"]) == ("Participant 7", 2, "-")
    possible, canvas = csv.DictReader((tmp_path / "h00_canvas.csv").open(encoding="utf-8"))
    assert (canvas["ID"], float(canvas["h00"]), float(possible["h00"])) == ("55", 2, 6)


def test_a_picture_in_feedback_has_words_and_what_graders_see_holds_no_program(records: Path):
    picture = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"image/png": "aGk=", "text/html": "<script>1</script>"},
    }
    book = handed_in.answered()
    handed_in.cell(book, "relu")["outputs"] = [picture]
    file = submissions.File("anna", "Anna", "", "anna", "anna.ipynb", handed_in.kept_with("anna", []).handed_in(),
                            json.dumps(book).encode())  # fmt: skip
    (item,), _ = reading.read(records, [file])
    student, answers = editions.student(source.read(handed_in.TOY)), item.work.answers
    page = feedback.page(item.kept, student, [gradebook.Line("relu_check", 4, 4, False, "")], (0, ""), {}, answers)
    assert "<img alt='Picture 1 that your cell for 1. The scaled ReLU (4 points, 5 minutes) showed'" in page
    made = nbformat.writes(autograded.notebook(student, item.work, [], {}, {"why": "1 point for the reason"}))
    assert "<script>" not in made and "1 point for the reason" in made
    nbformat.validate(nbformat.reads(made, as_version=4))


ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a <b onclick=alert(1)>b</b>",
    "[x](javascript:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](&#106;avascript:alert(1))",
    "[x](java&Tab;script:alert(1))",
    "[x]\n\n[x]: JavaScript:alert(1)",
    "![x](data:text/html;base64,PHNjcmlwdD4=)",
    "<!-- --><svg/onload=alert(1)>",
)


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("kind", ["markdown", "raw"])
def test_nothing_that_a_student_wrote_runs_in_a_graders_browser(text: str, kind: str):
    """Rendered as the formgrader does, by nbconvert without sanitizing; HTML is read by Python's own parser."""
    book = handed_in.answered(prose=text)
    book["cells"].append({"cell_type": kind, "id": "own", "metadata": {}, "source": text})
    student, read = editions.student(source.read(handed_in.TOY)), notebooks.read(json.dumps(book).encode())
    work = repair.put_in_order(read, editions.grader(source.read(handed_in.TOY)), student)
    made = autograded.notebook(student, work, [], {}, {})
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(made)
    found: list[tuple[str, str, str]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.extend([(tag, *pair) for pair in attributes or [("", "")]])
    parser.feed(body)
    assert not [tag for tag, _, _ in found if tag in ("script", "svg", "b")]
    assert not [name for _, name, _ in found if name.startswith("on")]
    addresses = [str(value).lower() for _, name, value in found if name in ("href", "src")]
    assert not [one for one in addresses if re.match(r"\s*[a-z\s]*(script|data)\s*:", re.sub(r"[\t\n]", "", one))], (
        addresses
    )


def test_formulas_of_the_course_are_drawn_with_no_network_and_code_and_prices_are_not():
    drawn = autograded.with_formulas("$$y = \\frac{a}{b}$$ for $x_1$, `$HOME`, 5$ or 6$, and \\$7")
    assert drawn.count("<math") == 2 and "<mfrac>" in drawn and "<msub>" in drawn and 'display="block"' in drawn
    assert drawn.endswith("`$HOME`, 5$ or 6$, and \\$7")


def test_mathematics_and_code_in_prose_stay_readable():
    assert autograded.harmless("$a<b$ and $1 < 2 & 3$", "markdown") == "$a< b$ and $1 < 2 & 3$"
    assert autograded.harmless("if a<b: x = '<b>'", "code") == "if a<b: x = '<b>'"


def test_pseudonyms_stay_and_say_nothing(tmp_path: Path):
    first = pseudonyms.of(tmp_path, [f"student{number}" for number in range(300)])
    again = pseudonyms.of(tmp_path, ["student7", "new"])
    assert len(set(first.values())) == 300 and again["student7"] == first["student7"] and len(again) == 301
    assert all(re.fullmatch(r"[a-z]+-\d{3}", name) for name in first.values())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "name a folder or a zip"),
        (["no_such_place"], "is not there"),
        (["--workers", "0", "x"], "--workers 0"),
        (["--again"], "nothing was graded"),
    ],
)
def test_what_cannot_be_graded_is_one_sentence(records: Path, options: list[str], said: str):
    with pytest.raises(Stop, match=said):
        grade.grade([*options, "--records", str(records), "--trust"])
