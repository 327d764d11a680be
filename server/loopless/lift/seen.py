"""What a read of the body saw: whether it came after the stores to its place, so that memory still holds it later."""

from __future__ import annotations

from collections.abc import Sequence

from loopless.ir.poly import Axis
from loopless.ir.value import Read, Value
from loopless.lift.context import Lifting
from loopless.lift.overlap import Access, may_meet
from loopless.lift.piece import Piece, Write


def note(value: Value, before: Sequence[Piece], lifting: Lifting) -> None:
    """Note how many stores to the very place of a read came before it in its iteration."""
    if isinstance(value, Read) and value.subs and value.root in lifting.changed:
        key = value.root, value.subs
        lifting.seen.setdefault(key, set()).add(len(_stores(value, before)))


def _stores(read: Read, pieces: Sequence[Piece]) -> list[Write]:
    return [
        p
        for p in pieces
        if isinstance(p, Write) and p.root == read.root and p.subs == read.subs and not p.axes
    ]


def left_there(
    piece: Piece, read: Read, pieces: Sequence[Piece], axis: Axis, lifting: Lifting
) -> bool:
    """Whether what a piece stores is what `read` saw, in each iteration, and no later one changes it."""
    stores = _stores(read, pieces)
    if not any(piece is store for store in stores):
        return False
    if lifting.seen.get((read.root, read.subs)) != {len(stores)}:
        return False
    me = Access(read.root, read.subs)
    return not any(may_meet(me, me, axis, order, lifting.scope) for order in "<>")
