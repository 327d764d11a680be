"""Slices whose length changes from iteration to iteration, as slices of one length under a mask.

`x[b, : n]`, `x[max(0, i - k + 1) : i + 1]` and `x[i:]` have another length in each iteration, so there is no one
tensor of all of them. The normal form is a slice that has the same length everywhere and covers what the loop reads,
beside a mask of the places that are really in the slice:

- with both ends moving alike, all that is clipped aside (`i + 1 - (i - k + 1) = k`): a window of that length from the
  unclipped start on, `padded` where it reaches out of the tensor;
- else the whole dimension.

The mask is a value of the item's own: the places 0, 1, … compared with the ends. Python's rules for the ends are
exact: what lies outside is cut off, a number below zero counts from the end, and nothing is left where the ends cross.

Pointwise operations go on with the slice of one length, and with the mask beside it. A reduction fills the places
outside with what does not count for it: zero, one, an infinity. The mask never multiplies, because NaN times zero is
NaN. A store keeps what was there before.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce

from loopless.dependence.feasible import Constraint, proves
from loopless.facts.evidence import FLOATS
from loopless.finding import Span
from loopless.ir.poly import Axis, Dim, Greatest, Least, Poly, Quotient, poly
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Cut,
    Held,
    Int,
    New,
    OnItem,
    Read,
    Ref,
    Sub,
    Value,
    sub_axes,
    sub_polys,
    walk,
)
from loopless.lift.bounds import data_in
from loopless.lift.context import Lifting
from loopless.lift.flat_masks import meet
from loopless.lift.ranks import settle
from loopless.lift.stop import StopLifting, stop
from loopless.lift.types import type_of

POSITIONS = "positions"
"""The operation that gives the places 0, 1, … of a dimension of the item."""

TRAILING = "trailing"
"""The operation that puts dimensions of size one behind those of the item."""

LOWEST = "lowest"
"""The least number of a tensor's dtype, minus infinity for floats; with an empty sign the greatest."""

RAGGED = "ragged"
"""A value that is ragged still: it, and for each ragged dimension its number and its mask."""

KEPT = "kept"
"""What a store writes where a mask holds; elsewhere the target stays as it is."""

WRAPPED = "wrapped"
"""A place that counts from the end where it is below zero: it, and what it is there."""

OF_MASKS = frozenset({POSITIONS, TRAILING, LOWEST, RAGGED, KEPT, WRAPPED})


Ends = tuple[Cut, Poly]
"""A slice as it was written, and the size of the dimension that it cuts."""


@dataclass(frozen=True, slots=True)
class Ragged:
    """A value of one size in all iterations, of which only the places where `masks` hold are meant.

    `masks` has one mask for each dimension of the item that is ragged; `zeros` says that all others are zero.
    `ends` are the slices as they were written: where they are the same, so are the lengths (P9).
    """

    value: Value
    masks: tuple[tuple[int, Value], ...]
    ends: tuple[Ends, ...]
    zeros: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    """A slice of one length: as a subscript, with its mask, and whether the mask only keeps padding out."""

    sub: Cut
    mask: Value | None
    zeros: bool


@dataclass(frozen=True, slots=True)
class Front:
    """The ends of a slice, counted from the front, each as the members of a maximum or minimum."""

    lows: tuple[Poly, ...]
    highs: tuple[Poly, ...]


def moves(sub: Sub, lifting: Lifting) -> bool:
    """Whether a subscript is a slice that is another one in each iteration of an open level."""
    if not isinstance(sub, Cut):
        return False
    axes = set(lifting.open_axes)
    return any(p.axes() & axes for p in sub_polys((sub,)))


def has_moving(value: Value, lifting: Lifting) -> bool:
    """Whether slices that move stand anywhere in a value."""
    for inner in walk(value):
        match inner:
            case OnItem("ragged"):
                return True
            case Read(_, subs) if any(moves(sub, lifting) for sub in subs):
                return True
            case _:
                pass
    return False


def ragged(value: Value, span: Span, lifting: Lifting, *, whole: bool = False) -> Ragged | None:
    """The value with slices of one length, None where it has no others.

    Asked for the `whole` dimension also where slices of one length move along: a store has to name its places.
    """
    found = _ragged(value, span, lifting, whole=whole)
    if found is not None and value in lifting.hints:
        lifting.hints.setdefault(found.value, lifting.hints[value])
    return found


def _ragged(value: Value, span: Span, lifting: Lifting, *, whole: bool) -> Ragged | None:
    match value:
        case Read():
            return _read(value, span, lifting, whole=whole)
        case Apply(op, args, keywords) if not keywords:
            return _pointwise(op, args, span, lifting, whole=whole)
        case OnItem("ragged", (inner, *parts)):
            masks = zip(parts[::3], parts[1::3], strict=True)
            ends = tuple(_ends_of(part) for part in parts[2::3])
            return Ragged(inner, tuple((_number(dim), mask) for dim, mask in masks), ends)
        case _:
            return None


def opened(value: Value, span: Span, lifting: Lifting) -> Ragged | None:
    """The same of a tensor of unknown rank, which may have any number of further dimensions."""
    if isinstance(value, Read):
        return _read(value, span, lifting, is_open=True)
    return ragged(value, span, lifting)


def carried(found: Ragged, value: Value) -> Value:
    """Another value of the same shape that is as ragged, as a value."""
    parts: list[Value] = []
    for (dim, mask), (cut, size) in zip(found.masks, found.ends, strict=True):
        parts += [Int(poly(dim)), mask, Read("", (cut, At(size)))]
    return OnItem(RAGGED, (value, *parts))


def _ends_of(value: Value) -> Ends:
    match value:
        case Read("", (Cut() as cut, At(size))):
            return cut, size
        case _:
            raise AssertionError(value)


def _number(value: Value) -> int:
    assert isinstance(value, Int)
    assert value.poly.constant is not None
    return value.poly.constant


def _read(
    read: Read, span: Span, lifting: Lifting, *, is_open: bool = False, whole: bool = False
) -> Ragged | None:
    subs = list(read.subs)
    masks: list[tuple[int, Value]] = []
    ends: list[Ends] = []
    zeros = True
    dim = place = 0
    for at, sub in enumerate(read.subs):
        if isinstance(sub, Cut) and moves(sub, lifting):
            others = sub_axes((*read.subs[:at], *read.subs[at + 1 :]))
            size = lifting.scope.size(read.root, place)
            found = _span(sub, size, others, span, lifting, whole=whole)
            subs[at] = found.sub
            if found.mask is not None:
                masks.append((dim, found.mask))
                ends.append((sub, size))
                zeros = zeros and found.zeros
        dim += isinstance(sub, Cut | New)
        place += not isinstance(sub, New)
    if not masks:
        return None
    if type_of(read, lifting.scope).rank is None and not is_open:
        # Beside slices that are masked all dimensions count: those that are named are all there are (P4).
        settle(read.root, place, lifting)
    return Ragged(Read(read.root, tuple(subs)), tuple(masks), tuple(ends), zeros)


def _span(
    cut: Cut,
    size: Poly,
    others: frozenset[Axis],
    span: Span,
    lifting: Lifting,
    *,
    whole: bool = False,
) -> _Span:
    """A slice that moves, with one length for all iterations; `others` walk other dimensions of the same tensor."""
    if cut.step != 1:
        raise stop("moving-slice", "a slice with a step moves with the loop", span)
    end = cut.start + cut.count if cut.count is not None else cut.stop
    known = lifting.within()
    known += whole_steps((cut.start, *(a.extent for a in lifting.open_axes)))
    lows, highs = _members(cut.start, Greatest), _members(size if end is None else end, Least)
    anchored = _anchor(lows, highs, lifting)
    if anchored is not None:
        # P9: a slice that is written with a length has one.
        known.append(Constraint(anchored[1] - anchored[0]))
    ends = from_front(lows, highs, size, known, span)
    if whole:
        return _whole_dimension(ends.lows, ends.highs, size, known)
    if anchored is None or anchored[0] not in ends.lows or anchored[1] not in ends.highs:
        _refuse_far_more(cut, end, others, span, lifting)
        return _whole_dimension(ends.lows, ends.highs, size, known)
    return _window(anchored, ends, size, known)


def _refuse_far_more(
    cut: Cut, end: Poly | None, others: frozenset[Axis], span: Span, lifting: Lifting
) -> None:
    """Segments of one dimension, one after the other: whole dimensions would be read for each of them."""
    axes = set(lifting.open_axes)
    both = cut.start.axes() & axes if end is None else cut.start.axes() & end.axes() & axes
    if end is not None and both - others:
        raise stop("moving-slice", "segments of a tensor, each of another length", span)


def _window(anchored: tuple[Poly, Poly], ends: Front, size: Poly, known: list[Constraint]) -> _Span:
    lows, highs = ends.lows, ends.highs
    start, stop_at = anchored
    count = stop_at - start
    places = OnItem(POSITIONS, (Int(count),))
    tests: list[Value] = []
    zeros = True
    for p in lows:
        if p == start or proves(start - p, known):
            continue
        zeros = zeros and not p.terms
        tests.append(Apply(">=", (places, Int(p - start))))
    for p in highs:
        if p == stop_at or proves(p - stop_at, known):
            continue
        zeros = zeros and p == size
        tests.append(Apply("<", (places, Int(p - start))))
    if size not in highs and not proves(size - stop_at, known):
        tests.append(Apply("<", (places, Int(size - start))))
    return _Span(Cut(start, count, padded=True), _all(tests), zeros)


def whole_steps(of: Iterable[Poly]) -> list[Constraint]:
    """What follows from steps that are no numbers going forward, as they are presumed to (P9).

    `n // s * s <= n`, and `i * s` lies between zero and what it is in the last iteration of `i`.
    """
    found: list[Constraint] = []
    for p in of:
        for atom in p.atoms():
            if isinstance(atom, Quotient) and atom.under.constant is None:
                found.append(Constraint(atom.over - atom.under * poly(atom)))
        for monomial, _ in p.terms:
            axes = [atom for atom in monomial if isinstance(atom, Axis)]
            if len(axes) == 1 and len(monomial) == 2:
                walked, (axis,) = Poly(((monomial, 1),)), axes
                step = walked.coefficient(axis)
                found += [Constraint(walked), Constraint((axis.extent - 1) * step - walked)]
    return found


def _whole_dimension(
    lows: tuple[Poly, ...], highs: tuple[Poly, ...], size: Poly, known: list[Constraint]
) -> _Span:
    places = OnItem(POSITIONS, (Int(size),))
    tests: list[Value] = []
    tests += [Apply(">=", (places, Int(p))) for p in lows if not proves(-p, known)]
    tests += [Apply("<", (places, Int(p))) for p in highs if not proves(p - size, known)]
    return _Span(Cut(poly(0), None), _all(tests), False)


def _all(tests: list[Value]) -> Value | None:
    return reduce(lambda one, other: Apply("&", (one, other)), tests) if tests else None


def from_front(
    lows: tuple[Poly, ...],
    highs: tuple[Poly, ...],
    size: Poly,
    known: list[Constraint],
    span: Span,
) -> Front:
    """The ends of a slice, counted from the front as Python does."""
    # The greatest of several is not below zero if one of them is not, the smallest if none of them is.
    if not any(proves(p, known) for p in lows):
        lows = (_wrapped(lows, size, known, span),)
    if not all(proves(p, known) for p in highs):
        highs = _wrapped_below(highs, size, known, span)
    return Front(lows, highs)


def _wrapped_below(
    ends: tuple[Poly, ...], size: Poly, known: list[Constraint], span: Span
) -> tuple[Poly, ...]:
    """An end that may lie below zero, also beside the end of the dimension: `min(n, c + r + 1)`.

    Where it does it is the smaller one, and stays so counted from the front.
    """
    kept = tuple(p for p in ends if proves(p, known))
    below = tuple(p for p in ends if p not in kept)
    if not all(proves(p - size, known) for p in kept):
        below = ends
    return (*(kept if len(below) < len(ends) else ()), _wrapped(below, size, known, span))


def _wrapped(ends: tuple[Poly, ...], size: Poly, known: list[Constraint], span: Span) -> Poly:
    """An end that may lie below zero."""
    if len(ends) == 1:
        (p,) = ends
        if proves(-p - 1, known):
            return p + size
        if data_in(p):
            return poly(Held(OnItem(WRAPPED, (Int(p), Int(p + size)))))
    raise stop("moving-slice", "a slice that moves with the loop may count from the end", span)


def _members(p: Poly, kind: type[Greatest] | type[Least]) -> tuple[Poly, ...]:
    atom = p.atom
    return atom.of if isinstance(atom, kind) else (p,)


def _anchor(
    lows: tuple[Poly, ...], highs: tuple[Poly, ...], lifting: Lifting
) -> tuple[Poly, Poly] | None:
    """A start and an end that move alike, so that what is between them has one length."""
    axes = set(lifting.open_axes)
    for low in lows:
        for high in highs:
            if low.axes() & axes and not (high - low).axes() & axes:
                return low, high
    return None


def _pointwise(
    op: str, args: tuple[Value, ...], span: Span, lifting: Lifting, *, whole: bool
) -> Ragged | None:
    parts = [ragged(arg, span, lifting, whole=whole) for arg in args]
    found = [part for part in parts if part is not None]
    if not found:
        return None
    meet(found, lifting)
    if any(not alike(part, found[0]) for part in found):
        raise stop("moving-slice", "slices that move in different ways meet", span)
    ranks = [type_of(part.value, lifting.scope).rank for part in found]
    masked = {dim for dim, _ in found[0].masks}
    for arg, part in zip(args, parts, strict=True):
        kind = type_of(arg, lifting.scope)
        if part is None and kind.is_tensor and kind.rank != 0 and not _is_single(arg, lifting):
            if kind.rank is None or any(r is None for r in ranks):
                raise stop(
                    "unknown-rank", "a slice that moves meets operands of unknown rank", span
                )
            if any(d >= ranks[0] - kind.rank for d in masked if ranks[0] is not None):
                raise stop(
                    "moving-slice", "a slice whose length moves meets a row of its own length", span
                )
    if len(set(ranks)) != 1:
        raise stop("moving-slice", "slices that move meet in different dimensions", span)
    new = tuple(arg if part is None else part.value for arg, part in zip(args, parts, strict=True))
    return Ragged(Apply(op, new), found[0].masks, found[0].ends)


def _is_single(value: Value, lifting: Lifting) -> bool:
    """Whether a row has one place: a reduction that keeps its dimension, and what is computed of such."""
    kind = type_of(value, lifting.scope)
    if not kind.is_tensor or kind.rank == 0:
        return True
    match value:
        case OnItem(_, (inner,), (("dim", Int(dim)), ("keepdim", Const(True)))):
            return dim.constant in (0, -1) and type_of(inner, lifting.scope).rank == 1
        case Apply(_, args):
            return all(_is_single(arg, lifting) for arg in args)
        case _:
            return False


def alike(one: Ragged, other: Ragged) -> bool:
    """Whether two values are ragged in the same way."""
    if len(one.ends) != len(other.ends) or [d for d, _ in one.masks] != [d for d, _ in other.masks]:
        return False
    return all(_same_ends(a, b) for a, b in zip(one.ends, other.ends, strict=True))


def _same_ends(one: Ends, other: Ends) -> bool:
    """The same ends in dimensions of one size, or in the same dimension of two tensors (P9)."""
    (cut, size), (its, its_size) = one, other
    if cut != its:
        return False
    match size.atom, its_size.atom:
        case Dim(root, dim), Dim(other_root, other_dim) if root != other_root:
            return dim == other_dim
        case _:
            return size == its_size


def ragged_mask(cut: Cut, size: Poly, lifting: Lifting) -> Value | None:
    """The mask of one slice, None where it has none or the slice may count from the end."""
    with suppress(StopLifting):
        return _span(cut, size, frozenset(lifting.open_axes), Span(0, 0), lifting).mask
    return None


def joint_mask(found: Ragged, span: Span, lifting: Lifting) -> Value:
    """One mask for all dimensions of the item."""
    rank = type_of(found.value, lifting.scope).rank
    result: Value | None = None
    for dim, mask in found.masks:
        own = type_of(mask, lifting.scope).rank
        behind = -1 if rank is None or own is None else rank - own - dim
        if behind < 0:
            raise stop("unknown-rank", "a slice that moves, of a tensor of unknown rank", span)
        if behind:
            mask = OnItem(TRAILING, (mask, Int(poly(behind))))
        result = mask if result is None else Apply("&", (result, mask))
    assert result is not None
    return result


def rank_of(mask: Value, lifting: Lifting) -> int:
    """How many dimensions a mask has; one, unless more are known."""
    return type_of(mask, lifting.scope).rank or 1


def lowest(order: str, found: Ragged, span: Span, lifting: Lifting) -> Value:
    """What never wins: an infinity, or the least or greatest integer."""
    dtype = type_of(found.value, lifting.scope).dtype
    sign = "-" if order == ">" else ""
    if dtype in FLOATS:
        return OnItem(LOWEST, (Const(""), Const(sign), Const(dtype)))
    known = dtype is None or dtype.startswith("of:") or dtype == "int64"
    match found.value:
        case OnItem("Tensor.flatten", (Read(root) | Ref(root),)) | Read(root) | Ref(root) if known:
            return OnItem(LOWEST, (Const(root), Const(sign), Const(dtype)))
        case _:
            raise stop("unknown-dtype", "an extreme of a slice that moves, of unknown dtype", span)


def filled(found: Ragged, fill: Value, span: Span, lifting: Lifting) -> Value:
    """The value, with `fill` in the places that are not meant."""
    if found.zeros and fill == Int(poly(0)) and isinstance(found.value, Read):
        return found.value
    return Apply("where", (joint_mask(found, span, lifting), found.value, fill))
