"""Facts of what operations give, by the rule of the operation and the facts of its operands."""

from __future__ import annotations

from collections.abc import Iterable

from loopless.facts.evidence import FLOATS
from loopless.facts.extents import broadcast, product
from loopless.facts.fact import UNKNOWN, Fact
from loopless.facts.operations import Result, Rule

_COMPLEX = frozenset({"complex64", "complex128"})


def pointwise(facts: Iterable[Fact], comparison: bool, op: str = "") -> Fact:
    """Operands that meet element by element, or are compared."""
    tensors = [fact for fact in facts if fact.is_tensor]
    numbers = [fact for fact in facts if not fact.is_tensor]
    dims = tensors[0].dims if len(tensors) == 1 and all(n.is_number for n in numbers) else None
    if len(tensors) > 1:
        dims = broadcast([tensor.dims for tensor in tensors])
    like = tensors[0].like if len(tensors) == 1 else None
    dtypes = {tensor.dtype for tensor in tensors}
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    if comparison:
        dtype = "bool"
    elif (
        dtype is not None
        and dtype not in FLOATS
        and (op == "/" or any(n.kind != "int" for n in numbers))
    ):
        dtype = None
    return Fact("tensor", dims, like, dtype, fresh=True)


def multiplied(facts: list[Fact]) -> Fact:
    """A product of matrices or vectors."""
    dtypes = {fact.dtype for fact in facts}
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    return Fact("tensor", product(facts[0].dims, facts[1].dims), dtype=dtype, fresh=True)


def result_of(rule: Rule, result: Result, facts: list[Fact]) -> Fact:
    """The result of an operation under a rule of the table."""
    base = facts[0] if facts else UNKNOWN
    match rule:
        case Rule.POINTWISE:
            tensors = [fact for fact in facts if fact.is_tensor]
            if not tensors:
                return Fact("tensor", fresh=True)
            fact = pointwise(facts, result is Result.BOOL)
            if len(facts) == 1 and result in {Result.SAME, Result.REAL}:
                # Unshown dtypes are not complex (P5): an absolute value has the dtype of its operand.
                return fact.but(dtype=None if fact.dtype in _COMPLEX else fact.dtype)
            return fact if result is Result.BOOL else fact.but(dtype=_float_kept(fact.dtype))
        case Rule.VIEW | Rule.SHAPE | Rule.REDUCE | Rule.ALONG | Rule.LAST:
            dtype = {Result.BOOL: "bool", Result.INT64: "int64"}.get(
                result, _float_kept(base.dtype)
            )
            return Fact("tensor", dtype=dtype)
        case Rule.CREATE | Rule.LIKE | Rule.RANDOM:
            return Fact("tensor", fresh=True)
        case _:
            return UNKNOWN


def _float_kept(dtype: str | None) -> str | None:
    return dtype if dtype in FLOATS else None
