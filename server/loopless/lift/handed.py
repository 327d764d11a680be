"""Names that a loop hands on: after `x = y` the next iteration finds the memory of `y` under the name of `x`."""

from __future__ import annotations

from collections.abc import Iterator

from loopless.facts.fact import Fact
from loopless.facts.scope import Scope, names_bound, target_names
from loopless.facts.sharing import share, sharers
from loopless.facts.statements import at_head
from loopless.facts.swaps import but_swaps
from loopless.ir import tree
from loopless.ir.poly import Dim, poly
from loopless.ir.walk import every_statement, own_expressions, walk_expr
from loopless.lift.normalize import exposed
from loopless.lift.stop import stop


def settle_carried(loop: tree.For, scope: Scope) -> None:
    """Leave of the names that the loop hands on, and takes items of, what is known in every iteration.

    A vector before the loop may be a matrix from the second iteration on.
    """
    carried = exposed(loop.body, frozenset(target_names(loop.target)), frozenset())
    taken = {
        inner.of.id
        for statement in every_statement((loop,))
        for expr in own_expressions(statement)
        for inner in walk_expr(expr)
        if isinstance(inner, tree.Item) and isinstance(inner.of, tree.Name)
    }
    names = [n for n in sorted(carried & taken) if n in scope.names and scope.fact(n).is_tensor]
    if not names:
        return
    known, first = at_head(loop, scope)
    for name in names:
        rank, after = scope.shown(name), first.shown(name)
        if rank is not None and after is not None and rank != after:
            reason = f"`{name}` has another number of dimensions after the first iteration"
            raise stop("carried-value", reason, loop.span)
        fact = known.get(name)
        scope.names[name] = _of_any_size(name, rank) if fact is None or not fact.dims else fact


def _of_any_size(name: str, rank: int | None) -> Fact:
    """A tensor of the rank that it has before the loop."""
    dims = None if rank is None else tuple(poly(Dim(name, k)) for k in range(rank))
    return Fact("tensor", dims, view_of=name)


def share_handed_on(loop: tree.For, scope: Scope) -> None:
    """Say in `scope` which names share memory once an iteration has handed a whole tensor on to the next one.

    What is taken out of a tensor by a number is left to those who follow values: memory at other places may change.
    """
    for level in every_statement((loop,)):
        if not isinstance(level, tree.For):
            continue
        carried = exposed(level.body, frozenset(target_names(level.target)), frozenset())
        for name, value in _handed(level.body):
            if name in carried & names_bound(level.body):
                share(name, sharers(value, scope), scope)


def _handed(body: tuple[tree.Stmt, ...]) -> Iterator[tuple[str, tree.Expr]]:
    for statement in but_swaps(body):
        match statement:
            case tree.Assign(target, value) if not _takes_an_item(value):
                for name in target_names(target):
                    yield name, value
            case _:
                pass


def _takes_an_item(value: tree.Expr) -> bool:
    match value:
        case tree.Item(_, subscripts):
            return not all(isinstance(s, tree.Range | tree.Rest) for s in subscripts)
        case _:
            return False
