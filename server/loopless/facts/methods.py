"""Facts of what the methods of a tensor give."""

from __future__ import annotations

from dataclasses import replace

from loopless.facts.arguments import Arguments, shape_of
from loopless.facts.extents import shaped
from loopless.facts.fact import Fact
from loopless.facts.listings import listing
from loopless.facts.operations import Rule, method
from loopless.facts.results import result_of
from loopless.facts.scope import Scope, root_name
from loopless.ir import tree
from loopless.ir.poly import Numel, Poly, poly

# Methods that are named after the dtype they change to.
_CASTS = {
    "float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "long": "int64",
    "int": "int32", "short": "int16", "char": "int8", "byte": "uint8", "bool": "bool",
}  # fmt: skip

_SPREADING = frozenset({"expand_as", "broadcast_to", "unfold", "as_strided"})


def method_fact(of: tree.Expr, base: Fact, name: str, given: Arguments, scope: Scope) -> Fact:
    """What is known of `of.name(...)`, where `of` is a tensor and the table has the method."""
    root = of.id if isinstance(of, tree.Name) else None
    view = root_name(of)
    like = (root if base.dims is None else None) if root else base.like
    same_dtype = base.dtype or (f"of:{root}" if root else None)
    match name:
        case "clone":
            return Fact("tensor", base.dims, like, same_dtype, fresh=True)
        case "contiguous" | "detach":
            return Fact("tensor", base.dims, like, same_dtype, view_of=view)
        case _ if name in _CASTS:
            return Fact("tensor", base.dims, like, _CASTS[name], view_of=view)
        case "to" | "cpu" | "cuda" | "type":
            asked = (*given.facts, *given.keywords.values())
            dtype = next((a.text for a in asked if a.kind == "dtype" and a.text), None)
            return Fact("tensor", base.dims, like, dtype or base.dtype, view_of=view)
        case "t" if base.dims is not None and len(base.dims) == 2:
            return Fact("tensor", base.dims[::-1], dtype=base.dtype, view_of=view)
        case "permute" | "transpose":
            return _moved(name, base, given).but(view_of=view)
        case "view" | "reshape" | "expand":
            dims = _asked_shape(given, scope)
            if name != "expand" and dims == (None,) and root is not None:
                dims = (poly(Numel(scope.shape_root(root))),)
            return Fact("tensor", dims, dtype=base.dtype, view_of=view, spread=name == "expand")
        case "flatten" if not given.facts and root is not None:
            count = poly(Numel(scope.shape_root(root)))
            return Fact("tensor", (count,), dtype=base.dtype, view_of=view)
        case "new_zeros" | "new_ones" | "new_full" | "new_empty":
            sizes = given.facts[:1] if name == "new_full" else given.facts
            dims = None if given.starred else shape_of(sizes, scope)
            return Fact("tensor", dims, dtype=same_dtype, fresh=True)
        case _:
            return _by_rule(base, name, given, view, root, scope)


def _by_rule(
    base: Fact, name: str, given: Arguments, view: str | None, root: str | None, scope: Scope
) -> Fact:
    known = method(name)
    assert known is not None
    listed = listing(name, base, given.keywords, view)
    if listed is not None:
        return listed
    asks = bool(given.facts or given.keywords)
    if known.pieces or (known.fields and (asks or not known.fields_need_dim)):
        # Several tensors at once, of which it is not known how many, or which is meant.
        return Fact("tuple")
    fact = result_of(known.rule, known.dtype, [base, *given.facts])
    whole = replace(given, facts=(base, *given.facts), names=(root, *given.names))
    fact = shaped(name, known, whole, fact, scope)
    fact = fact.but(spread=name in _SPREADING)
    return fact.but(view_of=view) if known.rule in {Rule.SHAPE, Rule.VIEW} else fact


def _asked_shape(given: Arguments, scope: Scope) -> tuple[Poly | None, ...] | None:
    """The shape that a view asks for; a size of -1 is whatever is left."""
    dims = None if given.starred else shape_of(given.facts, scope)
    if dims is None:
        return None
    return tuple(None if d is None or d.constant == -1 else d for d in dims)


def _moved(name: str, base: Fact, given: Arguments) -> Fact:
    places = [None if fact.poly is None else fact.poly.constant for fact in given.facts]
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
