"""Folds into one place of a tensor: `t[i, j] = max(t[i, j], t[i, k] + t[k, j])` for every `k`.

The place is to the loop what a carried name is, as long as nothing else that the loop reads can be that place. So its
closed form is that of a name.
"""

from __future__ import annotations

from dataclasses import replace

from loopless.dependence.conditions import constraints
from loopless.dependence.feasible import proves
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Axis, poly
from loopless.ir.value import (
    Apply,
    Best,
    Int,
    OnItem,
    Pick,
    Read,
    Reduce,
    Value,
    axes_of,
    held_in,
    replaced,
    sub_axes,
)
from loopless.lift.carried import solve
from loopless.lift.choice import select
from loopless.lift.context import Lifting
from loopless.lift.overlap import Access, may_meet, reads
from loopless.lift.piece import Write
from loopless.lift.types import type_of

# The name that the place goes by while it is folded: no user's name.
_CELL = "·cell"
# The methods that round to a dtype.
CASTS = {
    "float16": "Tensor.half",
    "bfloat16": "Tensor.bfloat16",
    "float32": "Tensor.float",
    "float64": "Tensor.double",
}
_EXTREMES = frozenset({"torch.maximum", "torch.minimum"})


def cell_fold(piece: Write, axis: Axis, lifting: Lifting) -> Write | None:
    """The store with what all iterations of the axis make of its place; None where it is no such fold."""
    if piece.op is not None or axis in sub_axes(piece.subs):
        return None
    if any(isinstance(sub, Pick) for sub in piece.subs):
        return None
    own = Read(piece.root, piece.subs)
    if not only_own(piece, axis, lifting):
        return None
    if piece.when is not None and axis not in axes_of(piece.value) and _no_reads(piece.value, own):
        return _if_any(piece, own, axis)
    cell = Read(_CELL, ())
    update = _named(piece.value, own)
    if piece.when is not None:
        update = select(_named(piece.when, own), update, cell)
    found = solve(_CELL, update, own, axis)
    value = None if found is None else _folded(found.after, own)
    if value is None or not _keeps_order(own, value, lifting):
        return None
    # Without iterations nothing is stored, and there is nothing to fold.
    value = _in_own_dtype(value, own, lifting)
    # Without iterations nothing is stored, and there is nothing to fold.
    return replace(piece, value=value, when=_runs(axis), augmented=False)


def only_own(piece: Write, axis: Axis, lifting: Lifting) -> bool:
    """Whether no other read of a store, in whichever iteration, can be the place of one of its stores."""
    own = Access(piece.root, piece.subs, piece.axes)
    return not any(
        (read.root == piece.root or lifting.scope.may_alias(read.root, piece.root))
        and any(may_meet(own, read, axis, order, lifting.scope) for order in "<=>")
        for read in _others(piece)
    )


def _others(piece: Write) -> list[Access]:
    """The reads of a store but for those of its own place, in the iterations that its predicate lets store.

    What a part of the predicate reads matters only where the others hold: it is bounded by them as well, but for those
    that data decide.
    """
    own, hole = Read(piece.root, piece.subs), Int(poly(0))
    asked = [piece.value] if piece.when is None else [piece.value, piece.when]
    given = tuple(c for c in constraints(piece.when) if not any(held_in(c.value)))
    found: list[Access] = []
    for value in asked:
        bare = replaced(value, lambda inner: hole if inner == own else None)
        found += reads(replace(piece, value=bare, when=None))
    return [replace(read, given=(*given, *read.given)) for read in found]


def _no_reads(value: Value, own: Read) -> bool:
    return replaced(value, lambda inner: Int(poly(0)) if inner == own else None) == value


def _if_any(piece: Write, own: Read, axis: Axis) -> Write | None:
    """`if p: t[i] = v`, the same in every iteration that asks: stored where one of them says so."""
    assert piece.when is not None
    if axis not in axes_of(piece.when) or not _no_reads(piece.when, own):
        return None
    return replace(piece, when=Reduce("any", axis, piece.when))


def _named(value: Value, own: Read) -> Value:
    return replaced(value, lambda inner: Read(_CELL, ()) if inner == own else None)


def _folded(after: Value, own: Read) -> Value | None:
    """The closed form where it is the best of what the place holds and what comes."""
    match after:
        case Apply("where", (Apply(">", _), then, otherwise)) if otherwise == own:
            return _folded(then, own)
        case Best(_, _, key, start, body) if body == key and start == own:
            return after
        case Apply(op, (start, Reduce("max" | "min"))) if op in _EXTREMES and start == own:
            return after
        case _:
            return None


def _keeps_order(own: Read, value: Value, lifting: Lifting) -> bool:
    """Whether the place holds the best of what is stored to it: rounding keeps the order, wrapping around does not."""
    kept = type_of(own, lifting.scope)
    kinds = [type_of(p, lifting.scope) for p in _parts(value)]
    if isinstance(value, Best) and kept.rank != 0:
        return False
    return kept.dtype is not None and (
        kept.dtype in FLOATS or all(kind.dtype == kept.dtype for kind in kinds)
    )


def _parts(value: Value) -> list[Value]:
    match value:
        case Best(_, _, key):
            return [key]
        case Apply(_, (_, Reduce(_, _, body))):
            return [body]
        case _:
            return []


def _in_own_dtype(value: Value, own: Read, lifting: Lifting) -> Value:
    """Keys rounded as the place would round them: whichever beats it then, its rounded self is kept."""
    kept = type_of(own, lifting.scope).dtype
    match value:
        case Best(_, _, key) if kept in CASTS:
            kind = type_of(key, lifting.scope)
            if not kind.is_tensor or kind.dtype == kept:
                return value
            key = OnItem(CASTS[kept], (key,))
            return replace(value, key=key, body=key)
        case _:
            return value


def _runs(axis: Axis) -> Value | None:
    if proves(axis.extent - 1, []):
        return None
    return Apply(">", (Int(axis.extent), Int(poly(0))))
