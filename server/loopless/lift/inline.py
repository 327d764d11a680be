"""Functions of the file, run on the values of their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import conjunction, negated
from loopless.facts.liveness import read_after, reads_of_block
from loopless.facts.scope import names_bound
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.value import (
    Const,
    OnItem,
    Value,
)
from loopless.lift.choice import select
from loopless.lift.context import Frame
from loopless.lift.normalize import jumps
from loopless.lift.one_memory import note_given
from loopless.lift.stop import stop

if TYPE_CHECKING:
    from loopless.lift.execute import Executor

_MAX_INLINE = 6


def inlined(
    executor: Executor,
    function: tree.Function,
    args: list[Value],
    keywords: dict[str, Value],
    frame: Frame,
    span: Span,
) -> Value:
    """The value that a function of the file gives for these arguments, by running its body."""
    if executor.inlining >= _MAX_INLINE:
        raise stop("recursion", f"`{function.name}` calls itself, or too deep", span)
    if function.variadic or function.is_async or function.is_generator or function.global_names:
        raise stop("unknown-call", f"`{function.name}` cannot be inlined", span)
    decorated = [
        d for d in function.decorators if not (isinstance(d, tree.Name) and d.id == "staticmethod")
    ]
    if decorated:
        raise stop("unknown-call", f"`{function.name}` is decorated", span)
    bound = dict(zip((p.name for p in function.params), args, strict=False))
    if len(args) > len(function.params) or set(keywords) & set(bound):
        raise stop("unknown-call", f"the arguments of `{function.name}` do not fit", span)
    bound.update(keywords)
    for param in function.params:
        if param.name not in bound:
            if not isinstance(param.default, tree.Literal):
                raise stop(
                    "unknown-call",
                    f"`{function.name}` has a default that is not a literal",
                    span,
                )
            bound[param.name] = executor.evaluator.value(param.default, frame)
    inner = Frame(dict(bound), frame.pieces, frame.when)
    local = names_bound(function.body) | frozenset(p.name for p in function.params)
    _refuse_rebound(executor, function, local, span)
    saved = (
        executor.scope.names,
        executor.scope.locals,
        executor.lifting.loop_names,
        executor.scope.evidence,
    )
    held = executor.lifting.held
    after, executor.after = executor.after, frozenset()
    counters, executor.scope.counters = executor.scope.counters, {}
    executor.inlining += 1
    try:
        executor.scope.names = dict(executor.scope.names)
        executor.scope.locals = local
        executor.lifting.loop_names = local
        executor.lifting.held = {}
        note_given((p.name for p in function.params), executor.lifting)
        before = len(frame.pieces)
        result = returned(executor, function.body, inner, span)
        if len(frame.pieces) != before:
            raise stop("effect", f"`{function.name}` changes its argument", span)
    finally:
        executor.inlining -= 1
        executor.lifting.held = held
        executor.after, executor.scope.counters = after, counters
        (
            executor.scope.names,
            executor.scope.locals,
            executor.lifting.loop_names,
            executor.scope.evidence,
        ) = saved
    if result is None:
        raise stop("unknown-call", f"`{function.name}` may return nothing", span)
    if not executor.inlining and not function.owner:
        called = OnItem(f"call:{function.name}", tuple(args), tuple(keywords.items()))
        executor.lifting.calls[result] = called
    return result


def _refuse_rebound(
    executor: Executor, function: tree.Function, local: frozenset[str], span: Span
) -> None:
    """Names that a function reads from around it mean there what they mean where it is written."""
    free = reads_of_block(function.body) - local
    nested = function.name in executor.scope.helpers
    meant = executor.nest_names if nested else executor.nest_names | executor.nest_locals
    for name in sorted(free & meant):
        raise stop("unknown-call", f"`{name}` is another in `{function.name}`, or changes", span)


def returned(
    executor: Executor, body: tuple[tree.Stmt, ...], frame: Frame, span: Span
) -> Value | None:
    """The value returned by a block, None where control comes out at its end."""
    for at, statement in enumerate(body):
        match statement:
            case tree.Return(value):
                return Const(None) if value is None else executor.evaluator.value(value, frame)
            case tree.If(test, then, otherwise) if jumps(then) or jumps(otherwise):
                condition = executor.evaluator.condition(test, frame)
                rest = body[at + 1 :]
                if isinstance(condition, Const):
                    taken = then if condition.value else otherwise
                    return returned(executor, (*taken, *rest), frame, span)
                left = frame.branch(conjunction(frame.when, condition))
                right = frame.branch(conjunction(frame.when, negated(condition)))
                first = returned(executor, (*then, *rest), left, span)
                second = returned(executor, (*otherwise, *rest), right, span)
                if first is None or second is None:
                    return None
                return select(condition, first, second)
            case tree.Evaluate(tree.Literal()):
                pass
            case _:
                executor.after = read_after(statement, body[at + 1 :])
                executor.statement(statement, frame)
    return None
