"""Updates of places that are looked up in data or computed: duplicates add up."""

from __future__ import annotations

from dataclasses import replace

from loopless.dependence.feasible import bounds, proves
from loopless.emit.align import lined_up
from loopless.emit.code import Code
from loopless.emit.draft import (
    Draft,
    Setting,
    add_guarded,
    learn,
    printer_for,
)
from loopless.emit.fractions import has_fraction
from loopless.emit.integers import integer
from loopless.emit.printer import Printer
from loopless.emit.targets import layout_of, overlaps
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Int,
    Pick,
    Read,
    Value,
)
from loopless.lift.piece import Write
from loopless.lift.types import type_of


def scatter(piece: Write, setting: Setting, draft: Draft, depth: int) -> None:
    """An update of places looked up in data: duplicates add up."""
    if piece.op != "+":
        raise Unprintable("scatter", f"no tensor form of `{piece.op}=` at places looked up in data")
    layout = layout_of(piece, setting)
    printer = printer_for(setting, layout, draft)
    rank = type_of(Read(piece.root, piece.subs), printer.scope).rank
    value = piece.value
    indices: list[Code] = []
    if piece.when is not None:
        printer.guards.append(piece.when)
    for sub in piece.subs:
        match sub:
            case At(p):
                indices.append(_clamped_place(p, piece, len(indices), printer))
            case Pick(inner):
                indices.append(_index(inner, piece, len(indices), printer))
            case _:
                raise Unprintable("scatter", "a slice beside a place looked up in data")
    if piece.when is not None:
        printer.guards.pop()
        value = Apply("where", (piece.when, value, Int(poly(0))))
    code = printer.code(value)
    axes = printer.sorted(a for c in (*indices, code) for a in c.axes)
    texts = [_as_index(lined_up(c, axes, 0, printer), printer) for c in indices]
    own = type_of(Read(piece.root, piece.subs), setting.scope).dtype
    kind = type_of(value, setting.scope)
    unsure = rank != code.rank and (code.rank is None if rank else rank is None)
    if unsure and len(code.axes) == 1 and len(piece.axes) == 1:
        # Numbers would have to be spread over rows, which indices in front do not do. Along several loop variables
        # what is not known is a number (P4).
        raise Unprintable("unknown-rank", "items are added to items of another rank")
    if code.number:
        source = f"{piece.root}.new_tensor({code.text})"
    else:
        lined = lined_up(code, axes, rank, printer)
        if lined.behind:
            lined = replace(lined.but(f"{lined.primary}.movedim(-1, 0)"), behind=False)
        same = own is not None and kind.dtype == own
        if same and overlaps(value, piece, setting):
            lined = lined.but(f"{lined.primary}.clone()")
        copied = "" if same or not overlaps(value, piece, setting) else ", copy=True"
        source = lined.text if same else f"{lined.primary}.to({piece.root}.dtype{copied})"
        if not same and not (own in FLOATS or own is None or own.startswith("of:")):
            raise Unprintable("scatter", "floats are added to integers")
        if not piece.augmented and own not in FLOATS and has_fraction(value, setting.scope):
            # `x[k] = x[k] + v` cuts each sum off where `x` holds integers; `x[k] += v` refuses to (T3).
            raise Unprintable("dtype", f"`{piece.root}` may hold integers and cut each sum off")
    if any(a not in printer.sorted(x for c in indices for x in c.axes) for a in code.axes):
        raise Unprintable("scatter", "a value varies along an axis that its place does not")
    places = ", ".join(texts) + ("," if len(texts) == 1 else "")
    printer.grade_at_least("E1")
    line = f"{piece.root}.index_put_(({places}), {source}, accumulate=True)"
    add_guarded(line, piece.axes, printer, setting, draft, depth)
    learn(printer, draft)


def _clamped_place(p: Poly, piece: Write, at: int, printer: Printer) -> Code:
    code = integer(p, printer)
    size = printer.scope.size(piece.root, at)
    if not printer.guards or not code.axes:
        return code
    known = [*printer.known, *bounds(printer.layout)]
    if proves(p, known) and proves(size - p - 1, known):
        return code
    low = poly(0) if proves(p, printer.all_known()) else -size
    return code.but(
        f"{code.primary}.clamp({printer.size(low).text}, {printer.size(size - 1).text})"
    )


def _index(value: Value, piece: Write, at: int, printer: Printer) -> Code:
    code = printer.code(value)
    kind = printer.typed(value)
    if code.axes and not kind.is_tensor and kind.kind != "int":
        # A count whose dtype is not shown is printed as a float.
        raise Unprintable("unknown-dtype", "whether a place is an integer is not known")
    if printer.guards and code.axes:
        size = printer.scope.size(piece.root, at)
        return code.but(
            f"{code.primary}.clamp({printer.size(-size).text}, {printer.size(size - 1).text})"
        )
    return code


def _as_index(code: Code, printer: Printer) -> str:
    if code.axes:
        return code.text
    return f"{printer.function('torch.tensor')}({code.text})" if code.number else code.text
