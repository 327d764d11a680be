"""Items that are added to one another or subtracted: rows alike, whether one of their ranks is shown or none."""

from __future__ import annotations

from collections.abc import Iterator

from loopless.facts.scope import Scope
from loopless.ir.value import Apply, Const, Int, Read, Value, children
from loopless.lift.types import type_of

_SUMS = frozenset({"+", "-"})


def beside_shown(value: Value, scope: Scope) -> Iterator[tuple[Read, int]]:
    """Items of a sum whose rank is not shown, with that of the largest item beside them whose rank is."""
    terms = tuple(_term(value)) if isinstance(value, Apply) and value.op in _SUMS else ()
    unshown = [item for item in terms if scope.shown(item.root) is None]
    ranks = [type_of(item, scope).rank or 0 for item in terms if item not in unshown]
    rank = max(ranks, default=0)
    for item in unshown if rank else ():
        if scope.least(item.root) <= 1:
            # Of two dimensions or more that are named there are no others (P4): such an item is a number.
            yield item, rank


def added_together(value: Value) -> Iterator[tuple[Read, ...]]:
    """Groups of items of which each is a term of the same sum or difference.

    A factor may well be a number beside rows, as a weight for each sample is, and a row may be compared with a label;
    a term rarely is.
    """
    match value:
        case Apply(op, args) if op in _SUMS and len(args) > 1:
            terms = tuple(item for arg in args for item in _term(arg))
            if len(terms) > 1:
                yield terms
        case _:
            pass
    for child in children(value):
        yield from added_together(child)


def _term(value: Value) -> Iterator[Read]:
    """The item whose dimensions a term has; none for a product of several."""
    match value:
        case Read() if value.subs:
            yield value
        case Apply("+" | "-", args):
            for arg in args:
                yield from _term(arg)
        case Apply(_, args):
            varying = [arg for arg in args if not isinstance(arg, Const | Int)]
            if len(varying) == 1:
                yield from _term(varying[0])
        case _:
            pass
