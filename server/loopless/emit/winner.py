"""Which iteration won a fold by comparison, as a number: the place of the best of the keys that beat the start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.dependence.feasible import proves
from loopless.emit.code import ATOM, CHOICE, Code
from loopless.emit.conditions import where
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import poly
from loopless.ir.value import Best, Int, Temp, axes_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer


def asks_for_number(value: Best) -> bool:
    """Whether a fold gives the number of its winner, and that of all iterations where there is none."""
    total, flat = poly(1), poly(0)
    for axis in (value.axis, *value.inner):
        total, flat = total * axis.extent, flat * axis.extent + poly(axis)
    return (value.body, value.fallback) == (Int(flat), Int(total))


def winner(value: Best, beats: Temp, printer: Printer) -> Code:
    """The number of the winner in `beats`, a saved mask; the number of iterations where there is none."""
    axes = (value.axis, *value.inner)
    for axis in axes:
        printer.place(axis)
    if not isinstance(value.fallback, Int):
        raise Unprintable("extreme", "the place of an extreme")
    if axes_of(beats) - set(axes) - printer.loops.keys():
        return _of_rows(value, beats, printer)
    keys, mask = printer.code(value.key), printer.code(beats)
    if keys.axes != axes or mask.axes != axes or keys.rank not in (0, None):
        raise Unprintable("extreme", "the place of an extreme of items with dimensions")
    arg = _arg(value.order)
    places = f"{mask.primary}{'.flatten()' if len(axes) > 1 else ''}.nonzero()"
    chosen = f"{keys.primary}[{mask.text}]"
    if value.order in {">=", "<="}:
        # The last of equal keys is the first from the back.
        places, chosen = f"{places}.flip(0)", f"{chosen}.flip(0)"
    none = printer.size(value.fallback.poly).at(CHOICE)
    text = f"{places}[{chosen}.{arg}()].item() if {mask.primary}.any() else {none}"
    return Code(text, CHOICE, number=True)


def _arg(order: str) -> str:
    return "argmax" if order in {">", ">="} else "argmin"


def _of_rows(value: Best, beats: Temp, printer: Printer) -> Code:
    """The number of the winner of each row."""
    axis = value.axis
    keys = where(beats, value.key, value.start, printer)
    if axis not in keys.axes or keys.rank not in (0, None):
        raise Unprintable("extreme", "a key that does not vary")
    if not proves(axis.extent - 1, printer.known):
        # Rows without items have no place to find.
        printer.ends.append(axis.extent - 1)
    place = keys.axes.index(axis)
    rest = tuple(a for a in keys.axes if a != axis)
    end = printer.size(axis.extent - 1).at(11)
    if value.order in {">=", "<="}:
        first = f"{end} - {keys.primary}.flip({place}).{_arg(value.order)}({place})"
    else:
        first = f"{keys.primary}.{_arg(value.order)}({place})"
    mask = printer.code(beats)
    if mask.axes != keys.axes:
        raise Unprintable("extreme", "the place of an extreme of items with dimensions")
    none = printer.size(value.fallback.poly).text if isinstance(value.fallback, Int) else ""
    text = f"{printer.function('torch.where')}({mask.primary}.any({place}), {first}, {none})"
    return replace(keys, text=text, level=ATOM, axes=rest, rank=0)
