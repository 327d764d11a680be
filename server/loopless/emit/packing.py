"""What a predicate keeps, put into a row by a mask."""

from __future__ import annotations

from loopless.emit.code import CHOICE
from loopless.emit.conditions import mask
from loopless.emit.draft import Draft, Setting, learn, printer_for
from loopless.emit.overwrite import together
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Read
from loopless.lift.packing import first_place
from loopless.lift.piece import Write
from loopless.lift.types import type_of


def pack(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """`packed = x[keep]`, and the row that it fills."""
    printer = printer_for(setting, piece.axes, draft)
    first = first_place(piece)
    if first is None or piece.when is None:
        raise Unprintable("packing", "rows that are filled one after the other")
    printer.guards.append(piece.when)
    value = printer.code(piece.value)
    printer.guards.pop()
    own = type_of(Read(piece.root, piece.subs), setting.scope)
    if value.axes != piece.axes:
        raise Unprintable("packing", "a value that does not vary along the loop")
    spread = setting.behind and (value.behind or value.rank == 0)
    # Along several axes, what is not known is presumed to be a number (P4).
    number = len(piece.axes) > 1 and value.rank == 0 and own.rank is None
    if not spread and not number and (own.rank is None or own.rank != value.rank):
        raise Unprintable("unknown-rank", "items of unknown rank are packed")
    # A predicate is a number, whatever the items are.
    printer.behind = False
    test = mask(piece.when, printer)
    if test.axes != piece.axes:
        raise Unprintable("packing", "a predicate that does not vary along the loop")
    name = setting.lifting.temp("packed")
    inner, outer = ("..., " if behind else "" for behind in (value.behind, spread))
    root = f"{piece.root}.movedim(0, -1)" if spread else piece.root
    count = f"{name}.shape[-1]" if value.behind else f"len({name})"
    start = printer.size(first)
    row = f"{start.text}:{start.at(CHOICE + 1)} + {count}" if first.terms else f":{count}"
    together(
        (f"{name} = {value.primary}[{inner}{test.text}]", f"{root}[{outer}{row}] = {name}"),
        piece,
        printer,
        setting,
        draft,
        depth,
    )
    learn(printer, draft)
