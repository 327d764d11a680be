"""PyTorch's type promotion on names of dtypes, without PyTorch.

A dtype is its name ("float32"), or the name of a category where the file shows no more ("float": one of the
floats), or "unknown". Promotion looks at what an operand is, too: a 0-d tensor or a Python number does not
widen a tensor with dims within its category.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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


def _truth(dtype: str, default: str) -> str:
    return _summary("uint8" if each == "uint8" else "bool" for each in possible(dtype))


def _number_like(dtype: str, default: str) -> str:
    return _summary("int64" if each in BOOLS else each for each in possible(dtype))


def _double(dtype: str, default: str) -> str:
    return _summary("complex128" if each in COMPLEX else "float64" for each in possible(dtype))


_COMPUTED: dict[Result, Callable[[str, str], str]] = {
    Result.SAME: lambda dtype, default: dtype,
    Result.EQUAL: lambda dtype, default: dtype,
    Result.FIRST: lambda dtype, default: dtype,
    Result.FLOAT: _to_float,
    Result.BOOL: lambda dtype, default: "bool",
    Result.TRUTH: _truth,
    Result.INT64: lambda dtype, default: "int64",
    Result.REAL: lambda dtype, default: _to_real(dtype),
    Result.REAL_FLOAT: lambda dtype, default: _to_real(_to_float(dtype, default)),
    Result.COMPLEX: _to_complex,
    Result.ACCUMULATE: lambda dtype, default: _accumulated(dtype),
    Result.NUMBER: _number_like,
    Result.DOUBLE: _double,
    Result.DEFAULT: lambda dtype, default: default,
    Result.UNKNOWN: lambda dtype, default: UNKNOWN,
}


def of_result(
    result: Result, promoted: str, fixed: str | None = None, default: str = "float32"
) -> str:
    """The dtype that a rule gives where the arguments promote to `promoted`."""
    if result is Result.FIXED:
        return fixed or UNKNOWN
    return _COMPUTED[result](promoted, default)


def result_dtype(
    operation: Operation, arguments: Mapping[str, Typed], default: str = "float32"
) -> str:
    """The dtype of a result (of its first field), by the arguments given, under their parameters' names.

    A `dtype=` given is the caller's to see. A `rounding_mode` that is given counts, whatever its dtype.
    """
    names = operation.promotes or operation.tensors
    given = [arguments[name] for name in names if name in arguments]
    if operation.dtype is Result.FIRST:
        first = arguments.get(names[0]) if names else None
        return first.dtype if first else UNKNOWN
    if operation.dtype is Result.EQUAL and len({each.dtype for each in given}) != 1:
        return UNKNOWN
    promoted = result_type(given, default)
    if operation.dtype is Result.EQUAL and category(promoted) != "float":
        return UNKNOWN
    if operation.dtype is Result.FLOAT and "rounding_mode" in arguments:
        return promoted
    return of_result(operation.dtype, promoted, operation.fixed_dtype, default)


def lifted(arguments: Mapping[str, Typed], varying: Iterable[str]) -> dict[str, Typed]:
    """The arguments with leading axes on those that vary: what was a 0-d tensor then has dims (T1)."""
    return {
        **arguments,
        **{name: replace(arguments[name], operand=Operand.TENSOR) for name in varying},
    }
