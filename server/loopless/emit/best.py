"""The best key of a fold by comparison: `if x[i] > m: m = x[i]`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from loopless.dependence.conditions import conjunction
from loopless.dependence.feasible import proves
from loopless.emit.code import ATOM, CHOICE, Code
from loopless.emit.conditions import mask, where
from loopless.emit.unprintable import Unprintable
from loopless.facts.evidence import FLOATS
from loopless.ir.value import Apply, Best, Const, Value
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.emit.printer import Printer

_LAST = frozenset({">=", "<="})


def keys_of(value: Best, printer: Printer) -> Code:
    """The keys, where they beat the start, else the start: no NaN is left unless the start is one (T11)."""
    code = where(beats_of(value), value.key, value.start, printer)
    if value.axis not in code.axes:
        raise Unprintable("extreme", "a key that does not vary")
    return code


def beats_of(value: Best) -> Value:
    """The condition under which a key takes part: it beats the start."""
    beats: Value = Apply(value.order, (value.key, value.start))
    return beats if value.when is None else conjunction(value.when, beats) or beats


def best_key(value: Best, printer: Printer) -> Code:
    """The best of the keys and the start."""
    _refuse_kinds(value, printer)
    if printer.beaten:
        found = _of_those_that_beat(value, printer)
        if found is not None:
            return found
    _refuse_fillers(value, printer)
    keys = keys_of(value, printer)
    place = keys.axes.index(value.axis)
    axes = tuple(a for a in keys.axes if a != value.axis)
    code = replace(keys, text=_folded(keys, place, value), level=ATOM, axes=axes)
    if not type_of(value.key, printer.scope).is_tensor and not code.axes:
        # Python's own numbers stay Python's.
        code = Code(f"{code.primary}.item()", number=True)
    if proves(value.axis.extent - 1, printer.known):
        return code
    start = printer.code(value.start)
    if code.axes:
        printer.ends.append(value.axis.extent - 1)
        return code
    runs = printer.size(value.axis.extent)
    text = f"{code.at(CHOICE + 1)} if {runs.at(CHOICE + 1)} > 0 else {start.at(CHOICE)}"
    return Code(text, CHOICE, code.axes, code.rank, number=code.number and start.number)


def _folded(keys: Code, place: int, value: Best) -> str:
    """Along a dim the gradient goes to the first of equal extremes, as in the loop (T35)."""
    turned = f"{keys.primary}.flip({place})" if value.order in _LAST else keys.primary
    return f"{turned}.{'max' if value.order in {'>', '>='} else 'min'}({place}).values"


def _of_those_that_beat(value: Best, printer: Printer) -> Code | None:
    """`x[x > m].max(0).values`, where it is known that one beats the start: in the keys' own dtype."""
    keys, beats = printer.code(value.key), mask(beats_of(value), printer)
    if keys.axes != (value.axis,) or beats.axes != keys.axes or keys.rank != 0:
        return None
    chosen = Code(f"{keys.primary}[{beats.text}]", ATOM, keys.axes, 0)
    text = _folded(chosen, 0, value)
    if not type_of(value.key, printer.scope).is_tensor:
        return Code(f"{text}.item()", number=True)
    return Code(text)


def _refuse_kinds(value: Best, printer: Printer) -> None:
    start, key = type_of(value.start, printer.scope), type_of(value.key, printer.scope)
    if start.is_tensor and key.is_tensor and start.dtype != key.dtype:
        raise Unprintable(
            "unknown-dtype", "the fold may give its start or an item, of another dtype"
        )
    if key.kind == "number":
        raise Unprintable(
            "unknown-dtype", "whether Python integers or floats are compared is not known"
        )


def _refuse_fillers(value: Best, printer: Printer) -> None:
    """Iterations that do not beat the start show the start: that must neither win nor widen the keys' dtype."""
    start, key = type_of(value.start, printer.scope), type_of(value.key, printer.scope)
    if value.order in _LAST and not _is_infinite(value.start):
        # Of equals the last one wins, and gets the gradient (T35).
        raise Unprintable("extreme", "the last of equal extremes, which the start may be one of")
    if (
        key.is_tensor
        and not start.is_tensor
        and start.kind != "int"
        and key.dtype not in FLOATS
        and not printer.stored
    ):
        raise Unprintable("unknown-dtype", "the fold may give its start or an item of integers")


def _is_infinite(value: Value) -> bool:
    return isinstance(value, Const) and value.value in (math.inf, -math.inf)
