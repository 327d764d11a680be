"""Integers that vary along axes, as `torch.arange` and what is computed of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loopless.dependence.feasible import proves
from loopless.emit.code import ATOM, TERM, Code
from loopless.emit.operators import infix, prefix
from loopless.emit.sizes import atom_text
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Atom, Axis, Monomial, Poly, Quotient, Remainder, poly

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def _device(printer: Printer) -> str:
    """`, device=x.device` where the rewrite works on tensors that may be anywhere."""
    return "" if printer.device_root is None else f", device={printer.device_root}.device"


def arange(axis: Axis, start: Poly, step: int, printer: Printer, dtype: str = "") -> str:
    """The values start, start + step, … along an axis."""
    torch = printer.function("torch.arange")
    extent = axis.extent
    stop = start + extent * step
    tail = _device(printer) + dtype
    if not proves(extent, printer.known):
        # torch.arange(5, 3) raises where range(5, 3) is empty.
        printer.ends.append(extent)
    if step == 1 and not start.terms:
        text = f"{torch}({printer.size(extent).text}{tail})"
        if not dtype and proves(extent, []):
            printer.ranges[text] = axis.name
        return text
    pieces = [printer.size(start).text, printer.size(stop).text]
    if step != 1:
        pieces.append(str(step))
    return f"{torch}({', '.join(pieces)}{tail})"


def integer(p: Poly, printer: Printer, dtype: str = "") -> Code:
    """A Python integer as a number, or as an integer tensor over its axes."""
    axes = [a for a in printer.sorted(p.axes()) if a not in printer.loops]
    if not axes:
        return printer.size(p)
    groups: dict[Axis, int] = {}
    rest: dict[Monomial, int] = {}
    for monomial, factor in p.terms:
        inside = [a for a in monomial if isinstance(a, Axis) and a in axes]
        if len(monomial) == 1 and len(inside) == 1 and not dtype:
            groups[inside[0]] = factor
        else:
            rest[monomial] = factor
    left = Poly(tuple(rest.items()))
    if left.axes() & set(axes):
        return _general(p, printer)
    codes: list[Code] = []
    ordered = sorted(groups, key=printer.place)
    for at, axis in enumerate(ordered):
        start = left if at == 0 else poly(0)
        codes.append(Code(arange(axis, start, groups[axis], printer), ATOM, (axis,)))
    return _sum_of(codes, printer)


def _sum_of(codes: Sequence[Code], printer: Printer) -> Code:
    """The codes, added up from the left."""
    total = codes[0]
    for code in codes[1:]:
        total = infix("+", total, code, printer)
    return total


def _general(p: Poly, printer: Printer) -> Code:
    """A polynomial term by term: products of axes, quotients, remainders."""
    total: Code | None = None
    for monomial, factor in sorted(p.terms, key=lambda term: not term[0]):
        product: Code | None = None
        for atom in monomial:
            code = _atom(atom, printer)
            product = code if product is None else infix("*", product, code, printer)
        if product is None:
            product = Code(str(abs(factor)), number=True)
        elif abs(factor) != 1:
            product = infix("*", Code(str(abs(factor)), number=True), product, printer)
        if total is None:
            total = product if factor > 0 else prefix("-", product, printer)
        else:
            total = infix("+" if factor > 0 else "-", total, product, printer)
    assert total is not None
    return total


def _atom(atom: Atom, printer: Printer) -> Code:
    """One atom of a polynomial, as a tensor where it varies."""
    match atom:
        case Axis() if atom not in printer.loops:
            return Code(arange(atom, poly(0), 1, printer), ATOM, (atom,))
        case Quotient(over, under) if over.axes() or under.axes():
            return infix("//", integer(over, printer), integer(under, printer), printer)
        case Remainder(over, under) if over.axes() or under.axes():
            return infix("%", integer(over, printer), integer(under, printer), printer)
        case _:
            if any(a not in printer.loops for a in poly(atom).axes()):
                raise Unprintable("extreme", "a minimum or maximum of loop variables")
            text = atom_text(atom, printer.names, printer.loops)
            return Code(text, TERM if " " in text else ATOM, number=True)
