"""Fractions: values that integers cannot hold, whatever the tensors hold that they are computed from (trap T3)."""

from __future__ import annotations

from loopless.facts.operations import lookup
from loopless.facts.operations.operation import Result
from loopless.facts.scope import Scope
from loopless.ir.value import Apply, Const, Ref, Value, walk
from loopless.lift.types import type_of

_ROUNDING = frozenset({Result.FLOAT, Result.REAL_FLOAT, Result.DOUBLE})


def has_fraction(value: Value, scope: Scope) -> bool:
    """Whether a value is a fraction even where all tensors hold integers."""
    for inner in walk(value):
        match inner:
            case Const(float(number)) if not number.is_integer():
                return True
            case Ref() if type_of(inner, scope).kind in {"float", "number"}:
                return True
            case Apply("/"):
                return True
            case Apply(op) if (known := lookup(op)) is not None and known.dtype in _ROUNDING:
                return True
            case _:
                pass
    return False
