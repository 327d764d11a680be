"""Choices between Python's own numbers beside a tensor: what is done to the choice is done to each number.

A tensor of numbers has a dtype of its own, a number takes that of the tensor beside it (trap T1). So
`(a if test else b) * x` is `torch.where(test, a * x, b * x)`, whatever the dtype of `x` is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.facts.evidence import FLOATS
from loopless.ir.value import Apply, Value, axes_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

_ARITHMETIC = frozenset({"+", "-", "*", "/", "**", "neg"})


def distributed(op: str, left: Value, right: Value, printer: Printer) -> Value | None:
    """An operation on a choice of numbers and a tensor of unshown dtype, None for anything else."""
    match _choice(left, right, printer):
        case Apply(_, (test, one, other)):
            return Apply("where", (test, Apply(op, (one, right)), Apply(op, (other, right))))
        case _:
            pass
    match _choice(right, left, printer):
        case Apply(_, (test, one, other)):
            return Apply("where", (test, Apply(op, (left, one)), Apply(op, (left, other))))
        case _:
            return None


def _choice(value: Value, beside: Value, printer: Printer) -> Apply | None:
    """A choice that varies between numbers that do not, beside a tensor whose dtype is not shown."""
    tensor, kind = printer.typed(beside), printer.typed(value)
    if not tensor.is_tensor or tensor.dtype in FLOATS or kind.kind not in {"float", "number"}:
        return None
    found = _of_numbers(value, printer)
    return found if found is not None and axes_of(found.args[0]) - printer.loops.keys() else None


def _of_numbers(value: Value, printer: Printer) -> Apply | None:
    """Arithmetic on one choice and on numbers that are the same in every iteration, as a choice of results."""
    match value:
        case Apply("where", (_, one, other)):
            arms = (one, other)
            return (
                value
                if all(_is_fixed(a, printer) or _of_numbers(a, printer) for a in arms)
                else None
            )
        case Apply(op, args) if op in _ARITHMETIC:
            rest = [arg for arg in args if not _is_fixed(arg, printer)]
            inner = _of_numbers(rest[0], printer) if len(rest) == 1 else None
            if inner is None:
                return None
            test, *arms = inner.args
            both = (_put(value, rest[0], arm) for arm in arms)
            return Apply("where", (test, *both))
        case _:
            return None


def _put(value: Apply, old: Value, new: Value) -> Apply:
    return Apply(value.op, tuple(new if arg is old else arg for arg in value.args))


def _is_fixed(value: Value, printer: Printer) -> bool:
    """Whether a value is one number of Python, the same in every iteration."""
    return not printer.typed(value).is_tensor and not (axes_of(value) - printer.loops.keys())
