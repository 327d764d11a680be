"""Choices between a value and zero by how two places compare: `a[i, j] if j <= i else 0` is `a.tril()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from loopless.dependence.conditions import affine, conjuncts, integer_of
from loopless.dependence.feasible import Constraint
from loopless.emit.code import ATOM, Code
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Axis, Poly, poly
from loopless.ir.value import Const, Value

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def triangle(
    test: Value, then: Value, otherwise: Value, arm: Callable[[], Code], printer: Printer
) -> Code | None:
    """The part of a matrix, or of each of several, on one side of a diagonal; `arm` prints all of `then`."""
    kind = printer.typed(then)
    if printer.behind or not kind.is_tensor or not _is_zero(otherwise, kind.dtype):
        return None
    sides = [_side(condition, printer) for condition in conjuncts(test)]
    if not sides or kind.rank != 0:
        return None
    code = arm()
    for side in sides:
        if side is None or code.axes[-2:] != side[:2] or code.rank != 0:
            return None
        _, _, method, diagonal = side
        text = "" if not diagonal.terms else printer.size(diagonal).text
        code = code.but(f"{code.primary}.{method}({text})", ATOM)
    return code


def _is_zero(value: Value, dtype: str | None) -> bool:
    match value:
        case Const(False):
            return dtype == "bool"
        case Const(float(number)):
            return number == 0 and dtype in FLOATS
        case _:
            return integer_of(value) == poly(0) and dtype != "bool"


def _side(condition: Value, printer: Printer) -> tuple[Axis, Axis, str, Poly] | None:
    """Rows, columns, the method, and which diagonal a condition names."""
    match affine(condition):
        case [Constraint(over, False)]:
            pass
        case _:
            return None
    axes = printer.sorted(axis for axis in over.axes() if axis not in printer.loops)
    if len(axes) != 2 or not all(over.linear_in(axis) for axis in axes):
        return None
    row, column = axes
    rest = over - poly(column) + poly(row)
    if not rest.axes() - printer.loops.keys():
        return row, column, "triu", -rest
    rest = over + poly(column) - poly(row)
    if not rest.axes() - printer.loops.keys():
        return row, column, "tril", rest
    return None
