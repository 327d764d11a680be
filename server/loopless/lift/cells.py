"""Names that carry a value no closed form has: the assignments that keep them going, in an order that is sound."""

from __future__ import annotations

from loopless.facts.fact import Fact
from loopless.finding import Span
from loopless.ir.value import Apply, OnItem, Read, Reduce, Temp, Value, cells_of, replaced
from loopless.lift.context import Lifting
from loopless.lift.piece import Define, Piece, Write
from loopless.lift.types import type_of


def carried_on(updates: dict[str, Value], span: Span, lifting: Lifting) -> list[Piece]:
    """One assignment for each name. Every update reads the values from the start of the iteration.

    So a name is assigned after all that read it; where names read one another, one is computed first and kept aside.
    """
    waiting: dict[str, Value] = dict(updates)
    first: list[Piece] = []
    last: list[Piece] = []
    while waiting:
        name = next((n for n in waiting if not _read_by_others(n, waiting)), None)
        if name is not None:
            value = waiting.pop(name)
            first.append(Write(name, (), None, value, None, (), span))
            waiting = {other: _said(later, value, name) for other, later in waiting.items()}
            continue
        name = next(iter(waiting))
        aside = _aside(name, waiting.pop(name), span, lifting)
        first.append(aside)
        last.append(Write(name, (), None, Temp(aside.name, ()), None, (), span))
    return [*first, *last]


def _read_by_others(name: str, updates: dict[str, Value]) -> bool:
    return any(other != name and name in cells_of(value) for other, value in updates.items())


def _said(value: Value, part: Value, name: str) -> Value:
    """`value` with a part that `name` already holds read from there."""
    if not isinstance(part, Apply | OnItem | Reduce):
        return value
    return replaced(value, lambda inner: Read(name, ()) if inner == part else None)


def _aside(name: str, value: Value, span: Span, lifting: Lifting) -> Define:
    """The new value of a name under a name of its own."""
    temp = lifting.temp(f"new_{name}")
    kind = type_of(value, lifting.scope)
    dims = None if kind.rank is None else (None,) * kind.rank
    lifting.scope.names[temp] = (
        Fact("tensor", dims, dtype=kind.dtype)
        if kind.is_tensor
        else Fact(kind.kind if kind.kind != "other" else "unknown")
    )
    return Define(temp, value, (), span)
