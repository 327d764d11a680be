"""Names that keep a value while a condition fails: `if p: s = v` is what `v` was in the latest iteration with `p`."""

from __future__ import annotations

from loopless.ir.poly import Atom, Axis, Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Held,
    Int,
    Read,
    Ref,
    Scan,
    Value,
    axes_of,
    sub_axes,
    substitute,
    walk,
)

# The operator of a running fold: the greatest number so far, of numbers that are an ordinal or -1.
LATEST = "latest"


def kept_on(test: Value, then: Value, start: Value, axis: Axis) -> tuple[Value, Value] | None:
    """What the name holds before and after each iteration; None where `then` cannot be looked up by its ordinal."""
    if axis not in axes_of(test) or not _by_ordinal(then, axis):
        return None
    return _value(test, then, start, axis, exclusive=True), _value(
        test, then, start, axis, exclusive=False
    )


def _value(test: Value, then: Value, start: Value, axis: Axis, *, exclusive: bool) -> Value:
    ordinal = Apply("where", (test, Int(poly(axis)), Int(poly(-1))))
    place: Poly = poly(Held(Scan(LATEST, axis, ordinal, None, exclusive)))
    atoms: dict[Atom, Poly] = {axis: place}
    if (then, start) == (Int(poly(axis)), Int(poly(-1))):
        return Int(place)
    found = Apply(">=", (Int(place), Int(poly(0))))
    return Apply("where", (found, substitute(then, atoms), start))


def _by_ordinal(value: Value, axis: Axis) -> bool:
    """Whether the axis only walks dimensions from their first place on, so that -1, for no iteration, is a place."""
    for inner in walk(value):
        match inner:
            case Read(_, subs):
                if any(axis in sub_axes((s,)) and s != At(poly(axis)) for s in subs):
                    return False
            case Const() | Ref() | Apply():
                pass
            case Int(p) if all(atom == axis for atom in p.axes()):
                pass
            case _:
                return False
    return True
