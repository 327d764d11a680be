"""Sizes that a loop's body asks for: of tensors, and of their items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.facts.infer import dotted, infer
from loopless.ir import tree
from loopless.ir.poly import poly
from loopless.ir.value import Cut, Int, New, Read, Ref, Rows, Value
from loopless.ir.walk import names_read
from loopless.lift.chosen import count_of
from loopless.lift.context import Frame, Lifting
from loopless.lift.masked import size_of_slice
from loopless.lift.types import type_of

if TYPE_CHECKING:
    from loopless.lift.evaluate import Evaluator


def size_asked(evaluator: Evaluator, expr: tree.Expr, frame: Frame) -> Value | None:
    """`x.shape[0]`, `x.size(0)`, `len(x)` of a name that the loop does not bind."""
    if names_read(expr) & (frame.env.keys() | evaluator.lifting.loop_names):
        return _item_size(evaluator, expr, frame)
    fact = infer(expr, evaluator.scope)
    if fact.kind == "int" and fact.poly is not None:
        return Int(fact.poly)
    return None


def _item_size(evaluator: Evaluator, expr: tree.Expr, frame: Frame) -> Value | None:
    """`row.shape[0]` of an item: a size of the tensor that it is a part of."""
    match expr:
        case tree.Item(tree.Field(of, "shape"), (tree.Literal(int(at)),)):
            pass
        case tree.Call(tree.Field(of, "size"), (tree.Literal(int(at)),)):
            pass
        case tree.Call(tree.Field(of, "numel"), ()):
            return count_of(evaluator.value(of, frame), None, evaluator.lifting)
        case tree.Call(tree.Name("len"), (of,)) if (
            dotted(expr.func, evaluator.scope) == "builtins.len"
        ):
            at = 0
        case _:
            return None
    base = evaluator.value(of, frame)
    return _size_of(base, at, evaluator.lifting)


def _size_of(base: Value, at: int, lifting: Lifting) -> Value | None:
    """The size of one dimension of an item."""
    match base:
        case Ref(text):
            return Int(lifting.scope.size(text, at)) if at >= 0 else None
        case Read(root, subs):
            rank = type_of(base, lifting.scope).rank
            if at < 0:
                if rank is None:
                    return None
                at += rank
            place = 0
            left = at
            for sub in subs:
                match sub:
                    case New():
                        if left == 0:
                            return Int(poly(1))
                        left -= 1
                        continue
                    case Cut():
                        if left == 0:
                            return size_of_slice(sub, lifting.scope.size(root, place), lifting)
                        left -= 1
                    case _:
                        pass
                place += 1
            return Int(lifting.scope.size(root, place + left))
        case Rows(axes, _, None) if at == 0 and len(axes) == 1:
            return Int(axes[0].extent)
        case _:
            return count_of(base, at, lifting)
