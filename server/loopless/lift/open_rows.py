"""Rows of unknown rank under a mask, folded along their first dimension: `x[labels == c].mean(0)`, `h[b, :n].sum(0)`.

However many dimensions lie behind the first, the mask gets one of size one for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from loopless.dependence.conditions import integer_of
from loopless.facts.evidence import OPEN
from loopless.facts.operations import Operation, bind, lookup
from loopless.finding import Span
from loopless.ir.poly import poly
from loopless.ir.value import Apply, Const, Int, New, OnItem, Read, Ref, Value
from loopless.lift.chosen import learn_row
from loopless.lift.context import Lifting
from loopless.lift.ragged import TRAILING, lowest, opened
from loopless.lift.types import type_of

_FOLDS = frozenset({"sum", "mean", "amax", "amin"})


def folded_rows(
    name: str,
    args: tuple[Value, ...],
    keywords: tuple[tuple[str, Value], ...],
    span: Span,
    lifting: Lifting,
) -> Value | None:
    """A fold along the first dimension of rows under a mask; None for anything else."""
    short = name.rpartition(".")[2]
    known = lookup(name)
    bound = None if known is None else bind(known, args, dict(keywords))
    if known is None or bound is None or short not in _FOLDS or not _along_first(known, bound):
        return None
    if not _left_open(args[0], lifting):
        return None
    found = opened(args[0], span, lifting)
    if found is None or [dim for dim, _ in found.masks] != [0]:
        return None
    mask = found.masks[0][1]
    if not isinstance(found.value, Read | Ref) or not learn_row(mask, lifting):
        return None
    trailing = OnItem(TRAILING, (mask, found.value))

    def fold(op: str, fill: Value) -> Value:
        inner = Apply("where", (trailing, found.value, fill))
        return OnItem(f"{name.rpartition('.')[0]}.{op}", (inner, *args[1:]), keywords)

    match short:
        case "sum":
            return fold("sum", Int(poly(0)))
        case "mean":
            count = OnItem("Tensor.sum", (mask,))
            return Apply("/", (fold("sum", Int(poly(0))), count))
        case _:
            return fold(short, lowest(">" if short == "amax" else "<", found, span, lifting))


def _left_open(value: Value, lifting: Lifting) -> bool:
    """Whether rows may have any number of dimensions: a dim is named because there may be others."""
    scope = lifting.scope
    match value:
        case Read(root, subs) if root and scope.shown(root) is None:
            named = sum(not isinstance(sub, New) for sub in subs)
            if scope.least_rank.get(root, 0) > named:
                return False
            scope.least_rank = {**scope.least_rank, root: OPEN}
        case _:
            pass
    return type_of(value, scope).rank is None


def _along_first(known: Operation, bound: Mapping[str, object]) -> bool:
    """Whether a reduction names the first dimension and nothing else."""
    given = {name: value for name, value in bound.items() if name != "self" and value is not None}
    dims = [value for name, value in given.items() if name in known.dims]
    if len(dims) != 1 or len(given) > 2:
        return False
    rest = [v for name, v in given.items() if name not in known.dims and name not in known.tensors]
    place = integer_of(dims[0]) if isinstance(dims[0], Int) else None
    return all(v == Const(False) for v in rest) and place is not None and place.constant == 0
