"""Operands of a product of matrices in one dtype: `a @ b` asks for that, `a[i] * b[i]` does not (trap T39)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.code import Code
from loopless.facts.evidence import FLOATS
from loopless.ir.value import Value

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def one_dtype(
    left: Value, one: Code, right: Value, other: Code, printer: Printer
) -> tuple[Code, Code] | None:
    """Both operands in the dtype of their products; None where no name shows it.

    Where one dtype is known and the other is not, the products have the wider of the two. It may be the known one
    where nothing is wider, or where what becomes of the sum is stored in it.
    """
    first, second = printer.typed(left).dtype, printer.typed(right).dtype
    if first in FLOATS and second not in FLOATS:
        found = _brought(other, one, first, second, printer)
        return None if found is None else (found[1], found[0])
    if second in FLOATS and first not in FLOATS:
        return _brought(one, other, second, first, printer)
    return one, other


def _brought(
    code: Code, known: Code, dtype: str | None, unknown: str | None, printer: Printer
) -> tuple[Code, Code] | None:
    """`code`, of an unknown dtype, beside `known`."""
    if dtype == "float64" or (printer.stored and _stored_in(printer) == dtype):
        return code.but(f"{code.primary}.to({printer.function(f'torch.{dtype}')})"), known
    if unknown is None or not unknown.startswith("of:"):
        return None
    wider = f"{printer.function('torch.result_type')}({known.text}, {unknown[3:]})"
    printer.parts.setdefault(wider, "dtype")
    return code.but(f"{code.primary}.to({wider})"), known.but(f"{known.primary}.to({wider})")


def _stored_in(printer: Printer) -> str | None:
    return None if printer.target is None else printer.typed(printer.target).dtype
