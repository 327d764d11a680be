"""Node splitting: a read that sees what was there before the loop leaves its statement, and a cycle with it.

Where one such read breaks the cycle, that one is saved; else all of them (Kuck et al., POPL 1981).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from loopless.ir.poly import Axis
from loopless.ir.value import At, Pick, Read, Temp, Value, reads_of, replaced, sub_axes
from loopless.lift.context import Lifting
from loopless.lift.overlap import Access, may_meet, writes
from loopless.lift.piece import Define, Piece, Write

Cycles = Callable[[list[Piece]], list[list[int]]]


@dataclass(frozen=True, slots=True)
class _Old:
    """A read of the piece at a place; `carried` where a later iteration changes what it reads."""

    at: int
    read: Read
    carried: bool


def split_nodes(pieces: list[Piece], axis: Axis, lifting: Lifting, cycles: Cycles) -> list[Piece]:
    """The pieces with reads of old values saved first where they stand in a cycle."""
    chosen: list[_Old] = []
    for group in cycles(pieces):
        found = _candidates(group, pieces, axis, lifting)
        alone = next((old for old in found if _breaks(old, pieces, group, cycles)), None)
        chosen += [alone] if alone is not None else [old for old in found if old.carried]
    names = [_name(old.read, lifting) for old in chosen]
    return _saved(pieces, list(zip(chosen, names, strict=True)))


def _candidates(group: list[int], pieces: list[Piece], axis: Axis, lifting: Lifting) -> list[_Old]:
    written = {w.root for at in group for w in writes(pieces[at])}
    found: list[_Old] = []
    for at in group:
        piece = pieces[at]
        if not isinstance(piece, Write):
            continue
        for read in dict.fromkeys(reads_of(piece.value)):
            if read.root not in written or sub_axes(read.subs) != frozenset({axis}):
                continue
            found += _old(read, at, pieces, axis, lifting)
    return found


def _old(read: Read, at: int, pieces: list[Piece], axis: Axis, lifting: Lifting) -> Iterable[_Old]:
    """The read, if no store of this or an earlier iteration reaches it, and one after it does."""
    access = Access(read.root, read.subs)
    carried, later = False, False
    for place, piece in enumerate(pieces):
        for w in writes(piece):
            if w.root != read.root:
                if lifting.scope.may_alias(w.root, read.root):
                    return ()
                continue
            if may_meet(w, access, axis, "<", lifting.scope):
                return ()
            same = may_meet(w, access, axis, "=", lifting.scope)
            if place < at and same:
                return ()
            later = later or (place > at and same)
            carried = carried or may_meet(w, access, axis, ">", lifting.scope)
    return (_Old(at, read, carried),) if carried or later else ()


def _breaks(old: _Old, pieces: list[Piece], group: list[int], cycles: Cycles) -> bool:
    """Whether the pieces of a cycle can be put in order once this read is saved."""
    tried = _saved(pieces, [(old, "")])
    members = {at + 1 for at in group}
    return not any(members & set(circle) for circle in cycles(tried))


def _saved(pieces: list[Piece], chosen: list[tuple[_Old, str]]) -> list[Piece]:
    result = list(pieces)
    saved: list[Piece] = []
    for old, name in chosen:
        piece = result[old.at]
        assert isinstance(piece, Write)
        saved.append(Define(name, old.read, (), piece.span))
        result[old.at] = replace(piece, value=_swap(piece.value, old.read, Temp(name, ())))
    return [*saved, *result]


def _name(read: Read, lifting: Lifting) -> str:
    """A name for what a tensor held before, with the facts of one item."""
    name = lifting.temp(f"old_{read.root}")
    fact = lifting.scope.fact(read.root)
    rank = lifting.scope.rank(read.root)
    used = sum(isinstance(s, At | Pick) for s in read.subs)
    lifting.scope.names[name] = fact.but(
        dims=None if rank is None else (None,) * (rank - used),
        like=None,
        view_of=None,
        dtype=lifting.scope.dtype(read.root),
    )
    return name


def _swap(value: Value, old: Value, new: Value) -> Value:
    return replaced(value, lambda inner: new if inner == old else None)
