"""Calls of the file's functions for what they change: the statements of the function in place of the call.

Done on trees, before anything is read of them, so that every stage sees the stores where they happen. Names that the
function binds get names of their own; parameters that it does not bind anew become the names that they were given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import count
from typing import Any, cast

from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import Scope, names_bound, names_changed
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.rewrite import rewritten
from loopless.ir.walk import every_statement, own_expressions, walk_expr
from loopless.lift.normalize import without_continue

_DEEPEST = 4

Block = tuple[tree.Stmt, ...]


def spliced(loop: tree.For, scope: Scope) -> tree.For:
    """The loop with calls for their effect replaced by what the functions do."""
    taken = names_bound((loop,)) | reads_of_block((loop,)) | scope.locals | scope.names.keys()
    return replace(loop, body=_block(loop.body, scope, frozenset(taken), 0))


def _block(block: Block, scope: Scope, taken: frozenset[str], depth: int) -> Block:
    return tuple(new for statement in block for new in _statement(statement, scope, taken, depth))


def _statement(statement: tree.Stmt, scope: Scope, taken: frozenset[str], depth: int) -> Block:
    match statement:
        case tree.For(body=body):
            return (replace(statement, body=_block(body, scope, taken, depth)),)
        case tree.If(_, then, otherwise):
            then = _block(then, scope, taken, depth)
            otherwise = _block(otherwise, scope, taken, depth)
            return (replace(statement, then=then, otherwise=otherwise),)
        case tree.Evaluate(tree.Call() as call):
            found = _called(call, None, statement.span, scope, taken, depth)
        case tree.Assign(tree.Name() as target, tree.Call() as call):
            found = _called(call, target, statement.span, scope, taken, depth)
        case _:
            found = None
    return (statement,) if found is None else found


def _called(
    call: tree.Call,
    target: tree.Name | None,
    span: Span,
    scope: Scope,
    taken: frozenset[str],
    depth: int,
) -> Block | None:
    """What a call does, as statements; None where they cannot stand here."""
    function = scope.function(call.func.id) if isinstance(call.func, tree.Name) else None
    if function is None or depth >= _DEEPEST or not _plain(function):
        return None
    if not _means_the_same(function, scope):
        return None
    given = _arguments(function, call)
    body = _ends_once(function.body, target, span)
    if given is None or body is None:
        return None
    if target is not None and not _changes(body, function):
        # A function that changes nothing is a value.
        return None
    new = _names(function, given, taken, span)
    copies = [
        tree.Assign(new[name], value, span) for name, value in given.items() if new[name] != value
    ]
    result = _without_itself(rewritten(body, lambda node: _renamed(node, new, target)))
    whole = (*copies, *_placed(result, span))
    return _block(whole, scope, taken | names_bound(whole), depth + 1)


def _plain(function: tree.Function) -> bool:
    """A function that is called as it is written, and that holds no names but its own."""
    return not (
        function.variadic
        or function.is_async
        or function.is_generator
        or function.global_names
        or function.decorators
        or function.owner
    ) and all(_is_simple(s) for s in every_statement(function.body))


def _is_simple(statement: tree.Stmt) -> bool:
    if isinstance(statement, tree.Other | tree.Define | tree.While):
        return False
    return not any(
        isinstance(inner, tree.Opaque | tree.Comprehension)
        for expr in own_expressions(statement)
        for inner in walk_expr(expr)
    )


def _means_the_same(function: tree.Function, scope: Scope) -> bool:
    """Whether the names that a function reads from around it are the same where it is called."""
    if function.name in scope.helpers:
        # It was defined in this function: what it reads may have changed since.
        return False
    own = names_bound(function.body) | {p.name for p in function.params}
    return not (reads_of_block(function.body) - own) & (scope.locals | scope.names.keys())


def _arguments(function: tree.Function, call: tree.Call) -> dict[str, tree.Expr] | None:
    """What each parameter is given; a default only where it is a literal."""
    names = [param.name for param in function.params]
    if len(call.args) > len(names) or any(isinstance(a, tree.Spread) for a in call.args):
        return None
    given: dict[str, tree.Expr] = dict(zip(names, call.args, strict=False))
    for name, value in call.keywords:
        if name not in names or name in given:
            return None
        given[name] = value
    for param in function.params:
        if param.name not in given:
            if not isinstance(param.default, tree.Literal):
                return None
            given[param.name] = param.default
    return given


def _ends_once(body: Block, target: tree.Name | None, span: Span) -> Block | None:
    """The body with its returns as structure: an assignment of what it returns at its end, or nothing."""
    kept = tuple(
        s for s in body if not (isinstance(s, tree.Evaluate) and isinstance(s.value, tree.Literal))
    )
    if target is not None:
        match kept:
            case (*before, tree.Return(value)) if value is not None:
                kept = (*before, tree.Assign(target, value, span))
            case _:
                return None
    elif any(_in_loop(s) or not _is_quiet(s) for s in kept):
        return None
    else:
        kept = without_continue(rewritten(kept, _as_continue))
    return None if any(isinstance(s, tree.Return) for s in every_statement(kept)) else kept


def _as_continue(node: Any) -> Any:
    return tree.Jump("continue", node.span) if isinstance(node, tree.Return) else None


def _in_loop(statement: tree.Stmt) -> bool:
    """Whether a loop inside returns, or skips what follows: what stands for both is told apart by its loop."""
    return any(
        isinstance(inner, tree.Return)
        for loop in every_statement((statement,))
        if isinstance(loop, tree.For)
        for inner in every_statement(loop.body)
    )


def _is_quiet(statement: tree.Stmt) -> bool:
    """Whether what is returned, and not used, may as well not be computed."""
    return not any(
        isinstance(part, tree.Call)
        for inner in every_statement((statement,))
        if isinstance(inner, tree.Return) and inner.value is not None
        for part in walk_expr(inner.value)
    )


def _changes(body: Block, function: tree.Function) -> bool:
    """Whether the function may change an argument in place, or calls what may."""
    calls = any(isinstance(s, tree.Evaluate) for s in every_statement(body))
    return calls or bool(names_changed(body) & {p.name for p in function.params})


def _names(
    function: tree.Function, given: dict[str, tree.Expr], taken: frozenset[str], span: Span
) -> dict[str, tree.Expr]:
    """What each name of the function becomes: what it was given, or a name that nobody has."""
    bound = names_bound(function.body)
    new: dict[str, tree.Expr] = {}
    used = set(taken)
    for name in (*given, *sorted(bound - given.keys())):
        value = given.get(name)
        if isinstance(value, tree.Name | tree.Literal) and name not in bound:
            new[name] = value
        else:
            own = next(n for n in _spellings(name) if n not in used)
            used.add(own)
            new[name] = tree.Name(own, span)
    return new


def _spellings(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def _renamed(node: Any, new: dict[str, tree.Expr], target: tree.Name | None) -> Any:
    return new.get(node.id) if isinstance(node, tree.Name) and node is not target else None


def _without_itself(body: Block) -> Block:
    """The body without `a = a` at its end, which is what `a = f(a)` comes to where `f` returns its argument."""
    match body:
        case (*before, tree.Assign(tree.Name(to), tree.Name(name))) if to == name:
            return tuple(before)
        case _:
            return body


def _placed(node: Any, span: Span) -> Any:
    """A tree that stands where the call stands; loops in it have no text of their own."""
    if isinstance(node, tuple):
        return tuple(_placed(part, span) for part in cast("tuple[Any, ...]", node))
    if not is_dataclass(node) or isinstance(node, type):
        return node
    if isinstance(node, Span):
        return span
    parts = {f.name: _placed(getattr(node, f.name), span) for f in fields(node)}
    if isinstance(node, tree.For | tree.While):
        parts["header"] = Span(span.start, span.start)
    return replace(node, **parts)
