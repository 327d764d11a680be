"""What reading an item says of a size: after `x = a[0]` there is a first item, or nothing comes after."""

from __future__ import annotations

from collections.abc import Iterator

from loopless.facts.scope import Scope, own_expressions, parts
from loopless.ir import tree
from loopless.ir.poly import Poly

_STRAIGHT = (tree.Assign, tree.Augment, tree.Evaluate)


def places_read(statement: tree.Stmt, scope: Scope) -> tuple[Poly, ...]:
    """Polynomials that are not negative once a statement has run, because places that it reads are there."""
    if not isinstance(statement, _STRAIGHT):
        return ()
    found: dict[Poly, None] = {}
    for expr in own_expressions(statement):
        for item in _always_read(expr):
            for p in _sizes(item, scope):
                found[p] = None
    return tuple(p for p in found if p not in scope.given)


def _always_read(expr: tree.Expr) -> Iterator[tree.Item]:
    """The items of names that an expression reads whatever it finds."""
    match expr:
        case tree.Item(tree.Name(), subscripts):
            yield expr
            for subscript in subscripts:
                yield from _always_read(subscript)
        case tree.Choice(test):
            yield from _always_read(test)
        case tree.Junction(_, (first, *_)):
            yield from _always_read(first)
        case tree.Comprehension() | tree.Opaque():
            return
        case _:
            for part in parts(expr):
                yield from _always_read(part)


def _sizes(item: tree.Item, scope: Scope) -> Iterator[Poly]:
    assert isinstance(item.of, tree.Name)
    name = item.of.id
    if not scope.fact(name).is_tensor:
        return
    for at, subscript in enumerate(item.subscripts):
        match subscript:
            case tree.Literal(int(place)) if not isinstance(subscript.value, bool):
                yield scope.size(name, at) - (place + 1)
            case tree.Operator("neg", (tree.Literal(int(back)),)):
                yield scope.size(name, at) - back
            case tree.Range():
                pass
            case _:
                # It may be a tensor, and the places behind it belong to other dimensions.
                return
