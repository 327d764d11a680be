"""Names that carry a value no closed form has: the assignments that keep them going, in an order that is sound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from loopless.facts.fact import Fact
from loopless.facts.scope import Scope
from loopless.finding import Span
from loopless.ir.poly import Axis
from loopless.ir.value import (
    Apply,
    OnItem,
    Previous,
    Read,
    Reduce,
    Scan,
    Temp,
    Value,
    cells_of,
    reads_of,
    replaced,
    walk,
)
from loopless.lift.context import Lifting
from loopless.lift.overlap import may_touch
from loopless.lift.piece import Append, Define, Kept, Piece, Write, values_of
from loopless.lift.types import type_of


def carried_on(updates: dict[str, Value], span: Span, lifting: Lifting) -> list[Piece]:
    """One assignment for each name. Every update reads the values from the start of the iteration.

    So a name is assigned after all that read it; where names read one another, one is computed first and kept aside.
    """
    waiting: dict[str, Value] = dict(updates)
    first: list[Piece] = []
    last: list[Piece] = []
    while waiting:
        name = next((n for n in waiting if not _read_by_others(n, waiting)), None)
        if name is not None:
            value = waiting.pop(name)
            first.append(Write(name, (), None, value, None, (), span))
            waiting = {other: _said(later, value, name) for other, later in waiting.items()}
            continue
        name = next(iter(waiting))
        saved = aside(f"new_{name}", waiting.pop(name), span, lifting)
        first.append(saved)
        last.append(Write(name, (), None, Temp(saved.name, ()), None, (), span))
    return [*first, *last]


def leading(
    pieces: list[Piece], updates: dict[str, Value], span: Span, scope: Scope
) -> tuple[list[Piece], list[Piece], dict[str, Value]]:
    """Assignments that may come first, because all that asks for the old value is what computes the new one.

    `new = f(last); out[t] = new; last = new` needs `f(last)` once. With the pieces and updates that are left.
    """
    first: list[Piece] = []
    left: dict[str, Value] = dict(updates)
    for name, value in updates.items():
        if left.get(name) != value or not isinstance(value, Apply | OnItem | Reduce):
            continue
        told = [_told(piece, value, name) for piece in pieces]
        others = {n: _told_value(u, value, name) for n, u in left.items() if n != name}
        asked = [v for piece in told for v in values_of(piece)]
        if told == pieces or any(name in cells_of(v) for v in (*asked, *others.values())):
            continue
        if any(may_touch(piece, r, scope) for piece in pieces for r in reads_of(value) if r.subs):
            continue
        first.append(Write(name, (), None, value, None, (), span))
        pieces = [_told(piece, _new(name), name) for piece in told]
        left = {n: _told_value(u, _new(name), name) for n, u in others.items()}
    return first, pieces, left


def _new(name: str) -> Value:
    """The new value of a name, where the old one has its name."""
    return Read(f"·{name}", ())


def _told(piece: Piece, part: Value, name: str) -> Piece:
    """The piece with `part` read from `name`: by its new value first, and that by the name itself then."""
    match piece:
        case Write(_, _, _, value, when):
            return replace(
                piece,
                value=_told_value(value, part, name),
                when=None if when is None else _told_value(when, part, name),
            )
        case Define(_, value) | Append(_, value):
            return replace(piece, value=_told_value(value, part, name))
        case Kept():
            return piece


def _told_value(value: Value, part: Value, name: str) -> Value:
    by = Read(name, ()) if part == _new(name) else _new(name)
    return replaced(value, lambda inner: by if inner == part else None)


def _read_by_others(name: str, updates: dict[str, Value]) -> bool:
    return any(other != name and name in cells_of(value) for other, value in updates.items())


def _said(value: Value, part: Value, name: str) -> Value:
    """`value` with a part that `name` already holds read from there."""
    if not isinstance(part, Apply | OnItem | Reduce):
        return value
    return replaced(value, lambda inner: Read(name, ()) if inner == part else None)


def aside(name: str, value: Value, span: Span, lifting: Lifting) -> Define:
    """A value under a name of its own."""
    temp = lifting.temp(name)
    kind = type_of(value, lifting.scope)
    dims = None if kind.rank is None else (None,) * kind.rank
    lifting.scope.names[temp] = (
        Fact("tensor", dims, dtype=kind.dtype)
        if kind.is_tensor
        else Fact(kind.kind if kind.kind != "other" else "unknown")
    )
    return Define(temp, value, (), span)


def runs_along(value: Value, axis: Axis) -> bool:
    """Whether a value is what a fold or another value has come to at this iteration of `axis`."""
    return any(isinstance(v, Scan | Previous) and v.axis == axis for v in walk(value))


def stays_running(pieces: list[Piece], axis: Axis) -> bool:
    """Whether a loop over `axis` stays that asks for such values."""
    return any(
        isinstance(p, Kept)
        and (
            any(runs_along(v, axis) for v in values_of(p))
            if p.axis == axis
            else stays_running(list(p.pieces), axis)
        )
        for p in pieces
    )


def assigned_in(pieces: Iterable[Piece]) -> frozenset[str]:
    """The names that pieces assign, loops that stay included."""
    found: set[str] = set()
    for piece in pieces:
        match piece:
            case Write(root, ()):
                found.add(root)
            case Kept():
                found |= assigned_in(piece.pieces)
            case _:
                pass
    return frozenset(found)
