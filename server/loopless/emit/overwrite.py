"""Stores to places looked up in data: the last one to each place stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loopless.dependence.feasible import Constraint, proves
from loopless.emit.align import lined_up
from loopless.emit.code import ATOM, TERM, Code
from loopless.emit.conditions import mask
from loopless.emit.draft import Draft, Setting, add_guarded, add_line, learn, printer_for
from loopless.emit.integers import device, integer
from loopless.emit.operators import infix
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Int,
    OnItem,
    Pick,
    Read,
    Ref,
    Scan,
    Temp,
    Value,
    axes_of,
)
from loopless.lift.piece import Write
from loopless.lift.types import type_of

_ARITHMETIC = frozenset(
    "+ - * // % neg pos abs item Tensor.long Tensor.int torch.clamp Tensor.clamp".split()
)


def overwrite(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """For each place the number of its last writer, then one store without duplicates."""
    # Have: the axes in the order in which the loops run, so that a later iteration has the greater number.
    printer = printer_for(setting, piece.axes, draft)
    if not axes_of(piece.value) - printer.loops.keys():
        _same_for_all(piece, printer, setting, draft, depth)
        return
    size = flat_size(piece, printer)
    if piece.when is not None and not proves(size - 1, printer.known):
        # Where nothing is stored the tensor may be empty, and no place is left to count in.
        extent = printer.size(size)
        add_line(f"if {extent.text} > 0:", setting, draft, depth)
        depth += 1
        printer.known.append(Constraint(size - 1))
    value = _value(piece, printer)
    # Places and predicates are numbers, whatever the items are.
    printer.behind = False
    place = flat_place(piece, printer)
    number = _number(piece, printer)
    name, held = setting.lifting.temp("last"), setting.lifting.temp("place")
    full = f"{held}.new_full(({printer.size(size).text},), -1)"
    found = f'{name} = {full}.scatter_reduce_(0, {held}, {number}, "amax")'
    if len(piece.subs) > 1:
        shape = ", ".join(
            printer.size(setting.scope.size(piece.root, at)).text for at in range(len(piece.subs))
        )
        found += f".view({shape})"
    hit = f"{name} >= 0"
    store = f"{piece.root}[{hit}] = {value.primary}[{name}[{hit}]]"
    if setting.behind:
        # Items of any rank are filled from the right, as in the loop.
        dots = "..., " if value.behind else ""
        store = f"{piece.root}.movedim(0, -1)[..., {hit}] = {value.primary}[{dots}{name}[{hit}]]"
    together((f"{held} = {place.text}", found, store), piece, printer, setting, draft, depth)
    learn(printer, draft)


def together(
    lines: Sequence[str],
    piece: Write,
    printer: Printer,
    setting: Setting,
    draft: Draft,
    depth: int,
) -> None:
    """The lines, under one test that the loop runs where they need one."""
    start = len(draft.lines)
    for line in lines:
        add_guarded(line, piece.axes, printer, setting, draft, depth)
    head = draft.lines[start]
    if head.lstrip().startswith("if "):
        draft.lines[start + 1 :] = [line for line in draft.lines[start + 1 :] if line != head]


def _same_for_all(
    piece: Write, printer: Printer, setting: Setting, draft: Draft, depth: int
) -> None:
    """Who stores last does not matter where all store the same."""
    value = printer.code(piece.value)
    test = None if piece.when is None else mask(piece.when, printer)
    if test is not None and set(test.axes) != set(piece.axes):
        raise Unprintable("scatter", "a predicate that does not vary along each loop")
    texts: list[str] = []
    if piece.when is not None:
        printer.guards.append(piece.when)
    codes = [_plain_index(sub, printer) for sub in piece.subs]
    if piece.when is not None:
        printer.guards.pop()
    if not any(code.axes for code in codes):
        raise Unprintable("scatter", "places that do not vary")
    lines: list[str] = []
    if test is not None and sum(bool(code.axes) for code in codes) > 1:
        lines.append(f"{setting.lifting.temp('kept')} = {test.text}")
        test = test.but(lines[0].partition(" ")[0], ATOM)
    for code in codes:
        if code.number and not code.axes:
            texts.append(code.text)
            continue
        lined = lined_up(code, tuple(piece.axes), 0, printer)
        if test is None:
            texts.append(lined.text)
            continue
        if not set(code.axes) <= set(test.axes):
            raise Unprintable("scatter", "places that do not vary along each loop")
        if code.axes != test.axes:
            lined = lined.but(f"{lined.primary}.expand_as({test.text})", ATOM)
        texts.append(f"{lined.primary}[{test.text}]")
    own = type_of(Read(piece.root, piece.subs), printer.scope)
    if not value.number or own.rank not in (0, None):
        raise Unprintable("scatter", "a tensor is stored at looked up places")
    lines.append(f"{piece.root}[{', '.join(texts)}] = {value.text}")
    together(lines, piece, printer, setting, draft, depth)
    learn(printer, draft)


def _plain_index(sub: object, printer: Printer) -> Code:
    match sub:
        case At(p):
            code = integer(p, printer)
        case Pick(value) if _is_number(value, printer):
            code = printer.code(value)
        case _:
            raise Unprintable("scatter", "places looked up as rows or slices")
    return code


def flat_size(piece: Write, printer: Printer) -> Poly:
    """How many places there are."""
    size = poly(1)
    for at in range(len(piece.subs)):
        size = size * printer.scope.size(piece.root, at)
    return size


def flat_place(piece: Write, printer: Printer) -> Code:
    """The places as one index into the flattened dimensions, counted from the front."""
    total: Code | None = None
    for at, sub in enumerate(piece.subs):
        size = printer.scope.size(piece.root, at)
        code = _index(sub, size, printer)
        if total is None:
            total = code
            continue
        scaled = infix("*", total, printer.size(size), printer)
        total = infix("+", scaled, code, printer)
    assert total is not None
    return flattened(lined_up(total, tuple(piece.axes), 0, printer), piece)


def _index(sub: object, size: Poly, printer: Printer) -> Code:
    match sub:
        case At(p):
            code = integer(p, printer)
            if proves(p, printer.all_known()):
                return code
        case Pick(value):
            if not _is_number(value, printer):
                raise Unprintable("scatter", "places looked up as rows")
            # A place that is looked up is a number (P4).
            code = replace(printer.code(value), rank=0, kin=frozenset[str]())
            if code.behind:
                raise Unprintable("scatter", "places of unknown rank")
            if code.axes and type_of(value, printer.scope).dtype != "int64":
                code = code.but(f"{code.primary}.long()")
        case _:
            raise Unprintable("scatter", "a slice beside a place looked up in data")
    # Negative places count from the end; what a predicate keeps out may be anything.
    return code.but(f"{code.at(TERM)} % {printer.size(size).at(ATOM)}", TERM)


def _is_number(value: Value, printer: Printer) -> bool:
    """Whether a place is one number: what a subscript looks up is presumed to be (P4), and arithmetic keeps it one."""
    if type_of(value, printer.scope).rank not in (0, None):
        return False
    match value:
        case Read() | Temp() | Int() | Const():
            return True
        case Scan(_, _, body, start):
            return _is_number(body, printer) and (start is None or _is_number(start, printer))
        case Apply("where", (_, *arms)):
            return all(_is_number(arm, printer) for arm in arms)
        case Apply(op, args) if op in _ARITHMETIC:
            return all(_is_number(arg, printer) or isinstance(arg, Ref) for arg in args)
        case Apply("int", _):
            return True
        case OnItem():
            return type_of(value, printer.scope).rank == 0
        case _:
            return False


def flattened(code: Code, piece: Write) -> Code:
    """The code with one dimension for all iterations."""
    if set(code.axes) != set(piece.axes):
        raise Unprintable("scatter", "places that do not vary along each loop")
    return code.but(f"{code.primary}.flatten()") if len(code.axes) > 1 else code


def _number(piece: Write, printer: Printer) -> str:
    """The number of each iteration; none for those that a predicate leaves out."""
    total, flat = poly(1), poly(0)
    for axis in piece.axes:
        total, flat = total * axis.extent, flat * axis.extent + poly(axis)
        if not proves(axis.extent, printer.known):
            # torch.arange(-1) raises where a range to there is empty.
            printer.ends.append(axis.extent)
    if piece.when is None:
        return f"{printer.function('torch.arange')}({printer.size(total).text}{device(printer)})"
    code = printer.code(Apply("where", (piece.when, Int(flat), Int(poly(-1)))))
    if code.axes != tuple(piece.axes):
        raise Unprintable("scatter", "a predicate that does not vary along each loop")
    return f"{code.primary}.flatten()" if len(code.axes) > 1 else code.text


def _value(piece: Write, printer: Printer) -> Code:
    """What is stored, with one leading dimension for all iterations."""
    if piece.when is not None:
        printer.guards.append(piece.when)
    code = printer.code(piece.value)
    if piece.when is not None:
        printer.guards.pop()
    own = type_of(Read(piece.root, piece.subs), printer.scope)
    if code.axes != tuple(piece.axes) or (code.behind and len(piece.subs) > 1):
        raise Unprintable("scatter", "a value that does not vary along each loop")
    spread = printer.behind and (code.behind or (code.rank == 0 and len(piece.subs) == 1))
    if not spread and (own.rank is None or code.rank != own.rank):
        raise Unprintable("unknown-rank", "items of unknown rank are stored at looked up places")
    kind = type_of(piece.value, printer.scope)
    if len(code.axes) > 1:
        code = code.but(f"{code.primary}.flatten(0, {len(code.axes) - 1})")
    if own.dtype is None or kind.dtype != own.dtype:
        code = code.but(f"{code.primary}.to({piece.root}.dtype)")
    return code
