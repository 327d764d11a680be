"""Choices between values, and conditions joined: `where`, `and`, `or`, `min`, `max`, with what is known folded in."""

from __future__ import annotations

from loopless.dependence.conditions import integer_of
from loopless.ir.poly import arithmetic
from loopless.ir.value import Apply, Const, Int, Value


def select(test: Value, then: Value, otherwise: Value) -> Value:
    """`then if test else otherwise`, folded where both are the same."""
    if then == otherwise:
        return then
    if isinstance(test, Const):
        return then if test.value else otherwise
    return Apply("where", (test, then, otherwise))


def extreme(short: str, args: list[Value]) -> Value:
    """`min` or `max` of several values, folded where all are integers."""
    integers = [integer_of(a) for a in args]
    if all(i is not None for i in integers):
        folded = arithmetic(short, [i for i in integers if i is not None])
        if folded is not None:
            return Int(folded)
    result = args[0]
    for other in args[1:]:
        # min(a, b) is `b if b < a else a`, max(a, b) is `b if b > a else a`.
        test = Apply("<" if short == "min" else ">", (other, result))
        result = select(test, other, result)
    return result


def conjunction_of(op: str, values: tuple[Value, ...]) -> Value:
    """`and` or `or` of conditions, flattened, constants folded."""
    flat: list[Value] = []
    absorbing = op == "or"
    for value in values:
        match value:
            case Const(known) if bool(known) == absorbing:
                return Const(absorbing)
            case Const():
                pass
            case Apply(inner, args) if inner == op:
                flat.extend(a for a in args if a not in flat)
            case _ if value not in flat:
                flat.append(value)
            case _:
                pass
    if not flat:
        return Const(not absorbing)
    return flat[0] if len(flat) == 1 else Apply(op, tuple(flat))
