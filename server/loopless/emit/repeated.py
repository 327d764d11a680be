"""The same value added again and again: a multiple of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.feasible import proves
from loopless.emit.code import CHOICE, Code
from loopless.emit.operators import infix
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Axis, greatest, poly
from loopless.ir.value import Value
from loopless.lift.types import Type

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def repeated(
    axes: list[Axis], body: Value, when: Value | None, kind: Type, printer: Printer
) -> Code:
    """A sum over axes on which nothing depends."""
    grade_repeated(kind, printer)
    count = times(axes, printer)
    product = infix("*", _in_the_sums_dtype(body, printer), count, printer)
    tests = [] if when is None else [printer.code(when).at(CHOICE + 1)]
    if kind.kind not in {"int", "bool"} and not all(
        proves(a.extent - 1, printer.known) for a in axes
    ):
        # Zero times what is not finite is not zero (T32).
        tests.append(f"{count.at(CHOICE + 1)} > 0")
    if not tests:
        return product
    if product.axes or any(axis.extent.axes() for axis in axes):
        raise Unprintable("zero-trips", "where an inner loop does not run, nothing is added")
    nothing, printer.nothing = printer.nothing, "0"
    return Code(
        f"{product.at(CHOICE + 1)} if {' and '.join(tests)} else {nothing}",
        CHOICE,
        rank=product.rank,
        number=product.number,
    )


def _in_the_sums_dtype(body: Value, printer: Printer) -> Code:
    """The value as the loop adds it up: a product in a narrower dtype would round, or wrap around."""
    code = printer.code(body)
    if printer.fold_into is None or printer.fold_into[0] != body or code.number:
        return code
    asked, printer.fold_into = printer.fold_into[1].removeprefix("dtype="), None
    return code.but(f"{code.primary}.to({asked})")


def times(axes: list[Axis], printer: Printer) -> Code:
    """How many iterations there are."""
    total = poly(1)
    for axis in axes:
        extent = axis.extent
        total = total * (extent if proves(extent, printer.known) else greatest((extent, poly(0))))
    return printer.size(total)


def grade_repeated(kind: Type, printer: Printer) -> None:
    """The same value folded many times rounds many times, unless it is an integer."""
    if kind.dtype is None or not kind.dtype.startswith(("int", "uint", "bool")):
        printer.grade_at_least("E1")
