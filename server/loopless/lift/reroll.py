"""Unrolled loops rolled up again: `a[i] = …; a[i + 1] = …` by twos as `a[i] = …` by ones.

The statements of one iteration, one after the other, are the iterations of a longer loop in their order: nothing is
moved. Rerolling after Bacon, Graham and Sharp, "Compiler Transformations" (ACM Computing Surveys 1994).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from loopless.dependence.feasible import proves
from loopless.facts.scope import Scope
from loopless.finding import Span
from loopless.ir.poly import Axis, Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Int,
    Pick,
    Read,
    Reduce,
    Sub,
    Value,
    reads_of,
    rebuild,
    replaced,
    sub_polys,
    substitute,
    walk,
)
from loopless.lift.context import Lifting
from loopless.lift.piece import Piece, Write, values_of, with_atoms
from loopless.lift.types import type_of

_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Rolled:
    """The pieces of one iteration of the longer loop, and its axis."""

    pieces: list[Piece]
    axis: Axis


def rerolled(pieces: Sequence[Piece], axis: Axis, lifting: Lifting) -> Rolled | None:
    """The statements of an unrolled body as those of a loop with as many more iterations."""
    if not all(_is_plain(piece) for piece in pieces):
        return None
    polys = [p for piece in pieces for p in _polys(piece)]
    for count in _divisors(len(pieces)):
        if not all(_divides(p, axis, count) for p in polys):
            continue
        first = pieces[: len(pieces) // count]
        hole = lifting.axis(axis.name, poly(0))
        found = [_stretched(piece, axis, hole, count) for piece in first]
        spelled = [
            _turn(piece, axis, hole, count, turn) for turn in range(count) for piece in found
        ]
        if spelled == [replace(piece, span=_NOWHERE) for piece in pieces]:
            places = [(p.root, p.subs) for p in found if isinstance(p, Write)]
            longer = Axis(hole.name, hole.uid, _extent(places, axis, hole, count, lifting.scope))
            return Rolled([with_atoms(piece, {hole: poly(longer)}) for piece in found], longer)
    return None


def rerolled_sums(value: Value, lifting: Lifting) -> Value:
    """The value with sums over an axis of a sum of like terms as sums over a longer axis."""
    value = rebuild(value, lambda inner: rerolled_sums(inner, lifting))
    match value:
        case Reduce("+" | "*" as op, axis, body, None):
            if type_of(body, lifting.scope).dtype in _NARROW:
                # The sum of one iteration wraps before it is added to the others.
                return value
            return _longer(op, axis, _operands(op, body), lifting) or value
        case _:
            return value


def _longer(op: str, axis: Axis, terms: list[Value], lifting: Lifting) -> Reduce | None:
    polys = [p for term in terms for p in _value_polys(term)]
    for count in _divisors(len(terms)):
        if not all(_divides(p, axis, count) for p in polys):
            continue
        hole = lifting.axis(axis.name, poly(0))
        first = [_over(term, axis, hole, count) for term in terms[: len(terms) // count]]
        spelled = [
            substitute(term, {hole: poly(axis) * count + turn})
            for turn in range(count)
            for term in first
        ]
        if spelled == terms:
            places = [(r.root, r.subs) for term in first for r in _always(term)]
            longer = Axis(hole.name, hole.uid, _extent(places, axis, hole, count, lifting.scope))
            whole = first[0]
            for term in first[1:]:
                whole = Apply(op, (whole, term))
            return Reduce(op, longer, substitute(whole, {hole: poly(longer)}))
    return None


def _always(value: Value) -> Iterator[Read]:
    """The reads of a value, where all of them happen."""
    if not any(isinstance(v, Apply) and v.op in _LAZY for v in walk(value)):
        yield from (read for read in reads_of(value) if read.subs)


_NARROW = frozenset({"bool", "uint8", "int8", "int16", "int32", "float16", "bfloat16"})
_LAZY = frozenset({"where", "and", "or"})


def _operands(op: str, value: Value) -> list[Value]:
    match value:
        case Apply(of, (left, right)) if of == op:
            return [*_operands(op, left), *_operands(op, right)]
        case _:
            return [value]


def _divisors(number: int) -> Iterator[int]:
    """The divisors above one, the greatest first."""
    return (count for count in range(number, 1, -1) if number % count == 0)


def _is_plain(piece: Piece) -> bool:
    return isinstance(piece, Write) and bool(piece.subs) and not piece.axes and piece.when is None


def _turn(piece: Piece, axis: Axis, hole: Axis, count: int, turn: int) -> Piece:
    moved = with_atoms(piece, {hole: poly(axis) * count + turn})
    return replace(moved, span=_NOWHERE)


def _stretched(piece: Piece, axis: Axis, hole: Axis, count: int) -> Piece:
    """The piece with `count` iterations of the longer axis for each of its own."""
    assert isinstance(piece, Write)
    target = _over(Read(piece.root, piece.subs), axis, hole, count)
    assert isinstance(target, Read)
    return replace(piece, subs=target.subs, value=_over(piece.value, axis, hole, count))


def _over(value: Value, axis: Axis, hole: Axis, count: int) -> Value:
    """The value of the iterations that are multiples of `count`, as a function of the longer axis."""

    def change(inner: Value) -> Value | None:
        match inner:
            case Int(p):
                return Int(_slower(p, axis, hole, count))
            case Read(root, subs):
                return Read(root, tuple(_slower_sub(sub, axis, hole, count) for sub in subs))
            case _:
                return None

    return replaced(value, change)


def _slower_sub(sub: Sub, axis: Axis, hole: Axis, count: int) -> Sub:
    match sub:
        case At(p):
            return At(_slower(p, axis, hole, count))
        case Pick(value):
            return Pick(_over(value, axis, hole, count))
        case _:
            return sub


def _slower(p: Poly, axis: Axis, hole: Axis, count: int) -> Poly:
    slope = p.coefficient(axis).constant or 0
    return p.without(axis) + poly(hole) * (slope // count)


def _polys(piece: Piece) -> Iterator[Poly]:
    if isinstance(piece, Write):
        yield from sub_polys(piece.subs)
    for value in values_of(piece):
        yield from _value_polys(value)


def _value_polys(value: Value) -> Iterator[Poly]:
    for inner in walk(value):
        match inner:
            case Int(p):
                yield p
            case Read(_, subs):
                yield from sub_polys(subs)
            case _:
                pass


def _divides(p: Poly, axis: Axis, count: int) -> bool:
    slope = p.coefficient(axis).constant
    return p.linear_in(axis) and slope is not None and slope % count == 0


def _extent(
    places: Sequence[tuple[str, tuple[Sub, ...]]],
    axis: Axis,
    hole: Axis,
    count: int,
    scope: Scope,
) -> Poly:
    """How far the longer axis goes. The loop reaches its last place, so that one is there: often it is the end."""
    extent = axis.extent * count
    for root, subs in places:
        for at, sub in enumerate(subs):
            if isinstance(sub, At) and sub.poly.coefficient(hole).constant == 1:
                room = scope.size(root, at) - sub.poly.without(hole)
                if not room.axes() and proves(extent - room, []):
                    return room
    return extent
