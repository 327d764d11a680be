"""Comprehensions as the loops that they spell, so that there is one way through the engine."""

from __future__ import annotations

from loopless.emit.collect import Collector, collector_of
from loopless.emit.unprintable import Unprintable
from loopless.facts.infer import dotted
from loopless.facts.scope import Scope
from loopless.finding import Span
from loopless.ir import tree

# Names that no Python program can have.
ITEMS, TOTAL = "·items", "·total"


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
        return _loop(inner, body), collector
    if name == "builtins.sum" and len(call.args) == 1 and not call.keywords:
        add = tree.Augment(tree.Name(TOTAL, inner.span), "+", inner.item, inner.span)
        return _loop(inner, add), None
    return None


def _loop(inner: tree.Comprehension, body: tree.Stmt) -> tree.For:
    """The clauses as nested loops around one statement."""
    statement = body
    header = Span(inner.span.start, inner.span.end)
    for clause in reversed(inner.clauses):
        for test in reversed(clause.tests):
            statement = tree.If(test, (statement,), (), inner.span)
        statement = tree.For(clause.target, clause.iterable, (statement,), (), inner.span, header)
    assert isinstance(statement, tree.For)
    return statement
