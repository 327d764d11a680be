"""Statements that are too long for a line, laid out as formatters do."""

from __future__ import annotations

import ast

from loopless.emit.code import ATOM, CHOICE, LEVELS, NOT, POWER, UNARY
from loopless.emit.pages import Break, Doc, Group, IfBroken, Indent, rendered

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.MatMult: "@", ast.Pow: "**", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
    ast.LShift: "<<", ast.RShift: ">>", ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=", ast.GtE: ">=",
    ast.Eq: "==", ast.NotEq: "!=", ast.And: "and", ast.Or: "or", ast.Is: "is", ast.IsNot: "is not",
    ast.In: "in", ast.NotIn: "not in", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not ",
}  # fmt: skip

# Parentheses and subscripts with less in them than this are not worth breaking.
_SHORT_CALL, _SHORT_SUBSCRIPT = 10, 24


def laid_out(line: str, width: int, margin: int, unit: str) -> list[str]:
    """One statement or header on as many lines as it takes; as it is where it fits or has no better form."""
    body = line.lstrip()
    inner = margin + len(line) - len(body)
    if margin + len(line) <= width or "#" in body:
        return [line]
    try:
        doc = _statement(body)
    except (SyntaxError, ValueError):
        return [line]
    if doc is None:
        return [line]
    lines = rendered(doc, width, inner, unit)
    if not _is_same(body, "\n".join(lines)):
        return [line]
    lead = line[: len(line) - len(body)]
    return [lead + part for part in lines]


def _parsed(text: str) -> ast.stmt:
    header = text.startswith(("if ", "for ", "while "))
    return ast.parse(f"{text} pass" if header else text).body[0]


def _is_same(before: str, after: str) -> bool:
    try:
        return ast.dump(_parsed(before)) == ast.dump(_parsed(after))
    except SyntaxError:
        return False


def _statement(text: str) -> Doc | None:
    match _parsed(text):
        case ast.Assign(targets=[target], value=value):
            return Group((_source(target, text), " = ", _right_side(value, text)))
        case ast.AugAssign(target=target, op=op, value=value):
            left = f"{_source(target, text)} {_OPERATORS[type(op)]}= "
            return Group((left, _right_side(value, text)))
        case ast.Expr(value=value):
            return _right_side(value, text)
        case ast.Return(value=value) if value is not None:
            return Group(("return ", _right_side(value, text)))
        case ast.If(test=test):
            return Group(("if ", _right_side(test, text), ":"))
        case _:
            return None


def _right_side(node: ast.expr, text: str) -> Doc:
    """An expression that has no brackets around it: it gets some where it is broken at its operators."""
    doc = _doc(node, text)
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp):
        return Group((IfBroken("("), Indent((Break(), doc)), Break(), IfBroken(")")))
    return doc


def _doc(node: ast.expr, text: str) -> Doc:
    match node:
        case ast.BinOp(op=op) if not isinstance(op, ast.Pow):
            return Group(tuple(_chain(node, text)))
        case ast.BinOp(left=left, right=right):
            return Group((_at(left, POWER + 1, text), " ** ", _at(right, POWER, text)))
        case ast.BoolOp(op=op, values=values):
            level = _level(node)
            parts: list[Doc] = [_at(values[0], level + 1, text)]
            for value in values[1:]:
                parts += [Break(" "), f"{_OPERATORS[type(op)]} ", _at(value, level + 1, text)]
            return Group(tuple(parts))
        case ast.Compare(left=left, ops=ops, comparators=others):
            level = _level(node)
            parts = [_at(left, level + 1, text)]
            for op, other in zip(ops, others, strict=True):
                parts += [Break(" "), f"{_OPERATORS[type(op)]} ", _at(other, level + 1, text)]
            return Group(tuple(parts))
        case ast.UnaryOp(op=op, operand=operand):
            return Group((_OPERATORS[type(op)], _at(operand, _level(node), text)))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return Group(
                (
                    _at(body, CHOICE + 1, text), Break(" "), "if ", _at(test, CHOICE + 1, text),
                    Break(" "), "else ", _at(orelse, CHOICE, text),
                )
            )  # fmt: skip
        case ast.Attribute(value=value, attr=name):
            return Group((_at(value, ATOM, text), f".{name}"))
        case ast.Call(func=func, args=args, keywords=keywords):
            items = [_doc(arg, text) for arg in args]
            items += [Group((f"{k.arg}=", _doc(k.value, text))) for k in keywords if k.arg]
            if len(items) != len(args) + len(keywords):
                return _source(node, text)
            inside = sum(len(_source(arg, text)) for arg in args)
            inside += sum(len(_source(k.value, text)) + 8 for k in keywords)
            return Group(
                (_at(func, ATOM, text), _bracketed("(", items, ")", short=inside < _SHORT_CALL))
            )
        case ast.Subscript(value=value, slice=inside):
            short = len(_source(inside, text)) < _SHORT_SUBSCRIPT
            items = inside.elts if isinstance(inside, ast.Tuple) else [inside]
            docs = [_doc(item, text) for item in items]
            return Group((_at(value, ATOM, text), _bracketed("[", docs, "]", short=short)))
        case ast.Tuple(elts=items) | ast.List(elts=items) if items:
            shown = _source(node, text)
            if not shown.startswith(("(", "[")) or len(items) == 1:
                return shown
            docs = [_doc(item, text) for item in items]
            return _bracketed(shown[0], docs, shown[-1], short=len(shown) < _SHORT_SUBSCRIPT)
        case _:
            return _source(node, text)


def _bracketed(left: str, items: list[Doc], right: str, *, short: bool) -> Doc:
    """Items in brackets: on one line, else on a line of their own, else on one line each."""
    parts: list[Doc] = []
    for at, item in enumerate(items):
        if at:
            parts += [",", " " if short else Break(" ")]
        parts.append(item)
    if short or not items:
        return Group((left, *parts, right))
    # A comma behind a lone subscript would make a tuple of it.
    comma = [IfBroken(",")] if left == "(" or len(items) > 1 else []
    return Group((left, Indent((Break(), Group((*parts, *comma)))), Break(), right))


def _chain(node: ast.expr, text: str) -> list[Doc]:
    """`a + b - c`, broken in front of each operator."""
    level = _level(node)
    operands: list[tuple[str, ast.expr]] = []
    while isinstance(node, ast.BinOp) and _level(node) == level:
        operands.append((_OPERATORS[type(node.op)], node.right))
        node = node.left
    parts: list[Doc] = [_at(node, level, text)]
    for symbol, operand in reversed(operands):
        parts += [Break(" "), f"{symbol} ", _at(operand, level + 1, text)]
    return parts


def _at(node: ast.expr, level: int, text: str) -> Doc:
    """An operand, in parentheses if it binds less tightly than `level`."""
    doc = _doc(node, text)
    if _level(node) >= level:
        return doc
    return Group(("(", Indent((Break(), doc)), Break(), ")"))


def _level(node: ast.expr) -> int:
    match node:
        case ast.BinOp(op=op) | ast.BoolOp(op=op):
            return LEVELS[_OPERATORS[type(op)]]
        case ast.Compare():
            return LEVELS["<"]
        case ast.UnaryOp(op=ast.Not()):
            return NOT
        case ast.UnaryOp():
            return UNARY
        case ast.IfExp() | ast.Lambda():
            return CHOICE
        case _:
            return ATOM


def _source(node: ast.expr, text: str) -> str:
    shown = ast.get_source_segment(text, node)
    if shown is None:
        raise ValueError("an expression without a place")
    return shown
