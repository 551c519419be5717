"""The house: `python -m tools.house` prints the rooms of `helpers`, their sizes, and the floors their imports make.

A room is a folder of the package, or a module that lies flat beside them. An arrow leads from a room to one that it
imports, wherever in the code. Floor 1 imports no other room; every other room is one above the highest that it imports.
"""

import ast
import importlib
import io
import tokenize
from pathlib import Path
from typing import NamedTuple

import networkx  # comes with scikit-image

from tools.common import ROOT, Stop, start

# From the ground up: a room imports from those before it only.
ORDER = [
    *("runtime", "images", "files", "datasets", "plots", "backbones", "training", "transfer", "activations"),
    *("attribution", "feature_visualization", "multitask", "architectures", "teaching"),
    "widgets",
]
LIMIT = 15_050  # lines of code that `helpers` may have; on its way down to 9,000
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
DOCUMENTED = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Room(NamedTuple):
    """What a room holds."""

    files: int
    lines: int
    public: int  # names in its `__all__`; of a flat module those without an underscore
    inner: int  # names without an underscore that its `__all__` does not give


class House(NamedTuple):
    """The rooms by name, the imports between them, circles, the floor of each, and the package's own file."""

    rooms: dict[str, Room]
    arrows: set[tuple[str, str]]
    circles: list[list[str]]
    floors: dict[str, int]
    entrance: Room


def main(arguments: list[str]) -> int:
    """Print the table of `helpers`, or of the package in the folder that is named."""
    folder = Path(arguments[0]).resolve() if arguments else ROOT / "helpers"
    if not (folder / "__init__.py").exists():
        raise Stop(f"{folder} is no package: name a folder that holds an __init__.py, or nothing for helpers.")
    print(table(read(folder)))
    return 0


def read(folder: Path) -> House:
    """The house of a package, from its files alone; only a room whose `__all__` is computed is imported for it."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py"))}
    entrance = Room(1, lines_of_code(texts.pop(folder / "__init__.py")), 0, 0)
    files: dict[str, dict[Path, str]] = {}
    for path, text in texts.items():
        files.setdefault(Path(path.relative_to(folder).parts[0]).stem, {})[path] = text
    graph = networkx.DiGraph()
    graph.add_nodes_from(files)
    for name, own in files.items():
        found = set().union(*(imported(ast.parse(text), folder, path) for path, text in own.items()))
        graph.add_edges_from((name, other) for other in found & files.keys() - {name})
    knots = networkx.condensation(graph).reverse()  # rooms in a circle are one knot; the lowest come first
    levels = enumerate(networkx.topological_generations(knots), start=1)
    floors = {name: floor for floor, level in levels for knot in level for name in knots.nodes[knot]["members"]}
    circles = sorted(sorted(part) for part in networkx.strongly_connected_components(graph) if len(part) > 1)
    rooms = {name: _room(folder, name, own) for name, own in files.items()}
    return House(rooms, set(graph.edges), circles, floors, entrance)


def imported(tree: ast.Module, folder: Path, path: Path) -> set[str]:
    """The first names below the package that a file's imports ask for: rooms, and names of the package itself."""
    modules = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules += [name.name.split(".") for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = [folder.name, *path.relative_to(folder).parts[: -node.level]] if node.level else []
            modules += [[*above, *(node.module or "").split("."), name.name] for name in node.names]
    parts = [[part for part in module if part] for module in modules]
    return {module[1] for module in parts if module[0] == folder.name and len(module) > 1}


def _room(folder: Path, name: str, files: dict[Path, str]) -> Room:
    trees = {path: ast.parse(text) for path, text in files.items()}
    entrance = trees.pop(folder / name / "__init__.py", None)
    plain = {word for tree in trees.values() for word in _given(tree) if not word.startswith("_")}
    public = _all_of(entrance, f"{folder.name}.{name}") if entrance else plain
    return Room(len(files), sum(map(lines_of_code, files.values())), len(public), len(plain - public))


def _given(tree: ast.Module) -> set[str]:
    """The names that a module's own first level gives: functions, classes, variables."""
    found = {line.name for line in tree.body if isinstance(line, DOCUMENTED)}
    targets = [part for line in tree.body if isinstance(line, ast.Assign) for part in line.targets]
    targets += [line.target for line in tree.body if isinstance(line, ast.AnnAssign)]
    names = [name for part in targets for name in ast.walk(part) if isinstance(name, ast.Name)]
    return found | {name.id for name in names if isinstance(name.ctx, ast.Store)}


def _all_of(tree: ast.Module, module: str) -> set[str]:
    for line in tree.body:
        if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "__all__":
            try:
                return set(ast.literal_eval(line.value))
            except ValueError:
                return set(importlib.import_module(module).__all__)
    return set()


def lines_of_code(text: str) -> int:
    """How many lines hold code: blank lines, comments and docstrings are not counted."""
    first = [line for node in ast.walk(ast.parse(text)) if isinstance(node, DOCUMENTED) for line in node.body[:1]]
    words = [line for line in first if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)]
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in LAYOUT]
    lines = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    return len(lines - {line for word in words for line in range(word.lineno, word.end_lineno + 1)})


def ways_up(house: House, order: list[str] = ORDER) -> list[str]:
    """The imports that lead up in the order, one sentence each, and the rooms that have no place in it."""
    strangers = [f"{name} has no place in tools/house.py's ORDER" for name in sorted(house.rooms.keys() - set(order))]
    known = [(a, b) for a, b in sorted(house.arrows) if a in order and b in order]
    return strangers + [f"{a} imports {b}, which stands above it" for a, b in known if order.index(a) < order.index(b)]


def table(house: House) -> str:
    """The house as a Markdown table, the highest floor first, with the sums below."""
    titles = ["floor", "room", "files", "lines of code", "public names", "inner names", "imports"]
    rows = [titles, ["---"] * len(titles)]
    for name in sorted(house.rooms, key=lambda name: (-house.floors[name], name)):
        below = sorted(b for a, b in house.arrows if a == name)
        rows.append([house.floors[name], name, *house.rooms[name], ", ".join(below)])
    sums = [sum(column) for column in zip(house.entrance, *house.rooms.values(), strict=True)]
    up = [line for line in ways_up(house) if " imports " in line]
    counts = [len(house.rooms), max(house.floors.values()), len(house.arrows), len(up), len(house.circles), *sums]
    words = ["rooms", "floors", "arrows", "arrows up", "circles", *titles[2:6]]
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    circles = [f"Circle: {', '.join(circle)}." for circle in house.circles]
    return "\n".join([*lines, "", *circles, ", ".join(f"{word} {n:,}" for word, n in zip(words, counts, strict=True))])


if __name__ == "__main__":
    start(main)
