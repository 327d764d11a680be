"""Updates that change nothing where an inner loop does not run: a test that it does may stand around them."""

from __future__ import annotations

from loopless.ir.poly import Axis
from loopless.ir.value import Apply, Read, Reduce, Ref, Value
from loopless.lift.piece import Write


def guarded_axes(piece: Write) -> tuple[Axis, ...]:
    """The axes of a store, and those that it only sums over: nothing is added where one of them is empty."""
    summed = _summed(piece.value) if piece.op in ("+", "-") and piece.augmented else ()
    return (*piece.axes, *summed)


def added_axes(name: str, value: Value) -> tuple[Axis, ...]:
    """The axes that `name = name + …` only sums over."""
    match value:
        case Apply("+", (Ref(text) | Read(text, ()), added)) if text == name:
            return _summed(added)
        case _:
            return ()


def _summed(value: Value) -> tuple[Axis, ...]:
    match value:
        case Apply("neg", (inner,)):
            return _summed(inner)
        case Reduce("+", axis, inner):
            return (axis, *_summed(inner))
        case _:
            return ()
