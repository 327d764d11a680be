"""Tensors that grow by an item in every iteration: `out = torch.cat([out, item])` is one `cat` of all items."""

from __future__ import annotations

from loopless.dependence.conditions import integer_of
from loopless.ir.poly import Axis, poly
from loopless.ir.value import Int, OnItem, Read, Rows, Tuple, Value, cells_of

_JOINS = frozenset({"torch.cat", "torch.concat", "torch.concatenate"})
_UNSQUEEZED = frozenset({"Tensor.unsqueeze", "torch.unsqueeze"})


def grown(name: str, update: Value, start: Value, axis: Axis) -> Value | None:
    """What `name` has grown to after all iterations, None where it does anything else."""
    match update:
        case OnItem(op, (Tuple((Read(root, ()), item)), *rest), keywords) if (
            op in _JOINS and root == name and name not in cells_of(item)
        ):
            dim = _dim([*rest, *(value for _, value in keywords)])
        case _:
            return None
    if dim is None or any(key not in {"dim", "axis"} for key, _ in keywords):
        return None
    rows = _rows(item, dim, axis)
    if rows is None:
        return None
    return OnItem("torch.cat", (Tuple((start, rows)),), (("dim", Int(poly(dim))),) if dim else ())


def _dim(given: list[Value]) -> int | None:
    if not given:
        return 0
    p = integer_of(given[0]) if len(given) == 1 else None
    return None if p is None or p.constant is None or p.constant < 0 else p.constant


def _rows(item: Value, dim: int, axis: Axis) -> Value | None:
    """All items, one behind the other along `dim`."""
    match item:
        case OnItem(op, (inner, Int(at)), ()) if op in _UNSQUEEZED and at.constant == dim:
            rows = Rows((axis,), inner, None, listed=False)
            if dim == 0:
                return rows
            return OnItem("torch.movedim", (rows, Int(poly(0)), Int(poly(dim))))
        case _ if dim == 0:
            rows = Rows((axis,), item, None, listed=False)
            return OnItem("torch.flatten", (rows, Int(poly(0)), Int(poly(1))))
        case _:
            return None
