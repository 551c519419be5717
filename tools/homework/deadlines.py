"""When each student had to hand in, and what lateness costs: `deadlines.csv` in the records, computed anew at will.

One line each, for a student or with * for all others:

    assignment,student,due,percent_a_day,last,submitted
    h06,*,2026-11-30 23:59,10,2026-12-07 23:59,
    h06,4711,2026-12-03 23:59,,,

An empty field is taken from the line of all. Each begun day after `due` costs so many percent of the points reached;
what comes after `last` gets none. `submitted` takes the place of the time that was read from the submission.
"""

from __future__ import annotations

import csv
import datetime
import math
from pathlib import Path
from typing import NamedTuple

from tools.common import Stop

COLUMNS = ("assignment", "student", "due", "percent_a_day", "last", "submitted")
_DAY = datetime.timedelta(days=1)


class Rule(NamedTuple):
    """What holds for one student and one assignment."""

    due: datetime.datetime | None = None
    percent_a_day: float = 0
    last: datetime.datetime | None = None
    submitted: datetime.datetime | None = None


class Lateness(NamedTuple):
    """The share of the points reached that is taken off, 0 to 1, and why in words ('' where nothing is)."""

    share: float
    reason: str


def read(path: Path) -> dict[tuple[str, str], Rule]:
    """The rules by assignment and student; none where there is no such file. Stop names the line that is wrong."""
    if not path.is_file():
        return {}
    rules = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if lacking := set(COLUMNS[:3]) - set(rows.fieldnames or []):
            raise Stop(f"{path} lacks the column {sorted(lacking)[0]!r}: its columns are {', '.join(COLUMNS)}.")
        for number, row in enumerate(rows, start=2):
            row = {name: (row.get(name) or "").strip() for name in COLUMNS}
            try:
                rules[row["assignment"], row["student"]] = Rule(
                    _time(row["due"]), float(row["percent_a_day"] or "nan"), _time(row["last"]), _time(row["submitted"])
                )
            except ValueError as error:
                raise Stop(
                    f"line {number} of {path} cannot be read ({error}): write times as 2026-11-30 23:59."
                ) from None
    return rules


def rule(rules: dict[tuple[str, str], Rule], assignment: str, student: str) -> Rule:
    """What holds for a student: the own line, and what that leaves empty from the line of all."""
    own, everybody = (rules.get((assignment, name), Rule(percent_a_day=math.nan)) for name in (student, "*"))
    percent = next((value for value in (own.percent_a_day, everybody.percent_a_day) if not math.isnan(value)), 0.0)
    return Rule(own.due or everybody.due, percent, own.last or everybody.last, own.submitted)


def lateness(rule: Rule, submitted: datetime.datetime) -> Lateness:
    """What lateness takes off. submitted: the time read from the submission."""
    submitted = rule.submitted or submitted
    if rule.due is None or submitted <= rule.due:
        return Lateness(0, "")
    when = f"handed in {submitted:%Y-%m-%d %H:%M}, due {rule.due:%Y-%m-%d %H:%M}"
    if rule.last is not None and submitted > rule.last:
        return Lateness(1, f"{when}, and nothing was taken after {rule.last:%Y-%m-%d %H:%M}")
    days = math.ceil((submitted - rule.due) / _DAY)
    share = min(1.0, days * rule.percent_a_day / 100)
    return Lateness(share, f"{when}: {days} {'day' if days == 1 else 'days'} late, {share:.0%} of the points taken off")


def _time(text: str) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(text) if text else None
