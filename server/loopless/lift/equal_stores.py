"""Stores of one and the same number: `a[u, v] = 1; a[v, u] = 1` leaves the same whichever comes first."""

from __future__ import annotations

from loopless.ir.value import Const, Int, Value
from loopless.lift.piece import Piece, Write


def same_constant(first: Piece, second: Piece) -> bool:
    """Whether two pieces store the same number, so that their order shows nowhere."""
    match first, second:
        case Write(root, op=None, value=value), Write(other, op=None, value=again):
            # By their spelling: a zero and a negative zero are equal, and not the same.
            return root == other and repr(value) == repr(again) and _is_number(value)
        case _:
            return False


def _is_number(value: Value) -> bool:
    match value:
        case Int(p):
            return p.constant is not None
        case Const(known):
            return isinstance(known, int | float)
        case _:
            return False
