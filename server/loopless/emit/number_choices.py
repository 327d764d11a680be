"""Choices between two numbers of Python, in double precision: `torch.where` makes the default float of two of them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from loopless.emit.code import Code
from loopless.ir.value import Apply, Const, Int, Value

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

_WHOLE = frozenset({"int", "bool"})


def stored_whole(value: Value, dtype: str | None) -> frozenset[Value]:
    """The choices that are stored as they are, without a loss where `torch.where` makes the default float of them."""
    return frozenset(
        choice
        for choice in _choices(value)
        if dtype == "float32" or all(_fits_single(arm) for arm in choice.args[1:])
    )


def _choices(value: Value) -> Iterator[Apply]:
    match value:
        case Apply("where", (_, then, otherwise)):
            yield value
            yield from _choices(then)
            yield from _choices(otherwise)
        case _:
            pass


def _fits_single(value: Value) -> bool:
    """Whether a number is the same in single precision."""
    match value:
        case Int(p):
            return p.constant is not None and abs(p.constant) < 2**24
        case Const(int() | float() as number):
            try:
                return struct.unpack("f", struct.pack("f", number))[0] == number
            except OverflowError:
                return False
        case Apply("neg", (inner,)):
            return _fits_single(inner)
        case Apply("where", (_, then, otherwise)):
            return _fits_single(then) and _fits_single(otherwise)
        case _:
            return False


def in_double(choice: Apply, one: Code, other: Code, printer: Printer) -> tuple[Code, Code]:
    """The arms of a choice that varies; of two numbers, where not both are whole, one is a tensor of doubles."""
    kinds = [printer.typed(arm).kind for arm in choice.args[1:]]
    if "tensor" in kinds or "other" in kinds or _WHOLE.issuperset(kinds) or choice in printer.whole:
        return one, other
    if (one.axes and kinds[0] not in _WHOLE) or (other.axes and kinds[1] not in _WHOLE):
        # Numbers that vary are doubles already.
        return one, other
    if other.axes:
        return one, other.but(f"{other.primary}.double()")
    if one.axes:
        return one.but(f"{one.primary}.double()"), other
    function, double = printer.function("torch.tensor"), printer.function("torch.float64")
    return one, Code(f"{function}({other.text}, dtype={double})")
