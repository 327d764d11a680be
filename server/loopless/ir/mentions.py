"""What a piece of syntax mentions: names, imports, shared names; everything in one pass.

Passes over the tree are most of what reading a file costs, so that each function is passed over once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_CONTEXTS = (ast.Load, ast.Store, ast.Del)


@dataclass(frozen=True, slots=True)
class Mentions:
    """The names, the imports in order, what `global` and `nonlocal` declare, and whether there is a `yield`."""

    names: frozenset[str]
    imports: tuple[tuple[str, str], ...]
    shared: frozenset[str]
    yields: bool


def mentions(root: ast.AST, found: dict[ast.AST, Mentions]) -> Mentions:
    """What `root` mentions, definitions inside of it included; each of those has its own entry in `found`."""
    names: set[str] = set()
    shared: set[str] = set()
    imports: list[tuple[str, str]] = []
    yields = False
    waiting = _children(root)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Name():
                names.add(node.id)
            case ast.Constant():
                pass
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                inner = mentions(node, found)
                names |= inner.names
                shared |= inner.shared
                imports += inner.imports
                yields = yields or inner.yields
            case ast.Import() | ast.ImportFrom():
                imports += _imported(node)
            case ast.Global() | ast.Nonlocal():
                shared.update(node.names)
            case _:
                yields = yields or isinstance(node, ast.Yield | ast.YieldFrom)
                waiting += _children(node)
    result = Mentions(frozenset(names), tuple(imports), frozenset(shared), yields)
    if isinstance(root, _DEFINITIONS):
        found[root] = result
    return result


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly inside, the last one first."""
    inside: list[ast.AST] = []
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            inside += [one for one in value if isinstance(one, ast.AST)]  # pyright: ignore[reportUnknownVariableType]
        elif isinstance(value, ast.AST) and not isinstance(value, _CONTEXTS):
            inside.append(value)
    inside.reverse()
    return inside


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Names that a statement imports, with what each of them stands for."""
    match node:
        case ast.Import(names):
            for alias in names:
                root = alias.name.split(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (root, root)
        case ast.ImportFrom(module=str(origin), names=names, level=0):
            for alias in names:
                yield alias.asname or alias.name, f"{origin}.{alias.name}"
        case _:
            pass
