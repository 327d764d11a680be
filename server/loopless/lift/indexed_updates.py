"""Updates of an item at places of an index: `out[b].index_add_(0, places[b], rows[b])` adds one row after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loopless.dependence.conditions import integer_of
from loopless.finding import Span
from loopless.ir.poly import poly
from loopless.ir.value import At, Pick, Read, Sub, Value
from loopless.lift.context import Frame
from loopless.lift.meant import size_in_front
from loopless.lift.piece import Write
from loopless.lift.ranks import learn, learn_stored
from loopless.lift.subscript import in_tensors, is_full, item
from loopless.lift.types import type_of
from loopless.lift.waiting import before_write

if TYPE_CHECKING:
    from loopless.lift.execute import Executor


def indexed_update(
    executor: Executor, base: Read, method: str, values: list[Value], frame: Frame, span: Span
) -> bool:
    """Note such an update, on an axis of its own that walks the index; False for any other method."""
    match method, values:
        case (("index_add_" | "scatter_add_"), [dim, index, source]):
            pass
        case _:
            return False
    lifting, scope = executor.lifting, executor.scope
    p = integer_of(dim)
    subs = tuple(sub for sub in base.subs if not is_full(sub))
    if p is None or p.constant != 0 or not all(isinstance(sub, At | Pick) for sub in subs):
        return False
    learn(index, 1, lifting)
    rows = type_of(Read(base.root, subs), scope).rank
    if type_of(index, scope).rank != 1 or (method == "scatter_add_" and rows != 1):
        # An index of several dimensions has a place of its own for each element of a row.
        return False
    size = size_in_front(index, lifting)
    if size is None:
        return False
    axis = lifting.axis("k", size)
    place, added = (item(value, [At(poly(axis))], scope) for value in (index, source))
    if place is None or added is None or type_of(source, scope).rank == 0:
        return False
    where: tuple[Sub, ...] = (*subs, Pick(in_tensors(place, scope)))
    learn_stored(base.root, where, added, span, lifting, plain=False)
    piece = Write(base.root, where, "+", added, frame.when, (axis,), span, augmented=True)
    before_write(executor, piece, frame)
    frame.pieces.append(piece)
    return True
