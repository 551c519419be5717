"""The site's reference of `helpers`: one page a room, made from the docstrings as they stand."""

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterable
from typing import Any

import helpers

CODE = re.compile(r"(``[^`]+``|`[^`]+`)")
SENTENCES = re.compile(r"(?:^|(?<=[.:)] ))(?=(?:Returns?|Raises) )", re.M)
PREFIX = "reference"


def rooms() -> dict[str, Any]:
    """The packages of `helpers` that say what they give, by their names, in order; lazy names are loaded."""
    found = {}
    for place in pkgutil.iter_modules(helpers.__path__):
        module = importlib.import_module(f"helpers.{place.name}")
        if getattr(module, "__all__", None):
            found[place.name] = module
    return found


def whole_modules(names: Iterable[str]) -> list[str]:
    """Those of the full names that are modules inside a room: notebooks that import them use all that they give."""
    modules = []
    for name in sorted(set(names)):
        room, _, inner = name.rpartition(".")
        what = getattr(sys.modules.get(room), inner, None)
        if room.count(".") == 1 and inspect.ismodule(what):
            modules.append(name)
    return modules


def contents(modules: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What stands on the page of each room: public names and their objects; those of whole modules come last."""
    made = {}
    for room, module in rooms().items():
        names = {name: getattr(module, name) for name in sorted(module.__all__, key=str.lower)}
        for inner in [name.split(".")[2] for name in modules if name.startswith(f"helpers.{room}.")]:
            own = {
                f"{inner}.{word}": what
                for word, what in sorted(vars(getattr(module, inner)).items())
                if not word.startswith("_") and getattr(what, "__module__", "") == f"helpers.{room}.{inner}"
            }
            names |= {name: what for name, what in own.items() if not any(what is known for known in names.values())}
        made[room] = names
    return made


def pages(modules: Iterable[str]) -> dict[str, str]:
    """The reference's reStructuredText by file name: an overview, and for each room what it gives."""
    rooms_given = contents(modules)
    first = ["Reference of helpers", "====================", "", "One page for each room of the package.", ""]
    first += [".. toctree::", "   :maxdepth: 1", "", *(f"   {PREFIX}-{name}" for name in rooms_given), ""]
    made = {f"{PREFIX}.rst": "\n".join(first)}
    for room, names in rooms_given.items():
        title = f"helpers.{room}"
        lines = [title, "=" * len(title), "", f".. automodule:: {title}", ""]
        for name, what in names.items():
            lines += directive(f"{title}.{name}", what)
        made[f"{PREFIX}-{room}.rst"] = "\n".join(lines)
    return made


def directive(name: str, what: Any) -> list[str]:
    """The lines that ask autodoc for one public name."""
    if inspect.isclass(what):
        return [f".. autoclass:: {name}", "   :members:", ""]
    if inspect.isroutine(what):
        return [f".. autofunction:: {name}", ""]
    return [f".. autodata:: {name}", "   :no-value:", ""]


def addresses(modules: Iterable[str]) -> dict[str, str]:
    """Where each public name stands in the reference, by its full name and by that of the module that defines it."""
    found = {}
    for room, names in contents(modules).items():
        for name, what in names.items():
            full = f"helpers.{room}.{name}"
            found[full] = f"{PREFIX}-{room}.html#{full}"
            if getattr(what, "__module__", "").startswith(f"helpers.{room}") and hasattr(what, "__qualname__"):
                found.setdefault(f"{what.__module__}.{what.__qualname__}", found[full])
    return found


def docstring(app: Any, kind: str, name: str, what: Any, options: Any, lines: list[str]) -> None:
    """For autodoc: turn a docstring of plain sentences into reStructuredText, in place."""
    of_its_kind = kind == "data" and inspect.getdoc(type(what)) == inspect.getdoc(what)
    if of_its_kind or "".join(lines).startswith("Alias for field number"):
        lines[:] = []  # the docstring of a dict or of a tuple's field says nothing about this one
    try:
        parameters = [word for word in inspect.signature(what).parameters if word != "self"]
    except (TypeError, ValueError):
        parameters = []
    lines[:] = plain("\n".join(lines), parameters).splitlines()


def plain(text: str, parameters: list[str]) -> str:
    """Sentences as reStructuredText: each parameter begins a paragraph, so do what is returned and what is raised.

    Nothing in it is markup but `code`; lines that are indented keep their breaks.
    """
    text = SENTENCES.sub("\n\n", text)
    for word in parameters:
        text = re.sub(rf"(?:^|(?<=[.:;)] )){re.escape(word)}: ", f"\n\n\0{word}\0: ", text, flags=re.M)
    parts = CODE.split(text)
    for at, part in enumerate(parts):
        if at % 2:  # a letter right behind code would undo it
            parts[at] = f"``{' '.join(part.strip('`').split())}``" + "\\ " * parts[at + 1][:1].isalnum()
        else:
            parts[at] = re.sub(r"([\\*_|])", r"\\\1", part)
    text = re.sub("\0(.*?)\0", lambda word: f"**{word[1]}**", "".join(parts))
    return re.sub(r"^ +(?=\S)", "| ", text, flags=re.M)
