"""Whether what is stored is known to have the rank of the items that it is stored into."""

from __future__ import annotations

from loopless.emit.code import Code
from loopless.emit.draft import Setting
from loopless.ir.value import Cut, Read, Sub, Value
from loopless.lift.piece import Write
from loopless.lift.ranks import pointwise_leaves
from loopless.lift.subscript import kin_of


def same_rank(code: Code, rank: int | None, piece: Write, setting: Setting) -> bool:
    """Whether a value is known to have the rank of the items that it is stored into."""
    if code.rank is not None and rank is not None:
        return True
    if code.rank is None and rank is None:
        return bool(kin_of(Read(piece.root, piece.subs), setting.scope) & code.kin)
    if rank is None and setting.scope.fact(piece.root).fresh:
        # Made of sizes whose number is not known: `torch.zeros(n, *x.shape[2:])`.
        return False
    # Along several axes, what is not known is presumed to be a number (P4), which does not line up with a slice.
    return len(code.axes) > 1 and _slices(piece.subs) <= least_rank(piece.value)


def least_rank(value: Value) -> int:
    """How many dimensions a value has at least: those of the slices that it is computed from."""
    leaves = pointwise_leaves(value)
    return max((_slices(leaf.subs) for leaf in leaves if isinstance(leaf, Read)), default=0)


def _slices(subs: tuple[Sub, ...]) -> int:
    return sum(isinstance(sub, Cut) for sub in subs)
