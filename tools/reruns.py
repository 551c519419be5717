"""Can every cell run again later? A name that a cell takes from elsewhere is given by one cell only."""

import ast
import builtins
from collections.abc import Iterable, Iterator
from typing import Any

from tools.hygiene import source

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def rebound(book: dict[str, Any]) -> list[str]:
    """One sentence for each name that a cell takes from elsewhere and that no cell, or more than one, gives.

    A cell that gives a name before it uses it may use any name: it finds its own.
    """
    trees = _trees(book)
    givers: dict[str, list[int]] = {}
    for at, tree in trees.items():
        for name in given(tree):
            givers.setdefault(name, []).append(at)
    found = []
    for at, tree in trees.items():
        for name in sorted(taken(tree) - set(dir(builtins))):
            where = givers.get(name, [])
            if len(where) != 1 or where == [at]:
                found.append(
                    f"cell {at} uses {name!r}, which is given by the cells {where}: one other cell must give it"
                )
    return found


def needed(book: dict[str, Any], *at: int) -> list[int]:
    """The numbers of the cells that give what some cells use, in order, with these cells: enough to run them alone."""
    trees = _trees(book)
    givers = {name: number for number, tree in trees.items() for name in given(tree)}
    wanted, found = list(at), set()
    while wanted:
        number = wanted.pop()
        if number not in found:
            found.add(number)
            wanted += [givers[name] for name in taken(trees[number]) if name in givers]
    return sorted(found)


def _trees(book: dict[str, Any]) -> dict[int, ast.Module]:
    return {at: ast.parse(source(cell)) for at, cell in enumerate(book["cells"]) if cell["cell_type"] == "code"}


def given(tree: ast.Module) -> set[str]:
    """The names that a cell binds for all cells: assignments, loops, imports, functions; not those inside functions."""
    return {name for statement in tree.body for name in _bound(statement)}


def taken(tree: ast.Module) -> set[str]:
    """The names that a cell uses before it has bound them itself, or that a function in it will look for."""
    scope = _Scope()
    scope.walk(tree.body)
    return scope.free | (scope.later - given(tree))


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, (ast.Lambda, *COMPREHENSIONS)):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    if isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    if isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


class _Scope:
    """Goes through code as it runs: names bound so far, those used before (`free`), those of functions (`later`)."""

    def __init__(self, bound: Iterable[str] = ()) -> None:
        self.bound, self.free, self.later = set(bound), set(), set()

    def walk(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            self.free |= {node.id} - self.bound
        elif isinstance(node, ast.FunctionDef | ast.Lambda):
            self._function(node)
        elif isinstance(node, COMPREHENSIONS):
            self._comprehension(node)
        elif isinstance(node, ast.AugAssign):  # uses its target first
            self.free |= set(_bound(node.target)) - self.bound
            self.walk([node.value, node.target])
        elif isinstance(node, ast.Assign):
            self.walk([node.value, *node.targets])
        elif isinstance(node, ast.For):
            self.walk([node.iter, node.target, *node.body, *node.orelse])
        elif isinstance(node, ast.ExceptHandler):
            self.bound |= {node.name} - {None}
            self.walk([node.type, *node.body] if node.type else node.body)
        else:
            self.walk(ast.iter_child_nodes(node))
            if isinstance(node, ast.Name | ast.alias | ast.ClassDef):
                self.bound |= set(_bound(node))

    def _function(self, node: ast.FunctionDef | ast.Lambda) -> None:
        """Its defaults are read now, its body when it is called."""
        self.walk([*node.args.defaults, *filter(None, node.args.kw_defaults), *getattr(node, "decorator_list", [])])
        body = node.body if isinstance(node.body, list) else [node.body]
        own = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
        own |= {name for statement in body for name in _bound(statement)}
        inner = _Scope(own)
        inner.walk(body)
        self.later |= inner.free | inner.later
        self.bound |= set(_bound(node)) if isinstance(node, ast.FunctionDef) else set()

    def _comprehension(self, node: Any) -> None:
        """Its names are its own; what else it uses is read now."""
        inner = _Scope(self.bound)
        for part in node.generators:
            inner.walk([part.iter, part.target, *part.ifs])
        inner.walk([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.free |= inner.free
        self.later |= inner.later
