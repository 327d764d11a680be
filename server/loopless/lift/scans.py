"""Recurrences through a tensor that are running folds: `a[i] = a[i - 1] + v`, at any constant distance."""

from __future__ import annotations

from dataclasses import replace

from loopless.ir.poly import Axis, poly
from loopless.ir.value import (
    Apply,
    At,
    Comb,
    Const,
    Pick,
    Read,
    Scan,
    Sub,
    Value,
    reads_of,
    replaced,
    substitute,
    substitute_subs,
)
from loopless.lift.carried import addend, factor_of
from loopless.lift.context import Lifting
from loopless.lift.overlap import Access, may_meet, reads
from loopless.lift.piece import Write


def array_scan(piece: Write, axis: Axis, lifting: Lifting) -> Write | None:
    """A store of what an earlier iteration stored and something more: a running fold from before the first one."""
    if piece.when is not None or any(isinstance(s, Pick) for s in piece.subs):
        return None
    piece = _spelled_out(piece)
    for read in dict.fromkeys(reads_of(piece.value)):
        if read.root != piece.root:
            continue
        behind = _behind(piece.subs, read.subs, axis)
        if behind is not None:
            return _folded(piece, read, behind, axis, lifting)
    return None


def _spelled_out(piece: Write) -> Write:
    """`a[i] += v` as `a[i] = a[i] + v`."""
    if piece.op is None:
        return piece
    value = Apply(piece.op, (Read(piece.root, piece.subs), piece.value))
    return replace(piece, op=None, value=value, augmented=False)


def _folded(piece: Write, read: Read, behind: int, axis: Axis, lifting: Lifting) -> Write | None:
    me = Access(piece.root, piece.subs, piece.axes)
    others = reads(replace(piece, value=_swap(piece.value, read, Const(0))))
    if any(may_meet(me, other, axis, "<", lifting.scope) for other in others):
        return None
    cell = "·"
    body = _swap(piece.value, read, Read(cell, ()))
    op, term = "+", addend(body, cell)
    if term is None:
        op, term = "*", factor_of(body, cell)
    if term is None:
        return None
    value = _fold(op, axis, term, read, behind, lifting)
    return replace(piece, value=value, axes=(axis, *piece.axes))


def _fold(
    op: str, axis: Axis, term: Value, read: Read, behind: int, lifting: Lifting
) -> Scan | Comb:
    """A running fold over the iterations that are `behind` apart, from what `read` finds there."""
    if behind == 1:
        return Scan(op, axis, term, substitute(read, {axis: poly(0)}), False)
    residue = lifting.axis(axis.name, poly(behind))
    return Comb(op, axis, term, substitute(read, {axis: poly(residue)}), residue)


def _swap(value: Value, old: Value, new: Value) -> Value:
    return replaced(value, lambda inner: new if inner == old else None)


_FURTHEST = 1024


def _behind(write: tuple[Sub, ...], read: tuple[Sub, ...], axis: Axis) -> int | None:
    """How many iterations ago `write` was where `read` is."""
    if len(write) != len(read):
        return None
    for one, other in zip(write, read, strict=True):
        match one, other:
            case At(p), At(q) if axis in p.axes() and p.linear_in(axis):
                slope, gap = p.coefficient(axis).constant, (p - q).constant
                if not slope or gap is None or gap % slope:
                    return None
                behind = gap // slope
                same = substitute_subs(write, {axis: poly(axis) - behind}) == read
                return behind if same and 1 <= behind <= _FURTHEST else None
            case _:
                pass
    return None
