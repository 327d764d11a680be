"""Stores of whatever is better than what a place holds: `if z < depth[v, u]: depth[v, u] = z`."""

from __future__ import annotations

from dataclasses import replace

from loopless.dependence.conditions import conjunction, conjuncts
from loopless.dependence.feasible import proves
from loopless.ir.poly import Axis, poly
from loopless.ir.value import Apply, At, Best, Int, Pick, Read, Value, axes_of, reads_of, sub_axes
from loopless.lift.context import Lifting
from loopless.lift.piece import Write
from loopless.lift.types import type_of

_ORDERS = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
# The operators of such stores: each place keeps the best of what it held and what comes, and of equals the first one.
EXTREMES = {"<": "min", "<=": "last min", ">": "max", ">=": "last max"}
# Those that let no NaN go by: `t[p] = torch.maximum(t[p], v)`.
LIMITS = {"torch.minimum": "minimum", "torch.maximum": "maximum"}
KEEPING_BEST = frozenset({*EXTREMES.values(), *LIMITS.values()})


def kept_extreme(piece: Write, axis: Axis, lifting: Lifting) -> Write | None:
    """The store as an update that keeps the best, on the axis; None where it is no such store."""
    if piece.op in KEEPING_BEST:
        return _on(piece, axis)
    if piece.op is not None or not piece.subs:
        return None
    own = Read(piece.root, piece.subs)
    limit = _limit(piece, own)
    if limit is not None:
        return None if _touches(limit, None, lifting) else _on_places(limit, axis)
    if type_of(own, lifting.scope).rank == 0:
        # What a choice between tensors asks need not be a number: only a condition asks for one.
        piece = _asked_first(piece, own)
    found: str | None = None
    rest: Value | None = None
    for condition in conjuncts(piece.when):
        order = _order(condition, piece.value, own)
        if order is None or found is not None:
            rest = conjunction(rest, condition)
        else:
            found = order
    if found is None or _touches(piece, rest, lifting):
        return None
    if axis in sub_axes(piece.subs):
        return _on_places(replace(piece, op=EXTREMES[found], when=rest, augmented=False), axis)
    if axis not in axes_of(piece.value):
        return None
    best = Best(found, axis, piece.value, own, piece.value, own, rest)
    # Without iterations nothing is stored, and there is nothing to fold.
    runs = None if proves(axis.extent - 1, []) else Apply(">", (Int(axis.extent), Int(poly(0))))
    return replace(piece, value=best, when=runs)


def _limit(piece: Write, own: Read) -> Write | None:
    """`t[p] = torch.maximum(t[p], v)` as an update with `v`."""
    match piece.value:
        case Apply(op, (left, right)) if op in LIMITS and piece.when is None:
            other = right if left == own else left
            if own not in (left, right) or own in set(reads_of(other)):
                return None
            return replace(piece, op=LIMITS[op], value=other, augmented=False)
        case _:
            return None


def _asked_first(piece: Write, own: Read) -> Write:
    """`t[p] = v if v > t[p] else t[p]` as the store of `v` where that is so."""
    match piece.value:
        case Apply("where", (test, value, otherwise)) if otherwise == own:
            return replace(piece, value=value, when=conjunction(piece.when, test))
        case _:
            return piece


def _on_places(piece: Write, axis: Axis) -> Write | None:
    if axis not in sub_axes(piece.subs) or not all(isinstance(s, At | Pick) for s in piece.subs):
        return None
    return _on(piece, axis)


def _on(piece: Write, axis: Axis) -> Write | None:
    """Each iteration has its own place, or shares it with others: the best of them stays."""
    moving = sub_axes(piece.subs)
    asked = set(axes_of(piece.value))
    if piece.when is not None:
        asked |= axes_of(piece.when)
    if axis not in moving or asked & {axis, *piece.axes} - moving:
        return None
    return replace(piece, axes=(axis, *piece.axes))


def _order(condition: Value, value: Value, own: Read) -> str | None:
    match condition:
        case Apply(op, (left, right)) if op in _ORDERS:
            if (left, right) == (value, own):
                return op
            if (left, right) == (own, value):
                return _FLIPPED[op]
        case _:
            pass
    return None


def _touches(piece: Write, rest: Value | None, lifting: Lifting) -> bool:
    """Whether anything but the comparison reads what is stored into."""
    values = [piece.value, *(s.value for s in piece.subs if isinstance(s, Pick))]
    if rest is not None:
        values.append(rest)
    scope = lifting.scope
    return any(
        r.root == piece.root or scope.may_alias(r.root, piece.root)
        for value in values
        for r in reads_of(value)
    )
