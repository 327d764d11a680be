"""Ways through the loop language: the statements of blocks, the parts of expressions, the names in both.

Many questions are asked of the same few expressions, so what is inside of one is listed once, and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import TypeVar

from loopless.ir import tree

_Node = TypeVar("_Node")
_Found = TypeVar("_Found")

# Nodes for which something is kept; all are forgotten when there are more, which is a long file's worth.
_MOST = 16384


def kept(function: Callable[[_Node], _Found]) -> Callable[[_Node], _Found]:
    """A function of one frozen node that works once a node: by identity, as equal trees take long to compare."""
    known: dict[int, tuple[_Node, _Found]] = {}

    @wraps(function)
    def asked(node: _Node) -> _Found:
        # The entry holds the node, so that its id stays its own.
        entry = known.get(id(node))
        if entry is not None:
            return entry[1]
        found = function(node)
        if len(known) >= _MOST:
            known.clear()
        known[id(node)] = (node, found)
        return found

    return asked


def every_statement(block: Iterable[tree.Stmt]) -> Sequence[tree.Stmt]:
    """Every statement of a block and of the blocks inside, in order."""
    found: list[tree.Stmt] = []
    for statement in block:
        found.append(statement)
        if type(statement) in _WITH_BLOCKS:
            found += _inside(statement)
    return found


_WITH_BLOCKS = frozenset({tree.For, tree.While, tree.If, tree.Other})


@kept
def _inside(statement: tree.Stmt) -> tuple[tree.Stmt, ...]:
    return tuple(s for inner in blocks_of(statement) for s in every_statement(inner))


def blocks_of(statement: tree.Stmt) -> tuple[tuple[tree.Stmt, ...], ...]:
    """The blocks inside of a statement (functions and classes apart)."""
    match statement:
        case tree.For(_, _, body, orelse) | tree.While(_, body, orelse):
            return body, orelse
        case tree.If(_, then, otherwise):
            return then, otherwise
        case tree.Other():
            return statement.blocks
        case _:
            return ()


def own_expressions(statement: tree.Stmt) -> tuple[tree.Expr, ...]:
    """The expressions of a statement, those of the blocks inside left out."""
    match statement:
        case tree.Assign(target, value) | tree.Augment(target, _, value):
            return target, value
        case tree.For(target, iterable):
            return target, iterable
        case tree.While(test) | tree.If(test):
            return (test,)
        case tree.Evaluate(value):
            return (value,)
        case tree.Return(value) if value is not None:
            return (value,)
        case _:
            return ()


def walk_expr(expr: tree.Expr) -> tuple[tree.Expr, ...]:
    """The expression and everything inside, outside first."""
    return (expr,) if type(expr) in _LEAVES else _walked(expr)


_LEAVES = frozenset({tree.Name, tree.Literal, tree.Rest, tree.Opaque})


@kept
def _walked(expr: tree.Expr) -> tuple[tree.Expr, ...]:
    found: list[tree.Expr] = []
    waiting = [expr]
    while waiting:
        inner = waiting.pop()
        found.append(inner)
        if type(inner) not in _LEAVES:
            waiting += reversed(parts(inner))
    return tuple(found)


def parts(expr: tree.Expr) -> tuple[tree.Expr, ...]:
    """The expressions directly inside of one."""
    match expr:
        case tree.Field(of) | tree.Spread(of):
            return (of,)
        case tree.Item(of, subscripts):
            return (of, *subscripts)
        case tree.Range(start, stop, step):
            return tuple(part for part in (start, stop, step) if part is not None)
        case tree.Operator(_, operands) | tree.Junction(_, operands):
            return operands
        case tree.Choice(test, then, otherwise):
            return test, then, otherwise
        case tree.Call(func, args, keywords):
            return (func, *args, *(value for _, value in keywords))
        case tree.Display(_, items):
            return items
        case tree.Comprehension(_, item, clauses):
            inside = ((c.target, c.iterable, *c.tests) for c in clauses)
            return (item, *(part for clause in inside for part in clause))
        case _:
            return ()


@kept
def names_read(expr: tree.Expr) -> frozenset[str]:
    """Every name inside of an expression."""
    found: set[str] = set()
    for inner in walk_expr(expr):
        match inner:
            case tree.Name(name):
                found.add(name)
            case tree.Opaque(_, reads):
                found |= reads
            case _:
                pass
    return frozenset(found)
