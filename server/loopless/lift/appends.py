"""Items of another length each, put into a list that is joined in the end: their elements, on an axis of their own."""

from __future__ import annotations

from loopless.dependence.conditions import conjunction, integer_of
from loopless.finding import Span
from loopless.ir.poly import Axis, Poly, poly
from loopless.ir.value import Apply, At, Int, OnItem, Tuple, Value, replaced
from loopless.lift.bounds import bound_of, refuse_changing
from loopless.lift.chosen import chosen_elements
from loopless.lift.context import Lifting
from loopless.lift.fixed import keeps_length
from loopless.lift.ragged import ragged
from loopless.lift.ranks import learn
from loopless.lift.subscript import item
from loopless.lift.types import type_of

Elements = tuple[Value, Value | None, Axis]
"""What an element is, where there is one, and the axis along the item."""


def elements_of(value: Value, span: Span, lifting: Lifting) -> Elements | None:
    """The elements of an item whose length moves with the loop; None for other items."""
    made = _made(value, span, lifting)
    if made is not None:
        return made
    if keeps_length(value, lifting):
        return None
    found = ragged(value, span, lifting)
    if found is None or [dim for dim, _ in found.masks] != [0]:
        return None
    (_, mask), *_ = found.masks
    places = next((v for v in _values(mask) if isinstance(v, OnItem) and v.op == "positions"), None)
    if places is None:
        return chosen_elements(found, lifting)
    count = integer_of(places.args[0])
    if count is None:
        return None
    axis = lifting.axis("t", count)
    element = item(found.value, [At(poly(axis))], lifting.scope)
    if element is None:
        return None
    when = replaced(mask, lambda v: Int(poly(axis)) if v == places else None)
    return element, _conjunction(when), axis


def _values(mask: Value) -> list[Value]:
    match mask:
        case Apply(_, args):
            return [inner for arg in args for inner in _values(arg)]
        case _:
            return [mask]


def _conjunction(mask: Value) -> Value | None:
    match mask:
        case Apply("&", (one, other)):
            return conjunction(_conjunction(one), _conjunction(other))
        case _:
            return mask


def _made(value: Value, span: Span, lifting: Lifting) -> Elements | None:
    """`torch.arange(n)` and `torch.full((n,), i)`, where `n` is another one in each iteration."""
    match value:
        case OnItem("torch.arange", (end,), ()):
            return _counted(poly(0), bound_of(end, lifting.scope), None, span, lifting)
        case OnItem("torch.arange", (start, end), ()):
            first = bound_of(start, lifting.scope)
            return (
                None
                if first is None
                else _counted(first, bound_of(end, lifting.scope), None, span, lifting)
            )
        case OnItem("torch.full", (Tuple((size,)), number), ()) if (
            type_of(number, lifting.scope).kind == "int"
        ):
            return _counted(poly(0), bound_of(size, lifting.scope), number, span, lifting)
        case OnItem("Tensor.repeat" | "Tensor.expand", (OnItem() as row, count, *others), ()):
            item_of = _row(row, others, lifting)
            end = bound_of(count, lifting.scope)
            return None if item_of is None else _counted(poly(0), end, item_of, span, lifting)
        case _:
            return None


def _row(row: OnItem, others: list[Value], lifting: Lifting) -> Value | None:
    """The item that `item.unsqueeze(0).repeat(n, 1)` repeats along a dimension in front of its own."""
    match row:
        case OnItem("Tensor.unsqueeze" | "torch.unsqueeze", (inner, Int(dim)), ()) if (
            dim.constant == 0 and all(other in (Int(poly(1)), Int(poly(-1))) for other in others)
        ):
            learn(inner, len(others), lifting)
            return inner if type_of(inner, lifting.scope).rank == len(others) else None
        case _:
            return None


def _counted(
    start: Poly, end: Poly | None, number: Value | None, span: Span, lifting: Lifting
) -> Elements | None:
    if end is None or not (end - start).axes() & set(lifting.open_axes):
        return None
    refuse_changing(start, span, lifting)
    refuse_changing(end, span, lifting)
    axis = lifting.axis("t", end - start)
    lifting.starts[axis] = start
    # A negative number of places raises.
    lifting.sized.add(axis)
    return (number if number is not None else Int(start + poly(axis))), None, axis
