"""Items that the innermost loop puts into a list again and again: each item as often as that loop runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.dependence.feasible import proves
from loopless.emit.code import ATOM, Code
from loopless.emit.conditions import mask
from loopless.ir.poly import Axis, poly
from loopless.ir.value import Apply, Int, Value
from loopless.lift.piece import Append

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def repeated_items(append: Append, code: Code, printer: Printer) -> Code | None:
    """All items of a list in one row, None where they vary along the innermost loop or not along one around it."""
    *outer, last = append.axes
    if code.number or code.behind or code.axes != tuple(outer):
        return None
    if not outer:
        if append.when is not None:
            return None
        count = printer.size(last.extent).text
        return Code(f"{code.primary}[None].repeat_interleave({count}, 0)", ATOM, (last,), code.rank)
    count = _count(append.when, outer, last, printer)
    if count is None:
        return None
    flat = f".flatten(0, {len(outer) - 1})" if len(outer) > 1 else ""
    text = f"{code.primary}{flat}.repeat_interleave({count}{flat if append.when or last.extent.axes() else ''}, 0)"
    return replace(code, text=text, level=ATOM, axes=(outer[0],))


def _count(when: Value | None, outer: list[Axis], last: Axis, printer: Printer) -> str | None:
    """How often the innermost loop runs for each item."""
    if when is None and not last.extent.axes() - printer.loops.keys():
        return printer.size(last.extent).text
    match when:
        case None:
            code = printer.code(Int(last.extent))
            return code.text if code.axes == tuple(outer) and not code.rank else None
        case Apply("<", (Int(place), Int(end))) if place == poly(last):
            code = printer.code(Int(end))
            if code.axes == tuple(outer) and not code.rank:
                sure = proves(end, printer.known)
                return code.text if sure else f"{code.primary}.clamp(min=0)"
        case _:
            pass
    kept = mask(when, printer)
    return f"{kept.primary}.sum({len(outer)})" if kept.axes == (*outer, last) else None
