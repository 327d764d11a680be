"""Whether there is anything to gain: levels that become axes, in a loop that is there for what it computes."""

from __future__ import annotations

from collections.abc import Sequence

from loopless.facts.scope import Scope
from loopless.ir import tree
from loopless.ir.value import Apply, OnItem, Reduce, Ref, walk
from loopless.ir.walk import every_statement, names_read, own_expressions
from loopless.lift.piece import Append, Kept, Piece, Write, values_of
from loopless.lift.types import type_of


def gains_nothing(pieces: Sequence[Piece], loop: tree.For) -> bool:
    """Whether every level of the source is still a loop."""
    before = sum(isinstance(s, tree.For) for s in every_statement((loop,)))
    kept = _kept_levels(pieces)
    return kept > 0 and kept >= before


def repeats_itself(pieces: Sequence[Piece], loop: tree.For) -> bool:
    """Whether a loop does the same over and over: to warm something up, or to measure it."""
    if not isinstance(loop.target, tree.Name) or loop.target.id in _read_in(loop):
        return False
    writes = [p for p in pieces if not (isinstance(p, Write) and p.root == loop.target.id)]
    return all(isinstance(p, Write) and p.subs and not p.axes and p.op is None for p in writes)


def searches_numbers(pieces: Sequence[Piece], scope: Scope) -> bool:
    """Whether a search that ends early looks at no tensor: numbers of Python are better off in a loop of Python."""
    values = [inner for piece in pieces for value in values_of(piece) for inner in walk(value)]
    searches = any(isinstance(value, Reduce) and value.op == "before" for value in values)
    return searches and not any(_touches(piece, scope) for piece in pieces)


def _touches(piece: Piece, scope: Scope) -> bool:
    if isinstance(piece, Kept | Append):
        return True
    root = piece.root if isinstance(piece, Write) else piece.name
    values = [inner for value in values_of(piece) for inner in walk(value)]
    called = any(
        isinstance(v, OnItem) or (isinstance(v, Apply) and v.op.startswith("torch."))
        for v in values
    )
    return called or any(type_of(v, scope).is_tensor for v in [Ref(root), *values])


def _read_in(loop: tree.For) -> set[str]:
    return {
        name
        for statement in every_statement(loop.body)
        for expr in own_expressions(statement)
        for name in names_read(expr)
    }


def _kept_levels(pieces: Sequence[Piece]) -> int:
    return sum(1 + _kept_levels(piece.pieces) for piece in pieces if isinstance(piece, Kept))
