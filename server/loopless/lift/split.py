"""Splitting the iterations of a level: around the place where a store meets a read, and after its first iteration.

A level runs its iterations in order, so its first ones and the rest are two levels in a row, whatever they do.
Index-set splitting and loop peeling of Allen and Kennedy, "Optimizing Compilers for Modern Architectures" (2001).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from loopless.dependence.conditions import affine, conjunction, conjuncts
from loopless.dependence.feasible import Constraint, proves
from loopless.ir.poly import Atom, Axis, Poly, poly, quotient
from loopless.ir.value import (
    Apply,
    At,
    Comb,
    Const,
    Int,
    Pick,
    Previous,
    Read,
    Scan,
    Sub,
    Temp,
    Value,
    axes_of,
    reads_of,
    rebuild,
    replaced,
    substitute,
    substitute_subs,
    walk,
)
from loopless.lift.context import Lifting
from loopless.lift.overlap import reads, writes
from loopless.lift.piece import Append, Define, Kept, Piece, Write, values_of, with_atoms

Distribute = Callable[[list[Piece], Axis], list[Piece]]


# --- around the place where a store meets a read


def split_at_meeting(
    pieces: Sequence[Piece], axis: Axis, lifting: Lifting, distribute: Distribute
) -> list[Piece] | None:
    """The pieces of a cycle for two or three ranges of iterations one after the other, if no loop is left in any."""
    if any(not isinstance(p, Write | Define) for p in pieces):
        return None
    for place in dict.fromkeys(_meetings(pieces, axis)):
        if not _inside(place, axis):
            continue
        for cuts in ((place,), (place + 1,), (place, place + 1)):
            found = _in_ranges(pieces, axis, cuts, lifting, distribute)
            if found is not None:
                return found
    return None


def _meetings(pieces: Sequence[Piece], axis: Axis) -> Iterator[Poly]:
    """The iterations in which a store reaches the place that the same iteration reads."""
    stores = [w for p in pieces for w in writes(p)]
    for read in (r for p in pieces for r in reads(p)):
        for store in stores:
            if store.root != read.root or len(store.subs) != len(read.subs):
                continue
            for left, right in zip(store.subs, read.subs, strict=True):
                match left, right:
                    case At(p), At(q) if axis in p.axes():
                        yield from _root(p - q, axis)
                    case _:
                        pass


def _root(difference: Poly, axis: Axis) -> Iterator[Poly]:
    """Where a linear function of the axis is zero, rounded up and down."""
    if not difference.linear_in(axis) or difference.axes() != frozenset({axis}):
        return
    slope, rest = difference.coefficient(axis).constant, difference.without(axis)
    if slope is None or slope == 0:
        return
    over = -rest if slope > 0 else rest
    yield quotient(over + (abs(slope) - 1), poly(abs(slope)))
    if abs(slope) > 1:
        yield quotient(over, poly(abs(slope)))


def _inside(place: Poly, axis: Axis) -> bool:
    """Whether an iteration is one of the level's, if it has any."""
    runs = [Constraint(axis.extent - 1)]
    return proves(place, runs) and proves(axis.extent - 1 - place, runs)


def _in_ranges(
    pieces: Sequence[Piece],
    axis: Axis,
    cuts: Sequence[Poly],
    lifting: Lifting,
    distribute: Distribute,
) -> list[Piece] | None:
    found: list[Piece] = []
    misses = len(lifting.misses)
    for low, high in zip((poly(0), *cuts), (*cuts, axis.extent), strict=True):
        count = high - low
        if count.constant == 0:
            continue
        done = _one_range(pieces, axis, low, count, lifting, distribute)
        if any(isinstance(p, Kept) for p in done) or _unguarded(done, count, axis):
            del lifting.misses[misses:]
            return None
        found += [_if_it_runs(p, count, axis) for p in done if not _does_nothing(p)]
    return found


def _one_range(
    pieces: Sequence[Piece],
    axis: Axis,
    low: Poly,
    count: Poly,
    lifting: Lifting,
    distribute: Distribute,
) -> list[Piece]:
    if count.constant == 1:
        return [with_atoms(p, {axis: low}) for p in pieces]
    fresh = lifting.axis(axis.name, count)
    return distribute([with_atoms(p, {axis: poly(fresh) + low}) for p in pieces], fresh)


def _changed(piece: Piece, change: Callable[[Value], Value]) -> Piece:
    """The piece with every value that it evaluates changed."""
    match piece:
        case Write(_, subs, _, value, when):
            return replace(
                piece,
                subs=tuple(Pick(change(s.value)) if isinstance(s, Pick) else s for s in subs),
                value=change(value),
                when=None if when is None else change(when),
            )
        case Append(_, value, when):
            return replace(piece, value=change(value), when=None if when is None else change(when))
        case Define(_, value):
            return replace(piece, value=change(value))
        case Kept():
            return piece


def _does_nothing(piece: Piece) -> bool:
    """A place stored into itself."""
    return (
        isinstance(piece, Write)
        and piece.op is None
        and piece.value == Read(piece.root, piece.subs)
    )


def _may_run_alone(count: Poly, axis: Axis) -> bool:
    """Whether a range may have iterations where the whole level has none."""
    return not proves(-count, [Constraint(-axis.extent)])


def _unguarded(pieces: Sequence[Piece], count: Poly, axis: Axis) -> bool:
    """Whether a saved value would need a test that the level runs."""
    if proves(axis.extent - 1, []) or not _may_run_alone(count, axis):
        return False
    return any(isinstance(piece, Define) for piece in pieces)


def _if_it_runs(piece: Piece, count: Poly, axis: Axis) -> Piece:
    if proves(axis.extent - 1, []) or not _may_run_alone(count, axis):
        return piece
    assert isinstance(piece, Write)
    return replace(piece, when=conjunction(runs(axis), piece.when))


def runs(axis: Axis) -> Value:
    """The condition that a level has an iteration."""
    return Apply(">", (Int(axis.extent), Int(poly(0))))


# --- after the first iteration


def peeled(piece: Piece, axis: Axis, lifting: Lifting) -> list[Piece]:
    """A store of a value from the iteration before: the first iteration by itself, then the others."""
    if not isinstance(piece, Write) or axis not in piece.axes or not _peels(piece, axis):
        return [piece]
    if any(isinstance(a, Axis) for a in axis.extent.atoms()) or _ranks_are_known(piece, lifting):
        return [piece]
    first = _changed(piece, lambda value: _at_start(value, axis))
    assert isinstance(first, Write)
    first = replace(
        first,
        subs=substitute_subs(first.subs, {axis: poly(0)}),
        axes=tuple(a for a in piece.axes if a != axis),
    )
    first = replace(first, when=_decided(first.when))
    alone = [] if first.when == Const(False) else [first]
    if not proves(axis.extent - 1, []):
        alone = [replace(p, when=conjunction(runs(axis), p.when)) for p in alone]
    rest = lifting.axis(axis.name, axis.extent - 1)
    later = _changed(piece, lambda value: _shifted(value, axis, rest, 1))
    assert isinstance(later, Write)
    later = replace(
        later,
        subs=substitute_subs(later.subs, {axis: poly(rest) + 1}),
        axes=tuple(rest if a == axis else a for a in piece.axes),
    )
    return [*alone, *peeled(later, rest, lifting)]


def _decided(when: Value | None) -> Value | None:
    """A predicate without the conditions that its numbers decide; False where one of them fails."""
    left: Value | None = None
    for condition in conjuncts(when):
        said = affine(condition)
        if len(said) == 1 and (value := said[0].value.constant) is not None:
            if value < 0 or (said[0].equal and value):
                return Const(False)
            continue
        left = conjunction(left, condition)
    return left


def _ranks_are_known(piece: Write, lifting: Lifting) -> bool:
    """Whether the start may simply be put in front of the values of the iterations before."""
    read = [r.root for value in values_of(piece) for r in reads_of(value) if r.subs]
    return all(lifting.scope.rank(root) is not None for root in (piece.root, *read))


def _peels(piece: Write, axis: Axis) -> bool:
    """Whether only values of the iteration before stand in the way of plain code, and slices are written."""
    inside = [v for value in values_of(piece) for v in walk(value)]
    if not any(isinstance(v, Previous) and v.axis == axis for v in inside):
        return False
    if any(isinstance(v, Scan | Comb) and v.axis == axis for v in inside):
        return False
    if any(isinstance(v, Temp) and axis in v.axes for v in inside):
        return False
    return not any(isinstance(s, Pick) and axis in axes_of(s.value) for s in piece.subs)


def _at_start(value: Value, axis: Axis) -> Value:
    """The value in the first iteration."""

    def change(inner: Value) -> Value | None:
        match inner:
            case Previous(of, _, start) if of == axis:
                return _at_start(start, axis)
            case _:
                return None

    return plain(substitute(replaced(value, change), {axis: poly(0)}))


def _shifted(value: Value, axis: Axis, rest: Axis, by: int) -> Value:
    """The value `by` (0 or 1) iterations after the one whose ordinal is `rest`."""
    if axis not in axes_of(value):
        return value
    match value:
        case Previous(of, body, _) if of == axis and by:
            return _shifted(body, axis, rest, 0)
        case Previous(of, body, start) if of == axis:
            return Previous(rest, _shifted(body, axis, rest, 0), start)
        case Read(root, subs):
            moved = (_shifted_sub(sub, axis, rest, by) for sub in subs)
            return Read(root, tuple(_plain_sub(sub) for sub in moved))
        case Int(p):
            return Int(p.substitute({axis: poly(rest) + by}))
        case _:
            return plain(rebuild(value, lambda inner: _shifted(inner, axis, rest, by)))


def _shifted_sub(sub: Sub, axis: Axis, rest: Axis, by: int) -> Sub:
    if isinstance(sub, Pick):
        return Pick(_shifted(sub.value, axis, rest, by))
    atoms: dict[Atom, Poly] = {axis: poly(rest) + by}
    return substitute_subs((sub,), atoms)[0]


def plain(value: Value) -> Value:
    """The value with integers added up and lookups of known places as such."""
    value = rebuild(value, plain)
    match value:
        case Apply("+", (Int(a), Int(b))):
            return Int(a + b)
        case Apply("-", (Int(a), Int(b))):
            return Int(a - b)
        case Apply("*", (Int(a), Int(b))):
            return Int(a * b)
        case Read(root, subs):
            return Read(root, tuple(_plain_sub(sub) for sub in subs))
        case _:
            return value


def _plain_sub(sub: Sub) -> Sub:
    match sub:
        case Pick(Int(p)):
            return At(p)
        case _:
            return sub
