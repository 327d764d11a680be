"""Updates that keep the best at places looked up in data."""

from __future__ import annotations

from loopless.dependence.feasible import Constraint, proves
from loopless.emit.align import lined_up
from loopless.emit.code import AND, Code
from loopless.emit.conditions import mask
from loopless.emit.draft import Draft, Setting, add_line, learn, printer_for
from loopless.emit.overwrite import flat_place, flat_size, flattened, together
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.ir.value import Read
from loopless.lift.piece import Write
from loopless.lift.types import Type, type_of

_INTEGERS = frozenset({"bool", "uint8", "int8", "int16", "int32", "int64"})


def keep_extreme(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """`scatter_reduce` over those that beat what their place holds: the others, and NaN, take no part."""
    printer = printer_for(setting, piece.axes, draft)
    own = type_of(Read(piece.root, piece.subs), setting.scope)
    _refuse_kinds(piece, own, setting)
    size = flat_size(piece, printer)
    if piece.when is not None and not proves(size - 1, printer.known):
        # Where nothing is stored the tensor may be empty, and no place is left to look at.
        add_line(f"if {printer.size(size).text} > 0:", setting, draft, depth)
        depth += 1
        printer.known.append(Constraint(size - 1))
    place, old, new = (setting.lifting.temp(name) for name in ("place", "old", "new"))
    flat = piece.root if len(piece.subs) == 1 else f"{piece.root}.flatten()"
    beats = f"{new} < {old}" if piece.op == "min" else f"{new} > {old}"
    if piece.when is not None:
        beats = f"{_asked(piece, printer)} & ({beats})"
    reduced = f'0, {place}, {new}, "a{piece.op}"'
    lines = (
        f"{place} = {flat_place(piece, printer).text}",
        f"{old} = {flat}[{place}]",
        f"{new} = {_value(piece, own, printer).text}",
        f"{new} = {printer.function('torch.where')}({beats}, {new}, {old})",
        f"{piece.root}.scatter_reduce_({reduced})"
        if len(piece.subs) == 1
        # Autograd keeps what is reduced: a copy, as the tensor itself is about to change.
        else f"{piece.root}[:] = {piece.root}.clone().flatten().scatter_reduce({reduced}).view_as({piece.root})",
    )
    together(lines, piece, printer, setting, draft, depth)
    printer.grade_at_least("E1")
    learn(printer, draft)


def _refuse_kinds(piece: Write, own: Type, setting: Setting) -> None:
    value = type_of(piece.value, setting.scope)
    if own.rank != 0 or value.rank not in (0, None):
        raise Unprintable("unknown-rank", "numbers are compared with items of unknown rank")
    if own.dtype in _INTEGERS and value.dtype != own.dtype:
        raise Unprintable("dtype", f"`{piece.root}` holds integers and cuts what is stored off")
    flows = value.is_tensor or not setting.scope.fact(piece.root).fresh
    if flows and own.dtype not in _INTEGERS:
        # The gradient goes to one of equal values in the loop, and to all of them here (T35).
        sentence = f"no gradient is asked for where values for `{piece.root}` are equal"
        setting.lifting.assume(sentence)


def _asked(piece: Write, printer: Printer) -> str:
    assert piece.when is not None
    code = lined_up(mask(piece.when, printer), tuple(piece.axes), 0, printer)
    return flattened(code, piece).at(AND)


def _value(piece: Write, own: Type, printer: Printer) -> Code:
    if piece.when is not None:
        printer.guards.append(piece.when)
    code = flattened(lined_up(printer.code(piece.value), tuple(piece.axes), 0, printer), piece)
    if piece.when is not None:
        printer.guards.pop()
    kind = type_of(piece.value, printer.scope)
    if own.dtype is None or kind.dtype != own.dtype:
        return code.but(f"{code.primary}.to({piece.root}.dtype)")
    return code
