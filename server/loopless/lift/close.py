"""Closing a level: carried names get closed forms, statements are distributed, the loop becomes an axis.

Distribution follows Allen and Kennedy (TOPLAS 1987): strongly connected components of the dependence graph, sources
first; a component without a cycle runs for all iterations at once, one with a cycle keeps its loop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations_with_replacement, product

from loopless.dependence.conditions import conjunction, conjuncts
from loopless.dependence.feasible import proves
from loopless.dependence.graph import components
from loopless.finding import Missed
from loopless.ir import tree
from loopless.ir.poly import Atom, Axis, Cell, Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Const,
    Int,
    Pick,
    Read,
    Reduce,
    Ref,
    Scan,
    Sub,
    Temp,
    Value,
    axes_of,
    cells_of,
    reads_of,
    replaced,
    sub_axes,
    sub_polys,
    substitute,
    substitute_subs,
    walk,
)
from loopless.lift.carried import Solution, addend, companion, factor_of, if_any, last, solve
from loopless.lift.context import Bound, Frame, Lifting, Unbound
from loopless.lift.evaluate import select
from loopless.lift.overlap import Access, may_meet, reads, writes
from loopless.lift.piece import Append, Define, Kept, Piece, Write, free_axes, with_atoms
from loopless.lift.space import Space
from loopless.lift.stop import StopLifting, stop


@dataclass(frozen=True, slots=True)
class Closed:
    """What is left of a level: pieces on its axis, and the values of names after the loop."""

    pieces: tuple[Piece, ...]
    finals: dict[str, Value]


def close_level(
    lifting: Lifting,
    loop: tree.For,
    space: Space,
    inner: Frame,
    starts: dict[str, Bound],
    updates: dict[str, Bound],
    outer: Frame,
) -> Closed:
    """Turn the loop over `space` into an axis wherever that is sound."""
    axis = space.axis
    pieces = list(inner.pieces)
    live_cells = {
        name: update
        for name, update in updates.items()
        if not isinstance(update, Unbound) and not isinstance(starts[name], Unbound)
    }
    for name, update in updates.items():
        if name not in live_cells and _used(name, pieces):
            bound = starts[name] if isinstance(starts[name], Unbound) else update
            assert isinstance(bound, Unbound)
            raise stop("unbound", bound.reason or f"`{name}` may have no value", loop.span)
    if space.when is not None:
        live_cells = {
            name: select(space.when, update, _me(name, update))
            for name, update in live_cells.items()
        }
    solved = _solve(live_cells, starts, axis)
    for name, solution in list(solved.items()):
        if _unsaid(solution, name) and (_used(name, pieces) or _asked(name, live_cells, solved)):
            del solved[name]
    solved = {name: replace(found, update=live_cells[name]) for name, found in solved.items()}
    unsolved = [name for name in live_cells if name not in solved]
    pieces = [_put(piece, solved) for piece in pieces]
    finals: dict[str, Value] = {}
    cell_pieces: list[Piece] = []
    for name, solution in solved.items():
        finals[name] = solution.after
    for name in unsolved:
        update = _in_value(live_cells[name], solved)
        cell_pieces.append(Write(name, (), None, update, None, (), loop.span))
    if unsolved and _dead(unsolved, pieces, lifting):
        cell_pieces = []
    all_pieces = [*pieces, *cell_pieces]
    for name, value in space.bindings:
        finals[name] = _after(name, last(value, axis), axis, outer, lifting)
    _private_finals(finals, inner, starts, axis, space, outer, solved, lifting)
    closed = _distribute(all_pieces, axis, loop, space, lifting)
    kept_names = {p.root for p in _every(closed) if isinstance(p, Write) and not p.subs}
    if cell_pieces and not kept_names:
        raise stop("carried-value", f"`{unsolved[0]}` is carried", loop.span)
    if kept_names:
        inits = [
            Write(name, (), None, start, None, (), loop.span)
            for name in sorted(kept_names)
            if name in starts and not isinstance(start := starts[name], Unbound)
        ]
        closed = [*inits, *closed]
        for name in kept_names & starts.keys():
            finals[name] = Read(name, ())
    temps = {p.name: p.axes for p in closed if isinstance(p, Define)}
    finals = {name: _retemp(value, temps) for name, value in finals.items()}
    _check_finals(finals, pieces, lifting)
    return Closed(tuple(closed), finals)


def _asked(name: str, updates: dict[str, Value], solved: dict[str, Solution]) -> bool:
    """Whether another carried name is computed from this one, other than by the fold that it accompanies."""
    return any(
        other != name and name in cells_of(update) and other not in solved
        for other, update in updates.items()
    )


def _me(name: str, update: Value) -> Value:
    """The present value of a carried name, as its update spells it."""
    for value in walk(update):
        match value:
            case Int(p) if Cell(name) in p.atoms():
                return Int(poly(Cell(name)))
            case _:
                pass
    return Read(name, ())


def _used(name: str, pieces: list[Piece]) -> bool:
    return any(
        access.root == name and not access.subs for piece in pieces for access in reads(piece)
    ) or any(Cell(name) in _atoms(piece) for piece in pieces)


def _atoms(piece: Piece) -> frozenset[Atom]:
    found: set[Atom] = set()
    for value in _values(piece):
        for inner in walk(value):
            match inner:
                case Int(p):
                    found |= p.atoms()
                case Read(_, subs):
                    for p in sub_polys(subs):
                        found |= p.atoms()
                case _:
                    pass
    if isinstance(piece, Write):
        for p in sub_polys(piece.subs):
            found |= p.atoms()
    return frozenset(found)


def _values(piece: Piece) -> list[Value]:
    match piece:
        case Write(_, subs, _, value, when):
            picks = [sub.value for sub in subs if isinstance(sub, Pick)]
            return [value, *picks, *([when] if when is not None else [])]
        case Define(_, value):
            return [value]
        case Append(_, value, when):
            return [value, *([when] if when is not None else [])]
        case Kept(_, _, _, pieces):
            return [value for inner in pieces for value in _values(inner)]


def _every(pieces: list[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        found.append(piece)
        if isinstance(piece, Kept):
            found.extend(_every(list(piece.pieces)))
    return found


def _dead(names: list[str], pieces: list[Piece], lifting: Lifting) -> bool:
    """Whether nothing but themselves reads the names, in the loop or after."""
    if any(name in lifting.live for name in names):
        return False
    if lifting.depth > 0:
        return False
    return not any(_used(name, pieces) for name in names)


# --- carried names


def _solve(updates: dict[str, Value], starts: dict[str, Bound], axis: Axis) -> dict[str, Solution]:
    solved: dict[str, Solution] = {}
    progress = True
    while progress:
        progress = False
        for name, update in updates.items():
            if name in solved:
                continue
            start = starts[name]
            assert not isinstance(start, Unbound)
            now = _in_value(update, solved)
            others = (cells_of(now) & updates.keys()) - {name} - solved.keys()
            found: Solution | None = None
            if not others:
                found = solve(name, now, start, axis)
            if found is None:
                found = _beside_another(name, update, start, axis, updates, starts)
            if found is not None:
                solved[name] = found
                progress = True
    return solved


def _beside_another(
    name: str,
    update: Value,
    start: Value,
    axis: Axis,
    updates: dict[str, Value],
    starts: dict[str, Bound],
) -> Solution | None:
    for leader, leader_update in updates.items():
        leader_start = starts[leader]
        if leader == name or isinstance(leader_start, Unbound):
            continue
        found = companion(name, update, start, axis, leader, leader_update, leader_start)
        if found is not None:
            return found
    return None


def _in_value(value: Value, solved: dict[str, Solution]) -> Value:
    """The value with solved names replaced by what they are at the start of the iteration."""
    if not (cells_of(value) & solved.keys()):
        return value
    updates = {
        s.update: s.updated
        for s in solved.values()
        if s.update is not None and s.updated is not None
    }
    atoms: dict[Atom, Poly] = {}
    for name, solution in solved.items():
        if isinstance(solution.before, Int):
            atoms[Cell(name)] = solution.before.poly

    def change(inner: Value) -> Value | None:
        # What replaces a name mentions its value before the loop by the same name: it is not looked into again.
        updated = updates.get(inner)
        if updated is not None:
            return updated
        match inner:
            case Read(root, ()) if root in solved and not _unsaid(solved[root], root):
                return solved[root].before
            case Int(p):
                names = [
                    a.name
                    for a in p.atoms()
                    if isinstance(a, Cell) and a not in atoms and a.name in solved
                ]
                if not names:
                    return Int(p.substitute(atoms))
                return _expanded(p.substitute(atoms), solved)
            case Read(root, subs) if subs:
                return Read(root, tuple(_in_sub(sub, atoms, solved) for sub in subs))
            case _:
                return None

    return replaced(value, change)


def _unsaid(solution: Solution, name: str) -> bool:
    """Only the value after the loop is known."""
    return solution.before == Read(name, ())


def _expanded(p: Poly, solved: dict[str, Solution]) -> Value:
    """A polynomial of one carried name of no closed form as arithmetic on its value."""
    cells = [a for a in p.atoms() if isinstance(a, Cell) and a.name in solved]
    if len(cells) != 1 or p.degree(cells[0]) != 1:
        return Int(p)
    cell = cells[0]
    if _unsaid(solved[cell.name], cell.name):
        return Int(p)
    slope, rest = p.coefficient(cell), p.without(cell)
    value = solved[cell.name].before
    if slope.constant != 1:
        value = Apply("*", (Int(slope), value))
    return Apply("+", (value, Int(rest))) if rest.terms else value


def _in_sub(sub: Sub, atoms: dict[Atom, Poly], solved: dict[str, Solution]) -> Sub:
    match sub:
        case At(p):
            p = p.substitute(atoms)
            if any(isinstance(a, Cell) and a.name in solved for a in p.atoms()):
                value = _expanded(p, solved)
                return sub if isinstance(value, Int) else Pick(value)
            return At(p)
        case Pick(value):
            return Pick(_in_value(value, solved))
        case _:
            return substitute_subs((sub,), atoms)[0]


def _put(piece: Piece, solved: dict[str, Solution]) -> Piece:
    """A piece with solved names replaced."""
    match piece:
        case Write(_, subs, _, value, when):
            atoms: dict[Atom, Poly] = {
                Cell(n): s.before.poly for n, s in solved.items() if isinstance(s.before, Int)
            }
            return replace(
                piece,
                subs=tuple(_in_sub(sub, atoms, solved) for sub in subs),
                value=_in_value(value, solved),
                when=None if when is None else _in_value(when, solved),
            )
        case Define(_, value):
            return replace(piece, value=_in_value(value, solved))
        case Append(_, value, when):
            return replace(
                piece,
                value=_in_value(value, solved),
                when=None if when is None else _in_value(when, solved),
            )
        case Kept(_, _, _, pieces):
            return replace(piece, pieces=tuple(_put(inner, solved) for inner in pieces))


def _private_finals(
    finals: dict[str, Value],
    inner: Frame,
    starts: dict[str, Bound],
    axis: Axis,
    space: Space,
    outer: Frame,
    solved: dict[str, Solution],
    lifting: Lifting,
) -> None:
    """Names bound afresh in every iteration keep the value of the last one."""
    if space.when is not None:
        return
    for name, value in inner.env.items():
        if name in starts or name in finals or isinstance(value, Unbound):
            continue
        if outer.env.get(name) == value:
            continue
        finals[name] = _after(name, last(_in_value(value, solved), axis), axis, outer, lifting)


def _after(name: str, value: Value, axis: Axis, outer: Frame, lifting: Lifting) -> Value:
    """The value of a name after the loop: what it was before, if the loop does not run."""
    before = outer.env.get(name)
    if before is None and name in lifting.scope.names:
        before = Ref(name)
    if before is None or isinstance(before, Unbound):
        return value
    return if_any(axis, value, before)


def _check_finals(finals: dict[str, Value], pieces: list[Piece], lifting: Lifting) -> None:
    """A reduction read after the loop must not read memory that the loop changes."""
    for name, value in list(finals.items()):
        for read in reads_of(value):
            if not read.subs:
                continue
            access = Access(read.root, read.subs)
            for piece in pieces:
                if any(
                    w.root == access.root or lifting.scope.may_alias(w.root, access.root)
                    for w in writes(piece)
                ):
                    if _settled(piece, read, lifting):
                        continue
                    del finals[name]
                    break
            if name not in finals:
                break


def _settled(piece: Piece, read: Read, lifting: Lifting) -> bool:
    """Whether the piece never changes what a value read during the loop reads."""
    other = Access(read.root, read.subs, tuple(sub_axes(read.subs)))
    return not any(
        may_meet(access, other, None, "=", lifting.scope)
        for access in (
            Access(w.root, w.subs, tuple(sub_axes(w.subs) | set(w.inner)), w.given)
            for w in writes(piece)
        )
    )


def _retemp(value: Value, axes: dict[str, tuple[Axis, ...]]) -> Value:
    def change(inner: Value) -> Value | None:
        match inner:
            case Temp(name) if name in axes:
                return Temp(name, axes[name])
            case _:
                return None

    return replaced(value, change)


# --- distribution


def _distribute(
    pieces: list[Piece], axis: Axis, loop: tree.For, space: Space, lifting: Lifting
) -> list[Piece]:
    """The pieces in an order that respects all dependences, on the axis where that is sound."""
    pieces = _split_nodes(pieces, axis, lifting)
    edges, reasons = _edges(pieces, axis, lifting)
    groups = components(len(pieces), edges)
    result: list[Piece] = []
    waiting: list[Piece] = []
    why: list[Missed] = []

    def flush() -> None:
        if waiting:
            body = tuple(sorted(waiting, key=pieces.index))
            result.append(Kept(axis, loop, space.index, body, (), loop.span, tuple(why)))
            waiting.clear()
            why.clear()

    temps: dict[str, tuple[Axis, ...]] = {}
    stuck: set[str] = set()
    for group in groups:
        members = [_retemped(pieces[at], temps) for at in group]
        lifted: list[Piece] | None = None
        if len(members) == 1:
            lifted = _on_axis(members[0], axis, edges, group[0], lifting)
        if any(_temps_of(m) & stuck for m in members):
            # It needs a value that only the loop that stays has: then all of the level stays.
            return [
                Kept(
                    axis,
                    loop,
                    space.index,
                    tuple(pieces),
                    (),
                    loop.span,
                    (*why, _reason(group, reasons, loop)),
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
    return {v.name for value in _values(piece) for v in walk(value) if isinstance(v, Temp)}


def _retemped(piece: Piece, temps: dict[str, tuple[Axis, ...]]) -> Piece:
    if not temps:
        return piece
    match piece:
        case Write(_, subs, _, value, when):
            return replace(
                piece,
                subs=tuple(
                    Pick(_retemp(s.value, temps)) if isinstance(s, Pick) else s for s in subs
                ),
                value=_retemp(value, temps),
                when=None if when is None else _retemp(when, temps),
            )
        case Define(_, value):
            return replace(piece, value=_retemp(value, temps))
        case Append(_, value, when):
            return replace(
                piece,
                value=_retemp(value, temps),
                when=None if when is None else _retemp(when, temps),
            )
        case Kept(_, _, _, inner):
            return replace(piece, pieces=tuple(_retemped(p, temps) for p in inner))


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
        and first.op is not None
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
    piece: Piece, axis: Axis, edges: dict[int, set[int]], at: int, lifting: Lifting
) -> list[Piece] | None:
    """The piece for all iterations at once, None where it has to run in order."""
    carried = at in edges[at]
    match piece:
        case Kept():
            return None
        case Define(_, value, axes):
            if axis in axes_of(value):
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
        found = _last_wins(piece, axis, lifting) or _array_scan(piece, axis, lifting)
        return None if found is None else [found]
    moving = sub_axes(piece.subs)
    if piece.op is None:
        if axis not in moving and axis not in free_axes(piece):
            # The same store in every iteration: once is enough, if there is an iteration at all.
            return [replace(piece, when=conjunction(piece.when, _runs(axis)))]
        return [replace(piece, axes=(axis, *piece.axes))]
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
    if any(
        r.root == piece.root and may_meet(me, r, axis, "<", lifting.scope) for r in reads(piece)
    ):
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
        others = [r for r in reads(_swapped(piece, read)) if r.root == piece.root]
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
