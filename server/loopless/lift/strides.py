"""Steps of ranges that are no literal numbers, and numbers written out that are the numbers of a range."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from loopless.dependence.conditions import integer_of
from loopless.dependence.feasible import Constraint, proves
from loopless.ir.poly import Dim, Poly, Symbol, poly
from loopless.ir.value import Tuple, Value
from loopless.lift.context import Lifting


def goes_forward(step: Poly) -> bool:
    """Whether a step is positive: zero raises, and a name for a step goes forward, as it is presumed to (P9)."""
    if proves(step, []):
        return True
    walked = {atom for monomial, _ in step.terms for atom in monomial}
    return all(factor > 0 for _, factor in step.terms) and all(
        isinstance(atom, Symbol | Dim) for atom in walked
    )


def note_forward(step: Poly, lifting: Lifting) -> None:
    """From here on a step is taken for positive: where the range has numbers at all, it is."""
    lifting.scope.given = (*lifting.scope.given, step - 1)
    lifting.around = (*lifting.around, Constraint(step - 1))


def written_out(value: Value) -> list[Poly] | None:
    """Start, end and step of the range that has the numbers of a tuple or list, None where no range has them."""
    if not isinstance(value, Tuple) or not value.items:
        return None
    numbers = [integer_of(item) for item in value.items]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return None
    step = known[1] - known[0] if len(known) > 1 else poly(1)
    if step.constant in (None, 0) or _steps(known) - {step}:
        return None
    return [known[0], known[0] + step * len(known), step]


def _steps(numbers: Sequence[Poly]) -> set[Poly]:
    return {after - before for before, after in pairwise(numbers)}
