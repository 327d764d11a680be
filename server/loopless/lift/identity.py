"""Names whose value changes from iteration to iteration, seen through their items, their memory or another name.

A carried name stands for one value at the start of each iteration. Its closed form says nothing of its items, nor of
stores into it: where the loop reads or changes those, the name has to be carried in order.
"""

from __future__ import annotations

from collections.abc import Iterable

from loopless.facts.scope import Scope
from loopless.finding import Span
from loopless.ir.value import Read, Value, reads_of
from loopless.lift.context import Bound, Unbound
from loopless.lift.overlap import reads, writes
from loopless.lift.piece import Piece
from loopless.lift.stop import stop


def itemized(names: Iterable[str], pieces: Iterable[Piece], values: Iterable[Bound]) -> set[str]:
    """Those of the names of which an item is read at some point of the loop."""
    wanted = set(names)
    found = {
        access.root
        for piece in pieces
        for access in reads(piece)
        if access.subs and access.root in wanted
    }
    for value in values:
        if not isinstance(value, Unbound):
            found |= {read.root for read in _items(value) if read.root in wanted}
    return found


def reads_item(value: Value, names: Iterable[str]) -> bool:
    """Whether a value reads an item of one of the names."""
    wanted = set(names)
    return any(read.root in wanted for read in _items(value))


def refuse_stores(
    names: Iterable[str],
    augmented: frozenset[str],
    pieces: Iterable[Piece],
    values: Iterable[Bound],
    scope: Scope,
    span: Span,
) -> None:
    """Stop where the loop stores into what a carried name holds, or reads through another name what `+=` changes."""
    touched = {a.root for piece in pieces for a in writes(piece) if a.subs}
    seen = {a.root for piece in pieces for a in reads(piece)} | touched
    for value in values:
        if not isinstance(value, Unbound):
            seen |= {read.root for read in reads_of(value)}
    for name in names:
        others = scope.aliases.get(name, set())
        if name in touched or others & touched or (name in augmented and others & seen):
            raise stop(
                "aliasing",
                f"the loop gives `{name}` new values and changes it in place as well",
                span,
            )


def _items(value: Value) -> list[Read]:
    return [read for read in reads_of(value) if read.subs]
