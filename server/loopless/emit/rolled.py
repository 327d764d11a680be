"""Places that wrap around: over all of a dimension `x[i - 1]` is `x.roll(1, 0)`, `x[(i + 1) % n]` `x.roll(-1, 0)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.code import Code
from loopless.ir.poly import Axis, Poly, Remainder, poly
from loopless.ir.value import At, New, Read, Sub

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

Turn = tuple[Axis, Poly]


def turned(read: Read, plans: list[str], printer: Printer) -> tuple[Read, list[Turn]] | None:
    """The read without its shifts, and by how much each axis is shifted; None where nothing wraps around.

    A place below zero counts from the end, and a place out of range is never read: where the axis walks all of the
    dimension, each place that is read is that of the rolled tensor, under a predicate as well.
    """
    turns: list[Turn] = []
    subs: list[Sub] = []
    for at, (sub, plan) in enumerate(zip(read.subs, plans, strict=True)):
        if plan != "index":
            subs.append(sub)
            continue
        turn = _turn(read, at, sub, printer)
        if turn is None:
            return None
        turns.append(turn)
        subs.append(At(poly(turn[0])))
    axes = [axis for sub in subs if isinstance(sub, At) for axis in sub.poly.axes()]
    if not turns or any(axes.count(axis) > 1 for axis, _ in turns):
        return None
    return Read(read.root, tuple(subs)), turns


def rolled(code: Code, turns: list[Turn], printer: Printer) -> Code:
    """The code of the read without its shifts, rolled."""
    places = ["-1" if code.behind else str(code.axes.index(axis)) for axis, _ in turns]
    shifts = [printer.size(shift).text for _, shift in turns]
    if len(turns) == 1:
        return code.but(f"{code.primary}.roll({shifts[0]}, {places[0]})")
    return code.but(f"{code.primary}.roll(({', '.join(shifts)}), ({', '.join(places)}))")


def _turn(read: Read, at: int, sub: Sub, printer: Printer) -> Turn | None:
    """The axis that walks all of a dimension from another place on, and how far from its end it starts."""
    dim = sum(not isinstance(before, New) for before in read.subs[:at])
    size = printer.scope.size(read.root, dim)
    if not isinstance(sub, At):
        return None
    place = sub.poly
    if isinstance(place.atom, Remainder) and place.atom.under == size:
        place = place.atom.over
    free = [axis for axis in place.axes() if axis not in printer.loops]
    if len(free) != 1 or free[0].extent != size:
        return None
    shift = poly(free[0]) - place
    return (free[0], shift) if shift.terms and not shift.axes() - printer.loops.keys() else None
