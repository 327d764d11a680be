"""Facts of operations whose results are as long as the data says: what is different, what is not zero."""

from __future__ import annotations

from collections.abc import Collection

from loopless.facts.fact import Fact

_RANKS = {"unique": 1, "unique_consecutive": 1, "bincount": 1, "nonzero": 2, "argwhere": 2}
_MORE = frozenset({"return_inverse", "return_counts", "dim", "as_tuple"})


def listing(name: str, base: Fact, keywords: Collection[str], root: str | None) -> Fact | None:
    """The one tensor that an operation lists, None for other operations and for several results."""
    short = name.rpartition(".")[2]
    rank = _RANKS.get(short)
    if rank is None or not base.is_tensor or _MORE & set(keywords):
        return None
    kept = short in {"unique", "unique_consecutive"}
    dtype = base.dtype or (f"of:{root}" if root else None) if kept else None
    if rank == 2:
        dtype = "int64"
    return Fact("tensor", (None,) * rank, dtype=dtype, fresh=True)


def is_listing(name: str) -> bool:
    """Whether an operation lists what it finds in a tensor."""
    return name.rpartition(".")[2] in _RANKS
