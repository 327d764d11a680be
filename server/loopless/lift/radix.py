"""Places that count in mixed radix: `(c * kh + p) * kw + q` is another place for every `c`, `p` and `q`."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from loopless.dependence.feasible import Constraint, equal_zero, proves
from loopless.ir.poly import ONE, ZERO, Axis, Poly, greatest, poly


@dataclass(frozen=True, slots=True)
class Digits:
    """`offset` plus the number that `axes`, the most significant first, write in `radices`.

    Every axis but the first stays below its radix, so no two points of the axes give one number. The first radix
    is that axis's extent.
    """

    offset: Poly
    axes: tuple[Axis, ...]
    radices: tuple[Poly, ...]

    @property
    def count(self) -> Poly:
        """How many numbers there are between the least and the greatest, both included."""
        product = ONE
        for radix in self.radices:
            product = product * radix
        return product


def digits(p: Poly, fixed: Container[Axis] = ()) -> Digits | None:
    """`p` as a number with two digits or more, None where it is no such number. `fixed` axes belong to the offset."""
    axes = [a for a in p.axes() if a not in fixed]
    if len(axes) < 2 or not all(p.linear_in(a) for a in axes):
        return None
    strides = {a: p.coefficient(a) for a in axes}
    if any(stride.axes() for stride in strides.values()):
        return None
    offset = p
    for axis in axes:
        offset = offset.without(axis)
    found = _ordered(strides)
    if found is None:
        return None
    ordered, radices = found
    return Digits(offset, tuple(reversed(ordered)), tuple(reversed(radices)))


def _ordered(strides: dict[Axis, Poly]) -> tuple[list[Axis], list[Poly]] | None:
    """The axes from the least significant on, each with what the next one's stride is a multiple by."""
    ordered: list[Axis] = []
    radices: list[Poly] = []
    waiting = dict(strides)
    stride = ONE
    while waiting:
        if not ordered:
            axis = next((a for a, s in waiting.items() if s == ONE), None)
            if axis is None:
                return None
        else:
            step = _next(stride, ordered[-1], waiting)
            if step is None:
                return None
            axis, radix = step
            radices.append(radix)
            stride = waiting[axis]
        ordered.append(axis)
        del waiting[axis]
    radices.append(ordered[-1].extent)
    return ordered, radices


def _next(stride: Poly, digit: Axis, waiting: dict[Axis, Poly]) -> tuple[Axis, Poly] | None:
    """The axis whose stride is that of `digit` times a radix that `digit` stays below."""
    # A counter adds the iterations of an inner loop up as max(extent, 0): where they run, that is the extent.
    counted = greatest((digit.extent, ZERO))
    for axis, factor in waiting.items():
        if factor in (stride * digit.extent, stride * counted):
            return axis, digit.extent
    for axis, factor in waiting.items():
        whole, part, most = factor.constant, stride.constant, digit.extent.constant
        if whole and part and most is not None and whole % part == 0 and 0 < most <= whole // part:
            return axis, poly(whole // part)
    return None


def counts_up(p: Poly, known: Iterable[Constraint]) -> bool:
    """Whether a number in mixed radix is never negative: its loops run, so no radix is below one."""
    found = digits(p)
    return found is not None and proves(found.offset, known)


def same_digits(left: Poly, right: Poly) -> list[Constraint]:
    """What must hold for two numbers in the same radices to be one: digit by digit."""
    if left.axes() == right.axes():
        return []
    one, other = digits(left), digits(right)
    if one is None or other is None or one.radices[1:] != other.radices[1:]:
        return []
    if (one.offset - other.offset) != ZERO:
        return []
    return [
        equal_zero(poly(a) - poly(b)) for a, b in zip(one.axes, other.axes, strict=True) if a != b
    ]
