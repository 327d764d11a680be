"""Lists that the loop's body makes: by a comprehension, or by an inner loop that appends; and what becomes of them.

A list is what an item is along the axes of the loops that make it. A fold takes it apart again, `torch.stack` makes
these axes a dimension of the item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import conjunction, integer_of, negated
from loopless.facts.fact import Fact
from loopless.facts.infer import dotted
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import Poly, poly
from loopless.ir.value import (
    Best,
    Const,
    Int,
    OnItem,
    Reduce,
    Rows,
    Tuple,
    Value,
    substitute,
)
from loopless.lift.choice import conjunction_of
from loopless.lift.context import Frame, Lifting
from loopless.lift.piece import Append, Piece
from loopless.lift.stop import stop
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.lift.evaluate import Evaluator

# A name that no Python program can have.
_ITEMS = "·rows"


def spelled_loop(inner: tree.Comprehension, body: tree.Stmt) -> tree.For:
    """The clauses of a comprehension as nested loops around one statement."""
    statement = body
    header = Span(inner.span.start, inner.span.end)
    for clause in reversed(inner.clauses):
        for test in reversed(clause.tests):
            statement = tree.If(test, (statement,), (), inner.span)
        statement = tree.For(clause.target, clause.iterable, (statement,), (), inner.span, header)
    assert isinstance(statement, tree.For)
    return statement


def listed(inner: tree.Comprehension, evaluator: Evaluator, frame: Frame) -> Rows:
    """What a comprehension in the loop's body holds."""
    if inner.kind not in {"list", "generator"}:
        raise stop("comprehension", f"a {inner.kind} is made inside the loop", inner.span)
    evaluator.scope.names[_ITEMS] = Fact("list")
    append = tree.Field(tree.Name(_ITEMS, inner.span), "append", inner.span)
    body = tree.Evaluate(tree.Call(append, (inner.item,), (), inner.span), inner.span)
    own = Frame(dict(frame.env), [], None)
    evaluator.run(spelled_loop(inner, body), own)
    match own.pieces:
        case [Append(_, value, when, axes, joined=False)]:
            return Rows(axes, value, when)
        case _:
            raise stop("comprehension", "a comprehension does more than collect", inner.span)


def filling(name: str, frame: Frame, lifting: Lifting) -> bool:
    """Whether an inner loop appends to a list that the body around it makes."""
    made = lifting.made.get(name)
    return frame.env.get(name) == Tuple(()) and made is not None and len(lifting.open_axes) > made


def filled(piece: Piece, frame: Frame) -> bool:
    """Note what an inner loop puts into a list that the body around it makes; whether the piece does that."""
    if not isinstance(piece, Append) or frame.env.get(piece.root) != Tuple(()):
        return False
    if piece.joined:
        raise stop("append", "items of another length in each iteration", piece.span)
    frame.env[piece.root] = Rows(piece.axes, piece.value, piece.when)
    return True


def taken(evaluator: Evaluator, call: tree.Call, frame: Frame) -> Value | None:
    """The value of a call on a list of the loop's body; None for other calls."""
    match call.args:
        case (tree.Comprehension() as inner, *rest):
            rows = listed(inner, evaluator, frame)
        case (tree.Name(name), *rest) if isinstance(bound := frame.env.get(name), Rows):
            rows = bound
        case _:
            return None
    if not rows.listed:
        return None
    name = dotted(call.func, evaluator.scope) or ""
    if name in {"torch.stack", "torch.tensor"}:
        return _made(name, rows, _dim(evaluator, rest, call, frame), call.span, evaluator)
    if rest or call.keywords:
        raise stop("comprehension", "a list of the loop's body, and more", call.span)
    return _folded(name, rows, call.span, evaluator)


def _dim(evaluator: Evaluator, rest: list[tree.Expr], call: tree.Call, frame: Frame) -> int:
    """Along which dimension the items are stacked."""
    given = [*rest, *(value for key, value in call.keywords if key in {"dim", "axis"})]
    p = integer_of(evaluator.value(given[0], frame)) if len(given) == 1 else None
    if len(rest) + len(call.keywords) != len(given) or (
        given and (p is None or p.constant is None)
    ):
        raise stop("comprehension", "a list is made a tensor in a way that is not known", call.span)
    return 0 if p is None or p.constant is None else p.constant


def _made(name: str, rows: Rows, dim: int, span: Span, evaluator: Evaluator) -> Value:
    """A tensor of the items of a list."""
    found = unlisted(rows, evaluator) if name == "torch.tensor" else None
    if name == "torch.stack" and type_of(rows.body, evaluator.scope).is_tensor:
        found = Rows(rows.axes, rows.body, rows.when, listed=False)
    if found is None or len(rows.axes) != 1 or rows.when is not None:
        raise stop("comprehension", "a list of the loop's body that is no row of tensors", span)
    if dim == 0:
        return found
    return OnItem("torch.movedim", (found, Int(poly(0)), Int(poly(dim))))


def unlisted(rows: Rows, evaluator: Evaluator) -> Rows | None:
    """Numbers in lists, and in lists of them, as a tensor; None where they are anything else."""
    body = rows.body
    if isinstance(body, Rows) and body.listed:
        inner = unlisted(body, evaluator)
        return None if inner is None else Rows(rows.axes, inner, rows.when, listed=False)
    kind = type_of(body, evaluator.scope)
    whole = kind.kind == "int" or (kind.is_tensor and kind.dtype in {"int64", "float32"})
    if not whole or kind.rank != 0 or rows.when is not None or len(rows.axes) != 1:
        return None
    return Rows(rows.axes, body, None, listed=False)


def _folded(name: str, rows: Rows, span: Span, evaluator: Evaluator) -> Value:
    """One value of all items of a list."""
    match name:
        case "builtins.sum":
            return _reduced("+", rows.body, rows.when, rows)
        case "builtins.any":
            test = conjunction(rows.when, evaluator.truth(rows.body))
            return _reduced("any", test, None, rows)
        case "builtins.all":
            test = evaluator.truth(rows.body)
            if rows.when is not None:
                test = conjunction_of("or", (negated(rows.when), test))
            return _reduced("all", test, None, rows)
        case "builtins.max" | "builtins.min" if len(rows.axes) == 1 and rows.when is None:
            return _best(">" if name.endswith("max") else "<", rows)
        case "builtins.len" if rows.when is None:
            return Int(_count(rows))
        case _:
            raise stop("comprehension", "a list of the loop's body is used as a list", span)


def _reduced(op: str, body: Value | None, when: Value | None, rows: Rows) -> Value:
    result = Const(True) if body is None else body
    for axis in reversed(rows.axes):
        result, when = Reduce(op, axis, result, when), None
    return result


def _count(rows: Rows) -> Poly:
    count = poly(1)
    for axis in rows.axes:
        count = count * axis.extent
    return count


def _best(order: str, rows: Rows) -> Value:
    """The first item that no other is better than, as Python's `max` and `min` find it."""
    (axis,) = rows.axes
    first = substitute(rows.body, {axis: poly(0)})
    return Best(order, axis, rows.body, first, rows.body, first)
