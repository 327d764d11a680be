"""Facts of tensors that a call makes: by sizes, from data, after the shape of another."""

from __future__ import annotations

from loopless.facts.arguments import Arguments, shape_of
from loopless.facts.extents import kinds_in, written
from loopless.facts.fact import Fact
from loopless.facts.scope import Scope
from loopless.ir.poly import Poly

_DTYPES = {"float": "float32", "int": "int64", "bool": "bool"}


def created(name: str, given: Arguments, scope: Scope) -> Fact:
    """What is known of the result of one of torch's constructors."""
    short = name.removeprefix("torch.")
    dtype = given.dtype
    match short:
        case "tensor" | "as_tensor" | "from_numpy":
            return _from_data(given.first, dtype)
        case "arange":
            return _arange(given, dtype)
        case "linspace":
            steps = given.facts[2] if len(given.facts) > 2 else given.keywords.get("steps")
            return _new((None if steps is None else steps.poly,), dtype, "float32")
        case "randperm":
            return Fact("tensor", (given.first.poly,), dtype="int64", fresh=True)
        case "randint":
            return _new(None, dtype, "int64")
        case "eye":
            sizes = tuple(fact.poly for fact in given.facts)
            return _new(sizes * 2 if len(sizes) == 1 else sizes, dtype, "float32")
        case "full":
            fill = given.facts[1] if len(given.facts) > 1 else given.keywords.get("fill_value")
            return _of_sizes(given.facts[:1], given, "float" if fill is None else fill.kind, scope)
        case _:
            return _of_sizes(given.facts, given, "float", scope)


def created_like(given: Arguments) -> Fact:
    """`torch.zeros_like(x)` and its like."""
    of, root, asked = given.first, given.names[0], given.dtype
    dtype = asked if asked != "" else (of.dtype or (f"of:{root}" if root else None))
    # The first of those of one shape: that name may stay when the one in between gets another value.
    like = None if of.dims is not None else of.like or root
    return Fact("tensor", of.dims, like, dtype, fresh=True)


def _new(dims: tuple[Poly | None, ...] | None, asked: str | None, default: str | None) -> Fact:
    return Fact("tensor", dims, dtype=default if asked == "" else asked, fresh=True)


def _of_sizes(sizes: tuple[Fact, ...], given: Arguments, fill: str, scope: Scope) -> Fact:
    dims = None if given.starred else shape_of(sizes, scope)
    like = None
    if dims is None and len(sizes) == 1 and sizes[0].kind == "size" and sizes[0].literal is None:
        like = sizes[0].like
    return _new(dims, given.dtype, _DTYPES.get(fill)).but(like=like)


def _from_data(data: Fact, dtype: str | None) -> Fact:
    if data.is_number:
        return _new((), dtype, _DTYPES.get(data.kind))
    dims = written(data)
    if dims is None:
        return Fact("tensor", dtype=dtype or None, fresh=True)
    kinds = kinds_in(data)
    kind = "float32" if "float" in kinds else "int64" if kinds == {"int"} else None
    return _new(dims, dtype, kind)


def _arange(given: Arguments, dtype: str | None) -> Fact:
    count: Poly | None = None
    match [fact.poly for fact in given.facts]:
        case [Poly() as stop]:
            count = stop
        case [Poly() as start, Poly() as stop]:
            count = stop - start
        case _:
            pass
    whole = {fact.kind for fact in given.facts} <= {"int"}
    return _new((count,), dtype, "int64" if whole else None)
