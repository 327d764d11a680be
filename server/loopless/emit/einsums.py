"""`torch.einsum` of items: the loop's axes get letters of their own, in front of those that the equation names."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, Code
from loopless.emit.orientation import in_front
from loopless.emit.unprintable import Unprintable
from loopless.facts.operations.equations import equation_of
from loopless.ir.poly import Axis
from loopless.ir.value import Const, OnItem, Tuple, Value

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def einsum(value: OnItem, printer: Printer) -> Code:
    """The call for all items. It names every dimension of each item, so that no rank has to be known."""
    inputs, output = _equation(value)
    operands = [in_front(operand, printer) for operand in _operands(value)]
    if len(operands) != len(inputs):
        raise Unprintable("unknown-call", "an equation for another number of operands")
    axes = printer.sorted(axis for code in operands for axis in code.axes)
    letters = _letters(axes, {*"".join([*inputs, output])})
    parts = [
        "".join(letters[axis] for axis in code.axes) + part
        for code, part in zip(operands, inputs, strict=True)
    ]
    result = "".join(letters[axis] for axis in axes) + output
    equation = f'"{",".join(parts)}->{result}"'
    texts = ", ".join(code.text for code in operands)
    printer.grade_at_least("E1")
    rank = None if "..." in output else len(output)
    return Code(f"{printer.function('torch.einsum')}({equation}, {texts})", ATOM, axes, rank)


def _equation(value: OnItem) -> tuple[list[str], str]:
    match value.args:
        case (Const(str(text)), _, *_) if not value.keywords:
            found = equation_of(text)
        case _:
            found = None
    if found is None:
        raise Unprintable("unknown-call", "an equation that is not shown")
    return found


def _operands(value: OnItem) -> tuple[Value, ...]:
    match value.args[1:]:
        case (Tuple(items),):
            return items
        case operands:
            return operands


def _letters(axes: tuple[Axis, ...], taken: set[str]) -> dict[Axis, str]:
    """A letter for each axis: the loop's own where it is free."""
    letters: dict[Axis, str] = {}
    for axis in axes:
        free = (c for c in (axis.name, *string.ascii_letters) if len(c) == 1 and c not in taken)
        letters[axis] = next(free)
        taken.add(letters[axis])
    return letters
