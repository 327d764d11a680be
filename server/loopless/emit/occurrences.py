"""Where an expression stands in a few lines of code, and what stands in the way of computing it once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from loopless.facts.operations import Rule, lookup

# Methods and attributes that give another view of the same memory.
_VIEWS = frozenset(
    "T mT movedim transpose permute view reshape flatten unsqueeze squeeze expand expand_as detach diagonal "
    "unfold narrow select real imag t".split()
)
# Methods that give the tensor itself where there is nothing to do.
_CASTS = frozenset("to float double long half int bool type_as contiguous cpu cuda".split())
_ASKS = frozenset({"shape", "device", "dtype", "ndim"})


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An expression in a statement. `lazy` ones may not be evaluated; `kept` ones live on under the target's name."""

    at: int
    node: ast.expr
    lazy: bool
    kept: bool


def occurrences(statement: ast.stmt, at: int) -> Iterator[Occurrence]:
    """Every expression that a statement evaluates, from the outside in; of its targets only the subscripts."""
    match statement:
        case (
            ast.Assign(targets=[ast.Subscript(slice=places)])
            | ast.AugAssign(target=ast.Subscript(slice=places))
        ):
            yield from _inside(places, at, lazy=False)
        case _:
            pass
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value):
            yield from _within(value, at, lazy=False, kept=True)
        case (
            ast.Assign(value=value)
            | ast.AugAssign(value=value)
            | ast.Expr(value=value)
            | ast.Return(value=ast.expr() as value)
        ):
            yield from _within(value, at, lazy=False, kept=False)
        case _:
            pass


def _within(node: ast.expr, at: int, *, lazy: bool, kept: bool) -> Iterator[Occurrence]:
    yield Occurrence(at, node, lazy, kept)
    match node:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield from _within(test, at, lazy=lazy, kept=False)
            yield from _within(body, at, lazy=True, kept=kept)
            yield from _within(orelse, at, lazy=True, kept=kept)
        case ast.BoolOp(values=values):
            for place, value in enumerate(values):
                yield from _within(value, at, lazy=lazy or place > 0, kept=kept)
        case ast.Subscript(value=value, slice=inside):
            yield from _within(value, at, lazy=lazy, kept=kept)
            yield from _inside(inside, at, lazy=lazy)
        case ast.Attribute(value=value, attr=name):
            yield from _within(value, at, lazy=lazy, kept=kept and name in _VIEWS | _CASTS)
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=args, keywords=keywords):
            yield from _within(value, at, lazy=lazy, kept=kept and name in _VIEWS | _CASTS)
            for arg in (*args, *(k.value for k in keywords)):
                yield from _inside(arg, at, lazy=lazy)
        case ast.Lambda() | ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
            pass
        case _:
            yield from _inside(node, at, lazy=lazy, itself=False)


def _inside(node: ast.expr, at: int, *, lazy: bool, itself: bool = True) -> Iterator[Occurrence]:
    if itself and not isinstance(node, ast.Slice | ast.Tuple | ast.Starred):
        yield from _within(node, at, lazy=lazy, kept=False)
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from _inside(child, at, lazy=lazy)


def written(statement: ast.stmt) -> set[str]:
    """The names that a statement binds or whose tensors it changes."""
    match statement:
        case ast.Assign(targets=targets):
            return {name for target in targets for name in _roots(target)}
        case ast.AugAssign(target=target):
            return set(_roots(target))
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=of))):
            return set(_roots(of))
        case _:
            return set()


def _roots(target: ast.expr) -> Iterator[str]:
    while isinstance(target, ast.Subscript | ast.Attribute | ast.Call):
        target = target.func if isinstance(target, ast.Call) else target.value
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple):
        for item in target.elts:
            yield from _roots(item)


def names_in(node: ast.AST) -> set[str]:
    """Every name in an expression."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def values_in(node: ast.expr) -> set[str]:
    """The names whose values an expression uses, those left out of which it asks no more than a size or a device."""
    match node:
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(value=ast.Name(), attr=attribute) if attribute in _ASKS:
            return set()
        case ast.Call(func=ast.Name(id="len")):
            return set()
        case _:
            children = (
                c for c in ast.iter_child_nodes(node) if not isinstance(c, ast.expr_context)
            )
            return {
                name
                for child in children
                for name in (
                    values_in(child) if isinstance(child, ast.expr) else _of_keyword(child)
                )
            }


def _of_keyword(node: ast.AST) -> set[str]:
    return values_in(node.value) if isinstance(node, ast.keyword) else set()


def does_work(node: ast.expr) -> bool:
    """Whether an expression computes anything, and is no view of what is there."""
    match node:
        case ast.BinOp() | ast.Compare() | ast.UnaryOp():
            return True
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            return does_work(value)
        case ast.Call(func=ast.Attribute(value=value, attr=name)):
            return name not in _VIEWS or does_work(value)
        case ast.Call():
            return True
        case _:
            return False


def is_repeatable(node: ast.expr, is_library: Callable[[str], bool]) -> bool:
    """Whether all calls give the same each time: no code of the file, no draws, nothing in place."""
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Name(id="abs" | "len" | "min" | "max" | "float" | "int")):
                pass
            case ast.Call(func=ast.Name(id=name)) if is_library(name):
                pass
            case ast.Call(func=ast.Attribute(attr=attribute) as func):
                root = func.value
                while isinstance(root, ast.Attribute):
                    root = root.value
                if isinstance(root, ast.Name) and is_library(root.id):
                    known = lookup(f"torch.{attribute}") or lookup(f"math.{attribute}")
                    known = known or lookup(f"torch.nn.functional.{attribute}")
                else:
                    known = lookup(f"Tensor.{attribute}")
                if known is None or known.rule in {Rule.RANDOM, Rule.EFFECT, Rule.OPAQUE}:
                    return False
            case ast.Call() | ast.NamedExpr() | ast.Await() | ast.Yield():
                return False
            case _:
                pass
    return True
