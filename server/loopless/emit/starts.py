"""Folds that start from a number of Python: where nothing is folded in, the number stays what it is (T45)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from loopless.dependence.conditions import conjunction, integer_of
from loopless.emit.draft import Setting, may_be_empty, positive
from loopless.emit.printer import Printer
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.ir.poly import Axis
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
        case Apply("+" | "*", (start, Reduce() as fold)) if _promotes(start, fold, printer):
            if _asks(fold):
                raise Unprintable("dtype", "where nothing is added the start keeps its dtype")
            return _runs(_axes(fold), printer, setting)
        case Apply("+" | "*", (start, Reduce() as fold)) if _counts(start, fold, printer):
            return _runs([a for a in printer.layout if a not in printer.loops], printer, setting)
        case _:
            return None


def _runs(axes: Sequence[Axis], printer: Printer, setting: Setting) -> str | None:
    """The text of a condition under which loops over all of these axes have an iteration."""
    tests = [
        positive(a.extent, printer, printer.size(a.extent))
        for a in may_be_empty(axes, printer, setting)
    ]
    return " and ".join(tests) or None


def _axes(fold: Reduce) -> tuple[Axis, ...]:
    inner = fold.body
    return (fold.axis, *(_axes(inner) if isinstance(inner, Reduce) and inner.op == fold.op else ()))


def _asks(fold: Reduce) -> bool:
    """Whether a condition may leave out every iteration."""
    inner = fold.body
    if fold.when is not None:
        return True
    return isinstance(inner, Reduce) and inner.op == fold.op and _asks(inner)


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
    if printer.typed(start).is_tensor or not printer.typed(folded).is_tensor:
        return False
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
