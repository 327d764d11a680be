"""What stands where in a piece: its target, value and predicate, and the folds inside of a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loopless.dependence.conditions import conjunction
from loopless.ir.poly import Axis
from loopless.ir.value import (
    Apply,
    Const,
    Int,
    OnItem,
    Read,
    Reduce,
    Ref,
    Sub,
    Value,
    axes_of,
    children,
    sub_axes,
)
from loopless.lift.piece import Append, Define, Kept
from loopless.pattern import Collected, Subject


@dataclass(frozen=True, slots=True)
class Result:
    """What a piece puts where: `target` gets `value` at every point of `axes` where `when` holds.

    `subs` are the subscripts of the target: None for a list, empty for a name.
    """

    target: str
    subs: tuple[Sub, ...] | None
    op: str | None
    value: Value
    when: Value | None
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """Nested reductions with one operator, as one."""

    op: str
    axes: tuple[Axis, ...]
    body: Value
    when: Value | None


def result_of(subject: Subject) -> Result | None:
    """The result of a piece; None for a level that stays a loop."""
    match subject:
        case Collected(append):
            return result_of(append)
        case Append(root, value, when, axes):
            return Result(root, None, None, value, when, axes)
        case Define(name, value, axes):
            return Result(name, (), None, value, None, axes)
        case Kept():
            return None
        case _:
            return Result(
                subject.root, subject.subs, subject.op, subject.value, subject.when, subject.axes
            )


def inside(value: Value) -> Iterator[Value]:
    """The value and everything in it, in the order of the text."""
    yield value
    for inner in children(value):
        yield from inside(inner)


def fold_of(value: Value, *ops: str) -> Fold | None:
    """The first reduction in a value, if it has one of these operators."""
    found = next((inner for inner in inside(value) if isinstance(inner, Reduce)), None)
    return whole_fold(found) if found is not None and found.op in ops else None


def whole_fold(outer: Reduce) -> Fold:
    """A reduction with those of the same operator directly inside of it."""
    axes, body, when = (outer.axis,), outer.body, outer.when
    while isinstance(body, Reduce) and body.op == outer.op:
        axes, when, body = (*axes, body.axis), conjunction(when, body.when), body.body
    return Fold(outer.op, axes, body, when)


def lookups(value: Value) -> Iterator[Read]:
    """The items of tensors that a value reads, in the order of the text."""
    for inner in inside(value):
        if isinstance(inner, Read) and inner.subs:
            yield inner


def read_in(value: Value) -> tuple[str, ...]:
    """The tensors of which a value reads items."""
    return tuple(dict.fromkeys(read.root for read in lookups(value)))


def factors(value: Value) -> tuple[Value, ...]:
    """The operands of a product."""
    match value:
        case Apply("*", (left, right)):
            return *factors(left), *factors(right)
        case _:
            return (value,)


def operation(value: Value) -> OnItem | None:
    """The first operation on an item's own dimensions."""
    return next((inner for inner in inside(value) if isinstance(inner, OnItem)), None)


def moving(read: Read, axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """Those of `axes` that a read moves with."""
    free = sub_axes(read.subs)
    return tuple(axis for axis in axes if axis in free)


def is_bare(value: Value) -> bool:
    """Whether a value reads no tensor and moves with no axis."""
    return isinstance(value, Const | Int | Ref) and not axes_of(value)


def is_ordinal(value: Value) -> bool:
    """Whether a value is the number of an iteration: what is best by it came last or first."""
    return isinstance(value, Int) and isinstance(value.poly.atom, Axis)
