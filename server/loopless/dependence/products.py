"""Constraints multiplied by sizes and steps that are not negative: what linear elimination cannot find by itself.

`k * i` is one variable to it. Where `k` is not negative, `i < j` says `k * i + k <= k * j`.
"""

from __future__ import annotations

from collections.abc import Iterable

from loopless.dependence.feasible import Constraint, proves
from loopless.ir.poly import Atom, Axis, Dim, Poly, Symbol, poly, rank_of


def multiplied(polys: Iterable[Poly], known: list[Constraint]) -> list[Constraint]:
    """What is known of axes, times each factor that stands beside an axis in `polys`."""
    factors = {atom for p in polys for atom in _beside_axes(p)}
    found: list[Constraint] = []
    for factor in sorted(factors, key=rank_of):
        if not isinstance(factor, Dim) and not proves(poly(factor), known):
            continue
        found += [Constraint(c.value * poly(factor), c.equal) for c in known if _is_linear(c.value)]
    return found


def _beside_axes(p: Poly) -> Iterable[Atom]:
    """Symbols and sizes that an axis is multiplied by."""
    for monomial, _ in p.terms:
        if len(monomial) == 2:
            axes = [atom for atom in monomial if isinstance(atom, Axis)]
            others = [atom for atom in monomial if isinstance(atom, Symbol | Dim)]
            if axes and others:
                yield others[0]


def _is_linear(p: Poly) -> bool:
    """Whether a constraint is linear and speaks of an axis."""
    return any(isinstance(atom, Axis) for monomial, _ in p.terms for atom in monomial) and all(
        len(monomial) <= 1 for monomial, _ in p.terms
    )
