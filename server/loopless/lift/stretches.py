"""Sums and means of stretches of one dimension, `x[ptr[i] : ptr[i + 1]].sum()`, on an axis over all of their places."""

from __future__ import annotations

from loopless.dependence.feasible import proves
from loopless.finding import Span
from loopless.ir.poly import Poly, greatest, least, poly
from loopless.ir.value import Apply, At, Cut, Int, Read, Reduce, Value, reads_of, replaced, sub_axes
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
    if short not in {"sum", "mean"} or keywords or len(args) != 1:
        return None
    (value,) = args
    reads = [r for r in reads_of(value) if any(moves(sub, lifting) for sub in r.subs)]
    cuts = {sub for read in reads for sub in read.subs if isinstance(sub, Cut)}
    if len(cuts) != 1 or any(len(read.subs) != 1 for read in reads):
        return None
    (cut,) = cuts
    if cut.count is None or cut.step != 1 or not _both_from_data(cut, lifting):
        return None
    for read in reads:
        if type_of(read, lifting.scope).rank is None:
            settle(read.root, 1, lifting)
    sizes = {lifting.scope.size(read.root, 0) for read in reads}
    kind = type_of(value, lifting.scope)
    if len(sizes) != 1 or kind.rank != 1 or kind.dtype in _NARROW:
        return None
    return _folded(short, value, cut, sizes.pop(), span, lifting)


def _both_from_data(cut: Cut, lifting: Lifting) -> bool:
    assert cut.count is not None
    end = cut.start + cut.count
    axes = set(lifting.open_axes)
    both = data_in(cut.start) and data_in(end)
    return both and bool(sub_axes((cut,)) & cut.start.axes() & end.axes() & axes)


def _folded(short: str, value: Value, cut: Cut, size: Poly, span: Span, lifting: Lifting) -> Value:
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

    total = Reduce("+", axis, replaced(value, element))
    if short == "sum":
        return total
    return Apply("/", (total, Int(greatest((high - low, poly(0))))))
