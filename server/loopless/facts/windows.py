"""Names for parts of other tensors: `rest = x[k:]` is the memory of `x` from `k` on."""

from __future__ import annotations

from loopless.facts.infer import infer
from loopless.facts.scope import Scope
from loopless.ir import tree
from loopless.ir.poly import Poly, poly


def window_of(value: tree.Expr, scope: Scope) -> tuple[str, Poly] | None:
    """The tensor that an expression is a part of, and where in its first dimension the part begins."""
    match value:
        case tree.Name(root):
            start = poly(0)
        case tree.Item(tree.Name(root), (tree.Range(None, _, None),)):
            start = poly(0)
        case tree.Item(tree.Name(root), (tree.Range(first, _, None),)) if first is not None:
            start = infer(first, scope).poly
        case _:
            return None
    if start is None or not scope.fact(root).is_tensor:
        return None
    return root, start
