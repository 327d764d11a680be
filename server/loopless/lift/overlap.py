"""Can two accesses meet? The dependence test between a store and another access of the same memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from loopless.dependence.conditions import conjunction, constraints
from loopless.dependence.feasible import Constraint, bounds, equal_zero, feasible, proves
from loopless.dependence.products import multiplied
from loopless.facts.scope import Scope
from loopless.ir.poly import Atom, Axis, Cell, Poly, poly
from loopless.ir.value import (
    At,
    Best,
    Comb,
    Cut,
    New,
    Previous,
    Read,
    Reduce,
    Rows,
    Scan,
    Sub,
    Temp,
    Value,
    children,
    sub_axes,
    sub_polys,
    substitute_subs,
)
from loopless.lift.piece import Append, Define, Kept, Piece, Write
from loopless.lift.radix import counts_up, same_digits


@dataclass(frozen=True, slots=True)
class Access:
    """One access of memory: what, where, under which predicate, and the axes it ranges over by itself.

    `prefix` lists axes of which it reaches every iteration up to the present one (inside a scan).
    """

    root: str
    subs: tuple[Sub, ...]
    inner: tuple[Axis, ...] = ()
    given: tuple[Constraint, ...] = ()
    prefix: tuple[Axis, ...] = ()


def reads(piece: Piece) -> Iterator[Access]:
    """Every read of a piece; an update reads its target too, but that read is no obstacle to reordering."""
    match piece:
        case Write(_, subs, _, value, when, axes):
            given = tuple(constraints(when))
            yield from _value_reads(value, axes, given)
            if when is not None:
                yield from _value_reads(when, axes, ())
            for part in children(Read("", subs)):
                yield from _value_reads(part, axes, given)
        case Define(_, value, axes):
            yield from _value_reads(value, axes, ())
        case Append(_, value, when, axes):
            given = tuple(constraints(when))
            yield from _value_reads(value, axes, given)
            if when is not None:
                yield from _value_reads(when, axes, ())
        case Kept(axis, _, _, pieces):
            if piece.when is not None:
                yield from _value_reads(piece.when, (), ())
            given = tuple(constraints(conjunction(piece.when, piece.said)))
            for inner in pieces:
                for access in reads(inner):
                    more = (*access.given, *given)
                    yield Access(
                        access.root, access.subs, (*access.inner, axis), more, access.prefix
                    )


def writes(piece: Piece) -> Iterator[Access]:
    """Every store of a piece."""
    match piece:
        case Write(root, subs, _, _, when, axes):
            yield Access(root, subs, axes, tuple(constraints(when)))
        case Define(name):
            yield Access(name, ())
        case Append(root):
            yield Access(root, ())
        case Kept(axis, _, _, pieces):
            given = tuple(constraints(conjunction(piece.when, piece.said)))
            for inner in pieces:
                for access in writes(inner):
                    more = (*access.given, *given)
                    yield Access(access.root, access.subs, (*access.inner, axis), more)


def _value_reads(
    value: Value,
    inner: tuple[Axis, ...],
    given: tuple[Constraint, ...],
    prefix: tuple[Axis, ...] = (),
) -> Iterator[Access]:
    match value:
        case Read(root, subs):
            yield Access(root, subs, inner, given, prefix)
            for part in children(value):
                yield from _value_reads(part, inner, given, prefix)
        case Temp(name):
            yield Access(name, (), inner, given, prefix)
        case Reduce(_, axis, body, when):
            more = (*given, *constraints(when))
            yield from _value_reads(body, (*inner, axis), more, prefix)
            if when is not None:
                yield from _value_reads(when, (*inner, axis), given, prefix)
        case Rows(axes):
            for part in children(value):
                yield from _value_reads(part, (*inner, *axes), given, prefix)
        case Best(_, axis):
            for part in children(value):
                yield from _value_reads(part, (*inner, axis), given, prefix)
        case Scan(_, axis, body, start, _):
            yield from _value_reads(body, inner, given, (*prefix, axis))
            if start is not None:
                yield from _value_reads(start, inner, given, prefix)
        case Comb(_, axis, body, start, residue):
            yield from _value_reads(body, inner, given, (*prefix, axis))
            yield from _value_reads(start, (*inner, residue), given, prefix)
        case Previous(axis, body, start):
            yield from _value_reads(body, inner, given, (*prefix, axis))
            yield from _value_reads(start, inner, given, prefix)
        case _:
            for part in children(value):
                yield from _value_reads(part, inner, given, prefix)


def may_touch(piece: Piece, read: Read, scope: Scope) -> bool:
    """Whether a piece may change what `read` reads, in the same iteration of all open levels."""
    other = Access(read.root, read.subs)
    return any(may_meet(access, other, None, "=", scope) for access in writes(piece))


def may_meet(a: Access, b: Access, axis: Axis | None, order: str, scope: Scope) -> bool:
    """Whether `a` and `b` can reach the same place, `a`'s iteration of `axis` being `order` to `b`'s.

    Axes of levels further out are the same on both sides.
    """
    if a.root != b.root:
        return scope.may_alias(a.root, b.root)
    if not a.subs or not b.subs:
        return True
    fresh = Renaming()
    first, given_a = fresh.renamed(a, axis, "a")
    second, given_b = fresh.renamed(b, axis, "b")
    known: list[Constraint] = [*given_a, *given_b]
    if axis is not None:
        left, right = fresh.level(axis, "a"), fresh.level(axis, "b")
        known += bounds((left, right))
        gap = poly(right) - poly(left)
        known.append(
            Constraint(gap - 1)
            if order == "<"
            else Constraint(-gap - 1)
            if order == ">"
            else equal_zero(gap)
        )
    known += bounds(_outer_axes(first, second, fresh))
    known += [Constraint(poly(Cell(name)) - low) for name, low in scope.counters.items()]
    known += [Constraint(p) for p in scope.given]
    known += multiplied((*sub_polys(first), *sub_polys(second)), known)
    return _meets(first, second, a.root, known, fresh, scope)


def meet_under(
    sides: tuple[Access, Access],
    atoms: Iterable[Mapping[Atom, Poly]],
    relation: Iterable[Constraint],
    fresh: Renaming,
    scope: Scope,
) -> bool:
    """Whether two accesses of one tensor can reach the same place, each in an iteration of its own.

    `atoms` are the axes of each side's iteration, and `relation` what is known of them.
    """
    known, placed = list(relation), list[tuple[Sub, ...]]()
    for access, own in zip(sides, atoms, strict=True):
        mapped = dict(own)
        for inner in dict.fromkeys(access.inner):
            if inner not in mapped:
                copy = fresh.run(inner.extent.substitute(mapped))
                mapped[inner] = poly(copy)
                known += bounds((copy,))
        placed.append(substitute_subs(access.subs, mapped))
        known += [Constraint(c.value.substitute(mapped), c.equal) for c in access.given]
    first, second = placed
    known += bounds(_outer_axes(first, second, fresh))
    known += [Constraint(poly(Cell(name)) - low) for name, low in scope.counters.items()]
    known += [Constraint(p) for p in scope.given]
    return _meets(first, second, sides[0].root, known, fresh, scope)


def _meets(
    first: tuple[Sub, ...],
    second: tuple[Sub, ...],
    root: str,
    known: list[Constraint],
    fresh: Renaming,
    scope: Scope,
) -> bool:
    for place, (one, other) in enumerate(
        zip(_dimensions(first), _dimensions(second), strict=False)
    ):
        known += _meeting(one, other, root, place, known, fresh, scope)
    return feasible(known)


def _dimensions(subs: Iterable[Sub]) -> Iterator[Sub]:
    return (sub for sub in subs if not isinstance(sub, New))


def _outer_axes(
    first: tuple[Sub, ...], second: tuple[Sub, ...], fresh: Renaming
) -> frozenset[Axis]:
    return (sub_axes(first) | sub_axes(second)) - frozenset(fresh.made.values())


def _meeting(
    one: Sub,
    other: Sub,
    root: str,
    place: int,
    known: list[Constraint],
    fresh: Renaming,
    scope: Scope,
) -> list[Constraint]:
    """What must hold for two subscripts of one dimension to meet; nothing where that is unknown."""
    left, bound_left = _places(one, root, place, known, fresh, scope)
    right, bound_right = _places(other, root, place, known, fresh, scope)
    if left is None or right is None:
        return []
    return [equal_zero(left - right), *same_digits(left, right), *bound_left, *bound_right]


def _places(
    sub: Sub,
    root: str,
    place: int,
    known: list[Constraint],
    fresh: Renaming,
    scope: Scope,
) -> tuple[Poly | None, list[Constraint]]:
    """The place that a subscript reaches, counted from the front."""
    match sub:
        case At(p):
            if proves(p, known) or counts_up(p, known):
                return p, []
            if proves(-p - 1, known):
                return p + scope.size(root, place), []
            return None, []
        case Cut(start, count, step, stop):
            if stop is not None or not proves(start, known):
                return None, []
            run = fresh.run(count if count is not None else scope.size(root, place))
            return start + poly(run) * step, bounds((run,))
        case _:
            return None, []


class Renaming:
    """Gives each side its own copies of the level's axis and of the axes inside."""

    def __init__(self) -> None:
        self.made: dict[tuple[Axis, str], Axis] = {}
        self.count = 0

    def level(self, axis: Axis, side: str) -> Axis:
        """The copy of the level's axis on one side."""
        return self._copy(axis, side)

    def run(self, extent: Poly) -> Axis:
        """An axis of its own."""
        self.count += 1
        made = Axis("run", -self.count, extent)
        self.made[made, "run"] = made
        return made

    def _copy(self, axis: Axis, side: str) -> Axis:
        key = axis, side
        if key not in self.made:
            self.count += 1
            self.made[key] = Axis(axis.name, -self.count, axis.extent)
        return self.made[key]

    def renamed(
        self, access: Access, axis: Axis | None, side: str
    ) -> tuple[tuple[Sub, ...], list[Constraint]]:
        """The subscripts and constraints of one side in its own axes."""
        atoms: dict[Atom, Poly] = {}
        given: list[Constraint] = []
        prefix = set(access.prefix)
        for inner in dict.fromkeys(access.inner):
            if inner == axis:
                continue
            copy = self._copy(inner, side)
            atoms[inner] = poly(copy)
            given += bounds((copy,))
        if axis is not None:
            level = self._copy(axis, side)
            if axis in prefix:
                # Somewhere in the run-up to this iteration.
                earlier = self._copy(axis, side + "-prefix")
                atoms[axis] = poly(earlier)
                given += [Constraint(poly(earlier)), Constraint(poly(level) - poly(earlier))]
            else:
                atoms[axis] = poly(level)
        for other in prefix - {axis}:
            if other not in atoms:
                copy = self._copy(other, side + "-prefix")
                atoms[other] = poly(copy)
                given += bounds((copy,))
        subs = substitute_subs(access.subs, atoms)
        given += [Constraint(c.value.substitute(atoms), c.equal) for c in access.given]
        return subs, given
