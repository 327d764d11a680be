"""`and` and `or` as values: Python hands out one of the operands, which may be a tensor and no truth value of its own.

`a and b` is `b if a else a`, and that is how it is kept here where a tensor is among the operands: who asks only for
the truth of it sees the condition behind it, and who keeps it gets a tensor where the loop has one.
"""

from __future__ import annotations

from collections.abc import Callable

from loopless.facts.scope import Scope
from loopless.ir.poly import Axis
from loopless.ir.value import Apply, Const, OnItem, Read, Rows, Value, cells_of
from loopless.lift.carried import if_any
from loopless.lift.choice import conjunction_of, select
from loopless.lift.types import type_of


def junction(op: str, values: list[Value], scope: Scope, truth: Callable[[Value], Value]) -> Value:
    """`and` or `or` of several values as Python has them."""
    if all(type_of(value, scope).kind == "bool" for value in values):
        return conjunction_of(op, tuple(truth(value) for value in values))
    result = values[-1]
    for value in reversed(values[:-1]):
        test = truth(value)
        result = select(test, result, value) if op == "and" else select(test, value, result)
    return result


def as_truth(value: Value, scope: Scope) -> Value:
    """A condition as a truth value of Python's own: what `bool(…)` and `not` give."""
    return Apply("bool", (value,)) if type_of(value, scope).is_tensor else value


def joined(value: Value) -> tuple[str, Value, Value] | None:
    """The operator and the two operands of a junction of truth values that was kept as a choice."""
    match value:
        case Apply("where", (test, then, otherwise)) if test == otherwise:
            return "and", test, then
        case Apply("where", (test, then, otherwise)) if test == then:
            return "or", test, otherwise
        case _:
            return None


def carried_junction(
    name: str, update: Value, start: Value, axis: Axis, scope: Scope
) -> Value | None:
    """What `ok = ok and p`, or `hit = hit or p`, is after the loop, where `p` is a tensor."""
    found = joined(update)
    if found is None or not isinstance(start, Const) or not isinstance(start.value, bool):
        return None
    op, me, body = found
    if me != Read(name, ()) or name in cells_of(body) or type_of(body, scope).dtype != "bool":
        return None
    if start.value != (op == "and"):
        return start
    rows = Rows((axis,), body, None, listed=False)
    whole = OnItem("Tensor.all" if op == "and" else "Tensor.any", (rows,), ())
    return if_any(axis, whole, start)
