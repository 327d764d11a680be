"""Slices that move with the loop, as tensor code: `unfold` where they walk evenly, index tensors where they do not.

A slice of fixed length, `x[i * s : i * s + k]`, is an item with a dimension of its own: all of them at once are
`x.unfold(0, k, s)`, whose dimensions are the axis and the place inside of the slice. A start that is looked up gives
`x[start[:, None] + torch.arange(k)]`. Where a slice is cut short by an end of the tensor, `lift/ragged.py` asks for a
`padded` one, which has its full length, and keeps a mask of what is really there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.dependence.feasible import Constraint, bounds, proves
from loopless.emit.align import reordered
from loopless.emit.code import ATOM, CHOICE, COMPARE, Code
from loopless.emit.integers import device, integer
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Axis, Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Cut,
    Int,
    New,
    OnItem,
    Pick,
    Read,
    Ref,
    Sub,
    Value,
    sub_axes,
    sub_polys,
)
from loopless.lift.bounds import data_in
from loopless.lift.ragged import POSITIONS, TRAILING, whole_steps
from loopless.lift.subscript import kin_of
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

Dimension = Axis | int
"""A dimension of a result: an axis, or the subscript (or dimension behind them) that it comes from."""


def moves(sub: Sub, printer: Printer) -> bool:
    """Whether a slice is another one in each iteration."""
    if not isinstance(sub, Cut):
        return False
    return any(p.axes() - printer.loops.keys() for p in sub_polys((sub,)))


def windowed(read: Read, printer: Printer) -> Code:
    """The text of a read with slices that move."""
    moving = [at for at, sub in enumerate(read.subs) if moves(sub, printer)]
    if all(_walks(read, at, printer) for at in moving):
        return _unfolded(read, moving, printer)
    return _all_looked_up(read, moving, printer)


def _all_looked_up(read: Read, moving: list[int], printer: Printer) -> Code:
    """The slices as lookups, each along a dimension of its own."""
    from loopless.emit.access import read_code

    subs = list(read.subs)
    for behind, at in enumerate(reversed(moving)):
        subs[at] = _looked_up(read, at, behind, printer)
    return read_code(Read(read.root, tuple(subs)), printer, moving)


def _cut(sub: Sub) -> tuple[Poly, Poly]:
    """The start and the length of a slice that moves; raises where it has none of its own."""
    assert isinstance(sub, Cut)
    if sub.count is None or sub.step != 1 or sub.stop is not None or sub.count.axes():
        raise Unprintable("moving-slice", "a slice moves with the loop, and its length as well")
    return sub.start, sub.count


def _walks(read: Read, at: int, printer: Printer) -> bool:
    """Whether the starts are evenly spaced along one axis that nothing else in the subscripts uses."""
    start, _ = _cut(read.subs[at])
    axes = start.axes() - printer.loops.keys()
    others = sub_axes((*read.subs[:at], *read.subs[at + 1 :]))
    if len(axes) != 1 or axes & others:
        return False
    (axis,) = axes
    if not start.linear_in(axis) or data_in(start):
        return False
    slope = start.coefficient(axis).constant
    return slope is None or slope > 0


def _looked_up(read: Read, at: int, behind: int, printer: Printer) -> Sub:
    """The slice as places: its start, and one after the other from there, before those of `behind` other slices."""
    start, count = _cut(read.subs[at])
    if not data_in(start):
        known = [*printer.known, *bounds(a for a in start.axes() if a not in printer.loops)]
        size = printer.scope.size(read.root, _dim(read, at))
        if not proves(start, known) or not proves(size - start - count, known):
            raise Unprintable("moving-slice", f"a slice of `{read.root}` may be cut short")
    places = OnItem(POSITIONS, (Int(count),))
    if behind:
        places = OnItem(TRAILING, (places, Int(poly(behind))))
    return Pick(Apply("+", (Int(start), places)))


def _dim(read: Read, at: int) -> int:
    return sum(not isinstance(s, New) for s in read.subs[:at])


def _unfolded(read: Read, moving: list[int], printer: Printer) -> Code:
    from loopless.emit.access import subscripts

    rank = type_of(read, printer.scope).rank
    base = list(read.subs)
    pads: dict[int, tuple[Poly, Poly]] = {}
    steps: dict[int, tuple[Axis, str, str]] = {}
    for at in moving:
        start, count = _cut(read.subs[at])
        (axis,) = start.axes() - printer.loops.keys()
        slope = start.coefficient(axis)
        base[at], pads[at] = _covered(read, at, axis, printer)
        steps[at] = axis, integer(count, printer).text, integer(slope, printer).text
        if not proves(axis.extent - 1, printer.known):
            # Without iterations there may be no room for a single slice.
            printer.places.append(poly(0))
    texts, got, flips = subscripts(read.root, tuple(base), printer)
    items = [at for at, sub in enumerate(base) if isinstance(sub, Cut | New)]
    if flips or got.count(None) != len(items):
        raise Unprintable("moving-slice", "slices that move beside other lookups")
    behind = 0 if rank is None else max(0, rank - len(items))
    order = iter((*items, *range(len(base), len(base) + behind)))
    dims: list[Dimension] = [next(order) if axis is None else axis for axis in got]
    dims += list(order)
    text = f"{read.root}[{', '.join(texts)}]" if texts else read.root
    text = _padded(text, dims, pads, rank, printer)
    for at, (axis, count, slope) in steps.items():
        place = dims.index(at)
        text = f"{text}.unfold({place}, {count}, {slope})"
        dims[place] = axis
        dims.append(at)
    return _arranged(read, text, dims, rank, len(moving), printer)


def _covered(read: Read, at: int, axis: Axis, printer: Printer) -> tuple[Sub, tuple[Poly, Poly]]:
    """All places that the slices reach, as one slice, and how many of them lie before and behind the tensor."""
    start, count = _cut(read.subs[at])
    first = start.substitute({axis: poly(0)})
    end = start.substitute({axis: axis.extent - 1}) + count
    size = printer.scope.size(read.root, _dim(read, at))
    known = [*printer.known, Constraint(axis.extent - 1), *whole_steps((end,))]
    nothing = poly(0), poly(0)
    if proves(first, known) and proves(size - end, known):
        whole = not first.terms and end == size
        return (Cut(poly(0), None) if whole else Cut(first, end - first)), nothing
    sub = read.subs[at]
    assert isinstance(sub, Cut)
    if not sub.padded:
        raise Unprintable("moving-slice", f"a slice of `{read.root}` may be cut short")
    return Cut(poly(0), None), (-first, end - size)


def _padded(
    text: str,
    dims: list[Dimension],
    pads: dict[int, tuple[Poly, Poly]],
    rank: int | None,
    printer: Printer,
) -> str:
    """The text with zeros before and behind, where slices reach out of the tensor."""
    if not any(p.terms for pair in pads.values() for p in pair):
        return text
    if rank is None:
        raise Unprintable("unknown-rank", "a tensor of unknown rank is padded")
    amounts: list[str] = []
    for dim in reversed(dims):
        before, behind = (
            pads.get(dim, (poly(0), poly(0))) if isinstance(dim, int) else (poly(0),) * 2
        )
        amounts += [integer(before, printer).text, integer(behind, printer).text]
    while amounts[-2:] == ["0", "0"]:
        del amounts[-2:]
    return f"{printer.function('torch.nn.functional.pad')}({text}, ({', '.join(amounts)}))"


def _arranged(
    read: Read,
    text: str,
    dims: list[Dimension],
    rank: int | None,
    count: int,
    printer: Printer,
) -> Code:
    """The text with its axes in front, in layout order, and its own dimensions in the order of the subscripts."""
    if rank is None:
        if count > 1:
            raise Unprintable("unknown-rank", "slices of several dimensions of unknown rank")
        at = dims.pop()
        assert isinstance(at, int)
        place = next((n for n, d in enumerate(dims) if isinstance(d, int) and d > at), len(dims))
        dims.insert(place, at)
        got = [d if isinstance(d, Axis) else None for d in dims]
        code = Code(f"{text}.movedim(-1, {place})", ATOM, kin=kin_of(read, printer.scope))
        return reordered(replace(code, rank=None), got, printer)
    axes = printer.sorted(d for d in dims if isinstance(d, Axis))
    want: list[Dimension] = [*axes, *sorted(d for d in dims if isinstance(d, int))]
    order = [dims.index(d) for d in want]
    return Code(text + _permutation(order), ATOM, axes, rank)


def _permutation(order: list[int]) -> str:
    """The call that puts the dimensions in this order, nothing where they stand in it."""
    moved = [at for at, source in enumerate(order) if at != source]
    if not moved:
        return ""
    if len(moved) == 2:
        return f".transpose({moved[0]}, {moved[1]})"
    last = len(order) - 1
    if [*(d for d in order if d != last)] == list(range(last)):
        return f".movedim(-1, {order.index(last)})"
    return f".permute({', '.join(map(str, order))})"


def masking(value: OnItem, printer: Printer) -> Code:
    """The operations that masks are made of."""
    match value:
        case OnItem("positions", (count,)):
            code = printer.code(count)
            if not code.number:
                raise Unprintable("moving-slice", "a slice whose length varies")
            text = f"{printer.function('torch.arange')}({code.text}{device(printer)})"
            printer.parts.setdefault(text, "places")
            return Code(text, ATOM, (), 1)
        case OnItem("trailing", (inner, Int(p))):
            code = printer.code(inner)
            nones = ", ".join(["None"] * (p.constant or 0))
            return replace(
                code.but(f"{code.primary}[..., {nones}]"), rank=(code.rank or 0) + (p.constant or 0)
            )
        case OnItem("trailing", (inner, (Read(root) | Ref(root)) as of)):
            return _opened(printer.code(inner), root, of, printer)
        case OnItem("wrapped", (place, from_front)):
            one, other = printer.code(place), printer.code(from_front)
            if not one.axes:
                text = f"{one.at(CHOICE + 1)} if {one.at(COMPARE + 1)} >= 0 else {other.at(CHOICE)}"
                return Code(text, CHOICE, number=True)
            texts = ", ".join((f"{one.at(COMPARE + 1)} < 0", other.text, one.text))
            return one.but(f"{printer.function('torch.where')}({texts})")
        case OnItem("lowest", (Const(root), Const(sign), Const(dtype))):
            # Of no rows of no places there is no extreme either.
            printer.places.append(poly(0))
            if dtype in FLOATS:
                return printer.code(Const(float(f"{sign}inf")))
            end = "min" if sign else "max"
            text = f'float("{sign}inf") if {root}.is_floating_point() else '
            text += f"{printer.function('torch.iinfo')}({root}.dtype).{end}"
            return Code(text, CHOICE, number=True)
        case _:
            raise Unprintable("moving-slice", "a slice of another length in each iteration")


def _opened(mask: Code, root: str, of: Value, printer: Printer) -> Code:
    """A mask with a dimension of size one for each that `of`, of unknown rank, has behind its first."""
    taken = sum(isinstance(sub, At | Pick) for sub in of.subs) if isinstance(of, Read) else 0
    text = f"{mask.primary}[(...,) + (None,) * ({root}.dim() - {taken + 1})]"
    return Code(text, ATOM, mask.axes, None, kin=printer.code(of).kin)
