"""Operations that move, add, join or split dims and touch no value."""

from __future__ import annotations

from loopless.facts.operations.operation import Dim, Operation, Result, Rule
from loopless.facts.operations.rows import Row, op

_BOTH = "torch Tensor"


def _dims(
    params: str,
    dims: str,
    defaults: tuple[tuple[str, Dim], ...] = (),
    *,
    pieces: bool = False,
    many: bool = False,
    alias: bool = True,
    item_rank: int | None = None,
) -> Operation:
    """Only the numbers of its dims change."""
    return op(
        Rule.SHAPE,
        params,
        dims=dims,
        defaults=defaults,
        dtype=Result.FIRST,
        pieces=pieces,
        many=many,
        alias=alias,
        item_rank=item_rank,
    )


def _written(
    params: str, batched: str, variadic: str | None = None, alias: bool = True
) -> Operation:
    """Its sizes are written out: the loop's sizes go in front of them."""
    return op(
        Rule.SHAPE, params, variadic=variadic, batched=batched, dtype=Result.FIRST, alias=alias
    )


_DIM0 = (("dim", 0),)

_MOVED = (
    Row("torch Tensor inplace", "unsqueeze", _dims("input dim", "dim")),
    Row("torch Tensor inplace", "transpose", _dims("input dim0 dim1", "dim0 dim1")),
    Row("torch Tensor inplace", "swapaxes", _dims("input axis0 axis1", "axis0 axis1")),
    Row("torch Tensor inplace", "swapdims", _dims("input dim0 dim1", "dim0 dim1")),
    Row(_BOTH, "movedim", _dims("input source destination", "source destination", many=True)),
    Row(_BOTH, "select", _dims("input dim index", "dim")),
    Row(_BOTH, "narrow", _dims("input dim start length", "dim")),
    Row("Tensor", "unfold", _dims("self dimension size step", "dimension", item_rank=1)),
    Row(_BOTH, "diagonal", _dims(
        "input offset dim1 dim2", "dim1 dim2", (("dim1", 0), ("dim2", 1)), item_rank=2
    )),
    Row("linalg", "diagonal", op(
        Rule.SHAPE, "A", keywords="offset dim1 dim2", dims="dim1 dim2", item_rank=2, alias=True,
        defaults=(("dim1", -2), ("dim2", -1)), dtype=Result.FIRST,
    )),
    Row(_BOTH, "diag_embed", _dims(
        "input offset dim1 dim2", "dim1 dim2", (("dim1", -2), ("dim2", -1)), alias=False,
        item_rank=1,
    )),
    Row(_BOTH, "flatten", _dims(
        "input start_dim end_dim", "start_dim end_dim", (("start_dim", 0), ("end_dim", -1)),
        item_rank=1,
    )),
    Row(_BOTH, "unflatten", _dims("input dim sizes", "dim", item_rank=1)),
    Row("torch", "permute", op(
        Rule.SHAPE, "input dims", dims="dims", batched="permute", dtype=Result.FIRST, alias=True
    )),
    Row("Tensor", "permute", op(
        Rule.SHAPE, "self dims", dims="dims", variadic="dims", batched="permute",
        dtype=Result.FIRST, alias=True,
    )),
    Row(_BOTH, "squeeze", op(
        Rule.SHAPE, "input dim", dims="dim", many=True, batched="squeeze", dtype=Result.FIRST,
        alias=True,
    )),
    Row(_BOTH, "t", op(
        Rule.SHAPE, ranks=(2,), item_rank=2, batched="mT", dtype=Result.FIRST, alias=True
    )),
    Row("Tensor", "T", op(
        Rule.SHAPE, ranks=(2,), item_rank=2, batched="mT", dtype=Result.FIRST, alias=True,
        attribute=True,
    )),
    Row("Tensor", "H", op(
        Rule.SHAPE, ranks=(2,), item_rank=2, batched="mH", dtype=Result.FIRST, alias=True,
        attribute=True,
    )),
    Row("Tensor", "mT mH", op(
        Rule.LAST, last=2, item_rank=2, dtype=Result.FIRST, alias=True, attribute=True
    )),
    Row(_BOTH, "adjoint", op(Rule.LAST, last=2, item_rank=2, dtype=Result.FIRST, alias=True)),
    Row(_BOTH, "ravel", op(
        Rule.SHAPE, batched="ravel", item_rank=1, dtype=Result.FIRST, alias=True
    )),
)  # fmt: skip

_SIZED = (
    Row("torch", "reshape", _written("input shape", "sizes")),
    Row("Tensor", "reshape", _written("self shape", "sizes", "shape")),
    Row("Tensor", "view", _written("self size", "sizes", "size")),
    Row("Tensor", "expand", _written("self size", "expand", "size")),
    Row(_BOTH, "broadcast_to", _written("input size", "expand")),
    Row("Tensor", "repeat", _written("self repeats", "repeats", "repeats", alias=False)),
    Row("torch", "tile", _written("input dims", "repeats", alias=False)),
    Row("Tensor", "tile", _written("self dims", "repeats", "dims", alias=False)),
    Row("Tensor", "view_as reshape_as expand_as", op(
        Rule.SHAPE, "self other", "self other", batched="as", dtype=Result.FIRST, alias=True,
        broadcasts=False,
    )),
)  # fmt: skip

_JOINED = (
    Row("torch", "cat", op(
        Rule.SHAPE, "tensors dim", sequences="tensors", dims="dim", defaults=_DIM0,
        broadcasts=False, item_rank=1,
    )),
    Row("torch", "stack", op(
        Rule.SHAPE, "tensors dim", sequences="tensors", dims="dim", defaults=_DIM0,
        broadcasts=False,
    )),
    Row("torch", "hstack", op(
        Rule.SHAPE, "tensors", sequences="tensors", batched="hstack", broadcasts=False,
        item_rank=1,
    )),
    Row("torch", "vstack", op(
        Rule.SHAPE, "tensors", sequences="tensors", batched="vstack", broadcasts=False,
        item_rank=1,
    )),
    Row(_BOTH, "diagonal_scatter", op(
        Rule.SHAPE, "input src offset dim1 dim2", "input src", "dim1 dim2", item_rank=2,
        defaults=(("dim1", 0), ("dim2", 1)), broadcasts=False, dtype=Result.FIRST,
    )),
    Row(_BOTH, "select_scatter", op(
        Rule.SHAPE, "input src dim index", "input src", "dim", broadcasts=False,
        dtype=Result.FIRST, item_rank=1,
    )),
    Row(_BOTH, "slice_scatter", op(
        Rule.SHAPE, "input src dim start end step", "input src", "dim", broadcasts=False,
        defaults=_DIM0, dtype=Result.FIRST, item_rank=1,
    )),
)  # fmt: skip

_SPLIT = (
    Row(_BOTH, "unbind", _dims("input dim", "dim", _DIM0, pieces=True, item_rank=1)),
    Row("torch", "split", _dims(
        "tensor split_size_or_sections dim", "dim", _DIM0, pieces=True, item_rank=1
    )),
    Row("Tensor", "split", _dims("self split_size dim", "dim", _DIM0, pieces=True, item_rank=1)),
    Row("Tensor", "split_with_sizes", _dims(
        "self split_sizes dim", "dim", _DIM0, pieces=True, item_rank=1
    )),
    Row(_BOTH, "chunk", _dims("input chunks dim", "dim", _DIM0, pieces=True, item_rank=1)),
    Row(_BOTH, "tensor_split", _dims(
        "input indices_or_sections dim", "dim", _DIM0, pieces=True, item_rank=1
    )),
)  # fmt: skip

_VIEWED = (
    Row("torch", "view_as_real", op(Rule.LAST, dtype=Result.REAL, alias=True)),
    Row("torch", "view_as_complex", op(
        Rule.LAST, last=1, item_rank=1, dtype=Result.COMPLEX, alias=True
    )),
)  # fmt: skip

ROWS = (*_MOVED, *_SIZED, *_JOINED, *_SPLIT, *_VIEWED)
