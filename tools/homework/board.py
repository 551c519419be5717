"""The board of a challenge: who measured what under a pseudonym, with intervals; what noise may explain is a tie."""

from __future__ import annotations

from typing import NamedTuple

from tools.homework.kept import Kept


class Entry(NamedTuple):
    """One row of the board; two entries with one place are tied."""

    place: int
    pseudonym: str
    share: float
    low: float
    high: float
    count: int


def entries(scores: dict[str, tuple[float, int]]) -> list[Entry]:
    """The board for shares, each measured on so many photos, by pseudonym; the best first.

    A place is shared by all whose 95 % interval reaches the share of the best on that place.
    """
    from helpers.training import share_interval  # and TensorFlow with it

    rows = [Entry(0, name, share, *share_interval(share, count), count) for name, (share, count) in scores.items()]
    rows.sort(key=lambda row: (-row.share, row.pseudonym))
    board: list[Entry] = []
    best: Entry | None = None
    for number, row in enumerate(rows, start=1):
        if best is None or row.high < best.share:
            best = row._replace(place=number)
        board.append(row._replace(place=best.place))
    return board


def measured(everyone: list[Kept], names: dict[str, str], what: str = "") -> dict[str, tuple[float, int]]:
    """What the checks noted for each student (`Question.note`), by pseudonym. what: its name, '' for any."""
    found = {}
    for one in everyone:
        notes = [note for result in one.results for note in result.notes if what in ("", note[0])]
        if notes:
            found[names[one.student]] = (float(notes[0][1]), int(notes[0][2]))
    return found


def text(board: list[Entry]) -> str:
    """The board as a table in Markdown."""
    rows = ["| place | who | share | 95 % interval | measured on |", "|---|---|---|---|---|"]
    places = [entry.place for entry in board]
    for entry in board:
        tied = " (tie)" if places.count(entry.place) > 1 else ""
        interval = f"{entry.low:.1%} to {entry.high:.1%}"
        rows.append(f"| {entry.place}{tied} | {entry.pseudonym} | {entry.share:.1%} | {interval} | {entry.count} |")
    rows.append("\nWho shares a place cannot be told apart: the interval of each reaches the share of the best there.")
    return "\n".join(rows) + "\n"
