"""Presumption P6: what a loop variable walks is long enough, also where a condition leaves places out."""

from __future__ import annotations

from itertools import product

from loopless.dependence.conditions import affine, conjuncts
from loopless.dependence.feasible import Constraint, proves
from loopless.facts.scope import Scope
from loopless.ir.poly import Atom, Axis, Dim, Numel, Poly, Symbol, poly
from loopless.ir.value import Value, axes_of


def walked_whole(p: Poly, axis: Axis, root: str, dim: int, scope: Scope, when: Value) -> bool:
    """Whether the places `p` of a dimension are presumed to be there for every iteration of `axis`.

    Where the file relates both sizes (the other side of the same tensor, a view of what the axis counts) only as far as
    `when` lets the loop come to the end.
    """
    end = _end_of_walk(p, axis)
    if end is None:
        return False
    size = scope.size(root, dim)
    if proves(size - end, []):
        return True
    if proves(end - size - 1, [Constraint(axis.extent - 2)]):
        return False
    counted = axis.extent.atoms()
    roots = {root, scope.fact(root).view_of or root}
    roots |= {atom.root for atom in size.atoms() if isinstance(atom, Dim)}
    related = any(isinstance(atom, Dim) and atom.root in roots for atom in counted)
    if not related and not (size.atoms() & counted):
        return True
    return scope.fact(root).view_of is None and _comes_to_the_end(axis, when)


def _end_of_walk(p: Poly, axis: Axis) -> Poly | None:
    """Where a walk by ones from the front ends: of `x[i + 1]` only where `i` stops short of a size, to leave room."""
    shift = (p - poly(axis)).constant
    if shift is None or shift < 0:
        return None
    end = axis.extent + shift
    if shift == 0 or (_is_size(end - end.offset) and end.offset <= 0):
        return end
    return None


def _is_size(p: Poly) -> bool:
    """Whether a polynomial is one size or one number that a name stands for."""
    return isinstance(p.atom, Dim | Numel | Symbol)


def _comes_to_the_end(axis: Axis, when: Value) -> bool:
    """Whether the last iteration but one is surely not left out: the loop itself shows that its place is there."""
    others = sorted(axes_of(when) - {axis}, key=lambda other: other.uid)
    known = [Constraint(other.extent - 1) for other in others]
    known.append(Constraint(axis.extent - 2))
    if len(others) > 3:
        return False
    ends = [(poly(0), other.extent - 1) for other in others]
    for last, *chosen in product((axis.extent - 1, axis.extent - 2), *ends):
        atoms: dict[Atom, Poly] = {axis: last, **dict(zip(others, chosen, strict=True))}
        if all(_holds(condition, atoms, known) for condition in conjuncts(when)):
            return True
    return False


def _holds(condition: Value, atoms: dict[Atom, Poly], known: list[Constraint]) -> bool:
    said = affine(condition)
    return bool(said) and all(
        not c.equal and proves(c.value.substitute(atoms), known) for c in said
    )
