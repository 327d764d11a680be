"""Compaction: `if keep: out[k] = x[i]; k += 1` puts what is kept into a row, one beside the other."""

from __future__ import annotations

from dataclasses import replace

from loopless.dependence.conditions import integer_of
from loopless.dependence.feasible import proves
from loopless.ir.poly import Axis, Poly, poly
from loopless.ir.value import Apply, Int, Pick, Scan, Value, axes_of
from loopless.lift.context import Lifting
from loopless.lift.overlap import reads
from loopless.lift.piece import Write

# The operator of such a store: the iterations under its predicate fill one place after the other.
PACK = "pack"


def packed(piece: Write, axis: Axis, lifting: Lifting) -> Write | None:
    """The store as a compaction along the axis; None where it is none, or reads what it fills."""
    if piece.op is not None or piece.when is None or piece.axes or first_place(piece, axis) is None:
        return None
    if (axes_of(piece.value) | axes_of(piece.when)) - {axis}:
        return None
    scope = lifting.scope
    if any(r.root == piece.root or scope.may_alias(r.root, piece.root) for r in reads(piece)):
        return None
    return replace(piece, op=PACK, axes=(axis,), augmented=False)


def first_place(piece: Write, axis: Axis) -> Poly | None:
    """Where the row begins, if the place counts the earlier iterations under the store's own predicate."""
    match piece.subs:
        case (Pick(Apply("+", (Scan() as scan, Int(more)))),):
            pass
        case (Pick(Scan() as scan),):
            more = poly(0)
        case _:
            return None
    start = None if scan.start is None else integer_of(scan.start)
    if start is None or scan.op != "+" or not scan.exclusive or scan.axis != axis:
        return None
    if not _counts(scan.body, piece.when) or not proves(start + more, []):
        return None
    return start + more


def _counts(body: Value, when: Value | None) -> bool:
    """Whether one is added where the predicate holds, and nothing elsewhere."""
    match body:
        case Apply("where", (test, one, other)):
            return test == when and integer_of(one) == poly(1) and integer_of(other) == poly(0)
        case _:
            return False
