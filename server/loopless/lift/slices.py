"""Stores into slices that move with the loop: `out[b, :n] = …` under a mask, `out[i : i + k] += …` place by place."""

from __future__ import annotations

from loopless.finding import Span
from loopless.ir.poly import Axis, poly
from loopless.ir.value import (
    Apply,
    At,
    Cut,
    New,
    OnItem,
    Read,
    Sub,
    Value,
    sub_axes,
)
from loopless.lift.context import Lifting
from loopless.lift.fixed import keeps_length
from loopless.lift.ragged import KEPT, Ragged, alike, has_moving, joint_mask, moves, ragged
from loopless.lift.stop import stop
from loopless.lift.subscript import item
from loopless.lift.types import type_of

Store = tuple[tuple[Sub, ...], Value, tuple[Axis, ...]]


def sliced_store(
    root: str, subs: tuple[Sub, ...], value: Value, span: Span, lifting: Lifting
) -> Store | None:
    """The subscripts, the value and the axes of a store into a slice that moves; None where nothing moves."""
    if not any(moves(sub, lifting) for sub in subs):
        if not keeps_length(value, lifting) and ragged(value, span, lifting) is not None:
            raise stop("moving-slice", "a slice whose length moves is stored as a whole", span)
        return None
    target = ragged(Read(root, subs), span, lifting)
    if target is None:
        return _place_by_place(root, subs, value, span, lifting)
    assert isinstance(target.value, Read)
    cut_short = any(isinstance(sub, Cut) and sub.padded for sub in target.value.subs)
    if cut_short:
        target = _between_ends(root, subs, span, lifting)
        assert isinstance(target.value, Read)
    source = ragged(value, span, lifting, whole=cut_short)
    if source is not None:
        if not alike(source, target):
            raise stop("moving-slice", "slices that move in different ways meet", span)
        value = source.value
    elif has_moving(value, lifting) or _is_row(value, lifting):
        raise stop(
            "moving-slice", "a row of its own length goes into a slice whose length moves", span
        )
    mask = _store_mask(target, span, lifting)
    return target.value.subs, OnItem(KEPT, (mask, value)), ()


def _between_ends(root: str, subs: tuple[Sub, ...], span: Span, lifting: Lifting) -> Ragged:
    """The places of the whole dimension that lie in a slice that an end may cut short."""
    target = ragged(Read(root, subs), span, lifting, whole=True)
    others = sub_axes(sub for sub in subs if not isinstance(sub, Cut))
    moving = sub_axes(sub for sub in subs if isinstance(sub, Cut)) & set(lifting.open_axes)
    if target is None or moving - others:
        raise stop("moving-slice", "a store into slices that an end may cut short", span)
    return target


def _store_mask(target: Ragged, span: Span, lifting: Lifting) -> Value:
    """The mask of a store; of the leading dimension alone where the others are not known."""
    match target.masks:
        case ((0, mask),) if type_of(target.value, lifting.scope).rank is None:
            return mask
        case _:
            return joint_mask(target, span, lifting)


def _is_row(value: Value, lifting: Lifting) -> bool:
    kind = type_of(value, lifting.scope)
    return kind.is_tensor and kind.rank != 0


def _place_by_place(
    root: str, subs: tuple[Sub, ...], value: Value, span: Span, lifting: Lifting
) -> Store:
    """A slice of one length is a store at each of its places, on an axis of its own."""
    places = [at for at, sub in enumerate(subs) if moves(sub, lifting)]
    rank = type_of(Read(root, subs), lifting.scope).rank
    kind = type_of(value, lifting.scope)
    cuts = [at for at, sub in enumerate(subs) if isinstance(sub, Cut | New)]
    if kind.is_tensor and kind.rank != 0 and (kind.rank != rank or places != cuts):
        raise stop("unknown-rank", "what goes into a slice that moves has another rank", span)
    if any(isinstance(sub, New) for sub in subs):
        raise stop("moving-slice", "a new dimension beside a slice that moves", span)
    axes: list[Axis] = []
    new = list(subs)
    for at in places:
        cut = subs[at]
        assert isinstance(cut, Cut)
        assert cut.count is not None
        axis = lifting.axis("k", cut.count)
        new[at] = At(cut.start + poly(axis))
        axes.append(axis)
    if kind.is_tensor and kind.rank != 0:
        found = item(value, [At(poly(axis)) for axis in axes], lifting.scope)
        if found is None:
            raise stop(
                "moving-slice", "what goes into a slice that moves is computed as a whole", span
            )
        value = found
    return tuple(new), value, tuple(axes)


def kept_where(value: Value) -> tuple[Value, Value] | None:
    """The mask and the value of a store that leaves other places alone."""
    match value:
        case OnItem("kept", (mask, new)):
            return mask, new
        case _:
            return None


def combined(op: str, old: Read, value: Value) -> Value:
    """The value of `old op= value`, under its mask."""
    masked = kept_where(value)
    if masked is None:
        return Apply(op, (old, value))
    mask, new = masked
    return OnItem(KEPT, (mask, Apply(op, (old, new))))
