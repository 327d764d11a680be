"""How many iterations come before the first for which a condition holds: the length of the run of the opposite."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.dependence.conditions import negated
from loopless.dependence.feasible import Constraint, proves
from loopless.emit.code import ATOM, CHOICE, Code
from loopless.emit.conditions import mask
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Axis, poly
from loopless.ir.value import Apply, Int, Pick, Value, reads_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def before(axes: list[Axis], condition: Value, printer: Printer) -> Code:
    """`(~mask).cumprod(0).sum()`: the product stays one up to the first place that the mask marks."""
    (axis,) = axes
    asked = len(printer.ends)
    goes_on = negated(condition)
    if isinstance(condition, Apply) and condition.op == "and":
        goes_on = Apply("not", (condition,))
    code = _everywhere(goes_on, axis, printer)
    if axis not in code.axes or code.rank not in (0, None):
        raise Unprintable("early-exit", "what ends the loop does not vary with it")
    place = code.axes.index(axis)
    rest = tuple(a for a in code.axes if a != axis)
    run = f"{code.primary}.cumprod({place})"
    if rest:
        return replace(code, text=f"{run}.sum({place})", level=ATOM, axes=rest, rank=0)
    text = f"{run}.sum().item()"
    if all(proves(p, printer.known) for p in printer.ends[asked:]):
        return Code(text, number=True)
    # Without iterations a slice would count from the end.
    runs = [*printer.known, Constraint(axis.extent - 1)]
    if not all(proves(p, runs) for p in printer.ends[asked:]):
        raise Unprintable(
            "zero-trips", "where the loop does not run, a slice would count from the end"
        )
    del printer.ends[asked:]
    extent = printer.size(axis.extent).at(CHOICE + 1)
    return Code(f"{text} if {extent} > 0 else 0", CHOICE, number=True)


def _everywhere(condition: Value, axis: Axis, printer: Printer) -> Code:
    """The mask for all iterations. The loop does not come to all of them: what it looks up there may be anything."""
    if not any(isinstance(s, Pick) for read in reads_of(condition) for s in read.subs):
        return mask(condition, printer)
    printer.guards.append(Apply(">=", (Int(poly(axis)), Int(poly(0)))))
    try:
        return mask(condition, printer)
    finally:
        printer.guards.pop()
