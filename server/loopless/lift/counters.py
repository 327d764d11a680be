"""Names that only count up: they start at zero or more, and the loop adds to them or starts them anew."""

from __future__ import annotations

from collections.abc import Iterator

from loopless.facts.scope import Scope, every_statement, target_names
from loopless.ir import tree


def counters(loop: tree.For, scope: Scope) -> frozenset[str]:
    """The integer names of a nest that are never negative, by the statements that bind them."""
    found: dict[str, bool] = {}
    for statement in every_statement((loop,)):
        for name, rises in _bindings(statement):
            found[name] = rises and found.get(name, True)
    return frozenset(name for name, rises in found.items() if rises and _starts(name, scope))


def _bindings(statement: tree.Stmt) -> Iterator[tuple[str, bool]]:
    """The names that a statement binds, each with whether it stays at zero or more."""
    match statement:
        case tree.Assign(tree.Name(name), tree.Literal(value)):
            yield name, _natural(value)
        case tree.Augment(tree.Name(name), "+", tree.Literal(value)):
            yield name, _natural(value)
        case tree.Assign(target) | tree.Augment(target) | tree.For(target):
            yield from ((name, False) for name in target_names(target))
        case tree.Other(_, _, binds):
            yield from ((name, False) for name in binds)
        case _:
            pass


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _starts(name: str, scope: Scope) -> bool:
    """Whether a name is a natural number before the loop, if it is anything."""
    if name not in scope.names:
        return name not in scope.world.constants
    fact = scope.fact(name)
    start = None if fact.poly is None else fact.poly.constant
    return fact.kind == "int" and start is not None and start >= 0
