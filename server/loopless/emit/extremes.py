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
from loopless.lift.extremes import LIMITS
from loopless.lift.piece import Write
from loopless.lift.types import Type, type_of

_INTEGERS = frozenset({"bool", "uint8", "int8", "int16", "int32", "int64"})


def keep_extreme(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """Of those that beat what their place holds the best one: the others, and NaN, take no part."""
    printer = printer_for(setting, piece.axes, draft)
    own = type_of(Read(piece.root, piece.subs), setting.scope)
    _refuse_kinds(piece, own, setting)
    size = flat_size(piece, printer)
    if piece.when is not None and not proves(size - 1, printer.known):
        # Where nothing is stored the tensor may be empty, and no place is left to look at.
        add_line(f"if {printer.size(size).text} > 0:", setting, draft, depth)
        depth += 1
        printer.known.append(Constraint(size - 1))
    if piece.op in LIMITS.values():
        lines = _limited(piece, own, printer, setting)
    elif not _may_ask_gradients(piece, own, setting):
        lines = _reduced(piece, own, printer, setting)
    elif setting.clean or piece.op not in {"min", "max"}:
        # The gradient goes to one of equal values in the loop, and to all of them here (T35).
        sentence = f"no gradient is asked for where values for `{piece.root}` are equal"
        setting.lifting.assume(sentence)
        lines = _reduced(piece, own, printer, setting)
    else:
        lines = _first_of_equals(piece, own, printer, setting)
    together(lines, piece, printer, setting, draft, depth)
    printer.grade_at_least("E1")
    learn(printer, draft)


def _reduced(piece: Write, own: Type, printer: Printer, setting: Setting) -> tuple[str, ...]:
    """All at once by `scatter_reduce`."""
    place, old, new = (setting.lifting.temp(name) for name in ("place", "old", "new"))
    return (
        f"{place} = {flat_place(piece, printer).text}",
        f"{old} = {_flat(piece)}[{place}]",
        f"{new} = {_value(piece, own, printer).text}",
        f"{new} = {printer.function('torch.where')}({_beats(piece, new, old, printer)}, {new}, {old})",
        _scattered(piece, place, new),
    )


def _limited(piece: Write, own: Type, printer: Printer, setting: Setting) -> tuple[str, ...]:
    """`torch.maximum` takes NaN along, and so does `scatter_reduce`."""
    place = setting.lifting.temp("place")
    new = _value(piece, own, printer)
    return (
        f"{place} = {flat_place(piece, printer).text}",
        _scattered(piece, place, new.text),
    )


def _first_of_equals(
    piece: Write, own: Type, printer: Printer, setting: Setting
) -> tuple[str, ...]:
    """For each place the number of the first of the best: that one alone is stored, and gets the gradient (T35)."""
    names = ("place", "old", "new", "beats", "best", "first")
    place, old, new, beats, best, first = (setting.lifting.temp(name) for name in names)
    size = printer.size(flat_size(piece, printer)).text
    hit = f"{first} < {new}.numel()"
    shape = f".view_as({piece.root})" if len(piece.subs) > 1 else ""
    end = f", {new}.numel()"
    return (
        f"{place} = {flat_place(piece, printer).text}",
        f"{old} = {_flat(piece)}[{place}]",
        f"{new} = {_value(piece, own, printer).text}",
        f"{beats} = {_beats(piece, new, old, printer)}",
        f"{new} = {printer.function('torch.where')}({beats}, {new}, {old})",
        f'{best} = {_flat(piece)}.scatter_reduce(0, {place}, {new}, "a{piece.op}")[{place}]',
        f"{beats} = ({beats} & ({new} == {best})).nonzero()[:, 0]",
        f"{first} = {place}.new_full(({size},){end}).scatter_reduce_("
        f'0, {place}[{beats}], {beats}, "amin"){shape}',
        f"{piece.root}[{hit}] = {new}[{first}[{hit}]]",
    )


def _flat(piece: Write) -> str:
    return piece.root if len(piece.subs) == 1 else f"{piece.root}.flatten()"


def _beats(piece: Write, new: str, old: str, printer: Printer) -> str:
    assert piece.op is not None
    beats = f"{new} < {old}" if piece.op.endswith("min") else f"{new} > {old}"
    return beats if piece.when is None else f"{_asked(piece, printer)} & ({beats})"


_REDUCE = {"minimum": "amin", "maximum": "amax", "last min": "amin", "last max": "amax"}


def _scattered(piece: Write, place: str, new: str) -> str:
    assert piece.op is not None
    reduced = f'0, {place}, {new}, "{_REDUCE.get(piece.op, f"a{piece.op}")}"'
    if len(piece.subs) == 1:
        return f"{piece.root}.scatter_reduce_({reduced})"
    # Autograd keeps what is reduced: a copy, as the tensor itself is about to change.
    copy = f"{piece.root}.clone().flatten()"
    return f"{piece.root}[:] = {copy}.scatter_reduce({reduced}).view_as({piece.root})"


def _may_ask_gradients(piece: Write, own: Type, setting: Setting) -> bool:
    flows = type_of(piece.value, setting.scope).is_tensor
    return own.dtype not in _INTEGERS and (flows or not setting.scope.fact(piece.root).fresh)


def _refuse_kinds(piece: Write, own: Type, setting: Setting) -> None:
    value = type_of(piece.value, setting.scope)
    # What a condition asks is a number (P4).
    asked = piece.op not in LIMITS.values()
    if not (own.rank == 0 or (own.rank is None and asked)) or value.rank not in (0, None):
        raise Unprintable("unknown-rank", "numbers are compared with items of unknown rank")
    if own.dtype in _INTEGERS and value.dtype != own.dtype:
        raise Unprintable("dtype", f"`{piece.root}` holds integers and cuts what is stored off")


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
