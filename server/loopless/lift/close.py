"""Closing a level: carried names get closed forms, statements are distributed, the loop becomes an axis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from loopless.facts.scope import Scope
from loopless.ir import tree
from loopless.ir.poly import Atom, Axis, Cell, Poly, poly
from loopless.ir.value import (
    Apply,
    At,
    Int,
    Pick,
    Read,
    Ref,
    Sub,
    Temp,
    Value,
    cells_of,
    reads_of,
    replaced,
    sub_axes,
    sub_polys,
    substitute_subs,
    walk,
)
from loopless.lift.addends import counted
from loopless.lift.carried import Solution, companion, if_any, last, solve
from loopless.lift.cells import carried_on, leading, runs_along, stays_running
from loopless.lift.choice import select
from loopless.lift.context import Bound, Frame, Lifting, Unbound
from loopless.lift.distribute import distribute
from loopless.lift.identity import itemized, reads_item, refuse_stores
from loopless.lift.interchange import distribute_privately
from loopless.lift.junctions import carried_junction
from loopless.lift.overlap import Access, may_meet, reads, writes
from loopless.lift.piece import Append, Define, Kept, Piece, Write, values_of
from loopless.lift.reroll import rerolled_sums
from loopless.lift.saved import with_temp_axes
from loopless.lift.seen import left_there
from loopless.lift.space import Space
from loopless.lift.stop import stop
from loopless.lift.winners import by_place


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
    stepwise: frozenset[str] = frozenset(),
) -> Closed:
    """Turn the loop over `space` into an axis wherever that is sound. Names of `stepwise` get no closed form."""
    axis = space.axis
    pieces = list(inner.pieces)
    live_cells = {
        name: counted(update, name, lifting.scope)
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
    changing = {name for name, update in live_cells.items() if update != _me(name, update)}
    known = (*live_cells.values(), *inner.env.values())
    refuse_stores(changing, lifting.augmented, pieces, known, lifting.scope, loop.span)
    stuck = _beyond_items(changing, live_cells, pieces, known)
    # What a loop inside that stays assigns has no closed form here: the name holds what that loop left in it.
    held = frozenset(p.root for p in _every(pieces) if isinstance(p, Write) and not p.subs)
    solved = _solve(live_cells, starts, axis, stepwise | held | stuck, lifting.scope)
    for name, solution in list(solved.items()):
        if _unsaid(solution, name) and (_used(name, pieces) or _asked(name, live_cells, solved)):
            del solved[name]
    solved = {name: replace(found, update=live_cells[name]) for name, found in solved.items()}
    unsolved = [name for name in live_cells if name not in solved]
    pieces = [_put(piece, solved) for piece in pieces]
    finals: dict[str, Value] = {}
    for name, solution in solved.items():
        finals[name] = rerolled_sums(solution.after, lifting)
    onward = {
        name: _in_value(live_cells[name], solved)
        for name in unsolved
        if name not in held or live_cells[name] not in (Read(name, ()), Int(poly(Cell(name))))
    }
    first, pieces, rest = leading(pieces, onward, loop.span, lifting.scope)
    cell_pieces = carried_on(rest, loop.span, lifting)
    if unsolved and not stuck and _dead(unsolved, pieces, lifting):
        first, cell_pieces = [], []
    all_pieces = [*first, *pieces, *cell_pieces]
    for name, value in space.bindings if _is_even(space) else ():
        # The body may give the loop's own name another value.
        left = inner.env.get(name, value)
        # Which iteration of a ragged level is its last one is not known.
        if not isinstance(left, Unbound) and space.when is None:
            finals[name] = _after(name, last(_in_value(left, solved), axis), axis, outer, lifting)
    _private_finals(finals, inner, starts, axis, space, outer, solved, lifting)
    closed, private = distribute_privately(
        all_pieces,
        starts,
        lifting,
        lambda pieces: distribute(pieces, axis, loop, space, lifting),
        axis,
    )
    running = frozenset(n for n, s in solved.items() if runs_along(s.before, axis))
    if running and not stepwise and stays_running(closed, axis):
        # In a loop that stays, what a running value was so far is handed on from step to step.
        return close_level(lifting, loop, space, inner, starts, updates, outer, running)
    finals = {name: value for name, value in finals.items() if not cells_of(value) & private}
    kept_names = {p.root for p in _every(closed) if isinstance(p, Write) and not p.subs}
    if (first or cell_pieces) and not kept_names:
        raise stop("carried-value", f"`{unsolved[0]}` is carried", loop.span)
    if kept_names:
        inits = [
            Write(name, (), None, start, None, (), loop.span)
            for name in sorted(kept_names)
            # What no statement of the nest has bound yet still holds its value.
            if name in outer.env
            and name in starts
            and not isinstance(start := starts[name], Unbound)
        ]
        closed = [*inits, *closed]
        for name in kept_names & starts.keys():
            finals[name] = Read(name, ())
    temps = {p.name: p.axes for p in closed if isinstance(p, Define)}
    inside = {p.name for p in _every(closed) if isinstance(p, Define)} - temps.keys()
    finals = {
        name: with_temp_axes(value, temps)
        for name, value in finals.items()
        # What a loop that stays saves in each of its iterations is gone after it.
        if not any(isinstance(v, Temp) and v.name in inside for v in walk(value))
    }
    _check_finals(finals, pieces, axis, lifting)
    placed = by_place(finals, lifting, loop.header)
    return Closed((*closed, *placed.pieces), placed.finals)


def _is_even(space: Space) -> bool:
    """Whether the last iteration is the same for all iterations of the loops around."""
    return space.when is None and not space.axis.extent.axes()


def _beyond_items(
    changing: set[str], updates: dict[str, Value], pieces: list[Piece], values: Iterable[Bound]
) -> set[str]:
    """Names of which an item is read as they change, and those that are computed from them."""
    stuck = itemized(changing, pieces, values)
    grown = bool(stuck)
    while grown:
        more = {n for n, u in updates.items() if reads_item(u, stuck) or cells_of(u) & stuck}
        grown = bool(more - stuck)
        stuck |= more
    return stuck


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
    for value in values_of(piece):
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


def _every(pieces: list[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        found.append(piece)
        if isinstance(piece, Kept):
            found.extend(_every(list(piece.pieces)))
    return found


def _dead(names: list[str], pieces: list[Piece], lifting: Lifting) -> bool:
    """Whether nothing but themselves reads the names, in the loop or after."""
    if any(name in lifting.live or name in lifting.after for name in names):
        return False
    return not any(_used(name, pieces) for name in names)


def _solve(
    updates: dict[str, Value],
    starts: dict[str, Bound],
    axis: Axis,
    without: frozenset[str],
    scope: Scope,
) -> dict[str, Solution]:
    """Closed forms of all names but those of `without`."""
    solved: dict[str, Solution] = {}
    progress = True
    while progress:
        progress = False
        for name, update in updates.items():
            if name in solved or name in without:
                continue
            start = starts[name]
            assert not isinstance(start, Unbound)
            now = _in_value(update, solved)
            # A name of which only the last value is known says nothing of what it is on the way there.
            said = {n for n, solution in solved.items() if not _unsaid(solution, n)}
            others = (cells_of(now) & updates.keys()) - {name} - said
            # What is kept beside the best key is no value of the last iteration that changed the key.
            found = _beside_another(name, start, axis, updates, starts, solved)
            if found is None and not others:
                found = solve(name, now, start, axis)
                found = found or _junction(name, now, start, axis, scope)
            if found is not None:
                solved[name] = found
                progress = True
    return solved


def _junction(name: str, update: Value, start: Value, axis: Axis, scope: Scope) -> Solution | None:
    """The closed form of `ok = ok and p`."""
    after = carried_junction(name, update, start, axis, scope)
    return None if after is None else Solution(Read(name, ()), after)


def _beside_another(
    name: str,
    start: Value,
    axis: Axis,
    updates: dict[str, Value],
    starts: dict[str, Bound],
    solved: dict[str, Solution],
) -> Solution | None:
    for leader in updates:
        leader_start = starts[leader]
        if leader == name or isinstance(leader_start, Unbound):
            continue
        pair = {name, leader}
        known = {n: s for n, s in solved.items() if n not in pair}
        update, leading = (_in_value(updates[n], known) for n in (name, leader))
        if (cells_of(update) | cells_of(leading)) & (updates.keys() - pair - known.keys()):
            # What is compared has no closed form yet.
            continue
        found = companion(name, update, start, axis, leader, leading, leader_start)
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
                return _expanded(p, atoms, solved)
            case Read(root, subs) if subs:
                return Read(root, tuple(_in_sub(sub, atoms, solved) for sub in subs))
            case _:
                return None

    return replaced(value, change)


def _unsaid(solution: Solution, name: str) -> bool:
    """Only the value after the loop is known."""
    return solution.before == Read(name, ())


def _open_cells(p: Poly, atoms: dict[Atom, Poly], solved: dict[str, Solution]) -> list[Cell]:
    """The solved names in a polynomial that have no polynomial as their closed form.

    Asked before `atoms` are put in: a closed form speaks of the name's value before the loop by the same name.
    """
    found = [a for a in p.atoms() if isinstance(a, Cell) and a.name in solved]
    return [cell for cell in found if cell not in atoms]


def _expanded(p: Poly, atoms: dict[Atom, Poly], solved: dict[str, Solution]) -> Value:
    """A polynomial of one carried name of no closed form as arithmetic on its value."""
    cells = _open_cells(p, atoms, solved)
    if len(cells) != 1 or p.degree(cells[0]) != 1:
        return Int(p.substitute(atoms))
    cell = cells[0]
    if _unsaid(solved[cell.name], cell.name):
        return Int(p.substitute(atoms))
    slope, rest = p.coefficient(cell).substitute(atoms), p.without(cell).substitute(atoms)
    value = solved[cell.name].before
    if slope.constant != 1:
        value = Apply("*", (Int(slope), value))
    return Apply("+", (value, Int(rest))) if rest.terms else value


def _in_sub(sub: Sub, atoms: dict[Atom, Poly], solved: dict[str, Solution]) -> Sub:
    match sub:
        case At(p):
            value = _expanded(p, atoms, solved)
            return At(value.poly) if isinstance(value, Int) else Pick(value)
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
        case Kept(_, _, _, pieces, when=when):
            return replace(
                piece,
                pieces=tuple(_put(inner, solved) for inner in pieces),
                when=None if when is None else _in_value(when, solved),
            )


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
    if not _is_even(space):
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


def _check_finals(
    finals: dict[str, Value], pieces: list[Piece], axis: Axis, lifting: Lifting
) -> None:
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
                    if _settled(piece, read, lifting) or left_there(
                        piece, read, pieces, axis, lifting
                    ):
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
