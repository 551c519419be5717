"""Can every cell run again later? A name that a cell takes from elsewhere is given by one cell only."""

import ast
import builtins
from collections.abc import Iterator
from typing import Any

from tools.hygiene import source

KNOWN = {*dir(builtins), "display", "get_ipython", "__file__"}


def rebound(book: dict[str, Any]) -> list[str]:
    """One sentence for each name that one cell uses and more than one cell gives, so that reruns may find another one.

    A cell that gives a name before it uses it may do so under any name: it finds its own.
    """
    cells = [(at, ast.parse(source(cell))) for at, cell in enumerate(book["cells"]) if cell["cell_type"] == "code"]
    givers: dict[str, list[int]] = {}
    for at, tree in cells:
        for name in given(tree):
            givers.setdefault(name, []).append(at)
    found = []
    for at, tree in cells:
        for name in sorted(taken(tree) - KNOWN):
            where = givers.get(name, [])
            if len(where) > 1 or where == [at]:
                found.append(f"cell {at} uses {name!r}, which cells {where} give: use another name in all but one")
            elif not where:
                found.append(f"cell {at} uses {name!r}, which no cell gives")
    return found


def given(tree: ast.Module) -> set[str]:
    """The names that a cell binds for all cells: assignments, loops, imports, functions; not those inside functions."""
    return {name for statement in tree.body for name in _bound(statement)}


def taken(tree: ast.Module) -> set[str]:
    """The names that a cell, or a function in it, uses before the cell itself has bound them."""
    scope = _Scope(set())
    scope.walk(tree.body)
    return scope.free | {name for name in scope.later if name not in given(tree)}


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds, in the order in which it is written."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
        return
    if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
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
    """Names bound so far, those used before (`free`), and those that functions use when they are called (`later`)."""

    def __init__(self, bound: set[str]) -> None:
        self.bound, self.free, self.later = set(bound), set(), set()

    def walk(self, nodes: list[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                self.bound.add(node.id)
            elif node.id not in self.bound:
                self.free.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.Lambda):
            self._function(node)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            self._comprehension(node)
        elif isinstance(node, ast.AugAssign):
            self.walk([ast.Name(node.target.id, ast.Load())] if isinstance(node.target, ast.Name) else [node.target])
            self.visit(node.value)
        elif isinstance(node, ast.Assign):
            self.walk([node.value, *node.targets])
        elif isinstance(node, ast.For):
            self.walk([node.iter, node.target, *node.body, *node.orelse])
        elif isinstance(node, ast.alias | ast.ExceptHandler | ast.ClassDef):
            self.bound.update(_bound(node) if not isinstance(node, ast.ExceptHandler) else {node.name} - {None})
            self.walk(list(ast.iter_child_nodes(node)))
        else:
            self.walk(list(ast.iter_child_nodes(node)))

    def _function(self, node: ast.FunctionDef | ast.Lambda) -> None:
        arguments = node.args
        self.walk([*arguments.defaults, *filter(None, arguments.kw_defaults), *getattr(node, "decorator_list", [])])
        own = {one.arg for one in ast.walk(arguments) if isinstance(one, ast.arg)}
        body = node.body if isinstance(node.body, list) else [node.body]
        inner = _Scope(own)
        inner.walk(body)
        local = own | {name for statement in body for name in _bound(statement)}
        self.later |= (inner.free | inner.later) - local
        if isinstance(node, ast.FunctionDef):
            self.bound.add(node.name)

    def _comprehension(self, node: Any) -> None:
        inner = _Scope(self.bound)
        for part in node.generators:
            inner.walk([part.iter, part.target, *part.ifs])
        inner.walk([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.free |= inner.free
        self.later |= inner.later


def needed(book: dict[str, Any], at: int) -> list[int]:
    """The numbers of the cells that give what a cell uses, in order, with the cell itself: enough to run it alone."""
    trees = {n: ast.parse(source(cell)) for n, cell in enumerate(book["cells"]) if cell["cell_type"] == "code"}
    givers = {name: n for n, tree in trees.items() for name in given(tree)}
    wanted, found = [at], set()
    while wanted:
        number = wanted.pop()
        if number not in found:
            found.add(number)
            wanted += [givers[name] for name in taken(trees[number]) if name in givers]
    return sorted(found)
