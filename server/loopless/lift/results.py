"""Operations with several results: how many they have, and which one is asked for."""

from __future__ import annotations

from loopless.facts.operations import bind, lookup
from loopless.ir.poly import poly
from loopless.ir.value import Int, OnItem, Value


def several(value: OnItem) -> int:
    """How many results an operation has for these arguments: one, unless it has names for more."""
    known = lookup(value.op)
    bound = None if known is None else bind(known, value.args, dict(value.keywords))
    if known is None or bound is None or not known.fields:
        return 1
    if known.fields_need_dim and not any(name in bound for name in known.dims):
        return 1
    return len(known.fields)


def named_result(value: OnItem, name: str) -> Value | None:
    """The result that an attribute names: `x.max(dim=0).values`."""
    known = lookup(value.op)
    if known is None or name not in known.fields or several(value) == 1:
        return None
    return numbered_result(value, known.fields.index(name))


def numbered_result(value: OnItem, at: int) -> Value | None:
    """The result at a place, counted from either end."""
    count = several(value)
    if count == 1 or not -count <= at < count:
        return None
    return OnItem("part", (value, Int(poly(at % count))))
