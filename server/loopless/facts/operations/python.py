"""Functions of `math` and of Python itself on numbers, and the torch operations that do the same on tensors.

Python computes in doubles, raises where torch gives NaN or infinity, and gives numbers that carry no gradient.
"""

from __future__ import annotations

from loopless.facts.operations.operation import Operation, Result, Rule
from loopless.facts.operations.rows import Row, op

_DOUBLE = "float64"


def _math(
    torch_name: str | None, domain: str = "", params: str = "x", caveat: str = ""
) -> Operation:
    return op(
        Rule.POINTWISE,
        params,
        params,
        dtype=Result.FIXED,
        fixed_dtype=_DOUBLE,
        torch_name=torch_name,
        domain=domain,
        exact=False,
        caveat=caveat,
    )


def _whole_number(torch_name: str, domain: str) -> Operation:
    """From a float to a Python int of any size."""
    return op(
        Rule.POINTWISE,
        "x",
        dtype=Result.FIXED,
        fixed_dtype="int64",
        torch_name=torch_name,
        domain=domain,
        caveat="torch keeps the dtype of its argument; Python gives an int",
    )


def _test(torch_name: str) -> Operation:
    return op(Rule.POINTWISE, "x", dtype=Result.BOOL, torch_name=torch_name)


_MATH = (
    Row("math", "sqrt", _math("torch.sqrt", "x >= 0")),
    Row("math", "exp", _math("torch.exp", "x < 709.78")),
    Row("math", "exp2", _math("torch.exp2", "x < 1024")),
    Row("math", "expm1", _math("torch.expm1", "x < 709.78")),
    Row("math", "log", _math("torch.log", "x > 0", params="x base", caveat="base= divides")),
    Row("math", "log2", _math("torch.log2", "x > 0")),
    Row("math", "log10", _math("torch.log10", "x > 0")),
    Row("math", "log1p", _math("torch.log1p", "x > -1")),
    Row("math", "sin", _math("torch.sin", "abs(x) != inf")),
    Row("math", "cos", _math("torch.cos", "abs(x) != inf")),
    Row("math", "tan", _math("torch.tan", "abs(x) != inf")),
    Row("math", "asin", _math("torch.asin", "abs(x) <= 1")),
    Row("math", "acos", _math("torch.acos", "abs(x) <= 1")),
    Row("math", "atan", _math("torch.atan")),
    Row("math", "atan2", _math("torch.atan2", params="y x")),
    Row("math", "sinh", _math("torch.sinh", "abs(x) < 710.47")),
    Row("math", "cosh", _math("torch.cosh", "abs(x) < 710.47")),
    Row("math", "tanh", _math("torch.tanh")),
    Row("math", "asinh", _math("torch.asinh")),
    Row("math", "acosh", _math("torch.acosh", "x >= 1")),
    Row("math", "atanh", _math("torch.atanh", "abs(x) < 1")),
    Row("math", "erf", _math("torch.erf")),
    Row("math", "erfc", _math("torch.erfc")),
    Row("math", "lgamma", _math("torch.lgamma", "x > 0")),
    Row("math", "gamma", _math(None)),
    Row("math", "fabs", _math("torch.abs")),
    Row("math", "degrees", _math("torch.rad2deg")),
    Row("math", "radians", _math("torch.deg2rad")),
    Row("math", "pow", _math(
        "torch.pow", "x > 0", params="x y", caveat="Python raises on overflow"
    )),
    Row("math", "hypot", _math("torch.hypot", params="x y")),
    Row("math", "copysign", _math("torch.copysign", params="x y")),
    Row("math", "fmod", _math("torch.fmod", "y != 0 and abs(x) != inf", params="x y")),
    Row("math", "nextafter", _math("torch.nextafter", params="x y")),
    Row("math", "ldexp", _math("torch.ldexp", params="x i", caveat="Python raises on overflow")),
    Row("math", "remainder", _math(None, params="x y", caveat="rounds the quotient to even")),
    Row("math", "cbrt", _math(None)),
    Row("math", "floor", _whole_number("torch.floor", "abs(x) < inf")),
    Row("math", "ceil", _whole_number("torch.ceil", "abs(x) < inf")),
    Row("math", "trunc", _whole_number("torch.trunc", "abs(x) < inf")),
    Row("math", "isnan", _test("torch.isnan")),
    Row("math", "isinf", _test("torch.isinf")),
    Row("math", "isfinite", _test("torch.isfinite")),
    Row("math", "isclose", op(
        Rule.POINTWISE, "a b", "a b", keywords="rel_tol abs_tol", dtype=Result.BOOL,
        caveat="torch.isclose adds its tolerances and measures by its second argument",
    )),
    Row("math", "gcd lcm", op(
        Rule.POINTWISE, "integers", variadic="integers", dtype=Result.FIXED, fixed_dtype="int64",
        caveat="two arguments each: torch.gcd, torch.lcm",
    )),
    Row("math", "comb perm factorial isqrt", op(Rule.OPAQUE, "n k", "")),
    Row("math", "fsum prod", op(Rule.OPAQUE, "iterable")),
    Row("math", "dist", op(Rule.OPAQUE, "p q", "p q")),
    Row("math", "frexp modf ulp", op(Rule.OPAQUE, "x")),
)  # fmt: skip

_BUILTINS = (
    Row("builtins", "abs", op(
        Rule.POINTWISE, "x", torch_name="torch.abs", dtype=Result.REAL
    )),
    Row("builtins", "pow", op(
        Rule.POINTWISE, "base exp mod", "base exp", torch_name="torch.pow", exact=False,
        requires=(("mod", None),), caveat="Python ints do not overflow",
    )),
    Row("builtins", "round", op(
        Rule.POINTWISE, "number ndigits", "number", torch_name="torch.round",
        requires=(("ndigits", None),), caveat="a Python number gives an int; torch keeps the dtype",
    )),
    Row("builtins", "divmod", op(
        Rule.POINTWISE, "x y", "x y", fields="quotient remainder",
        field_dtypes=(Result.SAME, Result.SAME), domain="y != 0",
    )),
    Row("builtins", "min", op(
        Rule.POINTWISE, "values", variadic="values", keywords="key default",
        torch_name="torch.minimum",
        caveat="Python keeps its first argument if a comparison with NaN is false; torch gives NaN",
    )),
    Row("builtins", "max", op(
        Rule.POINTWISE, "values", variadic="values", keywords="key default",
        torch_name="torch.maximum",
        caveat="Python keeps its first argument if a comparison with NaN is false; torch gives NaN",
    )),
    Row("builtins", "sum", op(
        Rule.REDUCE, "iterable start", "iterable", batched="first", dtype=Result.SAME,
        torch_name="torch.sum", exact=False, item_rank=1,
        caveat="adds the rows of a tensor in its dtype: integers do not widen",
    )),
    Row("builtins", "len", op(Rule.META, "obj", batched="len", item_rank=1)),
    Row("builtins", "float", op(
        Rule.READ, "x", dtype=Result.FIXED, fixed_dtype=_DOUBLE, torch_name="Tensor.double"
    )),
    Row("builtins", "int", op(
        Rule.READ, "x base", "x", dtype=Result.FIXED, fixed_dtype="int64",
        torch_name="Tensor.long", domain="abs(x) < 2**63", requires=(("base", None),),
    )),
    Row("builtins", "bool", op(Rule.READ, "x", dtype=Result.BOOL, torch_name="Tensor.bool")),
    Row("builtins", "complex", op(
        Rule.READ, "real imag", "real imag", dtype=Result.FIXED, fixed_dtype="complex128"
    )),
    Row("builtins", "any", op(Rule.READ, "iterable", dtype=Result.BOOL, torch_name="torch.any")),
    Row("builtins", "all", op(Rule.READ, "iterable", dtype=Result.BOOL, torch_name="torch.all")),
    Row("builtins", "str repr hash format", op(Rule.READ, "obj", dtype=Result.UNKNOWN)),
    Row("builtins", "range", op(
        Rule.CREATE, "start stop step", "", dtype=Result.INT64, torch_name="torch.arange",
        lone="stop",
    )),
    Row("builtins", "isinstance", op(Rule.META, "obj classes", "obj", dtype=Result.BOOL)),
    Row("builtins", "type id callable", op(Rule.META, "obj", dtype=Result.UNKNOWN)),
    Row("builtins", "hasattr getattr", op(Rule.META, "obj name default", "obj")),
    Row("builtins", "enumerate zip reversed sorted map filter list tuple set dict iter", op(
        Rule.OPAQUE, "iterables", variadic="iterables"
    )),
)  # fmt: skip

ROWS = (*_MATH, *_BUILTINS)
