"""Comprehensions as the loops that they spell, so that there is one way through the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from loopless.emit.cells import expression
from loopless.emit.collect import Collector, code_of, collector_of, list_of_numbers
from loopless.emit.containers import for_lists_too
from loopless.emit.counts import name_counts
from loopless.emit.dense import asked_for_layout
from loopless.emit.draft import Draft
from loopless.emit.insert import inserted, statement_of
from loopless.emit.learned import first_pass
from loopless.emit.lines import (
    line_end,
)
from loopless.emit.place import Place, setting_of
from loopless.emit.report import Rewrite, finished
from loopless.emit.unprintable import Unprintable
from loopless.facts.fact import Fact
from loopless.facts.infer import dotted
from loopless.facts.scope import Scope, names_bound
from loopless.finding import Edit, Finding, Missed, Refusal, Span
from loopless.ir import tree
from loopless.ir.poly import poly
from loopless.ir.walk import own_expressions, walk_expr
from loopless.lift.context import Frame, Lifting, Unbound
from loopless.lift.execute import Executor
from loopless.lift.listed import spelled_loop
from loopless.lift.piece import Append, Piece, Write
from loopless.lift.stop import StopLifting

# Names that no Python program can have.
ITEMS, TOTAL = "·items", "·total"


def comprehension(
    call: tree.Call, place: Place, scope: Scope, text: str
) -> Finding | Refusal | None:
    """The same for `torch.stack([f(x) for x in xs])` and `sum(f(x) for x in xs)`."""
    plan = spelled_out(call, scope)
    if plan is None:
        return consumed_numbers(call, place, scope, text)
    loop, collector = plan
    try:
        return _collected_region(loop, call, collector, place, scope, text)
    except StopLifting as stopped:
        return consumed_numbers(call, place, scope, text) or Refusal(
            call.span, call.span, (stopped.missed,)
        )
    except Unprintable as gave_up:
        if gave_up.code == "unknown-kind":
            return comprehension(call, replace(place, unsure=gave_up.reason), scope, text)
        return Refusal(call.span, call.span, (Missed(gave_up.code, gave_up.reason, call.span),))


def number_list(inner: tree.Comprehension, place: Place, scope: Scope, text: str) -> Finding | None:
    """`[x[i].item() for i in …]` as one read of all numbers; None where it holds something else."""
    append = tree.Field(tree.Name(ITEMS, inner.span), "append", inner.span)
    body = tree.Evaluate(tree.Call(append, (inner.item,), (), inner.span), inner.span)
    span = inner.span
    if inner.kind == "generator" and text[span.start] == "(":
        # The parentheses of the call that takes it.
        span = Span(span.start + 1, span.end - 1)
    call = tree.Call(tree.Name("list", span), (inner,), (), span)
    collector = Collector(call, "list", 0, None, 0)
    try:
        found = _collected_region(spelled_loop(inner, body), call, collector, place, scope, text)
    except (StopLifting, Unprintable):
        return None
    return found if isinstance(found, Finding) else None


_CONSUMERS = frozenset(
    f"builtins.{name}" for name in "max min sum any all sorted list tuple set frozenset".split()
)


def consumed_numbers(call: tree.Call, place: Place, scope: Scope, text: str) -> Finding | None:
    """The numbers that one of Python's own functions takes from a generator, as one read of all of them."""
    match call.args:
        case (tree.Comprehension("generator") as inner,) if dotted(call.func, scope) in _CONSUMERS:
            return number_list(inner, place, scope, text)
        case _:
            return None


def _collected_region(
    loop: tree.For,
    call: tree.Call,
    collector: Collector | None,
    place: Place,
    scope: Scope,
    text: str,
) -> Finding | Refusal:
    bound = names_bound((loop,))
    own = scope.copy()
    own.names[ITEMS] = Fact("list")
    own.names[TOTAL] = _start(call, scope)
    own.locals = own.locals | {ITEMS, TOTAL} | bound
    lifting = Lifting(own, loop_names=bound, live=frozenset({TOTAL}) & bound)
    lifting.unsure = place.unsure
    learned = first_pass(loop, lifting)
    lifting = learned or lifting
    frame = Frame({}, [])
    Executor(lifting).loop(loop, frame)
    setting = replace(setting_of(loop, lifting, text), indent="    ")
    draft = Draft()
    appends = [p for p in frame.pieces if isinstance(p, Append)]
    pieces: list[Piece] = list(frame.pieces)
    if collector is not None:
        if len(appends) != 1 or len(frame.pieces) != 1:
            raise Unprintable("comprehension", "the comprehension does more than collect")
        if collector.function == "list":
            list_of_numbers(appends[0], tree.Evaluate(call, call.span), lifting.scope)
        asked = collector.function != "list" and asked_for_layout(call, place.block, text)
        code = code_of(appends[0], collector, setting, draft, text, laid_out=asked)
        collectors = [(appends[0], collector)]
    else:
        total = frame.env.get(TOTAL)
        if frame.pieces or total is None or isinstance(total, Unbound):
            raise Unprintable("comprehension", "the comprehension does more than add up")
        code = expression(total, setting, draft, repr(_start(call, scope).literal))
        pieces = [Write(TOTAL, (), None, total, None, (), call.span)]
        collectors = []
    if draft.lines:
        raise Unprintable("comprehension", "the comprehension needs statements")
    edits = [Edit(call.span, code)]
    before = statement_of(call, place, text)
    if before is not None:
        edits = name_counts(draft, edits, setting)
    header = Span(call.span.start, min(call.span.end, line_end(text, call.span.start)))
    synthetic = replace(loop, span=call.span, header=header)
    rewrite = Rewrite(synthetic, place, text, pieces, setting, collectors)

    def report(written: Draft, under: Lifting) -> Finding:
        first = inserted(written.lines, before, text)
        return finished(rewrite, written, [*first, *edits], under)

    if before is None:
        return report(draft, lifting)
    return for_lists_too(report, pieces, collectors, draft, setting, place.live, inline=True)


def spelled_out(call: tree.Call, scope: Scope) -> tuple[tree.For, Collector | None] | None:
    """The loop of a call that collects or adds up a comprehension, and the collector if there is one."""
    match call.args:
        case (tree.Comprehension("list" | "generator") as inner, *_):
            pass
        case _:
            return None
    name = dotted(call.func, scope)
    if name in {"torch.stack", "torch.cat", "torch.concat", "torch.tensor"}:
        if name == "torch.tensor" and inner.kind != "list":
            return None
        try:
            collector = collector_of(call, 0, None, scope, "the list")
        except Unprintable:
            return None
        append = tree.Field(tree.Name(ITEMS, inner.span), "append", inner.span)
        body = tree.Evaluate(tree.Call(append, (inner.item,), (), inner.span), inner.span)
        return spelled_loop(inner, body), collector
    if name == "builtins.sum" and len(call.args) == 1 and not call.keywords:
        add = tree.Augment(tree.Name(TOTAL, inner.span), "+", inner.item, inner.span)
        return spelled_loop(inner, add), None
    if name in {"builtins.any", "builtins.all"} and len(call.args) == 1 and not call.keywords:
        return spelled_loop(inner, _asking(name, inner)), None
    return None


def _asking(name: str, inner: tree.Comprehension) -> tree.Stmt:
    """The statement of `any` and `all`: what one item does to the answer."""
    total, span = tree.Name(TOTAL, inner.span), inner.span
    truth = tree.Operator("not", (tree.Operator("not", (inner.item,), span),), span)
    word = "or" if name == "builtins.any" else "and"
    return tree.Assign(total, tree.Junction(word, (total, truth), span), span)


def _start(call: tree.Call, scope: Scope) -> Fact:
    """What `sum`, `any` and `all` begin with."""
    match dotted(call.func, scope):
        case "builtins.any" | "builtins.all" as name:
            return Fact("bool", literal=name == "builtins.all")
        case _:
            return Fact("int", poly=poly(0), literal=0)


def comprehensions_of(statement: tree.Stmt) -> Iterator[tree.Comprehension]:
    """The comprehensions of a statement, outermost only."""
    covered: list[Span] = []
    for expr in own_expressions(statement):
        for inner in walk_expr(expr):
            if not isinstance(inner, tree.Comprehension):
                continue
            if not any(s.start <= inner.span.start and inner.span.end <= s.end for s in covered):
                covered.append(inner.span)
                yield inner


def as_loop(inner: tree.Comprehension) -> tree.For:
    """A comprehension as a loop that computes its items."""
    return spelled_loop(inner, tree.Evaluate(inner.item, inner.item.span))
