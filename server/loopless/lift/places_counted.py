"""How many iterations satisfy conditions on their place alone: `#{j in 0:k, j >= k - 1 - i}` is `min(i + 1, k)`."""

from __future__ import annotations

from collections.abc import Sequence

from loopless.dependence.conditions import affine, conjuncts, integer_of
from loopless.dependence.feasible import Constraint, bounds, proves
from loopless.ir.poly import Axis, Poly, greatest, least, poly
from loopless.ir.value import Apply, Int, OnItem, Reduce, Value

# More ends than these read worse than the sum of a mask.
_MOST = 3


def counted(value: Reduce, known: Sequence[Constraint]) -> Int | None:
    """The count as an integer that varies with the other axes, None where a condition asks for more than a place."""
    if value.op != "+" or value.when is None or integer_of(value.body) != poly(1):
        return None
    lows, highs = [poly(0)], [value.axis.extent]
    for condition in conjuncts(value.when):
        end = _end(condition, value.axis)
        if end is None:
            return None
        (lows if end[0] else highs).append(end[1])
    return _between(lows, highs, known)


def counted_masks(masks: Sequence[Value], known: Sequence[Constraint]) -> Value | None:
    """The same for the places of masks in dimensions of their own, each made of comparisons with a row of places."""
    total: Value | None = None
    for mask in masks:
        count = _counted_mask(mask, known)
        if count is None:
            return None
        total = count if total is None else Apply("*", (total, count))
    return total


def _counted_mask(mask: Value, known: Sequence[Constraint]) -> Int | None:
    lows, highs = [poly(0)], list[Poly]()
    rows: set[Poly] = set()
    for test in _tests(mask):
        match test:
            case Apply(">=" | "<" as op, (OnItem("positions", (Int(length),)), Int(end))):
                rows.add(length)
                (lows if op == ">=" else highs).append(end)
            case _:
                return None
    if len(rows) != 1:
        return None
    # A row of places has a length: it is not negative.
    return _between(lows, [*rows, *highs], [*known, *(Constraint(length) for length in rows)])


def _tests(mask: Value) -> list[Value]:
    match mask:
        case Apply("&", (one, other)):
            return [*_tests(one), *_tests(other)]
        case _:
            return [mask]


def _between(lows: list[Poly], highs: list[Poly], known: Sequence[Constraint]) -> Int | None:
    """How many integers lie between the greatest of some ends and the least of others."""
    gaps = list(dict.fromkeys(high - low for high in highs for low in lows))
    given = [*known, *(c for gap in gaps for axis in gap.axes() for c in bounds((axis,)))]
    members = _shortest(gaps, given)
    if len(members) <= _MOST:
        shortest = least(members)
    elif max(len(lows), len(highs)) <= _MOST:
        shortest = least(highs) - greatest(lows)
    else:
        return None
    sure = all(proves(gap, given) for gap in members)
    return Int(shortest if sure else greatest((shortest, poly(0))))


def _shortest(gaps: list[Poly], given: Sequence[Constraint]) -> list[Poly]:
    """The gaps without those that another one is never longer than."""
    kept = list(gaps)
    for gap in gaps:
        if any(other != gap and proves(gap - other, given) for other in kept):
            kept.remove(gap)
    return kept


def _end(condition: Value, axis: Axis) -> tuple[bool, Poly] | None:
    """Where the places of `axis` start (True) or end that a condition allows."""
    match affine(condition):
        case [Constraint(over, False)]:
            pass
        case _:
            return None
    if not over.linear_in(axis):
        return None
    slope, rest = over.coefficient(axis).constant, over.without(axis)
    if slope not in (1, -1):
        return None
    return (True, -rest) if slope == 1 else (False, rest + 1)
