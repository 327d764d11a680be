"""The first iteration for which a condition holds: the condition, the place, and values at that place."""

from __future__ import annotations

from loopless.dependence.conditions import integer_of, negated
from loopless.dependence.feasible import bounds, proves
from loopless.ir.poly import Axis, Poly, poly, quotient
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Cut,
    Int,
    Pick,
    Read,
    Sub,
    Temp,
    Value,
    replaced,
    substitute,
    walk,
)
from loopless.lift.choice import conjunction_of


def as_condition(value: Value) -> Value:
    """A choice between truth values as one condition; what Python asks first stands first."""
    match value:
        case Apply("where", (test, then, otherwise)):
            one, other = as_condition(then), as_condition(otherwise)
        case _:
            return value
    match one, other:
        case Const(True), _:
            return conjunction_of("or", (test, other))
        case Const(False), _:
            return conjunction_of("and", (negated(test), other))
        case _, Const(False):
            return conjunction_of("and", (test, one))
        case _, Const(True):
            return conjunction_of("or", (negated(test), one))
        case _:
            first = conjunction_of("and", (test, one))
            return conjunction_of("or", (first, conjunction_of("and", (negated(test), other))))


def ends_of(condition: Value, axis: Axis) -> tuple[Poly, ...] | None:
    """The ordinals from which on each part of an `or` of integer comparisons holds; None where data is asked."""
    parts = (
        condition.args if isinstance(condition, Apply) and condition.op == "or" else (condition,)
    )
    ends = [_end(part, axis) for part in parts]
    known = tuple(end for end in ends if end is not None)
    return known if len(known) == len(ends) else None


def _end(condition: Value, axis: Axis) -> Poly | None:
    """The first ordinal for which a comparison of integers holds, where it then goes on to hold or need not."""
    match condition:
        case Apply(op, (left, right)):
            a, b = integer_of(left), integer_of(right)
        case _:
            return None
    if a is None or b is None or op not in {"<", "<=", ">", ">=", "=="}:
        return None
    # Have: gap > 0, >= 0 or == 0.
    gap = b - a if op in {"<", "<="} else a - b
    if not gap.linear_in(axis):
        return None
    slope, rest = gap.coefficient(axis).constant, gap.without(axis)
    if slope is None or slope == 0:
        return None
    if op == "==":
        hit = -rest if slope == 1 else rest
        return hit if abs(slope) == 1 and proves(hit, bounds(hit.axes())) else None
    if slope < 0:
        return None
    least = 1 if op in {"<", ">"} else 0
    return quotient(poly(least) - rest + (slope - 1), poly(slope))


def placed(value: Value, axis: Axis, at: Value) -> Value:
    """A value at one ordinal, which may be looked up in data."""
    known = integer_of(at)
    if known is not None:
        return substitute(value, {axis: known})

    def change(inner: Value) -> Value | None:
        match inner:
            case Int(p) if axis in p.atoms():
                return _moved(p, axis, at)
            case Read(root, subs) if subs:
                return Read(root, tuple(_sub(sub, axis, at) for sub in subs))
            case _:
                return None

    return replaced(value, change)


def _moved(p: Poly, axis: Axis, at: Value) -> Value:
    slope, rest = p.coefficient(axis), p.without(axis)
    found = at if slope.constant == 1 else Apply("*", (Int(slope), at))
    return Apply("+", (found, Int(rest))) if rest.terms else found


def _sub(sub: Sub, axis: Axis, at: Value) -> Sub:
    match sub:
        case At(p) if axis in p.atoms():
            return Pick(_moved(p, axis, at))
        case Pick(value):
            return Pick(placed(value, axis, at))
        case _:
            return sub


def can_be_placed(value: Value, axis: Axis) -> bool:
    """Whether every place that the axis walks is linear in it and none is a slice."""
    for inner in walk(value):
        match inner:
            case Int(p):
                polys = [p]
            case Read(_, subs):
                polys = [s.poly for s in subs if isinstance(s, At)]
                cuts = [s for s in subs if isinstance(s, Cut)]
                if any(axis in p.axes() for c in cuts for p in (c.start, c.count or c.start)):
                    return False
            case _:
                continue
        if any(axis in p.axes() and not p.linear_in(axis) for p in polys):
            return False
    return True


def may_fail(condition: Value) -> bool:
    """Whether to ask for an iteration that the loop does not come to may raise: what is asked is then no question."""
    for inner in walk(condition):
        match inner:
            case Apply("//" | "%", (_, by)) if not (isinstance(by, Const | Int) and _nonzero(by)):
                return True
            case Apply("/" | "**"):
                continue
            case Apply(op) if op.startswith("math."):
                return True
            case Temp():
                return True
            case _:
                pass
    return False


def _nonzero(value: Value) -> bool:
    p = integer_of(value)
    return p is not None and (p.constant or 0) != 0
