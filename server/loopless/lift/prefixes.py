"""Sums and means of prefixes, `x[: i + 1].sum()`, as running sums: each is the one before and one more place."""

from __future__ import annotations

from loopless.dependence.feasible import proves
from loopless.ir.poly import Axis, poly
from loopless.ir.value import Apply, At, Cut, Int, Read, Scan, Value, axes_of
from loopless.lift.context import Lifting
from loopless.lift.ragged import Ragged
from loopless.lift.subscript import item
from loopless.lift.types import type_of

# What is added up in a wider type than its own.
_NARROW = frozenset({"bool", "uint8", "int8", "int16", "int32"})


def prefix_fold(
    short: str,
    value: Value,
    found: Ragged,
    keywords: tuple[tuple[str, Value], ...],
    lifting: Lifting,
) -> Value | None:
    """The running sum or mean that a fold of a prefix is, None for anything else."""
    if short not in {"sum", "mean"} or keywords or [dim for dim, _ in found.masks] != [0]:
        return None
    ((cut, size),) = found.ends
    axis = _grows(cut, lifting)
    kind = type_of(value, lifting.scope)
    if axis is None or kind.rank != 1 or kind.dtype in _NARROW:
        return None
    places = cut.count - poly(axis) if cut.count is not None else None
    if places is None or not proves(size - axis.extent - places + 1, []):
        return None
    element = item(found.value, [At(poly(axis))], lifting.scope)
    if element is None or axis in _elsewhere(found.value, lifting):
        return None
    total = Scan("+", axis, element, None, exclusive=not places.terms)
    return total if short == "sum" else Apply("/", (total, Int(poly(axis) + places)))


def _grows(cut: Cut, lifting: Lifting) -> Axis | None:
    """The axis along which a prefix grows by one place in each iteration: `x[:i]` or `x[:i + 1]`."""
    if cut.start.terms or cut.count is None or cut.step != 1:
        return None
    axes = cut.count.axes()
    if len(axes) != 1:
        return None
    (axis,) = axes
    rest = (cut.count - poly(axis)).constant
    return axis if axis in lifting.open_axes and rest in (0, 1) else None


def _elsewhere(value: Value, lifting: Lifting) -> frozenset[Axis]:
    """The axes on which what is added depends."""
    match value:
        case Read():
            return axes_of(value)
        case Apply(_, args):
            return frozenset(axis for arg in args for axis in _elsewhere(arg, lifting))
        case _:
            return axes_of(value)
