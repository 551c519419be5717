"""Names that say nothing: `pseudonyms.csv` in the records, drawn once for each student and then kept."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable
from pathlib import Path

from tools.common import write

_BIRDS = [
    *(
        "avocet",
        "bittern",
        "bullfinch",
        "buzzard",
        "coot",
        "crane",
        "curlew",
        "dipper",
        "dunlin",
        "eider",
        "fieldfare",
        "goldcrest",
    ),
    *(
        "goshawk",
        "grebe",
        "heron",
        "hobby",
        "hoopoe",
        "jackdaw",
        "kestrel",
        "kingfisher",
        "lapwing",
        "linnet",
        "merlin",
        "nightjar",
    ),
    *(
        "nuthatch",
        "oriole",
        "osprey",
        "petrel",
        "pipit",
        "plover",
        "puffin",
        "raven",
        "redstart",
        "robin",
        "rook",
        "ruff",
    ),
    *(
        "sandpiper",
        "shrike",
        "siskin",
        "skylark",
        "snipe",
        "starling",
        "swift",
        "teal",
        "tern",
        "thrush",
        "turnstone",
        "twite",
    ),
    *("wagtail", "warbler", "waxwing", "wheatear", "whimbrel", "wigeon", "woodcock", "wren", "yellowhammer"),
]


def read(records: Path) -> dict[str, str]:
    """The pseudonyms by student."""
    path = records / "pseudonyms.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["student"]: row["pseudonym"] for row in csv.DictReader(file)}


def of(records: Path, students: Iterable[str]) -> dict[str, str]:
    """The pseudonyms of these students and all before them; new ones are drawn and written down."""
    names, draw = read(records), random.SystemRandom()
    taken = set(names.values())
    for student in students:
        while student not in names:
            name = f"{draw.choice(_BIRDS)}-{draw.randrange(100, 1000)}"
            if name not in taken:
                names[student] = name
                taken.add(name)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("student", "pseudonym"), *sorted(names.items())])
    write(records / "pseudonyms.csv", text.getvalue())
    return names
