"""Forwarding: a read of the place that the same iteration has just stored to becomes what was stored.

`a[i] = b[i - 1] + c[i]; b[i] = a[i] + d[i]` turns into a store of `b` that is a running sum by itself, and one of `a`
that reads it. Done only where it breaks a cycle, and where the place holds what was stored exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from loopless.facts.evidence import FLOATS
from loopless.facts.scope import Scope
from loopless.ir.value import Apply, Const, Read, Value, reads_of, replaced, walk
from loopless.lift.context import Lifting
from loopless.lift.fractions import has_fraction
from loopless.lift.overlap import may_touch
from loopless.lift.piece import Piece, Write
from loopless.lift.types import type_of

Cycles = Callable[[list[Piece]], list[list[int]]]


def forwarded(pieces: list[Piece], lifting: Lifting, cycles: Cycles) -> list[Piece]:
    """The pieces with stored values in place of reads of them, where fewer of them then depend on one another."""
    result = list(pieces)
    for group in cycles(pieces):
        for at in group:
            tried = _from(at, group, result, lifting.scope)
            if tried is not None and _stuck(cycles(tried)) < _stuck(cycles(result)):
                result = tried
    return result


def _stuck(circles: list[list[int]]) -> int:
    return sum(len(circle) for circle in circles)


def _from(at: int, group: list[int], pieces: list[Piece], scope: Scope) -> list[Piece] | None:
    """The pieces with what one of them stores forwarded to those after it, None where none may take it."""
    source = pieces[at]
    if not isinstance(source, Write) or not _keeps_what_it_gets(source, scope):
        return None
    place = Read(source.root, source.subs)
    result = list(pieces)
    for later in range(at + 1, len(pieces)):
        piece = result[later]
        if later in group and isinstance(piece, Write) and _takes(piece, place):
            result[later] = _with(piece, place, source.value)
        if any(may_touch(piece, read, scope) for read in (place, *reads_of(source.value))):
            break
    return None if result == pieces else result


def _keeps_what_it_gets(source: Write, scope: Scope) -> bool:
    """Whether a place holds what is stored to it, to the bit: a store in every iteration, that does not cast."""
    place = Read(source.root, source.subs)
    if source.op is not None or source.when is not None or source.axes or not source.subs:
        return False
    if any(may_touch(source, read, scope) for read in reads_of(source.value)):
        return False
    own, kind = type_of(place, scope), type_of(source.value, scope)
    if not kind.is_tensor or own.dtype is None:
        return False
    if own.dtype in FLOATS or not own.dtype.startswith("of:"):
        return kind.dtype == own.dtype
    # Unshown dtypes that meet are alike (P5), but for fractions and for Python's own.
    return not has_fraction(source.value, scope) and not any(
        isinstance(v, Const) and not isinstance(v.value, int) for v in walk(source.value)
    )


def _takes(piece: Write, place: Read) -> bool:
    """Whether a piece asks for the place only as an operand: then items that broadcast are the same."""
    values = [piece.value] if piece.when is None else [piece.value, piece.when]
    inside = [v for value in values for v in walk(value)]
    return place in inside and all(
        place not in walk(v) for v in inside if not isinstance(v, Apply) and v != place
    )


def _with(piece: Write, place: Read, stored: Value) -> Write:
    def swap(value: Value) -> Value:
        return replaced(value, lambda inner: stored if inner == place else None)

    when = None if piece.when is None else swap(piece.when)
    return replace(piece, value=swap(piece.value), when=when)
