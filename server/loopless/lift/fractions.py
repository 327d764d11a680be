"""Fractions: values that integers cannot hold, whatever the tensors hold that they are computed from (trap T3)."""

from __future__ import annotations

from loopless.facts.operations import lookup
from loopless.facts.operations.operation import Result
from loopless.facts.scope import Scope
from loopless.ir.value import Apply, Const, OnItem, Reduce, Ref, Value, walk
from loopless.lift.types import type_of

_ROUNDING = frozenset({Result.FLOAT, Result.REAL_FLOAT, Result.DOUBLE})


def may_be_fraction(value: Value, scope: Scope) -> bool:
    """Whether a number is a fraction in some iterations, where the loop chooses among several."""
    match value:
        case Apply("where", (_, *arms)) | Apply("min" | "max" | "+" | "-" | "*", (*arms,)):
            return any(may_be_fraction(arm, scope) for arm in arms)
        case _:
            return type_of(value, scope).is_floating


def is_fraction(value: Value, scope: Scope) -> bool:
    """Whether a value, or an arm of a choice in it, is no integer whatever the tensors hold."""
    match value:
        case Const(float()) | Apply("/"):
            return True
        case Apply("where", (_, *arms)) | Apply(
            "+" | "-" | "*" | "neg" | "abs" | "min" | "max", (*arms,)
        ):
            return any(is_fraction(arm, scope) for arm in arms)
        case Reduce(_, _, body):
            return is_fraction(body, scope)
        case Apply(op) | OnItem(op) if (
            known := lookup(op)
        ) is not None and known.dtype in _ROUNDING:
            return True
        case _:
            return type_of(value, scope).is_floating


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
