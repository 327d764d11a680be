"""Folds that start from a number of Python: where nothing is folded in, the number stays what it is (T45)."""

from __future__ import annotations

import math

from loopless.dependence.conditions import conjunction, integer_of
from loopless.emit.code import LAND
from loopless.emit.draft import Setting, may_be_empty, positive
from loopless.emit.folds import split
from loopless.emit.printer import Printer
from loopless.facts.evidence import FLOATS
from loopless.ir.value import Apply, Best, Const, Reduce, Value, axes_of
from loopless.lift.fractions import is_fraction
from loopless.lift.types import promoted


def start_test(value: Value, printer: Printer, setting: Setting) -> str | None:
    """The text of a condition under which a fold gives anything but its start; None where it need not be asked."""
    match value:
        case Best(order, axis, key, start, body, _, when) if body == key and (
            _counts(start, key, printer) or _widens(start, key, printer) or _is_last(value, printer)
        ):
            printer.place(axis)
            beats = conjunction(when, Apply(order, (key, start)))
            if beats is None or axes_of(beats) != frozenset({axis}):
                return None
            return f"{printer.code(beats).primary}.any()"
        case Apply("+" | "*", (start, Reduce() as fold)) if _promotes(
            start, fold, printer
        ) or _counts(start, fold, printer):
            return _any_folded(fold, printer, setting)
        case _:
            return None


def _any_folded(fold: Reduce, printer: Printer, setting: Setting) -> str | None:
    """The text of a condition under which anything is folded in: the loops run, and some iteration asks for it."""
    axes, _, when = split(fold, fold.op)
    asked = [a for a in axes if when is not None and a in axes_of(when)]
    tests = [
        positive(a.extent, printer, printer.size(a.extent))
        for a in may_be_empty([a for a in axes if a not in asked], printer, setting)
    ]
    for axis in reversed(asked):
        assert when is not None
        when = Reduce("any", axis, when)
    if when is not None:
        code = printer.code(when)
        tests.append(code.but(code.text.removesuffix(".item()"), code.level).at(LAND))
    return " and ".join(tests) or None


def _promotes(start: Value, fold: Reduce, printer: Printer) -> bool:
    """Whether the first iteration gives the name another dtype than its start has, or makes a truth value a number."""
    one, other = printer.typed(start), printer.typed(fold)
    if one.kind == "bool":
        return other.kind in {"int", "float"}
    if not (one.is_tensor and other.is_tensor) or one.dtype is None or one.dtype.startswith("of:"):
        return False
    both = promoted([one, other]).dtype
    if both is None or both.startswith("of:"):
        return one.dtype not in FLOATS and is_fraction(fold, printer.scope)
    return both != one.dtype


def _counts(start: Value, folded: Value, printer: Printer) -> bool:
    """Whether the start is a number of Python that a tensor takes the place of, and no neutral one."""
    kind = printer.typed(start)
    if kind.is_tensor or not printer.typed(folded).is_tensor:
        return False
    if kind.kind == "bool" or kind.dtype == "complex128":
        return True
    whole = integer_of(start)
    if whole is not None:
        return whole.constant not in (0, 1)
    return not (isinstance(start, Const) and start.value in (0, 1, math.inf, -math.inf))


def _widens(start: Value, key: Value, printer: Printer) -> bool:
    """Whether the start, a float of Python, would make floats of keys that may be integers."""
    kind = printer.typed(key)
    return printer.typed(start).kind == "float" and kind.is_tensor and kind.dtype not in FLOATS


def _is_last(value: Best, printer: Printer) -> bool:
    """Whether the last of equals wins, against a start of Python."""
    return value.order in {">=", "<="} and not printer.typed(value.start).is_tensor
