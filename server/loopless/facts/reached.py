"""Sizes that a statement shows by the places that it reads or writes: after `first = x[0]`, `x` has an item."""

from __future__ import annotations

from collections.abc import Iterator

from loopless.facts.infer import infer
from loopless.facts.scope import Scope
from loopless.ir import tree
from loopless.ir.poly import Atom, Dim, Poly, Symbol


def reached(statement: tree.Stmt, scope: Scope) -> tuple[Poly, ...]:
    """What is not negative once the statement has run: a place lies between the two ends of its dimension."""
    match statement:
        case tree.Assign(target, value) | tree.Augment(target, _, value):
            expressions = (target, value)
        case tree.Evaluate(value):
            expressions = (value,)
        case _:
            return ()
    found: dict[Poly, None] = {}
    for expression in expressions:
        for item in _items(expression):
            found.update(dict.fromkeys(_ends(item, scope)))
    return tuple(p for p in found if p not in scope.given)


def made(statement: tree.Stmt, scope: Scope) -> tuple[Poly, ...]:
    """What is not negative since a tensor of such sizes was made."""
    match statement:
        case tree.Assign(tree.Name(name)):
            dims = scope.fact(name).dims or ()
        case _:
            return ()
    return tuple(p for p in dims if p is not None and not _is_plain(p) and p not in scope.given)


def before_rounds(scope: Scope, bound: frozenset[str]) -> Scope:
    """A copy that says nothing of sizes of names that a loop binds: from its second round on they are others."""
    own = scope.copy()
    own.given = tuple(p for p in own.given if not any(_is_of(a, bound) for a in p.atoms()))
    return own


def _is_of(atom: Atom, names: frozenset[str]) -> bool:
    match atom:
        case Symbol(name) | Dim(name):
            return name in names or name.partition(".")[0] in names
        case _:
            return False


def _ends(item: tree.Item, scope: Scope) -> Iterator[Poly]:
    if not isinstance(item.of, tree.Name) or not scope.fact(item.of.id).is_tensor:
        return
    for dim, sub in enumerate(item.subscripts):
        if isinstance(sub, tree.Range):
            continue
        fact = infer(sub, scope)
        if fact.kind != "int" or fact.poly is None:
            return
        size = scope.size(item.of.id, dim)
        yield from (p for p in (size - 1 - fact.poly, size + fact.poly) if not _is_plain(p))


def _is_plain(p: Poly) -> bool:
    """Whether a size says it by itself: none is negative."""
    return all(factor >= 0 and all(isinstance(a, Dim) for a in term) for term, factor in p.terms)


def _items(expression: tree.Expr) -> Iterator[tree.Item]:
    """The subscripts that are certain to be taken where an expression is evaluated."""
    match expression:
        case tree.Item(of, subscripts):
            yield expression
            inside = (of, *subscripts)
        case tree.Operator(_, operands):
            # A chain of comparisons may end after the first.
            inside = operands[:2]
        case tree.Display(_, items):
            inside = items
        case tree.Junction(_, (first, *_)):
            inside = (first,)
        case tree.Choice(test):
            inside = (test,)
        case tree.Call(func, args, keywords):
            inside = (func, *args, *(value for _, value in keywords))
        case tree.Field(of) | tree.Spread(of):
            inside = (of,)
        case tree.Range(start, stop, step):
            inside = tuple(part for part in (start, stop, step) if part is not None)
        case _:
            inside = ()
    for part in inside:
        yield from _items(part)
