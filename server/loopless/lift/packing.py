"""Compaction: `if keep: out[k] = x[i]; k += 1` puts what is kept into a row, one beside the other."""

from __future__ import annotations

from dataclasses import replace

from loopless.dependence.conditions import integer_of
from loopless.dependence.feasible import proves
from loopless.ir.poly import Axis, Cell, Poly, poly
from loopless.ir.value import Apply, Int, Pick, Reduce, Scan, Value, axes_of
from loopless.lift.context import Lifting
from loopless.lift.overlap import reads
from loopless.lift.piece import Write

# The operator of such a store: the iterations under its predicate fill one place after the other.
PACK = "pack"


def packed(piece: Write, axis: Axis, lifting: Lifting) -> Write | None:
    """The store as a compaction along the axis; None where it is none, or reads what it fills."""
    if piece.op is not None or piece.when is None or piece.axes:
        return None
    found = _start(piece, axis)
    if found is None or not (
        _goes_on(found[0]) or first_place(replace(piece, axes=(axis,))) is not None
    ):
        return None
    if (axes_of(piece.value) | axes_of(piece.when)) - {axis} and not _goes_on(found[0]):
        return None
    scope = lifting.scope
    if any(r.root == piece.root or scope.may_alias(r.root, piece.root) for r in reads(piece)):
        return None
    return replace(piece, op=PACK, axes=(axis,), augmented=False)


def _goes_on(start: Value) -> bool:
    """Whether a row begins where a loop around has come to."""
    p = integer_of(start)
    return p is not None and any(isinstance(atom, Cell) for atom in p.atoms())


def packed_rows(piece: Write, axis: Axis) -> Write | None:
    """A compaction of each row, one row behind the other, as one of all rows."""
    whole = replace(piece, axes=(axis, *piece.axes))
    return None if first_place(whole) is None else whole


def first_place(piece: Write) -> Poly | None:
    """Where the row begins, if each place counts all iterations before it under the store's own predicate."""
    match piece.axes:
        case (axis,):
            found = _start(piece, axis)
        case (outer, axis):
            found = _start(piece, axis)
            found = None if found is None else _across_rows(found, outer, axis, piece.when)
        case _:
            return None
    if found is None:
        return None
    start, more = integer_of(found[0]), found[1]
    return start + more if start is not None and proves(start + more, []) else None


def _start(piece: Write, axis: Axis) -> tuple[Value, Poly] | None:
    """What the places count from, and what is added to each."""
    match piece.subs:
        case (Pick(Apply("+", (Scan() as scan, Int(more)))),):
            pass
        case (Pick(Scan() as scan),):
            more = poly(0)
        case _:
            return None
    if scan.start is None or scan.op != "+" or not scan.exclusive or scan.axis != axis:
        return None
    return (scan.start, more) if _counts(scan.body, piece.when) else None


def _across_rows(
    found: tuple[Value, Poly], outer: Axis, axis: Axis, when: Value | None
) -> tuple[Value, Poly] | None:
    """What the first row counts from, where each row goes on where the one before it ended."""
    match found[0]:
        case Scan("+", over, Reduce("+", inner, Int(one), asked), start, True) if (
            over == outer and inner == axis and one == poly(1) and asked == when
        ):
            return None if start is None else (start, found[1])
        case _:
            return None


def _counts(body: Value, when: Value | None) -> bool:
    """Whether one is added where the predicate holds, and nothing elsewhere."""
    match body:
        case Apply("where", (test, one, other)):
            return test == when and integer_of(one) == poly(1) and integer_of(other) == poly(0)
        case _:
            return False
