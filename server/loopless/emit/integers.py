"""Integers that vary along axes, as `torch.arange` and what is computed of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loopless.dependence.feasible import proves
from loopless.emit.align import aligned, common
from loopless.emit.code import ATOM, TERM, Code
from loopless.emit.operators import infix, prefix
from loopless.emit.sizes import atom_text
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import (
    Atom,
    Axis,
    Greatest,
    Least,
    Monomial,
    Poly,
    Quotient,
    Remainder,
    poly,
)
from loopless.ir.value import Apply, Held, Reduce, Value, axes_of, walk
from loopless.lift.bounds import data_in

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def device(printer: Printer) -> str:
    """`, device=x.device` where the rewrite works on tensors that may be anywhere."""
    return "" if printer.device_root is None else f", device={printer.device_root}.device"


def arange(axis: Axis, start: Poly, step: int, printer: Printer, dtype: str = "") -> str:
    """The values start, start + step, … along an axis."""
    torch = printer.function("torch.arange")
    extent = axis.extent
    stop = start + extent * step
    tail = device(printer) + dtype
    if not proves(extent, printer.known):
        # torch.arange(5, 3) raises where range(5, 3) is empty.
        printer.ends.append(extent)
    if step == 1 and not start.terms:
        text = f"{torch}({printer.size(extent).text}{tail})"
        if not dtype and not data_in(extent) and proves(extent, []):
            printer.ranges[text] = axis.name
        return text
    pieces = [printer.size(start).text, printer.size(stop).text]
    if step != 1:
        pieces.append(str(step))
    return f"{torch}({', '.join(pieces)}{tail})"


def integer(p: Poly, printer: Printer, dtype: str = "") -> Code:
    """A Python integer as a number, or as an integer tensor over its axes."""
    axes = [a for a in printer.sorted(p.axes()) if a not in printer.loops]
    if not axes and not data_in(p):
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
    if left.axes() & set(axes) or data_in(left):
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
    for monomial, factor in sorted(p.terms, key=lambda term: (not term[0], term[1] < 0)):
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
            _asked_for(under, printer)
            return infix("//", integer(over, printer), integer(under, printer), printer)
        case Remainder(over, under) if over.axes() or under.axes():
            _asked_for(under, printer)
            return infix("%", integer(over, printer), integer(under, printer), printer)
        case Held(value):
            return _held(value, printer)
        case Least(of) | Greatest(of) if any(p.axes() or data_in(p) for p in of):
            return _extreme("max" if isinstance(atom, Least) else "min", of, printer)
        case _:
            if any(a not in printer.loops for a in poly(atom).axes()):
                raise Unprintable("extreme", "a minimum or maximum of loop variables")
            text = atom_text(atom, printer.names, printer.loops)
            return Code(text, TERM if " " in text else ATOM, number=True)


def _held(value: Value, printer: Printer) -> Code:
    """An integer read from data: a number where it stands alone, an integer tensor where it varies."""
    for inner in walk(value):
        if isinstance(inner, Reduce):
            # The longest of no rows there is not.
            printer.ends.append(inner.axis.extent - 1)
    code = _held_code(value, printer)
    if code.axes and not code.text.isidentifier():
        printer.parts[code.text] = printer.hints.get(value, "bounds")
    return code


def _held_code(value: Value, printer: Printer) -> Code:
    match value:
        case Apply("item", (inner,)) if axes_of(inner) - printer.loops.keys():
            value = inner
        case _:
            pass
    code = printer.code(value)
    kind = printer.typed(value)
    if not code.axes and kind.is_tensor:
        return Code(f"int({code.text})", number=True)
    if kind.dtype in {"uint8", "int8", "int16"}:
        # Python's integers do not overflow.
        return code.but(f"{code.primary}.long()")
    return code


def _extreme(bound: str, of: tuple[Poly, ...], printer: Printer) -> Code:
    """The smallest or greatest of several integers: `max` or `min` is the bound that each sets to the others."""
    between = _between(of, printer) if bound == "min" else None
    if between is not None:
        return between
    codes = sorted((integer(p, printer) for p in of), key=lambda code: code.number)
    total = codes[0]
    for code in codes[1:]:
        if code.number and not total.number:
            total = total.but(f"{total.primary}.clamp({bound}={code.text})")
        elif code.number:
            short = "min" if bound == "max" else "max"
            total = Code(f"{short}({total.text}, {code.text})", number=True)
        else:
            axes, rank = common((total, code), printer)
            texts = [aligned(c, axes, rank, printer) for c in (total, code)]
            name = printer.function("torch.minimum" if bound == "max" else "torch.maximum")
            total = Code(f"{name}({', '.join(texts)})", ATOM, axes, rank)
    return total


def _between(of: tuple[Poly, ...], printer: Printer) -> Code | None:
    """The greatest of a number and of the least of two others, as one `clamp` between two ends."""
    match [p.atom for p in of], of:
        case [Least((_, _) as ends), None], (_, low):
            pass
        case _:
            return None
    inner, high = sorted(ends, key=lambda p: not (p.axes() or data_in(p)))
    fixed = not (high.axes() or low.axes() or data_in(high) or data_in(low))
    code = integer(inner, printer) if fixed and proves(high - low, printer.known) else None
    if code is None or not code.axes:
        return None
    text = f"{code.primary}.clamp({printer.size(low).text}, {printer.size(high).text})"
    return Code(text, ATOM, code.axes)


def _asked_for(under: Poly, printer: Printer) -> None:
    """A divisor that may be zero: then the loop does not run, or raises."""
    if not under.axes() and not proves(under - 1, printer.known):
        printer.places.append(under)
