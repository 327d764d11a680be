"""Closed forms of names that a loop carries: inductions, reductions, scans, folds, last values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from loopless.dependence.conditions import conjunction, integer_of, negated
from loopless.dependence.feasible import proves
from loopless.ir.poly import Axis, Cell, Poly, greatest, poly, summed
from loopless.ir.value import (
    Apply,
    Best,
    Const,
    Int,
    Previous,
    Read,
    Reduce,
    Scan,
    Value,
    axes_of,
    cells_of,
    substitute,
)
from loopless.lift.grown import grown
from loopless.lift.latest import kept_on

ZERO, ONE = Int(poly(0)), Int(poly(1))


@dataclass(frozen=True, slots=True)
class Solution:
    """What a carried name is at the start of each iteration, after the loop, and once `update` has run."""

    before: Value
    after: Value
    updated: Value | None = None
    update: Value | None = None


def mentions(value: Value, name: str) -> bool:
    """Whether a value depends on the present value of a carried name."""
    return name in cells_of(value)


def solve(name: str, update: Value, start: Value, axis: Axis) -> Solution | None:
    """The closed form of `name = update` in every iteration, None where there is none."""
    if _is_me(update, name):
        return Solution(start, start)
    if not mentions(update, name):
        return _replaced_each_time(update, start, axis)
    for attempt in (_induction, _additive, _multiplicative, _extreme, _flag, _conditional):
        found = attempt(name, update, start, axis)
        if found is not None:
            return found
    longer = grown(name, update, start, axis)
    return None if longer is None else Solution(Read(name, ()), if_any(axis, longer, start))


def _is_me(value: Value, name: str) -> bool:
    match value:
        case Read(root, ()):
            return root == name
        case Int(p):
            return p.atom == Cell(name)
        case _:
            return False


def last(value: Value, axis: Axis) -> Value:
    """A value at the last iteration."""
    return substitute(value, {axis: axis.extent - 1})


def if_any(axis: Axis, then: Value, otherwise: Value) -> Value:
    """`then` where the loop runs at all."""
    if proves(axis.extent - 1, []):
        return then
    if then == otherwise:
        return then
    counted = _counted_on(axis, then, otherwise)
    if counted is not None:
        return counted
    return Apply("where", (Apply(">", (Int(axis.extent), ZERO)), then, otherwise))


def _counted_on(axis: Axis, then: Value, otherwise: Value) -> Value | None:
    """A number that grows by the same amount in every iteration needs no test whether there is one."""
    first, end = integer_of(otherwise), integer_of(then)
    if first is None or end is None:
        return None
    for step in (1, -1):
        if end - first == axis.extent * step:
            return Int(first + _count(axis) * step)
    return None


def _replaced_each_time(update: Value, start: Value, axis: Axis) -> Solution:
    if axis not in axes_of(update) and update == start:
        return Solution(start, start)
    return Solution(Previous(axis, update, start), if_any(axis, last(update, axis), start))


def _count(axis: Axis) -> Poly:
    extent = axis.extent
    return extent if proves(extent, []) else greatest((extent, poly(0)))


def _induction(name: str, update: Value, start: Value, axis: Axis) -> Solution | None:
    """`k += c` and `k += j + 1`: a polynomial in the axis."""
    first = integer_of(start)
    match update:
        case Int(p) if first is not None:
            step = p - poly(Cell(name))
        case _:
            return None
    if Cell(name) in step.atoms():
        return None
    before = summed(step, axis, poly(axis))
    after = summed(step, axis, _count(axis))
    if before is None or after is None:
        return None
    return Solution(Int(first + before), Int(first + after))


def _additive(name: str, update: Value, start: Value, axis: Axis) -> Solution | None:
    added = addend(update, name)
    if added is None:
        return None
    term, when = _guarded(added, ZERO)
    total = Reduce("+", axis, term, when)
    running = _masked(term, when, ZERO)
    after = total if start == ZERO else Apply("+", (start, total))
    updated = Scan("+", axis, running, start, False)
    return Solution(Scan("+", axis, running, start, True), after, updated)


def _masked(term: Value, when: Value | None, neutral: Value) -> Value:
    return term if when is None else Apply("where", (when, term, neutral))


def _guarded(value: Value, neutral: Value) -> tuple[Value, Value | None]:
    """`where(p, v, neutral)` as `v` under the predicate `p`."""
    match value:
        case Apply("where", (test, then, otherwise)) if otherwise == neutral:
            term, when = _guarded(then, neutral)
            return term, conjunction(test, when)
        case Apply("where", (test, then, otherwise)) if then == neutral:
            term, when = _guarded(otherwise, neutral)
            return term, conjunction(negated(test), when)
        case _:
            return value, None


def addend(value: Value, name: str) -> Value | None:
    """What is added to `name` to give `value`."""
    if _is_me(value, name):
        return ZERO
    match value:
        case Int(p):
            rest = p - poly(Cell(name))
            return None if Cell(name) in rest.atoms() else Int(rest)
        case Apply("+", (left, right)):
            return _sum_of(left, right, name) or _sum_of(right, left, name)
        case Apply("-", (left, right)) if not mentions(right, name):
            inner = addend(left, name)
            if inner is None:
                return None
            return Apply("neg", (right,)) if inner == ZERO else Apply("-", (inner, right))
        case Apply("where", (test, then, otherwise)) if not mentions(test, name):
            first, second = addend(then, name), addend(otherwise, name)
            if first is None or second is None:
                return None
            return first if first == second else Apply("where", (test, first, second))
        case _:
            return None


def _sum_of(carried: Value, other: Value, name: str) -> Value | None:
    if mentions(other, name):
        return None
    inner = addend(carried, name)
    if inner is None:
        return None
    return other if inner == ZERO else Apply("+", (inner, other))


def _multiplicative(name: str, update: Value, start: Value, axis: Axis) -> Solution | None:
    factor = factor_of(update, name)
    if factor is None:
        return None
    term, when = _guarded(factor, ONE)
    total = Reduce("*", axis, term, when)
    after = total if start == ONE else Apply("*", (start, total))
    running = _masked(term, when, ONE)
    updated = Scan("*", axis, running, start, False)
    return Solution(Scan("*", axis, running, start, True), after, updated)


def factor_of(value: Value, name: str) -> Value | None:
    """What `name` is multiplied by to give `value`."""
    if _is_me(value, name):
        return ONE
    match value:
        case Apply("*", (left, right)):
            for one, other in ((left, right), (right, left)):
                if not mentions(other, name):
                    inner = factor_of(one, name)
                    if inner is not None:
                        return other if inner == ONE else Apply("*", (inner, other))
            return None
        case Apply("where", (test, then, otherwise)) if not mentions(test, name):
            first, second = factor_of(then, name), factor_of(otherwise, name)
            if first is None or second is None:
                return None
            return first if first == second else Apply("where", (test, first, second))
        case _:
            return None


_ORDERS = {">": ">", ">=": ">=", "<": "<", "<=": "<="}
_FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}


def comparison(test: Value, name: str) -> tuple[str, Value] | None:
    """`key order name` as (order, key), whichever side the name stands on."""
    match test:
        case Apply(op, (left, right)) if op in _ORDERS:
            if _is_me(right, name) and not mentions(left, name):
                return op, left
            if _is_me(left, name) and not mentions(right, name):
                return _FLIPPED[op], right
        case _:
            pass
    return None


def split_test(test: Value, name: str) -> tuple[str, Value, Value | None] | None:
    """A condition as a comparison with `name` and what else it asks."""
    parts = test.args if isinstance(test, Apply) and test.op == "and" else (test,)
    found: tuple[str, Value] | None = None
    rest: Value | None = None
    for part in parts:
        match = comparison(part, name)
        if match is not None and found is None:
            found = match
        elif mentions(part, name):
            return None
        else:
            rest = conjunction(rest, part)
    return None if found is None else (*found, rest)


def _extreme(name: str, update: Value, start: Value, axis: Axis) -> Solution | None:
    """`if x > m: m = x`."""
    update = flattened(update, name)
    match update:
        case Best(_, _, key, begin, body, fallback, when) if (
            body == key
            and _is_me(begin, name)
            and _is_me(fallback, name)
            and not mentions(key, name)
            and not (when is not None and mentions(when, name))
        ):
            return Solution(Read(name, ()), _over(update, axis, start, body, start))
        case Apply("where", (test, then, otherwise)) if _is_me(otherwise, name):
            asked = split_test(test, name)
            if asked is None or asked[1] != then:
                return None
            order, key, rest = asked
            fold = Best(order, axis, key, start, key, start, rest)
            op = "max" if order in {">", ">="} else "min"
            running = _masked(key, rest, start)
            updated = Scan(op, axis, running, start, False)
            return Solution(Scan(op, axis, running, start, True), fold, updated)
        case Apply(op, (left, right)) if op in {
            "torch.maximum",
            "torch.max",
            "torch.minimum",
            "torch.min",
        }:
            kind = "max" if op.startswith("torch.max") else "min"
            for one, other in ((left, right), (right, left)):
                if _is_me(one, name) and not mentions(other, name):
                    after = Apply(f"torch.{kind}imum", (start, Reduce(kind, axis, other)))
                    return Solution(
                        Scan(kind, axis, other, start, True), if_any(axis, after, start)
                    )
            return None
        case _:
            return None


def _over(inner: Best, axis: Axis, start: Value, body: Value, fallback: Value) -> Best:
    """A fold of an inner loop that begins from what the outer one carries, as one fold over both."""
    return replace(
        inner,
        axis=axis,
        start=start,
        body=body,
        fallback=fallback,
        inner=(inner.axis, *inner.inner),
    )


def flattened(update: Value, name: str) -> Value:
    """Nested choices that all fall back to `name`, as one."""
    match update:
        case Apply("where", (test, then, otherwise)):
            if _is_me(then, name):
                return flattened(Apply("where", (negated(test), otherwise, then)), name)
            if _is_me(otherwise, name):
                match flattened(then, name):
                    case Apply("where", (inner, value, rest)) if _is_me(rest, name):
                        both = conjunction(test, inner)
                        assert both is not None
                        return Apply("where", (both, value, rest))
                    case _:
                        return update
            return update
        case _:
            return update


def companion(
    name: str,
    update: Value,
    start: Value,
    axis: Axis,
    leader: str,
    leader_update: Value,
    leader_start: Value,
) -> Solution | None:
    """`if x > m: m, at = x, i`: the name that is kept beside the best key."""
    update, leader_update = flattened(update, name), flattened(leader_update, leader)
    match update, leader_update:
        case Best(), Best(_, _, key, begin, led, held) if (
            _is_me(update.fallback, name)
            and _is_me(begin, leader)
            and _is_me(held, leader)
            and led == key
            and replace(update, body=led, fallback=held) == leader_update
            and not any(mentions(v, n) for v in (update.body, key) for n in (name, leader))
            and not (update.when is not None and cells_of(update.when) & {name, leader})
        ):
            fold = _over(update, axis, leader_start, update.body, start)
            return Solution(Read(name, ()), fold)
        case (
            Apply("where", (test, then, otherwise)),
            Apply("where", (leader_test, key, leader_otherwise)),
        ) if _is_me(otherwise, name) and _is_me(leader_otherwise, leader) and test == leader_test:
            asked = split_test(test, leader)
            if asked is None or asked[1] != key or mentions(then, name) or mentions(then, leader):
                return None
            order, _, rest = asked
            fold = Best(order, axis, key, leader_start, then, start, rest)
            return Solution(Read(name, ()), fold)
        case _:
            return None


def _flag(name: str, update: Value, start: Value, axis: Axis) -> Solution | None:
    """`found = found or p`, and `if p: found = True`."""
    match update:
        case Apply("or" | "and" as op, args) if any(_is_me(_bare(a), name) for a in args):
            rest = tuple(a for a in args if not _is_me(_bare(a), name))
            if any(mentions(r, name) for r in rest) or not isinstance(start, Const):
                return None
            body = rest[0] if len(rest) == 1 else Apply(op, rest)
            kind = "any" if op == "or" else "all"
            neutral = op == "and"
            after = Reduce(kind, axis, body) if start.value == neutral else start
            return Solution(Read(name, ()), after)
        case _:
            return None


def _bare(value: Value) -> Value:
    match value:
        case Apply("bool", (inner,)):
            return inner
        case _:
            return value


def _conditional(name: str, update: Value, start: Value, axis: Axis) -> Solution | None:
    """`if p: last = v`: the value of the last iteration where `p` holds."""
    update = flattened(update, name)
    match update:
        case Apply("where", (test, then, otherwise)) if (
            _is_me(otherwise, name) and not mentions(test, name) and not mentions(then, name)
        ):
            if axis not in axes_of(then):
                chosen = Reduce("any", axis, test)
                after: Value = Apply("where", (chosen, then, start))
            else:
                key = Int(poly(axis))
                after = Best(">=", axis, key, Int(poly(-1)), then, start, test)
            running = kept_on(test, then, start, axis)
            if running is None:
                return Solution(Read(name, ()), after)
            return Solution(running[0], after, running[1])
        case _:
            return None
