"""What verify needs to know of the names that a loop reads from outside."""

from __future__ import annotations

from loopless.emit.sizes import size_text
from loopless.facts.liveness import reads_of_block
from loopless.facts.scope import Scope
from loopless.finding import Input
from loopless.ir import tree


def inputs_of(loop: tree.For, scope: Scope) -> tuple[Input, ...]:
    """One entry for each outside name that the loop reads, in the order of the alphabet."""
    found: list[Input] = []
    for name in sorted(reads_of_block((loop,))):
        if name not in scope.locals and name not in scope.names:
            continue
        fact = scope.fact(name)
        if fact.is_tensor:
            dims = None
            if fact.dims is not None:
                dims = tuple(None if d is None else size_text(d, {}, {}).text for d in fact.dims)
            dtype = scope.dtype(name)
            shown = None if dtype is None or dtype.startswith("of:") else dtype
            found.append(Input(name, "tensor", dims, len(dims or ()), shown))
        elif (
            fact.kind == "int"
            or fact.kind == "float"
            or fact.kind == "bool"
            or fact.kind == "number"
            or fact.kind == "list"
            or fact.kind == "callable"
            or fact.kind == "module"
        ):
            found.append(Input(name, fact.kind))
        elif name in scope.locals:
            found.append(Input(name, "unknown"))
    return tuple(found)
