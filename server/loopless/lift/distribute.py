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
    Int,
    Reduce,
    Temp,
    Value,
    axes_of,
    sub_axes,
    walk,
)
from loopless.lift.cell_folds import cell_fold
from loopless.lift.context import Lifting
from loopless.lift.exclusive import never_both
from loopless.lift.extremes import kept_extreme
from loopless.lift.forward import forwarded
from loopless.lift.implied import without_asking
from loopless.lift.interchange import kept_on_axis
from loopless.lift.joined_extremes import joined_extreme
from loopless.lift.nodes import split_nodes
from loopless.lift.overlap import Access, may_meet, reads, writes
from loopless.lift.overwrites import LAST, overwritten, same_number
from loopless.lift.packing import PACK, packed, packed_rows
from loopless.lift.piece import Append, Define, Kept, Piece, Write, free_axes, values_of, with_atoms
from loopless.lift.reroll import rerolled
from loopless.lift.saved import retemped
from loopless.lift.scans import array_scan
from loopless.lift.space import Space
from loopless.lift.split import peeled, split_at_meeting
from loopless.lift.stop import StopLifting, stop
from loopless.lift.unsaved import unsaved
from loopless.lift.wave import woven
from loopless.lift.work_arrays import filled_anew


def distribute(
    pieces: list[Piece],
    axis: Axis,
    loop: tree.For,
    space: Space,
    lifting: Lifting,
    *,
    splits: bool = True,
) -> list[Piece]:
    """The pieces in an order that respects all dependences, on the axis where that is sound."""
    rolled = rerolled(pieces, axis, lifting)
    if rolled is not None:
        found = distribute(rolled.pieces, rolled.axis, loop, space, lifting, splits=splits)
        if not any(isinstance(piece, Kept) for piece in found):
            return found
    return _distributed(pieces, axis, loop, space, lifting, splits=splits)


def _distributed(
    pieces: list[Piece],
    axis: Axis,
    loop: tree.For,
    space: Space,
    lifting: Lifting,
    *,
    splits: bool,
) -> list[Piece]:
    pieces = filled_anew(pieces, axis, lifting, lambda these: _cycles(these, axis, lifting))
    pieces = forwarded(pieces, lifting, lambda these: _cycles(these, axis, lifting))
    pieces = split_nodes(pieces, axis, lifting, lambda these: _cycles(these, axis, lifting))
    edges, reasons = _edges(pieces, axis, lifting)
    lifting.dependences += [missed.witness for missed in reasons.values()]
    groups = _groups(pieces, edges)

    def again(part: list[Piece], over: Axis) -> list[Piece]:
        return distribute(part, over, loop, space, lifting, splits=False)

    result: list[Piece] = []
    waiting: list[Piece] = []
    why: list[Missed] = []

    def flush() -> None:
        if waiting:
            body = tuple(without_asking(p, space.said) for p in sorted(waiting, key=pieces.index))
            stays = Kept(axis, loop, space.index, body, (), loop.span, tuple(why), said=space.said)
            result.append(woven(stays, lifting, again) or stays)
            waiting.clear()
            why.clear()

    temps: dict[str, tuple[Axis, ...]] = {}
    stuck: set[str] = set()
    for group in groups:
        members = [retemped(pieces[at], temps) for at in group]
        lifted: list[Piece] | None = None
        if len(members) == 1:
            lifted = _on_axis(members[0], axis, loop, edges, group[0], lifting)
        if lifted is None and splits and not waiting:
            lifted = split_at_meeting(members, axis, lifting, again)
        if any(_temps_of(m) & stuck for m in members):
            # It needs a value that only the loop that stays has: then all of the level stays.
            return [
                Kept(
                    axis,
                    loop,
                    space.index,
                    tuple(without_asking(p, space.said) for p in pieces),
                    (),
                    loop.span,
                    (*why, _reason(group, reasons, loop)),
                    said=space.said,
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
        for piece in lifted:
            result.extend(peeled(unsaved(piece, result, axis, lifting.scope), axis, lifting))
    flush()
    for piece in result:
        if isinstance(piece, Kept):
            lifting.misses.extend(piece.why)
    return result


def _groups(pieces: list[Piece], edges: dict[int, set[int]]) -> list[list[int]]:
    """The components of the graph; what asks for a value that a cycle saves belongs to the cycle."""
    glued = {at: set(after) for at, after in edges.items()}
    asked = [_temps_of(piece) for piece in pieces]
    while True:
        groups = components(len(pieces), glued)
        added = False
        for group in (g for g in groups if len(g) > 1):
            saved = {p.name: at for at in group if isinstance(p := pieces[at], Define)}
            for user in set(range(len(pieces))) - set(group):
                for name in asked[user] & saved.keys():
                    glued[user].add(saved[name])
                    glued[saved[name]].add(user)
                    added = True
        if not added:
            return groups


def _temps_of(piece: Piece) -> set[str]:
    return {v.name for value in values_of(piece) for v in walk(value) if isinstance(v, Temp)}


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
    apart = never_both(pieces, scope)

    def connect(source: int, sink: int, kind: str, root: str) -> None:
        edges[source].add(sink)
        if (source, sink) not in reasons:
            reasons[source, sink] = _carried(root, kind, pieces[sink], axis)

    def compare(first: int, second: int, kind: str, a: Access, b: Access) -> None:
        if a.root != b.root and not scope.may_alias(a.root, b.root):
            return
        if a.root in temps and first != second:
            # What a fold asks for may have been saved in an iteration before.
            earlier = kind == "anti" and axis in a.prefix
            connect(*((second, first) if earlier else (first, second)), kind, a.root)
        if a.root in temps:
            return
        if first == second:
            if _carries(kind, pieces[first], a, b, axis, lifting):
                connect(first, first, kind, a.root)
            return
        if kind == "output" and _in_any_order(pieces[first], pieces[second]):
            return
        orders = "<" if (first, second) in apart else "=<"
        if any(may_meet(a, b, axis, order, scope) for order in orders):
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


def _cycles(pieces: list[Piece], axis: Axis, lifting: Lifting) -> list[list[int]]:
    """The groups of pieces that depend on one another in a circle."""
    edges, _ = _edges(pieces, axis, lifting)
    return [group for group in components(len(pieces), edges) if len(group) > 1]


def _in_any_order(first: Piece, second: Piece) -> bool:
    """Whether it does not matter which of two stores comes first: updates by one operator, stores of one number."""
    if not isinstance(first, Write) or not isinstance(second, Write) or first.root != second.root:
        return False
    if first.op in (None, LAST) and second.op in (None, LAST):
        return same_number(first.value, second.value)
    return first.op not in (None, LAST, PACK) and first.op == second.op


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
            or array_scan(piece, axis, lifting)
            or joined_extreme(piece, axis, lifting)
            or kept_extreme(piece, axis, lifting)
            or cell_fold(piece, axis, lifting)
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
        rows = packed_rows(piece, axis)
        return None if rows is None else [rows]
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
