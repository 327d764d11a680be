"""The same loop, spelled otherwise: variants made mechanically from a case's text.

Each spelling is a function from a parsed case to its new tree, or None where it does not apply. The variants are
loops in their own right: each is judged against itself.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.harness.case import Case
from tests.harness.inputs import Spec

Spelling = Callable[[ast.Module, Case], ast.Module | None]
SIZES = (5, 7, 3, 2, 4, 6)


def variants(case: Case) -> Iterator[Case]:
    """The case itself, then one for each of its spellings that changes its text."""
    yield case
    wanted = SPELLINGS if "all" in case.spellings else {n: SPELLINGS[n] for n in case.spellings}
    seen = {ast.dump(ast.parse(case.before))}
    for name, spell in wanted.items():
        tree = spell(ast.parse(case.before), case)
        if tree is None:
            continue
        text = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        if (key := ast.dump(ast.parse(text))) in seen:
            continue
        seen.add(key)
        yield replace(case, name=f"{case.name}@{name}", before=text, after=None, spelling=name)


def _chain(tree: ast.Module, case: Case) -> ast.Module:
    """`x[i, j]` as `x[i][j]`."""

    class Chain(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
            self.generic_visit(node)
            if not isinstance(node.slice, ast.Tuple) or not all(map(_single, node.slice.elts)):
                return node
            value = node.value
            for index in node.slice.elts[:-1]:
                value = ast.Subscript(value, index, ast.Load())
            return ast.Subscript(value, node.slice.elts[-1], node.ctx)

    return Chain().visit(tree)


def _single(index: ast.expr) -> bool:
    plain = (ast.Name, ast.BinOp, ast.UnaryOp, ast.Constant, ast.Subscript)
    return isinstance(index, plain) and not (
        isinstance(index, ast.Constant) and index.value is None
    )


def _tuple(tree: ast.Module, case: Case) -> ast.Module | None:
    """`x[i][j]` as `x[i, j]`, for the tensors among the inputs and the local names."""

    class Join(ast.NodeTransformer):
        def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
            self.generic_visit(node)
            inner = node.value
            if not isinstance(inner, ast.Subscript) or not isinstance(inner.value, ast.Name):
                return node
            first = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else [inner.slice]
            second = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            if not all(map(_single, first)):
                return node
            return ast.Subscript(inner.value, ast.Tuple([*first, *second], ast.Load()), node.ctx)

    return (
        None
        if any(s.kind in ("list", "ragged", "call") for s in case.inputs)
        else Join().visit(tree)
    )


def _extent(node: ast.AST) -> tuple[ast.expr, int] | None:
    """The tensor and axis of `len(x)`, `x.shape[k]`, `x.size(k)`."""
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name() as of]):
            return of, 0
        case ast.Call(
            func=ast.Attribute(value=of, attr="size"), args=[ast.Constant(value=int(axis))]
        ):
            return of, axis
        case ast.Subscript(
            value=ast.Attribute(value=of, attr="shape"), slice=ast.Constant(value=int(axis))
        ):
            return of, axis
    return None


def _extents(build: Callable[[ast.expr, int], ast.expr]) -> Spelling:
    def spell(tree: ast.Module, case: Case) -> Any:
        tensors = {s.name for s in case.inputs if s.dims is not None}

        class Respell(ast.NodeTransformer):
            def visit(self, node: ast.AST) -> ast.AST:
                found = _extent(node)
                if (
                    found is None
                    or not isinstance(found[0], ast.Name)
                    or found[0].id not in tensors
                ):
                    return self.generic_visit(node)
                return build(*found)

        return Respell().visit(tree)

    return spell


def _as_len(x: ast.expr, axis: int) -> ast.expr:
    return ast.Call(ast.Name("len", ast.Load()), [x], []) if axis == 0 else _as_shape(x, axis)


def _as_shape(x: ast.expr, axis: int) -> ast.expr:
    return ast.Subscript(ast.Attribute(x, "shape", ast.Load()), ast.Constant(axis), ast.Load())


def _as_size(x: ast.expr, axis: int) -> ast.expr:
    return ast.Call(ast.Attribute(x, "size", ast.Load()), [ast.Constant(axis)], [])


def _unpack(tree: ast.Module, case: Case) -> Any:
    """Sizes of the first tensor that is asked for one, unpacked from its shape up front."""
    ranks = {
        s.name: len(s.dims) for s in case.inputs if s.dims is not None and s.kind not in ("size",)
    }
    loop = _loop(tree)
    asked = [
        f
        for n in ast.walk(loop)
        if (f := _extent(n)) and isinstance(f[0], ast.Name) and f[0].id in ranks
    ]
    if not asked or any(isinstance(n, ast.Tuple) and _unpacks(n, loop) for n in ast.walk(loop)):
        return None
    name = ast.unparse(asked[0][0])
    if _rebound(loop, name):
        return None
    sizes = [f"{name}_size{k}" for k in range(ranks[name])]

    class Use(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            found = _extent(node)
            if found and isinstance(found[0], ast.Name) and found[0].id == name:
                return ast.Name(sizes[found[1]], ast.Load()) if -1 < found[1] < len(sizes) else node
            return self.generic_visit(node)

    loop.body = [Use().visit(s) for s in loop.body]
    names = ", ".join(sizes) + ("," if len(sizes) == 1 else "")
    loop.body.insert(0, ast.parse(f"{names} = {name}.shape").body[0])
    return tree


def _unpacks(node: ast.Tuple, loop: ast.FunctionDef) -> bool:
    return any(
        isinstance(s, ast.Assign)
        and node in s.targets
        and isinstance(s.value, ast.Attribute | ast.Call)
        for s in ast.walk(loop)
    )


def _direct(tree: ast.Module, case: Case) -> ast.Module | None:
    """`for i in range(len(x))` as iteration: `for v in x`, or `enumerate` where the index has other uses."""
    return _iterate(tree, case, together=False)


def _zip(tree: ast.Module, case: Case) -> ast.Module | None:
    """Iteration over all tensors that are read by the index, with `zip` and perhaps `enumerate`."""
    return _iterate(tree, case, together=True)


def _iterate(tree: ast.Module, case: Case, together: bool) -> ast.Module | None:
    loop = _loop(tree)
    tensors = {s.name for s in case.inputs if s.dims is not None}
    for node in ast.walk(loop):
        if not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
            continue
        call = node.iter
        if not (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id == "range"
        ):
            continue
        found = _extent(call.args[0]) if len(call.args) == 1 else None
        if (
            not found
            or found[1] != 0
            or not isinstance(found[0], ast.Name)
            or found[0].id not in tensors
        ):
            continue
        index, over = node.target.id, found[0].id
        if over in _written(loop):
            continue
        names = [over]
        if together:
            names += sorted(
                {
                    s
                    for s in tensors - {over} - _written(loop)
                    if any(_reads(n, s, index) for n in ast.walk(node))
                }
            )
            if len(names) == 1:
                continue
        _bind(node, index, names)
        return tree
    return None


def _bind(node: ast.For, index: str, names: list[str]) -> None:
    class Bind(ast.NodeTransformer):
        def visit_Subscript(self, sub: ast.Subscript) -> ast.AST:
            for name in names:
                if _reads(sub, name, index):
                    rest = sub.slice.elts[1:] if isinstance(sub.slice, ast.Tuple) else []
                    value = ast.Name(f"{name}_{index}", ast.Load())
                    if not rest:
                        return value
                    rest = [self.visit(r) for r in rest]
                    inner = rest[0] if len(rest) == 1 else ast.Tuple(rest, ast.Load())
                    return ast.Subscript(value, inner, sub.ctx)
            return self.generic_visit(sub)

    node.body = [Bind().visit(s) for s in node.body]
    items: list[ast.expr] = [ast.Name(f"{n}_{index}", ast.Store()) for n in names]
    target: ast.expr = items[0] if len(items) == 1 else ast.Tuple(items, ast.Store())
    over = ", ".join(names)
    iterable = over if len(names) == 1 else f"zip({over})"
    if any(isinstance(n, ast.Name) and n.id == index for s in node.body for n in ast.walk(s)):
        target = ast.Tuple([ast.Name(index, ast.Store()), target], ast.Store())
        iterable = f"enumerate({iterable})"
    node.target, node.iter = target, ast.parse(iterable, mode="eval").body


def _reads(node: ast.AST, name: str, index: str) -> bool:
    if not (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)):
        return False
    if not (isinstance(node.value, ast.Name) and node.value.id == name):
        return False
    first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
    return isinstance(first, ast.Name) and first.id == index


def _written(loop: ast.FunctionDef) -> set[str]:
    found = set()
    for node in ast.walk(loop):
        if isinstance(node, ast.Subscript | ast.Name) and isinstance(node.ctx, ast.Store):
            base: ast.expr = node
            while isinstance(base, ast.Subscript):
                base = base.value
            if isinstance(base, ast.Name):
                found.add(base.id)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr.endswith("_")
        ):
            found.update(n.id for n in ast.walk(node.func) if isinstance(n, ast.Name))
    return found


def _rebound(loop: ast.FunctionDef, name: str) -> bool:
    return any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)
        for n in ast.walk(loop)
    )


def _while(tree: ast.Module, case: Case) -> ast.Module | None:
    """The outermost `for i in range(…)` as a counted `while`."""
    loop = _loop(tree)
    for at, node in enumerate(loop.body):
        if not isinstance(node, ast.For) or not isinstance(node.target, ast.Name):
            continue
        call = node.iter
        if not (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id == "range"
        ):
            continue
        if len(call.args) > 2 or any(isinstance(n, ast.Continue) for n in ast.walk(node)):
            return None
        start = ast.unparse(call.args[0]) if len(call.args) == 2 else "0"
        name, stop = node.target.id, ast.unparse(call.args[-1])
        text = f"{name} = {start}\nwhile {name} < {stop}:\n    {name} += 1"
        parsed: list[Any] = list(ast.parse(text).body)
        first, counted = parsed
        counted.body = [*node.body, *counted.body]
        loop.body[at : at + 1] = [first, counted]
        return tree
    return None


def _as_th(tree: ast.Module, case: Case) -> ast.Module:
    """Under `import torch as th`."""

    class Rename(ast.NodeTransformer):
        def visit_Import(self, node: ast.Import) -> ast.AST:
            for alias in node.names:
                if alias.name == "torch":
                    alias.asname = "th"
            return node

        def visit_Name(self, node: ast.Name) -> ast.AST:
            return ast.Name("th", node.ctx) if node.id == "torch" else node

    return Rename().visit(tree)


def _from_torch(tree: ast.Module, case: Case) -> ast.Module | None:
    """Under `from torch import zeros_like`: the functions by their bare names."""
    used: dict[str, None] = {}

    class Bare(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            func = node.func
            if (
                isinstance(func, ast.Attribute)
                and isinstance(func.value, ast.Name)
                and func.value.id == "torch"
            ):
                used[func.attr] = None
                node.func = ast.Name(func.attr, ast.Load())
            return node

    taken = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    Bare().visit(tree)
    if (
        not used
        or taken & used.keys()
        or used.keys() & {"sum", "max", "min", "abs", "round", "all", "any"}
    ):
        return None
    after = sum(isinstance(s, ast.Import | ast.ImportFrom) for s in tree.body)
    tree.body.insert(after, ast.parse(f"from torch import {', '.join(used)}").body[0])
    return tree


def _module(tree: ast.Module, case: Case) -> ast.Module | None:
    """As a script: constructors for the inputs, the body at module level, the value returned as `result`."""
    loop = _loop(tree)
    made = [_constructor(s) for s in case.inputs]
    returns = [n for n in ast.walk(loop) if isinstance(n, ast.Return)]
    if None in made or len(returns) > 1 or (returns and returns[0] is not loop.body[-1]):
        return None
    body = loop.body[:-1] if returns else loop.body
    value = returns[0].value if returns else None
    shown = value or ast.Tuple([ast.Name(s.name, ast.Load()) for s in case.inputs], ast.Load())
    given = ast.parse("\n".join(filter(None, made))).body
    result = ast.Assign([ast.Name("result", ast.Store())], shown)
    at = tree.body.index(loop)
    tree.body[at : at + 1] = [*given, *body, result]
    return tree


def _constructor(spec: Spec) -> str | None:
    if spec.dims is None:
        scalars = {"int": "2", "float": "0.5", "number": "0.5", "bool": "True"}
        if spec.kind == "size" and re.fullmatch(r"\w+", spec.arguments[0]):
            return f"{spec.name} = {_fixed(spec.arguments[0])}"
        return f"{spec.name} = {scalars[spec.kind]}" if spec.kind in scalars else None
    shape = ", ".join(str(_fixed(d)) for d in spec.dims)
    high = _fixed(spec.arguments[0]) if spec.arguments else 0
    made = {
        "float": f"torch.randn({shape})",
        "f32": f"torch.randn({shape})",
        "f64": f"torch.randn({shape}, dtype=torch.float64)",
        "positive": f"torch.rand({shape})",
        "unit": f"torch.rand({shape})",
        "index": f"torch.randint(0, {high}, ({shape},))",
        "place": f"torch.randint(0, {high}, ({shape},))",
        "int": f"torch.randint(-4, 5, ({shape},))",
        "i64": f"torch.randint(-4, 5, ({shape},))",
        "bool": f"torch.rand({shape}) > 0.5",
    }
    return f"{spec.name} = {made[spec.kind]}" if spec.kind in made else None


def _fixed(dim: str) -> int:
    letters = {c: SIZES[at % len(SIZES)] for at, c in enumerate("nmkbthwcdpqefglrsuv")}
    return int(eval(dim, {}, letters))


def _loop(tree: ast.Module) -> Any:
    return next(s for s in tree.body if isinstance(s, ast.FunctionDef) and s.name == "loop")


def _copying(spell: Spelling) -> Spelling:
    return lambda tree, case: spell(copy.deepcopy(tree), case)


SPELLINGS: dict[str, Spelling] = {
    "chain": _copying(_chain),
    "tuple": _copying(_tuple),
    "len": _copying(_extents(_as_len)),
    "shape": _copying(_extents(_as_shape)),
    "size": _copying(_extents(_as_size)),
    "unpack": _copying(_unpack),
    "direct": _copying(_direct),
    "zip": _copying(_zip),
    "while": _copying(_while),
    "th": _copying(_as_th),
    "from": _copying(_from_torch),
    "module": _copying(_module),
}
