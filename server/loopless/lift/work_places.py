"""What a work array holds, as a function of its places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loopless.dependence.conditions import affine, conjuncts, constraints
from loopless.dependence.feasible import Constraint, bounds, proves
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Atom, Axis, Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Comb,
    Const,
    Int,
    OnItem,
    Previous,
    Read,
    Reduce,
    Rows,
    Scan,
    Sub,
    Temp,
    Value,
    cells_of,
    rebuild,
    sub_axes,
    substitute,
    walk,
)
from loopless.lift.cell_folds import CASTS
from loopless.lift.choice import select
from loopless.lift.context import Lifting
from loopless.lift.overlap import Access
from loopless.lift.piece import Write
from loopless.lift.types import type_of

# Their axes are those of one place in the text: they cannot be moved to another.
_FIXED = Scan | Comb | Previous | Rows | Temp


@dataclass(frozen=True, slots=True)
class Filled:
    """A plain store that says what the array holds: at the places of its axes where its predicate holds."""

    store: Write


def filled(piece: Write, axis: Axis, lifting: Lifting) -> Filled | None:
    """What the array holds after a plain store, of which data must not say where it goes."""
    if piece.op is not None or axis in sub_axes(piece.subs) or not _is_movable(piece.value):
        return None
    if any(not affine(condition) for condition in conjuncts(piece.when)):
        return None
    known = _known((), lifting)
    return Filled(piece) if _own_places(piece.subs, piece.axes, known) else None


def refilled(
    piece: Write, before: Filled | None, places: Filled, lifting: Lifting
) -> Filled | None:
    """What the array holds after another store to the very places that it was filled at."""
    store = places.store
    moved = _lined_up(piece, store)
    if moved is None or not _is_movable(moved.value):
        return None
    if moved.op is None and moved.when == store.when:
        return Filled(replace(store, value=moved.value, span=moved.span))
    if before is None or moved.op not in {None, "+", "*"}:
        return None
    value: Value | None = moved.value
    if moved.op is not None:
        if not _adds_exactly(moved, store, lifting):
            return None
        value = _updated(moved.op, before.store, value, lifting)
    if value is not None and moved.when != store.when:
        old = as_kept(before.store.value, store, lifting)
        value = None if old is None else select(moved.when or Const(True), value, old)
    if value is None:
        return None
    return Filled(replace(store, value=value, span=moved.span))


def looked_up(what: Filled, access: Access, lifting: Lifting) -> Value | None:
    """The value at the place of an access; None where the array may hold something else there."""
    store = what.store
    known = [*_known(access.inner, lifting), *access.given]
    places = _places(store.subs, access.subs, store.axes, known)
    if places is None:
        return None
    for condition in constraints(store.when):
        if condition.equal or not proves(condition.value.substitute(places), known):
            return None
    return substitute(_with_own_axes(store.value, lifting), places)


def _known(inner: Sequence[Axis], lifting: Lifting) -> list[Constraint]:
    given = [Constraint(p) for p in lifting.scope.given]
    return [*lifting.within(), *bounds(dict.fromkeys(inner)), *given]


def _is_movable(value: Value) -> bool:
    """Whether a value may be computed elsewhere in the iteration, and more than once."""
    if cells_of(value):
        return False
    return not any(
        isinstance(inner, _FIXED) or (isinstance(inner, OnItem) and inner.op.startswith("module:"))
        for inner in walk(value)
    )


# --- places


def _own_places(subs: Sequence[Sub], axes: Sequence[Axis], known: list[Constraint]) -> bool:
    """Whether each axis moves one subscript by itself, a step at a time, and no subscript counts from the end."""
    moved: list[Axis] = []
    for sub in subs:
        if not isinstance(sub, At) or not proves(sub.poly, [*known, *bounds(axes)]):
            return False
        own = [axis for axis in axes if axis in sub.poly.axes()]
        if len(own) > 1 or any(sub.poly.coefficient(a).constant != 1 for a in own):
            return False
        moved += own
    return sorted(moved, key=repr) == sorted(axes, key=repr) and not any(
        axis.extent.axes() & set(axes) for axis in axes
    )


def _places(
    stored: Sequence[Sub], asked: Sequence[Sub], axes: Sequence[Axis], known: list[Constraint]
) -> dict[Atom, Poly] | None:
    """For each axis of a store the iteration that stored to the place that is asked for."""
    if len(stored) != len(asked):
        return None
    found: dict[Atom, Poly] = {}
    for one, other in zip(stored, asked, strict=True):
        if not isinstance(one, At) or not isinstance(other, At):
            return None
        axis = next((a for a in axes if a in one.poly.axes()), None)
        if axis is None:
            if one != other:
                return None
            continue
        place = other.poly - (one.poly - poly(axis))
        if not proves(place, known) or not proves(axis.extent - 1 - place, known):
            return None
        found[axis] = place
    return found


def _lined_up(piece: Write, store: Write) -> Write | None:
    """A store in the axes of an earlier one to the same places; None for one to others."""
    if len(piece.subs) != len(store.subs) or len(piece.axes) != len(store.axes):
        return None
    atoms: dict[Atom, Poly] = {}
    for one, other in zip(piece.subs, store.subs, strict=True):
        if not isinstance(one, At) or not isinstance(other, At):
            return None
        mine = next((a for a in piece.axes if a in one.poly.axes()), None)
        yours = next((a for a in store.axes if a in other.poly.axes()), None)
        if mine is not None and yours is not None and mine.extent == yours.extent:
            atoms[mine] = poly(yours)
    moved = replace(
        piece,
        subs=tuple(At(s.poly.substitute(atoms)) if isinstance(s, At) else s for s in piece.subs),
        value=substitute(piece.value, atoms),
        when=None if piece.when is None else substitute(piece.when, atoms),
        axes=store.axes,
    )
    return moved if moved.subs == store.subs and len(atoms) == len(store.axes) else None


def _with_own_axes(value: Value, lifting: Lifting) -> Value:
    """The value with new axes for its folds: it may come to stand inside of itself."""
    value = rebuild(value, lambda inner: _with_own_axes(inner, lifting))
    match value:
        case Reduce(op, axis, body, when):
            fresh = lifting.axis(axis.name, axis.extent)
            atoms: dict[Atom, Poly] = {axis: poly(fresh)}
            when = None if when is None else substitute(when, atoms)
            return Reduce(op, fresh, substitute(body, atoms), when)
        case _:
            return value


# --- values


def _updated(op: str, before: Write, value: Value, lifting: Lifting) -> Value | None:
    match before.value:
        case Const(0.0 | 0) | Int(Poly(())) if op == "+" and isinstance(value, Reduce):
            # A sum begins at zero by itself.
            return value
        case _:
            old = as_kept(before.value, before, lifting)
            return None if old is None else Apply(op, (old, value))


def as_kept(value: Value, store: Write, lifting: Lifting) -> Value | None:
    """The value as it comes back from the array: rounded to its dtype. None where that is not known."""
    own = type_of(Read(store.root, store.subs), lifting.scope)
    kind = type_of(value, lifting.scope)
    if not kind.is_tensor or own.rank is None or kind.rank != own.rank:
        return None
    if kind.dtype is not None and kind.dtype == own.dtype:
        return value
    if own.dtype not in CASTS:
        return None
    return OnItem(CASTS[own.dtype], (value,))


def _adds_exactly(piece: Write, store: Write, lifting: Lifting) -> bool:
    """Whether an update cuts nothing off: into integers, fractions would be cut off each time (trap T3)."""
    own = type_of(Read(store.root, store.subs), lifting.scope)
    kind = type_of(piece.value, lifting.scope)
    return own.dtype is not None and (own.dtype in FLOATS or kind.dtype == own.dtype)
