"""Ranges that move with a loop around and keep their length: `range(i, i + length)` counts from `i` on."""

from __future__ import annotations

from collections.abc import Iterable

from loopless.ir.poly import Axis, Poly, poly


def moved_along(start: Poly, end: Poly, axes: Iterable[Axis]) -> Poly:
    """The part of a range's start that moves both of its ends alike, as the loops around go on."""
    inside = (end - start).atoms()
    found = poly(0)
    for axis in axes:
        if axis in inside or axis not in start.atoms() or not start.linear_in(axis):
            continue
        slope = start.coefficient(axis)
        if slope.constant is not None:
            found = found + poly(axis) * slope.constant
    return found
