"""Each notebook's claims know all its parameters, and every cell finds its own names when it runs again."""

import ast
import json
from pathlib import Path

import pytest

from tools import build, reruns
from tools.hygiene import source

SOURCES = build.sources()


def code_of(path: Path) -> list[dict]:
    return [cell for cell in json.loads(build.notebook_text(path))["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_claims_are_made_for_the_parameters_as_shipped(path: Path):
    """`Claims(...)` names every parameter, as chosen, and among what it was made for is what the cell shows."""
    cells, shipped = code_of(path), {}
    exec(next(source(cell) for cell in cells if "parameters" in cell["metadata"].get("tags", [])), shipped)
    shipped = {name: value for name, value in shipped.items() if name.isupper()}
    calls = [call for cell in cells for call in ast.walk(ast.parse(source(cell))) if isinstance(call, ast.Call)]
    made = next(call for call in calls if getattr(call.func, "id", "") == "Claims" and call.keywords)
    assert {keyword.arg for keyword in made.keywords} == set(shipped)
    for keyword in made.keywords:
        chosen, *values = keyword.value.elts
        if ast.unparse(chosen) == keyword.arg:
            assert shipped[keyword.arg] in [ast.literal_eval(value) for value in values], keyword.arg
        else:  # "auto" is what was found
            assert path.stem == "10_multi_task" and ast.unparse(chosen) == "tasks.name"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_claim_goes_through_such_an_object(path: Path):
    """No cell asserts, or prints a tick, by itself."""
    text = "\n".join(source(cell) for cell in code_of(path))
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assert)]
    assert not any(mark in text for mark in "✓✗")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_name_that_a_cell_takes_is_given_by_one_cell_only(path: Path):
    assert reruns.rebound(json.loads(build.notebook_text(path))) == []


def book(*cells: str) -> dict:
    return {"cells": [{"cell_type": "code", "source": text} for text in cells]}


@pytest.mark.parametrize(
    "cells",
    [
        ("a = 1", "b = a", "for a in range(3):\n    print(a)"),
        ("a = 1", "def f():\n    return a", "a = 2"),
        ("def look():\n    return 1", "x = look()", "look = 3"),
        ("a = [1]", "print([b for b in a])", "import os as a"),
        ("a = 1", "a += 1"),
        ("a = 1", "print((lambda: a)())", "with open('x') as a:\n    pass"),
        ("a = a + 1 if 'a' in dir() else 0",),
        ("print(a)",),
    ],
)
def test_what_a_rerun_would_change_is_found(cells: tuple[str, ...]):
    assert reruns.rebound(book(*cells)), cells


@pytest.mark.parametrize(
    "cells",
    [
        ("a = 1", "b = a"),
        ("for a in range(3):\n    print(a)", "a = 2\nprint(a)"),
        ("a = 1", "print([a for a in range(3)], {a: 1 for a in 'x'})", "def f(a):\n    a = a + 1\n    return a"),
        ("import numpy as np", "np.ones(3)", "def g():\n    later = 1\n    return [later for _ in range(2)]"),
        ("a = {}", "a['x'] = 1\na.update(y=2)"),
        ("try:\n    pass\nexcept ValueError as a:\n    print(a)", "a = 1", "class B:\n    c = 1", "B().c"),
    ],
)
def test_what_stays_the_same_is_not(cells: tuple[str, ...]):
    assert reruns.rebound(book(*cells)) == []


def test_the_cells_that_one_needs():
    cells = book("a = 1", "b = 2", "def f():\n    return a", "c = f()", "print(c)")
    assert reruns.needed(cells, 4) == [0, 2, 3, 4] and reruns.needed(cells, 1) == [1]
