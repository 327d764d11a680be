"""Stores whose iterations surely reach a place of their own each, though index tensors say where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import conjuncts
from loopless.dependence.feasible import bounds, proves
from loopless.ir.poly import Axis
from loopless.ir.value import Apply, At, Read, Sub, walk
from loopless.lift.types import COMPARISONS, LOGIC

if TYPE_CHECKING:
    from loopless.emit.printer import Printer
    from loopless.lift.piece import Write


def one_place_each(piece: Write, printer: Printer) -> bool:
    """Whether every axis of a store moves one subscript by itself, counted from the front."""
    axes = [axis for axis in piece.axes if axis not in printer.loops]
    return all(any(_moves_alone(sub, axis, printer) for sub in piece.subs) for axis in axes)


def asks_its_place(piece: Write) -> bool:
    """Whether the predicate of a store reads what the place holds, so that it is there in every iteration."""
    own = Read(piece.root, piece.subs)
    match conjuncts(piece.when):
        case [Apply(op, args), *_] if op in COMPARISONS:
            inside = [inner for arg in args for inner in walk(arg)]
            chosen = any(isinstance(v, Apply) and v.op in {"where", *LOGIC} for v in inside)
            return own in inside and not chosen
        case _:
            return False


def _moves_alone(sub: Sub, axis: Axis, printer: Printer) -> bool:
    match sub:
        case At(p) if p.axes() - printer.loops.keys() == frozenset({axis}) and p.linear_in(axis):
            known = [*printer.known, *bounds((axis,))]
            return p.coefficient(axis).constant not in (None, 0) and proves(p, known)
        case _:
            return False
