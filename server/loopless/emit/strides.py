"""Slices whose step is a name: `x[::step]`, `x[lo:hi:step]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.feasible import proves
from loopless.emit.integers import integer
from loopless.ir.poly import Axis, Poly, Quotient, poly
from loopless.ir.value import New, Sub

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def strides(p: Poly, axis: Axis, printer: Printer) -> bool:
    """Whether a slice by a step that is no known number reaches the places: the step is positive, its end is known."""
    step = p.coefficient(axis)
    return (
        not step.axes()
        and isinstance(axis.extent.atom, Quotient)
        and axis.extent.atom.under == step
        and proves(step - 1, printer.known)
    )


def strided(
    root: str, subs: tuple[Sub, ...], at: int, p: Poly, axis: Axis, printer: Printer
) -> str:
    """The slice up to where the loop's range ends: it may go beyond the last place by less than a step."""
    quotient = axis.extent.atom
    assert isinstance(quotient, Quotient)
    first = p.substitute({axis: poly(0)})
    # The extent is (end - start + step - 1) // step.
    stop = first + quotient.over - quotient.under + 1
    size = printer.scope.size(root, sum(not isinstance(s, New) for s in subs[:at]))
    beyond = (stop - size).constant
    start_text = "" if not first.terms else _end(first, printer)
    stop_text = "" if beyond is not None and beyond >= 0 else _end(stop, printer)
    return f"{start_text}:{stop_text}:{integer(quotient.under, printer).text}"


def _end(p: Poly, printer: Printer) -> str:
    if not proves(p, printer.known):
        # Below zero the slice would count from the end: only without iterations can that be.
        printer.ends.append(p)
    return printer.size(p).text
