"""Work arrays: tensors that every iteration fills before it reads them, `row[p] = …; out[i, p] = row[p]`.

What is read from one is what the same iteration has put there, so the reads become that, and no iteration waits for
the one before it (array privatization: Tu and Padua, LCPC 1993). The tensor itself keeps what the last iteration left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from loopless.ir.poly import Axis
from loopless.ir.value import Read, Value, reads_of, replaced
from loopless.lift.context import Lifting
from loopless.lift.overlap import Access, may_meet, reads, writes
from loopless.lift.piece import Append, Define, Kept, Piece, Write
from loopless.lift.work_places import Filled, as_kept, filled, looked_up, refilled

Cycles = Callable[[list[Piece]], list[list[int]]]


def filled_anew(pieces: list[Piece], axis: Axis, lifting: Lifting, cycles: Cycles) -> list[Piece]:
    """The pieces with reads of work arrays replaced, where fewer of them then depend on one another."""
    result = pieces
    for root in dict.fromkeys(p.root for p in pieces if isinstance(p, Write) and p.subs):
        tried = _without(root, result, axis, lifting)
        if tried is not None and _stuck(cycles(tried)) < _stuck(cycles(result)):
            result = tried
            lifting.work_arrays.add(root)
    return result


def _stuck(circles: list[list[int]]) -> int:
    return sum(len(circle) for circle in circles)


@dataclass(frozen=True, slots=True)
class _Held:
    """What a work array holds at a point of the iteration; `at` is where its last store stands.

    It has `ended` where memory that the value reads has changed: it cannot be computed again.
    """

    what: Filled
    at: int
    ended: bool = False


def _without(root: str, pieces: list[Piece], axis: Axis, lifting: Lifting) -> list[Piece] | None:
    """The pieces with nothing read from a tensor that each iteration fills first; None where it does not."""
    if not _stands_alone(root, pieces, lifting):
        return None
    held: _Held | None = None
    result: list[Piece] = []
    for piece in pieces:
        told: Piece | None = piece
        if _uses(piece, root):
            told = _told(piece, root, held, lifting)
        if told is None:
            return None
        if isinstance(told, Write) and told.root == root:
            what = _stored(told, held, axis, lifting)
            if what is None:
                return None
            held = _Held(what, len(result))
            continue
        if held is not None and not held.ended and _may_change(told, held.what, lifting):
            held = replace(held, ended=True)
        result.append(told)
    if held is None:
        return None
    return [*result[: held.at], held.what.store, *result[held.at :]]


def _stored(told: Write, held: _Held | None, axis: Axis, lifting: Lifting) -> Filled | None:
    """What the array holds after a store."""
    if held is None:
        return filled(told, axis, lifting)
    return refilled(told, None if held.ended else held.what, held.what, lifting)


def _uses(piece: Piece, root: str) -> bool:
    return any(a.root == root for a in (*reads(piece), *writes(piece)))


def _stands_alone(root: str, pieces: list[Piece], lifting: Lifting) -> bool:
    """Whether the tensor is read as well as stored to, and shares no memory with others that the level uses."""
    asked = [a for piece in pieces for a in reads(piece)]
    others = {a.root for a in (*asked, *(w for piece in pieces for w in writes(piece)))}
    return any(a.root == root for a in asked) and not any(
        lifting.scope.may_alias(root, other) for other in others
    )


def _may_change(piece: Piece, what: Filled, lifting: Lifting) -> bool:
    """Whether a piece stores to what the value of the array reads."""
    scope = lifting.scope
    return any(
        (w.root == r.root or scope.may_alias(w.root, r.root)) and may_meet(w, r, None, "=", scope)
        for w in writes(piece)
        for r in reads(what.store)
    )


# --- reads


def _told(piece: Piece, root: str, held: _Held | None, lifting: Lifting) -> Piece | None:
    """The piece with what the array holds in place of reads of it."""
    if isinstance(piece, Kept):
        return None
    asked = [a for a in reads(piece) if a.root == root]
    if not asked:
        return piece
    if held is None or held.ended:
        return None
    now: dict[Read, Value] = {}
    for access in asked:
        value = _at_access(access, held.what, lifting)
        if value is None:
            return None
        now[Read(root, access.subs)] = value
    return _swapped(piece, now)


def _at_access(access: Access, what: Filled, lifting: Lifting) -> Value | None:
    if access.prefix:
        return None
    value = looked_up(what, access, lifting)
    return None if value is None else as_kept(value, what.store, lifting)


def _swapped(piece: Piece, now: dict[Read, Value]) -> Piece | None:
    def swap(value: Value) -> Value:
        return replaced(value, lambda inner: now.get(inner) if isinstance(inner, Read) else None)

    match piece:
        case Write(_, subs, _, value, when):
            if any(r in now for s in subs for r in reads_of(Read("", (s,)))):
                return None
            return replace(piece, value=swap(value), when=None if when is None else swap(when))
        case Append(_, value, when):
            return replace(piece, value=swap(value), when=None if when is None else swap(when))
        case Define(_, value):
            return replace(piece, value=swap(value))
        case Kept():
            return None
