"""Submissions as systems export them: whose they are, which is newest; what is no submission is one sentence."""

import datetime
import io
import os
import zipfile
from pathlib import Path

import pytest

from tools.common import Stop
from tools.homework import deadlines, submissions


def zipped(files: dict[str, bytes | str], when: tuple = (2026, 11, 30, 12, 0, 0)) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, when), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def found(folder: Path) -> dict[str, list[str]]:
    """The paths of all files by student."""
    by_student: dict[str, list[str]] = {}
    for file in submissions.read(folder).files:
        by_student.setdefault(file.student, []).append(file.path)
    return by_student


def test_moodle_names_folders_or_files(tmp_path: Path):
    files = {
        "Anna Müller_1001_assignsubmission_file_/a (1).ipynb": "{}",
        "Ben O'Hara-Lee_1002_assignsubmission_file/sub/b.ipynb": "{}",
        "Cy_1003_assignsubmission_file_c_2_3.ipynb": "{}",
        "Dee_1004_assignsubmission_onlinetext_/onlinetext.html": "<p>",
        "Participant_1005_assignsubmission_file_/work.zip": zipped({"deep/e.ipynb": "{}", "__MACOSX/._e.ipynb": "x"}),
    }
    (tmp_path / "h00_1_2_all.zip").write_bytes(zipped(files))
    assert set(found(tmp_path)) == {"Anna_Müller", "Ben_O_Hara-Lee", "Cy", "Participant"}
    places = {file.student: (file.place, file.id) for file in submissions.read(tmp_path).files}
    assert places["Anna_Müller"] == ("Anna Müller_1001_assignsubmission_file_", "1001")
    assert places["Cy"] == ("Cy_1003_assignsubmission_file_", "1003")


def test_two_students_of_one_name_in_moodle_stay_two(tmp_path: Path):
    files = {f"Anna Li_{number}_assignsubmission_file_/a.ipynb": "{}" for number in (7, 8)}
    (tmp_path / "all.zip").write_bytes(zipped(files))
    assert set(found(tmp_path)) == {"Anna_Li_7", "Anna_Li_8"}


def test_canvas_says_late_and_numbers_what_comes_again(tmp_path: Path):
    files = {"doejane_55_901_hw.ipynb": "1", "doejane_LATE_55_902_hw-1.ipynb": "2", "roe_56_903_x.ipynb": "3"}
    (tmp_path / "submissions.zip").write_bytes(zipped(files))
    chosen, older = submissions.newest(submissions.read(tmp_path).files)
    assert {name: file.data for name, file in chosen.items()} == {"doejane_55": b"2", "roe_56": b"3"}
    assert chosen["doejane_55"].late and not chosen["roe_56"].late
    assert [file.data for file in older["doejane_55"]] == [b"1"]


def test_gradescope_says_who_in_a_file_beside_the_folders(tmp_path: Path):
    facts = """submission_11:
  :submitters:
  - :name: Anna Li
    :sid: s-77
    :email: anna@example.org
  :created_at: 2026-11-30 20:16:13.548293000 Z
submission_12: nonsense
"""
    files = {"assignment_1/submission_metadata.yml": facts, "assignment_1/submission_11/h.ipynb": "{}",
             "assignment_1/submission_12/h.ipynb": "{}"}  # fmt: skip
    (tmp_path / "export.zip").write_bytes(zipped(files))
    by_student = {file.student: file for file in submissions.read(tmp_path).files}
    assert set(by_student) == {"s-77", "submission_12"}
    assert by_student["s-77"].time == datetime.datetime(2026, 11, 30, 20, 16, 13)
    assert by_student["s-77"].name == "Anna Li"


def test_loose_files_folders_and_a_zip_each(tmp_path: Path):
    for name in ("anna.ipynb", "ben/h00/h00.ipynb", "ben/h00/.ipynb_checkpoints/h00.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "cy.zip").write_bytes(zipped({"h00.ipynb": "{}"}))
    (tmp_path / "dee.zip").write_bytes(zipped({"h00.ipynb": "{}"}))
    assert found(tmp_path) == {
        "anna": ["anna.ipynb"], "ben": ["ben/h00/h00.ipynb"], "cy": ["cy/h00.ipynb"], "dee": ["dee/h00.ipynb"],
    }  # fmt: skip


def test_the_newest_of_several_files_counts(tmp_path: Path):
    for age, name in ((50, "new"), (500, "old")):
        path = tmp_path / "anna" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    chosen, _ = submissions.newest(submissions.read(tmp_path).files)
    assert chosen["anna"].data == b"new"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped({"../../evil.ipynb": "{}"}), "leads out of the zip"),
        (zipped({"/etc/evil.ipynb": "{}"}), "leads out of the zip"),
        (zipped({"a\\..\\..\\evil.ipynb": "{}"}), "leads out of the zip"),
        (zipped({"bomb.ipynb": bytes(submissions.LARGEST_FILE + 1)}), "more than 60 MB"),
        (zipped({"1.zip": zipped({"2.zip": zipped({"3.zip": zipped({"a.ipynb": "{}"})})})}), "a zip in a zip"),
        (b"no zip", "no zip that can be read"),
        (zipped({"a.ipynb": "{}" * 999})[:-40], "no zip that can be read"),
    ],
    ids=["up", "root", "windows", "bomb", "nested", "no zip", "cut off"],
)
def test_a_bad_zip_is_one_sentence_and_the_others_are_read(tmp_path: Path, content: bytes, said: str):
    (tmp_path / "bad.zip").write_bytes(content)
    (tmp_path / "good.ipynb").write_text("{}")
    read = submissions.read(tmp_path)
    assert [file.student for file in read.files] == ["good"]
    assert len(read.refused) == 1 and said in read.refused[0]


def test_links_in_zips_and_folders_are_not_followed(tmp_path: Path):
    link = zipfile.ZipInfo("secret.ipynb")
    link.external_attr = 0o120777 << 16
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    (tmp_path / "links.zip").write_bytes(data.getvalue())
    (tmp_path / "link.ipynb").symlink_to("/etc/passwd")
    read = submissions.read(tmp_path)
    assert read.files == [] and len(read.refused) == 2


def test_a_zip_of_countless_files_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(submissions, "MOST_FILES", 10)
    (tmp_path / "many.zip").write_bytes(zipped({f"{number}.ipynb": "{}" for number in range(50)}))
    read = submissions.read(tmp_path)
    assert len(read.files) == 10 and len(read.refused) == 1 and "more than may be read" in read.refused[0]


def test_nothing_there_is_said(tmp_path: Path):
    with pytest.raises(Stop, match="is not there"):
        submissions.read(tmp_path / "none")
    with pytest.raises(Stop, match="holds no notebook"):
        submissions.read(tmp_path)


# ---- deadlines -------------------------------------------------------------------------------------------------------

TABLE = """assignment,student,due,percent_a_day,last,submitted
h06,*,2026-11-30 23:59,10,2026-12-07 23:59,
h06,anna,2026-12-03 23:59,,,
h06,ben,,0,,
h06,cy,,,,2026-11-29 08:00
"""


@pytest.mark.parametrize(
    ("student", "handed_in", "share"),
    [
        ("dee", "2026-11-30 23:59", 0),
        ("dee", "2026-12-01 00:00", 0.1),
        ("dee", "2026-12-02 00:00", 0.2),
        ("dee", "2026-12-08 00:00", 1),
        ("anna", "2026-12-03 20:00", 0),
        ("anna", "2026-12-04 20:00", 0.1),
        ("ben", "2026-12-05 00:00", 0),
        ("cy", "2026-12-05 00:00", 0),
    ],
)
def test_each_begun_day_costs_and_an_extension_is_a_students_own(tmp_path: Path, student, handed_in, share):
    (tmp_path / "deadlines.csv").write_text(TABLE)
    rules = deadlines.read(tmp_path / "deadlines.csv")
    rule = deadlines.rule(rules, "h06", student)
    late = deadlines.lateness(rule, datetime.datetime.fromisoformat(handed_in))
    assert late.share == pytest.approx(share) and bool(late.reason) == (share > 0 or student == "ben")


def test_without_a_table_nobody_is_late(tmp_path: Path):
    rule = deadlines.rule(deadlines.read(tmp_path / "deadlines.csv"), "h06", "anna")
    assert deadlines.lateness(rule, datetime.datetime(2099, 1, 1)).share == 0


@pytest.mark.parametrize(("row", "said"), [("h06,*,30.11.2026,10,,", "line 2"), ("h06,*,,ten,,", "line 2")])
def test_a_line_that_is_wrong_is_named(tmp_path: Path, row: str, said: str):
    (tmp_path / "deadlines.csv").write_text(TABLE.splitlines()[0] + f"\n{row}\n")
    with pytest.raises(Stop, match=said):
        deadlines.read(tmp_path / "deadlines.csv")
