"""The iterations of a loop that stays, as places in a row of all of them; and what may be done where there are none."""

from __future__ import annotations

from collections.abc import Iterator

from loopless.dependence.feasible import Constraint, proves
from loopless.facts.infer import dotted, infer, integer
from loopless.facts.operations import Rule, lookup, method
from loopless.facts.scope import Scope, names_bound, target_names
from loopless.ir import tree
from loopless.ir.walk import names_read, parts, walk_expr

# Views that a tensor of any shape has.
_ANY_SHAPE = frozenset(
    "t detach contiguous size dim numel unsqueeze float double long bool".split()
)


def index_of(loop: tree.For, scope: Scope) -> str | None:
    """The place of an iteration in a row of all of them, as text; None where the header does not say it."""
    if loop.orelse:
        return None
    match loop.target, upward(loop.iterable, scope):
        case tree.Name(name), tree.Call(func, args, ()) if dotted(func, scope) == "builtins.range":
            if name in names_bound(loop.body):
                return None
            return _counted(name, args, scope)
        case (
            tree.Display(_, (tree.Name(name), inner)),
            tree.Call(func, (walked,), ()),
        ) if dotted(func, scope) == "builtins.enumerate" and is_tensor(walked, scope):
            bound = names_bound(loop.body)
            return None if {name, *target_names(inner)} & bound else name
        case _:
            return None


def _counted(name: str, args: tuple[tree.Expr, ...], scope: Scope) -> str | None:
    low, high = _ends(args)
    if low is None or integer(high, scope) is None:
        return None
    return name if low == 0 else f"{name} - {low}"


def _ends(args: tuple[tree.Expr, ...]) -> tuple[int | None, tree.Expr]:
    """Where a range starts, if that is a number that is not negative, and where it ends."""
    match args:
        case (high,):
            return 0, high
        case (tree.Literal(int(low)), high) if low >= 0:
            return low, high
        case _:
            return None, args[-1]


def trips_test(loop: tree.For, scope: Scope, text: str) -> str:
    """A test of whether the loop runs, where it may be told to run less than not at all; "" where it cannot.

    `range(k)` runs no iteration for a `k` below zero, and `x[:k]` has rows then.
    """
    match upward(loop.iterable, scope):
        case tree.Call(func, args, ()) if dotted(func, scope) == "builtins.range":
            low, high = _ends(args)
            count = integer(high, scope)
            assert low is not None
            assert count is not None
            given = [Constraint(known) for known in scope.given]
            if proves(count - low, given):
                return ""
            return f"{text[high.span.start : high.span.end]} > {low}"
        case _:
            return ""


def upward(iterable: tree.Expr, scope: Scope) -> tree.Expr:
    """The range of a loop that runs down, counted up: what waits for no other iteration has no order."""
    match iterable:
        case tree.Call(func, (tree.Call() as inner,), ()) if (
            dotted(func, scope) == "builtins.reversed"
        ):
            return inner
        case tree.Call(
            func,
            (
                tree.Operator("-", (high, tree.Literal(1))),
                tree.Operator("neg", (tree.Literal(1),)) | tree.Literal(-1),
                tree.Operator("neg", (tree.Literal(1),)) | tree.Literal(-1),
            ),
            (),
        ) if dotted(func, scope) == "builtins.range":
            return tree.Call(func, (high,), (), iterable.span)
        case _:
            return iterable


def is_tensor(expr: tree.Expr, scope: Scope) -> bool:
    """Whether an expression is shown to be a tensor, and not only to be read by subscript as lists are."""
    weak = isinstance(expr, tree.Name) and expr.id in scope.weak
    return infer(expr, scope).is_tensor and not weak


def always(body: tuple[tree.Stmt, ...]) -> Iterator[tree.Stmt]:
    """The statements that every iteration comes to."""
    for statement in body:
        yield statement
        if _goes_on(statement):
            return


def _goes_on(statement: tree.Stmt) -> bool:
    match statement:
        case tree.Jump("continue"):
            return True
        case tree.If(_, then, otherwise):
            return any(_goes_on(s) for s in (*then, *otherwise))
        case _:
            return False


def varies(expr: tree.Expr, loop: tree.For) -> bool:
    """Whether an expression reads items that another iteration reads elsewhere."""
    own = frozenset(target_names(loop.target))
    for inner in walk_expr(expr):
        match inner:
            case tree.Item(_, subscripts) if any(names_read(s) & own for s in subscripts):
                return True
            case tree.Name(name) if name in own and not isinstance(loop.target, tree.Name):
                return True
            case _:
                pass
    return False


def walked_by(expr: tree.Expr, own: frozenset[str]) -> Iterator[tree.Expr]:
    """What an expression reads by places that vary with the iteration."""
    for inner in walk_expr(expr):
        match inner:
            case tree.Item(of, subscripts) if any(names_read(s) & own for s in subscripts):
                yield of
            case _:
                pass


def runs_without(expr: tree.Expr, loop: tree.For, scope: Scope) -> bool:
    """Whether an expression may be computed where the loop runs no iteration: what does not vary cannot raise."""
    if not varies(expr, loop):
        return _is_total(expr, scope)
    return all(runs_without(part, loop, scope) for part in parts(expr))


def _is_total(expr: tree.Expr, scope: Scope) -> bool:
    match expr:
        case tree.Name() | tree.Literal():
            return True
        case tree.Field(of):
            return _is_total(of, scope)
        case tree.Item(of, subscripts):
            sliced = all(isinstance(s, tree.Range | tree.Literal | tree.Rest) for s in subscripts)
            whole = all(not isinstance(s, tree.Literal) or s.value is None for s in subscripts)
            return sliced and whole and _is_total(of, scope)
        case tree.Range():
            return all(_is_total(part, scope) for part in parts(expr))
        case tree.Operator("+" | "-" | "*" | "neg", operands):
            return all(_is_total(o, scope) for o in operands)
        case tree.Operator("/" | "**", (left, tree.Literal(int() | float() as below))) if below:
            return _is_total(left, scope)
        case tree.Call(func, args, keywords):
            given = (*args, *(value for _, value in keywords))
            return _is_total_call(func, scope) and all(_is_total(a, scope) for a in given)
        case _:
            return False


def _is_total_call(func: tree.Expr, scope: Scope) -> bool:
    whole = dotted(func, scope)
    if whole is not None:
        known = lookup(whole) if whole.startswith("torch.") else None
        return known is not None and known.rule is Rule.POINTWISE
    match func:
        case tree.Field(of, name):
            known = method(name)
            pointwise = known is not None and known.rule is Rule.POINTWISE
            return (name in _ANY_SHAPE or pointwise) and _is_total(of, scope)
        case _:
            return False
