"""Items of one element as numbers, where a condition asks them: `if weight[j] > 0.5` of a column."""

from __future__ import annotations

from loopless.facts.scope import Scope
from loopless.ir.poly import poly
from loopless.ir.value import Apply, At, Const, Cut, Int, New, Read, Ref, Value
from loopless.lift.subscript import item
from loopless.lift.types import type_of


def single(value: Value, scope: Scope) -> Value | None:
    """The one number of a value of which every dimension is shown to have size one; None where that is not shown."""
    rank = type_of(value, scope).rank
    if rank == 0 or isinstance(value, Int | Const):
        return value
    match value:
        case Apply("where" | "and" | "or"):
            return None
        case Apply(_, args) if any(_is_number_of(arg, scope) for arg in args):
            # Beside an item of dimensions, a tensor of none does not decide the dtype (T1).
            return None
        case Apply(op, args, keywords):
            parts = [single(arg, scope) for arg in args]
            found = [part for part in parts if part is not None]
            return Apply(op, tuple(found), keywords) if len(found) == len(args) else None
        case Ref(text) if rank and all(scope.size(text, k) == poly(1) for k in range(rank)):
            return item(value, [At(poly(0))] * rank, scope)
        case Read(root, subs) if rank and not any(isinstance(s, Cut | New) for s in subs):
            sizes = (scope.size(root, len(subs) + k) for k in range(rank))
            if root and all(size == poly(1) for size in sizes):
                return item(value, [At(poly(0))] * rank, scope)
            return None
        case _:
            return None


def _is_number_of(value: Value, scope: Scope) -> bool:
    """Whether a value is a tensor without dimensions."""
    kind = type_of(value, scope)
    return kind.is_tensor and kind.rank == 0
