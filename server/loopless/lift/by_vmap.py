"""Operations without a batched form of their own that `torch.func.vmap` does for all items at once."""

from __future__ import annotations

from loopless.facts.operations import lookup
from loopless.facts.operations.equations import equation_of
from loopless.ir.value import Const, Tuple, Value
from loopless.lift.context import Lifting
from loopless.lift.ranks import learn

EINSUM = "torch.einsum"

# Those of which vmap knows a rule, or which are made of others that it knows.
MAPPED = frozenset(
    "torch.kron Tensor.kron torch.cov Tensor.cov torch.corrcoef Tensor.corrcoef torch.tensordot".split()
)


def batches(name: str, args: tuple[Value, ...]) -> bool:
    """Whether an operation of items can be done for all of them: `torch.kron(a[i], b[i])`."""
    known = lookup(name)
    if known is None:
        return False
    return known.name in MAPPED or (
        known.name == EINSUM and bool(args) and isinstance(args[0], Const)
    )


def learn_named(args: tuple[Value, ...], lifting: Lifting) -> None:
    """An equation names every dimension of its operands, but where it has dots."""
    match args:
        case (Const(str(equation)), Tuple(operands)) | (Const(str(equation)), *operands):
            found = equation_of(equation)
            for part, operand in zip(found[0] if found else (), operands, strict=False):
                if "." not in part:
                    learn(operand, len(part), lifting)
        case _:
            pass
