"""Pieces: the statements of a nest once loop levels have become axes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from loopless.finding import Missed, Span
from loopless.ir import tree
from loopless.ir.poly import Atom, Axis, Poly
from loopless.ir.value import (
    Read,
    Sub,
    Value,
    axes_of,
    children,
    sub_axes,
    substitute,
    substitute_subs,
)


@dataclass(frozen=True, slots=True)
class Write:
    """`root[subs] = value`, or `op=`, at every point of `axes` where `when` holds.

    Without subscripts `root` is a name that gets a new value. An `op` reads the old value; for all ops here the
    order of the points does not matter but for rounding. `augmented` stores
    came from `op=` itself, not from `x = x op …`; `regrouped` ones add up in another order than was written.
    """

    root: str
    subs: tuple[Sub, ...]
    op: str | None
    value: Value
    when: Value | None
    axes: tuple[Axis, ...]
    span: Span
    augmented: bool = False
    regrouped: bool = False


@dataclass(frozen=True, slots=True)
class Define:
    """A scalar of the body kept as a tensor over `axes`, because memory that it was read from changes.

    A `cell` is one that a loop inside hands on from step to step: it may start as a number, in the dtype of `like`.
    """

    name: str
    value: Value
    axes: tuple[Axis, ...]
    span: Span
    cell: bool = False
    like: str = ""


@dataclass(frozen=True, slots=True)
class Append:
    """`root.append(value)` at every point of `axes` where `when` holds, in the order of the axes.

    With `joined` the value is an element of what was appended, along the last axis: the list has to be joined.
    """

    root: str
    value: Value
    when: Value | None
    axes: tuple[Axis, ...]
    span: Span
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A level that stays a Python loop over `pieces`; `loop` is the statement it was.

    It runs where `when` holds; `said` holds in each iteration, by the loop's own header.
    """

    axis: Axis
    loop: tree.For
    index: Poly
    pieces: tuple[Piece, ...]
    axes: tuple[Axis, ...]
    span: Span
    why: tuple[Missed, ...] = ()
    when: Value | None = None
    said: Value | None = None


Piece: TypeAlias = Write | Define | Append | Kept

P = TypeVar("P", bound=Write | Define | Append | Kept)


def with_atoms(piece: P, atoms: dict[Atom, Poly]) -> P:
    """The piece with atoms of its polynomials replaced."""
    match piece:
        case Write(_, subs, _, value, when):
            return replace(
                piece,
                subs=substitute_subs(subs, atoms),
                value=substitute(value, atoms),
                when=None if when is None else substitute(when, atoms),
            )
        case Define(_, value):
            return replace(piece, value=substitute(value, atoms))
        case Append(_, value, when):
            return replace(
                piece,
                value=substitute(value, atoms),
                when=None if when is None else substitute(when, atoms),
            )
        case Kept(_, _, index, pieces, when=when, said=said):
            return replace(
                piece,
                index=index.substitute(atoms),
                when=None if when is None else substitute(when, atoms),
                said=None if said is None else substitute(said, atoms),
                pieces=tuple(with_atoms(inner, atoms) for inner in pieces),
            )


def free_axes(piece: Piece) -> frozenset[Axis]:
    """Every axis that the piece mentions and does not bind."""
    match piece:
        case Write(_, subs, _, value, when):
            found = sub_axes(subs) | axes_of(value)
            return found | axes_of(when) if when is not None else found
        case Define(_, value):
            return axes_of(value)
        case Append(_, value, when):
            return axes_of(value) | axes_of(when) if when is not None else axes_of(value)
        case Kept(axis, _, _, pieces):
            found = frozenset(a for inner in pieces for a in free_axes(inner)) - {axis}
            return found if piece.when is None else found | axes_of(piece.when)


def values_of(piece: Piece) -> list[Value]:
    """Every value that the piece evaluates."""
    match piece:
        case Write(_, subs, _, value, when):
            return [value, *children(Read("", subs)), *([when] if when is not None else [])]
        case Define(_, value):
            return [value]
        case Append(_, value, when):
            return [value, *([when] if when is not None else [])]
        case Kept(_, _, _, pieces):
            asked = [] if piece.when is None else [piece.when]
            return [*asked, *(value for inner in pieces for value in values_of(inner))]
