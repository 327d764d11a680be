"""Facts of expressions outside of the loop: constructors, sizes, shapes, integer arithmetic."""

from __future__ import annotations

from dataclasses import replace

from loopless.facts.arguments import Arguments
from loopless.facts.creation import created, created_like
from loopless.facts.evidence import CREATORS, LIKES, TENSOR_NAMES, dtype_name
from loopless.facts.extents import shaped
from loopless.facts.fact import UNKNOWN, Fact, Kind, Made
from loopless.facts.listings import listing
from loopless.facts.methods import method_fact
from loopless.facts.operations import lookup, method
from loopless.facts.results import multiplied, pointwise, result_of
from loopless.facts.scope import Scope, root_name
from loopless.ir import tree
from loopless.ir.poly import Dim, Numel, Poly, Symbol, arithmetic, greatest, poly

SIZE = Fact("size")
INT = Fact("int")

_FLOAT_CONSTANTS = frozenset(
    "math.pi math.e math.inf math.nan torch.inf torch.nan torch.pi".split()
)
# What `item` gives, by the dtype of the tensor.
_ITEM_KINDS: dict[str, Kind] = {"float32": "float", "int64": "int", "bool": "bool"}


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
        case complex():
            return Fact("complex", literal=value)
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
        root = _whole_name(of, scope)
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


def _whole_name(expr: tree.Expr, scope: Scope) -> str | None:
    """The name of what an expression is as a whole: of a variable, or of an attribute that is known to be a tensor."""
    match expr:
        case tree.Name(name):
            return name
        case tree.Field(tree.Name("self"), name) if scope.fact(f"self.{name}").is_tensor:
            return f"self.{name}"
        case _:
            return None


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
    name = _whole_name(of, scope)
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
    if op == "@" and all(fact.is_tensor for fact in facts):
        return multiplied(facts)
    if any(fact.is_tensor for fact in facts):
        return pointwise(facts, op in {"<", ">", "<=", ">=", "==", "!="}, op)
    if op == "*" and len(facts) == 2 and facts[0].kind in {"list", "tuple"}:
        return Fact(facts[0].kind, fresh=True)
    if op in {"<", ">", "<=", ">=", "==", "!=", "not", "is", "is not", "in", "not in"}:
        return Fact("bool")
    if any(fact.kind == "complex" for fact in facts):
        return Fact("complex")
    if any(fact.kind == "float" for fact in facts) and all(
        f.is_number or f.kind == "unknown" for f in facts
    ):
        return Fact("float")
    if op == "/":
        return Fact("float") if all(fact.is_number for fact in facts) else UNKNOWN
    if all(fact.kind in {"int", "unknown", "number"} for fact in facts):
        return _integers(op, operands, facts, scope)
    return Fact("number") if all(fact.is_number for fact in facts) else UNKNOWN


def _integers(op: str, operands: tuple[tree.Expr, ...], facts: list[Fact], scope: Scope) -> Fact:
    values = [integer(operand, scope) for operand in operands]
    kind: Kind = "number" if all(fact.is_number for fact in facts) else "unknown"
    if all(fact.kind == "int" for fact in facts):
        kind = "int"
    if any(value is None for value in values):
        return Fact(kind)
    result = arithmetic(op, [value for value in values if value is not None])
    if result is None:
        return Fact(kind)
    # `a + b` of two names of unknown kind may be anything; with a number or a size in it, it is a number.
    return Fact(kind, poly=result)


_SPREADING = frozenset({"torch.broadcast_to", "torch.as_strided"})


def _call(call: tree.Call, scope: Scope) -> Fact:
    name = dotted(call.func, scope)
    if name is not None:
        fact = _named(name, call, scope)
        return fact.but(spread=True) if name in _SPREADING else fact
    match call.func:
        case tree.Field(of, attribute):
            return _method(of, attribute, call, scope)
        case tree.Name(local) if (
            cls := scope.world.classes.get(local)
        ) and local not in scope.locals:
            return Fact("module", instance=cls.name, made=_made(call, scope))
        case _:
            return UNKNOWN


def _named(name: str, call: tree.Call, scope: Scope) -> Fact:
    match name, call.args:
        case "builtins.len", (of,):
            return _length(of, scope)
        case "builtins.range", _:
            return Fact("unknown", instance="range")
        case (("builtins.int" | "builtins.round"), (of,)):
            # Of what may be a float, the integer is another number.
            whole = infer(of, scope)
            return Fact("int", poly=whole.poly if whole.kind == "int" else None)
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
            return Fact("module", instance=name, made=_made(call, scope))
        case _ if name in CREATORS:
            return created(name, _arguments(call, scope), scope)
        case _ if name in LIKES and call.args:
            return created_like(_arguments(call, scope))
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
    name = _whole_name(of, scope)
    if name is not None and base.kind in {"tensor", "unknown"}:
        return Fact("int", poly=scope.size(name, 0))
    if base.dims:
        return Fact("int", poly=base.dims[0])
    return INT


def _operation(name: str, call: tree.Call, scope: Scope) -> Fact:
    known = lookup(name)
    if name in TENSOR_NAMES:
        return Fact("tensor", fresh=True)
    if known is None:
        return UNKNOWN
    if call.args:
        first, keywords = call.args[0], [key for key, _ in call.keywords]
        listed = listing(name, infer(first, scope), keywords, _whole_name(first, scope))
        if listed is not None:
            return listed
    alone = len(call.args) == 1 and not call.keywords
    if known.pieces or (known.fields and not (known.fields_need_dim and alone)):
        return Fact("tuple")
    given = _arguments(call, scope)
    fact = result_of(known.rule, known.dtype, [infer(arg, scope) for arg in call.args])
    return shaped(name, known, given, fact, scope)


def _method(of: tree.Expr, name: str, call: tree.Call, scope: Scope) -> Fact:
    base = infer(of, scope)
    root = _whole_name(of, scope)
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
        case _ if base.kind == "module":
            return _changed_module(base, name)
        case _:
            pass
    if not base.is_tensor or method(name) is None:
        return UNKNOWN
    return method_fact(of, base, name, _arguments(call, scope), scope)


def _made(call: tree.Call, scope: Scope) -> Made:
    given = _arguments(call, scope)
    return Made(given.facts, tuple(given.keywords.items()))


def _changed_module(base: Fact, name: str) -> Fact:
    """What a method of a module returns: itself, in another mode, elsewhere, or of another dtype."""
    made = base.made or Made(())
    match name:
        case "eval":
            known = base.made is not None
            return base.but(made=replace(made, evaluated=True)) if known else UNKNOWN
        case "train":
            return base.but(made=replace(made, evaluated=False)) if base.made else base
        case "to" | "cuda" | "cpu" | "float" | "double" | "half" | "bfloat16" | "requires_grad_":
            return base
        case _:
            return UNKNOWN


def _arguments(call: tree.Call, scope: Scope) -> Arguments:
    return Arguments(
        facts=tuple(_counted(arg, scope) for arg in call.args),
        keywords={key: _counted(value, scope) for key, value in call.keywords},
        names=tuple(_whole_name(arg, scope) for arg in call.args),
        starred=any(isinstance(arg, tree.Spread) for arg in call.args),
    )
