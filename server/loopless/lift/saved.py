"""Scalars of the body that are kept as tensors: under the user's own names, and computed once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from loopless.facts.scope import Scope, names_bound, target_names
from loopless.ir import tree
from loopless.ir.poly import Axis
from loopless.ir.value import (
    Pick,
    Read,
    Temp,
    Value,
    reads_of,
    replaced,
)
from loopless.ir.walk import every_statement
from loopless.lift.overlap import writes
from loopless.lift.piece import Append, Define, Kept, Piece, Write


def own_names(loop: tree.For, live: frozenset[str], scope: Scope) -> frozenset[str]:
    """Names that only the loop uses and that it binds in one place: a saved value may go by the user's own name."""
    count: dict[str, int] = {}
    for name in _bindings((loop,)):
        count[name] = count.get(name, 0) + 1
    return frozenset(
        name for name, n in count.items() if n == 1 and name not in live and name not in scope.names
    )


def _bindings(block: Iterable[tree.Stmt]) -> Iterator[str]:
    """The names of a block, once for each place that binds them; names of loop targets count twice."""
    for statement in every_statement(block):
        match statement:
            case tree.Assign(tree.Name(name)):
                yield name
            case tree.Assign(target) | tree.Augment(target):
                for name in target_names(target):
                    yield from (name, name)
            case tree.For(target):
                for name in target_names(target):
                    yield from (name, name)
            case _:
                for name in names_bound((statement,)):
                    yield from (name, name)


def with_temp_axes(value: Value, axes: dict[str, tuple[Axis, ...]]) -> Value:
    """The value with its saved scalars over the axes that they are kept over."""

    def change(inner: Value) -> Value | None:
        match inner:
            case Temp(name) if name in axes:
                return Temp(name, axes[name])
            case _:
                return None

    return replaced(value, change)


def retemped(piece: Piece, temps: dict[str, tuple[Axis, ...]]) -> Piece:
    """The piece with its saved scalars over the axes that they are kept over."""
    if not temps:
        return piece
    match piece:
        case Write(_, subs, _, value, when):
            return replace(
                piece,
                subs=tuple(
                    Pick(with_temp_axes(s.value, temps)) if isinstance(s, Pick) else s for s in subs
                ),
                value=with_temp_axes(value, temps),
                when=None if when is None else with_temp_axes(when, temps),
            )
        case Define(_, value):
            return replace(piece, value=with_temp_axes(value, temps))
        case Append(_, value, when):
            return replace(
                piece,
                value=with_temp_axes(value, temps),
                when=None if when is None else with_temp_axes(when, temps),
            )
        case Kept(when=when):
            return replace(
                piece,
                pieces=tuple(retemped(p, temps) for p in piece.pieces),
                when=None if when is None else with_temp_axes(when, temps),
            )


def shared(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with saved values used wherever they are computed again."""
    found = list(pieces)
    for at, piece in enumerate(found):
        if not isinstance(piece, Define) or piece.cell or isinstance(piece.value, Read):
            continue
        read = {r.root for r in reads_of(piece.value)}
        saved = Temp(piece.name, piece.axes)
        for later in range(at + 1, len(found)):
            user = found[later]
            if isinstance(user, Write):
                found[later] = replace(user, value=_put(user.value, piece.value, saved))
            if any(w.root in read or w.root == piece.name for w in writes(user)):
                break
    return found


def _put(value: Value, old: Value, new: Value) -> Value:
    return replaced(value, lambda inner: new if inner == old else None)
