"""Sums and means of stretches of one dimension, `x[ptr[i] : ptr[i + 1]].sum()`, on an axis over all of their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loopless.dependence.conditions import integer_of
from loopless.dependence.feasible import proves
from loopless.finding import Span
from loopless.ir.poly import Poly, greatest, least, poly
from loopless.ir.value import (
    Apply,
    At,
    Cut,
    Int,
    Pick,
    Read,
    Reduce,
    Value,
    reads_of,
    replaced,
    sub_axes,
)
from loopless.lift.bounds import data_in, refuse_changing
from loopless.lift.context import Lifting
from loopless.lift.ragged import from_front, moves
from loopless.lift.ranks import settle
from loopless.lift.types import type_of

_NARROW = frozenset({"bool", "uint8", "int8", "int16", "int32"})


def stretch_fold(
    short: str,
    args: tuple[Value, ...],
    keywords: tuple[tuple[str, Value], ...],
    span: Span,
    lifting: Lifting,
) -> Value | None:
    """The sum or mean of a stretch whose ends are both read from data; None for anything else."""
    asked = _asked(short, args, keywords)
    if asked is None:
        return None
    found = _cut_of(asked.operands, lifting)
    if found is None:
        return None
    cut, roots = found
    for operand in asked.operands:
        _settled(operand, cut, asked, lifting)
    kinds = [type_of(operand, lifting.scope) for operand in asked.operands]
    ranks = [kind.rank for kind in kinds]
    if lifting.trial and all(_meets_numbers(operand, cut, asked) for operand in asked.operands):
        # What is stored where shows the ranks of what is looked up.
        ranks = [1 if rank is None else rank for rank in ranks]
    if any(kind.dtype in _NARROW for kind in kinds) or not _fits(asked, ranks):
        return None
    # Slices with the same ends that meet belong to sizes that are equal (P9).
    return _folded(asked, cut, lifting.scope.size(roots[0], 0), span, lifting)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A sum or a mean of one value, or of a product of two; `along` the first dimension, or over everything."""

    mean: bool
    operands: tuple[Value, ...]
    along: bool


def _asked(
    short: str, args: tuple[Value, ...], keywords: tuple[tuple[str, Value], ...]
) -> _Asked | None:
    dims = [*args[1:], *(value for key, value in keywords if key == "dim")]
    match short, args:
        case "sum" | "mean", (value, *_) if len(dims) == len(args) - 1 + len(keywords):
            first = bool(dims) and integer_of(dims[0]) == poly(0)
            return _Asked(short == "mean", (value,), first) if len(dims) == first else None
        case "matmul" | "dot", (left, right) if not keywords:
            return _Asked(False, (left, right), True)
        case _:
            return None


def _fits(asked: _Asked, ranks: Sequence[int | None]) -> bool:
    """Whether the stretch is the first dimension of what is folded, and all of it where no dimension is named."""
    match ranks:
        case [int(rank)]:
            return rank >= 1 if asked.along else rank == 1
        case [1, int(rank)]:
            return rank in (1, 2)
        case _:
            return False


def _cut_of(operands: tuple[Value, ...], lifting: Lifting) -> tuple[Cut, list[str]] | None:
    """The slice that all that moves is cut by, in each operand, and the tensors that it cuts."""
    each = [
        [r for r in reads_of(value) if any(moves(sub, lifting) for sub in r.subs)]
        for value in operands
    ]
    reads = [read for found in each for read in found]
    cuts = {sub for read in reads for sub in read.subs if isinstance(sub, Cut)}
    if len(cuts) != 1 or not all(each) or any(len(read.subs) != 1 for read in reads):
        return None
    (cut,) = cuts
    if cut.count is None or cut.step != 1 or not _both_from_data(cut, lifting):
        return None
    return cut, [read.root for read in reads]


def _settled(value: Value, cut: Cut, asked: _Asked, lifting: Lifting) -> None:
    """Note of tensors whose ranks are not shown that a stretch of them is numbers, where nothing says otherwise."""
    places = _places_in(value)
    for read in reads_of(value):
        is_number = read in places or not asked.along or len(asked.operands) == 2
        if read.subs == (cut,) and is_number and not _has_rank(read, lifting):
            settle(read.root, 1, lifting)


def _places_in(value: Value) -> set[Read]:
    """What says where something is looked up."""
    return {
        inner
        for read in reads_of(value)
        for sub in read.subs
        if isinstance(sub, Pick)
        for inner in reads_of(sub.value)
    }


def _meets_numbers(value: Value, cut: Cut, asked: _Asked) -> bool:
    """Whether an operand says how many dimensions its parts have: a product's factor, or beside a stretch of numbers.

    The sum of all that is looked up is a number, whatever the rank is.
    """
    places = _places_in(value)
    beside = any(read.subs == (cut,) and read not in places for read in reads_of(value))
    return beside or len(asked.operands) == 2


def _has_rank(read: Read, lifting: Lifting) -> bool:
    return type_of(read, lifting.scope).rank is not None


def _both_from_data(cut: Cut, lifting: Lifting) -> bool:
    assert cut.count is not None
    end = cut.start + cut.count
    axes = set(lifting.open_axes)
    both = data_in(cut.start) and data_in(end)
    return both and bool(sub_axes((cut,)) & cut.start.axes() & end.axes() & axes)


def _folded(asked: _Asked, cut: Cut, size: Poly, span: Span, lifting: Lifting) -> Value:
    assert cut.count is not None
    known = lifting.within()
    ends = from_front((cut.start,), (cut.start + cut.count,), size, known, span)
    (low,), (high,) = ends.lows, ends.highs
    low = low if proves(low, known) else greatest((low, poly(0)))
    high = least((high, size))
    refuse_changing(cut.start, span, lifting)
    refuse_changing(cut.start + cut.count, span, lifting)
    axis = lifting.axis("place", high - low)
    lifting.starts[axis] = low

    def element(inner: Value) -> Value | None:
        match inner:
            case Read(root, (Cut() as sub,)) if sub == cut:
                return Read(root, (At(low + poly(axis)),))
            case _:
                return None

    body, *others = (replaced(operand, element) for operand in asked.operands)
    for other in others:
        body = Apply("*", (body, other))
    total = Reduce("+", axis, body)
    if not asked.mean:
        return total
    return Apply("/", (total, Int(greatest((high - low, poly(0))))))
