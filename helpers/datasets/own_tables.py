"""Tables of tasks by name, your own among them: a CSV file with a row for each pupil, person or patient."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from helpers.datasets.tables import Tasks, schools, survey
from helpers.files import find
from helpers.runtime import arguments

_MOST_WORDS = 20  # a column with more different words is a name or a remark: a column for each would fill the table
_EMPTY = ("-", "--", "?", ".")  # what people write into a cell besides what pandas knows


def tasks(name: str, task: str | None = None, target: str | None = None) -> Tasks:
    """Return a table of tasks by name, so that a notebook changes its data by changing one name.

    "exam", "chem97", "school": see `schools`. "survey": see `survey`. "csv:grades.csv": your own file, looked for from
    here, then in the search folders (COURSE_DATA); `task` and `target` are the names of its columns that say to which
    task a row belongs and what is predicted; all others are features. The first line holds the names. Commas,
    semicolons or tabs part the columns; with the latter two 1,5 is a number. What is done is told in the note:
    rows without task or target are left out; a missing feature becomes the column's median, and a column of 0 and 1
    says where; words become a column of 0 and 1 each, and columns with more than 20 different words are left out, as
    are constant ones. Tasks of one row stay; their row is for training. Raises ValueError, one sentence, for a file or
    column that is not there, a column that mixes numbers with words, or what leaves no table of two tasks.
    """
    kind, _, path = arguments.text("name", name).partition(":")
    if kind == "csv":
        return _from_table(path, _read(path), task, target)
    return survey() if name == "survey" else schools(name)


def _read(path: str) -> Any:
    """The cells of a CSV file as a pandas table of texts, missing ones as NaN."""
    import pandas

    file = Path(path) if Path(path).is_file() else find(path) if path else None
    if file is None or not file.is_file():
        raise ValueError(f"There is no file {path!r}, here or in the folders of COURSE_DATA; write csv: and its path.")
    data = file.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")  # what Excel writes on Windows
    if "\0" in text:
        raise ValueError(f"{path} is no text; save it from your spreadsheet as CSV (UTF-8).")
    mark = max(",;\t", key=text.partition("\n")[0].count)
    try:
        with warnings.catch_warnings(action="error"):  # a longer row is cut off with a warning
            cells = pandas.read_csv(io.StringIO(text), sep=mark, dtype=str, na_values=_EMPTY, index_col=False)
    except (pandas.errors.ParserError, pandas.errors.ParserWarning, pandas.errors.EmptyDataError) as error:
        raise ValueError(f"{path} is no table: {' '.join(str(error).split())}; give each row as many cells.") from None
    cells = cells.rename(columns=str.strip).apply(lambda column: column.str.strip())
    comma = r"^([+-]?\d+),(\d+)$"
    return cells if mark == "," else cells.replace(comma, r"\1.\2", regex=True)


def _from_table(path: str, cells: Any, task: str | None, target: str | None) -> Tasks:
    """The task table in a pandas table of texts."""
    import pandas

    for what, name in (("task", task), ("target", target)):
        if name not in cells or task == target:
            raise ValueError(f"{what} is {name!r}, expected a column of {path}, each another: {', '.join(cells)}.")
    numbers = _numbers(path, target, cells[target])
    if numbers is None:
        raise ValueError(f"The target {target!r} of {path} holds no numbers; choose another column.")
    known = cells[task].notna() & numbers.notna()
    features, notes = _features(path, cells[known].drop(columns=[task, target]))
    number, names = pandas.factorize(cells[task][known])
    if len(names) < 2 or features.shape[1] == 0:
        raise ValueError(f"{path} has {len(names)} tasks and {features.shape[1]} features to learn from; give 2 and 1.")
    lost, alone = (~known).sum(), (np.bincount(number) == 1).sum()
    notes.append(f"{lost} rows without task or target are left out; {alone} tasks have one row, for training.")
    values, limits = numbers[known], (float(numbers[known].min()), float(numbers[known].max()))
    return Tasks(Path(path).stem, features, values, number, names, list(features), target, limits, " ".join(notes))


def _numbers(path: str, name: str, column: Any) -> Any:
    """A column as numbers, infinite ones as missing; None for one of words."""
    import pandas

    found = pandas.to_numeric(column, errors="coerce")
    words = column[column.notna() & found.isna()]
    if len(words) and found.notna().any():
        raise ValueError(
            f"The column {name!r} of {path} holds numbers and, in {len(words)} rows, words such as {words.iloc[0]!r} "
            f"(line {words.index[0] + 2}); empty these cells, or write words only."
        )
    return None if len(words) else found.astype(float).replace([np.inf, -np.inf], np.nan)


def _features(path: str, cells: Any) -> tuple[Any, list[str]]:
    """The features as a pandas table of numbers without gaps, and what was done to get there."""
    import pandas

    made = {}
    for name, column in cells.items():
        numbers = _numbers(path, name, column)
        if numbers is None:
            words = column.dropna().unique() if column.nunique() <= _MOST_WORDS else ()
            made |= {f"{name}: {word}": column == word for word in words}
        else:
            made |= {name: numbers.fillna(numbers.median()), f"{name}: missing": numbers.isna()}
    table = pandas.DataFrame(made, index=cells.index).astype(float)
    table = table.loc[:, table.nunique() > 1]
    filled = [name for name in cells if f"{name}: missing" in table]
    dropped = [name for name in cells if not any(f"{kept}: ".startswith(f"{name}: ") for kept in table)]
    said = {"Filled in with the median": filled, "Left out": dropped}
    return table, [f"{what}: {', '.join(names)}." for what, names in said.items() if names]
