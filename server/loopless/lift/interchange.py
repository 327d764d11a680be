"""Interchange: a loop that stays does every step for all iterations of a level around it at once.

A recurrence along time in each row is one recurrence of whole columns. Legal where the level around carries nothing:
then its iterations may run side by side. Scalars that each of them starts anew are kept for all (scalar expansion).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from loopless.facts.fact import Fact
from loopless.facts.scope import Scope, names_bound
from loopless.ir import tree
from loopless.ir.poly import Axis, Cell, Poly
from loopless.ir.value import (
    Apply,
    At,
    Int,
    Pick,
    Read,
    Sub,
    Temp,
    Value,
    axes_of,
    cells_of,
    reads_of,
    replaced,
)
from loopless.ir.walk import names_read
from loopless.lift.context import Lifting
from loopless.lift.overlap import Access, may_meet, reads, writes
from loopless.lift.piece import Append, Define, Kept, Piece, Write, values_of
from loopless.lift.saved import retemped
from loopless.lift.stop import StopLifting
from loopless.lift.types import Type, promoted, type_of

Lift = Callable[[Piece], list[Piece] | None]


def kept_on_axis(
    kept: Kept, axis: Axis, loop: tree.For, lifting: Lifting, lift: Lift
) -> list[Piece] | None:
    """The loop that stays with its body on the axis of the level around it, None where that is not sound."""
    if kept.when is not None and axis in axes_of(kept.when):
        return None
    if axis in kept.axis.extent.axes() | kept.index.axes():
        # The steps are others in each iteration of the level around.
        return None
    if names_read(kept.loop.iterable) & names_bound((loop,)) or not _side_by_side(
        kept, axis, lifting.scope
    ):
        return None
    temps: dict[str, tuple[Axis, ...]] = {}
    while True:
        pieces = _all_on_axis([retemped(p, temps) for p in kept.pieces], axis, loop, lifting, lift)
        if pieces is None:
            return None
        # What a saved value is kept over, those that read it have to know: in the next step as well.
        found = {p.name: p.axes for part in pieces for p in _inside(part) if isinstance(p, Define)}
        if found == temps:
            return [replace(kept, pieces=tuple(pieces), axes=(axis, *kept.axes))]
        temps = found


def _all_on_axis(
    pieces: Iterable[Piece], axis: Axis, loop: tree.For, lifting: Lifting, lift: Lift
) -> list[Piece] | None:
    found: list[Piece] = []
    for piece in pieces:
        lifted = (
            kept_on_axis(piece, axis, loop, lifting, lift)
            if isinstance(piece, Kept)
            else lift(piece)
        )
        if lifted is None:
            return None
        found += lifted
    return found


def _side_by_side(kept: Kept, axis: Axis, scope: Scope) -> bool:
    """Whether no iteration of `axis` touches what another one writes, in any step of the loop inside."""
    cells = {p.name for p in _inside(kept) if isinstance(p, Define)}
    stored = [w for w in writes(kept) if w.root not in cells]
    touched = [*stored, *(r for r in reads(kept) if r.root not in cells)]
    return not any(
        _related(w, other, scope)
        and (may_meet(w, other, axis, "<", scope) or may_meet(w, other, axis, ">", scope))
        for w in stored
        for other in touched
    )


def _related(one: Access, other: Access, scope: Scope) -> bool:
    return one.root == other.root or scope.may_alias(one.root, other.root)


def _inside(piece: Piece) -> list[Piece]:
    if not isinstance(piece, Kept):
        return [piece]
    return [inner for part in piece.pieces for inner in _inside(part)]


# --- scalars of one iteration


def distribute_privately(
    pieces: list[Piece],
    carried: Iterable[str],
    lifting: Lifting,
    distribute: Callable[[list[Piece]], list[Piece]],
    axis: Axis,
) -> tuple[list[Piece], frozenset[str]]:
    """Distribution with the scalars of each iteration kept apart, where that frees the level from its loop.

    With the names that are then no longer those of the last iteration.
    """
    kept_apart, private = privatized(pieces, carried, lifting)
    if private:
        misses = len(lifting.misses)
        try:
            found = distribute(kept_apart)
        except StopLifting:
            found = None
        if found is not None and not any(isinstance(p, Kept) and p.axis == axis for p in found):
            return found, private
        del lifting.misses[misses:]
    return distribute(pieces), frozenset()


def privatized(
    pieces: list[Piece], carried: Iterable[str], lifting: Lifting
) -> tuple[list[Piece], frozenset[str]]:
    """The pieces with the scalars that every iteration starts anew as saved values, and the names of these."""
    if not any(isinstance(p, Kept) for p in pieces):
        return pieces, frozenset()
    names = sorted(_started(pieces) - set(carried) - lifting.live)
    kinds = _settled(names, pieces, lifting.scope)
    renamed = {name: lifting.own(name) for name in kinds}
    for name, kind in kinds.items():
        lifting.scope.names[renamed[name]] = _fact(kind)
    like = _read_root(renamed, pieces)
    saved = [_saved(piece, renamed, like) for piece in pieces]
    if not renamed or any(_names(piece) & renamed.keys() for piece in saved):
        return pieces, frozenset()
    return saved, frozenset(renamed)


def _read_root(names: Iterable[str], pieces: list[Piece]) -> str:
    """A tensor that the names are computed from: unshown dtypes that meet are alike (P5)."""
    values = (u for name in names for u in _updates(name, pieces))
    return next((r.root for u in values for r in reads_of(u) if r.subs), "")


def _started(pieces: list[Piece]) -> set[str]:
    """The names whose first use in the level is an assignment that always happens."""
    found: set[str] = set()
    seen: set[str] = set()
    for piece in pieces:
        match piece:
            case Write(root, (), _, value, None) if root not in seen | cells_of(value):
                found.add(root)
            case _:
                pass
        seen |= _names(piece)
    return found


def _names(piece: Piece) -> set[str]:
    """Every carried name that a piece reads or assigns."""
    named = {p.root for p in _inside(piece) if isinstance(p, Write) and not p.subs}
    for inner in _inside(piece):
        for value in values_of(inner):
            named |= cells_of(value)
        if isinstance(inner, Write):
            named |= cells_of(Read(inner.root, inner.subs)) if inner.subs else set()
    return named


def _settled(names: list[str], pieces: list[Piece], scope: Scope) -> dict[str, Type]:
    """The types that names have in all iterations, as far as they are numbers or tensors without dimensions."""
    updates = {name: _updates(name, pieces) for name in names}
    before = dict(scope.names)
    kinds = {name: type_of(values[0], scope) for name, values in updates.items()}
    try:
        for _ in range(len(names) + 2):
            scope.names |= {name: _fact(kind) for name, kind in kinds.items()}
            wider = {name: _joined(kinds[name], updates[name], scope) for name in names}
            if wider == kinds:
                break
            kinds = wider
        else:
            return {}
    finally:
        scope.names = before
    return {name: kind for name, kind in kinds.items() if _is_scalar(kind)}


def _updates(name: str, pieces: list[Piece]) -> list[Value]:
    return [
        inner.value
        for piece in pieces
        for inner in _inside(piece)
        if isinstance(inner, Write) and inner.root == name and not inner.subs
    ]


def _joined(kind: Type, updates: list[Value], scope: Scope) -> Type:
    kinds = [kind, *(type_of(u, scope) for u in updates)]
    return kind if len(set(kinds)) == 1 else promoted(kinds)


def _is_scalar(kind: Type) -> bool:
    return kind.rank == 0 if kind.is_tensor else kind.kind in {"int", "float", "bool"}


def _fact(kind: Type) -> Fact:
    if kind.is_tensor:
        return Fact("tensor", () if kind.rank == 0 else None, dtype=kind.dtype)
    return Fact(kind.kind if kind.kind != "other" else "unknown")


def _saved(piece: Piece, renamed: Mapping[str, str], like: str) -> Piece:
    match piece:
        case Write(root, (), _, value, None) if root in renamed:
            return Define(
                renamed[root], _value(value, renamed), (), piece.span, cell=True, like=like
            )
        case Write(_, subs, _, value, when):
            return replace(
                piece,
                subs=tuple(_sub(sub, renamed) for sub in subs),
                value=_value(value, renamed),
                when=None if when is None else _value(when, renamed),
            )
        case Define(_, value):
            return replace(piece, value=_value(value, renamed))
        case Append(_, value, when):
            return replace(
                piece,
                value=_value(value, renamed),
                when=None if when is None else _value(when, renamed),
            )
        case Kept(_, _, _, pieces, when=when):
            piece = replace(piece, when=None if when is None else _value(when, renamed))
            return replace(piece, pieces=tuple(_saved(inner, renamed, like) for inner in pieces))


def _value(value: Value, renamed: Mapping[str, str]) -> Value:
    def change(inner: Value) -> Value | None:
        match inner:
            case Read(root, ()) if root in renamed:
                return Temp(renamed[root], ())
            case Read(root, subs) if subs:
                return Read(root, tuple(_sub(sub, renamed) for sub in subs))
            case Int(p):
                return _arithmetic(p, renamed)
            case _:
                return None

    return replaced(value, change)


def _sub(sub: Sub, renamed: Mapping[str, str]) -> Sub:
    match sub:
        case At(p) if (made := _arithmetic(p, renamed)) is not None:
            return Pick(made)
        case Pick(value):
            return Pick(_value(value, renamed))
        case _:
            return sub


def _arithmetic(p: Poly, renamed: Mapping[str, str]) -> Value | None:
    """A polynomial of a name as arithmetic on its saved value."""
    cells = [a for a in p.atoms() if isinstance(a, Cell) and a.name in renamed]
    if len(cells) != 1 or p.degree(cells[0]) != 1:
        return None
    slope, rest = p.coefficient(cells[0]), p.without(cells[0])
    value: Value = Temp(renamed[cells[0].name], ())
    if slope.constant != 1:
        value = Apply("*", (Int(slope), value))
    return Apply("+", (value, Int(rest))) if rest.terms else value
