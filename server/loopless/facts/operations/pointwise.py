"""Operations whose result at one place depends on the same place of the arguments."""

from __future__ import annotations

from loopless.facts.operations.operation import Operation, Result, Rule
from loopless.facts.operations.rows import Row, op


def _unary(dtype: Result = Result.SAME, exact: bool = True) -> Operation:
    return op(Rule.POINTWISE, dtype=dtype, exact=exact)


def _binary(dtype: Result = Result.SAME, exact: bool = True, keywords: str = "") -> Operation:
    return op(
        Rule.POINTWISE, "input other", "input other", dtype=dtype, exact=exact, keywords=keywords
    )


def _activation(params: str, exact: bool = False, dtype: Result = Result.SAME) -> Operation:
    inplace = "inplace" if params.endswith(" inplace") else None
    return op(Rule.POINTWISE, params, exact=exact, inplace=inplace, dtype=dtype)


_BOTH = "torch Tensor inplace"
_FLOAT = Result.FLOAT
_BOOL = Result.BOOL

_UNARY = (
    Row(_BOTH, "neg ceil floor trunc frac sgn sign relu", _unary()),
    Row(_BOTH, "bitwise_not", _unary()),
    Row(_BOTH, "square", _unary(Result.NUMBER)),
    Row("torch Tensor", "positive", op(Rule.POINTWISE, alias=True)),
    Row("torch Tensor", "conj", op(Rule.VIEW, alias=True)),
    Row(_BOTH, "conj_physical", _unary()),
    Row(_BOTH, "abs", _unary(Result.REAL)),
    Row("torch Tensor", "angle", _unary(Result.REAL_FLOAT, exact=False)),
    Row(_BOTH, "sqrt reciprocal", _unary(_FLOAT)),
    Row(_BOTH, "exp expm1 log log2 log10 log1p rsqrt sigmoid tanh", _unary(_FLOAT, exact=False)),
    Row(_BOTH, "sin cos tan asin acos atan sinh cosh asinh", _unary(_FLOAT, exact=False)),
    Row(_BOTH, "acosh atanh erf erfc erfinv exp2 sinc", _unary(_FLOAT, exact=False)),
    Row(_BOTH, "deg2rad rad2deg lgamma digamma i0", _unary(_FLOAT, exact=False)),
    Row(_BOTH, "logical_not", _unary(_BOOL)),
    Row("torch Tensor", "isnan isinf isfinite isposinf isneginf isreal signbit", _unary(_BOOL)),
    Row("special", "bessel_j0 bessel_j1 bessel_y0 bessel_y1 entr erfcx", _unary(_FLOAT, False)),
    Row("special", "i0e i1 i1e log_ndtr ndtr ndtri", _unary(_FLOAT, False)),
    Row("special", "modified_bessel_i0 modified_bessel_i1", _unary(_FLOAT, False)),
    Row("special", "modified_bessel_k0 modified_bessel_k1", _unary(_FLOAT, False)),
    Row(
        "special",
        "airy_ai scaled_modified_bessel_k0 scaled_modified_bessel_k1 spherical_bessel_j0",
        op(Rule.POINTWISE, "x", dtype=_FLOAT, exact=False),
    ),
    Row("torch Tensor", "frexp", op(
        Rule.POINTWISE,
        dtype=Result.FIRST,
        fields="mantissa exponent",
        field_dtypes=(Result.FIRST, Result.FIXED),
        fixed_dtype="int32",
    )),
)  # fmt: skip

_BINARY = (
    Row(_BOTH, "add sub", _binary(keywords="alpha")),
    Row("torch", "rsub", _binary(keywords="alpha")),
    Row(_BOTH, "mul remainder fmod floor_divide gcd lcm", _binary()),
    Row("torch Tensor", "maximum minimum fmax fmin", _binary()),
    Row("torch Tensor", "logaddexp logaddexp2", _binary(exact=False)),
    Row(_BOTH, "hypot nextafter igamma igammac", _binary(exact=False)),
    Row(_BOTH, "heaviside", op(Rule.POINTWISE, "input values", "input values")),
    Row(_BOTH, "bitwise_and bitwise_or bitwise_xor", _binary()),
    Row(_BOTH, "bitwise_left_shift bitwise_right_shift", _binary()),
    Row(_BOTH, "eq ne lt le gt ge logical_and logical_or logical_xor", _binary(_BOOL)),
    Row("torch Tensor", "isclose", op(
        Rule.POINTWISE, "input other rtol atol equal_nan", "input other", dtype=_BOOL
    )),
    Row(_BOTH, "atan2 xlogy ldexp", _binary(_FLOAT, exact=False)),
    Row(_BOTH, "copysign", _binary(_FLOAT)),
    Row("special", "xlog1py zeta", _binary(_FLOAT, exact=False)),
    Row(
        "special",
        "chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v "
        "chebyshev_polynomial_w hermite_polynomial_h hermite_polynomial_he "
        "laguerre_polynomial_l legendre_polynomial_p shifted_chebyshev_polynomial_t "
        "shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v "
        "shifted_chebyshev_polynomial_w",
        op(Rule.POINTWISE, "x n", "x n", dtype=_FLOAT, exact=False),
    ),
    Row(_BOTH, "div", _binary(_FLOAT, keywords="rounding_mode")),
    Row("torch Tensor inplace", "pow", op(
        Rule.POINTWISE, "input exponent", "input exponent", exact=False,
        caveat="integers: a negative number as exponent raises, a tensor of them gives 0",
    )),
    Row("torch Tensor inplace", "float_power", op(
        Rule.POINTWISE, "input exponent", "input exponent", dtype=Result.DOUBLE,
        exact=False,
    )),
    Row("torch", "complex", op(
        Rule.POINTWISE, "real imag", "real imag", dtype=Result.COMPLEX
    )),
    Row("torch", "polar", op(
        Rule.POINTWISE, "abs angle", "abs angle", dtype=Result.COMPLEX, exact=False
    )),
)  # fmt: skip

_TERNARY = (
    Row("torch", "where", op(
        Rule.POINTWISE, "condition input other", "condition input other",
        promotes="input other", if_alone="torch.nonzero",
    )),
    Row("Tensor", "where", op(
        Rule.POINTWISE, "self condition other", "self condition other", promotes="self other"
    )),
    Row(_BOTH, "clamp", op(Rule.POINTWISE, "input min max", "input min max")),
    Row(_BOTH, "clamp_min", op(Rule.POINTWISE, "input min", "input min")),
    Row(_BOTH, "clamp_max", op(Rule.POINTWISE, "input max", "input max")),
    Row(_BOTH, "lerp", op(Rule.POINTWISE, "input end weight", "input end weight", exact=False)),
    Row(_BOTH, "addcmul addcdiv", op(
        Rule.POINTWISE, "input tensor1 tensor2", "input tensor1 tensor2", keywords="value",
        exact=False,
    )),
    Row(_BOTH, "masked_fill", op(
        Rule.POINTWISE, "input mask value", "input mask value", dtype=Result.FIRST,
        promotes="input",
    )),
    Row(_BOTH, "nan_to_num", op(Rule.POINTWISE, "input nan posinf neginf")),
    Row(_BOTH, "round", op(Rule.POINTWISE, keywords="decimals")),
    Row(_BOTH, "logit", op(Rule.POINTWISE, "input eps", dtype=_FLOAT, exact=False)),
    Row(_BOTH, "mvlgamma", op(Rule.POINTWISE, "input p", dtype=_FLOAT, exact=False)),
    Row("torch special", "polygamma", op(
        Rule.POINTWISE, "n input", "input", dtype=_FLOAT, exact=False
    )),
    Row("Tensor inplace", "polygamma", op(Rule.POINTWISE, "self n", dtype=_FLOAT, exact=False)),
)  # fmt: skip

_LOOKUPS = (
    Row("torch", "isin", op(
        Rule.POINTWISE, "elements test_elements", keywords="assume_unique invert", dtype=_BOOL
    )),
    Row("torch", "bucketize", op(
        Rule.LAST, "input boundaries", "input boundaries", keywords="out_int32 right",
        dtype=Result.INT64, batched="searchsorted",
    )),
    Row("torch", "searchsorted", op(
        Rule.LAST, "sorted_sequence input", "sorted_sequence input", last=1, item_rank=1,
        keywords="out_int32 right side sorter", dtype=Result.INT64, batched="searchsorted",
    )),
    Row("torch", "unravel_index", op(
        Rule.POINTWISE, "indices shape", dtype=Result.INT64, pieces=True
    )),
    Row("torch", "take", op(
        Rule.POINTWISE, "input index", "index", dtype=Result.FIRST, promotes="input"
    )),
    Row("Tensor", "take", op(
        Rule.POINTWISE, "self index", "index", dtype=Result.FIRST, promotes="self"
    )),
)  # fmt: skip

_ACTIVATIONS = (
    Row("functional", "relu relu6", _activation("input inplace", exact=True)),
    Row("functional", "leaky_relu", _activation("input negative_slope inplace")),
    Row("functional", "elu", _activation("input alpha inplace")),
    Row("functional", "celu", _activation("input alpha inplace")),
    Row("torch", "celu", _activation("input alpha")),
    Row("functional", "selu silu mish hardsigmoid hardswish", _activation("input inplace")),
    Row("torch", "selu", _activation("input")),
    Row("functional", "hardtanh", _activation("input min_val max_val inplace", exact=True)),
    Row("functional", "threshold", _activation("input threshold value inplace", exact=True)),
    Row("torch", "threshold", _activation("input threshold value", exact=True)),
    Row("functional", "gelu", op(Rule.POINTWISE, keywords="approximate", exact=False)),
    Row("functional", "softplus", _activation("input beta threshold")),
    Row("functional", "hardshrink softshrink", _activation("input lambd", exact=True)),
    Row("torch Tensor", "hardshrink", _activation("input lambd", exact=True)),
    Row("functional", "logsigmoid", _activation("input")),
    Row("functional", "softsign tanhshrink", _activation("input", dtype=_FLOAT)),
    Row("functional", "sigmoid tanh", _activation("input", dtype=_FLOAT)),
)

ROWS = (*_UNARY, *_BINARY, *_TERNARY, *_LOOKUPS, *_ACTIVATIONS)
