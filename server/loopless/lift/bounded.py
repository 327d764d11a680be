"""Tensors that can have no more dimensions than their subscripts name, because of where their items are stored."""

from __future__ import annotations

from collections.abc import Iterable

from loopless.ir.value import Cut, New, Read, Value
from loopless.lift.context import Lifting


def bounded(leaves: Iterable[Value], rank: int, lifting: Lifting) -> Iterable[tuple[str, int]]:
    """The ranks of what is sliced in items that go into places of `rank` dimensions.

    Slices leave at least one dimension each, and an item has no more than the place it is stored to: of
    `x[:, t]`, stored to a row, `x` has two.
    """
    for leaf in leaves:
        match leaf:
            case Read(root, subs) if root and lifting.scope.shown(root) is None:
                named = [sub for sub in subs if not isinstance(sub, New)]
                if sum(isinstance(sub, Cut) for sub in subs) == rank == _kept(subs):
                    yield root, len(named)
            case _:
                pass


def _kept(subs: tuple[object, ...]) -> int:
    """How many dimensions subscripts leave or add."""
    return sum(isinstance(sub, Cut | New) for sub in subs)
