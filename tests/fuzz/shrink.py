"""Makes a failing program smaller: drop statements, unwrap branches and loops, replace expressions by parts."""

from __future__ import annotations

import ast
import copy
import time
from collections.abc import Callable, Iterator
from typing import Any


def shrink(text: str, fails: Callable[[str], bool], seconds: float = 30.0) -> str:
    """The smallest text found that still fails, by greedy steps until none helps or time is up."""
    end = time.monotonic() + seconds
    best, smaller = text, True
    while smaller and time.monotonic() < end:
        smaller = False
        for candidate in _candidates(best):
            if time.monotonic() > end:
                break
            if len(candidate) < len(best) and _safely(fails, candidate):
                best, smaller = candidate, True
                break
    return best


def _safely(fails: Callable[[str], bool], text: str) -> bool:
    try:
        return fails(text)
    except Exception:
        return False


def _candidates(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    for path in _statements(tree):
        for change in (_drop, _unwrap, _else_only):
            copied = copy.deepcopy(tree)
            if change(_body(copied, path[:-1]), path[-1][1]):
                yield ast.unparse(ast.fix_missing_locations(copied)) + "\n"
    count = sum(1 for _ in _expressions(tree))
    for at in range(count):
        for part in range(4):
            copied = copy.deepcopy(tree)
            if _replace(copied, at, part):
                yield ast.unparse(ast.fix_missing_locations(copied)) + "\n"


def _statements(
    node: ast.AST, path: tuple[tuple[str, int], ...] = ()
) -> Iterator[tuple[tuple[str, int], ...]]:
    for name in ("body", "orelse"):
        for at, child in enumerate(getattr(node, name, []) or []):
            if isinstance(child, ast.stmt):
                here = (*path, (name, at))
                yield here
                yield from _statements(child, here)


def _body(tree: ast.AST, path: tuple[tuple[str, int], ...]) -> Any:
    node: Any = tree
    for name, at in path:
        node = getattr(node, name)[at]
    return node


def _drop(node: Any, at: int) -> bool:
    for name in ("body", "orelse"):
        body = getattr(node, name, None)
        if body and at < len(body) and not isinstance(body[at], ast.Import | ast.Return):
            del body[at]
            if not body and name == "body":
                body.append(ast.Pass())
            return True
    return False


def _unwrap(node: Any, at: int) -> bool:
    body = node.body
    if at >= len(body) or not isinstance(body[at], ast.If | ast.For):
        return False
    inner = body[at]
    first = []
    if isinstance(inner, ast.For):
        if not isinstance(inner.target, ast.Name):
            return False
        first = [ast.Assign([inner.target], ast.Constant(0))]
    body[at : at + 1] = [*first, *inner.body]
    return True


def _else_only(node: Any, at: int) -> bool:
    body = node.body
    if at >= len(body) or not isinstance(body[at], ast.If) or not body[at].orelse:
        return False
    body[at].orelse = []
    return True


def _expressions(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                yield node, name, None
            elif isinstance(value, list):
                for at, item in enumerate(value):
                    if isinstance(item, ast.expr):
                        yield node, name, at


def _replace(tree: ast.AST, at: int, part: int) -> bool:
    node, name, index = list(_expressions(tree))[at]
    value = getattr(node, name) if index is None else getattr(node, name)[index]
    children = value.args if isinstance(value, ast.Call) else ast.iter_child_nodes(value)
    parts = [c for c in children if isinstance(c, ast.expr)]
    if isinstance(value, ast.Name | ast.Constant | ast.Subscript | ast.Attribute):
        return False
    if part >= len(parts) or isinstance(getattr(value, "ctx", None), ast.Store):
        return False
    if index is None:
        setattr(node, name, parts[part])
    else:
        getattr(node, name)[index] = parts[part]
    return True
