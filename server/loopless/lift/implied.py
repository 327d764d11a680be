"""What the header of a loop that stays already says: predicates that its pieces need not ask again."""

from __future__ import annotations

from dataclasses import replace

from loopless.dependence.conditions import conjunction, conjuncts
from loopless.ir.value import Apply, Read, Value
from loopless.lift.piece import Append, Define, Kept, Piece, Write


def without_asking(piece: Piece, said: Value | None) -> Piece:
    """The piece without the conditions of `said`, which holds wherever it runs."""
    if said is None:
        return piece
    match piece:
        case Write(root, (), _, Apply("where", (test, value, Read(kept, ()))), None) if (
            root == kept and test == said
        ):
            return replace(piece, value=value)
        case Write(when=when) | Append(when=when):
            return replace(piece, when=_rest(when, said))
        case Kept(pieces=pieces, when=when):
            inner = tuple(without_asking(p, said) for p in pieces)
            return replace(piece, pieces=inner, when=_rest(when, said))
        case Define():
            return piece


def _rest(when: Value | None, said: Value) -> Value | None:
    known = conjuncts(said)
    left: Value | None = None
    for condition in conjuncts(when):
        if condition not in known:
            left = conjunction(left, condition)
    return left
