"""Loops up to a number from data, as far as the tensors go that they walk: `for t in range(lens[b])` over `x[b, t]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from loopless.ir.poly import Atom, Axis, Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Held,
    New,
    Read,
    Reduce,
    Sub,
    Value,
    children,
    rebuild,
    substitute,
    walk,
)
from loopless.lift.context import Lifting
from loopless.lift.piece import Append, Define, Write, values_of, with_atoms

Lifted = TypeVar("Lifted", Write, Define, Append)


def widened(piece: Lifted, lifting: Lifting) -> Lifted:
    """The piece with such axes as long as the dimension that they walk: a predicate keeps the rest out anyway."""
    reads = list(_certain(piece.value))
    if isinstance(piece, Write):
        reads.insert(0, Read(piece.root, piece.subs))
    axes = {a for a in piece.axes if is_longest(a)}
    for value in values_of(piece):
        axes |= _inner(value)
    for axis in sorted(axes, key=lambda a: a.uid):
        size = _walked(axis, reads, lifting)
        if size is None:
            continue
        fresh = lifting.axis(axis.name, size)
        piece = _renamed_piece(piece, axis, fresh)
    return piece


def widened_value(value: Value, lifting: Lifting) -> Value:
    """The same for a value of its own."""
    for axis in sorted(_inner(value), key=lambda a: a.uid):
        size = _walked(axis, list(_certain(value)), lifting)
        if size is not None:
            value = _renamed(value, axis, lifting.axis(axis.name, size))
    return value


def _certain(value: Value) -> Iterator[Read]:
    """The reads that every iteration makes: none of the arms of a choice."""
    match value:
        case Apply("where" | "and" | "or", (test, *_)):
            yield from _certain(test)
        case _:
            if isinstance(value, Read):
                yield value
            for inner in children(value):
                yield from _certain(inner)


def is_longest(axis: Axis) -> bool:
    """Whether the axis is as long as the longest range that it stands for."""
    return any(
        isinstance(atom, Held) and any(isinstance(v, Reduce) for v in walk(atom.value))
        for atom in axis.extent.atoms()
    )


def _inner(value: Value) -> set[Axis]:
    return {v.axis for v in walk(value) if isinstance(v, Reduce) and is_longest(v.axis)}


def _walked(axis: Axis, reads: list[Read], lifting: Lifting) -> Poly | None:
    for read in reads:
        place = _place(axis, read.subs)
        if place is not None:
            return lifting.scope.size(read.root, place)
    return None


def _place(axis: Axis, subs: tuple[Sub, ...]) -> int | None:
    place = 0
    for sub in subs:
        if isinstance(sub, At) and sub.poly == poly(axis):
            return place
        place += not isinstance(sub, New)
    return None


def _renamed_piece(piece: Lifted, old: Axis, new: Axis) -> Lifted:
    piece = replace(piece, value=_renamed(piece.value, old, new))
    if not isinstance(piece, Define) and piece.when is not None:
        piece = replace(piece, when=_renamed(piece.when, old, new))
    piece = with_atoms(piece, {old: poly(new)})
    return replace(piece, axes=tuple(new if a == old else a for a in piece.axes))


def _renamed(value: Value, old: Axis, new: Axis) -> Value:
    """The value with one axis in place of another, also where a sum binds it."""

    def change(inner: Value) -> Value:
        inner = rebuild(inner, change)
        match inner:
            case Reduce(op, axis, body, when) if axis == old:
                atoms: dict[Atom, Poly] = {old: poly(new)}
                asked = None if when is None else substitute(when, atoms)
                return Reduce(op, new, substitute(body, atoms), asked)
            case _:
                return inner

    return change(value)
