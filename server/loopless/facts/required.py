"""Arguments that torch takes nothing but tensors for: `torch.gather(x, 1, places)`, `torch.einsum("ij,j", a[i], v)`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loopless.facts.operations import Operation, bind, lookup, method
from loopless.finding import Span
from loopless.ir import tree

_TENSORS = frozenset({"index", "indices", "sorted_sequence", "boundaries", "mask"})
_LOOKING_UP = frozenset(
    "gather index_select index_add index_copy index_fill scatter_add scatter_reduce take_along_dim "
    "searchsorted bucketize masked_select masked_fill".split()
)

_ZERO = tree.Literal(0, Span(0, 0))


def required(call: tree.Expr, canonical: Callable[[tree.Expr], str | None]) -> Iterator[tree.Expr]:
    """The arguments of a call that have to be tensors, beside its first one."""
    if not isinstance(call, tree.Call):
        return
    whole = canonical(call.func)
    if whole == "torch.einsum":
        yield from call.args[1:]
        return
    known: Operation | None = None
    given = call.args
    if whole is not None:
        known = lookup(whole) if whole.startswith("torch.") else None
    elif isinstance(call.func, tree.Field):
        known, given = method(call.func.name), (call.func.of, *call.args)
    if known is None or known.name.rpartition(".")[2].removesuffix("_") not in _LOOKING_UP:
        return
    bound = bind(known, given, dict(call.keywords)) or {}
    if whole is None and not isinstance(bound.get("dim", _ZERO), tree.Literal):
        # The method of another object: `comm.gather(data, root)`.
        return
    for name, arg in bound.items():
        if name in _TENSORS and not isinstance(arg, tuple):
            yield arg
