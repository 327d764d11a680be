"""Folds by comparison as places: which iteration won, and what the names held there.

`if x[i] > best: best, where = x[i], i` asks for one iteration: the first with the greatest key among those
that beat the start. Its number answers for every name that the loop keeps beside the key, and whether there
is one decides between that and what the name was before. A name that keeps what the last iteration under a
condition left asks for the last of them instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from loopless.dependence.conditions import conjunction, integer_of
from loopless.dependence.feasible import proves
from loopless.facts.evidence import FLOATS
from loopless.facts.fact import Fact
from loopless.finding import Span
from loopless.ir.poly import Axis, Count, Poly, poly, quotient, remainder
from loopless.ir.value import (
    Apply,
    Best,
    Int,
    Reduce,
    Temp,
    Value,
    cells_of,
    substitute,
    walk,
)
from loopless.lift.context import Lifting
from loopless.lift.first import can_be_placed, placed
from loopless.lift.piece import Define, Piece
from loopless.lift.types import type_of


@dataclass(frozen=True, slots=True)
class Placed:
    """The pieces that find the places, and what names hold by them."""

    pieces: tuple[Piece, ...]
    finals: dict[str, Value]


def by_place(finals: dict[str, Value], lifting: Lifting, span: Span) -> Placed:
    """Finals that depend on which iteration won, in terms of its place."""
    found: list[Piece] = []
    result = dict(finals)
    groups: dict[Best, list[str]] = {}
    for name, value in finals.items():
        if isinstance(value, Best) and not cells_of(value):
            groups.setdefault(_contest(value), []).append(name)
    for contest, names in groups.items():
        values = {name: value for name in names if isinstance(value := finals[name], Best)}
        if not _asks_for_place(contest, values, lifting):
            continue
        if not all(can_be_placed(v.body, a) for v in values.values() for a in _axes(v)):
            continue
        place = _last(contest, lifting, span) if _is_last(contest) else _won(contest, lifting, span)
        if place is None:
            continue
        found += place.pieces
        for name, value in values.items():
            result[name] = Apply("where", (place.hit, place.of(value.body), value.fallback))
    return Placed(tuple(found), result)


def _rows(lifting: Lifting) -> bool:
    """Whether a loop is open around the one that is being closed."""
    return len(lifting.open_axes) > 1


def _contest(value: Best) -> Best:
    """The fold without what is kept beside it."""
    return replace(value, body=value.key, fallback=value.start)


def _axes(value: Best) -> tuple[Axis, ...]:
    return value.axis, *value.inner


def _is_last(contest: Best) -> bool:
    return isinstance(contest.key, Int) and contest.key.poly == poly(contest.axis)


def _asks_for_place(contest: Best, values: dict[str, Best], lifting: Lifting) -> bool:
    """Whether the value of the best key alone does not say it all."""
    if contest.inner or _is_last(contest):
        return True
    if contest.order in {">=", "<="} and type_of(contest.start, lifting.scope).is_tensor:
        # Of equals the last one wins, and the start may be one of them (T35).
        return not _rows(lifting)
    kept = [v for v in values.values() if v.body != v.key]
    if not kept:
        return False
    return _rows(lifting) or not all(_first_is_fallback(v, lifting) for v in kept)


def _first_is_fallback(value: Best, lifting: Lifting) -> bool:
    """Where nothing beats the start, all keys are the start: the first place is then what is left."""
    index, before = integer_of(value.body), integer_of(value.fallback)
    if index is None or before is None or value.order not in {">", "<"}:
        return False
    return index.substitute({value.axis: poly(0)}) == before and _comparable(value, lifting)


def _comparable(value: Best, lifting: Lifting) -> bool:
    """Whether a key and the start keep their values in the dtype that both promote to."""
    key, start = type_of(value.key, lifting.scope), type_of(value.start, lifting.scope)
    if start.is_tensor:
        return key.dtype is not None and key.dtype == start.dtype
    return key.dtype in FLOATS


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the winner stands: each axis as a number, and the test that there is one."""

    pieces: tuple[Piece, ...]
    hit: Value
    at: tuple[tuple[Axis, Value], ...]

    def of(self, value: Value) -> Value:
        """A value at the place."""
        for axis, at in self.at:
            value = placed(value, axis, at)
        return value


def _last(contest: Best, lifting: Lifting, span: Span) -> _Place | None:
    """The last iteration under a condition: from the back it is the first."""
    axis = contest.axis
    if contest.when is None or contest.inner:
        return None
    if any(isinstance(v, Temp) and axis in v.axes for v in walk(contest.when)):
        # What was saved is in the order of the loop, and cannot be asked for from the back.
        return None
    turned = substitute(contest.when, {axis: axis.extent - 1 - poly(axis)})
    piece, number = _number("after", Reduce("before", axis, turned), axis.extent, lifting, span)
    hit = Apply("<", (number, Int(axis.extent)))
    known = integer_of(number)
    if known is not None:
        at: Value = Int(axis.extent - 1 - known)
    else:
        at = Apply("-", (Int(axis.extent - 1), number))
    return _Place((piece,), hit, ((axis, at),))


def _won(contest: Best, lifting: Lifting, span: Span) -> _Place | None:
    """The iteration whose key is the best of those that beat the start."""
    axes = _axes(contest)
    rows = _rows(lifting)
    if rows and (contest.inner or not _comparable(contest, lifting)):
        return None
    key = type_of(contest.key, lifting.scope)
    if not key.is_tensor or key.dtype == "bool":
        return None
    beats = Apply(contest.order, (contest.key, contest.start))
    name = lifting.temp("beats")
    lifting.scope.names[name] = Fact("tensor", (), dtype="bool")
    mask = Define(name, conjunction(contest.when, beats) or beats, axes, span)
    total, flat = poly(1), poly(0)
    for axis in axes:
        total, flat = total * axis.extent, flat * axis.extent + poly(axis)
    winner = replace(contest, body=Int(flat), fallback=Int(total), when=Temp(name, axes))
    piece, number = _number("at", winner, total, lifting, span)
    hit = Apply("<", (number, Int(total)))
    return _Place((mask, piece), hit, _unravelled(axes, number))


def _number(
    name: str, value: Value, upto: Poly, lifting: Lifting, span: Span
) -> tuple[Define, Value]:
    """A number saved under a name: an integer of Python where no loop is open, else one for each iteration."""
    name = lifting.temp(name)
    lifting.scope.names[name] = Fact("int")
    piece = Define(name, value, (), span)
    if _rows(lifting):
        return piece, Temp(name, ())
    return piece, Int(poly(Count(name, upto if proves(upto, []) else None)))


def _unravelled(axes: tuple[Axis, ...], number: Value) -> tuple[tuple[Axis, Value], ...]:
    """The ordinals along several axes of one flat number."""
    if len(axes) == 1:
        return ((axes[0], number),)
    flat = integer_of(number)
    assert flat is not None
    found: list[tuple[Axis, Value]] = []
    for axis in reversed(axes[1:]):
        found.append((axis, Int(remainder(flat, axis.extent))))
        flat = quotient(flat, axis.extent)
    return ((axes[0], Int(flat)), *reversed(found))
