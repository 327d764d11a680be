"""The text of a slice: what it needs, the statements before the region, and both versions of it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence

from loopless.verify.setup import guarded


def program_text(
    prelude: Sequence[ast.stmt],
    setup: Sequence[ast.stmt],
    roots: Sequence[str],
    live: Sequence[str],
    versions: tuple[Sequence[ast.stmt], Sequence[ast.stmt]],
) -> str:
    """A module that defines `__setup__`, `__old__` and `__new__`."""
    returned = ast.Return(ast.Call(ast.Name("locals", ast.Load()), [], []))
    old, new = versions
    parts: list[ast.stmt] = [
        *prelude,
        _function("__setup__", roots, [*guarded(setup), returned]),
        _function("__old__", live, _wrapped(old)),
        _function("__new__", live, _wrapped(new)),
    ]
    module = ast.Module(body=parts, type_ignores=[])
    source = ast.unparse(ast.fix_missing_locations(module))
    return "from __future__ import annotations\n" + _without_future(source)


class _Exits(ast.NodeTransformer):
    """Every way out of the region becomes a return that says which way it was."""

    def __init__(self) -> None:
        self._loops = 0

    def visit(self, node: ast.AST) -> ast.AST:
        """The node with its exits replaced; functions inside keep theirs."""
        match node:
            case ast.FunctionDef() | ast.Lambda():
                return node
            case ast.For() | ast.While():
                return self._loop(node)
            case ast.Return(value=value):
                return _exit("return", value or ast.Constant(None))
            case ast.Break() if not self._loops:
                return _exit("break", ast.Constant(None))
            case ast.Continue() if not self._loops:
                return _exit("continue", ast.Constant(None))
            case ast.Global() | ast.Nonlocal():
                return ast.Pass()
            case _:
                return self.generic_visit(node)

    def _loop(self, node: ast.For | ast.While) -> ast.AST:
        self._loops += 1
        node.body = [s for s in map(self.visit, node.body) if isinstance(s, ast.stmt)]
        self._loops -= 1
        node.orelse = [s for s in map(self.visit, node.orelse) if isinstance(s, ast.stmt)]
        return node


def _exit(way: str, value: ast.expr) -> ast.stmt:
    call = ast.Call(ast.Name("locals", ast.Load()), [], [])
    return ast.Return(ast.Tuple([ast.Constant(way), value, call], ast.Load()))


def _without_future(source: str) -> str:
    lines = source.splitlines()
    return "\n".join(line for line in lines if not line.startswith("from __future__")) + "\n"


def _wrapped(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    visited = [_Exits().visit(copy.deepcopy(s)) for s in statements]
    body = [s for s in visited if isinstance(s, ast.stmt)]
    return [*body, _exit("end", ast.Constant(None))]


def _function(name: str, arguments: Sequence[str], body: list[ast.stmt]) -> ast.FunctionDef:
    given = ast.arguments([], [ast.arg(a) for a in arguments], None, [], [], None, [])
    return ast.FunctionDef(name, given, body, [], lineno=1)
