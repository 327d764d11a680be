"""Index-set splitting: a predicate that bounds one axis becomes the extent of that axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loopless.dependence.conditions import conjunction, conjuncts, integer_of
from loopless.dependence.feasible import Constraint, proves
from loopless.ir.poly import Atom, Axis, Poly, greatest, least, poly, quotient
from loopless.ir.value import (
    Apply,
    At,
    Best,
    Comb,
    Previous,
    Reduce,
    Scan,
    Temp,
    Value,
    rebuild,
    substitute,
    walk,
)
from loopless.lift.context import Lifting
from loopless.lift.piece import Append, Write, values_of, with_atoms
from loopless.lift.places_counted import counted

Known = Sequence[Constraint]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """low <= axis < high, as far as conditions say."""

    low: tuple[Poly, ...]
    high: tuple[Poly, ...]
    rest: Value | None


def restricted(piece: Write, lifting: Lifting, known: Known = ()) -> Write:
    """The piece with axes as short as its predicate allows."""
    for axis in piece.axes:
        found = _bounds(piece.when, axis)
        if not found.low and not found.high:
            continue
        made = _shorter(axis, found, lifting, known)
        if made is None:
            continue
        fresh, low = made
        moved = with_atoms(replace(piece, when=found.rest), {axis: poly(fresh) + low})
        assert isinstance(moved, Write)
        piece = replace(moved, axes=tuple(fresh if a == axis else a for a in piece.axes))
    return piece


def restricted_reductions(value: Value, lifting: Lifting, known: Known = ()) -> Value:
    """The same for the axes of reductions inside of a value."""
    value = rebuild(value, lambda inner: restricted_reductions(inner, lifting, known))
    match value:
        case Reduce(op, axis, body, when) if when is not None:
            number = counted(value, known)
            if number is not None:
                return number
            found = _bounds(when, axis)
            if not found.low and not found.high:
                return value
            made = _shorter(axis, found, lifting, known)
            if made is None:
                return value
            fresh, low = made
            atoms: dict[Atom, Poly] = {axis: poly(fresh) + low}
            rest = None if found.rest is None else substitute(found.rest, atoms)
            return Reduce(op, fresh, substitute(body, atoms), rest)
        case Best(_, axis, key, _, body) if key == body and not value.inner:
            return _shorter_best(value, axis, lifting, known)
        case _:
            return value


def _shorter_best(value: Best, axis: Axis, lifting: Lifting, known: Known) -> Best:
    """The best of the iterations that a condition on their place leaves."""
    found = _bounds(value.when, axis)
    if not found.low and not found.high:
        return value
    made = _shorter(axis, found, lifting, known)
    if made is None:
        return value
    fresh, low = made
    atoms: dict[Atom, Poly] = {axis: poly(fresh) + low}
    key = substitute(value.key, atoms)
    when = None if found.rest is None else substitute(found.rest, atoms)
    return replace(value, axis=fresh, key=key, body=key, when=when)


def _shorter(
    axis: Axis, found: _Bounds, lifting: Lifting, known: Known
) -> tuple[Axis, Poly] | None:
    """A new axis for low <= axis < high, and where it starts."""
    lows = [p for p in found.low if not proves(-p, known)]
    highs = [p for p in found.high if not proves(p - axis.extent, known)]
    low = greatest([*lows, poly(0)]) if lows else poly(0)
    if lows and all(proves(p, known) for p in lows):
        low = greatest(lows)
    high = least([*highs, axis.extent]) if highs else axis.extent
    if highs and all(proves(axis.extent - p, known) for p in highs):
        high = least(highs)
    if axis in low.atoms() or axis in high.atoms():
        return None
    return lifting.axis(axis.name, high - low), low


def _bounds(when: Value | None, axis: Axis) -> _Bounds:
    """The conjuncts that bound `axis` by something that no axis changes."""
    lows: list[Poly] = []
    highs: list[Poly] = []
    rest: Value | None = None
    for condition in conjuncts(when):
        bound = _one(condition, axis)
        if bound is None:
            rest = conjunction(rest, condition)
            continue
        low, high = bound
        if low is not None:
            lows.append(low)
        if high is not None:
            highs.append(high)
    return _Bounds(tuple(lows), tuple(highs), rest)


def _one(condition: Value, axis: Axis) -> tuple[Poly | None, Poly | None] | None:
    match condition:
        case Apply(op, (left, right)) if op in {"<", "<=", ">", ">=", "=="}:
            a, b = integer_of(left), integer_of(right)
        case _:
            return None
    if a is None or b is None:
        return None
    difference = b - a
    if not difference.linear_in(axis) or difference.axes() != frozenset({axis}):
        return None
    slope = difference.coefficient(axis).constant
    if slope is None or slope == 0:
        return None
    rest = difference.without(axis)
    # difference is slope * axis + rest; the condition says difference > 0, >= 0, …
    match op:
        case "<" | "<=":
            return _at_least(slope, rest, int(op == "<"))
        case ">" | ">=":
            return _at_least(-slope, -rest, int(op == ">"))
        case _ if slope in (1, -1):
            place = -rest if slope == 1 else rest
            return place, place + 1
        case _:
            return None


def _at_least(slope: int, rest: Poly, least: int) -> tuple[Poly | None, Poly | None]:
    """The bounds on an axis that slope * axis + rest >= least gives: (low, None) or (None, high)."""
    if slope > 0:
        return quotient(poly(least) - rest + (slope - 1), poly(slope)), None
    return None, quotient(rest - least, poly(-slope)) + 1


def forwards(piece: Write | Append) -> Write | Append:
    """The piece with every axis turned so that its target is written from front to back."""
    if isinstance(piece, Append):
        return piece
    for axis in piece.axes:
        for sub in piece.subs:
            if isinstance(sub, At) and sub.poly.linear_in(axis):
                slope = sub.poly.coefficient(axis).constant
                if slope is not None and slope < 0 and not _scanned(piece, axis):
                    turned = with_atoms(piece, {axis: axis.extent - 1 - poly(axis)})
                    assert isinstance(turned, Write)
                    piece = turned
                    break
    return piece


def _scanned(piece: Write, axis: Axis) -> bool:
    return any(
        (isinstance(v, Scan | Comb | Previous) and v.axis == axis)
        or (isinstance(v, Temp) and axis in v.axes)
        for value in values_of(piece)
        for v in walk(value)
    )
