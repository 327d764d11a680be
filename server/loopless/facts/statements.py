"""What statements do to the facts of a scope."""

from __future__ import annotations

from collections.abc import Iterable

from loopless.facts.annotations import annotated
from loopless.facts.fact import UNKNOWN, Fact
from loopless.facts.guards import where_false, where_true
from loopless.facts.infer import INT, dotted, infer, operator
from loopless.facts.modes import note_modes
from loopless.facts.reached import made, reached
from loopless.facts.rounds import settled
from loopless.facts.scope import (
    Scope,
    mentions,
    merged,
    names_bound,
    names_changed,
    root_name,
    target_names,
)
from loopless.facts.sharing import bound_sharers, share, share_bound, share_held, sharers
from loopless.facts.windows import window_of
from loopless.ir import tree
from loopless.ir.poly import Dim, Symbol, poly


def advance(block: Iterable[tree.Stmt], scope: Scope) -> None:
    """Take the effects of statements into the scope."""
    for statement in block:
        step(statement, scope)


def step(statement: tree.Stmt, scope: Scope) -> None:
    """Take the effect of one statement into the scope."""
    note_modes(statement, scope)
    scope.given = (*scope.given, *reached(statement, scope))
    match statement:
        case tree.Assign(target, value):
            others = sharers(value, scope)
            assign(target, value, scope, statement.annotation)
            for name in target_names(target):
                share(name, others, scope)
            share_held(statement, scope)
            _forget_shapes(statement, scope)
            scope.given = (*scope.given, *made(statement, scope))
        case tree.Augment(tree.Name(name), op, value):
            fact = scope.fact(name)
            if fact.is_tensor:
                # In place: the shape and dtype stay.
                scope.names[name] = fact
            else:
                scope.bind(name, operator(op, (tree.Name(name, statement.span), value), scope))
        case tree.Augment(target):
            _touch(target, scope)
        case tree.If(_, then, otherwise):
            left, right = arms(statement, scope)
            advance(then, left)
            advance(otherwise, right)
            both = merged(left, right)
            ends = _leaves(then), _leaves(otherwise)
            chosen = right if ends == (True, False) else left if ends == (False, True) else both
            scope.names, scope.aliases, scope.helpers = chosen.names, chosen.aliases, chosen.helpers
            scope.given = chosen.given
        case tree.Other("Assert", test=test) if test is not None:
            scope.given += where_true(test, scope)
        case tree.For() | tree.While() | tree.Other():
            havoc(statement, scope)
        case tree.Define(name, function, owner):
            scope.bind(name, Fact("callable" if owner is None else "unknown"))
            if function is not None:
                scope.helpers[name] = function
        case tree.Evaluate():
            for changed in names_changed((statement,)):
                _forget_values(changed, scope)
            share_held(statement, scope)
            _forget_shapes(statement, scope)
        case _:
            pass


def arms(statement: tree.If, scope: Scope) -> tuple[Scope, Scope]:
    """What is known at the start of both arms of an `if`."""
    left, right = scope.copy(), scope.copy()
    left.given += where_true(statement.test, scope)
    right.given += where_false(statement.test, scope)
    return left, right


# Methods after which a tensor has another shape.
_RESHAPING = frozenset(
    "resize_ resize_as_ set_ t_ transpose_ swapaxes_ swapdims_ squeeze_ unsqueeze_ as_strided_ data".split()
)


def _forget_shapes(statement: tree.Stmt, scope: Scope) -> None:
    """`x.resize_(n)`, `x.data = y`: what was known of the shape of `x` is not true any more."""
    match statement:
        case tree.Evaluate(tree.Call(tree.Field(tree.Name(name), changes))):
            pass
        case tree.Assign(tree.Field(tree.Name(name), changes)):
            pass
        case _:
            return
    if changes in _RESHAPING:
        others = set(scope.aliases.get(name, ()))
        scope.bind(name, Fact("tensor", view_of=name))
        share(name, others, scope)


def _leaves(block: tuple[tree.Stmt, ...]) -> bool:
    """Whether control never comes out at the end of a block."""
    if not block:
        return False
    match block[-1]:
        case tree.Return() | tree.Jump("break" | "continue"):
            return True
        case tree.Other("Raise"):
            return True
        case _:
            return False


def _touch(target: tree.Expr, scope: Scope) -> None:
    root = root_name(target)
    if root is not None:
        _forget_values(root, scope)


def _forget_values(name: str, scope: Scope) -> None:
    """The name has been changed in place: its values are unknown, its shape is not."""
    fact = scope.names.get(name)
    if fact is not None and fact.kind in {"list", "dict", "tuple"}:
        scope.names[name] = Fact(fact.kind)


def havoc(statement: tree.Stmt, scope: Scope) -> None:
    """A loop or an unknown statement ran, or runs: what it may bind is unknown but for what every iteration keeps."""
    note_modes(statement, scope)
    before = scope.copy()
    _forget_bound(statement, scope)
    scope.names |= settled(statement, before, scope, advance)
    if isinstance(statement, tree.Other) and statement.kind == "With":
        # The body of a `with` runs once, in order: what it binds is known.
        for block in statement.blocks:
            advance(block, scope)


def at_head(loop: tree.For, scope: Scope) -> tuple[dict[str, Fact], Scope]:
    """The facts of tensors that hold at the head of every iteration of a loop, and all facts after the first one."""
    head = scope.copy()
    _forget_bound(loop, head)
    first = scope.copy()
    advance(loop.body, first)
    return settled(loop, scope, head, advance), first


def _forget_bound(statement: tree.Stmt, scope: Scope) -> None:
    """What a statement may bind is unknown, what it may change has new values."""
    bindings = bound_sharers((statement,), scope)
    bound = names_bound((statement,))
    first = {name: frozenset(scope.aliases.get(name, ())) for name in bound}
    for name in bound:
        scope.bind(name, UNKNOWN)
    # Until it gets its first new value a name still shares what it shared before.
    for name, others in first.items():
        share(name, others, scope)
    for name in names_changed((statement,)):
        _forget_values(name, scope)
    share_bound(bindings, (statement,), scope)


def assign(
    target: tree.Expr, value: tree.Expr, scope: Scope, annotation: tree.Expr | None = None
) -> None:
    """Take the effect of `target = value` into the scope."""
    match target:
        case tree.Name(name):
            fact = infer(value, scope)
            if fact.kind == "unknown" and annotation is not None:
                fact = annotated(annotation, scope, name)
            if isinstance(value, tree.Name) and fact.is_tensor:
                fact = fact.but(
                    view_of=value.id,
                    like=fact.like or (value.id if fact.dims is None else None),
                    dtype=fact.dtype or f"of:{value.id}",
                )
            if fact.is_tensor:
                fact = fact.but(window=window_of(value, scope))
            scope.bind(name, _lasting(fact, name))
        case tree.Display(_, items) if not any(isinstance(i, tree.Spread) for i in items):
            _unpack(items, value, scope)
        case tree.Field(tree.Name("self"), name):
            scope.bind(f"self.{name}", infer(value, scope))
        case _:
            for name in target_names(target):
                scope.bind(name, UNKNOWN)
            _touch(target, scope)


def _lasting(fact: Fact, name: str) -> Fact:
    """What stays true of the new value of a name once its old one, in terms of which it is said, is gone."""
    if fact.is_tensor:
        if not mentions(fact, name):
            return fact
        # `x = x.byte()` is said in terms of the old `x`, but its dtype is not.
        return Fact(
            "tensor", dtype=None if fact.dtype == f"of:{name}" else fact.dtype, fresh=fact.fresh
        )
    if fact.kind in {"int", "unknown"} and fact.poly is not None:
        return fact.but(poly=None) if Symbol(name) in fact.poly.atoms() else fact
    return fact


def _unpack(items: tuple[tree.Expr, ...], value: tree.Expr, scope: Scope) -> None:
    source = infer(value, scope)
    found: list[Fact] = [UNKNOWN] * len(items)
    if (
        source.kind in {"tuple", "list"}
        and source.items is not None
        and len(source.items) == len(items)
    ):
        found = list(source.items)
    elif source.kind == "size" and source.like is not None:
        found = _unpacked_size(source, len(items), scope)
    elif source.kind == "size" and source.dims is not None and len(source.dims) == len(items):
        found = [Fact("int", poly=p) for p in source.dims]
    elif source.kind == "size":
        found = [INT] * len(items)
    if isinstance(value, tree.Call) and dotted(value.func, scope) in {
        "torch.meshgrid",
        "torch.topk",
        "torch.sort",
    }:
        found = [Fact("tensor")] * len(items)
    if isinstance(value, tree.Name) and source.is_tensor:
        found = [Fact("tensor", dtype=source.dtype, view_of=value.id) for _ in items]
    for item, fact in zip(items, found, strict=True):
        if isinstance(item, tree.Name):
            scope.bind(item.id, fact)
        else:
            for name in target_names(item):
                scope.bind(name, UNKNOWN)
    if source.kind == "size" and source.like is not None and source.literal is None:
        _learn_rank(source.like, len(items), scope)


def _unpacked_size(source: Fact, count: int, scope: Scope) -> list[Fact]:
    assert source.like is not None
    match source.literal:
        case (int(start), int()) if start < 0:
            rank = scope.rank(source.like)
            root = scope.shape_root(source.like)
            places = [start + k for k in range(count)]
            if rank is not None:
                return [Fact("int", poly=scope.size(source.like, p + rank)) for p in places]
            return [Fact("int", poly=poly(Dim(root, p))) for p in places]
        case None:
            return [Fact("int", poly=scope.size(source.like, k)) for k in range(count)]
        case _:
            return [INT] * count


def _learn_rank(name: str, rank: int, scope: Scope) -> None:
    """`a, b = x.shape` shows that `x` has two dimensions."""
    root = scope.shape_root(name)
    fact = scope.names.get(root, scope.fact(root))
    if fact.dims is None:
        dims = tuple(poly(Dim(root, k)) for k in range(rank))
        scope.names[root] = fact.but(
            kind="tensor", dims=dims, presumed=False, dtype=fact.dtype or f"of:{root}"
        )
