"""What stands between the brackets of a subscript: places, lookups and slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import Poly, Symbol, poly
from loopless.ir.value import (
    At,
    Const,
    Cut,
    New,
    OnItem,
    Pick,
    Ref,
    Sub,
    Tuple,
    Value,
    held_in,
)
from loopless.lift.bounds import bound_of
from loopless.lift.context import Frame
from loopless.lift.ranks import learn_scalar
from loopless.lift.stop import stop
from loopless.lift.subscript import full, in_tensors
from loopless.lift.truths import refuse_truths
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.lift.evaluate import Evaluator


SLICE = "made slice"
"""`slice(start, end)`, as an operation that nothing prints: it is good for a subscript."""


def subscripts_of(
    evaluator: Evaluator, subscripts: tuple[tree.Expr, ...], base: Value, frame: Frame
) -> list[Sub]:
    """The subscripts of a tensor."""
    found: list[Sub] = []
    for at, subscript in enumerate(subscripts):
        match subscript:
            case tree.Range():
                found.append(_cut(evaluator, subscript, frame))
            case tree.Rest(span):
                rank = type_of(base, evaluator.scope).rank
                later = sum(not isinstance(s, tree.Literal) for s in subscripts[at + 1 :])
                if rank is None:
                    if subscripts[at + 1 :]:
                        raise stop("unknown-rank", "`...` on a tensor of unknown rank", span)
                    continue
                taken = sum(not isinstance(sub, New) for sub in found)
                found.extend(full() for _ in range(rank - taken - later))
            case tree.Literal(None):
                found.append(New())
            case tree.Display("tuple", items):
                found.extend(subscripts_of(evaluator, items, base, frame))
            case _:
                found.extend(_place(evaluator, evaluator.value(subscript, frame), subscript.span))
    return found


def _place(evaluator: Evaluator, value: Value, span: Span) -> list[Sub]:
    """One subscript: an integer, a lookup, or the parts of a tuple."""
    p = integer_of(value)
    if p is not None:
        return [At(p)]
    match value:
        case Const(bool()):
            raise stop("unknown-subscript", "a truth value as a subscript", span)
        case Ref(name):
            fact = evaluator.scope.fact(name)
            if fact.kind in {"unknown", "int", "number"}:
                return [At(poly(Symbol(name)))]
            if fact.is_tensor:
                return [Pick(value)]
            raise stop("unknown-subscript", f"`{name}` as a subscript", span)
        case OnItem(op, args) if op == SLICE:
            return [_made_slice(args, span, evaluator)]
        case Tuple(items):
            return [sub for inner in items for sub in _place(evaluator, inner, span)]
        case _:
            kind = type_of(value, evaluator.scope)
            if kind.dtype == "bool" and not kind.is_tensor:
                raise stop("unknown-subscript", "a truth value as a subscript", span)
            if kind.kind == "float":
                raise stop("unknown-subscript", "a float as a subscript", span)
            refuse_truths(value, span, evaluator.lifting)
            return [Pick(in_tensors(value, evaluator.scope))]


def _cut(evaluator: Evaluator, subscript: tree.Range, frame: Frame) -> Cut:
    """A slice."""
    ends = (subscript.start, subscript.stop, subscript.step)
    values = [None if expr is None else evaluator.value(expr, frame) for expr in ends]
    return _between(values, subscript.span, evaluator)


def _made_slice(args: tuple[Value, ...], span: Span, evaluator: Evaluator) -> Cut:
    """A slice that was made by `slice(…)`."""
    ends = args if len(args) > 1 else (Const(None), *args)
    values = [None if value == Const(None) else value for value in ends]
    return _between([*values, None][:3], span, evaluator)


def _between(values: list[Value | None], span: Span, evaluator: Evaluator) -> Cut:
    """A slice by its start, end and step."""

    def bound(value: Value | None) -> Poly | None:
        if value is None:
            return None
        p = bound_of(value, evaluator.scope)
        if p is None:
            raise stop("data-dependent-size", "the length of a slice depends on data", span)
        for held in held_in(p):
            learn_scalar(held, evaluator.lifting)
        return p

    start, stop_at, step = (bound(value) for value in values)
    stride = 1 if step is None else step.constant
    if stride is None or stride < 1:
        raise stop("unknown-subscript", "the step of a slice is not a positive number", span)
    first = start or poly(0)
    if stop_at is None:
        return Cut(first, None, stride)
    if stop_at.constant is not None and stop_at.constant < 0:
        return Cut(first, None, stride, stop_at)
    if stride != 1:
        return Cut(first, None, stride, stop_at)
    return Cut(first, stop_at - first, 1)
