"""Items put end to end along one of their own dimensions: `torch.cat(heads, dim=-1)` of all items at once."""

from __future__ import annotations

from loopless.emit.code import Code
from loopless.emit.unprintable import Unprintable


def end_to_end(code: Code, rank: int | None, dim: int) -> Code:
    """Items of one shape, stacked along the first dimension, as `torch.cat` joins them along `dim`."""
    if dim == 0 or (rank is not None and dim == -rank):
        return code.but(f"{code.primary}.flatten(0, 1)")
    if rank is not None and not -rank <= dim < rank:
        raise Unprintable("append", "items joined along a dim that they do not have")
    # The stack's own dimension goes in front of the one that grows, for items of any rank.
    first, last = (dim, dim + 1) if dim > 0 else (dim - 1, dim)
    return code.but(f"{code.primary}.movedim(0, {first}).flatten({first}, {last})")
