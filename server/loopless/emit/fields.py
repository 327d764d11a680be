"""One of several results of an operation on items: `torch.sort(row)[0]`, `values, places = row.topk(3)`."""

from __future__ import annotations

from loopless.emit.code import Code
from loopless.facts.operations import Operation

# Operations whose results have no names in torch.
_PLAIN = frozenset({"var_mean", "std_mean"})


def field_of(whole: Code, known: Operation, at: int, rank: int | None) -> Code:
    """The text of one result of a call that is printed as `whole`."""
    short = known.name.rsplit(".", 1)[-1]
    name = f"[{at}]" if short in _PLAIN else f".{known.fields[at]}"
    return Code(f"{whole.primary}{name}", axes=whole.axes, rank=rank, kin=whole.kin)
