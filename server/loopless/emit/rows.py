"""Items of an inner loop as rows: the loop's axis becomes the first dimension of the item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, Code
from loopless.emit.orientation import as_asked
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Rows

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def rows(value: Rows, printer: Printer) -> Code:
    """The text of rows: what an item is along their axis, with that axis behind the others."""
    if value.listed or value.when is not None or len(value.axes) != 1:
        raise Unprintable("list-used", "a list of the loop's body is used as a list")
    (axis,) = value.axes
    printer.place(axis)
    behind, printer.behind = printer.behind, False
    try:
        code = printer.code(value.body)
    finally:
        printer.behind = behind
    if axis not in code.axes:
        raise Unprintable("append", "the same item in every iteration")
    at, last = code.axes.index(axis), len(code.axes) - 1
    text = code.primary if at == last else f"{code.primary}.movedim({at}, {last})"
    axes = tuple(a for a in code.axes if a != axis)
    rank = None if code.rank is None else code.rank + 1
    level = code.level if at == last else ATOM
    return as_asked(Code(text if level == ATOM else code.text, level, axes, rank), printer)
