"""Operations on items that keep the item's shape, or at least how many dimensions it has."""

from __future__ import annotations

from loopless.facts.operations import Rule, lookup
from loopless.ir.value import OnItem, Value

_SHAPE = frozenset(
    "softmax log_softmax softmin normalize cumsum cumprod logcumsumexp cummax cummin sort argsort msort "
    "flip fliplr flipud roll inv inverse cholesky matrix_exp tril triu clone contiguous detach "
    "fft ifft fft2 ifft2 layer_norm".split()
)
_RANK = _SHAPE | frozenset("topk diff t mT transpose permute pinv rot90 rfft irfft".split())


def of_same_shape(value: OnItem) -> Value | None:
    """The operand whose shape the result has, None where that is not known."""
    return _operand(value, _SHAPE)


def of_same_rank(value: OnItem) -> Value | None:
    """The operand that has as many dimensions as the result, None where that is not known."""
    known = lookup(value.op)
    if known is not None and known.rule in {Rule.ALONG, Rule.VIEW} and value.args:
        return value.args[0]
    return _operand(value, _RANK)


def _operand(value: OnItem, names: frozenset[str]) -> Value | None:
    whole = value.args[0] if value.args else None
    if value.op == "part" and isinstance(whole, OnItem):
        return _operand(whole, names)
    return whole if value.op.rsplit(".", 1)[-1] in names else None
