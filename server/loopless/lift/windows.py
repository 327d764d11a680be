"""What a name for a part of a tensor stands for, once the tensor changes under it."""

from __future__ import annotations

from loopless.dependence.feasible import proves
from loopless.facts.scope import Scope
from loopless.ir.poly import Poly, poly


def resolved(name: str, scope: Scope, bound: frozenset[str]) -> tuple[str, Poly] | None:
    """The tensor at the bottom of a name for a part of one, and where the part begins; none of `bound` on the way."""
    start = poly(0)
    fact = scope.fact(name)
    root = name
    while fact.window is not None:
        root, offset = fact.window
        if root in bound or not proves(offset, []):
            # Another tensor by now, or a start that may count from the end.
            return None
        start = start + offset
        fact = scope.fact(root)
    return None if root == name else (root, start)
