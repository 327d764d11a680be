"""Truth values that are added to a number one after the other: together they would be joined by `or` (trap T6)."""

from __future__ import annotations

from loopless.facts.scope import Scope
from loopless.ir.poly import poly
from loopless.ir.value import Apply, Int, Value
from loopless.lift.carried import mentions
from loopless.lift.types import type_of


def counted(update: Value, name: str, scope: Scope, *, beside: bool = False) -> Value:
    """The update of `name` with the first of several summands as an integer, if it is a truth value."""
    match update:
        case Apply("+", (left, right)) if mentions(left, name) != mentions(right, name):
            first = mentions(left, name)
            carried, other = (left, right) if first else (right, left)
            if beside and not isinstance(carried, Apply) and type_of(other, scope).dtype == "bool":
                # One integer among them is enough.
                other = Apply("where", (other, Int(poly(1)), Int(poly(0))))
            carried = counted(carried, name, scope, beside=True)
            return Apply("+", (carried, other) if first else (other, carried))
        case Apply("where", (test, then, otherwise)):
            arms = (counted(arm, name, scope, beside=beside) for arm in (then, otherwise))
            return Apply("where", (test, *arms))
        case _:
            return update
