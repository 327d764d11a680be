"""Operations along a dim that stays: softmax, cumsum, sort, gather, transforms."""

from __future__ import annotations

from loopless.facts.operations.operation import Dim, Operation, Result, Rule, Whole
from loopless.facts.operations.rows import Row, op

_BOTH = "torch Tensor"
_PLACES = (Result.FIRST, Result.INT64)


def _along(
    params: str,
    tensors: str | None = None,
    default: Dim | None = None,
    dtype: Result = Result.SAME,
    keywords: str = "",
    exact: bool = True,
    dims: str = "dim",
) -> Operation:
    defaults = () if default is None else ((dims, default),)
    return op(
        Rule.ALONG,
        params,
        tensors,
        dims,
        defaults=defaults,
        dtype=dtype,
        keywords=keywords,
        exact=exact,
    )


def _sorted(params: str, keywords: str = "", caveat: str = "") -> Operation:
    return op(
        Rule.ALONG,
        params,
        dims="dim",
        defaults=(("dim", -1),),
        keywords=keywords,
        dtype=Result.FIRST,
        fields="values indices",
        field_dtypes=_PLACES,
        caveat=caveat,
    )


def _moved(params: str, tensors: str, keywords: str = "", promotes: str = "input") -> Operation:
    """Reads or writes at the places that an index of the item's rank names."""
    return op(
        Rule.ALONG,
        params,
        tensors,
        "dim",
        keywords=keywords,
        dtype=Result.FIRST,
        promotes=promotes,
        broadcasts=False,
    )


_SOFTMAX = (
    Row("functional", "softmax log_softmax softmin", op(
        Rule.ALONG, "input dim _stacklevel dtype", dims="dim", exact=False
    )),
    Row("torch Tensor", "softmax log_softmax", _along("input dim dtype", exact=False)),
    Row("functional", "normalize", _along("input p dim eps", default=1, exact=False)),
    Row("functional", "glu", _along("input dim", default=-1, exact=False)),
)  # fmt: skip

_SCANS = (
    Row("torch Tensor inplace", "cumsum cumprod", _along(
        "input dim", dtype=Result.ACCUMULATE, keywords="dtype", exact=False
    )),
    Row(_BOTH, "logcumsumexp", _along("input dim", exact=False)),
    Row(_BOTH, "cummax cummin", op(
        Rule.ALONG, "input dim", dims="dim", dtype=Result.FIRST, fields="values indices",
        field_dtypes=_PLACES,
    )),
    Row("torch", "cumulative_trapezoid", op(
        Rule.ALONG, "y x", "y x", keywords="dx dim", dims="dim", defaults=(("dim", -1),),
        exact=False, broadcasts=False, dtype=Result.FLOAT,
    )),
    Row(_BOTH, "diff", op(
        Rule.ALONG, "input n dim prepend append", "input prepend append", "dim",
        defaults=(("dim", -1),), broadcasts=False,
    )),
)  # fmt: skip

_ORDER = (
    Row(_BOTH, "sort", _sorted(
        "input dim descending", keywords="stable",
        caveat="the order of equal values is promised only by stable=True",
    )),
    Row(_BOTH, "argsort", op(
        Rule.ALONG, "input dim descending", dims="dim", keywords="stable",
        defaults=(("dim", -1),), dtype=Result.INT64,
        caveat="the order of equal values is promised only by stable=True",
    )),
    Row(_BOTH, "topk", _sorted(
        "input k dim largest sorted", caveat="which of equal values come first is not promised"
    )),
    Row(_BOTH, "msort", op(Rule.ALONG, batched="msort", dtype=Result.FIRST, item_rank=1)),
    Row("torch", "flip", _along("input dims", dims="dims")),
    Row("Tensor", "flip", op(Rule.ALONG, "self dims", dims="dims", variadic="dims", many=True)),
    Row(_BOTH, "fliplr", op(Rule.ALONG, batched="fliplr", item_rank=2)),
    Row(_BOTH, "flipud", op(Rule.ALONG, batched="flipud", item_rank=1)),
    Row(_BOTH, "roll", op(
        Rule.ALONG, "input shifts dims", dims="dims", whole=Whole.FLAT, many=True
    )),
    Row(_BOTH, "rot90", op(
        Rule.ALONG, "input k dims", dims="dims", many=True, defaults=(("dims", (0, 1)),),
        item_rank=2,
    )),
)  # fmt: skip

_PLACED = (
    Row(_BOTH, "gather", _moved("input dim index", "input index", "sparse_grad")),
    Row(_BOTH, "take_along_dim", op(
        Rule.ALONG, "input indices dim", "input indices", "dim", dtype=Result.FIRST,
        promotes="input", aligned=True,
    )),
    Row("torch Tensor inplace", "scatter", _moved(
        "input dim index src", "input index src", "reduce value"
    )),
    Row("torch Tensor inplace", "scatter_add", _moved("input dim index src", "input index src")),
    Row("torch Tensor inplace", "scatter_reduce", _moved(
        "input dim index src reduce", "input index src", "include_self"
    )),
    Row(_BOTH, "index_select", _moved("input dim index", "input")),
    Row("torch Tensor inplace", "index_add", _moved(
        "input dim index source", "input source", "alpha"
    )),
    Row("torch Tensor inplace", "index_copy", _moved("input dim index source", "input source")),
    Row("torch Tensor inplace", "index_reduce", _moved(
        "input dim index source reduce", "input source", "include_self"
    )),
    Row("torch Tensor inplace", "index_fill", _moved("input dim index value", "input")),
    Row(_BOTH, "repeat_interleave", op(
        Rule.ALONG, "input repeats dim", dims="dim", keywords="output_size", whole=Whole.FLAT,
        batched="flat", numbers="repeats",
    )),
)  # fmt: skip


def _transform(dtype: Result) -> Operation:
    return op(
        Rule.ALONG,
        "input n dim norm",
        dims="dim",
        defaults=(("dim", -1),),
        dtype=dtype,
        exact=False,
        item_rank=1,
    )


def _transforms(dtype: Result, dim: tuple[int, int] | None = None) -> Operation:
    return op(
        Rule.ALONG,
        "input s dim norm",
        dims="dim",
        many=True,
        defaults=() if dim is None else (("dim", dim),),
        whole=Whole.REQUIRED if dim else Whole.ALL,
        dtype=dtype,
        exact=False,
        item_rank=2 if dim else 1,
    )


_FOURIER = (
    Row("fft", "fft ifft rfft ihfft", _transform(Result.COMPLEX)),
    Row("fft", "irfft hfft", _transform(Result.REAL_FLOAT)),
    Row("fft", "fft2 ifft2 rfft2 ihfft2", _transforms(Result.COMPLEX, (-2, -1))),
    Row("fft", "irfft2 hfft2", _transforms(Result.REAL_FLOAT, (-2, -1))),
    Row("fft", "fftn ifftn rfftn ihfftn", _transforms(Result.COMPLEX)),
    Row("fft", "irfftn hfftn", _transforms(Result.REAL_FLOAT)),
    Row("fft", "fftshift ifftshift", op(
        Rule.ALONG, "input dim", dims="dim", many=True, whole=Whole.ALL
    )),
)  # fmt: skip

ROWS = (*_SOFTMAX, *_SCANS, *_ORDER, *_PLACED, *_FOURIER)
