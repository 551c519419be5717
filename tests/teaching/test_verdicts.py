"""A verdict from an effect and its interval: by the rule in words, and by counting how often it is wrong."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from helpers import training
from helpers.teaching import verdicts
from helpers.teaching.verdicts import Asked

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("interval", "asked", "verdict"),
    [
        ((0.1, 0.2), Asked(above=0), "holds"),
        ((-0.1, 0.2), Asked(above=0), "cannot tell"),
        ((-0.2, -0.1), Asked(above=0), "does not hold here"),
        ((0.1, 0.2), Asked(above=0.15), "cannot tell"),
        ((0.1, 0.2), Asked(below=0), "does not hold here"),
        ((-0.2, -0.1), Asked(below=0), "holds"),
        ((-0.1, 0.2), Asked(below=0), "cannot tell"),
        ((-0.1, 0.2), Asked(within=0.2), "holds"),
        ((-0.1, 0.3), Asked(within=0.2), "cannot tell"),
        ((0.21, 0.3), Asked(within=0.2), "does not hold here"),
        ((-0.3, -0.21), Asked(within=0.2), "does not hold here"),
        ((-0.3, 0.3), Asked(within=0.2), "cannot tell"),
    ],
)
def test_verdicts_of_intervals(interval, asked, verdict):
    assert verdicts.derive((np.mean(interval), *interval), asked) == verdict
    assert verdicts.derive(np.array([np.mean(interval), *interval]), asked) == verdict


def test_facts_need_no_interval():
    assert verdicts.derive(True, Asked()) == verdicts.derive(np.bool_(True), Asked()) == "holds"
    assert verdicts.derive(False, Asked()) == "does not hold here"


def test_no_interval_around_the_boundary_ever_holds():
    """Five thousand intervals and boundaries drawn at random, each kind of question."""
    random, seen = np.random.default_rng(0), set()
    for _ in range(5000):
        low, high = np.sort(random.normal(size=2))
        boundary = abs(random.normal())
        for name in Asked._fields:
            found = verdicts.derive((low, low, high), Asked(**{name: boundary}))
            ends = (-boundary, boundary) if name == "within" else (boundary,)
            if any(low < end < high for end in ends):
                assert found == "cannot tell"
            seen.add((name, found))
    assert len(seen) == 9  # each question met each verdict


def test_how_often_chance_alone_makes_a_verdict():
    """No true difference: 95 % intervals give a verdict in one of twenty studies, half of these "holds"."""
    random = np.random.default_rng(1)
    found = [verdicts.derive(training.mean_interval(random.normal(size=5)), Asked(above=0)) for _ in range(2000)]
    holds, fails = found.count("holds"), found.count("does not hold here")
    assert stats.binomtest(holds + fails, 2000, 0.05).pvalue > 0.001 < stats.binomtest(holds, 2000, 0.025).pvalue


def test_no_row_of_the_ledger_says_more_than_its_interval():
    ledger = (ROOT / "docs" / "claims.md").read_text("utf-8")
    if "| holds if |" not in ledger:
        pytest.skip("the ledger is older than its columns; make it anew")
    rows = [re.split(r"(?<!\\) \| ", line) for line in ledger.splitlines()]
    rows = [row for row in rows if re.match(r"\| \d", row[0])]
    judged = 0
    for row in rows:
        found = re.match(r"([+-]?[\d.e+-]+) to ([+-]?[\d.e+-]+), ", row[4])
        asked = re.fullmatch(r"(above|below|within) (\S+)", row[5])
        assert (row[4] == "exact") != bool(found and asked), row
        if found:
            low, high, boundary = float(found[1]), float(found[2]), float(asked[2])
            least = -boundary if asked[1] == "within" else boundary
            if {low, high} & {least, boundary}:  # three digits do not tell on which side it ends
                continue
            around = low < least < high or low < boundary < high
            assert (row[2] == "cannot tell") == around, row
            judged += 1
    assert judged > 10
