"""Whether a value can take a tensor's place: in memory of its own, and of the same shape."""

from __future__ import annotations

import ast

from loopless.emit.access import plans_of
from loopless.emit.code import Code
from loopless.emit.printer import Printer
from loopless.facts.operations import Rule, lookup
from loopless.facts.scope import Scope
from loopless.ir.poly import Poly
from loopless.ir.value import Apply, Cut, New, OnItem, Pick, Read, Reduce, Scan, Value, walk
from loopless.lift.piece import Write
from loopless.lift.types import type_of


def is_new(code: Code, value: Value, printer: Printer) -> bool:
    """Whether the value is in memory of its own."""
    node = ast.parse(code.text, mode="eval").body
    match value, node:
        case Read(root, subs), ast.Subscript(value=ast.Name(id=name)) if name == root:
            # Index tensors copy, slices do not.
            return "index" in plans_of(root, subs, printer)
        case Read(), _:
            return False
        case _:
            return _makes_memory(node)


def _makes_memory(node: ast.expr) -> bool:
    match node:
        case ast.BinOp() | ast.Compare() | ast.UnaryOp(op=ast.USub() | ast.Invert()):
            return True
        case ast.Call(func=ast.Attribute(value=of, attr=name)):
            known = lookup(f"Tensor.{name}") or lookup(f"torch.{name}")
            if known is None or known.rule is Rule.EFFECT:
                return False
            if known.alias or known.rule in {Rule.VIEW, Rule.SHAPE, Rule.META}:
                return _makes_memory(of)
            return True
        case ast.Subscript(value=of):
            return _makes_memory(of)
        case _:
            return False


def fits(code: Code, value: Value, piece: Write, scope: Scope) -> bool:
    """Whether items have the target's sizes, so that the store spreads nothing."""
    target = Read(piece.root, piece.subs)
    rank = type_of(target, scope).rank
    if rank == 0:
        return code.rank == 0
    if rank is not None:
        sizes = _sizes(value, scope)
        return code.rank == rank and sizes is not None and sizes == _sizes(target, scope)
    return _is_of_shape(value, piece, scope)


def _is_of_shape(value: Value, piece: Write, scope: Scope) -> bool:
    """Whether items of unknown rank come from tensors of the target's shape, and meet nothing but numbers."""
    shape = scope.shape_root(piece.root)
    found = False
    for inner in walk(value):
        match inner:
            case OnItem():
                return False
            case Read(root, subs):
                kind = type_of(inner, scope)
                if not kind.is_tensor or kind.rank == 0:
                    continue
                same = scope.shape_root(root) == shape and len(subs) == len(piece.subs)
                if kind.rank is not None or not same or any(isinstance(s, Cut | New) for s in subs):
                    return False
                found = True
            case _:
                pass
    return found


def _sizes(value: Value, scope: Scope) -> tuple[Poly, ...] | None:
    """The sizes of an item, None where they are not known."""
    match value:
        case Read(root, subs):
            rank = scope.rank(root) if scope.fact(root).is_tensor else 0
            if rank is None or any(isinstance(sub, Cut | New | Pick) for sub in subs):
                return None
            return tuple(scope.size(root, k) for k in range(len(subs), rank))
        case Apply(_, args):
            return _broadcast([_sizes(arg, scope) for arg in args])
        case Reduce(_, _, body) | Scan(_, _, body):
            return _sizes(body, scope)
        case OnItem():
            return None
        case _:
            return () if not type_of(value, scope).is_tensor else None


def _broadcast(shapes: list[tuple[Poly, ...] | None]) -> tuple[Poly, ...] | None:
    known = {shape for shape in shapes if shape != ()}
    if not known:
        return ()
    return known.pop() if len(known) == 1 else None
