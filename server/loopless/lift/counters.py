"""Names that only count up: they start from a number, and the loop adds to them or starts them anew."""

from __future__ import annotations

from collections.abc import Iterator

from loopless.facts.scope import Scope, target_names
from loopless.ir import tree
from loopless.ir.walk import every_statement


def counters(loop: tree.For, scope: Scope) -> dict[str, int]:
    """The integer names of a nest that only rise, each with what it is at least, by the statements that bind them."""
    least: dict[str, int | None] = {}
    for statement in every_statement((loop,)):
        for name, low in _bindings(statement):
            least[name] = _lower(low, least.get(name, low))
    found = {name: _lower(low, _start(name, scope, low)) for name, low in least.items()}
    return {name: low for name, low in found.items() if low is not None and low != _ANY}


_ANY = 1 << 62


def _lower(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else min(one, other)


def _bindings(statement: tree.Stmt) -> Iterator[tuple[str, int | None]]:
    """The names that a statement binds, each with what it is at least, None where that is not known."""
    match statement:
        case tree.Assign(tree.Name(name), tree.Literal(value)):
            yield name, _integer(value)
        case tree.Augment(tree.Name(name), "+", tree.Literal(value)):
            step = _integer(value)
            yield name, _ANY if step is not None and step >= 0 else None
        case tree.Assign(target) | tree.Augment(target) | tree.For(target):
            yield from ((name, None) for name in target_names(target))
        case tree.Other(_, _, binds):
            yield from ((name, None) for name in binds)
        case _:
            pass


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _start(name: str, scope: Scope, inside: int | None) -> int | None:
    """What a name is before the loop; what it is given inside, if it is nothing before."""
    if name not in scope.names:
        return None if name in scope.world.constants else inside
    fact = scope.fact(name)
    return None if fact.kind != "int" or fact.poly is None else fact.poly.constant
