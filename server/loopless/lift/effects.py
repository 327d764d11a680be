"""Expression statements: appends to lists, in-place methods, calls for their effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import conjunction
from loopless.facts.infer import dotted
from loopless.facts.operations import Rule, method
from loopless.facts.scope import root_name
from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.poly import poly
from loopless.ir.value import (
    Apply,
    Int,
    Read,
    Value,
)
from loopless.lift.appends import elements_of
from loopless.lift.context import Frame
from loopless.lift.indexed_updates import indexed_update
from loopless.lift.listed import filling
from loopless.lift.piece import Append
from loopless.lift.ranks import check_appended
from loopless.lift.stop import stop
from loopless.lift.types import type_of
from loopless.lift.words import described

if TYPE_CHECKING:
    from loopless.lift.execute import Executor


def effect(executor: Executor, expr: tree.Expr, frame: Frame) -> None:
    """An expression statement: an append, an in-place method, or an effect."""
    match expr:
        case tree.Literal():
            return
        case tree.Call(tree.Field(tree.Name(name), "append"), (argument,), ()):
            if not filling(name, frame, executor.lifting) and (
                name in frame.env or executor.scope.fact(name).kind != "list"
            ):
                raise stop(
                    "effect",
                    f"`{name}` is not known to be a list made for this loop",
                    expr.span,
                )
            value = executor.evaluator.value(argument, frame)
            if (
                isinstance(argument, tree.Name)
                and argument.id in executor.lifting.augmented
                and type_of(value, executor.scope).is_tensor
            ):
                raise stop(
                    "aliasing", f"the list holds `{argument.id}` itself, which changes in place (T22)",
                    expr.span, f"append `{argument.id}.clone()`",
                )  # fmt: skip
            check_appended(value, expr.span, executor.lifting)
            frame.pieces.append(_appended(executor, name, value, frame, expr.span))
        case tree.Call(tree.Field(of, attribute), args, ()) if attribute.endswith("_"):
            _in_place(executor, of, attribute, args, frame, expr.span)
        case tree.Call(func):
            name = dotted(func, executor.scope) or root_name(func) or "a function"
            raise stop(
                "effect",
                f"`{name.removeprefix('builtins.')}` is called for its effect",
                expr.span,
            )
        case _:
            executor.evaluator.value(expr, frame)


def _in_place(
    executor: Executor,
    of: tree.Expr,
    attribute: str,
    args: tuple[tree.Expr, ...],
    frame: Frame,
    span: Span,
) -> None:
    """`x[i].add_(y)` and its like, also one after the other: `x[i].sub_(m).div_(s)`."""
    match of:
        case tree.Call(tree.Field(first, before), given, ()) if before.endswith(
            "_"
        ) and not before.startswith("_"):
            _in_place(executor, first, before, given, frame, span)
            of = first
        case _:
            pass
    base = executor.evaluator.value(of, frame)
    if not isinstance(base, Read) or not base.subs:
        raise stop("in-place", f"{described(base)} is changed in place in every iteration", span)
    values = [executor.evaluator.value(arg, frame) for arg in args]
    if indexed_update(executor, base, attribute, values, frame, span):
        return
    match attribute, values:
        case "fill_" | "copy_", [value]:
            executor.write(base.root, base.subs, None, value, frame, span)
        case "zero_", []:
            executor.write(base.root, base.subs, None, Int(poly(0)), frame, span)
        case (("add_" | "sub_" | "mul_" | "div_"), [value]):
            op = {"add_": "+", "sub_": "-", "mul_": "*", "div_": "/"}[attribute]
            executor.write(base.root, base.subs, op, value, frame, span)
        case _:
            known = method(attribute[:-1])
            if known is None or known.rule is not Rule.POINTWISE:
                raise stop("in-place", f"no rule for `.{attribute}` in a loop", span)
            new = Apply(f"Tensor.{attribute[:-1]}", (base, *values))
            executor.write(base.root, base.subs, None, new, frame, span)


def _appended(executor: Executor, name: str, value: Value, frame: Frame, span: Span) -> Append:
    """An item of a list, or its elements where its length moves with the loop."""
    elements = elements_of(value, span, executor.lifting)
    if elements is None:
        return Append(name, value, frame.when, (), span)
    element, where, axis = elements
    return Append(name, element, conjunction(frame.when, where), (axis,), span, joined=True)
