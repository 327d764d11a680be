"""Values of the iteration before that were saved without need: in the new order memory still holds what they read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Previous, Temp, Value, reads_of, replaced
from loopless.lift.overlap import writes
from loopless.lift.piece import Define, Piece, Write


def unsaved(piece: Piece, before: Sequence[Piece], axis: Axis, scope: Scope) -> Piece:
    """The piece with values in place of their saved names, where it asks what they were an iteration ago."""
    if not isinstance(piece, Write) or piece.when is not None:
        return piece
    saved = {
        p.name: p.value
        for at, p in enumerate(before)
        if isinstance(p, Define)
        and p.axes == (axis,)
        and not _changed(p.value, [*before[at + 1 :], piece], scope)
    }

    def known(inner: Value) -> Value | None:
        return saved.get(inner.name) if isinstance(inner, Temp) else None

    def change(inner: Value) -> Value | None:
        match inner:
            case Previous(of, body, _) if of == axis:
                return replace(inner, body=replaced(body, known))
            case _:
                return None

    return replace(piece, value=replaced(piece.value, change)) if saved else piece


def _changed(value: Value, pieces: Sequence[Piece], scope: Scope) -> bool:
    """Whether one of the pieces writes to memory that a value is read from."""
    stored = {access.root for piece in pieces for access in writes(piece)}
    return any(
        read.root == root or scope.may_alias(read.root, root)
        for read in reads_of(value)
        for root in stored
    )
