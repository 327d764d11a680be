"""Subscripts of slices as subscripts of what was sliced: `x[2:][i]` is `x[2 + i]`, and `x[:-1][1:]` is `x[1:-1]`.

A slice may be shorter than it says, where the dimension ends before. So what counts from its end, or takes more than is
surely there, is left alone.
"""

from __future__ import annotations

from loopless.dependence.feasible import bounds, proves
from loopless.ir.poly import Poly
from loopless.ir.value import Apply, At, Const, Cut, Held, Int, New, Pick, Sub


def within(cut: Cut, new: Sub) -> Sub | None:
    """A subscript of a slice as one of what was sliced, None where it cannot be said."""
    match new:
        case Cut(start, None, 1, None) if not start.terms:
            return cut
        case At(p) if p.constant is None and not _is_whole(cut) and not _counts_up(p):
            # It may count from the end of the slice, which is another place than the one before its start.
            return None
        case At(p):
            return _place(cut, p)
        case Cut() if cut.step == 1:
            return _slice(cut, new)
        case Cut(start, None, step, None) if cut.count is None and cut.stop is None:
            first = cut.start + start * cut.step
            return Cut(first, None, cut.step * step) if _in_front(start) else None
        case Pick(value):
            if not cut.start.terms and cut.step == 1:
                return new
            if not isinstance(value, Int) or not _counts_up(value.poly):
                return None
            return Pick(Apply("+", (Apply("*", (value, Const(cut.step))), Int(cut.start))))
        case Cut() | New():
            return None


def _is_whole(cut: Cut) -> bool:
    return not cut.start.terms and cut.count is None and cut.stop is None and cut.step == 1


def _counts_up(p: Poly) -> bool:
    """Whether a place is known not to count from the end."""
    return proves(p, bounds(p.axes()))


def _place(cut: Cut, p: Poly) -> Sub | None:
    if _from_data(cut.start):
        # It may lie before the first place, where slices begin all the same.
        return None
    if p.constant is None or p.constant >= 0:
        return At(cut.start + p * cut.step)
    return At(p) if cut.count is None and cut.stop is None and cut.step == 1 else None


def _slice(cut: Cut, new: Cut) -> Sub | None:
    """A slice of a slice without a step."""
    start, count, stop = cut.start, cut.count, cut.stop
    if not start.terms and count is None and stop is None:
        return new
    if _from_data(start) or not _in_front(new.start):
        return None
    first, step = start + new.start, new.step
    open_end = new.count is None and new.stop is None
    if count is not None:
        if open_end:
            rest = count - new.start
            return Cut(first, rest) if step == 1 else Cut(first, None, step, start + count)
        fits = new.count is not None and proves(count - new.start - new.count, [])
        return Cut(first, new.count) if fits else None
    from_end = new.stop is not None and (new.stop.constant or 0) < 0
    if stop is None:
        if new.count is not None or open_end or new.stop is None:
            return Cut(first, new.count, step)
        return Cut(first, None, step, new.stop if from_end else start + new.stop)
    if open_end:
        return Cut(first, None, step, stop)
    return Cut(first, None, step, stop + new.stop) if from_end and new.stop is not None else None


def _in_front(p: Poly) -> bool:
    """Whether a place is surely counted from the front."""
    return proves(p, bounds(p.axes()))


def _from_data(p: Poly) -> bool:
    return any(isinstance(atom, Held) for atom in p.atoms())
