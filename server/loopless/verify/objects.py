"""Roots that hold other values, such as `self`: their class, methods and attributes."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Sequence

from loopless.verify.places import Place


def class_of(path: Sequence[Place]) -> ast.ClassDef | None:
    """The class whose method holds the region."""
    owners = [p.owner for p in path if isinstance(p.owner, ast.ClassDef)]
    return owners[-1] if owners else None


def methods_of(owner: ast.ClassDef, statements: Sequence[ast.stmt], root: str) -> set[str]:
    """Methods and properties of the class that the statements use on `root`, and those in turn."""
    defined = {s.name: s for s in owner.body if isinstance(s, ast.FunctionDef)}
    todo = [(name, root) for name in _used_on(statements, root) if name in defined]
    found: set[str] = set()
    while todo:
        name, _ = todo.pop()
        if name in found:
            continue
        found.add(name)
        method = defined[name]
        own = method.args.args[0].arg if method.args.args else ""
        todo += [(n, own) for n in _used_on(method.body, own) if n in defined]
    return found


def reduced_class(owner: ast.ClassDef, methods: set[str]) -> ast.ClassDef:
    """The class with its constants and the given methods only."""
    reduced = copy.copy(owner)
    kept = [
        s
        for s in owner.body
        if (s.name in methods if isinstance(s, ast.FunctionDef) else _constant(s))
    ]
    reduced.body = kept or [ast.Pass()]
    return reduced


def attribute_paths(statements: Iterable[ast.AST], root: str) -> list[str]:
    """The attributes read on `root`, as dotted names, `self.scale` before `self.scale.weight`."""
    paths: dict[str, None] = {}
    for statement in statements:
        for node in ast.walk(statement):
            if (path := dotted(node)) and path.startswith(root + "."):
                paths[path] = None
    return sorted(paths)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of attributes on a name, or nothing."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _used_on(statements: Iterable[ast.AST], root: str) -> set[str]:
    nodes = (n for s in statements for n in ast.walk(s))
    return {
        n.attr
        for n in nodes
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == root
    }


def _constant(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign | ast.AnnAssign)
