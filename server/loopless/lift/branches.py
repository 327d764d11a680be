"""Both ways of an `if`, each under its predicate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from loopless.dependence.conditions import conjunction, negated
from loopless.facts.fact import Fact
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.value import (
    Const,
    Temp,
    Value,
    reads_of,
)
from loopless.lift.arms import asking, merge_stores, swapped
from loopless.lift.choice import select
from loopless.lift.context import Frame, Unbound
from loopless.lift.decided import decided
from loopless.lift.overlap import may_touch
from loopless.lift.piece import Define, Piece, Write
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.lift.execute import Executor


def branch(executor: Executor, statement: tree.If, frame: Frame) -> None:
    """Both arms, each under its predicate; names get a choice between both values."""
    test = executor.evaluator.condition(statement.test, frame)
    test = decided(test, frame.when, executor.lifting.open_axes)
    if isinstance(test, Const):
        executor.block(statement.then if test.value else statement.otherwise, frame)
        return
    arms(
        executor,
        test,
        lambda then: executor.block(statement.then, then),
        lambda other: executor.block(statement.otherwise, other),
        frame,
        statement.span,
        asked_again=bool(statement.otherwise),
    )


def arms(
    executor: Executor,
    test: Value,
    run_then: Callable[[Frame], None],
    run_other: Callable[[Frame], None],
    frame: Frame,
    span: Span,
    *,
    asked_again: bool,
) -> None:
    """Run both ways of a choice; `asked_again` where the second has statements of its own."""
    outer = frame.when
    start = len(frame.pieces)
    then = frame.branch(conjunction(outer, test))
    run_then(then)
    middle = len(frame.pieces)
    asked_again = asked_again or _chooses(then, frame)
    first = frame.pieces[start:]
    if _changed_before_asked(executor, test, first, asked_again=asked_again):
        saved = _saved(executor, test, frame, start, span)
        _ask(saved, test, then, frame, start, middle)
        test, middle = saved, middle + 1
    other = frame.branch(conjunction(outer, negated(test)))
    temps, given = set(executor.lifting.temps), set(executor.lifting.given)
    run_other(other)
    second, asks = frame.pieces[middle:], _chooses(other, frame)
    if _changed_before_asked(executor, test, second, asked_again=asks):
        # Once more, with the condition saved before either arm runs.
        del frame.pieces[middle:]
        executor.lifting.temps, executor.lifting.given = temps, given
        saved = _saved(executor, test, frame, start, span)
        _ask(saved, test, then, frame, start, middle)
        test, middle = saved, middle + 1
        other = frame.branch(conjunction(outer, negated(test)))
        run_other(other)
    merge_stores(frame.pieces, start, middle, test, outer)
    for name in {*then.env, *other.env}:
        left, right = then.env.get(name), other.env.get(name)
        if left == right and left is not None:
            frame.env[name] = left
        elif (
            left is None or right is None or isinstance(left, Unbound) or isinstance(right, Unbound)
        ):
            frame.env[name] = Unbound(f"`{name}` is bound on one way through an `if` only")
        else:
            both = select(test, left, right)
            executor.lifting.say(name, both)
            frame.env[name] = both


def _chooses(arm: Frame, frame: Frame) -> bool:
    """Whether a name gets another value in an arm: one that has none any more, has none after the other arm either."""
    return any(
        frame.env.get(name) != value and not isinstance(value, Unbound)
        for name, value in arm.env.items()
    )


def _ask(saved: Value, test: Value, then: Frame, frame: Frame, start: int, middle: int) -> None:
    """Let the first arm ask for the saved condition, which stands in front of it."""
    for at in range(start + 1, middle + 1):
        frame.pieces[at] = asking(frame.pieces[at], test, saved)
    then.env = {
        name: value if isinstance(value, Unbound) else swapped(value, test, saved)
        for name, value in then.env.items()
    }


def _changed_before_asked(
    executor: Executor, test: Value, pieces: list[Piece], *, asked_again: bool
) -> bool:
    """Whether pieces change what the condition reads before it is asked for the last time: in the last store."""
    for at, piece in enumerate(pieces):
        is_last = at == len(pieces) - 1 and isinstance(piece, Write) and not piece.axes
        if is_last and not asked_again:
            return False
        if any(may_touch(piece, read, executor.scope) for read in reads_of(test)):
            return True
    return False


def _saved(executor: Executor, test: Value, frame: Frame, start: int, span: Span) -> Value:
    """The condition under a name, computed before the arms."""
    name = executor.lifting.temp("chosen")
    rank = type_of(test, executor.scope).rank
    dims = None if rank is None else (None,) * rank
    executor.scope.names[name] = Fact("tensor", dims, dtype="bool")
    frame.pieces.insert(start, Define(name, test, (), span))
    return Temp(name, ())
