"""Whether a value can take a tensor's place: in memory of its own, and of the same shape."""

from __future__ import annotations

import ast

from loopless.emit.access import plans_of
from loopless.emit.code import Code
from loopless.emit.printer import Printer
from loopless.emit.shapes_kept import of_same_shape
from loopless.facts.operations import Operation, Rule, lookup
from loopless.facts.scope import Scope
from loopless.ir.poly import Poly
from loopless.ir.value import (
    Apply,
    At,
    Cut,
    New,
    OnItem,
    Pick,
    Read,
    Reduce,
    Scan,
    Sub,
    Value,
    walk,
)
from loopless.lift.piece import Write
from loopless.lift.types import type_of


def is_new(code: Code, value: Value, printer: Printer) -> bool:
    """Whether the value is in memory of its own."""
    node = ast.parse(code.text, mode="eval").body
    match value, node:
        case Read(root, subs), ast.Subscript(value=ast.Name(id=name)) if name == root:
            # Index tensors copy, slices do not.
            return "index" in plans_of(root, subs, printer)
        case Read(), ast.Call():
            # What is walked backwards or around its end is a copy.
            return _makes_memory(node, printer.scope)
        case Read(), _:
            return False
        case _:
            return _makes_memory(node, printer.scope)


def _makes_memory(node: ast.expr, scope: Scope) -> bool:
    match node:
        case ast.BinOp() | ast.Compare() | ast.UnaryOp(op=ast.USub() | ast.Invert()):
            return True
        case ast.Call(func=ast.Attribute(value=of) as func):
            known = _called(func, scope)
            if known is None or known.rule is Rule.EFFECT:
                return False
            if known.alias or known.rule in {Rule.VIEW, Rule.SHAPE, Rule.META}:
                return _makes_memory(of, scope)
            return True
        case ast.Subscript(value=of) | ast.Attribute(value=ast.Call() as of):
            return _makes_memory(of, scope)
        case _:
            return False


def _called(func: ast.Attribute, scope: Scope) -> Operation | None:
    """The operation that is called: a function by the file's name for its module, else a method."""
    path, node = [func.attr], func.value
    while isinstance(node, ast.Attribute):
        path, node = [node.attr, *path], node.value
    if isinstance(node, ast.Name) and node.id not in scope.locals:
        module = scope.world.imports.get(node.id)
        if module is not None:
            return lookup(".".join([module, *path]))
    return lookup(f"Tensor.{func.attr}") or lookup(f"torch.{func.attr}")


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
            case OnItem() if of_same_shape(inner) is None:
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
            if rank is None or any(_changes_shape(sub, scope) for sub in subs):
                return None
            return tuple(scope.size(root, k) for k in range(len(subs), rank))
        case Apply(_, args):
            return _broadcast([_sizes(arg, scope) for arg in args])
        case Reduce(_, _, body) | Scan(_, _, body):
            return _sizes(body, scope)
        case OnItem():
            shaped = of_same_shape(value)
            return None if shaped is None else _sizes(shaped, scope)
        case _:
            return () if not type_of(value, scope).is_tensor else None


def _changes_shape(sub: Sub, scope: Scope) -> bool:
    """Whether a subscript does anything but take one place of its dimension."""
    # A place that is looked up is a number, unless the file shows more (P4).
    return not isinstance(sub, At) and not (
        isinstance(sub, Pick) and not type_of(sub.value, scope).rank
    )


def _broadcast(shapes: list[tuple[Poly, ...] | None]) -> tuple[Poly, ...] | None:
    known = {shape for shape in shapes if shape != ()}
    if not known:
        return ()
    return known.pop() if len(known) == 1 else None
