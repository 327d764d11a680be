"""Loops that stay and do each step for all iterations of a level around them, with the scalars they hand on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from loopless.dependence.feasible import Constraint
from loopless.emit.code import Axes, Code
from loopless.emit.draft import (
    Draft,
    Setting,
    add_guarded,
    add_line,
    learn,
    may_be_empty,
    needs_trips,
    positive,
    printer_for,
)
from loopless.emit.integers import device
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Axis
from loopless.ir.value import Const, Int, Ref, Temp, walk
from loopless.lift.piece import Append, Define, Piece, values_of
from loopless.lift.types import type_of

_TRIPS = "step-trips"

_PYTHON = {"float": "float64", "int": "int64", "bool": "bool"}

Show = Callable[[Sequence[Piece], Setting, Draft, int], None]


def steps(pieces: Sequence[Piece], at: int) -> Sequence[Piece]:
    """The pieces from here on to the last one that asks for a scalar started here; none if none is started."""
    names: set[str] = set()
    end = at
    for place in range(at, len(pieces)):
        piece = pieces[place]
        if isinstance(piece, Define) and piece.cell:
            if place > end:
                break
            names.add(piece.name)
        elif place == at:
            return ()
        later = [k for k in range(place, len(pieces)) if _asked(pieces[k]) & names]
        end = max([end, *(k + 1 for k in later)])
    return pieces[at:end]


def _asked(piece: Piece) -> set[str]:
    return {v.name for value in values_of(piece) for v in walk(value) if isinstance(v, Temp)}


def show_steps(
    pieces: Sequence[Piece], show: Show, setting: Setting, draft: Draft, depth: int
) -> None:
    """Print pieces that belong together, under one test where a scalar starts from what may not be there."""
    lines, kept, layouts = len(draft.lines), draft.kept, dict(draft.temp_layouts)
    try:
        show(pieces, setting, draft, depth)
        return
    except Unprintable as gave_up:
        if gave_up.code != _TRIPS:
            raise
    del draft.lines[lines:]
    draft.kept, draft.temp_layouts = kept, layouts
    first = pieces[0]
    assert isinstance(first, Define)
    printer = printer_for(setting, first.axes, draft)
    axes = may_be_empty(first.axes, printer, setting)
    if not all(set(axes) <= set(_over(piece)) for piece in pieces):
        raise Unprintable("zero-trips", f"`{first.name}` has no value where the loop does not run")
    tests = [positive(a.extent, printer, printer.size(a.extent)) for a in axes]
    add_line(f"if {' and '.join(tests)}:", setting, draft, depth)
    known = (*setting.known, *(Constraint(a.extent - 1) for a in axes))
    show(pieces, replace(setting, known=known), draft, depth + 1)


def _over(piece: Piece) -> tuple[Axis, ...]:
    return () if isinstance(piece, Append) else piece.axes


def start_or_step(
    piece: Define, code: Code, printer: Printer, setting: Setting, draft: Draft, depth: int
) -> None:
    """A scalar of each iteration that a loop inside hands on: for all iterations at once."""
    axes = printer.sorted(a for a in piece.axes if a not in printer.loops)
    if draft.temp_layouts.setdefault(piece.name, axes) != axes:
        raise Unprintable("kept-temp", f"`{piece.name}` is needed in two layouts")
    if code.rank != 0 or code.behind:
        raise Unprintable("kept-temp", f"`{piece.name}` has dimensions of its own")
    text = code.text if code.axes == axes else _filled(piece, axes, printer)
    if needs_trips(printer, setting, may_be_empty(piece.axes, printer, setting), []):
        raise Unprintable(_TRIPS, f"`{piece.name}` has no value where the loop does not run")
    add_guarded(f"{piece.name} = {text}", piece.axes, printer, setting, draft, depth)
    learn(printer, draft)


def _filled(piece: Define, axes: Axes, printer: Printer) -> str:
    """A number that all iterations start from, once for each, in the dtype that it takes on."""
    if not isinstance(piece.value, Const | Int | Ref) or not printer.code(piece.value).number:
        raise Unprintable("kept-temp", f"`{piece.name}` does not vary at first")
    number = printer.code(piece.value).text
    kind = type_of(Temp(piece.name, axes), printer.scope)
    for axis in axes:
        printer.ends.append(axis.extent)
    sizes = ", ".join(printer.size(axis.extent).text for axis in axes)
    shape = f"({sizes},)" if len(axes) == 1 else f"({sizes})"
    dtype = kind.dtype if kind.is_tensor else _PYTHON.get(kind.kind)
    if kind.is_tensor and (dtype is None or dtype.startswith("of:")):
        return _filled_like(piece.like or (dtype or "")[3:], number, shape, sizes, printer)
    if dtype is None:
        raise Unprintable("kept-temp", f"the dtype of `{piece.name}` is not known")
    tail = f"{device(printer)}, dtype={printer.function(f'torch.{dtype}')}"
    if number in {"0", "0.0"}:
        return f"{printer.function('torch.zeros')}({sizes}{tail})"
    return f"{printer.function('torch.full')}({shape}, {number}{tail})"


def _filled_like(root: str, number: str, shape: str, sizes: str, printer: Printer) -> str:
    """In the dtype of another tensor. A whole number is the same in every dtype that it may have."""
    if not root:
        raise Unprintable("kept-temp", "the dtype of a scalar is not known")
    if number in {"0", "0.0"}:
        return f"{root}.new_zeros({sizes})"
    if re.fullmatch(r"-?\d+(\.0)?", number):
        return f"{root}.new_full({shape}, {number})"
    # Beside a float, an integer tensor becomes the default float.
    dtype = f"{printer.function('torch.result_type')}({root}, 1.0)"
    return f"{root}.new_full({shape}, {number}, dtype={dtype})"
