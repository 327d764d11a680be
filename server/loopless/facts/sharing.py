"""Which names a value may share memory with: views, other names, containers that hold a tensor.

A value shares nothing only where its expression shows that it is new: arithmetic, a constructor, an operation of the
table that returns no view. A call of which nothing is known may return what it was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loopless.facts.fact import Kind
from loopless.facts.infer import dotted, infer
from loopless.facts.operations import Operation, lookup, method
from loopless.facts.scope import MUTATORS, Scope, root_name, target_names
from loopless.facts.swaps import but_swaps, swapped, swaps_of
from loopless.ir import tree
from loopless.ir.walk import every_statement

# Values of these kinds hold no tensor.
_PLAIN: frozenset[Kind] = frozenset(
    {"int", "float", "bool", "number", "str", "none", "size", "callable", "device", "dtype"}
)
_METADATA = frozenset(
    "shape dtype device ndim requires_grad is_leaf is_cuda layout itemsize".split()
)
# Functions of Python whose result holds no argument.
_NEW = frozenset(
    "int float bool complex len abs sum str repr range isinstance type id hash".split()
)


def sharers(expr: tree.Expr, scope: Scope) -> frozenset[str]:
    """The names that the value of `expr` may share memory with, itself and their own sharers included."""
    found: set[str] = set()
    for name in _roots(expr, scope):
        found.add(name)
        found |= scope.aliases.get(name, set())
    return frozenset(found)


def share(name: str, others: Iterable[str], scope: Scope) -> bool:
    """Say that the value of `name` may share memory with each of the others; whether that was not yet known."""
    known = scope.aliases.get(name, set())
    new = [other for other in others if other != name and other not in known]
    if not new or scope.fact(name).kind in _PLAIN:
        return False
    for other in new:
        scope.aliases.setdefault(name, set()).add(other)
        scope.aliases.setdefault(other, set()).add(name)
    return True


def share_held(statement: tree.Stmt, scope: Scope) -> None:
    """`items.append(x)`, `table[k] = x`, `box.field = x`: a container holds what is put into it."""
    match statement:
        case tree.Evaluate(tree.Call(tree.Field(of, name), args)) if name in MUTATORS:
            _held(root_name(of), args, scope)
        case tree.Assign(tree.Item() | tree.Field() as target, value):
            _held(root_name(target), (value,), scope)
        case _:
            pass


def bound_sharers(
    block: tuple[tree.Stmt, ...], scope: Scope
) -> tuple[tuple[str, tree.Expr, frozenset[str]], ...]:
    """What each binding of a loop gives its name, and what that shares with before the loop."""
    return tuple(
        (name, value, sharers(value, scope))
        for statement in but_swaps(block)
        for target, value in _bindings(statement)
        for name in target_names(target)
    )


def share_bound(
    bindings: tuple[tuple[str, tree.Expr, frozenset[str]], ...],
    block: tuple[tree.Stmt, ...],
    scope: Scope,
) -> None:
    """What the statements of a loop, in whatever order they run, make the names that they bind share."""
    for name, _, others in bindings:
        share(name, others, scope)
    # Names may come to share through others: as often as there are links in the longest chain.
    swaps = tuple(swaps_of(block))
    for _ in range(min(len(bindings) + len(swaps), 4)):
        grown = [share(name, sharers(value, scope), scope) for name, value, _ in bindings]
        grown += [share(name, others, scope) for name, others in list(swapped(swaps, scope))]
        if not any(grown):
            break
    for statement in every_statement(block):
        share_held(statement, scope)


def _held(root: str | None, values: Iterable[tree.Expr], scope: Scope) -> None:
    if root is None or scope.fact(root).is_tensor:
        return
    for value in values:
        share(root, sharers(value, scope), scope)


def _bindings(statement: tree.Stmt) -> Iterator[tuple[tree.Expr, tree.Expr]]:
    match statement:
        case tree.Assign(target, value):
            yield target, value
        case tree.For(target, iterable):
            yield target, iterable
        case _:
            pass


def _roots(expr: tree.Expr, scope: Scope) -> Iterator[str]:
    match expr:
        case tree.Name(name):
            if scope.fact(name).kind not in _PLAIN:
                yield name
        case tree.Field(tree.Name("self"), name):
            yield f"self.{name}"
        case tree.Opaque(_, reads):
            yield from (name for name in reads if scope.fact(name).kind not in _PLAIN)
        case tree.Call():
            yield from _called(expr, scope)
        case _:
            for part in _held_parts(expr, scope):
                yield from _roots(part, scope)


def _held_parts(expr: tree.Expr, scope: Scope) -> tuple[tree.Expr, ...]:
    """The expressions inside of one whose values its own value may be, or hold, or be a view of."""
    match expr:
        case tree.Field(of, name) if name not in _METADATA and dotted(expr, scope) is None:
            return (of,)
        case tree.Item(of, subscripts) if not _looks_up(subscripts, scope):
            return (of,)
        case tree.Operator("+" | "*", operands) if _is_container(expr, scope):
            return operands
        case tree.Junction(_, operands) | tree.Display(_, operands):
            return operands
        case tree.Choice(_, then, otherwise):
            return then, otherwise
        case tree.Spread(of):
            return (of,)
        case tree.Comprehension(_, item, clauses):
            return (item, *(clause.iterable for clause in clauses))
        case _:
            return ()


def _called(call: tree.Call, scope: Scope) -> Iterator[str]:
    """What the result of a call may share with its arguments."""
    for key, value in call.keywords:
        if key in {"out", "inplace"}:
            yield from _roots(value, scope)
    name = dotted(call.func, scope)
    if name is not None and name.removeprefix("builtins.") in _NEW:
        return
    if name is not None:
        known = None if name.startswith("builtins.") else lookup(name)
        given = call.args
    elif isinstance(call.func, tree.Field):
        fact = infer(call.func.of, scope)
        known = method(call.func.name) if fact.kind in {"tensor", "unknown"} else None
        given = (call.func.of, *call.args)
    else:
        known, given = None, call.args
    for value in _returned(known, given, call):
        yield from _roots(value, scope)


def _returned(
    known: Operation | None, given: tuple[tree.Expr, ...], call: tree.Call
) -> tuple[tree.Expr, ...]:
    """The arguments that a call may return, whole or in part."""
    if known is None:
        return (*given, *(value for _, value in call.keywords))
    if known.alias or known.writes or any(key == known.inplace for key, _ in call.keywords):
        return given[:1]
    return ()


def _looks_up(subscripts: tuple[tree.Expr, ...], scope: Scope) -> bool:
    """A subscript by a tensor or a list makes a copy."""
    return any(infer(s, scope).kind in {"tensor", "list"} for s in subscripts)


def _is_container(expr: tree.Expr, scope: Scope) -> bool:
    return infer(expr, scope).kind in {"list", "tuple", "dict"}
