"""Operations that take dims away: sums, extremes, norms, losses."""

from __future__ import annotations

from loopless.facts.operations.operation import Operation, Result, Rule, Whole
from loopless.facts.operations.rows import Row, op

_BOTH = "torch Tensor"
_VALUES = (Result.FIRST, Result.INT64)


def _over_all(params: str, dtype: Result, keywords: str = "", exact: bool = True) -> Operation:
    """Over all dims of the item, or over those in `dim`, one or several."""
    return op(
        Rule.REDUCE,
        params,
        dims="dim",
        whole=Whole.ALL,
        many=True,
        dtype=dtype,
        keywords=keywords,
        exact=exact,
    )


def _with_places(params: str, fields_need_dim: bool, whole: Whole) -> Operation:
    """Along one dim, with the places where the values were found."""
    return op(
        Rule.REDUCE,
        params,
        dims="dim",
        whole=whole,
        defaults=() if fields_need_dim else (("dim", -1),),
        dtype=Result.FIRST,
        fields="values indices",
        field_dtypes=_VALUES,
        fields_need_dim=fields_need_dim,
    )


def _extreme(pointwise: str, over_dims: str) -> Operation:
    return op(
        Rule.REDUCE,
        "input dim keepdim",
        dims="dim",
        whole=Whole.ALL,
        batched=over_dims,
        dtype=Result.FIRST,
        fields="values indices",
        field_dtypes=_VALUES,
        fields_need_dim=True,
        if_tensor=pointwise,
    )


def _spread(fields: str = "") -> Operation:
    return op(
        Rule.REDUCE,
        "input dim unbiased keepdim",
        dims="dim",
        whole=Whole.ALL,
        many=True,
        keywords="correction",
        dtype=Result.REAL,
        fields=fields,
        field_dtypes=(Result.REAL, Result.SAME) if fields else (),
        flag="unbiased",
        exact=False,
    )


_SUMS = (
    Row(_BOTH, "sum nansum", _over_all(
        "input dim keepdim", Result.ACCUMULATE, keywords="dtype", exact=False
    )),
    Row(_BOTH, "mean nanmean", _over_all(
        "input dim keepdim", Result.SAME, keywords="dtype", exact=False
    )),
    Row(_BOTH, "prod", op(
        Rule.REDUCE, "input dim keepdim", dims="dim", whole=Whole.FLAT, keywords="dtype",
        dtype=Result.ACCUMULATE, exact=False,
    )),
    Row(_BOTH, "count_nonzero", _over_all("input dim", Result.INT64)),
    Row(_BOTH, "var std", _spread()),
    Row("torch", "var_mean", _spread("var mean")),
    Row("torch", "std_mean", _spread("std mean")),
    Row("torch Tensor special", "logsumexp", op(
        Rule.REDUCE, "input dim keepdim", dims="dim", many=True, dtype=Result.FLOAT, exact=False
    )),
    Row("torch", "trapezoid", op(
        Rule.REDUCE, "y x", "y x", keywords="dx dim", dims="dim", defaults=(("dim", -1),),
        exact=False, broadcasts=False, dtype=Result.FLOAT,
    )),
)  # fmt: skip

_EXTREMES = (
    Row(_BOTH, "amax amin", _over_all("input dim keepdim", Result.FIRST)),
    Row(_BOTH, "max", _extreme("torch.maximum", "amax")),
    Row(_BOTH, "min", _extreme("torch.minimum", "amin")),
    Row(_BOTH, "aminmax", op(
        Rule.REDUCE, keywords="dim keepdim", dims="dim", whole=Whole.FLAT, dtype=Result.FIRST,
        fields="min max", field_dtypes=(Result.FIRST, Result.FIRST),
    )),
    Row(_BOTH, "argmax argmin", op(
        Rule.REDUCE, "input dim keepdim", dims="dim", whole=Whole.FLAT, dtype=Result.INT64,
        caveat="which of equal values is found is not promised",
    )),
    Row(_BOTH, "all any", _over_all("input dim keepdim", Result.TRUTH)),
    Row(_BOTH, "median nanmedian", _with_places("input dim keepdim", True, Whole.FLAT)),
    Row(_BOTH, "mode", _with_places("input dim keepdim", False, Whole.REQUIRED)),
    Row(_BOTH, "kthvalue", _with_places("input k dim keepdim", False, Whole.REQUIRED)),
    Row(_BOTH, "quantile nanquantile", op(
        Rule.REDUCE, "input q dim keepdim", dims="dim", whole=Whole.FLAT,
        keywords="interpolation", numbers="q", exact=False,
    )),
)  # fmt: skip

_NORMS = (
    Row(_BOTH, "norm", op(
        Rule.REDUCE, "input p dim keepdim", dims="dim", whole=Whole.ALL, many=True,
        keywords="dtype", dtype=Result.REAL, exact=False,
    )),
    Row("linalg", "vector_norm", op(
        Rule.REDUCE, "input ord dim keepdim", dims="dim", whole=Whole.ALL, many=True,
        keywords="dtype", dtype=Result.REAL, exact=False,
    )),
    Row("linalg", "norm", op(
        Rule.REDUCE, "input ord dim keepdim", dims="dim", whole=Whole.ALL, many=True,
        keywords="dtype", dtype=Result.REAL, exact=False, batched="norm",
    )),
    Row("linalg", "matrix_norm", op(
        Rule.REDUCE, "input ord dim keepdim", dims="dim", defaults=(("dim", (-2, -1)),), many=True,
        keywords="dtype", dtype=Result.REAL, exact=False, item_rank=2,
    )),
    Row("linalg", "vecdot", op(
        Rule.REDUCE, "x y", "x y", dims="dim", keywords="dim", defaults=(("dim", -1),),
        exact=False, item_rank=1,
    )),
    Row("functional", "cosine_similarity", op(
        Rule.REDUCE, "x1 x2 dim eps", "x1 x2", dims="dim", defaults=(("dim", 1),),
        dtype=Result.FLOAT, exact=False,
    )),
    Row("functional", "pairwise_distance", op(
        Rule.LAST, "x1 x2 p eps keepdim", "x1 x2", last=1, item_rank=1, exact=False,
        dtype=Result.EQUAL,
    )),
    Row(_BOTH, "dist", op(
        Rule.REDUCE, "input other p", "input other", whole=Whole.ALL, batched="dist",
        exact=False, dtype=Result.EQUAL,
    )),
)  # fmt: skip

ROWS = (*_SUMS, *_EXTREMES, *_NORMS)
