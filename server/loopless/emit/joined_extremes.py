"""Updates that join what comes to places looked up in data: `scatter_reduce` with "amax" or "amin"."""

from __future__ import annotations

from loopless.dependence.feasible import Constraint, proves
from loopless.emit.align import lined_up
from loopless.emit.code import Code
from loopless.emit.conditions import mask
from loopless.emit.draft import Draft, Setting, add_line, learn, printer_for
from loopless.emit.overwrite import flat_place, flat_size, flattened, together
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.ir.value import Read
from loopless.lift.piece import Write
from loopless.lift.types import Type, type_of


def join_extreme(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """What comes to each place, in the tensor's own dtype: rounding keeps the order."""
    printer = printer_for(setting, piece.axes, draft)
    own = type_of(Read(piece.root, piece.subs), setting.scope)
    value = _value(piece, own, printer)
    size = flat_size(piece, printer)
    if piece.when is not None and not proves(size - 1, printer.known):
        # Where nothing is stored the tensor may be empty, and no place is left to look at.
        add_line(f"if {printer.size(size).text} > 0:", setting, draft, depth)
        depth += 1
        printer.known.append(Constraint(size - 1))
    place, lines = flat_place(piece, printer).text, list[str]()
    if piece.when is not None:
        asked = flattened(lined_up(mask(piece.when, printer), tuple(piece.axes), 0, printer), piece)
        name = setting.lifting.temp("asked")
        lines.append(f"{name} = {asked.text}")
        place, value = f"({place})[{name}]", value.but(f"{value.primary}[{name}]")
    if own.rank:
        new = setting.lifting.temp("new")
        lines.append(f"{new} = {value.text}")
        place = f"({place}){'[:' + ', None' * own.rank + ']'}.expand_as({new})"
        value = value.but(new)
    lines.append(_update(piece, place, value))
    together(lines, piece, printer, setting, draft, depth)
    printer.grade_at_least("E1")
    learn(printer, draft)


def _update(piece: Write, place: str, value: Code) -> str:
    root, reduced = piece.root, f'0, {place}, {value.text}, "{piece.op}"'
    if len(piece.subs) == 1:
        return f"{root}.scatter_reduce_({reduced})"
    # Autograd keeps what is reduced: a copy, as the tensor itself is about to change.
    return f"{root}[:] = {root}.clone().flatten().scatter_reduce({reduced}).view_as({root})"


def _value(piece: Write, own: Type, printer: Printer) -> Code:
    """What comes, one row after the other."""
    if own.rank is None or (own.rank and len(piece.subs) > 1):
        raise Unprintable("unknown-rank", "items of unknown rank meet at places looked up in data")
    kind = type_of(piece.value, printer.scope)
    if own.dtype not in FLOATS and kind.dtype != own.dtype:
        raise Unprintable("dtype", f"`{piece.root}` may cut off what is stored")
    if piece.when is not None:
        printer.guards.append(piece.when)
    code = printer.code(piece.value)
    if piece.when is not None:
        printer.guards.pop()
    if code.rank != own.rank or code.behind or code.number:
        raise Unprintable("unknown-rank", "what comes has another rank than what is there")
    if own.rank == 0:
        code = flattened(lined_up(code, tuple(piece.axes), 0, printer), piece)
    elif code.axes != tuple(piece.axes) or len(code.axes) != 1:
        raise Unprintable("scatter", "places that do not vary along each loop")
    if kind.dtype != own.dtype:
        code = code.but(f"{code.primary}.to({piece.root}.dtype)")
    return code
