"""Products and the functions of matrices: they take the last one or two dims of the item."""

from __future__ import annotations

from loopless.facts.operations.operation import Operation, Result, Rule
from loopless.facts.operations.rows import Row, op

_BOTH = "torch Tensor"


def _product(
    params: str, tensors: str, ranks: tuple[int, ...], batched: str, keywords: str = ""
) -> Operation:
    return op(
        Rule.LAST,
        params,
        tensors,
        ranks=ranks,
        item_rank=ranks[0],
        last=max(ranks),
        batched=batched,
        keywords=keywords,
        exact=False,
    )


def _matrix(
    params: str = "A",
    dtype: Result = Result.FLOAT,
    keywords: str = "",
    fields: str = "",
    field_dtypes: tuple[Result, ...] = (),
    fixed_dtype: str | None = None,
) -> Operation:
    return op(
        Rule.LAST,
        params,
        last=2,
        item_rank=2,
        dtype=dtype,
        keywords=keywords,
        fields=fields,
        field_dtypes=field_dtypes,
        fixed_dtype=fixed_dtype,
        exact=False,
    )


_PRODUCTS = (
    Row("torch Tensor linalg", "matmul", op(
        Rule.LAST, "input other", "input other", last=1, item_rank=1, batched="matmul",
        exact=False,
    )),
    Row(_BOTH, "mm", _product("input mat2", "input mat2", (2, 2), "mm")),
    Row(_BOTH, "bmm", _product("input mat2", "input mat2", (3, 3), "mm")),
    Row(_BOTH, "mv", _product("input vec", "input vec", (2, 1), "mv")),
    Row("torch", "dot", _product("input tensor", "input tensor", (1, 1), "dot")),
    Row("Tensor", "dot", _product("self tensor", "self tensor", (1, 1), "dot")),
    Row(_BOTH, "vdot", _product("input other", "input other", (1, 1), "vdot")),
    Row(_BOTH, "outer", op(
        Rule.LAST, "input vec2", "input vec2", ranks=(1, 1), item_rank=1, last=1,
        batched="outer",
    )),
    Row(_BOTH, "inner", _product("input other", "input other", (1, 1), "dot")),
    Row("torch Tensor inplace", "addmm", _product(
        "input mat1 mat2", "input mat1 mat2", (2, 2, 2), "addmm", "beta alpha"
    )),
    Row("torch Tensor inplace", "addmv", _product(
        "input mat vec", "input mat vec", (1, 2, 1), "addmv", "beta alpha"
    )),
    Row("torch Tensor inplace", "addr", _product(
        "input vec1 vec2", "input vec1 vec2", (2, 1, 1), "addr", "beta alpha"
    )),
    Row("torch Tensor inplace", "baddbmm", _product(
        "input batch1 batch2", "input batch1 batch2", (3, 3, 3), "addmm", "beta alpha"
    )),
    Row("functional", "linear", op(
        Rule.LAST, "input weight bias", last=1, item_rank=1, exact=False
    )),
    Row("functional", "bilinear", op(
        Rule.LAST, "input1 input2 weight bias", "input1 input2", last=1, item_rank=1,
        exact=False, broadcasts=False,
    )),
    Row("torch", "cdist", op(
        Rule.LAST, "x1 x2 p compute_mode", "x1 x2", last=2, ranks=(2, 2), item_rank=2,
        exact=False,
        caveat="more than 25 rows may go through a matrix product, which loses precision",
    )),
    Row("linalg", "cross", op(
        Rule.ALONG, "input other", "input other", "dim", keywords="dim", defaults=(("dim", -1),),
        aligned=True,
    )),
    Row(_BOTH, "cross", op(
        Rule.ALONG, "input other dim", "input other", "dim", aligned=True
    )),
)  # fmt: skip

_CHECKED = (
    Row("linalg", "cholesky_ex", _matrix(
        "input", keywords="upper check_errors", fields="L info",
        field_dtypes=(Result.FLOAT, Result.FIXED), fixed_dtype="int32",
    )),
    Row("linalg", "inv_ex", _matrix(
        "A", keywords="check_errors", fields="inverse info",
        field_dtypes=(Result.FLOAT, Result.FIXED), fixed_dtype="int32",
    )),
    Row("linalg", "lu", _matrix(
        "A", keywords="pivot", fields="P L U", field_dtypes=(Result.FLOAT,) * 3
    )),
    Row("linalg", "lu_factor", _matrix(
        "A", keywords="pivot", fields="LU pivots", field_dtypes=(Result.FLOAT, Result.FIXED),
        fixed_dtype="int32",
    )),
    Row("linalg", "ldl_factor", _matrix(
        "input", keywords="hermitian", fields="LD pivots",
        field_dtypes=(Result.FLOAT, Result.FIXED), fixed_dtype="int32",
    )),
    Row("linalg", "householder_product", op(
        Rule.LAST, "input tau", "input tau", last=2, item_rank=2, ranks=(2, 1), exact=False,
        broadcasts=False, dtype=Result.EQUAL,
    )),
)  # fmt: skip

_PARTS = (
    Row("torch Tensor inplace", "tril triu", op(
        Rule.LAST, "input diagonal", last=2, item_rank=2, dtype=Result.FIRST
    )),
    Row(_BOTH, "trace", op(
        Rule.LAST, last=2, ranks=(2,), item_rank=2, batched="trace", dtype=Result.ACCUMULATE,
        exact=False,
    )),
    Row(_BOTH, "diag", op(
        Rule.LAST, "input diagonal", last=1, item_rank=1, batched="diag", dtype=Result.FIRST
    )),
    Row(_BOTH, "diagflat", op(
        Rule.LAST, "input offset", ranks=(1,), item_rank=1, last=1, batched="diag_embed",
        dtype=Result.FIRST,
    )),
)  # fmt: skip

_FACTORS = (
    Row(_BOTH, "det logdet", _matrix("input")),
    Row("linalg", "det", _matrix("A")),
    Row("linalg", "inv", _matrix("A")),
    Row(_BOTH, "inverse", _matrix("input")),
    Row(_BOTH, "slogdet", _matrix(
        "input", fields="sign logabsdet", field_dtypes=(Result.FLOAT, Result.REAL_FLOAT)
    )),
    Row("linalg", "slogdet", _matrix(
        "A", fields="sign logabsdet", field_dtypes=(Result.FLOAT, Result.REAL_FLOAT)
    )),
    Row("linalg", "cholesky", _matrix("input", keywords="upper")),
    Row(_BOTH, "cholesky", _matrix("input upper")),
    Row(_BOTH, "cholesky_inverse", _matrix("input upper")),
    Row("linalg", "eigh", _matrix(
        "input UPLO", Result.REAL_FLOAT, fields="eigenvalues eigenvectors",
        field_dtypes=(Result.REAL_FLOAT, Result.FLOAT),
    )),
    Row("linalg", "eigvalsh", _matrix("input UPLO", Result.REAL_FLOAT)),
    Row("linalg", "eig", _matrix(
        "input", Result.COMPLEX, fields="eigenvalues eigenvectors",
        field_dtypes=(Result.COMPLEX, Result.COMPLEX),
    )),
    Row("linalg", "eigvals", _matrix("input", Result.COMPLEX)),
    Row("linalg", "svd", _matrix(
        "A full_matrices", keywords="driver", fields="U S Vh",
        field_dtypes=(Result.FLOAT, Result.REAL_FLOAT, Result.FLOAT),
    )),
    Row("linalg", "svdvals", _matrix("A", Result.REAL_FLOAT, keywords="driver")),
    Row("linalg", "qr", _matrix(
        "A mode", fields="Q R", field_dtypes=(Result.FLOAT, Result.FLOAT)
    )),
    Row("linalg", "matrix_power", _matrix("input n", Result.SAME)),
    Row(_BOTH, "matrix_power", _matrix("input n", Result.SAME)),
    Row("torch Tensor linalg", "matrix_exp", _matrix("input")),
    Row("linalg", "pinv", _matrix("input rcond hermitian", keywords="atol rtol")),
    Row(_BOTH, "pinverse", _matrix("input rcond")),
    Row("linalg", "matrix_rank", _matrix(
        "input tol hermitian", Result.INT64, keywords="atol rtol"
    )),
    Row("linalg", "cond", _matrix("input p", Result.REAL_FLOAT)),
    Row("linalg", "solve", op(
        Rule.LAST, "A B", "A B", last=2, item_rank=2, keywords="left", batched="solve",
        dtype=Result.FLOAT, exact=False, aligned=True,
    )),
    Row("linalg", "solve_triangular", op(
        Rule.LAST, "input B", "input B", last=2, item_rank=2, ranks=(2, 2),
        keywords="upper left unitriangular", dtype=Result.EQUAL, exact=False,
    )),
    Row(_BOTH, "cholesky_solve", op(
        Rule.LAST, "input input2 upper", "input input2", last=2, item_rank=2, ranks=(2, 2),
        dtype=Result.FLOAT, exact=False,
    )),
    Row("linalg", "vander", op(
        Rule.LAST, "x", keywords="N", last=1, item_rank=1, dtype=Result.ACCUMULATE
    )),
)  # fmt: skip

ROWS = (*_PRODUCTS, *_CHECKED, *_PARTS, *_FACTORS)
