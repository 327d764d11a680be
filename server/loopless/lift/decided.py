"""Conditions on loop variables and sizes that are decided before the loop runs: `i >= 0`, `i > i`."""

from __future__ import annotations

from collections.abc import Iterable

from loopless.dependence.conditions import affine, conjuncts, constraints, negated
from loopless.dependence.feasible import Constraint, bounds, feasible
from loopless.ir.poly import Axis
from loopless.ir.value import Const, Value


def decided(test: Value, when: Value | None, axes: Iterable[Axis]) -> Value:
    """The test, or its answer where the bounds of the axes and the predicate around it leave no other."""
    if isinstance(test, Const) or not any(affine(c) for c in conjuncts(test)):
        return test
    known = [*bounds(axes), *constraints(when)]
    if not feasible([*known, *constraints(test)]):
        return Const(False)
    if all(_holds(condition, known) for condition in conjuncts(test)):
        return Const(True)
    return test


def _holds(condition: Value, known: list[Constraint]) -> bool:
    opposite = affine(negated(condition))
    return bool(opposite) and not feasible([*known, *opposite])
