"""Statements on different ways through an `if`: of one iteration only one of the two runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from loopless.dependence.conditions import conjuncts, negated
from loopless.facts.scope import Scope
from loopless.ir.value import Value, axes_of, reads_of
from loopless.lift.overlap import may_touch
from loopless.lift.piece import Piece, Write


def never_both(pieces: Sequence[Piece], scope: Scope) -> frozenset[tuple[int, int]]:
    """The pairs of statements of which an iteration runs one at most, by their places."""
    return frozenset(
        (one, other)
        for one, other in combinations(range(len(pieces)), 2)
        if _exclusive(pieces[one], pieces[other], pieces, scope)
    )


def _exclusive(first: Piece, second: Piece, pieces: Sequence[Piece], scope: Scope) -> bool:
    """Whether no iteration runs both: they ask opposite questions, and nothing changes the answer in between."""
    if not isinstance(first, Write) or not isinstance(second, Write):
        return False
    inner = {*first.axes, *second.axes}
    asked = conjuncts(second.when)
    return any(
        negated(condition) in asked
        and not axes_of(condition) & inner
        and _is_settled(condition, pieces, scope)
        for condition in conjuncts(first.when)
    )


def _is_settled(condition: Value, pieces: Sequence[Piece], scope: Scope) -> bool:
    return not any(
        may_touch(piece, read, scope) for piece in pieces for read in reads_of(condition)
    )
