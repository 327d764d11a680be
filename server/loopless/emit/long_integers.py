"""Python's integers have as many digits as they need, those of tensors 64 bits (trap T8).

Where one meets a tensor, or is stored into one, the loop itself raises if it does not fit. Where only Python's own are
added up or listed, nothing does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.emit.unprintable import Unprintable
from loopless.ir.poly import Axis
from loopless.ir.value import Apply, Int, Value, axes_of, walk

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

# Up to cubes a loop over as many numbers as it takes to need more than 64 bits takes Python too long.
_MOST = 3


def refuse_outgrown(body: Value, printer: Printer) -> None:
    """Raise where integers of Python that are folded or listed soon have more than 64 bits."""
    if printer.typed(body).kind == "int" and any(_outgrows(v) for v in walk(body)):
        raise Unprintable("overflow", "powers of integers may not fit into 64 bits")


def _outgrows(value: Value) -> bool:
    match value:
        case Int(p):
            axes = max(1, len(p.axes()))
            return any(
                sum(isinstance(atom, Axis) for atom in term) > _MOST * axes for term, _ in p.terms
            )
        case Apply("**", (base, power)):
            return _power(base, power)
        case Apply("<<", (_, by)):
            return bool(axes_of(by))
        case _:
            return False


def _power(base: Value, power: Value) -> bool:
    under, over = integer_of(base), integer_of(power)
    if over is not None and over.constant is not None:
        return over.constant > _MOST and bool(axes_of(base))
    # Powers of one and minus one stay small.
    return not (under is not None and under.constant in (-1, 0, 1))
