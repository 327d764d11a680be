"""A level's pieces in an order that respects their dependences, on its axis where that is sound.

Distribution follows Allen and Kennedy (TOPLAS 1987): strongly connected components of the dependence graph, sources
first; a component without a cycle runs for all iterations at once, one with a cycle keeps its loop.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement, product

from loopless.dependence.conditions import conjunction, conjuncts
from loopless.dependence.feasible import proves
from loopless.dependence.graph import components
from loopless.finding import Missed
from loopless.ir import tree
from loopless.ir.poly import Axis, poly
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Int,
    Pick,
    Read,
    Reduce,
    Scan,
    Sub,
    Temp,
    Value,
    axes_of,
    reads_of,
    replaced,
    sub_axes,
    substitute,
    substitute_subs,
    walk,
)
from loopless.lift.carried import addend, factor_of
from loopless.lift.context import Lifting
from loopless.lift.extremes import kept_extreme
from loopless.lift.implied import without_asking
from loopless.lift.interchange import kept_on_axis
from loopless.lift.overlap import Access, may_meet, reads, writes
from loopless.lift.overwrites import LAST, overwritten
from loopless.lift.packing import PACK, packed
from loopless.lift.piece import Append, Define, Kept, Piece, Write, free_axes, values_of, with_atoms
from loopless.lift.space import Space
from loopless.lift.stop import StopLifting, stop


def with_temp_axes(value: Value, axes: dict[str, tuple[Axis, ...]]) -> Value:
    """The value with its saved scalars over the axes that they are kept over."""

    def change(inner: Value) -> Value | None:
        match inner:
            case Temp(name) if name in axes:
                return Temp(name, axes[name])
            case _:
                return None

    return replaced(value, change)


def distribute(
    pieces: list[Piece], axis: Axis, loop: tree.For, space: Space, lifting: Lifting
) -> list[Piece]:
    """The pieces in an order that respects all dependences, on the axis where that is sound."""
    pieces = _split_nodes(pieces, axis, lifting)
    edges, reasons = _edges(pieces, axis, lifting)
    lifting.dependences += [missed.witness for missed in reasons.values()]
    groups = components(len(pieces), edges)
    result: list[Piece] = []
    waiting: list[Piece] = []
    why: list[Missed] = []

    def flush() -> None:
        if waiting:
            body = tuple(without_asking(p, space.when) for p in sorted(waiting, key=pieces.index))
            stays = Kept(axis, loop, space.index, body, (), loop.span, tuple(why), said=space.when)
            result.append(stays)
            waiting.clear()
            why.clear()

    temps: dict[str, tuple[Axis, ...]] = {}
    stuck: set[str] = set()
    for group in groups:
        members = [_retemped(pieces[at], temps) for at in group]
        lifted: list[Piece] | None = None
        if len(members) == 1:
            lifted = _on_axis(members[0], axis, loop, edges, group[0], lifting)
        if any(_temps_of(m) & stuck for m in members):
            # It needs a value that only the loop that stays has: then all of the level stays.
            return [
                Kept(
                    axis,
                    loop,
                    space.index,
                    tuple(without_asking(p, space.when) for p in pieces),
                    (),
                    loop.span,
                    (*why, _reason(group, reasons, loop)),
                    said=space.when,
                )
            ]
        if lifted is None:
            stuck |= {piece.name for at in group if isinstance(piece := pieces[at], Define)}
            if any(isinstance(m, Append) for m in members):
                raise StopLifting(_reason(group, reasons, loop))
            waiting.extend(pieces[at] for at in group)
            why.append(_reason(group, reasons, loop))
            continue
        flush()
        for piece in lifted:
            if isinstance(piece, Define):
                temps[piece.name] = piece.axes
        result.extend(lifted)
    flush()
    for piece in result:
        if isinstance(piece, Kept):
            lifting.misses.extend(piece.why)
    return result


def _temps_of(piece: Piece) -> set[str]:
    return {v.name for value in values_of(piece) for v in walk(value) if isinstance(v, Temp)}


def _retemped(piece: Piece, temps: dict[str, tuple[Axis, ...]]) -> Piece:
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
        case Kept(_, _, _, inner, when=when):
            return replace(
                piece,
                pieces=tuple(_retemped(p, temps) for p in inner),
                when=None if when is None else with_temp_axes(when, temps),
            )


def _reason(group: list[int], reasons: dict[tuple[int, int], Missed], loop: tree.For) -> Missed:
    for source in group:
        for sink in group:
            if (source, sink) in reasons:
                return reasons[source, sink]
    return Missed("carried-value", "one iteration needs what an earlier one computed", loop.header)


def _edges(
    pieces: list[Piece], axis: Axis, lifting: Lifting
) -> tuple[dict[int, set[int]], dict[tuple[int, int], Missed]]:
    """Dependences between pieces at this level; an edge from a piece to itself is carried."""
    scope = lifting.scope
    edges: dict[int, set[int]] = {at: set() for at in range(len(pieces))}
    reasons: dict[tuple[int, int], Missed] = {}
    all_reads = [list(reads(p)) for p in pieces]
    all_writes = [list(writes(p)) for p in pieces]
    temps = {p.name for p in pieces if isinstance(p, Define)}

    def connect(source: int, sink: int, kind: str, root: str) -> None:
        edges[source].add(sink)
        if (source, sink) not in reasons:
            reasons[source, sink] = _carried(root, kind, pieces[sink], axis)

    def compare(first: int, second: int, kind: str, a: Access, b: Access) -> None:
        if a.root != b.root and not scope.may_alias(a.root, b.root):
            return
        if a.root in temps:
            if first != second:
                connect(first, second, kind, a.root)
            return
        if first == second:
            if _carries(kind, pieces[first], a, b, axis, lifting):
                connect(first, first, kind, a.root)
            return
        if kind == "output" and _both_update(pieces[first], pieces[second]):
            return
        if may_meet(a, b, axis, "=", scope) or may_meet(a, b, axis, "<", scope):
            connect(first, second, kind, a.root)
        if may_meet(a, b, axis, ">", scope):
            connect(second, first, kind, a.root)

    for first, second in combinations_with_replacement(range(len(pieces)), 2):
        for kind, left, right in (
            ("flow", all_writes[first], all_reads[second]),
            ("anti", all_reads[first], all_writes[second]),
            ("output", all_writes[first], all_writes[second]),
        ):
            for a, b in product(left, right):
                compare(first, second, kind, a, b)
    return edges, reasons


def _both_update(first: Piece, second: Piece) -> bool:
    """Two updates with the same operator may run in any order."""
    return (
        isinstance(first, Write)
        and isinstance(second, Write)
        and first.op not in (None, LAST, PACK)
        and first.op == second.op
        and first.root == second.root
    )


def _carries(kind: str, piece: Piece, a: Access, b: Access, axis: Axis, lifting: Lifting) -> bool:
    """Whether a piece depends on itself in an earlier iteration."""
    if kind == "output":
        if isinstance(piece, Append) or (isinstance(piece, Write) and piece.op is not None):
            return False
    elif kind != "flow":
        return False
    return may_meet(a, b, axis, "<", lifting.scope)


def _carried(root: str, kind: str, piece: Piece, axis: Axis) -> Missed:
    words = {
        "flow": f"iteration 1 of `{axis.name}` may read `{root}` as iteration 0 left it",
        "anti": f"iteration 1 of `{axis.name}` may change `{root}` that iteration 0 still reads",
        "output": f"iterations 0 and 1 of `{axis.name}` may write the same place of `{root}`",
    }
    return Missed(
        "carried-value", f"`{root}` carries a value from one iteration of `{axis.name}` to the next",
        piece.span, witness=words[kind],
    )  # fmt: skip


def _split_nodes(pieces: list[Piece], axis: Axis, lifting: Lifting) -> list[Piece]:
    """Reads that always see the values from before the loop, saved first where they stand in a cycle."""
    edges, _ = _edges(pieces, axis, lifting)
    groups = [g for g in components(len(pieces), edges) if len(g) > 1]
    if not groups:
        return pieces
    saved: list[Piece] = []
    result = list(pieces)
    for group in groups:
        written = [w for at in group for w in writes(pieces[at])]
        for at in group:
            piece = result[at]
            if not isinstance(piece, Write):
                continue
            changed = piece
            for read in list(dict.fromkeys(reads_of(piece.value))):
                if not read.subs or axis not in sub_axes(read.subs):
                    continue
                if sub_axes(read.subs) - {axis}:
                    continue
                if not any(w.root == read.root for w in written):
                    continue
                if _always_old(read, at, pieces, axis, lifting):
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
                    saved.append(Define(name, read, (), piece.span))
                    changed = replace(changed, value=_swap(changed.value, read, Temp(name, ())))
            result[at] = changed
    return [*saved, *result]


def _swap(value: Value, old: Value, new: Value) -> Value:
    return replaced(value, lambda inner: new if inner == old else None)


def _always_old(read: Read, at: int, pieces: list[Piece], axis: Axis, lifting: Lifting) -> bool:
    """No store of this or an earlier iteration reaches what is read."""
    access = Access(read.root, read.subs)
    hit = False
    for place, piece in enumerate(pieces):
        for w in writes(piece):
            if w.root != read.root:
                if lifting.scope.may_alias(w.root, read.root):
                    return False
                continue
            if may_meet(w, access, axis, "<", lifting.scope):
                return False
            if place < at and may_meet(w, access, axis, "=", lifting.scope):
                return False
            hit = hit or may_meet(w, access, axis, ">", lifting.scope)
    return hit


def _on_axis(
    piece: Piece,
    axis: Axis,
    loop: tree.For,
    edges: dict[int, set[int]],
    at: int,
    lifting: Lifting,
) -> list[Piece] | None:
    """The piece for all iterations at once, None where it has to run in order."""
    carried = at in edges[at]
    match piece:
        case Kept():
            return kept_on_axis(
                piece,
                axis,
                loop,
                lifting,
                lambda p: _on_axis(p, axis, loop, {at: set()}, at, lifting),
            )
        case Define(_, value, axes):
            if axis in axes_of(value) or piece.cell:
                return [replace(piece, axes=(axis, *axes))]
            return [piece]
        case Append(_, _, _, axes):
            return [replace(piece, axes=(axis, *axes))]
        case Write() if not piece.subs:
            return None
        case Write():
            return _write_on_axis(piece, axis, carried, lifting)


def _write_on_axis(piece: Write, axis: Axis, carried: bool, lifting: Lifting) -> list[Piece] | None:
    if carried:
        found = (
            _last_wins(piece, axis, lifting)
            or _array_scan(piece, axis, lifting)
            or kept_extreme(piece, axis, lifting)
            or packed(piece, axis, lifting)
            or overwritten(piece, axis, lifting)
        )
        return None if found is None else [found]
    moving = sub_axes(piece.subs)
    if piece.op is None:
        if axis not in moving and axis not in free_axes(piece):
            if axis.name == "_":
                raise stop(
                    "repetition",
                    "every iteration does the same work, for its time maybe",
                    piece.span,
                )
            # The same store in every iteration: once is enough, if there is an iteration at all.
            return [replace(piece, when=conjunction(piece.when, _runs(axis)))]
        return [replace(piece, axes=(axis, *piece.axes))]
    if piece.op == PACK:
        # Rows of several lengths, one after the other.
        return None
    if axis in moving:
        return [replace(piece, axes=(axis, *piece.axes))]
    when_inside: Value | None = None
    when_outside: Value | None = None
    for condition in conjuncts(piece.when):
        if axes_of(condition) - sub_axes(piece.subs):
            when_inside = conjunction(when_inside, condition)
        else:
            when_outside = conjunction(when_outside, condition)
    if piece.op not in {"+", "*"}:
        return None
    value = Reduce(piece.op, axis, piece.value, when_inside)
    return [replace(piece, value=value, when=when_outside)]


def _runs(axis: Axis) -> Value | None:
    if proves(axis.extent - 1, []):
        return None
    return Apply(">", (Int(axis.extent), Int(poly(0))))


def _last_wins(piece: Write, axis: Axis, lifting: Lifting) -> Write | None:
    """A plain store to the same place in every iteration: the last one stays."""
    if piece.op is not None or axis in sub_axes(piece.subs):
        return None
    me = Access(piece.root, piece.subs, piece.axes)
    if any(may_meet(me, r, axis, "<", lifting.scope) for r in reads(piece)):
        return None
    if piece.when is not None and axis in axes_of(piece.when):
        return None
    at_last = with_atoms(piece, {axis: axis.extent - 1})
    assert isinstance(at_last, Write)
    return replace(at_last, when=conjunction(at_last.when, _runs(axis)))


def _array_scan(piece: Write, axis: Axis, lifting: Lifting) -> Write | None:
    """`a[i] = a[i - 1] + v`: a running sum that starts from the element before the first."""
    if piece.when is not None or any(isinstance(s, Pick) for s in piece.subs):
        return None
    for read in dict.fromkeys(reads_of(piece.value)):
        if read.root != piece.root or len(read.subs) != len(piece.subs):
            continue
        if not _one_behind(piece.subs, read.subs, axis):
            continue
        others = list(reads(_swapped(piece, read)))
        me = Access(piece.root, piece.subs, piece.axes)
        if any(may_meet(me, r, axis, "<", lifting.scope) for r in others):
            return None
        cell = "·"
        body = _swap(piece.value, read, Read(cell, ()))
        if piece.op == "+":
            body = Apply("+", (Read(cell, ()), Apply("+", (Read(piece.root, piece.subs), body))))
            continue
        start = substitute(read, {axis: poly(0)})
        added = addend(body, cell)
        if added is not None:
            value: Value = Scan("+", axis, added, start, False)
        else:
            factor = factor_of(body, cell)
            if factor is None:
                return None
            value = Scan("*", axis, factor, start, False)
        return replace(piece, value=value, axes=(axis, *piece.axes))
    if piece.op in {"+", "*"}:
        return _updated_scan(piece, axis)
    return None


def _updated_scan(piece: Write, axis: Axis) -> Write | None:
    """`a[i] += a[i - 1]`."""
    assert piece.op is not None
    for read in dict.fromkeys(reads_of(piece.value)):
        if (
            read == piece.value
            and read.root == piece.root
            and _one_behind(piece.subs, read.subs, axis)
        ):
            own = Read(piece.root, piece.subs)
            start = substitute(read, {axis: poly(0)})
            value = Scan(piece.op, axis, own, start, False)
            return replace(piece, op=None, value=value, axes=(axis, *piece.axes), augmented=False)
    return None


def _swapped(piece: Write, read: Read) -> Write:
    return replace(piece, value=_swap(piece.value, read, Const(0)))


def _one_behind(write: tuple[Sub, ...], read: tuple[Sub, ...], axis: Axis) -> bool:
    """Whether `read` at one iteration is where `write` was at the one before."""
    if len(write) != len(read):
        return False
    return substitute_subs(write, {axis: poly(axis) - 1}) == read
