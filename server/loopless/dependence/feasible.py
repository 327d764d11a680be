"""Can a set of linear constraints over integers hold? GCD on equalities, Fourier-Motzkin on the rest.

Ladder of Goff, Kennedy and Tseng, "Practical Dependence Testing" (PLDI 1991), with rational elimination as the last
rung: an answer of False is a proof, True may be a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import gcd

from loopless.ir.poly import (
    Axis,
    Count,
    Dim,
    Greatest,
    Least,
    Monomial,
    Numel,
    Poly,
    Quotient,
    Remainder,
    poly,
    rank_of,
)

_LIMIT = 160

Row = dict[Monomial, int]


@dataclass(frozen=True, slots=True)
class Constraint:
    """`value` >= 0, or `value` == 0 where `equal`."""

    value: Poly
    equal: bool = False


def at_least_zero(value: Poly) -> Constraint:
    """The constraint `value` >= 0."""
    return Constraint(value)


def equal_zero(value: Poly) -> Constraint:
    """The constraint `value` == 0."""
    return Constraint(value, True)


def bounds(axes: Iterable[Axis]) -> list[Constraint]:
    """0 <= axis < extent for each axis."""
    found: list[Constraint] = []
    for axis in axes:
        found.append(Constraint(poly(axis)))
        found.append(Constraint(axis.extent - poly(axis) - 1))
    return found


def feasible(constraints: Iterable[Constraint]) -> bool:
    """False only if no integers satisfy all constraints. Sizes are never negative."""
    return _feasible(tuple(dict.fromkeys(constraints)))


def proves(claim: Poly, given: Iterable[Constraint]) -> bool:
    """Whether `claim` >= 0 follows from what is given."""
    value = claim.constant
    if value is not None:
        return value >= 0
    return not feasible([Constraint(-claim - 1), *given])


@lru_cache(maxsize=16384)
def _feasible(constraints: tuple[Constraint, ...]) -> bool:
    equalities: list[Row] = []
    inequalities: list[Row] = []
    for constraint in _completed(constraints):
        row = dict(constraint.value.terms)
        (equalities if constraint.equal else inequalities).append(row)
    if not _eliminate_equalities(equalities, inequalities):
        return False
    return _fourier_motzkin(inequalities)


def _completed(constraints: tuple[Constraint, ...]) -> list[Constraint]:
    """With what is true of sizes, quotients, remainders, minima and maxima."""
    found = list(constraints)
    seen: set[object] = set()
    waiting = [c.value for c in constraints]
    while waiting:
        value = waiting.pop()
        found += _products(value)
        for atom in value.atoms():
            if atom in seen:
                continue
            seen.add(atom)
            match atom:
                case Dim() | Numel():
                    found.append(Constraint(poly(atom)))
                case Count(_, upto):
                    found.append(Constraint(poly(atom)))
                    if upto is not None:
                        found.append(Constraint(upto - poly(atom)))
                        waiting.append(upto)
                case Axis():
                    if atom.extent.terms:
                        waiting.append(atom.extent)
                case Quotient(over, under) | Remainder(over, under):
                    c = under.constant
                    if c is not None and c > 0:
                        q, r = poly(Quotient(over, under)), poly(Remainder(over, under))
                        found.append(Constraint(over - q * c - r, True))
                        found += [Constraint(r), Constraint(poly(c - 1) - r)]
                    elif isinstance(atom, Remainder) and isinstance(under.atom, Dim):
                        # A remainder by a positive size lies between zero and the size.
                        found += [Constraint(poly(atom)), Constraint(under - poly(atom) - 1)]
                case Least(of):
                    found += [Constraint(p - poly(atom)) for p in of]
                    waiting += of
                case Greatest(of):
                    found += [Constraint(poly(atom) - p) for p in of]
                    waiting += of
                case _:
                    pass
    return found


def _products(value: Poly) -> list[Constraint]:
    """Products of what is never negative are not negative either."""
    return [
        Constraint(Poly(((monomial, 1),)))
        for monomial, _ in value.terms
        if len(monomial) > 1 and all(isinstance(a, Axis | Dim | Numel) for a in monomial)
    ]


def _eliminate_equalities(equalities: list[Row], inequalities: list[Row]) -> bool:
    """Solve equalities for a variable with factor one; False if one cannot hold."""
    while equalities:
        row = equalities.pop()
        factors = [factor for monomial, factor in row.items() if monomial]
        offset = row.get((), 0)
        if not factors:
            if offset:
                return False
            continue
        if offset % gcd(*factors):
            return False
        unit = next((m for m, f in row.items() if m and abs(f) == 1), None)
        if unit is None:
            inequalities.append(dict(row))
            inequalities.append({m: -f for m, f in row.items()})
            continue
        sign = row[unit]
        solved = {m: -sign * f for m, f in row.items() if m != unit}
        for other in (*equalities, *inequalities):
            factor = other.pop(unit, 0)
            if factor:
                for m, f in solved.items():
                    other[m] = other.get(m, 0) + factor * f
                    if not other[m]:
                        del other[m]
    return True


def _fourier_motzkin(rows: list[Row]) -> bool:
    current = _tightened(rows)
    while current is not None:
        variables: dict[Monomial, tuple[int, int]] = {}
        for row in current:
            for monomial, factor in row:
                if monomial:
                    low, high = variables.get(monomial, (0, 0))
                    variables[monomial] = (low + (factor > 0), high + (factor < 0))
        if not variables:
            return True
        chosen = min(variables, key=lambda m: variables[m][0] * variables[m][1])
        lower = [dict(row) for row in current if dict(row).get(chosen, 0) > 0]
        upper = [dict(row) for row in current if dict(row).get(chosen, 0) < 0]
        rest = [dict(row) for row in current if not dict(row).get(chosen, 0)]
        if len(rest) + len(lower) * len(upper) > _LIMIT:
            return True
        rest += [_without(chosen, low, high) for low in lower for high in upper]
        current = _tightened(rest)
    return False


def _without(chosen: Monomial, low: Row, high: Row) -> Row:
    """The sum of a lower and an upper bound of `chosen`, scaled so that it cancels."""
    a, b = low[chosen], -high[chosen]
    merged: Row = {}
    for monomial, factor in low.items():
        merged[monomial] = merged.get(monomial, 0) + b * factor
    for monomial, factor in high.items():
        merged[monomial] = merged.get(monomial, 0) + a * factor
    merged.pop(chosen, None)
    return {monomial: factor for monomial, factor in merged.items() if factor}


def _order(term: tuple[Monomial, int]) -> tuple[tuple[str, str], ...]:
    return tuple(rank_of(atom) for atom in term[0])


def _tightened(rows: Iterable[Row]) -> set[tuple[tuple[Monomial, int], ...]] | None:
    """Rows divided by the common factor of their variables, the offset rounded down; None if one cannot hold."""
    best: dict[tuple[tuple[Monomial, int], ...], int] = {}
    for row in rows:
        factors = [f for m, f in row.items() if m and f]
        offset = row.get((), 0)
        if not factors:
            if offset < 0:
                return None
            continue
        common = gcd(*factors)
        key = tuple(sorted(((m, f // common) for m, f in row.items() if m and f), key=_order))
        value = offset // common
        if key not in best or value < best[key]:
            best[key] = value
    return {(*key, ((), value)) if value else key for key, value in best.items()}
