"""Arguments to try each operation with, and the batched form that its rule promises, carried out by torch.

`Batch` is the reference for what prints rewrites: it does by call what the printer does by text.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import Any

import torch

from loopless.facts.operations import Operation, Rule, Whole, item_dims, lookup, shifted
from loopless.facts.operations.spellings import VOCABULARY, product


def known(name: str | None) -> Operation:
    """The operation of a name that the tables have."""
    operation = lookup(name or "")
    assert operation is not None, name
    return operation


def resolve(name: str | None) -> Any:
    """What a canonical name stands for in the installed torch."""
    assert name is not None
    home, _, attribute = name.rpartition(".")
    owner = (
        torch.Tensor if home == "Tensor" else functools.reduce(getattr, home.split(".")[1:], torch)
    )
    return getattr(owner, attribute)


def call(operation: Operation, arguments: dict[str, Any]) -> Any:
    """The operation as the loop's body calls it: the first tensors by place, the rest by name."""
    arguments = dict(arguments)
    if operation.attribute:
        return getattr(arguments["self"], operation.name.rsplit(".", 1)[1])
    positional = []
    for name in operation.params:
        if name not in arguments:
            break
        positional.append(arguments.pop(name))
    if operation.variadic and operation.variadic in operation.params[: len(positional)]:
        last = positional.pop()
        positional.extend(last if isinstance(last, (tuple, list)) else [last])
    return resolve(operation.name)(*positional, **arguments)


@dataclass(frozen=True)
class Item:
    """A tensor argument, by the shape of one item."""

    shape: tuple[int, ...]
    kind: str = "float"

    def make(self, axes: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
        shape = (*axes, *self.shape)
        if self.kind == "bool":
            return torch.rand(shape, generator=generator) > 0.5
        if self.kind.startswith("int"):
            high = int(self.kind[3:] or 3)
            return torch.randint(0, high, shape, generator=generator)
        if self.kind == "permutation":
            return torch.rand(shape, generator=generator).argsort(-1)
        if self.kind == "sign":
            return torch.randint(0, 2, shape, generator=generator) * 2.0 - 1
        if self.kind == "complex":
            return torch.randn(shape, generator=generator, dtype=torch.complex64)
        values = torch.randn(shape, generator=generator, dtype=torch.float64)
        if self.kind == "spd":
            return values @ values.mT + torch.eye(self.shape[-1], dtype=torch.float64)
        if self.kind == "sorted":
            return values.sort(-1).values
        if self.kind == "double":
            return values
        if self.kind == "unit":
            return values.sigmoid().float()
        return values.float()


@dataclass(frozen=True)
class Sample:
    """One call: its tensor arguments, and the others as they stand in the source."""

    items: dict[str, Item | tuple[Item, ...]]
    others: dict[str, Any] = field(default_factory=dict)


def parse(text: str) -> Sample:
    """`input:3x3:spd other:- dim=(0, 1)`; `-` is an item of rank 0, `tensors:3+3` a sequence."""
    items: dict[str, Item | tuple[Item, ...]] = {}
    others: dict[str, Any] = {}
    for word in text.replace(", ", ",").split():
        if "=" in word:
            name, value = word.split("=", 1)
            others[name] = eval(value, {"torch": torch})
            continue
        name, shape, *kind = word.split(":")
        made = tuple(
            Item(() if part == "-" else tuple(map(int, part.split("x"))), *kind)
            for part in shape.split("+")
        )
        items[name] = made if "+" in shape else made[0]
    return Sample(items, others)


class Batch:
    """A call on one item, made into a call on all items at once."""

    def __init__(self, operation: Operation, sample: Sample, axes: tuple[int, ...]) -> None:
        self.operation = operation
        self.sample = sample
        self.axes = len(axes)
        self.sizes = axes
        ranks = [len(i.shape) for each in sample.items.values() for i in _each(each)]
        self.rank = max(ranks, default=0)

    def run(self, tensors: dict[str, Any], varying: set[str]) -> Any:
        """What the batched form gives, for tensors with leading axes where they vary."""
        operation = self.operation
        tensors = dict(tensors)
        for name, value in tensors.items():
            if name not in operation.tensors:
                continue
            if operation.rule in (Rule.POINTWISE, Rule.REDUCE) and operation.batched != "row loss":
                tensors[name] = value = self._line_up(name, value, name in varying)
            if name in varying:
                continue
            if not operation.broadcasts:
                tensors[name] = _map(value, lambda t: t.expand(*self.sizes, *t.shape))
            elif operation.aligned:
                tensors[name] = _map(value, lambda t: t[(None,) * self.axes])
        arguments = {**tensors, **self.sample.others}
        if operation.batched is not None:
            key = operation.batched.replace(" ", "_")
            special = getattr(self, f"_{key}", None)
            return special(arguments, varying) if special else self._template(arguments)
        return self._plain(arguments)

    def _line_up(self, name: str, value: torch.Tensor, varies: bool) -> torch.Tensor:
        axes = self.axes if varies else 0
        shape = self._item(name)
        return value.reshape((*value.shape[:axes], *(1,) * (self.rank - len(shape)), *shape))

    def _item(self, name: str) -> tuple[int, ...]:
        """The shape of one item of a tensor."""
        item = self.sample.items[name]
        assert isinstance(item, Item)
        return item.shape

    def _plain(self, arguments: dict[str, Any]) -> Any:
        operation = self.operation
        arguments = dict(arguments)
        for name in operation.dims:
            dim = arguments.get(name, dict(operation.defaults).get(name))
            if dim is not None:
                arguments[name] = self._shift(dim)
            elif operation.whole is Whole.ALL and operation.many:
                arguments[name] = item_dims(self.rank)
            elif operation.whole is not Whole.REQUIRED:
                return self._flat(arguments)
        found = call(operation, arguments)
        if operation.fields_need_dim and not set(operation.dims) & set(self.sample.others):
            return found[0]
        return found

    def _shift(self, dim: Any) -> Any:
        return (
            tuple(shifted(d, self.axes) for d in dim)
            if isinstance(dim, (tuple, list))
            else shifted(dim, self.axes)
        )

    def _flat(self, arguments: dict[str, Any], varying: Any = None) -> Any:
        """The item flattened to one dim, the last; torch keeps the rank in a result with keepdim."""
        if any(n in self.sample.others for n in self.operation.dims):
            return self._plain(arguments)
        first = self.operation.params[0]
        tensor = arguments[first]
        flat = tensor.flatten(-self.rank) if self.rank else tensor.unsqueeze(-1)
        found = call(self.operation, {**arguments, first: flat, self.operation.dims[0]: -1})
        if self.operation.rule is Rule.ALONG and not self.operation.batched:
            return found.unflatten(-1, tensor.shape[tensor.ndim - self.rank :])
        if self.operation.fields_need_dim:
            return found[0]
        return found

    def _template(self, arguments: dict[str, Any]) -> Any:
        operation = self.operation
        names = {f"t{i}": arguments[n] for i, n in enumerate(operation.tensors) if n in arguments}
        text = VOCABULARY[operation.batched or ""]
        for i in range(len(operation.tensors)):
            text = text.replace(f"{{{i}}}", f"t{i}")
        for name in operation.params:
            text = text.replace(f"{{{name}}}", str(arguments.get(name, 0)))
        return eval(text, {**names, "axes": self.axes, "torch": torch})

    # --- the keys that are no templates, in the order of the vocabulary

    def _matmul(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        left, right = self.operation.tensors
        ranks = len(self._item(left)), len(self._item(right))
        text = product(*ranks, left in varying, right in varying)
        return eval(text.format("a", "b"), {"a": arguments[left], "b": arguments[right]})

    def _solve(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        if len(self._item("B")) == 2:
            return torch.linalg.solve(arguments["A"], arguments["B"])
        return torch.linalg.solve(arguments["A"], arguments["B"][..., None])[..., 0]

    def _searchsorted(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        if "sorted_sequence" in varying and "input" not in varying:
            more = arguments["input"].shape
            arguments = {
                **arguments,
                "input": arguments["input"].expand(*self.sizes, *more).contiguous(),
            }
        return call(self.operation, arguments)

    def _diag(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        tensor, k = arguments[self.operation.params[0]], arguments.get("diagonal", 0)
        return tensor.diag_embed(k) if self.rank == 1 else tensor.diagonal(k, -2, -1)

    def _permute(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        dims = arguments["dims"]
        return arguments[self.operation.params[0]].permute(
            *range(self.axes), *(shifted(d, self.axes) for d in dims)
        )

    def _sizes(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        name = self.operation.params[1]
        return call(self.operation, {**arguments, name: (*self.sizes, *arguments[name])})

    def _expand(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        first, name = self.operation.params
        more = len(arguments[name]) - self.rank
        tensor = arguments[first].reshape(*self.sizes, *(1,) * more, *self._item(first))
        return call(self.operation, {first: tensor, name: (*self.sizes, *arguments[name])})

    def _repeats(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        name = self.operation.params[1]
        return call(self.operation, {**arguments, name: (*(1,) * self.axes, *arguments[name])})

    def _as(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        sizes = (*self.sizes, *self._item("other"))
        if self.operation.name == "Tensor.expand_as":
            return arguments["self"].expand(sizes)
        return arguments["self"].reshape(sizes)

    def _squeeze(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        dim = arguments.get("dim", item_dims(self.rank))
        return arguments[self.operation.params[0]].squeeze(self._shift(dim))

    def _ravel(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        return arguments[self.operation.params[0]].flatten(self.axes)

    def _hstack(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        return torch.cat(arguments["tensors"], -1 if self.rank == 1 else 1 + self.axes)

    def _vstack(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        join = torch.stack if self.rank == 1 else torch.cat
        return join(arguments["tensors"], self.axes)

    def _amax(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        if "dim" in self.sample.others:
            return self._plain(arguments)
        extreme = getattr(torch, self.operation.batched or "")
        return extreme(arguments[self.operation.params[0]], item_dims(self.rank))

    _amin = _amax

    def _norm(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        if "dim" in arguments:
            return self._plain(arguments)
        if "ord" not in arguments:
            return torch.linalg.vector_norm(arguments["input"], dim=item_dims(self.rank))
        return torch.linalg.norm(**arguments, dim=item_dims(self.rank))

    def _dist(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        a, b = (arguments[n] for n in self.operation.tensors)
        return torch.linalg.vector_norm(a - b, arguments.get("p", 2), item_dims(self.rank))

    def _loss(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        reduction = arguments.get("reduction", "mean")
        each = call(self.operation, {**arguments, "reduction": "none"})
        return self._reduced(each, reduction, each.ndim - self.axes)

    def _row_loss(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        folded = dict(arguments)
        rows = self.rank - 1
        for name in self.operation.tensors:
            shape = self._item(name)
            kept = len(shape) - rows
            tensor = arguments[name]
            folded[name] = tensor.reshape(-1, *tensor.shape[tensor.ndim - kept :])
        each = call(self.operation, {**folded, "reduction": "none"})
        first = self._item(self.operation.tensors[0])
        each = each.reshape(*self.sizes, *first[:rows])
        return self._reduced(each, arguments.get("reduction", "mean"), rows)

    def _reduced(self, each: torch.Tensor, reduction: str, rank: int) -> torch.Tensor:
        if reduction == "none" or rank == 0:
            return each
        dims = item_dims(rank)
        return each.mean(dims) if reduction == "mean" else each.sum(dims)

    def _fold(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        operation = self.operation
        most = 1 if operation.samples else (operation.leading or (0, 0))[1]
        before = 1 if operation.samples else self.rank - operation.last
        if self.axes + before <= most:
            return call(operation, arguments)
        own = before == most  # the item's dim 0 is folded with the axes
        tensors = {n: arguments[n] for n in operation.tensors if n in arguments}
        folded = {n: t.flatten(0, self.axes - (not own)) for n, t in tensors.items()}
        found = call(operation, {**arguments, **folded})
        return found.unflatten(0, (*self.sizes, -1) if own else self.sizes)

    def _one_hot(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        return call(self.operation, arguments)

    def _pad(self, arguments: dict[str, Any], varying: set[str]) -> Any:
        if arguments.get("mode", "constant") == "constant":
            return call(self.operation, arguments)
        padded = len(arguments["pad"]) // 2
        tensor = arguments["input"]
        folded = tensor.reshape(math.prod(self.sizes), -1, *tensor.shape[tensor.ndim - padded :])
        found = torch.nn.functional.pad(folded, arguments["pad"], arguments["mode"])
        return found.reshape(*tensor.shape[: tensor.ndim - padded], *found.shape[2:])


def _each(value: Item | tuple[Item, ...]) -> tuple[Item, ...]:
    return value if isinstance(value, tuple) else (value,)


def _map(value: Any, function: Any) -> Any:
    return [function(v) for v in value] if isinstance(value, (list, tuple)) else function(value)


DIMS = ("dim=0", "dim=1", "dim=-1", "dim=-2")
KINDS = {"mask": "bool", "condition": "bool", "index": "int", "indices": "int"}

SAMPLES: dict[str, tuple[str, ...]] = {
    # pointwise
    "bitwise_not": ("input:3x2:int",),
    "bitwise_and bitwise_or bitwise_xor gcd lcm": ("input:3x2:int other:3x2:int9",),
    "bitwise_left_shift bitwise_right_shift": ("input:3x2:int other:3x2:int",),
    "ldexp": ("input:3x2 other:3x2:int",),
    "polygamma": ("input:3x2:unit n=1", "input:3x2:unit n=2"),
    "mvlgamma": ("input:3x2:unit p=1",),
    "clamp": ("input:3x2 min=0.1", "input:3x2 max:2", "input:3x2 min:3x2 max:3x2"),
    "clamp_min": ("input:3x2 min=0.1", "input:3x2 min:3x2"),
    "clamp_max": ("input:3x2 max=0.1", "input:3x2 max:3x2"),
    "lerp": ("input:3x2 end:3x2 weight:3x2", "input:3x2 end:3x2 weight=0.5"),
    "masked_fill": ("input:3x2 mask:3x2:bool value=1.5", "input:3x2 mask:2:bool value=0"),
    "round": ("input:3x2", "input:3x2 decimals=1"),
    "div": (
        "input:3x2 other:3x2",
        "input:3x2 other:3x2 rounding_mode='floor'",
        "input:3x2 other=2",
    ),
    "add sub": (
        "input:3x2 other:3x2 alpha=2",
        "input:3x2 other:2",
        "input:- other:-",
        "input:3x2 other=2",
    ),
    "pow float_power": ("input:3x2 exponent:3x2", "input:3x2 exponent=2"),
    "where": ("condition:3x2:bool input:3x2 other:3x2", "condition:3x2:bool input:3x2 other=0"),
    "Tensor.where": ("self:3x2 condition:3x2:bool other:3x2",),
    "isin": ("elements:3x2:int test_elements=torch.tensor([1,2])",),
    "bucketize": (
        "input:3x2 boundaries=torch.tensor([-1.,0.,1.])",
        "input:- boundaries=torch.tensor([0.])",
    ),
    "take": ("index:3x2:int input=torch.tensor([5.,6.,7.])",),
    "Tensor.take": ("index:3x2:int self=torch.tensor([5.,6.,7.])",),
    "threshold": ("input:3x2 threshold=0.1 value=2.0",),
    "complex": ("real:3x2 imag:3x2",),
    "conj conj_physical angle": ("input:3x2:complex", "input:3x2"),
    "real imag view_as_real resolve_conj": ("input:3x2:complex",),
    "Tensor.real Tensor.imag": ("self:3x2:complex",),
    "chebyshev_polynomial_t chebyshev_polynomial_u chebyshev_polynomial_v chebyshev_polynomial_w "
    "hermite_polynomial_h hermite_polynomial_he laguerre_polynomial_l legendre_polynomial_p "
    "shifted_chebyshev_polynomial_t shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v "
    "shifted_chebyshev_polynomial_w": ("x:3x2:unit n:3x2:int",),
    "zeta xlog1py": ("input:3x2:unit other:3x2:unit",),
    "gelu": ("input:3x2", "input:3x2 approximate='tanh'"),
    # reductions
    "kthvalue": ("input:3x4 k=2", "input:3x4 k=2 dim=0", "input:3x4 k=2 dim=-1 keepdim=True"),
    "quantile nanquantile": (
        "input:3x4 q=0.3",
        "input:3x4 q=0.3 dim=0",
        "input:3x4 q=0.3 dim=-1 keepdim=True",
    ),
    "logsumexp": ("input:3x4 dim=0", "input:3x4 dim=(0,-1) keepdim=True"),
    "median nanmedian argmax argmin aminmax prod": (
        "input:3x4", "input:3x4 dim=0", "input:3x4 dim=-1 keepdim=True",
    ),
    "max min": ("input:3x4", "input:3x4 dim=0", "input:3x4 dim=-1 keepdim=True"),
    "all any": ("input:3x4:bool", "input:3x4:bool dim=0", "input:3x4:int2 dim=(0,1)"),
    "norm": ("input:3x4", "input:3x4 p=1", "input:3x4 dim=0", "input:3x4 p=1 dim=1 keepdim=True"),
    "torch.linalg.norm": (
        "input:3x4",
        "input:3x4 ord=1",
        "input:3x4 ord='nuc'",
        "input:3 ord=1",
        "input:3x4 ord=2 dim=0",
    ),
    "vector_norm": ("input:3x4", "input:3x4 ord=1", "input:3x4 ord=3 dim=(0,1)"),
    "matrix_norm": ("input:3x4", "input:3x4 ord=1", "input:2x3x4 dim=(0,1)"),
    "cosine_similarity": ("x1:3x4 x2:3x4", "x1:3x4 x2:4 dim=-1", "x1:4 x2:4 dim=0"),
    "dist": ("input:3x4 other:3x4", "input:3x4 other:3x4 p=1"),
    "trapezoid cumulative_trapezoid": ("y:3x4 x:3x4", "y:3x4 dim=0", "y:3x4 dx=2.0"),
    "vecdot": ("x:3x4 y:3x4", "x:3x4 y:3x4 dim=0", "x:4 y:4"),
    "pairwise_distance": ("x1:4 x2:4", "x1:3x4 x2:3x4 p=1 keepdim=True"),
    # along
    "softmax log_softmax softmin logcumsumexp cumsum cumprod cummax cummin": (
        "input:3x4 dim=0", "input:3x4 dim=-1", "input:2x3x4 dim=1",
    ),
    "normalize": ("input:3x4", "input:3x4 dim=0", "input:3x4 p=1 dim=-1"),
    "glu": ("input:3x4", "input:4x3 dim=0"),
    "diff": ("input:3x4", "input:3x4 n=2 dim=0", "input:3x4 dim=-1 prepend:3x1"),
    "sort argsort": ("input:3x4", "input:3x4 dim=0 descending=True"),
    "topk": ("input:3x4 k=2", "input:3x4 k=2 dim=0 largest=False"),
    "flip Tensor.flip": ("input:3x4 dims=(0,)", "input:3x4 dims=(0,-1)"),
    "roll": (
        "input:3x4 shifts=1 dims=0",
        "input:3x4 shifts=(1,2) dims=(0,-1)",
        "input:3x4 shifts=5",
        "input:4 shifts=-1",
    ),
    "rot90": ("input:3x4", "input:3x4 k=2 dims=(1,0)", "input:2x3x4 k=1 dims=(-1,0)"),
    "gather": ("input:3x4 dim=0 index:2x4:int", "input:3x4 dim=-1 index:3x4:int"),
    "take_along_dim": ("input:3x4 indices:1x4:int dim=0", "input:3x4 indices:3x4:int dim=1"),
    "scatter": (
        "input:3x4 dim=-1 index:3x4:permutation src:3x4",
        "input:3x4 dim=0 index:1x4:int src:2x4",
    ),
    "scatter_add": (
        "input:3x4 dim=0 index:3x4:int src:4x4",
        "input:3x4 dim=1 index:3x4:int src:3x4",
    ),
    "scatter_reduce": ("input:3x4 dim=0 index:3x4:int src:3x4 reduce='amax'",),
    "index_select": (
        "input:3x4 dim=0 index=torch.tensor([2,0])",
        "input:3x4 dim=-1 index=torch.tensor([2,0])",
    ),
    "index_add index_copy": ("input:3x4 dim=0 index=torch.tensor([2,0]) source:2x4",),
    "index_reduce": ("input:3x4 dim=0 index=torch.tensor([2,0]) source:2x4 reduce='amin'",),
    "index_fill": ("input:3x4 dim=-1 index=torch.tensor([2,0]) value=1.0",),
    "repeat_interleave": (
        "input:3x4 repeats=2",
        "input:3x4 repeats=2 dim=0",
        "input:3x4 repeats=torch.tensor([1,2,0]) dim=0",
    ),
    "fft ifft rfft ihfft irfft hfft": ("input:3x4", "input:3x4 n=3 dim=0 norm='ortho'"),
    "fft2 ifft2 rfft2 ihfft2 irfft2 hfft2": ("input:3x4", "input:2x3x4 dim=(0,1)"),
    "fftn ifftn rfftn ihfftn irfftn hfftn": ("input:3x4", "input:4", "input:2x3x4 dim=(0,1)"),
    "fftshift ifftshift": ("input:3x4", "input:3x4 dim=0"),
    # matrices
    "matmul": ("input:3x3 other:3x3", "input:3x3 other:3", "input:3 other:3x3", "input:3 other:3"),
    "mm": ("input:3x3 mat2:3x3",),
    "bmm": ("input:2x3x3 mat2:2x3x3",),
    "mv": ("input:3x3 vec:3",),
    "addmm": ("input:3x3 mat1:3x3 mat2:3x3",),
    "addmv": ("input:3 mat:3x3 vec:3",),
    "addr": ("input:3x3 vec1:3 vec2:3",),
    "baddbmm": ("input:2x3x3 batch1:2x3x3 batch2:2x3x3",),
    "linear": (
        "input:3 weight=torch.ones(2,3)",
        "input:4x3 weight=torch.ones(2,3) bias=torch.ones(2)",
    ),
    "bilinear": ("input1:3 input2:3 weight=torch.ones(2,3,3)",),
    "cdist": ("x1:3x2 x2:4x2", "x1:3x2 x2:3x2 p=1.0"),
    "cross": ("input:3x3 other:3x3 dim=0", "input:3 other:3 dim=-1"),
    "torch.linalg.cross": ("input:3x3 other:3x3", "input:3 other:3"),
    "tril triu": ("input:3x4", "input:2x3x4 diagonal=1"),
    "trace": ("input:3x4",),
    "diag": ("input:3", "input:3x4 diagonal=1"),
    "diagflat": ("input:3", "input:3 offset=1"),
    "householder_product": ("input:3x3:spd tau:3:double",),
    "matrix_power": ("input:3x3:spd n=2",),
    "solve": ("A:3x3:spd B:3x3:spd", "A:3x3:spd B:3:double"),
    "solve_triangular": ("input:3x3:spd B:3x3:spd upper=True",),
    "cholesky_solve": ("input:3x3:spd input2:3x3:spd",),
    "torch.linalg.vander": ("x:3", "x:2x3 N=2"),
    # shapes
    "unsqueeze": ("input:3x4 dim=0", "input:3x4 dim=-1", "input:- dim=0", "input:- dim=-1"),
    "swapaxes": ("input:3x4 axis0=0 axis1=1", "input:2x3x4 axis0=-1 axis1=0"),
    "swapdims": ("input:3x4 dim0=0 dim1=1",),
    "transpose": ("input:3x4 dim0=0 dim1=1", "input:2x3x4 dim0=-1 dim1=0"),
    "movedim": (
        "input:2x3x4 source=0 destination=-1",
        "input:2x3x4 source=(0,1) destination=(2,0)",
    ),
    "select": ("input:3x4 dim=0 index=1", "input:3x4 dim=-1 index=1"),
    "narrow": ("input:3x4 dim=0 start=1 length=2", "input:3x4 dim=-1 start=1 length=2"),
    "unfold": ("input:3x4 dimension=0 size=2 step=1", "input:3x4 dimension=-1 size=2 step=2"),
    "diagonal": ("input:3x4", "input:2x3x4", "input:3x4 offset=1"),
    "diag_embed": ("input:3", "input:3x4 offset=1", "input:3 offset=0 dim1=0 dim2=1"),
    "flatten": (
        "input:3x4",
        "input:2x3x4 start_dim=1",
        "input:2x3x4 start_dim=0 end_dim=1",
        "input:3",
    ),
    "unflatten": ("input:3x4 dim=1 sizes=(2,2)", "input:3x4 dim=-1 sizes=(2,-1)"),
    "permute Tensor.permute": ("input:3x4 dims=(1,0)", "input:2x3x4 dims=(-1,0,1)"),
    "squeeze": (
        "input:1x3",
        "input:1x3x1",
        "input:3",
        "input:1x3 dim=0",
        "input:1x3x1 dim=-1",
        "input:-",
    ),
    "reshape Tensor.reshape": (
        "input:3x4 shape=(4,3)",
        "input:3x4 shape=(2,-1)",
        "input:3x4 shape=(-1,)",
    ),
    "view": ("input:3x4 size=(4,3)", "input:3x4 size=(-1,)"),
    "expand broadcast_to": ("input:1x4 size=(3,4)", "input:4 size=(3,4)", "input:- size=(3,)"),
    "repeat": ("input:3x4 repeats=(2,1)", "input:4 repeats=(3,)"),
    "tile": ("input:3x4 dims=(2,1)",),
    "view_as reshape_as": ("self:3x4 other:4x3",),
    "expand_as": ("self:1x4 other:3x4",),
    "cat": ("tensors:3x4+2x4", "tensors:3+2 dim=-1", "tensors:3x4+3x1 dim=1"),
    "stack": ("tensors:3+3", "tensors:-+-", "tensors:3x4+3x4 dim=1", "tensors:3+3 dim=-1"),
    "hstack": ("tensors:3+2", "tensors:3x4+3x1"),
    "vstack": ("tensors:3+3", "tensors:3x4+1x4"),
    "diagonal_scatter": ("input:3x4 src:3", "input:3x4 src:3 offset=1"),
    "select_scatter": ("input:3x4 src:4 dim=0 index=1",),
    "slice_scatter": ("input:3x4 src:1x4 start=1 end=2", "input:3x4 src:3x1 dim=-1 start=1 end=2"),
    "unbind": ("input:3x4", "input:3x4 dim=-1"),
    "torch.split": (
        "tensor:3x4 split_size_or_sections=2",
        "tensor:3x4 split_size_or_sections=[1,3] dim=1",
    ),
    "Tensor.split": ("self:3x4 split_size=2", "self:3x4 split_size=[1,3] dim=1"),
    "split_with_sizes": ("self:3x4 split_sizes=[1,2]",),
    "chunk": ("input:3x4 chunks=2", "input:3x4 chunks=2 dim=1"),
    "tensor_split": (
        "input:3x4 indices_or_sections=2",
        "input:3x4 indices_or_sections=(1,) dim=-1",
    ),
    "view_as_complex": ("input:3x2",),
    # values
    "full_like": ("input:3x2 fill_value=2",),
    "to": ("self:3x2 device='cpu'",),
    "type": ("self:3x2 dtype='torch.DoubleTensor'",),
    "type_as": ("self:3x2 other:-:int",),
    "cuda pin_memory": (),
    "unravel_index": ("indices:3:int shape=(2,3)", "indices:-:int shape=(3,)"),
    "searchsorted": (
        "sorted_sequence:4:sorted input:3:double", "input:3x2 sorted_sequence=torch.tensor([-1.,0.,1.])",
        "input:- sorted_sequence=torch.tensor([-1.,0.,1.]) right=True",
    ),
    # networks
    "conv1d": ("input:2x5 weight=torch.ones(3,2,3)", "input:2x2x5 weight=torch.ones(3,2,3)"),
    "conv2d": (
        "input:2x5x4 weight=torch.ones(3,2,3,3)",
        "input:2x2x5x4 weight=torch.ones(3,2,3,3) padding=1",
    ),
    "conv3d": ("input:2x5x4x3 weight=torch.ones(3,2,3,3,3)",),
    "conv_transpose1d": (
        "input:2x5 weight=torch.ones(2,3,3)",
        "input:3x2x5 weight=torch.ones(2,3,3)",
    ),
    "conv_transpose2d": ("input:2x5x4 weight=torch.ones(2,3,3,3)",),
    "conv_transpose3d": ("input:2x5x4x3 weight=torch.ones(2,3,3,3,3)",),
    "max_pool1d avg_pool1d": ("input:2x4 kernel_size=2", "input:3x2x4 kernel_size=2"),
    "max_pool2d avg_pool2d": ("input:2x4x4 kernel_size=2", "input:3x2x4x4 kernel_size=2 stride=1"),
    "max_pool3d avg_pool3d": ("input:2x4x4x4 kernel_size=2", "input:3x2x4x4x4 kernel_size=2"),
    "adaptive_avg_pool1d adaptive_max_pool1d": (
        "input:2x4 output_size=2",
        "input:3x2x4 output_size=2",
    ),
    "adaptive_avg_pool2d adaptive_max_pool2d": (
        "input:2x4x4 output_size=2",
        "input:3x2x4x4 output_size=2",
    ),
    "adaptive_avg_pool3d adaptive_max_pool3d": ("input:2x4x4x4 output_size=2",),
    "lp_pool1d": (
        "input:2x4:unit norm_type=2 kernel_size=2",
        "input:3x2x4:unit norm_type=2 kernel_size=2",
    ),
    "lp_pool2d": (
        "input:2x4x4:unit norm_type=2 kernel_size=2",
        "input:3x2x4x4:unit norm_type=2 kernel_size=2",
    ),
    "lp_pool3d": ("input:2x4x4x4:unit norm_type=2 kernel_size=2",),
    "torch.nn.functional.unfold": ("input:2x4x4 kernel_size=2", "input:3x2x4x4 kernel_size=2"),
    "fold": (
        "input:8x9 output_size=(4,4) kernel_size=2",
        "input:3x8x9 output_size=(4,4) kernel_size=2",
    ),
    "upsample upsample_nearest upsample_bilinear": ("input:2x3x4x4 scale_factor=2",),
    "channel_shuffle": ("input:2x4x3 groups=2", "input:2x4x3x3 groups=2"),
    "stft": (
        "input:16 n_fft=4 return_complex=True",
        "input:3x16 n_fft=4 hop_length=2 return_complex=True",
    ),
    "istft": ("input:3x9:complex n_fft=4",),
    "interpolate": (
        "input:2x3x4 scale_factor=2",
        "input:2x3x4x4 size=(2,2) mode='bilinear' align_corners=False",
    ),
    "grid_sample": ("input:2x3x4x4 grid:2x2x2x2:unit align_corners=False",),
    "batch_norm": (
        "input:2x3 running_mean=torch.zeros(3) running_var=torch.ones(3)",
        "input:2x3x4 running_mean=torch.zeros(3) running_var=torch.ones(3)",
    ),
    "instance_norm": ("input:2x3x4",),
    "group_norm": ("input:2x4 num_groups=2", "input:2x4x3 num_groups=2"),
    "local_response_norm": ("input:2x3x4 size=2",),
    "layer_norm rms_norm": ("input:4 normalized_shape=(4,)", "input:3x4 normalized_shape=(3,4)"),
    "embedding": ("input:-:int weight=torch.rand(3,2)", "input:3:int weight=torch.rand(3,2)"),
    "one_hot": ("input:-:int num_classes=4", "input:3:int num_classes=4"),
    "pad": (
        "input:3 pad=(1,0)",
        "input:3x4 pad=(1,0,2,1) value=2.0",
        "input:3x4 pad=(1,1) mode='reflect'",
        "input:2x3x4 pad=(1,1,1,0) mode='replicate'",
    ),
    "pixel_shuffle": ("input:4x2x2 upscale_factor=2",),
    "pixel_unshuffle": ("input:1x4x4 downscale_factor=2",),
    "scaled_dot_product_attention": (
        "query:3x2 key:4x2 value:4x2",
        "query:2x3x2 key:2x3x2 value:2x3x2 is_causal=True",
    ),
    # losses
    "mse_loss l1_loss smooth_l1_loss huber_loss soft_margin_loss kl_div poisson_nll_loss hinge_embedding_loss": (
        "input:3x4 target:3x4:sign", "input:3 target:3:sign reduction='sum'", "input:3 target:3:sign reduction='none'",
    ),
    "binary_cross_entropy binary_cross_entropy_with_logits": (
        "input:3x4:unit target:3x4:unit", "input:3x4:unit target:3x4:unit weight:3x4:unit",
    ),
    "gaussian_nll_loss": ("input:3x4 target:3x4 var:3x4:unit",),
    "margin_ranking_loss": ("input1:3 input2:3 target:3:sign",),
    "cross_entropy nll_loss multi_margin_loss": (
        "input:4 target:-:int",
        "input:3x4 target:3:int",
        "input:3x4 target:3:int reduction='sum'",
    ),
    "multilabel_margin_loss": ("input:4 target:4:int", "input:3x4 target:3x4:int"),
    "multilabel_soft_margin_loss": ("input:3x4 target:3x4:int2",),
    "cosine_embedding_loss": (
        "input1:4 input2:4 target:-:sign",
        "input1:3x4 input2:3x4 target:3:sign",
    ),
    "triplet_margin_loss": (
        "anchor:4 positive:4 negative:4",
        "anchor:3x4 positive:3x4 negative:3x4",
    ),
}  # fmt: skip


@functools.cache
def _by_name() -> dict[str, tuple[str, ...]]:
    return {name: texts for names, texts in SAMPLES.items() for name in names.split()}


def samples(operation: Operation) -> list[Sample]:
    """The calls to try an operation with."""
    short = operation.name.rsplit(".", 1)[1]
    texts = _by_name().get(operation.name, _by_name().get(short))
    if texts is None:
        texts = tuple(_generic(operation))
    return [_renamed(parse(text), operation) for text in texts if _fits(text, operation)]


def _fits(text: str, operation: Operation) -> bool:
    named = {w.split("=")[0].split(":")[0] for w in text.replace(", ", ",").split()}
    return named - {"input", "self"} <= {*operation.params, *operation.keywords}


def _renamed(sample: Sample, operation: Operation) -> Sample:
    first = operation.params[0] if operation.params else ""

    def own(name: str) -> str:
        return first if name in ("input", "self") and name not in operation.params else name

    return Sample(
        {own(k): v for k, v in sample.items.items()}, {own(k): v for k, v in sample.others.items()}
    )


def _generic(operation: Operation) -> list[str]:
    square = operation.last == 2 and operation.rule is Rule.LAST
    base = " ".join(
        f"{name}:{'x'.join('3' * rank) or '-'}:{KINDS.get(name, 'spd' if square else 'float')}"
        for name, rank in zip(operation.tensors, operation.ranks or (2,) * 9, strict=False)
    )
    texts = [base]
    if operation.rule is Rule.REDUCE and operation.dims:
        texts = [base + " " + d for d in DIMS]
        if operation.defaults or operation.whole is not Whole.REQUIRED:
            texts.append(base)
        if operation.many:
            texts.append(base + " dim=(0,1)")
        if "keepdim" in operation.params:
            texts.append(base + " dim=0 keepdim=True")
    if operation.rule is Rule.POINTWISE and not operation.ranks:
        texts.append(" ".join(f"{n}:-:{KINDS.get(n, 'float')}" for n in operation.tensors))
    return texts
