"""Python's syntax tree -> the loop language. With `mentions` the only module of the engine that reads `ast`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from loopless.finding import Span
from loopless.ir import tree
from loopless.ir.mentions import Mentions, mentions

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
    ast.LShift: "<<", ast.RShift: ">>", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=",
    ast.Gt: ">", ast.GtE: ">=", ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
    ast.USub: "neg", ast.UAdd: "pos", ast.Not: "not", ast.Invert: "~",
}  # fmt: skip


def parse(text: str) -> tree.Module | None:
    """The module that `text` spells, or None where it does not parse."""
    try:
        parsed = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    place = _Places(text)
    try:
        all_of_it = mentions(parsed, place.mentions)
        body = _block(parsed.body, place)
    except RecursionError:
        return None
    functions = tuple(s.function for s in body if isinstance(s, tree.Define) and s.function)
    classes = tuple(s.owner for s in body if isinstance(s, tree.Define) and s.owner)
    return tree.Module(body, functions, classes, all_of_it.imports)


class _Places:
    """Turns the byte columns of `ast` into offsets in code points, and holds what definitions mention."""

    def __init__(self, text: str) -> None:
        self.text = text
        # `ast` knows \n, \r\n and \r as line ends, but not the others that str.splitlines does.
        self.starts = [0]
        find = text.find
        if "\r" not in text:
            at = find("\n")
            while at >= 0:
                self.starts.append(at + 1)
                at = find("\n", at + 1)
        else:
            at = 0
            while at < len(text):
                if text[at] == "\r" and text[at + 1 : at + 2] == "\n":
                    at += 1
                    self.starts.append(at + 1)
                elif text[at] in "\r\n":
                    self.starts.append(at + 1)
                at += 1
        self.ascii = text.isascii()
        self.mentions: dict[ast.AST, Mentions] = {}

    def offset(self, line: int, column: int) -> int:
        start = self.starts[line - 1]
        if self.ascii:
            return start + column
        end = self.starts[line] if line < len(self.starts) else len(self.text)
        encoded = self.text[start:end].encode("utf-8", "surrogatepass")[:column]
        return start + len(encoded.decode("utf-8", "surrogatepass"))

    def span(self, node: ast.expr | ast.stmt) -> Span:
        first = self.offset(node.lineno, node.col_offset)
        last = self.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return Span(first, last)

    def header(self, node: ast.For | ast.While | ast.AsyncFor) -> Span:
        """From the keyword to the end of the line that ends with the colon."""
        start = self.offset(node.lineno, node.col_offset)
        asked = node.test if isinstance(node, ast.While) else node.iter
        head = self.offset(asked.end_lineno or 1, asked.end_col_offset or 0)
        colon = self.text.find(":", head)
        end = self.offset(node.body[0].lineno, node.body[0].col_offset)
        return Span(start, colon + 1 if 0 <= colon < end else head)


def _block(body: Sequence[ast.stmt], place: _Places) -> tuple[tree.Stmt, ...]:
    return tuple(lowered for statement in body for lowered in _statement(statement, place))


def _statement(node: ast.stmt, place: _Places) -> Iterable[tree.Stmt]:
    span = place.span(node)
    match node:
        case ast.Assign([ast.Name(name)], ast.Lambda() as value):
            function = _lambda(name, value, place)
            yield tree.Define(name, function, None, _reads(node), span)
        case ast.Assign(targets, value):
            yield from _assigned(targets, value, span, place)
        case ast.AnnAssign(target, annotation, value) if value is not None:
            yield tree.Assign(
                _expr(target, place), _expr(value, place), span, _expr(annotation, place)
            )
        case ast.AugAssign(target, op, value):
            yield tree.Augment(
                _expr(target, place), _OPERATORS[type(op)], _expr(value, place), span
            )
        case ast.For(target, iterable, body, orelse):
            yield tree.For(
                _expr(target, place), _expr(iterable, place), _block(body, place),
                _block(orelse, place), span, place.header(node),
            )  # fmt: skip
        case ast.While(test, body, orelse):
            yield tree.While(
                _expr(test, place), _block(body, place), _block(orelse, place), span,
                place.header(node),
            )  # fmt: skip
        case ast.If(test, body, orelse):
            yield tree.If(_expr(test, place), _block(body, place), _block(orelse, place), span)
        case ast.Expr(value):
            yield tree.Evaluate(_expr(value, place), span)
        case ast.Return(value):
            yield tree.Return(_maybe(value, place), span)
        case ast.Break() | ast.Continue() | ast.Pass():
            yield tree.Jump(type(node).__name__.lower(), span)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield tree.Define(
                node.name, _function(node, place, ""), None, place.mentions[node].names, span
            )
        case ast.ClassDef():
            yield tree.Define(
                node.name, None, _class(node, place), place.mentions[node].names, span
            )
        case _:
            yield tree.Other(
                _kind(node), _reads(node), _binds(node), tuple(_inner(node, place)), span,
                _expr(node.test, place) if isinstance(node, ast.Assert) else None,
            )  # fmt: skip


def _kind(node: ast.stmt) -> str:
    """The name of a statement's class; "Catch" where what its body raises may be caught in this function."""
    match node:
        case ast.Try() if not node.handlers:
            return "Finally"
        case ast.With(items) if any(_catches(item.context_expr) for item in items):
            return "Catch"
        case _:
            return "Catch" if hasattr(node, "handlers") else type(node).__name__


def _catches(manager: ast.expr) -> bool:
    """Whether a context manager is known to swallow exceptions: `suppress(…)`, `pytest.raises(…)`."""
    match manager:
        case ast.Call(ast.Name(name)) | ast.Call(ast.Attribute(_, name)):
            return name in {"suppress", "raises", "assertRaises", "assertRaisesRegex"}
        case _:
            return False


def _assigned(
    targets: Sequence[ast.expr], value: ast.expr, span: Span, place: _Places
) -> Iterable[tree.Stmt]:
    if len(targets) == 1 and (pairs := _simultaneous(targets[0], value)):
        yield from (tree.Assign(_expr(t, place), _expr(v, place), span) for t, v in pairs)
        return
    lowered = _expr(value, place)
    for target in targets:
        yield tree.Assign(_expr(target, place), lowered, span)


def _simultaneous(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """`a, b = x, y` as single assignments, where no value reads what an earlier one binds."""
    if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)):
        return []
    if len(target.elts) != len(value.elts):
        return []
    if any(isinstance(e, ast.Starred) for e in (*target.elts, *value.elts)):
        return []
    bound: set[str] = set()
    for one, other in zip(target.elts, value.elts, strict=True):
        if _reads(other) & bound or not isinstance(one, ast.Name):
            return []
        bound.add(one.id)
    return list(zip(target.elts, value.elts, strict=True))


def _inner(node: ast.stmt, place: _Places) -> Iterable[tuple[tree.Stmt, ...]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if block:
            yield _block(block, place)
    for handler in getattr(node, "handlers", ()):
        yield _block(handler.body, place)
    for case in getattr(node, "cases", ()):
        yield _block(case.body, place)


def _reads(node: ast.AST) -> frozenset[str]:
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def _binds(node: ast.AST) -> frozenset[str]:
    bound: set[str] = set()
    for inner in ast.walk(node):
        match inner:
            case ast.Name(name, ast.Store() | ast.Del()):
                bound.add(name)
            case ast.Global(names) | ast.Nonlocal(names):
                bound.update(names)
            case ast.alias():
                bound.add((inner.asname or inner.name).split(".")[0])
            case ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case _:
                pass
    return frozenset(bound)


def _function(
    node: ast.FunctionDef | ast.AsyncFunctionDef, place: _Places, owner: str
) -> tree.Function:
    mentioned = place.mentions[node]
    return tree.Function(
        node.name,
        _params(node.args, place),
        node.args.vararg is not None or node.args.kwarg is not None,
        _block(node.body, place),
        tuple(_expr(d, place) for d in node.decorator_list),
        owner,
        mentioned.shared,
        isinstance(node, ast.AsyncFunctionDef),
        mentioned.yields,
        place.span(node),
    )


def _lambda(name: str, node: ast.Lambda, place: _Places) -> tree.Function:
    """A lambda under the name that it is given: a function of one statement."""
    span = place.span(node)
    variadic = node.args.vararg is not None or node.args.kwarg is not None
    yields = any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node.body))
    body = (tree.Return(_expr(node.body, place), span),)
    return tree.Function(
        name, _params(node.args, place), variadic, body, (), "", frozenset(), False, yields, span,
        is_lambda=True,
    )  # fmt: skip


def _params(arguments: ast.arguments, place: _Places) -> tuple[tree.Param, ...]:
    plain = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    defaults = [*missing, *arguments.defaults]
    pairs = [
        *zip(plain, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return tuple(
        tree.Param(
            argument.arg,
            _maybe(argument.annotation, place),
            _maybe(default, place),
        )
        for argument, default in pairs
    )


def _class(node: ast.ClassDef, place: _Places) -> tree.Class:
    methods = tuple(
        _function(inner, place, node.name)
        for inner in node.body
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return tree.Class(node.name, methods, place.span(node))


def _maybe(node: ast.expr | None, place: _Places) -> tree.Expr | None:
    return None if node is None else _expr(node, place)


def _many(nodes: Iterable[ast.expr], place: _Places) -> tuple[tree.Expr, ...]:
    return tuple(_expr(node, place) for node in nodes)


def _expr(node: ast.expr, place: _Places) -> tree.Expr:
    span = place.span(node)
    match node:
        case ast.Constant(value):
            if value is ...:
                return tree.Rest(span)
            return tree.Literal(value, span)
        case ast.Name(name):
            return tree.Name(name, span)
        case ast.Attribute(value, name):
            return tree.Field(_expr(value, place), name, span)
        case ast.Subscript(value, ast.Tuple(elements)) if elements:
            return tree.Item(_expr(value, place), _many(elements, place), span)
        case ast.Subscript(value, subscript):
            return tree.Item(_expr(value, place), (_expr(subscript, place),), span)
        case ast.Slice(lower, upper, step):
            return tree.Range(_maybe(lower, place), _maybe(upper, place), _maybe(step, place), span)
        case ast.BinOp(left, op, right):
            return tree.Operator(_OPERATORS[type(op)], _many((left, right), place), span)
        case ast.UnaryOp(op, operand):
            return _unary(_OPERATORS[type(op)], _expr(operand, place), span)
        case ast.Compare(left, ops, comparators):
            return _comparison(left, ops, comparators, span, place)
        case ast.BoolOp(op, values):
            word = "and" if isinstance(op, ast.And) else "or"
            return tree.Junction(word, _many(values, place), span)
        case ast.IfExp(test, body, orelse):
            return tree.Choice(_expr(test, place), _expr(body, place), _expr(orelse, place), span)
        case ast.Call(func, args, keywords) if all(k.arg for k in keywords):
            named = tuple((k.arg or "", _expr(k.value, place)) for k in keywords)
            return tree.Call(_expr(func, place), _many(args, place), named, span)
        case _:
            return _collection(node, span, place)


def _collection(node: ast.expr, span: Span, place: _Places) -> tree.Expr:
    """Displays, comprehensions and what there is no word for."""
    match node:
        case ast.Starred(value):
            return tree.Spread(_expr(value, place), span)
        case ast.Tuple(elements):
            return tree.Display("tuple", _many(elements, place), span)
        case ast.List(elements):
            return tree.Display("list", _many(elements, place), span)
        case ast.ListComp(item, generators):
            return _comprehension("list", item, generators, span, place)
        case ast.GeneratorExp(item, generators):
            return _comprehension("generator", item, generators, span, place)
        case _:
            return tree.Opaque(type(node).__name__, _reads(node), span)


def _unary(op: str, operand: tree.Expr, span: Span) -> tree.Expr:
    if op == "neg" and isinstance(operand, tree.Literal):
        value = operand.value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return tree.Literal(-value, span)
    return tree.Operator(op, (operand,), span)


def _comparison(
    left: ast.expr,
    ops: Sequence[ast.cmpop],
    others: Sequence[ast.expr],
    span: Span,
    place: _Places,
) -> tree.Expr:
    sides = _many((left, *others), place)
    links = tuple(
        tree.Operator(_OPERATORS[type(op)], (sides[at], sides[at + 1]), span)
        for at, op in enumerate(ops)
    )
    return links[0] if len(links) == 1 else tree.Junction("and", links, span)


def _comprehension(
    kind: str, item: ast.expr, generators: Sequence[ast.comprehension], span: Span, place: _Places
) -> tree.Expr:
    if any(generator.is_async for generator in generators):
        return tree.Opaque("AsyncComprehension", frozenset(), span)
    clauses = tuple(
        tree.Clause(_expr(g.target, place), _expr(g.iter, place), _many(g.ifs, place))
        for g in generators
    )
    return tree.Comprehension(kind, _expr(item, place), clauses, span)
