"""Comparisons of tuples, and `in`: of what stands in a tuple or a tensor."""

from __future__ import annotations

from loopless.dependence.conditions import negated
from loopless.facts.scope import Scope
from loopless.finding import Span
from loopless.ir.value import Apply, Const, OnItem, Tuple, Value
from loopless.lift.choice import conjunction_of
from loopless.lift.stop import stop
from loopless.lift.types import type_of


def compared(op: str, values: list[Value], span: Span, scope: Scope) -> Value | None:
    """The truth value of a comparison that is none of numbers or tensors; None for all others."""
    match op, values:
        case (("==" | "!="), [Tuple(left), Tuple(right)]):
            same = _same(left, right, scope)
            found = None if same is None else same if op == "==" else negated(same)
        case (("in" | "not in"), [value, within]):
            inside = _inside(value, within, scope)
            found = None if inside is None else inside if op == "in" else negated(inside)
        case (("is" | "is not" | "in" | "not in"), _):
            found = None
        case _:
            return None
    if found is None:
        raise stop("unknown-operator", f"`{op}` on a value of the loop", span)
    return found


def _same(left: tuple[Value, ...], right: tuple[Value, ...], scope: Scope) -> Value | None:
    """Tuples are equal where all of their items are."""
    if len(left) != len(right):
        return Const(False)
    if not all(_is_number(value, scope) for value in (*left, *right)):
        return None
    equal = (Apply("==", pair) for pair in zip(left, right, strict=True))
    return conjunction_of("and", tuple(equal))


def _inside(value: Value, within: Value, scope: Scope) -> Value | None:
    """Whether a number is one of several, or stands anywhere in a tensor."""
    kind = type_of(value, scope)
    if isinstance(within, Tuple):
        if not _is_number(value, scope) or not all(_is_number(v, scope) for v in within.items):
            return None
        return conjunction_of("or", tuple(Apply("==", (value, v)) for v in within.items))
    if not type_of(within, scope).is_tensor or kind.kind == "other":
        return None
    # `in` of a tensor compares with all of its elements, and broadcasts.
    return OnItem("Tensor.any", (Apply("==", (within, value)),))


def _is_number(value: Value, scope: Scope) -> bool:
    kind = type_of(value, scope)
    return kind.rank == 0 if kind.is_tensor else kind.kind != "other"
