"""Wavefronts: two loops that both have to run in order, as one over the diagonals of their plane.

`d[i, j]` from `d[i - 1, j]` and `d[i, j - 1]` needs only what lies on earlier diagonals, so all places of one diagonal
come at once (the hyperplane method of Lamport, CACM 1974). Legal where every place that two iterations share is reached
on two diagonals, in the order of the loops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from loopless.dependence.conditions import constraints
from loopless.dependence.feasible import Constraint, bounds, proves
from loopless.ir import tree
from loopless.ir.poly import Atom, Axis, Poly, greatest, least, poly, quotient
from loopless.lift.context import Lifting
from loopless.lift.overlap import Access, Renaming, meet_under, reads, writes
from loopless.lift.piece import Append, Define, Kept, Piece, Write, with_atoms

Distribute = Callable[[list[Piece], Axis], list[Piece]]

# What the loop over diagonals walks, in place of an iterable of the text.
WOVEN = "diagonals of the plane"
# How often the outer ordinal counts: diagonals, columns, steep diagonals.
_SLOPES = (1, 0, 2)


def is_woven(loop: tree.For) -> bool:
    """Whether a loop that stays runs over diagonals: it has no header in the text."""
    return loop.iterable == tree.Name(WOVEN, loop.iterable.span)


def woven(stays: Kept, lifting: Lifting, distribute: Distribute) -> Kept | None:
    """The two loops that stay as one, its body on an axis; None where the places of no diagonal are independent."""
    match stays.pieces:
        case (Kept() as inner,) if _is_plain(stays, inner, lifting):
            pass
        case _:
            return None
    for slope in _SLOPES:
        plane = _plane(stays.axis, inner, slope)
        if plane is None or not _in_order(inner.pieces, plane, lifting):
            continue
        found = _along(stays, inner, plane, lifting, distribute)
        if found is not None:
            return found
    return None


def _is_plain(stays: Kept, inner: Kept, lifting: Lifting) -> bool:
    conditions = stays.said, inner.when
    names = {k.loop.target.id for k in (stays, inner) if isinstance(k.loop.target, tree.Name)}
    return (
        all(condition is None for condition in conditions)
        and not stays.axes
        and not inner.axes
        and len(names) == 2
        and not names & (lifting.live | lifting.after)
        and all(isinstance(p, Define) or (isinstance(p, Write) and p.subs) for p in inner.pieces)
    )


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a plane: `start`, and `more` for each row."""

    start: Poly
    more: int

    def at(self, row: Poly) -> Poly:
        """Where the side is in one row."""
        return self.start + row * self.more


@dataclass(frozen=True, slots=True)
class _Plane:
    """Two levels: the columns of each row lie at or behind all `lows`, and before all `highs`.

    The number of a diagonal is `slope` times the row, and the column.
    """

    rows: Axis
    columns: Axis
    lows: tuple[_Side, ...]
    highs: tuple[_Side, ...]
    slope: int

    def diagonal(self, row: Poly, column: Poly) -> Poly:
        """The number of the diagonal of one iteration."""
        return row * self.slope + column


def _plane(rows: Axis, inner: Kept, slope: int) -> _Plane | None:
    """The plane of two levels, of which the inner one may be cut off by what its header says."""
    columns = inner.axis
    lows: list[_Side | None] = [_Side(poly(0), 0)]
    highs = [_side(columns.extent, rows)]
    for said in constraints(inner.said):
        if said.equal or not said.value.linear_in(columns):
            return None
        rest = said.value.without(columns)
        match said.value.coefficient(columns).constant:
            case 1:
                lows.append(_side(-rest, rows))
            case -1:
                highs.append(_side(rest + 1, rows))
            case _:
                return None
    found = [side for side in (*lows, *highs) if side is not None]
    if rows.extent.axes() or len(found) < len(lows) + len(highs):
        return None
    return _Plane(rows, columns, tuple(found[: len(lows)]), tuple(found[len(lows) :]), slope)


def _side(end: Poly, rows: Axis) -> _Side | None:
    more = end.coefficient(rows).constant if rows in end.axes() else 0
    if not end.linear_in(rows) or end.without(rows).axes() or more not in (-1, 0, 1):
        return None
    return _Side(end.without(rows), more)


def _in_order(pieces: Sequence[Piece], plane: _Plane, lifting: Lifting) -> bool:
    """Whether iterations that share a place lie on different diagonals, the earlier one on the earlier diagonal."""
    made = {piece.name for piece in pieces if isinstance(piece, Define)}
    stores = [w for p in pieces for w in writes(p) if w.root not in made]
    both = [*stores, *(r for p in pieces for r in reads(p) if r.root not in made)]
    return not any(
        _against(one, other, plane, lifting) or _against(other, one, plane, lifting)
        for one, other in product(stores, both)
    )


def _against(earlier: Access, later: Access, plane: _Plane, lifting: Lifting) -> bool:
    """Whether a later row may reach the place of an earlier one on the same diagonal, or one before it."""
    scope = lifting.scope
    if earlier.root != later.root:
        return scope.may_alias(earlier.root, later.root)
    if not earlier.subs or not later.subs or earlier.prefix or later.prefix:
        return True
    fresh = Renaming()
    atoms: list[dict[Atom, Poly]] = []
    for _ in range(2):
        row, column = fresh.run(plane.rows.extent), fresh.run(poly(0))
        atoms.append({plane.rows: poly(row), plane.columns: poly(column)})
    known = [c for side in atoms for c in _within(side, plane)]
    (one, two) = (
        (side[plane.rows], plane.diagonal(side[plane.rows], side[plane.columns])) for side in atoms
    )
    known += [Constraint(two[0] - one[0] - 1), Constraint(one[1] - two[1])]
    return meet_under((earlier, later), (atoms[0], atoms[1]), known, fresh, scope)


def _within(side: dict[Atom, Poly], plane: _Plane) -> Iterator[Constraint]:
    row, column = side[plane.rows], side[plane.columns]
    yield Constraint(row)
    yield Constraint(plane.rows.extent - 1 - row)
    yield from (Constraint(column - low.at(row)) for low in plane.lows)
    yield from (Constraint(high.at(row) - 1 - column) for high in plane.highs)


def _along(
    stays: Kept, inner: Kept, plane: _Plane, lifting: Lifting, distribute: Distribute
) -> Kept | None:
    first, count = _diagonals(plane)
    over = lifting.axis(lifting.temp("diagonal" if plane.slope else "step"), count)
    diagonal = poly(over) + first
    start, end = _rows(diagonal, plane, bounds((over,)))
    row = lifting.axis(plane.rows.name, end - start)
    place = poly(row) + start
    atoms: dict[Atom, Poly] = {plane.rows: place, plane.columns: diagonal - place * plane.slope}
    misses = len(lifting.misses)
    found = distribute([with_atoms(p, atoms) for p in inner.pieces], row)
    if any(isinstance(p, Kept | Append) for p in found):
        del lifting.misses[misses:]
        return None
    return replace(
        stays,
        axis=over,
        loop=_loop(over.name, stays),
        index=poly(over),
        pieces=tuple(found),
    )


def _diagonals(plane: _Plane) -> tuple[Poly, Poly]:
    """The number of the first diagonal, and how many there are: empty ones may be among them."""
    last, slope = plane.rows.extent - 1, plane.slope
    # Along a side that is a diagonal itself there is a first one, or a last one, for all rows.
    lows = [low.start for low in plane.lows if slope + low.more == 0]
    highs = [high.start for high in plane.highs if slope + high.more == 0]
    if not lows:
        low = plane.lows[-1]
        lows = [low.start + (last * (slope + low.more) if slope + low.more < 0 else 0)]
    if not highs:
        high = plane.highs[-1]
        highs = [high.start + (last * (slope + high.more) if slope + high.more > 0 else 0)]
    first = greatest(lows)
    return first, least(highs) - first


def _rows(diagonal: Poly, plane: _Plane, known: list[Constraint]) -> tuple[Poly, Poly]:
    """The rows that a diagonal crosses: from the first one up to the one behind the last."""
    starts, ends = [poly(0)], [plane.rows.extent]
    for low in plane.lows:
        # slope * row + column = diagonal, and column >= low.
        _cut(diagonal - low.start, plane.slope + low.more, starts, ends)
    for high in plane.highs:
        _cut(high.start - 1 - diagonal, -plane.slope - high.more, starts, ends)
    first = _deciding([-start for start in starts], known)
    return greatest(-start for start in first), least(_deciding(ends, known))


def _deciding(ends: list[Poly], known: list[Constraint]) -> list[Poly]:
    """The ends that may be the least one."""
    left = list(ends)
    for end in ends:
        if any(other != end and proves(end - other, known) for other in left):
            left.remove(end)
    return left


def _cut(room: Poly, each: int, starts: list[Poly], ends: list[Poly]) -> None:
    """Rows with `each * row <= room`."""
    if each > 0:
        ends.append(quotient(room, poly(each)) + 1)
    elif each < 0:
        starts.append(quotient(-room + (-each - 1), poly(-each)))


def _loop(name: str, stays: Kept) -> tree.For:
    span = stays.loop.span
    walked = tree.Name(WOVEN, span)
    return tree.For(tree.Name(name, span), walked, (), (), span, stays.loop.header)
