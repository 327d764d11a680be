"""Masks of items, `target[i] > 0`: what comparisons of them give, and what is made of such.

They may have any number of dimensions; a mask of all labels, `labels == c`, has one where it chooses along others (P4).
"""

from __future__ import annotations

from collections.abc import Iterable

from loopless.ir import tree
from loopless.ir.walk import every_statement, walk_expr

_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})
_JOINING = frozenset({"&", "|", "^", "~", "invert"})
_TESTS = frozenset(
    "bool eq ne lt le gt ge isnan isinf isfinite logical_and logical_or logical_not logical_xor isin".split()
)


def masks_of(body: Iterable[tree.Stmt]) -> frozenset[str]:
    """Names that the statements bind to masks of items, and never to anything else."""
    given: dict[str, list[tree.Expr]] = {}
    for statement in every_statement(body):
        match statement:
            case tree.Assign(tree.Name(name), value):
                given.setdefault(name, []).append(value)
            case _:
                pass
    found: frozenset[str] = frozenset()
    while True:
        more = frozenset(
            name for name, values in given.items() if all(is_mask(v, found) for v in values)
        )
        if more == found:
            return found
        found = more


def is_mask(expr: tree.Expr, masks: frozenset[str]) -> bool:
    """Whether an expression is shown to hold the truth values of an item; `masks` are names that do."""
    match expr:
        case tree.Name(name):
            return name in masks
        case tree.Operator(op, (first, *_)) if op in _COMPARISONS:
            return any(isinstance(inner, tree.Item) for inner in walk_expr(first))
        case tree.Operator(op, operands) if op in _JOINING:
            return any(is_mask(operand, masks) for operand in operands)
        case tree.Call(tree.Field(of, method)) if method in _TESTS:
            return any(isinstance(inner, tree.Item) for inner in walk_expr(of))
        case tree.Item(of):
            return is_mask(of, masks)
        case _:
            return False
