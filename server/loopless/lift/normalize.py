"""Loop bodies without `continue`: what follows a `continue` becomes the other arm of its `if`."""

from __future__ import annotations

from collections.abc import Callable

from loopless.facts.scope import names_bound, target_names
from loopless.ir import tree
from loopless.ir.walk import names_read, own_expressions


def without_continue(body: tuple[tree.Stmt, ...]) -> tuple[tree.Stmt, ...]:
    """The same statements with every `continue` of this level turned into structure."""
    result: list[tree.Stmt] = []
    for at, statement in enumerate(body):
        match statement:
            case tree.Jump("continue"):
                return tuple(result)
            case tree.If(test, then, otherwise, span) if _continues(then) or _continues(otherwise):
                rest = body[at + 1 :]
                left, right = without_continue(then), without_continue(otherwise)
                if not _ends(then):
                    left = without_continue((*then, *rest))
                if not _ends(otherwise):
                    right = without_continue((*otherwise, *rest))
                result.append(tree.If(test, left, right, span))
                return tuple(result)
            case _:
                result.append(statement)
    return tuple(result)


def _continues(block: tuple[tree.Stmt, ...]) -> bool:
    for statement in block:
        match statement:
            case tree.Jump("continue"):
                return True
            case tree.If(_, then, otherwise):
                if _continues(then) or _continues(otherwise):
                    return True
            case _:
                pass
    return False


def _ends(block: tuple[tree.Stmt, ...]) -> bool:
    """Whether every way through a block ends in `continue`."""
    if not block:
        return False
    match block[-1]:
        case tree.Jump("continue"):
            return True
        case tree.If(_, then, otherwise):
            return _ends(then) and _ends(otherwise)
        case _:
            return False


def jumps(body: tuple[tree.Stmt, ...]) -> tree.Stmt | None:
    """The first `break`, `return` or similar that leaves this loop early."""
    for statement in body:
        match statement:
            case tree.Jump("break") | tree.Return():
                return statement
            case tree.If(_, then, otherwise):
                found = jumps(then) or jumps(otherwise)
                if found:
                    return found
            case tree.For(_, _, inner, orelse) | tree.While(_, inner, orelse):
                found = _returns(inner) or jumps(orelse)
                if found:
                    return found
            case _:
                pass
    return None


def _returns(body: tuple[tree.Stmt, ...]) -> tree.Stmt | None:
    for statement in body:
        match statement:
            case tree.Return():
                return statement
            case tree.If(_, then, otherwise):
                found = _returns(then) or _returns(otherwise)
            case tree.For(_, _, inner, orelse) | tree.While(_, inner, orelse):
                found = _returns(inner) or _returns(orelse)
            case _:
                found = None
        if found:
            return found
    return None


def exposed(
    body: tuple[tree.Stmt, ...], bound: frozenset[str], live: frozenset[str]
) -> frozenset[str]:
    """Names bound in the body whose value may come from an earlier iteration.

    Read before they are bound, or bound on some ways through the body only. Names that only inner loops bind count
    if they are `live` after the nest: an inner loop may not run.
    """
    found: set[str] = set()
    known, assigned = set(bound), names_bound(body)
    _expose(body, known, assigned, found)
    return frozenset(found) | ((_own_names(body) | (assigned & live)) - known)


def _own_names(body: tuple[tree.Stmt, ...]) -> frozenset[str]:
    """Names bound in the body, those that only inner loops bind left out."""
    found: set[str] = set()
    for statement in body:
        match statement:
            case tree.Assign(target) | tree.Augment(target):
                found.update(target_names(target))
            case tree.If(_, then, otherwise):
                found |= _own_names(then) | _own_names(otherwise)
            case _:
                pass
    return frozenset(found)


def _expose(
    block: tuple[tree.Stmt, ...], known: set[str], assigned: frozenset[str], found: set[str]
) -> None:
    """`known` holds the names surely bound in this iteration; grows as the block is walked."""

    def read(expr: tree.Expr) -> None:
        found.update((names_read(expr) & assigned) - known)

    for statement in block:
        match statement:
            case tree.Assign(target, value):
                read(value)
                if not isinstance(target, tree.Name):
                    _reads_of_target(target, read)
                known.update(target_names(target))
            case tree.Augment(target, _, value):
                read(value)
                read(target)
                known.update(target_names(target))
            case tree.If(test, then, otherwise):
                read(test)
                left, right = set(known), set(known)
                _expose(then, left, assigned, found)
                _expose(otherwise, right, assigned, found)
                both = left & right
                # Bound in one arm only: a later read may see the iteration before.
                known |= both
            case tree.For(target, iterable, body, orelse):
                read(iterable)
                inside = set(known) | set(target_names(target))
                _expose(body, inside, assigned, found)
                _expose(orelse, set(known), assigned, found)
            case tree.While(test, body, orelse):
                read(test)
                _expose(body, set(known), assigned, found)
                _expose(orelse, set(known), assigned, found)
            case _:
                for expr in own_expressions(statement):
                    read(expr)
                if isinstance(statement, tree.Other):
                    found.update((statement.reads & assigned) - known)


def _reads_of_target(target: tree.Expr, read: Callable[[tree.Expr], None]) -> None:
    match target:
        case tree.Item() | tree.Field():
            read(target)
        case tree.Display(_, items):
            for inner in items:
                if not isinstance(inner, tree.Name):
                    read(inner)
        case _:
            pass
