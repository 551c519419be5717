"""Results and pictures of studies that take longer than a lecture, as they were measured, with date and command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from helpers import images
from helpers.files import MissingError

RESULTS = Path(__file__).with_name("results")


def stored_table(name: str) -> Any:
    """Return all tables of a longer study as IPython Markdown, with date and command.

    Raises MissingError with the command that makes the study where it is not there.
    """
    from IPython.display import Markdown

    study = _stored(name)
    return Markdown("\n\n".join([study["made"], *(markdown(part) for part in study["parts"])]) + "\n")


def stored_rows(name: str) -> dict[str, dict[str, str]]:
    """Return the first table of a longer study as texts: first column -> heading -> cell.

    Raises MissingError with the command that makes the study where it is not there.
    """
    first = next(part for part in _stored(name)["parts"] if isinstance(part, dict))
    _, *heads = first["heads"]
    return {name: dict(zip(heads, cells, strict=True)) for name, *cells in first["rows"]}


def stored_effect(name: str, what: str) -> dict[str, Any]:
    """Return an effect of a longer study as `Claims.slide_claim` takes it.

    That is `measured` (value, low, high), `over` what the interval is, and what `differs` from the slide.
    Raises MissingError where the study is not there, KeyError with the effects that it has for another one.
    """
    effects = _stored(name).get("effects", {})
    if what not in effects:
        raise KeyError(f"{name!r} has no effect {what!r}; it has {', '.join(map(repr, effects)) or 'none'}")
    return effects[what]


def stored_picture(name: str) -> np.ndarray:
    """Return a picture that took longer than a lecture to make: uint8 (height, width, 3).

    Raises MissingError where it is not there.
    """
    path = RESULTS / f"{name}.jpg"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in RESULTS.glob("*.jpg"))) or "none"
        raise MissingError(f"There is no stored picture {name!r}; there are: {known}.")
    return images.load(path)


def markdown(part: str | dict[str, list]) -> str:
    """A text as it is; a table `{"heads": [...], "rows": [[...], ...]}` as markdown."""
    if isinstance(part, str):
        return part
    lines = [part["heads"], ["---"] * len(part["heads"]), *part["rows"]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _stored(name: str) -> dict[str, Any]:
    path = RESULTS / f"{name}.json"
    if not path.is_file():
        raise MissingError(
            f"The stored table {name!r} is not here; make it with `python3 -m benchmarks.{name}` in the course's "
            f"folder (it takes some minutes), and go on without it meanwhile."
        )
    return json.loads(path.read_text(encoding="utf-8"))
