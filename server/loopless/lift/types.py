"""Kind, dtype and item rank of a value, under the loop's own rules of promotion (trap T1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loopless.facts.evidence import FLOATS, dtype_name
from loopless.facts.operations import Result, Rule, lookup
from loopless.facts.operations.equations import rank_of_result
from loopless.facts.scope import Scope
from loopless.ir import value as v
from loopless.lift.stop import NOWHERE, stop

Kind = Literal["int", "float", "bool", "number", "tensor", "other"]

COMPARISONS = frozenset({"<", ">", "<=", ">=", "==", "!="})
LOGIC = frozenset({"and", "or", "not"})
_RANKS: dict[str, int] = {"bool": 0, "uint8": 1, "int8": 1, "int16": 1, "int32": 1, "int64": 1}


# Operations whose result has the rank of their first operand.
_KEEPING = frozenset(
    "bucketize t flip clone roll contiguous permute transpose movedim moveaxis inv cholesky pinv tril triu "
    "linear fft fft2 ifft ifft2 rfft irfft rfft2 float double half bfloat16 long".split()
)


@dataclass(frozen=True, slots=True)
class Type:
    """What one iteration's value is: a Python number or a tensor, its dtype if shown, its number of dimensions.

    `rank` None is unknown; unknown ranks of items that are subscripted alike are presumed equal (P4). `dtype` is
    torch's name, "of:x", or None.
    """

    kind: Kind
    dtype: str | None = None
    rank: int | None = 0

    @property
    def is_tensor(self) -> bool:
        """Whether the value is a tensor of any rank."""
        return self.kind == "tensor"

    @property
    def is_floating(self) -> bool:
        """Whether the value is surely no integer and no truth value."""
        return self.kind == "float" or self.dtype in FLOATS


def type_of(value: v.Value, scope: Scope) -> Type:
    """The type of a value as the loop's body sees it."""
    match value:
        case v.Const(bool()) | v.Reduce("any" | "all"):
            return Type("bool", "bool")
        case v.Const(int()) | v.Int() | v.Reduce("count" | "before"):
            return Type("int", "int64")
        case v.Const(float()):
            return Type("float", "float64")
        case v.Const(complex()):
            return Type("number", "complex128")
        case v.Ref(text) | v.Temp(text):
            return _ref(text, scope)
        case v.Read(root, subs):
            return _read(root, subs, scope)
        case v.Apply(op, args):
            return _apply(op, args, scope)
        case v.OnItem(op, args, keywords):
            return _on_item(op, args, keywords, scope)
        case v.Reduce(_, _, body):
            return type_of(body, scope)
        case v.Rows():
            return _rows(value, scope)
        case v.Scan(_, _, body, start):
            types = [type_of(body, scope)] + ([type_of(start, scope)] if start is not None else [])
            return promoted(types)
        case v.Comb(_, _, body, start):
            return promoted([type_of(body, scope), type_of(start, scope)])
        case v.Previous(_, body, start):
            return _either(type_of(body, scope), type_of(start, scope))
        case v.Best(_, _, _, _, body, fallback):
            return _either(type_of(body, scope), type_of(fallback, scope))
        case _:
            return Type("other")


def _rows(rows: v.Rows, scope: Scope) -> Type:
    """The type of a list, or of the tensor that its items make with a dimension more than they have."""
    if rows.listed:
        return Type("other")
    inner = type_of(rows.body, scope)
    return Type("tensor", inner.dtype, None if inner.rank is None else inner.rank + 1)


def _ref(text: str, scope: Scope) -> Type:
    fact = scope.fact(text)
    if fact.is_tensor:
        return Type("tensor", scope.dtype(text), scope.rank(text))
    match fact.kind:
        case "int":
            return Type("int", "int64")
        case "float":
            return Type("float", "float64")
        case "bool":
            return Type("bool", "bool")
        case "complex":
            return Type("number", "complex128")
        case "number" | "unknown":
            # P5: a name that is never subscripted nor used as a tensor is a number.
            return Type("number")
        case _:
            return Type("other")


def _read(root: str, subs: tuple[v.Sub, ...], scope: Scope) -> Type:
    fact = scope.fact(root)
    if not subs:
        return _ref(root, scope)
    if not fact.is_tensor:
        return Type("number" if fact.kind in {"list", "tuple"} else "other")
    rank = scope.rank(root)
    used = sum(isinstance(sub, v.At | v.Pick) for sub in subs)
    if rank is not None:
        rank = rank - used + sum(isinstance(sub, v.New) for sub in subs)
        for sub in subs:
            if isinstance(sub, v.Pick):
                inner = type_of(sub.value, scope)
                if inner.is_tensor:
                    # A place that is looked up is a number, unless the file shows more (P4).
                    rank += inner.rank or 0
                    break
        if rank < 0:
            raise stop("unknown-rank", f"`{root}` has more subscripts than dimensions", NOWHERE)
    return Type("tensor", scope.dtype(root), rank)


def _either(left: Type, right: Type) -> Type:
    if left == right:
        return left
    if left.is_tensor and right.is_tensor:
        same = left.dtype if left.dtype == right.dtype else None
        return Type("tensor", same, left.rank if left.rank == right.rank else None)
    if left.is_tensor or right.is_tensor:
        tensor, other = (left, right) if left.is_tensor else (right, left)
        same = tensor.dtype if _keeps(tensor, other) else None
        return Type("tensor", same, tensor.rank)
    return Type(left.kind if left.kind == right.kind else "number")


def _keeps(tensor: Type, number: Type) -> bool:
    """Whether a Python number leaves the dtype of a tensor alone."""
    if number.kind == "int":
        return tensor.dtype != "bool" and tensor.dtype is not None
    if number.kind == "bool":
        return tensor.dtype is not None
    return tensor.dtype in FLOATS


def promoted(types: list[Type]) -> Type:
    """The type of an arithmetic operation on several operands."""
    tensors = [t for t in types if t.is_tensor]
    if not tensors:
        kinds = [t.kind for t in types]
        if "other" in kinds:
            return Type("other")
        if any(t.dtype == "complex128" for t in types):
            return Type("number", "complex128")
        if "float" in kinds:
            return Type("float", "float64")
        if "number" in kinds:
            return Type("number")
        return Type("int", "int64")
    ranks = [t.rank for t in tensors]
    rank = None if any(r is None for r in ranks) else max(r for r in ranks if r is not None)
    numbers = [t for t in types if not t.is_tensor]
    dtype = tensors[0].dtype
    for other in tensors[1:]:
        dtype = _joined(dtype, other.dtype)
    if any(number.dtype == "complex128" for number in numbers):
        return Type("tensor", _as_complex(dtype), rank)
    for number in numbers:
        if not _keeps(Type("tensor", dtype), number):
            dtype = "float32" if number.kind == "float" and dtype in _RANKS else None
            if dtype is None and number.kind == "int" and tensors[0].dtype == "bool":
                dtype = "int64"
    return Type("tensor", dtype, rank)


def _as_complex(dtype: str | None) -> str | None:
    """What a complex number of Python makes of a tensor."""
    if dtype in {"float64", "complex128"}:
        return "complex128"
    return "complex64" if dtype in {"float32", "complex64"} or dtype in _RANKS else None


def _joined(left: str | None, right: str | None) -> str | None:
    if left == right:
        return left
    if left is None or right is None:
        return None
    floats = [d for d in (left, right) if d in FLOATS]
    if len(floats) == 1 and all(d in _RANKS or d in FLOATS for d in (left, right)):
        return floats[0]
    return None


def _apply(op: str, args: tuple[v.Value, ...], scope: Scope) -> Type:
    types = [type_of(a, scope) for a in args]
    if op in COMPARISONS or op in LOGIC or op in {"in", "not in", "is", "is not"}:
        tensors = [t for t in types if t.is_tensor]
        if op in LOGIC or not tensors:
            return Type("bool", "bool")
        ranks = [t.rank for t in tensors]
        rank = None if any(r is None for r in ranks) else max(r for r in ranks if r is not None)
        return Type("tensor", "bool", rank)
    if op == "where":
        both = _either(types[1], types[2])
        if types[0].is_tensor and types[0].rank and both.kind != "tensor":
            return Type("tensor", None, types[0].rank)
        return both
    if op in {"float", "math"}:
        return Type("float", "float64")
    if op in {"int", "len"}:
        return Type("int", "int64")
    if op == "bool":
        return Type("bool", "bool")
    if op == "item":
        dtype = types[0].dtype
        if dtype in FLOATS:
            return Type("float", "float64")
        return Type("int" if dtype in _RANKS and dtype != "bool" else "number")
    if op == "/":
        result = promoted(types)
        if result.kind == "int":
            return Type("float", "float64")
        return (
            result
            if result.dtype in FLOATS or not result.is_tensor
            else Type("tensor", "float32" if result.dtype in _RANKS else None, result.rank)
        )
    if op in {
        "+",
        "-",
        "*",
        "//",
        "%",
        "**",
        "neg",
        "pos",
        "abs",
        "min",
        "max",
        "&",
        "|",
        "^",
        "~",
        "<<",
        ">>",
    }:
        return promoted(types)
    if op.startswith("math."):
        integral = op in {"math.floor", "math.ceil", "math.trunc"}
        return Type("int", "int64") if integral else Type("float", "float64")
    if op == "cast":
        target = args[1]
        assert isinstance(target, v.Const)
        return Type("tensor", str(target.value), types[0].rank)
    return _operation(op, types)


def _operation(op: str, types: list[Type]) -> Type:
    known = lookup(op)
    base = promoted([t for t in types if t.kind != "other"] or [Type("other")])
    rank = base.rank if base.is_tensor else 0
    if known is None:
        return Type("tensor", None, rank)
    return Type("tensor", result_dtype(known.dtype, base, types), rank)


def result_dtype(result: Result, base: Type, types: list[Type]) -> str | None:
    """The dtype of an operation's result where it is shown."""
    match result:
        case Result.BOOL:
            return "bool"
        case Result.INT64:
            return "int64"
        case Result.SAME | Result.REAL:
            return base.dtype if base.is_tensor else None
        case Result.FIRST:
            return types[0].dtype if types else None
        case Result.FLOAT | Result.REAL_FLOAT:
            if base.dtype in FLOATS:
                return base.dtype
            return "float32" if base.dtype in _RANKS else None
        case Result.ACCUMULATE:
            if base.dtype in FLOATS:
                return base.dtype
            return "int64" if base.dtype in _RANKS else None
        case _:
            return None


def _on_item(
    op: str, args: tuple[v.Value, ...], keywords: tuple[tuple[str, v.Value], ...], scope: Scope
) -> Type:
    types = [type_of(a, scope) for a in args]
    if op == "ragged":
        return types[0]
    if op == "kept":
        return types[1]
    if op in {"positions", "trailing", "lowest", "wrapped"}:
        return _of_mask(op, args, types)
    if op == "within":
        return _within(args[1], types[0])
    if op == "part":
        return _part(args, types[0])
    if op == "torch.tensor":
        return _made(args[0], dict(keywords).get("dtype"), scope)
    known = lookup(op)
    if known is not None and known.sequences and args and isinstance(args[0], v.Tuple):
        return _joined_type(op, args[0], scope)
    base = promoted([t for t in types if t.is_tensor] or [Type("other")])
    if known is None:
        return Type("tensor", None, None)
    fixed = known.fixed_dtype if known.dtype is Result.FIXED else None
    dtype = fixed or result_dtype(known.dtype, base, types)
    rank = base.rank
    if known.batched == "loss" and dict(keywords).get("reduction") == v.Const("none"):
        return Type("tensor", dtype, rank)
    if known.rule is Rule.REDUCE:
        asked = dict(keywords)
        dims = asked.get("dim", args[1] if len(args) > 1 else None)
        if dims is None or (isinstance(dims, v.Const) and dims.value is None):
            return Type("tensor", dtype, 0)
        keep = asked.get("keepdim")
        if isinstance(keep, v.Const) and keep.value:
            return Type("tensor", dtype, rank)
        count = len(dims.items) if isinstance(dims, v.Tuple) else 1
        return Type("tensor", dtype, None if rank is None else rank - count)
    if known.rule is Rule.ALONG:
        return Type("tensor", dtype, rank)
    if op == "Tensor.flatten" and len(args) == 1 and not keywords:
        return Type("tensor", dtype, 1)
    return Type("tensor", dtype, item_rank(op, args, types))


def _of_mask(op: str, args: tuple[v.Value, ...], types: list[Type]) -> Type:
    """The type of an operation that masks are made of."""
    match op, args:
        case "trailing", (_, v.Read() | v.Ref()):
            return Type("tensor", types[0].dtype, None)
        case "trailing", (_, v.Int(count)):
            return Type("tensor", types[0].dtype, (types[0].rank or 0) + (count.constant or 0))
        case "positions", _:
            return Type("tensor", "int64", 1)
        case "wrapped", _:
            return Type("int", "int64")
        case _:
            return Type("number")


def _within(subs: v.Value, whole: Type) -> Type:
    """The type of a part of a result."""
    assert isinstance(subs, v.Read)
    taken = sum(isinstance(sub, v.At | v.Pick) for sub in subs.subs)
    return Type("tensor", whole.dtype, None if whole.rank is None else whole.rank - taken)


def _part(args: tuple[v.Value, ...], whole: Type) -> Type:
    """The type of one of several results."""
    known = lookup(args[0].op) if isinstance(args[0], v.OnItem) else None
    at = args[1].poly.constant if isinstance(args[1], v.Int) else None
    if known is None or at is None or not 0 <= at < len(known.fields):
        return whole
    if known.last and known.rule is Rule.LAST:
        # The results of factorizations have ranks of their own.
        return Type("tensor", None, None)
    result = known.field_dtypes[at] if at < len(known.field_dtypes) else Result.UNKNOWN
    return Type("tensor", result_dtype(result, whole, [whole]), whole.rank)


def _joined_type(op: str, parts: v.Tuple, scope: Scope) -> Type:
    """The type of tensors put together along a dim."""
    types = [type_of(item, scope) for item in parts.items]
    base = promoted([t for t in types if t.is_tensor] or [Type("other")])
    ranks = {t.rank for t in types if t.rank is not None}
    rank = next(iter(ranks)) if len(ranks) == 1 else None
    if rank is not None and op == "torch.stack":
        rank += 1
    return Type("tensor", base.dtype, rank if op in {"torch.stack", "torch.cat"} else None)


def _made(content: v.Value, dtype: v.Value | None, scope: Scope) -> Type:
    """The type of a tensor made from numbers."""
    depth = 0
    while isinstance(content, v.Tuple) and content.items:
        depth, content = depth + 1, content.items[0]
    if isinstance(dtype, v.Ref):
        return Type("tensor", dtype_name(dtype.text), depth)
    return Type("tensor", None, depth)


def type_of_size(value: v.Value) -> bool:
    """Whether an argument is one size and not a shape."""
    return isinstance(value, v.Int | v.Const)


def _product_rank(first: int | None, second: int | None) -> int | None:
    if first is None or second is None:
        return None
    return {(1, 1): 0, (2, 1): 1, (1, 2): 1}.get((first, second), max(first, second))


def item_rank(op: str, args: tuple[v.Value, ...], types: list[Type]) -> int | None:
    """The number of dimensions of the result of an operation that moves or contracts them."""
    short = op.rsplit(".", 1)[-1]
    first = types[0].rank if types else None
    second = types[1].rank if len(types) > 1 else None
    match short:
        case "dot" | "vdot" | "inner" if first == 1:
            return 0
        case "mv" | "arange":
            return 1
        case "outer" | "ger" | "mm":
            return 2
        case "mse_loss" | "l1_loss" | "cross_entropy" | "nll_loss" | "smooth_l1_loss":
            return 0
        case "matmul":
            return _product_rank(first, second)
        case "view" | "reshape":
            sizes = args[1:]
            if len(sizes) == 1 and isinstance(sizes[0], v.Tuple):
                sizes = sizes[0].items
            return len(sizes) if all(type_of_size(s) for s in sizes) and sizes else None
        case "meshgrid":
            return len(args)
        case "zeros" | "ones" | "empty":
            sizes = args[0].items if args and isinstance(args[0], v.Tuple) else args
            return len(sizes) if all(type_of_size(s) for s in sizes) else None
        case "unsqueeze":
            return None if first is None else first + 1
        case "solve" | "searchsorted":
            return second
        case "det" | "logdet" | "trace":
            return None if first is None else first - 2
        case "diag":
            return None if first is None else {1: 2, 2: 1}.get(first)
        case _:
            return first if short in _KEEPING else _named_rank(args)


def _named_rank(args: tuple[v.Value, ...]) -> int | None:
    """The number of dimensions that an equation gives its result."""
    match args:
        case (v.Const(str(equation)), *_):
            return rank_of_result(equation)
        case _:
            return None
