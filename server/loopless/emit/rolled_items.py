"""`torch.roll` of items by what varies, without a dim: each item is rolled as if it were flat."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.emit.code import ATOM, Code
from loopless.emit.integers import device
from loopless.emit.orientation import in_front
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Value
from loopless.lift.subscript import in_tensors

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

Arguments = dict[str, Value]


def rolled_items(first: str, arguments: Arguments, printer: Printer) -> Code:
    """Each place of the flat item is that of another one, counted around."""
    if arguments.keys() != {first, "shifts"}:
        raise Unprintable("unknown-call", "a roll along dims by what varies")
    # A shift is an integer, by whatever way it comes.
    by = in_tensors(arguments["shifts"], printer.scope)
    code, shift = in_front(arguments[first], printer), printer.code(by)
    if len(code.axes) != 1 or shift.axes != code.axes or shift.rank != 0 or code.rank == 0:
        raise Unprintable("unknown-rank", "a roll by what varies along other axes")
    flat = f"{code.primary}.flatten(1)"
    size = f"{flat}.shape[1]"
    walked = f"{printer.function('torch.arange')}({size}{device(printer)})"
    places = f"({walked} - {shift.primary}[:, None]) % {size}"
    text = f"{flat}.gather(1, {places}).view_as({code.text})"
    return replace(code, text=text, level=ATOM)
