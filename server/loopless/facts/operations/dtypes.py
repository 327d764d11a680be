"""PyTorch's type promotion on names of dtypes, without PyTorch.

A dtype is its name ("float32"), or the name of a category where the file shows no more ("float": one of the
floats), or "unknown". Promotion looks at what an operand is, too: a 0-d tensor or a Python number does not
widen a tensor with dims within its category.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache

from loopless.facts.operations.operation import Operation, Result

BOOLS = ("bool",)
INTS = ("uint8", "int8", "int16", "int32", "int64")
FLOATS = ("float16", "bfloat16", "float32", "float64")
COMPLEX = ("complex32", "complex64", "complex128")
ALL = (*BOOLS, *INTS, *FLOATS, *COMPLEX)
UNKNOWN = "unknown"

_CATEGORIES: dict[str, tuple[str, ...]] = {
    "bool": BOOLS,
    "int": INTS,
    "float": FLOATS,
    "complex": COMPLEX,
    UNKNOWN: ALL,
}
_ORDER = {
    name: order for order, names in enumerate((BOOLS, INTS, FLOATS, COMPLEX)) for name in names
}
_REAL_OF = {"complex32": "float16", "complex64": "float32", "complex128": "float64"}
_COMPLEX_OF = {
    "float16": "complex32",
    "bfloat16": "complex64",
    "float32": "complex64",
    "float64": "complex128",
}


class Operand(IntEnum):
    """What carries the dtype, from the weakest in promotion."""

    NUMBER = 0
    ZERO_DIM = 1
    TENSOR = 2


@dataclass(frozen=True, slots=True)
class Typed:
    """The dtype of an argument, and what the argument is."""

    dtype: str
    operand: Operand = Operand.TENSOR


def possible(dtype: str) -> tuple[str, ...]:
    """The dtypes that a name may stand for."""
    return _CATEGORIES.get(dtype) or ((dtype,) if dtype in _ORDER else ALL)


def category(dtype: str) -> str:
    """The category of a dtype: "bool", "int", "float", "complex", or "unknown"."""
    orders = {_ORDER[each] for each in possible(dtype)}
    return ("bool", "int", "float", "complex")[orders.pop()] if len(orders) == 1 else UNKNOWN


def _summary(dtypes: Iterable[str]) -> str:
    """The one name for a set of dtypes that loses least."""
    found = set(dtypes)
    if len(found) == 1:
        return found.pop()
    return next((name for name, members in _CATEGORIES.items() if found <= set(members)), UNKNOWN)


def _promote_exact(left: str, right: str) -> str:
    """The smallest dtype that holds both, as torch has it."""
    if left == right:
        return left
    if _ORDER[left] > _ORDER[right]:
        left, right = right, left
    if right in COMPLEX:
        half = "float32" if left == "bfloat16" else _REAL_OF.get(left, left)
        if half not in FLOATS:
            return right
        return _COMPLEX_OF[_promote_exact(half, _REAL_OF[right])]
    if _ORDER[left] < _ORDER[right]:
        return right
    return _wider(left, right)


def _wider(left: str, right: str) -> str:
    """The wider of two dtypes of a category; the pairs that torch joins above both."""
    pair = {left, right}
    if pair == {"float16", "bfloat16"}:
        return "float32"
    if pair == {"uint8", "int8"}:
        return "int16"
    order = INTS if left in INTS else FLOATS
    return max(left, right, key=order.index)


@cache
def promote(left: str, right: str) -> str:
    """The dtype of two tensors with dims together: torch.promote_types, on categories as well."""
    return _summary(_promote_exact(a, b) for a in possible(left) for b in possible(right))


def _number(dtype: str, default: str) -> str:
    """The dtype that torch gives a Python number."""
    return {"bool": "bool", "int": "int64", "complex": _COMPLEX_OF[default]}.get(
        category(dtype), default if category(dtype) == "float" else UNKNOWN
    )


def _combine_exact(higher: str, lower: str) -> str:
    """The dtype of a stronger operand beside a weaker one."""
    if higher in COMPLEX:
        return higher
    if higher in FLOATS:
        return _COMPLEX_OF[higher] if lower in COMPLEX else higher
    if higher == "bool" or lower in FLOATS or lower in COMPLEX:
        return _promote_exact(higher, lower)
    return higher


@cache
def _combine(higher: str | None, lower: str | None) -> str | None:
    if higher is None or lower is None:
        return higher or lower
    return _summary(_combine_exact(a, b) for a in possible(higher) for b in possible(lower))


def result_type(arguments: Iterable[Typed], default: str = "float32") -> str:
    """The dtype that operands promote to; `default` is torch's default float."""
    found: list[str | None] = [None, None, None]
    for argument in arguments:
        operand = argument.operand
        dtype = _number(argument.dtype, default) if operand is Operand.NUMBER else argument.dtype
        earlier = found[operand]
        found[operand] = dtype if earlier is None else promote(earlier, dtype)
    number, zero_dim, tensor = found
    return _combine(tensor, _combine(zero_dim, number)) or UNKNOWN


def _to_float(dtype: str, default: str) -> str:
    return _summary(default if _ORDER[each] < _ORDER[default] else each for each in possible(dtype))


def _to_real(dtype: str) -> str:
    return _summary(_REAL_OF.get(each, each) for each in possible(dtype))


def _to_complex(dtype: str, default: str) -> str:
    floats = possible(_to_float(dtype, default))
    return _summary(_COMPLEX_OF.get(each, each) for each in floats)


def _accumulated(dtype: str) -> str:
    return _summary("int64" if each in INTS or each in BOOLS else each for each in possible(dtype))


def of_result(
    result: Result, promoted: str, fixed: str | None = None, default: str = "float32"
) -> str:
    """The dtype that a rule gives where the arguments promote to `promoted`."""
    if result in (Result.BOOL, Result.INT64):
        return "bool" if result is Result.BOOL else "int64"
    if result is Result.DEFAULT:
        return default
    if result is Result.FIXED:
        return fixed or UNKNOWN
    if result is Result.TRUTH:
        return _summary("uint8" if each == "uint8" else "bool" for each in possible(promoted))
    if result is Result.ACCUMULATE:
        return _accumulated(promoted)
    if result is Result.REAL:
        return _to_real(promoted)
    if result is Result.UNKNOWN:
        return UNKNOWN
    return _computed(result, promoted, default)


def _computed(result: Result, promoted: str, default: str) -> str:
    if result is Result.FLOAT:
        return _to_float(promoted, default)
    if result is Result.REAL_FLOAT:
        return _to_real(_to_float(promoted, default))
    if result is Result.COMPLEX:
        return _to_complex(promoted, default)
    return promoted


def result_dtype(
    operation: Operation, arguments: dict[str, Typed], default: str = "float32"
) -> str:
    """The dtype of a result (its first field), by the parameters given; a `dtype=` given is the caller's to see."""
    if operation.dtype is Result.FIRST:
        first = arguments.get((operation.promotes or operation.params)[0])
        return first.dtype if first else UNKNOWN
    names = operation.promotes or operation.tensors
    promoted = result_type((arguments[name] for name in names if name in arguments), default)
    return of_result(operation.dtype, promoted, operation.fixed_dtype, default)


def lifted(arguments: dict[str, Typed], varying: Iterable[str]) -> dict[str, Typed]:
    """The arguments with leading axes on those that vary: what was a 0-d tensor then has dims (T1)."""
    return {
        **arguments,
        **{name: replace(arguments[name], operand=Operand.TENSOR) for name in varying},
    }
