"""Facts of expressions outside of the loop: constructors, sizes, shapes, integer arithmetic."""

from __future__ import annotations

from collections.abc import Iterable

from loopless.facts.evidence import CREATORS, FLOATS, LIKES, TENSOR_NAMES, dtype_name
from loopless.facts.fact import UNKNOWN, Fact, Kind
from loopless.facts.operations import Result, Rule, lookup, method
from loopless.facts.scope import (
    Scope,
    root_name,
)
from loopless.ir import tree
from loopless.ir.poly import Dim, Numel, Poly, Symbol, greatest, least, poly, quotient, remainder

SIZE = Fact("size")
INT = Fact("int")

_FLOAT_CONSTANTS = frozenset(
    "math.pi math.e math.inf math.nan torch.inf torch.nan torch.pi".split()
)
# What `item` gives, by the dtype of the tensor.
_ITEM_KINDS: dict[str, Kind] = {"float32": "float", "int64": "int", "bool": "bool"}
# Methods that are named after the dtype they change to.
_CASTS = {
    "float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32",
    "bool": "bool",
}  # fmt: skip


def dotted(expr: tree.Expr, scope: Scope) -> str | None:
    """The canonical name of a function or class, through the file's imports: "torch.nn.functional.relu"."""
    match expr:
        case tree.Name(name):
            if name in scope.locals or name in scope.names:
                return None
            if name in scope.world.imports:
                return scope.world.imports[name]
            if name in scope.world.functions or name in scope.world.classes:
                return None
            if name in scope.world.constants:
                return None
            return f"builtins.{name}"
        case tree.Field(of, name):
            base = dotted(of, scope)
            return None if base is None or base.startswith("builtins.") else f"{base}.{name}"
        case _:
            return None


def integer(expr: tree.Expr, scope: Scope) -> Poly | None:
    """The polynomial that an integer expression outside of the loop stands for."""
    fact = infer(expr, scope)
    if fact.poly is not None:
        return fact.poly
    match expr:
        case tree.Name(name) if fact.kind in {"unknown", "int", "number"}:
            return poly(Symbol(name))
        case tree.Field(tree.Name("self"), name) if fact.kind in {"unknown", "int", "number"}:
            return poly(Symbol(f"self.{name}"))
        case _:
            return None


def infer(expr: tree.Expr, scope: Scope) -> Fact:
    """What is known of the value of an expression that stands outside of the loop."""
    match expr:
        case tree.Literal(value):
            return _literal(value)
        case tree.Name(name):
            return scope.fact(name)
        case tree.Field(of, name):
            return _field(of, name, scope)
        case tree.Item(of, subscripts):
            return _item(of, subscripts, scope)
        case tree.Operator(op, operands):
            return operator(op, operands, scope)
        case tree.Choice(_, then, otherwise):
            left, right = infer(then, scope), infer(otherwise, scope)
            return left if left == right else UNKNOWN
        case tree.Call():
            return _call(expr, scope)
        case tree.Display(kind, items):
            if any(isinstance(item, tree.Spread) for item in items):
                return Fact("tuple" if kind == "tuple" else "list")
            facts = tuple(_counted(item, scope) for item in items)
            return Fact("tuple" if kind == "tuple" else "list", items=facts, fresh=True)
        case tree.Comprehension(kind):
            return Fact("list", fresh=True) if kind == "list" else UNKNOWN
        case _:
            return UNKNOWN


def _counted(expr: tree.Expr, scope: Scope) -> Fact:
    fact = infer(expr, scope)
    if fact.poly is None and (p := integer(expr, scope)) is not None:
        return fact.but(poly=p)
    return fact


def _literal(value: object) -> Fact:
    match value:
        case bool():
            return Fact("bool", literal=value)
        case int():
            return Fact("int", poly=poly(value), literal=value)
        case float():
            return Fact("float", literal=value)
        case str():
            return Fact("str", literal=value)
        case None:
            return Fact("none")
        case _:
            return UNKNOWN


def _field(of: tree.Expr, name: str, scope: Scope) -> Fact:
    whole = dotted(tree.Field(of, name, of.span), scope)
    if whole is not None:
        if whole.startswith("torch.") and (known := dtype_name(whole)):
            return Fact("dtype", text=known)
        if whole in _FLOAT_CONSTANTS:
            return Fact("float")
        return UNKNOWN
    if isinstance(of, tree.Name) and of.id == "self" and scope.owner:
        return scope.names.get(f"self.{name}", UNKNOWN)
    base = infer(of, scope)
    if name == "shape" and base.kind in {"tensor", "unknown"}:
        root = root_name(of) if isinstance(of, tree.Name) else None
        if root is None:
            return Fact("size", dims=base.dims) if base.dims is not None else SIZE
        return Fact("size", like=root)
    if not base.is_tensor:
        return UNKNOWN
    if name in {"T", "mT", "H"} and base.dims is not None and len(base.dims) == 2:
        return base.but(
            dims=base.dims[::-1], like=None, fresh=False, view_of=root_name(of), poly=None
        )
    if name in {"T", "mT"}:
        return Fact("tensor", dtype=base.dtype, view_of=root_name(of))
    if name == "ndim":
        return INT
    if name == "device":
        return Fact("device", like=root_name(of))
    if name == "dtype":
        return Fact("dtype", text=base.dtype or "", like=root_name(of))
    return UNKNOWN


def _whole_name(expr: tree.Expr) -> str | None:
    return expr.id if isinstance(expr, tree.Name) else None


def _item(of: tree.Expr, subscripts: tuple[tree.Expr, ...], scope: Scope) -> Fact:
    base = infer(of, scope)
    if base.kind == "size" and len(subscripts) == 1:
        return _size_item(base, subscripts[0], scope)
    if base.kind in {"tuple", "list"} and base.items is not None and len(subscripts) == 1:
        place = integer(subscripts[0], scope)
        if (
            place is not None
            and (at := place.constant) is not None
            and -len(base.items) <= at < len(base.items)
        ):
            return base.items[at]
        return UNKNOWN
    if not base.is_tensor:
        return UNKNOWN
    return _tensor_item(of, base, subscripts, scope)


def _size_item(base: Fact, subscript: tree.Expr, scope: Scope) -> Fact:
    if isinstance(subscript, tree.Range):
        if base.like is None:
            return SIZE
        rank = scope.rank(base.like)
        start = 0 if subscript.start is None else _number(subscript.start, scope)
        stop = rank if subscript.stop is None else _number(subscript.stop, scope)
        if subscript.step is not None or start is None or stop is None:
            return SIZE
        if start < 0 or stop < 0:
            if rank is None:
                return Fact("size", like=base.like, literal=(start, stop))
            start, stop = (
                start % (rank + 1) if start < 0 else start,
                stop + rank if stop < 0 else stop,
            )
        sizes = (scope.size(base.like, k) for k in range(start, stop))
        return Fact("tuple", items=tuple(Fact("int", poly=p) for p in sizes))
    at = _number(subscript, scope)
    if at is None:
        return INT
    return _size_at(base, at, scope)


def _size_at(base: Fact, at: int, scope: Scope) -> Fact:
    if base.like is not None:
        if at < 0:
            rank = scope.rank(base.like)
            if rank is None:
                return Fact("int", poly=poly(Dim(scope.shape_root(base.like), at)))
            at += rank
        return Fact("int", poly=scope.size(base.like, at))
    if base.dims is not None and -len(base.dims) <= at < len(base.dims):
        return Fact("int", poly=base.dims[at])
    return INT


def _number(expr: tree.Expr, scope: Scope) -> int | None:
    value = integer(expr, scope)
    return None if value is None else value.constant


def _tensor_item(
    of: tree.Expr, base: Fact, subscripts: tuple[tree.Expr, ...], scope: Scope
) -> Fact:
    """A basic subscript of a tensor: integers drop dimensions, slices keep them."""
    view = root_name(of)
    dims: list[Poly | None] = []
    place = 0
    for subscript in subscripts:
        match subscript:
            case tree.Range(None, None, None):
                dims.append(_dim_of(of, base, place, scope))
                place += 1
            case tree.Range(start, stop, None):
                whole = _dim_of(of, base, place, scope)
                dims.append(_cut(start, stop, whole, scope))
                place += 1
            case tree.Range():
                dims.append(None)
                place += 1
            case tree.Literal(None):
                dims.append(poly(1))
            case tree.Rest():
                return Fact("tensor", dtype=base.dtype, view_of=view)
            case _:
                inner = infer(subscript, scope)
                if inner.is_tensor or inner.kind in {"list", "tuple"}:
                    if len(subscripts) == 1 and inner.dtype == "bool":
                        return _masked(base, inner)
                    return Fact("tensor", dtype=base.dtype, fresh=True)
                place += 1
    if base.dims is None:
        return Fact("tensor", dtype=base.dtype, view_of=view)
    dims.extend(base.dims[place:])
    return Fact("tensor", tuple(dims), dtype=base.dtype, view_of=view)


def _masked(base: Fact, mask: Fact) -> Fact:
    """`base[mask]`: the dimensions of the mask become one, of a size that data decides."""
    dims: tuple[Poly | None, ...] | None = None
    if base.dims is not None and mask.dims is not None:
        # A mask with more dimensions than there are raises; the slice then starts behind the end.
        dims = (None, *base.dims[len(mask.dims) :])
    return Fact("tensor", dims, dtype=base.dtype, fresh=True)


def _dim_of(of: tree.Expr, base: Fact, place: int, scope: Scope) -> Poly | None:
    name = _whole_name(of)
    if name is not None:
        return scope.size(name, place)
    return base.dims[place] if base.dims is not None and place < len(base.dims) else None


def _cut(
    start: tree.Expr | None, stop: tree.Expr | None, whole: Poly | None, scope: Scope
) -> Poly | None:
    """The length of a slice, where it cannot be clamped: whole minus small numbers at both ends."""
    first = 0 if start is None else _number(start, scope)
    last = 0 if stop is None else _number(stop, scope)
    if whole is None or first is None or first < 0:
        return None
    if stop is None or (last is not None and last < 0):
        return greatest((whole - first + (last or 0), poly(0)))
    return None


def operator(op: str, operands: tuple[tree.Expr, ...], scope: Scope) -> Fact:
    """What is known of the result of an operator."""
    facts = [infer(operand, scope) for operand in operands]
    if any(fact.is_tensor for fact in facts):
        return _pointwise(facts, op in {"<", ">", "<=", ">=", "==", "!="}, op)
    if op == "*" and len(facts) == 2 and facts[0].kind in {"list", "tuple"}:
        return Fact(facts[0].kind, fresh=True)
    if op in {"<", ">", "<=", ">=", "==", "!=", "not", "is", "is not", "in", "not in"}:
        return Fact("bool")
    if any(fact.kind == "float" for fact in facts) and all(
        f.is_number or f.kind == "unknown" for f in facts
    ):
        return Fact("float")
    if op == "/":
        return Fact("float") if all(fact.is_number for fact in facts) else UNKNOWN
    if all(fact.kind in {"int", "unknown"} for fact in facts):
        return _integers(op, operands, facts, scope)
    return Fact("number") if all(fact.is_number for fact in facts) else UNKNOWN


def _integers(op: str, operands: tuple[tree.Expr, ...], facts: list[Fact], scope: Scope) -> Fact:
    values = [integer(operand, scope) for operand in operands]
    kind = "int" if all(fact.kind == "int" for fact in facts) else "unknown"
    if any(value is None for value in values):
        return Fact(kind)
    result = arithmetic(op, [value for value in values if value is not None])
    if result is None:
        return Fact(kind)
    # `a + b` of two names of unknown kind may be anything; with a number or a size in it, it is a number.
    return Fact("int" if kind == "int" else "unknown", poly=result)


def arithmetic(op: str, values: list[Poly]) -> Poly | None:
    """The polynomial of an integer operation, None where it has none."""
    match op, values:
        case "+", [a, b]:
            return a + b
        case "-", [a, b]:
            return a - b
        case "*", [a, b]:
            return a * b
        case "neg", [a]:
            return -a
        case "pos", [a]:
            return a
        case "//", [a, b]:
            return quotient(a, b)
        case "%", [a, b]:
            return remainder(a, b)
        case "**", [a, b] if b.constant is not None and 0 <= b.constant <= 3:
            result = poly(1)
            for _ in range(b.constant):
                result = result * a
            return result
        case "min", _:
            return least(values)
        case "max", _:
            return greatest(values)
        case _:
            return None


def _pointwise(facts: Iterable[Fact], comparison: bool, op: str = "") -> Fact:
    tensors = [fact for fact in facts if fact.is_tensor]
    numbers = [fact for fact in facts if not fact.is_tensor]
    dims = tensors[0].dims if len(tensors) == 1 and all(n.is_number for n in numbers) else None
    if len(tensors) > 1 and all(t.dims == tensors[0].dims for t in tensors):
        dims = tensors[0].dims
    like = tensors[0].like if len(tensors) == 1 else None
    dtypes = {tensor.dtype for tensor in tensors}
    dtype = dtypes.pop() if len(dtypes) == 1 else None
    if comparison:
        dtype = "bool"
    elif (
        dtype is not None
        and dtype not in FLOATS
        and (op == "/" or any(n.kind != "int" for n in numbers))
    ):
        dtype = None
    return Fact("tensor", dims, like, dtype, fresh=True)


def _call(call: tree.Call, scope: Scope) -> Fact:
    name = dotted(call.func, scope)
    if name is not None:
        return _named(name, call, scope)
    match call.func:
        case tree.Field(of, attribute):
            return _method(of, attribute, call, scope)
        case tree.Name(local) if (
            cls := scope.world.classes.get(local)
        ) and local not in scope.locals:
            return Fact("module", instance=cls.name)
        case _:
            return UNKNOWN


def _named(name: str, call: tree.Call, scope: Scope) -> Fact:
    match name, call.args:
        case "builtins.len", (of,):
            return _length(of, scope)
        case "builtins.range", _:
            return Fact("unknown", instance="range")
        case (("builtins.int" | "builtins.round"), (of,)):
            return Fact("int", poly=infer(of, scope).poly)
        case "builtins.float", _:
            return Fact("float")
        case "builtins.bool", _:
            return Fact("bool")
        case (("builtins.min" | "builtins.max"), args) if len(args) > 1:
            return _extreme(name.removeprefix("builtins."), args, scope)
        case (("builtins.list" | "builtins.sorted"), _):
            return Fact("list", fresh=True)
        case "builtins.tuple", _:
            return Fact("tuple")
        case "torch.device", _:
            return Fact("device")
        case _ if name.startswith("math."):
            integral = name in {"math.ceil", "math.floor", "math.gcd", "math.prod", "math.isqrt"}
            return INT if integral else Fact("float")
        case _ if name.startswith("torch.nn.") and name.rsplit(".", 1)[1][:1].isupper():
            return Fact("module", instance=name)
        case _ if name in CREATORS:
            return _created(name, call, scope)
        case _ if name in LIKES and call.args:
            return _like(call, scope)
        case _ if name.startswith("torch."):
            return _operation(name, call, scope)
        case _:
            return UNKNOWN


def _extreme(op: str, args: tuple[tree.Expr, ...], scope: Scope) -> Fact:
    values = [integer(arg, scope) for arg in args]
    known = [value for value in values if value is not None]
    kinds = {infer(arg, scope).kind for arg in args}
    if len(known) == len(args) and kinds <= {"int"}:
        return Fact("int", poly=arithmetic(op, known))
    return Fact("number") if kinds <= {"int", "float", "number"} else UNKNOWN


def _length(of: tree.Expr, scope: Scope) -> Fact:
    base = infer(of, scope)
    if base.kind in {"tuple", "list"} and base.items is not None:
        return Fact("int", poly=poly(len(base.items)))
    name = _whole_name(of)
    if name is not None and base.kind in {"tensor", "unknown"}:
        return Fact("int", poly=scope.size(name, 0))
    if base.dims:
        return Fact("int", poly=base.dims[0])
    return INT


def keyword(call: tree.Call, name: str) -> tree.Expr | None:
    """The value of a keyword argument."""
    return next((value for key, value in call.keywords if key == name), None)


def _asked_dtype(call: tree.Call, scope: Scope) -> str | None:
    asked = keyword(call, "dtype")
    if asked is None:
        return ""
    fact = infer(asked, scope)
    return fact.text or None


def _created(name: str, call: tree.Call, scope: Scope) -> Fact:
    dtype = _asked_dtype(call, scope)
    short = name.removeprefix("torch.")
    if short in {"tensor", "as_tensor", "from_numpy"}:
        return _from_data(call, dtype, scope)
    if short == "arange":
        return _arange(call, dtype, scope)
    if short == "linspace":
        steps = call.args[2] if len(call.args) > 2 else keyword(call, "steps")
        count = None if steps is None else integer(steps, scope)
        return Fact("tensor", (count,), dtype="float32" if dtype == "" else dtype, fresh=True)
    if short == "randperm":
        count = integer(call.args[0], scope) if call.args else None
        return Fact("tensor", (count,), dtype="int64", fresh=True)
    if short == "randint":
        return Fact("tensor", dtype="int64" if dtype == "" else dtype, fresh=True)
    if short == "eye":
        sizes = [integer(arg, scope) for arg in call.args]
        dims = tuple(sizes * 2 if len(sizes) == 1 else sizes)
        return Fact("tensor", dims, dtype="float32" if dtype == "" else dtype, fresh=True)
    fill = call.args[1] if short == "full" and len(call.args) > 1 else keyword(call, "fill_value")
    shape = call.args[:1] if short == "full" else call.args
    dims = _shape(shape, scope)
    if dtype == "":
        kind = infer(fill, scope).kind if fill is not None and short == "full" else "float"
        dtype = {"float": "float32", "int": "int64", "bool": "bool"}.get(kind)
    like = None
    if dims is None and len(shape) == 1:
        size = infer(shape[0], scope)
        like = size.like if size.kind == "size" and size.literal is None else None
    return Fact("tensor", dims, like, dtype, fresh=True)


def _shape(args: tuple[tree.Expr, ...], scope: Scope) -> tuple[Poly | None, ...] | None:
    if any(isinstance(arg, tree.Spread) for arg in args):
        return None
    if len(args) == 1:
        fact = infer(args[0], scope)
        if fact.kind in {"tuple", "list"}:
            return None if fact.items is None else tuple(item.poly for item in fact.items)
        if fact.kind == "size":
            if fact.dims is not None:
                return fact.dims
            rank = None if fact.like is None else scope.rank(fact.like)
            if rank is None or fact.like is None or fact.literal is not None:
                return None
            return tuple(scope.size(fact.like, k) for k in range(rank))
    return tuple(integer(arg, scope) for arg in args)


def _from_data(call: tree.Call, dtype: str | None, scope: Scope) -> Fact:
    data = infer(call.args[0], scope) if call.args else UNKNOWN
    if data.is_number:
        kind = {"float": "float32", "int": "int64", "bool": "bool"}.get(data.kind)
        return Fact("tensor", (), dtype=kind if dtype == "" else dtype, fresh=True)
    if data.items is not None and all(item.is_number for item in data.items):
        kinds = {item.kind for item in data.items}
        kind = "float32" if "float" in kinds else "int64" if kinds == {"int"} else None
        return Fact(
            "tensor", (poly(len(data.items)),), dtype=kind if dtype == "" else dtype, fresh=True
        )
    return Fact("tensor", dtype=dtype or None, fresh=True)


def _arange(call: tree.Call, dtype: str | None, scope: Scope) -> Fact:
    values = [integer(arg, scope) for arg in call.args]
    count: Poly | None = None
    if all(v is not None for v in values):
        match values:
            case [Poly() as stop]:
                count = stop
            case [Poly() as start, Poly() as stop]:
                count = stop - start
            case _:
                pass
    kinds = {infer(arg, scope).kind for arg in call.args}
    if dtype == "":
        dtype = "int64" if kinds <= {"int"} else None
    return Fact("tensor", (count,), dtype=dtype, fresh=True)


def _like(call: tree.Call, scope: Scope) -> Fact:
    of = infer(call.args[0], scope)
    root = _whole_name(call.args[0])
    asked = _asked_dtype(call, scope)
    dtype = asked if asked != "" else (of.dtype or (f"of:{root}" if root else None))
    like = root if of.dims is None else None
    return Fact("tensor", of.dims, like, dtype, fresh=True)


def _operation(name: str, call: tree.Call, scope: Scope) -> Fact:
    facts = [infer(arg, scope) for arg in call.args]
    known = lookup(name)
    if name in TENSOR_NAMES:
        return Fact("tensor", fresh=True)
    if known is None:
        return UNKNOWN
    alone = len(call.args) == 1 and not call.keywords
    if known.pieces or (known.fields and not (known.fields_need_dim and alone)):
        return Fact("tuple")
    return _result(known.rule, known.dtype, facts)


def _result(rule: Rule, result: Result, facts: list[Fact]) -> Fact:
    base = facts[0] if facts else UNKNOWN
    match rule:
        case Rule.POINTWISE:
            tensors = [fact for fact in facts if fact.is_tensor]
            if not tensors:
                return Fact("tensor", fresh=True)
            fact = _pointwise(facts, result is Result.BOOL)
            return fact if result is Result.BOOL else fact.but(dtype=_float_kept(fact.dtype))
        case Rule.VIEW | Rule.SHAPE | Rule.REDUCE | Rule.ALONG | Rule.LAST:
            dtype = {Result.BOOL: "bool", Result.INT64: "int64"}.get(
                result, _float_kept(base.dtype)
            )
            return Fact("tensor", dtype=dtype)
        case Rule.CREATE | Rule.LIKE | Rule.RANDOM:
            return Fact("tensor", fresh=True)
        case _:
            return UNKNOWN


def _float_kept(dtype: str | None) -> str | None:
    return dtype if dtype in FLOATS else None


def _method(of: tree.Expr, name: str, call: tree.Call, scope: Scope) -> Fact:
    base = infer(of, scope)
    root = _whole_name(of)
    match name:
        case "size" | "shape" if base.kind in {"tensor", "unknown"}:
            if not call.args:
                return Fact("size", dims=base.dims) if root is None else Fact("size", like=root)
            at = _number(call.args[0], scope)
            if at is None or root is None:
                return INT if at is None or base.dims is None else Fact("int", poly=base.dims[at])
            return _size_at(Fact("size", like=root), at, scope)
        case "numel" | "nelement" if base.kind in {"tensor", "unknown"}:
            if root is None:
                return INT
            rank = scope.rank(root)
            if rank == 1:
                return Fact("int", poly=scope.size(root, 0))
            return Fact("int", poly=poly(Numel(scope.shape_root(root))))
        case "dim" | "ndimension" if base.is_tensor:
            return INT
        case "item":
            return Fact(_ITEM_KINDS.get(base.dtype or "", "number"))
        case "tolist":
            return Fact("list")
        case _:
            pass
    if not base.is_tensor or method(name) is None:
        return UNKNOWN
    return _tensor_method(of, base, name, call, scope)


def _tensor_method(of: tree.Expr, base: Fact, name: str, call: tree.Call, scope: Scope) -> Fact:
    root = _whole_name(of)
    view = root_name(of)
    like = (root if base.dims is None else None) if root else base.like
    match name:
        case "clone":
            return Fact(
                "tensor",
                base.dims,
                like,
                base.dtype or (f"of:{root}" if root else None),
                fresh=True,
            )
        case "contiguous" | "detach":
            return Fact(
                "tensor",
                base.dims,
                like,
                base.dtype or (f"of:{root}" if root else None),
                view_of=view,
            )
        case _ if name in _CASTS:
            return Fact("tensor", base.dims, like, _CASTS[name], view_of=view)
        case "to" | "cpu" | "cuda" | "type":
            asked = [infer(arg, scope) for arg in (*call.args, *(v for _, v in call.keywords))]
            dtype = next((a.text for a in asked if a.kind == "dtype" and a.text), None)
            return Fact("tensor", base.dims, like, dtype or base.dtype, view_of=view)
        case "t" if base.dims is not None and len(base.dims) == 2:
            return Fact("tensor", base.dims[::-1], dtype=base.dtype, view_of=view)
        case "permute" | "transpose":
            return _moved(name, base, call, scope).but(view_of=view)
        case "view" | "reshape":
            dims = _shape(call.args, scope)
            if dims is not None:
                dims = tuple(None if d is None or d.constant == -1 else d for d in dims)
            if dims == (None,) and root is not None:
                dims = (poly(Numel(scope.shape_root(root))),)
            return Fact("tensor", dims, dtype=base.dtype, view_of=view)
        case "expand":
            dims = _shape(call.args, scope)
            if dims is not None:
                dims = tuple(None if d is None or d.constant == -1 else d for d in dims)
            return Fact("tensor", dims, dtype=base.dtype, view_of=view)
        case "flatten" if not call.args and root is not None:
            return Fact(
                "tensor", (poly(Numel(scope.shape_root(root))),), dtype=base.dtype, view_of=view
            )
        case "new_zeros" | "new_ones" | "new_full" | "new_empty":
            shape = call.args[:1] if name == "new_full" else call.args
            return Fact(
                "tensor", _shape(shape, scope), dtype=base.dtype or (f"of:{root}" if root else None),
                fresh=True,
            )  # fmt: skip
        case _:
            known = method(name)
            assert known is not None
            facts = [base, *(infer(arg, scope) for arg in call.args)]
            if known.pieces or (
                known.fields and (call.args or call.keywords or not known.fields_need_dim)
            ):
                # Several tensors at once, of which it is not known how many, or which is meant.
                return Fact("tuple")
            fact = _result(known.rule, known.dtype, facts)
            return fact.but(view_of=view) if known.rule in {Rule.SHAPE, Rule.VIEW} else fact


def _moved(name: str, base: Fact, call: tree.Call, scope: Scope) -> Fact:
    places = [_number(arg, scope) for arg in call.args]
    if base.dims is None or any(p is None for p in places):
        return Fact("tensor", dtype=base.dtype)
    rank = len(base.dims)
    order = [(p or 0) % rank for p in places] if rank else []
    if name == "transpose" and len(order) == 2:
        full = list(range(rank))
        full[order[0]], full[order[1]] = full[order[1]], full[order[0]]
        order = full
    if len(order) != rank:
        return Fact("tensor", dtype=base.dtype)
    return Fact("tensor", tuple(base.dims[p] for p in order), dtype=base.dtype)
