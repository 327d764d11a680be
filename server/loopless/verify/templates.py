"""Sample expressions that the file shows, with their sizes taken out so that others can go in."""

from __future__ import annotations

import ast
import copy
import io
import re
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loopless.verify.names import free, parameters
from loopless.verify.setup import CONSTRUCTORS, Function, constructs

_COMMENT = re.compile(r"#\s*loopless:\s*sample\s*\(")
_SMALL = 3


@dataclass(frozen=True, slots=True)
class Template:
    """An expression in which `__size__("n")` stands for sizes; `naturals` holds those of the file."""

    source: str
    naturals: tuple[tuple[str, int], ...]
    shown: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A sample comment: what it gives for each name, and the line that it stands on."""

    values: Mapping[str, ast.expr]
    line: int
    error: str = ""


def sample_comment(text: str, first: int, last: int) -> Comment | None:
    """The sample comment nearest above or in the given 1-based lines."""
    if "loopless:" not in text:
        return None
    found: list[Comment] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            line = token.start[0]
            match = _COMMENT.search(token.string) if token.type == tokenize.COMMENT else None
            if match and first <= line <= last:
                found.append(_parsed(token.string[match.end() :], line))
    except (tokenize.TokenError, SyntaxError):
        pass
    return found[-1] if found else None


def _parsed(rest: str, line: int) -> Comment:
    inside = rest[: rest.rfind(")")] if ")" in rest else rest
    try:
        call = ast.parse(f"sample({inside})", mode="eval").body
    except (SyntaxError, ValueError) as error:
        return Comment({}, line, f"the sample comment in line {line} does not parse: {error}")
    values: dict[str, ast.expr] = {}
    for keyword in getattr(call, "keywords", []):
        if keyword.arg:
            values[keyword.arg] = keyword.value
        elif isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                if isinstance(key, ast.Constant):
                    values[str(key.value)] = value
    return Comment(values, line)


def template(expression: ast.expr, scope: Mapping[str, ast.expr]) -> Template | None:
    """The expression with names of the scope put in and its sizes taken out."""
    shown = ast.unparse(expression)
    inlined = _inlined(copy.deepcopy(expression), scope, 6)
    if inlined is None:
        return None
    sizes = _Sizes()
    wrapped = sizes.visit(ast.Expression(inlined))
    source = ast.unparse(ast.fix_missing_locations(wrapped))
    return Template(source, tuple(sizes.naturals.items()), shown)


def call_arguments(
    module: ast.Module, function: Function, method_of: str | None
) -> list[dict[str, ast.expr]]:
    """What visible calls of the function pass for its parameters, names put in."""
    found: list[dict[str, ast.expr]] = []
    for scope_body in _scopes(module):
        scope = assigned(scope_body)
        for node in (n for s in scope_body for n in ast.walk(s)):
            if isinstance(node, ast.Call) and _calls(node, function.name, method_of):
                given = _matched(node, function, method_of is not None)
                made = {k: v for k, v in given.items() if _visible(v, scope, 4)}
                if made:
                    found.append(
                        {k: _inlined(copy.deepcopy(v), scope, 6) or v for k, v in made.items()}
                    )
    return found


def assigned(body: Sequence[ast.stmt]) -> dict[str, ast.expr]:
    """Single assignments of plain names in the statements, the last one of each."""
    found: dict[str, ast.expr] = {}
    for statement in body:
        if isinstance(statement, ast.If):
            found |= assigned(statement.body)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found[statement.targets[0].id] = statement.value
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Tuple):
            value = statement.value
            targets = statement.targets[0].elts
            if isinstance(value, ast.Tuple) and len(value.elts) == len(targets):
                pairs = zip(targets, value.elts, strict=True)
                found |= {t.id: v for t, v in pairs if isinstance(t, ast.Name)}
    return found


def _scopes(module: ast.Module) -> Iterable[list[ast.stmt]]:
    top = [s for s in module.body if not isinstance(s, Function | ast.ClassDef)]
    yield top
    for node in ast.walk(module):
        if isinstance(node, Function):
            yield [*top, *node.body]


def _calls(node: ast.Call, name: str, method_of: str | None) -> bool:
    match node.func:
        case ast.Name(id=called):
            return method_of is None and called == name
        case ast.Attribute(attr=called):
            return method_of is not None and called == name
        case _:
            return False


def _matched(node: ast.Call, function: Function, method: bool) -> dict[str, ast.expr]:
    names = [a.arg for a in parameters(function.args)][1 if method else 0 :]
    if any(isinstance(a, ast.Starred) for a in node.args):
        return {}
    given = dict(zip(names, node.args, strict=False))
    return given | {k.arg: k.value for k in node.keywords if k.arg in names and k.arg}


def _visible(node: ast.expr, scope: Mapping[str, ast.expr], depth: int) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=operand):
            return _visible(operand, scope, depth)
        case ast.Name(id=name):
            return depth > 0 and name in scope and _visible(scope[name], scope, depth - 1)
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            return all(_visible(e, scope, depth) for e in elts)
        case _:
            needed = free(node) - {"torch"}
            return constructs(node) and all(
                name in scope and _visible(scope[name], scope, depth - 1) for name in needed
            )


def _inlined(node: ast.expr, scope: Mapping[str, ast.expr], depth: int) -> ast.expr | None:
    """The expression with names replaced by what they were assigned, sizes by their names."""

    class Names(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            value = scope.get(node.id)
            if value is None or depth == 0:
                return node
            if isinstance(value, ast.Constant) and type(value.value) is int:
                named = ast.Constant(value.value, kind=node.id)
                return ast.copy_location(named, node)
            return _inlined(copy.deepcopy(value), scope, depth - 1) or node

    return Names().visit(node)


class _Sizes(ast.NodeTransformer):
    """Puts `__size__(name)` for the sizes in the arguments of constructors."""

    def __init__(self) -> None:
        self.naturals: dict[str, int] = {}

    def visit_Expression(self, node: ast.Expression) -> ast.AST:
        node.body = self._top(node.body)
        return node

    def _top(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Constant):
            return self._size(node)
        return self.visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in CONSTRUCTORS:
            return node
        attr, args = node.func.attr, node.args
        shape = (
            next((k for k, a in enumerate(args) if isinstance(a, ast.Tuple)), len(args))
            if attr == "randint"
            else 0
        )
        for k, arg in enumerate(args):
            if (attr == "full" and k > 0) or attr in {"tensor", "linspace"}:
                continue
            if isinstance(arg, ast.Tuple | ast.List) and k >= shape:
                arg.elts = [self._size(e) for e in arg.elts]
            elif k >= shape or self._is_size(arg):
                args[k] = self._size(arg)
        return node

    def _is_size(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Constant) and (
            bool(node.kind) or (type(node.value) is int and node.value > _SMALL)
        )

    def _size(self, node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.Constant) or type(node.value) is not int:
            return node
        name = node.kind or f"size {node.value}"
        if node.value <= _SMALL and not node.kind:
            return node
        self.naturals[name] = node.value
        return ast.Call(ast.Name("__size__", ast.Load()), [ast.Constant(name)], [])
