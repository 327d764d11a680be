"""Stores that may meet one another: of those to one place the last one stays."""

from __future__ import annotations

from dataclasses import replace

from loopless.ir.poly import Axis
from loopless.ir.value import At, Const, Int, Pick, Scan, Value, axes_of, sub_axes, walk
from loopless.lift.context import Lifting
from loopless.lift.overlap import reads
from loopless.lift.piece import Write

# The operator of such a store: the order of the points matters, and is that of the axes.
LAST = "last"


def same_number(one: Value, other: Value) -> bool:
    """Whether two stores put the same number there, so that it does not matter which of them comes last."""
    match one, other:
        case Const(int() | float() as first), Const(int() | float() as second):
            # Of two zeros one may have a sign.
            return first == second and str(first) == str(second)
        case Int(first), Int(second):
            return first.constant is not None and first == second
        case _:
            return False


def overwritten(piece: Write, axis: Axis, lifting: Lifting) -> Write | None:
    """`out[index[i]] = v[i]` for all iterations at once; None where it reads what it changes."""
    if piece.op not in (None, LAST) or not all(isinstance(s, At | Pick) for s in piece.subs):
        return None
    moving = sub_axes(piece.subs)
    places = [s.value for s in piece.subs if isinstance(s, Pick)]
    asked = set(axes_of(piece.value))
    if piece.when is not None:
        asked |= axes_of(piece.when)
    if axis not in moving or asked & {axis, *piece.axes} - moving:
        return None
    if piece.axes and any(isinstance(v, Scan) for p in places for v in walk(p)):
        # A counter that goes on from row to row.
        return None
    scope = lifting.scope
    if any(r.root == piece.root or scope.may_alias(r.root, piece.root) for r in reads(piece)):
        return None
    return replace(piece, op=LAST, axes=(axis, *piece.axes), augmented=False)
