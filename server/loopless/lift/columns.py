"""Loops over the columns of a matrix, taken apart: `for source, target in edges.t()`."""

from __future__ import annotations

from loopless.facts.scope import Scope
from loopless.ir import tree
from loopless.ir.poly import Axis, poly
from loopless.ir.value import Apply, At, Tuple, Value
from loopless.lift.context import Frame
from loopless.lift.evaluate import Evaluator
from loopless.lift.subscript import item
from loopless.lift.types import type_of


def matrix_of_columns(
    target: tree.Expr, iterable: tree.Expr, evaluator: Evaluator, frame: Frame
) -> Value | None:
    """The matrix whose columns a loop takes apart, None where it walks anything else."""
    if not isinstance(target, tree.Display):
        return None
    match iterable:
        case tree.Call(tree.Field(of, "t"), (), ()):
            return evaluator.value(of, frame)
        case tree.Field(of, "T" | "mT"):
            # With more dimensions than two, these are not the first two that change places (P4: there are none).
            matrix = evaluator.value(of, frame)
            return matrix if type_of(matrix, evaluator.scope).rank in (2, None) else None
        case tree.Call(
            tree.Field(of, "transpose"), (tree.Literal(int(a)), tree.Literal(int(b))), ()
        ) if {a, b} == {0, 1}:
            return evaluator.value(of, frame)
        case _:
            return None


def column(matrix: Value, target: tree.Expr, hole: Axis, scope: Scope) -> Value | None:
    """One column as a tuple of as many items as the target takes."""
    assert isinstance(target, tree.Display)
    parts = [
        item(matrix, [At(poly(row)), At(poly(hole))], scope) for row in range(len(target.items))
    ]
    found = tuple(part for part in parts if part is not None)
    return Tuple(found) if len(found) == len(parts) else None


def hosted_parts(column: Tuple) -> Tuple:
    """A column of `x.t().tolist()`: numbers of Python."""
    return Tuple(tuple(Apply("item", (part,)) for part in column.items))
