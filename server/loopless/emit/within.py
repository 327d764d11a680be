"""Parts of what an operation on items gives: `torch.sort(row).values[1:]`, `torch.log_softmax(row, 0)[label]`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.emit.align import aligned, common, reordered
from loopless.emit.code import ATOM, Code
from loopless.emit.integers import integer
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Axis, Poly, poly
from loopless.ir.value import At, Cut, Int, OnItem, Pick, Read, Sub, sub_axes

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def within(value: OnItem, printer: Printer) -> Code:
    """The text of a part, the axes of the whole in front of its subscripts."""
    whole, of = value.args
    assert isinstance(of, Read)
    code = printer.code(whole)
    # The place is there if the loop runs.
    printer.places.append(poly(0))
    if sub_axes(of.subs) - printer.loops.keys():
        places = [sub for sub in of.subs if isinstance(sub, At | Pick)]
        if len(places) != len(of.subs):
            raise Unprintable("gather", "a lookup beside other subscripts of a result")
        walked = _walked(code, places, printer)
        return _looked_up(code, places, printer) if walked is None else walked
    texts = [":"] * len(code.axes) + [_text(sub, printer) for sub in of.subs]
    taken = sum(isinstance(s, At | Pick) for s in of.subs)
    rank = None if code.rank is None else code.rank - taken
    kin = frozenset(f"{name}#{taken}" for name in code.kin) if taken else code.kin
    return replace(code, text=f"{code.primary}[{', '.join(texts)}]", level=ATOM, rank=rank, kin=kin)


def _walked(code: Code, places: list[At | Pick], printer: Printer) -> Code | None:
    """All places of the first dimensions of each item, where the loops walk each from its start."""
    axes = [sub.poly.atom for sub in places if isinstance(sub, At)]
    new = [a for a in axes if isinstance(a, Axis) and a not in code.axes and a not in printer.loops]
    if len(set(new)) != len(places) or code.rank is None:
        return None
    ends = [printer.size(axis.extent).text for axis in new]
    cut = ", ".join([":"] * len(code.axes) + [f":{end}" for end in ends])
    rank = code.rank - len(new)
    got: list[Axis | None] = [*code.axes, *new, *[None] * rank]
    return reordered(Code(f"{code.primary}[{cut}]", ATOM, (*code.axes, *new), rank), got, printer)


def _looked_up(code: Code, subs: list[At | Pick], printer: Printer) -> Code:
    """One place of each item, another one in each iteration."""
    places = [printer.code(Int(s.poly) if isinstance(s, At) else s.value) for s in subs]
    if len(places) == 1 and places[0].rank is None and places[0].axes == code.axes:
        return _any_places(code, places[0], printer)
    several = len(places) > 1 and code.rank is None
    if several or code.behind or any(place.rank != 0 for place in places):
        raise Unprintable("unknown-rank", "places of unknown rank in a result")
    walked = [integer(poly(axis), printer) for axis in code.axes]
    axes, rank = common([*walked, *places], printer)
    texts = [aligned(index, axes, rank, printer) for index in (*walked, *places)]
    left = None if code.rank is None else code.rank - len(subs)
    kin = frozenset(f"{name}#{len(subs)}" for name in code.kin)
    return Code(f"{code.primary}[{', '.join(texts)}]", ATOM, axes, left, kin=kin)


def _any_places(code: Code, place: Code, printer: Printer) -> Code:
    """The same for a number of places that is not known: with the axis behind, they meet as in the loop."""
    if len(place.axes) != 1 or place.behind:
        raise Unprintable("unknown-rank", "places of unknown rank in a result")
    (axis,) = place.axes
    walked = integer(poly(axis), printer).text
    looked = f"{code.primary}[{walked}, {place.primary}.movedim(0, -1)]"
    return Code(f"{looked}.movedim({place.primary}.dim() - 1, 0)", ATOM, place.axes, None)


def _text(sub: Sub, printer: Printer) -> str:
    match sub:
        case At(p):
            return integer(p, printer).text
        case Pick(value):
            return printer.code(value).text
        case Cut(start, count, step, stop):
            last = start + count if count is not None else stop
            text = f"{_end(start, printer) if start.terms else ''}:{_end(last, printer)}"
            return text if step == 1 else f"{text}:{step}"
        case _:
            raise Unprintable("unknown-subscript", "a new dimension of a result")


def _end(p: Poly | None, printer: Printer) -> str:
    return "" if p is None else integer(p, printer).text
